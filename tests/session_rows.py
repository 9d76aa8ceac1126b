"""Sessions as the raw table holds them, and what the models make of them; shared by the tests of reading, channels and status."""

import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.schema import RAW_TABLES
from sql import testing

Row = dict[str, Any]
SHARED = Path(os.environ.get("HOURGLASS_SHARED") or Path(__file__).parents[2] / "shared")
VECTORS = SHARED / "vectors"
needs_vectors = pytest.mark.skipif(
    not VECTORS.is_dir(), reason=f"no vectors at {VECTORS}: set HOURGLASS_SHARED to the folder that holds vectors/"
)
RAW_COLUMNS = {name: {column.name: column.type for column in table.columns} for name, table in RAW_TABLES.items()}
STARTED_AT = datetime.fromisoformat("2026-10-01 12:00:00")
CAPTURED_AT = datetime.fromisoformat("2026-10-02 01:00:00")


def session(session_id: str, **fields: Any) -> Row:
    """One delivered session; what a test does not name is plain."""
    return {
        "session_id": session_id,
        "visitor_id": f"visitor of {session_id}",
        "started_at": STARTED_AT,
        "landing_url": "https://shop.example/",
        "pageviews": 3,
        "engaged_seconds": 60,
        "source_file": "web/sessions.csv",
        "file_id": "file",
        "source_row": 1,
        "captured_at": CAPTURED_AT,
        **fields,
    }


def model_rows(model: str, inputs: dict[str, Sequence[Row]], **options: Any) -> list[Row]:
    """The rows of a model with the raw tables typed as the project declares them."""
    return testing.run_model(model, inputs, raw=RAW_COLUMNS, **options)


def read_links(urls: Sequence[str]) -> list[Row]:
    """What ``core.int_session_tags`` reads from each address, in the order given."""
    rows = model_rows(
        "core.int_session_tags",
        {"raw.web_sessions": [session(str(place), landing_url=url) for place, url in enumerate(urls)]},
    )
    return sorted(rows, key=lambda row: int(row["session_id"]))


def judge(visits: Sequence[Row], **options: Any) -> list[Row]:
    """``core.fct_sessions`` for visits that each give some fields of a session, in the order given."""
    rows = model_rows(
        "core.fct_sessions",
        {"raw.web_sessions": [session(str(place), **visit) for place, visit in enumerate(visits)]},
        **options,
    )
    return sorted(rows, key=lambda row: int(row["session_id"]))
