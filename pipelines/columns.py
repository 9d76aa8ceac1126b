"""A recognised table's columns, read by their definitions: texts to typed lists, with every refusal kept by row."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from pipelines import damage, dates, periods, values
from pipelines.formats_model import ColumnSpec, normalise
from pipelines.inbox import Context
from pipelines.naming import NameDates
from pipelines.privacy import Mask
from pipelines.records import Records, raw_text, text_at
from pipelines.tables import Row
from pipelines.told import Told

NUMERIC = frozenset({"count", "money", "amount", "share", "value", "rate", "seconds"})
# What a refusal says -> the key of hourglass.yml that would settle it.
UNDECIDED = {"year": dates.NO_YEAR, "date_order": dates.NO_ORDER, "decimal_mark": values.NO_MARK}
# Units of time that are counted in numbers -> how many seconds one is.
_SECONDS = {"hours": Decimal(3600), "milliseconds": Decimal("0.001")}
# Measures of every kind stand in one column of raw, which has room for twelve digits before the decimal mark.
_MEASURE_LIMIT = 10**12
# Ids that carry an instant have at most nineteen digits; more of them are not one id.
_ID = re.compile(r"[0-9]{1,19}")
_RANGE = re.compile(r"^(.{6,}?)\s+[-–—]\s+(.{6,})$")


@dataclass(frozen=True)
class Circumstances:
    """What is known of a file besides its content: sidecars, name, and the platform and account that follow from them;
    ``told`` is what stands around the table at hand.
    """

    context: Context
    name: NameDates
    sidecar: str
    mask: Mask
    platform: str | None = None
    path: str = ""
    told: Told = field(default_factory=Told)

    def years(self, rule: str | None) -> dates.YearRule:
        """Where the year of days without one comes from: the download date, else the date in the name, else the sidecar's year."""
        newest = self.context.downloaded_at or self.name.newest
        return dates.YearRule(newest.date() if newest else None, self.context.year, in_sequence=rule == "sequence")


