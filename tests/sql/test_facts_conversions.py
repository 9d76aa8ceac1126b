"""core.fct_conversions: which session a conversion belongs to, what it is worth, and what comes after it."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

RunModel = Callable[..., list[dict[str, Any]]]


def session(session_id: str, visitor_id: str | None, started_at: str, **values: Any) -> dict[str, Any]:
    """A session as core.fct_sessions has it."""
    return {
        "session_id": session_id,
        "visitor_id": visitor_id,
        "started_at": started_at,
        "session_date": started_at[:10],
        **values,
    }


def lead(lead_id: str, created_at: str, **values: Any) -> dict[str, Any]:
    return {
        "lead_id": lead_id,
        "created_at": created_at,
        "captured_at": "2026-11-10 06:00",
        "file_id": "f1",
        "source_row": 1,
        **values,
    }


def order(order_id: str, ordered_at: str, revenue: str, **values: Any) -> dict[str, Any]:
    return {
        "order_id": order_id, "ordered_at": ordered_at, "revenue": Decimal(revenue), "currency": "NOK",
        "captured_at": "2026-11-10 06:00", "file_id": "f1", "source_row": 1, **values,
    }  # fmt: skip


def links(rows: list[dict[str, Any]]) -> dict[str, tuple[Any, ...]]:
    return {row["conversion_id"]: (row["session_id"], row["session_link"], row["visitor_id"]) for row in rows}


SESSIONS = [
    session("s1", "v1", "2026-11-01 10:00:00"),
    session("s2", "v1", "2026-11-02 10:00:00"),
    session("s3", "v2", "2026-11-02 11:00:00"),
    session("s4", None, "2026-11-02 12:00:00"),
]


def test_the_named_session_then_the_visitor_then_the_address(run_model: RunModel) -> None:
    rows = run_model(
        "core.fct_conversions",
        {
            "core.fct_sessions": SESSIONS,
            "raw.leads": [
                lead("named", "2026-11-03 09:00", session_id="s1", visitor_id="v1", email_hash="mail1"),
                lead("named_only", "2026-11-03 09:00", session_id="s4"),
                lead("unknown_session", "2026-11-03 09:00", session_id="s9", visitor_id="v1"),
                lead("at_the_second", "2026-11-02 10:00:00", visitor_id="v1"),
                lead("a_second_before", "2026-11-02 09:59:59", visitor_id="v1"),
                lead("before_all", "2026-10-01 09:00", visitor_id="v1"),
                lead("nobody", "2026-11-03 09:00"),
            ],
            "raw.orders": [order("by_mail", "2026-11-03 09:00", "100", email_hash="mail1")],
        },
    )
    assert links(rows) == {
        "lead:named": ("s1", "session", "v1"),
        "lead:named_only": ("s4", "session", None),
        "lead:unknown_session": ("s2", "visitor", "v1"),
        "lead:at_the_second": ("s2", "visitor", "v1"),
        "lead:a_second_before": ("s1", "visitor", "v1"),
        "lead:before_all": (None, "none", "v1"),
        "lead:nobody": (None, "none", None),
        "order:by_mail": ("s2", "email", "v1"),
    }


def test_a_wrong_clock_is_kept_and_flagged(run_model: RunModel) -> None:
    clocks = {
        "1969": ("1969-12-31 23:59:59", "1969-12-31", True),
        "1970": ("1970-01-01 00:00:00", "1970-01-01", True),
        "1999": ("1999-12-31 22:59:59", "1999-12-31", True),
        "2000": ("2000-01-01 00:00:00", "2000-01-01", False),
        "two days": ("2026-11-12 06:00:00", "2026-11-12", False),
        "more": ("2026-11-12 06:00:01", "2026-11-12", True),
        "2099": ("2099-12-31 23:59:59", "2100-01-01", True),
        "9999": ("9999-12-31 23:59:59", "9999-12-31", True),
    }
    rows = run_model("core.fct_conversions", {"raw.leads": [lead(name, at) for name, (at, _, _) in clocks.items()]})
    found = {row["conversion_id"][5:]: (str(row["conversion_date"]), row["is_clock_suspect"]) for row in rows}
    assert found == {name: (day, is_suspect) for name, (_, day, is_suspect) in clocks.items()}


def test_sessions_of_equal_time_have_one_order(run_model: RunModel) -> None:
    twins = [session("b", "v1", "2026-11-02 10:00"), session("a", "v1", "2026-11-02 10:00")]
    for sessions in (twins, twins[::-1]):
        rows = run_model(
            "core.fct_conversions",
            {"core.fct_sessions": sessions, "raw.leads": [lead("l", "2026-11-03 09:00", visitor_id="v1")]},
        )
        assert links(rows) == {"lead:l": ("b", "visitor", "v1")}


def test_an_address_of_many_visitors_is_no_person(run_model: RunModel) -> None:
    crowd = [
        lead(f"l{number}", "2026-11-03 09:00", visitor_id=f"v{number}", email_hash="info") for number in range(1, 22)
    ]
    rows = run_model(
        "core.fct_conversions",
        {
            "core.fct_sessions": SESSIONS,
            "raw.leads": crowd,
            "raw.orders": [order("o", "2026-11-04 09:00", "1", email_hash="info")],
        },
    )
    assert links(rows)["order:o"] == (None, "none", None)


def test_the_newest_delivery_counts_and_refunds_come_off(run_model: RunModel) -> None:
    rows = run_model(
        "core.fct_conversions",
        {
            "raw.orders": [
                order("o1", "2026-11-02 10:00", "500", tax=Decimal(100), refunded=Decimal(0), customer_id="c1"),
                order("o1", "2026-11-02 10:00", "500", tax=Decimal(100), refunded=Decimal("400"), captured_at="2026-11-12 06:00",
                      customer_id="c1"),
                order("o2", "2026-11-03 10:00", "250", customer_id="c1"),
                order("o3", "2026-11-03 10:00", "0"),
            ]
        },
    )  # fmt: skip
    found = {
        row["conversion_id"]: (row["value"], row["gross_value"], row["refunded"], row["is_first_order"]) for row in rows
    }
    assert found == {
        "order:o1": (Decimal(0), Decimal(500), Decimal(400), True),
        "order:o2": (Decimal(250), Decimal(250), None, False),
        "order:o3": (Decimal(0), Decimal(0), None, None),
    }


def test_days_are_local_and_money_is_converted_on_them(run_model: RunModel) -> None:
    rates = [
        {"rate_date": day, "base": "EUR", "currency": currency, "rate": Decimal(rate), "file_id": "r"}
        for day, currency, rate in (
            (date(2026, 10, 23), "NOK", "11.7"), (date(2026, 10, 23), "SEK", "11.0"),
            (date(2026, 10, 26), "NOK", "11.8"), (date(2026, 10, 26), "SEK", "10.0"),
        )
    ]  # fmt: skip
    rows = run_model(
        "core.fct_conversions",
        {
            # The clocks in Oslo go back on 2026-10-25 at 01:00 UTC: midnight is 22:00 UTC before and 23:00 UTC after.
            "raw.orders": [
                order("fri", "2026-10-24 21:59:59", "100", currency="SEK"),
                order("sun", "2026-10-24 22:00:00", "100", currency="SEK"),
                order("sun_late", "2026-10-25 22:59:59", "100", currency="SEK"),
                order("mon", "2026-10-25 23:00:00", "100", currency="SEK"),
                order("no_rate", "2026-11-20 12:00:00", "100", currency="SEK"),
            ],
            "raw.exchange_rates": rates,
        },
    )
    found = {row["conversion_id"][6:]: (row["conversion_date"], row["value_reporting"]) for row in rows}
    assert found == {
        "fri": (date(2026, 10, 24), Decimal("106.3636")),
        "sun": (date(2026, 10, 25), Decimal("106.3636")),
        "sun_late": (date(2026, 10, 25), Decimal("106.3636")),
        "mon": (date(2026, 10, 26), Decimal("118.0000")),
        "no_rate": (date(2026, 11, 20), None),
    }


def test_stages_of_leads(run_model: RunModel) -> None:
    rows = run_model(
        "core.fct_conversions",
        {
            "raw.leads": [
                lead("new", "2026-11-02 10:00", kind="Lead", stage="lead"),
                lead("by_instant", "2026-11-02 10:00", mql_at="2026-11-03 10:00"),
                lead("by_stage", "2026-11-02 10:00", stage="SQL"),
                lead("lost", "2026-11-02 10:00", stage="lost", mql_at="2026-11-03 10:00", lost_at="2026-11-05 10:00"),
                lead("signup", "2026-11-02 10:00", kind="email_signup"),
            ]
        },
    )
    found = {row["conversion_id"][5:]: (row["conversion_type"], row["is_qualified"], row["is_lost"]) for row in rows}
    assert found == {
        "new": ("lead", False, False),
        "by_instant": ("lead", True, False),
        "by_stage": ("lead", True, False),
        "lost": ("lead", True, True),
        "signup": ("email_signup", False, False),
    }


def test_dates_know_their_weeks_and_hours(run_model: RunModel) -> None:
    found = {row["date"]: row for row in run_model("core.dim_dates", {})}
    new_year = found[date(2027, 1, 1)]
    assert (new_year["iso_week_name"], new_year["week_start_date"], new_year["weekday"]) == (
        "2026-W53",
        date(2026, 12, 28),
        5,
    )
    assert (found[date(2026, 11, 15)]["iso_week_name"], found[date(2026, 11, 15)]["weekday"]) == ("2026-W46", 7)
    assert [found[date(2026, month, day)]["hours"] for month, day in ((3, 29), (10, 25), (11, 15))] == [23, 25, 24]
    for day in (date(2000, 1, 1), date(2009, 12, 31), date(2021, 1, 3), date(2024, 12, 30), date(2050, 12, 31)):
        year, week, weekday = day.isocalendar()
        assert (found[day]["iso_year"], found[day]["iso_week"], found[day]["weekday"]) == (year, week, weekday)
