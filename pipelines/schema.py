"""The tables of the schema ``raw`` as data: names, types, units, keys. Nothing is read or written here.

The definitions stand in ``raw_tables.yml``; this module checks them and turns them into DuckDB and Arrow types.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import yaml

DEFINITIONS = Path(__file__).with_name("raw_tables.yml")

# type in raw_tables.yml -> DuckDB type, Arrow type, unit
TYPES: Mapping[str, tuple[str, pa.DataType, str]] = MappingProxyType(
    {
        "id": ("VARCHAR", pa.string(), "id"),
        "text": ("VARCHAR", pa.string(), "text"),
        "url": ("VARCHAR", pa.string(), "url"),
        "json": ("VARCHAR", pa.string(), "json"),
        "email": ("VARCHAR", pa.string(), "id"),
        "flag": ("BOOLEAN", pa.bool_(), "flag"),
        "count": ("BIGINT", pa.int64(), "count"),
        "money": ("DECIMAL(18,4)", pa.decimal128(18, 4), "money"),
        "amount": ("DECIMAL(18,4)", pa.decimal128(18, 4), "number"),
        "seconds": ("DECIMAL(18,3)", pa.decimal128(18, 3), "seconds"),
        "share": ("DECIMAL(9,6)", pa.decimal128(9, 6), "share"),
        "value": ("DECIMAL(18,6)", pa.decimal128(18, 6), "number"),
        "rate": ("DECIMAL(18,8)", pa.decimal128(18, 8), "ratio"),
        "date": ("DATE", pa.date32(), "date"),
        "timestamp": ("TIMESTAMP", pa.timestamp("us"), "timestamp"),
    }
)

# What a value of a column can name: a person; a record that is one person's; another customer than the row's own; nobody.
NAMES = ("visitor", "email", "customer", "user")
RECORDS = ("session", "order", "order_number", "lead", "subscription")
REFERRER = "referrer"
NOBODY = "nobody"


@dataclass(frozen=True)
class Column:
    """One column. ``header`` lists the names that an input may give it; ``name`` is what the table calls it.

    ``required`` is asked of a generic input; a tracker's own export (:mod:`pipelines.event_exports`) may leave a column empty all the same
    where ``trackers_may_omit`` says so: what it does not know is not known. ``identifies`` says what kind of name its values are
    (:data:`NAMES`, :data:`RECORDS`, :data:`REFERRER`, :data:`NOBODY`); None where the question does not arise.
    """

    name: str
    kind: str
    description: str
    required: bool = False
    trackers_may_omit: bool = False
    header: tuple[str, ...] = ()
    identifies: str | None = None

    @property
    def type(self) -> str:
        """DuckDB type."""
        return TYPES[self.kind][0]

    @property
    def arrow_type(self) -> pa.DataType:
        """Arrow type."""
        return TYPES[self.kind][1]

    @property
    def unit(self) -> str:
        """id, text, url, json, flag, count, money, number, seconds, share, ratio, date or timestamp."""
        return TYPES[self.kind][2]


LINEAGE = (
    Column("source_file", "text", "Path under the inbox of the file that the row came from."),
    Column("file_id", "id", "SHA-256 of that file's content."),
    Column("source_row", "count", "The record's number in that file, from 1."),
    Column("captured_at", "timestamp", "Newest known instant of the delivery; the newer delivery of a fact counts."),
)


@dataclass(frozen=True)
class RawTable:
    """One table of the schema ``raw``; ``kind`` is input, report or registry."""

    name: str
    kind: str
    description: str
    key: tuple[str, ...]
    own_columns: tuple[Column, ...]
    newest: tuple[str, ...] = ()

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """All columns in order, lineage last; registry tables have no lineage."""
        return self.own_columns if self.kind == "registry" else self.own_columns + LINEAGE

    @cached_property
    def arrow_schema(self) -> pa.Schema:
        """The columns as an Arrow schema."""
        return pa.schema([(column.name, column.arrow_type) for column in self.columns])

    def column(self, name: str) -> Column:
        """The column of that name. Raises KeyError."""
        return self.by_name[name]

    @cached_property
    def by_name(self) -> Mapping[str, Column]:
        """The columns by name."""
        return MappingProxyType({column.name: column for column in self.columns})

    @cached_property
    def identifying(self) -> Mapping[str, str]:
        """By column, the kind of name of the row's own person or of their record."""
        owned = {c.name: c.identifies for c in self.own_columns if c.identifies in (*NAMES, *RECORDS)}
        return MappingProxyType({name: kind for name, kind in owned.items() if kind})

    @cached_property
    def naming_others(self) -> tuple[str, ...]:
        """The columns that name another customer than the row's own."""
        return tuple(column.name for column in self.own_columns if column.identifies == REFERRER)

    @property
    def required(self) -> tuple[Column, ...]:
        """The columns without which a record of a generic input can't be loaded."""
        return tuple(column for column in self.own_columns if column.required)

    @property
    def never_empty(self) -> tuple[Column, ...]:
        """The columns that have a value in every row, whatever it came from."""
        return tuple(column for column in self.required if not column.trackers_may_omit)

    def as_trackers_fill_it(self) -> "RawTable":
        """The same table, requiring only what trackers' own exports always have."""
        columns = tuple(
            replace(column, required=column.required and not column.trackers_may_omit) for column in self.own_columns
        )
        return replace(self, own_columns=columns)


def _read(path: Path) -> Mapping[str, RawTable]:
    with path.open(encoding="utf-8") as stream:
        data = yaml.load(stream, yaml.CSafeLoader)
    tables: dict[str, RawTable] = {}
    for name, entry in data.items():
        columns = tuple(
            Column(
                name=spec.get("stored_as", column),
                kind=spec["type"],
                description=spec["description"],
                required=spec.get("required", False),
                trackers_may_omit=spec.get("trackers_may_omit", False),
                header=tuple(spec.get("aliases", (column,))),
                identifies=spec.get("identifies"),
            )
            for column, spec in entry["columns"].items()
        )
        tables[name] = RawTable(
            name, entry["kind"], entry["description"], tuple(entry["key"]), columns, tuple(entry.get("newest", ()))
        )
    return MappingProxyType(tables)


RAW_TABLES: Mapping[str, RawTable] = _read(DEFINITIONS)
INPUT_TABLES = tuple(table for table in RAW_TABLES.values() if table.kind == "input")
DATA_TABLES = tuple(table for table in RAW_TABLES.values() if table.kind != "registry")
