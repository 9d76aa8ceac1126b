"""What the decision rules are judged by: which weeks, which targets, and what campaigns, ads and channels cost and brought."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.home import Home
from tests.rule_rows import WEEK, RunModel, complete, monday, weeks


def test_the_newest_complete_weeks_are_judged(run_model: RunModel, own_rules: Callable[[str], Home]) -> None:
    values = complete(["cpa"], 5) + [{**row, "kpi": "saves", "is_complete": False} for row in complete(["cpa"], 6)]
    values += [{**row, "period": "month"} for row in complete(["cpa"], 9)]
    values += [{**row, "dimension": "campaign"} for row in complete(["cpa"], 12)]
    values[0] = {**values[0], "is_complete": False}
    rows = run_model("kpi.int_rule_weeks", {"kpi.kpi_values": values}, home=own_rules("judging: {weeks: 3}"))
    assert sorted((row["week_start_date"], row["week_end_date"]) for row in rows) == [
        (monday(place), monday(place) + timedelta(days=6)) for place in (3, 2, 1)
    ]


def score(plan: str, kpi: str, target: float, currency: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "plan": plan, "kpi": kpi, "week_start_date": WEEK, "target": Decimal(str(target)), "expected": Decimal(str(target + 1)),
        "currency": currency, "owner": f"{plan} owner", **more,
    }  # fmt: skip


def rate(currency: str, units: str) -> dict[str, Any]:
    return {
        "currency": currency, "date": WEEK + timedelta(days=6), "units_reporting": Decimal("11.5"), "units_currency": Decimal(units),
    }  # fmt: skip


SCORECARD = [
    score("nb2026", "landing_page_cvr", 3.1),
    score("sv2026", "landing_page_cvr", 3.3),
    score("nb2026", "cpl_paid", 220, "NOK"),
    score("sv2026", "cpa", 330, "SEK"),
]


@pytest.fixture
def targets(run_model: RunModel, own_rules: Callable[[str], Home]) -> Callable[..., dict[str, dict[str, Any]]]:
    def run(text: str = "{}", rates: list[dict[str, Any]] | None = None) -> dict[str, dict[str, Any]]:
        inputs = {
            "kpi.int_rule_weeks": weeks(), "kpi.kpi_values": complete(["cpa"]), "kpi.scorecard": SCORECARD,
            "core.int_rates_daily": [rate("SEK", "11.0")] if rates is None else rates,
        }  # fmt: skip
        rows = run_model("kpi.int_rule_targets", inputs, home=own_rules(text))
        return {row["kpi"]: row for row in rows}

    return run


Targets = Callable[..., dict[str, dict[str, Any]]]


def test_targets_come_from_plans_and_money_is_converted(targets: Targets) -> None:
    found = targets()
    assert (found["cpl_paid"]["target"], found["cpl_paid"]["origin"], found["cpl_paid"]["owner"]) == (
        220,
        "nb2026",
        "nb2026 owner",
    )
    assert found["cpa"]["target"] == Decimal("345.000000")
    assert found["cpm"]["target"] is None
    assert (found["cpm"]["missing"], found["cpm"]["owner"], found["cpm"]["is_complete"]) == (
        '{"text":"target_for","kpi":"cpm"}',
        "Paid Specialist",
        False,
    )
    assert (found["cpa"]["missing"], found["cpa"]["is_complete"]) == (None, True)


def test_a_missing_rate_is_said(targets: Targets) -> None:
    found = targets(rates=[])
    assert (found["cpa"]["target"], found["cpa"]["missing"]) == (None, '{"text":"rate_for","currency":"SEK"}')
    assert found["cpl_paid"]["target"] == 220


@pytest.mark.parametrize(("text", "target"), [("{}", "3.1"), ("judging: {plan: sv2026}", "3.3"), ("judging: {plan: nb2026}", "3.1"),
                                              ("judging: {against: expected}", "4.1")])  # fmt: skip
def test_of_several_plans_the_named_one_goes_first(targets: Targets, text: str, target: str) -> None:
    assert targets(text)["landing_page_cvr"]["target"] == Decimal(target)


def test_without_a_plan_the_targets_of_the_file_hold(targets: Targets) -> None:
    found = targets(
        "targets: {cpm: {target: 50}, cpc: {target: 11, currency: SEK}, cpa: {target: 1}, save_rate: {target: 2}}"
    )
    assert {kpi: (found[kpi]["target"], found[kpi]["origin"]) for kpi in ("cpm", "cpc", "cpa", "save_rate")} == {
        "cpm": (50, "decision_rules.yml"),
        "cpc": (Decimal("11.500000"), "decision_rules.yml"),
        "cpa": (345, "sv2026"),
        "save_rate": (2, "decision_rules.yml"),
    }


PLAN = """plan: {name}
title: Another plan
currency: NOK
start_date: {start}
days: 7
targets: {{landing_page_cvr: {{target: 9}}}}
"""


@pytest.mark.parametrize(("start", "origin"), [("2026-11-12", "late"), ("2026-10-01", "nb2026")])
def test_a_running_plan_goes_before_one_that_is_over(
    run_model: RunModel, own_rules: Callable[[str], Home], start: str, origin: str
) -> None:
    home = own_rules("{}")
    (home.config / "plans").mkdir()
    (home.config / "plans" / "late.yml").write_text(PLAN.format(name="late", start=start), encoding="utf-8")
    inputs = {
        "kpi.int_rule_weeks": weeks(), "kpi.kpi_values": [], "core.int_rates_daily": [],
        "kpi.scorecard": [*SCORECARD, score("late", "landing_page_cvr", 9)],
    }  # fmt: skip
    rows = {row["kpi"]: row for row in run_model("kpi.int_rule_targets", inputs, home=home)}
    assert rows["landing_page_cvr"]["origin"] == origin


def test_visits_by_campaign_content_and_page(run_model: RunModel) -> None:
    def session(session_id: str, **more: Any) -> dict[str, Any]:
        return {
            "session_id": session_id, "session_date": WEEK, "is_social": True, "is_paid": True, "platform": "instagram",
            "campaign": "Autumn ", "content": "Film", "landing_path": "/a", **more,
        }  # fmt: skip

    rows = run_model(
        "kpi.int_visits_daily",
        {
            "core.fct_sessions": [
                session("1"),
                session("2"),
                session("3", is_paid=None, campaign=None, content=None, landing_path=None, platform=None),
                session("4", is_social=False),
            ],
            "core.fct_conversions": [{"conversion_id": f"lead:{place}", "session_id": "1"} for place in range(2)],
        },
    )
    assert sorted(tuple(row.values()) for row in rows) == [
        (WEEK, False, "", "", "", None, "", 1, 0),
        (WEEK, True, "instagram", "autumn", "film", None, "/a", 2, 1),
    ]


def ad(day: date, **more: Any) -> dict[str, Any]:
    return {
        "platform": "meta", "account_key": "a", "entity_key": str(more), "campaign": "Autumn", "ad": "Film", "date": day,
        "spend_reporting": Decimal(100), "impressions": 1000, "link_clicks": 20, "views": 400, "views_completed": 100, **more,
    }  # fmt: skip


def touch(conversion: str, kind: str = "lead", **more: Any) -> dict[str, Any]:
    return {
        "conversion_id": conversion, "conversion_type": kind, "conversion_date": WEEK, "model": "last_non_direct", "touch_number": 1,
        "platform": "instagram", "campaign": "autumn", "content": "film", "credit": Decimal("0.5"), "is_social": True, "is_paid": True,
        **more,
    }  # fmt: skip


def visit(**more: Any) -> dict[str, Any]:
    return {
        "date": WEEK, "is_paid": True, "platform": "facebook", "campaign": "autumn", "content": "film", "landing_page": "/", "visits": 10,
        "visits_converted": 2, **more,
    }  # fmt: skip


def test_what_campaigns_ads_and_channels_cost_and_brought(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_rule_ads",
        {
            "kpi.int_rule_weeks": weeks(),
            "core.fct_ads_daily": [
                ad(WEEK),
                ad(WEEK, ad="Picture", link_clicks=None, views_completed=None),
                ad(WEEK + timedelta(days=6), impressions=None),
                ad(WEEK + timedelta(days=7)),
                ad(WEEK, platform="google"),
                ad(WEEK - timedelta(days=7 * 60)),
            ],
            "kpi.int_visits_daily": [
                visit(),
                visit(content="other"),
                visit(is_paid=False),
                visit(campaign="", content=""),
            ],
            "attribution.credits": [
                touch("lead:1"),
                touch("lead:2"),
                touch("order:1", "order", content=None),
                touch("lead:1", model="first", touch_number=2),
                touch("lead:3", is_paid=False),
                touch("lead:4", is_social=False),
            ],
            "core.fct_conversions": [
                {"conversion_id": f"lead:{number}", "is_qualified": number == 1} for number in range(1, 5)
            ]
            + [{"conversion_id": "order:1"}],
        },
    )
    names = ("days_with_spend", "spend", "impressions", "link_clicks", "impressions_with_clicks", "views", "views_completed", "visits",
             "visits_converted", "conversions", "leads", "leads_qualified")  # fmt: skip
    found = {
        (row["subject_kind"], row["subject"]): tuple(row[name] for name in names)
        for row in rows
        if row["week_start_date"] == WEEK
    }
    half = Decimal("0.5")
    assert found == {
        ("campaign", "autumn"): (2, 300, 2000, 20, 1000, 800, 200, 20, 4, 3 * half, 2 * half, half),
        ("ad", "autumn / film"): (2, 200, 1000, 20, 1000, 800, 200, 10, 2, 2 * half, 2 * half, half),
        ("ad", "autumn / picture"): (1, 100, 1000, None, None, None, None, 0, 0, 0, 0, 0),
        ("ad", "autumn / other"): (0, None, None, None, None, None, None, 10, 2, 0, 0, 0),
        ("channel", "meta"): (2, 300, 2000, 20, 1000, 800, 200, 30, 6, 3 * half, 2 * half, half),
    }
    assert {row["week_start_date"] for row in rows} == {WEEK, WEEK + timedelta(days=7)}
