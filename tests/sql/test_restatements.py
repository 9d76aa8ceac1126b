"""kpi.restatements: what a publication says otherwise about a time that was over, and what came in between."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from config.home import Home
from sql.catalog import Catalog
from sql.materialise import build
from sql.model import load_models
from sql.publish import publish

MEASURES = """/*
description: Visits a day.
grain: [date]
materialise: table
columns:
  date: {unit: date, description: The day.}
  value: {unit: count, sum: always, description: The visits.}
*/
select day as date, count(*) as value from raw.web_sessions group by day
"""
VALUES = """/*
description: KPI values as the real model has them.
grain: [kpi, period, period_start_date, dimension, member]
materialise: table
columns:
  kpi: {unit: text, description: The KPI.}
  period: {unit: text, description: The period.}
  period_start_date: {unit: date, description: Its start.}
  dimension: {unit: text, description: The dimension.}
  member: {unit: text, description: The member.}
  value: {unit: number, sum: never, description: The value.}
  unit: {unit: text, description: Its unit.}
  currency: {unit: text, description: Its currency.}
  is_complete: {unit: flag, description: Whether it is complete.}
  null_reason: {unit: text, description: Why there is none.}
*/
select 'visits' as kpi, 'week' as period, cast(date_trunc('week', date) as date) as period_start_date, dimension, dimension as member,
    cast(sum(value) * max(settings.factor) as decimal(18, 6)) as value, 'count' as unit, cast(null as varchar) as currency,
    true as is_complete, cast(null as varchar) as null_reason
from kpi.int_measures_sessions
cross join config.settings as settings
cross join (select unnest(['all', 'channel']) as dimension) as dimensions
group by period_start_date, dimension
"""


class Installation:
    """Nights of a project with one KPI. ``factor`` is a setting that the KPI depends on."""

    def __init__(self, root: Path) -> None:
        for name, text in (("kpi/int_measures_sessions", MEASURES), ("kpi/kpi_values", VALUES)):
            path = root / "models" / f"{name}.sql"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        self.catalog = Catalog(load_models(root / "models"))
        self.home = Home(root / "home").create()
        self.connection = duckdb.connect(str(self.home.warehouse))
        self.connection.execute(
            "create schema raw; create table raw.web_sessions (session_id varchar, day date, file_id varchar);"
            "create table raw.files (file_path varchar, period_from_date date, period_to_date date, status varchar, "
            "raw_rows varchar, loaded_at timestamp);"
            "create schema quality; create view quality.files as select * from raw.files"
        )

    def deliver(self, name: str, days: list[str], *, night: int, table: str = "web_sessions") -> None:
        for number, day in enumerate(days):
            self.connection.execute("insert into raw.web_sessions values (?, ?, ?)", [f"{name}{number}", day, name])
        self.connection.execute(
            "insert into raw.files values (?, ?, ?, 'loaded', ?, ?)",
            [name, min(days), max(days), f'{{"{table}": {len(days)}}}', f"2026-11-{night} 02:00:00"],
        )

    def night(self, number: int, factor: int = 1) -> list[tuple[object, ...]]:
        config = {
            "settings": pa.table({"factor": [factor]}),
            "kpi_parts": pa.table({"kpi": ["visits"], "part": ["numerator"], "measure": ["visits"]}),
            "measure_sources": pa.table({"measure": ["visits"], "source": ["sessions"]}),
        }
        build(self.connection, self.catalog, config=config)
        day = date(2026, 11, number)
        publish(
            self.connection,
            self.catalog,
            self.home,
            run_id="r",
            run_date=day.isoformat(),
            published_at=f"{day} 03:00:00",
        )
        return self.read(
            "select period_start_date, previous_run_date, previous_value, value, reason, files_loaded, files "
            f"from kpi.restatements where run_date = '{day}' order by 1"
        )

    def read(self, query: str) -> list[tuple[object, ...]]:
        with duckdb.connect(str(self.home.published), read_only=True) as reader:
            return reader.execute(query).fetchall()


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    project = Installation(tmp_path)
    project.deliver("first.csv", ["2026-11-02", "2026-11-03", "2026-11-09"], night=10)
    assert project.night(10) == []
    return project


MONDAY, NOW_OPEN = date(2026, 11, 2), date(2026, 11, 9)


def test_a_week_that_was_over_is_restated_with_the_files_that_cover_it(installation: Installation) -> None:
    installation.deliver("late.csv", ["2026-11-04", "2026-11-10"], night=11)
    installation.deliver("of_today.csv", ["2026-11-11"], night=11)
    assert installation.night(11) == [
        (MONDAY, date(2026, 11, 10), Decimal(2), Decimal(3), "files", 1, "late.csv"),
    ]
    assert installation.night(12) == []
    assert installation.read("select count(*) from kpi.restatements") == [(1,)]


def test_a_week_under_way_grows_without_being_restated(installation: Installation) -> None:
    installation.deliver("today.csv", ["2026-11-10"], night=11)
    assert installation.night(11) == []


def test_other_rules_are_a_reason_of_their_own(installation: Installation) -> None:
    assert installation.night(11, factor=2) == [
        (MONDAY, date(2026, 11, 10), Decimal(2), Decimal(4), "rules", 0, None),
    ]
    installation.deliver("late.csv", ["2026-11-04"], night=12)
    assert installation.night(12, factor=3)[0][4:] == ("files and rules", 1, "late.csv")


def test_a_file_that_feeds_other_kpis_only_is_no_reason(installation: Installation) -> None:
    installation.deliver("late.csv", ["2026-11-04"], night=11)
    installation.deliver("ads.csv", ["2026-11-04"], night=11, table="ads")
    installation.connection.execute("delete from raw.web_sessions where file_id = 'ads.csv'")
    assert installation.night(11)[0][5:] == (1, "late.csv")


def test_many_files_are_counted_and_five_are_named(installation: Installation) -> None:
    for number in range(7):
        installation.deliver(f"late_{number}.csv", ["2026-11-04"], night=11)
    (row,) = installation.night(11)
    assert row[5:] == (7, "late_0.csv, late_1.csv, late_2.csv, late_3.csv, late_4.csv")


def test_a_value_that_is_gone_is_restated_to_nothing(installation: Installation) -> None:
    installation.connection.execute("delete from raw.web_sessions")
    installation.deliver("today.csv", ["2026-11-09"], night=11)
    assert [row[2:5] for row in installation.night(11)] == [(Decimal(2), None, "unknown")]


def test_a_run_that_died_after_the_swap_does_not_lose_them(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.deliver("late.csv", ["2026-11-04"], night=11)
    with monkeypatch.context() as patched:
        patched.setattr("sql.publish._remember", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            installation.night(11)
    installation.night(12)
    assert installation.read("select value, files from kpi.restatements") == [(Decimal(3), "late.csv")]


def test_the_table_and_its_columns_have_comments(installation: Installation) -> None:
    missing = "select column_name from duckdb_columns() where table_name = 'restatements' and comment is null"
    assert installation.read(missing) == []
