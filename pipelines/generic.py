"""The generic inputs of the contract: CSV, JSON lines and Parquet become typed Parquet by DuckDB SQL, never row by row.

A file whose delivery is dated and in which nothing is amiss is checked and written in one go. Any other is read once to be checked and
once to be written. A record whose required field is missing or unreadable waits in quarantine (:mod:`pipelines.generic_refusals`); an
optional field that can't be read is left empty, and said.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines import dates, privacy, values
from pipelines.ages import BY_ROWS, LONGEST_SILENCE_DAYS, newest_of_the_most
from pipelines.generic_refusals import Rejected, refused_lines, refused_records, rejected_lines
from pipelines.inbox import Context
from pipelines.records import header_again
from pipelines.schema import Column, RawTable
from pipelines.sources import Source
from pipelines.statement import Sql, compose, copy_to_parquet, identifier, join, literal
from pipelines.typed_columns import AS_GIVEN, TypedColumns, in_order

_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
_DECIMALS = ("money", "amount", "seconds", "share", "value", "rate")
_THOUSANDS_OR_DECIMALS = r"[+-]?[1-9]\d{0,2}\.\d{3}"
_RECORD = Sql("cast(hourglass_record as bigint)")
_AMISS = "a value is in doubt or can't be read"


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
        self.context = context
        self.columns = TypedColumns(source, table, context.time_zone)
        self.mask = mask

    def stage(self, target: Path, *, source_file: str, file_id: str, captured_at: datetime | None) -> Staged:
        """Write the good records to ``target``; ``captured_at`` is None when the delivery says nothing about its age."""
        staged = Staged(self.table, None, captured_at or _EPOCH, extra_columns=tuple(self.columns.extras.values()))
        if captured_at is not None and self._write_at_once(staged, target, source_file, file_id):
            return staged
        self._leave_out_headers(staged)
        bad = self._probe(staged)
        if bad or self.context.decimal_mark == ",":
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
        if refuse:
            staged.period = self._period_of_the_good()
        if captured_at is None:
            staged.captured_at = self._newest(staged) or _EPOCH
            staged.notes.append(BY_ROWS)
        if refuse:
            staged.rejected += refused_records(self.connection, self.columns, self.mask)
        staged.rejected += refused_lines(self.connection, self.source, self.mask)
        self._write(staged, target, source_file, file_id, refuse=refuse)
        return staged

    def _leave_out_headers(self, staged: Staged) -> None:
        """Leave out the header where it stands again between the records."""
        if self.source.kind != "csv":
            return
        query = compose(
            "select count(*), min(hourglass_record) from (select {row} as hourglass_record, * from {relation}) where {again}",
            row=self.source.row,
            relation=self.source.relation,
            again=self.source.is_header(),
        )
        times, first = self.connection.execute(query).fetchall()[0]
        if times:
            staged.notes.append(header_again(times, f"place of record {first}"))
            self.source = self.columns.source = self.source.without(self.source.is_header())

    def _instants(self) -> list[Sql]:
        """The columns that date a record, in SQL over its source."""
        newest = [self.table.column(name) for name in self.table.newest if name in self.columns.mapped]
        return [compose("cast({value} as timestamp)", value=self.columns.value(column)) for column in newest]

    def _period_of_the_good(self) -> tuple[datetime | None, datetime | None]:
        """The first and the newest instant of the records that can be read: what others tell is in no table."""
        instants = self._instants()
        if not instants:
            return None, None
        query = compose(
            "select min({first}), {last} from {records} where not ({bad})",
            first=instants[0],
            last=join(", ", [compose("max({value})", value=value) for value in instants]),
            records=self.columns.records(),
            bad=self.columns.bad_record(),
        )
        first, *last = self.connection.execute(query).fetchall()[0]
        return first, max((moment for moment in last if moment is not None), default=None)

    def _newest(self, staged: Staged) -> datetime | None:
        """The newest instant of the records that can be read which can date the delivery."""
        first, last = staged.period
        if first is None or last is None or (last - first).days <= LONGEST_SILENCE_DAYS:
            return last
        records = compose(
            "select 0 as file_id, greatest({moments}) as moment from {records} where not ({bad})",
            moments=join(", ", self._instants()),
            records=self.columns.records(),
            bad=self.columns.bad_record(),
        )
        row = self.connection.execute(newest_of_the_most(records)).fetchone()
        return row[1] if row else None

    def _write_at_once(self, staged: Staged, target: Path, source_file: str, file_id: str) -> bool:
        """Write every record as it stands; gives up at the first value that is in doubt or can't be read.

        The instants are read from what was written. Returns whether it went through; if not, nothing is there.
        """
        if self.context.decimal_mark == ",":
            return False
        doubts = [self.columns.fault(column) for column in self.columns.checked()]
        doubts += [self.source.is_header()] if self.source.kind == "csv" else []
        doubts += [
            compose("coalesce(regexp_full_match({c}, {d}), false)", c=text, d=literal(_THOUSANDS_OR_DECIMALS))
            for text in self._money_texts().values()
        ]
        amiss = join(" or ", [compose("({doubt})", doubt=doubt) for doubt in doubts] or [Sql("false")])
        row = compose(
            "cast(case when {amiss} then error({says}) else hourglass_record end as bigint)",
            amiss=amiss,
            says=literal(_AMISS),
        )
        try:
            self._write(staged, target, source_file, file_id, row=row)
        except duckdb.Error as error:
            target.unlink(missing_ok=True)
            if _AMISS not in str(error):
                raise
            return False
        if rejected_lines(self.connection, self.source):
            target.unlink(missing_ok=True)
            staged.rows_loaded, staged.location = 0, None
            return False
        staged.rows_read = staged.rows_loaded
        if staged.location:
            staged.period = self._written_period(target)
        return True

    def _written_period(self, written: Path) -> tuple[datetime | None, datetime | None]:
        """The first and the newest instant of what was written."""
        newest = [name for name in self.table.newest if name in self.columns.mapped]
        if not newest:
            return None, None
        parts = [compose("min(cast({c} as timestamp))", c=identifier(newest[0]))]
        parts += [compose("max(cast({c} as timestamp))", c=identifier(name)) for name in newest]
        query = compose("select {parts} from read_parquet({path})", parts=join(", ", parts), path=literal(str(written)))
        first, *last = self.connection.execute(query).fetchall()[0]
        return first, max((moment for moment in last if moment is not None), default=None)

    def _write(
        self,
        staged: Staged,
        target: Path,
        source_file: str,
        file_id: str,
        *,
        refuse: bool = False,
        row: Sql = _RECORD,
    ) -> None:
        """Write the records to ``target``; ``refuse``: without the bad ones; ``row``: the number of a record, in SQL."""
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
            "select {columns}, {source_file} as source_file, {file_id} as file_id, {row} as source_row,"
            " timestamp {captured_at} as captured_at {extras} from {records} {where}",
            columns=join(", ", columns),
            row=row,
            source_file=literal(source_file),
            file_id=literal(file_id),
            captured_at=literal(staged.captured_at.isoformat(sep=" ")),
            extras=join("", extras),
            records=self.columns.records(),
            where=compose("where not ({bad})", bad=self.columns.bad_record()) if refuse else Sql(""),
        )
        written = self.connection.execute(copy_to_parquet(query, target)).fetchone()
        staged.rows_loaded = int(written[0]) if written else 0
        if staged.rows_loaded:
            staged.location = target

    def _probe(self, staged: Staged) -> dict[str, int]:
        """Count the records and, by column, those that fail on it; find the first and the newest instant."""
        checked = self.columns.checked()
        instants = self._instants()
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
        query = (
            "case when count(*) filter (where contains({c}, '.') and not regexp_full_match({c}, {doubt})) = 0"
            " then count(*) filter (where regexp_full_match({c}, {doubt})) else 0 end"
        )
        doubt = literal(_THOUSANDS_OR_DECIMALS)
        return {name: compose(query, c=text, doubt=doubt) for name, text in self._money_texts().items()}

    def _money_texts(self) -> dict[str, Sql]:
        """The texts of the money columns of a CSV, by column."""
        if self.source.kind != "csv":
            return {}
        mapped = self.columns.mapped
        columns = [c.name for c in self.table.own_columns if c.kind == "money" and c.name in mapped]
        return {name: compose("trim({text})", text=self.columns.as_text(mapped[name])) for name in columns}

    def _look_up(self, staged: Staged, bad: Collection[str]) -> None:
        """Read the distinct texts of the columns that SQL can't take with the value readers, by the evidence of all columns."""
        texts = {column.name: self._distinct(column) for column in self._readable() if column.name in bad}
        mark = self._decimal_mark(texts)
        if mark == ",":
            # Where one column has decimal commas, a point in another that SQL would take for decimals is one for thousands.
            others = [column for column in self._readable() if column.kind in _DECIMALS and column.name not in bad]
            found = {column.name: self._distinct(column) for column in others}
            texts |= {name: some for name, some in found.items() if any("." in text for text in some)}
        order = self._order_of_days(texts)
        for name, some in texts.items():
            column = self.table.column(name)
            parsed = self._parse(column, some, mark, order)
            staged.notes.extend(f"{name}: {note}" for note in parsed.notes)
            lookup = identifier(f"lookup_{len(self.columns.lookups)}")
            problems = pa.array([parsed.problems.get(text) for text in some], pa.string())
            read = pa.array(parsed.values, column.arrow_type)
            table = pa.table({"text": pa.array(some, pa.string()), "value": read, "problem": problems})
            self.connection.register("lookup_source", table)
            self.connection.execute(
                compose("create or replace temp table {name} as select * from lookup_source", name=lookup)
            )
            self.connection.unregister("lookup_source")
            self.columns.lookups[name] = lookup

    def _readable(self) -> list[Column]:
        """The columns of which the source has texts to be read."""
        mapped = [c for c in self.columns.checked() if c.name in self.columns.mapped and c.unit not in AS_GIVEN]
        return [column for column in mapped if not self.columns.is_native(column)]

    def _distinct(self, column: Column) -> list[str]:
        query = compose(
            "select distinct {text} as text from {relation} as source where {given}",
            text=self.columns.as_text(self.columns.mapped[column.name]),
            relation=self.source.relation,
            given=self.columns.given(column),
        )
        return [row[0] for row in self.connection.execute(query).fetchall()]

    def _decimal_mark(self, texts: Mapping[str, list[str]]) -> str | None:
        """The mark that hourglass.yml says, or that the file's columns of numbers prove together."""
        if self.context.decimal_mark:
            return self.context.decimal_mark
        numbers = [column for column in self._readable() if column.kind in (*_DECIMALS, "count")]
        proven: set[str] = set()
        for column in numbers:
            if column.name in texts:
                proven |= values.decimal_marks(texts[column.name])
            elif self.source.kind == "csv" and any(
                column.kind == "money" for column in numbers if column.name in texts
            ):
                proven |= values.decimal_marks(self._distinct(column))
        return proven.pop() if len(proven) == 1 else None

    def _order_of_days(self, texts: Mapping[str, list[str]]) -> dict[str, Any]:
        if self.context.date_order:
            return {"order": self.context.date_order, "stated": True}
        days = [found for name, found in texts.items() if self.table.column(name).kind in ("date", "timestamp")]
        proven = {dates.proven_order(found) for found in days} - {None}
        return {"order": proven.pop() if len(proven) == 1 else None, "stated": True}

    def _parse(self, column: Column, texts: list[str], mark: str | None, order: dict[str, Any]) -> values.Column:
        if column.kind == "timestamp":
            return dates.parse_instants(texts, zone=self.columns.zone, **order)
        if column.kind == "date":
            whole = [f"{text.strip()}-01" if re.fullmatch(r"\s*\d{4}-\d{2}\s*", text) else text for text in texts]
            return dates.parse_dates(whole, **order)
        if column.kind == "flag":
            return values.parse_flags(texts)
        # A generic input is made by a program unless its texts say otherwise: a lone 1.234 has a decimal point, money apart.
        usual = None if column.kind == "money" and self.source.kind == "csv" else "."
        return values.parse_numbers(texts, column.kind, mark=self.context.decimal_mark, fallback_mark=mark or usual)

    def _example(self, column: Column) -> str:
        query = compose(
            "select {text} from {records} where {fault} order by hourglass_record limit 1",
            text=self.columns.as_text(self.columns.mapped[column.name]),
            records=self.columns.records(),
            fault=self.columns.fault(column),
        )
        row = self.connection.execute(query).fetchone()
        return repr(self.mask(row[0])) if row else ""
