"""The published file: built beside the one that readers have open, then swapped in whole.

Readers never see a half-written file and never hold up the run: a handle that is open keeps the snapshot it opened. Yesterday's file is
copied at disk speed and only what changed since is applied, so that a night's cost does not grow with the history. Whenever the file does
not match what the warehouse remembers of it, it is written anew.
"""

import os
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
from config.home import Home

from sql.catalog import Catalog
from sql.changes import META_SCHEMA, at_places, count_rows, in_units, prepare_state, roll_back, table_exists
from sql.history import (
    HISTORY,
    LOGS,
    NEW_ROWS,
    RESTATEMENTS,
    VALUES,
    adopt,
    disagreement,
    find_new_rows,
    history_comments,
    prepare_history,
)
from sql.model import PUBLISHED_SCHEMAS
from sql.quoting import quoted_name, quoted_text
from sql.restatements import COMMENTS as RESTATEMENT_COMMENTS
from sql.restatements import NEW_RESTATEMENTS, find_restatements, note_known, prepare_restatements

STORAGE_VERSION = "v1.0.0"
"""Every DuckDB client from 1.0 on reads it; a newer storage version locks out the clients that BI tools bundle."""

PUBLICATION = "quality.publication"
PUBLICATION_COMMENTS = {
    "": "One row: the run that this file comes from. Every table of the file is of this run.",
    "run_id": "The run's id, as in Dagster. (unit: id)",
    "run_date": "The local date that the run counted as today. (unit: date)",
    "published_at": "When the file was written, UTC. (unit: timestamp)",
    "sequence_number": "How many files this installation has published, this one included. (unit: rank)",
    "storage_version": "The DuckDB storage version of the file. (unit: text)",
}

HOW_TO_MEND = "`hourglass run --full-refresh` logs every value anew"


class PublishError(Exception):
    """The file could not be published; the one before is as it was."""


@dataclass(frozen=True)
class ExtraTable:
    """A table of the warehouse that no model makes and that is published too: check results, for example.

    ``comments`` has the table's own under the empty name.
    """

    name: str
    comments: Mapping[str, str]


@dataclass
class PublishReport:
    """What a publication did: rows by table in the new file, what was rewritten whole or in part, bytes, seconds."""

    path: Path
    rows: dict[str, int] = field(default_factory=dict)
    rewritten: list[str] = field(default_factory=list)
    patched: list[str] = field(default_factory=list)
    bytes: int = 0
    seconds: float = 0.0
    is_new_file: bool = False
    sequence_number: int = 0


def publish(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    home: Home,
    *,
    run_id: str,
    run_date: str,
    published_at: str,
    extra: tuple[ExtraTable, ...] = (),
) -> PublishReport:
    """Write the published file of this run and swap it in.

    Args:
        connection: the warehouse, outside a transaction.
        catalog: the models; those of the published schemas go into the file, intermediate ones stay out.
        home: where the file goes.
        run_id, run_date, published_at: what :data:`PUBLICATION` says (ISO date; ISO timestamp, UTC).
        extra: further tables of the warehouse.

    Raises:
        PublishError: the disk is full or not writable, a table is missing, or the log of KPI values contradicts them; the file before is
            as it was.
    """
    started = time.perf_counter()
    prepare_state(connection)
    building = home.temporary / "publishing.duckdb"
    try:
        home.temporary.mkdir(parents=True, exist_ok=True)
        home.published.parent.mkdir(parents=True, exist_ok=True)
        discard(building)
        has_history = prepare_history(connection)
        is_copy, number = _start_from_previous(connection, home.published, building)
        report = PublishReport(home.published, is_new_file=not is_copy, sequence_number=number)
        if has_history:
            find_new_rows(connection, run_date, number)
            prepare_restatements(connection)
            find_restatements(connection, catalog, run_date, number)
        connection.execute(f"attach {quoted_text(building)} as published (storage_version '{STORAGE_VERSION}')")
        try:
            connection.execute("begin transaction")
            _write_models(connection, catalog, report)
            for table in extra:
                _replace(connection, table.name, report)
                comment(connection, table.name, table.comments)
            if has_history:
                _write_log(connection, HISTORY, NEW_ROWS, history_comments(catalog), report)
                _write_log(connection, RESTATEMENTS, NEW_RESTATEMENTS, RESTATEMENT_COMMENTS, report)
                if table_exists(connection, VALUES, "published") and (fault := disagreement(connection, "published")):
                    raise PublishError(f"{home.published} was not replaced: {fault}. {HOW_TO_MEND}")
            write_publication(connection, run_id, run_date, published_at, number)
            connection.execute("commit")
            connection.execute("checkpoint published")
            is_worn = _is_worn(connection)
        finally:
            roll_back(connection)
            connection.execute("detach published")
        swap_in(building, home.published)
    except PublishError:
        discard(building)
        raise
    except (OSError, duckdb.Error) as error:
        discard(building)
        raise PublishError(f"{home.published} was not replaced: {error}") from error
    _remember(connection, catalog, run_date, number, is_worn=is_worn, has_history=has_history)
    report.bytes = home.published.stat().st_size
    report.seconds = time.perf_counter() - started
    return report


