"""An inbox with nothing but a tracker's events and a shop's orders: sessions, persons and credits in the published file, night by night."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest

from config.home import Home
from hourglass.run import run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("events_only")]

SHOP = "https://www.fjellheim.example"
TABLES = ("core.fct_sessions", "core.fct_conversions", "attribution.credits", "kpi.kpi_values")


def ga4(clock: str, visitor: str, page: str, **fields: Any) -> dict[str, Any]:
    """One event of GA4's BigQuery export, as the tracker's session of that visitor's day."""
    moment = datetime.fromisoformat(clock).replace(tzinfo=UTC)
    given = {
        "ga_session_id": fields.pop("session", 1),
        "page_location": SHOP + page,
        "page_referrer": fields.pop("referrer", None),
    }
    return {
        "event_timestamp": str(int(moment.timestamp()) * 1_000_000),
        "event_name": fields.pop("name", "page_view"),
        "event_params": [
            {"key": key, "value": {"int_value" if isinstance(value, int) else "string_value": str(value)}}
            for key, value in given.items()
            if value is not None
        ],
        "user_pseudo_id": visitor,
        "privacy_info": {"analytics_storage": fields.pop("consent", "Yes")},
        "device": {"category": "mobile"},
        **fields,
    }


FIRST_NIGHT = [
    ga4(
        "2026-10-01T09:00",
        "phone",
        "/sko?utm_source=instagram&utm_medium=paid_social&utm_campaign=host",
        referrer="https://l.instagram.com/",
    ),
    ga4("2026-10-01T09:05", "phone", "/konto", user_id="k1"),
    ga4("2026-10-01T09:30", "other", "/", consent="No", user_id="k1"),
    ga4("2026-10-01T21:55", "laptop", "/"),
]
SECOND_NIGHT = [
    ga4("2026-10-01T22:10", "laptop", "/kasse", user_id="k1"),
    ga4("2026-10-01T22:12", "laptop", "/takk", name="purchase", ecommerce={"transaction_id": "O-1"}),
    ga4("2026-10-02T12:00", "last", "/"),
]
ORDERS = "order_id,ordered_at,revenue,currency\nO-1,2026-10-01T22:12:00Z,900,NOK\n"


def put(home: Home, name: str, content: str) -> None:
    (home.inbox / name).write_text(content, encoding="utf-8")


def night(home: Home, *, full: bool = False) -> None:
    assert run(home, full_refresh=full, since=None, until=None, verbose=False) == 0


def rows(home: Home, query: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(home.published), read_only=True) as published:
        return published.execute(query).fetchall()


def lines(events: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def test_events_alone_make_sessions_persons_and_credits(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    put(home, "one.jsonl", lines(FIRST_NIGHT))
    night(home)
    found = "select session_id, channel, pageviews, is_returning, consent from core.fct_sessions order by 1"
    assert rows(home, found) == [
        ("other.1", "Direct", 1, False, "No"),
        ("phone.1", "Paid Social", 2, False, "Yes"),
    ]
    put(home, "two.jsonl", lines(SECOND_NIGHT))
    put(home, "orders.csv", ORDERS)
    night(home)
    assert rows(home, found) == [
        ("laptop.1", "Direct", 2, True, "Yes"),
        ("other.1", "Direct", 1, False, "No"),
        ("phone.1", "Paid Social", 2, False, "Yes"),
    ]
    assert rows(home, "select session_id, session_link, visitor_id from core.fct_conversions") == [
        ("laptop.1", "visitor", "laptop")
    ]
    credited = "select session_id, channel from attribution.credits where model = 'last_non_direct'"
    assert rows(home, credited) == [("phone.1", "Paid Social")]
    stepwise = {table: rows(home, f"select * from {table} order by all") for table in TABLES}
    night(home, full=True)
    assert {table: rows(home, f"select * from {table} order by all") for table in TABLES} == stepwise
