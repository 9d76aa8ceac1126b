"""kpi.risks: each risk made to rise, kept calm, and left without data."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from config.home import Home
from tests.rule_rows import WEEK, RunModel, monday, targets, weeks

Risks = dict[tuple[str, str], dict[str, Any]]
FLAT = [100.0, 101, 99, 100, 102, 98, 100, 101, 99, 100, 101, 99, 100, 101, 99, 100]


def series(
    kpi: str, values: Sequence[float | None], numerator: Sequence[float] | float | None = None, denominator: float | None = None
) -> list[dict[str, Any]]:  # fmt: skip
    """kpi.kpi_values: a KPI by week, the oldest first."""
    rows = []
    for place, one in enumerate(values):
        counted = numerator[place] if isinstance(numerator, Sequence) else numerator
        exact = {"value": one, "numerator": one if counted is None else counted, "denominator": denominator}
        rows.append(
            {
                "kpi": kpi, "period": "week", "period_start_date": monday(len(values) - 1 - place), "dimension": "all", "member": "all",
                "is_complete": True, "null_reason": None if one is not None else "no data from content",
                **{name: None if number is None else Decimal(str(round(number, 6))) for name, number in exact.items()},
            }
        )  # fmt: skip
    return rows


def ratio(kpi: str, values: Sequence[float], of: float, scale: float = 100) -> list[dict[str, Any]]:
    return series(kpi, values, [one * of / scale for one in values], of)


def judge(
    run_model: RunModel, rows: Sequence[dict[str, Any]], *, ads: Sequence[dict[str, Any]] = (), **options: Any
) -> Risks:
    inputs = {
        "kpi.int_rule_weeks": weeks(), "kpi.int_rule_targets": targets(), "kpi.kpi_values": rows, "core.fct_ads_daily": ads,
    }  # fmt: skip
    return {(row["risk"], row["kpi"]): row for row in run_model("kpi.risks", inputs, **options)}


def state(found: Risks, risk: str, kpi: str) -> tuple[str, str | None]:
    return found[risk, kpi]["state"], found[risk, kpi]["missing"]


FALL, RISE = [*FLAT[:-2], 90.0, 80.0], [*FLAT[:-2], 110.0, 120.0]
DROP, LEAP = [*FLAT[:-2], 80.0, 80.0], [*FLAT[:-2], 120.0, 120.0]
HIGHER = [*FLAT[:-4], 130.0, 131.0, 129.0, 130.0]
LOWER = [*FLAT[:-4], 70.0, 71.0, 69.0, 70.0]


def claimed(conversions: Sequence[int]) -> list[dict[str, Any]]:
    """core.fct_ads_daily: conversions that a platform claims, by week."""
    return [
        {
            "platform": "meta", "account_key": "a", "entity_key": "x", "date": monday(len(conversions) - 1 - place),
            "platform_conversions": number, "is_estimated": False,
        }
        for place, number in enumerate(conversions)
    ]  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A risk's KPI, the rows that bring it about, and what is to come out."""

    risk: str
    kpi: str
    rows: list[dict[str, Any]]
    state: str
    missing: str | None = None
    ads: list[dict[str, Any]] = field(default_factory=list)

    @property
    def touches(self) -> set[str]:
        """The KPIs that its outcome depends on: no other case may give rows of them in the same run."""
        beside = {
            "followers_without_sales": {"follower_growth_net"}, "metrics_off_target": {"views", "impressions"},
            "scaled_before_proof": {"cpa"}, "reporting_immature": {"cpa"},
        }.get(self.risk, set())  # fmt: skip
        return {self.kpi, *(row["kpi"] for row in self.rows), *beside}


def alone(risk: str, kpi: str, values: Sequence[float | None], *outcome: str) -> Case:
    return Case(risk, kpi, series(kpi, values), *outcome)


def followers(grown: Sequence[float], leads: Sequence[float], *outcome: str) -> Case:
    rows = [*series("follower_growth_net", grown), *series("leads_social", leads)]
    return Case("followers_without_sales", "leads_social", rows, *outcome)


def views(seen: Sequence[float], shown: Sequence[float], cpa: Sequence[float], *outcome: str) -> Case:
    rows = [*series("views", seen), *series("impressions", shown), *series("cpa", cpa)]
    return Case("metrics_off_target", "cpa", rows, *outcome)


def spend(spent: Sequence[float], kpi: str, values: Sequence[float], *outcome: str) -> Case:
    return Case("scaled_before_proof", kpi, [*series("cpa", spent, spent, 10), *series(kpi, values)], *outcome)


