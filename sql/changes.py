"""What changed in a run: which delivered files no model has seen yet, and the rows that each table lost and gained.

A change is either a temporary table of rows (old and new versions), or :data:`EVERYTHING` where telling the rows apart would cost as much
as building anew. A table without an entry did not change.
"""

import hashlib
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import duckdb
import pyarrow as pa

META_SCHEMA = "meta"

REGISTRY_TABLES = frozenset({"raw.files", "raw.quarantine"})
"""Small tables whose rows are rewritten in place (a waiting file is tried again): what reads them is always computed again."""


@dataclass(frozen=True)
class Everything:
    """The change of a table that was built anew: any of its rows may differ."""


EVERYTHING = Everything()
Change = str | Everything


@dataclass
class Changes:
    """The changes of one run by table name (``schema.table``)."""

    by_table: dict[str, Change] = field(default_factory=dict)

    def among(self, names: Iterable[str]) -> dict[str, Change]:
        """The changes of the named tables only."""
        return {name: self.by_table[name] for name in sorted(names) if name in self.by_table}


STATE = {
    "propagated": {"table_name": "VARCHAR", "file_id": "VARCHAR", "version": "VARCHAR"},
    "models": {"model": "VARCHAR", "fingerprint": "VARCHAR", "config_digest": "VARCHAR", "columns": "VARCHAR"},
    "rewritten": {"model": "VARCHAR", "part": "VARCHAR", "digest": "VARCHAR", "query": "VARCHAR"},
    "unpublished": {"model": "VARCHAR", "is_full": "BOOLEAN", "units_table": "VARCHAR"},
    "publications": {"sequence_number": "BIGINT", "is_worn": "BOOLEAN"},
    "versions": {"table_name": "VARCHAR", "version": "VARCHAR"},
}
"""The tables that remember what was propagated, built, rewritten and published, and in which version, with their columns."""


