"""What ``hourglass explain`` is asked: a KPI, a period, and at most one dimension's member.

The names are held against the published file, so that a wrong one gets the nearest right one for an answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches

import duckdb

from hourglass.terminal import UserError

WHOLE = "all"
FORMS = "a week (2026-W46), a month (2026-11) or a day (2026-11-10)"
SHOWN = 12
_WEEK = re.compile(r"^(\d{4})-?[Ww](\d{1,2})$")
_MONTH = re.compile(r"^(\d{4})-(\d{2})$")


@dataclass(frozen=True)
class Period:
    """A day, ISO week or month: its kind as in ``kpi.kpi_values``, first and last day."""

    kind: str
    start: date
    end: date

    @property
    def name(self) -> str:
        """As it is written on the command line."""
        if self.kind == "week":
            return week_name(self.start)
        return self.start.strftime("%Y-%m") if self.kind == "month" else self.start.isoformat()


@dataclass(frozen=True)
class Question:
    """A KPI in a period, whole (``all``) or one member of a dimension."""

    kpi: str
    period: Period
    dimension: str = WHOLE
    member: str = WHOLE


def week_name(start: date) -> str:
    """ISO week of a Monday, for example ``2026-W46``."""
    year, week, _ = start.isocalendar()
    return f"{year}-W{week:02}"


def parse_period(text: str) -> Period:
    """A period as people write it. Raises UserError with the forms that are understood."""
    written = text.strip()
    try:
        if found := _WEEK.match(written):
            start = date.fromisocalendar(int(found[1]), int(found[2]), 1)
            return Period("week", start, start + timedelta(days=6))
        if found := _MONTH.match(written):
            start = date(int(found[1]), int(found[2]), 1)
            return Period("month", start, (start + timedelta(days=31)).replace(day=1) - timedelta(days=1))
        day = date.fromisoformat(written)
    except ValueError as error:
        raise UserError(f"--period {text!r} is no period ({error}); write {FORMS}") from None
    return Period("day", day, day)


def parse_where(text: str | None) -> tuple[str, str]:
    """``channel=Paid Social`` as dimension and member; nothing is the whole. Raises UserError."""
    if text is None:
        return WHOLE, WHOLE
    dimension, sign, member = text.partition("=")
    if not sign or not dimension.strip() or not member.strip():
        raise UserError(
            f"--where {text!r} is no condition; write it as dimension=member, such as 'channel=Paid Social'"
        )
    return dimension.strip(), member.strip()


def settled(connection: duckdb.DuckDBPyConnection, kpi: str, period: Period, where: str | None) -> Question:
    """The question, with every name known to the published file.

    Raises:
        UserError: an unknown KPI, dimension or member, or a period that is not published; with what is nearest.
    """
    known = _texts(connection, "select kpi from kpi.kpi_catalogue order by position", [])
    if kpi not in known:
        titles = dict(
            connection.execute(
                "select lower(title), kpi from kpi.kpi_catalogue unpivot (title for language in (title_en, title_nb, title_sv))"
            ).fetchall()
        )
        if kpi.lower() not in titles:
            raise UserError(f"there is no KPI {kpi!r}{_near(kpi, known, titles)}")
        kpi = titles[kpi.lower()]
    dimension, member = parse_where(where)
    question = Question(kpi, period, dimension, member)
    _check_period(connection, question)
    if dimension != WHOLE:
        _check_member(connection, question)
    return question


def _check_period(connection: duckdb.DuckDBPyConnection, question: Question) -> None:
    period = question.period
    starts = [
        row[0]
        for row in connection.execute(
            "select distinct period_start_date from kpi.kpi_values where kpi = ? and period = ? and dimension = 'all' order by 1",
            [question.kpi, period.kind],
        ).fetchall()
    ]
    if not starts:
        raise UserError(f"nothing is published of {question.kpi} yet; call `hourglass run`")
    if period.start not in starts:
        nearest = min(starts, key=lambda start: abs((start - period.start).days))
        first, last, near = (Period(period.kind, start, start).name for start in (starts[0], starts[-1], nearest))
        raise UserError(
            f"the published file has no {period.kind} {period.name}; it has {first} to {last}, the nearest is {near}"
        )


def _check_member(connection: duckdb.DuckDBPyConnection, question: Question) -> None:
    dimensions = _texts(
        connection,
        "select distinct dimension from kpi.kpi_values where kpi = ? and dimension <> 'all' order by 1",
        [question.kpi],
    )
    if question.dimension not in dimensions:
        has = f"it has {', '.join(dimensions)}" if dimensions else "it has none"
        near = get_close_matches(question.dimension, dimensions, n=1)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        raise UserError(f"{question.kpi} has no dimension {question.dimension!r}{hint}; {has}")
    members = _texts(
        connection,
        "select member from kpi.kpi_values where kpi = ? and period = ? and period_start_date = ? and dimension = ? order by 1",
        [question.kpi, question.period.kind, question.period.start, question.dimension],
    )
    if question.member not in members:
        by_fold = {name.casefold(): name for name in members}
        near = get_close_matches(question.member.casefold(), list(by_fold), n=1)
        hint = f" (did you mean {by_fold[near[0]]!r}?)" if near else ""
        listed = ", ".join(members[:SHOWN]) + (f" and {len(members) - SHOWN} more" if len(members) > SHOWN else "")
        has = f"it has {listed}" if members else "nothing of that dimension is known there"
        raise UserError(
            f"{question.kpi} has no {question.dimension} {question.member!r} in {question.period.name}{hint}; {has}"
        )


def _near(kpi: str, known: Sequence[str], titles: dict[str, str]) -> str:
    found = get_close_matches(kpi.lower(), [*known, *titles], n=3, cutoff=0.5)
    names = list(dict.fromkeys(titles.get(name, name) for name in found))
    return f"; did you mean {' or '.join(names)}?" if names else f"; there are {', '.join(sorted(known))}"


def _texts(connection: duckdb.DuckDBPyConnection, query: str, values: list[object]) -> list[str]:
    return [row[0] for row in connection.execute(query, values).fetchall()]