def platforms(by_platform: Sequence[int], state: str, missing: str | None = None) -> Case:
    rows = series("cpa", [50.0] * 16, [5000.0] * 16, 100)
    return Case("reporting_immature", "landing_page_cvr", rows, state, missing, claimed(by_platform))


NO_DATA = "not_enough_data"
THREE, FOUR, EIGHT = (f"the {number} weeks up to this one, each complete" for number in (3, 4, 8))
CASES = [
    alone("organic_reach_volatile", "video_completion_rate", FALL, "risen"),
    alone("organic_reach_volatile", "video_completion_rate", [*FLAT[:-2], 101, 80], "calm"),
    alone("organic_reach_volatile", "video_completion_rate", FLAT, "calm"),
    alone("organic_reach_volatile", "video_completion_rate", [90, 80], NO_DATA, THREE),
    Case("organic_reach_volatile", "returning_viewers_share", [], NO_DATA, "values of returning_viewers_share"),
    alone("reporting_immature", "utm_coverage", [99, 94.9], "risen"),
    alone("reporting_immature", "utm_coverage", [90, 95], "calm"),
    platforms([100] * 15 + [200], "risen"),
    platforms([100] * 15 + [40], "risen"),
    platforms([100] * 15 + [115], "calm"),
    platforms([300] * 16, "calm"),  # three times as many, as usual
    platforms([100] * 3 + [200], NO_DATA, "1 more weeks of both before it"),
    platforms([], NO_DATA, "conversions that platforms claim, and those credited to paid social, of the whole week"),
    Case("brand_safety", "qa_pass_rate", ratio("qa_pass_rate", [100, 89], 100), "risen"),
    Case("brand_safety", "qa_pass_rate", ratio("qa_pass_rate", [0, 90], 100), "calm"),
    Case("brand_safety", "qa_pass_rate", ratio("qa_pass_rate", [0, 0], 4), NO_DATA, "1 more items that were reviewed"),
    Case("brand_safety", "qa_pass_rate", ratio("qa_pass_rate", [0, 0], 5), "risen"),
    alone("brand_safety", "policy_flags", [0, 0, 1], "risen"),
    alone("brand_safety", "policy_flags", [1, 1, 0], "calm"),
    alone("brand_safety", "policy_flags", [0, None], NO_DATA, "no data from content"),
    followers(FLAT, FLAT, "risen"),
    followers(FLAT, LOWER, "risen"),
    followers(FLAT, HIGHER, "calm"),
    followers([-one for one in FLAT], FLAT, "calm"),
    followers([0.0] * 16, FLAT, "calm"),
    followers(FLAT[:3], FLAT, NO_DATA, "4 weeks that are complete"),
    followers(FLAT, FLAT[:7], NO_DATA, EIGHT),
    alone("tempo", "assets_published", [9, 9, 3], "risen"),
    alone("tempo", "assets_published", [9, 9, 4], "calm"),
    alone("tempo", "assets_published", [9, None], NO_DATA, "no data from content"),
    alone("tempo", "lead_time_brief_to_publish", LEAP, "risen"),
    alone("tempo", "lead_time_brief_to_publish", DROP, "calm"),
    views(HIGHER, HIGHER, FLAT, "risen"),
    views(HIGHER, HIGHER, LOWER, "calm"),  # CPA got better
    views(HIGHER, FLAT, FLAT, "calm"),
    views(FLAT, FLAT, FLAT, "calm"),
    views(HIGHER, [], FLAT, "risen"),  # impressions are in no file
    views([], [], FLAT, NO_DATA, "spend, followers or views to compare with"),
    views(HIGHER, HIGHER, [], NO_DATA, "values of cpa"),
    alone("slow_iterations", "creative_tests_started", [9, 9, 7], "risen"),
    alone("slow_iterations", "creative_tests_started", [1, 1, 8], "calm"),
    alone("slow_iterations", "creative_tests_started", [0, 0, 0], "risen"),
    alone("slow_iterations", "ctr_paid", DROP, "risen"),
    alone("slow_iterations", "ctr_paid", FLAT, "calm"),
    alone("measurement_brittle", "unattributed_lead_share", LEAP, "risen"),
    alone("measurement_brittle", "unattributed_lead_share", FLAT, "calm"),
    alone("measurement_brittle", "unattributed_lead_share", LEAP[-3:], NO_DATA, FOUR),
    alone("measurement_brittle", "utm_coverage", DROP, "risen"),
    alone("trust_eroding", "negative_feedback_per_1000_views", LEAP, "risen"),
    alone("trust_eroding", "negative_comment_share", LEAP, "risen"),
    alone("trust_eroding", "bounce_rate", LEAP, "risen"),
    alone("trust_eroding", "bounce_rate", DROP, "calm"),
    alone("trust_eroding", "bounce_rate", [*FLAT[:-2], 101, 102], "calm"),
    spend(HIGHER, "roas", LOWER, "risen"),
    spend(FLAT, "roas", LOWER, "calm"),
    spend(HIGHER, "roas", FLAT, "calm"),
    spend(HIGHER[:7], "roas", LOWER, NO_DATA, EIGHT),
    spend(HIGHER, "cpa_variation", [0.1] * 12 + [0.5] * 4, "risen"),
    spend(HIGHER, "cpa_variation", [0.1] * 12 + [0.15] * 4, "calm"),
    spend(HIGHER, "cpa_variation", [0.5] * 12 + [0.1] * 4, "calm"),
    spend(FLAT, "cpa_variation", [0.1] * 12 + [0.5] * 4, "calm"),
    spend(HIGHER, "cpa_variation", [0.5] * 4, NO_DATA, "cpa_variation of four weeks before"),
    spend(HIGHER, "cpa_variation", [], NO_DATA, "values of cpa_variation"),
]


