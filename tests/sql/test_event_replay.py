"""Events, sessions, leads and orders in any order of nights give the sessions and persons of one full build."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sql.catalog import Catalog
from tests.event_rows import LATER, NOON, Row, at, event
from tests.replay import Warehouse, catalog_of
from tests.session_rows import session

TOLD = (
    "core.int_event_sessions",
    "core.int_refusals",
    "core.int_event_identities",
    "core.int_identity_links",
    "core.int_identifiers",
    "core.int_identities",
    "core.int_named_visitors",
    "core.fct_sessions",
    "core.fct_conversions",
    "core.int_conversion_visitors",
    "attribution.credits",
)
Night = dict[str, list[Row]]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_of(*TOLD)


VISITORS = st.sampled_from(["u", "v", "w", "x"])
MINUTES = st.integers(0, 30).map(lambda steps: NOON + timedelta(minutes=6 * steps))
CONSENTS = st.sampled_from([None, "granted", "denied"])


def events_of(place: int) -> st.SearchStrategy[list[Row]]:
    one = st.fixed_dictionaries(
        {
            "number": st.integers(0, 9),
            "visitor_id": VISITORS,
            "occurred_at": MINUTES,
            "session_id": st.sampled_from([None, None, "s1", "s2"]),
            "page_url": st.sampled_from(["https://shop.example/", "https://shop.example/b", None]),
            "consent": CONSENTS,
            "user_id": st.sampled_from([None, None, "k1", "k2"]),
            "order_id": st.sampled_from([None, None, "h1"]),
            "captured_at": st.integers(0, 2).map(lambda days: NOON + timedelta(days=days)),
        }
    )
    return st.lists(one, min_size=1, max_size=6).map(
        lambda drawn: [
            event(f"e{row.pop('number')}", row.pop("occurred_at"), **row, file_id=f"events {place}", source_row=number)
            for number, row in enumerate(map(dict, drawn), 1)
        ]
    )


def others_of(place: int, kind: str, **fields: Any) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.fixed_dictionaries(fields), max_size=2).map(
        lambda drawn: [
            {**row, "file_id": f"{kind} {place}", "source_row": number, "captured_at": LATER + timedelta(days=place)}
            for number, row in enumerate(drawn, 1)
        ]
    )


def night(place: int) -> st.SearchStrategy[Night]:
    named = {
        "visitor_id": st.sampled_from(["u", "v", "w", None]),
        "email_hash": st.sampled_from(["m1", "m2", None]),
        "customer_id": st.sampled_from(["c1", "c2", None]),
        "session_id": st.sampled_from(["s1", "s3", None, None]),
    }
    ids = st.integers(1, 2).map(lambda number: f"h{number}")
    return st.fixed_dictionaries(
        {
            "web_events": events_of(place),
            "web_sessions": others_of(
                place, "sessions", session_id=st.sampled_from(["s1", "s3"]), visitor_id=VISITORS, started_at=MINUTES, consent=CONSENTS
            ),
            "leads": others_of(place, "leads", lead_id=ids, created_at=MINUTES, **named),
            "orders": others_of(place, "orders", order_id=ids, ordered_at=MINUTES, **named),
        }
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.tuples(*(night(place) for place in range(4))), st.permutations(range(4)))
def test_night_by_night_equals_one_full_build(catalog: Catalog, drawn: Sequence[Night], order: Sequence[int]) -> None:
    whole = Warehouse(catalog)
    for one in drawn:
        whole.deliver_all(one)
    whole.build(full=True)
    stepwise = Warehouse(catalog)
    for place in order:
        stepwise.deliver_all(drawn[place])
        stepwise.build()
    assert stepwise.rows(*TOLD) == whole.rows(*TOLD)
    whole.connection.close()
    stepwise.connection.close()


def sessions(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.connection.execute(
        "select session_id, pageviews, is_open from core.int_event_sessions order by 1"
    ).fetchall()


def test_a_session_open_at_the_end_of_one_night_is_closed_by_the_next(catalog: Catalog) -> None:
    """The next night says nothing of that visitor: only the horizon moves."""
    same_day = {"captured_at": at("12:00")}
    warehouse = Warehouse(catalog)
    warehouse.deliver_all({"web_events": [event("a", at("23:50"), session_id="s", file_id="1", **same_day)]})
    warehouse.build()
    assert sessions(warehouse) == [("s", 1, True)]
    warehouse.deliver_all(
        {"web_events": [event("b", at("00:20", "2026-10-02"), visitor_id="w", session_id="t", file_id="2", **same_day)]}
    )
    actions = warehouse.build()
    assert sessions(warehouse) == [("s", 1, False), ("t", 1, True)]
    assert actions["core.int_event_sessions"] == "incremental"


def test_a_correction_that_takes_an_event_from_a_visitor_holds_on_later_nights(catalog: Catalog) -> None:
    warehouse = Warehouse(catalog)
    warehouse.deliver_all(
        {
            "web_events": [
                event("a", at("12:00"), session_id="s", file_id="1"),
                event("b", at("12:01"), session_id="s", file_id="1", source_row=2),
            ]
        }
    )
    warehouse.build()
    moved = event("b", at("12:01"), session_id="t", visitor_id="w", file_id="2", captured_at=LATER + timedelta(days=1))
    warehouse.deliver_all({"web_events": [moved]})
    warehouse.build()
    warehouse.deliver_all({"web_events": [event("c", at("12:02"), session_id="s", file_id="3")]})
    warehouse.build()
    assert [(name, pages) for name, pages, _open in sessions(warehouse)] == [("s", 2), ("t", 1)]


def test_a_number_that_a_second_visitor_gets_later_changes_the_first_ones_session(catalog: Catalog) -> None:
    warehouse = Warehouse(catalog)
    warehouse.deliver_all({"web_events": [event("a", NOON, session_id="1", file_id="1")]})
    warehouse.build()
    assert [row[0] for row in sessions(warehouse)] == ["1"]
    warehouse.deliver_all({"web_events": [event("b", NOON, session_id="1", visitor_id="w", file_id="2")]})
    warehouse.build()
    assert [row[0] for row in sessions(warehouse)] == ["v/1", "w/1"]


def test_a_sessions_file_that_comes_later_replaces_the_session_of_the_events(catalog: Catalog) -> None:
    warehouse = Warehouse(catalog)
    warehouse.deliver_all({"web_events": [event("a", NOON, file_id="1")]})
    warehouse.build()
    assert len(sessions(warehouse)) == 1
    warehouse.deliver_all({"web_sessions": [session("x", visitor_id="v", started_at=NOON, file_id="2")]})
    warehouse.build()
    assert sessions(warehouse) == []
