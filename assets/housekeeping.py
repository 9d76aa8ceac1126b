"""What a run throws away once it has published: runs, check results and packages that are older than the settings want them kept.

Without it a home grows by some five megabytes a night for ever, nearly all of it Dagster's log. The log of KPI values
(``kpi.kpi_history``) is kept whole: it can't be made again.
"""

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from assets.event_log import PooledSqliteEventLogStorage
from checks.store import forget_results
from config.home import Home
from config.settings import Housekeeping

if TYPE_CHECKING:
    import duckdb

RUNS_A_NIGHT = 50
"""As many old runs are forgotten in one run, so that the first night with a short memory isn't a long one."""
FINISHED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


@dataclass(frozen=True)
class Tidied:
    """How much was thrown away: runs of Dagster, rows of quality.check_results, load packages of dlt."""

    runs: int
    check_results: int
    packages: int


def tidy(
    instance: dg.DagsterInstance,
    home: Home,
    connection: "duckdb.DuckDBPyConnection",
    settings: Housekeeping,
    now: datetime,
) -> Tidied:
    """Throw away what is older than the settings keep; ``now`` is an instant with its zone. Newest results of checks always stay."""
    return Tidied(
        runs=_forget_runs(instance, now - timedelta(days=settings.run_history_days)),
        check_results=forget_results(
            connection, (now - timedelta(days=settings.check_results_days)).astimezone(UTC).replace(tzinfo=None)
        ),
        packages=_drop_loaded_packages(home),
    )


def _forget_runs(instance: dg.DagsterInstance, before: datetime) -> int:
    """Forget runs that ended and began before an instant, the oldest first; assets keep their newest materialization."""
    filters = dg.RunsFilter(statuses=FINISHED, created_before=before)
    newest = {record.dagster_run.run_id for record in instance.get_run_records(limit=1)}
    old = [
        record.dagster_run.run_id for record in instance.get_run_records(filters, ascending=True, limit=RUNS_A_NIGHT)
    ]
    storage = instance.event_log_storage
    forgotten = [run_id for run_id in old if run_id not in newest]
    for run_id in forgotten:
        instance.delete_run(run_id)
        if isinstance(storage, PooledSqliteEventLogStorage):
            storage.drop_run_file(run_id)
    return len(forgotten)


def _drop_loaded_packages(home: Home) -> int:
    """Remove what dlt remembers of packages that are loaded; the warehouse has a row for each."""
    from pipelines.load import working_folder

    packages = [path for path in working_folder(home).glob("*/load/loaded/*") if path.is_dir()]
    for package in packages:
        shutil.rmtree(package, ignore_errors=True)
    return len(packages)
