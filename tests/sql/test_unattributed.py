"""attribution.unattributed: why a conversion has no known source."""

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
from config.settings import load_settings, tables
from tests.session_rows import Row, model_rows

CONVERTED = "2026-11-30 12:00:00"
REASONS = (
    "only_direct", "only_payment_return", "direct_last", "outside_lookback", "only_later_sessions", "no_consent", "tagged_only",
    "shared_identity", "no_session", "no_visitor",
)  # fmt: skip


def visit(session_id: str, started_at: str, channel: str = "Email", visitor_id: str | None = "v1", **more: Any) -> Row:
    return {
        "session_id": session_id, "visitor_id": visitor_id, "started_at": started_at, "session_date": started_at[:10], "channel": channel,
        **more,
    }  # fmt: skip


def lead(lead_id: str = "1", **fields: Any) -> Row:
    return {
        "lead_id": lead_id,
        "created_at": CONVERTED,
        "captured_at": CONVERTED,
        "file_id": "f",
        "source_row": 1,
        **fields,
    }


def event(**fields: Any) -> Row:
    return {
        "event_id": "e", "occurred_at": "2026-11-29 10:00:00", "event_name": "generate_lead", "page_url": "https://shop.example/",
        "file_id": "f", "source_row": 1, "captured_at": CONVERTED, **fields,
    }  # fmt: skip


def found(sessions: list[Row], leads: list[Row], **more: Any) -> dict[str, str]:
    config = more.pop("config", None)
    inputs = {"core.fct_sessions": sessions, "raw.leads": leads, **more}
    return {
        row["conversion_id"]: row["reason"] for row in model_rows("attribution.unattributed", inputs, config=config)
    }


