"""The six attribution models on a million conversion paths, and a package from PyPI on the same paths, in one run.

Usage: python benchmarks/attribution.py [--conversions 1000000] [--threads 2] [--memory 2GB] [--without-peer].
Ours finds each conversion's touches among the sessions (lookback to the second), and writes a row a credited touch and model, exact to
the ninth decimal: attribution.credits as the nightly run builds it. Most of that is writing, so the same rows are also written once more
with nothing done to them, and the same SELECT is asked for totals a channel with nothing written, which is what the peer does. The peer,
marketing-attribution-models, is handed the paths ready made and returns totals a channel, in floating point, of its five rule models (it
has no last non-direct). It runs in an environment of its own that uv makes, and says how far its totals lie from ours where both have the
model.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from config.home import Home
from config.tables import config_tables
from sql.catalog import Catalog
from sql.materialise import WAREHOUSE_STORAGE_VERSION

PEER = "marketing-attribution-models==2.1.1"
SAME_MODELS = {"first": "first_click", "last": "last_click", "linear": "linear", "position": "position_based"}
CONVERSIONS = """
create table core.fct_conversions as
select
    'order:' || i as conversion_id,
    'order' as conversion_type,
    timestamp '2026-10-01' + to_seconds(cast(hash(i) % 2592000 as bigint)) as occurred_at,
    cast(timestamp '2026-10-01' + to_seconds(cast(hash(i) % 2592000 as bigint)) as date) as conversion_date,
    cast(null as varchar) as session_id,
    cast(100 + hash(i + 1) % 900 as decimal(18, 4)) as value_reporting
from range($conversions) as numbers(i)
"""
VISITORS = "create table core.int_conversion_visitors as select conversion_id, 'v' || conversion_id as visitor_id from core.fct_conversions"
SESSIONS = """
create table core.fct_sessions as
with numbered as (
    select
        conversion_id,
        occurred_at,
        unnest(range(1 + cast(least(hash(conversion_id) % 11, hash(conversion_id || 'x') % 11) as bigint))) as touch
    from core.fct_conversions
),
drawn as (
    select *, hash(conversion_id || touch) as drawn from numbered
)
select
    's' || conversion_id || '-' || touch as session_id,
    'v' || conversion_id as visitor_id,
    occurred_at - to_seconds(cast(drawn % 2000000 as bigint)) as started_at,
    ['Display', 'Organic Social', 'Paid Social', 'Paid Search', 'Organic Search', 'Email', 'Referral'][
        1 + cast(drawn % 7 as int)
    ] as channel,
    ['facebook', 'instagram', 'tiktok'][1 + cast(drawn % 3 as int)] as platform,
    'source' as source,
    cast(null as varchar) as referrer_source,
    cast(null as varchar) as app_source,
    'medium' as medium,
    'campaign_' || drawn % 300 as campaign,
    'content_' || drawn % 5000 as content,
    'none' as referrer_kind,
    drawn % 7 in (1, 2) as is_social,
    drawn % 7 in (2, 3) as is_paid,
    true as has_consent
from drawn
"""
TOTALS = """
select model, channel, sum(credit) as credit, sum(value_reporting) as value_reporting
from ($credits) as credits
group by model, channel
"""
PATHS = """
copy (
    select
        conversion_id,
        string_agg(channel, ' > ' order by started_at, fct_sessions.session_id) as channels,
        string_agg(cast(epoch(occurred_at - started_at) / 3600.0 as varchar), ' > ' order by started_at, fct_sessions.session_id) as hours,
        true as is_conversion,
        min(cast(value_reporting as double)) as value
    from core.fct_sessions
    inner join core.fct_conversions on fct_sessions.visitor_id = 'v' || conversion_id
    group by conversion_id
) to '$path' (format parquet)
"""
PEER_SCRIPT = """
import json, sys, time
import polars as pl
from mam.core import MAM
frame = pl.read_parquet(sys.argv[1])
started = time.perf_counter()
models = MAM(
    frame, "journey", "channels", "is_conversion",
    user_id_colname="conversion_id", time_till_conv_colname="hours", conversion_value_colname="value",
)
prepared = time.perf_counter()
totals = {}
for name in ("last_click", "first_click", "linear", "position_based", "time_decay"):
    result = getattr(models, "run_" + name)()
    table = next(value for value in vars(result).values() if isinstance(value, pl.DataFrame) and "attribution" in value.columns)
    totals[name] = dict(zip(table["channels"], table["attribution"]))
