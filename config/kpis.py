"""``kpis.yml``: every KPI and every measure it is built from, checked, and as tables for the models.

What belongs here: the shape of the file, and what must hold between its parts. What a measure computes is SQL
(``sql/kpi/int_measures_*.sql``); the names here and there are the same, which a test holds.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from config.home import Home
from config.yaml_file import ConfigError, Document, find, read_yaml, validate

TIERS = Literal["attention", "trust", "funnel", "business", "operations"]
PHASES = Literal["awareness", "intention", "activation", "conversion", "relation", "review", "share"]
UNITS = Literal[
    "count", "accounts", "ratio", "percent", "per_1000", "hours", "seconds", "minutes", "days", "money", "count_per_week",
    "count_per_month", "percent_per_month",
]  # fmt: skip
CADENCES = Literal["weekly", "biweekly", "monthly", "quarterly"]
SOURCES = Literal["sessions", "leads", "orders", "posts", "accounts", "ads", "content", "costs", "emails"]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_title(value: object) -> object:
    """Titles are texts also where they look like numbers."""
    return [str(part) for part in value] if isinstance(value, list) else value


# Whose rows know the visitor behind them, so that every measure of theirs can say what of it is with consent.
OF_VISITORS = frozenset(("sessions", "leads", "orders"))
Names = Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]


class Measure(BaseModel):
    """A building block that SQL computes: per day, for all and by each dimension of ``dims``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Annotated[list[SOURCES], BeforeValidator(_as_list), Field(min_length=1)]
    of: str = Field(min_length=3)
    absent: Literal["zero", "unknown"]
    kind: Literal["flow", "start", "unique"] = "flow"
    dims: list[str]

    @property
    def is_of_visitors(self) -> bool:
        """Whether it tells what of it comes from visitors who consented: those that may be cut by consent."""
        return "consent" in self.dims


class Kpi(BaseModel):
    """A KPI: its meaning, and which measures make its numerator and denominator."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tier: TIERS
    phase: PHASES
    unit: UNITS
    better: Literal["up", "down", "none"]
    cadence: CADENCES
    owner: str = Field(min_length=2)
    title: Annotated[list[str], BeforeValidator(_as_title), Field(min_length=3, max_length=3)]
    formula: str = Field(min_length=3)
    numerator: Names
    denominator: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list)
    scale: str = "1"
    dims: list[str] = Field(default_factory=list)
    additive: bool = True
    marked_by: str | None = None
    scorecard_weeks: Literal[1, 4] = 1

    @field_validator("scale", mode="before")
    @classmethod
    def scale_is_a_fraction(cls, value: object) -> str:
        """A scale in lowest terms."""
        try:
            scale = Fraction(str(value))
        except (ValueError, ZeroDivisionError):
            scale = Fraction(0)
        if scale <= 0:
            raise ValueError("a positive whole number or a fraction such as 1/3600")
        return str(scale)

    def consent_part(self, measures: Mapping[str, Measure]) -> str | None:
        """Which part tells whose visits it counts: the denominator, which is what a rate is of, else the numerator; NULL where neither
        comes from visitors.
        """
        for part, names in (("denominator", self.denominator), ("numerator", self.numerator)):
            if any(measures[name].is_of_visitors for name in names):
                return part
        return None

    @property
    def measures(self) -> list[str]:
        """The names of every measure it uses."""
        return [*self.numerator, *self.denominator, *([self.marked_by] if self.marked_by else [])]


class KpiFile(BaseModel):
    """The whole of ``kpis.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    social_ad_platforms: list[str] = Field(min_length=1)
    measures: dict[str, Measure] = Field(min_length=1)
    kpis: dict[str, Kpi] = Field(min_length=1)


def load_kpis(home: Home) -> KpiFile:
    """The KPIs that count for a home.

    Raises:
        ConfigError: every fault with file and line: an unknown key or value, an owner that is missing, a measure that does not exist, a
            dimension that none of the KPI's measures has, an additive KPI on a unique measure, a measure of visits, leads or orders
            without the dimension consent.
    """
    document = read_yaml(find(home, "kpis.yml"))
    kpis = validate(document, KpiFile)
    faults = [fault for name, measure in kpis.measures.items() for fault in _measure_faults(document, name, measure)]
    faults += [fault for name, kpi in kpis.kpis.items() for fault in _faults(document, kpis, name, kpi)]
    if faults:
        raise ConfigError("\n".join(faults))
    return kpis


