"""The scorecard of the last week that is over and told, read from the tables and written as Markdown; the terminal has its own rendering.

Nothing is computed here: every figure stands in ``kpi.scorecard`` as it is published.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

STATUS_WORDS = {"met": "met", "on_track": "on track", "behind": "behind", "no_data": "no data"}
NEEDED = ("kpi.scorecard", "kpi.kpi_catalogue")

WEEKS_BACK = 3
"""How far behind the newest figure the shown week may lie."""

QUERY = f"""
    with told as (
        select week_start_date, count(value) as figures, count(value) filter (where is_complete) as whole
        from kpi.scorecard where week_start_date + 7 <= $today group by 1
    ),
    -- Figures of a whole week count; those of some of its days only where nothing else is known.
    weeks as (
        select week_start_date, case when max(whole) over () > 0 then whole else figures end as figures from told
    ),
    newest as (
        select coalesce(max(week_start_date) filter (where figures > 0), max(week_start_date)) as week_start_date from weeks
    ),
    -- A week of which only some exports have come would show a scorecard of gaps: half of what its neighbours tell is asked for.
    recent as (
        select weeks.* from weeks
        join newest on weeks.week_start_date between newest.week_start_date - {WEEKS_BACK * 7} and newest.week_start_date
    ),
    week as (
        select coalesce(
            (select max(week_start_date) from recent where 2 * figures >= (select max(figures) from recent)),
            (select max(week_start_date) from kpi.scorecard)
        ) as week_start_date
    )
    select
        scorecard.plan, scorecard.week_start_date, scorecard.plan_day, scorecard.kpi, kpi_catalogue.title_en, scorecard.unit,
        scorecard.currency, scorecard.value, scorecard.previous_value, scorecard.target, scorecard.expected, scorecard.status,
        scorecard.owner, scorecard.null_reason, scorecard.is_complete
    from kpi.scorecard
    join week on week.week_start_date = scorecard.week_start_date
    left join kpi.kpi_catalogue on kpi_catalogue.kpi = scorecard.kpi
    order by scorecard.plan, scorecard.owner, scorecard.kpi
"""


@dataclass(frozen=True)
class ScorecardLine:
    """One KPI of one plan in one week; figures are in the KPI's own unit, None where there is no data."""

    plan: str
    week_start_date: date
    plan_day: int | None
    kpi: str
    title: str | None
    unit: str | None
    currency: str | None
    value: Decimal | None
    previous_value: Decimal | None
    target: Decimal | None
    expected: Decimal | None
    status: str
    owner: str | None
    null_reason: str | None
    is_complete: bool | None = True

    def standing_word(self) -> str:
        """Its status, marked where the value is of some of the week's days."""
        word = STATUS_WORDS.get(self.status, self.status)
        return word if self.is_complete or self.value is None else f"{word}, incomplete"

    def figure(self, value: Decimal | None) -> str:
        """One of the line's figures as people read it."""
        return figure(value, self.unit, self.currency)

    def standing(self) -> tuple[str, str]:
        """Its value and where it should be, precise enough to be told apart where it is not there, as in the review."""
        texts = [
            tuple(figure(value, self.unit, self.currency, more=more) for value in (self.value, self.expected))
            for more in (0, 1, 2)
        ]
        apart = [(value, expected) for value, expected in texts if value != expected or self.status != "behind"]
        value, expected = (apart or texts)[0]
        return value, expected


def read_scorecard(connection: "duckdb.DuckDBPyConnection", today: date | None = None) -> list[ScorecardLine]:
    """The lines of the last week that was over by ``today`` and has most of its figures, for every plan; empty without a scorecard."""
    there = {
        f"{schema}.{name}"
        for schema, name in connection.sql("select schema_name, table_name from duckdb_tables()").fetchall()
    }
    if not set(NEEDED) <= there:
        return []
    rows = connection.execute(QUERY, {"today": today or date.today()}).fetchall()  # noqa: DTZ011 - the reader's own day
    return [ScorecardLine(*row) for row in rows]


def figure(value: Decimal | None, unit: str | None, currency: str | None = None, *, more: int = 0) -> str:
    """A figure as people read it: ``28.0 %``, ``12,345``, ``280 NOK``, ``3.10``; an en dash where there is none. ``more`` decimals than
    usual."""
    if value is None:
        return "–"
    unit = unit or ""
    if unit.startswith("percent"):
        return f"{value:,.{1 + more}f} %"
    if unit == "money":
        return f"{value:,.{more}f} {currency or ''}".rstrip()
    if unit.startswith("count") or abs(value) >= 1000:
        return f"{value:,.{more}f}"
    return f"{value:,.{(2 if abs(value) < 10 else 1) + more}f}"


def last_week(today: date) -> date:
    """The Monday of the last week that was over by ``today``."""
    return today - timedelta(days=today.weekday() + 7)


def week_name(start: date) -> str:
    """ISO week of a Monday, for example ``2026-W46``."""
    year, week, _ = start.isocalendar()
    return f"{year}-W{week:02}"


def scorecard_markdown(lines: Sequence[ScorecardLine]) -> str:
    """The scorecard of one plan as a Markdown table."""
    plan, week = lines[0].plan, week_name(lines[0].week_start_date)
    parts = [f"| {plan}, {week} | value | week before | target | status |", "|---|---:|---:|---:|---|"]
    for line in lines:
        figures = [line.figure(number) for number in (line.value, line.previous_value, line.target)]
        parts.append(f"| {' | '.join([line.title or line.kpi, *figures, line.standing_word()])} |")
    return "\n".join(parts)
