"""What a night costs: nothing new, one new day in ninety, a few sessions more, and everything anew, in one run on one simulated brand.

    python benchmarks/nightly.py [--sessions 1000000 5000000] [--keep FOLDER]

Prints the wall time and peak memory of each night as a whole process, and the ratios that matter: a night with 1 % new sessions against the
full refresh, both beyond start-up (a night with nothing new, and the imports of dlt and Great Expectations, which only a night with news
needs), and the night with nothing new against its imports alone and against Dagster alone (:mod:`benchmarks.bare_graph`). Where several
sizes of history are named, the night with the same 10,000 new sessions after each shows what a night costs by its history.
"""

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

MORE_SESSIONS = 10_000
IMPORTS = "import alembic, dagster, duckdb, pandas, pyarrow, rich, sqlalchemy"
"""What a night with nothing new loads of other people's code."""
IMPORTS_OF_NEWS = f"{IMPORTS}, dlt, great_expectations"


@dataclass(frozen=True)
class Night:
    """Wall and processor seconds and peak memory (GB) of one process."""

    wall: float
    processor: float
    memory: float


def main() -> None:
    """Simulate, run the nights, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, nargs="+", default=[1_000_000, 5_000_000])
    parser.add_argument("--keep", type=Path, help="use and keep this folder instead of a temporary one")
    arguments = parser.parse_args()
    more = {}
    for sessions in arguments.sessions:
        root = (arguments.keep or Path(tempfile.mkdtemp(prefix="hourglass-bench-"))) / str(sessions)
        root.mkdir(parents=True)
        try:
            more[sessions] = run_nights(root, sessions)
        finally:
            if arguments.keep is None:
                shutil.rmtree(root.parent)
    if len(more) > 1:
        print(f"\nthe same {MORE_SESSIONS:,} new sessions, beyond start-up")
        print("| history | s | x the first |\n|---|---:|---:|")
        least = more[min(more)]
        for sessions, seconds in more.items():
            print(f"| {sessions:,} sessions | {seconds:.1f} | {seconds / least:.2f} |")


def run_nights(root: Path, sessions: int) -> float:
    """The nights in order, on a fresh home under ``root``. Returns the seconds that 10,000 more sessions cost."""
    home, aside = root / "home", root / "aside"
    # In a process of its own: what a child has ever held begins, on Linux, with what its parent holds.
    hourglass(
        home,
        "simulate",
        "--out",
        str(home),
        "--days",
        "90",
        "--sessions",
        str(sessions),
        "--seed",
        "20261115",
        "--format",
        "parquet",
    )
    newest = max((home / "inbox" / "web" / "sessions").glob("*.parquet"))
    aside.mkdir()
    shutil.move(newest, aside / newest.name)

    imports = timed([sys.executable, "-c", IMPORTS])
    imports_of_news = timed([sys.executable, "-c", IMPORTS_OF_NEWS])
    bare_graph = [sys.executable, str(Path(__file__).with_name("bare_graph.py")), str(root / "bare")]
    timed(bare_graph)  # makes Dagster's databases
    bare = timed(bare_graph)
    first = hourglass(home, "run")
    nothing = hourglass(home, "run")
    shutil.move(aside / newest.name, newest)
    new_day = hourglass(home, "run")
    deliver_more(newest, newest.with_name("more_sessions.parquet"))
    more = hourglass(home, "run")
    full = hourglass(home, "run", "--full-refresh")

    print(f"\n{sessions:,} sessions over 90 days; the new day has {sessions / 90:,.0f}\n")
    print("| night | wall s | processor s | peak GB |")
    print("|---|---:|---:|---:|")
    for name, night in (
        ("imports alone", imports),
        ("imports of a night with news", imports_of_news),
        ("Dagster alone: the same graph, empty steps", bare),
        ("first night, 89 days", first),
        ("nothing new", nothing),
        ("one new day", new_day),
        (f"{MORE_SESSIONS:,} sessions more", more),
        ("full refresh", full),
    ):
        print(f"| {name} | {night.wall:.1f} | {night.processor:.1f} | {night.memory:.2f} |")
    start = nothing.wall + imports_of_news.wall - imports.wall
    print(
        f"\nnew day / full refresh, both beyond start-up: {(new_day.wall - start) / (full.wall - start):.3f} (at most 0.100)"
    )
    print(f"nothing new / imports alone: {nothing.wall / imports.wall:.2f}")
    print(f"nothing new / Dagster alone, imports and all: {nothing.wall / bare.wall:.2f}")
    return more.wall - start


def deliver_more(day: Path, path: Path) -> None:
    """A file with sessions of their own in the inbox, like those of a day."""
    duckdb.sql(
        f"""
        copy (
            select * replace ('more-' || session_id as session_id)
            from (select distinct on (session_id) * from read_parquet('{day}') order by session_id limit {MORE_SESSIONS})
        ) to '{path}' (format parquet)
        """
    )


def hourglass(home: Path, *command_line: str) -> Night:
    """One command in a process of its own; exits when it fails."""
    command = [str(Path(sys.executable).with_name("hourglass")), *command_line]
    return timed(command, {"HOURGLASS_HOME": str(home)})


def timed(command: list[str], environment: dict[str, str] | None = None) -> Night:
    """Run a command and take the operating system's own account of it."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **(environment or {})}, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return Night(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, _gigabytes(usage))


def _gigabytes(usage: resource.struct_rusage) -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1e9


if __name__ == "__main__":
    main()
