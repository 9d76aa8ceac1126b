"""Links that were built are written down in ``<home>/config/links/built.csv``; config/links.py reads it.

Several people and programs may build at once: each takes a lock, reads what is there, and puts a whole new file in place of the old one, so
that nothing is written between another's lines and a killed command leaves the old file. What a spreadsheet made of the file (delimiter,
encoding, order of columns, columns of its own) is kept.
"""

import csv
import fcntl
import io
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from config.home import Home
from config.links import FOLDER, HEADER, link_id_of, load_links, read_table

FILE = "built.csv"
LOCK = ".lock"


@dataclass(frozen=True)
class Entry:
    """A link to be written down; ``link_id`` as it stands in the link's utm_id, or None for the one that the link is given."""

    url: str
    owner: str
    note: str | None = None
    link_id: str | None = None


def register(home: Home, entries: Sequence[Entry], *, today: date) -> list[str]:
    """Write links down, each once, and return their ids in order. A link that is there already keeps its id and its line.

    Raises:
        ConfigError: the lists that are there are faulty; nothing is written.
    """
    home.create()
    folder = home.config / FOLDER
    folder.mkdir(exist_ok=True)
    with _locked(folder / LOCK):
        known = {link.url: link.link_id for link in load_links(home)}
        fresh: list[Mapping[str, str]] = []
        for entry in entries:
            if entry.url in known:
                continue
            link_id = entry.link_id or link_id_of(entry.url)
            known[entry.url] = link_id
            fresh.append(
                {
                    "link_id": link_id,
                    "url": entry.url,
                    "owner": _inert(entry.owner),
                    "registered_on": today.isoformat(),
                    "note": _inert(entry.note or ""),
                }
            )
        if fresh:
            _append(folder / FILE, fresh)
    return [known[entry.url] for entry in entries]


def _inert(text: str) -> str:
    """Text that a spreadsheet takes for text: people open this file in one, and a note may come out of anybody's list."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r")) else text


def _append(path: Path, rows: Sequence[Mapping[str, str]]) -> None:
    if path.exists():
        table = read_table(path)
        text, header, delimiter, codec = table.text, table.header, table.delimiter, table.codec
    else:
        text, header, delimiter, codec = ",".join(HEADER) + "\n", HEADER, ",", "utf-8-sig"
    newline = "\r\n" if "\r\n" in text else "\n"
    if not text.endswith(("\n", "\r")):
        text += newline
    added = io.StringIO()
    writer = csv.DictWriter(
        added, header, restval="", extrasaction="ignore", delimiter=delimiter, lineterminator=newline
    )
    writer.writerows(rows)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with fresh.open("wb") as stream:
        # What Windows-1252 does not have is in no link, since links are percent-encoded; a note may lose it.
        stream.write((text + added.getvalue()).encode(codec, errors="replace"))
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Wait for the lock, which the kernel gives back however its holder ends."""
    with path.open("a") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
