"""What comes late is linked, credited and counted as if it had been there from the start."""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from config.home import Home
from config.tables import config_tables
from pipelines.schema import RAW_TABLES
from sql.materialise import build
from tests.replay import catalog_of

RUN_DATE = date(2026, 11, 16)
SITE = "https://www.shop.example/"
URL = f"{SITE}offer?utm_source=facebook&utm_medium=paid_social&utm_campaign=autumn&utm_content=ad-1"
Rows = list[tuple[str, dict[str, Any]]]

EARLY: Rows = [
    ("web_sessions", {"session_id": "s2", "visitor_id": "v1", "started_at": "2026-11-10 09:00", "landing_url": SITE}),
    ("leads", {"lead_id": "l1", "created_at": "2026-11-10 09:10", "visitor_id": "v1", "email_hash": "m1", "deal_value": 1000,
               "currency": "NOK"}),
    ("leads", {"lead_id": "l2", "created_at": "2026-11-11 09:10", "session_id": "s3", "meeting_at": "2026-11-13 09:00"}),
    ("orders", {"order_id": "o1", "ordered_at": "2026-11-12 09:00", "email_hash": "m1", "revenue": 500, "currency": "SEK"}),
]  # fmt: skip
LATE: Rows = [
    ("web_sessions", {"session_id": "s1", "visitor_id": "v1", "started_at": "2026-11-09 09:00", "landing_url": URL}),
    ("web_sessions", {"session_id": "s3", "visitor_id": "v3", "started_at": "2026-11-11 09:00", "landing_url": URL,
                      "consent": "granted"}),
    ("exchange_rates", {"rate_date": date(2026, 11, 12), "base": "EUR", "currency": "SEK", "rate": 10}),
    ("exchange_rates", {"rate_date": date(2026, 11, 12), "base": "EUR", "currency": "NOK", "rate": 11}),
    ("orders", {"order_id": "o1", "ordered_at": "2026-11-12 09:00", "email_hash": "m1", "revenue": 500, "refunded": 100,
                "currency": "SEK"}),
    ("ads", {"platform": "meta", "campaign": "autumn", "ad": "ad-1", "date_from": date(2026, 11, 9), "date_to": date(2026, 11, 11),
             "spend": 100, "currency": "NOK"}),
]  # fmt: skip
LABELS: Rows = [
    ("content_calendar", {"asset_id": "a1", "utm_content": "ad-1", "series": "winter", "hook": "question", "distribution": "assisted"}),
    ("orders", {"order_id": "o2", "ordered_at": "2026-11-15 09:00", "customer_id": "c9", "revenue": 300, "cost_of_goods": 100,
                "currency": "NOK", "referred_by_customer_id": "c1"}),
    ("orders", {"order_id": "o1", "ordered_at": "2026-11-12 09:00", "customer_id": "c1", "email_hash": "m1", "revenue": 500,
                "refunded": 100, "cost_of_goods": 50, "currency": "SEK"}),
    ("messages", {"message_id": "m1", "platform": "x", "received_at": "2026-11-10 09:00", "answered_at": "2026-11-10 09:30"}),
    ("subscriptions", {"subscription_id": "s", "customer_id": "c1", "changed_at": "2026-11-10 09:00", "mrr": 100, "currency": "NOK"}),
]  # fmt: skip
JUDGED = (
    "core.fct_conversions", "attribution.credits", "attribution.unattributed", "kpi.kpi_values", "kpi.scorecard", "quality.missing_rates",
    "quality.utm_coverage", "quality.utm_worklist",
)  # fmt: skip


@pytest.fixture
def warehouse() -> Iterator[duckdb.DuckDBPyConnection]:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("create schema raw")
    for name, table in RAW_TABLES.items():
        columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
        connection.execute(f"create table raw.{name} ({columns})")
    yield connection
    connection.close()


