"""A home of an older version goes on where it was: the next run leads to what a new home would have, and keeps what was published when."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from config.home import Home
from hourglass.run import run

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("upgrade")]

SESSIONS = (
    "session_id,visitor_id,started_at,landing_url,pageviews,engaged_seconds\n"
    "s1,v1,2026-10-03T07:50:00Z,https://nordlys.example/?utm_source=instagram&utm_medium=social&utm_campaign=nb_2026_host,3,90\n"
    "s2,v2,2026-10-04T07:50:00Z,https://nordlys.example/,2,40\n"
)
ORDERS = "order_id,ordered_at,revenue,currency,visitor_id\no1,2026-10-03T09:00:00Z,990.00,NOK,v1\n"
OLDER = """
    alter table raw.orders drop column order_state;
    alter table raw.leads drop column deal_id;
    alter table raw.files drop column notes;
    alter table kpi.kpi_history drop column is_estimated;
    drop table meta.publications;
    create table meta.publications (sequence_number bigint);
    insert into meta.publications values (1);
    drop table staging.stg_shop__orders;
    create view staging.stg_shop__orders as select 'left by an older version' as order_id;
    drop view staging.stg_finance__costs;
    create table staging.stg_finance__costs as select 'left by an older version' as cost_id;
    create table core.fct_of_an_older_version as select 1 as one;
    update meta.models set fingerprint = 'of an older version' where model in ('core.fct_conversions', 'kpi.kpi_values')
"""
"""What an older warehouse lacked, and what it had that is no more: columns, a view for a table and a table for a view, another state."""
TOLD_BY_THE_RUN = {"quality.publication", "quality.check_results", "quality.check_violations", "kpi.kpi_history"}


def home_of(root: Path) -> Home:
    home = Home(root).create()
    (home.inbox / "web_sessions_2026-10-05.csv").write_text(SESSIONS)
    (home.inbox / "orders_2026-10-05.csv").write_text(ORDERS)
    return home


def night(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    """One run, and every published table that does not speak of the run itself, without the columns that do."""
    assert run(home, full_refresh=False, since=None, until=None, verbose=False) == 0
    with duckdb.connect(str(home.published), read_only=True) as published:
        names = published.sql("select table_schema || '.' || table_name from information_schema.tables").fetchall()
        return {
            name: published.sql(
                f"select columns(c -> c not in ('loaded_at', 'captured_at')) from {name} order by all"
            ).fetchall()
            for (name,) in names
            if name not in TOLD_BY_THE_RUN
        }


def test_an_older_home_is_brought_up_to_date_by_the_next_run(tmp_path: Path) -> None:
    home = home_of(tmp_path / "home")
    fresh = night(home)
    with duckdb.connect(str(home.warehouse)) as warehouse:
        history = warehouse.sql("select count(*) from kpi.kpi_history").fetchone()
        warehouse.execute(OLDER)
    assert night(home) == fresh
    with duckdb.connect(str(home.published), read_only=True) as published:
        kept = published.sql("select count(*) from kpi.kpi_history where sequence_number = 1").fetchone()
        assert history and kept == history and kept[0] > 0
        columns = [row[0] for row in published.sql("describe kpi.kpi_history").fetchall()]
        assert "is_estimated" in columns
