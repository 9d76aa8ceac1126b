"""A home in one archive and back: the same files, and a clear word where that can't be."""

import io
import json
import sqlite3
import subprocess
import sys
import tarfile

import duckdb
import pytest

from assets.lock import RunLock
from config.home import Home
from config.settings import Settings
from hourglass.cli import main
from hourglass.terminal import console
from pipelines.ingest import ingest
from pipelines.privacy import old_key_path

HOLD = """
import sys, time
from pathlib import Path
from assets.lock import RunLock
RunLock(Path(sys.argv[1])).acquire(run_id="x", started_by="a test")
print(1, flush=True)
time.sleep(99)
"""


@pytest.fixture(autouse=True)
def fresh_console():
    console.cache_clear()


@pytest.fixture
def home(tmp_path, monkeypatch):
    home = Home(tmp_path / "home").create()
    monkeypatch.setenv("HOURGLASS_HOME", str(home.root))
    monkeypatch.delenv("HOURGLASS_KEY", raising=False)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table numbers as select 42 as answer")
    with sqlite3.connect(home.dagster / "runs.db") as database:
        database.execute("create table runs (id text)")
        database.execute("insert into runs values ('run-1')")
    for path, text in {
        "inbox/sub/blåbær.csv": "a,b",
        "config/settings.yml": "currency: SEK",
        "key": "00",
        ".tmp/scratch": "x",
    }.items():
        (home.root / path).parent.mkdir(parents=True, exist_ok=True)
        (home.root / path).write_text(text, encoding="utf-8")
    return home


def call(*arguments, home=None, monkeypatch=None):
    if home is not None:
        monkeypatch.setenv("HOURGLASS_HOME", str(home))
    return main([str(argument) for argument in arguments])


def files(root):
    return {path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()}


def test_a_home_comes_back_as_it_was(home, tmp_path, monkeypatch, capfd):
    archive, other = tmp_path / "b.tar.gz", tmp_path / "other"
    assert call("backup", archive, "--with-key") == 0
    assert archive.stat().st_mode & 0o777 == 0o600
    assert call("restore", archive, home=other, monkeypatch=monkeypatch) == 0
    assert files(other) == files(home.root) - {".tmp/scratch", "run.lock"}
    assert (other / "inbox/sub/blåbær.csv").read_text() == "a,b"
    with duckdb.connect(str(other / "warehouse.duckdb")) as connection:
        assert connection.sql("select answer from numbers").fetchall() == [(42,)]
    with sqlite3.connect(other / "dagster" / "runs.db") as database:
        assert database.execute("select id from runs").fetchall() == [("run-1",)]
    assert other.stat().st_mode & 0o077 == 0
    assert "as it was at" in capfd.readouterr().out


def test_a_restored_home_loads_new_files(home, tmp_path, monkeypatch):
    monkeypatch.setenv("HOURGLASS_KEY", "a key")

    def load(home, order):
        text = f"order_id,ordered_at,revenue,currency\n{order},2026-01-02,10,NOK\n"
        (home.inbox / f"{order}.csv").write_text(text, encoding="utf-8")
        with duckdb.connect(str(home.warehouse)) as connection:
            return ingest(home, Settings(), connection=connection).tables["orders"].rows

    other = Home(tmp_path / "other")
    assert load(home, "O1") == 1
    assert call("backup", tmp_path / "b.tar.gz") == 0
    assert call("restore", tmp_path / "b.tar.gz", home=other.root, monkeypatch=monkeypatch) == 0
    assert load(other, "O2") == 1


def test_key_and_inbox_may_stay_out_and_restoring_says_so(home, tmp_path, monkeypatch, capfd):
    old_key_path(home).write_text("11", encoding="utf-8")
    archive, other = tmp_path / "b.tar.gz", tmp_path / "other"
    assert call("backup", archive, "--without-inbox") == 0
    assert "without the inbox and the key" in capfd.readouterr().out
    assert call("restore", archive, home=other, monkeypatch=monkeypatch) == 0
    said = capfd.readouterr().out
    assert "The key is not in it" in said and "The inbox is not in it" in said
    assert not {"key", old_key_path(home).name, "inbox/sub/blåbær.csv"} & files(other)


