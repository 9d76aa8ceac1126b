"""What was seen and what happened to it: ``raw.files``, ``raw.quarantine`` and the bookkeeping of a load.

A file counts once its row stands in ``raw.files``. Rows of other files in the raw tables are leftovers of a run that was
killed: ``raw.loads_begun`` names the files that a run set out to load, and the next run removes what is theirs.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import pyarrow as pa

from pipelines.inbox import outer_path
from pipelines.schema import DATA_TABLES, RAW_TABLES
from pipelines.statement import Sql, compose, identifier, join

LOADED = ("loaded", "partly_loaded")
BOOKKEEPING = (
    "create table if not exists raw.details_dropped (raw_table varchar, until timestamp)",
    "create table if not exists raw.email_key (key_check varchar)",
    "create table if not exists raw.loads_begun (file_id varchar, raw_table varchar)",
    "create table if not exists raw.inbox_paths"
    " (file_path varchar primary key, bytes bigint, mtime_ns bigint, sha256 varchar, settled varchar)",
)


@dataclass
class FileResult:
    """One row of ``raw.files``; counts are of records in the file. ``tables`` says how many raw rows they became.

    ``explanation`` says in words how each of its tables was recognised; it is not kept.
    ``rows_erased`` are records of erased people: they were left out and are in none of the other counts.
    ``delivered`` is what :mod:`pipelines.delivered` notes of its columns.
    ``asks_beside`` is set where files beside it may yet tell what it does not.
    """

    file_path: str
    file_id: str
    bytes: int
    source: str | None = None
    platform: str | None = None
    export_kind: str | None = None
    locale: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    account: str | None = None
    period_from_date: date | None = None
    period_to_date: date | None = None
    downloaded_at: datetime | None = None
    rows_read: int = 0
    rows_loaded: int = 0
    rows_totals: int = 0
    rows_quarantined: int = 0
    rows_erased: int = 0
    status: str = "loaded"
    reason: str | None = None
    loaded_at: datetime | None = None
    notes: list[str] = field(default_factory=list)
    question: str | None = None
    nearest: str | None = None
    tables: dict[str, int] = field(default_factory=dict)
    format: str | None = None
    context_key: str | None = None
    formats_key: str | None = None
    rejected: list[tuple[int | None, str, str]] = field(default_factory=list)
    explanation: list[str] = field(default_factory=list)
    asks_beside: bool = False
    delivered: str | None = None
    as_given: str | None = None

    def wait(self, reason: str, *, question: str | None = None, nearest: str | None = None) -> "FileResult":
        """Make it a file that waits whole. Returns itself."""
        self.status, self.reason, self.question, self.nearest = "quarantined", reason, question, nearest
        self.rows_loaded, self.rows_totals, self.rows_quarantined = 0, 0, self.rows_read
        self.tables = {}
        return self

    def settle(self) -> None:
        """Set the status by the counts. Raises AssertionError when records have got lost."""
        if self.status in ("quarantined", "duplicate"):
            return
        if self.rows_read != self.rows_loaded + self.rows_totals + self.rows_quarantined:
            raise AssertionError(
                f"{self.file_path}: {self.rows_read} records read, but {self.rows_loaded} loaded, {self.rows_totals} totals"
                f" and {self.rows_quarantined} quarantined"
            )
        if self.rows_quarantined == 0:
            self.status = "loaded"
        else:
            self.status = "partly_loaded" if self.rows_loaded or self.rows_totals else "quarantined"
            reasons = list(dict.fromkeys(reason for _line, reason, _text in self.rejected))
            more = f" (and {len(reasons) - 3} other reasons)" if len(reasons) > 3 else ""
            self.reason = self.reason or "; ".join(reasons[:3]) + more


@dataclass(frozen=True)
class SeenPath:
    """What is remembered of a path: its bytes had this digest, and were settled under this key."""

    bytes: int
    mtime_ns: int
    sha256: str
    settled: str | None


@dataclass(frozen=True)
class KnownFile:
    """What is remembered of a content."""

    file_path: str
    status: str
    context_key: str | None
    formats_key: str | None


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the schema and every raw table that is missing, with all columns."""
    connection.execute("create schema if not exists raw")
    for table in RAW_TABLES.values():
        columns = join(
            ", ", [compose("{name} {type}", name=identifier(c.name), type=Sql(c.type)) for c in table.columns]
        )
        connection.execute(
            compose(
                "create table if not exists {table} ({columns})", table=identifier("raw", table.name), columns=columns
            )
        )
    for statement in BOOKKEEPING:
        connection.execute(statement)


