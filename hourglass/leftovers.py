"""Looking for what is left of a person: in the tables of DuckDB files, and in the bytes of every file of the home."""

import shutil
from collections.abc import Collection, Mapping
from pathlib import Path

import duckdb

from config.home import Home
from config.settings import Settings
from hourglass.scrub import names_in, own_files, users_files
from pipelines.erasure import Person, forms, hide_texts
from pipelines.schema import NAMES, RAW_TABLES
from sql.rewrite import rewrite

_MODELS_OWN = {"visitor": {"person_id"}}
"""Columns of models that hold such names under other headings than the raw tables."""
_CONVERSION_KINDS = ("order", "lead")


def text_columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The text columns of a table ``schema.table``; none where it does not exist."""
    schema, name = table.split(".")
    rows = connection.execute(
        "select column_name from duckdb_columns() where database_name = current_database() and schema_name = ?"
        " and table_name = ? and data_type = 'VARCHAR' order by column_index",
        [schema, name],
    ).fetchall()
    return [row[0] for row in rows]


def in_database(path: Path, person: Person, stand_ins: Mapping[str, str]) -> list[str]:
    """The columns of a DuckDB file that hold a name of the person, as ``schema.table.column``; empty where there is no file."""
    if not path.is_file():
        return []
    found = []
    with duckdb.connect(str(path), read_only=True) as connection:
        for table in _tables(connection):
            for column in text_columns(connection, table):
                condition, values = _condition(column, person, stand_ins)
                query = f"select 1 from {_quoted(table)} where {condition} limit 1"
                if values and connection.execute(query, values).fetchone() is not None:
                    found.append(f"{table}.{column}")
    return found


def left_over(home: Home, person: Person, stand_ins: Mapping[str, str]) -> list[str]:
    """Every place in which something of the person is left, by column or by file."""
    found = [
        f"{path.relative_to(home.root)}: {column}"
        for path in (home.warehouse, home.published, home.published_reduced)
        for column in in_database(path, person, stand_ins)
    ]
    names = _searched(person, stand_ins)
    found += [str(path.relative_to(home.root)) for path in own_files(home) if names_in(path, names)]
    return found


def users_files_with(home: Home, names: Collection[str]) -> list[str]:
    """The files outside the inbox that the software did not write and whose bytes hold one of the names."""
    wanted = dict.fromkeys(names, "")
    return [str(path.relative_to(home.root)) for path in users_files(home) if names_in(path, wanted)]


def take_out_of_published(home: Home, person: Person, stand_ins: Mapping[str, str], settings: Settings) -> None:
    """Remove the person's rows from the published files and hide the names in their texts, in copies that are then swapped in.

    The figures stay those of the last run that published: they are counts of many.
    """
    engine = settings.engine
    for published in (home.published, home.published_reduced):
        if not published.is_file():
            continue
        building = home.temporary / "without_person.duckdb"
        shutil.copyfile(published, building)
        with duckdb.connect(str(building)) as connection:
            for table in _tables(connection):
                columns = text_columns(connection, table)
                for column in columns:
                    if values := _values_of(column, person):
                        query = f'delete from {_quoted(table)} where "{column}" in (select unnest(?::varchar[]))'
                        connection.execute(query, [values])
                hide_texts(connection, table, columns, dict(stand_ins))
        rewrite(building, home.temporary, memory_limit=engine.memory_limit, threads=engine.threads)
        building.chmod(published.stat().st_mode & 0o777)
        building.replace(published)


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database() and not internal"
        " and not temporary order by all"
    ).fetchall()
    return [f"{schema}.{table}" for schema, table in rows]


def _condition(column: str, person: Person, stand_ins: Mapping[str, str]) -> tuple[str, list[object]]:
    """The condition that a text column holds something of the person, with its values."""
    parts: list[str] = []
    values: list[object] = []
    exact = _values_of(column, person)
    searched = sorted(_searched(person, stand_ins))
    if exact:
        parts.append(f'"{column}" in (select unnest(?::varchar[]))')
        values.append(exact)
    for name in searched:
        parts.append(f'contains("{column}", ?)')
        values.append(name)
    return " or ".join(parts), values


def _searched(person: Person, stand_ins: Mapping[str, str]) -> dict[str, str]:
    """The texts to look for everywhere: those of people, not of each of their sessions."""
    records = {text for kind, value in person.names if kind not in NAMES for text in forms(value)}
    return {text: stand_in for text, stand_in in stand_ins.items() if text not in records}


def _values_of(column: str, person: Person) -> list[str]:
    """The names and records of the person that such a column may hold."""
    if column == "conversion_id":
        return sorted(f"{kind}:{value}" for kind, value in person.names if kind in _CONVERSION_KINDS)
    kinds = {table.identifying[column] for table in RAW_TABLES.values() if column in table.identifying}
    kinds |= {kind for kind, columns in _MODELS_OWN.items() if column in columns}
    return sorted(value for kind, value in person.names if kind in kinds)


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))
