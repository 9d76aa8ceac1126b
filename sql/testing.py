"""One model on a few given rows: what a test of a model needs."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from functools import cache, lru_cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from config.home import Home
from config.tables import config_tables

from sql.workbench import Workbench

Rows = Sequence[Mapping[str, Any]]
RawColumns = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""Columns and types by raw table, as something that can be a key."""
RUN_DATE = date(2026, 11, 16)


def run_model(
    name: str,
    inputs: Mapping[str, Rows],
    *,
    raw: Mapping[str, Mapping[str, str]],
    config: Mapping[str, pa.Table] | None = None,
    home: Home | None = None,
) -> list[dict[str, Any]]:
    """The rows that a model gives for these inputs.

    Args:
        name: ``schema.table`` of the model.
        inputs: rows by table; a column that a row leaves out is NULL, a table that is left out is empty. A table given here is taken as
            it is, also where a model would make it; models upstream that are not given are computed.
        raw: columns and DuckDB types of the raw tables, with or without their schema's name.
        config: configuration tables that replace or join the shipped ones, without the schema's name.
        home: where the configuration comes from; left out, the shipped one.

    Raises:
        KeyError: an input has a column that its table does not have.
    """
    columns = tuple((table.removeprefix("raw."), tuple(types.items())) for table, types in raw.items())
    with _bench(columns, config or {}, home) as bench:
        for table, rows in inputs.items():
            bench.create(table, _types(table, columns))
            _fill(bench.connection, table, rows)
        try:
            return bench.rows(f"select * from {name}")
        finally:
            for table in inputs:
                bench.forget(table)


@contextmanager
def _bench(raw: RawColumns, config: Mapping[str, pa.Table], home: Home | None) -> Iterator[Workbench]:
    """A workbench with this configuration. Where it is the shipped one, all tests of a process share it: it computes again only what reads
    a table that a test gives, and all else has the rows of an empty warehouse."""
    if home is not None or not config.keys() <= _shipped_config().keys():
        shipped = _shipped_config() if home is None else config_tables(home, RUN_DATE)
        yield Workbench(raw={table: dict(types) for table, types in raw}, config={**shipped, **config})
        return
    bench = _empty(raw)
    for table, rows in config.items():
        bench.put(f"config.{table}", rows)
    try:
        yield bench
    finally:
        for table in config:
            bench.forget(f"config.{table}")


@cache
def _types(table: str, raw: RawColumns) -> dict[str, str]:
    """Columns and DuckDB types of a raw table or of what a model gives."""
    bench = _typed(raw)
    bench.compute(table)
    return {row[0]: row[1] for row in bench.connection.execute(f"describe {table}").fetchall()}


@lru_cache(maxsize=1)
def _typed(raw: RawColumns) -> Workbench:
    """Where types are looked up: nobody gives it rows."""
    return Workbench(raw={table: dict(types) for table, types in raw}, config=_shipped_config())


@lru_cache(maxsize=1)
def _empty(raw: RawColumns) -> Workbench:
    return Workbench(raw={table: dict(types) for table, types in raw}, config=_shipped_config())


@lru_cache(maxsize=1)
def _shipped_config() -> Mapping[str, pa.Table]:
    with TemporaryDirectory() as folder:
        return config_tables(Home(Path(folder)), RUN_DATE)


def _fill(connection: duckdb.DuckDBPyConnection, table: str, rows: Rows) -> None:
    types = {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}
    for row in rows:
        unknown = sorted(set(row) - set(types))
        if unknown:
            raise KeyError(f"{table} has no column {', '.join(unknown)}; it has {', '.join(types)}")
    for columns, alike in groupby(rows, key=tuple):
        texts = zip(*([None if value is None else str(value) for value in row.values()] for row in alike), strict=True)
        given = pa.table(
            {name: pa.array(list(values), pa.string()) for name, values in zip(columns, texts, strict=True)}
        )
        connection.register("given_rows", given)
        names = ", ".join(f'"{column}"' for column in columns)
        values = ", ".join(f'cast("{column}" as {types[column]})' for column in columns)
        connection.execute(f"insert into {table} ({names}) select {values} from given_rows")
        connection.unregister("given_rows")
