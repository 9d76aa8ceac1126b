"""``core.fct_sessions``: one row a session by its newest delivery, its local day, what the visitor did, and values that should not be."""

from datetime import date, datetime, timedelta

import pytest

from tests.session_rows import STARTED_AT, Row, judge, model_rows, session

SHOP = "https://shop.example/"


def by_id(sessions: list[Row], **others: list[Row]) -> dict[str, Row]:
    inputs = {"raw.web_sessions": sessions, **{f"raw.{name}": rows for name, rows in others.items()}}
    return {row["session_id"]: row for row in model_rows("core.fct_sessions", inputs)}


def test_the_newest_delivery_counts_however_they_arrive() -> None:
    def delivery(captured: int, file_id: str, source_row: int, path: str) -> Row:
        return session(
            "s",
            captured_at=STARTED_AT + timedelta(days=captured),
            file_id=file_id,
            source_row=source_row,
            landing_url=SHOP + path,
            source_file=path,
        )

    deliveries = [
        delivery(3, "a", 9, "newest-by-tie"),
        delivery(3, "a", 2, "earlier-row"),
        delivery(1, "z", 1, "old"),
        delivery(2, "b", 1, "older"),
    ]
    for given in (deliveries, deliveries[::-1], deliveries[2:] + deliveries[:2]):
        rows = by_id(given)
        assert (len(rows), rows["s"]["landing_path"], rows["s"]["source_file"]) == (
            1,
            "/newest-by-tie",
            "newest-by-tie",
        )
    rows = by_id([delivery(3, "a", 1, "file-a"), delivery(3, "b", 1, "file-b"), session("t", captured_at=None)])
    assert rows["s"]["landing_path"] == "/file-b"
    assert set(rows) == {"s", "t"}


@pytest.mark.parametrize(
    ("started_at", "day"),
    [
        ("2026-10-01 21:59:59", date(2026, 10, 1)),
        ("2026-10-01 22:00:00", date(2026, 10, 2)),
        ("2026-12-01 22:59:59", date(2026, 12, 1)),
        ("2026-12-01 23:00:00", date(2026, 12, 2)),
        ("2026-10-25 00:59:59", date(2026, 10, 25)),  # the hour that comes twice
        ("2026-10-25 22:59:59", date(2026, 10, 25)),
        ("2026-10-25 23:00:00", date(2026, 10, 26)),
        ("2026-03-28 23:00:00", date(2026, 3, 29)),
        ("2026-03-29 21:59:59", date(2026, 3, 29)),
        ("2026-03-29 22:00:00", date(2026, 3, 30)),
    ],
)
def test_a_session_belongs_to_its_local_day(started_at: str, day: date) -> None:
    (row,) = judge([{"started_at": datetime.fromisoformat(started_at)}])
    assert row["session_date"] == day


def test_a_bounce_is_one_short_page_without_an_outcome() -> None:
    short = {"pageviews": 1, "engaged_seconds": 9.999}
    at = STARTED_AT
    rows = by_id(
        [
            session("short", **short),
            session("two pages", pageviews=2, engaged_seconds=3),
            session("ten seconds", pageviews=1, engaged_seconds=10),
            session("unknown pages", pageviews=None, engaged_seconds=3),
            session("unknown time", pageviews=1, engaged_seconds=None),
            session("unknown time, two pages", pageviews=2, engaged_seconds=None),
            session("lead names it", **short),
            session("order names it", **short),
            session("order in it", **short, visitor_id="buyer"),
            session("lead at its start", **short, visitor_id="lead"),
            session("order before it", **short, visitor_id="early"),
            session("order after it", **short, visitor_id="late"),
            session("nobody's", **short, visitor_id=None),
        ],
        leads=[
            {"lead_id": "l1", "created_at": at + timedelta(days=9), "session_id": "lead names it", "file_id": "f", "source_row": 1},
            {"lead_id": "l2", "created_at": at, "visitor_id": "lead", "file_id": "f", "source_row": 2},
            {"lead_id": "l3", "created_at": at, "file_id": "f", "source_row": 3},
        ],
        orders=[
            {"order_id": "o1", "ordered_at": at, "session_id": "order names it", "file_id": "f", "source_row": 1},
            {"order_id": "o2", "ordered_at": at + timedelta(seconds=1799), "visitor_id": "buyer", "file_id": "f", "source_row": 2},
            {"order_id": "o3", "ordered_at": at - timedelta(seconds=1), "visitor_id": "early", "file_id": "f", "source_row": 3},
            {"order_id": "o4", "ordered_at": at + timedelta(minutes=30), "visitor_id": "late", "file_id": "f", "source_row": 4},
        ],
    )  # fmt: skip
    assert {name: row["is_bounce"] for name, row in rows.items()} == {
        "short": True,
        "two pages": False,
        "ten seconds": False,
        "unknown pages": None,
        "unknown time": None,
        "unknown time, two pages": False,
        "lead names it": False,
        "order names it": False,
        "order in it": False,
        "lead at its start": False,
        "order before it": True,
        "order after it": True,
        "nobody's": True,
    }