def near(value: str, allowed: Sequence[str]) -> str:
    """The end of an error about a name: the nearest one that exists, and all of them."""
    close = get_close_matches(value, allowed, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    return f"{hint}; allowed: {', '.join(sorted(allowed))}"


def _measure_faults(document: Document, name: str, measure: Measure) -> list[str]:
    if set(measure.source) <= OF_VISITORS and not measure.is_of_visitors:
        sources = ", ".join(measure.source)
        return [
            document.fault(
                ("measures", name, "dims"),
                f"'{name}' comes from {sources} and must tell what of it is with consent; add 'consent' to its dims",
            )
        ]
    if measure.is_of_visitors and measure.kind != "flow":
        return [
            document.fault(
                ("measures", name, "kind"), f"'{name}' is by consent, which is only for what adds up; allowed: flow"
            )
        ]
    return []


def _faults(document: Document, kpis: KpiFile, name: str, kpi: Kpi) -> list[str]:
    faults: list[str] = []
    parts = (
        ("numerator", kpi.numerator),
        ("denominator", kpi.denominator),
        ("marked_by", [kpi.marked_by] if kpi.marked_by else []),
    )
    for part, measures in parts:
        faults += [
            document.fault(
                ("kpis", name, part), f"'{name}' has no measure '{measure}' to use{near(measure, list(kpis.measures))}"
            )
            for measure in measures
            if measure not in kpis.measures
        ]
    if faults:
        return faults
    known = {dim for measure in kpi.measures for dim in kpis.measures[measure].dims}
    faults += [
        document.fault(
            ("kpis", name, "dims", index),
            f"'{name}' has no dimension '{dim}' in its measures{near(dim, sorted(known))}",
        )
        for index, dim in enumerate(kpi.dims)
        if dim not in known
    ]
    if kpi.additive and any(kpis.measures[measure].kind == "unique" for measure in kpi.measures):
        faults.append(
            document.fault(
                ("kpis", name), f"'{name}' uses a unique measure, which is never added up; allowed: additive: false"
            )
        )
    if kpi.unit.endswith(("_per_week", "_per_month")) and not kpi.additive:
        faults.append(
            document.fault(
                ("kpis", name, "unit"), f"'{name}' is not additive and has no rate by time; allowed: count, percent"
            )
        )
    return faults


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read: config.kpis, config.kpi_parts, config.kpi_dimensions, config.measures, config.measure_dimensions,
    config.measure_sources and config.social_ad_platforms. Raises ConfigError.
    """
    kpis = load_kpis(home)
    text, number, flag = pa.string(), pa.int64(), pa.bool_()
    rows = [(name, kpi, Fraction(kpi.scale)) for name, kpi in kpis.kpis.items()]
    parts = [
        (name, part, measure, part == kpi.consent_part(kpis.measures) and kpis.measures[measure].is_of_visitors)
        for name, kpi, _ in rows
        for part, measures in (
            ("numerator", kpi.numerator),
            ("denominator", kpi.denominator),
            ("marker", [kpi.marked_by] if kpi.marked_by else []),
        )
        for measure in measures
    ]
    return {
        "kpis": pa.table(
            {
                "kpi": pa.array([name for name, _, _ in rows], text),
                "position": pa.array(range(1, len(rows) + 1), number),
                "tier": pa.array([kpi.tier for _, kpi, _ in rows], text),
                "phase": pa.array([kpi.phase for _, kpi, _ in rows], text),
                "title_en": pa.array([kpi.title[0] for _, kpi, _ in rows], text),
                "title_nb": pa.array([kpi.title[1] for _, kpi, _ in rows], text),
                "title_sv": pa.array([kpi.title[2] for _, kpi, _ in rows], text),
                "formula": pa.array([kpi.formula for _, kpi, _ in rows], text),
                "unit": pa.array([kpi.unit for _, kpi, _ in rows], text),
                "better": pa.array([kpi.better for _, kpi, _ in rows], text),
                "cadence": pa.array([kpi.cadence for _, kpi, _ in rows], text),
                "owner": pa.array([kpi.owner for _, kpi, _ in rows], text),
                "has_denominator": pa.array([bool(kpi.denominator) for _, kpi, _ in rows], flag),
                "scale_numerator": pa.array([scale.numerator for _, _, scale in rows], number),
                "scale_denominator": pa.array([scale.denominator for _, _, scale in rows], number),
                "is_additive": pa.array([kpi.additive for _, kpi, _ in rows], flag),
                "consent_part": pa.array([kpi.consent_part(kpis.measures) for _, kpi, _ in rows], text),
                "scorecard_weeks": pa.array([kpi.scorecard_weeks for _, kpi, _ in rows], number),
            }
        ),
        "kpi_parts": _table({"kpi": text, "part": text, "measure": text, "tells_consent": flag}, parts),
        "kpi_dimensions": _table(
            {"kpi": text, "dimension": text},
            [(name, dim) for name, kpi, _ in rows for dim in dict.fromkeys(["all", *kpi.dims])],
        ),
        "measures": _table(
            {"measure": text, "kind": text, "absent": text, "description": text},
            [(name, measure.kind, measure.absent, measure.of) for name, measure in kpis.measures.items()],
        ),
        "measure_dimensions": _table(
            {"measure": text, "dimension": text},
            sorted({(measure, dim) for name, kpi, _ in rows for measure in kpi.measures for dim in ["all", *kpi.dims]}),
        ),
        "measure_sources": _table(
            {"measure": text, "source": text},
            [(name, source) for name, measure in kpis.measures.items() for source in measure.source],
        ),
        "social_ad_platforms": _table(
            {"platform": text}, [(platform,) for platform in sorted(set(kpis.social_ad_platforms))]
        ),
    }


def _table(columns: dict[str, pa.DataType], rows: Sequence[tuple[str | bool, ...]]) -> pa.Table:
    return pa.table(
        {name: pa.array([row[index] for row in rows], kind) for index, (name, kind) in enumerate(columns.items())}
    )
