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
        self._made: dict[str, frozenset[str]] = {}
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
        self.replaced(name)

    def fill(self, name: str, rows: pa.Table) -> None:
        """Give a raw table these rows and no others; columns that they leave out are NULL."""
        self.connection.execute(f"delete from {name}")
        self.connection.register("given_rows", rows)
        self.connection.execute(f"insert into {name} by name select * from given_rows")
        self.connection.unregister("given_rows")
        self.replaced(name)

    def replaced(self, name: str) -> None:
        """Take note that a table has other rows than a model gave it: it is kept, and what reads it is computed again."""
        self.forget(name)
        self._made[name] = frozenset()

    def forget(self, name: str) -> None:
        """Have a table computed again when it is asked for, and everything that reads it."""
        stale = {name}
        while stale:
            for made in stale:
                self._made.pop(made, None)
            stale = {made for made, read in self._made.items() if read & stale}

    def compute(self, name: str) -> None:
        """Make the table of a model, and first of those that it reads; what is there already and still right is left."""
        if name in self._made:
            return
        read = frozenset(self._models_read(name))
        for upstream in sorted(read):
            self.compute(upstream)
        self.connection.execute(f"create or replace table {name} as {_select(name)}")
        self._made[name] = read | frozenset(f"{schema}.{table}" for schema, table in _named_tables(name))

    def rows(self, query: str, parameters: Iterable[object] = ()) -> list[dict[str, Any]]:
        """The rows of a query, each by column."""
        result = self.connection.execute(query, list(parameters))
        names = [item[0] for item in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    @staticmethod
    def _models_read(name: str) -> set[str]:
        named = {f"{schema}.{table}" for schema, table in _named_tables(name) if schema not in _GIVEN}
        return {upstream for upstream in named - {name} if _path(upstream).is_file()}


def _path(name: str) -> Path:
    schema, table = name.split(".")
    return FOLDER / schema / f"{table}.sql"


def _select(name: str) -> str:
    return _path(name).read_text(encoding="utf-8").split("*/", 1)[1].strip().rstrip(";")


def _named_tables(name: str) -> list[tuple[str, str]]:
    """Everything in a SELECT that looks like ``schema.table``, which ``table.column`` does, too."""
    return _NAMED_TABLE.findall(_select(name))
