"""How often the rules and risks cry wolf: two years of a brand in which all is chance. docs/decisions.md states the figures."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from config.home import Home
from tests.rule_rows import RunModel, ads, complete, monday, targets, weeks

WEEKS = 104
HISTORY = 28
DOCS = Path(__file__).parents[2] / "docs" / "decisions.md"
Rows = list[dict[str, Any]]

# mean, and how much it varies from week to week beyond counting (standard deviation of its logarithm)
SHARES = {"landing_page_cvr": (0.03, 800, 0), "profile_link_ctr": (0.015, 1500, 0.1), "video_completion_rate": (0.22, 20000, 0.05),
          "ctr_paid": (0.012, 60000, 0.05), "bounce_rate": (0.4, 900, 0.03), "qualified_lead_share": (0.4, 25, 0)}  # fmt: skip
COUNTS = {"leads_social": (12, 0), "email_signups": (60, 0.1), "profile_visits": (1500, 0.12), "orders": (30, 0)}
OTHERS = {
    "saves": (400, 0.2),
    "cpm": (90, 0.06),
    "organic_engagement_rate": (4, 0.15),
    "watch_time_hours": (120, 0.15),
    "roas": (2.4, 0.25),
}
COSTS = {"cpa": (100, 15), "cpl_paid": (200, 8)}


def value(
    kpi: str, place: int, figure: float, numerator: float, denominator: float | None, dimension: str = "all", member: str = "all"
) -> dict[str, Any]:  # fmt: skip
    exact = {"value": figure, "numerator": numerator, "denominator": denominator}
    return {
        "kpi": kpi, "period": "week", "period_start_date": monday(place), "dimension": dimension, "member": member, "is_complete": True,
        **{name: None if number is None else f"{number:.6f}" for name, number in exact.items()},
    }  # fmt: skip


def kpis(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Weeks of KPIs whose true value never changes."""
    for place in range(WEEKS + HISTORY):
        for kpi, (share, of, spread) in SHARES.items():
            trials = int(rng.poisson(of))
            hits = int(rng.binomial(trials, min(share * np.exp(rng.normal(0, spread)), 1)))
            yield value(kpi, place, 100 * hits / trials, hits, trials)
        for kpi, (mean, spread) in COUNTS.items():
            number = int(rng.poisson(mean * np.exp(rng.normal(0, spread))))
            yield value(kpi, place, number, number, None)
        for kpi, (mean, spread) in OTHERS.items():
            figure = mean * np.exp(rng.normal(0, spread))
            posts = 6 if kpi == "organic_engagement_rate" else None
            yield value(kpi, place, figure, figure * (posts or 1), posts)
            if posts:
                yield value(kpi, place, figure, figure * posts, posts, "platform", "instagram")
        for kpi, (cost, number_of) in COSTS.items():
            spend = cost * number_of * np.exp(rng.normal(0, 0.1))
            number = max(int(rng.poisson(spend / cost)), 1)
            yield value(kpi, place, spend / number, spend, number)
        views = int(20000 * np.exp(rng.normal(0, 0.2)))
        comments = int(rng.poisson(views * 0.007 * np.exp(rng.normal(0, 0.1))))
        yield value("comments_per_1000_views", place, 1000 * comments / views, comments, views, "platform", "instagram")
        visits, clicks = int(rng.poisson(1500 * np.exp(rng.normal(0, 0.12)))), 0
        clicks = int(rng.binomial(visits, 0.015))
        yield value("profile_visits", place, visits, visits, None, "platform", "instagram")
        yield value("profile_link_ctr", place, 100 * clicks / visits, clicks, visits, "platform", "instagram")


def campaigns(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Weeks of campaigns as dear as the target, or exactly as dear as the rule pause allows; all else at its target."""
    for place in range(WEEKS + 8):
        for number in range(6):
            for kind, cost in (("at target", 100), ("at limit", 120)):
                conversions = int(rng.poisson(6))
                leads = int(rng.poisson(4))
                yield ads(
                    f"{kind} {number}", place, spend=6.0 * cost, impressions=20000, link_clicks=int(rng.binomial(20000, 0.015)),
                    visits=200, visits_converted=int(rng.binomial(200, 0.03)), conversions=conversions, leads=leads,
                    leads_qualified=int(rng.binomial(leads, 0.4)),
                )  # fmt: skip


def days(rng: np.random.Generator) -> Iterator[dict[str, Any]]:
    """Days of a campaign whose budget never changes, and of which platforms spend a tenth more or less."""
    for place in range(7 * (WEEKS + 6)):
        yield {
            "platform": "meta", "account_key": "a", "entity_key": "at target 0", "campaign": "at target 0", "is_estimated": False,
            "date": monday() + timedelta(days=6 - place), "spend_reporting": f"{100 * np.exp(rng.normal(0, 0.1)):.4f}",
        }  # fmt: skip


@pytest.fixture(scope="module")
def inputs() -> dict[str, Rows]:
    rng = np.random.default_rng(20261109)
    values = list(kpis(rng))
    known = {(row["kpi"], row["period_start_date"]) for row in values if row["dimension"] == "all"}
    values += [row for row in complete(number=WEEKS + 8) if (row["kpi"], row["period_start_date"]) not in known]
    return {
        "kpi.int_rule_weeks": weeks(WEEKS), "kpi.int_rule_targets": targets(WEEKS), "kpi.kpi_values": values,
        "kpi.int_rule_ads": list(campaigns(rng)), "core.fct_ads_daily": list(days(rng)), "kpi.int_visits_daily": [],
    }  # fmt: skip


def stated() -> dict[str, str]:
    """The rates in the docs: percent by what they are of."""
    table = DOCS.read_text(encoding="utf-8").split("## How often they cry wolf")[1]
    return dict(re.findall(r"^\| `([a-z_]+(?:, [a-z ]+)?)` \| .*\| ([0-9.]+) % \|$", table, re.MULTILINE))


@pytest.mark.slow
def test_the_false_alarms_are_as_the_docs_say(
    run_model: RunModel, inputs: dict[str, Rows], own_rules: Callable[[str], Home]
) -> None:
    home = own_rules(f"judging: {{weeks: {WEEKS}}}")
    judged: dict[str, list[bool]] = {}
    for row in run_model("kpi.int_rule_verdicts", inputs, home=home):
        if row["subject"] == "all" or row["subject_kind"] not in ("campaign", "kpi", "channel"):
            continue
        name = row["rule"]
        if row["subject_kind"] == "campaign" and row["rule"] != "scaling_policy":
            name += f", {row['subject'][:-2]}"
        elif row["rule"] == "scaling_policy" and row["subject"] != "at target 0":
            continue
        judged.setdefault(name, []).append(row["verdict"] == "fires")
    of_risks = {name: rows for name, rows in inputs.items() if name not in ("kpi.int_rule_ads", "kpi.int_visits_daily")}
    for row in run_model("kpi.risks", of_risks, home=home):
        if (
            row["risk"] in ("slow_iterations", "trust_eroding", "organic_reach_volatile")
            and row["state"] != "not_enough_data"
        ):
            judged.setdefault(row["risk"], []).append(row["state"] == "risen")
    rates = {name: f"{100 * sum(fired) / len(fired):.1f}" for name, fired in judged.items()}
    print({name: (rate, len(judged[name])) for name, rate in sorted(rates.items())})
    assert {name: rates[name] for name in stated()} == stated()
