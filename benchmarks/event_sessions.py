"""Cutting sessions from web events, against a bare sort of the same events by visitor and time.

Usage: python benchmarks/event_sessions.py [--events 2000000] [--threads 2] [--memory-limit 2500MB] [--assigned SHARE] [--folder DIR].
In one run: ``raw.web_events`` sorted by visitor and time into a table, once with all columns and once with those alone that cutting
needs; then the models up to ``core.int_event_sessions``. Each ends with a checkpoint. Prints seconds on the clock and of processor, and
how often either sort goes into them.

The events are made up so that cutting is work: some twelve a visitor in sessions of five, files that lie in no order of time, one event
in a hundred delivered twice, and for a share of the visitors a session that the tracking assigned.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb

from config.home import Home
from config.tables import config_tables
from pipelines.schema import RAW_TABLES
from sql.model import load_models

MODELS = ("core.int_repeated_events", "core.int_event_horizon", "core.int_event_sessions")
NEEDED = "visitor_id, event_id, session_id, occurred_at, event_name, consent, engaged_seconds"
EVENTS = """
insert into raw.web_events by name
with drawn as (
    select i, hash(i // 5) as a, hash(i // 5 * 7 + 3) as b, hash(i) as d from range($rows) as numbers(i)
),
delivered as (
    select *, 0 as again from drawn
    union all
    select *, 1 as again from drawn where d % 100 = 0
)
select
    md5(cast(i as varchar)) as event_id,
    cast(1000000000 + a % ($rows // 12 + 1) as varchar) || '.1700000000' as visitor_id,
    case when a % 100 < $assigned then cast(1000000000 + a % ($rows // 12 + 1) as varchar) || '.' || cast(i // 5 as varchar) end
        as session_id,
    timestamp '2026-08-01' + to_seconds(cast(b % 7776000 + i % 5 * 90 + d % 60 as bigint)) as occurred_at,
    case when d % 3 = 0 then 'scroll' else 'page_view' end as event_name,
    'https://www.fjellheim.example/produkter/' || cast(d % 500 as varchar) || case
        when i % 5 = 0 and b % 100 > 30
            then '?utm_source=facebook&utm_medium=paid_social&utm_campaign=host_' || cast(b % 300 as varchar)
                || '&utm_content=video_' || cast(a % 2000 as varchar) || '&fbclid=IwAR' || md5(cast(b as varchar))
        else ''
    end as page_url,
    'https://www.fjellheim.example/produkter/' || cast(b % 500 as varchar) as referrer_url,
    'Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 Chrome/' || cast(120 + a % 20 as varchar) || '.0.'
        || cast(a % 6000 as varchar) || '.0 Mobile Safari/537.36' as user_agent,
    ['mobile', 'desktop'][1 + cast(a % 2 as int)] as device,
    'NO' as country,
    'granted' as consent,
    cast(d % 30 as decimal(18, 3)) as engaged_seconds,
    'web/events_' || cast(b % 90 + 90 * again as varchar) || '.parquet' as source_file,
    md5(cast(b % 90 + 90 * again as varchar)) || md5(cast(b % 90 + 1 as varchar)) as file_id,
    i as source_row,
    timestamp '2026-11-01' + interval 1 day * again as captured_at
from delivered
"""


class Time(NamedTuple):
    """Seconds on the clock and of processor (all threads)."""

    wall: float
    processor: float


def timed(work: Callable[[], object]) -> Time:
    """How long a piece of work takes."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Time(time.perf_counter() - wall, time.process_time() - processor)


def main() -> int:
    """Make the events, time both sides, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=2_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory-limit", default="2500MB")
    parser.add_argument("--assigned", type=float, default=0.5, help="share of visitors whose tracking assigns sessions")
    parser.add_argument("--folder", type=Path, default=None, help="where to work (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        connection = duckdb.connect(str(Path(folder) / "bench.duckdb"))
        connection.execute(f"set threads = {arguments.threads}")
        connection.execute(f"set memory_limit = '{arguments.memory_limit}'")
        connection.execute("set preserve_insertion_order = false")
        prepare(connection, Home(Path(folder)), arguments.events, round(arguments.assigned * 100))
        report(connection, arguments.memory_limit)
        connection.close()
    return 0


def prepare(connection: duckdb.DuckDBPyConnection, home: Home, events: int, assigned: int) -> None:
    """The raw tables with the made-up events, the configuration, the staging views."""
    for schema in ("raw", "config", "staging", "core"):
        connection.execute(f"create schema {schema}")
    for name, table in config_tables(home, date(2026, 11, 16)).items():
        connection.register("config_table", table)
        connection.execute(f"create table config.{name} as select * from config_table")
        connection.unregister("config_table")
    for name in ("web_events", "web_sessions"):
        columns = ", ".join(f'"{column.name}" {column.type}' for column in RAW_TABLES[name].columns)
        connection.execute(f"create table raw.{name} ({columns})")
    models = load_models()
    for name in ("staging.stg_web__events", "staging.stg_web__sessions"):
        connection.execute(f"create view {name} as {models[name].body}")
    connection.execute(EVENTS.replace("$rows", str(events)).replace("$assigned", str(assigned)))
    connection.execute("checkpoint")


def report(connection: duckdb.DuckDBPyConnection, memory_limit: str) -> None:
    """Time everything and print it."""
    models = load_models()

    def make(name: str, body: str) -> Time:
        return timed(lambda: connection.execute(f"create table {name} as {body}") and connection.execute("checkpoint"))

    sort = make("core.sorted", "select * from raw.web_events order by visitor_id, occurred_at")
    connection.execute("drop table core.sorted")
    narrow = make("core.sorted", f"select {NEEDED} from raw.web_events order by visitor_id, occurred_at")
    taken = {name: make(name, models[name].body) for name in MODELS}
    cutting = Time(sum(part.wall for part in taken.values()), sum(part.processor for part in taken.values()))
    rows = {
        "bare sort by visitor and time, all columns": sort,
        "bare sort, only the columns that cutting needs": narrow,
        **{f"  {name}": spent for name, spent in taken.items()},
        "sessions from events": cutting,
    }
    counts = connection.execute(
        "select (select count(*) from raw.web_events), (select count(*) from core.int_event_sessions)"
    ).fetchone()
    events, sessions = counts or (0, 0)
    print(f"{events:,} deliveries of events, {sessions:,} sessions, memory limit {memory_limit}")
    print(
        "seconds on the clock and of processor, and how often the bare sort of all columns and of the needed ones goes into them"
    )
    for label, spent in rows.items():
        ratios = f"{spent.wall / sort.wall:5.2f} x {spent.processor / sort.processor:5.2f} x"
        ratios += f"   {spent.wall / narrow.wall:5.2f} x {spent.processor / narrow.processor:5.2f} x"
        print(f"{label:<48} {spent.wall:8.2f} {spent.processor:8.2f}   {ratios}")


if __name__ == "__main__":
    sys.exit(main())
