"""The data dictionary: ``docs/data_dictionary.md``, written from the models' headers and the raw tables' declarations.

A test compares the page with what this module gives now, so that the page can't fall behind. ``make docs`` writes it again.
"""

import sys
from collections.abc import Mapping
from pathlib import Path

from checks.store import TABLES
from pipelines.schema import RAW_TABLES
from sql.catalog import Catalog
from sql.history import HISTORY, RESTATEMENTS, history_comments
from sql.model import Model
from sql.publish import PUBLICATION, PUBLICATION_COMMENTS
from sql.restatements import COMMENTS as RESTATEMENT_COMMENTS

PAGE = Path(__file__).parents[1] / "docs" / "data_dictionary.md"

INTRODUCTION = """# Data dictionary

<!-- Written by `make docs` from the models' headers: change those, not this page. -->

Every table, what one row of it is, where it comes from, and what each column means. `unit` says how to read a number; `sum` says whether
it may be added up (`always`, `never`, `by_currency`: within one currency only, `not_over_time`). The published file has the same texts as
comments on its tables and columns. Tables of the schemas core, attribution, kpi and quality are published, but for those whose name
starts with `int_`; raw and staging stay in the private warehouse.
"""


def page() -> str:
    """The whole page as Markdown."""
    catalog = Catalog()
    parts = [INTRODUCTION]
    for schema, title in (
        ("core", "Facts and dimensions"),
        ("attribution", "Attribution"),
        ("kpi", "KPI ladder and scorecards"),
        ("quality", "Files, checks and violations"),
        ("staging", "Staging (private)"),
    ):
        models = sorted((m for m in catalog.models.values() if m.schema == schema), key=lambda model: model.name)
        if models:
            parts.append(f"\n## {title}\n")
            parts.extend(_model(catalog, model) for model in models)
        if schema == "quality":
            parts.append(_listed(PUBLICATION, PUBLICATION_COMMENTS))
            for name, (text, columns) in TABLES.items():
                parts.append(_listed(name, {"": text, **{column: comment for column, (_, comment) in columns.items()}}))
        if schema == "kpi":
            parts.append(_listed(HISTORY, history_comments(catalog)))
            parts.append(_listed(RESTATEMENTS, RESTATEMENT_COMMENTS))
    parts.append("\n## Raw (private): as delivered, typed, with the file that each row came from\n")
    for name in sorted(RAW_TABLES):
        table = RAW_TABLES[name]
        parts.append(
            f"\n### raw.{name.removeprefix('raw.')}\n\n{table.description}\n\n| column | type | meaning |\n|---|---|---|\n"
        )
        parts.append("".join(f"| {c.name} | {c.type} | {_cell(c.description)} |\n" for c in table.columns))
    return "".join(parts)


def _model(catalog: Catalog, model: Model) -> str:
    header = model.header
    lines = [f"\n### {model.name}\n\n{header.description.strip()}\n"]
    if header.source:
        lines.append(f"\nRule: {header.source.strip()}\n")
    lines.append(
        f"\nOne row: {', '.join(header.grain)}. Materialised: {header.materialise}. Reads: {_reads(catalog, model)}.\n"
    )
    lines.append("\n| column | unit | sum | meaning |\n|---|---|---|---|\n")
    lines.extend(
        f"| {name} | {c.unit} | {c.sum or ''} | {_cell(c.description)} |\n" for name, c in header.columns.items()
    )
    return "".join(lines)


def _reads(catalog: Catalog, model: Model) -> str:
    return ", ".join(sorted(catalog.models[model.name].references)) or "nothing"


def _listed(name: str, comments: Mapping[str, str]) -> str:
    rows = "".join(f"| {column} | {_cell(text)} |\n" for column, text in comments.items() if column)
    return f"\n### {name}\n\n{comments['']}\n\n| column | meaning |\n|---|---|\n{rows}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def main() -> int:
    """Write the page; returns the exit code."""
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE.name} written\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
