"""A whole ingestion, through dlt: what is loaded once, again, never twice, and after a run that was killed."""

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pipelines.ingest import waiting
from pipelines.load import working_folder

SESSIONS = "session_id,started_at,landing_url\n"
ORDERS = "order_id,ordered_at,revenue,currency\n"
SERIES = 'sep=,\n"Views"\n"Date","Primary"\n"2026-02-01T00:00:00","5"\n'


def sessions(*names: str) -> str:
    return SESSIONS + "".join(f"{name},2026-01-01T10:00:00Z,https://fjellheim.example/å\n" for name in names)


def statuses(report: Any) -> dict[str, str]:
    return {result.file_path: result.status for result in report.files}


def test_files_are_loaded_once_and_an_unchanged_inbox_is_left_alone(bench: Any) -> None:
    bench.put("web/a.csv", sessions("s1", "s2"))
    bench.put("b.csv", ORDERS + "O1,2026-01-02,10,NOK\n")
    report = bench.ingest()
    assert statuses(report) == {"b.csv": "loaded", "web/a.csv": "loaded"}
    assert {name: (load.rows, load.files) for name, load in report.tables.items() if load.rows} == {
        "web_sessions": (2, 1),
        "orders": (1, 1),
    }
    assert set(report.new_file_ids) == {"web_sessions", "orders"}
    again = bench.ingest()
    assert (again.files, again.unchanged, again.new_file_ids) == ([], 2, {})
    bench.put("web/c.csv", sessions("s3"))
    assert statuses(bench.ingest()) == {"web/c.csv": "loaded"}
    assert bench.rows("select session_id, source_file, source_row, captured_at from raw.web_sessions order by 1") == [
        ("s1", "web/a.csv", 1, datetime(2026, 1, 1, 10)),
        ("s2", "web/a.csv", 2, datetime(2026, 1, 1, 10)),
        ("s3", "web/c.csv", 1, datetime(2026, 1, 1, 10)),
    ]