def leftovers(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether a run was killed while it loaded."""
    return connection.execute("select 1 from raw.loads_begun limit 1").fetchone() is not None


def remove_leftovers(connection: duckdb.DuckDBPyConnection) -> int:
    """Delete the rows that a killed run left. Returns how many."""
    removed = 0
    with transaction(connection):
        for table in DATA_TABLES:
            query = compose(
                "delete from {table} where file_id in (select file_id from raw.loads_begun where raw_table = {name})"
                " and file_id not in (select file_id from raw.files where status in ('loaded', 'partly_loaded'))",
                table=identifier("raw", table.name),
                name=Sql("'" + table.name + "'"),
            )
            row = connection.execute(query).fetchone()
            removed += int(row[0]) if row else 0
        connection.execute("delete from raw.loads_begun")
    return removed


class transaction:  # noqa: N801
    """``with transaction(connection):`` commits at the end, rolls back on any exception."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    def __enter__(self) -> None:
        self.connection.execute("begin transaction")

    def __exit__(self, kind: object, value: object, trace: object) -> None:
        if kind is None:
            self.connection.execute("commit")
        else:
            with suppress(
                duckdb.TransactionException
            ):  # the engine has done so itself, as it does when the disk is full
                self.connection.execute("rollback")


def seen_paths(connection: duckdb.DuckDBPyConnection) -> dict[str, SeenPath]:
    """Every path that an earlier run looked at."""
    rows = connection.execute("select file_path, bytes, mtime_ns, sha256, settled from raw.inbox_paths").fetchall()
    return {row[0]: SeenPath(*row[1:]) for row in rows}


def known_files(connection: duckdb.DuckDBPyConnection) -> dict[str, KnownFile]:
    """By content: the row of ``raw.files`` that speaks for it: never a duplicate's, and where it waits under one path the other one's."""
    rows = connection.execute(
        "select file_id, file_path, status, context_key, formats_key from raw.files where status <> 'duplicate'"
        " order by status <> 'quarantined', loaded_at, file_path"
    ).fetchall()
    return {row[0]: KnownFile(*row[1:]) for row in rows}


def begin_load(
    connection: duckdb.DuckDBPyConnection, loads: Mapping[str, Sequence[str]], replaced: Iterable[str]
) -> set[str]:
    """Write down which files are about to be loaded into which tables, and remove what ``replaced`` files loaded before.

    Returns the tables from which rows were removed.
    """
    intents = [(file_id, table) for table, ids in loads.items() for file_id in ids]
    old = sorted(set(replaced))
    changed: set[str] = set()
    with transaction(connection):
        if intents:
            connection.register(
                "intents", pa.table({"file_id": [i for i, _ in intents], "raw_table": [t for _, t in intents]})
            )
            connection.execute("insert into raw.loads_begun select file_id, raw_table from intents")
            connection.unregister("intents")
        if old:
            connection.register("old_files", pa.table({"file_id": pa.array(old, pa.string())}))
            for table in DATA_TABLES:
                name = identifier("raw", table.name)
                gone = connection.execute(
                    compose("delete from {table} where file_id in (select file_id from old_files)", table=name)
                ).fetchone()
                if gone and gone[0]:
                    changed.add(table.name)
            for query in (
                "delete from raw.files where file_id in (select file_id from old_files)",
                "delete from raw.quarantine where file_id in (select file_id from old_files)",
                "update raw.inbox_paths set settled = null where sha256 in (select file_id from old_files)",
            ):
                connection.execute(query)
            connection.unregister("old_files")
    return changed


def commit(
    connection: duckdb.DuckDBPyConnection,
    results: Sequence[FileResult],
    paths: Mapping[str, SeenPath],
) -> None:
    """Make the loaded files count: their registry rows, their quarantine and the paths, all at once."""
    now = datetime.now(UTC).replace(tzinfo=None, microsecond=0)
    for result in results:
        result.loaded_at = now
    with transaction(connection):
        if results:
            _replace_rows(connection, results)
        if paths:
            names = list(paths)
            table = pa.table(
                {
                    "file_path": pa.array(names, pa.string()),
                    "bytes": pa.array([paths[name].bytes for name in names], pa.int64()),
                    "mtime_ns": pa.array([paths[name].mtime_ns for name in names], pa.int64()),
                    "sha256": pa.array([paths[name].sha256 for name in names], pa.string()),
                    "settled": pa.array([paths[name].settled for name in names], pa.string()),
                }
            )
            connection.register("new_paths", table)
            connection.execute("insert or replace into raw.inbox_paths select * from new_paths")
            connection.unregister("new_paths")
        connection.execute("delete from raw.loads_begun")


def _replace_rows(connection: duckdb.DuckDBPyConnection, results: Sequence[FileResult]) -> None:
    schema = RAW_TABLES["files"].arrow_schema
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    waiting: dict[str, list[Any]] = {name: [] for name in RAW_TABLES["quarantine"].arrow_schema.names}
    for result in results:
        for name in schema.names:
            value: Any
            if name == "notes":
                value = "; ".join(result.notes) or None
            elif name == "raw_rows":
                value = json.dumps(result.tables)
            else:
                value = getattr(result, name)
            columns[name].append(value)
        rejected = result.rejected
        if result.status == "quarantined" and not rejected:
            rejected = [(None, result.reason or "", "")]
        for line, reason, text in rejected:
            row = (result.file_id, result.file_path, line, reason, text)
            for name, value in zip(waiting, row, strict=True):
                waiting[name].append(value)
    files = pa.table({name: pa.array(columns[name], schema.field(name).type) for name in schema.names})
    connection.register("new_files", files)
    for query in (
        "delete from raw.quarantine where (file_path, file_id) in (select (file_path, file_id) from new_files)",
        "delete from raw.files where (file_path, file_id) in (select (file_path, file_id) from new_files)",
        # A file that waited and was then changed is answered by its new content.
        "delete from raw.quarantine where file_path in (select file_path from new_files)"
        " and file_id in (select file_id from raw.files where status = 'quarantined')",
        "delete from raw.files where status in ('quarantined', 'duplicate') and file_path in (select file_path from new_files)",
        "insert into raw.files by name select * from new_files",
    ):
        connection.execute(query)
    connection.unregister("new_files")
    schema = RAW_TABLES["quarantine"].arrow_schema
    table = pa.table({name: pa.array(waiting[name], schema.field(name).type) for name in schema.names})
    connection.register("new_quarantine", table)
    connection.execute("insert into raw.quarantine by name select * from new_quarantine")
    connection.unregister("new_quarantine")


def paths_of(connection: duckdb.DuckDBPyConnection, contents: Iterable[str]) -> list[str]:
    """The paths under which these contents were seen, whatever became of them there."""
    query = "select distinct file_path from raw.files where file_id in (select unnest(?)) order by file_path"
    return [row[0] for row in connection.execute(query, [sorted(contents)]).fetchall()]


def forget_gone(connection: duckdb.DuckDBPyConnection, present: Collection[str]) -> None:
    """Files that waited and are gone from the inbox no longer wait; loaded ones stay, with their rows."""
    seen = connection.execute("select file_path from raw.inbox_paths").fetchall()
    waited = connection.execute(
        "select distinct file_path from raw.files where status in ('quarantined', 'duplicate')"
    ).fetchall()
    gone = sorted({path for (path,) in (*seen, *waited) if outer_path(path, present) is None})
    if not gone:
        return
    with transaction(connection):
        connection.register("gone_paths", pa.table({"path": pa.array(gone, pa.string())}))
        for query in (
            "delete from raw.inbox_paths where file_path in (select path from gone_paths)",
            "delete from raw.quarantine where (file_path, file_id) in (select (file_path, file_id) from raw.files"
            " where status = 'quarantined' and file_path in (select path from gone_paths))",
            "delete from raw.files where status in ('quarantined', 'duplicate')"
            " and file_path in (select path from gone_paths)",
        ):
            connection.execute(query)
        connection.unregister("gone_paths")
