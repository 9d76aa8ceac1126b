"""The loader on a small project of its own: what is computed again, what is left alone, and what a killed run leaves behind."""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from sql.catalog import Catalog
from sql.changes import roll_back
from sql.materialise import build
from sql.model import Model, ModelError, load_models

VISITS = """/*
description: One row a visit, the newest delivery of it.
grain: [visit_id]
materialise: incremental
unit: [visit_id]
day: visit_date
restrict: {staging.stg_visits: [visit_id]}
changed: {raw.visits: select visit_id from changed}
columns:
  visit_id: {unit: id, description: The visit.}
  visit_date: {unit: date, description: Its day.}
  pages: {unit: count, sum: always, description: Pages seen.}
*/
select visit_id, visit_date, pages
from staging.stg_visits
qualify row_number() over (partition by visit_id order by file_id desc) = 1
"""
STAGING = """/*
description: Visits as delivered, typed.
grain: [visit_id, file_id]
materialise: view
columns:
  visit_id: {unit: id, description: The visit.}
  file_id: {unit: id, description: The file.}
  visit_date: {unit: date, description: Its day.}
  pages: {unit: count, sum: always, description: Pages seen.}
*/
select visit_id, file_id, visit_date, pages * settings.factor as pages
from raw.visits cross join config.settings as settings
"""
DAILY = """/*
description: One row a day with its pages.
grain: [visit_date]
materialise: incremental
unit: [visit_date]
day: visit_date
restrict: {core.fct_visits: [visit_date]}
changed: {core.fct_visits: select visit_date from changed}
columns:
  visit_date: {unit: date, description: The day.}
  pages: {unit: count, sum: always, description: Pages seen.}
*/
select visit_date, cast(sum(pages) as bigint) as pages from core.fct_visits group by all
"""
TOTAL = """/*
description: One row with all pages.
grain: [pages]
materialise: table
columns:
  pages: {unit: count, sum: always, description: Pages seen.}
*/
select cast(sum(pages) as bigint) as pages from kpi.daily
"""

Deliver = Callable[[str, list[tuple[str, date, int]]], None]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, text in (
        ("staging/stg_visits", STAGING),
        ("core/fct_visits", VISITS),
        ("kpi/daily", DAILY),
        ("kpi/total", TOTAL),
    ):
        path = tmp_path / f"{name}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def catalog(project: Path) -> Catalog:
    return Catalog(load_models(project))


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute(
        "create schema raw; create table raw.visits (visit_id varchar, visit_date date, pages bigint, file_id varchar)"
    )
    return connection


def config(factor: int = 1) -> dict[str, pa.Table]:
    return {"settings": pa.table({"factor": pa.array([factor], pa.int64())})}


def deliver(connection: duckdb.DuckDBPyConnection, file_id: str, rows: list[tuple[str, date, int]]) -> None:
    connection.executemany("insert into raw.visits values (?, ?, ?, ?)", [[*row, file_id] for row in rows])


MONDAY, TUESDAY = date(2026, 11, 9), date(2026, 11, 10)


def actions(report: object) -> dict[str, str]:
    return {result.model: result.action for result in report.results}  # type: ignore[attr-defined]


def daily(connection: duckdb.DuckDBPyConnection) -> list[tuple[date, int]]:
    return connection.execute("select * from kpi.daily order by 1").fetchall()


def test_the_first_build_is_full_and_the_next_does_nothing(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2), ("2", TUESDAY, 5)])
    build(warehouse, catalog, config=config())
    assert daily(warehouse) == [(MONDAY, 2), (TUESDAY, 5)]
    again = build(warehouse, catalog, config=config())
    assert set(actions(again).values()) == {"unchanged"}


def test_a_new_file_computes_only_what_it_touches(warehouse: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2), ("2", TUESDAY, 5)])
    build(warehouse, catalog, config=config())
    deliver(warehouse, "b", [("3", TUESDAY, 1)])
    report = build(warehouse, catalog, config=config())
    assert actions(report)["core.fct_visits"] == actions(report)["kpi.daily"] == "incremental"
    assert {result.model: result.units for result in report.results}["kpi.daily"] == 1
    assert daily(warehouse) == [(MONDAY, 2), (TUESDAY, 6)]
    assert warehouse.execute("select pages from kpi.total").fetchall() == [(8,)]


