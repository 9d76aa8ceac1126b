"""The published file: swapped whole, patched by what changed, unharmed by a failing run (readers: tests/soak)."""

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

import sql.publish
from config.home import Home
from sql.catalog import Catalog
from sql.materialise import build
from sql.model import load_models
from sql.publish import ExtraTable, PublishError, PublishReport, publish

FACTS = """/*
description: One row a visit, the newest delivery of it.
grain: [visit_id]
materialise: incremental
unit: [visit_id]
restrict: {raw.visits: [visit_id]}
changed: {raw.visits: select visit_id from changed}
columns:
  visit_id: {unit: id, description: The visit's id.}
  pages: {unit: count, sum: always, description: Pages seen.}
*/
select visit_id, pages from raw.visits qualify row_number() over (partition by visit_id order by file_id desc) = 1
"""
VALUES = """/*
description: KPI values as the real model has them.
grain: [kpi, period, period_start_date, dimension, member]
materialise: incremental
unit: [period, period_start_date]
restrict: {}
changed: {core.fct_visits: "select 'day', date '2026-11-09' from changed"}
columns:
  kpi: {unit: text, description: The KPI.}
  period: {unit: text, description: The period.}
  period_start_date: {unit: date, description: Its start.}
  dimension: {unit: text, description: The dimension.}
  member: {unit: text, description: The member.}
  value: {unit: number, sum: never, description: The value.}
  null_reason: {unit: text, description: Why there is none.}
*/
select 'pages' as kpi, 'day' as period, date '2026-11-09' as period_start_date, 'all' as dimension, 'all' as member,
    cast(sum(pages) as bigint) as value, cast(null as varchar) as null_reason
from core.fct_visits
having sum(pages) < 1000
"""


class Installation:
    """A tiny project in a home, with one night as a method."""

    def __init__(self, root: Path) -> None:
        for name, text in (("core/fct_visits", FACTS), ("core/int_scratch", FACTS), ("kpi/kpi_values", VALUES)):
            path = root / "models" / f"{name}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.catalog = Catalog(load_models(root / "models"))
        self.home = Home(root / "home").create()
        self.begin()

    def begin(self) -> None:
        self.connection = duckdb.connect(str(self.home.warehouse))
        self.connection.execute(
            "create schema raw; create table raw.visits (visit_id varchar, pages bigint, file_id varchar);"
            "create schema quality; create table quality.check_results as select 'x' as check_name"
        )

    def forget_warehouse(self) -> None:
        self.connection.close()
        self.home.warehouse.unlink()
        self.begin()

    def night(self, number: int, rows: list[tuple[str, int]]) -> PublishReport:
        if rows:
            self.connection.executemany(
                "insert into raw.visits values (?, ?, ?)", [[*row, f"{number:04}"] for row in rows]
            )
        build(self.connection, self.catalog, config={"settings": pa.table({"a": [1]})})
        return self.publish(number)

    def publish(self, number: int) -> PublishReport:
        day = date(2026, 11, 1) + timedelta(days=number - 1)
        return publish(
            self.connection, self.catalog, self.home, run_id=f"run-{number}", run_date=day.isoformat(),
            published_at=f"{day} 01:00:00", extra=(ExtraTable("quality.check_results", {"": "What was checked."}),),
        )  # fmt: skip

    def read(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.home.published), read_only=True) as reader:
            return reader.execute(query).fetchall()


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def test_the_first_file_holds_the_published_schemas_with_comments(installation: Installation) -> None:
    report = installation.night(1, [("a", 1), ("b", 2)])
    assert report.is_new_file
    tables = installation.read("select table_schema || '.' || table_name from information_schema.tables order by 1")
    assert [name for (name,) in tables] == [
        "core.fct_visits", "kpi.kpi_history", "kpi.kpi_values", "kpi.restatements", "quality.check_results", "quality.publication",
    ]  # fmt: skip
    assert installation.read("select comment from duckdb_tables() where table_name = 'fct_visits'") == [
        ("One row a visit, the newest delivery of it.",)
    ]
    assert installation.read("select comment from duckdb_columns() where column_name = 'pages'") == [
        ("Pages seen. (unit: count; may be summed)",)
    ]