def deliver(connection: duckdb.DuckDBPyConnection, rows: Rows, captured_at: str) -> None:
    for number, (table, values) in enumerate(rows):
        row: Mapping[str, Any] = {
            "captured_at": captured_at, "file_id": f"{table} {captured_at}", "source_row": number, "source_file": f"{table}.csv", **values,
        }  # fmt: skip
        names = ", ".join(f'"{name}"' for name in row)
        connection.execute(
            f"insert into raw.{table} ({names}) values ({', '.join('?' * len(row))})", list(row.values())
        )


def run(connection: duckdb.DuckDBPyConnection, *, full: bool = False) -> dict[str, str]:
    home = Home.from_environment()
    report = build(connection, catalog_of(*JUDGED), config=config_tables(home, RUN_DATE), full=full)
    return {result.model: result.action for result in report.results}


def state(connection: duckdb.DuckDBPyConnection) -> dict[str, list[Any]]:
    return {name: connection.execute(f"select * from {name} order by all").fetchall() for name in JUDGED}


@pytest.mark.slow
def test_late_sessions_refunds_and_rates_change_what_they_touch(warehouse: duckdb.DuckDBPyConnection) -> None:
    deliver(warehouse, EARLY, "2026-11-13 06:00")
    run(warehouse)
    links = "select conversion_id, session_id, session_link, value_reporting from core.fct_conversions order by 1"
    assert warehouse.execute(links).fetchall() == [
        ("lead:l1", "s2", "visitor", 1000),
        ("lead:l2", None, "none", None),
        ("order:o1", "s2", "email", None),
    ]
    credited = "select conversion_id, channel from attribution.credits where model = 'last_non_direct' order by 1"
    assert warehouse.execute(credited).fetchall() == [
        ("lead:l1", "Direct"),
        ("lead:l2", "Unattributed"),
        ("order:o1", "Direct"),
    ]
    assert warehouse.execute("select count(*) from quality.missing_rates").fetchone() == (1,)

    deliver(warehouse, LATE, "2026-11-16 06:00")
    actions = run(warehouse)
    assert actions["attribution.credits"] == "incremental"
    assert warehouse.execute(links).fetchall() == [
        ("lead:l1", "s2", "visitor", 1000),
        ("lead:l2", "s3", "session", None),
        ("order:o1", "s2", "email", 440),
    ]
    assert {row[1] for row in warehouse.execute(credited).fetchall()} == {"Paid Social"}
    week = "select numerator, denominator, value from kpi.kpi_values where kpi = ? and period = 'week' and dimension = 'all'"
    assert warehouse.execute(week, ["cpl_paid"]).fetchall() == [(100, 2, 50)]
    assert warehouse.execute(week, ["roas"]).fetchall() == [(440, 100, Decimal("4.4"))]
    share = "select consented_share, consent_stated_share from kpi.kpi_values where kpi = ? and period = 'week' and dimension = 'all'"
    assert warehouse.execute(share, ["cpl_paid"]).fetchall() == [(1, Decimal("0.5"))]

    deliver(warehouse, LABELS, "2026-11-17 06:00")
    actions = run(warehouse)
    named = ("kpi.kpi_values", "kpi.int_measures_conversions", "kpi.int_measures_sessions", "kpi.int_measures_ads")
    assert {actions[name] for name in named} == {"incremental"}
    assisted = "select kpi, value from kpi.kpi_values where period = 'week' and member = 'assisted' order by kpi"
    assert warehouse.execute(assisted).fetchall() == [("conversions_social", 3), ("social_sessions", 2)]
    week += " and period_start_date = date '2026-11-09'"
    assert warehouse.execute(week, ["referral_value"]).fetchall() == [(300, None, 300)]
    assert warehouse.execute(week, ["mrr"]).fetchall() == [(100, None, 100)]

    late = state(warehouse)
    run(warehouse, full=True)
    assert late == state(warehouse)
    # The registry of files has no deliveries to tell apart, so its two small tables are always made again.
    again = {name for name, action in run(warehouse).items() if action != "unchanged"}
    assert again <= {"quality.files", "quality.quarantine"}