def test_a_visitor_returns_after_an_earlier_session() -> None:
    at = STARTED_AT
    rows = by_id(
        [
            session("first", visitor_id="v", started_at=at),
            session("first, same instant", visitor_id="v", started_at=at),
            session("second", visitor_id="v", started_at=at + timedelta(seconds=1)),
            session("other", visitor_id="w", started_at=at + timedelta(days=1)),
            session("nobody's", visitor_id=None, started_at=at + timedelta(days=2)),
            # the session was another visitor's in an older delivery: that visitor's next one is a first one
            session("moved", visitor_id="x", started_at=at, captured_at=at, file_id="1"),
            session("moved", visitor_id="y", started_at=at, captured_at=at + timedelta(days=1), file_id="2"),
            session("after the move", visitor_id="x", started_at=at + timedelta(days=1)),
        ]
    )
    assert {name: row["is_returning"] for name, row in rows.items()} == {
        "first": False,
        "first, same instant": False,
        "second": True,
        "other": False,
        "nobody's": None,
        "moved": False,
        "after the move": False,
    }


def test_values_that_should_not_be_are_kept_and_flagged() -> None:
    """100 kB of address, NUL, bytes in no encoding, clocks of 1970 and 2099, a million of the same letter: no crash, no row less."""
    rows = judge(
        [
            {
                "landing_url": SHOP
                + "?pad="
                + "x" * 100_000
                + "&utm_source=facebook&utm_medium=social&utm_campaign=host"
            },
            {"landing_url": SHOP + "?utm_source=facebook\x00&utm_medium=social&utm_campaign=a%00b"},
            {"landing_url": SHOP + "?utm_source=%FF%FE&utm_medium=%C3&utm_campaign=%F0%9F%92"},
            {"started_at": datetime.fromisoformat("1970-01-01 00:00:00")},
            {"started_at": datetime.fromisoformat("2099-12-31 23:30:00")},
            {"landing_url": "%" * 5_000, "referrer_url": "://", "user_agent": ""},
            {"landing_url": "?" * 3_000 + "utm_source=x" + "#" * 3_000, "referrer_url": "x" * 9_000},
            {"landing_url": "javascript:alert(1)", "referrer_url": "about:blank"},
            {"landing_url": SHOP + "?" + "utm_source=a&" * 2_000},
            {"landing_url": SHOP + "?utm_source=" + "%25" * 3_000},
            {"landing_url": "\x00", "referrer_url": "\x00", "visitor_id": "\x00"},
            {"landing_url": SHOP + "?utm_campaign=" + "ø" * 20_000},
            {"landing_url": None},
        ]
    )
    assert len(rows) == 13
    assert (rows[0]["utm_source"], rows[0]["utm_status"]) == ("facebook", "compliant")
    assert len(rows[0]["landing_url"]) > 100_000
    assert (rows[1]["utm_source"], rows[1]["source"], rows[1]["utm_status"]) == ("facebook\x00", "facebook", "repaired")
    assert (rows[2]["utm_source"], rows[2]["utm_status"]) == ("\ufffd\ufffd", "invalid")
    assert [rows[place]["is_clock_suspect"] for place in (0, 3, 4)] == [False, True, True]
    assert [rows[place]["session_date"] for place in (3, 4)] == [date(1970, 1, 1), date(2100, 1, 1)]
    assert rows[8]["utm_source"] == "a"


def test_a_bot_is_kept_and_is_no_social_session() -> None:
    (row,) = judge(
        [{"user_agent": "LinkedInBot/1.0 (+http://www.linkedin.com)", "referrer_url": "https://www.linkedin.com/"}]
    )
    assert (row["is_bot"], row["is_social"], row["utm_status"]) == (True, False, "not_required")


def test_consent_device_and_country_come_through() -> None:
    (row,) = judge([{"consent": "denied", "device": "mobile", "country": "NO"}])
    assert (row["consent"], row["device"], row["country"]) == ("denied", "mobile", "NO")
