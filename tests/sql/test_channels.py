"""Channels: what each kind of evidence makes of a visit, in Google's grouping and in ours, and that rules are data."""

import re
from pathlib import Path
from typing import Any

import pytest

from config.channels import load_channels
from config.home import Home
from config.yaml_file import SHIPPED
from tests.session_rows import Row, judge, model_rows

SHOP = "https://www.shop.example/"
INSTAGRAM = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 334.0.0.1"
)
FACEBOOK = "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/24.0.0.30.15;]"
CRAWLER = "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)"


# name; visit; channel_ga4; channel; platform; origin; is_social
def at(query: str, **more: str) -> Row:
    """A visit to a tagged link; s, m and c stand for utm_source, utm_medium and utm_campaign."""
    for letter, key in (("s", "utm_source"), ("m", "utm_medium"), ("c", "utm_campaign")):
        query = re.sub(rf"(?<=[?#&]){letter}=", f"{key}=", query)
    return {"landing_url": SHOP + query, **more}


def by(referrer: str, **more: str) -> Row:
    """A visit to the plain page from somewhere."""
    return {"referrer_url": referrer, **more}


CASES: list[tuple[str, Row, str, str, str | None, str | None, bool]] = [
    ("nothing at all", {}, "Direct", "Direct", None, None, False),
    ("own site", by("https://blogg.shop.example/x"), "Direct", "Direct", None, None, False),
    ("search", by("https://www.google.co.uk/"), "Organic Search", "Organic Search", None, "google", False),
    ("Nordic search", by("https://www.kvasir.no/alle?q=x"), "Organic Search", "Organic Search", None, "kvasir", False),
    ("directory", by("https://www.hitta.se/"), "Referral", "Organic Search", None, "hitta", False),
    ("finn.no", by("https://www.finn.no/x"), "Referral", "Organic Shopping", None, "finn", False),
    ("price comparison", by("https://www.prisjakt.nu/"), "Referral", "Organic Shopping", None, "prisjakt", False),
    ("social", by("https://l.instagram.com/"), "Organic Social", "Organic Social", "instagram", "instagram", True),
    ("t.co", by("https://t.co/abc"), "Organic Social", "Organic Social", "x", "x", True),
    ("like t.co", by("https://xt.co/abc"), "Referral", "Referral", None, None, False),
    ("like facebook", by("https://facebook.com.evil.example/"), "Referral", "Referral", None, None, False),
    ("video", by("https://www.youtube.com/"), "Organic Video", "Organic Video", "youtube", "youtube", True),
    ("mail", by("android-app://com.google.android.gm/"), "Referral", "Email", None, "gmail", False),
    ("AI before search", by("https://gemini.google.com/app"), "AI Assistant", "AI Assistant", None, "gemini", False),
    ("path before host", by("https://x.com/i/grok?c=1"), "AI Assistant", "AI Assistant", None, "grok", False),
    ("not that path", by("https://x.com/i/grokking"), "Referral", "Organic Social", "x", "x", True),
    ("payment return", by("https://pay.klarna.com/eu/x"), "Referral", "Direct", None, None, False),
    ("payment in an app", by("https://vipps.no/", user_agent=INSTAGRAM), "Referral", "Organic Social", "instagram", "instagram", True),
    ("unknown site", by("https://naboen.example/blogg"), "Referral", "Referral", None, None, False),
    # tags
    ("tagged", at("?s=facebook&m=paid_social"), "Paid Social", "Paid Social", "facebook", "facebook", True),
    ("alias", at("?s=insta&m=Social"), "Organic Social", "Organic Social", "instagram", "instagram", True),
    ("alias Google lacks", at("?s=insta&m=cpc"), "Paid Other", "Paid Social", "instagram", "instagram", True),
    ("recovered", at("#s=tiktok&m=social"), "Direct", "Organic Social", "tiktok", "tiktok", True),
    ("newsletter", at("?s=newsletter&m=newsletter"), "Unassigned", "Email", None, "newsletter", False),
    ("ChatGPT's own tag", at("?s=chatgpt.com"), "Unassigned", "AI Assistant", None, "chatgpt", False),
    ("unknown words", at("?s=what&m=who"), "Unassigned", "Unassigned", None, None, False),
    ("not in full", at("?s=what&m=foo+ppc"), "Unassigned", "Unassigned", None, None, False),
    ("no shop", at("?s=what&m=x&c=workshop"), "Unassigned", "Unassigned", None, None, False),
    ("shop", at("?s=what&m=x&c=vinter-shop"), "Organic Shopping", "Organic Shopping", None, None, False),
    ("paid_social of nobody", at("?s=what&m=paid-social"), "Paid Other", "Paid Social", None, None, True),
    ("QR", at("?s=plakat&m=qr&c=x"), "Unassigned", "QR", None, None, False),
    # click ids
    ("gclid", at("?gclid=x"), "Paid Search", "Paid Search", None, "google", False),
    ("gad_source", at("?gad_source=1"), "Direct", "Paid Search", None, "google", False),
    ("gclid, YouTube", at("?gclid=x", referrer_url="https://www.youtube.com/"), "Paid Search", "Paid Video", "youtube", "youtube", True),
    ("msclkid", at("?msclkid=x"), "Direct", "Paid Search", None, "bing", False),
    ("fbclid", at("?fbclid=x"), "Direct", "Organic Social", "facebook", "facebook", True),
    ("fbclid in Instagram", at("?fbclid=x", user_agent=INSTAGRAM), "Direct", "Organic Social", "instagram", "instagram", True),
    ("fbclid and paid", at("?s=what&m=cpc&fbclid=x"), "Paid Other", "Paid Social", "facebook", "facebook", True),
    ("fbclid on a mail", at("?s=newsletter&m=email&fbclid=x"), "Email", "Email", None, "newsletter", True),
    ("ttclid", at("?ttclid=x"), "Direct", "Paid Social", "tiktok", "tiktok", True),
    ("srsltid", at("?srsltid=x", referrer_url="https://www.google.no/"), "Organic Search", "Organic Shopping", None, "google", False),
    ("Adtraction", at("?at_gd=x", referrer_url="https://naboen.example/"), "Referral", "Affiliates", None, "adtraction", False),
    ("Klaviyo", at("?_kx=x"), "Direct", "Email", None, "klaviyo", False),
    # browsers
    ("in-app", {"user_agent": FACEBOOK}, "Direct", "Organic Social", "facebook", "facebook", True),
    ("in-app, from search", by("https://www.google.com/", user_agent=FACEBOOK), "Organic Search", "Organic Search", None, "google", True),
    ("crawler", by("https://l.facebook.com/", user_agent=CRAWLER), "Organic Social", "Organic Social", "facebook", "facebook", False),
]  # fmt: skip


