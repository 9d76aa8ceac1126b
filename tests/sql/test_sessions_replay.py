"""Deliveries in any order, in any split, with leads and orders between them, give what one full build of everything gives."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import config.home
from config.home import Home
from config.tables import config_tables
from sql.catalog import Catalog
from tests.replay import Warehouse, catalog_of
from tests.session_rows import STARTED_AT, Row, session

URLS = [
    "https://shop.example/",
    "https://shop.example/?utm_source=fb&utm_medium=social&utm_campaign=host",
    "https://shop.example/?UTM_SOURCE=instagram&utm_medium=social",
    "https://shop.example/?utm_source=facebook&utm_medium=social&utm_campaign=h%F8st",
    "https://shop.example/?gclid=x",
    "https://shop.example/#utm_source=tiktok&utm_medium=social&utm_campaign=host",
]


@dataclass(frozen=True)
class Night:
    """One delivery: a file of sessions, perhaps one of leads and one of orders."""

    sessions: list[Row]
    leads: list[Row] = field(default_factory=list)
    orders: list[Row] = field(default_factory=list)

    def tables(self) -> dict[str, list[Row]]:
        return {"web_sessions": self.sessions, "leads": self.leads, "orders": self.orders}


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalog_of("core.fct_sessions")


def sessions_of(warehouse: Warehouse) -> list[tuple[object, ...]]:
    return warehouse.rows("core.fct_sessions")["core.fct_sessions"]


def nights() -> st.SearchStrategy[list[Night]]:
    number = st.integers(0, 5)

    def rows_of(place: int) -> st.SearchStrategy[list[Row]]:
        one = st.tuples(
            number, st.sampled_from(["u", "v", "w", None]), st.integers(0, 90), st.sampled_from(URLS), st.integers(0, 2)
        )
        return st.lists(one, min_size=1, max_size=5).map(
            lambda drawn: [
                session(
                    f"s{number}",
                    visitor_id=visitor,
                    started_at=STARTED_AT + timedelta(minutes=minutes),
                    landing_url=url,
                    pageviews=1,
                    engaged_seconds=1,
                    captured_at=STARTED_AT + timedelta(days=captured),
                    file_id=f"sessions {place}",
                    source_row=row,
                )
                for row, (number, visitor, minutes, url, captured) in enumerate(drawn, 1)
            ]
        )

    def happenings_of(place: int, key: str, at: str) -> st.SearchStrategy[list[Row]]:
        one = st.tuples(
            st.integers(0, 2),
            st.sampled_from(["u", "v", None]),
            st.sampled_from(["s1", "s2", None]),
            st.integers(0, 120),
        )
        return st.lists(one, max_size=2).map(
            lambda drawn: [
                {
                    key: f"h{number}",
                    at: STARTED_AT + timedelta(minutes=minutes),
                    "visitor_id": visitor,
                    "session_id": session_id,
                    "captured_at": STARTED_AT + timedelta(days=place),
                    "file_id": f"{key} {place}",
                    "source_row": row,
                }
                for row, (number, visitor, session_id, minutes) in enumerate(drawn, 1)
            ]
        )

    return st.tuples(
        *[
            st.builds(
                Night,
                rows_of(place),
                happenings_of(place, "lead_id", "created_at"),
                happenings_of(place, "order_id", "ordered_at"),
            )
            for place in range(4)
        ]
    ).map(list)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(nights(), st.permutations(range(4)))
def test_night_by_night_equals_one_full_build(catalog: Catalog, drawn: list[Night], order: list[int]) -> None:
    whole = Warehouse(catalog)
    for night in drawn:
        whole.deliver_all(night.tables())
    whole.build(full=True)
    stepwise = Warehouse(catalog)
    for place in order:
        stepwise.deliver_all(drawn[place].tables())
        stepwise.build()
    assert sessions_of(stepwise) == sessions_of(whole)
    whole.connection.close()
    stepwise.connection.close()


def test_a_night_with_news_is_not_a_full_build(catalog: Catalog) -> None:
    warehouse = Warehouse(catalog)
    warehouse.deliver("web_sessions", [session("a", landing_url=URLS[1], file_id="1")])
    assert set(warehouse.build().values()) == {"view", "full"}
    warehouse.deliver("web_sessions", [session("b", landing_url=URLS[3], file_id="2", referrer_url="https://t.co/x")])
    actions = warehouse.build()
    assert {name for name, action in actions.items() if action == "full"} == {"core.int_click_meanings"}
    assert {name for name, action in actions.items() if action == "incremental"} >= {
        "core.int_repeated_sessions",
        "core.int_hard_links",
        "core.int_links",
        "core.int_link_tags",
        "core.int_link_meanings",
        "core.int_value_meanings",
        "core.int_browsers",
        "core.int_visitors",
        "core.int_person_starts",
        "core.fct_sessions",
    }
    assert set(warehouse.build().values()) == {"unchanged"}
    assert [row[0] for row in sessions_of(warehouse)] == ["a", "b"]


def test_a_lead_that_moves_does_not_make_a_returning_visitor_new(catalog: Catalog) -> None:
    """The lead's change computes one session of a visitor again, without the others; it stays a returning one."""
    lead = {"lead_id": "l", "created_at": STARTED_AT, "file_id": "leads 1", "source_row": 1, "captured_at": STARTED_AT}
    warehouse = Warehouse(catalog)
    first = session("first", visitor_id="v", file_id="1")
    second = session("second", visitor_id="v", file_id="1", source_row=2, started_at=STARTED_AT + timedelta(days=1))
    warehouse.deliver("web_sessions", [first, {**second, "pageviews": 1, "engaged_seconds": 1}])
    warehouse.deliver("leads", [{**lead, "session_id": "second"}])
    warehouse.build()
    found = "select is_bounce, is_returning from core.fct_sessions where session_id = 'second'"
    assert warehouse.connection.execute(found).fetchall() == [(False, True)]
    newer = {**lead, "session_id": "first", "file_id": "leads 2", "captured_at": STARTED_AT + timedelta(days=1)}
    warehouse.deliver("leads", [newer])
    warehouse.build()
    assert warehouse.connection.execute(found).fetchall() == [(True, True)]


