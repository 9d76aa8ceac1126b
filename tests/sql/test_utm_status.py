"""Standing to the UTM standard: compliant, repaired, incomplete, invalid, missing, not required; and the list of what must be mended."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
from config.yaml_file import SHIPPED
from tests.session_rows import Row, judge, model_rows

SHOP = "https://shop.example/"
INSTAGRAM = {"referrer_url": "https://www.instagram.com/"}
INSTAGRAM_APP = {"user_agent": "Mozilla/5.0 (iPhone) Instagram 334.0"}
BOT = {"user_agent": "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"}

# query or fragment; other evidence; status; reason
CASES: list[tuple[str, Row, str, str | None]] = [
    ("?utm_source=facebook&utm_medium=social&utm_campaign=host_2026", {}, "compliant", None),
    ("?utm_source=facebook&utm_medium=paid_social&utm_campaign=host-2026_1&utm_content=V%C3%A5r+1", {}, "compliant", None),
    ("?utm_source=youtube&utm_medium=video&utm_campaign=host", {}, "compliant", None),
    # aliases, case, blanks
    ("?utm_source=fb&utm_medium=social&utm_campaign=host", {}, "repaired", "source_spelling"),
    ("?utm_source=Facebook&utm_medium=social&utm_campaign=host", {}, "repaired", "source_spelling"),
    ("?utm_source=m.facebook.com&utm_medium=Paid+Social&utm_campaign=host", {}, "repaired", "source_spelling, medium_spelling"),
    ("?utm_source=facebook&utm_medium=paid-social&utm_campaign=host", {}, "repaired", "medium_spelling"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=HOST", {}, "repaired", "campaign_spelling"),
    ("?utm_source=facebook+&utm_medium=social&utm_campaign=host+", {}, "repaired", "source_spelling, campaign_spelling"),
    ("?utm_source=facebook+&utm_medium=social&utm_campaign=host#utm", {}, "repaired", "source_spelling"),
    # readings
    ("?UTM_SOURCE=facebook&utm_medium=social&utm_campaign=host", {}, "repaired", "upper_case_key"),
    ("#utm_source=facebook&utm_medium=social&utm_campaign=host", {}, "repaired", "after_fragment"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=h%C3%B8st", {}, "invalid", "campaign_pattern"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=h%25C3%25B8st", {}, "invalid", "double_encoded, campaign_pattern"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=host%255F2026", {}, "repaired", "double_encoded"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=host&utm_content=h%F8st", {}, "repaired", "latin1"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=host&utm_content={{ad.name}}", {}, "invalid", "unexpanded_macro"),
    # not allowed; near spellings are no meaning
    ("?utm_source=facebok&utm_medium=social&utm_campaign=host", {}, "invalid", "unknown_source"),
    ("?utm_source=facebook&utm_medium=bio&utm_campaign=host", {}, "invalid", "unknown_medium"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=host+rea", {}, "invalid", "campaign_pattern"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=" + "x" * 101, {}, "invalid", "campaign_pattern"),
    ("?utm_source=facebook&utm_medium=social&utm_campaign=" + "x" * 100, {}, "compliant", None),
    # absent
    ("?utm_source=facebook&utm_medium=social", {}, "incomplete", "no_campaign"),
    ("?utm_campaign=host", INSTAGRAM, "incomplete", "no_source, no_medium"),
    ("?utm_source=what", {}, "incomplete", "no_medium, no_campaign, unknown_source"),
    ("?utm_content=x", {}, "incomplete", "no_source, no_medium, no_campaign"),
    ("", INSTAGRAM, "missing", "no_tags"),
    ("", INSTAGRAM_APP, "missing", "no_tags"),
    ("?fbclid=x", {}, "missing", "no_tags"),
    ("?ttclid=x", {}, "missing", "no_tags"),
    ("", {"referrer_url": "https://www.youtube.com/"}, "missing", "no_tags"),
    # not social
    ("", {}, "not_required", None),
    ("", {"referrer_url": "https://vimeo.com/"}, "not_required", None),
    ("?gclid=x", {}, "not_required", None),
    ("?utm_source=newsletter&utm_medium=email&utm_campaign=uke_40", {}, "not_required", None),
    ("?utm_source=newsletter&utm_medium=E-mail&utm_campaign=uke_40", {}, "repaired", "medium_spelling"),
    ("?utm_source=newsletter&utm_medium=email", {}, "incomplete", "no_campaign"),
    ("?utm_source=naboen&utm_medium=referral&utm_campaign=x", {}, "invalid", "unknown_source"),
    ("", {**INSTAGRAM, **BOT}, "not_required", None),
]  # fmt: skip


@pytest.fixture(scope="module")
def judged() -> list[Row]:
    return judge([{"landing_url": SHOP + tail, **evidence} for tail, evidence, *_rest in CASES])


@pytest.mark.parametrize("place", range(len(CASES)), ids=[f"{case[0]} {case[2]}" for case in CASES])
def test_a_session_has_its_status_and_reason(judged: list[Row], place: int) -> None:
    _tail, _evidence, status, reason = CASES[place]
    assert (judged[place]["utm_status"], judged[place]["utm_reason"]) == (status, reason)


def test_the_standard_is_the_homes_own(tmp_path: Path) -> None:
    """Another source, another pattern, another required key."""
    home = Home(tmp_path).create()
    text = (SHIPPED / "utm_standard.yml").read_text(encoding="utf-8")
    text = text.replace("  reddit: [reddit.com]\n", "  reddit: [reddit.com]\n  jodel: [jodel.com]\n")
    text = text.replace(
        "required: [utm_source, utm_medium, utm_campaign]", "required: [utm_source, utm_medium, utm_content]"
    )
    text = text.replace('pattern: "[a-z0-9]+(?:[_-][a-z0-9]+)*"', 'pattern: "[a-z]+_[0-9]{4}"')
    text = text.replace("example: host_2026_sko", "example: host_2026")
    (home.config / "utm_standard.yml").write_text(text, encoding="utf-8")
    rows = judge(
        [
            {"landing_url": SHOP + "?utm_source=jodel&utm_medium=social&utm_content=a"},
            {"landing_url": SHOP + "?utm_source=jodel.com&utm_medium=social&utm_content=a&utm_campaign=host_2026"},
            {"landing_url": SHOP + "?utm_source=jodel&utm_medium=social&utm_campaign=host"},
        ],
        home=home,
    )
    assert [(row["utm_status"], row["utm_reason"]) for row in rows] == [
        ("compliant", None),
        ("repaired", "source_spelling"),
        ("incomplete", "no_content, campaign_pattern"),
    ]


# ---- the list of faulty links ----------------------------------------------------------------------------------------------------------

DAY = date(2026, 10, 1)


def violations(sessions: list[Row], ads: list[Row] | None = None) -> list[Row]:
    given = [
        {"session_id": str(place), "session_date": DAY, "landing_path": "/sko", **session}
        for place, session in enumerate(sessions)
    ]
    rows = model_rows("quality.utm_violations", {"core.fct_sessions": given, "core.fct_ads_daily": ads or []})
    return sorted(rows, key=lambda row: (row["landing_url"], row["channel"]))


def test_sessions_are_grouped_by_link_without_click_ids() -> None:
    missing: dict[str, Any] = {
        "channel": "Organic Social",
        "platform": "facebook",
        "utm_status": "missing",
        "utm_reason": "no_tags",
    }
    rows = violations(
        [
            {"landing_url": "https://shop.example/sko?id=7&fbclid=a", **missing},
            {"landing_url": "https://shop.example/sko?fbclid=b&id=7", **missing},
            {"landing_url": "https://shop.example/", "channel": "Direct", "utm_status": "not_required"},
            {"landing_url": "https://shop.example/", "channel": "Paid Social", "utm_status": "compliant"},
        ]
    )
    assert rows == [
        {
            "session_date": DAY,
            "channel": "Organic Social",
            "source": "",
            "medium": "",
            "campaign": "",
            "landing_url": "https://shop.example/sko?id=7",
            "reason": "no_tags",
            "suggested_url": "https://shop.example/sko?id=7&utm_source=facebook&utm_medium=social&utm_campaign=sko",
            "owner": "SoMe Lead",
            "sessions": 2,
            "spend_at_risk": None,
            "currency": None,
            "platform": "facebook",
            "utm_status": "missing",
        }
    ]


def test_a_mended_link_keeps_the_standard() -> None:
    """From visit to suggestion to visit: what the list suggests is compliant when somebody follows it."""
    tails = [
        "?utm_source=fb&utm_medium=Social&utm_campaign=Host",
        "?UTM_SOURCE=facebook;utm_medium=social;utm_campaign=host",
        "?id=1?utm_source=facebook&utm_medium=paid-social&utm_campaign=host",
        "?utm_source=facebok&utm_medium=socal&utm_campaign=H%C3%B8st+rea",
        "#utm_source=facebook&utm_medium=social&utm_campaign=host&utm_content=V%C3%A5r+1",
        "?utm_source=facebook&utm_medium=social&utm_campaign={{campaign.name}}&utm_content={{ad.name}}",
        "?fbclid=x",
        "?a=1&amp;utm_source=facebook&amp;utm_medium=social",
    ]
    sessions = judge([{"landing_url": SHOP + "sko" + tail} for tail in tails])
    listed = model_rows("quality.utm_violations", {"core.fct_sessions": sessions})
    assert len(listed) == len(tails)
    suggested = sorted(row["suggested_url"] for row in listed)
    assert suggested == sorted(
        [
            "https://shop.example/sko?utm_source=facebook&utm_medium=social&utm_campaign=host",
            "https://shop.example/sko?utm_source=facebook&utm_medium=social&utm_campaign=host",
            "https://shop.example/sko?id=1&utm_source=facebook&utm_medium=paid_social&utm_campaign=host",
            "https://shop.example/sko?utm_source=facebook&utm_medium=social&utm_campaign=host_rea",
            "https://shop.example/sko?utm_source=facebook&utm_medium=social&utm_campaign=host&utm_content=V%C3%A5r%201",
            "https://shop.example/sko?utm_source=facebook&utm_medium=social&utm_campaign=sko",
            "https://shop.example/sko?utm_source=facebook&utm_medium=social&utm_campaign=sko",
            "https://shop.example/sko?a=1&utm_source=facebook&utm_medium=social&utm_campaign=sko",
        ]
    )
    again = judge([{"landing_url": url} for url in suggested])
    assert {(row["utm_status"], row["utm_reason"]) for row in again} == {("compliant", None)}


def test_a_near_tie_is_refused() -> None:
    """'spx' is as near to sms as to other words; 'xx' is too short to be near to anything."""
    invalid = {"utm_status": "invalid", "utm_reason": "unknown_source", "channel": "Unassigned", "utm_medium": "social"}
    rows = violations(
        [
            {"landing_url": "https://shop.example/1", "utm_source": "pinteresst", "source": "pinteresst", **invalid, "medium": "social"},
            {"landing_url": "https://shop.example/2", "utm_source": "xx", "source": "xx", **invalid, "medium": "social"},
        ]
    )  # fmt: skip
    assert [row["suggested_url"] for row in rows] == [
        "https://shop.example/1?utm_source=pinterest&utm_medium=social&utm_campaign=sko",
        None,
    ]


def test_spend_at_risk_is_the_campaigns_by_its_share_of_sessions() -> None:
    paid: dict[str, Any] = {
        "landing_url": "https://shop.example/sko?x",
        "channel": "Paid Social",
        "is_paid": True,
        "utm_source": "fb",
        "source": "facebook",
        "utm_medium": "paid_social",
        "medium": "paid_social",
        "utm_campaign": "host",
        "campaign": "host",
    }
    rows = violations(
        [
            {**paid, "utm_status": "repaired", "utm_reason": "source_spelling"},
            {**paid, "utm_status": "compliant"},
            {**paid, "utm_status": "compliant"},
            {**paid, "utm_status": "compliant", "session_date": date(2026, 10, 2)},
        ],
        [
            {"platform": "meta", "date": DAY, "campaign": "Host", "spend_reporting": Decimal("100"), "currency": "SEK"},
            {"platform": "meta", "date": DAY, "campaign": "host", "spend_reporting": Decimal("20")},
            {"platform": "meta", "date": DAY, "campaign": "other", "spend_reporting": Decimal("7")},
        ],
    )
    assert [(row["spend_at_risk"], row["currency"], row["owner"]) for row in rows] == [
        (Decimal("40.0000"), "NOK", "Growth Marketer")
    ]