class ColumnReader:
    """Reads the columns of one table's records."""

    def __init__(self, found: Records, circumstances: Circumstances) -> None:
        self.found = found
        self.known = circumstances
        self.form = found.match.format
        self.fallback_mark = self._fallback_mark()
        self.languages = [language for language, _count in found.match.languages.most_common()]
        self.order_of_days = self._order_of_days()
        self.report_period = periods.report_period(self.form, found.match.above, self.languages)
        # What a person must say before the table can be read: keys of hourglass.yml.
        self.needs: set[str] = set()

    def _order_of_days(self) -> dict[str, Any]:
        """Order of day and month for columns that don't prove it: as stated, by the export's habit, or as another column proves."""
        stated = self.known.context.date_order
        habit = self.form.habit(self.languages)
        if stated or habit:
            return {
                "order": stated or habit,
                "separator": self.form.date_separator,
                "stated": stated is not None or self.form.iso_days,
            }
        specs = ((p, self._spec(name)) for name, p in self.found.match.columns.items())
        columns = [p for p, spec in specs if spec and spec.type in ("date", "timestamp", "period", "range")]
        proven = {dates.proven_order(self.found.texts(position)) for position in columns} - {None}
        return {"order": proven.pop() if len(proven) == 1 else None}

    def _fallback_mark(self) -> str | None:
        match = self.found.match
        if self.known.context.decimal_mark:
            return self.known.context.decimal_mark
        columns = [p for name, p in match.columns.items() if self._spec(name) and self._spec(name).type in NUMERIC]  # type: ignore[union-attr]
        marks = set().union(*(values.decimal_marks(set(self.found.texts(position))) for position in columns))
        if len(marks) == 1:
            return marks.pop()
        # The language of a shop's or a CRM's header is that of its user interface, and says nothing about how its users write money.
        return None if self.form.keep is not None else values.mark_of_languages(match.languages)

    def _spec(self, name: str) -> ColumnSpec | None:
        return self.form.specs.get(name)

    def column(self, name: str) -> list[Any] | None:
        """The typed values of a column; None when the table does not have it. Refusals are noted with their rows."""
        spec = self.form.specs[name]
        derived = self._derived(spec)
        position = self.found.match.columns.get(name)
        if position is None:
            if derived is None or spec.decode:
                return derived
            position = self.found.match.columns[spec.source or name]
            texts = derived
        else:
            texts = self.found.texts(position)
            if derived and not spec.decode:
                texts = [said or text for said, text in zip(derived, texts, strict=True)]
            elif derived:
                texts = ["" if said else text for said, text in zip(derived, texts, strict=True)]
        column = self._parse(spec, texts, position)
        if derived and spec.decode:
            column.values = [said or value for said, value in zip(derived, column.values, strict=True)]
        taken_off = self.column(spec.less) if spec.less else None
        if taken_off:
            column.values = [
                value - less if value is not None and less is not None else value
                for value, less in zip(column.values, taken_off, strict=True)
            ]
        if name.startswith("measure:"):
            _refuse_beyond(column, texts)
        header = self.found.match.names[position]
        for index, (text, value) in enumerate(zip(texts, column.values, strict=True)):
            if text in column.problems and value is None:
                self.found.refuse(index, f"{header}: {self._quoted(text)}{column.problems[text]}")
            elif spec.required is True and value is None and spec.type not in NUMERIC:
                self.found.refuse(index, f"{header} is missing")
        self.found.notes.extend(f"{header}: {note}" for note in column.notes)
        reasons = set(column.problems.values())
        self.needs.update(key for key, sign in UNDECIDED.items() if any(sign in reason for reason in reasons))
        return column.values

    def _derived(self, spec: ColumnSpec) -> list[Any] | None:
        """What another column's text says: an extract, or the instant in an id; None where that column is not there."""
        position = self.found.match.columns.get(spec.source or "")
        if position is None:
            return None
        texts = self.found.texts(position)
        if spec.extract:
            texts = _extracted(texts, re.compile(spec.extract, re.ASCII))
        return [_INSTANTS[spec.decode](text) for text in texts] if spec.decode else texts

    def _quoted(self, text: str) -> str:
        """The refused text, for the reason; left out where a shifted row could put anything about a person there."""
        return f"{text.strip()!r}: " if self.form.keep is None else ""

    def rates(self, position: int) -> list[Any]:
        """A column of exchange rates, which a definition does not name one by one."""
        texts = self.found.texts(position)
        column = values.parse_numbers(texts, "rate", mark=self._known_mark(position), fallback_mark=self.fallback_mark)
        for index, text in enumerate(texts):
            if text in column.problems:
                self.found.refuse(index, f"{self.found.match.names[position]}: {text!r}: {column.problems[text]}")
        return column.values

    def _parse(self, spec: ColumnSpec, texts: Sequence[str], position: int) -> values.Column:
        years = self.known.years(self.form.years)
        if spec.type in ("date", "period"):
            return self._days(spec, texts, years)
        if spec.type == "timestamp":
            return self._instants(texts, years)
        if spec.type == "range":
            return self._ranges(texts)
        if spec.type == "span":
            return periods.parse_spans(texts, spec.unit or "month", order=self.order_of_days["order"])
        if spec.type == "email":
            return values.Column([self.known.mask.hash_of(text) for text in texts])
        if spec.type == "flag":
            return _meanings(spec, texts) if spec.meanings else values.parse_flags(texts)
        if spec.type == "seconds":
            return self._seconds(spec, texts, position)
        if spec.type in NUMERIC:
            scale = "percent" if spec.unit == "percent" else "plain"
            return values.parse_numbers(
                texts, spec.type, scale=scale, mark=self._known_mark(position), fallback_mark=self.fallback_mark
            )
        return self._texts(spec, texts, position)

    def _known_mark(self, position: int) -> str | None:
        """The mark that hourglass.yml says; workbook numbers have a decimal point, and so has a column of such numbers only."""
        if self.known.context.decimal_mark:
            return self.known.context.decimal_mark
        cells = [index for index, text in enumerate(self.found.texts(position)) if not values.is_missing(text)]
        return "." if cells and all((index, position) in self.found.numeric for index in cells) else None

    def _days(self, spec: ColumnSpec, texts: Sequence[str], years: dates.YearRule) -> values.Column:
        if spec.type == "period":
            # A word without digits where a day could stand means the whole lifetime.
            texts = [text if any(character.isdigit() for character in text) else "" for text in texts]
        return dates.parse_dates(texts, years=years, **self.order_of_days)

    def _instants(self, texts: Sequence[str], years: dates.YearRule) -> values.Column:
        zone: str | None = self.form.clock
        if zone == "sidecar":
            zone = self.known.context.time_zone
            if zone is None and dates.has_local_clock(texts):
                self.needs.add("time_zone")
        return dates.parse_instants(texts, zone=zone, years=years, **self.order_of_days)

    def _ranges(self, texts: Sequence[str]) -> values.Column:
        pairs = {text: _RANGE.match(text.strip()) for text in dict.fromkeys(texts)}
        firsts = dates.parse_dates([m[1] if (m := pairs[text]) else text for text in texts], **self.order_of_days)
        lasts = dates.parse_dates([m[2] if (m := pairs[text]) else text for text in texts], **self.order_of_days)
        both = list(zip(firsts.values, lasts.values, strict=True))
        problems = {
            text: "not a period" for text, pair in zip(texts, both, strict=True) if None in pair and text.strip()
        }
        return values.Column([None if None in pair else pair for pair in both], problems)

    def _seconds(self, spec: ColumnSpec, texts: Sequence[str], position: int) -> values.Column:
        factor = _SECONDS.get(spec.unit or "")
        if factor is None:
            return values.parse_durations(texts, fallback_mark=self.fallback_mark)
        kind = "count" if spec.unit == "milliseconds" else "rate"
        column = values.parse_numbers(texts, kind, mark=self._known_mark(position), fallback_mark=self.fallback_mark)
        column.values = [None if v is None else (v * factor).quantize(Decimal("0.001")) for v in column.values]
        return column

    def _texts(self, spec: ColumnSpec, texts: Sequence[str], position: int) -> values.Column:
        column = values.Column([])
        read: dict[str, str | None] = {}
        if spec.type == "id":
            stored = [
                (index, position) in self.found.numeric and text_at(row, position) == text
                for index, (row, text) in enumerate(zip(self.found.rows, texts, strict=True))
            ]
            column.problems = dict.fromkeys(damage.rounded_ids(texts, stored), damage.ROUNDED_ID)
            read = dict.fromkeys(column.problems)
        for text in texts:
            if text not in read:
                bare = text.strip()
                missing = not bare or bare == "--" or (spec.type == "id" and values.is_missing(bare))
                read[text] = None if missing else self.known.mask(bare)
                if spec.values and not missing:
                    read[text] = spec.words.get(normalise(bare))
                    if read[text] is None:
                        column.problems[text] = f"not one of {', '.join(spec.values)}"
        column.values = [read[text] for text in texts]
        return column

    def originals(self) -> list[str]:
        """Each record as given: JSON from header to text; blank cells are left out, e-mail addresses masked.

        Of a private export only the columns that its definition keeps.
        """
        names = [json.dumps(name, ensure_ascii=False) for name in self.found.match.names]
        mask, kept = self.known.mask, self.kept_positions
        return [
            "{"
            + ", ".join(
                f"{name}: {json.dumps(mask(cell), ensure_ascii=False)}"
                for position, (name, cell) in enumerate(zip(names, row.cells, strict=False))
                if cell and (kept is None or position in kept)
            )
            + "}"
            for row in self.found.rows
        ]

    @cached_property
    def kept_positions(self) -> frozenset[int] | None:
        """The columns whose texts may be kept; None for all of them."""
        if self.form.keep is None:
            return None
        columns = self.found.match.columns
        return frozenset(columns[name] for name in self.form.keep if name in columns)

    def shown(self, row: Row) -> str:
        """A record for the quarantine. Of a private export nothing: in a row that can't be read nobody knows what stands where."""
        return raw_text(row, self.known.mask) if self.form.keep is None else ""

    def compare_totals(self) -> None:
        """Hold the total rows against the sum of the rows; a difference is noted with both numbers.

        Of several totals (of the account, of each kind of campaign) one at least must be that of the rows; where each is the
        total of some rows only, it is held against those.
        """
        totals = self.form.totals
        if totals is None or not self.found.totals:
            return
        rows, sums = self.found.rows, self.found.totals
        position = self.found.match.columns.get(totals.beside or "")
        if position is None:
            self._compare(rows, sums, "")
            return
        for row in sums:
            key = text_at(row, position)
            parts = [other for other in rows if text_at(other, position) == key]
            if parts:
                self._compare(parts, [row], f" of {self.known.mask(key)}")
            else:
                self.found.notes.append(
                    f"warning: line {row.line} is a total of {self.known.mask(key)}, which has no row of its own"
                )

    def _compare(self, rows: Sequence[Row], totals: Sequence[Row], of: str) -> None:
        for name in self.form.totals.check if self.form.totals else ():
            position = self.found.match.columns.get(name)
            spec = self._spec(name)
            if position is None or spec is None:
                continue
            column = values.parse_numbers(
                [text_at(row, position) for row in (*rows, *totals)],
                "rate" if spec.unit == "hours" else spec.type,
                fallback_mark=self.fallback_mark,
                mark=self._known_mark(position),
            )
            added = sum((value for value in column.values[: len(rows)] if value is not None), Decimal(0))
            sums = [value for value in column.values[len(rows) :] if value is not None]
            whole = all(isinstance(value, int) or value is None for value in column.values)
            rounded = 0 if whole else len(column.values)
            self.found.notes += total_notes(self.found.match.names[position], added, sums, rounded=rounded, of=of)


