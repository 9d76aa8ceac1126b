"""The KPI layer for two years of forty campaigns and every KPI: built in full, and after one new day, in one run; and the ten questions.

Usage: python benchmarks/kpi_layer.py [--days 730] [--campaigns 40] [--sessions 2000] [--threads 2] [--published FILE].
The raw rows (ads of each campaign, sessions, leads, orders, posts, accounts, and a few of every other input) are made by DuckDB. All models
run on them as the nightly run has them run; what counts here is the schema kpi: measures, KPI values, scorecards, bridge, rules. With
--published, the ten saved queries of docs/questions are asked of that file too, each five times on a connection of its own; the middle of
the five counts.
"""

import argparse
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import duckdb

from config.home import Home
from config.tables import config_tables
from hourglass.questions import questions
from pipelines.schema import RAW_TABLES
from sql.catalog import Catalog
from sql.materialise import WAREHOUSE_STORAGE_VERSION, BuildReport, build

LAST_DAY = date(2026, 11, 15)
GOAL_SECONDS = 0.1
DAYS = """
create or replace temp table days as
select cast(cast('$first' as date) + to_days(cast(n as integer)) as date) as day from range($days) as numbers(n)
"""
DELIVERED = """
    '$table/' || day || '.csv' as source_file,
    md5('$table' || day) as file_id,
    row_number() over (partition by day) as source_row,
    cast(day as timestamp) + interval 30 hour as captured_at
"""
RAW_ROWS = {
    "ads": """
    select
        'meta' as platform, 'ads' as export_kind, 'shop' as account, 'campaign_' || c as campaign, 'group_' || a % 2 as ad_group,
        'ad_' || c || '_' || a as ad, day as date_from, day as date_to, 50 + hash(day, c, a) % 400 as spend, 'NOK' as currency,
        2000 + hash(day, c, a, 1) % 9000 as impressions, 40 + hash(day, c, a, 2) % 90 as clicks,
        20 + hash(day, c, a, 2) % 90 as link_clicks,
        900 + hash(day, c, a, 3) % 900 as views, 400 + hash(day, c, a, 3) % 400 as views_3s, 300 + hash(day, c, a, 3) % 300 as views_25pct,
    from days, range($campaigns) as campaigns(c), range(5) as ads(a)
    """,
    "web_sessions": """
    select
        's' || day || '-' || n as session_id, 'v' || hash(day, n) % ($days_in_all * $sessions // 2) as visitor_id,
        cast(day as timestamp) + to_seconds(cast(21600 + hash(day, n, 1) % 50000 as bigint)) as started_at,
        'https://www.shop.example/page' || hash(n) % 30 || case when n % 10 = 0 then '' else
            '?utm_source=' || ['facebook', 'instagram', 'tiktok'][1 + cast(n % 3 as int)]
            || case when n % 2 = 0 then '&utm_medium=paid_social' else '&utm_medium=social' end || '&utm_campaign=campaign_'
            || hash(day, n, 2) % $campaigns || '&utm_content=ad_' || hash(day, n, 2) % $campaigns || '_' || n % 5 end as landing_url,
        1 + hash(n, 3) % 6 as pageviews, hash(day, n, 4) % 300 as engaged_seconds,
        case when n % 4 = 0 then 'denied' else 'granted' end as consent
    from days, range($sessions) as numbers(n)
    """,
    "leads": """
    select
        'l' || day || '-' || n as lead_id, cast(day as timestamp) + interval 21 hour as created_at, 's' || day || '-' || n as session_id,
        case when n % 3 = 0 then cast(day as timestamp) + interval 22 hour end as mql_at, 1000 as deal_value, 'NOK' as currency
    from days, range(1, $sessions, 90) as numbers(n)
    """,
    "orders": """
    select
        'o' || day || '-' || n as order_id, cast(day as timestamp) + interval 21 hour as ordered_at, 's' || day || '-' || n as session_id,
        'c' || hash(day, n) % ($days_in_all * 20) as customer_id, 300 + hash(day, n) % 900 as revenue, 60 as tax, 100 as cost_of_goods,
        'NOK' as currency
    from days, range(2, $sessions, 80) as numbers(n)
    """,
    "social_posts": """
    select
        'instagram' as platform, 'shop' as account, 'posts' as export_kind, 'p' || day || '-' || n as post_id,
        cast(day as timestamp) + interval 8 hour as published_at, 'lifetime' as period_kind, false as is_paid,
        1000 + hash(day, n) % 4000 as impressions, 900 + hash(day, n) % 3000 as reach, 800 + hash(day, n) % 2000 as views,
        100 + hash(day, n) % 200 as views_completed, 9000 + hash(day, n) % 9000 as watch_seconds, hash(day, n) % 90 as likes,
        hash(day, n, 1) % 20 as comments, hash(day, n, 2) % 20 as shares, hash(day, n, 3) % 20 as saves, hash(day, n, 4) % 40 as link_clicks
    from days, range(4) as numbers(n)
    """,
    "social_account_daily": """
    select
        'instagram' as platform, 'shop' as account, 'overview' as export_kind, day as date, measure,
        5000 + date_diff('day', date '2020-01-01', day) + hash(day, measure) % 50 as value
    from days, unnest(['followers', 'profile_visits', 'profile_link_clicks', 'reach', 'impressions']) as measures(measure)
    """,
    "messages": """
    select
        'm' || day || '-' || n as message_id, 'instagram' as platform, 'shop' as account,
        cast(day as timestamp) + interval 12 hour as received_at,
        case when n % 4 > 0 then cast(day as timestamp) + interval 13 hour end as answered_at, 'in' as direction,
        n % 2 = 0 as started_conversation
    from days, range(10) as numbers(n)
    """,
    "mentions": """
    select
        'n' || day || '-' || n as mention_id, 'x' as platform, cast(day as timestamp) + interval 12 hour as occurred_at, 'shop' as brand,
        n < 3 as is_own, ['negative', 'positive', 'neutral'][1 + cast(n % 3 as int)] as sentiment
    from days, range(6) as numbers(n)
    """,
    "reviews": """
    select
        'r' || day as review_id, 'google' as source, cast(day as timestamp) + interval 12 hour as reviewed_at,
        3 + hash(day) % 3 as rating
    from days
    """,
    "costs": """
    select cast(date_trunc('month', day) as date) as month, 40000 as amount, 'NOK' as currency, kind, channel
    from days, (values ('salary', 'Organic Social'), ('tool', 'Email'), ('agency', null)) as kinds(kind, channel)
    where day = date_trunc('month', day)
    """,
    "subscriptions": """
    select
        'c' || hash(day, n) % 2000 as subscription_id, 'c' || hash(day, n) % 2000 as customer_id,
        cast(day as timestamp) + interval 12 hour as changed_at, hash(day, n, 1) % 4 * 100 as mrr, 'NOK' as currency
    from days, range(5) as numbers(n)
    """,
    "content_calendar": """
    select
        'a' || day || '-' || n as asset_id, 'instagram' as platform, 'p' || day || '-' || n as post_id, 'series_' || n as series,
        case when n = 0 then 'reel' else 'carousel' end as format, 'question' as hook,
        cast(day as timestamp) - interval 5 day as briefed_at,
        cast(day as timestamp) + interval 8 hour as published_at, n > 0 as qa_passed, 0 as policy_flags,
        case when n = 3 then 'Kari' end as creator
    from days, range(4) as numbers(n)
    """,
    "experiments": """
    select 'e' || day as experiment_id, variant, 'creative' as kind, cast(day as timestamp) + interval 9 hour as started_at
    from days, unnest(['a', 'b']) as variants(variant)
    where isodow(day) = 1
    """,
    "decisions": """
    select
        cast(day as timestamp) + interval 9 hour as decided_at, 'campaign_' || hash(day) % $campaigns as subject, 'go on' as decision,
        'Kari' as owner
    from days where isodow(day) = 1
    """,
    "email_campaigns": """
    select
        'klaviyo' as tool, 'campaigns' as export_kind, 'shop' as account, 'news' as campaign, 'k' || day as campaign_id,
        cast(day as timestamp) + interval 8 hour as sent_at, 1000 as delivered, 30 as clicks
    from days where isodow(day) = 4
    """,
}


