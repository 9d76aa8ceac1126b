"""The period in hours: how many sessions start in which UTC hour, and which local day and hour that is.

Rows are numbered in the order of time over the whole period. An hour owns a run of row numbers, so a row's instant, day
and week follow from its number alone. The hour that daylight saving doubles exists twice, as two UTC hours.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ZONE: Final = ZoneInfo("Europe/Oslo")
PACIFIC: Final = ZoneInfo("America/Los_Angeles")
DEFAULT_END: Final = date(2026, 11, 15)

# sessions by local hour, Monday to Sunday, and from the first to the last day of the period: relative weights
_BY_HOUR: Final = (9, 5, 4, 3, 3, 6, 16, 30, 38, 40, 42, 46, 50, 46, 44, 46, 52, 58, 64, 72, 82, 78, 52, 24)
_BY_WEEKDAY: Final = (100, 96, 98, 102, 94, 92, 112)
_GROWTH_PERCENT: Final = 25


@dataclass(frozen=True)
class Hour:
    """One UTC hour: its start, its local day (0 is the first), local hour, and the rows that start in it."""

    started_at: datetime
    day: int
    local_hour: int
    first_row: int
    sessions: int


@dataclass(frozen=True)
class Period:
    """The local days `first` to `last`, their hours and how many sessions they hold."""

    first: date
    last: date
    hours: tuple[Hour, ...]
    sessions: int

    @property
    def days(self) -> int:
        """Return the number of local days."""
        return (self.last - self.first).days + 1

    def day(self, index: int) -> date:
        """Return the local day with this index; indexes outside the period are days before or after it."""
        return self.first + timedelta(days=index)

    def index(self, day: date) -> int:
        """Return the index of a local day."""
        return (day - self.first).days

    def share(self, day: date) -> float:
        """Return how much of the period has passed on a day, 0 on the first day and 1 on the last."""
        return min(max(self.index(day) / max(self.days - 1, 1), 0.0), 1.0)

    def rows(self, day: int) -> tuple[int, int]:
        """Return the first row of a day and the first row after it."""
        rows = [hour for hour in self.hours if hour.day == day]
        return (rows[0].first_row, rows[-1].first_row + rows[-1].sessions) if rows else (0, 0)


def utc_midnight(day: date) -> datetime:
    """Return the UTC instant (without zone) at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None)


def local_instant(day: date, hour: int, minute: int) -> datetime:
    """Return the UTC instant (without zone) of a local wall-clock time."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None)


def pacific(instant: datetime) -> datetime:
    """Return a UTC instant as the wall clock in Los Angeles shows it: Meta's post times."""
    return instant.replace(tzinfo=UTC).astimezone(PACIFIC)


def local_date(instant: datetime) -> date:
    """Return the local day of a UTC instant (without zone)."""
    return instant.replace(tzinfo=UTC).astimezone(ZONE).date()


def period(end: date, days: int, sessions: int) -> Period:
    """Spread the sessions over the hours of the days that end with `end`: whole numbers, the same on every machine."""
    first = end - timedelta(days=days - 1)
    instant, stop = utc_midnight(first), utc_midnight(end + timedelta(days=1))
    spans: list[tuple[datetime, int, int, int]] = []
    while instant < stop:
        local = instant.replace(tzinfo=UTC).astimezone(ZONE)
        day = (local.date() - first).days
        growth = 100 * max(days - 1, 1) + _GROWTH_PERCENT * day
        spans.append((instant, day, local.hour, _BY_HOUR[local.hour] * _BY_WEEKDAY[local.weekday()] * growth))
        instant += timedelta(hours=1)
    total, passed, hours = sum(span[3] for span in spans), 0, []
    for started_at, day, local_hour, weight in spans:
        first_row, after = passed * sessions // total, (passed + weight) * sessions // total
        hours.append(Hour(started_at, day, local_hour, first_row, after - first_row))
        passed += weight
    return Period(first, end, tuple(hours), sessions)
