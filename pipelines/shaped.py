"""What all shapes share: the records of a matched table, their typed columns, and the packing of what is left after refusals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.columns import Circumstances, ColumnReader
from pipelines.formats_model import Format
from pipelines.inbox import noon
from pipelines.recognise import Match
from pipelines.records import Records
from pipelines.schema import RAW_TABLES

Columns = dict[str, list[Any]]


@dataclass
class Shaped:
    """Rows for one raw table, without lineage but ``source_row``, and the count of the records that they came from.

    ``held`` names, by header, the columns that hold the cells letter for letter, so that ``original`` leaves them out (``as_given`` of
    raw.files).
    """

    table: str
    columns: Columns
    read: int
    loaded: int
    totals: int
    rejected: list[tuple[int | None, str, str]]
    notes: list[str]
    needs: set[str] = field(default_factory=set)
    account: str | None = None
    exported: date | None = None
    is_of_a_period: bool = False
    updated: datetime | None = None
    private: bool = False
    held: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many raw rows there are."""
        return len(self.columns["source_row"])

    def names(self) -> list[str]:
        """The platform, or the tool that reports, of each row."""
        return [name for column in ("platform", "tool") for name in self.columns.get(column, ()) if name]

    def days(self) -> list[date]:
        """Every day that the rows speak of, for the period of the file."""
        names = ("date", "date_from", "date_to", "period_from", "period_to", "rate_date")
        days = [day for name in names for day in self.columns.get(name, ()) if day]
        starts = ("published_at", "ordered_at", "created_at", "changed_at", "sent_at")
        return days or [moment.date() for name in starts for moment in self.instants(name)]

    def instants(self, name: str) -> list[datetime]:
        """The instants of a column; enough of them to know the first and the last."""
        return [moment for moment in self.columns.get(name, ()) if moment]

    def settle_period(self, period: tuple[date, date] | None) -> None:
        """Give figures of a period that nothing in their own table tells the one of the tables beside them; or say that none does."""
        days = self.columns.get("period_from")
        if not self.is_of_a_period or not self.rows or (days and any(days)):
            return
        if period is None:
            self.notes.append("the export does not say of which period it is, and neither does its name")
        else:
            self.columns["period_from"], self.columns["period_to"] = [period[0]] * self.rows, [period[1]] * self.rows

    def newest(self) -> datetime | None:
        """The newest instant that the rows speak of."""
        table = RAW_TABLES[self.table]
        told = ["published_at", *(name for name in table.newest if table.column(name).kind == "timestamp")]
        instants = [moment for name in told for moment in self.instants(name)]
        instants += [self.updated] if self.updated else []
        named = ("date", "date_to", "period_to", "rate_date", "published_date")
        instants += [noon(day) for name in named for day in self.columns.get(name, ()) if day]
        return max(instants, default=None)

    def packed(self, *, source_file: str, file_id: str, captured_at: datetime) -> pa.Table | Path:
        """The rows with lineage: an Arrow table, or the Parquet file that they stand in."""
        return self.arrow(source_file=source_file, file_id=file_id, captured_at=captured_at)

    def arrow(self, *, source_file: str, file_id: str, captured_at: datetime) -> pa.Table:
        """The rows with lineage, typed as the raw table declares."""
        schema = RAW_TABLES[self.table].arrow_schema
        count = self.rows
        lineage = {"source_file": source_file, "file_id": file_id, "captured_at": captured_at}
        arrays = []
        for column in schema:
            data = self.columns.get(column.name)
            if column.name in lineage:
                arrays.append(pa.repeat(pa.scalar(lineage[column.name], column.type), count))
            elif data is None:
                arrays.append(pa.nulls(count, column.type))
            else:
                if pa.types.is_decimal(column.type):
                    # Measures of whole numbers and of others may stand in one column; Arrow takes one kind only.
                    data = [Decimal(value) if isinstance(value, int) else value for value in data]
                arrays.append(pa.array(data, column.type))
        return pa.table(arrays, schema=schema)


