"""core.int_identities: who is one person, who is not, and that consent is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from config.home import Home
from tests.event_rows import NOON, Row, at, event
from tests.session_rows import CAPTURED_AT, model_rows, session


def lead(lead_id: str, visitor_id: str | None = None, email: str | None = None, customer: str | None = None) -> Row:
    return {
        "lead_id": lead_id, "created_at": NOON, "visitor_id": visitor_id, "email_hash": email, "customer_id": customer,
        "file_id": "leads", "source_row": 1, "captured_at": CAPTURED_AT,
    }  # fmt: skip


def order(order_id: str, visitor_id: str | None = None, email: str | None = None, customer: str | None = None) -> Row:
    row = lead(order_id, visitor_id, email, customer)
    return {"order_id": row.pop("lead_id"), "ordered_at": row.pop("created_at"), "revenue": 1, "currency": "NOK", **row}


def login(visitor_id: str, user_id: str, **fields: Any) -> Row:
    return event(f"{visitor_id} {user_id}", NOON, visitor_id=visitor_id, user_id=user_id, **fields)


def persons(*rows: Row, home: Home | None = None) -> dict[str, str]:
    """By visitor, the person."""
    inputs: dict[str, list[Row]] = {"raw.leads": [], "raw.orders": [], "raw.web_events": [], "raw.web_sessions": []}
    for row in rows:
        key = {
            "lead_id": "raw.leads",
            "order_id": "raw.orders",
            "event_id": "raw.web_events",
            "session_id": "raw.web_sessions",
        }
        inputs[next(table for name, table in key.items() if next(iter(row)) == name)].append(row)
    found = model_rows("core.int_identities", inputs, home=home)
    return {row["visitor_id"]: row["person_id"] for row in found}


def groups(found: dict[str, str]) -> set[frozenset[str]]:
    return {frozenset(visitor for visitor, other in found.items() if other == person) for person in found.values()}


def test_an_address_a_customer_and_a_login_join_devices() -> None:
    assert persons(lead("1", "phone", "m"), order("2", "laptop", "m")) == {"phone": "laptop", "laptop": "laptop"}
    assert persons(order("1", "phone", customer="c"), order("2", "laptop", customer="c")) == {
        "phone": "laptop",
        "laptop": "laptop",
    }
    assert persons(login("phone", "k"), login("laptop", "k")) == {"phone": "laptop", "laptop": "laptop"}


def test_a_visitor_that_nothing_names_is_not_there_and_one_named_alone_is_a_person() -> None:
    assert persons(session("s", visitor_id="alone"), lead("1", "named", "m"), lead("2", "no identifier")) == {
        "named": "named"
    }


def test_links_go_on_through_orders_that_name_no_visitor() -> None:
    chain = [
        lead("1", "a", "m1"),
        order("2", None, "m1", "c1"),
        order("3", None, "m2", "c1"),
        lead("4", "b", "m2"),
        login("b", "k"),
        login("c", "k"),
    ]
    assert persons(*chain) == {"a": "a", "b": "a", "c": "a"}
    assert groups(persons(*chain[:2], *chain[3:])) == {frozenset("a"), frozenset("bc")}


def test_an_order_or_lead_that_an_event_names_identifies_its_visitor() -> None:
    rows = [
        order("o", None, "m"),
        event("purchase", NOON, visitor_id="phone", order_id="o"),
        lead("l", None, "m"),
        event("form", NOON, visitor_id="laptop", lead_id="l"),
        event("other", NOON, visitor_id="tablet", order_id="not in the shop's file"),
    ]
    assert persons(*rows) == {"phone": "laptop", "laptop": "laptop"}


def test_a_login_by_address_meets_the_address_of_orders() -> None:
    digest = "0123456789abcdef" + "7" * 48
    assert persons(order("1", "phone", digest), login("laptop", "email-0123456789abcdef")) == {
        "phone": "laptop",
        "laptop": "laptop",
    }
    assert groups(persons(order("1", "phone", digest), login("laptop", "email-fedcba9876543210"))) == {
        frozenset({"phone"}), frozenset({"laptop"}),
    }  # fmt: skip


def test_the_same_id_of_another_kind_joins_nothing() -> None:
    assert groups(persons(login("a", "42"), order("1", "b", customer="42"), lead("2", "c", email="42"))) == {
        frozenset("a"), frozenset("b"), frozenset("c"),
    }  # fmt: skip


def test_an_address_of_more_than_twenty_visitors_is_shared_and_joins_nobody() -> None:
    twenty = [lead(str(number), f"v{number:02}", "office") for number in range(20)]
    assert len(groups(persons(*twenty))) == 1
    assert persons(*twenty, lead("20", "v20", "office")) == {}


def test_a_till_that_many_people_order_at_joins_nobody() -> None:
    orders = [order(str(number), "till", f"m{number}") for number in range(21)]
    own = [lead(f"own {number}", f"own {number}", f"m{number}") for number in range(21)]
    found = persons(*orders, *own)
    assert "till" not in found
    assert len(groups(found)) == 21


def test_a_customer_number_that_stands_for_every_guest_joins_nobody() -> None:
    orders = [order(str(number), None, f"m{number}", "guest") for number in range(21)]
    own = [lead(f"own {number}", f"own {number}", f"m{number}") for number in range(21)]
    assert len(groups(persons(*orders, *own))) == 21


def test_a_new_customer_number_for_each_of_an_addresss_orders_is_no_sharing() -> None:
    orders = [order(str(number), None, "m", f"guest {number}") for number in range(30)]
    found = persons(*orders, lead("a", "phone", "m"), order("b", "laptop", customer="guest 29"))
    assert found == {"phone": "laptop", "laptop": "laptop"}


def test_without_consent_nobody_is_joined() -> None:
    rows = [lead("1", "phone", "m"), lead("2", "laptop", "m"), lead("3", "tablet", "m")]
    assert persons(*rows, session("s", visitor_id="laptop", consent="denied")) == {"phone": "phone", "tablet": "phone"}
    assert persons(*rows, event("e", NOON, visitor_id="laptop", consent="No")) == {"phone": "phone", "tablet": "phone"}
    given = [session(visitor, visitor_id=visitor, consent=" Granted ") for visitor in ("phone", "laptop", "tablet")]
    assert len(groups(persons(*rows, *given))) == 1


def test_the_newest_word_counts_and_on_one_instant_the_refusal() -> None:
    rows = [lead("1", "phone", "m"), lead("2", "laptop", "m")]

    def joined(*consents: tuple[str | None, str]) -> bool:
        said = [
            session(str(place), visitor_id="laptop", consent=consent, started_at=at(clock))
            for place, (consent, clock) in enumerate(consents)
        ]
        return len(persons(*rows, *said)) == 2

    assert joined(("denied", "12:00"), ("granted", "12:01"))
    assert not joined(("granted", "12:00"), ("denied", "12:01"))
    assert not joined(("granted", "12:00"), ("denied", "12:00"))
    assert not joined(("denied", "12:00"), (None, "12:01"))
    assert joined((None, "12:00"))


def test_what_counts_as_consent_is_the_owners_to_say(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    (home.config / "settings.yml").write_text("consent: {given: [ja], not_stated: refused}\n", encoding="utf-8")
    rows = [lead("1", "a", "m"), lead("2", "b", "m"), lead("3", "c", "m"), lead("4", "d", "m")]
    said = [
        session("1", visitor_id="a", consent="Ja"),
        session("2", visitor_id="b", consent="granted"),
        session("3", visitor_id="c", consent=None),
        event("4", NOON, visitor_id="d", consent="ja"),
    ]
    assert persons(*rows, *said, home=home) == {"a": "a", "d": "a"}


def test_the_number_that_is_shared_above_is_the_owners_to_say(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    (home.config / "settings.yml").write_text("identity: {shared_above: 2}\n", encoding="utf-8")
    rows = [lead("1", "a", "m"), lead("2", "b", "m"), lead("3", "c", "m")]
    assert persons(*rows[:2], home=home) == {"a": "a", "b": "a"}
    assert persons(*rows, home=home) == {}


def test_a_long_chain_is_one_person() -> None:
    def link(number: int) -> list[Row]:
        # Neighbours in the chain are far apart in the alphabet.
        return [
            lead(f"{number} a", f"v{number * 37 % 101:03}", f"m{number}"),
            lead(f"{number} b", f"v{(number + 1) * 37 % 101:03}", f"m{number}"),
        ]

    rows: Sequence[Row] = [row for number in range(100) for row in link(number)]
    assert set(persons(*rows).values()) == {"v000"}
    assert len(persons(*rows)) == 101
