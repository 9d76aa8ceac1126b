"""Dagster's own home inside ours: its configuration file, and runs whose process is gone.

``dagster.yaml`` is written when it is missing and never changed afterwards, so that whoever runs Hourglass may edit it.
"""

import os
import time
from pathlib import Path

import dagster as dg

from assets.lock import RunLock
from assets.resources import LOCKED_TAG
from config.home import Home

WORKSPACE = Path(__file__).resolve().parent.parent / "workspace.yaml"
DAGSTER_YAML = """\
# Dagster's instance for this home. Written once; edit it as you like.

telemetry:
  enabled: false

nux:
  enabled: false

event_log_storage:            # Dagster's own files, without opening them anew for every event
  module: assets.event_log
  class: PooledSqliteEventLogStorage
  config:
    base_dir:
      env: DAGSTER_HOME

run_coordinator:              # one run at a time: the warehouse has one writer
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config:
    max_concurrent_runs: 1

run_monitoring:               # a run that never starts, or never ends, is marked as failed
  enabled: true
  start_timeout_seconds: 300
  max_runtime_seconds: 43200

code_servers:                 # stopping the UI lets a run that is under way finish
  wait_for_local_processes_on_shutdown: true

freshness:                    # evaluate the freshness policies of the assets
  enabled: true

retention:                    # days to keep the ticks of schedules and sensors
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days:
      skipped: 3
      failure: 30
      success: 90
"""


def prepare_instance(home: Home) -> Path:
    """Make Dagster's home, write its configuration where there is none, and point DAGSTER_HOME at it. Returns the folder."""
    home.create()
    path = home.dagster / "dagster.yaml"
    if not path.exists():
        path.write_text(DAGSTER_YAML, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(home.dagster)
    os.environ["HOURGLASS_HOME"] = str(home.root)
    return home.dagster


def close_dead_runs(instance: dg.DagsterInstance, home: Home, *, patience_seconds: float = 2.0) -> list[str]:
    """Mark runs as failed that say they are running, had the run lock once, and have it no more: their process was killed.

    Without this a killed run would hold the queue for ever. A run that has just given the lock back gets ``patience_seconds`` to say how
    it ended. Returns the ids of the runs that were closed.
    """
    if not _dead_runs(instance, home):
        return []
    time.sleep(patience_seconds)
    closed = _dead_runs(instance, home)
    for run in closed:
        reason = (
            "The process of this run is gone: it was killed, or the machine went down. Nothing was published by it."
        )
        instance.report_run_failed(run, reason)
    return [run.run_id for run in closed]


def _dead_runs(instance: dg.DagsterInstance, home: Home) -> list[dg.DagsterRun]:
    underway = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING]
    runs = instance.get_runs(dg.RunsFilter(statuses=underway, tags={LOCKED_TAG: "true"}))
    # Read after the runs: a run that takes the lock in between is then seen as its holder.
    holder = RunLock(home.lock).holder()
    return [run for run in runs if holder is None or holder.run_id != run.run_id]
