"""Rows that were erased from a raw table: only what came of them is computed again, and models that ask for news alone are built anew."""

from pathlib import Path

import duckdb
import pytest

from pipelines.schema import DATA_TABLES
from sql.catalog import Catalog
from sql.changes import note_gone, tables_with_gone_rows
from sql.materialise import build
from sql.model import load_models

VISITS = """/*
description: One row a visit, the newest delivery of it.
grain: [visit_id]
materialise: incremental
unit: [visit_id]
restrict: {raw.visits: [visit_id]}
changed: {raw.visits: select visit_id from changed}
columns:
  visit_id: {unit: id, description: The visit.}
  page: {unit: url, description: Where it landed.}
*/
select visit_id, page from raw.visits qualify row_number() over (partition by visit_id order by file_id desc) = 1
"""
PAGES = """/*
description: One row a page that any visit landed on.
grain: [page]
materialise: incremental
unit: [page]
restrict: {core.fct_visits: [page]}
changed:
  core.fct_visits: select page from changed except select page from core.pages
columns:
  page: {unit: url, description: The page.}
*/
select distinct page from core.fct_visits
"""
COUNTED = """/*
description: One row a page and its visits.
grain: [page]
materialise: incremental
unit: [page]
restrict: {core.fct_visits: [page]}
changed: {core.fct_visits: select page from changed}
columns:
  page: {unit: url, description: The page.}
  visits: {unit: count, sum: always, description: Visits.}
*/
select page, count(*) as visits from core.fct_visits group by page
"""


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    (tmp_path / "core").mkdir()
    for name, text in (("fct_visits", VISITS), ("pages", PAGES), ("counted", COUNTED)):
        (tmp_path / "core" / f"{name}.sql").write_text(text, encoding="utf-8")
    return Catalog(load_models(tmp_path))


@pytest.fixture
def warehouse(catalog: Catalog) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("create schema raw; create table raw.visits (visit_id varchar, page varchar, file_id varchar)")
    deliver(connection, ("1", "/a", "f1"), ("2", "/b", "f1"), ("3", "/b", "f1"), ("4", "/c", "f2"), ("1", "/z", "f0"))
    build(connection, catalog, config={})
    return connection


def deliver(connection: duckdb.DuckDBPyConnection, *rows: tuple[str, str, str]) -> None:
    connection.executemany("insert into raw.visits values (?, ?, ?)", [list(row) for row in rows])


def take_out(connection: duckdb.DuckDBPyConnection, condition: str) -> None:
    connection.execute(f"create or replace temp table gone as select * from raw.visits where {condition}")
    connection.execute(f"delete from raw.visits where {condition}")
    note_gone(connection, "raw.visits", "gone")


def done(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> dict[str, tuple[str, int | None]]:
    return {result.model: (result.action, result.units) for result in build(connection, catalog, config={}).results}


def tables(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[object, ...]]]:
    return {
        name: connection.execute(f"select * from core.{name} order by all").fetchall()
        for name in ("fct_visits", "pages", "counted")
    }


def test_only_what_came_of_the_rows_is_computed_again(warehouse: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    take_out(warehouse, "visit_id = '2'")
    assert done(warehouse, catalog) == {
        "core.fct_visits": ("incremental", 1),
        "core.pages": ("full", None),
        "core.counted": ("incremental", 1),
    }
    assert tables(warehouse)["counted"] == [("/a", 1), ("/b", 1), ("/c", 1)]
    assert tables_with_gone_rows(warehouse) == set()
    assert {action for action, _ in done(warehouse, catalog).values()} == {"unchanged"}


@pytest.mark.parametrize("condition", ["file_id = 'f2'", "visit_id = '1' and file_id = 'f1'", "page = '/b'", "true"])
def test_what_is_left_is_what_a_full_build_gives(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog, condition: str
) -> None:
    take_out(warehouse, condition)
    deliver(warehouse, ("5", "/d", "f3"))
    assert done(warehouse, catalog)["core.fct_visits"][0] == "incremental"
    incremental = tables(warehouse)
    build(warehouse, catalog, config={}, full=True)
    assert tables(warehouse) == incremental


def test_rows_of_several_erasures_wait_for_a_build_that_succeeds(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    take_out(warehouse, "visit_id = '2'")
    take_out(warehouse, "visit_id = '4'")
    with pytest.raises(ZeroDivisionError):
        build(warehouse, catalog, config={}, on_result=lambda result: 1 // 0)
    assert tables_with_gone_rows(warehouse) == {"raw.visits"}
    assert done(warehouse, catalog)["core.fct_visits"] == ("incremental", 2)
    assert tables(warehouse)["pages"] == [("/a",), ("/b",)]


def test_where_a_table_has_other_columns_since_all_of_it_counts_as_changed(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    take_out(warehouse, "visit_id = '2'")
    warehouse.execute("alter table raw.visits add column more varchar")
    take_out(warehouse, "visit_id = '4'")
    assert done(warehouse, catalog)["core.fct_visits"][0] == "full"
    assert tables(warehouse)["counted"] == [("/a", 1), ("/b", 1)]
    assert tables_with_gone_rows(warehouse) == set()


def test_a_column_that_came_after_an_erasure_is_no_hindrance(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    take_out(warehouse, "visit_id = '2'")
    warehouse.execute("alter table raw.visits add column more varchar")
    assert done(warehouse, catalog)["core.fct_visits"] == ("incremental", 1)


def test_no_rows_of_people_are_kept_for_want_of_a_model_that_reads_their_table() -> None:
    personal = {f"raw.{table.name}" for table in DATA_TABLES if table.identifying}
    assert personal <= Catalog().raw_tables
