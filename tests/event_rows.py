"""Web events as the raw table holds them; shared by the tests of sessions cut from events and of identity."""

from datetime import datetime, timedelta
from typing import Any

Row = dict[str, Any]
NOON = datetime.fromisoformat("2026-10-01 12:00:00")
LATER = NOON + timedelta(days=2)


def at(clock: str, day: str = "2026-10-01") -> datetime:
    """An instant of that day, UTC: ``12:00`` or ``12:00:00.001``."""
    return datetime.fromisoformat(f"{day} {clock}")


def event(event_id: str, occurred_at: datetime, **fields: Any) -> Row:
    """One delivered event of visitor ``v``; what a test does not name is plain. The delivery is of two days later."""
    return {
        "event_id": event_id,
        "visitor_id": "v",
        "occurred_at": occurred_at,
        "event_name": "page_view",
        "page_url": f"https://shop.example/{event_id}",
        "source_file": "web/events.jsonl",
        "file_id": "file",
        "source_row": 1,
        "captured_at": LATER,
        **fields,
    }
