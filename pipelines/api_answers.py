"""Saved answers of Google Analytics' Data API (runReport, batchRunReports) as tables, so that they are read like its downloads."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipelines.blocks import Block, Row
from pipelines.limits import LIMITS
from pipelines.tables import TextFile
from pipelines.told import RULE

_SIGNS = (b'"metricHeaders"', b'"dimensionHeaders"')


def analytics_answer(location: Path) -> TextFile | None:
    """The reports of an answer, each a table under the rule that opens Analytics' own files; None where the file is something else."""
    with location.open("rb") as stream:
        if not any(sign in stream.read(LIMITS.head_bytes) for sign in _SIGNS):
            return None
    if location.stat().st_size > LIMITS.report_bytes:
        return None
    try:
        answer = json.loads(location.read_text(encoding="utf-8-sig"))
    except ValueError:
        return None
    answers = answer if isinstance(answer, list) else [answer]
    reports = [report for part in answers if isinstance(part, dict) for report in part.get("reports", [part])]
    blocks = [block for report in reports if (block := _table(report))]
    return TextFile([Block([Row(1, [RULE])]), *blocks], "UTF-8", None) if blocks else None


def _table(report: Any) -> Block | None:
    """Dimensions and metrics by their names in the API; a total has its label in a cell beyond the header, as in a download."""
    if not isinstance(report, dict):
        return None
    dimensions, metrics = (_listed(report, key, "name") for key in ("dimensionHeaders", "metricHeaders"))
    if not metrics:
        return None
    rows = [[*dimensions, *metrics]]
    rows += [[*_listed(row, "dimensionValues"), *_listed(row, "metricValues")] for row in report.get("rows", [])]
    for row in report.get("totals", []):
        label = next(iter(_listed(row, "dimensionValues")), "RESERVED_TOTAL")
        rows.append([*[""] * len(dimensions), *_listed(row, "metricValues"), label])
    return Block([Row(number, cells) for number, cells in enumerate(rows, start=1)])


def _listed(report: Mapping[str, Any], key: str, field: str = "value") -> Sequence[str]:
    return [str(item.get(field, "")) for item in report.get(key, [])]
