"""``creative.yml``: how assets and series are judged, checked, and as tables for the models."""

from statistics import NormalDist
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from config.home import Home
from config.yaml_file import ConfigError, Document, find, read_yaml, validate

Goal = Literal["reach", "engagement", "traffic", "conversion"]
GOALS: tuple[Goal, ...] = ("reach", "engagement", "traffic", "conversion")
Share = Annotated[float, Field(gt=0, lt=1)]
Threshold = Annotated[float, Field(gt=0)]


class Part(BaseModel):
    """A part of the file: frozen, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DefaultGoals(Part):
    """The goal of what the content calendar says none of."""

    paid: Goal
    formats: dict[str, Goal] = Field(default_factory=dict)
    otherwise: Goal


class Series(Part):
    """What differs for one series."""

    goal: Goal | None = None
    threshold: Threshold | None = Field(None, alias="pass")


class CreativeFile(Part):
    """The whole of ``creative.yml``."""

    window_weeks: int = Field(8, ge=1, le=53)
    settle_days: int = Field(3, ge=0, le=60)
    minimum_sample: int = Field(100, ge=1)
    minimum_assets: int = Field(5, ge=1)
    minimum_posts_of_series: int = Field(3, ge=2)
    confidence: float = Field(0.90, ge=0.5, lt=1)
    top_assets: Share
    top_series: Share
    default_goals: DefaultGoals
    thresholds: dict[Goal, Threshold] = Field(alias="pass")
    series: dict[str, Series] = Field(default_factory=dict)
    long_video_seconds: int = Field(90, ge=1)
    formats: dict[str, list[str]] = Field(min_length=1)


def load_creative(home: Home) -> CreativeFile:
    """How content is judged in a home.

    Raises:
        ConfigError: every fault with file and line: an unknown key or goal, a goal without threshold, a format that is no class, a word
            of two classes.
    """
    document = read_yaml(find(home, "creative.yml"))
    file = validate(document, CreativeFile)
    faults = _faults(document, file)
    if faults:
        raise ConfigError("\n".join(faults))
    return file


def _faults(document: Document, file: CreativeFile) -> list[str]:
    faults = [
        document.fault(("pass",), f"'pass' has no threshold for {goal}; allowed: one for each of {', '.join(GOALS)}")
        for goal in GOALS
        if goal not in file.thresholds
    ]
    faults += [
        document.fault(
            ("default_goals", "formats", name), f"'{name}' is no class of format; allowed: {', '.join(file.formats)}"
        )
        for name in file.default_goals.formats
        if name not in file.formats
    ]
    taken: dict[str, str] = {}
    for name, words in file.formats.items():
        for index, word in enumerate(words):
            if word != word.strip().lower():
                faults.append(document.fault(("formats", name, index), f"'{word}' is not in lower case"))
            if taken.setdefault(word, name) != name:
                faults.append(
                    document.fault(("formats", name, index), f"'{word}' is a word of '{taken[word]}' already")
                )
    return faults


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read: config.creative (one row), config.creative_goals, config.creative_series, config.format_goals and
    config.format_classes. Raises ConfigError.
    """
    file = load_creative(home)
    text, number, real = pa.string(), pa.int64(), pa.float64()
    words = [(word, name) for name, listed in file.formats.items() for word in dict.fromkeys([*listed, name])]
    words = list(dict(words).items())
    series = list(file.series.items())
    return {
        "creative": pa.table(
            {
                "window_weeks": pa.array([file.window_weeks], number),
                "settle_days": pa.array([file.settle_days], number),
                "minimum_sample": pa.array([file.minimum_sample], number),
                "minimum_assets": pa.array([file.minimum_assets], number),
                "minimum_posts_of_series": pa.array([file.minimum_posts_of_series], number),
                "standard_errors": pa.array([round(NormalDist().inv_cdf(0.5 + file.confidence / 2), 9)], real),
                "top_assets": pa.array([file.top_assets], real),
                "top_series": pa.array([file.top_series], real),
                "paid_goal": pa.array([file.default_goals.paid], text),
                "other_goal": pa.array([file.default_goals.otherwise], text),
                "long_video_seconds": pa.array([file.long_video_seconds], number),
            }
        ),
        "creative_goals": pa.table(
            {
                "goal": pa.array(list(GOALS), text),
                "threshold": pa.array([file.thresholds[goal] for goal in GOALS], real),
            }
        ),
        "creative_series": pa.table(
            {
                "series": pa.array([name for name, _ in series], text),
                "goal": pa.array([one.goal for _, one in series], text),
                "threshold": pa.array([one.threshold for _, one in series], real),
            }
        ),
        "format_goals": pa.table(
            {
                "format_class": pa.array(list(file.default_goals.formats), text),
                "goal": pa.array(list(file.default_goals.formats.values()), text),
            }
        ),
        "format_classes": pa.table(
            {
                "format": pa.array([word for word, _ in words], text),
                "format_class": pa.array([name for _, name in words], text),
            }
        ),
    }
