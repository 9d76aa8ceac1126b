"""Reading tags and finding channels in SQL, against DuckDB reading and writing the same sessions with nothing done to them.

Usage: python benchmarks/tags_and_channels.py [--sessions 10000000] [--urllib 200000] [--threads 2] [--memory 6GB] [--folder DIR].
In one run, on sessions of the simulated brand: a plain copy of raw.web_sessions (CREATE TABLE AS and checkpoint); each model from the link
to core.fct_sessions; tags and channels alone (their models, and a table of the contract's columns for them); reading alone (no table is
written); and Python's urllib.parse in a loop over some of the same links. Prints seconds on the clock and of processor, and ratios of
both to the plain copy.

--distinct gives every link a campaign of its own, which is the worst that can happen to models that work a link out once.
"""

import argparse
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import duckdb

from config.home import Home
from config.tables import config_tables
from hourglass.simulate.run import simulate
from pipelines.schema import RAW_TABLES
from sql.catalog import Catalog

TAGS = ("session_id", "click_id_name", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term", "utm_id")
CHANNELS = (
    *TAGS, "landing_host", "landing_path", "referrer_host", "channel_ga4", "channel", "platform", "ai_source", "is_social", "is_paid",
    "utm_status", "utm_reason",
)  # fmt: skip
READING = ("core.int_repeated_sessions", "core.int_links", "core.int_hard_links", "core.int_link_tags")
GOAL_CHANNELS, GOAL_URLLIB = 2.5, 8.0


class Time(NamedTuple):
    """Seconds on the clock and of processor (all threads)."""

    wall: float
    processor: float


def total(times: Iterable[Time]) -> Time:
    """The sum of times."""
    listed = list(times)
    return Time(sum(one.wall for one in listed), sum(one.processor for one in listed))


def timed(work: Callable[[], object]) -> Time:
    """How long a piece of work takes."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Time(time.perf_counter() - wall, time.process_time() - processor)


def main() -> int:
    """Make the sessions, time both sides, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=10_000_000)
    parser.add_argument("--urllib", type=int, default=200_000, help="links that urllib.parse reads")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="6GB", help="DuckDB's memory limit")
    parser.add_argument("--distinct", action="store_true", help="a campaign of its own for every link")
    parser.add_argument("--folder", type=Path, default=None, help="where to work (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        connection = duckdb.connect(str(Path(folder) / "bench.duckdb"))
        connection.execute(f"set threads = {arguments.threads}")
        connection.execute(f"set memory_limit = '{arguments.memory}'")
        connection.execute("set preserve_insertion_order = false")
        prepare(connection, Home(Path(folder)), arguments.sessions, is_distinct=arguments.distinct)
        report(connection, arguments.urllib)
        connection.close()
    return 0


def prepare(connection: duckdb.DuckDBPyConnection, home: Home, sessions: int, *, is_distinct: bool) -> None:
    """The raw tables with the brand's sessions, and the configuration."""
    simulate(home.root, days=90, sessions=sessions, seed=20261115, format="parquet")
    for schema in ("raw", "config", "staging", "core"):
        connection.execute(f"create schema {schema}")
    for name, table in config_tables(home, date(2026, 11, 16)).items():
        connection.register("config_table", table)
        connection.execute(f"create table config.{name} as select * from config_table")
        connection.unregister("config_table")
    for name, raw in RAW_TABLES.items():
        columns = ", ".join(f'"{column.name}" {column.type}' for column in raw.columns)
        connection.execute(f"create table raw.{name} ({columns})")
    own_campaign = "regexp_replace(landing_url, '(utm_campaign=[^&]*)', '\\1_' || file_row_number || day(started_at))"
    connection.execute(
        f"""
        insert into raw.web_sessions by name
        select
            * exclude (filename, file_row_number){f" replace ({own_campaign} as landing_url)" if is_distinct else ""},
            filename as source_file,
            sha256(filename) as file_id,
            file_row_number + 1 as source_row,
            timestamp '2026-11-16' as captured_at
        from read_parquet(?, filename = true, file_row_number = true)
        """,
        [str(home.inbox / "web" / "sessions" / "*.parquet")],
    )
    connection.execute("checkpoint")


def report(connection: duckdb.DuckDBPyConnection, urllib_links: int) -> None:
    """Time everything and print it."""
    catalog = Catalog()
    target = "core.fct_sessions"
    needed = [model for model in catalog.order if model.name == target or target in catalog.downstream([model.name])]

    def make(name: str, query: str) -> Time:
        return timed(lambda: connection.execute(f"create table {name} as {query}") and connection.execute("checkpoint"))

    def consume(columns: Iterable[str], table: str) -> Time:
        hashes = ", ".join(f"sum(hash({column}))" for column in columns)
        return timed(lambda: connection.execute(f"select {hashes} from {table}").fetchall())

    plain = make("core.plain_copy", "select * from raw.web_sessions")
    taken: dict[str, Time] = {}
    for model in needed:
        if model.header.materialise == "view":
            connection.execute(f"create view {model.name} as {model.body}")
        elif model.name != target:
            taken[model.name] = make(model.name, model.body)
    channels = make("core.channels", f"select {', '.join(CHANNELS)} from core.int_session_channels")
    read_only = consume(TAGS, "core.int_session_tags")
    taken[target] = make(target, catalog.models[target].body)
    written = make("core.written_copy", f"select * from {target}")

    sessions = count(connection, "raw.web_sessions")
    links = [
        row[0]
        for row in connection.execute(
            f"select landing_url from raw.web_sessions using sample {urllib_links}"
        ).fetchall()
    ]
    python = timed(lambda: [parse_qs(urlsplit(link).query, keep_blank_values=True) for link in links])
    python = Time(python.wall * sessions / len(links), python.processor * sessions / len(links))
    reading = total([*(taken[name] for name in READING), read_only])
    outcome = ("core.int_visitors", target)
    everything = total(time for name, time in taken.items() if name not in outcome)
    rows = {
        "plain copy of raw.web_sessions": plain,
        **{f"  {name}": spent for name, spent in taken.items() if spent.wall > 0.01 * plain.wall},
        "tags plus channel": total([everything, channels]),
        "tags alone, read as urllib reads (nothing written)": reading,
        f"everything up to {target}": total(taken.values()),
        f"  of which writing {target}, nothing done": written,
        f"urllib.parse in a loop ({len(links):,} links, scaled)": python,
    }
    print(f"{sessions:,} sessions, {count(connection, 'core.int_links'):,} distinct links")
    print("| | on the clock, s | of processor, s | x plain copy | x its processor |\n|---|---:|---:|---:|---:|")
    for label, spent in rows.items():
        ratios = f"{spent.wall / plain.wall:.2f} | {spent.processor / plain.processor:.2f}"
        print(f"| {label} | {spent.wall:.2f} | {spent.processor:.2f} | {ratios} |")
    print(
        f"\ntags plus channel / plain copy: {rows['tags plus channel'].wall / plain.wall:.2f} (at most {GOAL_CHANNELS})"
    )
    print(f"urllib / tags: {python.wall / reading.wall:.1f} (at least {GOAL_URLLIB})")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
    print(f"peak memory: {peak:.2f} GB")


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """The rows of a table."""
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(main())
