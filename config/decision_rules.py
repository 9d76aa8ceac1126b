"""``decision_rules.yml``: what the weekly review recommends when, and which risks it looks through; checked, and as tables for the models.

A home's own file is laid over the shipped one key by key, so that it holds only what differs. What is wrong in it is named with its line.
What a rule computes is SQL (``sql/kpi/int_rule_*.sql``, ``sql/kpi/int_risk_*.sql``); the parameters here and there have the same names.
"""

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from statistics import NormalDist
from typing import Any

import pyarrow as pa

from config.channels import load_channels
from config.decision_shapes import DecisionRules, Part, Recover, Risk, Rule
from config.home import Home
from config.kpis import Kpi, load_kpis, near
from config.plans import Plan, load_plans
from config.settings import REVIEW_LANGUAGES as LANGUAGES
from config.settings import load_settings
from config.utm_standard import load_utm_standard
from config.yaml_file import SHIPPED, ConfigError, Document, find, read_yaml, validate

FILE = "decision_rules.yml"
WORD = "[a-z0-9æøåäöüéß]+"  # what a word is made of, here and in sql/kpi/int_decisions_read.sql


def load_decision_rules(home: Home) -> DecisionRules:
    """The rules and risks that count for a home.

    Raises:
        ConfigError: every fault of the home's own file with its line: an unknown key, rule, risk, parameter, KPI, plan or owner, with what
            would be allowed.
    """
    shipped = read_yaml(SHIPPED / FILE)
    path = find(home, FILE)
    if path.parent == SHIPPED:
        return validate(shipped, DecisionRules)
    own = read_yaml(path)
    rules = validate(Document(own.name, _over(shipped.data, own.data), own.node, own.first_line), DecisionRules)
    faults = list(_faults(home, own, rules))
    if faults:
        raise ConfigError("\n".join(faults))
    return rules


