"""The records of one large CSV as a temporary table, and the SQL that reads its cells. What is made of them is :mod:`pipelines.bulk`."""

import csv
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import repeat
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa

from pipelines import damage, values
from pipelines.formats_model import ColumnSpec, TotalsSpec, normalise
from pipelines.generic_refusals import refused_lines, rejected_lines
from pipelines.limits import LIMITS
from pipelines.privacy import Mask, mask_expression
from pipelines.recognise import Match
from pipelines.records import Records, records
from pipelines.sources import Source
from pipelines.statement import Sql, compose, identifier, join, literal
from pipelines.tables import Block, Row

# No longer than what every column of raw has room for; the value readers judge the rest.
_PLAIN = {"count": r"[+-]?\d{1,12}", **dict.fromkeys(("money", "amount", "value"), r"[+-]?\d{1,11}(\.\d{1,2})?")}
# The same, of texts that the number gives back: without zeros at the end, or always with two decimals.
_WHOLE = r"(0|-?[1-9]\d{0,10})"
_AS_WRITTEN = {"": rf"{_WHOLE}(\.\d?[1-9])?", ".00": rf"{_WHOLE}\.\d\d"}
_BLANK_CHARACTERS = " \t\r\n\x0b\x0c\u00a0\u2007\u2009\u202f\u3000"
_BLANKS = literal(_BLANK_CHARACTERS)
_MISSING = join(", ", [literal(text) for text in sorted(values.MISSING)])
_INVISIBLE = literal('\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"')
# As many distinct texts of a column are looked at one by one.
_FEW = 100_000
_VERY_FEW = 2_000
_ESCAPED = re.compile(r'[\x00-\x1f"\\]')
_TEMPORARY = ("bulk_records", "bulk_keys", "bulk_totals", "bulk_refused", "bulk_values")


class UnsuitableError(Exception):
    """The table has something that only the ordinary way reads; the text says what."""


class _Traits(NamedTuple):
    """What a column has somewhere: addresses, characters that JSON escapes, blank cells."""

    addresses: bool = False
    escapes: bool = False
    blanks: bool = False


def plain(spec: ColumnSpec) -> str | None:
    """A pattern for the texts of a column that SQL may cast as they stand, whatever the rest of the file says; None for no such."""
    return _PLAIN.get(spec.type) if spec.unit is None else None


def as_written(spec: ColumnSpec, examples: Sequence[str]) -> tuple[str, str]:
    """How the numbers of a column with a plain pattern are written ('' or '.00'), by some with a point; and the pattern of such."""
    if spec.type == "count":
        return "", _WHOLE
    style = ".00" if examples and all(text[-3:-2] == "." for text in examples) else ""
    return style, _AS_WRITTEN[style]


