"""``bridge.yml``: into which parts the change of a KPI between two weeks is taken apart, and as tables for the models.

What belongs here: the shape of the file, and that a ladder's parts multiply to its KPI. How a change is shared among the parts is SQL
(``sql/kpi/int_bridge_*.sql``).
"""

from collections.abc import Sequence
from fractions import Fraction
from typing import Annotated, Literal, NamedTuple

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from config.home import Home
from config.kpis import KpiFile, load_kpis, near, signed
from config.yaml_file import ConfigError, Document, find, read_yaml, validate

MOST_PARTS = 8  # what int_bridge_ladder.sql multiplies
REST = ("unexplained", "(others)")
SCALES = {"percent": 100, "per_1000": 1000}
Side = Literal["numerator", "denominator", "one"]
Title = Annotated[list[str], Field(min_length=3, max_length=3)]


class Part(BaseModel):
    """One factor of a ladder: ``of``, or ``of`` / ``per``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    part: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    of: str
    per: str | None = None
    divides: bool = False
    unit: Literal["count", "ratio", "percent", "per_1000", "money", "seconds", "hours"]
    scale: int | None = Field(None, ge=1)
    title: Title

    @property
    def shown_times(self) -> int:
        """What the part is multiplied by for showing."""
        return self.scale or SCALES.get(self.unit, 1)


class BridgeFile(BaseModel):
    """The whole of ``bridge.yml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ladders: dict[str, Annotated[list[Part], Field(min_length=1, max_length=MOST_PARTS)]]
    cuts: dict[str, Annotated[list[str], Field(min_length=1)]]
    largest: int = Field(12, ge=1, le=1000)
    others: Title
    unexplained: Title


class Rung(NamedTuple):
    """A sum that kpi.kpi_values has: the numerator or denominator of a KPI; ``one`` is the plain number below a KPI that is a sum."""

    kpi: str
    side: Side
    measures: tuple[str, ...]


class Step(NamedTuple):
    """A part in its place on the way from the KPI's numerator down to its denominator: ``up`` / ``down`` is one factor of the KPI."""

    position: int
    part: Part
    up: Rung
    down: Rung


def load_bridge(home: Home) -> BridgeFile:
    """The decompositions that count for a home.

    Raises:
        ConfigError: every fault with file and line: an unknown KPI or dimension, parts that don't multiply to their KPI, a KPI or a sum
            that may not be added up.
    """
    document = read_yaml(find(home, "bridge.yml"))
    bridge = validate(document, BridgeFile)
    kpis = load_kpis(home)
    faults = [fault for kpi in bridge.ladders for fault in _ladder_faults(document, bridge, kpis, kpi)]
    faults += [fault for kpi in bridge.cuts for fault in _cut_faults(document, bridge, kpis, kpi)]
    if faults:
        raise ConfigError("\n".join(faults))
    return bridge


def steps(kpis: KpiFile, kpi: str, parts: Sequence[Part]) -> list[Step]:
    """The parts of a ladder from the KPI's numerator down to its denominator.

    Raises ValueError where they don't multiply to the KPI, saying at which sum they part.
    """
    bottom = _rung(kpis, f"{kpi}.denominator") if kpis.kpis[kpi].denominator else Rung(kpi, "one", ())
    factors = []
    for position, part in enumerate(parts, 1):
        of, per = _rung(kpis, part.of), _rung(kpis, part.per) if part.per else Rung(kpi, "one", ())
        up, down = (per, of) if part.divides else (of, per)
        factors.append(Step(position, part, up, down))
    found: list[Step] = []
    here = _rung(kpis, kpi)
    while factors:
        following = [step for step in factors if step.up.measures == here.measures]
        if len(following) != 1:
            raise ValueError(
                f"the parts of '{kpi}' don't multiply to it: {len(following) or 'none'} of those left "
                f"({', '.join(step.part.part for step in factors)}) brings {' + '.join(here.measures) or 'a plain number'}"
            )
        found.append(following[0])
        factors.remove(following[0])
        here = following[0].down
    if here.measures != bottom.measures:
        raise ValueError(
            f"the parts of '{kpi}' don't multiply to it: they end at {' + '.join(here.measures) or 'a plain number'}, "
            f"the KPI at {' + '.join(bottom.measures) or 'a plain number'}"
        )
    return found


def _week_scale(kpis: KpiFile, kpi: str) -> Fraction:
    """What kpi.kpi_values multiplies a week's sums by: the KPI's scale, and a month's days over a week's for what is told by the month."""
    of_time = Fraction("30.4375") / 7 if kpis.kpis[kpi].unit.endswith("_per_month") else Fraction(1)
    return Fraction(kpis.kpis[kpi].scale) * of_time


def _rung(kpis: KpiFile, name: str) -> Rung:
    kpi, _, side = name.partition(".")
    if side == "denominator":
        return Rung(kpi, "denominator", tuple(sorted(kpis.kpis[kpi].denominator)))
    return Rung(kpi, "numerator", tuple(sorted(kpis.kpis[kpi].numerator)))


def _ladder_faults(document: Document, bridge: BridgeFile, kpis: KpiFile, kpi: str) -> list[str]:
    if kpi not in kpis.kpis:
        return [
            document.fault(
                ("ladders", kpi), f"a ladder for a KPI that does not exist: '{kpi}'{near(kpi, list(kpis.kpis))}"
            )
        ]
    faults = []
    names = [part.part for part in bridge.ladders[kpi]]
    for index, part in enumerate(bridge.ladders[kpi]):
        if part.part in names[:index] or part.part in REST:
            where = ("ladders", kpi, index, "part")
            faults.append(document.fault(where, f"'{part.part}' names another part of '{kpi}' already"))
        for key, name in (("of", part.of), ("per", part.per)):
            if name is not None:
                faults += _name_faults(document, kpis, ("ladders", kpi, index, key), name)
    if faults:
        return faults
    try:
        steps(kpis, kpi, bridge.ladders[kpi])
    except ValueError as error:
        faults.append(document.fault(("ladders", kpi), str(error)))
    return faults


