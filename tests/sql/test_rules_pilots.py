"""The rules about pilots and about the speed of scaling: what counts as a pilot, when it graduates and ends, and steps of spend."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from config.home import Home
from tests.rule_rows import WEEK, RunModel, ads, monday, of_ads, targets, verdicts

Verdicts = dict[tuple[str, str], dict[str, Any]]
GOOD: dict[str, float] = {
    "link_clicks": 2000,
    "impressions": 100000,
    "views": 50000,
    "views_completed": 14000,
    "conversions": 20,
}


def pilot(name: str, first: dict[str, float] | None = None, **second: float) -> list[dict[str, Any]]:
    """Two good weeks of a pilot with changes to the newer, and to the older one."""
    return [ads(f"pilot_{name}", 0, **{**GOOD, **second}), ads(f"pilot_{name}", 1, **{**GOOD, **(first or {})})]


CASES = [
    *pilot("good"),
    *pilot("few clicks", link_clicks=1400),
    *pilot("few clicks before", {"link_clicks": 1400}),
    *pilot("at both thresholds", {"link_clicks": 1500, "views_completed": 12500}),
    *pilot("left early", views_completed=10000),
    *pilot("dearer", spend=2600),
    *pilot("a quarter dearer", spend=2500),
    *pilot("little shown", impressions=999, link_clicks=50),
    *pilot("no films", views=0, views_completed=0),
    *pilot("sold little", conversions=3),
    ads("pilot_young", 0, **GOOD),
    *pilot("dear", {"spend": 9000}, spend=9000),
    *pilot("dull", {"link_clicks": 300}, link_clicks=300),
    ads("pilot_unseen", 0, impressions=900, link_clicks=90, spend=10),
    ads("pilot_untagged", 0, impressions=900, link_clicks=200, visits=0),
    *[ads("autopilot", place, **GOOD) for place in range(2)],
    *[ads("new channel", place, **GOOD) for place in range(2)],
    ads("pilot_old", 0, **GOOD),
    ads("pilot_last_day", 0, **GOOD),
    ads("meta", kind="channel", spend=400000),
]


def day(campaign: str, when: date, spend: float | None = 100, **more: Any) -> dict[str, Any]:
    """core.fct_ads_daily: one campaign and day."""
    return {
        "platform": "meta", "account_key": "a", "entity_key": campaign, "campaign": campaign, "date": when, "spend_reporting": spend,
        "is_estimated": False, **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def found(run_model: RunModel) -> Verdicts:
    first_days = [
        day("Pilot_Old", WEEK - timedelta(days=36)),  # 42 days: over on the week's Sunday
        day("pilot_last_day", WEEK - timedelta(days=34)),  # over on the Monday after
    ]
    return verdicts(run_model, of_ads(CASES, **{"core.fct_ads_daily": first_days}))


@pytest.mark.parametrize(
    ("rule", "name", "verdict", "missing"),
    [
        ("pilot_graduates", "good", "fires", None),
        ("pilot_graduates", "few clicks", "quiet", None),
        ("pilot_graduates", "few clicks before", "quiet", None),
        ("pilot_graduates", "at both thresholds", "quiet", None),
        ("pilot_graduates", "left early", "quiet", None),
        ("pilot_graduates", "dearer", "quiet", None),
        ("pilot_graduates", "a quarter dearer", "fires", None),
        ("pilot_graduates", "little shown", "not_enough_data", "1 more impressions in a week"),
        ("pilot_graduates", "no films", "not_enough_data", "completed plays of both weeks"),
        ("pilot_graduates", "sold little", "not_enough_data", "2 more conversions in a week"),
        ("pilot_graduates", "young", "not_enough_data", "1 more week with spend"),
        ("pilot_exits", "good", "quiet", None),
        ("pilot_exits", "dear", "fires", None),
        ("pilot_exits", "dull", "fires", None),
        ("pilot_exits", "unseen", "not_enough_data", "100 more impressions or 10 more clicks"),
        ("pilot_exits", "untagged", "not_enough_data", "100 more impressions or visits that carry the name as utm_campaign"),
        ("pilot_exits", "old", "fires", None),
        ("pilot_exits", "last_day", "quiet", None),
    ],
)  # fmt: skip
def test_verdicts(found: Verdicts, rule: str, name: str, verdict: str, missing: str | None) -> None:
    row = found[rule, f"pilot_{name}"]
    assert (row["verdict"], row["missing"]) == (verdict, missing), row


def test_the_evidence(found: Verdicts) -> None:
    assert found["pilot_graduates", "pilot_good"]["evidence"] == (
        "click rate 2 and 2 % (at least 1.50), completion 28 and 28 % (at least 25), "
        "CPA 100 and 100 (change of at most 25 %) in the last two weeks"
    )
    assert found["pilot_exits", "pilot_old"]["evidence"].startswith("its time is 2026-10-04 to 2026-11-14, now over; ")
    assert found["pilot_exits", "pilot_old"]["confidence"] == 1
    assert "CPA 450 (exit above 150 NOK, 40 conversions)" in found["pilot_exits", "pilot_dear"]["evidence"]


def test_a_pilot_is_known_by_its_name_or_by_the_list(
    run_model: RunModel, own_rules: Callable[[str], Home], found: Verdicts
) -> None:
    assert ("pilot_exits", "autopilot") not in found
    assert ("pilot_exits", "new channel") not in found
    home = own_rules("pilots: {campaigns: {New Channel: {starts: 2026-11-01, days: 14}, autopilot: {}}}")
    listed = verdicts(run_model, of_ads(CASES), home=home)
    assert listed["pilot_exits", "autopilot"]["verdict"] == "quiet"
    assert listed["pilot_exits", "new channel"]["evidence"].startswith(
        "its time is 2026-11-01 to 2026-11-14, now over; "
    )


@pytest.mark.parametrize(("all_spend", "verdict"), [(20000, "quiet"), (19999, "fires")])
def test_pilots_together_stay_within_their_share(run_model: RunModel, all_spend: int, verdict: str) -> None:
    rows = [ads("pilot_a", spend=1500), ads("pilot_b", spend=500), ads("meta", kind="channel", spend=all_spend)]
    row = verdicts(run_model, of_ads(rows))["scaling_policy", "pilots"]
    assert (row["verdict"], row["sample"], row["subject_kind"]) == (verdict, 2, "whole")
    share = "10" if verdict == "quiet" else "10.0"
    assert row["evidence"] == f"2 pilots took {share} % of the week's spend on social ads (at most 10 %)"


def daily(
    campaign: str, week: Sequence[float], before: Sequence[float] = (100, 104, 98, 101, 97, 103, 99), **more: Any
) -> list[dict[str, Any]]:
    """Five weeks of spend by day: four weeks as ``before``, then the judged week."""
    spends = [*before, *before, *before, *before, *week]
    return [
        day(campaign, WEEK + timedelta(days=place - 28), spend, **more)
        for place, spend in enumerate(spends)
        if spend is not None
    ]


def weekly(campaign: str, spend: float = 700, **figures: float | None) -> list[dict[str, Any]]:
    """The judged week, and the four weeks before it with 700 a week."""
    return [
        ads(campaign, 0, spend=spend, **figures),
        *(ads(campaign, n, spend=700, **{"conversions": 20, **figures}) for n in range(1, 5)),
    ]


STEPS = {
    "steady": [100, 104, 98, 101, 97, 103, 99],
    "jump": [100, 100, 100, 160, 160, 160, 160],
    "as allowed": [100, 100, 125, 125, 156, 156, 195],
    "at the limit": [100, 100, 130, 130, 130, 130, 130],
    "down": [100, 100, 50, 50, 50, 50, 50],
}


@pytest.mark.parametrize(
    ("name", "verdict"),
    [("steady", "quiet"), ("jump", "fires"), ("as allowed", "quiet"), ("at the limit", "quiet"), ("down", "quiet")],
)
def test_steps_of_spend(run_model: RunModel, name: str, verdict: str) -> None:
    inputs = of_ads(weekly("one"), **{"core.fct_ads_daily": daily("One", STEPS[name])})
    row = verdicts(run_model, inputs)["scaling_policy", "one"]
    assert row["verdict"] == verdict, row
    if name == "jump":
        assert row["evidence"] == (
            "largest step 60 % to 160 NOK a day until 2026-11-13 (at most 30 % in 48 hours, usual variation 2 %); "
            "the week 0 % over the week before"
        )


def test_a_step_within_the_usual_variation_is_none(run_model: RunModel) -> None:
    wild = [100, 150, 60, 140, 70, 160, 80]
    inputs = of_ads(weekly("one"), **{"core.fct_ads_daily": daily("one", [90, 150, 130, 170, 90, 100, 100], wild)})
    row = verdicts(run_model, inputs)["scaling_policy", "one"]
    assert row["verdict"] in ("quiet", "not_enough_data"), row
    assert "largest step" in row["evidence"]


def test_without_daily_spend_no_step_is_known(run_model: RunModel) -> None:
    shared_out = daily("one", STEPS["jump"], is_estimated=True)
    row = verdicts(run_model, of_ads(weekly("one"), **{"core.fct_ads_daily": shared_out}))["scaling_policy", "one"]
    assert row["missing"] == "spend by day: four days in a row that no longer report was shared out to"
    late = [row for row in daily("one", STEPS["jump"]) if row["date"] >= WEEK - timedelta(days=10)]
    row = verdicts(run_model, of_ads(weekly("one"), **{"core.fct_ads_daily": late}))["scaling_policy", "one"]
    assert row["missing"] == "7 more days with spend before the week"


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ({"conversions": 20}, "quiet"),  # CPA 35: proven
        ({"conversions": 2}, "fires"),  # CPA 350
        ({"conversions": 20, "link_clicks": 49, "visits": 49}, "fires"),  # 196 clicks: no proof yet
        ({"conversions": 20, "link_clicks": 50, "visits": 50}, "quiet"),
    ],
)
def test_raised_before_proof(run_model: RunModel, figures: dict[str, float | None], verdict: str) -> None:
    slowly = [112, 118, 130, 142, 156, 170, 172]
    inputs = of_ads(weekly("one", 1000, **figures), **{"core.fct_ads_daily": daily("one", slowly)})
    row = verdicts(run_model, inputs)["scaling_policy", "one"]
    assert row["verdict"] == verdict, row
    assert ("before proof" in row["evidence"]) == (verdict == "fires")


def test_no_raise_is_told_where_a_week_is_not_whole(run_model: RunModel) -> None:
    rows = [
        row if row["week_start_date"] != monday(1) else {**row, "days_with_spend": 3}
        for row in weekly("one", 1000, conversions=2)
    ]
    slowly = [112, 118, 130, 142, 156, 170, 172]
    inputs = of_ads(rows, **{"core.fct_ads_daily": daily("one", slowly), "kpi.int_rule_targets": targets()})
    assert verdicts(run_model, inputs)["scaling_policy", "one"]["verdict"] == "quiet"
