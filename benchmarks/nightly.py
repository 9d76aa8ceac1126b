"""What a night costs: nothing new, one new day in ninety, a few sessions more, and everything anew, in one run on one simulated brand.

    python benchmarks/nightly.py [--sessions 5000000] [--history 90 450 900] [--keep FOLDER]

Prints the wall time and peak memory of each night as a whole process, and the ratios that matter: a night with 1 % new sessions against the
full refresh, both beyond start-up (a night with nothing new, and the imports of dlt and Great Expectations, which only a night with news
needs), and the night with nothing new against its imports alone and against Dagster alone (:mod:`benchmarks.bare_graph`).

Then the same 10,000 new sessions after histories of so many days, each day as busy as any other: what a night costs by its history alone.
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
SESSIONS_A_DAY = 11_111
"""A million in 90 days, ten million in 900."""
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
    parser.add_argument("--sessions", type=int, nargs="*", default=[5_000_000], help="over 90 days")
    parser.add_argument("--history", type=int, nargs="*", default=[90, 450, 900], help="days of 11,111 sessions")
    parser.add_argument("--keep", type=Path, help="use and keep this folder instead of a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hourglass-bench-") as temporary:
        root = arguments.keep or Path(temporary)
        for sessions in arguments.sessions:
            run_nights(root / str(sessions), sessions)
            clear(root / str(sessions), arguments.keep)
        grown = []
        for days in arguments.history:
            grown.append((days, *run_history(root / f"{days}-days", days)))
            clear(root / f"{days}-days", arguments.keep)
    if grown:
        print(f"\n{SESSIONS_A_DAY:,} sessions a day; the same {MORE_SESSIONS:,} new sessions after each history\n")
        print(
            "| history, days | sessions | nothing new, s | new sessions, s | beyond start-up, s | x the first | processor s |"
        )
        print("|---:|---:|---:|---:|---:|---:|---:|")
        for days, nothing, more, beyond in grown:
            print(
                f"| {days} | {days * SESSIONS_A_DAY:,} | {nothing.wall:.1f} | {more.wall:.1f} | {beyond:.1f} "
                f"| {beyond / grown[0][3]:.2f} | {more.processor:.1f} |",
                flush=True,
            )


def clear(folder: Path, keep: Path | None) -> None:
    """Make room for the next size, unless the folder was asked for."""
    if keep is None:
        shutil.rmtree(folder)


def simulate(home: Path, sessions: int, days: int) -> Path:
    """Make a brand's inbox, in a process of its own: what a child has ever held begins, on Linux, with what its parent holds.

    Returns the file of its newest day.
    """
    size = ["--days", str(days), "--sessions", str(sessions), "--seed", "20261115", "--format", "parquet"]
    hourglass(home, "simulate", "--out", str(home), *size)
    return max((home / "inbox" / "web" / "sessions").glob("*.parquet"))


def run_history(root: Path, days: int) -> tuple[Night, Night, float]:
    """The night with nothing new and the one with more sessions after so many days, and what the latter costs beyond start-up."""
    home = root / "home"
    newest = simulate(home, days * SESSIONS_A_DAY, days)
    imports, imports_of_news = (timed([sys.executable, "-c", code]) for code in (IMPORTS, IMPORTS_OF_NEWS))
    hourglass(home, "run")
    nothing = hourglass(home, "run")
    deliver_more(newest, newest.with_name("more_sessions.parquet"))
    more = hourglass(home, "run")
    return nothing, more, more.wall - start_up(nothing, imports, imports_of_news)


def start_up(nothing: Night, imports: Night, imports_of_news: Night) -> float:
    """Wall seconds that a night with news takes besides its news: the night without, and what it imports more."""
    return nothing.wall + imports_of_news.wall - imports.wall


def run_nights(root: Path, sessions: int) -> None:
    """The nights in order, on a fresh home under ``root``."""
    home, aside = root / "home", root / "aside"
    newest = simulate(home, sessions, days=90)
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
    start = start_up(nothing, imports, imports_of_news)
    print(
        f"\nnew day / full refresh, both beyond start-up: {(new_day.wall - start) / (full.wall - start):.3f} (at most 0.100)"
    )
    print(f"nothing new / imports alone: {nothing.wall / imports.wall:.2f}")
    print(f"nothing new / Dagster alone, imports and all: {nothing.wall / bare.wall:.2f}")


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
