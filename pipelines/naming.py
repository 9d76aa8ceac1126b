"""What a file's path says about when the file was downloaded, and of which days it is.

Names are evidence for dates only; what a file is follows from its content.
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from pipelines.inbox import noon
from pipelines.values import months

_ISO = re.compile(r"(?<!\d)(20\d{2})[-_.](\d{2})[-_.](\d{2})(?!\d)")
_LOOSE_ISO = re.compile(r"(?<!\d)(20\d{2})-(\d{1,2})-(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d{2})(0[1-9]|1[0-2])([0-2]\d|3[01])(?!\d)")
_MONTH_FIRST = re.compile(r"(?<![^\W\d_])([^\W\d_]{3,14})[-_ .]{1,2}(\d{1,2})[-_ ,]+(20\d{2})")
_DAY_FIRST = re.compile(r"(\d{1,2})\.?[-_ ](?:de )?([^\W\d_]{3,14})[-_ .]{1,2}(?:de )?(20\d{2})")
# `2026-10` alone. Of a folder it may as well be the month of the download, so only the names of file and archive count.
_MONTH = re.compile(r"(?<![\d-])(20\d{2})[-_](0[1-9]|1[0-2])(?![-_.]?\d)")
_MILLISECONDS = re.compile(r"(?<!\d)(1[2-9]\d{11}|[2-3]\d{12})(?!\d)")


@dataclass(frozen=True)
class NameDates:
    """Dates in a name, oldest first; ``instant`` when the name carries an exact time; ``month`` when it names only a month."""

    days: tuple[date, ...]
    instant: datetime | None = None
    month: tuple[date, date] | None = None

    @property
    def newest(self) -> datetime | None:
        """The instant, else noon of the last day; None when the name has no date."""
        if self.instant:
            return self.instant
        return noon(self.days[-1]) if self.days else None

    @property
    def period(self) -> tuple[date, date] | None:
        """First and last day when the name has two."""
        return (self.days[0], self.days[-1]) if len(self.days) > 1 else None

    @property
    def days_spanned(self) -> tuple[date, date] | None:
        """The period, else the month."""
        return self.period or self.month


def dates_in(path: str) -> NameDates:
    """The dates in the last part of a path that has any: the file's name, else the archive's, else the folder's."""
    for part in reversed(re.split(r"[/!]", path)):
        found = sorted(set(_days(part)))
        stamp = _MILLISECONDS.search(part)
        instant = datetime.fromtimestamp(int(stamp[1]) / 1000, UTC).replace(tzinfo=None) if stamp else None
        if found or instant:
            return NameDates(tuple(found), instant, _month(path))
    return NameDates((), month=_month(path))


def _month(path: str) -> tuple[date, date] | None:
    """First and last day of the one month that a file's or its archive's name speaks of."""
    *_folders, name = path.split("/")
    months_named = {(int(year), int(month)) for year, month in _MONTH.findall(name)}
    if len(months_named) != 1:
        return None
    ((year, month),) = months_named
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _days(name: str) -> Iterator[date]:
    for pattern in (_ISO, _LOOSE_ISO, _COMPACT):
        for match in pattern.finditer(name):
            yield from _day(int(match[1]), int(match[2]), int(match[3]))
    for match in _MONTH_FIRST.finditer(name):
        if month := months().get(match[1].lower()):
            yield from _day(int(match[3]), month, int(match[2]))
    for match in _DAY_FIRST.finditer(name):
        if month := months().get(match[2].lower()):
            yield from _day(int(match[3]), month, int(match[1]))


def _day(year: int, month: int, day: int) -> Iterator[date]:
    try:
        yield date(year, month, day)
    except ValueError:
        return


_PLATFORM_WORDS = (
    ("facebook", re.compile(r"(?<![a-z])(?:fb|facebook)(?![a-z])", re.IGNORECASE)),
    ("instagram", re.compile(r"(?<![a-z])(?:ig|insta|instagram)(?![a-z])", re.IGNORECASE)),
)


def platform_in(path: str) -> str | None:
    """The one of Meta's two platforms that the file's own name says (``IG_REACH.csv``); None when it says none or both."""
    name = re.split(r"[/!]", path)[-1]
    named = [platform for platform, pattern in _PLATFORM_WORDS if pattern.search(name)]
    return named[0] if len(named) == 1 else None
