"""Loading web sessions from Parquet into raw, against DuckDB's own CREATE TABLE AS on the same file.

Usage: python benchmarks/load_sessions.py [--rows 5000000] [--rounds 2] [--folder DIR]. Both sides take turns, each counts by its
best round (other work on the machine only ever adds time); prints both times and their ratio, also of processor time, which
other work disturbs less.
Both sides end with a checkpoint, so that both have written their rows into the database file. The ingestion's time is all
of it: finding and hashing the file, recognising it, checking every row, the import of dlt, the load, the registry.
"""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import duckdb

from config.home import Home
from config.settings import Settings
from pipelines.ingest import ingest

GOAL = 2.0
SESSIONS = """
copy (
    select
        's' || lpad(cast(i as varchar), 10, '0') as session_id,
        'v' || cast(hash(i) % 1500000 as varchar) as visitor_id,
        timestamp '2026-01-01' + to_seconds(cast(i * 2 as bigint)) as started_at,
        'https://www.fjellheim.example/produkt/' || cast(hash(i + 1) % 500 as varchar) || '?utm_source='
            || ['facebook', 'instagram', 'tiktok'][cast(hash(i) % 3 + 1 as int)]
            || '&utm_medium=social&utm_campaign=vaar_' || cast(hash(i + 7) % 40 as varchar) as landing_url,
        case i % 3 when 0 then 'https://www.facebook.com/' when 1 then 'https://l.instagram.com/' end as referrer_url,
        ['Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram',
            'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36']
            [cast(hash(i + 3) % 2 + 1 as int)] as user_agent,
        ['facebook', 'instagram', 'tiktok'][cast(hash(i) % 3 + 1 as int)] as utm_source,
        'social' as utm_medium,
        'vaar_' || cast(hash(i + 7) % 40 as varchar) as utm_campaign,
        cast(null as varchar) as utm_content,
        cast(null as varchar) as utm_term,
        cast(null as varchar) as utm_id,
        ['mobile', 'desktop'][cast(hash(i + 3) % 2 + 1 as int)] as device,
        ['NO', 'SE', 'DK'][cast(hash(i + 9) % 3 + 1 as int)] as country,
        cast(hash(i + 5) % 9 as bigint) as pageviews,
        cast((hash(i + 4) % 900000) / 1000.0 as decimal(18, 3)) as engaged_seconds,
        'granted' as consent,
        'a' as experiment,
        'b' as shop,
        'c' as release
    from range($rows) as t(i)
) to '$path' (format parquet)
"""


def main() -> int:
    """Make the file, time both sides, print the result. Exit code 1 when the ratio misses the goal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None, help="where to work (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        path = Path(folder) / "web_sessions_2026-11-15.parquet"
        duckdb.sql(SESSIONS.replace("$rows", str(arguments.rows)).replace("$path", str(path)))
        plain, loaded = Time(float("inf"), 0), Time(float("inf"), 0)
        phases: dict[str, float] = {}
        for number in range(arguments.rounds):
            plain = min(plain, _create_table_as(Path(folder) / f"plain_{number}.duckdb", path))
            home = Home(Path(folder) / f"home_{number}").create()
            (home.inbox / path.name).hardlink_to(path)
            taken, parts = _ingest(home)
            if taken < loaded:
                loaded, phases = taken, parts
    ratio = loaded.wall / plain.wall
    print(f"rows                  {arguments.rows:>12,}")
    print(f"CREATE TABLE AS       {plain.wall:>10.2f} s  (processor {plain.processor:.2f})")
    print(f"hourglass ingestion   {loaded.wall:>10.2f} s  (processor {loaded.processor:.2f})", end="; ")
    print(", ".join(f"{name} {seconds:.2f}" for name, seconds in phases.items()))
    print(
        f"ratio                 {ratio:>10.2f}    (processor {loaded.processor / plain.processor:.2f}; goal: at most {GOAL})"
    )
    return 0 if ratio <= GOAL else 1


class Time(NamedTuple):
    """Seconds on the wall and of the processors."""

    wall: float
    processor: float


def _now() -> Time:
    times = os.times()
    return Time(time.perf_counter(), times.user + times.system)


def _since(started: Time) -> Time:
    now = _now()
    return Time(now.wall - started.wall, now.processor - started.processor)


def _create_table_as(database: Path, path: Path) -> Time:
    with duckdb.connect(str(database)) as connection:
        started = _now()
        connection.execute("create table web_sessions as select * from read_parquet(?)", [str(path)])
        connection.execute("checkpoint")
        return _since(started)


def _ingest(home: Home) -> tuple[Time, dict[str, float]]:
    with duckdb.connect(str(home.warehouse)) as connection:
        started = _now()
        report = ingest(home, Settings(), connection=connection)
        connection.execute("checkpoint")
        return _since(started), report.seconds


if __name__ == "__main__":
    sys.exit(main())