def test_a_row_that_moves_to_another_day_touches_both_days(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2), ("2", TUESDAY, 5)])
    build(warehouse, catalog, config=config())
    deliver(warehouse, "b", [("1", TUESDAY, 3)])
    build(warehouse, catalog, config=config())
    assert daily(warehouse) == [(TUESDAY, 8)]


def test_a_repeated_delivery_with_the_same_rows_changes_nothing_downstream(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2)])
    build(warehouse, catalog, config=config())
    deliver(warehouse, "b", [("1", MONDAY, 2)])
    report = build(warehouse, catalog, config=config())
    assert actions(report)["core.fct_visits"] == "incremental"
    assert actions(report)["kpi.daily"] == actions(report)["kpi.total"] == "unchanged"


def test_a_changed_configuration_rebuilds_what_reads_it_through_a_view(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2)])
    build(warehouse, catalog, config=config())
    report = build(warehouse, catalog, config=config(factor=10))
    assert actions(report)["core.fct_visits"] == "full"
    assert daily(warehouse) == [(MONDAY, 20)]


def test_a_changed_select_rebuilds_the_model(warehouse: duckdb.DuckDBPyConnection, project: Path) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2)])
    build(warehouse, Catalog(load_models(project)), config=config())
    path = project / "kpi" / "daily.sql"
    path.write_text(path.read_text(encoding="utf-8").replace("sum(pages)", "sum(pages) + 1"), encoding="utf-8")
    build(warehouse, Catalog(load_models(project)), config=config())
    assert daily(warehouse) == [(MONDAY, 3)]


def test_a_file_that_left_the_raw_table_leaves_the_models(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2)])
    deliver(warehouse, "b", [("2", TUESDAY, 5)])
    build(warehouse, catalog, config=config())
    warehouse.execute("delete from raw.visits where file_id = 'b'")
    build(warehouse, catalog, config=config())
    assert daily(warehouse) == [(MONDAY, 2)]


def test_a_file_that_was_read_anew_counts_as_changed(warehouse: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    warehouse.execute("create table raw.files (file_id varchar, status varchar, loaded_at timestamp)")
    warehouse.execute("insert into raw.files values ('a', 'loaded', timestamp '2026-11-10 01:00:00')")
    deliver(warehouse, "a", [("1", MONDAY, 2), ("2", TUESDAY, 5)])
    build(warehouse, catalog, config=config())
    warehouse.execute("delete from raw.visits")
    deliver(warehouse, "a", [("1", MONDAY, 7)])  # the same bytes, read by another sidecar
    warehouse.execute("update raw.files set loaded_at = timestamp '2026-11-11 01:00:00'")
    build(warehouse, catalog, config=config())
    assert daily(warehouse) == [(MONDAY, 7)]
    assert set(actions(build(warehouse, catalog, config=config())).values()) == {"unchanged"}


def test_a_range_of_days_is_computed_again(warehouse: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2), ("2", TUESDAY, 5)])
    build(warehouse, catalog, config=config())
    warehouse.execute("update kpi.daily set pages = 99")
    build(warehouse, catalog, config=config(), since=TUESDAY, until=TUESDAY)
    assert daily(warehouse) == [(MONDAY, 99), (TUESDAY, 5)]


