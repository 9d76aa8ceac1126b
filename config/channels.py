"""``channels.yml``: which visit belongs to which channel, and what each channel is for.

The rules reach SQL as bits, so that a session's channel costs a few ANDs: every alternative of every rule has a bit of its own, in
order; every feature that a rule can ask about (a source kind, a medium class, …) carries the bits of the alternatives that accept it; the
bits of a session's features, ANDed over the dimensions, leave the alternatives that fit; the lowest of them names the channel.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from config.home import Home
from config.patterns import whole_value_pattern
from config.yaml_file import find, load_yaml

Grouping = Literal["ga4", "own"]
GROUPINGS: tuple[Grouping, ...] = ("ga4", "own")
UNASSIGNED = "Unassigned"
MOST_ALTERNATIVES = 62

# What a condition is called in the file -> (dimension, kind of feature). One dimension may be asked once in an alternative.
CONDITIONS: Mapping[str, tuple[str, str]] = {
    "source": ("source", "value"),
    "source_kind": ("source", "kind"),
    "medium": ("medium", "value"),
    "medium_class": ("medium", "class"),
    "campaign_class": ("campaign", "class"),
    "click_id": ("click", "name"),
    "click_kind": ("click", "kind"),
    "referrer_kind": ("referrer", "kind"),
    "app_kind": ("app", "kind"),
}
DIMENSIONS = ("source", "medium", "campaign", "click", "referrer", "app")


class Part(BaseModel):
    """A part of the file: frozen, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class When(Part):
    """One alternative of a rule: every list that is given must hold one of the session's features."""

    source: list[str] = []
    source_kind: list[str] = []
    medium: list[str] = []
    medium_class: list[str] = []
    campaign_class: list[str] = []
    click_id: list[str] = []
    click_kind: list[str] = []
    referrer_kind: list[str] = []
    app_kind: list[str] = []

    @model_validator(mode="after")
    def a_dimension_is_asked_once(self) -> "When":
        """Two conditions on one dimension would have to be told apart from alternatives."""
        asked = [CONDITIONS[name][0] for name in CONDITIONS if getattr(self, name)]
        if not asked:
            raise ValueError("at least one condition: " + ", ".join(CONDITIONS))
        for dimension in asked:
            if asked.count(dimension) > 1:
                names = [name for name, (of, _kind) in CONDITIONS.items() if of == dimension]
                raise ValueError(f"one of {' and '.join(names)} in a condition; put the other into an alternative")
        return self

    def features(self) -> dict[str, list[str]]:
        """Accepted features by dimension, as ``kind:text`` in lower case; a dimension that is not asked is left out."""
        return {
            CONDITIONS[name][0]: [f"{CONDITIONS[name][1]}:{text.lower()}" for text in getattr(self, name)]
            for name in CONDITIONS
            if getattr(self, name)
        }


class Rule(Part):
    """A channel and the conditions under which a session is given it; one alternative that fits is enough."""

    channel: str
    when: list[When] = Field(min_length=1)

    @field_validator("when", mode="before")
    @classmethod
    def one_alternative_needs_no_list(cls, value: Any) -> Any:
        """A single alternative may stand without its list."""
        return [value] if isinstance(value, dict) else value


class Ga4Meaning(Part):
    """The source and medium that Google Analytics itself gives a click id."""

    source: str
    medium: str


class ClickId(Part):
    """What a click id proves: where the visit came from, and of what kind it is."""

    source: str
    kind: str
    medium: str | None = None
    ga4: Ga4Meaning | None = None


class App(Part):
    """An app's built-in browser, by a piece of text in its user agent."""

    has: str = Field(min_length=3)
    source: str
    kind: str


class Classes(Part):
    """Named regular expressions over the whole of a value."""

    medium: dict[str, str]
    campaign: dict[str, str]

    @field_validator("medium", "campaign")
    @classmethod
    def patterns_compile(cls, value: dict[str, str]) -> dict[str, str]:
        """A pattern that is none is reported where it stands."""
        for name, pattern in value.items():
            try:
                whole_value_pattern(pattern)
            except ValueError as error:
                raise ValueError(f"for {name} {error}") from None
        return value


