"""Days and instants in every notation seen, and what must be refused."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pipelines.dates import YearRule, parse_dates, parse_instants, proven_order


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025-10-31", date(2025, 10, 31)),
        ("2025/10/31 18:19:10", date(2025, 10, 31)),
        ("2025-10-31T01:00:00", date(2025, 10, 31)),
        ("20251031", date(2025, 10, 31)),
        ("Sep 2, 2019", date(2019, 9, 2)),
        ("Sat, Sep 6, 2025", date(2025, 9, 6)),
        ("Mon Feb 17 2025", date(2025, 2, 17)),
        ("2. mars 2026", date(2026, 3, 2)),
        ("17. mai 2026", date(2026, 5, 17)),
        ("3 maj 2026", date(2026, 5, 3)),
        ("1 de marzo de 2026", date(2026, 3, 1)),
        ("12. März 2026", date(2026, 3, 12)),
        ("5 août 2026", date(2026, 8, 5)),
        ("31.12.2025", date(2025, 12, 31)),
    ],
)
def test_notations(text: str, expected: date) -> None:
    column = parse_dates([text])
    assert column.values == [expected]
    assert not column.problems


def test_the_column_decides_between_day_and_month() -> None:
    assert parse_dates(["03/04/2025", "13/04/2025"]).values[0] == date(2025, 4, 3)
    assert parse_dates(["03/04/2025", "03/14/2025"]).values[0] == date(2025, 3, 4)


def test_an_undecided_column_is_refused_with_the_question() -> None:
    column = parse_dates(["03/04/2025"])
    assert column.values == [None]
    assert "day or the month" in column.problems["03/04/2025"]
    assert parse_dates(["03/04/2025"], order="mdy").values == [date(2025, 3, 4)]


def test_two_notations_in_one_column_mean_a_spreadsheet_was_there() -> None:
    column = parse_dates(["03.04.2025", "3/14/2025"], order="mdy")
    assert column.values == [None, None]
    assert "spreadsheet" in column.problems["03.04.2025"]


@pytest.mark.parametrize("texts", [["03.04.2025", "05.12.2025"], ["2025-03-04", "2025-12-05"], ["03-04-2025"]])
def test_a_spreadsheet_may_have_swapped_an_american_exports_days(texts: list[str]) -> None:
    """Excel in a Nordic language reads 03/04/2025 as the third of April, and writes it in its own notation."""
    column = parse_dates(texts, order="mdy")
    assert column.values == [None] * len(texts)
    assert all("spreadsheet" in reason for reason in column.problems.values())
    assert None not in parse_dates(texts, order="mdy", stated=True).values
    assert None not in parse_dates(texts, order="dmy").values


def test_a_day_beyond_the_twelfth_proves_that_nothing_was_swapped() -> None:
    assert parse_dates(["2025-03-04", "2025-03-18"], order="mdy").values == [date(2025, 3, 4), date(2025, 3, 18)]
    assert parse_dates(["04.03.2025", "18.03.2025"], order="mdy").values == [date(2025, 3, 4), date(2025, 3, 18)]


def test_days_of_two_notations_in_an_american_export_are_refused() -> None:
    column = parse_dates(["03/18/2025", "2025-04-03"], order="mdy")
    assert column.values == [None, None]
    assert "two notations" in column.problems["2025-04-03"]


def test_a_columns_own_proof_of_the_order() -> None:
    assert proven_order(["03/04/2025", "13/04/2025"]) == "dmy"
    assert proven_order(["03/04/2025", "03/14/2025"]) == "mdy"
    assert proven_order(["03/14/2025", "13/04/2025"]) is None
    assert proven_order(["03/04/2025"]) is None


def test_one_odd_row_does_not_turn_the_known_order() -> None:
    column = parse_dates(["03/18/2025", "18/03/2025", "04/05/2025"], order="mdy")
    assert column.values == [date(2025, 3, 18), None, date(2025, 4, 5)]


@pytest.mark.parametrize("text", ["2025-02-30", "31/31/2025", "April 45 2025", "i går", "12:30", "1.5"])
def test_what_is_no_day_is_refused(text: str) -> None:
    assert text in parse_dates([text], order="dmy").problems


def test_1970_means_none() -> None:
    assert parse_dates(["1970-01-01"]).values == [None]


def test_days_without_year_wait_for_one() -> None:
    column = parse_dates(["April 12"])
    assert column.values == [None]
    assert "year" in column.problems["April 12"]


def test_days_in_sequence_count_the_year_down_over_new_year() -> None:
    texts = ["February 28", "March 1", "December 31", "January 1", "February 27"]
    rule = YearRule(newest=date(2026, 3, 1), in_sequence=True)
    days = parse_dates(texts, years=rule).values
    assert [day.year for day in days] == [2025, 2025, 2025, 2026, 2026]
    newest_first = parse_dates(texts[::-1], years=rule).values
    assert newest_first == days[::-1]
    assert parse_dates(texts, years=YearRule(year=2026, in_sequence=True)).values == days


def test_a_day_on_its_own_is_the_latest_that_can_be() -> None:
    rule = YearRule(newest=date(2026, 2, 28))
    assert parse_dates(["July 16", "January 3"], years=rule).values == [date(2025, 7, 16), date(2026, 1, 3)]


def test_29_february_needs_a_year_that_has_one() -> None:
    assert "February 29" in parse_dates(["February 29"], years=YearRule(newest=date(2026, 3, 1))).problems


def test_instants_are_utc_whatever_the_clock() -> None:
    los_angeles = parse_instants(["03/08/2025 12:00", "03/10/2025 12:00"], zone="America/Los_Angeles", order="mdy")
    assert los_angeles.values == [datetime(2025, 3, 8, 20), datetime(2025, 3, 10, 19)]
    assert parse_instants(["2025-07-01T12:00:00+02:00", "2025-07-01 12:00"], zone="Europe/Oslo").values == [
        datetime(2025, 7, 1, 10),
        datetime(2025, 7, 1, 10),
    ]
    assert parse_instants(["3/9/2025 2:30 PM"], zone="UTC", order="mdy").values == [datetime(2025, 3, 9, 14, 30)]


@given(st.lists(st.datetimes(datetime(2005, 1, 1), datetime(2090, 1, 1)), min_size=1, max_size=10))
def test_iso_instants_come_back(moments: list[datetime]) -> None:
    texts = [moment.replace(tzinfo=UTC).isoformat() for moment in moments]
    assert parse_instants(texts, zone="Europe/Oslo").values == moments


@given(st.lists(st.dates(date(2005, 1, 1), date(2090, 1, 1)), min_size=1, max_size=15))
def test_numeric_days_are_right_or_refused_never_swapped(days: list[date]) -> None:
    for pattern in ("%d/%m/%Y", "%m/%d/%Y"):
        column = parse_dates([day.strftime(pattern) for day in days])
        if not column.problems and not all(day.day == day.month for day in days):
            assert column.values == days


@given(st.text(max_size=25))
def test_no_text_breaks_the_reader(text: str) -> None:
    for column in (parse_dates([text]), parse_instants([text], zone="Europe/Oslo")):
        assert len(column.values) == 1
        assert column.values == [None] or not column.problems
