"""Settings: what a home overrides, and what a mistake is told."""

from pathlib import Path

import pytest

from config.home import Home
from config.settings import load_settings
from config.yaml_file import ConfigError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def test_a_home_without_settings_uses_the_shipped_ones(home: Home) -> None:
    settings = load_settings(home)
    assert (settings.time_zone, settings.currency, settings.utm_coverage.target) == ("Europe/Oslo", "NOK", 0.95)


def test_an_override_changes_only_what_it_names(home: Home) -> None:
    (home.config / "settings.yml").write_text("currency: SEK\nutm_coverage: {floor: 0.5}\n", encoding="utf-8")
    settings = load_settings(home)
    assert (settings.currency, settings.utm_coverage.floor, settings.utm_coverage.target) == ("SEK", 0.5, 0.95)
    assert settings.freshness.days("costs") == 45


@pytest.mark.parametrize(
    ("text", "line", "told"),
    [
        (
            "currency: NOK\nutm_coverage:\n  tresholds: 1\n",
            3,
            ["unknown key 'utm_coverage.tresholds'", "floor, minimum_sessions, target"],
        ),
        ("currency: NOK\ntime_zone: Europe/Osl\n", 2, ["Europe/Osl", "IANA time zone"]),
        ("utm_coverage:\n  floor: 0.99\n", 1, ["floor", "target"]),
        ("curency: NOK\n", 1, ["did you mean 'currency'?"]),
        ("currency: nok\n", 1, ["nok"]),
        ("currency: NOK\ncurrency: SEK\n", 2, ["duplicate key"]),
        ("currency: [NOK\n", 2, ["not valid YAML"]),
        ("- NOK\n", 1, ["a mapping"]),
        ("currency: NOK\nengine: {memory_limit: much}\n", 2, ["engine.memory_limit", "much"]),
        (
            "attribution: {lookback_days_by_type: {purchase: 7}}\n",
            1,
            ["lead, email_signup, webinar_registration, order"],
        ),
    ],
)
def test_a_mistake_is_told_with_file_line_and_what_is_allowed(
    home: Home, text: str, line: int, told: list[str]
) -> None:
    path = home.config / "settings.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(home)
    message = str(caught.value)
    assert f"{path}:{line}: " in message
    for part in told:
        assert part in message, message


def test_a_yaml_tag_creates_no_object(home: Home, tmp_path: Path) -> None:
    target = tmp_path / "made"
    (home.config / "settings.yml").write_text(
        f"currency: !!python/object/apply:os.mkdir [{target}]\n", encoding="utf-8"
    )
    with pytest.raises(ConfigError):
        load_settings(home)
    assert not target.exists()
