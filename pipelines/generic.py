"""The generic inputs of the contract: CSV, JSON lines and Parquet become typed Parquet by DuckDB SQL, never row by row.

A file that is clean is read once to be checked and once to be written. Where a column holds texts that SQL does not take
as they stand (``1 234,50``, ``31.12.2026``), its distinct texts are read by the value readers and joined in. A record whose
required field is missing or unreadable waits in quarantine; an optional field that can't be read is left empty, and said.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import dates, privacy, values
from pipelines.inbox import Context
from pipelines.limits import LIMITS
from pipelines.schema import LINEAGE, Column, RawTable
from pipelines.sources import Source, normalise_name
from pipelines.statement import Sql, compose, identifier, join, literal

_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
_MISSING = join(", ", [literal(text) for text in sorted(values.MISSING)])
_NATIVE = {
    "count": ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"),
    "flag": ("BOOLEAN",),
    "date": ("DATE", "TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
    "timestamp": ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "TIMESTAMP WITH TIME ZONE", "DATE"),
}
_THOUSANDS_OR_DECIMALS = r"[+-]?[1-9]\d{0,2}\.\d{3}"
_NUMBERS = (*_NATIVE["count"], "FLOAT", "DOUBLE")


@dataclass
class Staged:
    """A file's records as typed Parquet at ``location`` (None without records), and what happened to the others."""

    table: RawTable
    location: Path | None
    captured_at: datetime
    rows_read: int = 0
    rows_loaded: int = 0
    extra_columns: tuple[str, ...] = ()
    rejected: list[tuple[int, str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    period: tuple[datetime | None, datetime | None] = (None, None)


def in_order(known: Sequence[str], names: Iterable[str]) -> list[str]:
    """Extra columns in the order of the raw table: those that it has, then new ones by name."""
    return [*known, *sorted(set(names) - set(known))]


class Reader:
    """Turns the records of one source into the columns of one input. One object a file."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        source: Source,
        table: RawTable,
        *,
        context: Context,
        mask: privacy.Mask,
        known_extras: Sequence[str] = (),
    ) -> None:
        self.connection = connection
        self.known_extras = known_extras
        self.source = source
        self.table = table
        self.zone = context.time_zone
        self.mask = mask
        self.lookups: dict[str, Sql] = {}
        by_name: dict[str, str] = {}
        taken: set[str] = set()
        for column, name in zip(source.columns, source.names, strict=True):
            by_name.setdefault(normalise_name(name), column)
        self.mapped: dict[str, str] = {}
        for target in table.own_columns:
            found = next((by_name[name] for name in target.header if name in by_name), None)
            if found:
                self.mapped[target.name] = found
                taken.add(found)
        self.extras = self._extra_names([column for column in source.columns if column not in taken])

    def _extra_names(self, columns: list[str]) -> dict[str, str]:
        used = {column.name for column in (*self.table.own_columns, *LINEAGE)}
        given = dict(zip(self.source.columns, self.source.names, strict=True))
        extras: dict[str, str] = {}
        for column in columns:
            base = name = normalise_name(given[column])
            number = 2
            while name in used:
                name, number = f"{base}_{number}", number + 1
            used.add(name)
            extras[column] = name
        return extras

    def stage(self, target: Path, *, source_file: str, file_id: str, captured_at: datetime | None) -> Staged:
        """Write the good records to ``target``; ``captured_at`` is None when the delivery says nothing about its age."""
        staged = Staged(self.table, None, captured_at or _EPOCH, extra_columns=tuple(self.extras.values()))
        bad = self._probe(staged)
        if bad:
            self._look_up(staged, bad)
            staged.rows_read = 0
            bad = self._probe(staged)
        for column in self.table.own_columns:
            if column.name in bad and not column.required:
                example = self._example(column)
                staged.notes.append(
                    f"{column.name}: {bad[column.name]} values could not be read and were left empty, such as {example}"
                )
        refuse = any(column.required and column.name in bad for column in self.table.own_columns)
        if captured_at is None:
            staged.captured_at = staged.period[1] or _EPOCH
            staged.notes.append(
                "no download date in name or hourglass.yml: the newest instant in the file stands for it"
            )
        if refuse:
            self._refuse(staged)
        self._refuse_lines(staged)
        self._write(staged, target, source_file, file_id, refuse)
        return staged

    def _write(self, staged: Staged, target: Path, source_file: str, file_id: str, refuse: bool) -> None:
        columns = [
            compose("{value} as {name}", value=self._value(c), name=identifier(c.name)) for c in self.table.own_columns
        ]
        # A file whose columns are the table's, in the table's order, is imported as it is; dlt rewrites any other.
        by_name = {name: column for column, name in self.extras.items()}
        extras = [
            compose(
                ", {value} as {name}",
                value=self._text(by_name[name]) if name in by_name else Sql("cast(null as varchar)"),
                name=identifier(name),
            )
            for name in in_order(self.known_extras, self.extras.values())
        ]
        query = compose(
            "copy (select {columns}, {source_file} as source_file, {file_id} as file_id, cast(hourglass_record as bigint) as source_row,"
            " timestamp {captured_at} as captured_at {extras} from {records} {where})"
            " to {target} (format parquet, compression lz4, row_group_size 122880)",
            columns=join(", ", columns),
            source_file=literal(source_file),
            file_id=literal(file_id),
            captured_at=literal(staged.captured_at.isoformat(sep=" ")),
            extras=join("", extras),
            records=self._records(),
            where=compose("where not ({bad})", bad=self._bad_record()) if refuse else Sql(""),
            target=literal(str(target)),
        )
        written = self.connection.execute(query).fetchone()
        staged.rows_loaded = int(written[0]) if written else 0
        if staged.rows_loaded:
            staged.location = target

    def _records(self) -> Sql:
        """The source with ``source_row`` and the looked-up values beside it."""
        base = compose(
            "(select {row} as hourglass_record, * from {relation}) as source",
            row=self.source.row,
            relation=self.source.relation,
        )
        joins = [
            compose(
                " left join {table} on {table}.text = {column}",
                table=table,
                column=self._column(self.mapped[name]),
            )
            for name, table in self.lookups.items()
        ]
        return Sql(base + "".join(joins))

    def _column(self, name: str) -> Sql:
        return identifier("source", name)

    def _as_text(self, column: str) -> Sql:
        reference = self._column(column)
        return reference if self.source.columns[column] == "VARCHAR" else compose("cast({c} as varchar)", c=reference)

    def _text(self, column: str) -> Sql:
        return compose("nullif({text}, '')", text=privacy.mask_expression(self._as_text(column)))

    def _value(self, column: Column) -> Sql:
        """The typed value of a target column; NULL where it is missing or can't be read."""
        name = self.mapped.get(column.name)
        if name is None:
            return compose("cast(null as {type})", type=Sql(column.type))
        if column.kind == "email":
            return privacy.hash_expression(self._as_text(name))
        if column.kind == "id":
            return compose("nullif(trim({text}), '')", text=privacy.mask_expression(self._as_text(name)))
        if column.unit in ("text", "url", "json"):
            return self._text(name)
        if column.name in self.lookups:
            return compose("{table}.value", table=self.lookups[column.name])
        source_type = self.source.columns[name]
        if self._is_native(column, source_type):
            return self._native(column, name, source_type)
        return self._cast(column, self._as_text(name))

    @staticmethod
    def _is_native(column: Column, source_type: str) -> bool:
        if column.kind in _NATIVE:
            return source_type in _NATIVE[column.kind]
        return source_type in _NUMBERS or source_type.startswith("DECIMAL")

    def _native(self, column: Column, name: str, source_type: str) -> Sql:
        reference = self._column(name)
        if column.kind != "timestamp":
            return compose("try_cast({c} as {type})", c=reference, type=Sql(column.type))
        if source_type == "TIMESTAMP WITH TIME ZONE":
            return compose("timezone('UTC', {c})", c=reference)
        if source_type == "TIMESTAMP":
            return self._in_zone(reference)
        return self._in_zone(compose("cast({c} as timestamp)", c=reference))

    def _in_zone(self, naive: Sql) -> Sql:
        if self.zone is None or self.zone == "UTC":
            return naive
        return compose("timezone('UTC', timezone({zone}, {c}))", zone=literal(self.zone), c=naive)

    def _cast(self, column: Column, text: Sql) -> Sql:
        bare = compose("trim({text})", text=text)
        if column.kind == "timestamp":
            # A cast to TIMESTAMP drops an offset without a word, so texts with one go through TIMESTAMPTZ.
            return compose(
                "case when regexp_matches({c}, ':\\d\\d(\\.\\d+)? ?([Zz]|UTC|[+-]\\d\\d(:?\\d\\d)?)$')"
                " then timezone('UTC', try_cast(replace({c}, ' UTC', 'Z') as timestamptz))"
                " when regexp_matches({c}, '^\\d\\d\\d\\d-') then {naive} end",
                c=bare,
                naive=self._in_zone(compose("try_cast({c} as timestamp)", c=bare)),
            )
        if column.kind == "date":
            return compose(
                "case when regexp_full_match({c}, '\\d{{4}}-\\d{{2}}') then try_cast({c} || '-01' as date)"
                " when regexp_matches({c}, '^\\d{{4}}-\\d{{2}}-\\d{{2}}') then try_cast(left({c}, 10) as date) end",
                c=bare,
            )
        if column.kind == "count":
            return compose(
                "case when regexp_full_match({c}, '[+-]?\\d+(\\.0+)?') then try_cast({c} as bigint) end", c=bare
            )
        if column.kind == "flag":
            return compose("try_cast({c} as boolean)", c=bare)
        return compose(
            "case when regexp_full_match({c}, '[+-]?\\d*\\.?\\d+([eE][+-]?\\d+)?') then try_cast({c} as {type}) end",
            c=bare,
            type=Sql(column.type),
        )

    def _given(self, column: Column) -> Sql:
        """Whether the record says anything for a target column."""
        name = self.mapped.get(column.name)
        if name is None:
            return Sql("false")
        reference = self._column(name)
        if self.source.columns[name] != "VARCHAR":
            return compose("{c} is not null", c=reference)
        if column.unit in ("text", "url", "json", "id"):
            return compose("nullif(trim({c}), '') is not null", c=reference)
        return compose("coalesce(lower(trim({c})), '') not in ({missing})", c=reference, missing=_MISSING)

    def _checked(self) -> list[Column]:
        return [
            column
            for column in self.table.own_columns
            if column.required or (column.name in self.mapped and column.unit not in ("text", "url", "json", "id"))
        ]

    def _fault(self, column: Column) -> Sql:
        """Whether a record fails on a column: a required one without a value, or any one that can't be read."""
        if column.required:
            return compose("({value}) is null", value=self._value(column))
        return compose("({value}) is null and {given}", value=self._value(column), given=self._given(column))

    def _bad_record(self) -> Sql:
        faults = [self._fault(column) for column in self._checked() if column.required]
        return join(" or ", [compose("({fault})", fault=fault) for fault in faults] or [Sql("false")])

    def _probe(self, staged: Staged) -> dict[str, int]:
        """Count the records and, by column, those that fail on it; find the first and the newest instant."""
        checked = self._checked()
        newest = [self.table.column(name) for name in self.table.newest if name in self.mapped]
        instants = [compose("cast({value} as timestamp)", value=self._value(column)) for column in newest]
        parts = [Sql("count(*)")]
        parts += [compose("count(*) filter (where {fault})", fault=self._fault(column)) for column in checked]
        undecided = self._undecided() if not self.lookups else {}
        parts += list(undecided.values())
        if instants:
            parts += [compose("min({first})", first=instants[0])]
            parts += [compose("max({value})", value=value) for value in instants]
        records = self._records() if self.lookups else compose("{relation} as source", relation=self.source.relation)
        query = compose("select {parts} from {records}", parts=join(", ", parts), records=records)
        # The table of rejected lines is complete only once the result has been fetched to its end.
        row = self.connection.execute(query).fetchall()[0]
        staged.rows_read = row[0] + self._rejected_lines_count()
        found = row[1 + len(checked) + len(undecided) :]
        if instants:
            known = [moment for moment in found[1:] if moment is not None]
            staged.period = (found[0], max(known, default=None))
        bad = {column.name: count for column, count in zip(checked, row[1:], strict=False) if count}
        doubts = zip(undecided, row[1 + len(checked) :], strict=False)
        return {**bad, **{name: count for name, count in doubts if count}}

    def _undecided(self) -> dict[str, Sql]:
        """By money column of a CSV, SQL that counts its values when all of them could have a point for thousands (``1.234``).

        A program writes ``1234.00``; a lone ``1.234`` in a table that people keep may be a thousand and more.
        """
        columns = [c for c in self.table.own_columns if c.kind == "money" and c.name in self.mapped]
        query = (
            "case when count(*) filter (where contains({c}, '.') and not regexp_full_match({c}, {doubt})) = 0"
            " then count(*) filter (where regexp_full_match({c}, {doubt})) else 0 end"
        )
        return {
            column.name: compose(
                query,
                c=compose("trim({text})", text=self._as_text(self.mapped[column.name])),
                doubt=literal(_THOUSANDS_OR_DECIMALS),
            )
            for column in columns
            if self.source.kind == "csv"
        }

    def _look_up(self, staged: Staged, bad: dict[str, int]) -> None:
        """Read the distinct texts of the columns that SQL can't take with the value readers, by the whole column's evidence."""
        for column in self._checked():
            if column.name not in bad or column.name not in self.mapped or column.unit in ("text", "url", "json", "id"):
                continue
            query = compose(
                "select distinct {text} as text from {relation} as source where {given}",
                text=self._as_text(self.mapped[column.name]),
                relation=self.source.relation,
                given=self._given(column),
            )
            texts = [row[0] for row in self.connection.execute(query).fetchall()]
            parsed = self._parse(column, texts)
            staged.notes.extend(f"{column.name}: {note}" for note in parsed.notes)
            name = f"lookup_{len(self.lookups)}"
            problems = pa.array([parsed.problems.get(text) for text in texts], pa.string())
            read = pa.array(parsed.values, column.arrow_type)
            table = pa.table({"text": pa.array(texts, pa.string()), "value": read, "problem": problems})
            self.connection.register("lookup_source", table)
            self.connection.execute(
                compose("create or replace temp table {name} as select * from lookup_source", name=identifier(name))
            )
            self.connection.unregister("lookup_source")
            self.lookups[column.name] = identifier(name)

    def _parse(self, column: Column, texts: list[str]) -> values.Column:
        if column.kind == "timestamp":
            return dates.parse_instants(texts, zone=self.zone)
        if column.kind == "date":
            return dates.parse_dates(
                [f"{text.strip()}-01" if re.fullmatch(r"\s*\d{4}-\d{2}\s*", text) else text for text in texts]
            )
        if column.kind == "flag":
            return values.parse_flags(texts)
        # A generic input is made by a program unless its texts say otherwise: a lone 1.234 has a decimal point, money apart.
        mark = None if column.kind == "money" and self.source.kind == "csv" else "."
        return values.parse_numbers(texts, column.kind, fallback_mark=mark)

    def _example(self, column: Column) -> str:
        query = compose(
            "select {text} from {records} where {fault} order by hourglass_record limit 1",
            text=self._as_text(self.mapped[column.name]),
            records=self._records(),
            fault=self._fault(column),
        )
        row = self.connection.execute(query).fetchone()
        return repr(self.mask(row[0])) if row else ""

    def _refuse(self, staged: Staged) -> None:
        """Put the records with a fault in a required field into quarantine, with line and reason."""
        reasons = []
        for column in self.table.required:
            problem = Sql("'not readable'")
            if column.name in self.lookups:
                problem = compose("coalesce({table}.problem, {other})", table=self.lookups[column.name], other=problem)
            reasons.append(
                compose(
                    "case when {fault} then case when not ({given}) then {without}"
                    " else concat({name}, ': ', {text}, ': ', {problem}) end end",
                    fault=self._fault(column),
                    given=self._given(column),
                    without=literal(f"{column.header[0]} is missing"),
                    name=literal(column.header[0]),
                    text=self._as_text(self.mapped[column.name]) if column.name in self.mapped else Sql("''"),
                    problem=problem,
                )
            )
        texts = [compose("coalesce({text}, '')", text=self._as_text(column)) for column in self.source.columns]
        breaks = join(
            " + ", [compose("length({t}) - length(replace({t}, chr(10), ''))", t=text) for text in texts] or [Sql("0")]
        )
        query = compose(
            "select line, reason, raw_text from (select hourglass_record + {first} - 1"
            " + coalesce(sum({breaks}) over (order by hourglass_record rows between unbounded preceding and 1 preceding), 0) as line,"
            " concat_ws('; ', {reasons}) as reason, concat_ws({glue}, {texts}) as raw_text, {bad} as bad from {records})"
            " where bad order by line limit {limit}",
            first=literal(self.source.first_line),
            breaks=breaks if self.source.kind == "csv" else Sql("0"),
            reasons=join(", ", reasons),
            glue=literal(" | "),
            texts=join(", ", texts),
            bad=self._bad_record(),
            records=self._records(),
            limit=literal(LIMITS.quarantined_rows),
        )
        for line, reason, text in self.connection.execute(query).fetchall():
            if self.source.kind == "json" and not text.replace(" | ", ""):
                reason = "not a JSON object"
            staged.rejected.append((int(line), self.mask(reason), self.mask(text)[: LIMITS.raw_text_characters]))

    def _rejected_lines_count(self) -> int:
        if self.source.rejects is None:
            return 0
        query = compose("select count(distinct line) from {rejects}", rejects=identifier(self.source.rejects))
        row = self.connection.execute(query).fetchone()
        return int(row[0]) if row else 0

    def _refuse_lines(self, staged: Staged) -> None:
        """Lines that aren't records of this table at all: too few or too many cells, broken quotes."""
        if self.source.rejects is None:
            return
        query = compose(
            "select line, any_value(error_message), any_value(csv_line) from {rejects} group by line order by line limit {limit}",
            rejects=identifier(self.source.rejects),
            limit=literal(LIMITS.quarantined_rows),
        )
        for line, message, text in self.connection.execute(query).fetchall():
            reason = (message or "not a record").strip().split("\n")[0]
            raw = self.mask((text or "").strip("\r\n"))[: LIMITS.raw_text_characters]
            staged.rejected.append((int(line), self.mask(reason), raw))
