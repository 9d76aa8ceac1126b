"""Input at its worst, through the real ingestion and every model: kept, flagged, and no crash."""

import json
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.home import Home
from config.settings import load_settings
from config.tables import config_tables
from pipelines.ingest import ingest
from sql.catalog import Catalog
from sql.materialise import build

SHOP = "https://shop.example/"
TAGGED = f"{SHOP}?utm_source=facebook&utm_medium=social&utm_campaign=host"
HEADER = "session_id,visitor_id,started_at,landing_url\n"
RUN_DATE = date(2026, 10, 6)


class Night:
    """A home whose inbox is read and modelled without Dagster."""

    def __init__(self, root: Path) -> None:
        self.home = Home(root).create()
        self.connection = duckdb.connect(str(self.home.warehouse))

    def run(self, *wanted: str) -> dict[str, tuple[str, int, int, int]]:
        """Status and rows read, loaded and set aside of each file, after these models and what they read are built; without any, all."""
        ingest(self.home, load_settings(self.home), connection=self.connection)
        catalog = Catalog()
        chosen = catalog.upstream(wanted) & set(catalog.models) if wanted else None
        build(self.connection, catalog, config=config_tables(self.home, RUN_DATE), select=chosen)
        found = self.connection.execute(
            "select file_path, status, rows_read, rows_loaded, rows_quarantined from raw.files"
        ).fetchall()
        return {path: (status, read, loaded, refused) for path, status, read, loaded, refused in found}

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    made = Night(tmp_path)
    yield made
    made.connection.close()


def day(number: int) -> str:
    return f"2026-10-0{number}T12:00:00Z"


LONG = "x" * 100_000
VISITS: dict[str, tuple[str, bytes]] = {
    "plain": (day(1), TAGGED.encode()),
    "long path": (day(1), f"{SHOP}{LONG}?utm_source=facebook&utm_medium=social&utm_campaign=host".encode()),
    "long value": (day(1), f"{TAGGED}&utm_content={LONG}".encode()),
    "long campaign": (day(1), f"{SHOP}?utm_source=facebook&utm_medium=social&utm_campaign={LONG}".encode()),
    "NUL": (day(1), f"{TAGGED}%00".encode()),
    "raw NUL": (day(1), f"{TAGGED}&utm_content=a\0b".encode()),
    "no UTF-8": (day(1), f"{TAGGED}&utm_content=%FF%FE".encode()),
    "raw bytes": (day(1), f"{TAGGED}&utm_content=".encode() + b"h\xf8st"),
    "1970": ("1970-01-01T00:00:00Z", TAGGED.encode()),
    "2099": ("2099-12-31T23:59:59Z", TAGGED.encode()),
    "newest": (day(5), TAGGED.encode()),
}


def test_a_csv_of_bad_links_and_clocks_is_kept_whole(night: Night) -> None:
    lines = [f'{name},v {name},{at},"'.encode() + url + b'"\n' for name, (at, url) in VISITS.items()]
    (night.home.inbox / "sessions.csv").write_bytes(HEADER.encode() + b"".join(lines))
    assert night.run() == {"sessions.csv": ("loaded", len(VISITS), len(VISITS), 0)}
    query = "select session_id, utm_status, utm_reason, is_clock_suspect, channel, utm_content from core.fct_sessions"
    found = {row[0]: row[1:] for row in night.rows(query)}
    assert set(found) == set(VISITS)
    assert {name for name, row in found.items() if row[2]} == {"1970", "2099"}
    assert {row[3] for row in found.values()} == {"Organic Social"}
    assert {name: row[:2] for name, row in found.items() if row[0] != "compliant"} == {
        "long campaign": ("invalid", "campaign_pattern"),
        "NUL": ("repaired", "control_character"),
        "no UTF-8": ("invalid", "invalid_utf8"),
    }
    assert (found["long value"][4], found["raw bytes"][4]) == (LONG, "høst")
    assert night.rows("select max(captured_at) from raw.web_sessions") == [
        (datetime.fromisoformat("2026-10-05 12:00:00"),)
    ]
    assert night.rows("select sum(sessions), sum(compliant) from quality.utm_coverage") == [
        (len(VISITS), sum(row[0] == "compliant" for row in found.values()))
    ]
    assert night.rows("select max(last_date) from quality.utm_worklist") == [(date(2026, 10, 1),)]