def prepare_state(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables of :data:`STATE`.

    Where one is from another version of the software, all are made anew: they only remember work that was done, and without them it is
    done again and published whole.
    """
    connection.execute(f"create schema if not exists {META_SCHEMA}")
    if any(_is_outdated(connection, name) for name in STATE):
        connection.execute(f"drop schema {META_SCHEMA} cascade")
        connection.execute(f"create schema {META_SCHEMA}")
    for name, columns in STATE.items():
        listed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
        connection.execute(f"create table if not exists {META_SCHEMA}.{name} ({listed})")


def _is_outdated(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    table = f"{META_SCHEMA}.{name}"
    if not table_exists(connection, table):
        return False
    return dict(_columns(connection, table)) != STATE[name]


def raw_changes(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> dict[str, Change]:
    """The raw tables that changed since the models last ran.

    New files give the rows of those files, :func:`note_gone` those that were erased. A file that was propagated and is gone from the table
    otherwise, or that was read anew, makes the whole table count as changed: its old rows are no longer there to tell what they touched.
    """
    found: dict[str, Change] = {}
    gone = tables_with_gone_rows(connection)
    for name in sorted(tables):
        if name in REGISTRY_TABLES:
            found[name] = EVERYTHING
            continue
        there = set(connection.execute(_deliveries(connection, name)).fetchall())
        seen = set(
            connection.execute(
                f"select file_id, version from {META_SCHEMA}.propagated where table_name = ?", [name]
            ).fetchall()
        )
        if seen - there:
            found[name] = EVERYTHING
        elif there - seen or name in gone:
            change = temporary_name("changed", name)
            new_files = pa.table({"file_id": pa.array(sorted(file_id for file_id, _ in there - seen), pa.string())})
            connection.register("new_files", new_files)
            erased = f"union all by name select * from {_gone(name)}" if name in gone else ""
            connection.execute(
                f"create or replace temp table {change} as "
                f"select * from {name} where file_id in (select file_id from new_files) {erased}"
            )
            connection.unregister("new_files")
            found[name] = change
    return found


def mark_propagated(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Remember that the models have seen every file that these raw tables hold now; belongs in the models' transaction."""
    for name in sorted(set(tables) - REGISTRY_TABLES):
        connection.execute(f"delete from {META_SCHEMA}.propagated where table_name = ?", [name])
        connection.execute(
            f"insert into {META_SCHEMA}.propagated select ?, file_id, version from ({_deliveries(connection, name)})",
            [name],
        )
        connection.execute(f"drop table if exists {_gone(name)}")


def forget_propagated(connection: duckdb.DuckDBPyConnection, tables: Iterable[str]) -> None:
    """Have the next build compute anew whatever is computed from these raw tables: rows have gone from them, or were changed in place."""
    prepare_state(connection)
    for name in sorted(set(tables) - REGISTRY_TABLES):
        connection.execute(f"update {META_SCHEMA}.propagated set version = 'changed' where table_name = ?", [name])
        note_version(connection, name)


def note_gone(connection: duckdb.DuckDBPyConnection, name: str, rows: str) -> None:
    """Have the next build compute anew what came of rows that are gone from a raw table; belongs in the transaction that removed them.

    Args:
        connection: the warehouse.
        name: the raw table.
        rows: a table with those rows, its columns those of the raw table. They are kept until the models have seen that they are gone.
    """
    prepare_state(connection)
    kept = _gone(name)
    if table_exists(connection, kept) and _columns(connection, kept) != _columns(connection, rows):
        forget_propagated(connection, [name])  # a build failed in between, and the raw table has other columns since
        return
    connection.execute(f"create table if not exists {kept} as select * from {rows} limit 0")
    connection.execute(f"insert into {kept} select * from {rows}")
    connection.execute(
        f"delete from {META_SCHEMA}.propagated where table_name = ? and file_id in (select file_id from {rows}) "
        f"and file_id not in (select file_id from {name})",
        [name],
    )
    note_version(connection, name)


def tables_with_gone_rows(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The raw tables of which :func:`note_gone` keeps rows that the models have not seen to be gone."""
    rows = connection.execute(
        "select table_name from duckdb_tables() where database_name = current_database() and schema_name = ?",
        [META_SCHEMA],
    ).fetchall()
    prefix = temporary_name("gone", "raw.")
    return frozenset(f"raw.{name.removeprefix(prefix)}" for (name,) in rows if name.startswith(prefix))


def _gone(raw_table: str) -> str:
    return f"{META_SCHEMA}.{temporary_name('gone', raw_table)}"


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    return [(row[0], row[1]) for row in connection.execute(f"describe {table}").fetchall()]


def note_version(connection: duckdb.DuckDBPyConnection, table: str, version: str | None = None) -> None:
    """Remember that a table's rows are others than before: under a version of their own, or a digest of them where the caller has one."""
    connection.execute(f"delete from {META_SCHEMA}.versions where table_name = ?", [table])
    connection.execute(f"insert into {META_SCHEMA}.versions values (?, ?)", [table, version or uuid.uuid4().hex])


def note_missing_versions(connection: duckdb.DuckDBPyConnection) -> None:
    """Give every model a version that has none yet: it was built before versions were kept."""
    connection.execute(
        f"insert into {META_SCHEMA}.versions select model, cast(uuid() as varchar) from {META_SCHEMA}.models "
        f"where model not in (select table_name from {META_SCHEMA}.versions)"
    )


def table_versions(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """A text for each table that is another one whenever the table's rows or columns may be; left out where that can't be told.

    Models and configuration carry the version that the last build noted. Raw tables only change when a file is read, which the registry
    shows, or in place, which :func:`forget_propagated` notes.
    """
    if not table_exists(connection, f"{META_SCHEMA}.versions") or not table_exists(connection, "raw.files"):
        return {}
    found = dict(connection.execute(f"select table_name, version from {META_SCHEMA}.versions").fetchall())
    registry = connection.execute(
        "select count(*), bit_xor(hash(file_path, file_id, status, loaded_at)) from raw.files"
    ).fetchone()
    columns: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name = 'raw' order by table_name, column_index"
    ).fetchall():
        columns.setdefault(f"raw.{table}", []).append((column, kind))
    for table in set(columns) - REGISTRY_TABLES:
        parts = (registry, columns[table], count_rows(connection, table), found.get(table))
        found[table] = hashlib.sha256(repr(parts).encode()).hexdigest()
    return found


def _deliveries(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    """A query for the files whose rows a raw table holds, each with a version that changes when its rows are read anew.

    The same bytes are read anew when their sidecar or the formats have changed, or in a full refresh.
    """
    files = f"select distinct file_id from {table}"
    if not table_exists(connection, "raw.files"):
        return f"select file_id, '' as version from ({files})"
    loaded = "select file_id, cast(max(loaded_at) as varchar) as version from raw.files where status <> 'duplicate' group by file_id"
    return f"select file_id, coalesce(version, '') as version from ({files}) left join ({loaded}) using (file_id)"


def roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    """Undo a transaction, unless the engine has done so itself, as it does when the disk is full: its reason must not be lost."""
    with suppress(duckdb.TransactionException):
        connection.execute("rollback")


def temporary_name(purpose: str, table: str) -> str:
    """The name of the temporary table that serves ``purpose`` for a table."""
    return f"{purpose}__{table.replace('.', '__')}"


def row_difference(connection: duckdb.DuckDBPyConnection, old: str, new: str, into: str) -> int:
    """Store the rows that only one of two tables has (each with its multiplicity) in a temporary table; returns how many.

    The tables have the same columns in the same order. Counting each row once over both is a quarter of the work of two ``except all``.
    """
    columns = ", ".join(f'"{row[0]}"' for row in connection.execute(f"describe {new}").fetchall())
    connection.execute(
        f"create or replace temp table {into} as "
        f"with rows_of_each as (select *, -1 as hourglass_side from {old} union all select *, 1 from {new}), "
        f"uneven as (select {columns}, abs(sum(hourglass_side)) as hourglass_copies from rows_of_each "
        f"group by {columns} having sum(hourglass_side) <> 0) "
        f"select {columns} from "
        f"(select {columns}, unnest(generate_series(1, cast(hourglass_copies as bigint))) as hourglass_copy from uneven)"
    )
    return count_rows(connection, into)


def replace_units(connection: duckdb.DuckDBPyConnection, table: str, unit: Sequence[str], old: str, fresh: str) -> int:
    """Put fresh rows into a table in the place of the old ones, in the units where they differ, which ``units`` has then.

    Args:
        connection: the warehouse, in the models' transaction.
        table: the table.
        unit: the columns whose rows are replaced together.
        old: a temporary table with the rows that the table has of these units, and in ``hourglass_place`` where.
        fresh: a temporary table with the rows to come; left in it are the rows that only one of both has.

    Returns how many those are. Most units of a night are new: all their rows differ, so that only the others are laid side by side, and
    the many are neither copied nor looked up a second time.
    """
    listed, same_unit, differing = ", ".join(unit), in_units(unit, unit), temporary_name("differing", table)
    known = f"select fresh.rowid as place from {fresh} as fresh semi join {old} as old using ({listed})"
    row_difference(
        connection,
        f"(select * exclude (hourglass_place) from {old})",
        f"(select * from {fresh} where rowid in ({known}))",
        differing,
    )
    connection.execute(f"delete from {fresh} where rowid in ({known} anti join {differing} using ({listed}))")
    connection.execute(
        f"create or replace temp table units as select {listed} from {fresh} union select {listed} from {differing}"
    )
    connection.execute(f"delete from {table} where rowid in (select hourglass_place from {old} where {same_unit})")
    connection.execute(f"insert into {table} select * from {fresh}")
    connection.execute(f"delete from {fresh} where rowid in ({known})")
    connection.execute(f"insert into {fresh} select * from {differing}")
    connection.execute(f"drop table {differing}")
    return count_rows(connection, fresh)


def count_rows(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """The number of rows of a table."""
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


def in_units(columns: Sequence[str], unit: Sequence[str], table: str = "units") -> str:
    """The condition that a row belongs to one of the units in a table; ``columns`` are the row's, in the order of ``unit``."""
    left, right = ", ".join(columns), ", ".join(unit)
    return (
        f"({left}) in (select ({right}) from {table})" if len(unit) > 1 else f"{left} in (select {right} from {table})"
    )


def at_places(table: str, condition: str) -> str:
    """The same condition on a stored table, for a query that wants all columns of few rows.

    The rows are looked for in the condition's columns alone; the others are then read only in those stretches of the table where they lie.
    """
    return f"rowid in (select rowid from {table} where {condition})"


def table_exists(connection: duckdb.DuckDBPyConnection, name: str, catalog: str | None = None) -> bool:
    """Whether a table or view ``schema.table`` exists (in an attached database, if one is named)."""
    schema, table = name.split(".")
    # DuckDB's own functions: information_schema puts both together anew, with every column, and takes twice as long.
    row = connection.execute(
        "select 1 from duckdb_tables() where schema_name = $1 and table_name = $2 and database_name = coalesce($3, current_database()) "
        "union all "
        "select 1 from duckdb_views() where schema_name = $1 and view_name = $2 and database_name = coalesce($3, current_database()) "
        "limit 1",
        [schema, table, catalog],
    ).fetchone()
    return row is not None
