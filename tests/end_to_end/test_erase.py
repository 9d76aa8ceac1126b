"""A person who is everywhere is erased: no byte is left, no later run brings them back, and the figures are those without them."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import duckdb
import pytest

from assets.instance import prepare_instance
from assets.lock import RunLock
from config.home import Home
from hourglass.cli import main
from hourglass.erase import erase
from hourglass.run import run
from hourglass.scrub import users_files
from hourglass.terminal import UserError
from pipelines.suppression import Suppression
from sql.catalog import Catalog
from tests.end_to_end.erased_person import (
    ANY_OF_HERS,
    CUSTOMER,
    EMAIL,
    HERS,
    LAPTOP,
    ORDER,
    PHONE,
    csv,
    delivered,
    fill,
    order,
)
from tests.soak.replay import Installation

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("erase")]


def nightly(home: Home, *, full_refresh: bool = False) -> int:
    return run(home, full_refresh=full_refresh, since=None, until=None, verbose=False)


def plant(home: Home) -> None:
    """Put her names where runs of an older version, people or failures may have left them."""
    prepare_instance(home)
    with dg.DagsterInstance.get() as instance:
        metadata = {"worst": dg.MetadataValue.md(f"| visitor | {PHONE} |"), "order": ORDER}
        instance.report_runless_asset_event(dg.AssetMaterialization("planted", metadata=metadata))
        newest = instance.get_runs(limit=1)[0]
        instance.add_run_tags(newest.run_id, {"asked_by": EMAIL})
    logs = home.dagster / "storage" / "compute_logs"
    logs.mkdir(parents=True)
    (logs / f"{PHONE}.err").write_text(f"could not read {PHONE}\n", encoding="utf-8")
    (home.reports / "review.html").write_text(f"<p>{CUSTOMER} {EMAIL}</p>", encoding="utf-8")
    (home.reports / "review.xml").write_text(f"<p>{PHONE}</p>", encoding="utf-16")
    pending = home.root / "dlt" / "hourglass" / "load" / "normalized" / "1"
    pending.mkdir(parents=True)
    (pending / "orders.jsonl").write_text(EMAIL, encoding="utf-8")
    (home.temporary / "ingest").mkdir(exist_ok=True)
    (home.temporary / "ingest" / "orders.csv").write_text(LAPTOP, encoding="utf-8")
    (home.published.parent / "hourglass.duckdb.wal.old").write_text(PHONE, encoding="utf-8")
    with duckdb.connect(str(home.warehouse)) as warehouse:
        warehouse.execute(
            "insert into quality.check_violations by name select 'planted' as check_name, ? as violation",
            [json.dumps({"session_id": f"s-{PHONE}-1", "visitor_id": PHONE, "conversion_id": f"order:{ORDER}"})],
        )


def bytes_of(home: Home) -> Iterator[tuple[Path, bytes]]:
    for folder, _, names in os.walk(home.root):
        if home.inbox not in (Path(folder), *Path(folder).parents):
            for name in names:
                yield Path(folder) / name, (Path(folder) / name).read_bytes()


def found(home: Home) -> list[str]:
    """Every place outside the inbox where one of her names stands: in a file's name or bytes, or in a cell of a DuckDB file."""
    places = []
    for path, content in bytes_of(home):
        for name in HERS:
            if name in path.name or any(name.encode(code) in content for code in ("utf-8", "utf-16-le", "utf-16-be")):
                places.append(f"{path.relative_to(home.root)}: {name}")
    for path in (home.warehouse, home.published):
        with duckdb.connect(str(path), read_only=True) as connection:
            for table, columns in connection.execute(
                "select schema_name || '.' || table_name, list(column_name) from duckdb_columns()"
                " where data_type = 'VARCHAR' and schema_name not in ('information_schema', 'pg_catalog') group by 1"
            ).fetchall():
                cells = ", ".join(f'"{column}"' for column in columns)
                for row in connection.execute(
                    f"select {cells} from {table} where regexp_matches(concat_ws(chr(10), {cells}), ?)", [ANY_OF_HERS]
                ).fetchall():
                    places += [
                        f"{path.name} {table}.{column}: {name}"
                        for column, cell in zip(columns, row, strict=True)
                        for name in HERS
                        if cell is not None and name in cell
                    ]
    return places


