"""``utm_standard.yml``: what a compliant tag is, what else people write for it, and who mends what is wrong."""

import re
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from config.home import Home
from config.patterns import whole_value_pattern
from config.yaml_file import find, load_yaml

UtmKey = Literal["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id"]
UTM_KEYS: tuple[UtmKey, ...] = ("utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id")
SEPARATORS = re.compile(r"[\s_-]+")
DEFAULT_OWNER = "default"


def folded(value: str) -> str:
    """A value as aliases are compared: lower case, no outer blanks, words parted by one underscore."""
    return SEPARATORS.sub("_", value.strip().lower())


class Part(BaseModel):
    """A part of the standard: frozen, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Campaign(Part):
    """What utm_campaign must look like, and an example that does."""

    pattern: str
    max_length: int = Field(100, ge=1, le=1000)
    example: str

    @field_validator("pattern")
    @classmethod
    def pattern_compiles(cls, value: str) -> str:
        """The pattern must mean the same to Python and to DuckDB's RE2."""
        return whole_value_pattern(value)

    @model_validator(mode="after")
    def example_fits(self) -> "Campaign":
        """The example is the proof of the pattern."""
        if not re.fullmatch(self.pattern, self.example) or len(self.example) > self.max_length:
            raise ValueError(f"a pattern that fits the example {self.example!r}")
        return self


class MustBeTagged(Part):
    """Which channels need tags; the second list only on the platforms named."""

    channels: list[str]
    channels_on_platforms: list[str] = Field(default_factory=list)
    platforms: list[str] = Field(min_length=1)


class UtmStandard(Part):
    """The whole of ``utm_standard.yml``."""

    required: list[UtmKey] = Field(min_length=1)
    sources: dict[str, list[str]] = Field(min_length=1)
    mediums: dict[str, list[str]] = Field(min_length=1)
    campaign: Campaign
    must_be_tagged: MustBeTagged
    medium_by_channel: dict[str, str]
    owners: dict[str, str]

    @field_validator("sources", "mediums")
    @classmethod
    def one_meaning_each(cls, values: dict[str, list[str]], info: ValidationInfo) -> dict[str, list[str]]:
        """An alias with two meanings would make a repair a guess."""
        meaning: dict[str, str] = {}
        for value, aliases in values.items():
            if value != value.lower() or value != value.strip() or not value:
                raise ValueError(f"{value!r} in lower case and without outer blanks")
            for written in (value, *aliases):
                other = meaning.setdefault(folded(written), value)
                if other != value:
                    raise ValueError(f"one meaning for {written!r}: it stands for both {other!r} and {value!r}")
        return values

    @field_validator("owners")
    @classmethod
    def somebody_owns_the_rest(cls, value: dict[str, str]) -> dict[str, str]:
        """No link is left without an owner."""
        if DEFAULT_OWNER not in value:
            raise ValueError(f"an owner for every channel: add '{DEFAULT_OWNER}'")
        return value

    @model_validator(mode="after")
    def suggestions_are_allowed(self) -> "UtmStandard":
        """A mended link must keep the standard itself."""
        unknown = sorted(set(self.medium_by_channel.values()) - set(self.mediums))
        if unknown:
            raise ValueError(f"'medium_by_channel' with mediums from 'mediums', not {', '.join(unknown)}")
        return self

    def owner_of(self, channel: str, platform: str | None = None) -> str:
        """Who mends links of a channel (of a platform: ``platform/facebook`` goes first)."""
        by_platform = self.owners.get(f"platform/{platform}") if platform else None
        return by_platform or self.owners.get(channel, self.owners[DEFAULT_OWNER])


def load_utm_standard(path: Path) -> UtmStandard:
    """One standard. Raises ConfigError with file and line."""
    return load_yaml(path, UtmStandard)


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read of the standard.

    - ``utm_values``: utm_key, folded, value — one row an allowed value or alias, under its folded spelling;
    - ``utm_standard``: one row: is_source_required … is_id_required, campaign_pattern, campaign_max_length;
    - ``utm_must_be_tagged``: channel, platform (NULL: on every platform);
    - ``utm_platforms``: platform — the social ones;
    - ``utm_channel_mediums``: channel, medium — what a mended link of a channel is given;
    - ``utm_owners``: channel, platform, owner; either may be NULL for "any".
    """
    standard = load_utm_standard(find(home, "utm_standard.yml"))
    values: dict[tuple[str, str], dict[str, str]] = {}
    for key, allowed in (("utm_source", standard.sources), ("utm_medium", standard.mediums)):
        for value, aliases in allowed.items():
            for written in (value, *aliases):
                values[key, folded(written)] = {"utm_key": key, "folded": folded(written), "value": value}
    tagged = standard.must_be_tagged
    must: list[dict[str, str | None]] = [{"channel": channel, "platform": None} for channel in tagged.channels]
    must += [{"channel": c, "platform": p} for c in tagged.channels_on_platforms for p in tagged.platforms]
    required = {f"is_{key.removeprefix('utm_')}_required": key in standard.required for key in UTM_KEYS}
    row = {
        **required,
        "campaign_pattern": standard.campaign.pattern,
        "campaign_max_length": standard.campaign.max_length,
    }
    return {
        "utm_values": pa.Table.from_pylist(list(values.values()), schema=_strings("utm_key", "folded", "value")),
        "utm_standard": pa.Table.from_pylist([row]),
        "utm_must_be_tagged": pa.Table.from_pylist(must, schema=_strings("channel", "platform")),
        "utm_platforms": pa.Table.from_pylist(
            [{"platform": platform} for platform in tagged.platforms], schema=_strings("platform")
        ),
        "utm_channel_mediums": pa.Table.from_pylist(
            [{"channel": channel, "medium": medium} for channel, medium in standard.medium_by_channel.items()],
            schema=_strings("channel", "medium"),
        ),
        "utm_owners": pa.Table.from_pylist(
            [_owner(name, owner) for name, owner in standard.owners.items()],
            schema=_strings("channel", "platform", "owner"),
        ),
    }


def _owner(name: str, owner: str) -> dict[str, str | None]:
    if name == DEFAULT_OWNER:
        return {"channel": None, "platform": None, "owner": owner}
    if name.startswith("platform/"):
        return {"channel": None, "platform": name.removeprefix("platform/"), "owner": owner}
    return {"channel": name, "platform": None, "owner": owner}


def _strings(*names: str) -> pa.Schema:
    return pa.schema([(name, pa.string()) for name in names])
