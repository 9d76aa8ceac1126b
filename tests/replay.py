"""A warehouse to which files are delivered night by night: what the replay tests compare with one full build."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from config.home import Home
from config.tables import config_tables
from sql.catalog import Catalog
from sql.materialise import build
from sql.model import load_models
from tests.session_rows import RAW_COLUMNS, Row


def catalog_of(*names: str) -> Catalog:
    """The named models and all that they are computed from."""
    models = load_models()
    needed: set[str] = set()
    wanted = set(names)
    while wanted:
        needed |= wanted
        wanted = {name for model in wanted for name in models[model].references if name in models} - needed
    return Catalog({name: models[name] for name in needed})


class Warehouse:
    """A database with the models of a catalog and the raw tables that they read."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.connection = duckdb.connect()
        self.connection.execute("set threads = 1")
        self.config = config_tables(Home(Path("nowhere")), date(2026, 11, 16))
        self.connection.execute("create schema raw")
        for table in catalog.raw_tables:
            columns = RAW_COLUMNS[table.removeprefix("raw.")]
            listed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
            self.connection.execute(f"create table {table} ({listed})")

    def deliver(self, table: str, rows: Sequence[Row]) -> None:
        """Rows of one raw table, named without its schema."""
        for row in rows:
            marks = ", ".join("?" for _name in row)
            self.connection.execute(f"insert into raw.{table} ({', '.join(row)}) values ({marks})", list(row.values()))

    def deliver_all(self, night: Mapping[str, Sequence[Row]]) -> None:
        """Rows by raw table."""
        for table, rows in night.items():
            self.deliver(table, rows)

    def build(self, *, full: bool = False) -> dict[str, str]:
        """Bring the models up to date; by model, what was done."""
        report = build(self.connection, self.catalog, config=self.config, full=full)
        return {result.model: result.action for result in report.results}

    def rows(self, *models: str) -> dict[str, list[tuple[Any, ...]]]:
        """By model, all its rows in order."""
        return {model: self.connection.execute(f"select * from {model} order by all").fetchall() for model in models}
