"""``plans/*.yml``: what a team wants to reach: a start, a number of days, and baseline and target by KPI."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal

import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from config.home import Home
from config.kpis import CADENCES, KpiFile, load_kpis, near
from config.yaml_file import ConfigError, Document, find_all, read_yaml, validate


def _exact(value: object) -> object:
    """A number as it is written: 3.5 is 3.5."""
    return Decimal(str(value)) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


Exact = Annotated[Decimal, BeforeValidator(_exact), Field(max_digits=18, decimal_places=6)]
MEASURED: Final = "measured"


def _number_or_measured(value: object) -> object:
    """Raises ValueError for a word other than ``measured``."""
    if isinstance(value, str) and value != MEASURED:
        raise ValueError(f"a number, or {MEASURED}")
    return value


Baseline = Annotated[Exact | Literal["measured"], BeforeValidator(_number_or_measured)]


class Target(BaseModel):
    """Where a KPI stands before the plan and where it should be at its end; without a baseline it should be there all along.

    A baseline that is ``measured`` is what the KPI was over the ``baseline_days`` before the plan's start.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target: Exact
    baseline: Baseline | None = None
    baseline_days: int | None = Field(None, ge=1, le=365)
    owner: str | None = Field(None, min_length=2)
    cadence: CADENCES | None = None
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")


class Plan(BaseModel):
    """One plan. ``currency`` is that of every amount of money in it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str = Field(min_length=3)
    currency: str = Field(pattern=r"^[A-Z]{3}$")
    start_date: date
    days: int = Field(90, ge=7, le=730)
    baseline_days: int = Field(14, ge=1, le=365)
    targets: dict[str, Target] = Field(min_length=1)


def load_plans(home: Home) -> list[Plan]:
    """The plans that count for a home, by name.

    Raises:
        ConfigError: every fault with file and line: an unknown key, a target for a KPI that does not exist, a currency other than the
            plan's, a target on the wrong side of its baseline, the same plan in two files.
    """
    kpis = load_kpis(home)
    found: dict[str, tuple[Path, Plan]] = {}
    faults: list[str] = []
    for path in find_all(home, "plans"):
        document = read_yaml(path)
        plan = validate(document, Plan)
        faults += _faults(document, plan, kpis)
        if plan.plan in found:
            faults.append(document.fault(("plan",), f"the plan '{plan.plan}' stands in {found[plan.plan][0]} already"))
        found[plan.plan] = (path, plan)
    if faults:
        raise ConfigError("\n".join(faults))
    return [found[name][1] for name in sorted(found)]


def _faults(document: Document, plan: Plan, kpis: KpiFile) -> list[str]:
    faults: list[str] = []
    for name, target in plan.targets.items():
        where = ("targets", name)
        kpi = kpis.kpis.get(name)
        if kpi is None:
            faults.append(
                document.fault(where, f"a target for a KPI that does not exist: '{name}'{near(name, list(kpis.kpis))}")
            )
            continue
        if target.currency is not None and target.currency != plan.currency:
            faults.append(
                document.fault(
                    (*where, "currency"),
                    f"'{name}' is in {target.currency}, the plan in {plan.currency}; allowed: {plan.currency}",
                )
            )
        if target.currency is not None and kpi.unit != "money":
            faults.append(
                document.fault((*where, "currency"), f"'{name}' is in {kpi.unit}, not in money; allowed: no currency")
            )
        worse = isinstance(target.baseline, Decimal) and (
            (kpi.better == "up" and target.target < target.baseline)
            or (kpi.better == "down" and target.target > target.baseline)
        )
        if worse:
            faults.append(
                document.fault(
                    (*where, "target"),
                    f"'{name}' is better {kpi.better}, its target {target.target} is worse than its baseline {target.baseline}",
                )
            )
        faults += _baseline_faults(document, where, name, target, kpis)
        if kpi.better == "none":
            faults.append(document.fault(where, f"'{name}' is neither better up nor down and can't have a target"))
    return faults


def _baseline_faults(document: Document, where: tuple[str, ...], name: str, target: Target, kpis: KpiFile) -> list[str]:
    if target.baseline != MEASURED:
        if target.baseline_days is None:
            return []
        return [
            document.fault(
                (*where, "baseline_days"), f"'{name}' has no baseline to measure; allowed: baseline: measured"
            )
        ]
    kinds = {
        part: {kpis.measures[measure].kind for part_, measure, _ in kpis.kpis[name].parts if part_ == part}
        for part in ("numerator", "denominator")
    }
    if kinds["numerator"] == {"flow"} and kinds["denominator"] in (set(), {"flow"}, {"start"}):
        return []
    return [
        document.fault(
            (*where, "baseline"), f"'{name}' does not add up over days and can't be measured; allowed: a number"
        )
    ]


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read: config.plans (one row a plan) and config.plan_targets (one row a plan and KPI). Raises ConfigError."""
    kpis = load_kpis(home).kpis
    plans = load_plans(home)
    targets = [(plan, name, target) for plan in plans for name, target in plan.targets.items()]
    text, amount = pa.string(), pa.decimal128(18, 6)
    return {
        "plans": pa.table(
            {
                "plan": pa.array([plan.plan for plan in plans], text),
                "title": pa.array([plan.title for plan in plans], text),
                "currency": pa.array([plan.currency for plan in plans], text),
                "start_date": pa.array([plan.start_date for plan in plans], pa.date32()),
                "end_date": pa.array([plan.start_date + timedelta(days=plan.days - 1) for plan in plans], pa.date32()),
                "days": pa.array([plan.days for plan in plans], pa.int64()),
            }
        ),
        "plan_targets": pa.table(
            {
                "plan": pa.array([plan.plan for plan, _, _ in targets], text),
                "kpi": pa.array([name for _, name, _ in targets], text),
                "baseline": pa.array(
                    [target.baseline if target.baseline != MEASURED else None for _, _, target in targets], amount
                ),
                "is_baseline_measured": pa.array([target.baseline == MEASURED for _, _, target in targets], pa.bool_()),
                "baseline_days": pa.array(
                    [target.baseline_days or plan.baseline_days for plan, _, target in targets], pa.int64()
                ),
                "target": pa.array([target.target for _, _, target in targets], amount),
                "owner": pa.array([target.owner or kpis[name].owner for _, name, target in targets], text),
                "cadence": pa.array([target.cadence or kpis[name].cadence for _, name, target in targets], text),
            }
        ),
    }
