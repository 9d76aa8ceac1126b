"""``hourglass channel``: which rule of ``channels.yml`` takes a visit, in both groupings, and which would have taken it next.

The visit is judged by the models of the nightly run. Which alternative of which rule decided they don't say, so they are asked: once with
the rules as they are, then with every alternative a channel of its own, then without the rule that took the visit, and so on.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from config.channels import GROUPINGS, UNASSIGNED, Channels, Grouping, Rule, When, load_channels, tables_of
from config.home import Home
from config.showing import inert
from config.tables import config_tables
from config.utm_standard import UTM_KEYS
from config.yaml_file import Document, find, read_yaml
from pipelines.schema import RAW_TABLES
from sql.workbench import Workbench

NEXT_RULES_SHOWN = 3
VISITED_AT = "2026-01-15 12:00:00"
CHANNEL_COLUMN: Mapping[Grouping, str] = {"ga4": "channel_ga4", "own": "channel"}
TITLES: Mapping[Grouping, str] = {"own": "channel (own rules)", "ga4": "channel_ga4 (Google's rules)"}


@dataclass(frozen=True)
class Visit:
    """What is known of a visit: the landing page, and what else the tracking delivered."""

    url: str
    referrer: str | None = None
    user_agent: str | None = None
    tags: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Alternative:
    """One alternative of a rule: the rule's place among its grouping's from 1, its line in the file, and its conditions."""

    channel: str
    rule: int
    line: int
    conditions: Mapping[str, Sequence[str]]
    when: When


@dataclass(frozen=True)
class Decision:
    """A grouping's channel, the alternative that gave it (None: no rule fits), and those of the rules that would have been next."""

    channel: str
    taken: Alternative | None
    next: Sequence[Alternative]


@dataclass(frozen=True)
class Explanation:
    """The features that were found on a visit, by name, and the decision of each grouping; ``path`` is the file of the rules."""

    visit: Visit
    path: Path
    features: Mapping[str, Any]
    decisions: Mapping[Grouping, Decision]


def channel(home: Home, visit: Visit, *, is_json: bool = False) -> int:
    """Explain a visit's channels. Returns 0. Raises ConfigError for faulty rules."""
    explanation = explain(home, visit)
    sys.stdout.write((as_json(explanation) if is_json else inert(as_text(explanation))) + "\n")
    return 0


def explain(home: Home, visit: Visit) -> Explanation:
    """Ask the models. Raises ConfigError for faulty rules."""
    path = find(home, "channels.yml")
    rules = load_channels(path)
    document = read_yaml(path)
    raw = {name: {column.name: column.type for column in table.columns} for name, table in RAW_TABLES.items()}
    bench = Workbench(raw=raw, config=config_tables(home, datetime.now(UTC).date()))
    bench.fill("raw.web_sessions", _session(visit))
    row = _judged(bench)
    features = _features(bench, row)
    waiting = {grouping: _alternatives(document, rules, grouping) for grouping in GROUPINGS}
    found: dict[Grouping, list[Alternative]] = {grouping: [] for grouping in GROUPINGS}
    for _round in range(1 + NEXT_RULES_SHOWN):
        for name, table in tables_of(_each_a_channel(rules, waiting)).items():
            bench.put(f"config.{name}", table)
        answer = _judged(bench)
        taken = {grouping: _taken(waiting[grouping], answer[CHANNEL_COLUMN[grouping]]) for grouping in GROUPINGS}
        for grouping, alternative in taken.items():
            if alternative is not None:
                found[grouping].append(alternative)
                waiting[grouping] = [other for other in waiting[grouping] if other.rule != alternative.rule]
        if not any(taken.values()):
            break
    decisions = {grouping: _decision(row[CHANNEL_COLUMN[grouping]], found[grouping]) for grouping in GROUPINGS}
    return Explanation(visit, path, features, decisions)


def as_text(explanation: Explanation) -> str:
    """The explanation for people."""
    lines = [
        f"{name + ':':<16} {value}" for name, value in explanation.features.items() if value not in (None, [], False)
    ]
    if not lines:
        lines = ["nothing was found on the link, and there is no other evidence"]
    for grouping in reversed(GROUPINGS):
        decision = explanation.decisions[grouping]
        lines += ["", f"{TITLES[grouping]}: {decision.channel}"]
        if decision.taken is None:
            lines.append("  no rule fits")
        else:
            lines.append(f"  {_where(explanation, grouping, decision.taken)}")
        lines += [
            f"  next: {alternative.channel}: {_where(explanation, grouping, alternative)}"
            for alternative in decision.next
        ]
    return "\n".join(lines)


