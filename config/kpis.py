"""``kpis.yml``: every KPI and every measure it is built from, checked, and as tables for the models.

What belongs here: the shape of the file, and what must hold between its parts. What a measure computes is SQL
(``sql/kpi/int_measures_*.sql``); the names here and there are the same, which a test holds.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from fractions import Fraction
from importlib import import_module
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from config.home import Home
from config.yaml_file import ConfigError, Document, find, read_yaml, validate

TIERS = Literal["attention", "trust", "funnel", "business", "operations"]
PHASES = Literal["awareness", "intention", "activation", "conversion", "relation", "review", "share"]
UNITS = Literal[
    "count", "accounts", "ratio", "percent", "per_1000", "hours", "seconds", "minutes", "days", "money", "count_per_week",
    "count_per_month", "percent_per_month",
]  # fmt: skip
CADENCES = Literal["weekly", "biweekly", "monthly", "quarterly"]
SOURCES = Literal[
    "sessions", "leads", "orders", "posts", "accounts", "ads", "content", "costs", "emails", "messages", "mentions", "reviews",
    "subscriptions", "experiments", "decisions",
]  # fmt: skip
COLUMNS = Literal[
    "session engagement", "session visitors", "session consent",
    "lead kinds", "lead stages", "lead meetings", "lead values", "order customers", "order referrals", "content publishing",
    "content reviews", "content creators", "content originals", "message answers", "message replies", "competitor mentions",
    "mention sentiments", "review ratings", "experiment starts",
]  # fmt: skip
COMPUTED = ("flow", "start", "end", "unique", "period")
"""Kinds of measures that SQL models compute from facts; the other kinds are made of measures and KPIs."""


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _as_title(value: object) -> object:
    """Titles are texts also where they look like numbers."""
    return [str(part) for part in value] if isinstance(value, list) else value


# Whose rows know the visitor behind them, so that every measure of theirs can say what of it is with consent.
OF_VISITORS = frozenset(("sessions", "leads", "orders"))
Names = Annotated[list[str], BeforeValidator(_as_list), Field(min_length=1)]


class Measure(BaseModel):
    """A building block, for all and by each dimension of ``dims``.

    SQL models compute it from facts: by day (``flow``, ``start``, ``end``, ``unique``) or, where only the rows of the whole period tell it,
    by period (``period``). Or it is made of others: ``largest`` is the largest member of a measure's dimension, ``mean`` and ``deviation``
    are those of a KPI's values in the last weeks; these have the sources and dimensions of what they are made of. ``beside`` and ``behind``
    name sources of which it needs one as well, with some of the period or with anything up to its end; ``columns`` name columns that an
    input may lack, of which every one must have come up to the period's end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: str = Field(min_length=3)
    kind: Literal["flow", "start", "end", "unique", "period", "largest", "mean", "deviation"] = "flow"
    source: Annotated[list[SOURCES], BeforeValidator(_as_list)] = Field(default_factory=list)
    beside: list[SOURCES] = Field(default_factory=list)
    behind: list[SOURCES] = Field(default_factory=list)
    columns: Annotated[list[COLUMNS], BeforeValidator(_as_list)] = Field(default_factory=list)
    absent: Literal["zero", "unknown"] | None = None
    dims: list[str] = Field(default_factory=list)
    measure: str | None = None
    over: str | None = None
    leave_out: list[str] = Field(default_factory=list)
    kpi: str | None = None
    weeks: int | None = Field(None, ge=2, le=52)

    @model_validator(mode="after")
    def has_what_its_kind_needs(self) -> "Measure":
        """Raises ValueError where a key is missing that the kind needs, or given that it has no use for."""
        needed = {"largest": {"measure", "over"}, "mean": {"kpi", "weeks"}, "deviation": {"kpi", "weeks"}}
        wanted = needed.get(self.kind, {"source", "absent", "dims"})
        possible = wanted | ({"leave_out"} if self.kind == "largest" else set())
        possible |= {"beside", "behind", "columns"} if self.kind not in ("mean", "deviation") else set()
        keys = (
            "source",
            "beside",
            "behind",
            "columns",
            "absent",
            "dims",
            "measure",
            "over",
            "leave_out",
            "kpi",
            "weeks",
        )
        wrong = [key for key in keys if key in self.model_fields_set and key not in possible]
        missing = [key for key in keys if key in wanted and key not in self.model_fields_set]
        if self.kind in COMPUTED and not self.source and "source" not in missing:
            missing.append("source")
        if missing:
            raise ValueError(f"{', '.join(missing)} given for a measure of the kind {self.kind}")
        if wrong:
            raise ValueError(f"no {', '.join(wrong)} for a measure of the kind {self.kind}")
        return self

    @property
    def is_of_visitors(self) -> bool:
        """Whether it tells what of it comes from visitors who consented: those that may be cut by consent."""
        return "consent" in self.dims


