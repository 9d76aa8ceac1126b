"""The files that say what a session is: shipped ones load, and each mistake is reported with its file and line."""

from pathlib import Path

import pytest

from config.channels import DIMENSIONS, Channels, load_channels, tables
from config.home import Home
from config.sources import load_sources
from config.utm_standard import folded, load_utm_standard
from config.yaml_file import SHIPPED, ConfigError


def changed(tmp_path: Path, name: str, old: str, new: str) -> Path:
    """A copy of a shipped file with one thing changed."""
    text = (SHIPPED / name).read_text(encoding="utf-8")
    assert text.count(old) >= 1, old
    path = tmp_path / name
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("required: [utm_source", "required: [utm_sauce", "required:", "utm_sauce"),
        ("sources:  ", "sourcs:  ", "sourcs:", "did you mean 'sources'"),
        ("  tiktok: [tik-tok", "  tiktok: [fb, tik-tok", "sources:", "it stands for both 'facebook' and 'tiktok'"),
        ("  bing: [bing.com", "  Bing: [bing.com", "sources:", "lower case"),
        ('pattern: "[a-z0-9]+', 'pattern: "[a-z0-9', "pattern:", "a regular expression"),
        ('pattern: "[a-z0-9]+', 'pattern: "(?=x)[a-z0-9]+', "pattern:", "without look-around"),
        ('pattern: "[a-z0-9]+', 'pattern: "\\\\A[a-z0-9]+', "pattern:", "it fits the whole value anyway"),
        ("example: host_2026_sko", "example: Høst", "campaign:", "fits the example 'Høst'"),
        ("  Display: display", "  Display: displai", "", "not displai"),
        ("  default: Growth Marketer", "  Direct: Growth Marketer", "owners:", "add 'default'"),
    ],
)
def test_a_fault_in_the_standard_is_reported_with_its_line(
    tmp_path: Path, old: str, new: str, line: str, message: str
) -> None:
    path = changed(tmp_path, "utm_standard.yml", old, new)
    with pytest.raises(ConfigError) as caught:
        load_utm_standard(path)
    assert message in str(caught.value)
    assert f"{path}:{line_of(path, line) if line else 1}: " in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("{channel: Cross-network, when: {campaign_class", "{channel: Crossnet, when: {campaign_class", "not 'Crossnet'"),
        ("medium_class: [display]}}", "medium_class: [dispaly]}}", "not dispaly"),
        ("{source: [sms]}", "{sauce: [sms]}", "unknown key"),
        ("{source: [sms]}", "{source: [sms], source_kind: [social]}", "one of source and source_kind"),
        ("{source: [sms]}", "{}", "at least one condition"),
        ("paid: \".*cp.*", "paid: \"(.*cp.*", "allowed: for paid a regular expression ("),
        ("paid: \".*cp.*", "paid: \"(?!x).*cp.*", "allowed: for paid a regular expression without look-around"),
        ("[bot/, bot-", "[Bot/, bot-", "in lower case"),
        ("Direct: {role: conversion", "Direct: {role: converting", "discovery"),
        ("click_kind: [paid_google, paid_search]", "click_kind: [paid_gogle]", "not paid_gogle"),
    ],
)  # fmt: skip
def test_a_fault_in_the_rules_is_reported(tmp_path: Path, old: str, new: str, message: str) -> None:
    path = changed(tmp_path, "channels.yml", old, new)
    with pytest.raises(ConfigError, match=r"channels\.yml:\d+: ") as caught:
        load_channels(path)
    assert message in str(caught.value)


def test_too_many_alternatives_are_refused() -> None:
    shipped = load_channels(SHIPPED / "channels.yml").model_dump()
    rule = {"channel": "Email", "when": [{"medium": [f"m{n}"]} for n in range(63)]}
    with pytest.raises(ValueError, match="at most 62 alternatives"):
        Channels.model_validate({**shipped, "own": [rule]})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("facebook.com,facebook,social,social", "already on line"),
        ("Facebook.com,facebook,social,social", "in lower case"),
        ("https://ny.example,ny,social,", "a host or host/path"),
        ("ny.example,,social,", "'source' is empty"),
        ("ny.example,ny,sosial,", "'kind' is 'sosial'; allowed: search, social"),
        ("ny.example,ny,social,email", "'ga4' is 'email'"),
        ("ny.example,ny", "2 fields"),
    ],
)
def test_a_fault_in_the_source_list_is_reported_with_its_line(tmp_path: Path, line: str, message: str) -> None:
    shipped = (SHIPPED / "sources.csv").read_text(encoding="utf-8")
    path = tmp_path / "sources.csv"
    path.write_text(f"{shipped.rstrip()}\n{line}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_sources(path)
    assert message in str(caught.value)
    assert str(caught.value).startswith(f"{path}:{len(shipped.rstrip().splitlines()) + 1}:")


def test_the_source_list_covers_what_it_must() -> None:
    sources = {entry.match: entry for entry in load_sources(SHIPPED / "sources.csv")}
    assert {entry.kind for entry in sources.values()} >= {
        "search",
        "social",
        "video",
        "shopping",
        "email",
        "ai",
        "payment",
    }
    for match, kind in {
        "finn.no": "shopping",
        "blocket.se": "shopping",
        "tori.fi": "shopping",
        "hitta.se": "search",
        "prisjakt.nu": "shopping",
        "kelkoo.*": "shopping",
        "gemini.google.com": "ai",
        "klarna.com": "payment",
        "vipps.no": "payment",
        "swish.nu": "payment",
        "paypal.com": "payment",
        "stripe.com": "payment",
        "nets.eu": "payment",
    }.items():
        assert sources[match].kind == kind


def test_every_alternative_asks_or_leaves_each_dimension(tmp_path: Path) -> None:
    """The bits are complete: for each dimension an alternative is either free of it or stands under some feature of it."""
    found = tables(Home(tmp_path))
    channels = load_channels(SHIPPED / "channels.yml")
    for grouping in ("ga4", "own"):
        every = sum(bit for bit, _channel, _when in channels.alternatives(grouping))
        for dimension in DIMENSIONS:
            free = next(r[f"{grouping}_bits"] for r in found["channel_free"].to_pylist() if r["dimension"] == dimension)
            asked = 0
            for row in found["channel_conditions"].to_pylist():
                if row["dimension"] == dimension:
                    asked |= row[f"{grouping}_bits"]
            assert free & asked == 0
            assert free | asked == every


def test_spellings_are_folded_alike() -> None:
    assert {folded(text) for text in ("Paid Social", " paid-social ", "PAID__SOCIAL", "paid_social")} == {"paid_social"}


def test_each_channel_has_an_owner() -> None:
    standard = load_utm_standard(SHIPPED / "utm_standard.yml")
    assert standard.owner_of("Organic Social") == "SoMe Lead"
    assert standard.owner_of("Direct") == "Growth Marketer"
