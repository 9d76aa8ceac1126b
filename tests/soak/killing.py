"""Nights that are killed: at every boundary between steps and at random instants inside them, by SIGKILL.

A night is the real one, ``hourglass run`` through Dagster, in a process of its own that is forked from one where everything is imported
already. It tells where it is; the one who drives it kills it there, or some time later. After each kill the published file must be the one
of before, to the byte, or a whole new one; the run after the last kill must put everything right by itself.
"""

import hashlib
import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from datetime import time as dtime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest import mock
from zoneinfo import ZoneInfo

import duckdb

from assets.lock import RunLock
from assets.raw import contracts
from checks.catalogue import all_checks
from config.home import Home
from config.settings import load_settings
from config.tables import config_tables
from sql.catalog import Catalog
from tests.soak.comparing import Verdict, compare
from tests.soak.inboxes import File
from tests.soak.plans import Plan
from tests.soak.replay import Installation, owner_of
from tests.soak.until import Until, of

# Where a night says that it is: before these functions, in the order in which a night comes to them.
BOUNDARIES = {
    "ingest": "pipelines.ingest.ingest",
    "begin": "pipelines.registry.begin_load",
    "load": "pipelines.load.run",
    "commit": "pipelines.registry.commit",
    "checks": "checks.suite.run_checks",
    "models": "sql.materialise.build",
    "model": "sql.materialise._Run.update",
    "propagated": "sql.materialise.mark_propagated",
    "results": "checks.store.write",
    "publish": "sql.publish.publish",
    "written": "sql.publish.write_publication",
    "swap": "sql.publish.swap_in",
    "remember": "sql.publish._remember",
}
STEPS = ("ingest", "load", "models", "checks", "publish")
"""In which of them the instants of random kills are drawn."""
SETTINGS = "utm_coverage:\n  floor: 0.0\n"
PATIENCE_SECONDS = 300
LONGEST_STEP_SECONDS = 60.0
"""What took longer had been stopped meanwhile, and does not tell where the next kill should fall."""


@dataclass(frozen=True)
class Kill:
    """At the ``number``-th coming to a boundary, ``seconds`` after it (0: there and then)."""

    boundary: str
    number: int = 1
    seconds: float = 0.0