def as_json(explanation: Explanation) -> str:
    """The explanation for programs."""

    def told(alternative: Alternative | None) -> dict[str, Any] | None:
        if alternative is None:
            return None
        return {
            "channel": alternative.channel,
            "rule": alternative.rule,
            "line": alternative.line,
            "when": dict(alternative.conditions),
        }

    visit = explanation.visit
    document = {
        "visit": {"url": visit.url, "referrer": visit.referrer, "user_agent": visit.user_agent, **visit.tags},
        "features": dict(explanation.features),
        "rules_file": str(explanation.path),
        **{
            CHANNEL_COLUMN[grouping]: {
                "channel": decision.channel,
                "rule": told(decision.taken),
                "next": [told(alternative) for alternative in decision.next],
            }
            for grouping, decision in explanation.decisions.items()
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _where(explanation: Explanation, grouping: Grouping, alternative: Alternative) -> str:
    conditions = ", ".join(f"{name}: [{', '.join(values)}]" for name, values in alternative.conditions.items())
    return f"rule {alternative.rule} of {grouping}, {explanation.path}:{alternative.line}: {{{conditions}}}"


def _session(visit: Visit) -> pa.Table:
    fields: dict[str, str | None] = {
        "session_id": "visit",
        "started_at": VISITED_AT,
        "landing_url": visit.url,
        "referrer_url": visit.referrer,
        "user_agent": visit.user_agent,
        "file_id": "visit",
        "captured_at": VISITED_AT,
        **visit.tags,
    }
    columns: dict[str, pa.Array] = {name: pa.array([value], pa.string()) for name, value in fields.items()}
    return pa.table({**columns, "source_row": pa.array([1], pa.int64())})


def _judged(bench: Workbench) -> dict[str, Any]:
    bench.compute("core.fct_sessions")
    (row,) = bench.rows("select * from core.fct_sessions")
    return row


def _features(bench: Workbench, row: Mapping[str, Any]) -> dict[str, Any]:
    """What was found on the visit, with the kinds that the configuration gives it. For the eye; the models decide."""
    classes = {
        dimension: [
            found["class"]
            for found in bench.rows(
                "select class from config.channel_classes where dimension = ? and regexp_full_match(?, pattern)",
                [dimension, row[dimension]],
            )
        ]
        for dimension in ("medium", "campaign")
    }
    clicks = bench.rows("select kind from config.click_ids where name = ?", [row["click_id_name"]])
    apps = bench.rows("select kind from config.channel_apps where source = ?", [row["app_source"]])
    kinds = bench.rows(
        "select kind from config.sources where source = ? group by kind "
        "order by count(*) filter (where match_host = ?) desc, count(*) desc, kind limit 1",
        [row["origin"], row["source"]],
    )
    return {
        **{key: row[key] for key in UTM_KEYS},
        "source": row["source"],
        "medium": row["medium"],
        "medium_class": classes["medium"],
        "campaign": row["campaign"],
        "campaign_class": classes["campaign"],
        "click_id": row["click_id_name"],
        "click_kind": clicks[0]["kind"] if clicks else None,
        "referrer_host": row["referrer_host"],
        "referrer_source": row["referrer_source"],
        "referrer_kind": row["referrer_kind"],
        "app": row["app_source"],
        "app_kind": apps[0]["kind"] if apps else None,
        "is_bot": row["is_bot"],
        "origin": row["origin"],
        "origin_kind": kinds[0]["kind"] if kinds else None,
        "platform": row["platform"],
        "is_social": row["is_social"],
        "utm_status": row["utm_status"],
        "utm_reason": row["utm_reason"],
    }


def _alternatives(document: Document, rules: Channels, grouping: Grouping) -> list[Alternative]:
    """Every alternative of a grouping, in order, with the line on which it stands."""
    return [
        Alternative(
            rule.channel,
            number,
            document.line_of((grouping, number - 1, "when", place)),
            {name: values for name, values in when.model_dump().items() if values},
            when,
        )
        for number, rule in enumerate(rules.rules(grouping), 1)
        for place, when in enumerate(rule.when)
    ]


def _each_a_channel(rules: Channels, waiting: Mapping[Grouping, Sequence[Alternative]]) -> Channels:
    """The rules with each alternative that is left as a rule whose channel is its place in the list."""
    numbered: dict[str, Any] = {
        grouping: [Rule(channel=str(place), when=[alternative.when]) for place, alternative in enumerate(alternatives)]
        for grouping, alternatives in waiting.items()
    }
    return rules.model_copy(update=numbered)


def _taken(waiting: Sequence[Alternative], answer: str) -> Alternative | None:
    return None if answer == UNASSIGNED else waiting[int(answer)]


def _decision(answer: str, found: Sequence[Alternative]) -> Decision:
    taken = found[0] if found else None
    if answer != (taken.channel if taken else UNASSIGNED):
        raise RuntimeError(f"the rules one by one give {taken}, together they give {answer}")
    return Decision(answer, taken, found[1:])