class RoleOfPlatform(Part):
    """What differs for one platform of a channel."""

    role: Literal["discovery", "community", "conversion"] | None = None
    ownership: Literal["owned", "paid", "earned"] | None = None
    owner: str | None = None


class Role(Part):
    """What a channel is for, whose it is, and who decides on it."""

    role: Literal["discovery", "community", "conversion"]
    ownership: Literal["owned", "paid", "earned"]
    owner: str
    platforms: dict[str, RoleOfPlatform] = Field(default_factory=dict)


class Channels(Part):
    """The whole of ``channels.yml``."""

    classes: Classes
    click_ids: dict[str, ClickId]
    apps: list[App]
    bots: list[str]
    ga4: list[Rule] = Field(min_length=1)
    own: list[Rule] = Field(min_length=1)
    channels: dict[str, Role]

    @field_validator("bots")
    @classmethod
    def bots_in_lower_case(cls, value: list[str]) -> list[str]:
        """Short tokens would take people for programs."""
        for token in value:
            if token != token.lower() or len(token) < 4:
                raise ValueError(f"at least 4 characters in lower case, not {token!r}")
        return value

    @field_validator("ga4", "own")
    @classmethod
    def alternatives_have_bits(cls, value: list[Rule]) -> list[Rule]:
        """Every alternative has a bit of a 64-bit integer."""
        count = sum(len(rule.when) for rule in value)
        if count > MOST_ALTERNATIVES:
            raise ValueError(f"at most {MOST_ALTERNATIVES} alternatives in all rules together, not {count}")
        return value

    @model_validator(mode="after")
    def names_are_known(self) -> "Channels":
        """Channels, classes, click ids and kinds that rules name must exist."""
        click_kinds = {"none", *(click.kind for click in self.click_ids.values())}
        known = {
            "medium_class": set(self.classes.medium),
            "campaign_class": set(self.classes.campaign),
            "click_id": set(self.click_ids),
            "click_kind": click_kinds,
            "app_kind": {"none", *(app.kind for app in self.apps)},
        }
        for grouping in GROUPINGS:
            for rule in self.rules(grouping):
                if rule.channel not in self.channels and rule.channel != UNASSIGNED:
                    raise ValueError(f"channels from 'channels', not {rule.channel!r} (in {grouping})")
                for when in rule.when:
                    for name, allowed in known.items():
                        unknown = sorted(set(getattr(when, name)) - allowed)
                        if unknown:
                            raise ValueError(
                                f"{name} one of {', '.join(sorted(allowed))}, not {', '.join(unknown)}"
                                f" (in {grouping}, {rule.channel})"
                            )
        return self

    def rules(self, grouping: Grouping) -> Sequence[Rule]:
        """The rules of one grouping, in order."""
        return self.ga4 if grouping == "ga4" else self.own

    def alternatives(self, grouping: Grouping) -> list[tuple[int, str, When]]:
        """Every alternative in order: its bit, its channel, its conditions."""
        flat = [(rule.channel, when) for rule in self.rules(grouping) for when in rule.when]
        return [(1 << place, channel, when) for place, (channel, when) in enumerate(flat)]


def load_channels(path: Path) -> Channels:
    """One set of rules. Raises ConfigError with file and line."""
    return load_yaml(path, Channels)


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read of a home's rules (see :func:`tables_of`). Raises ConfigError with file and line."""
    return tables_of(load_channels(find(home, "channels.yml")))


