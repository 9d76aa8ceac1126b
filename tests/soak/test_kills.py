"""Nights that are killed, or run out of disk, in short: ``make soak`` kills two hundred."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from assets.lock import RunLock
from config.home import Home
from sql.catalog import Catalog
from tests.soak.inboxes import File
from tests.soak.killing import Kill, Nights, deliver, hold_after_a_kill, hold_after_recovery, state_of

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("kills")]
ROOT = Path(__file__).parents[2]
LANDING = "https://shop.example/?utm_source=facebook&utm_medium=social&utm_campaign=host"


def delivery(number: int) -> list[File]:
    """A day's sessions, leads and orders. Visitors come back, and a lead of an earlier day moves on."""
    day = f"2026-11-{number:02d}"
    sessions = [f"s{number}_{place},v{place % 7},{day}T1{place % 10}:00:00Z,{LANDING}\n" for place in range(20)]
    leads = [f"l{lead},2026-11-01T20:00:00Z,v{lead},{number * 100},NOK,{day}\n" for lead in range(number, number + 3)]
    orders = [f"o{number},{day}T21:00:00Z,v{number % 7},{number}50.00,NOK\n"]
    return [
        File(
            f"web_sessions_{day}.csv", ("session_id,visitor_id,started_at,landing_url\n" + "".join(sessions)).encode()
        ),
        File(
            f"leads_{day}.csv", ("lead_id,created_at,visitor_id,deal_value,currency,mql_at\n" + "".join(leads)).encode()
        ),
        File(f"orders_{day}.csv", ("order_id,ordered_at,visitor_id,revenue,currency\n" + "".join(orders)).encode()),
    ]


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return Catalog()


def test_a_night_may_die_anywhere(tmp_path: Path, catalog: Catalog) -> None:
    nights = Nights(Home(tmp_path / "home"), tmp_path / "night.log")
    deliver(nights.home, delivery(1))
    assert nights.run(through_dagster=False) == 0, nights.error()
    deliver(nights.home, delivery(2))
    chain = [
        (Kill("load"), False),
        (Kill("commit"), False),
        (Kill("model", 60), True),
        (Kill("models", seconds=0.2), False),
        (Kill("swap"), False),
        (Kill("remember"), False),
    ]
    for kill, through_dagster in chain:
        before = state_of(nights.home.published)
        assert nights.run(kill, through_dagster=through_dagster) is None
        hold_after_a_kill(nights, before, tmp_path / "clean", catalog)
    assert nights.swapped == 1
    hold_after_recovery(nights, tmp_path / "clean", catalog)


def may_mount() -> bool:
    command = ["unshare", "-rm", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


@pytest.mark.skipif(not may_mount(), reason="this system lets nobody mount a file system of their own")
def test_a_full_and_a_read_only_disk_fail_with_the_reason(tmp_path: Path) -> None:
    command = ["unshare", "-rm", sys.executable, "-m", "tests.soak.full_disk", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == ["full with 64 kB free", "read-only"]


def test_of_two_runs_at_once_one_wins_and_the_other_says_why_not(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    command = [sys.executable, "-m", "hourglass.cli", "run"]
    environment = {**os.environ, "HOURGLASS_HOME": str(home.root)}
    with RunLock(home.lock).held(run_id="", started_by="hourglass run"):
        second = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert f"another run is under way: process {os.getpid()}" in second.stderr
    assert not home.warehouse.exists() and not home.published.exists()
