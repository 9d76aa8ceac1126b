"""The rules pause and recover: CPA above the target's multiple, with proof; and what every verdict has in common."""

from collections.abc import Callable
from datetime import date, timedelta
from math import exp, lgamma, log
from statistics import NormalDist
from typing import Any

import pyarrow as pa
import pytest

from tests.rule_rows import WEEK, RunModel, ads, complete, monday, of_ads, targets, verdicts

Verdicts = dict[tuple[str, str], dict[str, Any]]

CASES = [
    ads("dear", spend=6000, conversions=20),  # CPA 300, target 100, limit 120
    ads("at limit", spend=2400, conversions=20),
    ads("a little above", spend=2401, conversions=20),
    ads("above", spend=3000, conversions=20),  # CPA 150: 84 % sure
    ads("cheap", spend=1000, conversions=20),
    ads("nothing sold", spend=1000, conversions=0),
    ads("nothing sold yet", spend=100, conversions=0),
    ads("hardly shown", spend=6000, impressions=999, link_clicks=99),
    ads("shown enough", spend=6000, impressions=1000, link_clicks=99),
    ads("untagged", spend=6000, conversions=0, visits=0),
    ads("badly tagged", spend=6000, conversions=0, link_clicks=500, visits=149),
    ads("no clicks told", spend=6000, link_clicks=None, visits=400),
    ads("not running", spend=None, conversions=1),
    ads("over weeks", spend=1500, conversions=5),
    ads("over weeks", 1, spend=1500, conversions=5),
    ads("over weeks", 2, spend=1500, conversions=5),
    ads("over weeks", 3, spend=1500, conversions=5),
    ads("over weeks", 4, spend=1, conversions=999),
    ads("dear / one", kind="ad", spend=6000, conversions=20),
    ads("dear / untagged", kind="ad", spend=6000, conversions=0, visits=0),
    ads("meta", kind="channel", spend=6000, conversions=20, visits=0),
    ads("tiktok", kind="channel", spend=2500, conversions=20),
]


@pytest.fixture(scope="module")
def found(run_model: RunModel) -> Verdicts:
    return verdicts(run_model, of_ads(CASES))


@pytest.mark.parametrize(
    ("rule", "subject", "verdict"),
    [
        ("pause", "dear", "fires"),
        ("pause", "dear / one", "fires"),
        ("pause", "at limit", "quiet"),
        ("pause", "a little above", "quiet"),
        ("pause", "above", "not_enough_data"),
        ("pause", "cheap", "quiet"),
        ("pause", "nothing sold", "fires"),
        ("pause", "nothing sold yet", "not_enough_data"),
        ("pause", "hardly shown", "not_enough_data"),
        ("pause", "shown enough", "fires"),
        ("pause", "untagged", "not_enough_data"),
        ("pause", "badly tagged", "not_enough_data"),
        ("pause", "no clicks told", "fires"),
        ("pause", "over weeks", "fires"),
        ("pause", "dear / untagged", "not_enough_data"),
        ("recover", "dear", "fires"),
        ("recover", "meta", "fires"),
        ("recover", "tiktok", "quiet"),
        ("recover", "shown enough", "not_enough_data"),
    ],
)
def test_verdicts(found: Verdicts, rule: str, subject: str, verdict: str) -> None:
    assert found[rule, subject]["verdict"] == verdict, found[rule, subject]
    assert (found[rule, subject]["missing"] is None) == (verdict != "not_enough_data")


def test_only_what_runs_is_judged_and_only_its_own_kinds(found: Verdicts) -> None:
    assert ("pause", "not running") not in found
    assert ("pause", "meta") not in found
    assert ("recover", "dear / one") not in found


@pytest.mark.parametrize(
    ("subject", "missing"),
    [
        ("hardly shown", "1 more clicks or 1 more impressions"),
        ("untagged", "visits that carry the name as utm_campaign"),
        ("dear / untagged", "visits that carry the name as utm_campaign and utm_content"),
        ("badly tagged", "tagged links: 149 visits carry the name, of 500 clicks"),
        ("nothing sold yet", "59 NOK more spent without a conversion, or some conversions"),
        ("above", "about 318 more clicks at these figures: 84.2 % sure, 90 % asked"),
    ],
)
def test_what_is_missing_is_said(found: Verdicts, subject: str, missing: str) -> None:
    assert found["pause", subject]["missing"] == missing


