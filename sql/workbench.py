"""Models over rows that are in no warehouse: the answer of the nightly run for a handful of links, within a second.

The SELECTs are those of the model files, in a DuckDB in memory. Their headers are not read and nothing is parsed, since that costs more
than running them: what a SELECT reads is found by name, and a table too many does no harm. Not here: tests of single models (testing.py).
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

FOLDER = Path(__file__).parent
_NAMED_TABLE = re.compile(r"\b([a-z]+)[.]([a-z_][a-z0-9_]*)")
_GIVEN = ("raw", "config")


class Workbench:
    """A database in memory with empty raw tables, the configuration, and each model that was asked for with what it reads.

    Raw tables and those of the configuration are laid down when something first names them: a question reads few of the hundred and more.
    """

    def __init__(self, *, raw: Mapping[str, Mapping[str, str]], config: Mapping[str, pa.Table]) -> None:
        """``raw``: columns and DuckDB types by table; ``config``: the tables of the schema ``config``; both without the schema's name."""
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1")  # on a handful of rows others cost more than they do
        self._raw = raw
        self._config = config
        self._made: dict[str, frozenset[str]] = {}
        for schema in _schemas():
            self.connection.execute(f"create schema {schema}")

    def create(self, name: str, columns: Mapping[str, str]) -> None:
        """Lay down an empty table ``schema.table`` with these columns and DuckDB types, in place of one that a model would make."""
        listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        self.connection.execute(f"create or replace table {name} ({listed})")
        self.replaced(name)

    def put(self, name: str, rows: pa.Table) -> None:
        """Lay a table ``schema.table`` down as it is given, in place of the one that is there or that a model would make."""
        self.connection.register("given_rows", rows)
        self.connection.execute(f"create or replace table {name} as select * from given_rows")
        self.connection.unregister("given_rows")
        self.replaced(name)

    def fill(self, name: str, rows: pa.Table) -> None:
        """Give a raw table these rows and no others; columns that they leave out are NULL."""
        self.compute(name)
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
        """Make a table, and first those that its model reads; what is there already and still right is left."""
        if name in self._made:
            return
        schema, table = name.split(".")
        if schema == "raw":
            self.create(name, self._raw[table])
        elif schema == "config":
            self.put(name, self._config[table])
        else:
            read = _named_tables(_select(name)) - {name}
            for upstream in sorted(read):
                if self._is_known(upstream):
                    self.compute(upstream)
            self.connection.execute(f"create or replace table {name} as {_select(name)}")
            self._made[name] = read

    def rows(self, query: str, parameters: Iterable[object] = ()) -> list[dict[str, Any]]:
        """The rows of a query, each by column; the tables that it reads are made first."""
        for name in sorted(_named_tables(query)):
            if self._is_known(name):
                self.compute(name)
        result = self.connection.execute(query, list(parameters))
        names = [item[0] for item in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def _is_known(self, name: str) -> bool:
        """Whether there is such a table; most of what looks like one is the column of an alias."""
        schema, table = name.split(".")
        if schema in _GIVEN:
            return table in (self._raw if schema == "raw" else self._config)
        return name in self._made or _path(name).is_file()


def _path(name: str) -> Path:
    schema, table = name.split(".")
    return FOLDER / schema / f"{table}.sql"


@cache
def _schemas() -> tuple[str, ...]:
    return tuple(sorted({*_GIVEN, *(path.parent.name for path in FOLDER.glob("*/*.sql"))}))


@cache
def _select(name: str) -> str:
    return _path(name).read_text(encoding="utf-8").split("*/", 1)[1].strip().rstrip(";")


@cache
def _named_tables(query: str) -> frozenset[str]:
    """Everything in a SELECT that looks like ``schema.table`` with one of the project's schemas."""
    named = _NAMED_TABLE.findall(query)
    return frozenset(f"{schema}.{table}" for schema, table in named if schema in _schemas())
