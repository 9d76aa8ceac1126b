"""Which ad the tags of paid visits mean: by name, id, alias or spelling, and nothing where it could be two."""

from typing import Any

from tests.rule_rows import WEEK, RunModel, weeks

SEP = chr(31)


def ad(name: str, campaign: str = "Winter", ad_id: str | None = None) -> dict[str, Any]:
    return {
        "platform": "meta", "account_key": "a", "entity_key": SEP.join(["c", "g", ad_id or name]), "campaign": campaign, "ad": name,
        "date": WEEK, "spend_reporting": 100,
    }  # fmt: skip


def visit(content: str, campaign: str = "winter", ad_id: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "date": WEEK, "is_paid": True, "platform": "facebook", "campaign": campaign, "content": content, "ad_id": ad_id,
        "landing_page": "/", "visits": 10, "visits_converted": 1, **more,
    }  # fmt: skip


ADS = [
    ad("Film 1", ad_id="6001"),
    ad("Film 2", ad_id="6002"),
    ad("Film 2", "Spring", ad_id="6003"),
    ad("6004", ad_id="6099"),
    ad("Twin", ad_id="6010"),
    ad("twin", "Autumn", ad_id="6011"),
    ad("A-B"),
    ad("a b"),
    ad("Search ad") | {"platform": "google_ads"},
]


def test_which_ad_is_meant(run_model: RunModel, own_rules: Any) -> None:
    home = own_rules("ad_names: {Hook-B: Film 1, twins: Twin}")
    visits = [
        visit("film 1"),
        visit("6002"),
        visit("6003"),
        visit("film_2"),
        visit("film-1", campaign="winter sale"),
        visit("6004"),
        visit("hook-b", campaign="other"),
        visit("twins"),
        visit("a_b"),
        visit("search ad"),
        visit("unknown"),
        visit("something", campaign="", ad_id="6010"),
        visit("film 1", campaign="winter", is_paid=False),
        visit(""),
    ]
    found = {
        (row["campaign"], row["tag"]): (row["ad_campaign"], row["ad"], row["evidence"])
        for row in run_model(
            "kpi.int_ad_meanings", {"core.fct_ads_daily": ADS, "kpi.int_visits_daily": visits}, home=home
        )
    }
    assert found == {
        ("winter", "film 1"): ("winter", "film 1", "name"),
        ("winter", "6002"): ("winter", "film 2", "id"),
        ("winter", "6003"): ("spring", "film 2", "id"),
        ("winter", "film_2"): ("winter", "film 2", "spelling"),
        ("winter", "6004"): ("winter", "6004", "name"),
        ("other", "hook-b"): ("winter", "film 1", "alias"),
        ("", "6010"): ("winter", "twin", "id"),
    }


def test_the_id_of_an_ad_stands_in_utm_id_or_utm_term(run_model: RunModel) -> None:
    def session(name: str, **more: Any) -> dict[str, Any]:
        return {"session_id": name, "is_social": True, "is_paid": True, **more}

    sessions = [
        session("by id", utm_id=" 6001 ", utm_term="6002"),
        session("by term", utm_id="2026-winter", utm_term="6002"),
        session("neither", utm_id="2026-winter", utm_term="coffee"),
        session("organic", utm_id="6001", is_paid=False),
        session("search", utm_id="6001", is_social=False),
    ]
    rows = run_model("kpi.int_ad_sessions", {"core.fct_sessions": sessions, "core.fct_ads_daily": ADS})
    assert {row["session_id"]: row["ad_id"] for row in rows} == {"by id": "6001", "by term": "6002"}


def test_visits_and_conversions_count_for_the_ad_that_is_meant(run_model: RunModel) -> None:
    def touch(name: str, content: str | None) -> dict[str, Any]:
        return {
            "conversion_id": name, "conversion_type": "lead", "conversion_date": WEEK, "model": "last_non_direct", "touch_number": 1,
            "platform": "facebook", "campaign": "winter", "content": content, "credit": 1, "is_social": True, "is_paid": True,
            "session_id": name,
        }  # fmt: skip

    rows = run_model(
        "kpi.int_rule_ads",
        {
            "kpi.int_rule_weeks": weeks(),
            "core.fct_ads_daily": ADS[:3],
            "kpi.int_visits_daily": [visit("6002"), visit("film 2"), visit("x", ad_id="6003"), visit("plain")],
            "kpi.int_ad_sessions": [{"session_id": "lead:3", "ad_id": "6003"}],
            "attribution.credits": [
                touch("lead:1", "6002"),
                touch("lead:2", "film 2"),
                touch("lead:3", "x"),
                touch("lead:4", None),
            ],
            "core.fct_conversions": [
                {"conversion_id": f"lead:{place}", "conversion_type": "lead"} for place in (1, 2, 3, 4)
            ],
        },
    )
    found = {
        row["subject"]: (row["visits"], int(row["conversions"])) for row in rows if row["subject_kind"] != "channel"
    }
    assert found == {
        "winter": (30, 3),
        "winter / film 1": (0, 0),
        "winter / film 2": (20, 2),
        "winter / plain": (10, 0),
        "spring": (10, 1),
        "spring / film 2": (10, 1),
    }


