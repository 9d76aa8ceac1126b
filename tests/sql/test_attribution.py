"""attribution.credits: who takes which share of a conversion, exactly."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from itertools import product
from typing import Any

import pytest

RunModel = Callable[..., list[dict[str, Any]]]
MODELS = ("first", "last", "last_non_direct", "linear", "position", "time_decay")


def touch(session_id: str, started_at: str, channel: str, visitor_id: str | None = "v1") -> dict[str, Any]:
    return {
        "session_id": session_id, "visitor_id": visitor_id, "started_at": started_at, "session_date": started_at[:10], "channel": channel,
        "source": f"source_{session_id}", "is_social": channel.endswith("Social"), "is_paid": channel == "Paid Social",
    }  # fmt: skip


def conversion(
    conversion_id: str = "order:1", occurred_at: str = "2026-11-30 12:00:00", **values: Any
) -> dict[str, Any]:
    return {
        "conversion_id": conversion_id, "conversion_type": "order", "occurred_at": occurred_at, "conversion_date": occurred_at[:10],
        "visitor_id": "v1", "value_reporting": Decimal(100), **values,
    }  # fmt: skip


def credit_rows(
    run_model: RunModel, touches: Sequence[dict[str, Any]], *conversions: dict[str, Any], **inputs: Any
) -> list[dict[str, Any]]:
    given = {"core.fct_sessions": touches, "core.fct_conversions": conversions or [conversion()], **inputs}
    rows = run_model("attribution.credits", given)
    sums: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(0), Decimal(0)])
    for row in rows:
        assert row["credit"] > 0
        sums[row["conversion_id"], row["model"]][0] += row["credit"]
        sums[row["conversion_id"], row["model"]][1] += row["value_reporting"] or 0
    for one, model in product(given["core.fct_conversions"], MODELS):
        assert sums[one["conversion_id"], model] == [1, one["value_reporting"] or 0]
    return rows


def shares(rows: list[dict[str, Any]], model: str) -> dict[Any, Decimal]:
    return {row["session_id"]: row["credit"] for row in rows if row["model"] == model}


PATH = [
    touch("a", "2026-11-02 12:00:00", "Organic Social"),
    touch("b", "2026-11-16 12:00:00", "Email"),
    touch("c", "2026-11-23 12:00:00", "Paid Social"),
    touch("d", "2026-11-29 12:00:00", "Direct"),
]


def test_each_model_on_one_path(run_model: RunModel) -> None:
    rows = credit_rows(run_model, PATH)
    assert shares(rows, "first") == {"a": 1}
    assert shares(rows, "last") == {"d": 1}
    assert shares(rows, "last_non_direct") == {"c": 1}
    third = Decimal("0.333333333")
    assert shares(rows, "linear") == {"a": third, "b": third, "c": third + Decimal("0.000000001")}
    assert shares(rows, "position") == {"a": Decimal("0.4"), "b": Decimal("0.2"), "c": Decimal("0.4")}
    # Half-lives of 7 days before the newest touch: 3, 1 and 0, so 1 : 4 : 8.
    assert shares(rows, "time_decay") == {
        "a": Decimal("0.076923076"),
        "b": Decimal("0.307692308"),
        "c": Decimal("0.615384616"),
    }
    (credited,) = (row for row in rows if row["model"] == "last_non_direct")
    assert (credited["touch_number"], credited["source"], credited["is_social"], credited["is_paid"]) == (
        3,
        "source_c",
        True,
        True,
    )


def test_value_is_split_to_the_last_unit(run_model: RunModel) -> None:
    large = (Decimal("99999999.9999"), Decimal(-100000000), Decimal("99999999999999.9999"))
    for value in (Decimal("100"), Decimal("0.0001"), Decimal("-10.0001"), Decimal(0), *large):
        rows = credit_rows(run_model, PATH, conversion(value_reporting=value))
        linear = {row["session_id"]: row["value_reporting"] for row in rows if row["model"] == "linear"}
        assert sum(linear.values()) == value
        if value == 100:
            assert linear == {"a": Decimal("33.3333"), "b": Decimal("33.3333"), "c": Decimal("33.3334")}
    rows = credit_rows(run_model, PATH, conversion(value_reporting=None))
    assert {row["value_reporting"] for row in rows} == {None}


def test_the_lookback_holds_to_the_second(run_model: RunModel) -> None:
    touches = [touch("out", "2026-10-31 11:59:59", "Email"), touch("in", "2026-10-31 12:00:00", "Email")]
    assert shares(credit_rows(run_model, touches), "linear") == {"in": 1}
    assert shares(credit_rows(run_model, touches[:1]), "linear") == {None: 1}
    after = [touch("after", "2026-11-30 12:00:01", "Email"), touch("at", "2026-11-30 12:00:00", "Email")]
    assert shares(credit_rows(run_model, after), "last") == {"at": 1}


def test_direct_takes_credit_only_where_nothing_else_is_known(run_model: RunModel) -> None:
    direct = [touch("x", "2026-11-20 12:00:00", "Direct"), touch("y", "2026-11-21 12:00:00", "Direct")]
    rows = credit_rows(run_model, direct)
    assert shares(rows, "last_non_direct") == {"y": 1}
    assert shares(rows, "first") == {"x": 1}
    assert shares(rows, "linear") == {"x": Decimal("0.5"), "y": Decimal("0.5")}
    rows = credit_rows(run_model, [*direct, touch("old", "2026-11-01 12:00:00", "Referral")])
    for model in MODELS:
        assert shares(rows, model) == ({"y": 1} if model == "last" else {"old": 1})


def test_a_payment_return_takes_nothing_from_another_touch(run_model: RunModel) -> None:
    paid = touch("paid", "2026-11-20 12:00:00", "Direct") | {"referrer_kind": "payment"}
    direct = touch("direct", "2026-11-19 12:00:00", "Direct")
    for model, share in ((model, shares(credit_rows(run_model, [paid, direct]), model)) for model in MODELS):
        assert share == {"direct": 1}, model
    assert shares(credit_rows(run_model, [paid]), "last") == {"paid": 1}


def test_a_conversion_without_a_touch_is_unattributed(run_model: RunModel) -> None:
    rows = credit_rows(run_model, [], conversion(visitor_id=None))
    assert {(row["model"], row["channel"], row["session_id"], row["touch_number"], row["credit"]) for row in rows} == {
        (model, "Unattributed", None, 0, Decimal(1)) for model in MODELS
    }


def test_the_linked_session_and_the_visitors_of_one_address_are_touches(run_model: RunModel) -> None:
    phone = touch("phone", "2026-11-10 12:00:00", "Organic Social", visitor_id="v2")
    named = touch("named", "2026-11-30 11:00:00", "Email", visitor_id=None)
    leads = [
        {"lead_id": "old", "created_at": "2026-11-10 12:05:00", "visitor_id": "v2", "email_hash": "mail"},
        {"lead_id": "1", "created_at": "2026-11-30 12:00:00", "session_id": "named", "email_hash": "mail"},
    ]
    rows = credit_rows(
        run_model,
        [phone, named],
        conversion("lead:1", visitor_id=None, session_id="named", conversion_type="lead"),
        **{"raw.leads": leads},
    )
    assert shares(rows, "linear") == {"phone": Decimal("0.5"), "named": Decimal("0.5")}


@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_credits_sum_to_one_whatever_the_number_and_the_order(run_model: RunModel, count: int) -> None:
    touches = [touch(f"s{number:02d}", f"2026-11-{1 + number % 28:02d} 12:00:00", "Email") for number in range(count)]
    rows = credit_rows(run_model, touches)
    again = credit_rows(run_model, touches[::-1])
    key = [(row["model"], row["touch_number"], row["session_id"], row["credit"]) for row in rows]
    assert sorted(key) == sorted((row["model"], row["touch_number"], row["session_id"], row["credit"]) for row in again)
    position = [
        row["credit"] for row in sorted(rows, key=lambda row: row["touch_number"]) if row["model"] == "position"
    ]
    if count == 2:
        assert position == [Decimal("0.5"), Decimal("0.5")]
    if count > 2:
        assert position[0] == Decimal("0.4")


def test_the_credits_of_a_day_add_up_by_model_and_channel(run_model: RunModel) -> None:
    def credit(
        day: str, model: str, channel: str, share: str, value: str | None, platform: str | None = None
    ) -> dict[str, Any]:
        return {
            "conversion_id": f"order:{day}{share}", "touch_number": 1, "conversion_type": "order", "conversion_date": day, "model": model,
            "channel": channel, "platform": platform, "credit": Decimal(share), "value_reporting": value and Decimal(value),
        }  # fmt: skip

    rows = run_model(
        "attribution.credits_daily",
        {
            "attribution.credits": [
                credit("2026-11-30", "linear", "Paid Social", "0.25", "25", "instagram"),
                credit("2026-11-30", "linear", "Paid Social", "0.5", "50", "instagram"),
                credit("2026-11-30", "linear", "Paid Social", "0.75", "75", "tiktok"),
                credit("2026-11-30", "first", "Paid Social", "1", "100", "instagram"),
                credit("2026-12-01", "linear", "Email", "1", None),
            ]
        },
    )
    assert sorted(tuple(row.values()) for row in rows) == [
        (date(2026, 11, 30), "order", "first", "Paid Social", "instagram", 1, 100),
        (date(2026, 11, 30), "order", "linear", "Paid Social", "instagram", Decimal("0.75"), 75),
        (date(2026, 11, 30), "order", "linear", "Paid Social", "tiktok", Decimal("0.75"), 75),
        (date(2026, 12, 1), "order", "linear", "Email", "(none)", 1, None),
    ]
