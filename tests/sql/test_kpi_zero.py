"""Every KPI at zero and without data: weeks in which everything was delivered and nothing happened, and inboxes that lack a source."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from config.home import Home
from config.kpis import load_kpis, signed
from tests.kpi_week import OSLO, raw_week
from tests.sql.test_kpi_each import COUNTED_NONE, GOES_ON, MONDAY_OF_ACCOUNT, MONDAYS, NOTHING, WEEK

RunModel = Callable[..., list[dict[str, Any]]]
Rows = list[dict[str, Any]]
Values = dict[str, dict[str, Any]]
EMAIL = "https://www.shop.example/offer?utm_source=newsletter&utm_medium=email&utm_campaign=autumn"
UNTAGGED = "https://www.shop.example/offer?utm_source=facebook&utm_medium=paid_social"


def rows(table: Rows, monday: date) -> Rows:
    """The rows as a file delivers them, the day after the week."""
    captured = f"{monday + timedelta(days=8)} 06:00:00"
    return [
        {"captured_at": captured, "file_id": "f", "source_row": number, "source_file": "a.csv", **row}
        for number, row in enumerate(table)
    ]


def local(monday: date, day: int, clock: str) -> str:
    """A local time as the raw tables have it: UTC."""
    moment = datetime.combine(monday + timedelta(days=day), time.fromisoformat(clock), OSLO)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"


def zeroed(given: Rows, *names: str) -> Rows:
    """The rows with these figures at 0, where they have them."""
    return [{**row, **{name: 0 for name in names if row.get(name) is not None}} for row in given]


def filled(monday: date) -> Mapping[str, Rows]:
    """The week before, in the same files: one row each that fills the columns that an input may lack."""
    at = local(monday, -4, "12:00")
    return {
        "raw.leads": [
            {"lead_id": "l0", "created_at": at, "kind": "lead", "meeting_at": local(monday, -3, "12:00"), "deal_value": 10,
             "currency": "NOK"}
        ],
        "raw.orders": [{"order_id": "o0", "ordered_at": at, "customer_id": "c0", "referred_by_customer_id": "c9"}],
        "raw.messages": [
            {"message_id": "m0", "platform": "instagram", "account": "a", "received_at": at, "answered_at": at, "direction": "in"}
        ],
        "raw.mentions": [
            {"mention_id": "0", "platform": "x", "occurred_at": at, "brand": "b", "is_own": True, "sentiment": "negative"},
            {"mention_id": "00", "platform": "x", "occurred_at": at, "brand": "c", "is_own": False},
        ],
        "raw.content_calendar": rows(
            [{"asset_id": "A0", "published_at": at, "creator": "Kari", "derived_from_asset_id": "A9", "qa_passed": True}], monday
        ),
    }  # fmt: skip


def idle_week(monday: date) -> Mapping[str, Rows]:
    """Content, ads and mails are shown, and nobody does anything; one customer comes by a newsletter and is worth nothing."""
    given = raw_week(monday)
    return {
        **given,
        "raw.web_sessions": rows([
            {"session_id": "s1", "visitor_id": "v1", "started_at": local(monday, 2, "09:00"), "landing_url": EMAIL, "pageviews": 3,
             "engaged_seconds": 60, "consent": "granted"},
            {"session_id": "s2", "visitor_id": "v2", "started_at": local(monday, 2, "10:00"), "landing_url": UNTAGGED, "pageviews": 3,
             "engaged_seconds": 60, "consent": "denied"},
        ], monday),
        "raw.leads": rows([
            {"lead_id": "l1", "created_at": local(monday, 2, "09:10"), "session_id": "s1", "deal_value": 10, "currency": "NOK"},
            *filled(monday)["raw.leads"],
        ], monday),
        "raw.orders": rows([
            {"order_id": "o1", "ordered_at": local(monday, 2, "09:20"), "session_id": "s1", "customer_id": "c1", "revenue": 100,
             "cost_of_goods": 100, "currency": "NOK"},
            *filled(monday)["raw.orders"],
        ], monday),
        "raw.social_posts": zeroed(
            given["raw.social_posts"], "views_3s", "views_25pct", "views_completed", "average_view_share", "watch_seconds", "likes",
            "comments", "shares", "saves", "link_clicks", "negative_feedback"),
        "raw.ads": zeroed(given["raw.ads"], "link_clicks", "views_3s", "views_25pct"),
        "raw.email_campaigns": zeroed(given["raw.email_campaigns"], "clicks"),
        "raw.social_account_daily": [
            {**row, "value": 0 if row["measure"] in ("profile_link_clicks", "returning_viewers", "engaged_audience") else
             1000 if row["measure"] == "followers" else row["value"]}
            for row in given["raw.social_account_daily"]
        ],
        "raw.messages": rows([
            {"message_id": "m1", "platform": "instagram", "account": "a", "received_at": local(monday, 0, "10:00"), "direction": "in",
             "started_conversation": False},
            *filled(monday)["raw.messages"],
        ], monday),
        "raw.mentions": rows([
            {"mention_id": "1", "platform": "x", "occurred_at": local(monday, 2, "12:00"), "brand": "b", "is_own": False},
            *filled(monday)["raw.mentions"],
        ], monday),
        "raw.reviews": zeroed(given["raw.reviews"], "rating"),
        "raw.subscriptions": [row for row in given["raw.subscriptions"] if row["changed_at"] < local(monday, 0, "00:00")],
        "raw.content_calendar": [
            *filled(monday)["raw.content_calendar"],
            *({**row, "qa_passed": False, "policy_flags": 0, "creator": None, "derived_from_asset_id": None,
             "briefed_at": row.get("published_at")}
            for row in given["raw.content_calendar"]),
        ],
    }  # fmt: skip


def unseen_week(monday: date) -> Mapping[str, Rows]:
    """Nothing is spent or shown and nobody is reached; the only visits, messages and mentions are of a kind that does not count."""
    given = idle_week(monday)
    return {
        **given,
        "raw.web_sessions": given["raw.web_sessions"][:1],
        "raw.leads": rows([{"lead_id": "l1", "created_at": local(monday, 2, "09:10")}, *filled(monday)["raw.leads"]], monday),
        "raw.orders": rows([
            {"order_id": "o1", "ordered_at": local(monday, 2, "09:20"), "customer_id": "c1", "revenue": 100, "currency": "NOK"},
            *filled(monday)["raw.orders"],
        ], monday),
        "raw.social_posts": zeroed(given["raw.social_posts"], "impressions", "views", "reach"),
        "raw.ads": zeroed(given["raw.ads"], "spend", "impressions", "views"),
        "raw.costs": zeroed(given["raw.costs"], "amount"),
        "raw.social_account_daily": [
            {**row, "value": 0 if row["measure"] in ("profile_visits", "reach", "impressions") else row["value"]}
            for row in given["raw.social_account_daily"]
        ],
        "raw.messages": rows([
            {"message_id": "m1", "platform": "instagram", "account": "a", "received_at": local(monday, 0, "10:00"),
             "answered_at": local(monday, 0, "10:00"), "direction": "in", "started_conversation": False},
        ], monday),
        "raw.subscriptions": [
            *given["raw.subscriptions"],
            *({**row, "changed_at": local(monday, -20, "12:00"), "mrr": 0} for row in given["raw.subscriptions"]),
        ],
    }  # fmt: skip


def free_week(monday: date) -> Mapping[str, Rows]:
    """All success is paid social and costs nothing; what was posted was posted before, and the costs eat up the margin."""
    given = raw_week(monday)
    return {
        **given,
        "raw.web_sessions": [
            {**row, "landing_url": row["landing_url"].replace("instagram&utm_medium=social", "facebook&utm_medium=paid_social")}
            for row in given["raw.web_sessions"] if row["session_id"] != "s6"
        ],
        "raw.leads": [row for row in given["raw.leads"] if row["lead_id"] != "l4"],
        "raw.orders": [{**row, "cost_of_goods": 280} if row["order_id"] == "o2" else row for row in given["raw.orders"]],
        "raw.ads": zeroed(given["raw.ads"], "spend"),
        "raw.social_posts": [
            {**row, "published_at": local(monday, -5, "08:00")} for row in given["raw.social_posts"]
        ],
        "raw.social_account_daily": [
            {**row, "value": 0 if row["measure"] == "impressions" else row["value"]} for row in given["raw.social_account_daily"]
        ],
        "raw.mentions": [row for row in given["raw.mentions"] if row["sentiment"] != "negative"],
    }  # fmt: skip


def even_week(monday: date) -> Mapping[str, Rows]:
    """The same cost per acquisition in each of the four weeks, and posts that nobody is shown."""
    given = raw_week(monday)
    earlier = [
        {**row, "spend": 100} if row["spend"] in (200, 300, 400) and not row.get("impressions") else row
        for row in given["raw.ads"]
    ]
    return {**given, "raw.ads": earlier, "raw.social_posts": zeroed(given["raw.social_posts"], "impressions")}


# Each scenario on another of the four weeks, and the KPIs that are exactly 0 in it; all others have a value, or nothing to divide by.
SCENARIOS: Mapping[str, tuple[Callable[[date], Mapping[str, Rows]], date, set[str]]] = {
    "idle": (idle_week, MONDAYS[0], {
        "avg_watch_seconds", "booked_meetings", "bounce_rate", "churn_rate", "comments_per_1000_views", "consented_share",
        "conversions_social", "creator_collaborations", "ctr_paid", "dm_rate", "email_click_rate", "email_signups",
        "engaged_follower_share", "follower_growth_net", "interactions", "interactions_per_post", "landing_page_cvr",
        "lead_time_brief_to_publish", "leads_social", "link_clicks", "ltv", "ltv_to_cac", "mentions", "mrr_churned",
        "mrr_contraction", "mrr_expansion", "mrr_new", "negative_feedback_per_1000_views", "orders_paid_social", "orders_social",
        "organic_engagement_rate", "organic_share_sessions", "paid_social_clicks", "pipeline_per_10k_spend", "pipeline_social",
        "policy_flags", "profile_link_ctr", "qa_pass_rate", "qualified_lead_share", "referral_value", "referred_customers",
        "repeat_purchase_rate", "repurpose_ratio", "response_rate", "returning_viewers_share", "returning_visitor_share",
        "revenue_social", "review_rating", "roas", "save_rate", "saves", "service_share", "share_of_voice", "shares",
        "unattributed_lead_share", "unattributed_leads", "utm_coverage", "video_completion_rate", "view_rate_25", "view_rate_3s",
        "watch_time_hours", "webinar_registrations",
    }),
    "unseen": (unseen_week, MONDAYS[1], {
        "booked_meetings", "cac", "channel_concentration", "conversions_social", "creator_collaborations", "email_click_rate",
        "email_signups", "engaged_follower_share", "follower_growth_net", "impressions", "interactions", "interactions_per_post",
        "lead_time_brief_to_publish", "leads_social", "link_clicks", "mentions", "mrr", "mrr_churned", "mrr_contraction",
        "mrr_expansion", "mrr_new", "orders_paid_social", "orders_social", "paid_social_clicks", "paid_social_impressions",
        "pipeline_social", "policy_flags", "profile_visits", "qa_pass_rate", "qualified_lead_share", "reach", "referral_value",
        "referred_customers", "repeat_purchase_rate", "repurpose_ratio", "response_time_median", "returning_viewers_share",
        "revenue_social", "review_rating", "saves", "share_of_voice", "shares", "social_sessions", "unanswered_messages", "views",
        "watch_time_hours", "webinar_registrations",
    }),
    "free": (free_week, MONDAYS[2], {
        "cpa", "cpc", "cpl_paid", "cpm", "frequency", "negative_comment_share", "organic_share_conversions",
        "organic_share_sessions", "posts_per_week", "social_equity_roi", "webinar_registrations",
    }),
    "even": (even_week, MONDAYS[3], {
        "cpa_variation", "organic_share",
    }),
}  # fmt: skip
# The reasons without data of the source are those of tests/sql/test_kpi_each.py.
REASONS = {"denominator is 0", "nothing to take it from in the period", "fewer than 4 weeks in a row with a value"}


def of_week(found: Rows, monday: date) -> Values:
    """The whole of the week, of unique counts the account on its Monday."""
    return {
        row["kpi"]: row
        for row in found
        if row["period_start_date"] == monday
        and (
            (row["period"], row["member"]) == ("day", "instagram: a")
            if row["kpi"] in MONDAY_OF_ACCOUNT
            else (row["period"], row["dimension"]) == ("week", "all")
        )
    }


@pytest.mark.parametrize("name", SCENARIOS)
def test_zero_is_zero_and_nothing_to_divide_by_is_unknown(run_model: RunModel, name: str) -> None:
    scenario, monday, zero = SCENARIOS[name]
    found = of_week(run_model("kpi.kpi_values", scenario(monday)), monday)
    assert {kpi for kpi, row in found.items() if row["value"] == 0} == zero
    for kpi, row in found.items():
        if row["value"] is None:
            assert row["null_reason"] in REASONS or row["null_reason"].startswith("not in the files delivered from"), (
                kpi
            )
            assert row["denominator"] in (0, None) or row["numerator"] is None, kpi
        else:
            assert row["null_reason"] is None, kpi


@pytest.mark.parametrize("source", ["raw.web_sessions", "raw.reviews", "raw.social_posts", "raw.leads"])
def test_without_its_sources_a_kpi_is_unknown_and_says_which(run_model: RunModel, source: str) -> None:
    monday, kpis = MONDAYS[0], load_kpis(Home.from_environment())
    found = {
        row["kpi"]: row
        for row in run_model("kpi.kpi_values", {source: raw_week(monday)[source]})
        if (row["period"], row["dimension"], row["period_start_date"]) == ("week", "all", monday)
    }
    assert set(found) == set(kpis.kpis)
    given = {
        "raw.web_sessions": "sessions",
        "raw.reviews": "reviews",
        "raw.social_posts": "posts",
        "raw.leads": "leads",
    }[source]
    for name, kpi in kpis.kpis.items():
        parts = [kpis.measures[part] for part, _ in signed(kpi.numerator)]
        if all(part.source and given not in part.source for part in parts) and name not in MONDAY_OF_ACCOUNT:
            assert found[name]["value"] is None, name
            assert found[name]["null_reason"].startswith("no data from "), name
            assert found[name]["numerator"] is None or found[name]["denominator"] is None, name


def test_every_kpi_has_a_case_of_each_kind() -> None:
    """A known value in four weeks (two with a clock change, one that crosses the year), exactly 0, and unknown with a reason."""
    kpis = set(load_kpis(Home.from_environment()).kpis)
    assert set(WEEK) | set(MONDAY_OF_ACCOUNT) == kpis
    zero = set().union(*(zero for _, _, zero in SCENARIOS.values()))
    # Counts of lists are 0 on a day of which the delivered list tells nothing (test_kpi_each.py).
    assert kpis - zero == {
        "assets_published",
        "creative_tests_started",
        "decisions_logged",
        "inbound_messages",
        "orders",
        "reviews",
    }
    assert kpis - zero <= COUNTED_NONE
    assert {kpi for kpis_without in NOTHING.values() for kpi in kpis_without} | COUNTED_NONE | set(GOES_ON) == kpis