def account_days(account: str, first: date, days: int) -> Rows:
    """Followers and reach of an account on successive days."""
    return [
        ("social_account_daily", {"platform": "instagram", "account": account, "date": first + timedelta(days=day),
                                  "measure": measure, "value": 100})
        for day in range(days) for measure in ("reach", "followers")
    ]  # fmt: skip


@pytest.mark.slow
def test_an_account_that_is_heard_of_again_owes_for_the_weeks_between(warehouse: duckdb.DuckDBPyConnection) -> None:
    """Both its days lie farther from those weeks than anything that the newly delivered day touches."""
    between = date(2026, 9, 14)
    deliver(warehouse, account_days("a", date(2026, 8, 3), 1) + account_days("b", between, 7), "2026-09-30 06:00")
    run(warehouse)
    complete = (
        "select bool_and(is_complete) from kpi.int_source_periods where source = 'accounts' and period = 'week' "
        f"and period_start_date = date '{between}'"
    )
    assert warehouse.execute(complete).fetchone() == (True,)
    deliver(warehouse, account_days("a", date(2026, 11, 9), 1), "2026-11-10 06:00")
    assert run(warehouse)["kpi.kpi_values"] == "incremental"
    assert warehouse.execute(complete).fetchone() == (False,)
    late = state(warehouse)
    run(warehouse, full=True)
    assert late == state(warehouse)


LATER_COLUMNS: Mapping[str, tuple[str, str, dict[str, Any], dict[str, Any]]] = {
    "booked_meetings": (
        "leads", "lead meetings", {"lead_id": "l1", "created_at": "2026-10-20 09:00"}, {"meeting_at": "2026-11-05 09:00"},
    ),
    "email_signups": ("leads", "lead kinds", {"lead_id": "l1", "created_at": "2026-10-20 09:00"}, {"kind": "lead"}),
    "unanswered_messages": (
        "messages", "message answers",
        {"message_id": "m1", "platform": "x", "account": "a", "received_at": "2026-10-20 09:00", "direction": "in"},
        {"answered_at": "2026-10-20 10:00"},
    ),
    "creator_collaborations": (
        "content_calendar", "content creators", {"asset_id": "A1", "published_at": "2026-10-20 09:00"}, {"creator": "Kari"},
    ),
}  # fmt: skip
"""The KPI, its input, the column, a row of an early week without it, and what fills it."""


@pytest.mark.slow
@pytest.mark.parametrize("kpi", LATER_COLUMNS)
def test_a_column_that_first_comes_later_makes_earlier_weeks_known(
    warehouse: duckdb.DuckDBPyConnection, kpi: str
) -> None:
    """The list comes whole each night. One night it has the column too, first for a row of a later week: its earlier weeks are 0 then,
    of those without rows as well.
    """
    table, column, row, filled = LATER_COLUMNS[kpi]
    identity, moment = next(iter(row)), next(name for name in row if name.endswith("_at"))
    later: dict[str, Any] = {**row, identity: "later", moment: "2026-11-05 08:00"}
    deliver(warehouse, [(table, row), (table, later)], "2026-11-09 06:00")
    run(warehouse)
    weeks = (
        "select period_start_date, value, null_reason from kpi.kpi_values where kpi = ? and period = 'week' and dimension = 'all' "
        "and period_start_date between date '2026-10-19' and date '2026-11-01' order by 1"
    )
    early = [date(2026, 10, 19), date(2026, 10, 26)]
    assert warehouse.execute(weeks, [kpi]).fetchall() == [(week, None, f"no data from {column}") for week in early]

    deliver(warehouse, [(table, row), (table, {**later, **filled})], "2026-11-10 06:00")
    assert run(warehouse)["kpi.kpi_values"] == "incremental"
    unanswered = 1 if kpi == "unanswered_messages" else 0
    assert warehouse.execute(weeks, [kpi]).fetchall() == [(early[0], unanswered, None), (early[1], 0, None)]
    late = state(warehouse)
    run(warehouse, full=True)
    assert late == state(warehouse)
