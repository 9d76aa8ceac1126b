"""``hourglass doctor``: looks at everything that a run needs, says what is wrong and how to mend it."""

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.markup import escape

from assets.alerts import faults
from assets.lock import RunLock
from config.home import Home
from config.settings import Alerts
from config.yaml_file import ConfigError
from hourglass.terminal import console, size
from pipelines.suppression import UNFINISHED, Suppression, SuppressionError

PYTHON = ((3, 11), (3, 14))
PACKAGES = {
    "dagster": "1.13.27",
    "dagster-webserver": "1.13.27",
    "dlt": "1.31",
    "duckdb": "1.5",
    "great-expectations": "1.24.1",
    "pandas": "3.1",
    "pyarrow": "26",
    "sqlglot": "30.30",
}
LEAST_FREE_BYTES = 2_000_000_000
LEAST_FREE_RATIO = 3
"""A run may need the warehouse once more for the published file and once for scratch space."""


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``mend`` is empty where nothing is wrong; ``must`` is True where a run can't go on like this."""

    what: str
    state: str
    mend: str = ""
    must: bool = True


def doctor(home: Home) -> int:
    """Print every finding; 1 if something must be mended."""
    findings = [finding for look in LOOKS for finding in _careful(look, home)]
    for finding in findings:
        mark = "[green]ok[/]  " if not finding.mend else "[red]bad[/] " if finding.must else "[yellow]note[/]"
        console().print(f"{mark} [bold]{finding.what:<16}[/] {escape(finding.state)}")
        if finding.mend:
            console().print(f"     {'':<16} [bold]mend:[/] {escape(finding.mend)}")
    bad = sum(bool(finding.mend) and finding.must for finding in findings)
    notes = sum(bool(finding.mend) and not finding.must for finding in findings)
    rest = f"; {notes} {'note' if notes == 1 else 'notes'} on what could be better" if notes else ""
    console().print(f"\n{bad} to mend{rest}" if bad else f"\nNothing to mend before a run{rest}.")
    return 1 if bad else 0


def _careful(look: Callable[[Home], Iterator[Finding]], home: Home) -> list[Finding]:
    try:
        return list(look(home))
    except OSError as error:
        return [
            Finding(look.__name__.strip("_"), str(error), f"make {error.filename or home.root} readable for this user")
        ]


def _versions(home: Home) -> Iterator[Finding]:
    del home
    running = sys.version_info[:2]
    fits = PYTHON[0] <= running < PYTHON[1]
    yield Finding(
        "python",
        sys.version.split()[0],
        "" if fits else "use Python 3.11, 3.12 or 3.13: `make clean setup PYTHON=python3.11`",
    )
    for name, wanted in PACKAGES.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding(name, "not installed", "`make setup`")
            continue
        fits = found == wanted or found.startswith(wanted + ".")
        yield Finding(name, found, "" if fits else f"{wanted} is what the tests ran with: `make setup`", must=False)


def _configuration(home: Home) -> Iterator[Finding]:
    from config.settings import load_settings
    from config.tables import config_tables

    own = (
        sorted(path.relative_to(home.config).as_posix() for path in home.config.rglob("*") if path.is_file())
        if home.config.is_dir()
        else []
    )
    said = f"own files: {', '.join(own)}" if own else "as shipped"
    try:
        settings = load_settings(home)
        config_tables(home, datetime.now(ZoneInfo(settings.time_zone)).date())
    except ConfigError as error:
        yield Finding("configuration", str(error), "change that line; the message lists what is allowed")
        return
    yield Finding("configuration", f"{said}; {settings.time_zone}, {settings.currency}")
    yield _alerts(settings.alerts)


def _alerts(settings: Alerts) -> Finding:
    wrong = faults(settings)
    if wrong:
        return Finding("alerts", "; ".join(wrong), "set it, or nobody is told of failures", must=False)
    variable = settings.webhook_url_variable
    ways = [f"{variable} is set"] if variable and os.environ.get(variable) else []
    ways += [f"mail to {', '.join(settings.mail_to)}"] if settings.mail_to else []
    return Finding("alerts", "; ".join(ways) or f"{variable or 'no variable'} is not set: nobody is told of failures")


def _time(home: Home) -> Iterator[Finding]:
    del home
    try:
        offset = datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Oslo")).utcoffset()
    except ZoneInfoNotFoundError:
        yield Finding(
            "time zones", "no time zone data", "install the system's tzdata, or `make setup` for the Python package"
        )
        return
    right = offset is not None and offset.total_seconds() == 7200
    yield Finding(
        "time zones",
        "Europe/Oslo known" if right else "Europe/Oslo is wrong in summer",
        "" if right else "update tzdata",
    )
    now = datetime.now(UTC)
    yield Finding("clock", f"{now:%Y-%m-%d %H:%M} UTC", "" if now.year >= 2026 else "set the machine's clock")