def run_night(
    root: str, log: str, marks: Connection, deadly: str, number: int, size_limit: int, through_dagster: bool
) -> None:
    """The process of one night. Tells every boundary; dies at the ``number``-th coming to ``deadly``.

    ``size_limit``: no file may grow beyond so many bytes (0: no limit), as on a disk that is full. ``through_dagster``: as ``hourglass
    run`` does it; else the same steps as library calls, which take half the time.
    """
    from hourglass.run import run

    if size_limit:
        import resource

        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size_limit, size_limit))
    null = os.open(os.devnull, os.O_WRONLY)
    errors = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(null, 1)
    os.dup2(errors, 2)
    came: dict[str, int] = {}

    def told(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            came[name] = came.get(name, 0) + 1
            if name == deadly and came[name] == number:
                os.kill(os.getpid(), signal.SIGKILL)
            marks.send((name, came[name]))
            return real(*args, **kwargs)

        return call

    for name, path in BOUNDARIES.items():
        owner, function = owner_of(path)
        mock.patch.object(owner, function, told(name, getattr(owner, function))).start()
    os.environ["HOURGLASS_HOME"] = root
    home = Home(Path(root))
    if through_dagster:
        status = run(home, full_refresh=False, since=None, until=None, verbose=False)
    else:
        _night_without_dagster(home)
        status = 0
    marks.send(("end", status))


def _night_without_dagster(home: Home) -> None:
    """The steps of the job under its lock."""
    import checks.suite
    import pipelines.ingest
    import sql.materialise
    import sql.publish

    settings, catalog = load_settings(home), Catalog()
    day = datetime.now(ZoneInfo(settings.time_zone)).date()
    declared = all_checks(catalog, contracts())
    with RunLock(home.lock).held(run_id="", started_by="a test"), duckdb.connect(str(home.warehouse)) as connection:
        connection.execute(f"set temp_directory = '{home.temporary}'")
        pipelines.ingest.ingest(home, settings, connection=connection)
        sql.materialise.build(connection, catalog, config=config_tables(home, day))
        results = list(checks.suite.run_checks(connection, declared, settings=settings, run_date=day))
        checks.store.write(connection, results, run_id="a test", checked_at=datetime.combine(day, dtime()))
        sql.publish.publish(
            connection, catalog, home, run_id=f"process {os.getpid()}", run_date=day.isoformat(),
            published_at=f"{day} 01:00:00",
        )  # fmt: skip


@dataclass
class Nights:
    """One home and the nights that are run on it. Counts kills by where they fell."""

    home: Home
    log: Path
    kills: dict[str, int] = field(default_factory=dict)
    swapped: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["tests.soak.preloaded"])
        (self.home.create().config / "settings.yml").write_text(SETTINGS, encoding="utf-8")

    def run(self, kill: Kill | None = None, *, size_limit: int = 0, through_dagster: bool = True) -> int | None:
        """One night; its exit status, None where it was killed. Raises AssertionError where it hangs."""
        receiving, sending = self.context.Pipe(duplex=False)
        at_once = kill if kill is not None and not kill.seconds else None
        process = self.context.Process(
            target=run_night,
            args=(
                str(self.home.root),
                str(self.log),
                sending,
                at_once.boundary if at_once else "",
                at_once.number if at_once else 0,
                size_limit,
                through_dagster,
            ),
        )
        process.start()
        sending.close()
        status: int | None = None
        before = time.monotonic()
        step = "start"
        for name, value in self._marks(receiving, process):
            now = time.monotonic()
            if name in STEPS or name == "end":
                self.seconds[step] = min(max(0.05, now - before), LONGEST_STEP_SECONDS)
                step, before = name, now
            if name == "end":
                status = value
            elif kill is not None and kill.seconds and (name, value) == (kill.boundary, kill.number):
                time.sleep(kill.seconds)
                process.kill()
        process.join()
        receiving.close()
        if process.exitcode == -signal.SIGKILL:
            place = f"in {kill.boundary}" if kill and kill.seconds else f"before {kill.boundary}" if kill else "unasked"
            self.kills[place] = self.kills.get(place, 0) + 1
            return None
        return status if status is not None else 1

    @staticmethod
    def _marks(receiving: Connection, process: Any) -> Iterator[tuple[str, int]]:
        waited = 0
        while True:
            # Second by second: whoever stops everything for a while (SIGSTOP, a lid that is closed) uses up one of them.
            while not receiving.poll(1.0):
                waited += 1
                if waited == PATIENCE_SECONDS:
                    process.kill()
                    raise AssertionError(f"the night hangs; killed after {PATIENCE_SECONDS} s")
            try:
                yield receiving.recv()
            except EOFError:
                return

    def error(self) -> str:
        """What the last night wrote to its standard error."""
        return self.log.read_text(encoding="utf-8")[-2000:]


def deliver(home: Home, files: Sequence[File]) -> None:
    """Put files into a home's inbox."""
    for file in files:
        target = home.inbox / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)


def differences_to_a_clean_build(home: Home, scratch: Path, catalog: Catalog) -> Verdict:
    """What of the published file a new installation would make otherwise from the same inbox today.

    The clean build stays in ``scratch`` and serves again for as long as inbox, configuration, key and day are what it was made of.
    """
    day = datetime.now(ZoneInfo("Europe/Oslo")).date()
    clean, made_of = Home(scratch), scratch.with_name(f"{scratch.name}.made_of")
    now = f"{day} {_digest(home.inbox)} {_digest(home.config)} {(home.root / 'key').read_text()}"
    if not made_of.exists() or made_of.read_text() != now:
        made_of.unlink(missing_ok=True)
        shutil.rmtree(scratch, ignore_errors=True)
        installation = Installation(scratch, catalog)
        shutil.rmtree(clean.inbox)
        shutil.copytree(home.inbox, clean.inbox)
        shutil.copytree(home.config, clean.config, dirs_exist_ok=True)
        shutil.copy(home.root / "key", scratch / "key")
        installation.run(day)
        made_of.write_text(now)
    verdict = Verdict(Plan(0, ()))
    compare(home.published, clean.published, verdict)
    return verdict


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def state_of(published: Path) -> tuple[str, int, int] | None:
    """Run, publication number and size of the published file; None where there is none. Raises duckdb.Error where it does not open."""
    if not published.exists():
        return None
    with duckdb.connect(str(published), read_only=True) as reader:
        rows = reader.execute("select run_id, sequence_number from quality.publication").fetchall()
        assert len(rows) == 1, rows
        for (table,) in reader.execute(
            "select table_schema || '.' || table_name from information_schema.tables where table_type = 'BASE TABLE'"
        ).fetchall():
            reader.execute(f"select count(*) from {table}").fetchone()
    return (*rows[0], published.stat().st_size)