def test_the_evidence_and_the_confidence(found: Verdicts) -> None:
    row = found["pause", "dear"]
    assert row["evidence"] == (
        "CPA 300 against 120 NOK (1.20 × target 100, nb2026); 6000 NOK spent, 20 conversions, 500 clicks, "
        "30000 impressions in 4 weeks"
    )
    assert (row["confidence"], row["sample"], row["sample_unit"]) == (1, 500, "clicks")
    assert found["pause", "nothing sold"]["evidence"].startswith("CPA without any conversion against 120 NOK")
    assert found["pause", "over weeks"]["evidence"].endswith(
        "6000 NOK spent, 20 conversions, 2000 clicks, 120000 impressions in 4 weeks"
    )


def gamma(shape: float, x: float) -> float:
    """The regularised lower incomplete gamma function, by its series."""
    term = total = 1 / shape
    for step in range(1, 2000):
        term *= x / (shape + step)
        total += term
    return total * exp(shape * log(x) - x - lgamma(shape))


def test_the_confidence_in_a_cost_is_that_of_the_gamma_distribution(run_model: RunModel) -> None:
    rows = [
        ads(f"{spend} for {conversions}", spend=spend, conversions=conversions)
        for conversions in (0, 0.5, 1, 3, 10, 40, 200)
        for spend in (60, 120, 240, 600, 1200, 5000, 30000)
    ]
    found = run_model("kpi.int_rule_windows", of_ads(rows))
    compared = [row for row in found if row["rule"] == "pause"]
    for row in compared:
        sure = NormalDist().cdf(row["cpa_score"])
        exact = gamma(float(row["conversions"]) + 0.5, float(row["spend"]) / 120)
        assert sure == pytest.approx(exact, abs=0.007), row["subject"]
    assert len(compared) == 49


def test_without_a_target_nothing_is_guessed(run_model: RunModel) -> None:
    found = verdicts(run_model, of_ads(CASES[:1], **{"kpi.int_rule_targets": targets(cpa=None)}))
    row = found["pause", "dear"]
    assert (row["verdict"], row["missing"], row["confidence"]) == ("not_enough_data", "a target for cpa", None)
    assert "against no target; 6000 NOK spent" in row["evidence"]


def test_a_week_that_is_not_complete_is_not_judged(run_model: RunModel) -> None:
    values = [row for row in complete() if (row["kpi"], row["period_start_date"]) != ("cpa", WEEK)]
    found = verdicts(
        run_model,
        of_ads(CASES[:1], **{"kpi.kpi_values": values, "kpi.int_rule_targets": targets(incomplete=["cpa"])}),
    )
    assert ("pause", "dear") not in found
    row = found["pause", "all"]
    assert (row["verdict"], row["subject_kind"], row["missing"]) == ("not_enough_data", "all", "cpa of the whole week")


def test_incomplete_weeks_before_are_left_out_of_the_sum(run_model: RunModel) -> None:
    values = [row for row in complete() if (row["kpi"], row["period_start_date"]) != ("cpa", monday(1))]
    found = verdicts(run_model, of_ads(CASES, **{"kpi.kpi_values": values}))
    assert "4500 NOK spent, 15 conversions" in found["pause", "over weeks"]["evidence"]


def test_a_rule_without_subject_says_what_it_needs(run_model: RunModel) -> None:
    found = verdicts(run_model, of_ads([]))
    row = found["pause", "all"]
    assert (row["verdict"], row["missing"]) == ("not_enough_data", "a campaign on social platforms with spend")
    assert row["evidence"] == "nothing to judge"


