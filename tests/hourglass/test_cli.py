"""The command line as a user meets it: help, clear refusals without a traceback, exit statuses."""

import errno
import os
import sqlite3
import subprocess
import sys

import duckdb
import pytest

from assets.lock import RunLock
from config.home import Home
from config.settings import Settings
from hourglass.cli import build_parser, main
from hourglass.terminal import console, no_room
from pipelines.ingest import ingest


@pytest.fixture(autouse=True)
def fresh_console():
    """Whatever ran in this process before may have left a console that writes elsewhere."""
    console.cache_clear()
    yield
    console.cache_clear()


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOURGLASS_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def hourglass(*arguments, home, **environment):
    return subprocess.run(
        [sys.executable, "-m", "hourglass.cli", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, "HOURGLASS_HOME": str(home.root), **environment},
        check=False,
    )


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit) as leave:
        main(["--help"])
    assert leave.value.code == 0
    told = capsys.readouterr().out
    for command in ("run", "ui", "files", "simulate", "utm", "channel", "explain", "review", "doctor"):
        assert f"    {command} " in told or f"  {command} " in told


@pytest.mark.parametrize("command", ["run", "ui", "files", "simulate", "utm", "channel", "explain", "review", "doctor"])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as leave:
        main([command, "--help"])
    assert leave.value.code == 0
    assert "usage: hourglass" in capsys.readouterr().out


def test_help_is_quick_and_loads_nothing_heavy():
    code = (
        "import sys; from hourglass.cli import build_parser; build_parser(); "
        "print([n for n in ('dagster', 'pandas', 'dlt', 'great_expectations') if n in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_wrong_day_is_refused_by_its_name():
    with pytest.raises(SystemExit) as leave:
        build_parser().parse_args(["run", "--since", "16.11.2026"])
    assert leave.value.code == 2


def test_a_range_that_ends_before_it_begins_is_refused(home, capsys):
    assert main(["run", "--since", "2026-11-02", "--until", "2026-11-01"]) == 1
    assert "--since 2026-11-02 is after --until 2026-11-01" in capsys.readouterr().err


def test_a_wrong_key_in_the_settings_gets_file_line_and_what_is_allowed(home):
    home.create()
    (home.config / "settings.yml").write_text("# ours\nutm_coverage:\n  targett: 0.9\n", encoding="utf-8")
    result = hourglass("run", home=home)
    assert result.returncode == 1
    assert "settings.yml:3" in result.stderr and "target" in result.stderr and "allowed" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_second_run_is_refused_with_who_holds_the_lock(home):
    home.create()
    with RunLock(home.lock).held(run_id="abcdef01", started_by="a test"):
        result = hourglass("run", home=home)
    assert result.returncode == 1
    assert f"process {os.getpid()} on" in result.stderr and "a test" in result.stderr
    assert "Traceback" not in result.stderr


def test_files_before_the_first_run_says_what_to_do(home, capsys):
    assert main(["files"]) == 1
    assert "hourglass run" in capsys.readouterr().err


def test_files_explains_how_a_file_is_recognised(home, capsys):
    home.create()
    path = home.inbox / "meta" / "Visninger.csv"
    path.parent.mkdir()
    path.write_text('sep=,\n"Visninger"\n"Dato","Primær"\n"2026-02-01T00:00:00","5"\n')
    with duckdb.connect(str(home.warehouse)) as connection:
        ingest(home, Settings(), connection=connection)
    assert main(["files", "--explain", "Visninger"]) == 0
    told = capsys.readouterr().out
    assert "Which platform is it from?" in told
    assert "how meta/Visninger.csv is recognised" in told
    assert "Dato -> date" in told
    assert "Primær -> measure:value" in told


def test_a_port_that_is_taken_is_told(home, capsys):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["ui", "--port", str(taken.getsockname()[1])]) == 1
    assert "--port" in capsys.readouterr().err


def test_doctor_is_content_with_a_fresh_home(home):
    result = hourglass("doctor", home=home)
    assert result.returncode == 0, result.stdout + result.stderr
    for word in ("python", "configuration", "time zones", "disk", "run lock", "daemon"):
        assert word in result.stdout
    assert "Nothing to mend" in result.stdout


def test_doctor_finds_what_is_wrong_and_says_how_to_mend_it(home):
    home.create()
    (home.config / "settings.yml").write_text("time_zone: Europe/Olso\n", encoding="utf-8")
    (home.root / "key").write_text("secret", encoding="utf-8")
    (home.root / "key").chmod(0o644)
    result = hourglass("doctor", home=home, HOURGLASS_KEY="")
    assert result.returncode == 1
    assert "settings.yml:1" in result.stdout and "chmod 600" in result.stdout
    assert "secret" not in result.stdout
    assert "2 to mend" in result.stdout


def test_doctor_says_who_holds_the_lock(home):
    home.create()
    with RunLock(home.lock).held(run_id="", started_by="a test"):
        result = hourglass("doctor", home=home)
    assert f"held by process {os.getpid()}" in result.stdout


def fault_of_sqlite(text, name):
    error = sqlite3.OperationalError(text)
    error.sqlite_errorname = name
    return error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "The disk is full: [Errno 28] No space left on device"),
        (fault_of_sqlite("database or disk is full", "SQLITE_FULL"), "The disk is full: database or disk is full"),
        # What SQLite says on a disk with less than 32 kB left.
        (fault_of_sqlite("disk I/O error", "SQLITE_IOERR_SHMSIZE"), "The disk is full: disk I/O error"),
        (fault_of_sqlite("disk I/O error", "SQLITE_IOERR_READ"), None),
        (OSError(errno.EROFS, "Read-only file system"), "Read-only file system: [Errno 30] Read-only file system"),
        (ValueError("rubbish"), None),
    ],
)
def test_a_disk_that_takes_nothing_more_is_named(error, told):
    try:
        raise RuntimeError("the library's own") from error
    except RuntimeError as above:
        assert no_room(above) == told