def test_an_input_is_cut_down_below_the_views_that_stand_before_it(
    project: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    path = project / "core" / "fct_visits.sql"
    path.write_text(VISITS.replace("{staging.stg_visits: [visit_id]}", "{raw.visits: [visit_id]}"), encoding="utf-8")
    catalog = Catalog(load_models(project))
    sql = catalog.models["core.fct_visits"].restricted(catalog.views)
    assert "FROM staging.stg_visits" not in sql
    assert "FROM (SELECT * FROM raw.visits WHERE visit_id IN (SELECT visit_id FROM units)) AS visits" in sql
    deliver(warehouse, "f1", [("a", MONDAY, 2), ("b", TUESDAY, 3)])
    build(warehouse, catalog, config=config())
    deliver(warehouse, "f2", [("a", MONDAY, 5)])
    results = {result.model: result for result in build(warehouse, catalog, config=config()).results}
    assert (results["core.fct_visits"].action, results["core.fct_visits"].rows_changed) == ("incremental", 2)
    assert warehouse.execute("select * from core.fct_visits order by all").fetchall() == [
        ("a", MONDAY, 5),
        ("b", TUESDAY, 3),
    ]


def test_a_model_may_turn_from_table_to_view_and_back(warehouse: duckdb.DuckDBPyConnection, project: Path) -> None:
    path = project / "core" / "fct_visits.sql"
    as_view = VISITS.replace("incremental", "view")
    for line in (
        "unit: [visit_id]",
        "restrict: {staging.stg_visits: [visit_id]}",
        "changed: {raw.visits: select visit_id from changed}",
    ):
        as_view = as_view.replace(f"{line}\n", "")
    deliver(warehouse, "a", [("1", MONDAY, 2)])
    for text, kind in ((VISITS, "BASE TABLE"), (as_view, "VIEW"), (VISITS, "BASE TABLE")):
        path.write_text(text, encoding="utf-8")
        build(warehouse, Catalog(load_models(project)), config=config())
        made = warehouse.execute(
            "select table_type from information_schema.tables where table_name = 'fct_visits'"
        ).fetchall()
        assert made == [(kind,)]
        assert daily(warehouse) == [(MONDAY, 2)]


def test_rows_of_other_units_that_an_unrestricted_input_leads_to_are_left_alone(
    warehouse: duckdb.DuckDBPyConnection, project: Path
) -> None:
    path = project / "kpi" / "daily.sql"
    path.write_text(DAILY.replace("restrict: {core.fct_visits: [visit_date]}\n", ""), encoding="utf-8")
    catalog = Catalog(load_models(project))
    deliver(warehouse, "a", [("1", MONDAY, 2), ("2", TUESDAY, 5)])
    build(warehouse, catalog, config=config())
    deliver(warehouse, "b", [("3", TUESDAY, 4)])
    report = build(warehouse, catalog, config=config())
    assert daily(warehouse) == [(MONDAY, 2), (TUESDAY, 9)]
    (told,) = [result for result in report.results if result.model == "kpi.daily"]
    assert (told.action, told.units, told.rows_changed, told.rows) == ("incremental", 1, 2, 2)


DISTINCT_PAGES = """/*
description: One row a number of pages that some visit has.
grain: [pages]
materialise: incremental
unit: [pages]
restrict:
  staging.stg_visits: select pages from units
changed:
  raw.visits: >-
    select pages from staging.stg_visits
    except
    select pages from core.page_counts
columns:
  pages: {unit: count, sum: never, description: Pages seen.}
*/
select distinct pages from staging.stg_visits
"""


def test_a_dictionary_grows_by_the_values_of_the_changed_rows_alone(
    project: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    (project / "core" / "page_counts.sql").write_text(DISTINCT_PAGES, encoding="utf-8")
    catalog = Catalog(load_models(project))
    model = catalog.models["core.page_counts"]
    assert "raw.visits" not in model.affected("raw.visits", catalog.views)
    assert model.restricted(catalog.views) == ("SELECT DISTINCT pages FROM (SELECT pages FROM units) AS stg_visits")
    deliver(warehouse, "f1", [("a", MONDAY, 2), ("b", TUESDAY, 3)])
    build(warehouse, catalog, config=config(factor=10))
    deliver(warehouse, "f2", [("a", MONDAY, 3), ("c", MONDAY, 5), ("d", MONDAY, 5)])
    results = {result.model: result for result in build(warehouse, catalog, config=config(factor=10)).results}
    assert (results["core.page_counts"].action, results["core.page_counts"].units) == ("incremental", 1)
    assert warehouse.execute("select pages from core.page_counts order by all").fetchall() == [(20,), (30,), (50,)]


MEANINGS = """/*
description: One row a number of pages, and whether it is many.
grain: [pages]
materialise: incremental
unit: [pages]
restrict:
  core.page_counts: [pages]
changed:
  core.page_counts: select pages from changed
columns:
  pages: {unit: count, sum: never, description: Pages seen.}
  is_many: {unit: flag, description: Whether these are many.}
*/
select pages, pages >= limits.many as is_many from core.page_counts cross join config.limits as limits
"""
JUDGED = """/*
description: One row a visit, and whether it saw many pages.
grain: [visit_id]
materialise: incremental
unit: [visit_id]
restrict: {core.fct_visits: [visit_id]}
changed:
  core.fct_visits: select visit_id from changed
  core.page_meanings: select visit_id from core.fct_visits where 1 = 0
columns:
  visit_id: {unit: id, description: The visit.}
  is_many: {unit: flag, description: Whether it saw many pages.}
*/
select visit_id, is_many from core.fct_visits join core.page_meanings using (pages)
"""


def test_other_rules_of_a_dictionary_rebuild_what_takes_its_rows_as_known_and_new_rows_do_not(
    project: Path, warehouse: duckdb.DuckDBPyConnection
) -> None:
    for name, text in (("page_counts", DISTINCT_PAGES), ("page_meanings", MEANINGS), ("fct_judged", JUDGED)):
        (project / "core" / f"{name}.sql").write_text(text, encoding="utf-8")

    def night(many: int) -> tuple[str, list[tuple[str, bool]]]:
        limits = {"limits": pa.table({"many": pa.array([many], pa.int64())})}
        report = build(warehouse, Catalog(load_models(project)), config=config() | limits)
        return actions(report)["core.fct_judged"], warehouse.execute("from core.fct_judged order by 1").fetchall()

    deliver(warehouse, "f1", [("a", MONDAY, 2), ("b", TUESDAY, 3)])
    assert night(3) == ("full", [("a", False), ("b", True)])
    deliver(warehouse, "f2", [("c", MONDAY, 5)])
    assert night(3) == ("incremental", [("a", False), ("b", True), ("c", True)])
    assert night(2) == ("full", [("a", True), ("b", True), ("c", True)]), "other configuration"
    assert night(2)[0] == "unchanged"
    deeper = MEANINGS.replace("pages >= ", "pages > ")
    (project / "core" / "page_meanings.sql").write_text(deeper, encoding="utf-8")
    assert night(2) == ("full", [("a", False), ("b", True), ("c", True)]), "another SELECT"
    twice = DISTINCT_PAGES.replace("pages from staging", "pages + 0 as pages from staging")
    (project / "core" / "page_counts.sql").write_text(twice, encoding="utf-8")
    assert night(2)[0] == "full", "another SELECT above it"


def test_a_model_whose_units_nothing_touches_is_not_computed(
    project: Path, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "core" / "page_counts.sql").write_text(DISTINCT_PAGES, encoding="utf-8")
    catalog = Catalog(load_models(project))
    deliver(warehouse, "f1", [("a", MONDAY, 2)])
    build(warehouse, catalog, config=config(factor=10))
    computed: list[str] = []
    restricted = Model.restricted

    def recorded(model: Model, views: Mapping[str, Model]) -> str:
        computed.append(model.name)
        return restricted(model, views)

    monkeypatch.setattr(Model, "restricted", recorded)
    deliver(warehouse, "f2", [("b", MONDAY, 2)])
    results = {result.model: result for result in build(warehouse, catalog, config=config(factor=10)).results}
    assert "core.page_counts" not in computed
    assert "kpi.daily" in computed
    told = results["core.page_counts"]
    assert (told.action, told.units, told.rows_changed, told.rows) == ("incremental", 0, 0, 1)


def test_a_failing_model_undoes_the_whole_run_and_the_next_run_does_its_work(
    warehouse: duckdb.DuckDBPyConnection, project: Path, catalog: Catalog
) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2)])
    build(warehouse, catalog, config=config())
    deliver(warehouse, "b", [("2", TUESDAY, 5)])
    total = project / "kpi" / "total.sql"
    good = total.read_text(encoding="utf-8")
    total.write_text(good.replace("sum(pages)", "error('disk on fire')"), encoding="utf-8")
    with pytest.raises(ModelError, match=r"total\.sql.*disk on fire"):
        build(warehouse, Catalog(load_models(project)), config=config())
    assert daily(warehouse) == [(MONDAY, 2)]
    total.write_text(good, encoding="utf-8")
    build(warehouse, Catalog(load_models(project)), config=config())
    assert daily(warehouse) == [(MONDAY, 2), (TUESDAY, 5)]


