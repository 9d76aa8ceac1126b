"""Dagster's event log in SQLite, with its connections kept open.

Dagster's own storage opens and closes a database for every event, and closing the last connection makes SQLite write the whole log back
and wait for the disk: a run over a hundred assets and checks then waits longer for its event log than for its numbers. Keeping one
connection a database open, and syncing at checkpoints rather than at every commit (SQLite's own advice for write-ahead logs), takes that
wait away. A power cut may lose the last events of a run, never the database. Dagster also asks at every event which tables and columns
there are; what was seen once is remembered. Of the events that come by the hundred, a row each asset or check, the run's own log is
written in bursts. Files and tables are Dagster's own.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from dagster import AssetKey, EventLogRecord
from dagster._core.events import ASSET_CHECK_EVENTS, ASSET_EVENTS, EVENT_TYPE_TO_PIPELINE_RUN_STATUS, DagsterEventType
from dagster._core.events.log import EventLogEntry
from dagster._core.storage.event_log import AssetKeyTable, SqlEventLogStorageTable, SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool

OPEN_DATABASES = 8
"""One for what runs share and one for each of the newest runs that were looked at."""


ONE_OF_MANY = frozenset(
    {
        DagsterEventType.ASSET_MATERIALIZATION_PLANNED,
        DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED,
        DagsterEventType.ASSET_MATERIALIZATION,
        DagsterEventType.ASSET_CHECK_EVALUATION,
        DagsterEventType.STEP_OUTPUT,
    }
)
"""A run of the job has hundreds of these, one right after the other; every other event is written at once, with those before it."""
SECONDS_WAITING_AT_MOST = 0.5


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's per-run SQLite files under ``<base_dir>/history/runs``, each opened once."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """``base_dir`` is Dagster's home."""
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._seen: set[str] = set()
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._newest: dict[str, tuple[str, EventLogRecord]] = {}
        self._written_at = time.monotonic()
        super().__init__(str(Path(base_dir) / "history" / "runs"), inst_data)

    @classmethod
    def from_config_value(cls, inst_data: ConfigurableClassData | None, config_value: Any) -> Self:
        """Made by Dagster from ``dagster.yaml``."""
        return cls(inst_data=inst_data, **config_value)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.connect() as connection, connection.begin():
                if waiting := self._waiting.pop(shard, None):
                    connection.execute(SqlEventLogStorageTable.insert(), waiting)
                yield connection

    def store_event(self, event: EventLogEntry) -> None:
        """Store an event in its run's log and, as Dagster does, those about assets, checks and a run's status in the shared database too.

        A process that is killed may lose the newest :data:`ONE_OF_MANY` of its run's log, never what the shared database says.
        """
        row = self._event_to_row(event)
        kind = event.dagster_event_type if event.is_dagster_event else None
        self._waiting.setdefault(event.run_id, []).append(row)
        if kind in ASSET_EVENTS | ASSET_CHECK_EVENTS:
            with self.index_connection() as connection:
                inserted = connection.execute(SqlEventLogStorageTable.insert(), row).inserted_primary_key
                event_id = inserted[0] if inserted else 0
                if kind in ASSET_EVENTS:
                    self._store_asset_event_tags(connection, [event], [event_id])
                    self._store_asset_event(connection, event, event_id)
            if kind in ASSET_CHECK_EVENTS:
                self.store_asset_check_event(event, event_id)
        elif kind in EVENT_TYPE_TO_PIPELINE_RUN_STATUS:
            with self.index_connection() as connection:
                connection.execute(SqlEventLogStorageTable.insert(), row)
        if kind not in ONE_OF_MANY or time.monotonic() - self._written_at > SECONDS_WAITING_AT_MOST:
            self._write_waiting()

    def _write_waiting(self) -> None:
        for run_id in list(self._waiting):
            with self.run_connection(run_id):
                pass
        self._written_at = time.monotonic()

    def _store_asset_event(self, conn: Connection, event: EventLogEntry, event_id: int) -> None:
        key = event.get_dagster_event().asset_key
        values = self._get_asset_entry_values(event, event_id, self._has_asset_key_index_cols_on_connection(conn))
        if key and values:
            if said := values.get("last_materialization"):
                self._newest[key.to_string()] = (said, EventLogRecord(storage_id=event_id, event_log_entry=event))
            # An upsert would be compiled anew for each event, which takes longer than both of these.
            same = AssetKeyTable.c.asset_key == key.to_string()
            if conn.execute(AssetKeyTable.update().where(same).values(**values)).rowcount == 0:
                conn.execute(AssetKeyTable.insert(), {"asset_key": key.to_string(), **values})

    def _get_latest_materialization_records(
        self, raw_asset_rows: Sequence[Mapping[str, Any]]
    ) -> Mapping[AssetKey, EventLogRecord | None]:
        """The newest materialization of each asset. A step asks for those of its own assets one by one, right after they were stored:
        as long as an asset's row says what this process wrote, the event is at hand and needs neither parsing nor a second query.
        """
        at_hand: dict[AssetKey, EventLogRecord | None] = {}
        others = []
        for row in raw_asset_rows:
            said, record = self._newest.get(row["asset_key"], ("", None))
            key = AssetKey.from_db_string(row["asset_key"])
            if key and record and row["last_materialization"] == said and row["asset_details"] is None:
                at_hand[key] = record
            else:
                others.append(row)
        return {**at_hand, **super()._get_latest_materialization_records(others)} if others else at_hand

    def has_table(self, table_name: str) -> bool:
        """Whether the shared database has a table; a migration may add one and takes none away."""
        look = super().has_table
        return self._is_seen(table_name, lambda: look(table_name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        look = super()._has_asset_key_col_on_connection
        return self._is_seen(f"asset_keys.{column_name}", lambda: look(conn, column_name))

    def _is_seen(self, name: str, look: Callable[[], bool]) -> bool:
        if name not in self._seen and look():
            self._seen.add(name)
        return name in self._seen

    def _engine(self, shard: str) -> Engine:
        engine = self._engines.get(shard)
        if engine is None:
            timeout = {"timeout": SQLITE_BUSY_TIMEOUT_SECONDS}
            address = self.conn_string_for_shard(shard)
            engine = create_engine(address, poolclass=QueuePool, pool_size=1, connect_args=timeout)
            event.listen(engine, "connect", _sync_at_checkpoints)
            self._engines[shard] = engine
            while len(self._engines) > OPEN_DATABASES:
                self._engines.popitem(last=False)[1].dispose()
        self._engines.move_to_end(shard)
        return engine

    def drop_run_file(self, run_id: str) -> None:
        """Remove the file of a run whose events were deleted: Dagster leaves it behind, empty and as large as it was."""
        with self._db_lock:
            engine = self._engines.pop(run_id, None)
            if engine is not None:
                engine.dispose()
            self._initialized_dbs.discard(run_id)
            path = Path(self.path_for_shard(run_id))
            for leftover in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
                leftover.unlink(missing_ok=True)

    def dispose(self) -> None:
        """Write what waits and close every database."""
        self._write_waiting()
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


def _sync_at_checkpoints(connection: Any, _record: object) -> None:
    connection.execute("pragma synchronous = normal")
