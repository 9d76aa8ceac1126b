"""Who can read what of a home, and that no key and no address of a webhook is written down anywhere."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from config.home import Home

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("access")]
KEY, HOOK = "planted-key-5512c", "planted-hook-7781d"
ERASURE_KEY, PASSWORD = "planted-erasure-key-91f3", "planted-password-4407e"
SESSIONS = "session_id,visitor_id,started_at,landing_url\n" + "".join(
    f"s{number},v{number},2026-11-{number + 1:02}T10:00:00Z,https://shop.example/?utm_source=facebook\n"
    for number in range(9)
)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, str]:
    """A home after a run that published and one that failed and could not tell its webhook, with all that was printed."""
    home = Home(tmp_path_factory.mktemp("access") / "home")
    home.inbox.mkdir(parents=True)
    (home.inbox / "sessions.csv").write_text(SESSIONS, encoding="utf-8")
    home.config.mkdir()
    (home.config / "settings.yml").write_text(
        "publishing: {reduced_copy: true}\nalerts: {mail_to: [oncall@fjellheim.example]}\n", encoding="utf-8"
    )
    home.root.chmod(0o700)
    secrets = {
        "HOURGLASS_KEY": KEY,
        "HOURGLASS_ERASURE_KEY": ERASURE_KEY,
        "HOURGLASS_WEBHOOK_URL": f"http://127.0.0.1:9/{HOOK}",
        "HOURGLASS_SMTP_URL": f"smtp://robot:{PASSWORD}@127.0.0.1:9",
    }

    def call(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "hourglass.cli", *arguments],
            env={**os.environ, **secrets, "HOURGLASS_HOME": str(home.root)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            umask=0o022,
            check=False,
        )
        return done.returncode, done.stdout

    first = call("run")
    assert first[0] == 0, first[1]
    (home.config / "channels.yml").write_text("rules: none\n", encoding="utf-8")
    second = call("run", "--verbose")
    assert second[0] == 1, second[1]
    erased = call("erase", "--visitor", "v8")
    assert erased[0] == 1, erased[1]  # the run that follows fails for the same reason
    (home.config / "settings.yml").write_text("currency: nothing\n", encoding="utf-8")
    third = call("run")
    assert third[0] == 1 and "could not be reached" in third[1], third[1]
    return home, first[1] + second[1] + erased[1] + third[1] + call("doctor")[1]


def files(home: Home) -> list[Path]:
    return [path for path in sorted(home.root.rglob("*")) if path.is_file() and not path.is_relative_to(home.inbox)]


def test_no_secret_is_written_down_or_printed(told: tuple[Home, str]) -> None:
    home, printed = told
    assert "webhook could not be reached" in printed and "mail server did not take the alert" in printed
    secrets = (KEY, HOOK, ERASURE_KEY, PASSWORD)
    assert [secret for secret in secrets if secret in printed] == []
    assert [path for path in files(home) for secret in secrets if secret.encode() in path.read_bytes()] == []


def test_only_the_published_files_are_let_out_to_the_group(told: tuple[Home, str]) -> None:
    home, _ = told
    assert home.root.stat().st_mode & 0o777 == 0o700
    own = (home.config, home.inbox)
    modes = {path: path.stat().st_mode & 0o777 for path in files(home) if not path.is_relative_to(home.config)}
    assert {path for path, mode in modes.items() if mode & 0o007} == set()
    assert {path for path, mode in modes.items() if mode & 0o070} == {home.published, home.published_reduced}
    folders = [path for path in home.root.rglob("*") if path.is_dir() and path not in own]
    assert {path for path in folders if path.stat().st_mode & 0o077} == set()


def test_the_reduced_copy_names_no_visit(told: tuple[Home, str]) -> None:
    home, _ = told
    with duckdb.connect(str(home.published_reduced), read_only=True) as reduced:
        tables = {
            row[0] for row in reduced.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        }
        assert "kpi.kpi_values" in tables and "core.fct_sessions" not in tables
        assert reduced.execute("select count(*) from kpi.kpi_values").fetchone() > (0,)
        for table, column in reduced.execute(
            "select schema_name || '.' || table_name, column_name from duckdb_columns() where data_type = 'VARCHAR' and not internal"
        ).fetchall():
            held = f'select 1 from {table} where regexp_matches("{column}", ?) limit 1'
            assert reduced.execute(held, ["^[sv][0-9]$"]).fetchone() is None, f"{table}.{column}"
