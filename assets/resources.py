"""What the assets need to run: the warehouse with its one writer, the options of a run, and where progress is told.

Importing this costs no more than Dagster. The run lock and the database connection are taken by the first asset that needs them and
given back when the run ends, however it ends.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dagster as dg
from pydantic import Field, PrivateAttr

from assets.lock import LockHeldError, RunLock
from config.home import Home, keep_private
from config.settings import Settings, load_settings
from config.yaml_file import ConfigError
from sql.quoting import quoted_text

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

LOCKED_TAG = "hourglass/has_held_lock"
STARTED_BY_TAG = "hourglass/started_by"
LOCK_RETRIES = 120
LOCK_RETRY_SECONDS = 30
IO_RETRIES = dg.RetryPolicy(max_retries=2, delay=15, backoff=dg.Backoff.EXPONENTIAL)
"""For assets that touch files: a share that is away for a moment comes back. Faults that a retry can't mend are not retried."""


class RunOptions(dg.ConfigurableResource[None]):
    """What may be asked of a run. Set once for all steps, in the launchpad under ``resources: options``."""

    full_refresh: bool = Field(
        default=False, description="Read every file of the inbox again and build every model anew."
    )
    since: str = Field(
        "", description="First day (YYYY-MM-DD) to compute again even where nothing changed; empty: only what changed."
    )
    until: str = Field(default="", description="Last day (YYYY-MM-DD) to compute again; empty: up to the newest.")

    def days(self) -> tuple[date | None, date | None]:
        """The range as dates. Raises dg.Failure with the faulty value, without retries."""
        since, until = _date("since", self.since), _date("until", self.until)
        if since and until and since > until:
            raise dg.Failure(f"options: since ({since}) is after until ({until})", allow_retries=False)
        return since, until


class Progress(dg.ConfigurableResource[None]):
    """Where an asset tells what it is doing. This one tells Dagster's log; the command line puts its own in place."""

    def tell(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, text: str) -> None:
        """Tell one line of progress."""
        context.log.info(text)


class Warehouse(dg.ConfigurableResource[None]):
    """The private DuckDB file and everything around it in one home."""

    home_root: str = Field(default="", description="The home folder; empty: HOURGLASS_HOME, else ./data.")
    _connection: "duckdb.DuckDBPyConnection | None" = PrivateAttr(default=None)
    _config: "dict[str, pa.Table] | None" = PrivateAttr(default=None)
    _locked: bool = PrivateAttr(default=False)

    @property
    def home(self) -> Home:
        """The folders of this installation."""
        from pathlib import Path

        return Home(Path(self.home_root).resolve()) if self.home_root else Home.from_environment()

    def settings(self) -> Settings:
        """The settings of the home. Raises ConfigError."""
        return load_settings(self.home)

    def run_date(self) -> date:
        """Today, in the zone in which the home counts its days."""
        return datetime.now(ZoneInfo(self.settings().time_zone)).date()

    def config(self) -> "dict[str, pa.Table]":
        """All of the configuration as tables, read once a run and before anything else is done. Raises ConfigError."""
        if self._config is None:
            from config.tables import config_tables

            self._config = config_tables(self.home, self.run_date())
        return self._config

    def open(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> "duckdb.DuckDBPyConnection":
        """The run's one connection for writing; the first call takes the run lock. Raises LockHeldError."""
        if self._connection is not None:
            return self._connection
        import duckdb

        from sql.materialise import WAREHOUSE_STORAGE_VERSION

        keep_private()
        home = self.home.create()
        if not self._locked:
            RunLock(home.lock).acquire(run_id=context.run.run_id, started_by=started_by(context.run.tags))
            self._locked = True
            context.instance.add_run_tags(context.run.run_id, {LOCKED_TAG: "true"})
        engine = self.settings().engine
        self._connection = duckdb.connect(
            str(home.warehouse), config={"storage_compatibility_version": WAREHOUSE_STORAGE_VERSION}
        )
        self._connection.execute(f"set temp_directory = {quoted_text(home.temporary)}")
        self._connection.execute(
            "set preserve_insertion_order = false"
        )  # rows are a set; keeping their order costs memory
        if engine.threads:
            self._connection.execute(f"set threads = {engine.threads}")
        if engine.memory_limit:
            self._connection.execute(f"set memory_limit = {quoted_text(engine.memory_limit)}")
        return self._connection

    def teardown_after_execution(self, context: dg.InitResourceContext) -> None:
        """Close the connection and give the lock back."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._locked:
            RunLock(self.home.lock).release()
            self._locked = False


@contextmanager
def faults() -> Iterator[None]:
    """Turns what can go wrong in an asset into what Dagster should do about it.

    A held lock asks for a later try; a fault in configuration, data or code fails at once with its own text; what is left (a file system
    that stutters) goes to the asset's retry policy.
    """
    import duckdb

    try:
        yield
    except LockHeldError as error:
        raise dg.RetryRequested(max_retries=LOCK_RETRIES, seconds_to_wait=LOCK_RETRY_SECONDS) from error
    except (dg.Failure, dg.RetryRequested):
        raise
    except ConfigError as error:
        raise dg.Failure(f"The configuration can't be used:\n{error}", allow_retries=False) from None
    except Exception as error:
        if _is_full(error):
            raise dg.Failure(
                f"The disk is full: {error}. The published file is as it was.", allow_retries=False
            ) from error
        if isinstance(error, OSError | duckdb.IOException):
            raise
        raise dg.Failure(f"{type(error).__name__}: {error}", allow_retries=False) from error


def _is_full(error: BaseException) -> bool:
    """Whether an error comes from a disk without room; DuckDB only says so in words, also of a commit that failed by it."""
    return (isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)) or os.strerror(
        errno.ENOSPC
    ) in str(error)


def started_by(tags: "dict[str, str] | object") -> str:
    """What started a run, from its tags: schedule, sensor, command line, or a person in the UI."""
    known = tags if isinstance(tags, dict) else {}
    if "dagster/schedule_name" in known:
        return f"schedule {known['dagster/schedule_name']}"
    if "dagster/sensor_name" in known:
        return f"sensor {known['dagster/sensor_name']}"
    return known.get(STARTED_BY_TAG, "the UI")


def _date(name: str, value: str) -> date | None:
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise dg.Failure(
            f"options: {name} is {value!r}; a day as YYYY-MM-DD is expected", allow_retries=False
        ) from None
