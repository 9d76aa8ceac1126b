"""What erasing people costs, by how many they are and against a full refresh, on one simulated brand.

    python benchmarks/erase.py [--sessions 300000] [--people 1 1000] [--keep FOLDER]

The people are customers, who go with their visits, orders and leads. Each time they are taken out of a copy of the same home, by one call
of ``hourglass erase`` as a process of its own, whose time is told in its parts: finding them (in the raw tables and the files of the
inbox), removing them, the nightly job that computes and publishes what follows, and writing the warehouse anew and looking for what is
left.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from nightly import hourglass, simulate

BEGINS = {"cleaning": "find", "computing": "remove", "writing": "compute and publish"}
"""How a line of ``hourglass erase`` begins, and which part ends with it."""
LAST_PART = "write anew, look again"
PARTS = (*BEGINS.values(), LAST_PART)


def main() -> None:
    """Simulate, run the first nights, erase from copies, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=300_000, help="over 90 days")
    parser.add_argument("--people", type=int, nargs="*", default=[1, 1_000])
    parser.add_argument("--keep", type=Path, help="use and keep this folder instead of a temporary one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hourglass-bench-") as temporary:
        root = arguments.keep or Path(temporary)
        home = root / "home"
        if not home.exists():
            simulate(home, arguments.sessions, days=90)
            hourglass(home, "run")
        nothing = hourglass(home, "run")
        customers = customers_of(home)
        erasures = [(count, *erase(home, root / f"without-{count}", customers[:count])) for count in arguments.people]
        full = hourglass(home, "run", "--full-refresh")

    print(f"\n{arguments.sessions:,} sessions over 90 days\n")
    print(f"| | rows gone | wall s | {' | '.join(PARTS)} |")
    print(f"|---|---:|---:|{'---:|' * len(PARTS)}")
    for count, rows, parts in erasures:
        told = " | ".join(f"{parts[name]:.1f}" for name in PARTS)
        print(f"| {count:,} people | {rows:,} | {sum(parts.values()):.1f} | {told} |")
    print(f"| a night with nothing new | | {nothing.wall:.1f} |{' |' * len(PARTS)}")
    print(f"| full refresh | | {full.wall:.1f} |{' |' * len(PARTS)}")
    first = sum(erasures[0][2].values())
    print(f"\n{erasures[0][0]:,} people / full refresh: {first / full.wall:.2f}")
    for count, _, parts in erasures[1:]:
        print(f"{count:,} people / {erasures[0][0]:,}: {sum(parts.values()) / first:.2f}")


def customers_of(home: Path) -> list[str]:
    """Everybody who ordered, in an order that says nothing of when."""
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        query = "select distinct customer_id from raw.orders where customer_id is not null order by md5(customer_id)"
        return [row[0] for row in connection.execute(query).fetchall()]


def erase(home: Path, copy: Path, customers: list[str]) -> tuple[int, dict[str, float]]:
    """Take the customers out of a copy of the home; returns how many raw rows went, and the seconds of each part. Exits when it fails."""
    shutil.copytree(home, copy, symlinks=True)
    command = [str(Path(sys.executable).with_name("hourglass")), "erase", "--customer", "-"]
    environment = {**os.environ, "HOURGLASS_HOME": str(copy)}
    seconds, rows = dict.fromkeys(PARTS, 0.0), 0
    started = time.perf_counter()
    with subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin and process.stdout
        process.stdin.write("\n".join(customers))
        process.stdin.close()
        for line in process.stdout:
            if part := BEGINS.get(line.split(" ", 1)[0]):
                now = time.perf_counter()
                seconds[part], started = now - started, now
            elif line.endswith(" are gone\n"):
                rows = int(line.split()[0].replace(",", ""))
    seconds[LAST_PART] = time.perf_counter() - started
    if process.returncode not in (0, 2):
        sys.exit(f"failed with status {process.returncode}: {' '.join(command)}")
    shutil.rmtree(copy)
    return rows, seconds


if __name__ == "__main__":
    main()