# What tells of files and runs, not of people; the inboxes differ in their bytes.
ABOUT_RUNS = {
    "quality.publication",
    "quality.check_results",
    "quality.check_violations",
    "kpi.kpi_history",
    "kpi.restatements",
}
DIFFERS = {"quality.files": "file_sha256, bytes, loaded_at, rows_erased, notes"}


def figures(home: Home) -> dict[str, list[tuple[Any, ...]]]:
    with duckdb.connect(str(home.published), read_only=True) as connection:
        tables = connection.execute(
            "select schema_name || '.' || table_name from duckdb_tables() order by 1"
        ).fetchall()
        return {
            table: connection.execute(
                f"select * {'exclude (' + DIFFERS[table] + ')' if table in DIFFERS else ''} from {table} order by all"
            ).fetchall()
            for (table,) in tables
            if table not in ABOUT_RUNS
        }


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("hers") / "home").create()
    fill(home, delivered(with_her=True, written={}))
    assert nightly(home) == 0
    plant(home)
    assert {place.split(":")[0].split(" ")[0] for place in found(home)} >= {
        "warehouse.duckdb",
        "hourglass.duckdb",
        "reports/review.html",
    }
    return home


@pytest.fixture(scope="module")
def erased(home: Home) -> Home:
    inbox = {path: path.read_bytes() for path in sorted(home.inbox.rglob("*")) if path.is_file()}
    assert erase(home, [("email", f" {EMAIL.title()} ")], dry_run=True, is_json=False) == 0
    assert not home.erased.exists()
    assert erase(home, [("email", f" {EMAIL.title()} ")], dry_run=False, is_json=False) == 0
    assert {path: path.read_bytes() for path in sorted(home.inbox.rglob("*")) if path.is_file()} == inbox
    return home


def test_no_byte_of_hers_is_left_outside_the_inbox(erased: Home) -> None:
    assert found(erased) == []
    with sqlite3.connect(erased.dagster / "history" / "runs.db") as runs:
        assert runs.execute(
            "select count(*) from run_tags where key = 'asked_by' and value like 'erased-%'"
        ).fetchone() == (1,)


def test_the_receipt_says_what_was_done_and_names_nobody(erased: Home) -> None:
    (path,) = (erased.erased / "receipts").iterdir()
    receipt = json.loads(path.read_text(encoding="utf-8"))
    assert receipt["rows_removed"] == {
        "web_sessions": 4,
        "web_events": 2,
        "leads": 1,
        "orders": 2,
        "subscriptions": 1,
        "reviews": 1,
    }
    assert receipt["names"] == {
        "customer": 1,
        "email": 1,
        "lead": 1,
        "order": 2,
        "session": 4,
        "subscription": 1,
        "user": 1,
        "visitor": 2,
    }
    assert receipt["cells_emptied"] == {"orders": 1}
    assert receipt["left_over"] == []
    assert "shop/orders.csv" in receipt["inbox_files"] and "crm/leads.csv" in receipt["inbox_files"]
    assert "rates.csv" not in receipt["inbox_files"]
    assert path.stat().st_mode & 0o777 == 0o600 and (erased.erased / "people.jsonl").stat().st_mode & 0o777 == 0o600
    assert not any(name in path.read_text(encoding="utf-8") for name in HERS)
    assert not (erased.erased / "unfinished").exists()


