"""The keys of what analytics tools and search consoles report: whose report, of which days, of what dimension and member.

A record is of one day (a date, or a running number of the report's days) or of the report's whole period; with columns for it, it is
of a member of one or more dimensions. Where a thing is said neither in the table nor around it, it is asked for.
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta

from pipelines.formats_model import Format
from pipelines.shaped import Columns, Table
from pipelines.sources import normalise_name

WHOLE = "all"
EMPTY = "(empty)"
_NUMBER = re.compile(r"^[-+]?\d+(?:[.,]\d+)*%?$", re.ASCII)


def report_keys(table: Table, keys: Columns) -> Columns:
    """Property, filters, days, dimension and member of each record; what must be asked is added to the table's needs."""
    days = _days(table, keys)
    dimension, members = _members(table)
    twice = table.count - len(set(zip(days, members, strict=True)))
    if twice and dimension:
        table.found.notes.append(
            f"warning: {twice} records are of a member and day that another record has; the last counts"
        )
    return {
        "property": keys["account"],
        "filters": [table.known.told.filters or None] * table.count,
        "date": [first if first == last else None for first, last in days],
        "period_from": [first for first, _last in days],
        "period_to": [last for _first, last in days],
        "dimension": [dimension] * table.count,
        "member": members,
    }


def _days(table: Table, keys: Columns) -> list[tuple[date | None, date | None]]:
    if "date" in keys:
        return [(day, day) for day in keys["date"]]
    told = table.known.told
    period = told.period or table.known.name.days_spanned or told.seen
    if period is None:
        if table.count:
            table.needs.add("days")
        return [(None, None)] * table.count
    if "nth_day" in keys:
        days = []
        for index, number in enumerate(keys["nth_day"]):
            day = None if number is None else period[0] + timedelta(days=number)
            if day is not None and not period[0] <= day <= period[1]:
                table.found.refuse(index, f"day {number} is not within {period[0]} to {period[1]}")
            days.append((day, day))
        return days
    return [period] * table.count


def _members(table: Table) -> tuple[str | None, list[str]]:
    """The dimension's name, several joined by `` + ``, and each record's member, several joined by `` | ``."""
    match, form, found, known = table.match, table.form, table.found, table.known
    named = {position: name[10:] for name, position in match.columns.items() if name.startswith("breakdown:")}
    if form.open_dimensions:
        named |= _unnamed_dimensions(table, named)
    columns = dict(sorted(named.items()))
    if not columns:
        return WHOLE, [WHOLE] * table.count
    dimension: str | None = " + ".join(columns.values())
    if form.dimensions_by_name:
        dimension = dimension_in(known.path, form.dimensions_by_name)
        if dimension is None:
            table.needs.add("dimension")
    # Tools tell `/a` and `/a ` apart, so nothing is trimmed.
    texts = [[known.mask(text) if text.strip() else EMPTY for text in found.texts(position)] for position in columns]
    return dimension, [" | ".join(parts) for parts in zip(*texts, strict=True)]


def _unnamed_dimensions(table: Table, named: Mapping[int, str]) -> dict[int, str]:
    """The columns before the first known measure that no name tells: dimensions, unless they may as well be a measure.

    A column of numbers is taken for a measure that is not known where the records differ without it; where they don't, it is what
    tells them apart (an hour, a week of the year).
    """
    match, found = table.match, table.found
    measures = [position for name, position in match.columns.items() if name.startswith("measure:")]
    taken = set(match.columns.values())
    unnamed = [position for position in range(min(measures, default=0)) if position not in taken]
    numbers = [p for p in unnamed if table.count and all(_NUMBER.match(text.strip()) for text in found.texts(p))]
    keys = [position for position in range(min(measures, default=0)) if position not in numbers]
    if keys and len(set(zip(*(found.texts(position) for position in keys), strict=True))) == table.count:
        unnamed = [position for position in unnamed if position not in numbers]
    return {position: normalise_name(match.names[position]) for position in unnamed}


def dimension_in(path: str, patterns: Mapping[str, list[str]]) -> str | None:
    """The dimension that a file's own name tells; None when it tells none or more than one."""
    name = re.split(r"[/!]", path)[-1]
    found = [key for key, words in patterns.items() if any(re.search(word, name, re.IGNORECASE) for word in words)]
    return found[0] if len(found) == 1 else None


def account_in(path: str, form: Format) -> str | None:
    """The property that the name of an export, its archive or its folder tells."""
    for pattern in form.account_in_path:
        hit = re.search(pattern, path, re.IGNORECASE)
        if hit:
            # Search Console writes the address of a property as https___www.example.com_
            scheme, separator, rest = hit[1].strip().partition("___")
            return f"{scheme}://{rest.strip('_').replace('_', '/')}/" if separator else scheme
    return None
