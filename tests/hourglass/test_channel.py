"""``hourglass channel``: the rule that took a visit, by its line, and the pipeline's answer."""

import json
from pathlib import Path

import pytest

from config.channels import load_channels
from config.home import Home
from config.yaml_file import SHIPPED
from hourglass.channel import Decision, Explanation, Visit, as_text, explain
from hourglass.cli import main
from tests.session_rows import judge

SHOP = "https://www.shop.example/"
INSTAGRAM = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Mobile/15E148 Instagram 334.0.0.1"
VISITS = [
    Visit(SHOP),
    Visit(SHOP + "?utm_source=fb&utm_medium=paid_social&utm_campaign=host&fbclid=x", "https://l.facebook.com/", INSTAGRAM),
    Visit(SHOP + "?gclid=x", "https://www.youtube.com/"),
    Visit(SHOP, "https://gemini.google.com/app"),
    Visit(SHOP + "#utm_source=tiktok&utm_medium=social"),
    Visit(SHOP + "?utm_source=what&utm_medium=who"),
    Visit(SHOP, "https://naboen.example/"),
    Visit(SHOP, tags={"utm_source": "newsletter", "utm_medium": "e-mail"}),
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def line_in(path: Path, explanation: Explanation, decision: Decision) -> str:
    assert decision.taken is not None
    assert explanation.path == path
    return path.read_text(encoding="utf-8").splitlines()[decision.taken.line - 1].strip()


def test_the_channels_are_the_pipelines(home: Home) -> None:
    rows = judge(
        [
            {"landing_url": v.url, "referrer_url": v.referrer, "user_agent": v.user_agent, **v.tags}
            for v in VISITS
        ]
    )  # fmt: skip
    for visit, row in zip(VISITS, rows, strict=True):
        explanation = explain(home, visit)
        assert explanation.decisions["own"].channel == row["channel"], visit
        assert explanation.decisions["ga4"].channel == row["channel_ga4"], visit
        for grouping in ("own", "ga4"):
            decision = explanation.decisions[grouping]
            assert (decision.taken.channel if decision.taken else "Unassigned") == decision.channel
            places = [one.rule for one in [decision.taken, *decision.next] if one]
            assert places == sorted(set(places)), "in the order of the file, each rule once"


def test_the_rule_is_named_with_its_line_and_the_next_ones(home: Home) -> None:
    explanation = explain(home, VISITS[1])
    own = explanation.decisions["own"]
    path = SHIPPED / "channels.yml"
    assert line_in(path, explanation, own) == "- {source_kind: [social], medium_class: [paid]}"
    assert (own.channel, dict(own.taken.conditions)) == (
        "Paid Social",
        {"source_kind": ["social"], "medium_class": ["paid"]},
    )
    assert [(one.channel, dict(one.conditions)) for one in own.next] == [
        ("Paid Other", {"medium_class": ["paid"]}),
        ("Organic Social", {"source_kind": ["social"]}),
        ("Organic Social", {"click_kind": ["social"]}),
    ]
    ga4 = explanation.decisions["ga4"]
    assert line_in(path, explanation, ga4) == (
        "- {channel: Paid Social, when: {source_kind: [social], medium_class: [paid]}}"
    )


def test_features_say_what_was_found(home: Home) -> None:
    features = explain(home, VISITS[1]).features
    wanted = {
        "utm_source": "fb", "source": "facebook", "medium": "paid_social", "medium_class": ["paid", "paid_social"], "click_id": "fbclid",
        "click_kind": "social", "referrer_host": "l.facebook.com", "referrer_source": "facebook", "referrer_kind": "social",
        "app": "instagram", "app_kind": "social", "is_bot": False, "origin": "facebook", "origin_kind": "social", "platform": "facebook",
        "is_social": True, "utm_status": "repaired", "utm_reason": "source_spelling",
    }  # fmt: skip
    assert {name: features[name] for name in wanted} == wanted


def test_a_home_has_its_own_rules_with_its_own_lines(home: Home) -> None:
    text = (SHIPPED / "channels.yml").read_text(encoding="utf-8")
    own = text.replace("\nown:\n", "\nown:\n  - {channel: Audio, when: {medium: [lydannonse]}}\n")
    path = home.config / "channels.yml"
    path.write_text(own, encoding="utf-8")
    explanation = explain(home, Visit(SHOP + "?utm_source=x&utm_medium=lydannonse"))
    assert (
        line_in(path, explanation, explanation.decisions["own"]) == "- {channel: Audio, when: {medium: [lydannonse]}}"
    )
    assert explanation.decisions["own"].next[0].channel == "Organic Social"
    assert explanation.decisions["own"].taken.rule == 1


def test_no_rule_fits(home: Home) -> None:
    explanation = explain(home, VISITS[5])
    assert explanation.decisions["own"] == explanation.decisions["ga4"] == Decision("Unassigned", None, [])
    assert as_text(explanation).count("no rule fits") == 2


def test_every_alternative_can_be_found_by_its_line(home: Home) -> None:
    """The line of each alternative holds its conditions, whether it stands alone or in a list."""
    from config.yaml_file import read_yaml
    from hourglass.channel import _alternatives

    path = SHIPPED / "channels.yml"
    lines = path.read_text(encoding="utf-8").splitlines()
    document, rules = read_yaml(path), load_channels(path)
    for grouping in ("ga4", "own"):
        for one in _alternatives(document, rules, grouping):
            assert all(f"{name}: [" in lines[one.line - 1] for name in one.conditions), (grouping, one)


def test_text_and_json(home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HOURGLASS_HOME", str(home.root))
    arguments = ["channel", SHOP, "--referrer", "https://www.finn.no/x", "--utm-term", "sko", "--user-agent", "x"]
    assert main(arguments) == 0
    text = capsys.readouterr().out
    assert "referrer_host:   www.finn.no\n" in text
    assert f"channel (own rules): Organic Shopping\n  rule 10 of own, {SHIPPED / 'channels.yml'}:" in text
    assert "{source_kind: [shopping]}\n" in text
    assert main([*arguments, "--format", "json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["visit"]["referrer"] == "https://www.finn.no/x" and document["features"]["utm_term"] == "sko"
    assert document["channel"]["rule"]["when"] == {"source_kind": ["shopping"]}
    assert document["channel_ga4"]["channel"] == "Referral"
    (home.config / "channels.yml").write_text("classes: 1\n", encoding="utf-8")
    assert main(arguments) == 1
    assert "channels.yml:1" in capsys.readouterr().err
