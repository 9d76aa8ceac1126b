"""decision_rules.yml: what ships is whole, a home changes single keys, and every mistake is named with its line."""

from pathlib import Path

import pytest

from config.decision_rules import FILE, known_owners, load_decision_rules, tables, word_pattern
from config.decision_shapes import Risks, Rules
from config.home import Home
from config.kpis import load_kpis
from config.plans import load_plans
from config.yaml_file import SHIPPED, ConfigError

SPECIFIED = {
    "pause", "recover", "scale", "scaling_policy", "pilot_graduates", "pilot_exits", "two_weeks_down", "scale_series", "double_or_cut",
    "fix_cta", "test_hooks", "fix_landing", "qualify", "interact_more", "remix_content", "spread_risk", "fix_tags", "test_decided",
    "unique_landing",
}  # fmt: skip
RISKS = {
    "organic_reach_volatile", "reporting_immature", "brand_safety", "followers_without_sales", "tempo", "metrics_off_target",
    "slow_iterations", "measurement_brittle", "trust_eroding", "scaled_before_proof",
}  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def own(home: Home, text: str) -> None:
    (home.config / FILE).write_text(text, encoding="utf-8")


def fault(home: Home) -> str:
    with pytest.raises(ConfigError) as caught:
        load_decision_rules(home)
    return str(caught.value)


def test_every_rule_and_risk_ships_with_its_texts_in_three_languages(home: Home) -> None:
    rules = load_decision_rules(home)
    assert set(rules.by_rule) == set(Rules.model_fields) == SPECIFIED
    assert set(rules.by_risk) == set(Risks.model_fields) == RISKS
    assert all(part.active for part in (*rules.by_rule.values(), *rules.by_risk.values()))
    actions = [rule.action for rule in rules.by_rule.values()] + [risk.action for risk in rules.by_risk.values()]
    assert all(len(set(action)) >= 2 for action in actions), "translated"
    assert rules.rules.pause.cost_over_target * 100 == 120
    assert rules.rules.fix_tags.title == ["Mend the tags", "Rett merkingen", "Rätta märkningen"]


def test_a_home_changes_single_keys(home: Home) -> None:
    own(home, "rules:\n  pause: {cost_over_target: 1.3, owner: Performance lead}\n  remix_content: {active: false}\n")
    rules = load_decision_rules(home)
    assert (str(rules.rules.pause.cost_over_target), rules.rules.pause.minimum_clicks) == ("1.3", 100)
    assert not rules.rules.remix_content.active
    found = tables(home)
    rows = {row["rule"]: row for row in found["decision_rules"].to_pylist()}
    assert (rows["pause"]["owner"], rows["pause"]["is_active"]) == ("Performance lead", True)
    assert (rows["remix_content"]["is_active"], rows["remix_content"]["owner"]) == (False, None)
    assert str(found["decision_rule_parameters"].to_pylist()[0]["pause_cost_over_target"]) == "1.300000"


def test_the_tables_are_stable_and_typed(home: Home) -> None:
    first, again = tables(home), tables(home)
    assert all(first[name].equals(again[name]) for name in first)
    own(home, "targets: {cpa: {target: 330, currency: SEK}}\npilots: {campaigns: {Ny_Kanal: {starts: 2026-09-01}}}\n")
    changed = tables(home)
    assert {name: table.schema for name, table in changed.items()} == {
        name: table.schema for name, table in first.items()
    }
    assert [str(row["target"]) for row in changed["decision_targets"].to_pylist()] == ["330.000000"]
    pilot = changed["pilot_campaigns"].to_pylist()[0]
    assert (pilot["campaign"], str(pilot["starts"]), pilot["days"]) == ("ny_kanal", "2026-09-01", 42)


def test_confidence_comes_with_its_normal_quantile(home: Home) -> None:
    own(home, "judging: {confidence: 0.95}\n")
    rows = {row["rule"]: row for row in tables(home)["decision_rules"].to_pylist()}
    assert (str(rows["pause"]["confidence"]), rows["pause"]["score"]) == ("0.950000", 1.644854)
    assert (str(rows["two_weeks_down"]["confidence"]), rows["two_weeks_down"]["score"]) == ("0.990000", 2.326348)


def test_the_agreed_actions_are_shown_with_the_recovery_plan(home: Home) -> None:
    own(home, "rules: {recover: {agreed: [Pause the two dearest ads, Move 20 % to retargeting]}}\n")
    actions = {(row["rule"], row["variant"]): row for row in tables(home)["decision_rule_actions"].to_pylist()}
    assert actions["recover", "main"]["action_en"].endswith(" 1) Pause the two dearest ads 2) Move 20 % to retargeting")
    assert actions["double_or_cut", "cut"]["action_sv"] == "Lägg ner den här serien."
    assert set(actions) >= {(rule, "main") for rule in SPECIFIED}


