"""Instants of a large export: of a million posts each has its own, but their days are a few thousand.

A day is read by the ordinary readers, by the evidence of its whole column, as its midnight; SQL adds the seconds since. Days on which a
clock is turned are left to the readers with their times, and so is every text that is written in another way.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from pipelines import dates
from pipelines.bulk_table import BulkTable
from pipelines.statement import Sql, compose, identifier, join, literal

_DAY = r"(\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}-\d{2}-\d{2})"
_WITH_CLOCK = literal(_DAY + r"[ T]([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
_MIDNIGHT = literal(" 00:00")
# A column with more days than that is no column of instants.
_MOST_DAYS = 50_000


class Clocks:
    """The columns whose instants are taken apart: ``names``, as far as texts of ``timestamps`` allow it, in ``zone``."""

    def __init__(self, table: BulkTable, timestamps: Sequence[str], zone: str | None) -> None:
        self.table = table
        tests = {name: self._test(name, zone) for name in timestamps}
        self.names = {name: test for name, test in tests.items() if test is not None}
        # Column -> combination -> its first and its last second of the day.
        self._ends: dict[str, dict[int, tuple[int, int]]] = {}

    def _test(self, name: str, zone: str | None) -> Sql | None:
        """Whether a text is taken apart; None where none can be."""
        has_clock = compose("regexp_full_match({c}, {p})", c=self.table.cell(name), p=_WITH_CLOCK)
        query = compose(
            "select distinct {day} from bulk where {test} limit {n}",
            day=self._part(name, 1),
            test=has_clock,
            n=literal(_MOST_DAYS + 1),
        )
        days = self.table.first_column(query)
        if not days or len(days) > _MOST_DAYS:
            return None
        turned = [literal(day) for day in sorted(days) if not dates.keeps_its_clock(day, zone)]
        if not turned:
            return has_clock
        return compose(
            "({test} and {day} not in ({turned}))", test=has_clock, day=self._part(name, 1), turned=join(", ", turned)
        )

    def _part(self, name: str, number: int) -> Sql:
        """The day (1) or the time (2) of a text with both."""
        return compose("split_part(replace({c}, 'T', ' '), ' ', {n})", c=self.table.cell(name), n=literal(number))

    def day(self, name: str) -> Sql:
        """A text without its time of day."""
        return compose(
            "case when {test} then {day} || {midnight} else {c} end",
            test=self.names[name],
            day=self._part(name, 1),
            midnight=_MIDNIGHT,
            c=self.table.cell(name),
        )

    def _seconds(self, name: str) -> Sql:
        """The seconds since midnight; NULL for a text that is not taken apart."""
        time = self._part(name, 2)
        parts = [compose("cast(split_part({t}, ':', {n}) as bigint)", t=time, n=literal(n)) for n in (1, 2)]
        return compose(
            "case when {test} then 3600 * {hour} + 60 * {minute} + coalesce(try_cast(split_part({t}, ':', 3) as bigint), 0) end",
            test=self.names[name],
            hour=parts[0],
            minute=parts[1],
            t=time,
        )

    def instant(self, name: str, value: Sql) -> Sql:
        """What the readers made of the day, with its time."""
        if name not in self.names:
            return value
        return compose("{v} + to_seconds(coalesce({s}, 0))", v=value, s=self._seconds(name))

    def ranges(self) -> list[Sql]:
        """Columns for a grouping by combination: the first and the last second of each."""
        return [
            compose("{end}({s}) as {c}", end=Sql(end), s=self._seconds(name), c=identifier(f"{end}_{number}"))
            for number, name in enumerate(self.names)
            for end in ("min", "max")
        ]

    def look(self) -> None:
        """Find the first and the last second of each combination in ``bulk_keys``."""
        for number, name in enumerate(self.names):
            ends = join(", ", [identifier(f"{end}_{number}") for end in ("min", "max")])
            query = compose(
                "select combination, {ends} from bulk_keys where {first} is not null",
                ends=ends,
                first=identifier(f"min_{number}"),
            )
            self._ends[name] = {row[0]: (row[1], row[2]) for row in self.table.connection.execute(query).fetchall()}

    def ends(self, name: str, combination: int) -> tuple[timedelta, timedelta]:
        """How far the first and the last instant of a combination are from what the readers made of it."""
        first, last = self._ends.get(name, {}).get(combination, (0, 0))
        return timedelta(seconds=first), timedelta(seconds=last)

    def any_of(self, combinations: Iterable[int | None]) -> bool:
        """Whether the text of any of these combinations is taken apart."""
        return any(combination in ends for combination in combinations for ends in self._ends.values())
