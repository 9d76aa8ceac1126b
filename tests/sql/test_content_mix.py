"""Posting frequency, channel roles and the hourglass: a few rows in, the exact rows out."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from math import log
from typing import Any

import pytest

RunModel = Callable[..., list[dict[str, Any]]]
MONDAY = date(2026, 10, 5)


def posts(week: int, count: int, interactions: int | None, **more: Any) -> list[dict[str, Any]]:
    """Posts of a week, each with so many interactions."""
    return [
        {"platform": "x", "account": "brand", "post_id": f"{week}-{number}", "is_paid": False,
         "published_date": MONDAY - timedelta(days=7 * week), "interactions": interactions, **more}
        for number in range(count)
    ]  # fmt: skip


def test_each_extra_post_is_worth_less(run_model: RunModel) -> None:
    # 2 posts of 100 each in four weeks, 4 of 60 in four, 8 of 35 in two: 200, 240 and 280 a week
    rows = [row for week in range(4) for row in posts(week, 2, 100)]
    rows += [row for week in range(4, 8) for row in posts(week, 4, 60)]
    rows += [row for week in range(8, 10) for row in posts(week, 8, 35)]
    rows += posts(20, 3, 10, is_paid=True) + posts(21, 3, None) + posts(-5, 50, 1)
    found = {row["posts_per_week"]: row for row in run_model("kpi.posting_frequency", {"core.fct_posts": rows})}
    told = {
        count: (
            row["weeks"],
            row["posts"],
            row["interactions_per_week"],
            row["interactions_per_post"],
            row["interactions_per_extra_post"],
        )
        for count, row in found.items()
    }
    assert told == {2: (4, 8, 200, 100, None), 4: (4, 16, 240, 60, 20), 8: (2, 16, 280, 35, 10)}
    logs = [(log(2), log(100))] * 4 + [(log(4), log(60))] * 4 + [(log(8), log(35))] * 2
    mean_x, mean_y = (sum(pair[side] for pair in logs) / 10 for side in (0, 1))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)
    assert float(found[2]["elasticity"]) == pytest.approx(slope, abs=1e-5)
    assert found[2]["elasticity_lower"] < found[2]["elasticity"] < found[2]["elasticity_upper"] < 0
    assert {row["is_diminishing"] for row in found.values()} == {True}


def test_few_weeks_have_no_slope(run_model: RunModel) -> None:
    rows = [row for week in range(7) for row in posts(week, 1 + week % 2, 10)]
    found = run_model("kpi.posting_frequency", {"core.fct_posts": rows})
    assert {(row["elasticity"], row["is_diminishing"]) for row in found} == {(None, False)}


def test_a_channel_opens_or_closes(run_model: RunModel) -> None:
    def touches(channel: str, opened: int, closed: int, day: date = MONDAY) -> list[dict[str, Any]]:
        return [
            {"conversion_id": f"{channel}{model}{number}", "model": model, "channel": channel, "credit": 1, "session_id": "s",
             "conversion_date": day}
            for model, count in (("first", opened), ("last", closed), ("last_non_direct", 50))
            for number in range(count)
        ]  # fmt: skip

    rows = run_model(
        "kpi.channel_roles",
        {
            "attribution.credits": [
                *touches("Organic Video", 30, 5), *touches("Paid Search", 5, 10),
                *touches("Paid Search", 1, 20, MONDAY - timedelta(days=21)),
                *touches("Email", 15, 14), *touches("QR", 9, 0), *touches("QR", 20, 0, MONDAY - timedelta(days=22)),
            ],
            "kpi.int_periods": [
                {"period": "week", "period_start_date": MONDAY}, {"period": "day", "period_start_date": MONDAY},
            ],
        },
    )  # fmt: skip
    found = {row["channel"]: row for row in rows}
    assert {
        name: (row["opened"], row["closed"], row["role"], row["role_seen"], row["is_as_planned"])
        for name, row in found.items()
    } == {
        "Organic Video": (30, 5, "discovery", "discovery", True),
        "Paid Search": (6, 30, "conversion", "conversion", True),
        "Email": (15, 14, "conversion", "both", None),
        "QR": (9, 0, "conversion", "not_enough_data", None),
    }
    assert found["Organic Video"]["opening_share"] == Decimal("0.857143")
    assert {row["week_start_date"] for row in rows} == {MONDAY}


def test_the_hourglass_from_week_to_week(run_model: RunModel) -> None:
    def value(kpi: str, week: int, amount: str | None, *, is_complete: bool = True) -> dict[str, Any]:
        return {
            "kpi": kpi, "period": "week", "period_start_date": MONDAY + timedelta(days=7 * week), "dimension": "all", "member": "all",
            "value": None if amount is None else Decimal(amount), "unit": "count", "is_complete": is_complete,
            "null_reason": "no data" if amount is None else None,
        }  # fmt: skip

    rows = run_model(
        "kpi.phases",
        {
            "kpi.kpi_values": [
                value("impressions", 0, "100"), value("impressions", 1, "80"), value("views", 0, "0"), value("views", 1, "5"),
                value("cpa", 0, "400"), value("cpa", 1, "300", is_complete=False), value("posts_per_week", 0, "3"),
                value("posts_per_week", 1, "4"),
                value("saves", 1, "4"), value("shares", 0, "4"), value("shares", 1, None), value("saves", 2, "4"),
            ]
        },
    )  # fmt: skip
    found = {row["kpi"]: row for row in rows if row["week_start_date"] == MONDAY + timedelta(days=7)}
    assert {
        kpi: (row["phase"], row["change"], row["change_share"], row["direction"], row["is_complete"])
        for kpi, row in found.items()
    } == {
        "impressions": ("awareness", -20, Decimal("-0.2"), "worse", True),
        "views": ("awareness", 5, None, "better", True),
        "cpa": ("conversion", -100, Decimal("-0.25"), "better", False),
        "posts_per_week": ("awareness", 1, Decimal("0.333333"), "changed", True),
        "saves": ("intention", None, None, "unknown", False),
        "shares": ("share", None, None, "unknown", True),
    }
    assert [(row["phase_position"], row["position"]) for row in (found["impressions"], found["views"], found["cpa"], found["shares"])] == [
        (1, 1), (1, 2), (4, 1), (7, 1),
    ]  # fmt: skip
