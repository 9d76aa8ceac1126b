"""The rules about campaigns: scale, test_hooks, fix_landing, qualify, and unique_landing."""

from datetime import timedelta
from typing import Any

import pytest

from tests.rule_rows import RunModel, ads, monday, of_ads, targets, verdicts, weeks

Verdicts = dict[tuple[str, str], dict[str, Any]]


def steady(subject: str, number: int = 4, first: int = 0, **figures: float | None) -> list[dict[str, Any]]:
    """The same week several times."""
    return [ads(subject, place, **figures) for place in range(first, first + number)]


# Targets: CPA 100, cost per lead 200, click rate 1.5 %, conversion rate 3 %, qualified share 40 %.
CASES = [
    *steady("proven", spend=1600, conversions=20, visits_converted=25),
    *steady("at target", spend=2000, conversions=20, visits_converted=15),
    *steady("one dear week", 3, 1, spend=1000, conversions=20, visits_converted=25),
    ads("one dear week", 0, spend=4000, conversions=20, visits_converted=25),
    *steady("few points", 2, spend=1600, conversions=40, visits_converted=50),
    *steady("few clicks", spend=400, conversions=8, link_clicks=49, visits=49, visits_converted=10),
    *steady("sold nothing", spend=1600, conversions=0, visits_converted=0),
    *steady("small and noisy", spend=160, conversions=4, link_clicks=100, visits=100, visits_converted=9),
    *steady("proven / film", kind="ad", spend=1600, conversions=20, visits_converted=25),
    *steady("dull", impressions=100000, link_clicks=1000, visits=900),
    *steady("at the click rate", impressions=100000, link_clicks=1500, visits=900),
    *steady("short of views", impressions=499, link_clicks=1, visits=1),
    *steady("clicks unknown", link_clicks=None, impressions_with_clicks=None, visits=100),
    *steady("clicked but dear", spend=4000, conversions=20, leads=10),
    *steady("clicked, leads dear", spend=2000, conversions=25, leads=5),
    *steady("bad leads", 8, spend=1600, conversions=20, leads=10, leads_qualified=1),
    *steady("few leads", 8, spend=1600, conversions=20, leads=1, leads_qualified=0),
    *steady("leads too young", 2, spend=1600, conversions=20, leads=10, leads_qualified=0),
    *steady("share at target", 8, spend=1600, conversions=20, leads=10, leads_qualified=4),
]


def visits(campaign: str, page: str, content: str, number: int = 50, **more: Any) -> dict[str, Any]:
    return {
        "date": monday() + timedelta(days=2), "is_paid": True, "platform": "instagram", "campaign": campaign, "content": content,
        "landing_page": page, "visits": number, "visits_converted": 0, **more,
    }  # fmt: skip


@pytest.fixture(scope="module")
def found(run_model: RunModel) -> Verdicts:
    return verdicts(run_model, of_ads(CASES))


@pytest.mark.parametrize(
    ("rule", "subject", "verdict", "missing"),
    [
        ("scale", "proven", "fires", None),
        ("scale", "proven / film", "fires", None),
        ("scale", "at target", "quiet", None),
        ("scale", "one dear week", "quiet", None),
        ("scale", "sold nothing", "quiet", None),
        ("scale", "few points", "not_enough_data", "1 more weeks with conversions"),
        ("scale", "few clicks", "not_enough_data", "4 more clicks"),
        ("test_hooks", "dull", "fires", None),
        ("test_hooks", "at the click rate", "quiet", None),
        ("test_hooks", "short of views", "not_enough_data", "2 more impressions"),
        ("test_hooks", "clicks unknown", "not_enough_data", "1000 more impressions whose link clicks are known"),
        ("fix_landing", "clicked but dear", "fires", None),
        ("fix_landing", "clicked, leads dear", "fires", None),
        ("fix_landing", "at target", "quiet", None),
        ("fix_landing", "dull", "quiet", None),
        ("fix_landing", "short of views", "not_enough_data", "96 more clicks"),
        ("qualify", "bad leads", "fires", None),
        ("qualify", "share at target", "quiet", None),
        ("qualify", "few leads", "not_enough_data", "16 more leads that are at least 2 weeks old"),
        ("qualify", "leads too young", "not_enough_data", "visits that carry the name as utm_campaign"),
    ],
)
def test_verdicts(found: Verdicts, rule: str, subject: str, verdict: str, missing: str | None) -> None:
    row = found[rule, subject]
    assert (row["verdict"], row["missing"]) == (verdict, missing), row


