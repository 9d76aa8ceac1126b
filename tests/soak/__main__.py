"""``make soak``: the long forms of the soak tests, and a table of what came of them.

``python -m tests.soak [PART…]`` runs some of them: replay, kills, erasing, disk, readers, hostile, fuzz, nights. Options say how much.
A part that has not the time, or is asked to stop (SIGTERM), says how far it came. ``--results FILE`` keeps the row of each part that
ended, so that parts may run one today and one tomorrow; the table has the newest of each. It goes to standard output and, with
``--write``, between the marks of docs/soak.md.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from sql.catalog import Catalog
from tests.soak.erasing import KILLS, Erasures
from tests.soak.killing import kill_nights
from tests.soak.long_nights import run_year
from tests.soak.plans import plan
from tests.soak.readers import OLDEST, node_with_client, python, python_with, read_while_publishing
from tests.soak.replay import judge
from tests.soak.until import Until, of

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "soak.md"
MARKS = ("<!-- figures -->", "<!-- end of figures -->")
PEAK_MB = 1200
"""What the hostile inbox may take: DuckDB is allowed 1000, everything imported takes some 200."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Answer = tuple[bool, str]
"""Whether it held, and what was done and measured."""
Options = argparse.Namespace
"""Of the command line; ``until`` says when to stop."""


@dataclass(frozen=True)
class Row:
    """One part of the table. ``day`` is when it ended, ``minutes`` are those of the clock."""

    part: str
    held: bool
    done: str
    minutes: float
    day: str
    command: str