def hold_after_a_kill(nights: Nights, before: tuple[str, int, int] | None, scratch: Path, catalog: Catalog) -> None:
    """The published file is that of before, or a whole one of the run that was killed after the swap; nobody holds the lock."""
    after = state_of(nights.home.published)
    if after != before:
        assert after is not None and (before is None or after[1] == before[1] + 1), (before, after)
        nights.swapped += 1
        verdict = differences_to_a_clean_build(nights.home, scratch, catalog)
        assert verdict.differences == {}, str(verdict)
    assert RunLock(nights.home.lock).holder() is None


def hold_after_recovery(nights: Nights, scratch: Path, catalog: Catalog, *, through_dagster: bool = True) -> Verdict:
    """One more night mends everything: the published tables are a clean build's, and nothing of the dead is left lying."""
    status = nights.run(through_dagster=through_dagster)
    assert status == 0, f"exit status {status}: {nights.error()}"
    verdict = differences_to_a_clean_build(nights.home, scratch, catalog)
    assert verdict.differences == {}, str(verdict)
    left = sorted(path.name for path in nights.home.temporary.iterdir())
    assert left == [], left
    dlt = nights.home.root / "dlt" / "hourglass"
    packages = [*(dlt / "normalize" / "extracted").glob("*"), *(dlt / "load" / "new").glob("*")]
    assert packages == [], packages
    return verdict


def random_kill(draw: random.Random, seconds: dict[str, float]) -> Kill:
    """An instant inside one of the steps, by how long it took when it was last seen whole; or the coming to a boundary."""
    if draw.random() < 0.3:
        boundary = draw.choice(list(BOUNDARIES))
        return Kill(boundary, draw.randrange(1, 90) if boundary == "model" else 1)
    step = draw.choice(STEPS)
    return Kill(step, seconds=draw.random() * seconds.get(step, 1.0) + 0.001)


def kill_nights(folder: Path, wanted: int, seed: int, until: Until, say: Callable[[str], None]) -> str:
    """Kill that many nights of one home in rounds of a delivery, some kills in a row, and a recovery; what was done, in words.

    Raises AssertionError where something does not hold.
    """
    from tests.soak.inboxes import made_up_inbox

    draw = random.Random(seed)
    nights, catalog = Nights(Home(folder / "home"), folder / "night.log"), Catalog()
    files = made_up_inbox(folder / "made", seed, days=12, sessions=120, share=0.2)
    draw.shuffle(files)
    rounds, started, told = 0, time.monotonic(), ""
    plan = [Kill(boundary) for boundary in BOUNDARIES]
    while sum(nights.kills.values()) < wanted and not until.is_over:
        some, files = files[:6], files[6:]
        if not some:
            some = [File(f"web/extra/web_sessions_{rounds}.csv", _session(rounds))]
        deliver(nights.home, some)
        for _ in range(draw.choice((1, 3, 6, 12, 24))):
            kill = plan.pop(0) if plan else random_kill(draw, nights.seconds)
            before = state_of(nights.home.published)
            nights.run(kill, through_dagster=bool(plan) or draw.random() < 0.25)
            hold_after_a_kill(nights, before, folder / "clean", catalog)
            if until.is_over:
                break
        hold_after_recovery(nights, folder / "clean", catalog, through_dagster=bool(plan) or draw.random() < 0.25)
        rounds += 1
        told = f"{of(sum(nights.kills.values()), wanted, 'kills')}, {rounds} recoveries, {nights.swapped} kills after the swap"
        say(f"{told}, {time.monotonic() - started:.0f} s")
    places = ", ".join(f"{count} {place}" for place, count in sorted(nights.kills.items()))
    return f"{told} ({places}); every published file opened and was of one run, every recovery equalled a clean build"


def _session(number: int) -> bytes:
    """A small delivery when everything else is delivered."""
    at = f"2026-11-{1 + number % 15:02d}T{number % 24:02d}:00:00Z"
    return f"session_id,visitor_id,started_at,landing_url\nx{number},w{number % 5},{at},https://www.fjellbrygg.example/\n".encode()
