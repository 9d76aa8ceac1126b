"""Every KPI once: raw rows of one week in, through all models, the exact value out; also around the year's end and both clock changes."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.home import Home
from config.kpis import load_kpis
from tests.kpi_week import raw_week

RunModel = Callable[..., list[dict[str, Any]]]
Table = dict[tuple[str, str, date, str, str], dict[str, Any]]

# The week, and one that ends the year 2026 (W53, with Sunday in 2027), the weeks whose Sunday has 25 and 23 hours.
MONDAYS = (date(2026, 11, 9), date(2026, 12, 28), date(2026, 10, 19), date(2026, 3, 23))
WEEK = {
    "impressions": (16500, None, 16500),
    "views": (2600, None, 2600),
    "view_rate_3s": (1300, 11000, "11.818182"),
    "view_rate_25": (800, 2500, 32),
    "video_completion_rate": (150, 600, 25),
    "watch_time_hours": (5000, None, "1.388889"),
    "avg_watch_seconds": (5000, 500, 10),
    "interactions": (95, None, 95),
    "organic_engagement_rate": ("0.13", 2, "6.5"),
    "comments_per_1000_views": (15, 600, 25),
    "saves": (15, None, 15),
    "shares": (5, None, 5),
    "save_rate": (15, 1000, "1.5"),
    "follower_growth_net": (70, 990, "30.744949"),
    "profile_visits": (700, None, 700),
    "profile_link_ctr": (14, 700, 2),
    "dm_rate": (1, 2600, "0.384615"),
    "share_of_voice": (3, 4, 75),
    "mentions": (3, None, 3),
    "posts_per_week": (2, None, 2),
    "interactions_per_post": (95, 2, "47.5"),
    "negative_feedback_per_1000_views": (2, 500, 4),
    "negative_comment_share": (1, 2, 50),
    "bounce_rate": (1, 5, 20),
    "returning_visitor_share": (1, 5, 20),
    "consented_share": (2, 3, "66.666667"),
    "response_rate": (1, 3, "33.333333"),
    "response_time_median": (1455, None, 1455),
    "unanswered_messages": (1, None, 1),
    "inbound_messages": (3, None, 3),
    "service_share": (1, 3, "33.333333"),
    "qa_pass_rate": (1, 2, 50),
    "policy_flags": (1, None, 1),
    "link_clicks": (220, None, 220),
    "social_sessions": (5, None, 5),
    "paid_social_impressions": (10000, None, 10000),
    "paid_social_clicks": (150, None, 150),
    "ctr_paid": (200, 15000, "1.333333"),
    "cpm": (400, 15000, "26.666667"),
    "cpc": (400, 200, 2),
    "landing_page_cvr": (4, 5, 80),
    "leads_social": (2, None, "8.696429"),
    "email_signups": (1, None, 1),
    "webinar_registrations": (1, None, 1),
    "booked_meetings": (1, None, 1),
    "cpl_paid": (300, 1, 300),
    "cpa": (300, 3, 100),
    # Weeks of 200, 300, 400 and 100: a mean of 250 and a deviation of the square root of 50000 / 3.
    "cpa_variation": ("129.099445", 250, "0.516398"),
    "qualified_lead_share": (1, 3, "33.333333"),
    "utm_coverage": (4, 5, 80),
    "unattributed_lead_share": (1, 3, "33.333333"),
    "unattributed_leads": (1, None, 1),
    "orders": (3, None, 3),
    "orders_social": (2, None, 2),
    "orders_paid_social": (2, None, 2),
    "revenue_social": (1200, None, 1200),
    "pipeline_social": (1000, None, 1000),
    "roas": (1200, 300, 4),
    "pipeline_per_10k_spend": (1000, 300, "33333.333333"),
    "cac": (1310, 2, 655),
    "ltv": (900, 2, 450),
    "ltv_to_cac": (900, 1310, "0.687023"),
    "mrr": (110, None, 110),
    "mrr_new": (50, None, 50),
    "mrr_expansion": (10, None, 10),
    "mrr_contraction": (30, None, 30),
    "mrr_churned": (100, None, 100),
    "churn_rate": (1, 2, 50),
    "email_click_rate": (30, 1000, 3),
    "repeat_purchase_rate": (1, 3, "33.333333"),
    "referred_customers": (1, None, 1),
    "referral_value": (200, None, 200),
    "reviews": (2, None, 2),
    "review_rating": (9, 2, "4.5"),
    # 750 credited to social and 150 of a customer whom a customer of social referred, for 300 of spend and 770 of costs.
    "social_equity_roi": (-170, 1070, "-0.158879"),
    "organic_share": (1500, 16500, "9.090909"),
    "organic_share_sessions": (3, 5, 60),
    "organic_share_conversions": (3, 6, 50),
    "conversions_social": (6, None, 6),
    "channel_concentration": (3, 8, "37.5"),
    "assets_published": (2, None, 2),
    "lead_time_brief_to_publish": (5, None, 5),
    "creative_tests_started": (2, None, 2),
    "repurpose_ratio": (1, 1, 1),
    "creator_collaborations": (1, None, 1),
    "decisions_logged": (1, None, 1),
}
# Unique counts have a value by account and day only.
MONDAY_OF_ACCOUNT = {
    "reach": (50, None, 50),
    "frequency": (75, 50, "1.5"),
    "returning_viewers_share": (10, 40, 25),
    "engaged_follower_share": (25, 1000, "2.5"),
}
MEMBERS = {
    ("impressions", "paid_or_organic", "paid"): 15000,
    ("impressions", "series", "school"): 1000,
    # 400 of the 1000 impressions of the post, and 900 of the 10000 of the ad with that opening.
    ("view_rate_3s", "hook", "question"): Decimal("11.818182"),
    ("ctr_paid", "series", "winter"): Decimal("1.5"),
    ("impressions", "distribution", "organic"): 500,
    ("impressions", "distribution", "assisted"): 11000,
    ("impressions", "distribution", "paid"): 5000,
    ("social_sessions", "distribution", "assisted"): 2,
    ("social_sessions", "distribution", "organic"): 3,
    ("conversions_social", "distribution", "assisted"): 3,
    ("ltv", "channel", "Paid Social"): 750,
    ("ltv", "channel", "Unattributed"): 150,
    # The referrer came by paid social; the referred customer's own order is credited to nothing.
    ("referral_value", "channel", "Paid Social"): 200,
    ("orders", "channel", "Unattributed"): 1,
    ("bounce_rate", "landing_page", "/offer"): 20,
    ("response_time_median", "account", "instagram: a"): 1455,
    ("cpa_variation", "campaign", "autumn"): Decimal("0.516398"),
    ("reviews", "source", "google"): 2,
    ("lead_time_brief_to_publish", "format", "reel"): 8,
    ("decisions_logged", "owner", "Kari"): 1,
}


# The day after the week: lists were delivered until then and tell of nothing, sessions, posts, accounts and ads were not.
COUNTED_NONE = {
    "leads_social", "email_signups", "webinar_registrations", "booked_meetings", "unattributed_leads", "orders", "orders_social",
    "orders_paid_social", "revenue_social", "pipeline_social", "conversions_social", "referred_customers", "referral_value", "mentions",
    "reviews", "inbound_messages", "unanswered_messages", "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_churned", "assets_published",
    "creator_collaborations", "creative_tests_started", "decisions_logged",
}  # fmt: skip
NOTHING = {
    "denominator is 0": {
        "service_share", "share_of_voice", "channel_concentration", "qa_pass_rate", "qualified_lead_share", "response_rate",
        "review_rating", "organic_share_conversions", "negative_comment_share", "repeat_purchase_rate", "unattributed_lead_share",
        "repurpose_ratio", "email_click_rate", "cac", "ltv",
    },
    "no data from accounts": {"profile_link_ctr", "follower_growth_net", "profile_visits"},
    "no data from ads": {
        "roas", "pipeline_per_10k_spend", "cpa", "cpl_paid", "cpc", "cpm", "ctr_paid", "paid_social_clicks", "paid_social_impressions",
    },
    "no data from ads, posts": {"view_rate_3s", "views", "view_rate_25", "impressions", "link_clicks", "dm_rate"},
    "no data from posts": {
        "interactions", "negative_feedback_per_1000_views", "shares", "posts_per_week", "interactions_per_post", "organic_share",
        "comments_per_1000_views", "save_rate", "avg_watch_seconds", "video_completion_rate", "organic_engagement_rate", "saves",
        "watch_time_hours",
    },
    "no data from sessions": {
        "organic_share_sessions", "social_sessions", "returning_visitor_share", "bounce_rate", "consented_share", "landing_page_cvr",
        "utm_coverage",
    },
    "not additive: shown by day and account only": set(MONDAY_OF_ACCOUNT),
    "not in the files delivered from ads, costs, orders": {"social_equity_roi"},
    "not in the files delivered from content": {"policy_flags"},
    "not in the files delivered from orders": {"ltv_to_cac"},
    "nothing to take it from in the period": {"lead_time_brief_to_publish", "response_time_median"},
}  # fmt: skip
# What stands still goes on, and so do the weeks behind.
GOES_ON = {"mrr": 110, "churn_rate": 0, "cpa_variation": Decimal("0.516398")}


@pytest.fixture(scope="module", params=MONDAYS, ids=str)
def week(request: pytest.FixtureRequest, run_model: RunModel) -> tuple[date, Table]:
    monday: date = request.param
    rows = run_model("kpi.kpi_values", raw_week(monday))
    keys = ("kpi", "period", "period_start_date", "dimension", "member")
    return monday, {tuple(row[key] for key in keys): row for row in rows}


def told(row: dict[str, Any]) -> tuple[Any, Any, Any]:
    return row["numerator"], row["denominator"], row["value"]


def exact(*values: Any) -> tuple[Decimal | None, ...]:
    return tuple(None if value is None else Decimal(value) for value in values)


def test_every_kpi_has_its_known_value_here() -> None:
    assert set(WEEK) | set(MONDAY_OF_ACCOUNT) == set(load_kpis(Home.from_environment()).kpis)


def test_the_week_has_the_known_value_of_every_kpi(week: tuple[date, Table]) -> None:
    monday, table = week
    found = {kpi: told(table[kpi, "week", monday, "all", "all"]) for kpi in WEEK}
    assert {kpi: values for kpi, values in found.items() if values != exact(*WEEK[kpi])} == {}
    days = {kpi: told(table[kpi, "day", monday, "account", "instagram: a"]) for kpi in MONDAY_OF_ACCOUNT}
    assert days == {kpi: exact(*values) for kpi, values in MONDAY_OF_ACCOUNT.items()}


def test_members_have_their_part(week: tuple[date, Table]) -> None:
    monday, table = week
    found = {key: table[key[0], "week", monday, key[1], key[2]]["value"] for key in MEMBERS}
    assert found == MEMBERS


def test_what_is_additive_is_the_sum_of_its_days_and_nothing_else_is_shown_by_week(week: tuple[date, Table]) -> None:
    monday, table = week
    kpis = load_kpis(Home.from_environment())
    days = [monday + timedelta(days=number) for number in range(7)]
    for name, kpi in kpis.kpis.items():
        whole = table[name, "week", monday, "all", "all"]
        if name in MONDAY_OF_ACCOUNT:
            assert (whole["value"], whole["null_reason"]) == (None, "not additive: shown by day and account only")
        elif kpi.additive:
            parts = [table[name, "day", day, "all", "all"]["numerator"] for day in days]
            assert sum(part for part in parts if part is not None) == whole["numerator"], name


def test_the_year_and_the_month_change_within_the_week(week: tuple[date, Table]) -> None:
    monday, table = week
    sunday = monday + timedelta(days=6)
    month = sunday.replace(day=1)
    # The third order is of the last quarter of an hour of Sunday, in the old time as in the new.
    assert table["referred_customers", "day", sunday, "all", "all"]["numerator"] == 1
    assert table["referred_customers", "month", month, "all", "all"]["numerator"] == 1
    for start in {month, monday.replace(day=1)}:
        within = [day for day in (3, 4, 6) if (monday + timedelta(days=day)).replace(day=1) == start]
        assert table["orders", "month", start, "all", "all"]["numerator"] == len(within)


def test_a_day_without_anything_is_0_or_unknown_and_says_why(week: tuple[date, Table]) -> None:
    monday, table = week
    day = monday + timedelta(days=7)
    rows = {kpi: table[kpi, "day", day, "all", "all"] for kpi in (*WEEK, *MONDAY_OF_ACCOUNT)}
    reasons: dict[str, set[str]] = {}
    for kpi, row in rows.items():
        if row["value"] is None:
            reasons.setdefault(row["null_reason"], set()).add(kpi)
    assert reasons == NOTHING
    assert {kpi: row["value"] for kpi, row in rows.items() if row["value"] is not None} == GOES_ON | dict.fromkeys(
        COUNTED_NONE, 0
    )