def test_a_rule_that_is_switched_off_says_nothing(run_model: RunModel, own_rules: Callable[[str], Any]) -> None:
    home = own_rules("rules: {pause: {active: false}, recover: {confidence: 0.6, cost_over_target: 1.0}}")
    found = verdicts(run_model, of_ads(CASES), home=home)
    assert not [rule for rule, _ in found if rule == "pause"]
    assert found["recover", "at limit"]["verdict"] == "fires"
    assert "(1 × target 100, nb2026)" in found["recover", "at limit"]["evidence"]


def decision(subject: str, text: str, days_after: int = 1, **more: Any) -> dict[str, Any]:
    """raw.decisions: taken so many days after the judged week's Sunday, at noon."""
    day = WEEK + timedelta(days=6 + days_after)
    return {"decided_at": f"{day} 12:00", "subject": subject, "decision": text, "file_id": "d", "source_row": 1, **more}


DEAR = [ads(name, spend=6000, conversions=20) for name in "abcdefghij"] + [
    ads("k / film", kind="ad", spend=6000, conversions=20)
]
DECISIONS = [
    decision("A", "Paused it", rule="pause", owner="Kari"),
    decision("b", "Keep it running", rule="Pause"),
    decision("c", "Vi pauser ikke denne", rule="pause"),
    decision("d", "pause"),
    decision("e", "Raise the budget"),
    decision("f", "New thumbnail"),
    decision("g", "paused", days_after=8),
    decision("h", "paused", days_after=-6),
    decision("h", "do not pause", days_after=0),
    decision("j", "paused", days_after=-7),
    decision("film", "stoppad"),
    decision("i", "paused", rule="pauze"),
    decision("nowhere", "hire a photographer"),
]


def test_decisions_of_the_team_are_matched(run_model: RunModel) -> None:
    rows = run_model("kpi.decisions", of_ads(DEAR, **{"raw.decisions": DECISIONS}))
    pause = {row["subject"]: row for row in rows if row["rule"] == "pause"}
    assert {subject: row["decided"] for subject, row in pause.items()} == {
        "a": "decided", "b": "deviated", "c": "deviated", "d": "decided", "e": "deviated", "f": "open", "g": "open", "h": "deviated",
        "i": "open", "j": "open", "k / film": "decided",
    }  # fmt: skip
    assert (str(pause["a"]["decided_at"]), pause["f"]["decided_at"]) == ("2026-11-16 12:00:00", None)
    assert pause["a"]["owner"] == "owner of cpa"
    assert (pause["a"]["action"], pause["a"]["action_nb"], pause["a"]["title_sv"]) == (
        "Pause it.",
        "Sett på pause.",
        "Pausa",
    )


@pytest.mark.parametrize(("today", "decided"), [("2026-11-22", "open"), ("2026-11-23", "ignored")])
def test_a_recommendation_that_nobody_took_up_in_time_is_ignored(run_model: RunModel, today: str, decided: str) -> None:
    inputs = of_ads([*DEAR[:2], ads("fine", spend=1000)], **{"raw.decisions": DECISIONS[:1]})
    run = pa.table({"run_date": [date.fromisoformat(today)]})
    rows = run_model("kpi.decisions", inputs, config={"run": run})
    pause = {row["subject"]: row for row in rows if row["rule"] == "pause"}
    assert {subject: row["decided"] for subject, row in pause.items()} == {"a": "decided", "b": decided, "fine": None}
    assert pause["fine"]["action"] is None


def test_every_decision_of_the_team_stays_visible(run_model: RunModel) -> None:
    rows = run_model("kpi.decision_log", of_ads(DEAR, **{"raw.decisions": DECISIONS}))
    outcomes = {(row["subject"], row["decision"]): (row["outcome"], row["recommended_by"]) for row in rows}
    assert len(rows) == len(DECISIONS)
    assert outcomes["A", "Paused it"] == ("followed", "pause")
    assert outcomes["b", "Keep it running"] == ("against", "pause")
    assert outcomes["f", "New thumbnail"] == ("unprompted", None)
    assert outcomes["g", "paused"] == ("unprompted", None)
    assert outcomes["j", "paused"] == ("unprompted", None)
    assert outcomes["i", "paused"] == ("unknown_rule", None)
    assert outcomes["nowhere", "hire a photographer"] == ("unprompted", None)