def _over(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """``base`` with ``own`` laid over it, mapping by mapping."""
    merged = dict(base)
    for key, value in own.items():
        under = merged.get(key)
        merged[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def _faults(home: Home, own: Document, rules: DecisionRules) -> Iterator[str]:
    """What the home's own file names that does not exist. The shipped file may name KPIs that a home's kpis.yml has dropped."""
    kpis = load_kpis(home).kpis
    plans = load_plans(home)
    owners = known_owners(home, kpis, plans)
    for where, name in _named_kpis(own.data):
        if name not in kpis:
            yield own.fault(where, f"no KPI '{name}'{near(name, list(kpis))}")
    for rule in own.data.get("rules") or {}:
        owner = rules.by_rule[rule].owner
        if owner is not None and owner not in owners:
            yield own.fault(("rules", rule, "owner"), f"nobody called '{owner}' owns anything{near(owner, owners)}")
    for kind, listed in rules.noise.model_dump().items():
        for index, name in enumerate(listed):
            others = [other for other, kpis_of in rules.noise.model_dump().items() if other != kind and name in kpis_of]
            if others and kind in (own.data.get("noise") or {}):
                yield own.fault(
                    ("noise", kind, index), f"'{name}' stands in {others[0]} too; allowed: one of the lists"
                )
    plan, names = rules.judging.plan, [plan.plan for plan in plans]
    if plan is not None and plan not in names:
        yield own.fault(("judging", "plan"), f"no plan '{plan}'{near(plan, names)}")
    for name, target in rules.targets.items():
        if target.currency is not None and name in kpis and kpis[name].unit != "money":
            where = ("targets", name, "currency")
            yield own.fault(where, f"'{name}' is in {kpis[name].unit}, not in money; allowed: no currency")


def _named_kpis(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where a file names KPIs, and which; only what has passed the model is in ``data``."""
    for name in data.get("targets") or {}:
        yield ("targets", name), name
    for kind, listed in (data.get("noise") or {}).items():
        for index, name in enumerate(listed):
            yield ("noise", kind, index), name
    for rule, keys in (data.get("rules") or {}).items():
        if "kpi" in keys:
            yield ("rules", rule, "kpi"), keys["kpi"]
        for index, name in enumerate(keys.get("leave_out", ())):
            yield ("rules", rule, "leave_out", index), name
    for risk, keys in (data.get("risks") or {}).items():
        for index, name in enumerate(keys.get("kpis", ())):
            yield ("risks", risk, "kpis", index), name


def known_owners(home: Home, kpis: Mapping[str, Kpi], plans: list[Plan]) -> list[str]:
    """Everybody who owns a KPI, a target, a channel or links, by name."""
    roles = load_channels(find(home, "channels.yml")).channels.values()
    names = {kpi.owner for kpi in kpis.values()}
    names |= {target.owner for plan in plans for target in plan.targets.values() if target.owner}
    names |= {role.owner for role in roles}
    names |= {part.owner for role in roles for part in role.platforms.values() if part.owner}
    names |= set(load_utm_standard(find(home, "utm_standard.yml")).owners.values())
    names |= set(load_settings(home).owners.model_dump().values())
    return sorted(names)


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read. Raises ConfigError.

    - ``decision_rules``: one row a rule: rule, position, is_active, kpi, owner, confidence, score (the normal quantile of it), title_en, …;
    - ``decision_rule_actions``: rule, variant (main, cut, no_difference), says_pattern, against_pattern and refuses_pattern
      (see :func:`word_pattern`), action_en, action_nb, action_sv;
    - ``decision_rule_parameters``: one row: ``<rule>_<parameter>`` of every rule, and ``judging_…``, ``pilots_…``, ``<risk>_…``; beside
      them ``judging_risk_score``, the normal quantile of the risks' confidence;
    - ``decision_targets``: kpi, target, currency; ``decision_left_out``: kpi;
    - ``kpi_noise``: kpi, noise (share, rate, count, cost);
    - ``ad_names``: tag, ad, both in lower case;
    - ``ad_platforms``: ad_platform, platform; ``pilot_campaigns``: campaign, starts, days;
    - ``risks``, ``risk_kpis``: the register.
    """
    found = load_decision_rules(home)
    text, number, flag, exact = pa.string(), pa.int64(), pa.bool_(), pa.decimal128(18, 6)
    normal = NormalDist()
    rules = [
        (name, place, rule, rule.confidence or found.judging.confidence)
        for place, (name, rule) in enumerate(found.by_rule.items(), 1)
    ]
    series, test = found.rules.double_or_cut, found.rules.test_decided
    # What is recommended, the words of a decision that goes along, and those of one that does the opposite.
    variants = [
        *(
            (name, "main", _with_agreed(rule), rule.says, rule.against)
            for name, _, rule, _ in rules
            if rule is not series
        ),
        ("double_or_cut", "main", series.action, series.says, [*series.against, *series.cut_says]),
        ("double_or_cut", "cut", series.cut_action, series.cut_says, [*series.against, *series.says]),
        ("test_decided", "no_difference", test.no_difference_action, test.says, test.against),
    ]
    risks = list(enumerate(found.by_risk.items(), 1))
    return {
        "decision_rules": pa.Table.from_pylist(
            [
                {
                    "rule": name, "position": place, "is_active": rule.active, "kpi": rule.kpi, "owner": rule.owner,
                    "confidence": Decimal(str(confidence)), "score": round(normal.inv_cdf(confidence), 6),
                    **_titles(rule.title),
                }
                for name, place, rule, confidence in rules
            ],
            schema=pa.schema(
                [("rule", text), ("position", number), ("is_active", flag), ("kpi", text), ("owner", text), ("confidence", exact),
                 ("score", pa.float64()), *((f"title_{language}", text) for language in LANGUAGES)]
            ),
        ),
        "decision_rule_actions": pa.Table.from_pylist(
            [
                {
                    "rule": name, "variant": variant, "says_pattern": word_pattern(says), "against_pattern": word_pattern(against),
                    # Where one may choose freely, nothing is refused.
                    "refuses_pattern": None if variant == "no_difference" else word_pattern(found.decisions.refuses),
                    **{f"action_{lang}": said for lang, said in zip(LANGUAGES, texts, strict=True)},
                }
                for name, variant, texts, says, against in variants
            ],
            schema=_strings(
                "rule", "variant", "says_pattern", "against_pattern", "refuses_pattern", *(f"action_{language}" for language in LANGUAGES)
            ),
        ),
        "decision_rule_parameters": _parameters(found),
        "decision_targets": pa.Table.from_pylist(
            [{"kpi": kpi, "target": own.target, "currency": own.currency} for kpi, own in found.targets.items()],
            schema=pa.schema([("kpi", text), ("target", exact), ("currency", text)]),
        ),
        "decision_left_out": pa.Table.from_pylist(
            [{"kpi": kpi} for kpi in found.rules.two_weeks_down.leave_out], schema=_strings("kpi")
        ),
        "kpi_noise": pa.Table.from_pylist(
            [{"kpi": kpi, "noise": kind[:-1]} for kind, kpis in found.noise.model_dump().items() for kpi in kpis],
            schema=_strings("kpi", "noise"),
        ),
        "ad_platforms": pa.Table.from_pylist(
            [{"ad_platform": ads, "platform": name} for ads, names in found.ad_platforms.items() for name in names],
            schema=_strings("ad_platform", "platform"),
        ),
        "ad_names": pa.Table.from_pylist(
            [{"tag": tag.strip().lower(), "ad": ad.strip().lower()} for tag, ad in found.ad_names.items()],
            schema=_strings("tag", "ad"),
        ),
        "pilot_campaigns": pa.Table.from_pylist(
            [
                {"campaign": name.strip().lower(), "starts": pilot.starts, "days": pilot.days or found.pilots.days}
                for name, pilot in found.pilots.campaigns.items()
            ],
            schema=pa.schema([("campaign", text), ("starts", pa.date32()), ("days", number)]),
        ),
        "risks": pa.Table.from_pylist(
            [
                {
                    "risk": name, "position": place, "is_active": risk.active, **_titles(risk.title),
                    **{f"action_{lang}": said for lang, said in zip(LANGUAGES, risk.action, strict=True)},
                }
                for place, (name, risk) in risks
            ],
            schema=pa.schema(
                [("risk", text), ("position", number), ("is_active", flag), *((f"title_{language}", text) for language in LANGUAGES),
                 *((f"action_{language}", text) for language in LANGUAGES)]
            ),
        ),
        "risk_kpis": pa.Table.from_pylist(
            [{"risk": name, "kpi": kpi} for _, (name, risk) in risks for kpi in risk.kpis], schema=_strings("risk", "kpi")
        ),
    }  # fmt: skip


def word_pattern(words: list[str]) -> str | None:
    """A regular expression for any of these words or phrases; NULL for none. In its text two blanks part words, and one is at each end.

    ``sql/kpi/int_decisions_read.sql`` brings a decision's text into that form. The longest phrase is tried first.
    """
    phrases = {"  ".join(re.findall(WORD, word.lower())) for word in words} - {""}
    return "|".join(f" {phrase} " for phrase in sorted(phrases, key=lambda phrase: (-len(phrase), phrase))) or None


def _titles(title: list[str]) -> dict[str, str]:
    return {f"title_{language}": said for language, said in zip(LANGUAGES, title, strict=True)}


def _with_agreed(rule: Rule) -> list[str]:
    """The action in each language, with the actions that the team agreed on behind it."""
    agreed = rule.agreed if isinstance(rule, Recover) else []
    return [" ".join([said, *(f"{place}) {text}" for place, text in enumerate(agreed, 1))]) for said in rule.action]


def _parameters(found: DecisionRules) -> pa.Table:
    """Every number and choice of the file in one row, named by where it stands."""
    parts: list[tuple[str, Part, type[Part]]] = [
        ("judging", found.judging, Part),
        ("pilots", found.pilots, Part),
        ("decisions", found.decisions, Part),
        *((name, rule, Rule) for name, rule in found.by_rule.items()),
        *((name, risk, Risk) for name, risk in found.by_risk.items()),
    ]
    row: dict[str, Any] = {"judging_risk_score": NormalDist().inv_cdf(found.judging.risk_confidence)}
    types: list[tuple[str, pa.DataType]] = [("judging_risk_score", pa.float64())]
    for prefix, part, common in parts:
        for name in type(part).model_fields:
            value = getattr(part, name)
            if name in common.model_fields or isinstance(value, (list, dict)):
                continue
            column = f"{prefix}_{name}"
            row[column] = Decimal(str(value)) if isinstance(value, float) else value
            kind = pa.int64() if isinstance(value, int) else pa.string()
            types.append((column, pa.decimal128(18, 6) if isinstance(row[column], Decimal) else kind))
    return pa.Table.from_pylist([row], schema=pa.schema(types))


def _strings(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])
