"""``hourglass run``: the nightly job once, through Dagster, in this process.

The run is recorded in Dagster's home like any other, so the UI shows it later. What is printed at the end is read from the tables.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from assets.lock import COMMAND_LINE, LockHeldError, RunLock
from config.home import Home
from config.settings import Settings, load_settings
from config.yaml_file import ConfigError
from hourglass.summary import print_outcome
from hourglass.terminal import UserError, complain, console, no_room

if TYPE_CHECKING:
    import dagster as dg

EXIT_FAILED = 1
EXIT_BLOCKED = 2
OF_CODE_LOCATION = {".dagster/repository": "__repository__@hourglass", "dagster/code_location": "hourglass"}
"""The tags by which Dagster's UI lists a run with the job of workspace.yaml."""


@dataclass
class RunOutcome:
    """How a run ended: Dagster's id, exit status, wall time in seconds, what failed, and the checks that blocked."""

    run_id: str
    status: int
    seconds: float
    faults: list[str] = field(default_factory=list)
    blocking: list[str] = field(default_factory=list)


def run(home: Home, *, full_refresh: bool, since: date | None, until: date | None, verbose: bool) -> int:
    """Run the job and print what came of it; returns the exit status.

    Raises:
        UserError: another run holds the lock, or the range of days is empty.
        ConfigError: the settings can't be used.
    """
    if since and until and since > until:
        raise UserError(f"--since {since} is after --until {until}")
    try:
        settings = load_settings(home)
    except ConfigError as error:
        _alert(home, f"it did not begin: {error}", run_id="none")
        raise
    home.create()
    lock = RunLock(home.lock)
    try:
        with lock.held(run_id="", started_by=COMMAND_LINE):
            options = {"full_refresh": full_refresh, "since": str(since or ""), "until": str(until or "")}
            outcome = execute(home, options, verbose=verbose)
            _report(home, settings, outcome)
            return outcome.status
    except LockHeldError as error:
        raise UserError(
            f"another run is under way: {error.by or 'holder unknown'}. Wait for it, or stop that process."
        ) from None
    except Exception as error:
        # Outside of the steps, which tell it themselves: Dagster's storage, and the home's own folders.
        reason = no_room(error)
        _alert(home, reason or f"{type(error).__name__} outside of the steps", run_id="none")
        if reason is None:
            raise
        raise UserError(f"{reason}. The published file is as it was.") from None


def execute(home: Home, options: dict[str, object], *, verbose: bool, is_quiet: bool = False) -> RunOutcome:
    """Run the nightly job in this process, which holds the run lock; ``is_quiet`` prints no progress."""
    started = time.perf_counter()
    if not is_quiet:
        console().print(f"[dim]home {escape(str(home.root))}[/]")
    import dagster as dg

    from assets.build import build_defs
    from assets.instance import close_dead_runs, prepare_instance
    from assets.resources import LOCKED_TAG, STARTED_BY_TAG, Progress, Warehouse

    class TerminalProgress(Progress):
        """Progress on the terminal, each line with the seconds since the start."""

        def tell(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, text: str) -> None:
            """Print one line."""
            del context
            if is_quiet:
                return
            console().print(f"[dim]{time.perf_counter() - started:6.1f} s[/]  {_coloured(text)}")

    prepare_instance(home)
    definitions = build_defs({"warehouse": Warehouse(home_root=str(home.root)), "progress": TerminalProgress()})
    job = definitions.resolve_job_def("nightly")
    with dagster_instance(home) as instance, _dagster_speaks(verbose):
        close_dead_runs(instance, home)
        result = job.execute_in_process(
            instance=instance,
            run_config={
                "resources": {"options": {"config": options}},
                "loggers": {"console": {"config": {"log_level": "INFO" if verbose else "CRITICAL"}}},
            },
            tags={STARTED_BY_TAG: COMMAND_LINE, LOCKED_TAG: "true", **OF_CODE_LOCATION},
            raise_on_error=False,
        )
        outcome = _outcome(result, time.perf_counter() - started)
        if outcome.status:
            reason = "; ".join([*outcome.blocking, *outcome.faults]) or "the run failed"
            _alert(home, reason, run_id=outcome.run_id)
    return outcome


@contextmanager
def dagster_instance(home: Home) -> "Iterator[dg.DagsterInstance]":
    """Dagster's persistent instance, without the capture of each step's output: this process has a terminal of its own."""
    import dagster as dg
    from dagster._core.instance.ref import InstanceRef

    no_capture = {
        "compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"}
    }
    with dg.DagsterInstance.from_ref(InstanceRef.from_dir(str(home.dagster), overrides=no_capture)) as instance:
        yield instance


@contextmanager
def _dagster_speaks(verbose: bool) -> Iterator[None]:
    """Keeps what libraries log off the terminal, unless it is asked for."""
    root = logging.getLogger()
    level = root.level
    if not verbose:
        root.setLevel(logging.ERROR)
    try:
        yield
    finally:
        root.setLevel(level)


def _outcome(result: "dg.ExecuteInProcessResult", seconds: float) -> RunOutcome:
    if result.success:
        return RunOutcome(result.run_id, 0, seconds)
    blocking = [
        f"{evaluation.asset_key.to_user_string().replace('/', '.')} {evaluation.check_name}: {evaluation.description or ''}"
        for evaluation in result.get_asset_check_evaluations()
        if not evaluation.passed and evaluation.blocking and evaluation.severity.value == "ERROR"
    ]
    faults = []
    for event in result.all_events:
        if event.is_step_failure:
            faults.append(f"{event.step_key}: {_reason(event.step_failure_data)}")
    only_blocked = blocking and all("blocking asset check" in fault for fault in faults)
    return RunOutcome(result.run_id, EXIT_BLOCKED if only_blocked else EXIT_FAILED, seconds, faults, blocking)


def _reason(failure: Any) -> str:
    """The text of a step's failure: what was said on purpose, else the innermost error."""
    if failure.user_failure_data is not None and failure.user_failure_data.description:
        return str(failure.user_failure_data.description)
    error = failure.error
    while error is not None and error.cause is not None:
        error = error.cause
    return str(error.message).strip() if error is not None else "unknown"


def _report(home: Home, settings: Settings, outcome: RunOutcome) -> None:
    if outcome.status == EXIT_FAILED:
        for fault in outcome.faults:
            complain(fault)
        before = "is as it was" if home.published.is_file() else "does not exist yet"
        complain(
            f"the run failed after {outcome.seconds:.0f} s; the published file {before}. "
            "`hourglass run --verbose` says more, `hourglass ui` says all."
        )
        return
    print_outcome(home, settings, outcome.run_id, blocking=outcome.blocking, seconds=outcome.seconds)


def _alert(home: Home, reason: str, *, run_id: str) -> None:
    """Tell webhook and mail. Dagster's failure sensor leaves runs of this command alone, since it may not be running."""
    from assets.alerts import is_set_up, send_alert

    told = send_alert(home, run_id=run_id, job="nightly", reason=reason)
    if told is not None and is_set_up(home):
        complain(told)


def _coloured(text: str) -> str:
    if text.startswith("BLOCKS"):
        return f"[bold red]{escape(text)}[/]"
    if text.startswith("warning:"):
        return f"[yellow]{escape(text)}[/]"
    return escape(text)
