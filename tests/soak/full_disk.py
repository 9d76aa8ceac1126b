"""A disk that is full, and one that can only be read: run in a mount namespace of its own, on a small file system in memory.

``unshare -rm python -m tests.soak.full_disk FOLDER [FREE_KB…]`` makes a home there, leaves so much free, and runs nights. Each must fail
with the reason and leave the published file as it was; when there is room again, the next night makes up for it, and what is published
after all of them is a clean build's.
"""

import os
import subprocess
import sys
from pathlib import Path

from config.home import Home
from sql.catalog import Catalog
from tests.soak.killing import Nights, deliver, differences_to_a_clean_build, state_of
from tests.soak.test_kills import delivery

DISK = "200m"


def mount(*arguments: str) -> None:
    """Mount something in this process's own namespace."""
    subprocess.run(["mount", *arguments], check=True)


def fill(folder: Path, free_kb: int) -> Path:
    """A file that leaves so much room on the file system of a folder."""
    ballast, status = folder / "ballast", os.statvfs(folder)
    size = status.f_bavail * status.f_frsize - free_kb * 1024
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, size)
    return ballast


def main() -> int:
    """Nights on a full disk, then on one that is read-only."""
    folder, free = Path(sys.argv[1]), [int(text) for text in sys.argv[2:]] or [64]
    disk = folder / "disk"
    disk.mkdir()
    mount("-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(disk))
    nights, catalog = Nights(Home(disk / "home"), folder / "night.log"), Catalog()
    deliver(nights.home, delivery(1))
    assert nights.run(through_dagster=False) == 0, nights.error()
    for number, free_kb in enumerate(free, 2):
        before = state_of(nights.home.published)
        deliver(nights.home, delivery(number))
        ballast = fill(disk, free_kb)
        status = nights.run()
        error = nights.error()
        assert status == 1, f"{free_kb} kB free: status {status}"
        assert "disk is full" in error, error
        assert state_of(nights.home.published) == before
        ballast.unlink()
        assert nights.run(through_dagster=False) == 0, nights.error()
        print(f"full with {free_kb} kB free: failed with the reason, the file as before, recovered", flush=True)
    before = state_of(nights.home.published)
    deliver(nights.home, delivery(len(free) + 2))
    mount("-o", "remount,ro", str(disk))
    status = nights.run()
    error = nights.error()
    assert status == 1 and "Read-only file system" in error, (status, error)
    assert state_of(nights.home.published) == before
    mount("-o", "remount,rw", str(disk))
    assert nights.run(through_dagster=False) == 0, nights.error()
    verdict = differences_to_a_clean_build(nights.home, folder / "clean", catalog)
    assert verdict.differences == {}, str(verdict)
    print("read-only: failed with the reason, the file as before, recovered", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
