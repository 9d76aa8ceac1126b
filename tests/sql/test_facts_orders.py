"""Which delivered orders and payments count: none twice, none that was cancelled or never paid."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from config import settings as config_settings
from config.settings import Settings

RunModel = Callable[..., list[dict[str, Any]]]


def order(order_id: str, ordered_at: str, **values: Any) -> dict[str, Any]:
    return {
        "order_id": order_id, "ordered_at": ordered_at, "revenue": Decimal(100), "currency": "NOK", "platform": "shopify",
        "export_kind": "orders", "order_state": "paid", "captured_at": "2026-11-10 06:00", "file_id": "f1", "source_row": 1, **values,
    }  # fmt: skip


def payment(order_id: str, ordered_at: str, **values: Any) -> dict[str, Any]:
    return {**order(order_id, ordered_at), "platform": "stripe", "export_kind": "payments", "file_id": "f2", **values}


def standings(run_model: RunModel, rows: list[dict[str, Any]], payments: str = "uncovered") -> dict[str, str]:
    settings = Settings.model_validate({"orders": {"payments": payments}})
    config: dict[str, pa.Table] = {"settings": config_settings.tables(settings)["settings"]}
    found = run_model("staging.stg_shop__standings", {"raw.orders": rows}, config=config)
    return {row["order_id"]: row["standing"] for row in found}


def test_what_was_cancelled_or_not_paid_does_not_count(run_model: RunModel) -> None:
    rows = [
        order("paid", "2026-11-01 10:00"),
        order("pending", "2026-11-01 10:00", order_state="pending"),
        order("generic", "2026-11-01 10:00", platform=None, export_kind=None, order_state=None),
        order("cancelled", "2026-11-01 10:00", order_state="cancelled"),
        order("later_cancelled", "2026-11-01 10:00"),
        order(
            "later_cancelled", "2026-11-01 10:00", order_state="cancelled", captured_at="2026-11-12 06:00", file_id="f3"
        ),
        payment("failed", "2026-12-01 10:00", order_state="failed"),
        payment("uncaptured", "2026-12-01 10:00", order_state="uncaptured"),
        payment("test", "2026-12-01 10:00", order_state="test"),
    ]
    assert standings(run_model, rows) == {
        "paid": "counted", "pending": "counted", "generic": "counted", "cancelled": "cancelled", "later_cancelled": "cancelled",
        "failed": "failed", "uncaptured": "uncaptured", "test": "test",
    }  # fmt: skip
    found = run_model("core.fct_conversions", {"raw.orders": rows})
    assert {row["conversion_id"] for row in found} == {"order:paid", "order:pending", "order:generic"}


PAID = [
    order("o1", "2026-11-01 10:00", payment_reference="ch_1"),
    order("o2", "2026-11-02 10:00", payment_reference="pi_2"),
    order("o3", "2026-11-03 10:00", order_number="1003"),
    order("o9", "2026-11-09 10:00", order_state="cancelled"),
    payment("ch_1", "2026-11-01 10:01"),
    payment("ch_2", "2026-11-02 10:01", payment_intent_id="pi_2"),
    payment("ch_3", "2026-11-03 10:01", order_number="1003"),
    payment("ch_4", "2026-11-03 10:01", order_number="o3"),
    payment("old_3", "2026-01-03 10:01", order_number="1003"),
    payment("between", "2026-11-05 10:00"),
    payment("after", "2026-11-20 10:00"),
]


@pytest.mark.parametrize(
    ("rule", "old", "between", "after"),
    [
        ("uncovered", "counted", "payment_apart", "counted"),
        ("unmatched", "counted", "counted", "counted"),
        ("never", "payment_apart", "payment_apart", "payment_apart"),
    ],
)
def test_one_order_told_by_shop_and_payment_provider_counts_once(
    run_model: RunModel, rule: str, old: str, between: str, after: str
) -> None:
    found = standings(run_model, PAID, rule)
    assert {name for name, standing in found.items() if standing == "payment_of_order"} == {
        "ch_1",
        "ch_2",
        "ch_3",
        "ch_4",
    }
    assert {found[name] for name in ("o1", "o2", "o3")} == {"counted"}
    assert (found["old_3"], found["between"], found["after"]) == (old, between, after)


def test_of_deliveries_of_one_age_the_one_with_more_paid_back_or_cancelled_counts(run_model: RunModel) -> None:
    paid, refunded = (
        order("o", "2026-11-01 10:00", file_id="f9", refunded=Decimal(0)),
        order("o", "2026-11-01 10:00", refunded=Decimal(40)),
    )
    for rows in ([paid, refunded], [refunded, paid]):
        assert [row["value"] for row in run_model("core.fct_conversions", {"raw.orders": rows})] == [Decimal(60)]
    cancelled = order("o", "2026-11-01 10:00", order_state="cancelled", refunded=Decimal(40))
    assert standings(run_model, [paid, refunded, cancelled]) == {"o": "cancelled"}


def test_payments_alone_are_orders(run_model: RunModel) -> None:
    rows = [row for row in PAID if row["export_kind"] == "payments"]
    assert set(standings(run_model, rows).values()) == {"counted"}
    assert set(standings(run_model, rows, "never").values()) == {"payment_apart"}