def _folders(home: Home) -> Iterator[Finding]:
    if not home.root.exists():
        parent = next(folder for folder in home.root.parents if folder.exists())
        writable = os.access(parent, os.W_OK)
        yield Finding(
            "home", f"{home.root} (will be made)", "" if writable else f"make {parent} writable, or set HOURGLASS_HOME"
        )
        return
    for name, path in (
        ("home", home.root),
        ("inbox", home.inbox),
        ("published", home.published.parent),
        ("dagster", home.dagster),
    ):
        if not path.exists():
            yield Finding(name, f"{path} (will be made)")
        else:
            needed = os.R_OK | os.X_OK | (0 if name == "inbox" else os.W_OK)
            yield Finding(
                name, str(path), "" if os.access(path, needed) else f"chown or chmod {path} for user {os.getuid()}"
            )
    mode = stat.S_IMODE(home.root.stat().st_mode)
    open_to_all = bool(mode & stat.S_IROTH)
    yield Finding(
        "privacy",
        f"home has mode {mode:o}",
        f"chmod o-rwx {home.root}: it holds visitor-level data" if open_to_all else "",
        must=False,
    )
    unreadable = [path for path in home.inbox.rglob("*") if not os.access(path, os.R_OK)] if home.inbox.is_dir() else []
    if unreadable:
        yield Finding(
            "inbox files",
            f"{len(unreadable)} can't be read, first {unreadable[0]}",
            "give this user the right to read them",
        )


def _key(home: Home) -> Iterator[Finding]:
    path = home.root / "key"
    if os.environ.get("HOURGLASS_KEY"):
        yield Finding("key", "from HOURGLASS_KEY")
    elif not path.is_file():
        yield Finding("key", "made on the first run")
    else:
        mode = stat.S_IMODE(path.stat().st_mode)
        yield Finding("key", f"{path}, mode {mode:o}", f"chmod 600 {path}" if mode & 0o077 else "")


def _erasure(home: Home) -> Iterator[Finding]:
    """The list of erased people can be read, and no erasure was cut short."""
    try:
        suppression = Suppression.of(home)
    except (SuppressionError, PermissionError) as error:
        yield Finding("erased people", "the list can't be used", str(error))
        return
    cut_short = (home.erased / UNFINISHED).exists()
    yield Finding(
        "erased people",
        f"{len(suppression.entries)} names on the list" if suppression else "nobody was erased",
        "an erasure was cut short or left something: call `hourglass erase` for that person again" if cut_short else "",
    )


def _disk(home: Home) -> Iterator[Finding]:
    folder = next(path for path in (home.root, *home.root.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    needed = max(
        LEAST_FREE_BYTES, LEAST_FREE_RATIO * (home.warehouse.stat().st_size if home.warehouse.is_file() else 0)
    )
    yield Finding(
        "disk",
        f"{size(free)} free, {size(needed)} wanted",
        "" if free >= needed else f"free some space on the disk of {folder}",
    )


def _lock(home: Home) -> Iterator[Finding]:
    holder = RunLock(home.lock).holder() if home.lock.parent.is_dir() else None
    yield Finding("run lock", f"held by {holder}" if holder else "free")


def _daemon(home: Home) -> Iterator[Finding]:
    advice = "start `hourglass ui`, or dagster-daemon as in docs, so that the schedule runs"
    if not (home.dagster / "dagster.yaml").is_file():
        yield Finding("daemon", "never ran on this home", advice, must=False)
        return
    import dagster as dg

    from assets.instance import prepare_instance

    prepare_instance(home)
    with dg.DagsterInstance.get() as instance:
        statuses = instance.get_daemon_statuses()
        beats = [s.last_heartbeat.timestamp for s in statuses.values() if s.last_heartbeat is not None]
        sick = sorted(name for name, status in statuses.items() if status.required and not status.healthy)
    if not beats:
        yield Finding("daemon", "never ran on this home", advice, must=False)
    elif sick:
        last = datetime.fromtimestamp(max(beats), UTC)
        yield Finding(
            "daemon", f"last seen {last:%Y-%m-%d %H:%M} UTC; not running: {', '.join(sick)}", advice, must=False
        )
    else:
        yield Finding("daemon", "schedule, sensor and queue are running")


LOOKS = (_versions, _configuration, _time, _folders, _key, _erasure, _disk, _lock, _daemon)