def test_words_become_a_pattern_with_the_longest_phrase_first() -> None:
    assert word_pattern(["cut", "Lägg ner", "cut"]) == " lägg  ner | cut "
    assert word_pattern(["call-to action"]) == " call  to  action "
    assert word_pattern([]) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules:\n  pase: {active: false}\n", ":2: unknown key 'rules.pase' (did you mean 'pause'?); allowed: double_or_cut, "),
        ("rules:\n  pause:\n    cost_over_targt: 1.3\n", ":3: unknown key 'rules.pause.cost_over_targt' (did you mean"),
        ("rules:\n  pause:\n    weeks: many\n", ":3: 'rules.pause.weeks' is 'many'"),
        ("rules:\n  pause:\n    cost_over_target: 0\n", ":3: 'rules.pause.cost_over_target' is 0"),
        ("rules:\n\n  pause: {kpi: cpaa}\n", ":3: no KPI 'cpaa' (did you mean 'cpa'?); allowed: assets_published, "),
        ("rules:\n  pause:\n    owner: Performance led\n", ":3: nobody called 'Performance led' owns anything (did you mean"),
        ("rules:\n  pause:\n    confidence: 1.5\n", ":3: 'rules.pause.confidence' is 1.5"),
        ("rules:\n  pause:\n    title: [Pause]\n", ":3: 'rules.pause.title' is ['Pause']"),
        ("rules:\n  recover:\n    agreed: [one]\n", ":3: 'rules.recover.agreed' is ['one']; allowed: two texts, or none"),
        ("rules:\n  two_weeks_down:\n    leave_out: [cpm, cpcc]\n", ":3: no KPI 'cpcc' (did you mean 'cpc'?)"),
        ("risks:\n  tempo:\n    kpis: [asets_published]\n", ":3: no KPI 'asets_published' (did you mean 'assets_published'?)"),
        ("risks:\n  temp: {active: false}\n", ":2: unknown key 'risks.temp' (did you mean 'tempo'?)"),
        ("judging:\n  plan: nb2027\n", ":2: no plan 'nb2027' (did you mean 'nb2026'?); allowed: nb2026, sv2026"),
        ("judging:\n  against: baseline\n", ":2: 'judging.against' is 'baseline'; allowed: 'target' or 'expected'"),
        ("targets:\n  cpaa: {target: 3}\n", ":2: no KPI 'cpaa'"),
        ("targets:\n  ctr_paid: {target: 3, currency: SEK}\n", ":2: 'ctr_paid' is in percent, not in money; allowed: no currency"),
        ("noise:\n  costs: [cpa, cpll_paid]\n", ":2: no KPI 'cpll_paid' (did you mean 'cpl_paid'?)"),
        ("noise:\n  costs: [cpa, roas, ctr_paid]\n", ":2: 'ctr_paid' stands in shares too; allowed: one of the lists"),
        ("pilots:\n  pattern: '(pilot'\n", ":2: 'pilots.pattern' is '(pilot'; allowed: a regular expression ("),
        ("pilots:\n  pattern: '(?=pilot)'\n", "without looking ahead"),
        ("rulez: {}\n", ":1: unknown key 'rulez' (did you mean 'rules'?); allowed: ad_names, ad_platforms, decisions, judging, "),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line_and_what_is_allowed(home: Home, text: str, said: str) -> None:
    own(home, text)
    assert said in fault(home)
    assert fault(home).startswith(str(home.config / FILE))


def test_several_mistakes_are_told_at_once(home: Home) -> None:
    own(home, "rules:\n  pause: {owner: Nobody}\n  scale: {kpi: nothing}\n")
    assert [line.split(": ")[0].rsplit(":", 1)[1] for line in fault(home).splitlines()] == ["3", "2"]


def test_what_ships_names_kpis_that_exist_once_in_the_noise(home: Home) -> None:
    own(home, (SHIPPED / FILE).read_text(encoding="utf-8"))
    noise = load_decision_rules(home).noise
    named = [*noise.shares, *noise.rates, *noise.counts, *noise.costs]
    assert len(named) == len(set(named))


def test_every_shipped_rule_finds_an_owner(home: Home) -> None:
    kpis = load_kpis(home).kpis
    rules = load_decision_rules(home)
    assert {rule.kpi for rule in rules.by_rule.values()} <= set(kpis)
    assert all(rule.owner is None for rule in rules.by_rule.values()), "by the KPI, so that a plan's owner goes first"
    assert {"marketing", "Performance lead"} <= set(known_owners(home, kpis, load_plans(home)))


def test_a_home_that_dropped_a_kpi_still_runs_with_the_shipped_rules(home: Home) -> None:
    text = (SHIPPED / "kpis.yml").read_text(encoding="utf-8")
    start = text.index("  creator_collaborations:\n    {tier")
    (home.config / "kpis.yml").write_text(text[:start], encoding="utf-8")
    plan = (SHIPPED / "plans" / "nb2026.yml").read_text(encoding="utf-8")
    (home.config / "plans").mkdir()
    (home.config / "plans" / "nb2026.yml").write_text(
        plan.replace("  creator_collaborations: {target: 2}\n", ""), encoding="utf-8"
    )
    assert "creator_collaborations" in load_decision_rules(home).noise.counts
