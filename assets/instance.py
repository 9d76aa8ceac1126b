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
GRACE_SECONDS = 60
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


def close_dead_runs(instance: dg.DagsterInstance, home: Home) -> list[str]:
    """Mark runs as failed that say they are running, had the run lock once, and have it no more: their process was killed.

    Without this a killed run would hold the queue for ever. Returns the ids of the runs that were closed.
    """
    holder = RunLock(home.lock).holder()
    closed = []
    filters = dg.RunsFilter(
        statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.CANCELING], tags={LOCKED_TAG: "true"}
    )
    for record in instance.get_run_records(filters):
        run = record.dagster_run
        if holder is not None and holder.run_id == run.run_id:
            continue
        if time.time() - record.update_timestamp.timestamp() < GRACE_SECONDS:
            continue
        instance.report_run_failed(
            run, "The process of this run is gone: it was killed, or the machine went down. Nothing was published."
        )
        closed.append(run.run_id)
    return closed
