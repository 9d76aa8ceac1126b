"""The other tables of an export, which tell what one of them does not: its days, and to what the tool had restricted it.

Search Console puts them into ``Filters.csv`` and the days also into ``Chart.csv``, Plausible into ``visitors.csv``: in the same ZIP,
folder or workbook. Only files of the same tool are asked, and they are recognised by content like any other.
"""

import hashlib
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path, PurePosixPath

from pipelines import dates, values
from pipelines.archive import Document
from pipelines.formats_model import Format, Formats, normalise
from pipelines.inbox import InboxFile
from pipelines.limits import LIMITS
from pipelines.recognise import Match, recognise
from pipelines.tables import Block, UnreadableFileError, of_bytes
from pipelines.told import Told

FILTERS = "web_report_filters"
_COPY = re.compile(r" ?\((\d+)\)$")
_DASH = re.compile(r"\s*[-–—]\s*")


def told_beside(document: Document, form: Format, formats: Formats, own: Iterable[tuple[Block, Match]]) -> Told:
    """What the other tables of the file, then the files beside it, say of days and filters."""
    told = _told(own, form.source)
    if told.period is None or told.filters is None or told.seen is None:
        told = told.completed(_told(_neighbours(document, form, formats), form.source))
    return told


def _told(tables: Iterable[tuple[Block, Match]], source: str) -> Told:
    """What the filters say; and the days of the daily table, for filters that name none (``Last 3 months``)."""
    told = Told()
    days: list[date] = []
    for block, match in tables:
        if match.format.source != source:
            continue
        if match.format.table == FILTERS:
            told = told.completed(_of_filters(block, match))
        elif "date" in match.columns and match.format.table == "web_reported":
            column = [_cell(row.cells, match.columns["date"]) for row in block.rows[match.header + 1 :]]
            days += [day for day in dates.parse_dates(column, order=match.format.habit(match.languages)).values if day]
    return told.completed(Told(seen=(min(days), max(days)) if days else None))


def _of_filters(block: Block, match: Match) -> Told:
    words = match.format.words
    period: tuple[date, date] | None = None
    kept = []
    for row in block.rows[match.header + 1 :]:
        name = _cell(row.cells, match.columns["filter"]).strip()
        value = _cell(row.cells, match.columns["value"]).strip()
        if normalise(name) in words["days"].languages_by_name:
            period = days_between(value)
        elif name and normalise(value) not in words["unrestricted"].languages_by_name:
            kept.append(f"{name}: {value}")
    return Told(period=period, filters="; ".join(kept))


def neighbours_key(file: InboxFile) -> str:
    """A digest that changes when a file beside this one is added, changed or taken away."""
    found = []
    for path in sorted(file.location.parent.iterdir()):
        if path != file.location and path.is_file():
            status = path.stat()
            found.append((path.name, status.st_size, status.st_mtime_ns))
    return hashlib.sha256(repr(found).encode()).hexdigest()[:16]


def _cell(cells: list[str], position: int) -> str:
    return cells[position] if position < len(cells) else ""


def days_between(text: str) -> tuple[date, date] | None:
    """``1 Jan 2025-31 Dec 2025``, ``2025-01-01 – 2025-12-31``: first and last day; None for words such as ``Last 3 months``."""
    bare = values.clean(text)
    for dash in _DASH.finditer(bare):
        pair = dates.parse_dates([bare[: dash.start()], bare[dash.end() :]]).values
        if None not in pair and pair[0] <= pair[1]:
            return pair[0], pair[1]
    day = dates.parse_dates([bare]).values[0]
    return (day, day) if day else None


def _neighbours(document: Document, form: Format, formats: Formats) -> Iterator[tuple[Block, Match]]:
    """The tables of the files beside a document that are exports of the same tool; of ``Chart (1).csv`` those with the same number."""
    same_tool = Formats(formats.folders, formats.key, [known for known in formats.all if known.source == form.source])
    number = _copy_number(document.path)
    for path, data in _files(document):
        if path == document.path or _copy_number(path) != number:
            continue
        try:
            text = of_bytes(data)
        except UnreadableFileError:
            continue
        for block in text.blocks:
            match = recognise(block, same_tool, path=path, platform=None).match
            if match:
                yield block, match


def _copy_number(path: str) -> str | None:
    copy = _COPY.search(PurePosixPath(path.replace("!", "/")).stem)
    return copy[1] if copy else None


def _files(document: Document) -> Iterator[tuple[str, bytes]]:
    """Path under the inbox and bytes of the small CSV files beside a document: in its archive, else in its folder."""
    if document.member:
        parent = str(PurePosixPath(document.member).parent)
        with zipfile.ZipFile(document.file.location) as opened:
            near = [info for info in opened.infolist() if str(PurePosixPath(info.filename).parent) == parent]
            for info in [info for info in near if _is_asked(info.filename, info.file_size)][: LIMITS.beside_files]:
                yield f"{document.file.path}!{info.filename}", opened.read(info)
        return
    folder, parent = document.file.location.parent, str(PurePosixPath(document.path).parent)
    found: list[Path] = sorted(path for path in folder.iterdir() if path.is_file() and not path.is_symlink())
    for path in [path for path in found if _is_asked(path.name, path.stat().st_size)][: LIMITS.beside_files]:
        yield path.name if parent == "." else f"{parent}/{path.name}", path.read_bytes()


def _is_asked(name: str, size: int) -> bool:
    return name.lower().endswith(".csv") and 0 < size <= LIMITS.beside_bytes
