"""core.int_event_sessions: which events are one session, what it is called, and what it says."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.event_rows import LATER, NOON, Row, at, event
from tests.session_rows import model_rows, session

# The second of NOON in Unix time, by which sessions without an id of their own are called.
NOON_SECOND = 1_790_856_000


def cut(events: Sequence[Row], sessions: Sequence[Row] = (), **options: Any) -> list[Row]:
    rows = model_rows("core.int_event_sessions", {"raw.web_events": events, "raw.web_sessions": sessions}, **options)
    return sorted(rows, key=lambda row: (row["visitor_id"], row["started_at"]))


def spans(rows: Sequence[Row]) -> list[tuple[str, int]]:
    """By session: when it began (clock) and the pages seen."""
    return [(row["started_at"].strftime("%H:%M:%S"), row["pageviews"]) for row in rows]


def test_a_pause_as_long_as_the_timeout_ends_a_session_and_a_shorter_one_does_not() -> None:
    events = [
        event("a", at("12:00:00")),
        event("b", at("12:29:59.999999")),
        event("c", at("12:59:59.999999")),
        event("d", at("13:29:59.999998")),
    ]
    assert spans(cut(events)) == [("12:00:00", 2), ("12:59:59", 2)]


def test_neither_midnight_nor_the_hour_that_is_lost_or_comes_twice_ends_a_session() -> None:
    night = [event("a", at("21:50")), event("b", at("22:10")), event("c", at("22:39"))]  # midnight in Oslo is 22:00
    assert spans(cut(night)) == [("21:50:00", 3)]
    utc = [event("a", at("23:50")), event("b", at("00:10", "2026-10-02"))]
    assert spans(cut(utc)) == [("23:50:00", 2)]
    autumn = [event(str(n), at("00:45", "2026-10-25") + timedelta(minutes=20 * n)) for n in range(5)]
    spring = [event(str(n), at("00:45", "2026-03-29") + timedelta(minutes=20 * n)) for n in range(5)]
    assert spans(cut(autumn)) == spans(cut(spring)) == [("00:45:00", 5)]


def test_a_new_campaign_does_not_end_a_session_and_the_landing_is_the_first_page() -> None:
    events = [
        event("a", at("12:00"), event_name="session_start", page_url=None),
        event(
            "b", at("12:01"), page_url="https://shop.example/?utm_source=facebook", referrer_url="https://l.facebook.com/",
            user_agent="Firefox", device="mobile", country="NO", utm_source="facebook", source_row=7,
        ),
        event("c", at("12:05"), page_url="https://shop.example/?utm_source=newsletter", referrer_url=None, device="desktop"),
    ]  # fmt: skip
    (row,) = cut(events)
    assert {
        name: row[name] for name in ("landing_url", "referrer_url", "user_agent", "device", "country", "utm_source")
    } == {
        "landing_url": "https://shop.example/?utm_source=facebook",
        "referrer_url": "https://l.facebook.com/",
        "user_agent": "Firefox",
        "device": "mobile",
        "country": "NO",
        "utm_source": "facebook",
    }
    assert (row["started_at"], row["ended_at"], row["pageviews"], row["source_row"]) == (at("12:00"), at("12:05"), 2, 7)


def test_the_same_columns_as_delivered_sessions_come_first() -> None:
    (row,) = cut([event("a", NOON)])
    (delivered,) = model_rows("staging.stg_web__sessions", {"raw.web_sessions": [session("s")]})
    assert list(row)[:-2] == list(delivered)
    assert list(row)[-2:] == ["ended_at", "is_open"]


def test_an_event_that_was_delivered_twice_counts_once_as_its_newest_delivery_says() -> None:
    newer = {"file_id": "newer", "captured_at": LATER + timedelta(days=1)}
    events = [
        event("a", at("12:00")),
        event("a", at("12:00"), file_id="again"),
        event("b", at("12:10")),
        event("b", at("15:00"), **newer),
        event("c", at("12:20")),
        event("c", at("12:20"), visitor_id="w", **newer),
    ]
    assert [(row["visitor_id"], *span) for row, span in zip(cut(events), spans(cut(events)), strict=True)] == [
        ("v", "12:00:00", 1),
        ("v", "15:00:00", 1),
        ("w", "12:20:00", 1),
    ]


def test_a_late_event_joins_two_sessions_or_moves_a_beginning() -> None:
    apart = [event("a", at("12:00")), event("c", at("12:50"))]
    assert [row["session_id"] for row in cut(apart)] == [f"v#{NOON_SECOND}", f"v#{NOON_SECOND + 3000}"]
    joined = cut([*apart, event("b", at("12:25"))])
    assert [(row["session_id"], row["pageviews"]) for row in joined] == [(f"v#{NOON_SECOND}", 3)]
    earlier = cut([*apart, event("z", at("11:45:00.5"))])
    assert [row["session_id"] for row in earlier] == [f"v#{NOON_SECOND - 900}", f"v#{NOON_SECOND + 3000}"]


def test_the_trackings_own_session_counts_whatever_the_pauses() -> None:
    events = [
        event("a", at("12:00"), session_id="s1"),
        event("b", at("12:50"), session_id="s1"),
        event("c", at("12:55"), session_id="s2"),
    ]
    assert [(row["session_id"], row["started_at"], row["pageviews"]) for row in cut(events)] == [
        ("s1", at("12:00"), 2),
        ("s2", at("12:55"), 1),
    ]


def test_events_without_a_session_belong_to_the_one_around_them() -> None:
    events = [
        event("before", at("11:55")),
        event("a", at("12:00"), session_id="s1"),
        event("between", at("12:05")),
        event("b", at("12:10"), session_id="s2"),
        event("after", at("12:15")),
        event("alone", at("13:00")),
    ]
    assert [(row["session_id"], row["started_at"], row["pageviews"]) for row in cut(events)] == [
        ("s1", at("11:55"), 3),
        ("s2", at("12:10"), 2),
        (f"v#{NOON_SECOND + 3600}", at("13:00"), 1),
    ]


def test_a_session_number_that_several_visitors_have_is_told_apart_by_visitor() -> None:
    events = [
        event("a", NOON, session_id="1"),
        event("b", NOON, session_id="1", visitor_id="w"),
        event("c", NOON, session_id="2", visitor_id="w"),
    ]
    assert sorted(row["session_id"] for row in cut(events)) == ["2", "v/1", "w/1"]


def test_without_a_visitor_or_any_page_there_is_no_session() -> None:
    events = [
        event("a", NOON, visitor_id=None),
        event("b", NOON, visitor_id="app", page_url=None, event_name="screen_view"),
        event("c", NOON, visitor_id="w"),
    ]
    assert [row["visitor_id"] for row in cut(events)] == ["w"]


def test_pages_and_time_are_what_the_events_say() -> None:
    events = [
        event("a", at("12:00"), event_name="Page_View", engaged_seconds=Decimal("1.5"), consent="granted"),
        event("b", at("12:01"), event_name="scroll", engaged_seconds=Decimal("2.25"), consent="denied"),
        event("c", at("12:02"), event_name="scroll"),
        event("d", at("12:00"), visitor_id="w", event_name="click"),
        event("e", at("12:02"), visitor_id="w", event_name="click"),
    ]
    found = [(row["pageviews"], row["engaged_seconds"], row["consent"]) for row in cut(events)]
    assert found == [(1, Decimal("3.750"), "denied"), (None, Decimal("120.000"), None)]


@pytest.mark.parametrize(
    ("delivered", "left"),
    [
        ({"session_id": "s1", "visitor_id": "other", "started_at": at("03:00")}, []),
        ({"session_id": "x", "visitor_id": "v", "started_at": at("12:00")}, []),
        ({"session_id": "x", "visitor_id": "v", "started_at": at("11:30:00.000001")}, []),
        ({"session_id": "x", "visitor_id": "v", "started_at": at("12:20")}, []),
        ({"session_id": "x", "visitor_id": "v", "started_at": at("11:30")}, ["s1"]),
        ({"session_id": "x", "visitor_id": "v", "started_at": at("12:20:01")}, ["s1"]),
        ({"session_id": "x", "visitor_id": "w", "started_at": at("12:00")}, ["s1"]),
    ],
)
def test_what_a_sessions_file_delivers_too_is_not_counted_twice(delivered: Row, left: list[str]) -> None:
    events = [event("a", at("12:00"), session_id="s1"), event("b", at("12:20"), session_id="s1")]
    assert [row["session_id"] for row in cut(events, [session(**delivered)])] == left


def test_a_sessions_file_with_a_shared_number_covers_its_own_visitor_only() -> None:
    events = [event("a", NOON, session_id="1"), event("b", NOON, session_id="1", visitor_id="w")]
    delivered = session("1", visitor_id="w", started_at=at("03:00"))
    assert [row["session_id"] for row in cut(events, [delivered])] == ["v/1"]


def open_visitors(events: Sequence[Row]) -> list[str]:
    return [row["visitor_id"] for row in cut(events) if row["is_open"]]


def test_a_session_is_open_while_the_deliveries_do_not_reach_beyond_the_timeout() -> None:
    same_day = {"captured_at": at("12:00")}
    events = [
        event("a", at("11:30"), visitor_id="exactly", **same_day),
        event("b", at("11:30:01"), visitor_id="a second less", **same_day),
        event("c", at("12:00"), visitor_id="last", **same_day),
    ]
    assert open_visitors(events) == ["a second less", "last"]


def test_a_delivery_of_a_later_day_closes_what_came_before_that_day() -> None:
    events = [event("a", at("23:29"), captured_at=at("12:00", "2026-10-02"), visitor_id="closed")]
    assert open_visitors(events) == []
    assert open_visitors(
        [*events, event("b", at("23:31"), visitor_id="open", captured_at=at("12:00", "2026-10-02"))]
    ) == ["open"]


def test_a_wrong_clock_neither_closes_sessions_nor_stops_the_run() -> None:
    clocks = [at("12:00", day) for day in ("0001-01-01", "1970-01-01", "2026-10-01", "2099-06-01", "9999-12-31")]
    events = [
        event(str(place), moment, visitor_id=str(place), captured_at=at("23:00")) for place, moment in enumerate(clocks)
    ]
    assert [row["started_at"] for row in cut(events)] == clocks
    # What waits for its end is the visit of that day alone; a clock in the future has none to wait for.
    assert open_visitors(events) == ["2"]
    one_visitor = [{**row, "visitor_id": "v", "session_id": "s"} for row in events[1:4]]
    assert [row["engaged_seconds"] for row in cut(one_visitor)] == [Decimal("4083955200.000")]
