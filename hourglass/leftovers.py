"""Looking for what is left of people who were erased: in the tables of DuckDB files, and in the bytes of every file of the home."""

import shutil
from collections.abc import Collection
from functools import cache
from pathlib import Path

import duckdb

from config.home import Home
from config.settings import Settings
from hourglass.scrub import names_in, own_files, users_files
from pipelines.erasure import People
from pipelines.names_in_text import Names, forms, hide_texts
from pipelines.schema import NAMES, RAW_TABLES
from pipelines.suppression import is_distinctive
from sql.rewrite import rewrite

_MODELS_OWN = {"visitor": {"person_id"}}
"""Columns of models that hold such names under other headings than the raw tables."""
_IDS_OF_ANY_KIND = {"identifier", "customer_key", "referrer_key"}
"""Columns of models whose cells are ids of visitors, customers or addresses, though they are not named ``_id``."""
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


def in_database(path: Path, people: People, names: Names) -> list[str]:
    """The columns of a DuckDB file that hold a name of the people, as ``schema.table.column``; empty where there is no file."""
    return _look_into(path, people, names)[0]


def _look_into(path: Path, people: People, names: Names) -> tuple[list[str], set[str]]:
    """The columns that hold a name, and the names that stand within longer words of others' cells, as ``cust-12`` in ``cust-123``."""
    found: list[str] = []
    within: set[str] = set()
    if not path.is_file():
        return found, within
    searched = Names(_searched(people, names))
    values_of = cache(lambda column: _values_of(column, people))
    with duckdb.connect(str(path), read_only=True) as connection:
        for table in _tables(connection):
            for column in text_columns(connection, table):
                exact = values_of(column)
                query = f'select 1 from {_quoted(table)} where "{column}" in (select unnest(?::varchar[])) limit 1'
                is_there = bool(exact) and connection.execute(query, [exact]).fetchone() is not None
                for cell in searched.cells(connection, table, column):
                    is_there = is_there or (not _is_of_ids(column) and searched.hide(cell) != cell)
                    within |= searched.in_bytes(cell.encode(), ("utf-8",))
                if is_there:
                    found.append(f"{table}.{column}")
    return found, within


def left_over(home: Home, people: People, names: Names) -> list[str]:
    """Every place in which something of the people is left, by column or by file."""
    found: list[str] = []
    within: dict[Path, set[str]] = {}
    for path in (home.warehouse, home.published, home.published_reduced):
        columns, within[path] = _look_into(path, people, names)
        found += [f"{path.relative_to(home.root)}: {column}" for column in columns]
    searched = Names(_searched(people, names))
    for path in own_files(home):
        there = names_in(path, searched) - within.get(path, set())
        if path in within:
            there -= _made_of_neighbours(path, there)
        if there:
            found.append(str(path.relative_to(home.root)))
    return found


def _made_of_neighbours(path: Path, names: Collection[str]) -> set[str]:
    """The names of which one cell of a DuckDB file ends as they begin and another begins as they end: in its bytes cells lie end to end."""
    parts = [(name, cut) for name in sorted(names) for cut in range(1, len(name))]
    ends, begins = set[tuple[str, int]](), set[tuple[str, int]]()
    if not parts:
        return set()
    values = [part for name, cut in parts for part in (name[:cut], name[cut:])]
    with duckdb.connect(str(path), read_only=True) as connection:
        for table in _tables(connection):
            for column in text_columns(connection, table):
                test = f'bool_or(ends_with("{column}", ?)), bool_or(starts_with("{column}", ?))'
                query = f"select {', '.join([test] * len(parts))} from {_quoted(table)}"
                row = connection.execute(query, values).fetchone() or ()
                ends |= {part for place, part in enumerate(parts) if row[2 * place]}
                begins |= {part for place, part in enumerate(parts) if row[2 * place + 1]}
    return {name for name, _ in ends & begins}


def users_files_with(home: Home, names: Collection[str]) -> list[str]:
    """The files outside the inbox that the software did not write and whose bytes hold one of the names."""
    wanted = Names(dict.fromkeys(names, ""))
    return [str(path.relative_to(home.root)) for path in users_files(home) if names_in(path, wanted)]


def take_out_of_published(home: Home, people: People, names: Names, settings: Settings) -> None:
    """Remove the people's rows from the published files and hide the names in their texts, in copies that are then swapped in.

    The figures stay those of the last run that published: they are counts of many.
    """
    engine = settings.engine
    for published in (home.published, home.published_reduced):
        if not published.is_file():
            continue
        building = home.temporary / "without_people.duckdb"
        shutil.copyfile(published, building)
        with duckdb.connect(str(building)) as connection:
            for table in _tables(connection):
                columns = text_columns(connection, table)
                for column in columns:
                    if values := _values_of(column, people):
                        query = f'delete from {_quoted(table)} where "{column}" in (select unnest(?::varchar[]))'
                        connection.execute(query, [values])
                texts = [column for column in columns if not _is_of_ids(column)]
                hide_texts(connection, table, texts, names)
        rewrite(building, home.temporary, memory_limit=engine.memory_limit, threads=engine.threads)
        building.chmod(published.stat().st_mode & 0o777)
        building.replace(published)


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables() where database_name = current_database() and not internal"
        " and not temporary order by all"
    ).fetchall()
    return [f"{schema}.{table}" for schema, table in rows]


def _searched(people: People, names: Names) -> dict[str, str]:
    """The texts to look for everywhere: those of people, not of each of their sessions."""
    records = {text for kind, value in people.names if kind not in NAMES for text in forms(value)}
    return {text: stand_in for text, stand_in in names.stand_ins.items() if text not in records}


def _is_of_ids(column: str) -> bool:
    """Whether a column's cells are ids, which are compared whole: ``cust-12-3`` is not ``cust-12``. Models name such columns ``_id``."""
    named = any(column in table.identifying or column in table.naming_others for table in RAW_TABLES.values())
    return named or column.endswith("_id") or column in _IDS_OF_ANY_KIND


def _values_of(column: str, people: People) -> list[str]:
    """The names and records of the people that such a column may hold."""
    if column == "conversion_id":
        return sorted(f"{kind}:{value}" for kind, value in people.names if kind in _CONVERSION_KINDS)
    kinds = {table.identifying[column] for table in RAW_TABLES.values() if column in table.identifying}
    kinds |= {kind for kind, columns in _MODELS_OWN.items() if column in columns}
    if not kinds and _is_of_ids(column):
        return sorted(value for kind, value in people.names if kind in NAMES and is_distinctive(value))
    return sorted(value for kind, value in people.names if kind in kinds)


def _quoted(table: str) -> str:
    return ".".join(f'"{part}"' for part in table.split("."))
