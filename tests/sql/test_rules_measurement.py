"""The rules fix_tags and spread_risk: tags by the standard, and whether a second channel could carry the goal."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from tests.rule_rows import RunModel, complete, monday, targets, verdicts, weeks

Verdicts = dict[tuple[str, str], dict[str, Any]]


def coverage(dimension: str, member: str, compliant: int, sessions: int, **more: Any) -> dict[str, Any]:
    share = None if sessions == 0 else round(Decimal(100 * compliant) / sessions, 6)
    return {
        "kpi": "utm_coverage", "period": "week", "period_start_date": monday(), "dimension": dimension, "member": member,
        "numerator": compliant, "denominator": sessions, "value": share, "is_complete": True, **more,
    }  # fmt: skip


def judge(run_model: RunModel, values: Sequence[dict[str, Any]] = (), **more: Any) -> Verdicts:
    inputs = {
        "kpi.int_rule_weeks": weeks(), "kpi.int_rule_targets": targets(), "kpi.kpi_values": values, "kpi.int_rule_ads": [],
        "kpi.int_visits_daily": [], "core.fct_ads_daily": [], "quality.utm_violations": [], "attribution.credits": [],
        **{name.replace("__", "."): rows for name, rows in more.items()},
    }  # fmt: skip
    return verdicts(run_model, inputs)


def violation(url: str, sessions: int, **more: Any) -> dict[str, Any]:
    return {
        "session_date": monday(), "channel": "Paid Social", "owner": "Kari", "landing_url": url, "suggested_url": f"{url}?utm_source=x",
        "reason": "no_source", "sessions": sessions, **more,
    }  # fmt: skip


def test_fix_tags_by_channel_and_owner(run_model: RunModel) -> None:
    values = [
        coverage("channel", "Organic Social", 94, 100),
        coverage("channel", "Paid Social", 95, 100),
        coverage("channel", "Organic Video", 0, 29),
        coverage("channel", "Paid Video", 0, 0, null_reason="denominator is 0"),
        coverage("owner", "Kari", 28, 30),
        coverage("all", "all", 0, 1000),
        coverage("campaign", "autumn", 0, 1000),
    ]
    links = [violation(f"https://a.example/{place}", 10 - place) for place in range(5)]
    links += [
        violation("https://a.example/0", 7, session_date=monday(1)),
        violation("https://a.example/9", 99, owner="Ola"),
    ]
    links.append(violation("https://a.example/lost", 50, suggested_url=None))
    found = judge(run_model, values, quality__utm_violations=links)
    tags = {subject: (row["verdict"], row["missing"]) for (rule, subject), row in found.items() if rule == "fix_tags"}
    assert tags == {
        "Organic Social": ("fires", None),
        "Paid Social": ("quiet", None),
        "Organic Video": ("not_enough_data", "1 more social visits in the week"),
        "Kari": ("fires", None),
    }
    row = found["fix_tags", "Kari"]
    assert (row["owner"], row["confidence"], row["subject_kind"]) == ("Kari", 1, "owner")
    assert row["evidence"] == (
        "93.3 % of 30 social visits are tagged by the standard (at least 95 %); 6 links to mend, those with most visits: "
        "https://a.example/lost → its source can't be told (50); https://a.example/0 → https://a.example/0?utm_source=x (10); "
        "https://a.example/1 → https://a.example/1?utm_source=x (9)"
    )
    assert found["fix_tags", "Organic Social"]["evidence"].endswith("(at least 95 %)")


def test_without_a_plan_the_target_of_the_settings_holds(run_model: RunModel) -> None:
    rows = [coverage("channel", "Paid Social", 94, 100)]
    found = judge(run_model, rows, kpi__int_rule_targets=targets(utm_coverage=None))
    assert found["fix_tags", "Paid Social"]["verdict"] == "fires"


def test_a_week_that_is_not_complete_says_nothing_about_tags(run_model: RunModel) -> None:
    found = judge(run_model, [coverage("channel", "Paid Social", 0, 100, is_complete=False)])
    assert found["fix_tags", "all"]["missing"] == "social visits"


def credit(channel: str, number: int, weeks_before: int = 0, **more: Any) -> list[dict[str, Any]]:
    return [
        {
            "conversion_id": f"{channel}{weeks_before}{place}", "conversion_type": "lead", "conversion_date": monday(weeks_before),
            "model": "last_non_direct", "touch_number": 1, "channel": channel, "credit": Decimal(1), **more,
        }
        for place in range(number)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("brought", "verdict", "missing"),
    [
        ({"Paid Social": 95, "Email": 5}, "fires", None),
        ({"Paid Social": 75, "Email": 25}, "quiet", None),
        ({"Paid Social": 60, "Email": 40}, "quiet", None),
        ({"Paid Social": 77, "Email": 23}, "not_enough_data", "about 670 more conversions at these figures: 67.8 % sure, 90 % asked"),
        ({"Paid Social": 30}, "fires", None),
        ({"Paid Social": 19}, "not_enough_data", "1 more conversions with a known channel"),
        ({"Paid Social": 19, "Direct": 50, "Unattributed": 50}, "not_enough_data", "1 more conversions with a known channel"),
        ({"Direct": 50}, "not_enough_data", "conversions with a known channel"),
        ({"A": 24, "B": 24, "C": 24, "D": 24}, "quiet", None),
    ],
)  # fmt: skip
def test_spread_risk(run_model: RunModel, brought: dict[str, int], verdict: str, missing: str | None) -> None:
    rows = [row for channel, number in brought.items() for row in credit(channel, number)]
    found = judge(run_model, complete(), attribution__credits=rows)
    row = next(row for (rule, _), row in found.items() if rule == "spread_risk")
    assert (row["verdict"], row["missing"]) == (verdict, missing), row


def test_spread_risk_looks_at_its_weeks_and_the_model_of_the_settings(run_model: RunModel) -> None:
    rows = [
        *credit("Paid Social", 20, 3),
        *credit("Email", 20),
        *credit("Referral", 500, 4),
        *credit("AI Assistant", 500, 0, model="first"),
    ]
    row = judge(run_model, complete(), attribution__credits=rows)["spread_risk", "channels"]
    assert row["evidence"] == (
        "Email brings 50 % of 40 conversions of 4 weeks, Paid Social 50 % (to carry the goal: 25 %)"
    )
