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
