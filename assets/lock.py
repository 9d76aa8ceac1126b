"""The run lock: one run at a time on one home, whoever started it.

The lock is an advisory ``flock`` on ``<home>/run.lock``, so the kernel gives it back when the process that holds it dies, however it
dies. The file's text says who holds it. Not here: Dagster's own queue, which keeps runs started from the UI in line.
"""

import fcntl
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

COMMAND_LINE = "hourglass run"
"""What the command line says of itself where somebody asks who started a run."""


@dataclass(frozen=True)
class Holder:
    """Who holds the lock. ``since`` is ISO 8601 in UTC; ``run_id`` is Dagster's, empty where no run has it yet."""

    pid: int
    host: str
    since: str
    run_id: str
    started_by: str

    def __str__(self) -> str:
        run = f", run {self.run_id[:8]}" if self.run_id else ""
        return f"process {self.pid} on {self.host} since {self.since} ({self.started_by}{run})"


class LockHeldError(Exception):
    """Another process holds the run lock."""

    def __init__(self, path: Path, by: Holder | None) -> None:
        super().__init__(f"{path} is held by {by or 'another process'}")
        self.by = by


class RunLock:
    """The lock of one home. Taking it again in the process that has it is allowed: the last release gives it back."""

    _held: dict[Path, tuple[TextIOWrapper, int]] = {}  # noqa: RUF012 - one registry a process, on purpose

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()

    def acquire(self, *, run_id: str, started_by: str) -> None:
        """Take the lock or raise LockHeldError at once; never waits."""
        handle, depth = self._held.get(self.path, (None, 0))
        if handle is None:
            handle = self._open()
        self._held[self.path] = (handle, depth + 1)
        known = _read(self.path) if depth else None
        self._write(
            handle,
            Holder(
                pid=os.getpid(),
                host=socket.gethostname(),
                since=known.since if known else datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
                run_id=run_id or (known.run_id if known else ""),
                started_by=known.started_by if known else started_by,
            ),
        )

    def release(self) -> None:
        """Give the lock back; does nothing where this process doesn't have it."""
        handle, depth = self._held.pop(self.path, (None, 0))
        if handle is None:
            return
        if depth > 1:
            self._held[self.path] = (handle, depth - 1)
            return
        handle.seek(0)
        handle.truncate()
        handle.close()

    @contextmanager
    def held(self, *, run_id: str, started_by: str) -> Iterator[None]:
        """The lock for the length of a block. Raises LockHeldError."""
        self.acquire(run_id=run_id, started_by=started_by)
        try:
            yield
        finally:
            self.release()

    def holder(self) -> Holder | None:
        """Who holds the lock now, this process included; None where it is free. Takes nothing."""
        if self.path in self._held:
            return _read(self.path)
        try:
            handle = self.path.open("r", encoding="utf-8")
        except FileNotFoundError:
            return None
        with handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return _read(self.path) or Holder(
                    pid=0, host="unknown", since="unknown", run_id="", started_by="unknown"
                )
            return None

    def _open(self) -> TextIOWrapper:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        handle = self.path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise LockHeldError(self.path, _read(self.path)) from None
        return handle

    def _write(self, handle: TextIOWrapper, holder: Holder) -> None:
        """Say who holds it, for people; on a full disk nobody is told, and the lock is held all the same."""
        with suppress(OSError):
            os.ftruncate(handle.fileno(), 0)
            os.pwrite(handle.fileno(), (json.dumps(asdict(holder)) + "\n").encode(), 0)


def _read(path: Path) -> Holder | None:
    with suppress(OSError, ValueError, TypeError, KeyError):
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    return None
