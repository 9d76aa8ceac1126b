"""Models over rows that are in no warehouse: the answer of the nightly run for a handful of links, within a second.

The SELECTs are those of the model files, in a DuckDB in memory. Their headers are not read and nothing is parsed, since that costs more
than running them: what a SELECT reads is found by name, and a table too many does no harm. Not here: tests of single models (testing.py).
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

FOLDER = Path(__file__).parent
_NAMED_TABLE = re.compile(r"\b([a-z]+)[.]([a-z_][a-z0-9_]*)")
_GIVEN = ("raw", "config")


class Workbench:
    """A database in memory with empty raw tables, the configuration, and each model that was asked for with what it reads."""

    def __init__(self, *, raw: Mapping[str, Mapping[str, str]], config: Mapping[str, pa.Table]) -> None:
        """``raw``: columns and DuckDB types by table; ``config``: the tables of the schema ``config``; both without the schema's name."""
        self.connection = duckdb.connect()
        self._made: set[str] = set()
        schemas = {*_GIVEN, *(path.parent.name for path in FOLDER.glob("*/*.sql"))}
        for schema in sorted(schemas):
            self.connection.execute(f"create schema {schema}")
        for name, columns in raw.items():
            listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
            self.connection.execute(f"create table raw.{name} ({listed})")
        for name, table in config.items():
            self.put(f"config.{name}", table)

    def put(self, name: str, rows: pa.Table) -> None:
        """Lay a table ``schema.table`` down as it is given, in place of the one that is there or that a model would make."""
        self.connection.register("given_rows", rows)
        self.connection.execute(f"create or replace table {name} as select * from given_rows")
        self.connection.unregister("given_rows")
        self._made.add(name)

    def add(self, name: str, rows: pa.Table) -> None:
        """Add rows to a raw table; columns that they leave out are NULL."""
        self.connection.register("given_rows", rows)
        self.connection.execute(f"insert into {name} by name select * from given_rows")
        self.connection.unregister("given_rows")

    def compute(self, name: str) -> None:
        """Make the table of a model, and first of those that it reads."""
        for needed in self._needed(name):
            self.connection.execute(f"create or replace table {needed} as {_select(needed)}")
            self._made.add(needed)

    def forget(self) -> None:
        """Take everything that was computed or put down for void, so that it is computed again from what the raw tables hold now."""
        self._made.clear()

    def rows(self, query: str, parameters: Iterable[object] = ()) -> list[dict[str, Any]]:
        """The rows of a query, each by column."""
        result = self.connection.execute(query, list(parameters))
        names = [item[0] for item in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _needed(self, name: str) -> list[str]:
        """The model and all that it reads and that is not there yet, each after what it reads itself."""
        ordered: dict[str, None] = {}

        def walk(wanted: str) -> None:
            for schema, table in _NAMED_TABLE.findall(_select(wanted)):
                upstream = f"{schema}.{table}"
                is_known = upstream in self._made or upstream in ordered or upstream == wanted
                if schema not in _GIVEN and not is_known and _path(upstream).is_file():
                    walk(upstream)
            ordered[wanted] = None

        walk(name)
        return list(ordered)


def _path(name: str) -> Path:
    schema, table = name.split(".")
    return FOLDER / schema / f"{table}.sql"


def _select(name: str) -> str:
    return _path(name).read_text(encoding="utf-8").split("*/", 1)[1].strip().rstrip(";")
