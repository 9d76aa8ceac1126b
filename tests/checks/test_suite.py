"""Running checks: what each kind reports when it passes and when it is seen failing, and what is kept of it."""

from datetime import date, datetime
from decimal import Decimal

import duckdb
import pytest

from checks.declared import Agreement, NoViolations, Severity, Share
from checks.store import blocking_failures, is_unchecked, mark_checked, mark_unchecked, write
from checks.suite import run_checks
from config.settings import Settings

RUN_DATE = date(2026, 11, 16)


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("create schema core")
        connection.execute("create table core.fct_things (id varchar, channel varchar, good boolean)")
        yield connection


def run_one(connection, check, settings=None):
    (result,) = run_checks(connection, [check], settings=settings or Settings(), run_date=RUN_DATE)
    return result


NO_DUPLICATES = NoViolations(
    name="unique",
    asset="core.fct_things",
    severity=Severity.BLOCK,
    description="No id twice.",
    violations="select id, count(*) as times from core.fct_things group by id having count(*) > 1",
    population="select count(*) from core.fct_things",
)
COVERAGE = Share(
    name="coverage",
    asset="core.fct_things",
    severity=Severity.BLOCK,
    description="Good things.",
    measure="select channel as member, count(*) filter (where good) as numerator, count(*) as denominator from core.fct_things group by 1",
    target="utm_target",
    floor="utm_floor",
    minimum="utm_minimum_sessions",
)


def test_no_violations_passes_and_says_what_was_looked_at(connection):
    connection.execute("insert into core.fct_things values ('a', 'x', true), ('b', 'x', true)")
    result = run_one(connection, NO_DUPLICATES)
    assert result.passed and not result.blocks
    assert (result.headline.numerator, result.headline.denominator, result.headline.threshold) == (0, 2, 0)
    assert result.violations == []


def test_no_violations_is_seen_failing_with_the_rows(connection):
    connection.execute("insert into core.fct_things values ('a', 'x', true), ('a', 'y', true), ('b', 'x', true)")
    result = run_one(connection, NO_DUPLICATES)
    assert not result.passed and result.blocks
    assert (result.headline.numerator, result.headline.denominator, result.headline.threshold) == (1, 3, 0)
    assert result.violations == [{"id": "a", "times": 2}]
    assert "id a, times 2" in result.headline.detail


def test_a_warning_fails_without_blocking(connection):
    connection.execute("insert into core.fct_things values ('a', 'x', true), ('a', 'y', true)")
    warning = NoViolations(**{**NO_DUPLICATES.__dict__, "severity": Severity.WARN})
    result = run_one(connection, warning)
    assert not result.passed and not result.blocks


@pytest.mark.parametrize(
    ("good", "passed", "blocks", "threshold"),
    [
        (95, True, False, "0.95"),
        (94, False, False, "0.95"),
        (60, False, False, "0.95"),
        (59, False, True, "0.6"),
        (0, False, True, "0.6"),
    ],
)
def test_a_share_passes_at_the_target_warns_below_it_and_blocks_below_the_floor(
    connection, good, passed, blocks, threshold
):
    connection.execute("insert into core.fct_things select range::varchar, 'social', range < ? from range(100)", [good])
    result = run_one(connection, COVERAGE)
    assert (result.passed, result.blocks) == (passed, blocks)
    (line,) = result.outcomes
    assert (line.member, line.numerator, line.denominator, line.threshold) == ("social", good, 100, Decimal(threshold))


def test_a_member_with_too_few_rows_is_shown_and_not_judged(connection):
    connection.execute("insert into core.fct_things select range::varchar, 'small', false from range(29)")
    connection.execute("insert into core.fct_things select range::varchar, 'large', true from range(30)")
    result = run_one(connection, COVERAGE)
    assert result.passed
    assert {line.member: line.denominator for line in result.outcomes} == {"large": 30, "small": 29}
    assert "not judged" in next(line.detail for line in result.outcomes if line.member == "small")


def test_one_bad_member_blocks_and_stands_for_the_check(connection):
    connection.execute("insert into core.fct_things select range::varchar, 'good', true from range(100)")
    connection.execute("insert into core.fct_things select range::varchar, 'bad', false from range(100)")
    result = run_one(connection, COVERAGE)
    assert result.blocks
    assert result.headline.member == "bad"
    assert [row["member"] for row in result.violations] == ["bad"]


