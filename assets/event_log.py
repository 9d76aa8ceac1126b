"""Dagster's event log in SQLite, with its connections kept open.

Dagster's own storage opens and closes a database for every event, and closing the last connection makes SQLite write the whole log back
and wait for the disk: a run over a hundred assets and checks then waits longer for its event log than for its numbers. Keeping one
connection a database open, and syncing at checkpoints rather than at every commit (SQLite's own advice for write-ahead logs), takes that
wait away. A power cut may lose the last events of a run, never the database. Dagster also asks at every event which tables and columns
there are; what was seen once is remembered. Files and tables are Dagster's own.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from dagster._core.storage.event_log import SqliteEventLogStorage
from dagster._core.storage.sqlite import SQLITE_BUSY_TIMEOUT_SECONDS
from dagster._serdes import ConfigurableClassData
from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.pool import QueuePool

OPEN_DATABASES = 8
"""One for what runs share and one for each of the newest runs that were looked at."""


class PooledSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's per-run SQLite files under ``<base_dir>/history/runs``, each opened once."""

    def __init__(self, base_dir: str, inst_data: ConfigurableClassData | None = None) -> None:
        """``base_dir`` is Dagster's home."""
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._seen: set[str] = set()
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
                yield connection

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

    def dispose(self) -> None:
        """Close every database."""
        super().dispose()
        for engine in self._engines.values():
            engine.dispose()
        self._engines.clear()


def _sync_at_checkpoints(connection: Any, _record: object) -> None:
    connection.execute("pragma synchronous = normal")