@pytest.fixture(scope="module")
def found(run_model: RunModel) -> list[dict[str, Any]]:
    """The row of each case; cases that don't touch each other are run together."""
    together: list[list[int]] = []
    for place, case in enumerate(CASES):
        free = (run for run in together if not any(case.touches & CASES[other].touches for other in run))
        run = next(free, None)
        if run is None:
            together.append([place])
        else:
            run.append(place)
    rows: dict[int, dict[str, Any]] = {}
    for run in together:
        cases = [CASES[place] for place in run]
        inputs = [row for case in cases for row in case.rows]
        risks = judge(run_model, inputs, ads=[row for case in cases for row in case.ads])
        rows |= {place: risks[CASES[place].risk, CASES[place].kpi] for place in run}
    return [rows[place] for place in range(len(CASES))]


@pytest.mark.parametrize("place", range(len(CASES)), ids=lambda place: f"{CASES[place].kpi}-{CASES[place].state}")
def test_a_risk_rises_stays_calm_or_lacks_data(found: list[dict[str, Any]], place: int) -> None:
    row, case = found[place], CASES[place]
    assert (row["state"], row["missing"]) == (case.state, case.missing), row


def test_the_evidence(found: list[dict[str, Any]]) -> None:
    evidence = {
        (CASES[place].risk, CASES[place].kpi, CASES[place].state): row["evidence"] for place, row in enumerate(found)
    }
    assert evidence["brand_safety", "qa_pass_rate", "calm"] == "qa_pass_rate 90 percent, at least 90 asked"
    assert evidence["brand_safety", "policy_flags", "risen"] == "policy_flags 1 count, more than 0 is a risk"
    assert evidence["scaled_before_proof", "roas", "risen"] == (
        "roas 70 ratio in four weeks after 99.75, usual change 0.52; weekly spend 130 after 99.75"
    )
    assert found[7]["evidence"] == (
        "platforms claim 200 conversions, 100 are credited to paid social: 2.00 times, usually 1 (12 weeks)"
    )


def test_every_risk_has_its_row_a_kpi_and_week_with_texts(run_model: RunModel) -> None:
    found = judge(run_model, [])
    assert len(found) == 23
    assert {row["state"] for row in found.values()} == {"not_enough_data"}
    row = found["tempo", "assets_published"]
    assert (row["title_sv"], row["action_nb"]) == ("Tempo", "Ett opptak, ti innslag; fast produksjonsdag.")
    assert {row["week_start_date"] for row in found.values()} == {WEEK}


def test_a_team_may_add_a_kpi_to_a_risk_or_switch_one_off(
    run_model: RunModel, own_rules: Callable[[str], Home]
) -> None:
    home = own_rules("risks: {trust_eroding: {kpis: [bounce_rate, saves]}, tempo: {active: false}}")
    found = judge(run_model, series("saves", DROP), home=home)
    assert state(found, "trust_eroding", "saves") == ("risen", None)
    assert "tempo" not in {risk for risk, _ in found}
    assert found["trust_eroding", "saves"]["evidence"].startswith("saves 80 count in two weeks after ")
