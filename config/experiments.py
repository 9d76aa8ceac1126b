"""``experiments.yml``: what may decide an experiment and how sure one must be, checked, and as tables for the models."""

from math import erfc, exp, log, pi, sqrt
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from config.home import Home
from config.kpis import KpiFile, load_kpis, near
from config.yaml_file import ConfigError, Document, find, read_yaml, validate

Share = Annotated[float, Field(ge=0, lt=1)]


class Metric(BaseModel):
    """A rate (``events`` of ``trials``) or a cost (``cost`` per event)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: list[str] = Field(default_factory=list)
    events: str
    trials: str | None = None
    cost: str | None = None
    sample: str | None = None
    better: Literal["up", "down"] = "up"

    @model_validator(mode="after")
    def is_a_rate_or_a_cost(self) -> "Metric":
        """Either trials, or a cost with its sample."""
        if (self.trials is None) == (self.cost is None) or (self.cost is not None and self.sample is None):
            raise ValueError("events with trials, or events with cost and sample")
        if self.cost is not None and self.better == "down":
            raise ValueError("'better' only for a rate: a lower cost is always better")
        return self

    @property
    def measures(self) -> dict[str, str]:
        """Measures of kpis.yml by what they are to the metric; ``base`` is what events are told per."""
        base = self.trials or self.cost or ""
        return {"events": self.events, "base": base, "sample": self.sample or base}


class SampleRatio(BaseModel):
    """When a split is not the planned one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    significance: float = Field(0.001, gt=0, le=0.1)
    exposure: dict[str, str] = Field(default_factory=dict)
    tolerance: dict[str, Share] = Field(default_factory=dict)


class ExperimentFile(BaseModel):
    """The whole of ``experiments.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    confidence: float = Field(0.95, ge=0.5, lt=1)
    minimum_events: int = Field(5, ge=1)
    planned_sample: int = Field(5000, ge=10)
    control: list[str] = Field(default_factory=list)
    sample_ratio: SampleRatio = SampleRatio()
    metrics: dict[str, Metric] = Field(min_length=1)


def load_experiments(home: Home) -> ExperimentFile:
    """How experiments are judged in a home.

    Raises:
        ConfigError: every fault with file and line: an unknown key, a measure that does not exist or is not known by campaign and by
            content or ad, one name for two metrics.
    """
    document = read_yaml(find(home, "experiments.yml"))
    file = validate(document, ExperimentFile)
    kpis = load_kpis(home)
    faults: list[str] = []
    taken: dict[str, str] = {}
    for name, metric in file.metrics.items():
        for key in ("events", "trials", "cost", "sample"):
            measure = getattr(metric, key)
            if measure is not None:
                faults += _measure_faults(document, kpis, ("metrics", name, key), measure)
        for word in map(folded, [name, *metric.names]):
            if taken.setdefault(word, name) != name:
                where = ("metrics", name, "names")
                faults.append(document.fault(where, f"'{word}' is a name of '{taken[word]}' already"))
    for kind, measure in file.sample_ratio.exposure.items():
        faults += _measure_faults(document, kpis, ("sample_ratio", "exposure", kind), measure)
    if faults:
        raise ConfigError("\n".join(faults))
    return file


def folded(name: str) -> str:
    """A metric's name as names are compared; kpi.int_experiment_variants writes it the same way."""
    return name.strip().lower().replace(" ", "_").replace("-", "_")


def _measure_faults(document: Document, kpis: KpiFile, where: tuple[int | str, ...], measure: str) -> list[str]:
    usable = [
        name
        for name, one in kpis.measures.items()
        if one.kind == "flow" and "campaign" in one.dims and {"creative", "content", "ad"} & set(one.dims)
    ]
    if measure in usable:
        return []
    return [document.fault(where, f"'{measure}' is no measure by campaign and by content or ad{near(measure, usable)}")]


def cuts(home: Home) -> set[tuple[str, str]]:
    """The measures that experiments read, each with the dimensions that they are read by. Raises ConfigError."""
    file, kpis = load_experiments(home), load_kpis(home)
    used = {measure for metric in file.metrics.values() for measure in metric.measures.values()}
    used |= set(file.sample_ratio.exposure.values())
    return {(measure, dim) for measure in used for dim in ("campaign", _named(kpis, measure))}


