"""creative.yml: every goal has a threshold, every format one class; mistakes are named with their line."""

import re
from pathlib import Path

import pytest

from config.creative import load_creative, tables
from config.home import Home
from config.yaml_file import SHIPPED, ConfigError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def test_what_ships(home: Home) -> None:
    found = tables(home)
    classes = {row["format"]: row["format_class"] for row in found["format_classes"].to_pylist()}
    assert (classes["reels"], classes["ig carousel"], classes["short"], classes["bilde"]) == (
        "short",
        "carousel",
        "short",
        "image",
    )
    assert found["creative"]["standard_errors"].to_pylist() == [pytest.approx(1.644854, abs=1e-6)]
    assert {row["goal"] for row in found["creative_goals"].to_pylist()} == {
        "reach",
        "engagement",
        "traffic",
        "conversion",
    }


def test_a_series_of_ones_own(home: Home) -> None:
    text = (SHIPPED / "creative.yml").read_text(encoding="utf-8")
    own = text.replace("series: {}", "series: {skolen: {goal: reach, pass: 1.5}, other: {pass: 4}}")
    (home.config / "creative.yml").write_text(own, encoding="utf-8")
    assert tables(home)["creative_series"].to_pylist() == [
        {"series": "skolen", "goal": "reach", "threshold": 1.5},
        {"series": "other", "goal": None, "threshold": 4.0},
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("paid: traffic", "paid: trafic", "'default_goals.paid' is 'trafic'; allowed: 'reach', 'engagement', 'traffic' or 'conversion'"),
        ("pass: {reach: 1.0, ", "pass: {", "'pass' has no threshold for reach"),
        ("formats: {story:", "formats: {storey:", "'storey' is no class of format; allowed: short, long"),
        ("live: [live,", "live: [reel, live,", "'reel' is a word of 'short' already"),
        ("text: [text,", "text: [Text,", "'Text' is not in lower case"),
        ("top_series: 0.20", "top_series: 20", "'top_series' is 20"),
        ("window_weeks: 8", "window_week: 8", "unknown key 'window_week' (did you mean 'window_weeks'?)"),
        ("series: {}", "series: {skolen: {gaol: reach}}", "unknown key 'series.skolen.gaol'"),
    ],
)  # fmt: skip
def test_what_can_be_wrong(home: Home, old: str, new: str, said: str) -> None:
    text = (SHIPPED / "creative.yml").read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    (home.config / "creative.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_creative(home)
    assert said in str(caught.value)
    assert re.search(rf"creative\.yml:{line}:", str(caught.value))