def test_an_unchanged_inbox_is_not_even_hashed(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.put("a.csv", sessions("s1"))
    bench.ingest()

    def never(_path: Path) -> str:
        raise AssertionError("hashed again")

    monkeypatch.setattr("pipelines.ingest.sha256", never)
    assert bench.ingest().unchanged == 1


def test_files_of_a_restored_home_count_as_known_whenever_they_were_written(bench: Any) -> None:
    paths = [bench.home.inbox / name for name in ("a.csv", "b.csv", "waits.csv")]
    for path in paths:
        bench.put(path.name, sessions(path.stem) if path.stem != "waits" else "nothing,known\n1,2\n")
    bench.ingest()
    for path in paths:
        os.utime(path, ns=(7, 7))
    again = bench.ingest()
    assert (list(statuses(again)), again.unchanged) == (["waits.csv"], 2)


def test_the_same_bytes_are_never_loaded_twice(bench: Any) -> None:
    import gzip

    bench.put("a.csv", sessions("s1"))
    bench.put("b.csv", sessions("s1"))
    bench.put("c.csv.gz", gzip.compress(sessions("s1").encode()))
    assert statuses(bench.ingest()) == {"a.csv": "loaded", "b.csv": "duplicate", "c.csv.gz": "duplicate"}
    bench.put("d.csv", sessions("s1"))
    report = bench.ingest()
    assert statuses(report) == {"d.csv": "duplicate"}
    assert report.files[0].reason == "the same bytes as a.csv"
    assert bench.rows("select count(*) from raw.web_sessions") == [(1,)]


def test_of_equal_bytes_the_original_counts_not_the_browsers_copy(bench: Any) -> None:
    bench.put("posts (1).csv", sessions("s1"))
    bench.put("posts.csv", sessions("s1"))
    assert statuses(bench.ingest()) == {"posts.csv": "loaded", "posts (1).csv": "duplicate"}


def test_the_first_path_speaks_for_equal_bytes_whichever_came_first(quick_bench: Any) -> None:
    bench = quick_bench
    for name in ("c.csv", "b.csv", "a!.csv", "z.csv"):
        bench.put(name, sessions("s1"))
        bench.ingest()
    assert bench.rows("select file_path, status, reason from raw.files order by 1") == [
        ("a!.csv", "loaded", None),
        ("b.csv", "duplicate", "the same bytes as a!.csv"),
        ("c.csv", "duplicate", "the same bytes as a!.csv"),
        ("z.csv", "duplicate", "the same bytes as a!.csv"),
    ]
    assert bench.rows("select source_file, count(*) from raw.web_sessions group by all") == [("a!.csv", 1)]
    assert bench.ingest().files == []


def test_equal_bytes_are_passed_on_to_the_path_where_they_can_be_read(quick_bench: Any) -> None:
    bench = quick_bench
    bench.put("meta/Views.csv", SERIES)
    bench.put("meta/hourglass.yml", "account: Fjellheim\nplatform: facebook\n")
    bench.put("z/Views.csv", SERIES)
    bench.ingest()
    bench.put("a/Views.csv", SERIES)
    said = "select file_path, status from raw.files order by 1"
    accounts = "select account, source_file, count(*) from raw.social_account_daily group by all"
    for _ in range(2):
        bench.ingest()
        assert bench.rows(said) == [
            ("a/Views.csv", "quarantined"), ("meta/Views.csv", "loaded"), ("z/Views.csv", "duplicate"),
        ]  # fmt: skip
        assert bench.rows(accounts) == [("Fjellheim", "meta/Views.csv", 1)]
    sidecar = bench.put("a/hourglass.yml", "account: Andre\nplatform: instagram\n")
    bench.ingest()
    assert [row[1] for row in bench.rows(said)] == ["loaded", "duplicate", "duplicate"]
    assert bench.rows(accounts) == [("Andre", "a/Views.csv", 1)]
    sidecar.unlink()
    bench.ingest()
    assert [row[1] for row in bench.rows(said)] == ["quarantined", "loaded", "duplicate"]
    assert bench.rows(accounts) == [("Fjellheim", "meta/Views.csv", 1)]


def test_a_copy_stays_known_when_the_original_is_read_anew(quick_bench: Any) -> None:
    quick_bench.put("meta/Views.csv", SERIES)
    quick_bench.put("meta/hourglass.yml", "account: Fjelheim\nplatform: facebook\n")
    quick_bench.put("z.csv", SERIES)
    quick_bench.ingest()
    quick_bench.put("meta/hourglass.yml", "account: Fjellheim\nplatform: facebook\n")
    quick_bench.ingest()
    assert quick_bench.rows("select file_path, status from raw.files order by 1") == [
        ("meta/Views.csv", "loaded"), ("z.csv", "duplicate"),
    ]  # fmt: skip


def test_a_file_that_was_moved_is_a_duplicate_of_where_it_was(quick_bench: Any) -> None:
    quick_bench.put("b.csv", sessions("s1"))
    quick_bench.ingest()
    (quick_bench.home.inbox / "b.csv").rename(quick_bench.home.inbox / "a.csv")
    assert statuses(quick_bench.ingest()) == {"a.csv": "duplicate"}
    assert quick_bench.rows("select source_file from raw.web_sessions") == [("b.csv",)]


def test_a_name_with_an_exclamation_mark_is_no_archive(quick_bench: Any) -> None:
    quick_bench.put("Salg! Views.csv", SERIES)
    for _ in range(2):
        quick_bench.ingest()
        (file,) = waiting(quick_bench.connection)
        assert file.file_path == "Salg! Views.csv"


def test_columns_that_nobody_filled_exist_and_new_ones_are_added(bench: Any) -> None:
    bench.put("a.csv", sessions("s1"))
    bench.ingest()
    assert bench.rows("select utm_source, pageviews, consent from raw.web_sessions") == [(None, None, None)]
    bench.put("b.csv", "session_id,started_at,landing_url,butikk\ns2,2026-01-01,https://x.example,Tromsø\n")
    bench.ingest()
    assert bench.rows("select session_id, butikk from raw.web_sessions order by 1") == [("s1", None), ("s2", "Tromsø")]


def test_an_answer_in_a_sidecar_releases_the_file(bench: Any) -> None:
    bench.put("meta/Views.csv", SERIES)
    bench.put("a.csv", sessions("s1"))
    assert statuses(bench.ingest()) == {"a.csv": "loaded", "meta/Views.csv": "quarantined"}
    (file,) = waiting(bench.connection)
    assert file.file_path == "meta/Views.csv"
    assert "account: <name>" in (file.question or "")
    assert bench.ingest().files == []
    bench.put("meta/hourglass.yml", "account: Fjellheim\nplatform: facebook\n")
    assert statuses(bench.ingest()) == {"meta/Views.csv": "loaded"}
    assert waiting(bench.connection) == []
    assert bench.rows("select account, value from raw.social_account_daily") == [("Fjellheim", 5)]


def test_a_corrected_sidecar_replaces_what_was_loaded(bench: Any) -> None:
    bench.put("meta/Views.csv", SERIES)
    bench.put("meta/hourglass.yml", "account: Fjelheim\nplatform: facebook\n")
    bench.ingest()
    bench.put("meta/hourglass.yml", "account: Fjellheim\nplatform: facebook\n")
    report = bench.ingest()
    assert statuses(report) == {"meta/Views.csv": "loaded"}
    assert report.replaced_tables == {"social_account_daily"}
    assert bench.rows("select account from raw.social_account_daily") == [("Fjellheim",)]
    assert bench.rows("select count(*) from raw.files") == [(1,)]


def test_a_faulty_sidecar_holds_back_new_files_and_leaves_loaded_ones(bench: Any) -> None:
    bench.put("web/a.csv", sessions("s1"))
    bench.put("b.csv", ORDERS + "O1,2026-01-02,10,NOK\n")
    bench.ingest()
    bench.put("web/hourglass.yml", "timezone: Europe/Oslo\n")
    bench.put("web/c.csv", sessions("s2"))
    report = bench.ingest()
    assert (
        "web/hourglass.yml:1: unknown key 'timezone' (did you mean 'time_zone'?)"
        in report.sidecar_faults["web/hourglass.yml"]
    )
    assert statuses(report) == {"web/c.csv": "quarantined"}
    assert bench.rows("select count(*) from raw.web_sessions") == [(1,)]
    bench.put("web/hourglass.yml", "time_zone: Europe/Oslo\n")
    bench.ingest()
    assert bench.rows("select count(*) from raw.web_sessions") == [(2,)]
    assert list(bench.home.quarantine.iterdir()) == []


def test_a_home_can_teach_a_format_and_the_waiting_file_loads(bench: Any) -> None:
    bench.put("x.csv", "Paiva,Katselut,Profiili\n2026-02-01,5,1\n")
    assert statuses(bench.ingest()) == {"x.csv": "quarantined"}
    folder = bench.home.config / "formats"
    folder.mkdir()
    (folder / "fi.yml").write_text(
        "additions:\n  - extends: tiktok.overview\n    columns: {date: {fi: Paiva}}\n"
        "    measures: {views: {fi: Katselut}, profile_visits: {fi: Profiili}}\n"
    )
    bench.put("hourglass.yml", "account: Fjellheim\n")
    assert statuses(bench.ingest()) == {"x.csv": "loaded"}


def test_a_full_refresh_gives_the_same_rows(bench: Any) -> None:
    bench.put("a.csv", sessions("s1", "s2"))
    bench.put("gone.csv", sessions("s9"))
    bench.put("bad.csv", ORDERS + "O1,,10,NOK\nO2,2026-01-02,10,NOK\n")
    bench.ingest()
    (bench.home.inbox / "gone.csv").unlink()
    queries = [
        "select * from raw.web_sessions order by session_id",
        "select * from raw.orders",
        "select * exclude (loaded_at) from raw.files order by file_path",
        "select * from raw.quarantine",
    ]
    before = [bench.rows(query) for query in queries]
    report = bench.ingest(full_refresh=True)
    assert statuses(report) == {"a.csv": "loaded", "bad.csv": "partly_loaded"}
    assert report.replaced_tables == {"web_sessions", "orders"}
    assert [bench.rows(query) for query in queries] == before


def test_a_file_that_is_gone_no_longer_waits(bench: Any) -> None:
    path = bench.put("what.csv", "a,b\n1,2\n")
    bench.ingest()
    assert len(waiting(bench.connection)) == 1
    path.unlink()
    bench.ingest()
    assert waiting(bench.connection) == []
    assert bench.rows("select count(*) from raw.quarantine") == [(0,)]


def test_a_new_export_under_the_same_name_is_a_new_delivery(bench: Any) -> None:
    bench.put("a.csv", sessions("s1"))
    bench.ingest()
    bench.put("a.csv", sessions("s1", "s2"))
    bench.ingest()
    assert bench.rows("select count(*), count(distinct file_id) from raw.web_sessions") == [(3, 2)]


def test_a_file_that_breaks_a_reader_does_not_break_the_run(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.put("a.csv", sessions("s1"))
    bench.put("b.csv", 'sep=,\n"Facebook reach"\n"Date","Primary"\n"2026-02-01","5"\n')
    bench.put("hourglass.yml", "account: Fjellheim\n")

    def broken(*_: object) -> None:
        raise ValueError("no such thing as kari@fjellheim.example")

    monkeypatch.setattr("pipelines.reports._settle_periods", broken)
    report = bench.ingest()
    assert statuses(report) == {"a.csv": "loaded", "b.csv": "quarantined"}
    assert "ValueError: no such thing as email-" in (report.files[1].reason or "")


def test_every_file_accounts_for_every_record(bench: Any) -> None:
    bench.put("a.csv", sessions("s1") + "s2,,x\n")
    bench.put("b.csv", "noe,annet\n1,2\n")
    bench.put("c.csv", sessions("s1") + "s2,,x\n")
    bench.ingest()
    assert bench.rows(
        "select count(*) from raw.files where rows_read <> rows_loaded + rows_totals + rows_quarantined"
    ) == [(0,)]


CRASH = """
import os, sys
import duckdb
from config.home import Home
from config.settings import Settings
from pipelines import load, registry
from pipelines.ingest import ingest
from pathlib import Path

def die(*_):
    os._exit(9)

point = sys.argv[2]
if point == "before the load":
    load.run = die
elif point == "before the registry":
    registry.commit = die
else:
    from dlt.destinations.impl.duckdb.duck import DuckDbCopyJob
    run = DuckDbCopyJob.run
    jobs = []
    def counted(self):
        if len(jobs) == int(point):
            os._exit(9)
        jobs.append(self)
        run(self)
    DuckDbCopyJob.run = counted
home = Home(Path(sys.argv[1]))
with duckdb.connect(str(home.warehouse)) as connection:
    ingest(home, Settings(), connection=connection, full_refresh=len(sys.argv) > 3)
"""


@pytest.mark.parametrize("refresh", [False, True])
@pytest.mark.parametrize("point", ["before the load", "0", "1", "before the registry"])
def test_a_killed_load_loses_nothing_and_doubles_nothing(tmp_path: Path, point: str, refresh: bool) -> None:
    from config.home import Home
    from config.settings import Settings
    from pipelines.ingest import ingest

    home = Home(tmp_path / "home").create()

    def put(name: str, text: str) -> None:
        (home.inbox / name).write_text(text)

    put("a.csv", sessions("s1", "s2"))
    put("b.csv", ORDERS + "O1,2026-01-02,10,NOK\n")
    with duckdb.connect(str(home.warehouse)) as connection:
        ingest(home, Settings(), connection=connection)
    put("c.csv", sessions("s3"))
    put("d.csv", ORDERS + "O2,2026-01-02,10,NOK\nO3,,1,NOK\n")
    root = Path(__file__).parents[2]
    arguments = [sys.executable, "-c", CRASH, str(home.root), point, *(["refresh"] if refresh else [])]
    killed = subprocess.run(arguments, cwd=root, capture_output=True, text=True, timeout=120)
    assert killed.returncode == 9, killed.stderr
    with duckdb.connect(str(home.warehouse)) as connection:
        report = ingest(home, Settings(), connection=connection)
        assert connection.execute("select session_id from raw.web_sessions order by 1").fetchall() == [
            ("s1",),
            ("s2",),
            ("s3",),
        ]
        assert connection.execute("select order_id from raw.orders order by 1").fetchall() == [("O1",), ("O2",)]
        assert connection.execute("select count(*), count(distinct file_id) from raw.files").fetchall() == [(4, 4)]
        assert connection.execute("select count(*) from raw.quarantine").fetchall() == [(1,)]
        assert connection.execute("select count(*) from raw.loads_begun").fetchall() == [(0,)]
        if point == "before the registry":
            assert report.removed_leftovers > 0
        assert ingest(home, Settings(), connection=connection).files == []
    assert not list((working_folder(home) / "hourglass" / "load" / "normalized").glob("*"))


def test_dlts_folder_may_be_lost(bench: Any) -> None:
    import shutil

    bench.put("a.csv", sessions("s1"))
    bench.ingest()
    shutil.rmtree(working_folder(bench.home))
    bench.put("b.csv", "session_id,started_at,landing_url,ny\ns2,2026-01-01,https://x.example,å\n")
    bench.ingest()
    assert bench.rows("select session_id, ny from raw.web_sessions order by 1") == [("s1", None), ("s2", "å")]


def test_a_new_warehouse_beside_an_old_dlt_folder(bench: Any) -> None:
    bench.put("a.csv", sessions("s1"))
    bench.ingest()
    bench.connection.close()
    bench.home.warehouse.unlink()
    bench.connection = duckdb.connect(str(bench.home.warehouse))
    bench.ingest()
    assert bench.rows("select session_id from raw.web_sessions") == [("s1",)]


def test_nothing_is_imported_for_an_unchanged_inbox(bench: Any) -> None:
    bench.put("a.csv", sessions("s1"))
    bench.ingest()
    bench.connection.close()
    code = (
        "import sys; from pathlib import Path; import duckdb; from config.home import Home; from config.settings import Settings;"
        "from pipelines.ingest import ingest; h = Home(Path(sys.argv[1])); c = duckdb.connect(str(h.warehouse));"
        "r = ingest(h, Settings(), connection=c); assert r.unchanged == 1 and 'dlt' not in sys.modules"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(bench.home.root)], cwd=Path(__file__).parents[2], check=True, timeout=60
    )
    bench.connection = duckdb.connect(str(bench.home.warehouse))


def test_dlt_imports_the_files_as_they_are(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """dlt copies a Parquet file row group by row group when its columns are not exactly the table's; that costs half the load."""
    from dlt.normalize.items_normalizers.arrow import ArrowItemsNormalizer

    def rewritten(*_: object) -> None:
        raise AssertionError("dlt rewrites the file")

    monkeypatch.setattr(ArrowItemsNormalizer, "_write_with_dlt_columns", rewritten)
    bench.put("a.csv", "session_id,started_at,landing_url,butikk,sted\ns1,2026-01-01,https://x.example,1,2\n")
    bench.put("b.csv", 'sep=,\n"Facebook reach"\n"Date","Primary"\n"2026-02-01","5"\n')
    bench.put("hourglass.yml", "account: Fjellheim\n")
    bench.put("c.csv", ORDERS + "O1,2026-01-02,10,NOK\n")
    assert set(statuses(bench.ingest()).values()) == {"loaded"}
    bench.put("d.csv", "session_id,started_at,landing_url,aa,sted\ns2,2026-01-01,https://x.example,3,4\n")
    bench.ingest()
    bench.put("e.csv", sessions("s3"))
    bench.ingest()
    assert bench.rows("select session_id, butikk, sted, aa from raw.web_sessions order by 1") == [
        ("s1", "1", "2", None),
        ("s2", None, "4", "3"),
        ("s3", None, None, None),
    ]