def test_a_database_that_is_being_written_is_copied_whole(home, tmp_path, monkeypatch):
    with sqlite3.connect(home.dagster / "runs.db") as database:
        database.execute("pragma journal_mode = wal")
        database.execute("insert into runs values ('run-2')")
        database.commit()
        database.execute("insert into runs values ('not yet')")
        assert call("backup", tmp_path / "b.tar.gz") == 0
        database.rollback()
    assert call("restore", tmp_path / "b.tar.gz", home=tmp_path / "other", monkeypatch=monkeypatch) == 0
    with sqlite3.connect(tmp_path / "other" / "dagster" / "runs.db") as database:
        assert database.execute("select id from runs").fetchall() == [("run-1",), ("run-2",)]


def test_nothing_is_backed_up_while_a_run_is_under_way(home, tmp_path, capfd):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home.lock)], stdout=subprocess.PIPE)
    try:
        process.stdout.readline()
        assert call("backup", tmp_path / "b.tar.gz") == 1
    finally:
        process.kill()
        process.wait()
    assert "a run is under way" in capfd.readouterr().err
    assert not list(tmp_path.glob("b.tar.gz*"))
    assert RunLock(home.lock).holder() is None


@pytest.mark.parametrize("what", ["exists", "inside", "nothing"])
def test_a_backup_that_makes_no_sense_is_refused(home, tmp_path, capfd, what):
    archive = {"exists": tmp_path / "b.tar.gz", "inside": home.root / "b.tar.gz", "nothing": tmp_path / "c.tar.gz"}[
        what
    ]
    if what == "exists":
        archive.write_bytes(b"mine")
    if what == "nothing":
        home.warehouse.unlink()
    assert call("backup", archive) == 1
    words = {"exists": "exists; name a new file", "inside": "lies in the home", "nothing": "nothing to back up"}
    assert words[what] in " ".join(capfd.readouterr().err.split())
    assert not archive.exists() or archive.read_bytes() == b"mine"


def test_a_home_that_holds_something_is_not_restored_over(home, tmp_path, capfd):
    assert call("backup", tmp_path / "b.tar.gz") == 0
    assert call("restore", tmp_path / "b.tar.gz") == 1
    assert "is not empty" in capfd.readouterr().err


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd2", "link"])
def test_an_archive_that_is_no_backup_writes_nothing_outside(tmp_path, monkeypatch, capfd, name):
    archive = tmp_path / "b.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        manifest = json.dumps({"hourglass": "0", "made_at": "", "with_inbox": True, "with_key": True}).encode()
        entry = tarfile.TarInfo("hourglass-backup.json")
        entry.size = len(manifest)
        tar.addfile(entry, io.BytesIO(manifest))
        bad = tarfile.TarInfo(name)
        if name == "link":
            bad.type, bad.linkname = tarfile.SYMTYPE, "/etc"
        tar.addfile(bad)
    assert call("restore", archive, home=tmp_path / "a" / "home", monkeypatch=monkeypatch) == 1
    assert "which no backup does" in " ".join(capfd.readouterr().err.split())
    assert not (tmp_path / "a" / "outside").exists()


def test_a_damaged_archive_is_said_to_be_one(home, tmp_path, monkeypatch, capfd):
    archive = tmp_path / "b.tar.gz"
    assert call("backup", archive) == 0
    archive.write_bytes(archive.read_bytes()[:-200])
    assert call("restore", archive, home=tmp_path / "other", monkeypatch=monkeypatch) == 1
    assert "can't be read as a backup" in " ".join(capfd.readouterr().err.split())
    archive.write_bytes(b"no archive at all")
    assert call("restore", archive, home=tmp_path / "third", monkeypatch=monkeypatch) == 1
    assert "can't be read as a backup" in " ".join(capfd.readouterr().err.split())
