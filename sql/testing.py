"""One model on a few given rows: what a test of a model needs."""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
from config.home import Home
from config.tables import config_tables

from sql.catalog import Catalog
from sql.model import SCHEMAS

Rows = Sequence[Mapping[str, Any]]
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
        raw: columns and DuckDB types of the raw tables.
        config: configuration tables that replace or join the shipped ones, without the schema's name.
        home: where the configuration comes from; left out, the shipped one.

    Raises:
        KeyError: an input has a column that its table does not have.
    """
    catalog = _catalog()
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for schema in ("raw", "config", *SCHEMAS):
        connection.execute(f"create schema if not exists {schema}")
    shipped = _shipped_config() if home is None else config_tables(home, RUN_DATE)
    for table_name, table in {**shipped, **(config or {})}.items():
        connection.register("config_table", table)
        connection.execute(f"create table config.{table_name} as select * from config_table")
        connection.unregister("config_table")
    for table_name, columns in raw.items():
        listed = ", ".join(f'"{column}" {kind}' for column, kind in columns.items())
        connection.execute(f"create table raw.{table_name.removeprefix('raw.')} ({listed})")
    computed = _computed(catalog, name, set(inputs))
    for model in catalog.order:
        _fill(connection, {table: rows for table, rows in inputs.items() if table in model.references})
        limit = "" if model.name in computed else " limit 0"
        if model.name == name or name in catalog.downstream([model.name]):
            connection.execute(f"create table {model.name} as select * from ({model.body}){limit}")
    result = connection.execute(f"select * from {name}")
    columns_out = [item[0] for item in result.description or []]
    return [dict(zip(columns_out, row, strict=True)) for row in result.fetchall()]


def _computed(catalog: Catalog, name: str, given: set[str]) -> set[str]:
    """The models that must be computed for ``name``: it and what it reads, as far as the given tables."""
    needed, frontier = {name}, {name}
    while frontier:
        upstream = {reference for model in frontier for reference in catalog.models[model].references}
        frontier = {reference for reference in upstream if reference in catalog.models} - given - needed
        needed |= frontier
    return needed


@lru_cache(maxsize=1)
def _catalog() -> Catalog:
    return Catalog()


@lru_cache(maxsize=1)
def _shipped_config() -> Mapping[str, pa.Table]:
    with TemporaryDirectory() as folder:
        return config_tables(Home(Path(folder)), RUN_DATE)


def _fill(connection: duckdb.DuckDBPyConnection, inputs: Mapping[str, Rows]) -> None:
    for table, rows in inputs.items():
        if connection.execute(f"select 1 from {table} limit 1").fetchone() is not None:
            continue
        types = {row[0]: row[1] for row in connection.execute(f"describe {table}").fetchall()}
        for row in rows:
            unknown = sorted(set(row) - set(types))
            if unknown:
                raise KeyError(f"{table} has no column {', '.join(unknown)}; it has {', '.join(types)}")
        for columns, alike in groupby(rows, key=tuple):
            texts = zip(
                *([None if value is None else str(value) for value in row.values()] for row in alike), strict=True
            )
            given = pa.table(
                {name: pa.array(list(values), pa.string()) for name, values in zip(columns, texts, strict=True)}
            )
            connection.register("given_rows", given)
            names = ", ".join(f'"{column}"' for column in columns)
            values = ", ".join(f'cast("{column}" as {types[column]})' for column in columns)
            connection.execute(f"insert into {table} ({names}) select {values} from given_rows")
            connection.unregister("given_rows")
