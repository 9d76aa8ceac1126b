"""Reading tags and finding channels in SQL, against DuckDB reading and writing the same sessions with nothing done to them.

Usage: python benchmarks/tags_and_channels.py [--sessions 2000000] [--urllib 200000] [--threads 2] [--folder DIR]. In one run: a plain
copy of raw.web_sessions (CREATE TABLE AS and checkpoint), then each model from the link to core.fct_sessions, then Python's
urllib.parse in a loop over some of the same links. Prints seconds on the clock and of processor, and ratios of both to the plain copy.

The sessions are made up so that reading them is work: a fifth without a query, a tenth each with a Google or a Meta click id alone, half
tagged in the plain way, three in a hundred with encoded letters, one with upper-case keys and one with bytes that are no UTF-8.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import duckdb

from config.home import Home
from config.tables import config_tables
from pipelines.schema import RAW_TABLES
from sql.model import load_models

TAG_MODELS = ("core.int_hard_links", "core.int_session_tags", "core.int_value_meanings")
SESSION_MODELS = ("core.int_click_meanings", "core.int_visitors", "core.int_browsers", "core.fct_sessions")
SESSIONS = """
insert into raw.web_sessions by name
with drawn as (
    select i, hash(i) as a, hash(i + 7777777) as b, hash(i * 3 + 1) as c from range($rows) as numbers(i)
)
select
    's-' || md5(cast(i as varchar)) as session_id,
    'v-' || cast(a % ($rows * 6 // 10 + 1) as varchar) as visitor_id,
    timestamp '2026-08-01' + to_seconds(cast(b % 7776000 as bigint)) as started_at,
    'https://www.fjellheim.example/' || ['produkter/', 'sko/', 'kampanje/', '', 'blogg/artikkel-om-vinter/'][1 + cast(a % 5 as int)]
        || cast(c % 500 as varchar) || case
        when b % 100 < 20 then ''
        when b % 100 < 30 then '?gclid=' || md5(cast(c as varchar)) || md5(cast(a as varchar)) || '&gad_source=1'
        when b % 100 < 40 then '?fbclid=IwAR' || md5(cast(c as varchar)) || md5(cast(a as varchar))
        when b % 100 < 75 then '?utm_source='
            || ['facebook', 'instagram', 'tiktok', 'linkedin', 'fb', 'Facebook', 'newsletter'][1 + cast(c % 7 as int)]
            || '&utm_medium=' || ['social', 'paid_social', 'cpc', 'email', 'Social'][1 + cast(a % 5 as int)]
            || '&utm_campaign=host_2026_' || cast(c % 300 as varchar) || '&utm_content=video_' || cast(a % 2000 as varchar)
        when b % 100 < 95 then '?utm_source=' || ['facebook', 'instagram', 'tiktok'][1 + cast(c % 3 as int)]
            || '&utm_medium=paid_social&utm_campaign=host_2026_' || cast(c % 300 as varchar) || '&utm_content=video_'
            || cast(a % 2000 as varchar) || '&utm_term=' || cast(a % 100 as varchar)
            || '&fbclid=IwAR' || md5(cast(c as varchar)) || md5(cast(a as varchar))
        when b % 100 < 98 then '?utm_source=facebook&utm_medium=paid+social&utm_campaign=h%C3%B6st%20rea_' || cast(c % 300 as varchar)
        when b % 100 < 99 then '?UTM_Source=facebook&utm_medium=social&utm_campaign=x#section'
        else '?utm_source=facebook&utm_campaign=h%F8st&utm_medium=social'
    end as landing_url,
    case b % 6
        when 0 then 'https://www.google.com/'
        when 1 then 'https://l.facebook.com/'
        when 2 then 'https://www.instagram.com/'
        when 3 then 'https://www.google.no/search?q=x'
        when 5 then 'https://blogg' || cast(c % 5000 as varchar) || '.example/post/1'
    end as referrer_url,
    case c % 4
        when 0 then 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5_1 like Mac OS X) AppleWebKit/605.1.15 Version/17.5 Mobile/15E148 Safari/604.1'
        when 1 then 'Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 Chrome/' || cast(120 + c % 20 as varchar) || '.0.'
            || cast(c % 6000 as varchar) || '.0 Mobile Safari/537.36'
        when 2 then 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Mobile/15E148 Instagram 334.0.'
            || cast(c % 3000 as varchar) || '.0'
        else 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36'
    end as user_agent,
    ['mobile', 'desktop'][1 + cast(c % 2 as int)] as device,
    'NO' as country,
    cast(1 + a % 5 as bigint) as pageviews,
    cast(a % 200 as decimal(18, 3)) as engaged_seconds,
    'granted' as consent,
    'web/sessions_' || cast(i // 50000 as varchar) || '.parquet' as source_file,
    md5(cast(i // 50000 as varchar)) || md5(cast(i // 50000 + 1 as varchar)) as file_id,
    i % 50000 + 1 as source_row,
    timestamp '2026-11-01' as captured_at
from drawn
"""


class Time(NamedTuple):
    """Seconds on the clock and of processor (all threads)."""

    wall: float
    processor: float

    def __add__(self, other: tuple[object, ...]) -> "Time":
        wall, processor = other
        return Time(self.wall + wall, self.processor + processor)  # type: ignore[operator]


def timed(work: Callable[[], object]) -> Time:
    """How long a piece of work takes."""
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return Time(time.perf_counter() - wall, time.process_time() - processor)


def main() -> int:
    """Make the sessions, time both sides, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=2_000_000)
    parser.add_argument("--urllib", type=int, default=200_000, help="links that urllib.parse reads")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=None, help="where to work (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        connection = duckdb.connect(str(Path(folder) / "bench.duckdb"))
        connection.execute(f"set threads = {arguments.threads}")
        prepare(connection, Home(Path(folder)), arguments.sessions)
        report(connection, arguments.sessions, arguments.urllib)
        connection.close()
    return 0


def prepare(connection: duckdb.DuckDBPyConnection, home: Home, sessions: int) -> None:
    """The raw tables with the made-up sessions, the configuration, the staging views."""
    for schema in ("raw", "config", "staging", "core"):
        connection.execute(f"create schema {schema}")
    for name, table in config_tables(home, date(2026, 11, 16)).items():
        connection.register("config_table", table)
        connection.execute(f"create table config.{name} as select * from config_table")
        connection.unregister("config_table")
    for name, raw in RAW_TABLES.items():
        columns = ", ".join(f'"{column.name}" {column.type}' for column in raw.columns)
        connection.execute(f"create table raw.{name.removeprefix('raw.')} ({columns})")
    for name, model in load_models().items():
        if name in ("staging.stg_web__sessions", "staging.stg_crm__leads", "staging.stg_shop__orders"):
            connection.execute(f"create view {name} as {model.body}")
    connection.execute(SESSIONS.replace("$rows", str(sessions)))
    connection.execute("checkpoint")


def report(connection: duckdb.DuckDBPyConnection, sessions: int, urllib_links: int) -> None:
    """Time everything and print it."""
    models = load_models()

    def make(name: str, body: str) -> Time:
        return timed(lambda: connection.execute(f"create table {name} as {body}") and connection.execute("checkpoint"))

    plain = make("core.plain_copy", "select * from raw.web_sessions")
    taken = {name: make(name, models[name].body) for name in (*TAG_MODELS, *SESSION_MODELS)}
    written = make("core.written_copy", "select * from core.fct_sessions")
    links = [
        row[0]
        for row in connection.execute(f"select landing_url from raw.web_sessions limit {urllib_links}").fetchall()
    ]
    python = timed(lambda: [parse_qs(urlsplit(link).query, keep_blank_values=True) for link in links])
    tags = sum((taken[name] for name in TAG_MODELS), Time(0, 0))
    everything = sum(taken.values(), Time(0, 0))
    python_all = Time(python.wall * sessions / len(links), python.processor * sessions / len(links))
    print(f"{sessions:,} sessions; seconds on the clock and of processor, and how often the plain copy goes into them")
    rows = {
        "plain copy of raw.web_sessions": plain,
        **{f"  {name}": time_of for name, time_of in taken.items()},
        "tags (the first three)": tags,
        "tags, channels, status and outcome": everything,
        "plain copy of core.fct_sessions": written,
        f"urllib.parse in a loop ({len(links):,} links, scaled)": python_all,
    }
    for label, spent in rows.items():
        print(
            f"{label:<54} {spent.wall:8.2f} {spent.processor:8.2f}"
            f"   {spent.wall / plain.wall:5.2f} x {spent.processor / plain.processor:5.2f} x"
        )
    print(f"urllib / tags: {python_all.wall / tags.wall:.1f}")


if __name__ == "__main__":
    sys.exit(main())
