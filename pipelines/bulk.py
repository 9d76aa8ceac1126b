"""Large exports: the same definitions and the same readers, but DuckDB moves the rows.

Of a million rows the days, breakdowns and currencies are a few hundred different combinations. Those go through the ordinary shapes;
numbers that are plain are cast by SQL, the distinct texts of the others are read by the value readers; then all is joined into one
Parquet file. Of an instant the day belongs to a combination, and SQL adds the time (:mod:`pipelines.bulk_clocks`). What this does not
cover (:func:`is_suitable`) is read the ordinary way, whole, and only up to a certain size.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import damage, values
from pipelines.bulk_clocks import Clocks
from pipelines.bulk_shaped import TABLES, BulkShaped, is_suitable
from pipelines.bulk_table import BulkTable, UnsuitableError, as_written, plain
from pipelines.columns import NUMERIC, Circumstances, ColumnReader, total_notes
from pipelines.formats_model import ColumnSpec, Named
from pipelines.limits import LIMITS
from pipelines.recognise import Match
from pipelines.records import Records, header_again
from pipelines.schema import RAW_TABLES
from pipelines.shaped import Shaped, comment_of_export
from pipelines.shapes import shape
from pipelines.sources import Source
from pipelines.statement import Sql, compose, copy_to_parquet, identifier, join, literal
from pipelines.tables import Block, Row, UnreadableFileError

_COPIED = ("text", "url", "id")
# Texts of which the shapes make something, so that they belong to the combinations.
_CONSULTED = ("account", "currency", "comment")
_MOST_COMBINATIONS = 200_000
_PROOFS = 20
# By so many texts it is seen how a column writes its numbers; so many may be written otherwise.
_EXAMPLES = 200
_MOST_OTHERWISE = 2_000
_COUNT = "select count(*) from bulk"


def read(
    connection: duckdb.DuckDBPyConnection, source: Source, target: Path, match: Match, known: Circumstances
) -> BulkShaped:
    """Read a matched table. ``connection`` is the work database, ``target`` the Parquet file that will be written.

    Raises:
        UnsuitableError: something in it is left to the ordinary way.
        UnreadableFileError: more records are faulty than quarantine shows one by one.
    """
    table = BulkTable(connection, source, match)
    try:
        return _Reading(table, target, known).shaped()
    except (UnsuitableError, UnreadableFileError):
        table.clear()
        raise


class _Reading:
    """The reading of one table: its numbers, its combinations, its faults, and the file that they become."""

    def __init__(self, table: BulkTable, target: Path, known: Circumstances) -> None:
        self.table = table
        self.target = target
        self.known = known
        self.match = table.match
        self.form = table.match.format
        self.raw = RAW_TABLES[self.form.table]
        specs = {name: self.form.specs[name] for name in table.positions if name in self.form.specs}
        self.keys = [name for name, spec in specs.items() if self._is_key(name, spec)]
        self.keys += [name for name in self.match.columns if name.startswith("breakdown:")]
        self.numbers = {name: spec for name, spec in specs.items() if spec.type in NUMERIC and name not in self.keys}
        self.copied = {name: spec for name, spec in specs.items() if spec.type in _COPIED and name not in self.keys}
        long = self.form.shape == "long"
        self.measures = [name for name in self.numbers if name.startswith("measure:")] if long else []
        timestamps = [
            name for name in self.keys if name in specs and specs[name].type == "timestamp" and name in self.raw.by_name
        ]
        zone = known.context.time_zone if self.form.clock == "sidecar" else self.form.clock
        self.clocks = Clocks(table, timestamps, zone)
        # Number column -> which texts SQL casts, and, where these are what the number gives back, how it is written.
        self.patterns = {name: plain(spec) for name, spec in self.numbers.items()}
        self.written: dict[str, str] = {}
        # Number column -> the table of its texts that aren't plain, with value and problem.
        self.lookups: dict[str, Sql] = {}
        self.troubled: list[Sql] = []

    def _is_key(self, name: str, spec: ColumnSpec) -> bool:
        if spec.type in NUMERIC:
            return self.form.shape == "long" and not name.startswith("measure:")
        return spec.type not in _COPIED or name in _CONSULTED or name not in self.raw.by_name

    def shaped(self) -> BulkShaped:
        """Everything but the file, which is written when the whole document is accepted."""
        stray = self.table.stray_lines(self.known.mask)
        totals = [*self.table.totals, *stray.totals]
        reader = self._read_numbers()
        keys = self._read_combinations()
        if self.clocks.any_of(line for line, _, _ in keys.rejected):
            # What is refused is shown as it stands.
            self.clocks = Clocks(self.table, [], None)
            keys = self._read_combinations()
        faults = self._faults(keys)
        refused = self._refused(faults) if faults else []
        (count,) = self.table.one(_COUNT)
        bad, needs = len(refused), keys.needs | reader.needs
        if faults and bad == LIMITS.quarantined_rows and not needs:
            (bad,) = self.table.one(compose("select count(*) from ({f})", f=faults))
            if bad > LIMITS.quarantined_rows:
                raise UnreadableFileError(f"{bad:,} of {count:,} records can't be read, such as: {refused[0][1]}")
        notes = [*keys.notes, *reader.found.notes, *stray.notes, *self._compare(reader, totals)]
        if self.table.repeated:
            notes.append(header_again(len(self.table.repeated), f"place of record {self.table.repeated[0]}"))
        for row in stray.rows:
            refused.append((row.line, "too few cells, or broken quotes", self.known.mask(" | ".join(row.cells))))
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
            held={self.table.header_of(column): name for column, name in self._held().items()},
            clocks=self.clocks,
            raw_rows=(count - bad) * max(1, len(self.measures)),
            write=lambda shaped, *lineage: self._write(shaped, faults, *lineage),
        )

    def _read_numbers(self) -> ColumnReader:
        """Look up the texts of numbers that aren't plain, by the evidence of all columns."""
        odd: dict[str, list[str]] = {}
        texts: dict[str, list[str]] = {}
        for name, spec in self.numbers.items():
            # Two columns of the definition may be one of the file.
            same = next((n for n in odd if self.table.positions[n] == self.table.positions[name]), None)
            examples = self._examples(name)
            odd[name] = odd[same] if same else self._odd_texts(name, spec, examples)
            texts[name] = texts[same] if same else [*odd[name], *examples[:_PROOFS]]
            if same:
                self.patterns[name] = self.patterns[same]
        rows = []
        for together in zip_longest(*texts.values(), fillvalue=""):
            row = [""] * len(self.match.names)
            for name, text in zip(texts, together, strict=True):
                row[self.table.positions[name]] = text
            rows.append(Row(0, row))
        found = Records(self.match, rows, set())
        reader = ColumnReader(found, self.known)
        for name in self.numbers:
            read = reader.column(name) or []
            problems = [found.faults.get(index, [None])[0] for index in range(len(odd[name]))]
            found.faults.clear()
            if odd[name]:
                exact = [None if value is None else Decimal(value) for value in read[: len(odd[name])]]
                columns = {
                    "text": pa.array(odd[name], pa.string()),
                    "value": pa.array(exact, pa.decimal128(38, 8)),
                    "problem": pa.array(problems, pa.string()),
                }
                lookup = self.table.load(f"bulk_lookup_{len(self.lookups)}", pa.table(columns))
                self.lookups[name] = lookup
                self.troubled += [compose("{t}.problem", t=lookup)] if any(problems) else []
        return reader

    def _odd_texts(self, name: str, spec: ColumnSpec, examples: list[str]) -> list[str]:
        """The distinct texts that SQL may not cast, or that the number would not give back where only few are such."""
        texts: list[str] | None = None
        if self.patterns[name] and name in self.raw.by_name:
            style, pattern = as_written(spec, examples)
            texts = self._others(name, pattern, _MOST_OTHERWISE)
            if texts is not None:
                self.patterns[name], self.written[name] = pattern, style
        if texts is None:
            texts = self._others(name, self.patterns[name], _MOST_COMBINATIONS)
        if texts is None:
            raise UnsuitableError(f"{self.table.header(name)} has too many values that are no plain numbers")
        if any(map(values.currency_of, texts)):
            raise UnsuitableError(f"{self.table.header(name)} names currencies in its cells")
        return texts

    def _others(self, name: str, pattern: str | None, most: int) -> list[str] | None:
        """The distinct texts that are not of a pattern; None where they are more."""
        other = "not regexp_full_match({c}, {p})" if pattern else "true"
        test = compose(other, c=self.table.cell(name), p=literal(pattern or ""))
        query = compose(
            "select distinct {c} from bulk where {test} limit {n}",
            c=self.table.cell(name),
            test=test,
            n=literal(most + 1),
        )
        texts = self.table.first_column(query)
        return texts if len(texts) <= most else None

    def _examples(self, name: str) -> list[str]:
        """Some plain texts with a point, which is then one for decimals."""
        pattern = self.patterns[name]
        if pattern is None:
            return []
        query = (
            "select distinct {c} from (select {c} from bulk where contains({c}, '.') and regexp_full_match({c}, {p}) limit {some}) as bulk"
            " order by 1 limit {n}"
        )
        some, most = literal(10 * _EXAMPLES), literal(_EXAMPLES)
        return self.table.first_column(compose(query, c=self.table.cell(name), p=literal(pattern), some=some, n=most))

    def _read_combinations(self) -> Shaped:
        """Read the different combinations of the columns that the shapes look at; ``bulk_keys`` says which row has which."""
        keys = [compose("{k} as {c}", k=self._key(name), c=identifier(self._column(name))) for name in self.keys]
        cells = join(", ", [*dict.fromkeys(keys), *self.clocks.ranges()] or [Sql("1 as nothing")])
        distinct = compose("select distinct {cells} from bulk group by all", cells=cells)
        given, self.has_keys = self.table.given(self._columns_of_keys(), "bulk_keys", {})
        query = "select *, row_number() over () as combination, {given} as given from ({d}) as bulk_keys"
        self.table.make("bulk_keys", compose(query, given=given, d=distinct))
        columns = join(", ", [identifier(self._column(name)) for name in self.keys] or [Sql("nothing")])
        query = compose(
            "select {columns} from bulk_keys order by combination limit {n}",
            columns=columns,
            n=literal(_MOST_COMBINATIONS + 1),
        )
        combinations = self.table.connection.execute(query).fetchall()
        if len(combinations) > _MOST_COMBINATIONS:
            raise UnsuitableError("it has too many different days, breakdowns and the like")
        self.clocks.look()
        names = [*self.keys, *self.measures[:1]]
        rows = []
        for number, key in enumerate(combinations, start=1):
            row = [""] * len(self.match.names)
            for name, text in zip(self.keys, key, strict=False):
                row[self.table.positions[name]] = text
            for name in self.measures[:1]:
                row[self.table.positions[name]] = "1"
            rows.append(Row(number, row))
        form = self.form.model_copy(update={"totals": None, "footnotes": Named(), "empty": Named()})
        positions = {name: self.table.positions[name] for name in names}
        header = Row(0, list(self.match.names))
        return shape(Block([header, *rows]), replace(self.match, format=form, columns=positions, header=0), self.known)

    def _columns_of_keys(self) -> list[str]:
        """The columns whose cells are the same for all records of a combination."""
        names = [name for name in self.keys if name not in self.clocks.names]
        return list(dict.fromkeys(self._column(name) for name in names))

    def _held(self) -> dict[str, str]:
        """By column of the file, the column of raw that gives its cells back, `.00` behind it where always with two decimals."""
        found: dict[str, str] = {}
        for name in self.copied:
            if name in self.raw.by_name and self.table.gives_back(name):
                found.setdefault(self._column(name), name)
        for name, style in self.written.items():
            found.setdefault(self._column(name), name + style)
        keys = {self._column(name) for name in self.keys}
        return {column: name for column, name in found.items() if column not in keys}

    def _original(self) -> Sql:
        """Each record as given, without the cells that the row's own columns hold letter for letter."""
        held, keys = self._held(), self._columns_of_keys()
        # Of a column of numbers some texts may be written otherwise.
        shown = {
            self._column(name): compose("{t}.text is not null", t=lookup)
            for name, lookup in self.lookups.items()
            if self._column(name) in held
        }
        columns = [c for c in self.table.source.columns if c not in keys and (c not in held or c in shown)]
        rest, has_rest = self.table.given(columns, "bulk", shown)
        given = identifier("bulk_keys", "given")
        if self.has_keys and has_rest:
            return compose("concat('{{', {k}, ', ', {r}, '}}')", k=given, r=rest)
        if not columns:
            return compose("concat('{{', {k}, '}}')", k=given)
        return compose("concat('{{', concat_ws(', ', nullif({k}, ''), nullif({r}, '')), '}}')", k=given, r=rest)

    def _column(self, name: str) -> str:
        return f"c{self.table.positions[name]}"

    def _key(self, name: str) -> Sql:
        """What of a column belongs to the combination."""
        return self.clocks.day(name) if name in self.clocks.names else self.table.cell(name)

    def _joined(self) -> Sql:
        """All records, with their combinations and what was looked up of their numbers."""
        same = [
            compose("{c} = {k}", c=self._key(name), k=identifier("bulk_keys", self._column(name))) for name in self.keys
        ]
        parts = [
            compose("bulk join bulk_keys on {same}", same=join(" and ", same) if same else Sql("true")),
            Sql("left join bulk_refused on bulk_refused.combination = bulk_keys.combination"),
            *(
                compose("left join {t} on {t}.text = {c}", t=table, c=self.table.cell(name))
                for name, table in self.lookups.items()
            ),
        ]
        return join(" ", parts)

    def _faults(self, keys: Shaped) -> Sql | None:
        """SQL for the records that are refused, number and reason; None where none is."""
        refused = {
            "combination": [line for line, _, _ in keys.rejected],
            "reason": [why for _, why, _ in keys.rejected],
        }
        schema = pa.schema([("combination", pa.int64()), ("reason", pa.string())])
        self.table.load("bulk_refused", pa.table(refused, schema))
        reasons = list(self.troubled)
        for why, test in self._faults_of_texts():
            if self.table.any_of(test):
                reasons.append(compose("case when {test} then {why} end", test=test, why=literal(why)))
        reasons += [Sql("bulk_refused.reason")] if keys.rejected else []
        if not reasons:
            return None
        query = (
            "select record, concat_ws('; ', {reasons}) as reason from {joined} where coalesce({reasons}) is not null"
        )
        return compose(query, reasons=join(", ", reasons), joined=self._joined())

    def _faults_of_texts(self) -> Iterable[tuple[str, Sql]]:
        for name, spec in self.copied.items():
            header = self.table.header(name)
            if spec.required is True:
                yield f"{header} is missing", compose("{t} is null", t=self.table.text(name))
            if spec.type == "id":
                yield f"{header}: {damage.ROUNDED_ID}", self.table.rounded_id(name)

    def _refused(self, faults: Sql) -> list[tuple[int | None, str, str]]:
        """The refused records with their lines, as many as the limits allow."""
        comment = self.table.bare(self.table.cell("comment")) if "comment" in self.table.positions else Sql("''")
        query = compose(
            "select found.record + {first} - 1 + coalesce((select sum({breaks}) from bulk where bulk.record < found.record), 0),"
            " found.reason, {texts}, {comment} from ({faults}) as found join bulk on bulk.record = found.record"
            " order by found.record limit {most}",
            first=literal(self.table.source.first_line),
            breaks=self.table.line_breaks(),
            texts=self.table.texts_together(),
            comment=comment,
            faults=faults,
            most=literal(LIMITS.quarantined_rows),
        )
        mask, most = self.known.mask, LIMITS.raw_text_characters
        return [
            (int(line), mask(reason + comment_of_export(said)), mask(text.rstrip(" |"))[:most])
            for line, reason, text, said in self.table.connection.execute(query).fetchall()
        ]

    def _compare(self, reader: ColumnReader, totals: list[Row]) -> list[str]:
        """Hold the total rows against the sum of the rows; see :meth:`ColumnReader.compare_totals`."""
        notes = []
        for name in self.form.totals.check if self.form.totals and totals else ():
            if name not in self.numbers:
                continue
            spec, lookup, cell = self.numbers[name], self.lookups.get(name), self.table.cell(name)
            joined = compose("left join {t} on {t}.text = {c}", t=lookup, c=cell) if lookup else Sql("")
            number = self.table.number(name, lookup, "decimal(28, 8)")
            (added,) = self.table.one(compose("select coalesce(sum({n}), 0) from bulk {j}", n=number, j=joined))
            hours = spec.unit == "hours"
            position = self.table.positions[name]
            texts = [row.cells[position] for row in totals if position < len(row.cells)]
            proofs = reader.found.texts(position)
            kind = "rate" if hours else spec.type
            read = values.parse_numbers([*proofs, *texts], kind, fallback_mark=reader.fallback_mark).values
            stated = [value for value in read[len(proofs) :] if value is not None]
            rounded = 0 if spec.type == "count" else self.table.one(_COUNT)[0]
            notes += total_notes(self.table.header(name), added / 3600 if hours else added, stated, rounded=rounded)
        return notes

    def _write(self, shaped: Shaped, faults: Sql | None, file: str, file_id: str, captured_at: datetime) -> Path:
        """The rows with lineage, as the raw table declares, in one Parquet file."""
        given = {
            **self._lineage(file, file_id, captured_at),
            **{
                name: self.table.number(name, self.lookups.get(name), self.raw.column(name).type)
                for name in self.numbers
                if name in self.raw.by_name
            },
            **{name: self.table.text(name) for name in self.copied},
            **{name: self.clocks.instant(name, identifier("bulk_values", name)) for name in self._load_values(shaped)},
            **({name: identifier("measured", name) for name in ("measure", "value", "unit")} if self.measures else {}),
        }
        columns = [
            compose(
                "cast({v} as {type}) as {name}",
                v=given.get(c.name, Sql("null")),
                type=Sql(c.type),
                name=identifier(c.name),
            )
            for c in self.raw.columns
        ]
        unnested = compose(", unnest([{each}]) as measures(measured)", each=self._each_measure())
        query = compose(
            "select {columns} from {joined} join bulk_values on bulk_values.combination = bulk_keys.combination {unnested}"
            " {good}",
            columns=join(", ", columns),
            joined=self._joined(),
            unnested=unnested if self.measures else Sql(""),
            good=compose("where record not in (select record from ({f}))", f=faults) if faults else Sql(""),
        )
        self.table.connection.execute(copy_to_parquet(query, self.target))
        self.table.clear()
        return self.target

    def _lineage(self, file: str, file_id: str, captured_at: datetime) -> dict[str, Sql]:
        passed = self.table.passed_over
        before = compose("len(list_filter({t}::bigint[], lambda other: other < record))", t=Sql(str(passed)))
        return {
            "source_file": literal(file),
            "file_id": literal(file_id),
            "captured_at": compose("timestamp {at}", at=literal(captured_at.isoformat(sep=" "))),
            "source_row": compose("record - {before}", before=before) if passed else Sql("record"),
            "original": self._original(),
        }

    def _each_measure(self) -> Sql:
        """A raw row for each measure of a record."""
        return join(
            ", ",
            [
                compose(
                    "{{measure: {measure}, value: {value}, unit: {unit}}}",
                    measure=literal(self.match.said.get("measure", name.removeprefix("measure:"))),
                    value=self.table.number(name, self.lookups.get(name), self.raw.column("value").type),
                    unit=literal("share" if self.numbers[name].type == "share" else self.numbers[name].member_unit),
                )
                for name in self.measures
            ],
        )

    def _load_values(self, shaped: Shaped) -> list[str]:
        """What the shapes made of the combinations, as ``bulk_values``. Returns the names of its columns."""
        computed = {"original", "source_row", "measure", "value", "unit", *self.numbers, *self.copied}
        names = [name for name in shaped.columns if name not in computed and name in self.raw.by_name]
        arrays = {name: pa.array(shaped.columns[name], self.raw.column(name).arrow_type) for name in names}
        combinations = pa.array(shaped.columns["source_row"], pa.int64())
        self.table.load("bulk_values", pa.table({"combination": combinations, **arrays}))
        return names


__all__ = ["TABLES", "BulkShaped", "UnsuitableError", "is_suitable", "read"]