def total_notes(header: str, added: Decimal, totals: Sequence[Any], *, rounded: int, of: str = "") -> list[str]:
    """The warning, with both numbers, where none of a column's totals is the sum of its rows.

    Money is rounded row by row in exports: half of the last digit may be lost in each of the ``rounded`` rows.
    """
    if not totals or any(abs(added - total) <= Decimal("0.005") * rounded for total in totals):
        return []
    stated_text, added_text = (f"{Decimal(number).normalize():f}" for number in (totals[0], added))
    return [f"warning: the total row{of} says {stated_text} {header}, the rows add up to {added_text}"]


def _refuse_beyond(column: values.Column, texts: Sequence[str]) -> None:
    """Refuse what the column of measures has no room for."""
    for index, (text, value) in enumerate(zip(texts, column.values, strict=True)):
        if value is not None and abs(value) >= _MEASURE_LIMIT:
            column.values[index] = None
            column.problems[text] = "too large"


def _extracted(texts: Iterable[str], pattern: re.Pattern[str]) -> list[str]:
    return [hit[1] if (hit := pattern.search(text)) else "" for text in texts]


def _meanings(spec: ColumnSpec, texts: Sequence[str]) -> values.Column:
    """A flag in the export's own words."""
    column = values.Column([])
    for text in texts:
        said = [word == "yes" for word, named in spec.meanings.items() if named.says(normalise(text))]
        column.values.append(said[0] if said else None)
        if not said and not values.is_missing(text):
            column.problems[text] = "not one of " + ", ".join(
                repr(name) for named in spec.meanings.values() for name in named.languages_by_name
            )
    return column


def _tiktok_instant(text: str) -> datetime | None:
    """TikTok's ids carry the second of publication in their upper 32 bits (51 of 51 ids of an export with times agree)."""
    if not _ID.fullmatch(text) or len(text) < 16:
        return None
    return datetime.fromtimestamp(int(text) >> 32, UTC).replace(tzinfo=None)


def _x_instant(text: str) -> datetime | None:
    """X's ids carry their millisecond since 2010-11-04 01:42:54.657 UTC above 22 lower bits; older ones (below 10^11) don't."""
    if not _ID.fullmatch(text) or len(text) < 12:
        return None
    return datetime.fromtimestamp(((int(text) >> 22) + 1_288_834_974_657) / 1000, UTC).replace(tzinfo=None)


_INSTANTS: Mapping[str, Callable[[str], datetime | None]] = {"tiktok_id": _tiktok_instant, "x_id": _x_instant}
