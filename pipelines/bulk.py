"""Large exports: the same definitions and the same readers, but DuckDB moves the rows.

Of a million rows the days, breakdowns and currencies are a few hundred different combinations. Those go through the ordinary shapes;
numbers that are plain are cast by SQL, the distinct texts of the others are read by the value readers; then all is joined into one
Parquet file. What this does not cover (:func:`is_suitable`) is read the ordinary way, whole, and only up to a certain size.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines import damage, values
from pipelines.columns import NUMERIC, Circumstances, ColumnReader, Records, records, total_notes
from pipelines.formats_model import ColumnSpec, Named, normalise
from pipelines.generic_refusals import refused_lines, rejected_lines
from pipelines.limits import LIMITS
from pipelines.privacy import mask_expression
from pipelines.recognise import Match
from pipelines.schema import RAW_TABLES
from pipelines.shaped import Shaped, comment_of_export
from pipelines.shapes import shape
from pipelines.sources import Source
from pipelines.statement import Sql, compose, identifier, join, literal
from pipelines.tables import Block, Row, UnreadableFileError

TABLES = ("ads", "social_posts", "social_post_daily", "social_account_daily", "audience")
_COPIED = ("text", "url", "id")
# Texts of which the shapes make something, so that they belong to the combinations.
_CONSULTED = ("account", "currency", "comment")
_PLAIN = {"count": r"[+-]?\d{1,18}", **dict.fromkeys(("money", "amount", "value"), r"[+-]?\d{1,11}(\.\d{1,2})?")}
_BLANKS = literal(" \t\r\n\x0b\x0c\u00a0\u2007\u2009\u202f\u3000")
_MISSING = join(", ", [literal(text) for text in sorted(values.MISSING)])
_INVISIBLE = literal('\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"')
_MOST_COMBINATIONS = 200_000
_PROOFS = 20


class UnsuitableError(Exception):
    """The table has something that only the ordinary way reads; the text says what."""


def is_suitable(match: Match) -> bool:
    """Whether a definition, as it met this header, can be read in bulk."""
    form = match.format
    specs = [form.specs[name] for name in match.columns if name in form.specs]
    odd = (
        form.rejoin
        or form.second_header
        or form.keep is not None
        or form.years
        or form.future_zeros
        or form.dates_are_starts
    )
    totals = form.totals and (form.totals.beside or form.totals.label_beyond)
    derived = any(
        spec.source in match.columns and (spec.extract or spec.decode or name in match.columns)
        for name, spec in form.specs.items()
    )
    worded = any(spec.values or spec.type == "email" for spec in specs)
    doubled = any(damage.twins_of(match, position) for position in match.columns.values())
    dimensions = any(name.startswith("dimension:") for name in match.columns)
    known = form.shape in ("rows", "long") and form.table in TABLES
    return known and not (odd or totals or derived or worded or doubled or dimensions or form.descriptions)


@dataclass
class BulkShaped(Shaped):
    """What :class:`Shaped` says, of the combinations; the rows themselves are written to a file by ``write``."""

    raw_rows: int = 0
    write: Callable[["BulkShaped", str, str, datetime], Path] = lambda *_: Path()

    @property
    def rows(self) -> int:
        """How many raw rows there are."""
        return self.raw_rows

    def packed(self, *, source_file: str, file_id: str, captured_at: datetime) -> pa.Table | Path:
        """Write the rows, and say where."""
        return self.write(self, source_file, file_id, captured_at)


class BulkReader:
    """Reads one large CSV. ``connection`` is the work database, ``target`` the Parquet file to be written."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, source: Source, target: Path) -> None:
        self.connection = connection
        self.source = source
        self.target = target

    def shape(self, match: Match, known: Circumstances) -> Shaped:
        """Read the table.

        Raises:
            UnsuitableError: something in it is left to the ordinary way.
            UnreadableFileError: more records are faulty than quarantine shows one by one.
        """
        self.match, self.known, self.form = match, known, match.format
        # A column may be another one's under a second name.
        seconds = {
            name: match.columns[spec.source]
            for name, spec in self.form.specs.items()
            if spec.source and spec.source in match.columns
        }
        self.positions = {**seconds, **match.columns}
        cells = [compose("coalesce({c}, '') as {c}", c=identifier(column)) for column in self.source.columns]
        relation = self.source.relation
        self._make(
            "bulk", compose("select row_number() over () as record, {c} from {r}", c=join(", ", cells), r=relation)
        )
        try:
            return self._shape()
        except UnsuitableError:
            self.clear()
            raise

    def clear(self) -> None:
        """Give back the room of the records."""
        for name in ("bulk", "bulk_keys", "bulk_totals", "bulk_refused", "bulk_values"):
            self.connection.execute(compose("drop table if exists {name}", name=identifier(name)))

    def _shape(self) -> BulkShaped:
        stray = self._stray_lines()
        totals = [*self._total_rows(), *stray.totals]
        self.numbers = {
            name: spec for name, spec in self._mapped() if spec.type in NUMERIC and not self._is_key(name, spec)
        }
        self.copied = {
            name: spec for name, spec in self._mapped() if spec.type in _COPIED and not self._is_key(name, spec)
        }
        reader, lookups = self._read_numbers()
        keys = self._combinations()
        reasons = {
            "combination": [line for line, _, _ in keys.rejected],
            "reason": [why for _, why, _ in keys.rejected],
        }
        self._load("bulk_refused", pa.table(reasons, pa.schema([("combination", pa.int64()), ("reason", pa.string())])))
        faults = self._faults(lookups)
        refused = self._refused(faults)
        (count,) = self._one("select count(*) from bulk")
        bad, needs = len(refused), keys.needs | reader.needs
        if bad == LIMITS.quarantined_rows and not needs:
            bad = self._one(compose("select count(*) from ({f})", f=faults))[0]
            if bad > LIMITS.quarantined_rows:
                raise UnreadableFileError(f"{bad:,} of {count:,} records can't be read, such as: {refused[0][1]}")
        notes = [*keys.notes, *reader.found.notes, *stray.notes, *self._compare(reader, totals)]
        for row in stray.rows:
            refused.append((row.line, "too few cells, or broken quotes", self.known.mask(" | ".join(row.cells))))
        measures = [name for name in self.numbers if name.startswith("measure:")] if self.form.shape == "long" else []
        return BulkShaped(
            self.form.table,
            keys.columns,
            count + len(totals) + len(stray.rows),
            count - bad,
            len(totals),
            refused,
            list(dict.fromkeys(notes)),
            needs,
            keys.account,
            keys.exported,
            keys.is_of_a_period,
            raw_rows=(count - bad) * max(1, len(measures)),
            write=lambda shaped, *lineage: self._write(shaped, lookups, faults, measures, *lineage),
        )

    def _mapped(self) -> Iterable[tuple[str, ColumnSpec]]:
        return ((name, self.form.specs[name]) for name in self.positions if name in self.form.specs)

    def _is_key(self, name: str, spec: ColumnSpec) -> bool:
        if spec.type in NUMERIC:
            return not (name.startswith("measure:") or self.form.shape == "rows")
        return spec.type not in _COPIED or name in _CONSULTED or name not in RAW_TABLES[self.form.table].by_name

    def _cell(self, name: str) -> Sql:
        return identifier("bulk", f"c{self.positions[name]}")

    def _bare(self, cell: Sql) -> Sql:
        return compose("trim({cell}, {blanks})", cell=cell, blanks=_BLANKS)

    def _make(self, name: str, query: Sql) -> None:
        self.connection.execute(compose("create or replace temp table {name} as {q}", name=identifier(name), q=query))

    def _load(self, name: str, table: pa.Table) -> Sql:
        self.connection.register("bulk_arrow", table)
        self._make(name, Sql("select * from bulk_arrow"))
        self.connection.unregister("bulk_arrow")
        return identifier(name)

    def _one(self, query: str) -> tuple[Any, ...]:
        row = self.connection.execute(query).fetchone()
        return row or (0,)

    def _stray_lines(self) -> Records:
        """Lines that aren't records of the table: totals and footnotes of fewer cells, and those that are refused."""
        count = rejected_lines(self.connection, self.source)
        if not count:
            return Records(self.match, [], set())
        if count > LIMITS.quarantined_rows:
            raise UnsuitableError(f"{count:,} lines are no records of the table")
        rows = [
            Row(line, next(csv.reader([text], delimiter=self.source.delimiter), [text]))
            for line, _reason, text in refused_lines(self.connection, self.source, self.known.mask)
        ]
        return records(Block(rows), replace(self.match, header=-1))

    def _total_rows(self) -> list[Row]:
        """Find the rows that add others up, and keep their numbers in ``bulk_totals``."""
        totals = self.form.totals
        conditions: list[Sql] = []
        if totals and totals.names:
            cells = [identifier("bulk", column) for column in self.source.columns]
            first = compose(
                "coalesce({cells}, '')", cells=join(", ", [compose("nullif({c}, '')", c=self._bare(c)) for c in cells])
            )
            text = self._cell(totals.column or "") if totals.column in self.match.columns else first
            starts = {normalise(name)[:3] for names in totals.names.values() for name in names}
            plain = compose(
                "left(lower(ltrim(translate({t}, {gone}, ''), {blanks})), 3)", t=text, gone=_INVISIBLE, blanks=_BLANKS
            )
            query = compose(
                "select distinct {t} from bulk where {plain} in ({starts})", t=text, plain=plain, starts=_texts(starts)
            )
            words = [row[0] for row in self.connection.execute(query).fetchall() if totals.says(normalise(row[0]))]
            conditions += [compose("{t} in ({words})", t=text, words=_texts(words))] if words else []
        if totals and totals.blank:
            blank = [name for name in (*totals.blank, *self.match.columns) if name in self.match.columns]
            blank = [name for name in blank if name in totals.blank or name.startswith("breakdown:")]
            empty = [compose("{c} = ''", c=self._bare(self._cell(name))) for name in blank]
            conditions += [compose("({all})", all=join(" and ", empty))] if empty else []
        where = join(" or ", conditions) if conditions else Sql("false")
        self._make("bulk_totals", compose("select * from bulk where {where}", where=where))
        found = self.connection.execute("select * from bulk_totals order by record").fetchall()
        self.connection.execute("delete from bulk where record in (select record from bulk_totals)")
        return [Row(int(row[0]) + self.source.first_line - 1, [cell or "" for cell in row[1:]]) for row in found]

    def _read_numbers(self) -> tuple[ColumnReader, dict[str, Sql]]:
        """Look-ups for the texts of numbers that aren't plain, read by the evidence of all columns."""
        texts: dict[str, list[str]] = {}
        for name, spec in self.numbers.items():
            cell, plain = self._cell(name), _plain(spec)
            odd = compose("not regexp_full_match({c}, {plain})", c=cell, plain=literal(plain)) if plain else Sql("true")
            query = compose(
                "select distinct {c} from bulk where {odd} limit {most}",
                c=cell,
                odd=odd,
                most=literal(_MOST_COMBINATIONS + 1),
            )
            texts[name] = [row[0] for row in self.connection.execute(query).fetchall()]
            if len(texts[name]) > _MOST_COMBINATIONS:
                raise UnsuitableError(
                    f"{self.match.names[self.positions[name]]} has too many different values that are no plain numbers"
                )
            if plain:
                proofs = compose(
                    "select distinct {c} from bulk where contains({c}, '.') and not ({odd}) limit {n}",
                    c=cell,
                    odd=odd,
                    n=literal(_PROOFS),
                )
                texts[name] += [row[0] for row in self.connection.execute(proofs).fetchall()]
        width = len(self.match.names)
        rows = []
        for together in zip_longest(*texts.values(), fillvalue=""):
            row = [""] * width
            for name, text in zip(texts, together, strict=True):
                row[self.positions[name]] = text
            rows.append(Row(0, row))
        found = Records(self.match, rows, set())
        reader = ColumnReader(found, self.known)
        lookups: dict[str, Sql] = {}
        for name in self.numbers:
            read = reader.column(name) or []
            problems = [found.faults.get(index, [None])[0] for index in range(len(texts[name]))]
            found.faults.clear()
            exact = [None if value is None else Decimal(value) for value in read[: len(texts[name])]]
            columns = {
                "text": pa.array(texts[name], pa.string()),
                "value": pa.array(exact, pa.decimal128(38, 8)),
                "problem": pa.array(problems, pa.string()),
            }
            table = pa.table(columns)
            lookups[name] = self._load(f"bulk_lookup_{len(lookups)}", table)
        return reader, lookups

    def _combinations(self) -> Shaped:
        """Read the different combinations of the columns that the shapes look at; ``bulk_keys`` says which row has which."""
        names = [name for name, spec in self._mapped() if self._is_key(name, spec)]
        names += [name for name in self.match.columns if name.startswith("breakdown:")]
        cells = join(", ", [self._cell(name) for name in names] or [Sql("1")])
        self._make(
            "bulk_keys",
            compose(
                "select {cells}, row_number() over () as combination from (select distinct {cells} from bulk) as bulk",
                cells=cells,
            ),
        )
        combinations = self.connection.execute(
            compose("select * from bulk_keys order by combination limit {n}", n=literal(_MOST_COMBINATIONS + 1))
        ).fetchall()
        if len(combinations) > _MOST_COMBINATIONS:
            raise UnsuitableError("it has too many different days, breakdowns and the like")
        self.key_names = names
        width = len(self.match.names)
        rows = []
        measure = next((name for name in self.numbers if name.startswith("measure:")), None)
        for number, key in enumerate(combinations, start=1):
            row = [""] * width
            for name, text in zip(names, key, strict=False):
                row[self.positions[name]] = text or ""
            if measure:
                row[self.match.columns[measure]] = "1"
            rows.append(Row(number, row))
        form = self.form.model_copy(update={"totals": None, "footnotes": Named(), "empty": Named()})
        columns = {name: self.positions[name] for name in [*names, *([measure] if measure else [])]}
        header = Row(0, list(self.match.names))
        return shape(Block([header, *rows]), replace(self.match, format=form, columns=columns, header=0), self.known)

    def _joined(self, lookups: Mapping[str, Sql]) -> Sql:
        """All records, with what was read of their combination and their numbers."""
        same = [
            compose("{c} = {k}", c=self._cell(name), k=identifier("bulk_keys", f"c{self.positions[name]}"))
            for name in self.key_names
        ]
        parts: list[Sql] = [compose("bulk join bulk_keys on {same}", same=join(" and ", same) if same else Sql("true"))]
        parts.append(Sql("left join bulk_refused on bulk_refused.combination = bulk_keys.combination"))
        parts += [
            compose("left join {t} on {t}.text = {c}", t=table, c=self._cell(name)) for name, table in lookups.items()
        ]
        return join(" ", parts)

    def _number(self, name: str, lookup: Sql, type_: str) -> Sql:
        plain = _plain(self.numbers[name])
        if plain is None:
            return compose("cast({t}.value as {type})", t=lookup, type=Sql(type_))
        return compose(
            "case when regexp_full_match({c}, {plain}) then cast({c} as {type}) else cast({t}.value as {type}) end",
            c=self._cell(name),
            plain=literal(plain),
            type=Sql(type_),
            t=lookup,
        )

    def _text(self, name: str) -> Sql:
        bare = self._bare(mask_expression(self._cell(name)))
        if self.form.specs[name].type != "id":
            return compose("nullif(nullif({bare}, ''), '--')", bare=bare)
        return compose("case when lower({bare}) not in ({missing}) then {bare} end", bare=bare, missing=_MISSING)

    def _faults(self, lookups: Mapping[str, Sql]) -> Sql:
        """SQL for the records that are refused: number, combination, reason."""
        reasons = [compose("{t}.problem", t=table) for table in lookups.values()]
        for name, spec in self.copied.items():
            header = self.match.names[self.positions[name]]
            if spec.required is True:
                reasons.append(
                    compose(
                        "case when {t} is null then {why} end", t=self._text(name), why=literal(f"{header} is missing")
                    )
                )
            if spec.type == "id":
                bad = self._rounded_ids(name)
                reasons.append(
                    compose("case when {bad} then {why} end", bad=bad, why=literal(f"{header}: {damage.ROUNDED_ID}"))
                )
        reasons.append(Sql("bulk_refused.reason"))
        return compose(
            "select record, concat_ws('; ', {reasons}) as reason from {joined} where coalesce({reasons}) is not null",
            reasons=join(", ", reasons),
            joined=self._joined(lookups),
        )

    def _rounded_ids(self, name: str) -> Sql:
        bare = self._bare(self._cell(name))
        mangled = compose(r"regexp_full_match({c}, '\d([.,]\d+)?[eE]\+\d+')", c=bare)
        long = compose(r"length({c}) > 15 and regexp_full_match({c}, '\d+')", c=bare)
        query = compose(
            "select coalesce(sum(length(id) - 15), 0) >= 4 and bool_and(replace(id[16:], '0', '') = '')"
            " from (select distinct {c} as id from bulk where {long})",
            c=bare,
            long=long,
        )
        return compose("{mangled} or ({long})", mangled=mangled, long=long) if self._one(query)[0] else mangled

    def _refused(self, faults: Sql) -> list[tuple[int | None, str, str]]:
        """The refused records with their lines, as many as the limits allow."""
        cells = [identifier("bulk", column) for column in self.source.columns]
        breaks = join(" + ", [compose("length({c}) - length(replace({c}, chr(10), ''))", c=cell) for cell in cells])
        query = compose(
            "select found.record + {first} - 1 + coalesce((select sum({breaks}) from bulk where bulk.record < found.record), 0),"
            " found.reason, concat_ws(' | ', {cells}), {comment} from ({faults}) as found join bulk on bulk.record = found.record"
            " order by found.record limit {most}",
            first=literal(self.source.first_line),
            breaks=breaks,
            cells=join(", ", cells),
            comment=self._bare(self._cell("comment")) if "comment" in self.positions else Sql("''"),
            faults=faults,
            most=literal(LIMITS.quarantined_rows),
        )
        mask, most = self.known.mask, LIMITS.raw_text_characters
        return [
            (int(line), mask(reason + comment_of_export(comment)), mask(text.rstrip(" |"))[:most])
            for line, reason, text, comment in self.connection.execute(query).fetchall()
        ]

    def _compare(self, reader: ColumnReader, totals: list[Row]) -> list[str]:
        """Hold the total rows against the sum of the rows; see :meth:`ColumnReader.compare_totals`."""
        notes = []
        for name in self.form.totals.check if self.form.totals and totals else ():
            spec = self.numbers.get(name)
            if spec is None:
                continue
            table = identifier(f"bulk_lookup_{list(self.numbers).index(name)}")
            query = compose(
                "select coalesce(sum({number}), 0) from bulk left join {t} on {t}.text = {c}",
                number=self._number(name, table, "decimal(28, 8)"),
                t=table,
                c=self._cell(name),
            )
            (added,) = self._one(query)
            hours = spec.unit == "hours"
            position = self.positions[name]
            texts = [row.cells[position] for row in totals if position < len(row.cells)]
            proofs = reader.found.texts(position)
            kind = "rate" if hours else spec.type
            read = values.parse_numbers([*proofs, *texts], kind, fallback_mark=reader.fallback_mark).values[
                len(proofs) :
            ]
            rounded = 0 if spec.type == "count" else self._one("select count(*) from bulk")[0]
            stated = [value for value in read if value is not None]
            notes += total_notes(self.match.names[position], added / 3600 if hours else added, stated, rounded=rounded)
        return notes

    def _write(
        self,
        shaped: Shaped,
        lookups: Mapping[str, Sql],
        faults: Sql,
        measures: list[str],
        file: str,
        file_id: str,
        captured_at: datetime,
    ) -> Path:
        """The rows with lineage, as the raw table declares, in one Parquet file."""
        schema = RAW_TABLES[self.form.table]
        values_of = self._values(shaped)
        totals = [row[0] for row in self.connection.execute("select record from bulk_totals").fetchall()]
        given = {
            "source_file": literal(file),
            "file_id": literal(file_id),
            "captured_at": compose("timestamp {at}", at=literal(captured_at.isoformat(sep=" "))),
            "source_row": compose(
                "record - len(list_filter({t}, lambda total: total < record))", t=Sql(str(totals) + "::bigint[]")
            ),
            "original": self._original(),
            **{
                name: self._number(name, lookups[name], schema.column(name).type)
                for name in self.numbers
                if name in schema.by_name
            },
            **{name: self._text(name) for name in self.copied},
            **{name: compose("bulk_values.{c}", c=identifier(name)) for name in values_of},
            **(
                {name: compose("measured.{c}", c=identifier(name)) for name in ("measure", "value", "unit")}
                if measures
                else {}
            ),
        }
        columns = [
            compose(
                "cast({v} as {type}) as {name}",
                v=given.get(c.name, Sql("null")),
                type=Sql(c.type),
                name=identifier(c.name),
            )
            for c in schema.columns
        ]
        # One row a measure.
        each = [
            compose(
                "{{measure: {measure}, value: {value}, unit: {unit}}}",
                measure=literal(self.match.said.get("measure", name.removeprefix("measure:"))),
                value=self._number(name, lookups[name], schema.column("value").type),
                unit=literal("share" if self.numbers[name].type == "share" else self.numbers[name].member_unit),
            )
            for name in measures
        ]
        unnested = compose(", unnest([{each}]) as measures(measured)", each=join(", ", each)) if measures else Sql("")
        query = compose(
            "copy (select {columns} from {joined} join bulk_values on bulk_values.combination = bulk_keys.combination {unnested}"
            " where record not in (select record from ({faults})))"
            " to {target} (format parquet, compression lz4, row_group_size 122880)",
            columns=join(", ", columns),
            joined=self._joined(lookups),
            unnested=unnested,
            faults=faults,
            target=literal(str(self.target)),
        )
        self.connection.execute(query)
        self.clear()
        return self.target

    def _values(self, shaped: Shaped) -> list[str]:
        """What the shapes made of the combinations, as ``bulk_values``. Returns the names of its columns."""
        computed = {"original", "source_row", "measure", "value", "unit", *self.numbers, *self.copied}
        schema = RAW_TABLES[self.form.table]
        names = [name for name in shaped.columns if name not in computed and name in schema.by_name]
        arrays = {name: pa.array(shaped.columns[name], schema.column(name).arrow_type) for name in names}
        self._load(
            "bulk_values", pa.table({"combination": pa.array(shaped.columns["source_row"], pa.int64()), **arrays})
        )
        return names

    def _original(self) -> Sql:
        """Each record as given: JSON from header to text; blank cells are left out, addresses masked."""
        parts = []
        for column, name in zip(self.source.columns, self.match.names, strict=True):
            cell = mask_expression(identifier("bulk", column))
            key = literal(json.dumps(name, ensure_ascii=False) + ": ")
            parts.append(
                compose(
                    "case when {c} <> '' then {key} || to_json({m}) end", c=identifier("bulk", column), key=key, m=cell
                )
            )
        return compose("'{{' || concat_ws(', ', {parts}) || '}}'", parts=join(", ", parts))


def _plain(spec: ColumnSpec) -> str | None:
    """What texts of the column SQL may cast as they stand."""
    return _PLAIN.get(spec.type) if spec.unit is None else None


def _texts(texts: Iterable[str]) -> Sql:
    return join(", ", [literal(text) for text in sorted(texts)])
