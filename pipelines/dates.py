"""Text to dates and instants: notations in many languages, clocks, and days whose year the export leaves out.

Whether ``03/04/2026`` is in March or in April is decided by the whole column: one value with a 13 in it proves the order.
Without proof the export's known habit counts (Meta writes MM/DD/YYYY), and without that the column is refused.

A spreadsheet in a Nordic language that opens MM/DD/YYYY takes the month for the day wherever that gives a day at all, and saves it
in its own notation. So a column of an MM/DD export that has dots or dashes and no day beyond the 12th is refused too, and so is a
column with two notations.
"""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from pipelines.values import Column, clean, is_missing, months

_CLOCK = (
    r"(?:(?:,|\s|T|kl\.?|at)+\s*(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?\s*(?P<offset>Z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?)?$"
)
_WEEKDAY = r"^(?:[^\W\d]{2,12}\.?,?\s+)?"
_ISO = re.compile(
    r"^(?P<year>\d{4})(?P<separator>[-/.])(?P<month>\d{1,2})(?P=separator)(?P<day>\d{1,2})" + _CLOCK, re.I
)
_COMPACT = re.compile(r"^(?P<year>(?:19|20)\d{2})(?P<month>\d{2})(?P<day>\d{2})$")
_NUMERIC = re.compile(
    r"^(?P<first>\d{1,2})(?P<separator>[-/.])(?P<second_part>\d{1,2})(?P=separator)(?P<year>\d{4}|\d{2})" + _CLOCK, re.I
)
_NAMED_FIRST = re.compile(
    _WEEKDAY + r"(?P<name>[^\W\d]{3,14})\.?\s*-?(?P<day>\d{1,2})(?:st|nd|rd|th)?(?:,?[\s-]+(?P<year>\d{4}))?" + _CLOCK,
    re.I,
)
_DAY_FIRST = re.compile(
    _WEEKDAY
    + r"(?P<day>\d{1,2})\.?[\s-]*(?:de\s+)?(?P<name>[^\W\d]{3,14})\.?(?:,?[\s-]+(?:de\s+|del\s+)?(?P<year>\d{4}))?"
    + _CLOCK,
    re.I,
)
# What is said where the file leaves open what it means.
NO_ORDER = "Nothing in the file tells the order"
NO_YEAR = "the year is not in the file"
_NO_DATE = frozenset({"1970-01-01", "0000-00-00", "0001-01-01"})


@dataclass(frozen=True)
class Moment:
    """A parsed text: the year is None where it was left out, the clock where only a day was given, the offset where none was."""

    year: int | None
    month: int
    day: int
    clock: time | None = None
    offset: timezone | None = None


@dataclass(frozen=True)
class YearRule:
    """Where the year of days without one comes from: the latest day that is not after ``newest``.

    ``newest`` is a known last day (download date or date in the name); ``year`` is the year of the newest day in the file.
    With ``in_sequence`` the rows are consecutive days and a step backwards over New Year counts the year down.
    """

    newest: date | None = None
    year: int | None = None
    in_sequence: bool = False

    @property
    def known(self) -> bool:
        """Whether it can give a year at all."""
        return self.newest is not None or self.year is not None


def parse_dates(
    texts: Sequence[str],
    *,
    order: str | None = None,
    separator: str = "/",
    stated: bool = False,
    years: YearRule | None = None,
) -> Column:
    """Texts as ``date``; a time of day is left out. ``order`` is the export's habit, dmy or mdy, with its ``separator``; ``stated``
    when a person says so.
    """
    moments = _moments(texts, order, separator, stated)
    days, without_year = _days(moments.values, years or YearRule())
    moments.problems.update({texts[index]: reason for index, reason in without_year.items()})
    return Column(days, moments.problems, moments.notes)


def parse_instants(
    texts: Sequence[str],
    *,
    zone: str | None,
    order: str | None = None,
    separator: str = "/",
    stated: bool = False,
    years: YearRule | None = None,
) -> Column:
    """Texts as naive UTC ``datetime``. A text without offset is in ``zone`` (an IANA name); a day without time is its midnight there."""
    moments = _moments(texts, order, separator, stated)
    days, without_year = _days(moments.values, years or YearRule())
    moments.problems.update({texts[index]: reason for index, reason in without_year.items()})
    clock_zone = ZoneInfo(zone or "UTC")
    known: dict[tuple[date, time | None, timezone | None], datetime] = {}
    values: list[datetime | None] = []
    for moment, day in zip(moments.values, days, strict=True):
        if moment is None or day is None:
            values.append(None)
            continue
        key = (day, moment.clock, moment.offset)
        if key not in known:
            local = datetime.combine(day, moment.clock or time(0), tzinfo=moment.offset or clock_zone)
            known[key] = local.astimezone(UTC).replace(tzinfo=None)
        values.append(known[key])
    return Column(values, moments.problems, moments.notes)