def test_the_storage_version_is_one_that_old_clients_read(installation: Installation) -> None:
    installation.night(1, [("a", 1)])
    for _ in range(2):
        assert installation.home.published.read_bytes()[12] == 64  # the format of DuckDB 0.10 to 1.1
        installation.night(2, [("b", 1)])


def test_the_next_file_is_yesterdays_with_the_changes_applied(installation: Installation) -> None:
    installation.night(1, [("a", 1), ("b", 2)])
    report = installation.night(2, [("b", 5), ("c", 7)])
    assert not report.is_new_file
    assert "core.fct_visits" in report.patched
    assert installation.read("select * from core.fct_visits order by 1") == [("a", 1), ("b", 5), ("c", 7)]
    assert installation.read("select run_id, sequence_number from quality.publication") == [("run-2", 2)]


def test_a_blocked_night_is_made_up_for_by_the_next(installation: Installation) -> None:
    installation.night(1, [("a", 1)])
    installation.connection.execute("insert into raw.visits values ('b', 2, '0002')")
    build(
        installation.connection, installation.catalog, config={"settings": pa.table({"a": [1]})}
    )  # and no publication
    installation.night(3, [("c", 3)])
    assert installation.read("select * from core.fct_visits order by 1") == [("a", 1), ("b", 2), ("c", 3)]


@pytest.mark.parametrize("harm", ["gone", "rubbish", "strange", "older"])
def test_a_file_that_is_not_the_last_published_is_written_anew(installation: Installation, harm: str) -> None:
    installation.night(1, [("a", 1)])
    first = installation.home.published.read_bytes()
    installation.night(2, [("b", 2)])
    installation.home.published.unlink()
    if harm == "rubbish":
        installation.home.published.write_bytes(b"not a database" * 1000)
    elif harm == "strange":
        duckdb.connect(str(installation.home.published)).close()
    elif harm == "older":
        installation.home.published.write_bytes(first)
    report = installation.night(3, [("c", 3)])
    assert report.is_new_file
    assert installation.read("select * from core.fct_visits order by 1") == [("a", 1), ("b", 2), ("c", 3)]