def forget_published_file(connection: duckdb.DuckDBPyConnection) -> None:
    """Have the next publication write the whole file anew instead of changing a copy of the one before."""
    prepare_state(connection)
    connection.execute(f"update {META_SCHEMA}.publications set is_worn = true")


def _write_models(connection: duckdb.DuckDBPyConnection, catalog: Catalog, report: PublishReport) -> None:
    pending = dict(
        connection.execute(f"select model, units_table from {META_SCHEMA}.unpublished where not is_full").fetchall()
    )
    full = {
        row[0] for row in connection.execute(f"select model from {META_SCHEMA}.unpublished where is_full").fetchall()
    }
    published = [model for model in catalog.order if model.is_published]
    for schema in PUBLISHED_SCHEMAS:
        connection.execute(f"create schema if not exists published.{schema}")
    there = {
        row[0]
        for row in connection.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_catalog = 'published'"
        ).fetchall()
    }
    for model in published:
        if report.is_new_file or model.name in full or model.name not in there:
            _replace(connection, model.name, report)
            comment(
                connection,
                model.name,
                {"": model.header.description, **{k: c.comment for k, c in model.header.columns.items()}},
            )
        elif model.name in pending:
            where = in_units(model.header.unit, model.header.unit, pending[model.name])
            connection.execute(f"delete from published.{model.name} where {where}")
            rows = at_places(model.name, where)
            connection.execute(f"insert into published.{model.name} select * from {model.name} where {rows}")
            report.patched.append(model.name)
        report.rows[model.name] = count_rows(connection, f"published.{model.name}")
    _drop_strangers(connection, {*(model.name for model in published), *LOGS})


def _write_log(
    connection: duckdb.DuckDBPyConnection, log: str, new_rows: str, comments: Mapping[str, str], report: PublishReport
) -> None:
    """Append this publication's rows to a log in the file; a file that is new, or older than the log's columns, gets all of it."""
    columns = connection.execute(f"select column_name from (describe {log})").fetchall()
    is_there = table_exists(connection, log, "published")
    if is_there and connection.execute(f"select column_name from (describe published.{log})").fetchall() == columns:
        report.patched.append(log)
    else:
        connection.execute(f"create or replace table published.{log} as select * from {log}")
        comment(connection, log, comments)
        report.rewritten.append(log)
    connection.execute(f"insert into published.{log} by name select * from {new_rows}")
    report.rows[log] = count_rows(connection, f"published.{log}")


def _drop_strangers(connection: duckdb.DuckDBPyConnection, known: set[str]) -> None:
    """Remove the tables of models that the project no longer has, and whatever a client has written, from a copied file."""
    there = connection.execute(
        "select table_schema, table_name, table_type from information_schema.tables where table_catalog = 'published'"
    ).fetchall()
    for schema, table, kind in there:
        if f"{schema}.{table}" not in known:
            what = "view" if kind == "VIEW" else "table"
            connection.execute(f"drop {what} {quoted_name('published', schema, table)}")


def _replace(connection: duckdb.DuckDBPyConnection, name: str, report: PublishReport) -> None:
    connection.execute(f"create or replace table published.{name} as select * from {name}")
    report.rewritten.append(name)
    report.rows[name] = count_rows(connection, f"published.{name}")


def comment(connection: duckdb.DuckDBPyConnection, name: str, comments: Mapping[str, str]) -> None:
    """Put the texts on a table of the file being written (the empty name) and on its columns."""
    for column, text in comments.items():
        target = f'column published.{name}."{column}"' if column else f"table published.{name}"
        connection.execute(f"comment on {target} is {quoted_text(text.strip())}")


def write_publication(
    connection: duckdb.DuckDBPyConnection, run_id: str, run_date: str, published_at: str, number: int
) -> None:
    """Write :data:`PUBLICATION` into the file being written."""
    connection.execute(
        f"create or replace table published.{PUBLICATION} as select cast(? as varchar) as run_id, cast(? as date) as run_date, "
        "cast(? as timestamp) as published_at, cast(? as bigint) as sequence_number, cast(? as varchar) as storage_version",
        [run_id, run_date, published_at, number, STORAGE_VERSION],
    )
    comment(connection, PUBLICATION, PUBLICATION_COMMENTS)