def keeps_its_clock(day: str, zone: str | None) -> bool:
    """Whether a clock is never turned on a day, so that an instant is the day's midnight and the seconds since.

    ``day`` may be meant either way (``03/04/2026``); then it must hold for both. A text that is no day keeps none.
    """
    matches = [match for pattern in (_ISO, _NUMERIC) if (match := pattern.match(day))]
    if not matches:
        return False
    tz, is_day = ZoneInfo(zone or "UTC"), False
    for order in ("dmy", "mdy"):
        try:
            moment = _other(day) if matches[0].re is _ISO else _numeric(matches[0], order)
        except ValueError:
            continue
        is_day = True
        midnight = datetime(moment.year or 1, moment.month, moment.day, tzinfo=tz)
        if midnight.utcoffset() != (midnight + timedelta(hours=23, minutes=59)).utcoffset():
            return False
    return is_day


def has_local_clock(texts: Sequence[str]) -> bool:
    """Whether any text gives a time of day without an offset."""
    patterns = (_ISO, _NUMERIC, _NAMED_FIRST, _DAY_FIRST)
    for text in dict.fromkeys(texts):
        match = next((match for pattern in patterns if (match := pattern.match(clean(text)))), None)
        if match and match["hour"] and not match["offset"]:
            return True
    return False


def _moments(texts: Sequence[str], order: str | None, separator: str, stated: bool) -> Column:
    """Every text as :class:`Moment`, with day and month told apart by the whole column."""
    distinct = {text: clean(text) for text in dict.fromkeys(texts)}
    column = Column([])
    numeric = {
        text: match for text, bare in distinct.items() if (match := _NUMERIC.match(bare)) and not _COMPACT.match(bare)
    }
    suspicious = order == "mdy" and not stated
    iso = {text: match for text, bare in distinct.items() if bare[:10] not in _NO_DATE and (match := _ISO.match(bare))}
    damage = _damage(list(numeric.values()), list(iso.values()), separator) if suspicious else None
    proven, reason = (None, damage) if damage else _order(list(numeric.values()), order)
    read: dict[str, Moment | None] = {}
    for text, bare in distinct.items():
        if is_missing(text) or bare[:10] in _NO_DATE:
            read[text] = None
            continue
        try:
            if damage and text in iso:
                raise ValueError(damage.format(text=bare))
            if text in numeric:
                if proven is None:
                    raise ValueError(reason.format(text=bare))
                read[text] = _numeric(numeric[text], proven)
            else:
                read[text] = _other(bare)
        except ValueError as error:
            read[text] = None
            column.problems[text] = str(error)
    if proven and order and proven != order:
        column.notes.append(f"dates are written as {proven}, not as {order} like this export's usual")
    column.values = [read[text] for text in texts]
    return column


_SAVED = "was it saved in a spreadsheet? Export it again and don't save it in between"


def _damage(numeric: list[re.Match[str]], iso: list[re.Match[str]], separator: str) -> str | None:
    """Why days of an export that writes the month first may have been swapped by a spreadsheet, or None."""
    notations = {match["separator"] for match in numeric} | {"iso" for _ in iso}
    if len(notations) > 1:
        return "{text}: the column has dates in two notations; " + _SAVED
    if notations and notations != {separator}:
        days = [int(match["first"]) for match in numeric] + [int(match["day"]) for match in iso]
        if max(days) <= 12:
            return (
                f"{{text}}: this export writes MM{separator}DD{separator}YYYY,"
                " and no day beyond the 12th proves another notation; " + _SAVED
            )
    return None


def _order(matches: list[re.Match[str]], habit: str | None) -> tuple[str | None, str]:
    """The order of day and month in a column, or None and the reason why it can't be told."""
    if not matches:
        return habit, ""
    if len({match["separator"] for match in matches}) > 1:
        return None, "{text}: the column has dates in two notations; " + _SAVED
    day_first = any(int(match["first"]) > 12 for match in matches)
    month_first = any(int(match["second_part"]) > 12 for match in matches)
    if day_first and month_first:
        # A habit that is known makes the odd ones faults of their own; without one nothing can be told.
        return (habit, "") if habit else (None, "{text}: the column has dates in two orders of day and month")
    if day_first or month_first:
        return ("dmy" if day_first else "mdy"), ""
    if matches[0]["separator"] == ".":
        return "dmy", ""
    if habit:
        return habit, ""
    if all(match["first"] == match["second_part"] for match in matches):
        return "dmy", ""
    return None, "{text}: is the first number the day or the month? " + NO_ORDER


