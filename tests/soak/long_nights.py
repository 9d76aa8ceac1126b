"""A year of nights of a small brand in one process: what a night takes, what the disk holds, and whether the end equals a clean build."""

import random
import re
import shutil
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from hourglass.simulate.run import simulate
from sql.catalog import Catalog
from tests.soak.comparing import Verdict, compare
from tests.soak.inboxes import File
from tests.soak.plans import Plan
from tests.soak.replay import LAST_DAY, Installation
from tests.soak.until import Until

_DAY = re.compile(r"20\d\d-\d\d-\d\d")
PARTS = ("inbox", "warehouse.duckdb", "published", "dlt", ".tmp")


@dataclass
class Year:
    """Processor seconds and bytes by night, how many nights had files, and what differs from a clean build at the end."""

    seconds: list[float] = field(default_factory=list)
    bytes: list[dict[str, int]] = field(default_factory=list)
    busy: list[bool] = field(default_factory=list)
    files: int = 0
    tables: int = 0
    rows: int = 0
    differences: dict[str, list[str]] = field(default_factory=dict)

    def median(self, quarter: int, *, busy: bool) -> float:
        """The median seconds of the nights with or without files in one quarter of the time, 0 to 3; 0 where there are none."""
        length = len(self.seconds) // 4
        nights = range(quarter * length, (quarter + 1) * length)
        return statistics.median([self.seconds[night] for night in nights if self.busy[night] == busy] or [0.0])


def files_by_night(
    inbox: Path, nights: int, *, seed: int = 1, weekdays: frozenset[int] = frozenset(range(7))
) -> list[list[File]]:
    """The files of a simulated inbox by the night after the newest day in their path; one in twenty is up to three weeks late.

    Somebody brings them on these days of the week (0 is Monday); the nights after the others have none.
    """
    draw = random.Random(seed)
    found: list[list[File]] = [[] for _ in range(nights)]
    for path in sorted(path for path in inbox.rglob("*") if path.is_file()):
        name = path.relative_to(inbox).as_posix()
        days = [date.fromisoformat(text) for text in _DAY.findall(name)]
        night = nights - 1 - max(0, (LAST_DAY - max(days)).days) if days else 0
        late = draw.randrange(1, 22) if draw.random() < 0.05 else 0
        night = max(0, night) + late
        while night < nights - 1 and day_of(night, nights).weekday() not in weekdays:
            night += 1
        found[min(nights - 1, night)].append(File(name, path.read_bytes()))
    return found


def day_of(night: int, nights: int) -> date:
    """The local day of a night by its number."""
    return LAST_DAY - timedelta(days=nights - 1 - night)


def run_year(
    scratch: Path,
    *,
    nights: int,
    sessions_a_day: int,
    weekdays: frozenset[int],
    until: Until,
    say: Callable[[str], None],
) -> Year:
    """Deliver, run, weigh, night by night; at the end compare with everything in one night.

    One thread there and all of them in the clean build, as in :func:`tests.soak.replay.judge`.
    """
    simulate(scratch / "made", days=nights, sessions=nights * sessions_a_day, seed=11, format="csv")
    by_night = files_by_night(scratch / "made" / "inbox", nights, weekdays=weekdays)
    catalog, year, day = Catalog(), Year(), LAST_DAY
    home = Installation(scratch / "home", catalog, with_dlt=True, threads=1)
    for number, files in enumerate(by_night):
        home.deliver(files)
        day, started = day_of(number, nights), time.process_time()
        home.run(day)
        year.seconds.append(time.process_time() - started)
        year.busy.append(bool(files))
        year.files += len(files)
        year.bytes.append({part: _weight(home.home.root / part) for part in PARTS})
        if (number + 1) % 10 == 0:
            weights = {part: f"{size / 1e6:.1f} MB" for part, size in year.bytes[-1].items()}
            say(f"night {number + 1}: {statistics.median(year.seconds[-10:]):.1f} s of processor, {weights}")
        if until.is_over:
            break
    whole = Installation(scratch / "whole", catalog)
    whole.deliver([file for files in by_night[: len(year.seconds)] for file in files])
    shutil.copy(home.home.root / "key", whole.home.root / "key")
    whole.run(day)
    verdict = Verdict(Plan(0, ()))
    compare(home.home.published, whole.home.published, verdict)
    compare(home.home.warehouse, whole.home.warehouse, verdict)
    year.tables, year.rows, year.differences = verdict.tables, verdict.rows, verdict.differences
    return year


def _weight(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
