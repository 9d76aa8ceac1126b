"""kpi.int_measures_*: facts in, building blocks by day, dimension and member out."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

RunModel = Callable[..., list[dict[str, Any]]]
DAY = "2026-11-09"


def values(rows: list[dict[str, Any]], dimension: str = "all") -> dict[tuple[str, str], Decimal]:
    """Values by (measure, member) of one dimension, all of one day."""
    found = {(row["measure"], row["member"]): row["value"] for row in rows if row["dimension"] == dimension}
    assert {str(row["date"]) for row in rows} <= {DAY}
    assert len(found) == sum(1 for row in rows if row["dimension"] == dimension)
    return found


def session(session_id: str, channel: str = "Organic Social", **more: Any) -> dict[str, Any]:
    return {
        "session_id": session_id, "session_date": DAY, "started_at": f"{DAY} 10:00", "channel": channel, "is_social": True,
        "utm_status": "compliant", "is_bounce": False, "is_returning": False, **more,
    }  # fmt: skip


def test_sessions(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_measures_sessions",
        {
            "core.fct_sessions": [
                session("a", campaign="autumn", source="instagram"),
                session("b", utm_status="repaired", is_bounce=True, campaign="autumn"),
                session("c", "Paid Social", is_returning=True, is_bounce=None),
                session("d", "Direct", is_social=False),
            ],
            "core.fct_conversions": [
                {"conversion_id": "lead:1", "session_id": "a", "session_date": DAY},
                {"conversion_id": "order:1", "session_id": "a", "session_date": DAY},
                {"conversion_id": "order:2", "session_id": "d", "session_date": DAY},
            ],
        },
    )
    whole = {measure: int(value) for (measure, _), value in values(rows).items()}
    assert whole == {
        "social_sessions": 3,
        "social_sessions_consented": 0,
        "social_sessions_stating": 0,
        "social_sessions_organic": 3,
        "social_sessions_compliant": 2,
        "social_sessions_bounced": 1,
        "social_sessions_returning": 1,
        "social_sessions_converted": 1,
    }
    campaigns = {
        member: int(value)
        for (measure, member), value in values(rows, "campaign").items()
        if measure == "social_sessions"
    }
    assert campaigns == {"autumn": 2, "(none)": 1}
    channels = {
        member: int(value)
        for (measure, member), value in values(rows, "channel").items()
        if measure == "social_sessions_compliant"
    }
    assert channels == {"Organic Social": 1, "Paid Social": 1}


def credit(conversion_id: str, share: str, channel: str, value: str | None = None, **more: Any) -> dict[str, Any]:
    social = channel.endswith("Social")
    return {
        "conversion_id": conversion_id, "model": "last_non_direct", "credit": Decimal(share), "channel": channel, "is_social": social,
        "is_paid": channel.startswith("Paid"), "value_reporting": value, "conversion_date": DAY, **more,
    }  # fmt: skip


def conversion(conversion_id: str, conversion_type: str, **more: Any) -> dict[str, Any]:
    return {"conversion_id": conversion_id, "conversion_type": conversion_type, "conversion_date": DAY, **more}


def test_conversions_are_split_by_the_configured_model_only(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_measures_conversions",
        {
            "core.fct_conversions": [
                conversion("lead:1", "lead", is_qualified=True, is_lost=False),
                conversion("lead:2", "lead", is_qualified=False, is_lost=True, meeting_date=DAY),
                conversion("lead:3", "email_signup"),
                conversion("order:1", "order", is_first_order=True, is_referred=True),
                conversion("order:2", "order", is_first_order=False, is_referred=False),
                conversion("order:3", "order", is_referred=False),
            ],
            "attribution.credits": [
                credit("lead:1", "0.25", "Paid Social", "25"),
                credit("lead:1", "0.75", "Organic Social", "75"),
                credit("lead:1", "1", "Email", "100", model="first"),
                credit("lead:2", "1", "Direct", "40"),
                credit("lead:3", "1", "Organic Social"),
                credit("order:1", "1", "Paid Social", "300"),
                credit("order:2", "1", "Unattributed", "200"),
                credit("order:3", "1", "Organic Social", "0"),
            ],
        },
    )
    whole = {measure: value for (measure, _), value in values(rows).items()}
    assert whole == {
        "leads": 2, "leads_social": 1, "leads_paid_social": Decimal("0.25"), "leads_qualified": 1, "leads_unattributed": 1,
        "email_signups": 1, "booked_meetings": 1, "conversions": 6, "conversions_social": 4, "conversions_organic_social": Decimal("2.75"),
        "conversions_paid_social": Decimal("1.25"), "orders": 3, "orders_of_customers": 2,
        "orders_social": 2, "orders_paid_social": 1,
        "orders_repeated": 1, "new_customers": 1, "referred_customers": 1, "revenue_social": 300, "revenue_paid_social": 300,
        "pipeline_social": 100,
    }  # fmt: skip
    channels = {
        member: value for (measure, member), value in values(rows, "channel").items() if measure == "leads_social"
    }
    assert channels == {"Paid Social": Decimal("0.25"), "Organic Social": Decimal("0.75")}


def by_consent(rows: list[dict[str, Any]], measure: str, dimension: str = "all") -> dict[str, tuple[int, int, int]]:
    """Value, consented and stated part by member."""
    return {
        row["member"]: (row["value"], row["consented_value"], row["stated_value"])
        for row in rows
        if (row["measure"], row["dimension"]) == (measure, dimension)
    }


def test_each_count_of_sessions_tells_what_of_it_is_with_consent(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_measures_sessions",
        {
            "core.fct_sessions": [
                session("a", has_consent=True, campaign="autumn"),
                session("b", has_consent=False, campaign="autumn", is_bounce=True),
                session("c", has_consent=None, campaign="autumn"),
                session("d", has_consent=True, campaign="winter", is_bounce=True),
            ]
        },
    )
    assert by_consent(rows, "social_sessions") == {"all": (4, 2, 3)}
    assert by_consent(rows, "social_sessions", "campaign") == {"autumn": (3, 1, 2), "winter": (1, 1, 1)}
    assert by_consent(rows, "social_sessions_bounced") == {"all": (2, 1, 2)}
    assert by_consent(rows, "social_sessions_stating") == {"all": (3, 2, 3)}
    assert by_consent(rows, "social_sessions", "consent") == {
        "given": (2, 2, 2), "refused": (1, 0, 1), "(none)": (1, 0, 0)
    }  # fmt: skip


def test_each_sum_of_conversions_tells_what_of_it_is_with_consent(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_measures_conversions",
        {
            "core.fct_conversions": [conversion("lead:1", "lead"), conversion("lead:2", "lead"), conversion("order:1", "order")],
            "attribution.credits": [
                credit("lead:1", "0.25", "Paid Social", has_consent=True, campaign="autumn"),
                credit("lead:1", "0.75", "Paid Social", has_consent=False, campaign="autumn"),
                credit("lead:2", "1", "Unattributed"),
                credit("order:1", "1", "Paid Social", "300", has_consent=True),
            ],
        },
    )  # fmt: skip
    quarter = Decimal("0.25")
    assert by_consent(rows, "leads_paid_social") == {"all": (1, quarter, 1)}
    assert by_consent(rows, "leads_social", "campaign") == {"autumn": (1, quarter, 1)}
    assert by_consent(rows, "leads") == {"all": (2, quarter, 1)}
    assert by_consent(rows, "revenue_paid_social") == {"all": (300, 300, 300)}


def test_only_measures_that_come_from_visitors_know_of_consent(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_measures_daily",
        {
            "kpi.int_measures_sessions": [
                {"date": DAY, "measure": "social_sessions", "value": 2, "consented_value": 1, "stated_value": 2}
            ],
            "kpi.int_measures_ads": [{"date": DAY, "measure": "ad_spend", "value": 5}],
        },
    )
    found = {row["measure"]: (row["value"], row["consented_value"], row["stated_value"]) for row in rows}
    assert found == {"social_sessions": (2, 1, 2), "ad_spend": (5, None, None)}


def post_day(post_id: str, **more: Any) -> dict[str, Any]:
    return {
        "platform": "x",
        "account": "a",
        "post_id": post_id,
        "date": DAY,
        "is_paid": False,
        "is_estimated": False,
        **more,
    }


def test_both_sides_of_a_ratio_are_of_the_same_posts(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_measures_posts",
        {
            "core.fct_posts_daily": [
                post_day("full", views=100, views_completed=20, comments=3, likes=5),
                post_day("share", views=50, watched_view_equivalents=Decimal("12.500125"), comments=1),
                post_day("no_views", comments=9),
                post_day("no_comments", views=1000, is_estimated=True),
                post_day("paid", views=7000, comments=70, is_paid=True),
            ],
            "core.int_post_labels": [
                {"platform": "x", "post_id": "full", "is_paid": False, "series": "school"},
            ],
        },
    )
    whole = {measure: value for (measure, _), value in values(rows).items()}
    assert whole == {
        "views_organic": 1150, "completed_views": Decimal("32.500125"), "completed_views_estimated": Decimal("12.500125"),
        "views_with_completion": 150, "comments": 4, "views_with_comments": 150, "interactions": 18, "posts_estimated": 1,
    }  # fmt: skip
    assert values(rows, "series")["comments", "school"] == 3
    assert values(rows, "series")["comments", "(none)"] == 1
    assert values(rows, "account")["comments", "x: a"] == 4


def test_ads_know_which_platforms_are_social(run_model: RunModel) -> None:
    def ad_day(platform: str, spend: str | None, **more: Any) -> dict[str, Any]:
        return {
            "platform": platform, "account": "a", "account_key": "a", "entity_key": platform, "date": DAY, "spend_reporting": spend,
            "is_estimated": False, **more,
        }  # fmt: skip

    rows = run_model(
        "kpi.int_measures_ads",
        {
            "core.fct_ads_daily": [
                ad_day("meta", "60", impressions=1000, link_clicks=10, campaign="autumn"),
                ad_day("tiktok", "30", impressions=500),
                ad_day("google_ads", "10", impressions=100, link_clicks=5),
                ad_day("x", None, impressions=50, link_clicks=1, is_estimated=True),
            ]
        },
    )
    whole = {measure: value for (measure, _), value in values(rows).items()}
    assert whole == {
        "ad_spend": 100, "ad_spend_social": 90, "ad_spend_with_clicks": 70, "ad_spend_with_impressions": 100, "impressions_paid": 1650,
        "ad_link_clicks": 16, "ad_impressions_with_clicks": 1150, "ads_estimated": 1,
        "ad_impressions_social": 1550, "ad_link_clicks_social": 11,
    }  # fmt: skip


def test_followers_by_what_each_platform_gives(run_model: RunModel) -> None:
    def day(account: str, number: int, **more: Any) -> dict[str, Any]:
        return {"platform": "x", "account": account, "date": f"2026-11-{number:02d}", **more}

    rows = run_model(
        "kpi.int_followers",
        {
            "core.fct_account_daily": [
                day("stock", 9, followers=1000), day("stock", 10, followers=1010), day("stock", 12, followers=1005),
                day("both", 9, followers_gained=30, followers_lost=10),
                day("both", 10, followers=520, followers_gained=5, followers_lost=5),
                day("gained", 9, followers_gained=7),
            ]
        },
    )  # fmt: skip
    found = {
        (row["account"], row["date"].day): (row["followers_at_start"], row["net"], row["is_net_estimated"])
        for row in rows
    }
    assert found == {
        ("stock", 9): (1000, None, False),
        ("stock", 10): (1000, 10, False),
        ("stock", 12): (1010, None, False),
        ("both", 9): (500, 20, False),
        ("both", 10): (520, 0, False),
        ("gained", 9): (None, 7, True),
    }


def test_content_items_count_on_their_local_day(run_model: RunModel) -> None:
    def item(asset_id: str, **more: Any) -> dict[str, Any]:
        return {"asset_id": asset_id, "platform": "TikTok", "file_id": "f", **more}

    def post(post_id: str, **more: Any) -> dict[str, Any]:
        return {"platform": "x", "account": "a", "post_id": post_id, "published_date": DAY, "is_paid": False, **more}

    rows = run_model(
        "kpi.int_measures_content",
        {
            "raw.content_calendar": [
                # 23:30 UTC on Sunday is Monday in Oslo.
                item("a1", published_at="2026-11-08 23:30", qa_passed=True, policy_flags=0, creator="Kari"),
                item(
                    "a2", published_at="2026-11-09 10:00", qa_passed=False, policy_flags=2, derived_from_asset_id="a1"
                ),
                item("a3", briefed_at="2026-11-09 10:00", qa_passed=False),
                item("a4", published_at="2026-11-09 11:00"),
            ],
            "core.fct_posts": [
                post("1", interactions=5, reach=100),
                post("2", interactions=3, impressions=30),
                post("3", interactions=3),
                post("4", interactions=3, reach=0),
            ],
        },
    )
    whole = {measure: value for (measure, _), value in values(rows).items()}
    assert whole == {
        "assets_published": 3, "assets_original": 2, "assets_derived": 1, "assets_reviewed": 3, "assets_passed": 1, "policy_flags": 2,
        "creator_collaborations": 1, "posts_published": 4, "post_engagement_rates": Decimal("0.15"), "posts_with_engagement": 2,
        "interactions_of_posts": 14, "posts_with_interactions": 4,
    }  # fmt: skip


def test_what_each_source_has_delivered(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_delivered_days",
        {
            "core.fct_sessions": [session("a"), session("b", session_date="2026-11-11")],
            # Taken on the 12th in the morning: complete up to the 11th, though the newest lead is older.
            "raw.leads": [
                {"lead_id": "1", "created_at": "2026-11-09 10:00", "captured_at": "2026-11-12 06:00", "file_id": "f"}
            ],
            "raw.ads": [
                {"platform": "meta", "account": "a", "date_from": "2026-11-09", "date_to": "2026-11-10", "file_id": "f"}
            ],
        },
    )
    found = sorted((row["source"], row["instance"], row["date"].day) for row in rows)
    assert found == [
        ("ads", "meta: a", 9), ("ads", "meta: a", 10), ("leads", "", 9), ("leads", "", 10), ("leads", "", 11),
        ("session visitors", "", 9), ("session visitors", "", 11), ("sessions", "", 9), ("sessions", "", 11),
    ]  # fmt: skip


def test_a_wrong_clock_opens_no_decades_of_empty_days(run_model: RunModel) -> None:
    def lead(lead_id: str, created_at: str, captured_at: str | None = "2026-11-10 06:00") -> dict[str, Any]:
        return {"lead_id": lead_id, "created_at": created_at, "captured_at": captured_at, "file_id": "f"}

    rows = run_model(
        "kpi.int_delivered_days",
        {
            "core.fct_sessions": [session("a"), session("b", session_date="2099-01-01", is_clock_suspect=True)],
            "raw.leads": [
                lead("1", "1970-01-01 00:00"),
                lead("2", "1999-12-31 23:59:59"),
                lead("3", "2026-11-08 10:00"),
                lead("4", "2099-01-01 00:00"),
                lead("5", "2026-11-12 06:00:01"),
            ],
        },
    )
    found = sorted((row["source"], str(row["date"])) for row in rows)
    assert found == [
        ("leads", "2026-11-08"),
        ("leads", "2026-11-09"),
        ("session visitors", "2026-11-09"),
        ("sessions", "2026-11-09"),
    ]


def test_a_mistyped_year_opens_no_decades_of_empty_days(run_model: RunModel) -> None:
    def costs(*days: str) -> list[str]:
        inputs = {"core.int_costs_daily": [{"date": day} for day in days], "core.fct_sessions": []}
        return sorted(str(row["date"]) for row in run_model("kpi.int_delivered_days", inputs))

    assert costs("2026-01-01", "2026-01-04", "2026-01-02") == [f"2026-01-0{day}" for day in range(1, 5)]
    assert costs("2026-01-01", "2206-01-01", "1970-01-01", "2026-01-02") == [
        "1970-01-01", "2026-01-01", "2026-01-02", "2206-01-01"
    ]  # fmt: skip
    assert len(costs("2016-01-01", "2026-01-01")) == 3654
    assert len(costs("2016-01-01", "2026-01-02")) == 2


def test_what_is_made_of_visits_says_how_much_of_it_consented(run_model: RunModel) -> None:
    visits = [
        session("a", has_consent=True),
        session("b", has_consent=True, is_bounce=True),
        session("c", has_consent=False),
        session("d", has_consent=None),
    ]
    rows = run_model("kpi.int_measures_sessions", {"core.fct_sessions": visits})
    by_consent = values(rows, "consent")
    assert {member: by_consent["social_sessions", member] for member in ("given", "refused", "(none)")} == {
        "given": 2, "refused": 1, "(none)": 1,
    }  # fmt: skip
    assert by_consent["social_sessions_bounced", "given"] == 1
    whole = values(rows)
    assert (whole["social_sessions_consented", "all"], whole["social_sessions_stating", "all"]) == (2, 3)


def test_conversions_are_cut_by_the_consent_of_the_visits_that_they_are_credited_to(run_model: RunModel) -> None:
    touch = {
        "conversion_id": "order:1",
        "model": "last_non_direct",
        "channel": "Organic Social",
        "is_social": True,
        "is_paid": False,
    }
    rows = run_model(
        "kpi.int_measures_conversions",
        {
            "core.dim_dates": [{"date": DAY}],
            "core.fct_conversions": [
                {"conversion_id": "order:1", "conversion_type": "order", "conversion_date": DAY, "value_reporting": 100}
            ],
            "attribution.credits": [
                {**touch, "touch_number": 1, "credit": "0.25", "value_reporting": 25, "has_consent": True},
                {**touch, "touch_number": 2, "credit": "0.25", "value_reporting": 25, "has_consent": False},
                {**touch, "touch_number": 3, "credit": "0.50", "value_reporting": 50, "has_consent": None},
            ],
        },
    )
    found = values(rows, "consent")
    assert {member: found["revenue_social", member] for member in ("given", "refused", "(none)")} == {
        "given": 25, "refused": 25, "(none)": 50,
    }  # fmt: skip
