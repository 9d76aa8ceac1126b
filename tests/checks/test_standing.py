"""Which results stand: each part that a result depends on is changed by itself, and the check must be asked again.

Rows are changed behind the back of the versions throughout: a result that shows the change was asked for, one that doesn't was not.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from checks.declared import Agreement, Check, CheckResult, NoViolations, Severity, Share
from checks.store import forget_states, write
from checks.suite import run_checks
from config.settings import Settings, UtmCoverage
from sql.changes import note_version, prepare_state

RUN_DATE = date(2026, 11, 16)
CHECKED_AT = datetime.fromisoformat("2026-11-16T01:00")
LINES = NoViolations(
    name="lines",
    asset="core.things",
    severity=Severity.BLOCK,
    description="Nothing is negative.",
    violations="select id, amount from core.things where amount < 0",
    population="select count(*) from core.things",
    says="{id} has {amount}",
)
DELIVERED = Agreement(
    name="as_delivered",
    asset="core.things",
    severity=Severity.BLOCK,
    reads=("raw.things",),
    description="As many as came in.",
    measure="""select 'things' as member, (select count(*) from core.things) as numerator,
        (select count(*) from raw.things where amount is not null) as denominator""",
)
COVERAGE = Share(
    name="coverage",
    asset="core.things",
    severity=Severity.BLOCK,
    description="Positive ones.",
    measure="select 'all' as member, count(*) filter (where amount > 0) as numerator, count(*) as denominator from core.things",
    target="utm_target",
    floor="utm_floor",
    minimum="utm_minimum_sessions",
)
DATED = replace(
    LINES,
    name="dated",
    violations="select id, amount from core.things where amount < 0 and $run_date > date '2020-01-01'",
)


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("create schema raw; create schema core")
        connection.execute(
            "create table raw.files (file_path varchar, file_id varchar, status varchar, loaded_at timestamp)"
        )
        connection.execute("insert into raw.files values ('a.csv', 'a', 'loaded', '2026-11-15 01:00:00')")
        for table in ("raw.things", "core.things"):
            connection.execute(
                f"create table {table} as select 'n' || n as id, n as amount from range(1, 301) as numbers(n)"
            )
        prepare_state(connection)
        note_version(connection, "core.things")
        yield connection


def run(
    connection: duckdb.DuckDBPyConnection,
    check: Check,
    *,
    settings: Settings | None = None,
    run_date: date = RUN_DATE,
    anew: bool = False,
) -> CheckResult:
    (result,) = run_checks(connection, [check], settings=settings or Settings(), run_date=run_date, anew=anew)
    write(connection, [result], run_id="one", checked_at=CHECKED_AT)
    return result


def break_it(connection: duckdb.DuckDBPyConnection) -> None:
    """Rows that break each of the rules, without a word to anyone."""
    connection.execute("update core.things set amount = -1 where amount <= 200")
    connection.execute("update raw.things set amount = null where amount in (7, 8)")


@pytest.mark.parametrize("check", [LINES, DELIVERED, COVERAGE, DATED])
def test_a_result_stands_while_nothing_changes(warehouse: duckdb.DuckDBPyConnection, check: Check) -> None:
    before = run(warehouse, check)
    assert before.passed
    break_it(warehouse)
    again = run(warehouse, check)
    assert again.outcomes == before.outcomes
    assert not run(warehouse, check, anew=True).passed


@pytest.mark.parametrize("check", [LINES, DELIVERED, COVERAGE])
def test_a_failure_stands_with_its_lines_and_its_rows(warehouse: duckdb.DuckDBPyConnection, check: Check) -> None:
    break_it(warehouse)
    before = run(warehouse, check)
    assert not before.passed
    warehouse.execute("update core.things set amount = 1; update raw.things set amount = 1")
    again = run(warehouse, check)
    assert (again.outcomes, again.violation_count) == (before.outcomes, before.violation_count)
    assert [{k: str(v) for k, v in row.items()} for row in again.violations] == [
        {k: str(v) for k, v in row.items()} for row in before.violations
    ]
    assert again.headline.numerator == before.headline.numerator
    assert isinstance(again.headline.denominator, Decimal)


@pytest.mark.parametrize(
    "change",
    [
        "insert into raw.files values ('b.csv', 'b', 'loaded', '2026-11-16 01:00:00')",
        "update raw.files set loaded_at = '2026-11-16 01:00:00'",
        "update raw.files set status = 'partly_loaded'",
        "insert into raw.things values ('n301', 301)",
        "alter table raw.things add column more varchar",
    ],
)
def test_what_happens_to_a_raw_table_has_the_check_asked_again(
    warehouse: duckdb.DuckDBPyConnection, change: str
) -> None:
    run(warehouse, DELIVERED)
    break_it(warehouse)
    warehouse.execute(change)
    assert not run(warehouse, DELIVERED).passed


@pytest.mark.parametrize("table", ["core.things", "raw.things"])
def test_another_version_of_a_table_has_the_check_asked_again(warehouse: duckdb.DuckDBPyConnection, table: str) -> None:
    run(warehouse, DELIVERED)
    break_it(warehouse)
    note_version(warehouse, table)
    assert not run(warehouse, DELIVERED).passed


def test_a_table_without_a_version_is_looked_at_every_time(warehouse: duckdb.DuckDBPyConnection) -> None:
    warehouse.execute("delete from meta.versions")
    run(warehouse, LINES)
    break_it(warehouse)
    assert not run(warehouse, LINES).passed


def test_a_setting_that_the_check_names_has_it_asked_again(warehouse: duckdb.DuckDBPyConnection) -> None:
    stricter = Settings(utm_coverage=UtmCoverage(target=0.96))
    for check in (COVERAGE, LINES):
        run(warehouse, check)
    break_it(warehouse)
    assert not run(warehouse, COVERAGE, settings=stricter).passed
    assert run(warehouse, LINES, settings=stricter).passed


def test_another_day_has_a_check_that_names_it_asked_again(warehouse: duckdb.DuckDBPyConnection) -> None:
    for check in (DATED, LINES):
        run(warehouse, check)
    break_it(warehouse)
    assert not run(warehouse, DATED, run_date=date(2026, 11, 17)).passed
    assert run(warehouse, LINES, run_date=date(2026, 11, 17)).passed


def test_a_check_that_is_declared_anew_is_asked_again(warehouse: duckdb.DuckDBPyConnection) -> None:
    run(warehouse, LINES)
    break_it(warehouse)
    assert not run(warehouse, replace(LINES, says="{id}: {amount}")).passed


def test_what_was_forgotten_is_asked_again(warehouse: duckdb.DuckDBPyConnection) -> None:
    run(warehouse, LINES)
    break_it(warehouse)
    forget_states(warehouse)
    assert not run(warehouse, LINES).passed


def test_results_that_were_not_kept_do_not_stand(warehouse: duckdb.DuckDBPyConnection) -> None:
    """A run that dies between the checks and their tables: there is nothing to repeat."""
    list(run_checks(warehouse, [LINES], settings=Settings(), run_date=RUN_DATE))
    break_it(warehouse)
    assert not run(warehouse, LINES).passed