def _start_from_previous(connection: duckdb.DuckDBPyConnection, published: Path, building: Path) -> tuple[bool, int]:
    """Copy yesterday's file if it is the one that the warehouse last published and is not worn.

    Returns whether it did, and the number of the publication to come. A file with a number that the warehouse has no note of is from runs
    that died right after the swap, or from a warehouse that is lost: what it logged is taken over, and the coming file is written anew.
    """
    number, is_worn = _last_publication(connection)
    if not published.is_file():
        return False, number + 1
    try:
        connection.execute(f"attach {quoted_text(published)} as previous (read_only)")
    except duckdb.Error:  # not ours, damaged, or held open for writing by a client
        return False, number + 1
    try:
        row = connection.execute(f"select sequence_number, storage_version from previous.{PUBLICATION}").fetchone()
        if row is not None and row[0] > number and row[1] == STORAGE_VERSION:
            _take_over(connection, number, row[0])
            return False, row[0] + 1
    except duckdb.Error:
        return False, number + 1
    finally:
        connection.execute("detach previous")
    if row != (number, STORAGE_VERSION) or is_worn:
        return False, number + 1
    _copy(published, building)
    return True, number + 1


def _take_over(connection: duckdb.DuckDBPyConnection, known: int, published: int) -> None:
    """Note the publications after the ``known`` one, up to the ``published`` one attached as ``previous``, as if their runs had."""
    connection.execute("begin transaction")
    try:
        adopt(connection, "previous", known)
        _note_publication(connection, published, is_worn=True)
        connection.execute("commit")
    except BaseException:
        roll_back(connection)
        raise


def _copy(source: Path, target: Path) -> None:
    """Copy a file, sharing its blocks where the file system can."""
    try:
        import fcntl

        with source.open("rb") as read, target.open("wb") as write:
            fcntl.ioctl(write.fileno(), 0x40049409, read.fileno())  # FICLONE
    except (ImportError, OSError):
        shutil.copyfile(source, target)


def swap_in(building: Path, published: Path) -> None:
    """Make the finished file durable, then visible."""
    building.chmod(0o640)
    with building.open("rb") as file:
        os.fsync(file.fileno())
    published.with_name(published.name + ".wal").unlink(
        missing_ok=True
    )  # of a client that wrote: it belongs to the old file
    building.replace(published)
    folder = os.open(published.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _last_publication(connection: duckdb.DuckDBPyConnection) -> tuple[int, bool]:
    """The number of the last publication (0: none yet) and whether its file is worn, that is more holes than data.

    Without a note of it the numbering goes on from the log, and the file does not count as known.
    """
    row = connection.execute(f"select sequence_number, is_worn from {META_SCHEMA}.publications").fetchone()
    if row is not None:
        return int(row[0]), bool(row[1])
    if not table_exists(connection, HISTORY):
        return 0, False
    logged = connection.execute(f"select coalesce(max(sequence_number), 0) from {HISTORY}").fetchone()
    return (int(logged[0]) if logged else 0), True


def _note_publication(connection: duckdb.DuckDBPyConnection, number: int, *, is_worn: bool) -> None:
    """Put down what :func:`_last_publication` reads; belongs in the transaction that keeps what was published."""
    connection.execute(f"delete from {META_SCHEMA}.publications")
    connection.execute(f"insert into {META_SCHEMA}.publications values (?, ?)", [number, is_worn])


def _is_worn(connection: duckdb.DuckDBPyConnection) -> bool:
    row = connection.execute(
        "select free_blocks > used_blocks and total_blocks > 200 from pragma_database_size() where database_name = 'published'"
    ).fetchone()
    return bool(row and row[0])


def _remember(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    run_date: str,
    number: int,
    *,
    is_worn: bool,
    has_history: bool,
) -> None:
    """Note in the warehouse that the file is out, so that only later changes are applied to its copy."""
    connection.execute("begin transaction")
    for (table,) in connection.execute(
        f"select units_table from {META_SCHEMA}.unpublished where units_table is not null"
    ).fetchall():
        connection.execute(f"drop table if exists {table}")
    connection.execute(f"delete from {META_SCHEMA}.unpublished")
    _note_publication(connection, number, is_worn=is_worn)
    if has_history:
        for log, new_rows in ((HISTORY, NEW_ROWS), (RESTATEMENTS, NEW_RESTATEMENTS)):
            connection.execute(f"insert into {log} by name select * from {new_rows}")
            connection.execute(f"drop table {new_rows}")
        note_known(connection, catalog, run_date)
    connection.execute("commit")


def discard(path: Path) -> None:
    """Remove a database file that was not finished."""
    for leftover in (path, path.with_name(path.name + ".wal")):
        leftover.unlink(missing_ok=True)