def proven_order(texts: Sequence[str]) -> str | None:
    """The order of day and month that the texts prove by themselves: dmy or mdy; None where they prove none, or both."""
    matches = [match for text in dict.fromkeys(texts) if (match := _NUMERIC.match(clean(text)))]
    day_first = any(int(match["first"]) > 12 for match in matches)
    month_first = any(int(match["second_part"]) > 12 for match in matches)
    return None if day_first == month_first else "dmy" if day_first else "mdy"


def _numeric(match: re.Match[str], order: str) -> Moment:
    first, second = int(match["first"]), int(match["second_part"])
    day, month = (first, second) if order == "dmy" else (second, first)
    year = int(match["year"])
    return _moment(year + 2000 if year < 100 else year, month, day, match)


def _other(text: str) -> Moment:
    match = _COMPACT.match(text) or _ISO.match(text)
    if match:
        return _moment(int(match["year"]), int(match["month"]), int(match["day"]), match)
    for pattern in (_NAMED_FIRST, _DAY_FIRST):
        match = pattern.match(text)
        if match and (month := months().get(match["name"].lower())):
            return _moment(int(match["year"]) if match["year"] else None, month, int(match["day"]), match)
    raise ValueError("not a date")


def _moment(year: int | None, month: int, day: int, match: re.Match[str]) -> Moment:
    parts = match.groupdict()
    try:
        date(year or 2024, month, day)
        clock = _clock(parts) if parts.get("hour") else None
    except ValueError:
        raise ValueError("not a day of the calendar") from None
    return Moment(year, month, day, clock, _offset(parts.get("offset")))


def _clock(parts: dict[str, str | None]) -> time:
    hour = int(parts["hour"] or 0)
    half = (parts["half"] or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half == "pm" else 0)
    fraction = (parts["fraction"] or "").ljust(6, "0")[:6]
    return time(hour, int(parts["minute"] or 0), int(parts["second"] or 0), int(fraction or 0))


def _offset(text: str | None) -> timezone | None:
    if not text:
        return None
    if text.upper() in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    delta = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(delta if text[0] == "+" else -delta)


def _days(moments: Sequence[Moment | None], rule: YearRule) -> tuple[list[date | None], dict[int, str]]:
    """A date for every moment; and, by position, why one can't be had."""
    yearless = [index for index, moment in enumerate(moments) if moment and moment.year is None]
    if not yearless:
        return [date(moment.year or 0, moment.month, moment.day) if moment else None for moment in moments], {}
    if not rule.known:
        return [None] * len(moments), dict.fromkeys(yearless, NO_YEAR)
    pairs = [(moments[index].month, moments[index].day) for index in yearless]  # type: ignore[union-attr]
    years = _in_sequence(pairs, rule) if rule.in_sequence else [_latest(pair, _newest(pairs, rule)) for pair in pairs]
    found: list[date | None] = [
        date(moment.year, moment.month, moment.day) if moment and moment.year else None for moment in moments
    ]
    faults: dict[int, str] = {}
    for index, (month, day), year in zip(yearless, pairs, years, strict=True):
        try:
            found[index] = date(year, month, day)
        except ValueError:
            faults[index] = f"{year} has no such day; is the year right?"
    return found, faults


def _newest(pairs: list[tuple[int, int]], rule: YearRule) -> date:
    """The day that nothing in the file is after; exports may run a day ahead of the download's own clock."""
    if rule.newest:
        return rule.newest + timedelta(days=1)
    return date(rule.year or 0, 12, 31)


def _latest(pair: tuple[int, int], newest: date) -> int:
    return newest.year if pair <= (newest.month, newest.day) else newest.year - 1


def _in_sequence(pairs: list[tuple[int, int]], rule: YearRule) -> list[int]:
    """Years of days that follow one another, oldest or newest first."""
    # Around the year's circle: from 31 December to 1 January is a step of one day forwards.
    steps = sum(
        1 if ((later[0] - earlier[0]) * 31 + later[1] - earlier[1]) % 372 < 186 else -1
        for earlier, later in itertools.pairwise(pairs)
    )
    ordered = pairs if steps >= 0 else pairs[::-1]
    year = rule.year or _latest(ordered[-1], _newest(pairs, rule))
    years = [year]
    for earlier, later in zip(ordered[-2::-1], ordered[:0:-1], strict=True):
        year -= earlier > later
        years.append(year)
    return years[::-1] if steps >= 0 else years
