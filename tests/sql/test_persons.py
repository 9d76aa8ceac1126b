"""What follows from events and persons: sessions, returning visitors, which visit a conversion belongs to, who gets the credit."""

from collections.abc import Sequence
from typing import Any

from tests.event_rows import LATER, NOON, Row, at, event
from tests.session_rows import CAPTURED_AT, model_rows, session

PAID = "https://shop.example/?utm_source=instagram&utm_medium=paid_social&utm_campaign=host"


def lead(lead_id: str, **fields: Any) -> Row:
    return {
        "lead_id": lead_id,
        "created_at": LATER,
        "file_id": "l",
        "source_row": 1,
        "captured_at": CAPTURED_AT,
        **fields,
    }


def order(order_id: str, **fields: Any) -> Row:
    row = {"order_id": order_id, "ordered_at": LATER, "revenue": 100, "currency": "NOK", "email_hash": None}
    return {**row, "file_id": "o", "source_row": 1, "captured_at": CAPTURED_AT, **fields}


def sessions(events: Sequence[Row] = (), delivered: Sequence[Row] = (), **raw: Sequence[Row]) -> dict[str, Row]:
    inputs = {
        "raw.web_events": events,
        "raw.web_sessions": delivered,
        **{f"raw.{name}": rows for name, rows in raw.items()},
    }
    return {row["session_id"]: row for row in model_rows("core.fct_sessions", inputs)}


def links(*conversions: Row, **raw: Sequence[Row]) -> dict[str, tuple[str | None, str]]:
    inputs: dict[str, list[Row]] = {"raw.leads": [], "raw.orders": []}
    for row in conversions:
        inputs["raw.leads" if "lead_id" in row else "raw.orders"].append(row)
    rows = model_rows("core.fct_conversions", {**inputs, **{f"raw.{name}": rows for name, rows in raw.items()}})
    return {row["conversion_id"]: (row["session_id"], row["session_link"]) for row in rows}


def test_a_session_of_events_is_judged_like_any_other() -> None:
    events = [
        event("a", at("12:00"), page_url=PAID, session_id="s", country="NO"),
        event("b", at("12:00:05"), event_name="scroll", session_id="s"),
        event("late", LATER, visitor_id="w", session_id="open"),
    ]
    found = sessions(events, [session("delivered", visitor_id="x", started_at=NOON)])
    assert set(found) == {"s", "delivered"}
    row = found["s"]
    assert (row["channel"], row["platform"], row["utm_status"], row["pageviews"], row["is_bounce"], row["is_returning"]) == (
        "Paid Social", "instagram", "compliant", 1, True, False,
    )  # fmt: skip
    assert row["source_file"] == "web/events.jsonl"


def test_a_person_returns_on_another_device_once_anything_identifies_both() -> None:
    visits = [
        session("first", visitor_id="phone", started_at=at("09:00")),
        session("second", visitor_id="laptop", started_at=at("10:00")),
        session("other", visitor_id="tablet", started_at=at("11:00")),
    ]

    def returning(*leads: Row, **changed: Any) -> list[str]:
        rows = [{**row, **changed} if row["visitor_id"] == "laptop" else row for row in visits]
        return sorted(name for name, row in sessions([], rows, leads=leads).items() if row["is_returning"])

    both = [lead("1", visitor_id="phone", email_hash="m"), lead("2", visitor_id="laptop", email_hash="m")]
    assert returning() == []
    assert returning(*both[:1]) == []
    assert returning(*both) == ["second"]
    assert returning(*both, consent="denied") == []


def test_a_conversion_is_found_by_its_person_after_its_address() -> None:
    web = {
        "web_sessions": [
            session("phone 1", visitor_id="phone", started_at=at("09:00")),
            session("laptop 1", visitor_id="laptop", started_at=at("10:00")),
        ]
    }
    known = [
        lead("phone", visitor_id="phone", email_hash="m", customer_id="c"),
        lead("laptop", visitor_id="laptop", customer_id="c"),
    ]
    found = links(
        *known, order("by address", email_hash="m"), order("by customer", customer_id="c"), order("unknown"), **web
    )
    assert {name: found[f"order:{name}"] for name in ("by address", "by customer", "unknown")} == {
        "by address": ("phone 1", "email"),
        "by customer": ("laptop 1", "person"),
        "unknown": (None, "none"),
    }