def say(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def replay(folder: Path, options: Options) -> Answer:
    """Plans of nights in any order against clean builds."""
    catalog, nights, deaths, tables, rows, done, failed = Catalog(), 0, 0, 0, 0, 0, []
    for seed in range(options.seed, options.seed + options.plans):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            drawn = plan(seed, Path(scratch), nights=7, days=9 + seed % 12, sessions=80 + seed % 5 * 40, share=0.2)
            verdict = judge(drawn, Path(scratch), catalog, with_dlt=seed % 4 == 0)
        nights, deaths, done = nights + verdict.nights, deaths + verdict.deaths, done + 1
        tables, rows = tables + verdict.tables, rows + verdict.rows
        if verdict.differences:
            failed.append(seed)
            say(str(verdict))
        say(f"plan {seed}: {nights} nights, {deaths} deaths so far; plans that differ: {failed or 'none'}")
        if options.until.is_over:
            break
    told = f"{of(done, options.plans, 'plans')}, {nights} nights, {deaths} that died; {tables} tables with {rows:,} rows compared"
    return not failed, f"{told}; plans that differ: {failed or 'none'}"


def kills(folder: Path, options: Options) -> Answer:
    """Nights killed at boundaries and at random instants."""
    return True, kill_nights(folder, options.kills, options.seed, options.until, say)


def erasing(folder: Path, options: Options) -> Answer:
    """People erased from drawn inboxes, killed on the way, against clean builds without them."""
    catalog, done, seeds = Catalog(), Erasures(), 0
    for seed in range(options.seed, options.seed + options.erasures):
        with tempfile.TemporaryDirectory(dir=folder) as scratch:
            deaths = random.Random(seed).sample(KILLS, 2)
            done.judge(seed, Path(scratch), catalog, deaths=deaths)
        seeds += 1
        say(f"inbox {seed}: {done.people} people, {done.kills} kills so far")
        if options.until.is_over:
            break
    return True, (
        f"{of(seeds, options.erasures, 'inboxes')}, {done.people} people erased, {done.kills} kills; {done.tables} tables with "
        f"{done.rows:,} rows equal clean builds without them, no byte left"
    )


def disk(folder: Path, options: Options) -> Answer:
    """A full disk at several levels of fullness, and a read-only one."""
    del options
    levels = ("0", "16", "64", "256", "1000", "4000")
    return _told(["unshare", "-rm", sys.executable, "-m", "tests.soak.full_disk", str(folder), *levels])


def readers(folder: Path, options: Options) -> Answer:
    """Readers of several versions through many publications."""
    oldest, node = python_with(OLDEST, folder / "oldest"), node_with_client(folder / "node")
    others = [python("sqlalchemy"), *[python("loop", oldest)] * (2 if oldest else 0), *([node] if node else [])]
    holders = [python("hold"), *([python("hold", oldest)] if oldest else [])]
    commands = [*[python("loop")] * max(1, options.readers - len(others)), *others, *holders]
    outcome = read_while_publishing(folder, publishes=options.publishes, readers=commands)
    clients = ", ".join(f"{outcome.clients.count(name)} × {name}" for name in sorted(set(outcome.clients)))
    told = f"{outcome.publishes} publications; {clients}; {len(holders)} that hold; {outcome.looks:,} looks"
    told = f"{told}; faults: {outcome.faults or 'none'}"
    missing = [name for name, found in ((f"duckdb {OLDEST}", oldest), ("Node's client", node)) if not found]
    return not outcome.faults, f"{told}; could not be installed: {', '.join(missing)}" if missing else told


def hostile(folder: Path, options: Options) -> Answer:
    """The hostile inbox with lines of gigabytes."""
    home = folder / "home"
    try:
        ok, told = _told([sys.executable, "-m", "tests.soak.hostile", str(home), str(options.megabytes)])
    finally:
        subprocess.run(["rm", "-rf", str(home)], check=True)  # no other call takes paths as long as some of these
    if not ok:
        return False, told
    found = json.loads(told)
    waiting = sum(status == "quarantined" for status, _reason in found["files"].values())
    bounded = found["peak_mb"] < PEAK_MB
    return bounded and found["known"] == len(found["files"]), (
        f"lines of {options.megabytes:,} MB; {waiting} files wait, {len(found['files']) - waiting} load; "
        f"{found['peak_mb']} MB of memory at the most"
    )


def fuzz(folder: Path, options: Options) -> Answer:
    """Damaged exports through recogniser and readers."""
    del folder
    step, done = 1000, 0
    while done < options.cases and not options.until.is_over:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/pipelines/test_fuzz.py"]
        count = min(step, options.cases - done)
        ok, told = _told(command, HOURGLASS_FUZZ=str(count), HOURGLASS_FUZZ_FROM=str(done))
        if not ok:
            return False, f"{done} damaged exports were read right, then: {told[-400:]}"
        done += count
        say(f"{done} damaged exports")
    return True, f"{of(done, options.cases, 'damaged exports')}, seeds from 0; each read right or not at all"


def nights(folder: Path, options: Options) -> Answer:
    """A year, night by night."""
    year = run_year(
        folder,
        nights=options.nights,
        sessions_a_day=options.sessions_a_day,
        weekdays=frozenset(DAYS.index(day) for day in options.files_on.split(",")),
        until=options.until,
        say=say,
    )
    half, end, done = year.bytes[len(year.bytes) // 2], year.bytes[-1], len(year.seconds)
    sizes = ", ".join(f"{part} {half[part] / 1e6:.1f} → {size / 1e6:.1f} MB" for part, size in end.items())
    speed = "; ".join(
        f"nights {name} {year.median(0, busy=busy):.1f} → {year.median(3, busy=busy):.1f} s of processor"
        for name, busy in (("with files", True), ("without", False))
    )
    told = (
        f"{of(done, options.nights, 'nights')}, {sum(year.busy)} of them with files ({year.files} in all); {speed} (medians of the first "
        f"and the last quarter); at half time and at the end: {sizes}; "
        f"{year.tables} tables with {year.rows:,} rows compared with a clean build"
    )
    if year.differences:
        say(str(year.differences))
    return not year.differences, f"{told}; tables that differ: {sorted(year.differences) or 'none'}"


PARTS: dict[str, Callable[[Path, Options], Answer]] = {
    part.__name__: part for part in (replay, kills, erasing, disk, readers, hostile, fuzz, nights)
}


def _told(command: list[str], **environment: str) -> Answer:
    """Run a command from the project's folder; whether it ended well, and what it printed."""
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    if done.returncode:
        say(done.stdout[-2000:] + done.stderr[-2000:])
    return done.returncode == 0, done.stdout.strip() if done.returncode == 0 else (done.stdout + done.stderr).strip()


def run_part(name: str, options: Options) -> Row:
    """Run one part in a folder of its own; what breaks it is its row's text."""
    say(f"{name}: {PARTS[name].__doc__}")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix=f"hourglass-soak-{name}-") as folder:
        try:
            held, done = PARTS[name](Path(folder), options)
        except (AssertionError, duckdb.Error, OSError, subprocess.SubprocessError) as error:
            say(traceback.format_exc())
            held, done = False, f"{type(error).__name__}: {str(error)[:600]}"
    return Row(name, held, done, (time.monotonic() - started) / 60, time.strftime("%Y-%m-%d"), options.command)


def table(rows: dict[str, Row]) -> str:
    """The rows as Markdown, in the order of the parts."""
    lines = ["| part | held | what was done | minutes | day |", "|---|---|---|---:|---|"]
    for row in (rows[name] for name in PARTS if name in rows):
        done = re.sub(r"\s*\n\s*", "; ", row.done).replace("|", "/")
        lines.append(f"| {row.part} | {'yes' if row.held else '**no**'} | {done} | {row.minutes:.0f} | {row.day} |")
    return "\n".join(lines)


def kept(results: Path) -> dict[str, Row]:
    """The newest row of each part in a file of results."""
    lines = results.read_text(encoding="utf-8").splitlines() if results.exists() else []
    return {row.part: row for row in (Row(**json.loads(line)) for line in lines)}


def side_by_side(names: list[str], jobs: int, results: Path) -> None:
    """Run parts as processes of their own, so many at a time, with the options of this one."""
    given = [word for word in sys.argv[1:] if word not in names and word != "--write"]
    waiting, running = list(names), list[subprocess.Popen[bytes]]()
    while waiting or running:
        while waiting and len(running) < jobs:
            command = [
                sys.executable,
                "-m",
                "tests.soak",
                waiting.pop(0),
                *given,
                "--jobs",
                "1",
                "--results",
                str(results),
            ]
            running.append(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL))
        time.sleep(0.5)
        running = [process for process in running if process.poll() is None]


