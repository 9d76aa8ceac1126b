"""bridge.yml: what ships multiplies to its KPIs; a ladder that does not is named with its line before anything runs."""

import re
from pathlib import Path

import pytest

from config.bridge import load_bridge, steps, tables
from config.home import Home
from config.kpis import load_kpis
from config.yaml_file import SHIPPED, ConfigError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def edit(home: Home, old: str, new: str) -> int:
    """Override bridge.yml with a change of its text; returns the line of the change."""
    text = (SHIPPED / "bridge.yml").read_text(encoding="utf-8")
    assert text.count(old) >= 1
    (home.config / "bridge.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def fault(home: Home) -> str:
    with pytest.raises(ConfigError) as caught:
        load_bridge(home)
    return str(caught.value)


def test_every_ladder_goes_from_its_kpis_numerator_to_its_denominator(home: Home) -> None:
    bridge, kpis = load_bridge(home), load_kpis(home)
    assert {"revenue_social", "leads_social", "roas", "cpa", "cpl_paid"} <= set(bridge.ladders)
    cost = steps(kpis, "cpa", bridge.ladders["cpa"])
    assert [(step.part.part, step.up.kpi, step.down.kpi, step.down.side) for step in cost] == [
        ("cpm", "cpa", "paid_social_impressions", "numerator"),
        ("ctr", "paid_social_impressions", "paid_social_clicks", "numerator"),
        ("conversion_rate", "paid_social_clicks", "cpa", "denominator"),
    ]
    revenue = steps(kpis, "revenue_social", bridge.ladders["revenue_social"])
    assert [(step.position, step.part.part, step.down.side) for step in revenue][-1] == (1, "impressions", "one")
    scales = {row["kpi"]: row["scale"] for row in tables(home)["bridge_kpis"].to_pylist()}
    assert (scales["landing_page_cvr"], scales["cpa"], scales["leads_social"]) == (100, 1, 30.4375 / 7)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("orders_social, per: social_sessions", "orders_social, per: social_sesions", "'social_sesions' names no KPI (did you mean"),
        ("of: social_sessions, per: impressions", "of: social_sessions", "the parts of 'revenue_social' don't multiply to it"),
        ("of: roas.denominator", "of: roas.numerator", "'roas.numerator' is no sum; allowed: roas (its numerator) or its .denominator"),
        ("of: social_sessions, per", "of: reach, per", "'reach' is a stock or a unique count"),
        ("  revenue_social:\n    -", "  revenue_socail:\n    -", "a ladder for a KPI that does not exist: 'revenue_socail'"),
        ("divides: true, unit: money", "divides: perhaps, unit: money", "'ladders.roas.0.divides' is 'perhaps'"),
        ("part: visit_rate", "part: impressions", "'impressions' names another part of 'revenue_social' already"),
        ("  landing_page_cvr: [channel]", "  landing_page_cvr: [chanel]", "'landing_page_cvr' has no dimension 'chanel'"),
        ("  landing_page_cvr: [channel]", "  follower_growth_net: [platform]", "'follower_growth_net' is made of a stock"),
        ("  landing_page_cvr: [channel]", "  landing_cvr: [channel]", "a cut of a KPI that does not exist: 'landing_cvr'"),
        ("largest: 12", "largest: 0", "'largest' is 0"),
    ],
)  # fmt: skip
def test_what_can_be_wrong(home: Home, old: str, new: str, said: str) -> None:
    line = edit(home, old, new)
    text = fault(home)
    assert said in text
    assert abs(int(re.search(r"bridge\.yml:(\d+):", text)[1]) - line) <= 2  # type: ignore[index]


def test_a_cost_that_forgets_to_divide(home: Home) -> None:
    line = edit(
        home,
        "per: paid_social_clicks, divides: true, unit: percent, title: [Conversions",
        "per: paid_social_clicks, unit: percent, title: [Conversions",
    )
    text = fault(home)
    assert (
        f"bridge.yml:{line - 3}: the parts of 'cpa' don't multiply to it: none of those left (conversion_rate)" in text
    )
