"""The scorecard as it is shown: which week, how figures are written."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from assets.scorecard import ScorecardLine, figure, last_week, read_scorecard, scorecard_markdown, week_name

COLUMNS = (
    "plan varchar, plan_day bigint, kpi varchar, week_start_date date, value decimal(18,6), previous_value decimal(18,6), "
    "target decimal(18,6), expected decimal(18,6), status varchar, owner varchar, unit varchar, currency varchar, null_reason varchar, "
    "is_complete boolean"
)


@pytest.mark.parametrize(
    ("value", "unit", "currency", "shown"),
    [
        (None, "percent", None, "–"),
        ("18", "percent", None, "18.0 %"),
        ("4.25", "percent_per_month", None, "4.2 %"),
        ("12345.6", "count", None, "12,346"),
        ("1887", "count_per_week", None, "1,887"),
        ("280.4", "money", "NOK", "280 NOK"),
        ("3.1", "ratio", None, "3.10"),
        ("14.26", "per_1000", None, "14.3"),
        ("0", "count", None, "0"),
    ],
)
def test_figures(value, unit, currency, shown):
    assert figure(None if value is None else Decimal(value), unit, currency) == shown


@pytest.mark.parametrize(
    ("value", "expected", "unit", "status", "shown"),
    [
        ("27.96", "28", "percent", "behind", ("27.96 %", "28.00 %")),
        ("27.96", "28", "percent", "on_track", ("28.0 %", "28.0 %")),
        ("279.8", "280.1", "money", "behind", ("279.8 NOK", "280.1 NOK")),
        ("1886.9", "1887", "count", "behind", ("1,886.9", "1,887.0")),
        ("3.0999", "3.1", "ratio", "behind", ("3.0999", "3.1000")),
        ("27", "28", "percent", "behind", ("27.0 %", "28.0 %")),
        ("28", "28", "percent", "behind", ("28.0 %", "28.0 %")),
    ],
)
def test_what_is_behind_is_told_from_where_it_should_be(value, expected, unit, status, shown):
    day = date(2026, 11, 9)
    line = ScorecardLine(
        "sv2026", day, 1, "k", None, unit, "NOK", Decimal(value), None, None, Decimal(expected), status, None, None
    )
    assert line.standing() == shown


def test_the_iso_week_of_a_new_year():
    assert week_name(date(2026, 12, 28)) == "2026-W53"


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("create schema kpi")
        yield connection


def test_without_tables_there_are_no_lines(connection):
    assert read_scorecard(connection) == []


def test_the_last_week_that_is_over_and_has_values_is_shown(connection):
    connection.execute(f"create table kpi.scorecard ({COLUMNS})")
    connection.execute("create table kpi.kpi_catalogue (kpi varchar, title_en varchar)")
    connection.execute("insert into kpi.kpi_catalogue values ('roas', 'ROAS')")
    for week, value in (("2026-11-02", 2), ("2026-11-09", 3), ("2026-11-16", 9), ("2026-11-23", None)):
        connection.execute(
            "insert into kpi.scorecard values ('sv2026', 90, 'roas', ?, ?, 1, 3, 3, 'met', 'Growth owner', 'ratio', null, null, true)",
            [week, value],
        )
    lines = read_scorecard(connection, date(2026, 11, 18))
    assert [(line.week_start_date, line.value) for line in lines] == [(date(2026, 11, 9), 3)]
    assert scorecard_markdown(lines).splitlines()[2] == "| ROAS | 3.00 | 1.00 | 3.00 | met |"
    assert [line.value for line in read_scorecard(connection, date(2027, 2, 1))] == [9]


@pytest.mark.parametrize(
    ("figures", "shown"),
    [
        ({"2026-11-02": 4, "2026-11-09": 4}, "2026-11-09"),
        ({"2026-11-02": 4, "2026-11-09": 2}, "2026-11-09"),
        ({"2026-11-02": 4, "2026-11-09": 1}, "2026-11-02"),
        ({"2026-11-02": 4, "2026-11-09": 0}, "2026-11-02"),
        ({"2026-10-19": 4, "2026-11-09": 1}, "2026-10-19"),
        ({"2026-10-12": 4, "2026-11-09": 1}, "2026-11-09"),
        ({"2026-11-02": 0, "2026-11-09": 0}, "2026-11-09"),
        ({"2026-11-16": 4}, "2026-11-16"),
    ],
)
def test_a_week_that_is_hardly_told_gives_way_to_the_one_before(connection, figures, shown):
    connection.execute(f"create table kpi.scorecard ({COLUMNS})")
    connection.execute("create table kpi.kpi_catalogue (kpi varchar, title_en varchar)")
    for week, told in figures.items():
        connection.execute(
            "insert into kpi.scorecard select 'nb2026', 90, 'kpi' || range, ?, case when range < ? then 1 end, 1, 3, 3, 'met', 'CRO', "
            "'ratio', null, null, true from range(4)",
            [week, told],
        )
    lines = read_scorecard(connection, date(2026, 11, 18))
    assert [line.week_start_date for line in lines] == [date.fromisoformat(shown)] * 4


@pytest.mark.parametrize(
    ("weeks", "shown", "status"),
    [
        ({"2026-11-02": True, "2026-11-09": False}, "2026-11-02", "behind"),
        ({"2026-11-02": False, "2026-11-09": False}, "2026-11-09", "behind, incomplete"),
    ],
)
def test_a_week_of_some_days_gives_way_to_a_whole_one_or_is_marked(connection, weeks, shown, status):
    connection.execute(f"create table kpi.scorecard ({COLUMNS})")
    connection.execute("create table kpi.kpi_catalogue (kpi varchar, title_en varchar)")
    for week, whole in weeks.items():
        connection.execute(
            "insert into kpi.scorecard values ('nb2026', 90, 'roas', ?, 2, 1, 3, 3, 'behind', 'CRO', 'ratio', null, null, ?)",
            [week, whole],
        )
    (line,) = read_scorecard(connection, date(2026, 11, 18))
    assert (line.week_start_date, line.standing_word()) == (date.fromisoformat(shown), status)
    assert scorecard_markdown([line]).endswith(f"| {status} |")


@pytest.mark.parametrize(("today", "monday"), [("2026-11-15", "2026-11-02"), ("2026-11-16", "2026-11-09")])
def test_the_last_week_is_over_on_the_next_monday(today, monday):
    assert last_week(date.fromisoformat(today)) == date.fromisoformat(monday)