@pytest.fixture(scope="module")
def judged() -> dict[str, Row]:
    rows = judge([{"landing_url": SHOP, **visit} for _name, visit, *_rest in CASES])
    return {case[0]: row for case, row in zip(CASES, rows, strict=True)}


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_a_visit_has_its_channels(judged: dict[str, Row], case: tuple[Any, ...]) -> None:
    name, _visit, channel_ga4, channel, platform, origin, is_social = case
    row = judged[name]
    found = {key: row[key] for key in ("channel_ga4", "channel", "platform", "origin", "is_social")}
    assert found == {
        "channel_ga4": channel_ga4,
        "channel": channel,
        "platform": platform,
        "origin": origin,
        "is_social": is_social,
    }


def test_paid_channels_are_the_paid_ones(judged: dict[str, Row]) -> None:
    assert {row["channel"] for row in judged.values() if row["is_paid"]} == {
        "Affiliates",
        "Paid Search",
        "Paid Social",
        "Paid Video",
    }
    assert judged["crawler"]["is_bot"] and not judged["in-app"]["is_bot"]


def test_a_home_has_its_own_rules_and_sources(tmp_path: Path) -> None:
    """Another first rule, and another line in the source list, and nothing else changes."""
    home = Home(tmp_path).create()
    rules = (SHIPPED / "channels.yml").read_text(encoding="utf-8")
    own = rules.replace("\nown:\n", "\nown:\n  - {channel: Audio, when: {medium: [lydannonse]}}\n")
    (home.config / "channels.yml").write_text(own, encoding="utf-8")
    sources = (SHIPPED / "sources.csv").read_text(encoding="utf-8")
    (home.config / "sources.csv").write_text(sources + "naboen.example,naboen,social,\n", encoding="utf-8")
    rows = judge(
        [
            {"landing_url": SHOP + "?utm_source=what&utm_medium=lydannonse"},
            {"landing_url": SHOP, "referrer_url": "https://naboen.example/blogg"},
            {"landing_url": SHOP + "?utm_source=facebook&utm_medium=cpc"},
        ],
        home=home,
    )
    assert [(row["channel_ga4"], row["channel"]) for row in rows] == [
        ("Unassigned", "Audio"),
        ("Referral", "Organic Social"),
        ("Paid Social", "Paid Social"),
    ]


def test_every_channel_has_its_row() -> None:
    rows = model_rows("core.dim_channels", {})
    channels = load_channels(SHIPPED / "channels.yml")
    named = {rule.channel for grouping in ("ga4", "own") for rule in channels.rules(grouping)} | {"Unassigned"}
    assert {row["channel"] for row in rows if row["platform"] == "all"} == named
    assert len(rows) == len({(row["channel"], row["platform"]) for row in rows})
    (linkedin,) = [row for row in rows if row["platform"] == "linkedin"]
    assert (linkedin["role"], linkedin["ownership"], linkedin["owner"]) == ("community", "owned", "SoMe Lead")