def test_incremental_nights_equal_one_full_build(warehouse: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    for number in range(12):
        rows = [(str((number * 7 + i) % 15), MONDAY if (number + i) % 3 else TUESDAY, number + i) for i in range(5)]
        deliver(warehouse, f"file-{(number * 5) % 12:02}", rows)
        build(warehouse, catalog, config=config())
    nights = daily(warehouse), warehouse.execute("select * from core.fct_visits order by all").fetchall()
    build(warehouse, catalog, config=config(), full=True)
    assert nights == (daily(warehouse), warehouse.execute("select * from core.fct_visits order by all").fetchall())


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("sum: always, ", "", "'sum' given for a column in count"),
        ("grain: [visit_id]", "grain: [nothing]", "columns of the model in 'grain'"),
        ("day: visit_date", "dya: visit_date", "did you mean 'day'?"),
        ("from staging.stg_visits", "from stg_visits", "without its schema"),
        ("from staging.stg_visits", "from staging.stg_nobody", "which no model makes"),
        ("select visit_id, visit_date, pages", "select visit_id, visit_date, pages, 1 as more", "the header declares"),
    ],
)
def test_a_wrong_model_is_named_with_its_file(
    warehouse: duckdb.DuckDBPyConnection, project: Path, old: str, new: str, told: str
) -> None:
    path = project / "core" / "fct_visits.sql"
    path.write_text(VISITS.replace(old, new), encoding="utf-8")
    with pytest.raises(Exception, match="fct_visits") as caught:
        build(warehouse, Catalog(load_models(project)), config=config())
    assert told in str(caught.value)