def _name_faults(document: Document, kpis: KpiFile, where: tuple[int | str, ...], name: str) -> list[str]:
    kpi, dot, side = name.partition(".")
    if kpi not in kpis.kpis:
        return [document.fault(where, f"'{name}' names no KPI{near(kpi, list(kpis.kpis))}")]
    if dot and (side != "denominator" or not kpis.kpis[kpi].denominator):
        has = " or its .denominator" if kpis.kpis[kpi].denominator else ""
        return [document.fault(where, f"'{name}' is no sum; allowed: {kpi} (its numerator){has}")]
    measures = kpis.kpis[kpi].denominator if dot else kpis.kpis[kpi].numerator
    if any(kpis.measures[measure].kind != "flow" for measure, _ in signed(measures)):
        return [
            document.fault(
                where, f"'{name}' is a stock or a unique count, not a sum over the week; allowed: sums (kind: flow)"
            )
        ]
    return []


def _cut_faults(document: Document, bridge: BridgeFile, kpis: KpiFile, kpi: str) -> list[str]:
    if kpi not in kpis.kpis:
        return [
            document.fault(("cuts", kpi), f"a cut of a KPI that does not exist: '{kpi}'{near(kpi, list(kpis.kpis))}")
        ]
    faults = [
        document.fault(
            ("cuts", kpi, index),
            f"'{kpi}' has no dimension '{dimension}' in kpis.yml{near(dimension, kpis.kpis[kpi].dims)}",
        )
        for index, dimension in enumerate(bridge.cuts[kpi])
        if dimension not in kpis.kpis[kpi].dims
    ]
    measures = [*kpis.kpis[kpi].numerator, *kpis.kpis[kpi].denominator]
    if any(kpis.measures[measure].kind != "flow" for measure, _ in signed(measures)):
        faults.append(
            document.fault(
                ("cuts", kpi), f"'{kpi}' is made of a stock or a unique count, which members don't add up to"
            )
        )
    return faults


def tables(home: Home) -> dict[str, pa.Table]:
    """What models may read. Raises ConfigError.

    config.bridge_steps (a part in its place, 1 at the KPI's numerator), config.bridge_rungs (the sums between them, one more than the
    steps), config.bridge_cuts (a KPI and a dimension), config.bridge_kpis (every KPI of either; scale: what its numerator or quotient of a
    week is multiplied by), config.bridge (one row: how many members are shown) and config.bridge_words.
    """
    bridge, kpis = load_bridge(home), load_kpis(home)
    text, number, flag = pa.string(), pa.int64(), pa.bool_()
    ladders = {kpi: steps(kpis, kpi, parts) for kpi, parts in bridge.ladders.items()}
    ordered = [(kpi, number_, step) for kpi, ladder in ladders.items() for number_, step in enumerate(ladder, 1)]
    rungs = [
        (kpi, place, rung)
        for kpi, ladder in ladders.items()
        for place, rung in enumerate([ladder[0].up, *(step.down for step in ladder)], 1)
    ]
    words = {"(others)": bridge.others, "unexplained": bridge.unexplained}
    used = {kpi: _week_scale(kpis, kpi) for kpi in sorted({*bridge.ladders, *bridge.cuts})}
    return {
        "bridge": pa.table({"largest": pa.array([bridge.largest], number)}),
        "bridge_kpis": pa.table(
            {
                "kpi": pa.array(list(used), text),
                "scale": pa.array([float(scale) for scale in used.values()], pa.float64()),
                "is_ratio": pa.array([bool(kpis.kpis[kpi].denominator) for kpi in used], flag),
            }
        ),
        "bridge_steps": pa.table(
            {
                "kpi": pa.array([kpi for kpi, _, _ in ordered], text),
                "step": pa.array([place for _, place, _ in ordered], number),
                "position": pa.array([step.position for _, _, step in ordered], number),
                "part": pa.array([step.part.part for _, _, step in ordered], text),
                "unit": pa.array([step.part.unit for _, _, step in ordered], text),
                "shown_times": pa.array([step.part.shown_times for _, _, step in ordered], number),
                "divides": pa.array([step.part.divides for _, _, step in ordered], flag),
                "title_en": pa.array([step.part.title[0] for _, _, step in ordered], text),
                "title_nb": pa.array([step.part.title[1] for _, _, step in ordered], text),
                "title_sv": pa.array([step.part.title[2] for _, _, step in ordered], text),
            }
        ),
        "bridge_rungs": pa.table(
            {
                "kpi": pa.array([kpi for kpi, _, _ in rungs], text),
                "rung": pa.array([place for _, place, _ in rungs], number),
                "rung_kpi": pa.array([rung.kpi for _, _, rung in rungs], text),
                "side": pa.array([rung.side for _, _, rung in rungs], text),
            }
        ),
        "bridge_cuts": pa.table(
            {
                "kpi": pa.array([kpi for kpi, dims in bridge.cuts.items() for _ in dims], text),
                "dimension": pa.array([dim for dims in bridge.cuts.values() for dim in dims], text),
            }
        ),
        "bridge_words": pa.table(
            {
                "part": pa.array(list(words), text),
                "title_en": pa.array([title[0] for title in words.values()], text),
                "title_nb": pa.array([title[1] for title in words.values()], text),
                "title_sv": pa.array([title[2] for title in words.values()], text),
            }
        ),
    }