class BulkTable:
    """The view ``bulk`` in the work database: ``record`` counts from 1, ``c0`` and so on are the cells, blank ones as ''.

    ``positions`` says which cell a column of the definition is in. Total rows are taken out of it and kept as ``totals``, and so are
    headers that stand again between the records; ``passed_over`` has the numbers that these had as records.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, match: Match) -> None:
        self.connection = connection
        self.source = source
        self.match = match
        specs = match.format.specs.items()
        # A column may be another one's under a second name.
        seconds = {name: match.columns[s.source] for name, s in specs if s.source and s.source in match.columns}
        self.positions: Mapping[str, int] = {**seconds, **match.columns}
        cells = [compose("coalesce({c}, '') as {c}", c=identifier(column)) for column in source.columns]
        # To number the rows while they are read costs as much as to read them; the table keeps their order, and numbers them from 0.
        self.make("bulk_records", compose("select {c} from {r}", c=join(", ", cells), r=source.relation))
        connection.execute("create or replace temp view bulk as select rowid + 1 as record, * from bulk_records")
        self.repeated = self.first_column(
            compose("select record from bulk where {again} order by 1", again=source.is_header())
        )
        if self.repeated:
            self.connection.execute(compose("delete from bulk_records where {again}", again=source.is_header()))
        self.totals = self._take_totals(match.format.totals) if match.format.totals else []
        self._traits: dict[str, _Traits] = {}
        self._few: dict[str, list[str] | None] = {}
        self._plain_texts: dict[str, bool] = {}

    @property
    def passed_over(self) -> list[int]:
        """The numbers of what is no record, in order."""
        return sorted([*self.repeated, *(row.line - self.source.first_line + 1 for row in self.totals)])

    def clear(self) -> None:
        """Give back the room of the records."""
        self.connection.execute("drop view if exists bulk")
        for name in _TEMPORARY:
            self.connection.execute(compose("drop table if exists {name}", name=identifier(name)))

    def make(self, name: str, query: Sql) -> None:
        """Make a temporary table."""
        self.connection.execute(compose("create or replace temp table {name} as {q}", name=identifier(name), q=query))

    def load(self, name: str, table: pa.Table) -> Sql:
        """Make a temporary table of Arrow data; returns its name."""
        self.connection.register("bulk_arrow", table)
        self.make(name, Sql("select * from bulk_arrow"))
        self.connection.unregister("bulk_arrow")
        return identifier(name)

    def one(self, query: str) -> tuple[Any, ...]:
        """The one row of a query."""
        return self.connection.execute(query).fetchone() or (0,)

    def first_column(self, query: str) -> list[Any]:
        """The first column of a query."""
        return [row[0] for row in self.connection.execute(query).fetchall()]

    def header(self, name: str) -> str:
        """The header above a column."""
        return self.match.names[self.positions[name]]

    def header_of(self, column: str) -> str:
        """The header above a column of the file."""
        return self.match.names[list(self.source.columns).index(column)]

    def cell(self, name: str) -> Sql:
        """A column's text as it is."""
        return identifier("bulk", f"c{self.positions[name]}")

    @staticmethod
    def bare(cell: Sql) -> Sql:
        """A text without the space around it."""
        return compose("trim({cell}, {blanks})", cell=cell, blanks=_BLANKS)

    def text(self, name: str) -> Sql:
        """A column of texts or ids as :class:`pipelines.columns.ColumnReader` reads it; NULL where there is none."""
        column = f"c{self.positions[name]}"
        is_id = self.match.format.specs[name].type == "id"
        # To trim and compare is dear; most columns have nothing anywhere that needs it.
        if self.gives_back(name):
            cell = self._masked(column)
            return compose("nullif({c}, '')", c=cell) if self.traits(column).blanks else cell
        bare = self.bare(self._masked(column))
        if is_id:
            return compose("case when lower({bare}) not in ({missing}) then {bare} end", bare=bare, missing=_MISSING)
        return compose("nullif(nullif({bare}, ''), '--')", bare=bare)

    def few_texts(self, name: str) -> list[str] | None:
        """The distinct texts of a column; None where they are too many to look at one by one."""
        query = compose("select distinct {c} from bulk limit {n}", c=self.cell(name), n=literal(_FEW + 1))
        texts = self.first_column(query)
        return texts if len(texts) <= _FEW else None

    def gives_back(self, name: str) -> bool:
        """Whether what :meth:`text` makes of a column is its cells letter for letter, NULL where they are blank."""
        column = f"c{self.positions[name]}"
        if column not in self._plain_texts:
            texts = self._very_few(column)
            self._plain_texts[column] = not (self._any_odd(name) if texts is None else any(map(_is_odd, texts)))
        return self._plain_texts[column]

    def _any_odd(self, name: str) -> bool:
        query = (
            "left({c}, 1) in ({blanks}) or right({c}, 1) in ({blanks})"
            " or (length({c}) <= {longest} and {c} <> '' and lower({c}) in ('--', {missing}))"
        )
        longest = literal(max(map(len, values.MISSING)))
        blanks = _literals(_BLANK_CHARACTERS)
        return self.any_of(compose(query, c=self.cell(name), blanks=blanks, longest=longest, missing=_MISSING))

    def any_of(self, test: Sql) -> bool:
        """Whether a test holds for any record."""
        return test != "false" and bool(self.one(compose("select count(*) from bulk where {test}", test=test))[0])

    def number(self, name: str, lookup: Sql | None, type_: str) -> Sql:
        """A column of numbers: as looked up, or cast where the look-up does not have it; there all of them are plain."""
        cast = compose("cast({c} as {type})", c=self.cell(name), type=Sql(type_))
        if lookup is None:
            return cast
        looked_up = compose("cast({t}.value as {type})", t=lookup, type=Sql(type_))
        return compose("case when {t}.text is null then {cast} else {value} end", t=lookup, cast=cast, value=looked_up)

    def rounded_id(self, name: str) -> Sql:
        """Whether a spreadsheet has rounded an id; see :func:`pipelines.damage.rounded_ids`."""
        texts = self.few_texts(name)
        if texts is not None:
            rounded = damage.rounded_ids(texts, repeat(False))
            return compose("{c} in ({r})", c=self.cell(name), r=_literals(rounded)) if rounded else Sql("false")
        bare = self.bare(self.cell(name))
        mangled = compose(r"regexp_full_match({c}, '\d([.,]\d+)?[eE]\+\d+')", c=bare)
        long = compose(r"length({c}) > 15 and regexp_full_match({c}, '\d+')", c=bare)
        query = compose(
            "select coalesce(sum(length(id) - 15), 0) >= 4 and bool_and(replace(id[16:], '0', '') = '')"
            " from (select distinct {bare} as id from bulk where {long})",
            bare=bare,
            long=long,
        )
        return compose("{mangled} or ({long})", mangled=mangled, long=long) if self.one(query)[0] else mangled

    def given(self, columns: Iterable[str], relation: str, shown: Mapping[str, Sql]) -> tuple[Sql, bool]:
        """Cells as given, of a relation: `"header": "text"` with commas between, and whether there always is one.

        Blank cells are left out, addresses masked; ``shown`` says of some columns where else they are.
        """
        names = dict(zip(self.source.columns, self.match.names, strict=True))
        parts: list[str | Sql] = []
        has_cells = False
        for column in columns:
            given, traits = identifier(relation, column), self.traits(column)
            cell = mask_expression(given) if traits.addresses else given
            key = json.dumps(names[column], ensure_ascii=False) + ": "
            value: list[str | Sql] = [compose("to_json({c})", c=cell)] if traits.escapes else ['"', cell, '"']
            if not traits.blanks and column not in shown:
                parts += [", " if has_cells else "", key, *value]
                has_cells = True
                continue
            # Whether a comma is due before it depends on the cells before, unless one of them is always there.
            before, after = (", ", "") if has_cells else ("", ", ")
            test = compose("{c} <> ''", c=given)
            test = compose("{test} and {shown}", test=test, shown=shown[column]) if column in shown else test
            parts.append(compose("case when {t} then {f} end", t=test, f=_concat([before, key, *value, after])))
        if not parts:
            return Sql("''"), False
        # A comma is left over at the end.
        return _concat(parts) if has_cells else compose("rtrim({t}, ', ')", t=_concat(parts)), has_cells

    def texts_together(self) -> Sql:
        """All cells of a record, for the quarantine."""
        cells = join(", ", [identifier("bulk", column) for column in self.source.columns])
        return compose("concat_ws(' | ', {cells})", cells=cells)

    def line_breaks(self) -> Sql:
        """How many line breaks stand inside the cells of a record."""
        cells = [identifier("bulk", column) for column in self.source.columns]
        return join(" + ", [compose("length({c}) - length(replace({c}, chr(10), ''))", c=cell) for cell in cells])

    def stray_lines(self, mask: Mask) -> Records:
        """Lines that aren't records of the table: totals and footnotes of fewer cells, and those that are refused."""
        count = rejected_lines(self.connection, self.source)
        if not count:
            return Records(self.match, [], set())
        if count > LIMITS.quarantined_rows:
            raise UnsuitableError(f"{count:,} lines are no records of the table")
        rows = [
            Row(line, next(csv.reader([text], delimiter=self.source.delimiter), [text]))
            for line, _reason, text in refused_lines(self.connection, self.source, mask)
        ]
        return records(Block(rows), replace(self.match, header=-1))

    def _masked(self, column: str) -> Sql:
        cell = identifier("bulk", column)
        return mask_expression(cell) if self.traits(column).addresses else cell

    def traits(self, column: str) -> _Traits:
        """What a column has somewhere. Looked at once, so that nothing is looked for row by row that no row has."""
        if column not in self._traits:
            texts = self._very_few(column)
            if texts is None:
                query = (
                    "select bool_or(contains({c}, '@') or contains({c}, '%40')), bool_or(regexp_matches({c}, {e})),"
                    " bool_or({c} = '') from bulk"
                )
                found = self.one(compose(query, c=identifier(column), e=literal(_ESCAPED.pattern)))
                self._traits[column] = _Traits(*map(bool, found))
            else:
                self._traits[column] = _Traits(
                    any("@" in text or "%40" in text for text in texts), any(map(_ESCAPED.search, texts)), "" in texts
                )
        return self._traits[column]

    def _very_few(self, column: str) -> list[str] | None:
        """The distinct texts of a column of the file; None where they are more than one would look at twice."""
        if column not in self._few:
            query = compose("select distinct {c} from bulk limit {n}", c=identifier(column), n=literal(_VERY_FEW + 1))
            texts = self.first_column(query)
            self._few[column] = texts if len(texts) <= _VERY_FEW else None
        return self._few[column]

    def _take_totals(self, totals: TotalsSpec) -> list[Row]:
        """Take the rows out that add others up; ``bulk_totals`` keeps their numbers."""
        conditions = [*self._total_words(totals), *self._blank_names(totals)]
        where = join(" or ", conditions) if conditions else Sql("false")
        self.make("bulk_totals", compose("select * from bulk where {where}", where=where))
        found = self.connection.execute("select * from bulk_totals order by record").fetchall()
        if found:
            self.connection.execute("delete from bulk_records where rowid + 1 in (select record from bulk_totals)")
        return [Row(int(row[0]) + self.source.first_line - 1, list(row[1:])) for row in found]

    def _total_words(self, totals: TotalsSpec) -> list[Sql]:
        """Tests for the words of a total: in the column that the definition names, else in a record's first cell that says something."""
        if not totals.names:
            return []
        if totals.column is not None and totals.column in self.match.columns:
            return [self._says(totals, self.cell(totals.column), Sql("true"))]
        tests, before = [], Sql("true")
        for cell in (identifier("bulk", column) for column in self.source.columns):
            tests.append(self._says(totals, cell, before))
            before = compose("{before} and {blank}", before=before, blank=self._is_blank(cell))
            # Of most exports every record has something in its first cell.
            if not self.any_of(before):
                break
        return [test for test in tests if test != "false"]

    def _says(self, totals: TotalsSpec, cell: Sql, where: Sql) -> Sql:
        """A test whether a cell says that its record is a total, among the records of ``where``; as the ordinary way decides it."""
        query = "select distinct {c} from bulk where {where} limit {n}"
        texts = self.first_column(compose(query, c=cell, where=where, n=literal(_FEW + 1)))
        if len(texts) > _FEW:
            # Too many to look at; few of them begin like a word for a total.
            starts = {normalise(name)[:3] for names in totals.names.values() for name in names}
            begin = compose(
                "left(lower(ltrim(translate({c}, {gone}, ''), {blanks})), 3)", c=cell, gone=_INVISIBLE, blanks=_BLANKS
            )
            query = "select distinct {c} from bulk where {where} and {begin} in ({starts})"
            texts = self.first_column(compose(query, c=cell, where=where, begin=begin, starts=_literals(starts)))
        words = [text for text in texts if totals.says(normalise(text))]
        return (
            compose("({where} and {c} in ({words}))", where=where, c=cell, words=_literals(words))
            if words
            else Sql("false")
        )

    def _is_blank(self, cell: Sql) -> Sql:
        """Whether a cell says nothing. To trim is dear, so only texts that begin like a blank one are."""
        begins = compose("left({c}, 1) in ('', {blanks})", c=cell, blanks=_literals(_BLANK_CHARACTERS))
        return compose("({begins} and {bare} = '')", begins=begins, bare=self.bare(cell))

    def _blank_names(self, totals: TotalsSpec) -> list[Sql]:
        names = [name for name in totals.blank if name in self.match.columns]
        names += [name for name in self.match.columns if totals.blank and name.startswith("breakdown:")]
        empty = [self._is_blank(self.cell(name)) for name in names]
        return [compose("({all})", all=join(" and ", empty))] if empty else []


def _is_odd(text: str) -> bool:
    return text != "" and (text != text.strip() or text == "--" or values.is_missing(text))


def _literals(texts: Iterable[str]) -> Sql:
    return join(", ", [literal(text) for text in sorted(texts)])


def _concat(parts: Iterable[str | Sql]) -> Sql:
    """One concatenation, of as few parts as can be: texts of our own that follow each other are one."""
    merged: list[Sql] = []
    text = ""
    for part in parts:
        if isinstance(part, Sql):
            merged += [literal(text), part] if text else [part]
            text = ""
        else:
            text += part
    return compose("concat({parts})", parts=join(", ", [*merged, literal(text)]))
