"""core.fct_web_reported, core.fct_emails, and what a third tool reports of posts and accounts."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

RunModel = Callable[..., list[dict[str, Any]]]
D = Decimal


def figure(measure: str, value: str | None, *, captured: int = 20, file_id: str = "", **values: Any) -> dict[str, Any]:
    """A figure of 1 November 2026."""
    day = values.pop("day", 1)
    return {
        "tool": "ga4",
        "property": "Shop",
        "dimension": "all",
        "member": "all",
        "period_from": date(2026, 11, day),
        "period_to": date(2026, 11, day),
        "measure": measure,
        "value": value and D(value),
        "captured_at": f"2026-11-{captured:02d} 06:00",
        "source_file": f"{captured}{file_id}.csv",
        "file_id": f"f{captured}{file_id}",
        "source_row": 1,
        **values,
    }


def test_the_newest_delivery_of_each_figure_counts(run_model: RunModel) -> None:
    rows = [
        figure("sessions", "10"),
        figure("pageviews", "30"),
        figure("sessions", "12", captured=21),
        figure("bounce_rate", None, captured=21),
    ]
    for order in (rows, rows[::-1]):
        (row,) = run_model("core.fct_web_reported", {"raw.web_reported": order})
        assert (row["sessions"], row["pageviews"], row["bounce_rate"]) == (12, 30, None)
        assert (row["date"], row["source_file"], row["filters"]) == (date(2026, 11, 1), "21.csv", "")


def test_days_periods_filters_and_properties_stay_apart(run_model: RunModel) -> None:
    rows = [
        figure("visitors", "10"),
        figure("visitors", "11", period_to=date(2026, 11, 30)),
        figure("visitors", "3", filters="Page: +/blogg/"),
        figure("visitors", "5", property="Blog"),
        figure("visitors", "7", tool="plausible"),
        figure("visitors", "2", dimension="country", member="NO"),
    ]
    found = run_model("core.fct_web_reported", {"raw.web_reported": rows})
    assert sorted((row["visitors"], row["date"]) for row in found if row["date"]) == [
        (value, date(2026, 11, 1)) for value in (2, 3, 5, 7, 10)
    ]
    assert [(row["visitors"], row["period_to"]) for row in found if row["date"] is None] == [(11, date(2026, 11, 30))]


def test_visitors_are_all_where_they_are_known_else_the_active_ones(run_model: RunModel) -> None:
    rows = [figure("active_visitors", "8"), figure("visitors", "9"), figure("active_visitors", "4", day=2)]
    found = run_model("core.fct_web_reported", {"raw.web_reported": rows})
    assert sorted((row["visitors"], row["active_visitors"]) for row in found) == [(4, 4), (9, 8)]


def test_viewers_of_a_business_profile_stay_apart_by_surface(run_model: RunModel) -> None:
    place = {"tool": "google_business_profile", "dimension": "location", "member": "Storgata 1"}
    rows = [
        figure("search_mobile_viewers", "38", **place),
        figure("maps_desktop_viewers", "16", **place),
        figure("clicks", "4", **place),
    ]
    found = run_model("core.fct_web_reported", {"raw.web_reported": rows})
    assert sorted((row["dimension"], row["member"], row["visitors"], row["clicks"]) for row in found) == [
        ("location", "Storgata 1", None, 4),
        ("location + surface", "Storgata 1 | maps, desktop", 16, None),
        ("location + surface", "Storgata 1 | search, mobile", 38, None),
    ]


def campaign(captured: int = 20, **values: Any) -> dict[str, Any]:
    """A campaign sent on 1 November 2026 at 23:30 UTC: the 2nd in Oslo."""
    return {
        "tool": "klaviyo",
        "campaign": "Høst",
        "sent_at": "2026-11-01 23:30",
        "sent": 110,
        "bounces": 10,
        "captured_at": f"2026-11-{captured:02d} 06:00",
        "source_file": f"{captured}.csv",
        "file_id": f"f{captured}",
        "source_row": 1,
        **values,
    }


def test_emails_newest_delivery_local_day_and_delivered(run_model: RunModel) -> None:
    rows = [
        campaign(clicks=5),
        campaign(21, clicks=9, channel="Email"),
        campaign(campaign="Tekst", channel="SMS"),
        campaign(campaign="Utkast", sent_at=None),
        campaign(campaign="Test", campaign_id="c1", variation="A", delivered=50, revenue=D("12.5"), currency="nok"),
        campaign(campaign="Test", campaign_id="c1", variation="B", delivered=40),
    ]
    found = run_model("core.fct_emails", {"raw.email_campaigns": rows})
    assert sorted((row["campaign_key"], row["delivered"], row["clicks"], row["currency"]) for row in found) == [
        ("Høst 2026-11-01 23:30:00", 100, 9, None),
        ("c1 A", 50, None, "NOK"),
        ("c1 B", 40, None, None),
    ]
    assert {row["sent_date"] for row in found} == {date(2026, 11, 2)}
    assert {str(row["sent_at"]) for row in found} == {"2026-11-01 23:30:00"}


def post(tool: str | None, **values: Any) -> dict[str, Any]:
    return {
        "platform": "instagram",
        "reported_by": tool,
        "post_id": "p1",
        "account": "brand",
        "published_at": "2026-11-02 09:00",
        "period_kind": "lifetime",
        "captured_at": "2026-11-20 06:00" if tool else "2026-11-09 06:00",
        "source_file": f"{tool or 'own'}.csv",
        "file_id": tool or "own",
        "source_row": 1,
        **values,
    }


TEXT = "Ny kolleksjon på fjellet: se den i butikken"


def test_a_post_that_only_a_third_tool_reports_counts(run_model: RunModel) -> None:
    (row,) = run_model("core.fct_posts", {"raw.social_posts": [post("sprout_social", likes=9)]})
    assert row["likes"] == 9


def test_the_platforms_own_post_counts_before_a_third_tools(run_model: RunModel) -> None:
    own = post(None, likes=10, permalink="https://www.instagram.com/p/AbCdEfGhIjK/?utm=1", caption=f"{TEXT}\n#fjell")
    for other in (
        post("sprout_social", likes=9, comments=4),
        post("sprout_social", likes=9, post_id="q", permalink="https://instagram.com/reel/AbCdEfGhIjK"),
        post("sprout_social", likes=9, post_id="q", caption=TEXT + "  #fjell", published_at="2026-11-01 23:00"),
    ):
        for order in ([own, other], [other, own]):
            (row,) = run_model("core.fct_posts", {"raw.social_posts": order})
            assert (row["post_id"], row["likes"], row["comments"], row["source_file"]) == ("p1", 10, None, "own.csv")
            days = run_model("core.fct_posts_daily", {"raw.social_posts": order})
            assert [day["likes"] for day in days] == [10]


def test_other_posts_of_the_third_tool_stay(run_model: RunModel) -> None:
    own = post(None, likes=10, permalink="https://www.facebook.com/photo.php?fbid=1", caption=TEXT)
    others = [
        post("sprout_social", platform="facebook"),
        post("sprout_social", post_id="b", permalink="https://www.facebook.com/photo.php?fbid=2", source_row=2),
        post("sprout_social", post_id="c", caption=TEXT, published_at="2026-11-05 09:00", source_row=3),
        post("sprout_social", post_id="d", caption="Hei", source_row=4),
    ]
    found = run_model("core.fct_posts", {"raw.social_posts": [{**own, "caption": "Hei"}, *others]})
    assert sorted((row["platform"], row["post_id"]) for row in found) == [
        ("facebook", "p1"),
        ("instagram", "b"),
        ("instagram", "c"),
        ("instagram", "d"),
        ("instagram", "p1"),
    ]
    found = run_model("core.fct_posts", {"raw.social_posts": [own, others[2]]})
    assert sorted(row["post_id"] for row in found) == ["c", "p1"]


def test_the_platforms_own_day_counts_before_a_third_tools(run_model: RunModel) -> None:
    def day(tool: str | None, measure: str, value: int) -> dict[str, Any]:
        return {
            "platform": "facebook",
            "account": "Brand",
            "date": date(2026, 11, 2),
            "measure": measure,
            "value": D(value),
            "reported_by": tool,
            "captured_at": "2026-11-20 06:00" if tool else "2026-11-03 06:00",
            "source_file": "x.csv",
            "file_id": tool or "own",
            "source_row": 1,
        }

    rows = [day(None, "views", 100), day("sprout_social", "views", 90), day("sprout_social", "followers", 7)]
    for order in (rows, rows[::-1]):
        (row,) = run_model("core.fct_account_daily", {"raw.social_account_daily": order})
        assert (row["views"], row["followers"]) == (100, 7)


def test_the_click_rates_parts_are_of_campaigns_that_have_both(run_model: RunModel) -> None:
    rows = [
        campaign(clicks=9, account="Shop"),
        campaign(campaign="Vinter", account="Shop", clicks=1, delivered=50),
        campaign(campaign="Uten klikk", account="Shop", delivered=70),
    ]
    found = run_model("kpi.int_measures_emails", {"raw.email_campaigns": rows})
    day = date(2026, 11, 2)
    assert sorted((row["date"], row["dimension"], row["member"], row["measure"], row["value"]) for row in found) == [
        (day, "account", "klaviyo: Shop", "email_clicks", D(10)),
        (day, "account", "klaviyo: Shop", "emails_delivered", D(150)),
        (day, "all", "all", "email_clicks", D(10)),
        (day, "all", "all", "emails_delivered", D(150)),
        (day, "campaign", "Høst", "email_clicks", D(9)),
        (day, "campaign", "Høst", "emails_delivered", D(100)),
        (day, "campaign", "Vinter", "email_clicks", D(1)),
        (day, "campaign", "Vinter", "emails_delivered", D(50)),
        (day, "recipients", "(none)", "email_clicks", D(10)),
        (day, "recipients", "(none)", "emails_delivered", D(150)),
    ]


def test_email_click_rate_and_the_days_that_are_delivered(run_model: RunModel) -> None:
    rows = [
        campaign(12, clicks=9, sent_at="2026-11-03 09:00"),
        campaign(12, clicks=2, sent_at="2026-11-05 09:00", campaign="Vinter"),
        campaign(12, clicks=2, sent_at="2026-10-30 09:00", campaign="Sommer"),
    ]
    found = run_model("kpi.kpi_values", {"raw.email_campaigns": rows})
    values = {
        (row["period"], row["period_start_date"]): (
            row["numerator"],
            row["denominator"],
            row["value"],
            row["is_complete"],
        )
        for row in found
        if row["kpi"] == "email_click_rate" and row["dimension"] == "all"
    }
    assert values["week", date(2026, 11, 2)] == (D(11), D(200), D("5.5"), True)
    assert values["day", date(2026, 11, 3)] == (D(9), D(100), D(9), True)
    # A day without a campaign has nothing to divide by.
    assert values["day", date(2026, 11, 4)][2] is None
