"""A year of nights of a small brand in one process: what a night takes, what the disk holds, and whether the end equals a clean build."""

import random
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from hourglass.simulate.run import simulate
from sql.catalog import Catalog
from tests.soak.inboxes import File
from tests.soak.replay import LAST_DAY, Installation, Plan, Verdict, compare

_DAY = re.compile(r"20\d\d-\d\d-\d\d")


@dataclass
class Year:
    """Seconds and bytes by night."""

    seconds: list[float] = field(default_factory=list)
    bytes: list[dict[str, int]] = field(default_factory=list)
    differences: dict[str, list[str]] = field(default_factory=dict)

    def quarter(self, number: int) -> list[float]:
        """The seconds of the nights of one quarter of the time, 0 to 3."""
        length = len(self.seconds) // 4
        return self.seconds[number * length : (number + 1) * length]


def files_by_night(inbox: Path, nights: int, *, seed: int = 1) -> list[list[File]]:
    """The files of a simulated inbox by the night after the newest day in their path; one in twenty is up to three weeks late."""
    draw = random.Random(seed)
    found: list[list[File]] = [[] for _ in range(nights)]
    for path in sorted(path for path in inbox.rglob("*") if path.is_file()):
        name = path.relative_to(inbox).as_posix()
        days = [date.fromisoformat(text) for text in _DAY.findall(name)]
        night = nights - 1 - max(0, (LAST_DAY - max(days)).days) if days else 0
        late = draw.randrange(1, 22) if draw.random() < 0.05 else 0
        found[min(nights - 1, max(0, night) + late)].append(File(name, path.read_bytes()))
    return found


def run_year(scratch: Path, *, nights: int, sessions_a_day: int, say: Callable[[str], None]) -> Year:
    """Deliver, run, weigh; at the end compare with everything in one night."""
    simulate(scratch / "made", days=nights, sessions=nights * sessions_a_day, seed=11, format="csv")
    by_night = files_by_night(scratch / "made" / "inbox", nights)
    catalog, year = Catalog(), Year()
    home = Installation(scratch / "home", catalog, with_dlt=True)
    for number, files in enumerate(by_night):
        home.deliver(files)
        started = time.perf_counter()
        home.run(LAST_DAY - timedelta(days=nights - 1 - number))
        year.seconds.append(time.perf_counter() - started)
        year.bytes.append(
            {part: _weight(home.home.root / part) for part in ("inbox", "warehouse.duckdb", "published", "dlt", ".tmp")}
        )
        if (number + 1) % 30 == 0:
            weights = {part: f"{size / 1e6:.1f} MB" for part, size in year.bytes[-1].items()}
            say(f"night {number + 1}: {statistics.median(year.seconds[-30:]):.1f} s, {weights}")
    whole = Installation(scratch / "whole", catalog)
    whole.deliver([file for files in by_night for file in files])
    (whole.home.root / "key").write_bytes((home.home.root / "key").read_bytes())
    whole.run(LAST_DAY)
    verdict = Verdict(Plan(0, ()))
    compare(home.home.published, whole.home.published, verdict)
    year.differences = verdict.differences
    return year


def _weight(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
