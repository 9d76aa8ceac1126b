"""``make soak``: the long forms of the soak tests, one after the other, and a table of what came of them.

``python -m tests.soak [PART…]`` runs some of them: replay, kills, disk, readers, hostile, fuzz, nights. Options say how much; the table
goes to standard output and, with ``--write``, between the marks of docs/soak.md.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from sql.catalog import Catalog
from tests.soak.long_nights import run_year
from tests.soak.readers import OLDEST, node_reads, python_with, read_while_publishing
from tests.soak.replay import judge, plan

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "soak.md"
MARKS = ("<!-- figures -->", "<!-- end of figures -->")
Answer = tuple[bool, str]
"""Whether it held, and what was measured."""


def say(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"  {text}\n")


def replay(folder: Path, options: argparse.Namespace) -> Answer:
    """Plans of nights in any order against clean builds."""
    catalog, nights, deaths, failed = Catalog(), 0, 0, []
    for seed in range(options.seed, options.seed + options.plans):
        drawn = plan(seed, folder / str(seed), nights=7, days=9 + seed % 12, sessions=80 + seed % 5 * 40, share=0.2)
        verdict = judge(drawn, folder, catalog, with_dlt=seed % 4 == 0)
        nights, deaths = nights + verdict.nights, deaths + verdict.deaths
        if verdict.differences:
            failed.append(seed)
            say(str(verdict))
    return (
        not failed,
        f"{options.plans} plans, {nights} nights, {deaths} that died; plans that differ: {failed or 'none'}",
    )


def kills(folder: Path, options: argparse.Namespace) -> Answer:
    """Nights killed at boundaries and at random instants."""
    del folder
    return _module("tests.soak.killing", str(options.kills), str(options.seed))


def disk(folder: Path, options: argparse.Namespace) -> Answer:
    """A full disk at several levels of fullness, and a read-only one."""
    del options
    command = [
        "unshare",
        "-rm",
        sys.executable,
        "-m",
        "tests.soak.full_disk",
        str(folder),
        "0",
        "16",
        "64",
        "256",
        "1000",
        "4000",
    ]
    return _told(command)


def readers(folder: Path, options: argparse.Namespace) -> Answer:
    """Readers of several versions through many publications."""
    oldest = python_with(OLDEST, folder / "oldest")
    others = [oldest, oldest] if oldest else []
    outcome = read_while_publishing(folder, publishes=options.publishes, readers=8 - len(others), others=others)
    node = node_reads(folder / "installation" / "home" / "published" / "hourglass.duckdb", folder / "node")
    clients = ", ".join(f"{outcome.clients.count(name)} × {name}" for name in sorted(set(outcome.clients)))
    told = f"{outcome.publishes} publications, {clients}, {outcome.looks} looks, faults: {outcome.faults or 'none'}; Node: {node}"
    return not outcome.faults and not node.startswith(
        "failed"
    ), told if oldest else f"{told}; duckdb {OLDEST} could not be installed"


def hostile(folder: Path, options: argparse.Namespace) -> Answer:
    """The hostile inbox with lines of gigabytes."""
    ok, told = _told([sys.executable, "-m", "tests.soak.hostile", str(folder / "home"), str(options.megabytes)])
    subprocess.run(["rm", "-rf", str(folder / "home")], check=True)
    peak = re.search(r'"peak_mb": (\d+)', told)
    files = told.count('["quarantined"')
    return (
        ok and peak is not None,
        f"lines of {options.megabytes} MB; {files} files wait; peak memory {peak[1] if peak else '?'} MB",
    )


def fuzz(folder: Path, options: argparse.Namespace) -> Answer:
    """Damaged exports through recogniser and readers."""
    del folder
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/pipelines/test_fuzz.py"]
    ok, told = _told(command, HOURGLASS_FUZZ=str(options.cases))
    return ok, f"{options.cases} damaged exports; {told.splitlines()[-1] if told else ''}"


def nights(folder: Path, options: argparse.Namespace) -> Answer:
    """A year, night by night."""
    year = run_year(folder, nights=options.nights, sessions_a_day=options.sessions_a_day, say=say)
    first, last = statistics.median(year.quarter(0)), statistics.median(year.quarter(3))
    half, end = year.bytes[len(year.bytes) // 2], year.bytes[-1]
    sizes = ", ".join(f"{part} {half[part] / 1e6:.1f} → {size / 1e6:.1f} MB" for part, size in end.items())
    speed = f"median {first:.1f} s in the first quarter, {last:.1f} s in the last"
    told = f"{options.nights} nights; {speed}; at half time and at the end: {sizes}"
    return not year.differences, f"{told}; tables that differ from a clean build: {sorted(year.differences) or 'none'}"


PARTS: dict[str, Callable[[Path, argparse.Namespace], Answer]] = {
    part.__name__: part for part in (replay, kills, disk, readers, hostile, fuzz, nights)
}


def _module(name: str, *arguments: str) -> Answer:
    return _told([sys.executable, "-m", name, *arguments])


def _told(command: list[str], **environment: str) -> Answer:
    """Run a command from the project's folder; whether it ended well, and what it printed on its last lines."""
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    if done.returncode:
        say(done.stdout[-2000:] + done.stderr[-2000:])
    return done.returncode == 0, done.stdout.strip()


def table(rows: list[tuple[str, bool, str, float]]) -> str:
    """The rows as Markdown."""
    lines = ["| part | held | what was done | minutes |", "|---|---|---|---:|"]
    lines += [
        f"| {name} | {'yes' if ok else '**no**'} | {told.replace(chr(10), '; ').replace('|', '/')} | {seconds / 60:.1f} |"
        for name, ok, told, seconds in rows
    ]
    return "\n".join(lines)


def main() -> int:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; all without")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--plans", type=int, default=100)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--publishes", type=int, default=100)
    parser.add_argument("--megabytes", type=int, default=2000)
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--sessions-a-day", type=int, default=100)
    parser.add_argument("--write", action="store_true", help="put the table into docs/soak.md")
    options = parser.parse_args()
    unknown = [name for name in options.parts if name not in PARTS]
    if unknown:
        parser.error(f"no part is called {', '.join(unknown)}; there are {', '.join(PARTS)}")
    rows = []
    for name in options.parts or PARTS:
        say(f"{name}: {PARTS[name].__doc__}")
        started = time.monotonic()
        with tempfile.TemporaryDirectory(prefix=f"hourglass-soak-{name}-") as folder:
            ok, told = PARTS[name](Path(folder), options)
        rows.append((name, ok, told, time.monotonic() - started))
    found = table(rows)
    print(found)
    if options.write:
        before, rest = PAGE.read_text(encoding="utf-8").split(MARKS[0])
        PAGE.write_text(f"{before}{MARKS[0]}\n\n{found}\n\n{MARKS[1]}{rest.split(MARKS[1])[1]}", encoding="utf-8")
    return 0 if all(ok for _name, ok, _told, _seconds in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