SESSION = {
    "session_date": WEEK,
    "is_social": True,
    "channel": "Paid Social",
    "is_paid": True,
    "utm_status": "compliant",
}


def test_visits_and_credits_are_counted_by_the_ad_that_they_mean(run_model: RunModel, own_rules: Any) -> None:
    home = own_rules("ad_names: {Hook-B: Film 1}")
    tagged = {
        "name": {"campaign": "Winter", "content": "film 1", "has_consent": True},
        "id": {"campaign": "Winter", "content": "6001", "has_consent": False},
        "utm_id": {"campaign": "Winter", "content": "video", "utm_id": "6001"},
        "alias": {"campaign": "other", "content": "hook-b", "is_bounce": True},
        "spelling": {"campaign": "winter", "content": "Film_1"},
        # Not paid for, so that no ad is meant, and what could be two ads.
        "organic": {"campaign": "Winter", "content": "Film_1", "is_paid": False},
        "either": {"campaign": "winter", "content": "a_b"},
        "untagged": {},
        "elsewhere": {"campaign": "Winter", "content": "Film 1", "is_social": False},
    }
    sessions = [{"session_id": name, **SESSION, **tags} for name, tags in tagged.items()]
    credited = [
        {
            "conversion_id": name, "conversion_type": "order", "model": "last_non_direct", "session_id": name, "credit": 1,
            "value_reporting": 100, "conversion_date": WEEK, "is_social": True, "is_paid": name != "organic",
            "campaign": tagged[name]["campaign"], "content": tagged[name]["content"],
        }
        for name in ("utm_id", "spelling", "organic")
    ]  # fmt: skip
    rows = run_model(
        "kpi.int_measures_creatives",
        {
            "core.fct_ads_daily": ADS,
            "core.fct_sessions": sessions,
            "core.fct_conversions": [{"conversion_id": "utm_id", "session_id": "utm_id", "session_date": WEEK}],
            "attribution.credits": credited,
        },
        home=home,
    )
    found = {(row["measure"], row["member"]): row["value"] for row in rows}
    assert {member: value for (measure, member), value in found.items() if measure == "social_sessions"} == {
        "film 1": 5, "film_1": 1, "a_b": 1, "(none)": 1,
    }  # fmt: skip
    assert found["social_sessions_converted", "film 1"] == found["social_sessions_bounced", "film 1"] == 1
    (film,) = [row for row in rows if (row["measure"], row["member"]) == ("social_sessions", "film 1")]
    assert (film["consented_value"], film["stated_value"]) == (1, 2)
    paid = {key: value for key, value in found.items() if key[0] == "conversions_paid_social"}
    assert paid == {("conversions_paid_social", "film 1"): 2}


def test_which_item_an_ad_shows(run_model: RunModel, own_rules: Any) -> None:
    home = own_rules("ad_names: {Hook-B: Twin}")
    items = [
        {"asset_id": "named", "utm_content": "film 1"},
        {"asset_id": "also spelled so", "utm_content": "film-1"},
        {"asset_id": "by id", "utm_content": "6002"},
        {"asset_id": "by alias", "utm_content": "hook-b"},
        {"asset_id": "search_ad"},
        {"asset_id": "first", "utm_content": "a-b"},
        {"asset_id": "second", "utm_content": "A-B"},
    ]
    rows = run_model("kpi.int_ad_items", {"core.fct_ads_daily": ADS, "raw.content_calendar": items}, home=home)
    assert {row["ad"]: (row["asset_id"], row["evidence"]) for row in rows} == {
        "film 1": ("named", "name"),
        "film 2": ("by id", "id"),
        "twin": ("by alias", "alias"),
        "search ad": ("search_ad", "spelling"),
    }