def tables_of(channels: Channels) -> dict[str, pa.Table]:
    """What models may read of a set of rules.

    - ``channel_conditions``: dimension, feature, ga4_bits, own_bits — the alternatives that ask for the feature;
    - ``channel_free``: dimension, ga4_bits, own_bits — the alternatives that don't ask about the dimension;
    - ``channel_bits``: bit, ga4_channel, own_channel — what the lowest bit left means;
    - ``channel_classes``: dimension, class, pattern — full-match regular expressions in RE2's syntax;
    - ``click_ids``: name, place, source, medium, kind, ga4_source, ga4_medium;
    - ``channel_apps``: place, token, source, kind; ``channel_bots``: token;
    - ``channel_roles``: channel, platform (NULL: every other platform), role, ownership, owner.
    """
    return {
        **_bits(channels),
        "channel_classes": _table(
            [
                {"dimension": dimension, "class": name, "pattern": pattern}
                for dimension, classes in (("medium", channels.classes.medium), ("campaign", channels.classes.campaign))
                for name, pattern in classes.items()
            ],
            {"dimension": pa.string(), "class": pa.string(), "pattern": pa.string()},
        ),
        "click_ids": _table(
            [
                {
                    "name": name.lower(),
                    "place": place,
                    "source": click.source,
                    "medium": click.medium,
                    "kind": click.kind,
                    "ga4_source": click.ga4.source if click.ga4 else None,
                    "ga4_medium": click.ga4.medium if click.ga4 else None,
                }
                for place, (name, click) in enumerate(channels.click_ids.items(), 1)
            ],
            {
                "name": pa.string(),
                "place": pa.int64(),
                "source": pa.string(),
                "medium": pa.string(),
                "kind": pa.string(),
            }
            | {"ga4_source": pa.string(), "ga4_medium": pa.string()},
        ),
        "channel_apps": _table(
            [
                {"place": place, "token": app.has, "source": app.source, "kind": app.kind}
                for place, app in enumerate(channels.apps, 1)
            ],
            {"place": pa.int64(), "token": pa.string(), "source": pa.string(), "kind": pa.string()},
        ),
        "channel_bots": pa.table({"token": pa.array(channels.bots, pa.string())}),
        "channel_roles": _table(
            _roles(channels),
            dict.fromkeys(("channel", "platform", "role", "ownership", "owner"), pa.string()),
        ),
    }


def _bits(channels: Channels) -> dict[str, pa.Table]:
    asked: dict[tuple[str, str], dict[str, int]] = {}
    free: dict[str, dict[str, int]] = {dimension: dict.fromkeys(GROUPINGS, 0) for dimension in DIMENSIONS}
    names: dict[int, dict[str, str]] = {}
    for grouping in GROUPINGS:
        for bit, channel, when in channels.alternatives(grouping):
            names.setdefault(bit, {})[grouping] = channel
            features = when.features()
            for dimension in DIMENSIONS:
                if dimension not in features:
                    free[dimension][grouping] |= bit
                for feature in features.get(dimension, []):
                    asked.setdefault((dimension, feature), dict.fromkeys(GROUPINGS, 0))[grouping] |= bit
    bits = {"ga4_bits": pa.int64(), "own_bits": pa.int64()}
    return {
        "channel_conditions": _table(
            [
                {"dimension": dimension, "feature": feature, "ga4_bits": by["ga4"], "own_bits": by["own"]}
                for (dimension, feature), by in asked.items()
            ],
            {"dimension": pa.string(), "feature": pa.string()} | bits,
        ),
        "channel_free": _table(
            [{"dimension": name, "ga4_bits": by["ga4"], "own_bits": by["own"]} for name, by in free.items()],
            {"dimension": pa.string()} | bits,
        ),
        "channel_bits": _table(
            [{"bit": bit, "ga4_channel": by.get("ga4"), "own_channel": by.get("own")} for bit, by in names.items()],
            {"bit": pa.int64(), "ga4_channel": pa.string(), "own_channel": pa.string()},
        ),
    }


def _roles(channels: Channels) -> list[dict[str, str | None]]:
    rows: list[dict[str, str | None]] = []
    for name, role in channels.channels.items():
        whole = {"role": role.role, "ownership": role.ownership, "owner": role.owner}
        rows.append({"channel": name, "platform": None, **whole})
        for platform, part in role.platforms.items():
            own = {key: value for key, value in part.model_dump().items() if value is not None}
            rows.append({"channel": name, "platform": platform, **whole, **own})
    return rows


def _table(rows: Iterable[Mapping[str, object]], types: Mapping[str, pa.DataType]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=pa.schema(list(types.items())))