def test_the_evidence(found: Verdicts) -> None:
    assert found["scale", "proven"]["evidence"] == (
        "CPA 80 against 100 NOK; conversion rate 5 % against 3 %; weekly CPA varies by 0, beyond chance 0 "
        "(at most 0.25); "
        "80 conversions, 2000 clicks, 2000 visits, 4 weeks with conversions"
    )
    assert "varies by 0.86, beyond chance 0.83 (at most 0.25)" in found["scale", "one dear week"]["evidence"]
    assert found["test_hooks", "dull"]["evidence"] == (
        "click rate 1 % against 1.50 % (nb2026); 2000 link clicks of 200000 impressions in 2 weeks"
    )
    assert found["qualify", "bad leads"]["evidence"] == (
        "CPA 80 against 100 NOK; qualified 10 % against 40 %, 4 of 40 leads of 4 weeks until 2 weeks before"
    )
    assert found["fix_landing", "clicked, leads dear"]["confidence"] > 0.99


@pytest.mark.parametrize(
    ("rule", "kpi"),
    [("scale", "landing_page_cvr"), ("scale", "cpa"), ("test_hooks", "ctr_paid"), ("fix_landing", "ctr_paid"), ("qualify", "cpa"),
     ("qualify", "qualified_lead_share")],
)  # fmt: skip
def test_without_a_target(run_model: RunModel, rule: str, kpi: str) -> None:
    row = verdicts(run_model, of_ads(CASES[:4], **{"kpi.int_rule_targets": targets(**{kpi: None})}))[rule, "proven"]
    assert (row["verdict"], row["missing"]) == ("not_enough_data", f"a target for {kpi}")


def test_either_cost_is_enough_for_a_landing_page_to_be_mended(run_model: RunModel) -> None:
    without = of_ads(CASES, **{"kpi.int_rule_targets": targets(cpa=None)})
    assert verdicts(run_model, without)["fix_landing", "clicked but dear"]["verdict"] == "fires"
    neither = of_ads(CASES, **{"kpi.int_rule_targets": targets(cpa=None, cpl_paid=None)})
    row = verdicts(run_model, neither)["fix_landing", "clicked but dear"]
    assert row["missing"] == "a target for cpa or for cpl_paid"


def test_landing_pages_take_their_share_of_the_campaigns(run_model: RunModel) -> None:
    rows = [
        visits("autumn", "/dear", "a", 300),
        visits("autumn", "/good", "b", 100, visits_converted=20),
        visits("winter", "/good", "c", 400, visits_converted=40),
        visits("winter", "/tiny", "d", 40),
        visits("organic", "/dear", "e", 900, is_paid=False, visits_converted=900),
    ]
    inputs = of_ads([ads("autumn", spend=4000), ads("winter", spend=4400)], **{"kpi.int_visits_daily": rows})
    found = verdicts(run_model, inputs)
    assert {page: found["fix_landing", page]["verdict"] for page in ("/dear", "/good", "/tiny")} == {
        "/dear": "fires",
        "/good": "quiet",
        "/tiny": "not_enough_data",
    }
    assert found["fix_landing", "/dear"]["evidence"] == (
        "click rate of the campaigns that lead there 1.67 % against 1.50 %; 3000 NOK for 0 converted visits of 300 in 4 weeks, "
        "without any conversion, target 100"
    )
    assert "5000 NOK for 60 converted visits of 500 in 4 weeks, 83.33 each" in found["fix_landing", "/good"]["evidence"]
    assert found["fix_landing", "/tiny"]["missing"] == "60 more visits"
    unclicked = of_ads([ads("autumn", spend=4000, link_clicks=100, visits=100)], **{"kpi.int_visits_daily": rows})
    assert verdicts(run_model, unclicked)["fix_landing", "/dear"]["verdict"] == "quiet"


def test_campaigns_that_nobody_can_tell_apart(run_model: RunModel) -> None:
    rows = [
        visits("autumn", "/coffee", "film", 5),
        visits("winter", "/coffee", "film", 7),
        visits("winter", "/coffee", "picture", 9),
        visits("spring", "/coffee", "film", 4),
        visits("summer", "/tea", "film"),
        visits("bare", "/tea", "", 8),
        visits("bare too", "/tea", "", 3),
        visits("bare too", "/tea", "", 3, platform="facebook"),
        visits("", "/tea", "film"),
        visits("last week", "/tea", "film", date=monday(1)),
    ]
    inputs = of_ads([], **{"kpi.int_visits_daily": rows, "kpi.int_rule_weeks": weeks(1)})
    found = {subject: row for (rule, subject), row in verdicts(run_model, inputs).items() if rule == "unique_landing"}
    assert {subject: row["verdict"] for subject, row in found.items()} == {
        "autumn": "fires",
        "winter": "fires",
        "summer": "quiet",
        "bare": "fires",
        "bare too": "fires",
    }
    assert found["winter"]["evidence"] == "/coffee with utm_content film: autumn, winter (7 of its visits)"
    assert found["bare"]["evidence"] == "/tea without utm_content: bare, bare too (8 of its visits)"
    assert (found["winter"]["sample"], found["winter"]["confidence"]) == (16, 1)
    assert found["summer"]["evidence"] == "alone on 1 landing pages and contents with 50 visits"