class Kpi(BaseModel):
    """A KPI: its meaning, and which measures make its numerator and denominator; a measure after a minus sign is taken off."""

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
            if any(measures[name].is_of_visitors for name, _ in signed(names)):
                return part
        return None

    @property
    def measures(self) -> list[str]:
        """The names of every measure it uses."""
        return [name for _, name, _ in self.parts]

    @property
    def parts(self) -> list[tuple[str, str, int]]:
        """Every measure it uses as (numerator, denominator or marker; measure; 1, or -1 where it is taken off)."""
        marker = [self.marked_by] if self.marked_by else []
        named = (("numerator", self.numerator), ("denominator", self.denominator), ("marker", marker))
        return [(part, name, sign) for part, names in named for name, sign in signed(names)]


def signed(names: Sequence[str]) -> list[tuple[str, int]]:
    """Measures of a part with their signs: ``-ad_spend`` is (``ad_spend``, -1)."""
    return [(name.removeprefix("-").strip(), -1 if name.startswith("-") else 1) for name in names]


class KpiFile(BaseModel):
    """The whole of ``kpis.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    social_ad_platforms: list[str] = Field(min_length=1)
    social_cost_channels: list[str] = Field(default_factory=list)
    measures: dict[str, Measure] = Field(min_length=1)
    kpis: dict[str, Kpi] = Field(min_length=1)

    def sources(self, name: str) -> list[str]:
        """Whose deliveries decide whether a measure is complete."""
        measure = self.measures[name]
        if measure.measure:
            return list(self.measures[measure.measure].source)
        if measure.kpi:
            base = self.kpis[measure.kpi]
            return sorted(
                {source for part, used, _ in base.parts if part != "marker" for source in self.measures[used].source}
            )
        return list(measure.source)

    def needs(self, name: str) -> list[tuple[str, list[str]]]:
        """What a measure needs besides its own source: (beside, behind or column, the sources of which one is enough)."""
        measure = self.measures[name]
        columns = [("column", [column]) for column in measure.columns]
        given: list[tuple[str, Sequence[str]]] = [("beside", measure.beside), ("behind", measure.behind), *columns]
        return [(needed, sorted(set(sources))) for needed, sources in given if sources]

    def absent(self, name: str) -> str:
        """What a delivered period without a row of the measure means: ``zero`` or ``unknown``."""
        measure = self.measures[name]
        return (self.measures[measure.measure].absent if measure.measure else measure.absent) or "unknown"

    def dims(self, name: str) -> list[str]:
        """The dimensions by which a measure can be cut."""
        measure = self.measures[name]
        return list(self.kpis[measure.kpi].dims) if measure.kpi else measure.dims


def load_kpis(home: Home) -> KpiFile:
    """The KPIs that count for a home.

    Raises:
        ConfigError: every fault with file and line: an unknown key or value, an owner that is missing, a measure that does not exist, a
            dimension that none of the KPI's measures has, an additive KPI on a measure that does not add up, a measure of visits, leads
            or orders without the dimension consent, a measure made of what does not exist.
    """
    document = read_yaml(find(home, "kpis.yml"))
    kpis = validate(document, KpiFile)
    faults = [
        fault for name, measure in kpis.measures.items() for fault in _measure_faults(document, kpis, name, measure)
    ]
    if faults:
        raise ConfigError("\n".join(faults))
    faults = [fault for name, kpi in kpis.kpis.items() for fault in _faults(document, kpis, name, kpi)]
    if faults:
        raise ConfigError("\n".join(faults))
    return kpis


def near(value: str, allowed: Sequence[str]) -> str:
    """The end of an error about a name: the nearest one that exists, and all of them."""
    close = get_close_matches(value, allowed, n=1)
    hint = f" (did you mean '{close[0]}'?)" if close else ""
    return f"{hint}; allowed: {', '.join(sorted(allowed))}"


def _measure_faults(document: Document, kpis: KpiFile, name: str, measure: Measure) -> list[str]:
    if measure.kind not in COMPUTED:
        return _made_of_faults(document, kpis, name, measure)
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


def _made_of_faults(document: Document, kpis: KpiFile, name: str, measure: Measure) -> list[str]:
    """What is wrong with a measure that is made of another one or of a KPI."""
    where = ("measures", name)
    if measure.measure is not None:
        base = kpis.measures.get(measure.measure)
        flows = [known for known, one in kpis.measures.items() if one.kind == "flow"]
        if base is None or base.kind != "flow":
            said = f"'{name}' has no measure '{measure.measure}' that adds up{near(measure.measure, flows)}"
            return [document.fault((*where, "measure"), said)]
        if measure.over not in base.dims:
            said = f"'{measure.measure}' has no dimension '{measure.over}'{near(measure.over or '', base.dims)}"
            return [document.fault((*where, "over"), said)]
        return []
    of_flows = [
        known
        for known, kpi in kpis.kpis.items()
        if all(used in kpis.measures and kpis.measures[used].kind == "flow" for used in kpi.measures)
    ]
    if measure.kpi not in of_flows:
        said = f"'{name}' has no KPI '{measure.kpi}' whose measures add up{near(measure.kpi or '', of_flows)}"
        return [document.fault((*where, "kpi"), said)]
    return []


def _faults(document: Document, kpis: KpiFile, name: str, kpi: Kpi) -> list[str]:
    faults = [
        document.fault(
            ("kpis", name, "marked_by" if part == "marker" else part),
            f"'{name}' has no measure '{measure}' to use{near(measure, list(kpis.measures))}",
        )
        for part, measure, _ in kpi.parts
        if measure not in kpis.measures
    ]
    if faults:
        return faults
    known = {dim for measure in kpi.measures for dim in kpis.dims(measure)}
    faults += [
        document.fault(
            ("kpis", name, "dims", index),
            f"'{name}' has no dimension '{dim}' in its measures{near(dim, sorted(known))}",
        )
        for index, dim in enumerate(kpi.dims)
        if dim not in known
    ]
    rigid = {measure: kpis.measures[measure].kind for measure in kpi.measures}
    rigid = {measure: kind for measure, kind in rigid.items() if kind not in ("flow", "start")}
    if kpi.additive and rigid:
        measure, kind = next(iter(rigid.items()))
        faults.append(
            document.fault(
                ("kpis", name),
                f"'{name}' uses '{measure}', of the kind {kind}, which is never added up; allowed: additive: false",
            )
        )
    if kpi.scorecard_weeks > 1 and (rigid or kpi.denominator):
        said = f"'{name}' can't be added up over {kpi.scorecard_weeks} weeks; allowed: 1, or a KPI that is a sum"
        faults.append(document.fault(("kpis", name, "scorecard_weeks"), said))
    if not any(sign > 0 for part, _, sign in kpi.parts if part == "numerator"):
        faults.append(document.fault(("kpis", name, "numerator"), f"'{name}' has nothing to take off from"))
    if any(sign < 0 for part, _, sign in kpi.parts if part != "numerator"):
        faults.append(document.fault(("kpis", name), f"'{name}' takes off outside its numerator"))
    if kpi.unit.endswith(("_per_week", "_per_month")) and not kpi.additive:
        faults.append(
            document.fault(
                ("kpis", name, "unit"), f"'{name}' is not additive and has no rate by time; allowed: count, percent"
            )
        )
    return faults


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read: config.kpis, config.kpi_parts, config.kpi_dimensions, config.measures, config.measure_dimensions,
    config.measure_sources, config.measure_needs, config.measures_without, config.social_ad_platforms and config.social_cost_channels.
    Raises ConfigError.
    """
    kpis = load_kpis(home)
    text, number, flag = pa.string(), pa.int64(), pa.bool_()
    rows = [(name, kpi, Fraction(kpi.scale)) for name, kpi in kpis.kpis.items()]
    parts = [
        (
            name,
            part,
            measure,
            sign,
            any(one < 0 for _, _, one in kpi.parts),
            part == kpi.consent_part(kpis.measures) and kpis.measures[measure].is_of_visitors,
        )
        for name, kpi, _ in rows
        for part, measure, sign in kpi.parts
    ]
    made_of = {
        (measure.measure, measure.over) for measure in kpis.measures.values() if measure.measure and measure.over
    }
    windows = [kpis.kpis[measure.kpi] for measure in kpis.measures.values() if measure.kpi]
    cut_by = {(measure, dim) for _, kpi, _ in rows for measure in kpi.measures for dim in ["all", *kpi.dims]}
    cut_by |= {(measure, dim) for kpi in windows for measure in kpi.measures for dim in ["all", *kpi.dims]}
    cut_by |= import_module("config.experiments").cuts(home)  # which reads this module
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
                "is_by_day": pa.array(
                    [any(kpis.measures[used].kind == "unique" for used in kpi.measures) for _, kpi, _ in rows], flag
                ),
                "is_by_period": pa.array(
                    [any(kpis.measures[used].kind == "period" for used in kpi.measures) for _, kpi, _ in rows], flag
                ),
                "window_weeks": pa.array(
                    [max((kpis.measures[used].weeks or 0 for used in kpi.measures), default=0) for _, kpi, _ in rows],
                    number,
                ),
                "is_additive": pa.array([kpi.additive for _, kpi, _ in rows], flag),
                "consent_part": pa.array([kpi.consent_part(kpis.measures) for _, kpi, _ in rows], text),
                "scorecard_weeks": pa.array([kpi.scorecard_weeks for _, kpi, _ in rows], number),
            }
        ),
        "kpi_parts": _table(
            {"kpi": text, "part": text, "measure": text, "sign": number, "is_net": flag, "tells_consent": flag}, parts
        ),
        "kpi_dimensions": _table(
            {"kpi": text, "dimension": text},
            [(name, dim) for name, kpi, _ in rows for dim in dict.fromkeys(["all", *kpi.dims])],
        ),
        "measures": _table(
            {
                "measure": text,
                "kind": text,
                "absent": text,
                "description": text,
                "of_measure": text,
                "over": text,
                "of_kpi": text,
                "weeks": number,
            },
            [
                (name, one.kind, kpis.absent(name), one.of, one.measure, one.over, one.kpi, one.weeks)
                for name, one in kpis.measures.items()
            ],
        ),
        "measure_dimensions": _table({"measure": text, "dimension": text}, sorted(cut_by | made_of)),
        "measure_sources": _table(
            {"measure": text, "source": text},
            [(name, source) for name in kpis.measures for source in kpis.sources(name)],
        ),
        "measure_needs": _table(
            {"measure": text, "needed": text, "sources": text, "source": text},
            [
                (name, needed, ", ".join(sources), source)
                for name in kpis.measures
                for needed, sources in kpis.needs(name)
                for source in sources
            ],
        ),
        "measures_without": _table(
            {"measure": text, "member": text},
            [(name, member) for name, one in kpis.measures.items() for member in one.leave_out],
        ),
        "social_cost_channels": _table(
            {"channel": text},
            [(name,) for name in sorted({name.strip().lower() for name in kpis.social_cost_channels})],
        ),
        "social_ad_platforms": _table(
            {"platform": text}, [(platform,) for platform in sorted(set(kpis.social_ad_platforms))]
        ),
    }


def _table(columns: dict[str, pa.DataType], rows: Sequence[tuple[str | int | bool | None, ...]]) -> pa.Table:
    return pa.table(
        {name: pa.array([row[index] for row in rows], kind) for index, (name, kind) in enumerate(columns.items())}
    )
