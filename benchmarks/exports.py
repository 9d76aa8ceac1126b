"""What reading exports costs: two hundred typical ones in one run, and a million rows in one CSV against DuckDB's own read_csv.

Usage: python benchmarks/exports.py [--files 200] [--rows 1000000] [--folder DIR]. A run of one small file comes first and is printed by
itself: it imports dlt and makes its first package, once a process, as Python's start and the import of DuckDB come before either side.

The two hundred are made up from the definitions of all platforms and languages, with generic inputs among them; it prints files a second
and the share of time that recognising takes. The million rows are read as web sessions and as exports of Meta Ads and Google Ads, a
tenth of them as posts of Facebook, each of which has an instant and a text of its own. Our side is the whole ingestion: the file's
digest, recognising it, looking for faults, totals, addresses and doubtful numbers in all of it, types, lineage and what was given, into
the warehouse. DuckDB's side is `create table as select * from read_csv(...)` into a file database, once with the types that it finds and
once with all columns as text. Both end with a checkpoint; their settings are those of the nightly run. It prints wall and processor time
and their ratios: on a busy machine go by the processor's.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from made_up import make

from config.home import Home
from config.settings import Settings
from pipelines import reading, reports
from pipelines.formats_model import load_formats
from pipelines.ingest import ingest
from sql.materialise import WAREHOUSE_STORAGE_VERSION

GOAL = 3.0
LANGUAGES = ("en", "nb", "sv", "da", "de")
SESSIONS = """
    select 's' || i as session_id, 'v' || (hash(i) % 100000) as visitor_id,
        strftime(timestamp '2026-01-01' + to_seconds(cast(i * 5 as bigint)), '%Y-%m-%dT%H:%M:%SZ') as started_at,
        'https://www.fjellheim.example/p/' || (hash(i) % 500) || '?utm_source=facebook&utm_medium=social&utm_campaign=vaar_'
            || (hash(i + 7) % 40) as landing_url,
        'https://www.facebook.com/' as referrer_url,
        'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36' as user_agent,
        'facebook' as utm_source, 'social' as utm_medium, 'vaar_' || (hash(i + 7) % 40) as utm_campaign, 'mobile' as device,
        'NO' as country, hash(i) % 9 as pageviews, round((hash(i + 4) % 900000) / 1000.0, 3) as engaged_seconds
    from range($rows) as t(i)