def main() -> None:
    """Build in full, add a day, build again; then ask the questions."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--campaigns", type=int, default=40)
    parser.add_argument("--sessions", type=int, default=2000, help="sessions a day")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--published", type=Path, help="a published file to ask the ten questions of")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        build_twice(Path(folder), arguments.days, arguments.campaigns, arguments.sessions, arguments.threads)
    if arguments.published:
        ask(arguments.published)


def build_twice(folder: Path, days: int, campaigns: int, sessions: int, threads: int) -> None:
    """Full, one new day, and full again with that day; print the table and the ratio."""
    catalog = Catalog()
    config = config_tables(Home(folder), LAST_DAY + timedelta(days=1))
    warehouse = folder / "warehouse.duckdb"
    with duckdb.connect(
        str(warehouse), config={"storage_compatibility_version": WAREHOUSE_STORAGE_VERSION}
    ) as connection:
        connection.execute(f"set threads = {threads}")
        connection.execute("create schema raw")
        for name, table in RAW_TABLES.items():
            columns = ", ".join(f'"{column.name}" {column.type}' for column in table.columns)
            connection.execute(f"create table raw.{name} ({columns})")
        first = LAST_DAY - timedelta(days=days - 1)
        sizes = {"campaigns": campaigns, "sessions": sessions, "days_in_all": days}
        deliver(connection, first, days - 1, sizes)
        build(connection, catalog, config=config)
        deliver(connection, LAST_DAY, 1, sizes)
        new_day = build(connection, catalog, config=config)
        full = build(connection, catalog, config=config, full=True)
        kpis, values = connection.execute(
            "select count(distinct kpi) filter (where value is not null), count(*) from kpi.kpi_values"
        ).fetchone() or (0, 0)
        known = connection.execute("select count(*) from kpi.kpi_catalogue").fetchone() or (0,)
    print(
        f"{days} days, {campaigns} campaigns, {days * sessions:,} sessions; "
        f"{known[0]} KPIs, {kpis} of them with figures; {values:,} values\n"
    )
    print("| build | schema kpi, s | all models, s |\n|---|---:|---:|")
    for what, report in (("full", full), ("one new day", new_day)):
        print(f"| {what} | {seconds(report):.2f} | {report.seconds:.2f} |")
    print(f"\none new day / full, schema kpi: {seconds(new_day) / seconds(full):.3f}")
    print(
        f"schema kpi / all models: full {seconds(full) / full.seconds:.2f}, one new day {seconds(new_day) / new_day.seconds:.2f}"
    )
    print("\nslowest of one new day: " + ", ".join(slowest(new_day)))
    print("slowest of full: " + ", ".join(slowest(full)))


def deliver(connection: duckdb.DuckDBPyConnection, first: date, days: int, sizes: dict[str, int]) -> None:
    """Raw rows of these days: a file a day and table."""
    connection.execute(DAYS.replace("$first", str(first)).replace("$days", str(days)))
    for table, rows in RAW_ROWS.items():
        for name in sorted(sizes, key=len, reverse=True):
            rows = rows.replace(f"${name}", str(sizes[name]))
        # The delivery's columns need the day, which only some of the tables keep under a name of their own.
        rows = rows.replace("select\n", f"select {DELIVERED.replace('$table', table).strip()},\n", 1)
        connection.execute(f"insert into raw.{table} by name {rows}")


def seconds(report: BuildReport) -> float:
    """What the models of the schema kpi took."""
    return sum(result.seconds for result in report.results if result.model.startswith("kpi."))


def slowest(report: BuildReport) -> list[str]:
    """The five models of the schema kpi that took longest."""
    models = sorted(
        (result for result in report.results if result.model.startswith("kpi.")), key=lambda result: -result.seconds
    )
    return [f"{result.model.removeprefix('kpi.')} {result.seconds:.2f} s" for result in models[:5]]


def ask(published: Path) -> None:
    """The ten questions of a published file, and the slowest of them against the goal."""
    print(f"\n{published.name}, {published.stat().st_size / 1e6:,.0f} MB\n\n| question | ms |\n|---|---:|")
    taken = {}
    for question in questions():
        with duckdb.connect(str(published), read_only=True) as connection:
            taken[question.name] = median(timed(connection, question.sql) for _ in range(5))
        print(f"| {question.name} | {1000 * taken[question.name]:.1f} |")
    name = max(taken, key=lambda one: taken[one])
    print(f"\nslowest: {name}, {taken[name]:.3f} s; of the goal of {GOAL_SECONDS} s: {taken[name] / GOAL_SECONDS:.2f}")


def timed(connection: duckdb.DuckDBPyConnection, query: str) -> float:
    """Seconds until the whole answer is there."""
    started = time.perf_counter()
    connection.execute(query).fetchall()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
