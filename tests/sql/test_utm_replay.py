"""Reasons, links and coverage after any nights, in any order, are those of one full build."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.home import Home
from config.tables import config_tables
from sql.catalog import Catalog
from sql.materialise import build
from sql.model import load_models
from tests.session_rows import RAW_COLUMNS, Row

TOLD = (
    "attribution.unattributed",
    "core.fct_link_sessions",
    "quality.utm_coverage",
    "quality.utm_links",
    "quality.utm_unregistered_links",
    "quality.utm_violations",
    "quality.utm_worklist",
)
NOON = datetime.fromisoformat("2026-10-01 12:00:00")
SHOP = "https://shop.example/"
LINK = f"{SHOP}?utm_source=facebook&utm_medium=social&utm_campaign=host"
URLS = st.sampled_from(
    [SHOP, LINK, f"{LINK}&utm_content=b", f"{SHOP}?utm_source=fb", f"{SHOP}?gclid=x", f"{SHOP}?fbclid=x"]
)
VISITORS = st.sampled_from(["u", "v", "w", "x", None])
INSTANTS = st.integers(0, 40).map(lambda days: NOON + timedelta(days=days))
CONSENTS = st.sampled_from([None, None, "granted", "denied"])
Night = dict[str, list[Row]]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    models = load_models()
    needed: set[str] = set()
    wanted = set(TOLD)
    while wanted:
        needed |= wanted
        wanted = {name for model in wanted for name in models[model].references if name in models} - needed
    return Catalog({name: models[name] for name in needed})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("home")).create()
    (home.config / "links").mkdir()
    lines = [f"lnk_a,{LINK},2026-10-03", f"lnk_b,{LINK}&utm_content=b&utm_id=7,2026-10-05"]
    (home.config / "links" / "a.csv").write_text("link_id,url,registered_on\n" + "\n".join(lines), encoding="utf-8")
    return home


def warehouse(catalog: Catalog) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    connection.execute("create schema raw")
    for table in catalog.raw_tables:
        columns = RAW_COLUMNS[table.removeprefix("raw.")]
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"create table {table} ({listed})")
    return connection


def deliver(connection: duckdb.DuckDBPyConnection, night: Night) -> None:
    for table, rows in night.items():
        for row in rows:
            marks = ", ".join("?" for _name in row)
            connection.execute(f"insert into raw.{table} ({', '.join(row)}) values ({marks})", list(row.values()))


def rows(connection: duckdb.DuckDBPyConnection) -> dict[str, list[tuple[Any, ...]]]:
    return {model: connection.execute(f"select * from {model} order by all").fetchall() for model in TOLD}


def deliveries(place: int, table: str, most: int, **fields: Any) -> st.SearchStrategy[list[Row]]:
    return st.lists(st.fixed_dictionaries(fields), max_size=most).map(
        lambda drawn: [
            {**row, "file_id": f"{table} {place}", "source_file": f"{table}.csv", "source_row": number, "captured_at": NOON}
            for number, row in enumerate(drawn, 1)
        ]
    )  # fmt: skip


def night(place: int) -> st.SearchStrategy[Night]:
    named = {"visitor_id": VISITORS, "email_hash": st.sampled_from(["m1", "m2", None])}
    return st.fixed_dictionaries(
        {
            "web_sessions": deliveries(
                place, "web_sessions", 6, session_id=st.sampled_from(["s1", "s2", "s3", "s4", "s5", "s6"]), visitor_id=VISITORS,
                started_at=INSTANTS, landing_url=URLS, consent=CONSENTS,
            ),
            "web_events": deliveries(
                place, "web_events", 2, event_id=st.sampled_from(["e1", "e2", "e3"]), visitor_id=st.sampled_from(["u", "y"]),
                occurred_at=INSTANTS, event_name=st.just("page_view"), page_url=URLS, consent=CONSENTS,
                lead_id=st.sampled_from([None, "l1", "l2"]),
            ),
            "leads": deliveries(
                place, "leads", 4, lead_id=st.sampled_from(["l1", "l2", "l3", "l4"]), created_at=INSTANTS,
                session_id=st.sampled_from([None, None, "s1", "s9"]), **named,
            ),
        }
    )  # fmt: skip


@pytest.mark.slow
@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.tuples(*(night(place) for place in range(4))), st.permutations(range(4)))
def test_night_by_night_equals_one_full_build(
    catalog: Catalog, home: Home, drawn: Sequence[Night], order: Sequence[int]
) -> None:
    config = config_tables(home, date(2026, 11, 16))
    whole, stepwise = warehouse(catalog), warehouse(catalog)
    for place in order:
        deliver(whole, drawn[place])
        deliver(stepwise, drawn[place])
        build(stepwise, catalog, config=config)
    build(whole, catalog, config=config, full=True)
    assert rows(stepwise) == rows(whole)
    whole.close()
    stepwise.close()
