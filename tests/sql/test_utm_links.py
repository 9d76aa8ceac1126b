"""Registered links: which visits are theirs, what came of them, and which were never followed."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
from tests.session_rows import Row, judge, model_rows

SHOP = "https://shop.example"
HOST = "utm_source=facebook&utm_medium=social&utm_campaign=host"
DAY = date(2026, 10, 1)
LINKS = {
    "lnk_shoes": f"{SHOP}/sko/?{HOST}",
    "lnk_coats": f"{SHOP}/jakker?{HOST}",
    "lnk_story": f"{SHOP}/sko?{HOST}&utm_content=story",
    "lnk_bio": f"{SHOP}/?utm_source=instagram&utm_medium=social&utm_campaign=bio&utm_id=lnk_bio",
    "lnk_size_1": f"{SHOP}/sko?str=1&{HOST}&utm_content=size",
    "lnk_size_2": f"{SHOP}/sko?str=2&{HOST}&utm_content=size",
    "lnk_ad_1": f"{SHOP}/?{HOST}&utm_content=1&utm_id=ads",
    "lnk_ad_2": f"{SHOP}/?{HOST}&utm_content=2&utm_id=ads",
}  # fmt: skip

# what is followed; the link it is; how that is known
VISITS: list[tuple[Row, str | None, str | None]] = [
    ({"landing_url": f"{SHOP}/sko?{HOST}"}, "lnk_shoes", "link"),
    ({"landing_url": f"{SHOP}/sko/?fbclid=x&{HOST}#top"}, "lnk_shoes", "link"),
    ({"landing_url": f"https://www.shop.example/sko?{HOST}"}, "lnk_shoes", "link"),
    ({"landing_url": f"{SHOP}/jakker?{HOST.replace('facebook', 'fb')}"}, "lnk_coats", "link"),
    ({"landing_url": f"{SHOP}/jakker?{HOST.upper()}"}, "lnk_coats", "link"),
    ({"landing_url": f"{SHOP}/hatter?{HOST}"}, None, None),
    ({"landing_url": f"{SHOP}/hatter?{HOST}&utm_content=story"}, "lnk_story", "tags"),
    ({"landing_url": f"{SHOP}/?utm_id=lnk_bio"}, "lnk_bio", "id"),
    ({"landing_url": f"{SHOP}/sko?{HOST}&utm_id=lnk_bio"}, "lnk_bio", "id"),
    ({"landing_url": f"{SHOP}/sko?{HOST}&utm_content=size"}, None, None),
    ({"landing_url": f"{SHOP}/?{HOST}&utm_content=2&utm_id=ads"}, "lnk_ad_2", "link"),
    ({"landing_url": f"{SHOP}/?utm_id=ads"}, None, None),
    ({"landing_url": f"{SHOP}/sko"}, None, None),
    ({"landing_url": f"{SHOP}/sko?{HOST}", "user_agent": "facebookexternalhit/1.1"}, None, None),
    ({"landing_url": f"{SHOP}/sko", "utm_source": "facebook", "utm_medium": "social", "utm_campaign": "host"}, "lnk_shoes", "link"),
]  # fmt: skip


def home_with(folder: Path, links: dict[str, str], **more: str) -> Home:
    home = Home(folder).create()
    (home.config / "links").mkdir()
    lines = [f"{link_id},{url},{more.get(link_id, '')}" for link_id, url in links.items()]
    (home.config / "links" / "a.csv").write_text(
        "link_id,url,owner,registered_on\n"
        + "\n".join(line if line.count(",") > 2 else f"{line},2026-09-20" for line in lines),
        encoding="utf-8",
    )
    return home


def test_a_visit_is_known_by_id_by_tags_and_page_or_by_tags_of_one_link(tmp_path: Path) -> None:
    home = home_with(tmp_path, LINKS)
    sessions = judge([visit for visit, *_rest in VISITS], home=home)
    rows = model_rows("core.fct_link_sessions", {"core.fct_sessions": sessions}, home=home)
    found = {int(row["session_id"]): (row["link_id"], row["matched_by"]) for row in rows}
    assert [found.get(place, (None, None)) for place in range(len(VISITS))] == [
        (link, how) for _visit, link, how in VISITS
    ]


def test_without_a_list_no_visit_is_known_and_none_is_unregistered() -> None:
    sessions = judge([visit for visit, *_rest in VISITS])
    assert model_rows("core.fct_link_sessions", {"core.fct_sessions": sessions}) == []
    assert model_rows("quality.utm_unregistered_links", {"core.fct_sessions": sessions}) == []
    assert model_rows("quality.utm_links", {"core.fct_sessions": sessions}) == []


def session(session_id: str, day: date = DAY, **fields: Any) -> Row:
    return {"session_id": session_id, "session_date": day, "is_clock_suspect": False, "is_bot": False, **fields}


def credit(conversion: str, model: str, session_id: str, share: Decimal, value: Decimal | None) -> Row:
    return {
        "conversion_id": conversion,
        "model": model,
        "session_id": session_id,
        "credit": share,
        "value_reporting": value,
    }


def test_a_link_shows_what_came_of_it(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"lnk_shoes": LINKS["lnk_shoes"]}, lnk_shoes="Kim,2026-09-25")
    (row,) = model_rows(
        "quality.utm_links",
        {
            "core.fct_sessions": [session("1"), session("2")],
            "core.fct_link_sessions": [
                {"session_id": "1", "session_date": DAY, "link_id": "lnk_shoes"},
                {"session_id": "2", "session_date": date(2026, 9, 28), "link_id": "lnk_shoes"},
            ],
            "core.fct_conversions": [
                {"conversion_id": "a", "session_id": "1"},
                {"conversion_id": "b", "session_id": "1"},
                {"conversion_id": "c", "session_id": "9"},
            ],
            "attribution.credits": [
                credit("c", "last_non_direct", "2", Decimal("0.5"), Decimal(10)),
                credit("a", "last_non_direct", "1", Decimal(1), None),
                credit("a", "first", "1", Decimal(1), Decimal(99)),
            ],
        },
        home=home,
    )  # fmt: skip
    assert row == {
        "link_id": "lnk_shoes", "url": LINKS["lnk_shoes"], "owner": "Kim", "registered_date": date(2026, 9, 25), "status": "visited",
        "source": "facebook", "medium": "social", "campaign": "host", "content": None, "term": None, "utm_id": None, "note": None,
        "first_visit_date": date(2026, 9, 28), "last_visit_date": DAY, "sessions": 2, "conversions": 2,
        "credited_conversions": Decimal("1.5"), "credited_value": Decimal(10), "currency": "NOK",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("newest", "status"),
    [(date(2026, 9, 26), "waiting"), (date(2026, 9, 27), "never_visited"), (date(2026, 11, 1), "never_visited"), (None, "waiting")],
)  # fmt: skip
def test_a_link_that_nobody_followed_is_shown_when_the_data_reach_beyond_its_grace(
    tmp_path: Path, newest: date | None, status: str
) -> None:
    home = home_with(tmp_path, {"lnk_bio": LINKS["lnk_bio"]})
    sessions = [session("1", newest), session("2", date(2099, 1, 1), is_clock_suspect=True)] if newest else []
    (row,) = model_rows("quality.utm_links", {"core.fct_sessions": sessions}, home=home)
    assert (row["status"], row["sessions"], row["first_visit_date"], row["conversions"]) == (status, 0, None, 0)
    assert row["owner"] == "Growth Marketer"


def test_a_wrong_clock_counts_as_a_visit_and_moves_no_day(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"lnk_bio": LINKS["lnk_bio"]})
    days = {"a": DAY, "old": date(1970, 1, 1), "new": date(2099, 1, 1)}
    inputs = {
        "core.fct_sessions": [session(key, day, is_clock_suspect=key != "a") for key, day in days.items()],
        "core.fct_link_sessions": [
            {"session_id": key, "session_date": day, "link_id": "lnk_bio"} for key, day in days.items()
        ],
    }
    (row,) = model_rows("quality.utm_links", inputs, home=home)
    assert (row["status"], row["sessions"], row["first_visit_date"], row["last_visit_date"]) == ("visited", 3, DAY, DAY)


def test_tagged_visits_by_no_registered_link_are_listed(tmp_path: Path) -> None:
    home = home_with(tmp_path, {"lnk_bio": LINKS["lnk_bio"]})
    tagged = {
        "channel": "Organic Social", "platform": "facebook", "source": "facebook", "medium": "social", "campaign": "host",
        "landing_host": "shop.example", "landing_path": "/sko", "landing_url": f"{SHOP}/sko?{HOST}", "utm_status": "compliant",
    }  # fmt: skip
    rows = model_rows(
        "quality.utm_unregistered_links",
        {
            "core.fct_sessions": [
                session("1", **tagged),
                session("2", date(2026, 9, 21), **{**tagged, "utm_status": "repaired"}),
                session("before the list", date(2026, 9, 19), **tagged),
                session("untagged", channel="Direct", landing_path="/"),
                session("bot", **{**tagged, "is_bot": True}),
                session("registered", **tagged),
                session("clock", date(2099, 1, 1), **{**tagged, "is_clock_suspect": True}),
            ],
            "core.fct_link_sessions": [{"session_id": "registered", "link_id": "lnk_bio"}],
        },
        home=home,
    )
    assert rows == [
        {
            "channel": "Organic Social", "source": "facebook", "medium": "social", "campaign": "host", "content": "",
            "landing_host": "shop.example", "landing_path": "/sko", "owner": "SoMe Lead", "example_url": f"{SHOP}/sko?{HOST}",
            "sessions": 2, "faulty_sessions": 1, "first_date": date(2026, 9, 21), "last_date": DAY,
        }
    ]  # fmt: skip
