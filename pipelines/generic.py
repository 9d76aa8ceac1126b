"""The generic inputs of the contract: CSV, JSON lines and Parquet become typed Parquet by DuckDB SQL, never row by row.

A file that is clean is read once to be checked and once to be written. A record whose required field is missing or unreadable
waits in quarantine (:mod:`pipelines.generic_refusals`); an optional field that can't be read is left empty, and said.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import dates, privacy, values
from pipelines.generic_refusals import Rejected, refused_lines, refused_records, rejected_lines
from pipelines.inbox import Context
from pipelines.schema import Column, RawTable
from pipelines.sources import Source
from pipelines.statement import Sql, compose, identifier, join, literal
from pipelines.typed_columns import AS_GIVEN, TypedColumns, in_order

_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
_THOUSANDS_OR_DECIMALS = r"[+-]?[1-9]\d{0,2}\.\d{3}"


@dataclass
class Staged:
    """A file's records as typed Parquet at ``location`` (None without records), and what happened to the others."""

    table: RawTable
    location: Path | None
    captured_at: datetime
    rows_read: int = 0
    rows_loaded: int = 0
    extra_columns: tuple[str, ...] = ()
    rejected: list[Rejected] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    period: tuple[datetime | None, datetime | None] = (None, None)


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
        self.columns = TypedColumns(source, table, context.time_zone)
        self.mask = mask

    def stage(self, target: Path, *, source_file: str, file_id: str, captured_at: datetime | None) -> Staged:
        """Write the good records to ``target``; ``captured_at`` is None when the delivery says nothing about its age."""
        staged = Staged(self.table, None, captured_at or _EPOCH, extra_columns=tuple(self.columns.extras.values()))
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
            staged.rejected += refused_records(self.connection, self.columns, self.mask)
        staged.rejected += refused_lines(self.connection, self.source, self.mask)
        self._write(staged, target, source_file, file_id, refuse)
        return staged

    def _write(self, staged: Staged, target: Path, source_file: str, file_id: str, refuse: bool) -> None:
        columns = [
            compose("{value} as {name}", value=self.columns.value(c), name=identifier(c.name))
            for c in self.table.own_columns
        ]
        # A file whose columns are the table's, in the table's order, is imported as it is; dlt rewrites any other.
        by_name = {name: column for column, name in self.columns.extras.items()}
        extras = [
            compose(
                ", {value} as {name}",
                value=self.columns.text(by_name[name]) if name in by_name else Sql("cast(null as varchar)"),
                name=identifier(name),
            )
            for name in in_order(self.known_extras, self.columns.extras.values())
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
            records=self.columns.records(),
            where=compose("where not ({bad})", bad=self.columns.bad_record()) if refuse else Sql(""),
            target=literal(str(target)),
        )
        written = self.connection.execute(query).fetchone()
        staged.rows_loaded = int(written[0]) if written else 0
        if staged.rows_loaded:
            staged.location = target

    def _probe(self, staged: Staged) -> dict[str, int]:
        """Count the records and, by column, those that fail on it; find the first and the newest instant."""
        checked = self.columns.checked()
        newest = [self.table.column(name) for name in self.table.newest if name in self.columns.mapped]
        instants = [compose("cast({value} as timestamp)", value=self.columns.value(column)) for column in newest]
        parts = [Sql("count(*)")]
        parts += [compose("count(*) filter (where {fault})", fault=self.columns.fault(column)) for column in checked]
        undecided = self._undecided() if not self.columns.lookups else {}
        parts += list(undecided.values())
        if instants:
            parts += [compose("min({first})", first=instants[0])]
            parts += [compose("max({value})", value=value) for value in instants]
        records = (
            self.columns.records()
            if self.columns.lookups
            else compose("{relation} as source", relation=self.source.relation)
        )
        query = compose("select {parts} from {records}", parts=join(", ", parts), records=records)
        # The table of rejected lines is complete only once the result has been fetched to its end.
        row = self.connection.execute(query).fetchall()[0]
        staged.rows_read = row[0] + rejected_lines(self.connection, self.source)
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
        columns = [c for c in self.table.own_columns if c.kind == "money" and c.name in self.columns.mapped]
        query = (
            "case when count(*) filter (where contains({c}, '.') and not regexp_full_match({c}, {doubt})) = 0"
            " then count(*) filter (where regexp_full_match({c}, {doubt})) else 0 end"
        )
        return {
            column.name: compose(
                query,
                c=compose("trim({text})", text=self.columns.as_text(self.columns.mapped[column.name])),
                doubt=literal(_THOUSANDS_OR_DECIMALS),
            )
            for column in columns
            if self.source.kind == "csv"
        }

    def _look_up(self, staged: Staged, bad: dict[str, int]) -> None:
        """Read the distinct texts of the columns that SQL can't take with the value readers, by the whole column's evidence."""
        for column in self.columns.checked():
            if column.name not in bad or column.name not in self.columns.mapped or column.unit in AS_GIVEN:
                continue
            query = compose(
                "select distinct {text} as text from {relation} as source where {given}",
                text=self.columns.as_text(self.columns.mapped[column.name]),
                relation=self.source.relation,
                given=self.columns.given(column),
            )
            texts = [row[0] for row in self.connection.execute(query).fetchall()]
            parsed = self._parse(column, texts)
            staged.notes.extend(f"{column.name}: {note}" for note in parsed.notes)
            name = f"lookup_{len(self.columns.lookups)}"
            problems = pa.array([parsed.problems.get(text) for text in texts], pa.string())
            read = pa.array(parsed.values, column.arrow_type)
            table = pa.table({"text": pa.array(texts, pa.string()), "value": read, "problem": problems})
            self.connection.register("lookup_source", table)
            self.connection.execute(
                compose("create or replace temp table {name} as select * from lookup_source", name=identifier(name))
            )
            self.connection.unregister("lookup_source")
            self.columns.lookups[column.name] = identifier(name)

    def _parse(self, column: Column, texts: list[str]) -> values.Column:
        if column.kind == "timestamp":
            return dates.parse_instants(texts, zone=self.columns.zone)
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
            text=self.columns.as_text(self.columns.mapped[column.name]),
            records=self.columns.records(),
            fault=self.columns.fault(column),
        )
        row = self.connection.execute(query).fetchone()
        return repr(self.mask(row[0])) if row else ""
