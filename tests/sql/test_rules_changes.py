"""The rules about change: two_weeks_down, fix_cta, interact_more, remix_content and scale_series, each beyond noise only."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.home import Home
from config.kpis import Kpi, load_kpis
from tests.rule_rows import WEEK, RunModel, monday, targets, verdicts, weeks

Verdicts = dict[tuple[str, str], dict[str, Any]]


@pytest.fixture(scope="module")
def kpis(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Kpi]:
    return load_kpis(Home(tmp_path_factory.mktemp("home"))).kpis


def value(
    kpi: str, weeks_before: int, figure: float | None, numerator: float | None = None, denominator: float | None = None,
    dimension: str = "all", member: str = "all", **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """kpi.kpi_values: one week of a KPI."""
    exact = {"numerator": numerator, "denominator": denominator, "value": figure}
    return {
        "kpi": kpi, "period": "week", "period_start_date": monday(weeks_before), "dimension": dimension, "member": member,
        **{name: None if number is None else Decimal(str(round(number, 6))) for name, number in exact.items()}, "is_complete": True, **more,
    }  # fmt: skip


def share(kpi: str, shares: Sequence[float | None], of: int, *member: str, scale: float = 100) -> list[dict[str, Any]]:
    """A ratio by week, the oldest first, always of the same number of things."""
    last = len(shares) - 1
    return [
        value(kpi, last - place, one, None if one is None else one * of / scale, of, *member)
        if one is not None
        else value(kpi, last - place, None, None, None, *member, null_reason="no data from posts")
        for place, one in enumerate(shares)
    ]


def count(kpi: str, counts: Sequence[float], *member: str, factor: float = 1) -> list[dict[str, Any]]:
    """A sum by week, the oldest first."""
    last = len(counts) - 1
    return [value(kpi, last - place, one * factor, one, None, *member) for place, one in enumerate(counts)]


def judge(run_model: RunModel, rows: Sequence[dict[str, Any]], *more: Any, **options: Any) -> Verdicts:
    inputs = {
        "kpi.int_rule_weeks": weeks(), "kpi.int_rule_targets": targets(), "kpi.kpi_values": rows, "kpi.int_rule_ads": [],
        "kpi.int_visits_daily": [], "core.fct_ads_daily": [], **dict(more),
    }  # fmt: skip
    return verdicts(run_model, inputs, **options)


STEADY = [20.0, 20.4, 19.7, 20.2, 19.9, 20.3, 19.8, 20.1]
CASES = [
    *share("video_completion_rate", [*STEADY, 20, 18, 16], 4000),
    *share("landing_page_cvr", [3.0, 3.1, 2.9, 3.0, 3.1, 2.9, 3.0, 3.1, 3.0, 2.9, 2.8], 1000),
    *share("ctr_paid", [*STEADY, 20, 20, 16], 4000),
    *share("bounce_rate", [*STEADY, 20, 25, 30], 4000),
    *share("profile_link_ctr", [20, 19, 16], 100000),
    *share("save_rate", [20, 18, 16], 50),
    *share("qa_pass_rate", [*STEADY, 20, None, 16], 4000),
    *share("utm_coverage", [90, 0, 0], 0),
    *share("returning_visitor_share", [*STEADY, 20, 20, 20], 4000),
    *count("saves", [100, 103, 98, 101, 99, 102, 100, 97, 100, 60, 20]),
    *count("shares", [100, 60, 20]),
    *count("leads_social", [5, 4, 3], factor=4.348214),
    *count("policy_flags", [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2]),
    *count("email_signups", [400, 300, 200]),
    *share("cpa", [100, 200, 400], 5, scale=1),
    *share("cpl_paid", [100, 101, 99, 100, 102, 98, 100, 101, 100, 150, 220], 40, scale=1),
    *share("cpm", [50, 50, 50, 50, 50, 50, 50, 50, 50, 51, 52], 1000, scale=1000),
    *share("posts_per_week", [9, 6, 3], 1, scale=1),
    value("reach", 0, None, null_reason="not additive: shown by day and account only"),
]


@pytest.fixture(scope="module")
def found(run_model: RunModel) -> Verdicts:
    return judge(run_model, CASES)


@pytest.mark.parametrize(
    ("kpi", "verdict", "missing"),
    [
        ("video_completion_rate", "fires", None),
        ("landing_page_cvr", "quiet", None),  # 30, 29, 28 of 1000: chance
        ("ctr_paid", "quiet", None),  # worse once only
        ("bounce_rate", "fires", None),  # better down
        ("profile_link_ctr", "fires", None),  # no history, but very many visits
        ("save_rate", "quiet", None),  # 8 of 50 after 10 of 50
        ("qa_pass_rate", "not_enough_data", "no data from posts"),
        ("returning_visitor_share", "quiet", None),
        ("saves", "fires", None),
        ("shares", "not_enough_data", "4 more weeks of history"),
        ("leads_social", "quiet", None),
        ("policy_flags", "quiet", None),
        ("email_signups", "fires", None),
        ("cpa", "quiet", None),  # 5 conversions a week
        ("cpl_paid", "fires", None),
        ("cpm", "fires", None),  # it never moved before
    ],
)
def test_two_weeks_down(found: Verdicts, kpi: str, verdict: str, missing: str | None) -> None:
    row = found["two_weeks_down", kpi]
    assert (row["verdict"], row["missing"]) == (verdict, missing), row
    assert row["subject_kind"] == "kpi"


def test_what_is_neither_up_nor_down_and_what_no_week_adds_up_is_not_asked(found: Verdicts) -> None:
    assert ("two_weeks_down", "posts_per_week") not in found
    assert ("two_weeks_down", "reach") not in found


def test_the_evidence(found: Verdicts) -> None:
    assert found["two_weeks_down", "video_completion_rate"]["evidence"] == (
        "20, 18, 16 percent in the last three weeks, better up; usual change over two weeks 0.86 (7 weeks of history)"
    )
    row = found["two_weeks_down", "profile_link_ctr"]
    # Two proportions: 16 and 20 % of 100 000 each, pooled 18 %: 100 * sqrt(0.18 * 0.82 * 2 / 100000)
    assert row["evidence"].endswith("usual change over two weeks 0.17 (0 weeks of history)")
    assert (row["sample"], row["sample_unit"]) == (100000, "in the denominator")


def test_a_week_that_is_not_complete_is_not_compared(run_model: RunModel) -> None:
    rows = share("video_completion_rate", [*STEADY, 20, 18, 16], 4000)
    rows[-2] = {**rows[-2], "is_complete": False}
    row = judge(run_model, rows)["two_weeks_down", "video_completion_rate"]
    assert (row["verdict"], row["missing"]) == ("not_enough_data", "the week is not complete")


def test_a_kpi_that_is_left_out_is_not_asked(run_model: RunModel, own_rules: Callable[[str], Home]) -> None:
    home = own_rules("rules: {two_weeks_down: {leave_out: [saves]}}")
    found = judge(run_model, CASES, home=home)
    assert ("two_weeks_down", "saves") not in found
    assert found["two_weeks_down", "bounce_rate"]["verdict"] == "fires"


def test_a_kpis_own_owner_decides(run_model: RunModel) -> None:
    inputs = {
        "kpi.int_rule_weeks": weeks(), "kpi.kpi_values": CASES, "kpi.int_rule_ads": [], "kpi.int_visits_daily": [],
        "kpi.int_rule_targets": [*targets(), {"kpi": "bounce_rate", "week_start_date": WEEK, "owner": "CRO Owner", "is_complete": True}],
        "core.fct_ads_daily": [],
    }  # fmt: skip
    rows = run_model("kpi.decisions", inputs)
    owners = {row["subject"]: row["owner"] for row in rows if row["rule"] == "two_weeks_down"}
    assert (owners["bounce_rate"], owners["cpa"]) == ("CRO Owner", "owner of cpa")


def test_the_share_of_returning_viewers_is_the_median_of_its_days(run_model: RunModel) -> None:
    rows = []
    for place, shares in enumerate([(9, 10, 50), (10, 10, 9), (20, 20, 21), (30, 30, 30), *[(30, 31, 29)] * 6]):
        rows.append(
            value("returning_viewers_share", place, None, null_reason="not additive: shown by day and account only")
        )
        for offset, one in enumerate(shares):
            rows.append({**value("returning_viewers_share", place, one, dimension="account", member="youtube: a"),
                         "period": "day", "period_start_date": monday(place) + timedelta(days=offset)})  # fmt: skip
    row = judge(run_model, rows[4:])["two_weeks_down", "all"]
    assert row["missing"] == "a KPI that is better up or down"
    moved = [{**row, "period_start_date": row["period_start_date"] + timedelta(days=7)} for row in rows[4:]]
    row = judge(run_model, moved)["two_weeks_down", "returning_viewers_share"]
    assert row["verdict"] == "fires"
    assert row["evidence"].startswith("30, 20, 10 percent in the last three weeks")


# Eight steady fortnights, then two rising ones.
FLAT = [1000, 1010, 990, 1005, 995, 1002, 998, 1001, 999, 1000]


def platform(member: str, visits: Sequence[float], rates: Sequence[float], of: int = 5000) -> list[dict[str, Any]]:
    return [
        *count("profile_visits", visits, "platform", member),
        *share("profile_link_ctr", rates, of, "platform", member),
    ]


def test_fix_cta(run_model: RunModel) -> None:
    rate = [2.0, 2.1, 1.9, 2.0, 2.1, 1.9, 2.0, 2.1, 1.9, 2.0]
    rows = [
        *platform("more visits, flat", [*FLAT, 1500, 1500], [*rate, 2.0, 1.9], 500000),
        *platform("more visits, more clicks", [*FLAT, 1500, 1500], [*rate, 3.0, 3.0], 500000),
        *platform("no more visits", [*FLAT, 1000, 1001], [*rate, 2.0, 1.9], 500000),
        *platform("too few clicks to tell", [*FLAT, 1500, 1500], [*rate, 2.2, 2.2], 700),
        *platform("small", [v / 10 for v in [*FLAT, 1500, 1500]], [*rate, 2.0, 1.9]),
        *count("profile_visits", [*FLAT, 1500, 1500], "platform", "no clicks told"),
    ]
    found = {
        subject: (row["verdict"], row["missing"])
        for (rule, subject), row in judge(run_model, rows).items()
        if rule == "fix_cta"
    }
    assert found == {
        "more visits, flat": ("fires", None),
        "more visits, more clicks": ("quiet", None),
        "no more visits": ("quiet", None),
        "too few clicks to tell": ("quiet", None),
        "small": ("not_enough_data", "301 more profile visits in a fortnight"),
        "no clicks told": ("not_enough_data", "clicks on the link of the profile"),
    }


def test_interact_more_and_remix_content(run_model: RunModel) -> None:
    rows = [
        *share("comments_per_1000_views", [8, 8.2, 7.9, 8, 8.1, 7.9, 8, 8, 5, 5], 50000, "platform", "instagram", scale=1000),
        *share("comments_per_1000_views", [8, 8.2, 7.9, 8, 8.1, 7.9, 8, 8, 7.9, 8], 50000, "platform", "tiktok", scale=1000),
        *share("comments_per_1000_views", [8, 8, 8, 8, 8, 8, 8, 8, 2, 2], 499, "platform", "youtube", scale=1000),
        *share("comments_per_1000_views", [8, 8], 50000, "platform", "new", scale=1000),
        *share("organic_engagement_rate", [5, 5.2, 4.9, 5, 5.1, 4.9, 5, 5, 3, 3], 6, "platform", "instagram"),
        *share("organic_engagement_rate", [5, 7.2, 3.9, 5, 6.1, 3.9, 6, 5, 4.6, 4.8], 6, "platform", "tiktok"),
        *share("organic_engagement_rate", [5, 5.2, 4.9, 5, 5.1, 4.9, 5, 5, 3, 3], 1, "platform", "youtube"),
    ]  # fmt: skip
    found = judge(run_model, rows)
    verdict = {
        (rule, subject): (row["verdict"], row["missing"])
        for (rule, subject), row in found.items()
        if rule in ("interact_more", "remix_content")
    }
    assert verdict == {
        ("interact_more", "instagram"): ("fires", None),
        ("interact_more", "tiktok"): ("quiet", None),
        ("interact_more", "youtube"): ("not_enough_data", "2 more views in a fortnight"),
        ("interact_more", "new"): ("not_enough_data", "the 4 weeks up to this one, each complete"),
        ("remix_content", "instagram"): ("fires", None),
        ("remix_content", "tiktok"): ("quiet", None),
        ("remix_content", "youtube"): ("not_enough_data", "2 more posts in a fortnight"),
    }
    assert found["interact_more", "instagram"]["evidence"].startswith(
        "5 comments per 1000 views in two weeks after 8; 500 comments, 100000 views; usual change "
    )


def post_days(series: str, visits: Sequence[int | None]) -> list[dict[str, Any]]:
    last = len(visits) - 1
    return [
        {"platform": "tiktok", "account": "a", "post_id": series, "is_paid": False, "date": monday(last - place), "profile_visits": number}
        for place, number in enumerate(visits)
    ]  # fmt: skip


def test_scale_series(run_model: RunModel) -> None:
    flat = [100, 101, 99, 100, 102, 98, 100, 101]
    done = [25, 25.5, 24.5, 25, 25.5, 24.5, 25, 25]
    rows = [
        *share("video_completion_rate", [*done, 30, 30], 20000, "series", "both rise"),
        *share("video_completion_rate", [*done, 30, 30], 20000, "series", "only completion"),
        *share("video_completion_rate", [*done, 25, 25], 20000, "series", "only visits"),
        *share("video_completion_rate", [*done, 30, 30], 249, "series", "small"),
        *share("video_completion_rate", [*done, 30, 30], 20000, "series", "visits unknown"),
        *share("video_completion_rate", [*done, 30, 30], 20000, "series", "(none)"),
    ]
    days = [
        *post_days("both rise", [*flat, 150, 150]),
        *post_days("only completion", [*flat, 100, 100]),
        *post_days("only visits", [*flat, 150, 150]),
        *post_days("small", [*flat, 150, 150]),
    ]
    labels = [
        {"platform": "tiktok", "post_id": row["post_id"], "series": row["post_id"], "is_paid": False}
        for row in days[::10]
    ]
    found = judge(run_model, rows, ("core.fct_posts_daily", days), ("core.int_post_labels", labels))
    verdict = {
        subject: (row["verdict"], row["missing"]) for (rule, subject), row in found.items() if rule == "scale_series"
    }
    assert verdict == {
        "both rise": ("fires", None),
        "only completion": ("quiet", None),
        "only visits": ("quiet", None),
        "small": ("not_enough_data", "2 more views in a fortnight"),
        "visits unknown": ("not_enough_data", "profile visits by post"),
    }
    assert found["scale_series", "both rise"]["evidence"] == (
        "completion 30 % in two weeks after 25 %, profile visits from its posts 300 after 201; 40000 views"
    )
