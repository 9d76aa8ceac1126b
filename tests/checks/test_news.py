"""A warning is told once while it lasts, and again when it has come back."""

from datetime import UTC, date, datetime
from decimal import Decimal

from checks import anomalies
from checks.declared import CheckResult, NoViolations, Outcome, Severity
from checks.news import news, remember_told
from checks.store import write
from checks.suite import run_checks
from config.settings import Settings

LATE = NoViolations(
    name="freshness", asset="raw.ads", severity=Severity.WARN, description="", violations="", population=""
)


def check(warehouse, day, *, passed, severity=Severity.WARN):
    outcome = Outcome("all", passed, severity, Decimal(1), Decimal(1), Decimal(0), f"meta silent on day {day}")
    write(
        warehouse,
        [CheckResult(LATE, [outcome])],
        run_id=f"run-{day}",
        checked_at=datetime(2026, 11, day, tzinfo=UTC).replace(tzinfo=None),
    )


def told(warehouse):
    found = news(warehouse)
    remember_told(warehouse, found)
    return [notice.text for notice in found.fresh]


def test_a_failing_check_is_told_once_while_it_lasts(warehouse):
    check(warehouse, 1, passed=True)
    assert told(warehouse) == []
    check(warehouse, 2, passed=False)
    assert told(warehouse) == ["raw.ads freshness: meta silent on day 2"]
    check(warehouse, 3, passed=False)
    assert told(warehouse) == []
    check(warehouse, 4, passed=True)
    assert told(warehouse) == []
    check(warehouse, 5, passed=False)
    assert told(warehouse) == ["raw.ads freshness: meta silent on day 5"]


def test_what_nobody_was_told_stays_news(warehouse):
    check(warehouse, 1, passed=False)
    assert [notice.name for notice in news(warehouse).fresh] == ["raw.ads freshness all"]
    assert told(warehouse) == ["raw.ads freshness: meta silent on day 1"]


def test_what_blocks_is_left_to_the_alert_of_the_failed_run(warehouse):
    check(warehouse, 1, passed=False, severity=Severity.BLOCK)
    assert told(warehouse) == []


def test_each_unusual_day_is_told_with_its_beginning_and_where_to_look(warehouse):
    warehouse.execute(
        "create schema if not exists quality; create table quality.anomalies as select date '2026-11-14' as date, 'sessions' as series, "
        "'Paid Social' as member, 40.0 as value, 410.0 as expected, date '2026-11-14' as since_date, true as is_news, "
        "'core.fct_sessions, channel Paid Social' as look_at"
    )
    assert told(warehouse) == [
        "sessions of Paid Social on 2026-11-14 is 40.0 where 410.0 is usual, since 2026-11-14; "
        "look at core.fct_sessions, channel Paid Social"
    ]
    warehouse.execute(
        "insert into quality.anomalies select date '2026-11-15', * exclude (date) from quality.anomalies"
    )  # goes on
    assert told(warehouse) == []


def test_the_check_fails_on_a_newest_day_that_is_not_as_usual_and_blocks_nothing(warehouse):
    warehouse.execute(
        "create schema if not exists quality; create table quality.watched_days as select 'sessions' as series, 'Direct' as member; "
        "create table quality.anomalies as select date '2026-11-14' as date, 'sessions' as series, 'Direct' as member, 40.0 as value, "
        "410.0 as expected, date '2026-11-14' as since_date, false as is_news, 'core.fct_sessions, channel Direct' as look_at"
    )
    assert result(warehouse).passed
    warehouse.execute("update quality.anomalies set is_news = true")
    failed = result(warehouse)
    assert not failed.passed and not failed.blocks
    assert failed.headline.detail == (
        "sessions of Direct on 2026-11-14: 40.0 where 410.0 is usual, since 2026-11-14; look at core.fct_sessions, channel Direct"
    )


def result(warehouse):
    (declared,) = [check for check in anomalies.checks() if check.name == "newest_days_as_usual"]
    (found,) = run_checks(warehouse, [declared], settings=Settings(), run_date=date(2026, 11, 16))
    return found


def changed_exports(warehouse, *, is_news):
    warehouse.execute("create schema if not exists raw; create schema if not exists quality")
    export = "select 'meta' as source, 'posts' as export_kind, 'Norge' as account"
    warehouse.execute(f"create or replace table raw.files as {export}")
    warehouse.execute(
        f"create or replace table quality.export_changes as {export}, 'instagram' as platform, 'gone' as change, 'views' as column_name, "
        f"'a.csv' as file_path, date '2026-11-07' as since_date, 4 as files_compared, {is_news} as is_news"
    )


def test_an_export_with_other_columns_fails_its_check_and_is_told_with_the_file(warehouse):
    (declared,) = [one for one in anomalies.checks() if one.name == "exports_as_before"]
    for is_news, passed in ((False, True), (True, False)):
        changed_exports(warehouse, is_news=is_news)
        (result,) = run_checks(warehouse, [declared], settings=Settings(), run_date=date(2026, 11, 8))
        assert (result.passed, result.blocks) == (passed, False)
        at = datetime(2026, 11, 8, 1 + is_news, tzinfo=UTC).replace(tzinfo=None)
        write(warehouse, [result], run_id="r", checked_at=at)
    assert told(warehouse) == [
        "meta posts Norge: column views is not filled any more, as in the 4 files before, since 2026-11-07; look at a.csv"
    ]
    assert told(warehouse) == []