def test_an_order_that_only_the_tracking_knows_the_visitor_of() -> None:
    events = [
        event("a", at("12:00"), session_id="s"),
        event("thanks", at("12:10"), event_name="purchase", session_id="s", order_id="1"),
        event("thanks again", at("13:10"), visitor_id="another", session_id="t", order_id="1"),
        event("z", LATER, visitor_id="z"),
    ]
    bought = {"ordered_at": at("12:09:58")}
    assert links(order("1", **bought), order("2", **bought), web_events=events) == {
        "order:1": ("s", "visitor"),
        "order:2": (None, "none"),
    }


def test_a_session_that_a_lead_names_identifies_its_visitor() -> None:
    web = {"web_sessions": [session("s", visitor_id="phone", started_at=at("09:00"))]}
    found = links(lead("1", session_id="s", email_hash="m"), order("2", email_hash="m"), **web)
    assert found == {"lead:1": ("s", "session"), "order:2": ("s", "email")}


def test_without_consent_a_conversion_has_its_own_visits_only() -> None:
    visits = [
        session("phone 1", visitor_id="phone", started_at=at("09:00")),
        session("laptop 1", visitor_id="laptop", started_at=at("10:00"), consent="denied"),
    ]
    own = [lead("1", visitor_id="phone", email_hash="m"), lead("2", visitor_id="laptop", email_hash="m")]
    elsewhere = lead("3", visitor_id="laptop", email_hash="m", created_at=at("09:30"))
    assert links(*own, elsewhere, order("4", email_hash="m"), web_sessions=visits) == {
        "lead:1": ("phone 1", "visitor"),
        "lead:2": ("laptop 1", "visitor"),
        "lead:3": (None, "none"),
        "order:4": ("phone 1", "email"),
    }


def test_the_visits_of_all_of_a_persons_devices_share_the_credit() -> None:
    visits = [
        session("phone 1", visitor_id="phone", started_at=at("09:00"), landing_url=PAID),
        session("laptop 1", visitor_id="laptop", started_at=at("10:00"), referrer_url="https://www.google.com/"),
        session(
            "laptop 2",
            visitor_id="laptop",
            started_at=at("11:00", "2026-10-04"),
            referrer_url="https://www.google.com/",
        ),
    ]
    events = [
        event("login", at("10:01"), visitor_id="laptop", user_id="k"),
        event("in", at("09:01"), visitor_id="phone", user_id="k"),
    ]

    def credited(**inputs: Sequence[Row]) -> list[tuple[str, str]]:
        raw = {"web_sessions": visits, "orders": [order("1", visitor_id="laptop")], **inputs}
        rows = model_rows("attribution.credits", {f"raw.{name}": rows for name, rows in raw.items()})
        return sorted((row["session_id"], str(row["credit"])) for row in rows if row["model"] == "linear")

    assert credited(web_events=events) == [("laptop 1", "0.500000000"), ("phone 1", "0.500000000")]
    assert credited() == [("laptop 1", "1.000000000")]


def test_a_session_and_its_credit_say_whether_its_visitor_consented() -> None:
    said = {"yes": " GRANTED ", "no": "denied", "blank": " ", "nothing": None}
    visits = [session(name, visitor_id=name, consent=consent) for name, consent in said.items()]
    assert {name: row["has_consent"] for name, row in sessions([], visits).items()} == {
        "yes": True, "no": False, "blank": None, "nothing": None,
    }  # fmt: skip
    leads = [lead(name, visitor_id=name) for name in (*said, "unseen")]
    rows = model_rows("attribution.credits", {"raw.web_sessions": visits, "raw.leads": leads})
    assert {row["conversion_id"]: row["has_consent"] for row in rows if row["model"] == "last"} == {
        "lead:yes": True, "lead:no": False, "lead:blank": None, "lead:nothing": None, "lead:unseen": None,
    }  # fmt: skip