CASES: list[tuple[str, list[Row], list[Row], dict[str, list[Row]], str | None]] = [
    ("a known source", [visit("a", "2026-11-29 12:00:00")], [lead(visitor_id="v1")], {}, None),
    ("only direct", [visit("a", "2026-11-29 12:00:00", "Direct")], [lead(visitor_id="v1")], {}, "only_direct"),
    ("named session, direct", [visit("a", "2026-11-29 12:00:00", "Direct", None)], [lead(session_id="a")], {}, "only_direct"),
    ("payment", [visit("a", "2026-11-29 12:00:00", "Direct", referrer_kind="payment")], [lead(visitor_id="v1")], {}, "only_payment_return"),
    ("a second too early", [visit("a", "2026-10-31 11:59:59")], [lead(visitor_id="v1")], {}, "outside_lookback"),
    ("just within", [visit("a", "2026-10-31 12:00:00")], [lead(visitor_id="v1")], {}, None),
    ("early and late", [visit("a", "2026-10-01 12:00:00"), visit("b", "2026-12-01 12:00:00")], [lead(visitor_id="v1")], {},
     "outside_lookback"),
    ("only later", [visit("b", "2026-11-30 12:00:01")], [lead(visitor_id="v1")], {}, "only_later_sessions"),
    ("unknown session", [visit("b", "2026-11-29 12:00:00")], [lead(session_id="z")], {}, "no_session"),
    ("unknown visitor", [visit("b", "2026-11-29 12:00:00")], [lead(visitor_id="z")], {}, "no_session"),
    ("nobody", [visit("b", "2026-11-29 12:00:00")], [lead(email_hash="h")], {}, "no_visitor"),
    ("nothing", [], [lead()], {}, "no_visitor"),
    ("an address that refused", [visit("a", "2026-11-29 12:00:00")],
     [lead(email_hash="h"), lead("2", visitor_id="v1", email_hash="h")], {"core.int_refusals": [{"visitor_id": "v1"}]}, "no_consent"),
    ("an address that an event names", [visit("a", "2026-11-29 12:00:00")], [lead(email_hash="h"), lead("2", email_hash="h")],
     {"core.int_refusals": [{"visitor_id": "v1"}], "raw.web_events": [event(visitor_id="v1", lead_id="2")]}, "no_consent"),
    ("tags of a form", [], [lead(utm_source="linkedin")], {}, "tagged_only"),
    ("tags of a form, unknown session", [], [lead(session_id="z", utm_campaign="autumn")], {}, "tagged_only"),
    ("blank tags", [], [lead(utm_source=" ", utm_medium="")], {}, "no_visitor"),
    ("tags and a visit", [visit("a", "2026-11-29 12:00:00", "Direct")], [lead(visitor_id="v1", utm_source="linkedin")], {}, "only_direct"),
    ("tags of who refused", [visit("a", "2026-11-29 12:00:00")],
     [lead(email_hash="h", utm_source="linkedin"), lead("2", visitor_id="v1", email_hash="h")],
     {"core.int_refusals": [{"visitor_id": "v1"}]}, "no_consent"),
    ("a refusal with visits of its own", [visit("a", "2026-11-29 12:00:00")], [lead(visitor_id="v1")],
     {"core.int_refusals": [{"visitor_id": "v1"}]}, None),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_the_first_reason_that_holds(case: tuple[str, list[Row], list[Row], dict[str, list[Row]], str | None]) -> None:
    _name, sessions, leads, more, reason = case
    assert found(sessions, leads, **more).get("lead:1") == reason


def test_stored_tags_are_shown_as_delivered_and_take_no_credit() -> None:
    order = {
        "order_id": "1", "ordered_at": CONVERTED, "captured_at": CONVERTED, "file_id": "f", "source_row": 1, "revenue": 10,
        "currency": "NOK", "utm_source": "Google", "utm_medium": "cpc", "utm_campaign": " autumn ",
    }  # fmt: skip
    inputs = {
        "core.fct_sessions": [visit("a", "2026-11-29 12:00:00", "Direct")],
        "raw.orders": [order],
        "raw.leads": [lead(visitor_id="v1", utm_source="linkedin", utm_content="b")],
    }
    rows = {row["conversion_id"]: row for row in model_rows("attribution.unattributed", inputs)}
    tagged = {
        key: tuple(row[f"tagged_{name}"] for name in ("source", "medium", "campaign", "content"))
        for key, row in rows.items()
    }
    assert tagged == {"lead:1": ("linkedin", None, None, "b"), "order:1": ("Google", "cpc", "autumn", None)}
    assert {key: row["reason"] for key, row in rows.items()} == {"lead:1": "only_direct", "order:1": "tagged_only"}
    credited = model_rows("attribution.credits", inputs)
    assert {row["channel"] for row in credited if row["conversion_id"] == "order:1"} == {"Unattributed"}


def test_an_address_of_too_many_visitors_joins_nobody() -> None:
    leads = [lead(email_hash="office"), *(lead(f"o{n}", visitor_id=f"w{n}", email_hash="office") for n in range(21))]
    sessions = [visit(f"s{n}", "2026-11-29 12:00:00", visitor_id=f"w{n}") for n in range(21)]
    assert found(sessions, leads) == {"lead:1": "shared_identity"}
    assert found(sessions, leads[:21]) == {}


def test_under_the_model_last_a_known_source_may_stand_before(tmp_path: Path) -> None:
    settings = load_settings(Home(tmp_path))
    config = tables(
        settings.model_copy(update={"attribution": settings.attribution.model_copy(update={"model": "last"})})
    )
    sessions = [visit("a", "2026-11-28 12:00:00"), visit("b", "2026-11-29 12:00:00", "Direct")]
    assert found(sessions, [lead(visitor_id="v1")], config=config) == {"lead:1": "direct_last"}
    assert found(sessions, [lead(visitor_id="v1")]) == {}


def test_every_reason_is_reached_and_described() -> None:
    from sql.catalog import Catalog

    described = Catalog().models["attribution.unattributed"].header.columns["reason"].description
    assert all(reason in described for reason in REASONS)
    reached = {case[-1] for case in CASES} | {"shared_identity", "direct_last", None}
    assert reached == {*REASONS, None}


def test_the_nearest_session_is_told_and_the_value() -> None:
    (row,) = model_rows(
        "attribution.unattributed",
        {
            "core.fct_sessions": [visit("a", "2026-10-02 12:00:00"), visit("b", "2026-10-01 12:00:00"), visit("c", "2026-12-02 12:00:00")],
            "raw.leads": [lead(visitor_id="v1", deal_value=Decimal(50), currency="NOK")],
        },
    )  # fmt: skip
    assert row == {
        "conversion_id": "lead:1", "conversion_type": "lead", "conversion_date": datetime.fromisoformat(CONVERTED).date(),
        "reason": "outside_lookback", "nearest_session_at": datetime.fromisoformat("2026-10-02 12:00:00"), "value_reporting": Decimal(50),
        **dict.fromkeys(("tagged_source", "tagged_medium", "tagged_campaign", "tagged_content")),
    }  # fmt: skip


def test_unattributed_leads_are_counted_by_reason() -> None:
    sessions = [visit("a", "2026-11-29 12:00:00", "Direct"), visit("b", "2026-11-29 12:00:00", visitor_id="v2")]
    leads = [lead("1", visitor_id="v1"), lead("2", visitor_id="v1"), lead("3"), lead("4", visitor_id="v2")]
    rows = model_rows(
        "kpi.int_measures_conversions",
        {"core.fct_sessions": sessions, "raw.leads": leads, "core.dim_dates": [{"date": CONVERTED[:10]}]},
    )
    by_reason = {
        r["member"]: r["value"] for r in rows if (r["measure"], r["dimension"]) == ("leads_unattributed", "reason")
    }
    assert by_reason == {"only_direct": 2, "no_visitor": 1}
    (whole,) = [r["value"] for r in rows if (r["measure"], r["dimension"]) == ("leads_unattributed", "all")]
    assert whole == sum(by_reason.values())
    assert "reason" not in {r["dimension"] for r in rows if r["measure"] == "leads"}
