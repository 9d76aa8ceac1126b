"""Of which days a report is, where its rows do not say: the lines above the header, spans of days, dates that only start one."""

import calendar
import re
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from pipelines import dates
from pipelines.formats_model import Format
from pipelines.values import Column, clean, is_missing

Span = tuple[date, date]

_CLOCK = re.compile(r"(?:,|\s)[^,\d]*\d{1,2}[:.]\d{2}(?:[:.]\d{2})?\s*(?:[ap]\.?m\.?)?\s*(?:\(.*\))?$", re.IGNORECASE)
_QUARTER = re.compile(r"^(?:q|kv|kvartal|t|k)?\s*(?P<quarter>[1-4])\D{0,12}(?P<year>\d{4})$", re.IGNORECASE)
_QUARTER_LAST = re.compile(r"^(?P<year>\d{4})\D{1,4}(?P<quarter>[1-4])$")
_YEAR = re.compile(r"^\d{4}$")
_MONTH = re.compile(r"^(?P<year>\d{4})[-/.](?P<month>\d{1,2})$")
_DAYS = {"week": 7}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}


def report_period(form: Format, lines: Iterable[str], languages: Iterable[str]) -> Span | None:
    """First and last day of a report by the lines above its header; one line may hold both days, or each has its own."""
    said: dict[str, str] = {}
    order = form.habit(languages)
    for line in lines:
        hit = form.report_period.hit(line)
        if hit is None:
            continue
        texts = {name: text for name, text in hit.groupdict().items() if text and name in ("from", "to")}
        if all(_days([text], order or "mdy")[0] for text in texts.values()):
            said |= texts
        if set(texts) == {"from", "to"} and set(said) == {"from", "to"}:
            break
    # A line for the first day alone is a report of one day, unless the report has another line for the last one.
    two_lines = any(pattern.groupindex.keys() == {"to"} for pattern, _language in form.report_period.patterns)
    if not said or (two_lines and "to" not in said):
        return None
    first, last = _days([said.get("from", ""), said.get("to", said.get("from", ""))], order)
    return (first, last) if first and last and first <= last else None


def _days(texts: Sequence[str], order: str | None) -> list[date | None]:
    """The days of one line or pair of lines, which prove one another's order of day and month; a time of day is left out."""
    plain = dates.parse_dates([text.strip(" ,") for text in texts], order=order, stated=True).values
    if all(plain):
        return plain
    return dates.parse_dates([_CLOCK.sub("", text).strip(" ,") for text in texts], order=order, stated=True).values


def parse_spans(texts: Sequence[str], unit: str, *, order: str | None = None) -> Column:
    """``2026-01-26`` (a week's first day), ``January 2026``, ``2026-01``, ``Q1 2026``, ``2026`` as first and last day."""
    distinct = dict.fromkeys(texts)
    plain = dates.parse_dates([_first_day(text, unit) for text in distinct], order=order)
    read: dict[str, Span | None] = {}
    column = Column([], notes=plain.notes)
    for text, day in zip(distinct, plain.values, strict=True):
        read[text] = (day, _last_day(day, unit)) if day else None
        if day is None and not is_missing(text):
            column.problems[text] = f"not a {unit}"
    column.values = [read[text] for text in texts]
    return column


def _first_day(text: str, unit: str) -> str:
    """The text as that of a span's first day."""
    bare = clean(text)
    if unit == "year" and _YEAR.match(bare):
        return f"{bare}-01-01"
    if unit == "quarter" and (hit := _QUARTER.match(bare) or _QUARTER_LAST.match(bare)):
        return f"{hit['year']}-{3 * int(hit['quarter']) - 2:02d}-01"
    if unit == "month" and (hit := _MONTH.match(bare)):
        return f"{hit['year']}-{int(hit['month']):02d}-01"
    return f"1 {bare}" if unit == "month" and not bare[:1].isdigit() else bare


def _last_day(first: date, unit: str) -> date:
    if unit in _DAYS:
        return first + timedelta(days=_DAYS[unit] - 1)
    months = first.month - 1 + _MONTHS[unit] - 1
    year, month = first.year + months // 12, months % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


def clip(span: Span | None, period: Span | None) -> Span | None:
    """The part of a span that lies in the report's period; a month of a report that begins within it is not a whole one."""
    if span is None or period is None:
        return span
    first, last = max(span[0], period[0]), min(span[1], period[1])
    return (first, last) if first <= last else None


def from_starts(days: Sequence[date | None], period: Span) -> list[Span | None] | None:
    """Periods of records that name only their first day; None where the days are days.

    Without a breakdown by day every record carries the report's first day; by month, first days of months.
    """
    known = {day for day in days if day}
    first, last = period
    if first == last or not known:
        return None
    if known == {first}:
        return [period if day else None for day in days]
    months = {day for day in known if day.day == 1 or day == first}
    if len(known) > 1 and known == months and (last - first).days > 31:
        return [clip((day, _last_day(day.replace(day=1), "month")), period) if day else None for day in days]
    return None