def test_an_order_and_a_contact_change_what_a_payment_and_a_deal_of_other_nights_stand_for(catalog: Catalog) -> None:
    """Neither the payment nor the deal is delivered again; what comes beside them makes their sessions bounces."""
    given = {"file_id": "1", "source_row": 1, "captured_at": STARTED_AT}
    short = {"pageviews": 1, "engaged_seconds": 1, "file_id": "1"}
    warehouse = Warehouse(catalog)
    warehouse.deliver("web_sessions", [session("paid", **short), session("dealt", **short, source_row=2)])
    order = {**given, "revenue": 1, "currency": "NOK"}
    payment = {"order_id": "p", "ordered_at": STARTED_AT, "session_id": "paid", "export_kind": "payments"}
    warehouse.deliver("orders", [{**order, **payment}])
    deal = {"lead_id": "d", "created_at": STARTED_AT, "session_id": "dealt", "contact_id": "c"}
    warehouse.deliver("leads", [{**given, **deal}])
    warehouse.build()
    found = "select session_id, is_bounce from core.fct_sessions order by 1"
    assert warehouse.connection.execute(found).fetchall() == [("dealt", False), ("paid", False)]
    newer = {"file_id": "2", "ordered_at": STARTED_AT}
    warehouse.deliver("orders", [{**order, **newer, "order_id": "o", "export_kind": "orders"}])
    warehouse.deliver("leads", [{**given, "file_id": "2", "lead_id": "c", "created_at": STARTED_AT}])
    warehouse.build()
    assert warehouse.connection.execute(found).fetchall() == [("dealt", True), ("paid", True)]


OTHER_RULES = {
    "utm_standard.yml": (r"^  pattern: .*\n  max_length: 100\n  example: .*$", '  pattern: "[0-9]+"\n  example: "7"'),
    "sources.csv": (r"^(facebook\.com,[^,]*),social,", r"\1,video,"),
}


@pytest.mark.parametrize("name", OTHER_RULES)
def test_sessions_that_are_there_follow_other_rules_of_what_tags_and_sites_mean(
    catalog: Catalog, tmp_path: Path, name: str
) -> None:
    warehouse = Warehouse(catalog)
    tagged = "https://shop.example/?utm_source=facebook&utm_medium=social&utm_campaign=host"
    rows = [session("s1", landing_url=tagged), session("s2", referrer_url="https://facebook.com/")]
    warehouse.deliver("web_sessions", rows)
    warehouse.build()
    before = sessions_of(warehouse)
    home = Home(tmp_path).create()
    shipped = (Path(config.home.__file__).parent / name).read_text(encoding="utf-8")
    written, other = OTHER_RULES[name]
    (home.config / name).write_text(re.sub(written, other, shipped, count=1, flags=re.MULTILINE), encoding="utf-8")
    warehouse.config = config_tables(home, date(2026, 11, 16))
    warehouse.build()
    clean = Warehouse(catalog)
    clean.config = warehouse.config
    clean.deliver("web_sessions", rows)
    clean.build()
    assert sessions_of(warehouse) == sessions_of(clean) != before