"""
ADS = """
    select strftime(date '2024-01-01' + cast(i // 3000 as int), '%Y-%m-%d') as "Day", 'Fjellheim Norge' as "Account name",
        '1203948571029384' as "Account ID", 'nb_vaar_2026_konvertering_' || (i % 100) as "Campaign name",
        cast(120212345678901 + i % 100 as varchar) as "Campaign ID", 'lookalike_1pct_kvinner_25_44_' || (i % 1000) as "Ad set name",
        cast(120213345678901 + i % 1000 as varchar) as "Ad set ID", 'video_15s_blåbær_versjon_' || (i % 3000) as "Ad name",
        cast(120214345678901 + i % 3000 as varchar) as "Ad ID",
        cast(round((hash(i + 1) % 90000) / 100.0, 2) as decimal(10, 2)) as "Amount spent (NOK)", hash(i) % 5000 as "Impressions",
        hash(i) % 4000 as "Reach", hash(i + 2) % 200 as "Clicks (all)", hash(i + 2) % 90 as "Link clicks",
        round((hash(i + 5) % 300) / 100.0, 6) as "Frequency", hash(i + 3) % 9 as "Results",
        'actions:offsite_conversion.fb_pixel_purchase' as "Result indicator", '7-day click or 1-day view' as "Attribution setting",
        hash(i + 6) % 900 as "3-second video plays", hash(i + 6) % 300 as "ThruPlays"
    from range($rows) as t(i)
"""
GOOGLE_ADS = """
    select strftime(date '2024-01-01' + cast(i // 3000 as int), '%Y-%m-%d') as "Day", 'Enabled' as "Campaign status",
        'nb_søk_vår_' || (i % 100) as "Campaign", 'blåbær bred ' || (i % 3000) as "Ad group", 'NOK' as "Currency code",
        hash(i + 2) % 200 as "Clicks", hash(i) % 5000 as "Impr.", round((hash(i + 2) % 1000) / 100.0, 2) || '%' as "CTR",
        round((hash(i + 5) % 3000) / 100.0, 2) as "Avg. CPC", cast(round((hash(i + 1) % 90000) / 100.0, 2) as decimal(10, 2)) as "Cost",
        cast(round((hash(i + 3) % 900) / 100.0, 2) as decimal(10, 2)) as "Conversions",
        cast(round((hash(i + 4) % 900000) / 100.0, 2) as decimal(10, 2)) as "Conv. value"
    from range($rows) as t(i)
"""
POSTS = """
    select cast(122117325612345 + i * 7919 as varchar) as "Post ID", '100063912345678' as "Page ID", 'Fjellheim' as "Page name",
        'Blåbær nr. ' || i as "Title", 'Ny sesong i fjellet, tur nr. ' || i || ' med ål og røye' as "Description",
        hash(i) % 90 as "Duration (sec)",
        strftime(timestamp '2016-01-01' + to_minutes(cast(i * 5 as bigint)), '%m/%d/%Y %H:%M') as "Publish time",
        'https://www.facebook.com/fjellheim/posts/' || (122117325612345 + i * 7919) as "Permalink", 'Photos' as "Post type",
        'Lifetime' as "Date", hash(i + 1) % 90000 as "Views", hash(i + 2) % 80000 as "Reach",
        hash(i + 3) % 900 as "Reactions", hash(i + 4) % 90 as "Comments", hash(i + 5) % 50 as "Shares", hash(i + 6) % 700 as "Link Clicks"
    from range($rows) as t(i)
"""
# By name: the rows, and which part of --rows there are of them: nobody has a million posts.
LARGE = {
    "web sessions": (SESSIONS, 1),
    "Meta Ads": (ADS, 1),
    "Google Ads": (GOOGLE_ADS, 1),
    "Facebook posts": (POSTS, 10),
}


class Time(NamedTuple):
    """Seconds on the wall and of the processors."""

    wall: float
    processor: float


def main() -> None:
    """Run both parts and print what they cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, default=None, help="where to work (default: a temporary folder)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        start(Path(folder))
        many(Path(folder), arguments.files)
        for name, (query, part) in LARGE.items():
            large(Path(folder), name, query, arguments.rows // part)


def start(folder: Path) -> None:
    """What the first run of a process costs by itself."""
    home = Home(folder / "start").create()
    (home.inbox / "costs_2026-02-01.csv").write_text("month,amount,currency\n2026-01,1000.00,NOK\n")
    with duckdb.connect(str(home.warehouse)) as connection:
        started = _now()
        ingest(home, Settings(), connection=connection)
        taken = _since(started)
    print(f"the first run of a process, of one row: {taken.wall:.2f} s (processor {taken.processor:.2f})")


def many(folder: Path, files: int) -> None:
    """Typical exports of all platforms in one run."""
    home = Home(folder / "many").create()
    write_exports(home, files)
    spent = {"recognise": 0.0}
    reports.recognise = timed(reports.recognise, spent, "recognise")
    reading.sources.fits = timed(reading.sources.fits, spent, "recognise")
    with duckdb.connect(str(home.warehouse)) as connection:
        report = ingest(home, Settings(), connection=connection)
    read, whole = report.seconds["read"], sum(report.seconds.values())
    loaded = sum(result.status in ("loaded", "partly_loaded") for result in report.files)
    print(f"{len(report.files)} exports, {loaded} loaded: {len(report.files) / whole:.0f} files a second", end=" ")
    print(f"({len(report.files) / read:.0f} of reading), {spent['recognise'] / whole:.0%} of it recognising", end="; ")
    print(", ".join(f"{name} {seconds:.2f} s" for name, seconds in report.seconds.items()))


def write_exports(home: Home, files: int) -> None:
    """Every definition in every language in turn, and a generic input as every fourth file."""
    forms = [form for form in load_formats().all if make(form)]
    for number in range(files):
        folder = home.inbox / f"{number:04d}"
        folder.mkdir()
        if number % 4 == 3:
            query = SESSIONS.replace("$rows", "40").replace("'s' ||", f"'s{number}_' ||")
            duckdb.sql(f"copy ({query}) to '{folder}/web_sessions_2026-02-01.csv' (format csv, header)")
            continue
        form = forms[number % len(forms)]
        export = make(form, language=LANGUAGES[number // len(forms) % len(LANGUAGES)], rows=40, seed=number)
        assert export is not None
        (folder / f"{form.kind}_2026-01-20_2026-03-01.csv").write_bytes(export.content())
        (folder / "hourglass.yml").write_text(export.sidecar, encoding="utf-8")


def timed(function: Callable[..., Any], spent: dict[str, float], name: str) -> Callable[..., Any]:
    """The function, with the time that it takes added up."""

    def call(*arguments: Any, **named: Any) -> Any:
        started = time.perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            spent[name] += time.perf_counter() - started

    return call


def large(folder: Path, name: str, query: str, rows: int) -> None:
    """One CSV of that many rows, by both."""
    home = Home(folder / name.replace(" ", "_")).create()
    path = home.inbox / "export_2026-11-15.csv"
    duckdb.sql(f"copy ({query.replace('$rows', str(rows))}) to '{path}' (format csv, header)")
    bases = {
        told: _create_table_as(folder / f"{name}.{options}.duckdb", path, options)
        for told, options in (("typed", "all_varchar = false"), ("as text", "all_varchar = true"))
    }
    with _connect(home.warehouse) as connection:
        started = _now()
        report = ingest(home, Settings(), connection=connection)
        connection.execute("checkpoint")
        taken = _since(started)
    (result,) = report.files
    assert (result.status, result.rows_loaded) == ("loaded", rows), result.reason
    print(f"{name}: {rows:,} rows, {path.stat().st_size / 2**20:.0f} MiB, read as {result.format}")
    print(f"  hourglass ingestion        {taken.wall:8.2f} s  (processor {taken.processor:.2f})", end="; ")
    print(", ".join(f"{phase} {seconds:.2f}" for phase, seconds in report.seconds.items()))
    for told, plain in bases.items():
        print(f"  read_csv, {told:<16} {plain.wall:8.2f} s  (processor {plain.processor:.2f})", end="; ")
        ratio = taken.processor / plain.processor
        print(f"ratio {taken.wall / plain.wall:.2f} (processor {ratio:.2f}; goal: at most {GOAL})")


def _connect(database: Path) -> duckdb.DuckDBPyConnection:
    """A database as the nightly run opens it."""
    connection = duckdb.connect(str(database), config={"storage_compatibility_version": WAREHOUSE_STORAGE_VERSION})
    connection.execute("set preserve_insertion_order = false")
    return connection


def _create_table_as(database: Path, path: Path, options: str) -> Time:
    with _connect(database) as connection:
        started = _now()
        connection.execute(f"create table one as select * from read_csv(?, {options})", [str(path)])
        connection.execute("checkpoint")
        return _since(started)


def _now() -> Time:
    times = os.times()
    return Time(time.perf_counter(), times.user + times.system)


def _since(started: Time) -> Time:
    now = _now()
    return Time(now.wall - started.wall, now.processor - started.processor)


if __name__ == "__main__":
    main()