def dies_after(installation: Installation, function: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A night that dies as soon as a function of sql.publish is done."""
    real = getattr(sql.publish, function)

    def deadly(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    def night(number: int, rows: list[tuple[str, int]]) -> None:
        with monkeypatch.context() as patched:
            patched.setattr(sql.publish, function, deadly)
            with pytest.raises(KeyboardInterrupt):
                installation.night(number, rows)

    return night


@pytest.mark.parametrize("before", [[], ["find_new_rows"]])
@pytest.mark.parametrize("deaths", [1, 2, 3])
def test_runs_that_died_after_the_swap_lose_neither_rows_nor_history(
    installation: Installation, monkeypatch: pytest.MonkeyPatch, deaths: int, before: list[str]
) -> None:
    installation.night(1, [("a", 1)])
    for number in range(2, 2 + deaths):
        dies_after(installation, "swap_in", monkeypatch)(number, [(f"b{number}", 2)])
        for function in before:  # and one more that took over and died before it published anything
            dies_after(installation, function, monkeypatch)(number, [])
    installation.night(2 + deaths, [("c", 3)])
    assert installation.read("select count(*) from core.fct_visits") == [(2 + deaths,)]
    assert installation.read("select sequence_number, value from kpi.kpi_history order by 1") == [
        (1, 1), *[(2 + death, 3 + 2 * death) for death in range(deaths)], (2 + deaths, 4 + 2 * deaths),
    ]  # fmt: skip
    assert not installation.night(3 + deaths, []).is_new_file


def test_the_history_of_a_lost_warehouse_is_taken_from_the_published_file(installation: Installation) -> None:
    installation.night(1, [("a", 1)])
    installation.night(2, [("b", 2)])
    installation.forget_warehouse()
    installation.night(3, [("a", 1), ("b", 2), ("c", 3)])
    assert installation.read("select sequence_number, value from kpi.kpi_history order by 1") == [
        (1, 1),
        (2, 3),
        (3, 6),
    ]


def test_a_failing_publication_leaves_the_file_as_it_was(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.night(1, [("a", 1)])
    before = installation.home.published.read_bytes()

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("sql.publish.swap_in", full_disk)
        with pytest.raises(PublishError, match="No space left"):
            installation.night(2, [("b", 2)])
    assert installation.home.published.read_bytes() == before
    assert list(installation.home.temporary.iterdir()) == []
    installation.night(3, [])
    assert installation.read("select count(*) from core.fct_visits") == [(2,)]


def test_a_warehouse_of_another_version_does_its_work_again_and_keeps_its_history(installation: Installation) -> None:
    installation.night(1, [("a", 1)])
    installation.connection.execute("alter table meta.propagated drop column version")
    report = installation.night(2, [("b", 2)])
    assert report.is_new_file
    assert installation.read("select * from core.fct_visits order by 1") == [("a", 1), ("b", 2)]
    assert installation.read("select sequence_number, value from kpi.kpi_history order by 1") == [(1, 1), (2, 3)]


def test_history_keeps_what_each_publication_said(installation: Installation) -> None:
    installation.night(1, [("a", 1)])
    installation.night(2, [])
    installation.night(3, [("a", 10)])
    installation.night(4, [("a", 5000)])
    rows = installation.read("select run_date, value, null_reason from kpi.kpi_history order by sequence_number")
    assert rows == [
        (date(2026, 11, 1), 1, None),
        (date(2026, 11, 3), 10, None),
        (date(2026, 11, 4), None, "no longer reported"),
    ]


@pytest.mark.parametrize(
    ("harm", "member", "left"),
    [
        ("update kpi.kpi_history set value = 2", "all", []),
        ("delete from kpi.kpi_history", "all", []),
        (
            "insert into kpi.kpi_history by name select * replace ('x' as member) from kpi.kpi_history",
            "x",
            [("x", None, "no longer reported")],
        ),
    ],
)
def test_nothing_is_published_whose_log_says_otherwise_and_a_full_build_mends_it(
    installation: Installation, harm: str, member: str, left: list[tuple[object, ...]]
) -> None:
    installation.night(1, [("a", 1)])
    before = installation.home.published.read_bytes()
    installation.connection.execute(harm)
    installation.connection.execute("update meta.publications set is_worn = true")
    expected = f"says, in 1 places: pages day 2026-11-09 all {member}. `hourglass run --full-refresh`"
    with pytest.raises(PublishError, match=expected):
        installation.night(2, [])
    assert installation.home.published.read_bytes() == before
    assert list(installation.home.temporary.iterdir()) == []
    build(installation.connection, installation.catalog, config={"settings": pa.table({"a": [1]})}, full=True)
    installation.publish(3)
    assert installation.read(
        "select member, arg_max_null(value, sequence_number), arg_max_null(null_reason, sequence_number) from kpi.kpi_history"
        " group by 1 order by 1"
    ) == [("all", 1, None), *left]


def test_a_night_that_logs_nothing_of_what_it_changed_publishes_nothing(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.night(1, [("a", 1)])

    def finds_nothing(connection: duckdb.DuckDBPyConnection, *_: object) -> None:
        connection.execute("create or replace temp table new_history as select * from kpi.kpi_history limit 0")
        connection.execute("create or replace temp table said_before as select * from kpi.kpi_history limit 0")

    with monkeypatch.context() as patched:
        patched.setattr("sql.publish.find_new_rows", finds_nothing)
        with pytest.raises(PublishError, match="kpi_history does not say"):
            installation.night(2, [("b", 2)])
    assert installation.read("select value from kpi.kpi_values") == [(1,)]
    installation.night(3, [])
    assert installation.read("select value from kpi.kpi_history order by sequence_number") == [(1,), (3,)]