def test_a_share_of_nothing_is_not_judged(connection):
    assert run_one(connection, COVERAGE).passed


@pytest.mark.parametrize(("later", "passed"), [("10.0001", True), ("10.0000", False)])
def test_agreement_is_exact(connection, later, passed):
    check = Agreement(
        name="same",
        asset="core.fct_things",
        severity=Severity.BLOCK,
        description="Same.",
        measure=f"select 'spend' as member, {later}::decimal(18,4) as numerator, 10.0001::decimal(18,4) as denominator",
    )
    result = run_one(connection, check)
    assert (result.passed, result.blocks) == (passed, not passed)
    assert (result.headline.numerator, result.headline.denominator, result.headline.threshold) == (
        Decimal(later),
        Decimal("10.0001"),
        1,
    )


def test_a_missing_table_is_a_failure_that_names_it(connection):
    check = NoViolations(**{**NO_DUPLICATES.__dict__, "reads": ("raw.gone",)})
    result = run_one(connection, check)
    assert result.blocks
    assert "raw.gone does not exist" in result.headline.detail


def test_a_query_that_fails_is_a_failed_check(connection):
    check = NoViolations(**{**NO_DUPLICATES.__dict__, "violations": "select no_such_column from core.fct_things"})
    result = run_one(connection, check)
    assert result.blocks
    assert "no_such_column" in result.headline.detail


def test_the_sample_is_cut_and_the_count_is_not(connection):
    connection.execute("insert into core.fct_things select range::varchar, 'x', true from range(70), (values (1), (2))")
    result = run_one(connection, NO_DUPLICATES)
    assert result.violation_count == 70
    assert len(result.violations) == 50


def test_results_and_violations_are_kept_as_tables(connection):
    connection.execute("insert into core.fct_things values ('a', 'x', true), ('a', 'y', true), ('æ', 'x', true)")
    results = list(run_checks(connection, [NO_DUPLICATES, COVERAGE], settings=Settings(), run_date=RUN_DATE))
    for run_id in ("first", "second", "second"):
        write(connection, results, run_id=run_id, checked_at=datetime.fromisoformat("2026-11-16T02:00"))
    rows = connection.sql(
        "select run_id, check_name, asset, member, severity, passed, numerator, denominator, threshold "
        "from quality.check_results where check_name = 'unique' order by run_id"
    ).fetchall()
    line = ("unique", "core.fct_things", "all", "block", False, Decimal(1), Decimal(3), Decimal(0))
    assert rows == [("first", *line), ("second", *line)]
    kept = connection.sql(
        "select run_id, check_name, violation_number, violation_count, violation from quality.check_violations"
    ).fetchall()
    assert kept == [("second", "unique", 1, 1, '{"id": "a", "times": 2}')]
    comments = connection.sql(
        "select count(*) from duckdb_columns() where schema_name = 'quality' and comment is null"
    ).fetchone()
    assert comments == (0,)


def test_the_newest_result_of_each_check_decides_what_may_be_published(connection):
    def judge_and_write(run_id, hour):
        results = list(run_checks(connection, [NO_DUPLICATES], settings=Settings(), run_date=RUN_DATE))
        write(connection, results, run_id=run_id, checked_at=datetime.fromisoformat(f"2026-11-16T{hour:02}:00"))

    assert blocking_failures(connection) == []
    connection.execute("insert into core.fct_things values ('a', 'x', true), ('a', 'y', true)")
    judge_and_write("blocked", 2)
    (against,) = blocking_failures(connection)
    assert against.startswith("core.fct_things unique: ")
    connection.execute("delete from core.fct_things where channel = 'y'")
    judge_and_write("mended", 3)
    assert blocking_failures(connection) == []


def test_models_that_changed_are_unchecked_until_all_checks_have_run(connection):
    assert not is_unchecked(connection)
    mark_unchecked(connection)
    mark_unchecked(connection)
    assert is_unchecked(connection)
    mark_checked(connection)
    assert not is_unchecked(connection)