print(json.dumps({"prepare": prepared - started, "models": time.perf_counter() - prepared, "totals": totals}))
"""


def main() -> int:
    """Make the paths, time both, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--conversions", type=int, default=1_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", default="2GB", help="DuckDB's memory limit; what does not fit goes to disk")
    parser.add_argument("--without-peer", action="store_true")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        connection = duckdb.connect(
            str(Path(folder) / "bench.duckdb"), config={"storage_compatibility_version": WAREHOUSE_STORAGE_VERSION}
        )
        connection.execute(f"set threads = {arguments.threads}")
        connection.execute(f"set memory_limit = '{arguments.memory}'")
        connection.execute("set preserve_insertion_order = false")
        prepare(connection, arguments.conversions)
        touches = count(connection, "core.fct_sessions")
        model = Catalog().models["attribution.credits"].body
        totals = timed(connection, f"create temp table totals as {TOTALS.replace('$credits', model)}")
        written = timed(connection, f"create table core.credits as {model}")
        copied = timed(connection, "create table core.copied as select * from core.credits")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9
        print(
            f"{arguments.conversions:,} conversions, {touches:,} touches, {count(connection, 'core.credits'):,} credits\n"
        )
        print("| | s | of processor, s |\n|---|---:|---:|")
        for what, (wall, processor) in {
            "touches found, six models, totals a channel, nothing written": totals,
            "attribution.credits: touches found, six models, a row a credit, written": written,
            "of which writing, with nothing done": copied,
        }.items():
            print(f"| {what} | {wall:.1f} | {processor:.1f} |")
        if not arguments.without_peer:
            compare(connection, Path(folder) / "paths.parquet")
        print(f"\npeak memory {peak:.2f} GB under a limit of {arguments.memory}")
    return 0


def timed(connection: duckdb.DuckDBPyConnection, statement: str) -> tuple[float, float]:
    """Run a statement and write out what it made; seconds on the clock, and of the processor."""
    started, processor = time.perf_counter(), time.process_time()
    connection.execute(statement)
    connection.execute("checkpoint")
    return time.perf_counter() - started, time.process_time() - processor


def prepare(connection: duckdb.DuckDBPyConnection, conversions: int) -> None:
    """The tables that attribution reads."""
    for schema in ("config", "core"):
        connection.execute(f"create schema {schema}")
    with tempfile.TemporaryDirectory() as nowhere:
        for name, table in config_tables(Home(Path(nowhere)), date(2026, 11, 16)).items():
            connection.register("config_table", table)
            connection.execute(f"create table config.{name} as select * from config_table")
            connection.unregister("config_table")
    connection.execute(CONVERSIONS.replace("$conversions", str(conversions)))
    connection.execute(VISITORS)
    connection.execute(SESSIONS)
    connection.execute("checkpoint")


def compare(connection: duckdb.DuckDBPyConnection, paths: Path) -> None:
    """Run the peer on the same paths; print its times and how far its totals lie from ours."""
    connection.execute(PATHS.replace("$path", str(paths)))
    uv = Path(sys.executable).with_name("uv")
    command = [
        str(uv),
        "run",
        "--quiet",
        "--isolated",
        "--no-project",
        "--with",
        PEER,
        "python",
        "-c",
        PEER_SCRIPT,
        str(paths),
    ]
    answer: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    print(f"| {PEER}: paths taken in | {answer['prepare']:.1f} | |")
    print(f"| {PEER}: five models, totals a channel | {answer['models']:.1f} | |")
    for ours, theirs in SAME_MODELS.items():
        rows = connection.execute(
            "select channel, cast(sum(value_reporting) as double) from core.credits where model = ? group by channel",
            [ours],
        ).fetchall()
        apart = max(abs(value - answer["totals"][theirs].get(channel, 0.0)) / value for channel, value in rows)
        print(f"| {ours} and {theirs}: totals apart at most | {apart:.1%} | |")


def count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """The rows of a table."""
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0


if __name__ == "__main__":
    sys.exit(main())
