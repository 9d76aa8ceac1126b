"""An export that loses, gains or renames columns is told; the same export in another language, a thin file or a rare column is not."""

from datetime import date, datetime
from typing import Any

import pytest

from pipelines.schema import RAW_TABLES
from sql.testing import run_model

RAW = {f"raw.{t.name}": {c.name: c.type for c in t.columns} for t in RAW_TABLES.values()}
USUAL = ("any:date", "any:rare", "any:views", "header:Dato", "header:Rart", "header:Visninger", "most:date", "most:views", "value:Dato",
         "value:Visninger")  # fmt: skip
ENGLISH = (
    "any:date",
    "any:views",
    "header:Date",
    "header:Views",
    "most:date",
    "most:views",
    "value:Date",
    "value:Views",
)


def delivered(
    day: int, *lines: str, locale: str = "nb", account: str | None = "Norge", rows: int = 50, **more: Any
) -> dict[str, Any]:
    return {
        "file_path": f"meta/{account}/{day:02}.csv", "file_id": f"{account}{day}", "source": "meta", "platform": "instagram",
        "export_kind": "posts", "account": account, "locale": locale, "status": "loaded", "rows_loaded": rows,
        "downloaded_at": datetime.fromisoformat(f"2026-11-{day:02}"), "delivered": "\n".join(lines), **more,
    }  # fmt: skip


def changes(*files: dict[str, Any]) -> list[tuple[Any, ...]]:
    rows = run_model("quality.export_changes", {"raw.files": files}, raw=RAW)
    return sorted(
        (row["account"], row["change"], row["column_name"], row["since_date"], row["files_compared"], row["is_news"])
        for row in rows
    )


BEFORE = [delivered(day, *USUAL) for day in (1, 3, 5)]


def test_an_export_that_stays_as_it_was_is_quiet() -> None:
    assert changes(*BEFORE, delivered(7, *USUAL)) == []


def test_a_column_that_went_and_one_that_came_are_told_with_the_day_and_the_file() -> None:
    renamed = [line.replace("Visninger", "Sett") for line in USUAL if "views" not in line]
    (gone, new) = changes(*BEFORE, delivered(7, *renamed))
    assert gone == ("Norge", "gone", "views", date(2026, 11, 7), 3, True)
    assert new == ("Norge", "new", "Sett", date(2026, 11, 7), 3, True)


def test_another_accounts_later_file_hides_nothing() -> None:
    without = [line for line in USUAL if "iews" not in line and "Visninger" not in line]
    found = changes(*BEFORE, delivered(7, *without), delivered(8, *USUAL, account="Sverige"))
    assert [change[:3] for change in found] == [("Norge", "gone", "views")]


def test_a_header_that_only_another_language_has_is_new_here() -> None:
    found = changes(delivered(2, *ENGLISH, locale="en"), *BEFORE, delivered(7, *USUAL, "header:Views", "value:Views"))
    assert [change[1:3] for change in found] == [("new", "Views")]


def test_what_a_definition_knows_by_its_new_name_is_only_new() -> None:
    renamed = [line.replace("Visninger", "Sett") for line in USUAL]
    assert [change[1:3] for change in changes(*BEFORE, delivered(7, *renamed))] == [("new", "Sett")]


@pytest.mark.parametrize(
    "newest",
    [
        delivered(7, *ENGLISH, locale="en"),
        delivered(7, *(line for line in USUAL if "are" not in line.lower() and "rart" not in line.lower())),
        delivered(7, "any:date", rows=4),
        delivered(7, *USUAL, "header:Sjelden"),
        delivered(7, "any:date", status="quarantined"),
        delivered(7, "any:date", account="Sverige"),
    ],
    ids=[
        "another language",
        "a rare column missing",
        "a handful of rows",
        "a new column almost empty",
        "it waits",
        "another account",
    ],
)
def test_what_is_no_drift_is_quiet(newest: dict[str, Any]) -> None:
    assert changes(*BEFORE, newest) == []


def test_two_files_are_too_few_to_compare_with() -> None:
    assert changes(*BEFORE[:2], delivered(7, "any:date", "most:date")) == []


def test_a_column_lost_with_the_language_is_lost_all_the_same() -> None:
    lost = [line for line in ENGLISH if "iews" not in line]
    assert [change[1:3] for change in changes(*BEFORE, delivered(7, *lost, locale="en"))] == [("gone", "views")]


def test_the_shape_that_has_lasted_is_the_usual_one() -> None:
    shorter = [line for line in USUAL if "iews" not in line and "Visninger" not in line]
    assert changes(*BEFORE, delivered(7, *shorter), delivered(8, *shorter)) == []


def test_an_old_change_is_in_the_table_and_no_news() -> None:
    old = [
        {**file, "downloaded_at": file["downloaded_at"].replace(month=1)}
        for file in (*BEFORE, delivered(7, "any:date", "most:date"))
    ]
    assert [(change[2], change[-1]) for change in changes(*old)] == [("views", False)]
