"""What starts or follows a run without a clock: new files in the inbox, and runs that failed."""

import hashlib
import json
import time
from collections.abc import Mapping
from typing import Any

import dagster as dg

from assets.alerts import send_alert
from assets.instance import close_dead_runs
from assets.jobs import nightly
from assets.lock import COMMAND_LINE
from assets.resources import STARTED_BY_TAG
from config.home import Home
from config.settings import load_settings
from config.yaml_file import ConfigError
from pipelines.inbox import Inbox
from pipelines.suppression import Suppression

State = tuple[int, int, str]
"""A file's bytes, modification time in nanoseconds, and a digest of what the sidecars say about it."""

InboxState = Mapping[str, State]
"""State by path under the inbox."""

SENSOR_SECONDS = 15
NAMES_TOLD = 3


def look_at_inbox(home: Home) -> InboxState:
    """What lies in the inbox now, as ingestion would see it; an answer in an ``hourglass.yml`` changes the state of the files below it."""
    hide = Suppression.of(home).hide
    return {file.path: (file.bytes, file.mtime_ns, file.context.key) for file in Inbox(home.inbox, hide=hide).walk()}


def remember_inbox(home: Home, seen: InboxState) -> None:
    """Note what a run has read, so that the sensor doesn't start another one for it; call it after the files are loaded."""
    target = home.dagster / "inbox_seen.json"
    draft = target.with_suffix(".tmp")
    draft.write_text(json.dumps(seen, ensure_ascii=False), encoding="utf-8")
    draft.replace(target)


def new_files(home: Home) -> InboxState:
    """What lies in the inbox that no run has read in this very state."""
    seen: dict[str, State] = {}
    path = home.dagster / "inbox_seen.json"
    if path.is_file():
        seen = {
            name: (size, modified, said)
            for name, (size, modified, said) in json.loads(path.read_text(encoding="utf-8")).items()
        }
    return {name: state for name, state in look_at_inbox(home).items() if seen.get(name) != state}


def fingerprint(files: InboxState) -> str:
    """Changes when a file comes, goes, grows or is written again."""
    return hashlib.sha256(json.dumps(sorted((name, *state) for name, state in files.items())).encode()).hexdigest()


def decide(
    files: InboxState, cursor: str | None, *, now: float, settle_seconds: float
) -> tuple[dg.RunRequest | dg.SkipReason, str]:
    """Whether to start a run for these new files, and the cursor for next time. ``now`` is in Unix seconds.

    The cursor holds the fingerprint that was seen last and since when. A run is asked for once the same files were seen, unchanged, for
    ``settle_seconds``; its run key is the fingerprint, so that the same files never start a second one.
    """
    if not files:
        return dg.SkipReason("No file in the inbox that has not been read."), ""
    known: dict[str, Any] = json.loads(cursor) if cursor else {}
    now_seen = fingerprint(files)
    since = float(known["since"]) if known.get("fingerprint") == now_seen else now
    state = json.dumps({"fingerprint": now_seen, "since": since})
    told = ", ".join(sorted(files)[:NAMES_TOLD]) + (
        f" and {len(files) - NAMES_TOLD} more" if len(files) > NAMES_TOLD else ""
    )
    waited = now - since
    if waited < settle_seconds:
        reason = (
            f"{len(files)} new: {told}. Waiting until nothing changes for {settle_seconds:g} s ({waited:.0f} s so far)."
        )
        return dg.SkipReason(reason), state
    tags = {"hourglass/new_files": str(len(files)), STARTED_BY_TAG: "sensor inbox"}
    return dg.RunRequest(run_key=now_seen, tags=tags), state


@dg.sensor(
    name="inbox",
    job=nightly,
    minimum_interval_seconds=SENSOR_SECONDS,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Starts the nightly job when files have come into the inbox and none of them has changed for a while (inbox.settle_seconds of "
        "the settings). The same files never start a second run. Also marks runs as failed whose process was killed."
    ),
)
def inbox_sensor(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
    """Look, wait until the files are stable, ask for a run."""
    home = Home.from_environment().create()
    close_dead_runs(context.instance, home)
    try:
        settle_seconds = load_settings(home).inbox.settle_seconds
    except ConfigError as error:
        return dg.SkipReason(f"The settings can't be used, so no run is started: {error}")
    answer, cursor = decide(new_files(home), context.cursor, now=time.time(), settle_seconds=settle_seconds)
    if isinstance(answer, dg.SkipReason):
        return dg.SensorResult(skip_reason=answer, cursor=cursor)
    return dg.SensorResult(run_requests=[answer], cursor=cursor)


@dg.run_failure_sensor(
    name="alert_on_failure",
    default_status=dg.DefaultSensorStatus.RUNNING,
    description=(
        "Tells a webhook that a run failed or was kept from publishing. The address is read from the environment variable that "
        "alerts.webhook_url_variable of the settings names; without one nothing is sent. The address is never logged."
    ),
)
def alert_sensor(context: dg.RunFailureSensorContext) -> dg.SkipReason | None:
    """Send one message for a failed run."""
    run = context.dagster_run
    if run.tags.get(STARTED_BY_TAG) == COMMAND_LINE:
        return dg.SkipReason("The command line tells of its own runs.")
    told = send_alert(
        Home.from_environment(),
        run_id=run.run_id,
        job=run.job_name,
        reason=context.failure_event.message or "The run failed.",
    )
    return None if told is None else dg.SkipReason(told)
