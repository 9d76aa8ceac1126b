"""How a check is declared: what it looks at, what counts against it, and how much of that is too much.

Three kinds are enough. :class:`NoViolations`: a query gives the rows that break a rule, and there must be none. :class:`Agreement`: a
query gives the same quantity as two layers have it, a member a row, and both must be equal. :class:`Share`: a query gives a numerator and
a denominator a member (a channel), and their ratio is held against a target and a floor. All are data with SQL in it; running them is the
business of :mod:`checks.suite`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum

from config.settings import Settings


class Severity(StrEnum):
    """``warn`` is shown and published; ``block`` keeps yesterday's file."""

    WARN = "warn"
    BLOCK = "block"


@dataclass(frozen=True, kw_only=True)
class Check:
    """What every check says of itself.

    ``name`` is unique within ``asset`` (``schema.table``), the table that the check speaks about. ``reads`` are further tables that it
    needs; where one of them doesn't exist the check can't be judged, which is a failure of its own severity.
    """

    name: str
    asset: str
    description: str
    severity: Severity
    reads: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that the check reads, its own first."""
        return (self.asset, *(name for name in self.reads if name != self.asset))


@dataclass(frozen=True, kw_only=True)
class NoViolations(Check):
    """``violations`` selects the rows that break the rule; ``population`` counts what was looked at (one BIGINT).

    Both may use the parameters of :class:`Parameters` as ``$name``. ``says`` puts one such row in words, with its columns as ``{name}``;
    left empty, the row is told column by column.

    ``is_settled_by_publication`` is True for a check of its asset alone that need not be asked again of what is published: ``{rows}``
    then stands in both queries for the rows to look at. ``unit`` names the columns by which the asset is computed again in parts, where
    two rows that break the rule together are always of one part; without it a changed asset is looked at whole.
    """

    violations: str
    population: str
    says: str = ""
    is_settled_by_publication: bool = False
    unit: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Agreement(Check):
    """``measure`` selects ``member, numerator, denominator``: what the later layer has, and what the earlier one has.

    They are exact numbers and must be equal to the last digit; a NULL counts as 0.
    """

    measure: str


@dataclass(frozen=True, kw_only=True)
class Share(Check):
    """``measure`` selects ``member, numerator, denominator``; the ratio is compared with two settings.

    Below the target the check fails as a warning, below the floor it fails with its own severity. A member whose denominator is under
    ``minimum`` is shown and not judged. ``target``, ``floor`` and ``minimum`` name parameters of :class:`Parameters`.
    """

    measure: str
    target: str
    floor: str
    minimum: str


@dataclass(frozen=True)
class Outcome:
    """One line of a check's result: the whole, or one member of it. Shares are 0 to 1; ``threshold`` is the one that decided."""

    member: str
    passed: bool
    severity: Severity
    numerator: Decimal | None
    denominator: Decimal | None
    threshold: Decimal
    detail: str


@dataclass(frozen=True)
class CheckResult:
    """What a check found: passed or not and how bad, a line a member, and a sample of the rows that broke the rule.

    ``state`` is a digest of all that the result depends on (see :mod:`checks.standing`); None where that can't be told.
    """

    check: Check
    outcomes: Sequence[Outcome]
    violations: Sequence[Mapping[str, object]] = field(default_factory=tuple)
    violation_count: int = 0
    seconds: float = 0.0
    state: str | None = None

    @property
    def passed(self) -> bool:
        """Whether every line passed."""
        return all(outcome.passed for outcome in self.outcomes)

    @property
    def blocks(self) -> bool:
        """Whether nothing may be published because of this."""
        return any(not outcome.passed and outcome.severity is Severity.BLOCK for outcome in self.outcomes)

    @property
    def headline(self) -> Outcome:
        """The line that stands for the check: the worst, else the first."""
        return min(self.outcomes, key=lambda outcome: (outcome.passed, outcome.severity is not Severity.BLOCK))


class Parameters(Mapping[str, object]):
    """What the SQL of a check may use as ``$name``: thresholds of the settings, and the local date that the run counts as today.

    ``freshness_<source>`` gives the days that a source may be silent.
    """

    def __init__(self, settings: Settings, run_date: date) -> None:
        """``run_date`` is the local date of the run."""
        self._settings = settings
        self._values = _values(settings, run_date)

    def __getitem__(self, name: str) -> object:
        """The value; KeyError for a name that no setting stands behind."""
        if name.startswith("freshness_"):
            return self._settings.freshness.days(name.removeprefix("freshness_"))
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def named_parameters(*queries: str) -> set[str]:
    """The parameters that queries name as ``$name``."""
    return {name for query in queries for name in re.findall(r"\$([a-z_][a-z0-9_]*)", query)}


def _values(settings: Settings, run_date: date) -> dict[str, object]:
    coverage = settings.utm_coverage
    return {
        "run_date": run_date,
        "currency": settings.currency,
        "utm_target": coverage.target,
        "utm_floor": coverage.floor,
        "utm_minimum_sessions": coverage.minimum_sessions,
        "utm_window_days": coverage.window_days,
    }