def test_lineage_names_the_columns_that_a_column_comes_from(catalog: Catalog) -> None:
    external = {
        "raw.visits": dict.fromkeys(["visit_id", "visit_date", "pages", "file_id"], "varchar"),
        "config.settings": {"factor": "bigint"},
    }
    assert catalog.column_lineage("core.fct_visits", external)["pages"] == [("staging.stg_visits", "pages")]
    assert catalog.column_lineage("staging.stg_visits", external)["pages"] == [
        ("config.settings", "factor"),
        ("raw.visits", "pages"),
    ]


def test_what_the_engine_has_rolled_back_itself_does_not_hide_the_reason(warehouse):
    roll_back(warehouse)
    warehouse.execute("begin transaction")
    warehouse.execute("create table t (a integer)")
    roll_back(warehouse)
    assert warehouse.execute("select count(*) from duckdb_tables() where table_name = 't'").fetchone() == (0,)


def versions(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    return dict(connection.execute("select table_name, version from meta.versions").fetchall())


def test_a_table_has_another_version_when_its_rows_change_and_only_then(
    warehouse: duckdb.DuckDBPyConnection, catalog: Catalog
) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2)])
    build(warehouse, catalog, config=config())
    first = versions(warehouse)
    assert set(first) == {*catalog.models, "config.settings"}
    build(warehouse, catalog, config=config())
    assert versions(warehouse) == first
    deliver(warehouse, "b", [("1", MONDAY, 2)])  # the same visit once more: another row delivered, none computed
    build(warehouse, catalog, config=config())
    same = versions(warehouse)
    assert {name for name in first if same[name] != first[name]} == {"staging.stg_visits"}
    deliver(warehouse, "c", [("2", MONDAY, 1)])
    build(warehouse, catalog, config=config())
    assert {name for name in same if versions(warehouse)[name] == same[name]} == {"config.settings"}


def test_models_from_before_versions_were_kept_get_one(warehouse: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
    deliver(warehouse, "a", [("1", MONDAY, 2)])
    build(warehouse, catalog, config=config())
    warehouse.execute("drop table meta.versions")
    report = build(warehouse, catalog, config=config())
    assert set(actions(report).values()) == {"unchanged"}
    assert set(versions(warehouse)) == {*catalog.models, "config.settings"}
