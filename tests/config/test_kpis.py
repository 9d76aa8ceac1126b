"""kpis.yml and plans/*.yml: what ships is whole, and every mistake is named with its line before anything runs."""

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest

from config.home import Home
from config.kpis import COMPUTED, load_kpis, tables
from config.plans import load_plans
from config.plans import tables as plan_tables
from config.yaml_file import SHIPPED, ConfigError

KPI_MODELS = Path(__file__).parents[2] / "sql" / "kpi"
MEASURE_MODELS = [*sorted(KPI_MODELS.glob("int_measures_*.sql")), KPI_MODELS / "counted_rows.sql"]
PLANNED = {
    "nb2026": {
        "video_completion_rate", "comments_per_1000_views", "profile_visits", "profile_link_ctr", "qa_pass_rate", "policy_flags",
        "landing_page_cvr", "leads_social", "cpl_paid", "utm_coverage", "creator_collaborations",
    },
    "sv2026": {
        "organic_engagement_rate", "follower_growth_net", "negative_feedback_per_1000_views", "ctr_paid", "landing_page_cvr", "cpa",
        "qualified_lead_share", "utm_coverage", "roas",
    },
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def edit(home: Home, name: str, *changes: tuple[str, str]) -> int:
    """Override a shipped file with changes of its text; returns the line of the first change."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    line = text[: text.index(changes[0][0])].count("\n") + 1
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = home.config / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return line


def fault(load: Callable[[Home], object], home: Home) -> str:
    with pytest.raises(ConfigError) as caught:
        load(home)
    return str(caught.value)


def test_every_plan_of_the_catalogue_ships_with_its_kpis(home: Home) -> None:
    plans = {plan.plan: plan for plan in load_plans(home)}
    assert {name: set(plan.targets) for name, plan in plans.items()} == PLANNED
    assert len(PLANNED["nb2026"] | PLANNED["sv2026"]) == 18
    assert (plans["nb2026"].currency, plans["sv2026"].currency) == ("NOK", "SEK")
    engagement = plans["sv2026"].targets["organic_engagement_rate"]
    assert (engagement.baseline, engagement.target) == (Decimal("3.5"), Decimal("5.0"))
    table = plan_tables(home)
    assert {str(day) for day in table["plans"]["end_date"].to_pylist()} == {"2026-11-15"}
    owners = dict(
        zip(table["plan_targets"]["kpi"].to_pylist(), table["plan_targets"]["owner"].to_pylist(), strict=True)
    )
    assert owners["creator_collaborations"] == "Content Lead"


def test_each_measure_is_computed_by_one_model_and_used(home: Home) -> None:
    kpis = load_kpis(home)
    computed = {
        model.name: set(re.findall(r"'([a-z0-9_]+)'", model.read_text(encoding="utf-8"))) & set(kpis.measures)
        for model in MEASURE_MODELS
    }
    for measure in (name for name, one in kpis.measures.items() if one.kind in COMPUTED):
        assert [name for name, names in computed.items() if measure in names], f"no model computes {measure}"
    used = {measure for kpi in kpis.kpis.values() for measure in kpi.measures}
    assert set(kpis.measures) - used == {"revenue"}


def test_the_tables_are_stable_and_typed(home: Home) -> None:
    first, again = tables(home), tables(home)
    assert {name: str(table.schema) for name, table in first.items()} == {
        name: str(table.schema) for name, table in again.items()
    }
    assert all(first[name].equals(again[name]) for name in first)
    rows = {row["kpi"]: row for row in first["kpis"].to_pylist()}
    assert (rows["watch_time_hours"]["scale_numerator"], rows["watch_time_hours"]["scale_denominator"]) == (1, 3600)
    assert rows["cpm"]["title_nb"] == "CPM"
    assert not rows["reach"]["is_additive"]


def test_a_typo_in_a_measure(home: Home) -> None:
    line = edit(home, "kpis.yml", ("numerator: social_sessions_bounced,", "numerator: social_sesions_bounced,"))
    text = fault(load_kpis, home)
    assert f"kpis.yml:{line}: 'bounce_rate' has no measure 'social_sesions_bounced'" in text
    assert "did you mean 'social_sessions_bounced'?" in text
    assert "allowed: ad_impressions_social, " in text


def test_an_owner_that_is_missing(home: Home) -> None:
    line = edit(home, "kpis.yml", ("owner: SoMe Lead, title: [Impressions,", "title: [Impressions,"))
    assert re.search(rf"kpis\.yml:{line - 1}: 'kpis\.impressions\.owner' is missing", fault(load_kpis, home))


def test_a_dimension_that_no_measure_has(home: Home) -> None:
    edit(
        home,
        "kpis.yml",
        (
            "dims: [channel, source, campaign, landing_page, consent]}",
            "dims: [channel, source, campain, landing_page, consent]}",
        ),
    )
    text = fault(load_kpis, home)
    assert "'bounce_rate' has no dimension 'campain'" in text
    assert "did you mean 'campaign'?" in text


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "tier: attention, phase: awareness, unit: count,",
            "tier: attention, phase: awareness, unit: cuont,",
            "'count'",
        ),
        ("better: up,", "better: upp,", "'up', 'down' or 'none'"),
        ("scale: 1/3600", "scale: 0", "a positive whole number or a fraction such as 1/3600"),
        ("numerator: reach, additive: false,", "numerator: reach,", "allowed: additive: false"),
        ("marked_by: posts_estimated", "marked_bye: posts_estimated", "unknown key 'kpis.impressions.marked_bye'"),
        ("absent: unknown", "absent: nothing", "'zero' or 'unknown'"),
    ],
)
def test_what_else_can_be_wrong_in_a_kpi(home: Home, old: str, new: str, said: str) -> None:
    line = edit(home, "kpis.yml", (old, new))
    text = fault(load_kpis, home)
    assert said in text
    assert abs(int(re.search(r"kpis\.yml:(\d+):", text)[1]) - line) <= 3  # type: ignore[index]


def test_a_measure_of_visits_tells_what_of_it_is_with_consent(home: Home) -> None:
    dims = "dims: [channel, reason, consent]"
    line = edit(home, "kpis.yml", (dims, "dims: [channel, reason]"))
    assert (
        f"kpis.yml:{line}: 'leads_unattributed' comes from leads and must tell what of it is with consent; add 'consent' to its dims"
        in fault(load_kpis, home)
    )


def test_consent_is_for_what_adds_up(home: Home) -> None:
    unique = "kind: unique, absent: unknown, dims: [account"
    line = edit(home, "kpis.yml", (f"{unique}]", f"{unique}, consent]"))
    text = fault(load_kpis, home)
    assert f"kpis.yml:{line}: 'reach' is by consent, which is only for what adds up; allowed: flow" in text


def test_a_kpi_tells_the_consent_of_what_it_is_divided_by_else_of_what_it_counts(home: Home) -> None:
    table = tables(home)
    parts = {row["kpi"]: row["consent_part"] for row in table["kpis"].to_pylist()}
    assert {name: parts[name] for name in ("cpl_paid", "cpa", "cac", "bounce_rate", "utm_coverage")} == dict.fromkeys(
        ("cpl_paid", "cpa", "cac", "bounce_rate", "utm_coverage"), "denominator"
    )
    assert {name: parts[name] for name in ("roas", "pipeline_per_10k_spend", "leads_social", "orders")} == dict.fromkeys(
        ("roas", "pipeline_per_10k_spend", "leads_social", "orders"), "numerator"
    )  # fmt: skip
    assert (parts["saves"], parts["cpm"], parts["reach"]) == (None, None, None)
    telling = {(row["kpi"], row["measure"]) for row in table["kpi_parts"].to_pylist() if row["tells_consent"]}
    assert {pair for pair in telling if pair[0] in ("cac", "roas", "bounce_rate", "cpm")} == {
        ("cac", "new_customers"), ("roas", "revenue_paid_social"), ("bounce_rate", "social_sessions")
    }  # fmt: skip


def test_a_target_without_kpi(home: Home) -> None:
    line = edit(home, "plans/nb2026.yml", ("  leads_social:", "  leads_socail:"))
    text = fault(load_plans, home)
    assert (
        f"nb2026.yml:{line}: a target for a KPI that does not exist: 'leads_socail' (did you mean 'leads_social'?); allowed: "
        in text
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("currency: NOK}", "currency: SEK}", "'cpl_paid' is in SEK, the plan in NOK; allowed: NOK"),
        ("profile_visits: {", "profile_visits: {currency: NOK, ", "'profile_visits' is in count_per_week, not in money"),
        ("baseline: 280, target: 220,", "baseline: 280, target: 320,", "its target 320 is worse than its baseline 280"),
        ("policy_flags: {target: 0,", "posts_per_week: {target: 5,", "'posts_per_week' is neither better up nor down"),
        ("baseline: 45,", "baseline: mesured,", "'targets.leads_social.baseline' is 'mesured'; allowed: a number, or measured"),
        ("baseline: 45,", "baseline: 45, baseline_days: 28,", "'leads_social' has no baseline to measure; allowed: baseline: measured"),
        ("leads_social: {", "reach: {target: 1, baseline: measured}\n  leads_social: {", "'reach' does not add up over days"),
        ("start_date: 2026-08-18", "start_date: soon", "'start_date' is 'soon'"),
        ("target: 90, owner: Demand Gen", "targt: 90, owner: Demand Gen", "unknown key 'targets.leads_social.targt'"),
    ],
)  # fmt: skip
def test_what_else_can_be_wrong_in_a_plan(home: Home, old: str, new: str, said: str) -> None:
    line = edit(home, "plans/nb2026.yml", (old, new))
    text = fault(load_plans, home)
    assert f"nb2026.yml:{line}:" in text
    assert said in text


def test_a_home_may_add_a_plan_but_not_repeat_one(home: Home) -> None:
    text = (SHIPPED / "plans" / "nb2026.yml").read_text(encoding="utf-8")
    own = home.config / "plans" / "autumn.yml"
    own.parent.mkdir()
    own.write_text(text.replace("plan: nb2026", "plan: autumn"), encoding="utf-8")
    assert [plan.plan for plan in load_plans(home)] == ["autumn", "nb2026", "sv2026"]
    own.write_text(text, encoding="utf-8")
    assert "the plan 'nb2026' stands in" in fault(load_plans, home)