def main() -> int:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--plans", type=int, default=100)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--erasures", type=int, default=50, help="inboxes to erase people from")
    parser.add_argument("--publishes", type=int, default=100)
    parser.add_argument("--readers", type=int, default=8)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--sessions-a-day", type=int, default=100)
    parser.add_argument(
        "--files-on", default="mon,wed,fri", help="days of the week on which somebody brings files; for nights"
    )
    parser.add_argument(
        "--minutes", type=float, default=0, help="stop each part after so many minutes (0: when it is through)"
    )
    parser.add_argument("--jobs", type=int, default=1, help="parts side by side")
    parser.add_argument("--results", type=Path, help="a file that the row of each part is added to")
    parser.add_argument("--table-only", action="store_true", help="run nothing; the table of --results")
    parser.add_argument("--write", action="store_true", help="put the table into docs/soak.md")
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    names = [] if options.table_only else options.parts or list(PARTS)
    options.command = " ".join(["python -m tests.soak", *sys.argv[1:]])
    with tempfile.TemporaryDirectory(prefix="hourglass-soak-") as folder:
        results = options.results or Path(folder) / "results.jsonl"
        if options.jobs > 1 and len(names) > 1:
            side_by_side(names, options.jobs, results)
        else:
            options.until = Until(options.minutes).listen()
            for name in names:
                row = run_part(name, options)
                with results.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(asdict(row)) + "\n")
                if options.until.was_asked:
                    break
                options.until = Until(options.minutes).listen()
        rows = kept(results)
    found = table(rows)
    print(found)
    if options.write:
        before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
        PAGE.write_text(f"{before}{MARKS[0]}\n\n{found}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8")
    return 0 if all(row.held for row in rows.values()) and all(name in rows for name in names) else 1


if __name__ == "__main__":
    sys.exit(main())