def _named(kpis: KpiFile, measure: str) -> str:
    """The dimension in which a measure knows a variant's utm_content or ad."""
    dims = kpis.measures[measure].dims
    return next(dim for dim in ("creative", "content", "ad") if dim in dims)


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read. Raises ConfigError.

    config.experiments (one row), config.experiment_metrics, config.experiment_metric_names, config.experiment_measures (a measure of a
    metric, its role: events, base or sample; named: the dimension that holds utm_content or ad), config.experiment_exposures (by kind),
    config.experiment_tolerances, config.experiment_controls (with their rank) and config.chi_square_limits (of ``significance``).
    """
    file, kpis = load_experiments(home), load_kpis(home)
    text, number, real, flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()
    metrics = list(file.metrics.items())
    names = [(folded(word), name) for name, metric in metrics for word in dict.fromkeys([name, *metric.names])]
    names = list(dict.fromkeys(names))
    measures = [(name, role, measure) for name, metric in metrics for role, measure in metric.measures.items()]
    exposures = sorted(file.sample_ratio.exposure.items())
    tolerances = sorted(file.sample_ratio.tolerance.items())
    degrees = range(1, 31)
    return {
        "experiments": pa.table(
            {
                "error_rate": pa.array([1 - file.confidence], real),
                "minimum_events": pa.array([file.minimum_events], number),
                "planned_sample": pa.array([file.planned_sample], number),
            }
        ),
        "experiment_metrics": pa.table(
            {
                "metric": pa.array([name for name, _ in metrics], text),
                "is_cost": pa.array([metric.cost is not None for _, metric in metrics], flag),
                "better": pa.array([metric.better for _, metric in metrics], text),
            }
        ),
        "experiment_metric_names": pa.table(
            {
                "name": pa.array([word for word, _ in names], text),
                "metric": pa.array([name for _, name in names], text),
            }
        ),
        "experiment_measures": pa.table(
            {
                "metric": pa.array([name for name, _, _ in measures], text),
                "role": pa.array([role for _, role, _ in measures], text),
                "measure": pa.array([measure for _, _, measure in measures], text),
                "named": pa.array([_named(kpis, measure) for _, _, measure in measures], text),
            }
        ),
        "experiment_exposures": pa.table(
            {
                "kind": pa.array([kind for kind, _ in exposures], text),
                "measure": pa.array([measure for _, measure in exposures], text),
                "named": pa.array([_named(kpis, measure) for _, measure in exposures], text),
            }
        ),
        "experiment_tolerances": pa.table(
            {
                "kind": pa.array([kind for kind, _ in tolerances], text),
                "tolerance": pa.array([share for _, share in tolerances], real),
            }
        ),
        "experiment_controls": pa.table(
            {
                "variant": pa.array([name.lower() for name in file.control], text),
                "rank": pa.array(range(1, len(file.control) + 1), number),
            }
        ),
        "chi_square_limits": pa.table(
            {
                "degrees": pa.array(list(degrees), number),
                "chi_square": pa.array(
                    [chi_square_limit(degree, file.sample_ratio.significance) for degree in degrees], real
                ),
            }
        ),
    }


def chi_square_limit(degrees: int, significance: float) -> float:
    """The value that a chi-square variable of so many degrees of freedom passes with this probability, to nine places."""
    low, high = 0.0, 2.0 * degrees - 4.0 * log(significance) + 20
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if _upper_tail(degrees, middle) > significance else (low, middle)
    return round((low + high) / 2, 9)


def _upper_tail(degrees: int, value: float) -> float:
    """How likely a chi-square variable is larger than ``value``: the recursion over degrees (Abramowitz and Stegun 26.4)."""
    if value <= 0:
        return 1.0
    tail = erfc(sqrt(value / 2)) if degrees % 2 else exp(-value / 2)
    term = sqrt(2 * value / pi) * exp(-value / 2) if degrees % 2 else exp(-value / 2) * value / 2
    for degree in range(3 if degrees % 2 else 4, degrees + 1, 2):
        tail += term
        term *= value / degree
    return tail