@pytest.mark.parametrize(
    "order", [["long path", "plain"], ["plain", "long path"], ["long path"], ["long value", "raw NUL", "long path"]]
)
def test_a_record_may_be_longer_than_what_is_looked_at_to_recognise_a_file(night: Night, order: list[str]) -> None:
    for quote, name in (('"', "quoted.csv"), ("", "bare.csv")):
        lines = [
            f"{quote}{key}{quote},v,{VISITS[key][0]},{quote}".encode() + VISITS[key][1] + f"{quote}\n".encode()
            for key in order
        ]
        (night.home.inbox / name).write_bytes(HEADER.encode() + b"".join(lines))
    records = [
        json.dumps({"session_id": key, "started_at": VISITS[key][0], "landing_url": VISITS[key][1].decode()})
        for key in order
    ]
    (night.home.inbox / "lines.jsonl").write_text("\n".join(records), encoding="utf-8")
    wanted = ("loaded", len(order), len(order), 0)
    assert night.run("core.fct_sessions") == {"quoted.csv": wanted, "bare.csv": wanted, "lines.jsonl": wanted}
    assert night.rows("select count(*) from core.fct_sessions where utm_source = 'facebook'") == [(len(order),)]


def test_parquet_and_json_lines_hold_what_a_csv_can_not(night: Night) -> None:
    urls = [f"{TAGGED}&utm_content=a\0b", f"{TAGGED}&utm_content={LONG}", f"{TAGGED}&utm_term=\U0010ffff", "\0", LONG]
    table = pa.table(
        {
            "session_id": [f"p{n}" for n in range(len(urls))],
            "started_at": [day(1)] * len(urls),
            "landing_url": pa.array(urls, pa.string()),
        }
    )
    pq.write_table(table, night.home.inbox / "a.parquet")
    records = [{"session_id": f"j{n}", "started_at": day(1), "landing_url": url} for n, url in enumerate(urls)]
    (night.home.inbox / "b.jsonl").write_text("\n".join(json.dumps(one) for one in records), encoding="utf-8")
    outcome = night.run()
    for name in ("a.parquet", "b.jsonl"):
        _status, read, loaded, refused = outcome[name]
        assert (read, loaded + refused) == (len(urls), len(urls)), outcome
        assert loaded >= 3, outcome
    loaded = sum(one[2] for one in outcome.values())
    assert night.rows("select count(*) from core.fct_sessions") == [(loaded,)]
    statuses = dict(
        night.rows("select session_id, utm_reason from core.fct_sessions where utm_status <> 'not_required'")
    )
    assert statuses["p0"] == "control_character" and statuses["p2"] is None and statuses["j1"] is None


def test_a_wrong_clock_does_not_make_a_delivery_the_newest_for_ever(night: Night) -> None:
    """The second file mends the first; without care the first would count as delivered in 2099."""
    other = f"{SHOP}?utm_source=instagram&utm_medium=social&utm_campaign=host"
    first = f"{HEADER}s1,v,{day(1)},{TAGGED}\ns2,v,2099-01-01T00:00:00Z,{TAGGED}\ns3,v,{day(1)},{TAGGED}\n"
    (night.home.inbox / "a.csv").write_text(first, encoding="utf-8")
    (night.home.inbox / "b.csv").write_text(f"{HEADER}s1,v,{day(2)},{other}\n", encoding="utf-8")
    night.run("core.fct_sessions")
    assert night.rows("select session_id, utm_source, is_clock_suspect from core.fct_sessions order by all") == [
        ("s1", "instagram", False),
        ("s2", "facebook", True),
        ("s3", "facebook", False),
    ]


@pytest.mark.slow
def test_50_000_campaigns_are_50_000_campaigns(night: Night) -> None:
    count = 50_000
    night.connection.execute(
        f"copy (select 's' || n as session_id, '{day(1)}' as started_at, "
        f"'{SHOP}?utm_source=facebook&utm_medium=social&utm_campaign=c' || n as landing_url from range({count}) as numbers (n)) "
        f"to '{night.home.inbox / 'many.csv'}' (header)"
    )
    assert night.run() == {"many.csv": ("loaded", count, count, 0)}
    assert night.rows(
        "select count(distinct campaign), count(*) from core.fct_sessions where utm_status = 'compliant'"
    ) == [(count, count)]
    assert night.rows("select count(*), sum(sessions) from quality.utm_coverage") == [(count, count)]
    query = "select count(*), sum(numerator) from kpi.kpi_values where kpi = 'utm_coverage' and period = 'day' and dimension = 'campaign'"
    assert night.rows(query) == [(count, count)]