def platform_of(match: Match, known: Circumstances) -> str | None:
    """The platform that the format is of, else the one that a title says, else the circumstances."""
    return match.format.platform or match.said.get("platform") or known.platform


class Table:
    """What the shapes share: records, their typed columns, and the packing of what is left after the refusals."""

    def __init__(self, found: Records, known: Circumstances) -> None:
        self.found = found
        self.known = known
        self.match = found.match
        self.form: Format = found.match.format
        self.reader = ColumnReader(found, known)
        self.needs: set[str] = set()
        self.count = len(found.rows)
        named = platform_of(self.match, known)
        self.common: Columns = {"platform": [named] * self.count, "tool": [named] * self.count}
        self.common["export_kind"] = [self.form.kind] * self.count
        for name, value in self.form.constants.items():
            self.common[name] = [value] * self.count
        for name, value in self.match.said.items():
            if name != "measure" and name not in ("platform",):
                self.common[name] = [value] * self.count

    def read(self, names: Mapping[str, object]) -> Columns:
        """The typed columns that the table has."""
        found: Columns = {}
        for name in names:
            column = self.reader.column(name)
            if column is not None:
                found[name] = column
        return found

    def account(self, columns: Columns) -> str | None:
        """Set the account from its column, else from the sidecar; ask where it is needed. Returns the one that is named."""
        given = columns.get("account") or [None] * self.count
        stated = self.known.told.account or self.known.context.account
        columns["account"] = [value or stated for value in given]
        if "account" in self.form.ask and self.count and not all(columns["account"]):
            self.needs.add("account")
        if "platform" in self.form.ask and not platform_of(self.match, self.known):
            self.needs.add("platform")
        named = sorted({value for value in columns["account"] if value})
        return named[0] if len(named) == 1 else (f"{len(named)} accounts" if named else stated)

    def pack(
        self,
        table: str,
        columns: Columns,
        *,
        account: str | None,
        repeat: int = 1,
        rows: Sequence[int] | None = None,
    ) -> Shaped:
        """Leave out refused records.

        ``repeat`` is how many raw rows each record became, block by block; ``rows`` says it one by one, as the record that
        each position of ``columns`` is of.
        """
        self.reader.compare_totals()
        self.needs |= self.reader.needs
        good = [index for index in range(self.count) if index not in self.found.faults]
        records = list(rows if rows is not None else list(range(self.count)) * repeat)
        kept = [position for position, index in enumerate(records) if index not in self.found.faults]
        wanted = RAW_TABLES[table].by_name
        packed: Columns = {
            name: [values[position] for position in kept] for name, values in columns.items() if name in wanted
        }
        packed["source_row"] = [records[position] + 1 for position in kept]
        updated = max((moment for moment in columns.get("updated_at", ()) if moment), default=None)
        exported = max((day for day in columns.get("exported", ()) if day), default=None)
        rejected: list[tuple[int | None, str, str]] = [
            (
                self.found.rows[index].line,
                self._reason(index, reasons),
                self.reader.shown(self.found.rows[index]),
            )
            for index, reasons in sorted(self.found.faults.items())
        ]
        total = self.count + len(self.found.totals)
        notes = list(dict.fromkeys([*self.found.notes, *([self.form.remark] if self.form.remark else [])]))
        totals = len(self.found.totals)
        told = (self.needs, account, exported, self.form.period == "period", updated, self.form.keep is not None)
        return Shaped(table, packed, total, len(good), totals, rejected, notes, *told)

    def _reason(self, index: int, reasons: list[str]) -> str:
        """Why a record is refused, with what the export itself says about it."""
        position = self.match.columns.get("comment")
        comment = self.found.texts(position)[index].strip() if position is not None else ""
        return "; ".join(dict.fromkeys(reasons)) + self.known.mask(comment_of_export(comment))


def comment_of_export(comment: str) -> str:
    """What an export itself remarks on a record, for the reason of its refusal."""
    return f" (the export says: {comment})" if comment else ""
