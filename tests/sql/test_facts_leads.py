"""Contacts and deals of a CRM: a deal of a contact is part of that contact's lead, and none counts twice."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

RunModel = Callable[..., list[dict[str, Any]]]


def contact(name: str, **values: Any) -> dict[str, Any]:
    return {
        "lead_id": f"c:{name}", "created_at": "2026-09-01 10:00", "captured_at": "2026-11-10 06:00", "file_id": "f1", "source_row": 1,
        "export_kind": "contacts", **values,
    }  # fmt: skip


def deal(name: str, contact_name: str | None, value: str | None = None, **values: Any) -> dict[str, Any]:
    return {
        "lead_id": f"d:{name}", "created_at": "2026-09-05 10:00", "captured_at": "2026-11-11 06:00", "file_id": "f2", "source_row": 1,
        "export_kind": "deals", "contact_id": contact_name and f"c:{contact_name}", "stage": "opportunity",
        "deal_value": value and Decimal(value), "currency": value and "NOK", **values,
    }  # fmt: skip


def found(run_model: RunModel, rows: list[dict[str, Any]], *columns: str) -> dict[str, tuple[Any, ...]]:
    leads = run_model("staging.stg_crm__leads", {"raw.leads": rows})
    # Instants as text.
    return {
        row["lead_id"]: tuple(str(row[name]) if name.endswith("_at") and row[name] else row[name] for name in columns)
        for row in leads
    }


def test_a_deal_is_part_of_its_contacts_lead(run_model: RunModel) -> None:
    rows = [
        contact("open"), deal("1", "open", "500", meeting_at="2026-09-08 10:00"),
        contact("won", stage="mql"), deal("2", "won", "700", stage="won", won_at="2026-10-01 10:00"), deal("3", "won", "900", stage="lost"),
        contact("lost"), deal("4", "lost", "300", stage="lost", lost_at="2026-10-01 10:00"),
        contact("without"),
        deal("5", None, "100"), deal("6", "never delivered", "200"),
    ]  # fmt: skip
    assert found(run_model, rows, "stage", "deal_value", "currency", "is_qualified", "is_lost", "meeting_at") == {
        "c:open": (None, Decimal(500), "NOK", True, False, "2026-09-08 10:00:00"),
        "c:won": ("won", Decimal(700), "NOK", True, False, None),
        "c:lost": ("lost", Decimal(300), "NOK", True, True, None),
        "c:without": (None, None, None, False, False, None),
        "d:5": ("opportunity", Decimal(100), "NOK", True, False, None),
        "d:6": ("opportunity", Decimal(200), "NOK", True, False, None),
    }


def test_a_lead_names_the_deal_that_it_became(run_model: RunModel) -> None:
    rows = [contact("1", deal_id="d:1"), deal("1", None, "500")]
    assert found(run_model, rows, "deal_value") == {"c:1": (Decimal(500),)}


def test_values_in_another_currency_are_not_added(run_model: RunModel) -> None:
    rows = [
        contact("1"), deal("1", "1", "500"), deal("2", "1", "50", currency="EUR", created_at="2026-09-06 10:00"),
        deal("3", "1", None, created_at="2026-09-01 10:00"),
    ]  # fmt: skip
    assert found(run_model, rows, "deal_value", "currency") == {
        "c:1": (Decimal(500), "NOK"),
        "d:2": (Decimal(50), "EUR"),
    }


def test_the_newest_delivery_of_a_deal_counts(run_model: RunModel) -> None:
    rows = [
        contact("1"), deal("1", "1", "500"),
        deal("1", "1", "450", stage="lost", captured_at="2026-11-20 06:00", file_id="f3"),
    ]  # fmt: skip
    assert found(run_model, rows, "deal_value", "is_lost") == {"c:1": (Decimal(450), True)}
    assert found(run_model, rows[::-1], "deal_value", "is_lost") == {"c:1": (Decimal(450), True)}


def test_circles_lose_nothing(run_model: RunModel) -> None:
    rows = [contact("1", contact_id="c:2"), contact("2", contact_id="c:1"), contact("3", contact_id="c:3")]
    assert set(found(run_model, rows)) == {"c:1", "c:2", "c:3"}
    rows = [contact("1", deal_id="c:2"), contact("2", deal_id="c:1")]
    assert set(found(run_model, rows)) == {"c:1", "c:2"}