def test_the_files_that_are_left_keep_their_form(erased: Home) -> None:
    with duckdb.connect(str(erased.published), read_only=True) as published:
        (version,) = published.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'hourglass'"
        ).fetchone()
        assert version.startswith("v1.0.0")
        assert published.execute("select count(*) from duckdb_tables() where comment is null").fetchone() == (0,)
    with duckdb.connect(str(erased.warehouse), read_only=True) as warehouse:
        assert warehouse.execute("select count(*) from meta.models").fetchone() > (50,)
        assert warehouse.execute(
            "select count(*) from duckdb_constraints() where table_name = 'inbox_paths' and constraint_type = 'PRIMARY KEY'"
        ).fetchone() == (1,)
        assert warehouse.execute("select count(*) from core.int_session_tags").fetchone() > (0,), "views are there"


def test_the_figures_are_those_of_an_inbox_without_her_tonight_and_after_a_full_refresh(
    erased: Home, tmp_path: Path
) -> None:
    suppression = Suppression.of(erased)
    written = {name: suppression.stand_in(kind, name) for kind, name in (("visitor", PHONE), ("customer", CUSTOMER))}
    clean = Installation(tmp_path / "clean", Catalog())
    fill(clean.home, delivered(with_her=False, written=written))
    clean.run(datetime.now(ZoneInfo("Europe/Oslo")).date())
    expected = figures(clean.home)
    # The record that could not be read is counted, but not shown; a clean inbox does not have it.
    assert [row for row in figures(erased)["quality.quarantine"] if row not in expected["quality.quarantine"]] == [
        ("web/broken.csv", 4, "started_at: ikke en dato: not a date", "(the record of a person who was erased)")
    ]
    for quarantine in ("quality.quarantine", "quality.files"):
        expected.pop(quarantine)
    for is_refreshed in (False, True):
        if is_refreshed:
            assert nightly(erased, full_refresh=True) == 0
            assert found(erased) == []
        there = figures(erased)
        assert {name: rows for name, rows in there.items() if name in expected and rows != expected[name]} == {}
        read = {row[0]: row for row in there["quality.files"]}
        assert [read["shop/orders.csv"][11], read["web/events.jsonl"][11]] == [3, 2], "her records are in no count"


def test_a_file_that_brings_her_back_is_loaded_without_her(erased: Home) -> None:
    new = [
        order("O-9", "v-other-0009", "ny@fjell.example", "K-9", 70),
        order("O-8", PHONE, "", "", 71),
        order("O-7", "", EMAIL, "", 72),
    ]
    fill(erased, {"shop/late.csv": csv(new)})
    assert nightly(erased) == 0
    with duckdb.connect(str(erased.published), read_only=True) as published:
        counts = published.execute(
            "select rows_read, rows_loaded, rows_erased from quality.files where file_path = 'shop/late.csv'"
        ).fetchone()
        assert counts == (1, 1, 2)
        assert published.execute(
            "select conversion_id from core.fct_conversions where conversion_id in ('order:O-7', 'order:O-8', 'order:O-9')"
        ).fetchall() == [("order:O-9",)]
    assert found(erased) == []


def test_erasing_waits_for_a_run_that_is_under_way(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    held = (
        "import sys, time; from pathlib import Path; from assets.lock import RunLock;"
        " RunLock(Path(sys.argv[1])).acquire(run_id='r', started_by='t'); print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", held, str(home.lock)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        with pytest.raises(UserError, match="a run is under way"):
            erase(home, [("visitor", "v1")], dry_run=False, is_json=False)
        process.kill()
    assert not home.warehouse.exists() and not home.erased.exists()
    assert RunLock(home.lock).holder() is None


def test_what_others_put_into_the_home_is_told_and_left(
    erased: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note = erased.config / "notes.txt"
    note.write_text("v-unknown-55aa01", encoding="utf-8")
    assert note in set(users_files(erased))
    monkeypatch.setenv("HOURGLASS_HOME", str(erased.root))
    assert main(["erase", "--visitor", "v-unknown-55aa01", "--format", "json"]) == 0
    assert note.read_text(encoding="utf-8") == "v-unknown-55aa01"
