"""``docs/questions.md``: the ten questions that a marketing analyst asks first, each with its query and its answer on the example brand.

The queries are files under ``docs/questions``, to be opened in any client of the published file. ``python -m hourglass.questions FILE``
writes the page from the published file of the example inbox.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGE = DOCS / "questions.md"
SHOWN_ROWS = 8
SHOWN_CHARACTERS = 80
INTRODUCTION = """\
# Ten questions

What a marketing analyst asks first, each as a query on the published file (`docs/questions/*.sql`) and its answer on the example brand
that `make run` makes. The queries read the KPI tables, attribution and small facts, so they stay quick however long the history is.
A ratio is always a ratio of sums: add up `numerator` and `denominator` first.
"""


@dataclass(frozen=True)
class Question:
    """A saved query. ``title`` is its first line, ``sql`` the rest."""

    name: str
    title: str
    sql: str


def questions() -> list[Question]:
    """The saved queries in order."""
    found = []
    for path in sorted((DOCS / "questions").glob("*.sql")):
        title, _, sql = path.read_text(encoding="utf-8").partition("\n")
        found.append(Question(path.name, title.removeprefix("-- "), sql.strip()))
    return found


def page(published: duckdb.DuckDBPyConnection) -> str:
    """The page, with the answers of a published file."""
    return "\n".join([INTRODUCTION, *(_section(published, question) for question in questions())])


def _section(published: duckdb.DuckDBPyConnection, question: Question) -> str:
    result = published.execute(question.sql)
    names = [str(item[0]) for item in result.description or []]
    rows = result.fetchall()
    lines = [f"## {question.title}", "", f"`docs/questions/{question.name}`", "", "```sql", question.sql, "```", ""]
    lines += _table(names, rows[:SHOWN_ROWS])
    if len(rows) > SHOWN_ROWS:
        lines += ["", f"and {len(rows) - SHOWN_ROWS} more"]
    return "\n".join([*lines, ""])


def _table(names: Sequence[str], rows: Sequence[tuple[object, ...]]) -> list[str]:
    return [
        f"| {' | '.join(names)} |",
        f"|{'---|' * len(names)}",
        *(f"| {' | '.join(_cell(value) for value in row)} |" for row in rows),
    ]


def _cell(value: object) -> str:
    text = "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")
    if "." in text and text.replace(".", "").replace("-", "").isdigit():
        text = text.rstrip("0").rstrip(".")
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def main(file: str) -> None:
    """Write the page."""
    with duckdb.connect(file, read_only=True) as published:
        PAGE.write_text(page(published), encoding="utf-8")
    print(f"{PAGE.name} written")  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
