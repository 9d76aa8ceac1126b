"""The run lock: one holder, told by name, given back even by a process that is killed."""

import errno
import os
import signal
import subprocess
import sys
import time

import pytest

from assets.lock import LockHeldError, RunLock

HOLD = """
import sys, time
from pathlib import Path
from assets.lock import RunLock
RunLock(Path(sys.argv[1])).acquire(run_id="abcdef0123456789", started_by="a test")
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture
def other_process(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "run.lock")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_free_lock_has_no_holder_and_is_taken_and_given_back(tmp_path):
    lock = RunLock(tmp_path / "run.lock")
    assert lock.holder() is None
    with lock.held(run_id="one", started_by="a test"):
        assert (lock.holder().pid, lock.holder().run_id) == (os.getpid(), "one")
    assert lock.holder() is None


def test_a_second_process_is_refused_and_told_who_holds_it(tmp_path, other_process):
    lock = RunLock(tmp_path / "run.lock")
    with pytest.raises(LockHeldError) as refusal:
        lock.acquire(run_id="two", started_by="a test")
    by = refusal.value.by
    assert (by.pid, by.run_id, by.started_by) == (other_process.pid, "abcdef0123456789", "a test")
    assert (
        str(other_process.pid) in str(refusal.value)
        and by.host in str(refusal.value)
        and by.since in str(refusal.value)
    )
    assert lock.holder() == by


def test_a_killed_process_gives_the_lock_back(tmp_path, other_process):
    lock = RunLock(tmp_path / "run.lock")
    assert lock.holder() is not None
    os.kill(other_process.pid, signal.SIGKILL)
    other_process.wait()
    deadline = time.monotonic() + 5
    while lock.holder() is not None and time.monotonic() < deadline:
        time.sleep(0.05)
    with lock.held(run_id="after", started_by="a test"):
        assert lock.holder().run_id == "after"


def test_the_same_process_may_take_it_again_and_keeps_it_until_the_last_release(tmp_path):
    lock = RunLock(tmp_path / "run.lock")
    lock.acquire(run_id="", started_by="hourglass run")
    since = lock.holder().since
    RunLock(tmp_path / "run.lock").acquire(run_id="dagster-id", started_by="the UI")
    assert (lock.holder().run_id, lock.holder().started_by, lock.holder().since) == (
        "dagster-id",
        "hourglass run",
        since,
    )
    lock.release()
    assert lock.holder() is not None
    lock.release()
    assert lock.holder() is None


def test_on_a_full_disk_the_lock_is_held_all_the_same_and_nobody_is_told_by_whom(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("assets.lock.os.pwrite", full)
    lock = RunLock(tmp_path / "run.lock")
    with lock.held(run_id="one", started_by="a test"):
        held = subprocess.run([sys.executable, "-c", HOLD, str(tmp_path / "run.lock")], capture_output=True, text=True)
        assert "LockHeldError" in held.stderr
    assert lock.holder() is None
