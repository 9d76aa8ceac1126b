"""What an erasure has set out to do, beside the list of erased people for as long as it is not through.

An erasure that is cut short has removed the rows by which it found the names of devices and records; without this note a second call would
know only the name that it is called with, and take for finished what is not. It holds names in clear, for the home's owner only, until the
erasure has ended with nothing left over.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from config.home import Home
from pipelines.erasure import Name
from pipelines.suppression import UNFINISHED


@dataclass(frozen=True)
class Begun:
    """When it began, whom it was asked for, all names of theirs, and how many rows of which raw table were to go."""

    started_at: str
    seeds: list[Name]
    names: list[Name]
    rows: dict[str, int]


def note(home: Home, begun: Begun) -> None:
    """Write the note, durably."""
    path = _path(home)
    draft = path.with_name(f"{UNFINISHED}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(asdict(begun), stream)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(path)


def noted(home: Home) -> Begun | None:
    """The note of an erasure that was cut short; None where there is none."""
    path = _path(home)
    path.with_name(f"{UNFINISHED}.draft").unlink(missing_ok=True)
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8") or "null") or {}
    return Begun(
        found.get("started_at", ""),
        [(kind, value) for kind, value in found.get("seeds", ())],
        [(kind, value) for kind, value in found.get("names", ())],
        found.get("rows", {}),
    )


def forget(home: Home) -> None:
    """The erasure is through."""
    _path(home).unlink(missing_ok=True)


def _path(home: Home) -> Path:
    return home.erased / UNFINISHED
