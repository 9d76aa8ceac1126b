"""Bytes to tables of text: delimiter, quoting, title lines, stacked tables, sheets. Every cell stays text.

Nothing here knows a platform. A file becomes sheets, a sheet becomes blocks (runs of rows between blank rows), and every
row knows the line that it began on. Which row of a block is the header is the recogniser's business.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from pipelines.encoding import Encoding, decode, detect
from pipelines.limits import LIMITS

DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'^"?sep=(?P<delimiter>[^"\r\n])?', re.IGNORECASE)
_SAMPLE_RECORDS = 200
_NUMBER_PIECE = re.compile(r"^\s*[-+]?\d+%?\s*$")

csv.field_size_limit(LIMITS.record_bytes)


class UnreadableFileError(Exception):
    """The bytes are not a table; the text says what they are instead, as far as that can be seen."""


@dataclass(frozen=True)
class Row:
    """One record: the line (in a sheet: the row) that it began on, and its cells."""

    line: int
    cells: list[str]


@dataclass
class Block:
    """Rows between two blank rows. ``numeric`` tells cells that a workbook stored as numbers: (row index, column)."""

    rows: list[Row]
    sheet: str | None = None
    numeric: set[tuple[int, int]] = field(default_factory=set)


@dataclass(frozen=True)
class TextFile:
    """What a file turned out to be. ``skip_lines`` counts the lines before the first record (a ``sep=`` line)."""

    blocks: list[Block]
    encoding: str | None
    delimiter: str | None
    skip_lines: int = 0
    codec: str = "utf-8"
    requoted: bool = False
    notes: tuple[str, ...] = ()


def read(location: Path, *, head: bool = False) -> TextFile:
    """The tables of a CSV-like file or a workbook; with ``head`` only the beginning is read, as far as recognising needs.

    Raises:
        UnreadableFileError: the file is empty, or not a table at all.
    """
    with location.open("rb") as stream:
        data = stream.read(LIMITS.head_bytes if head else LIMITS.report_bytes + 1)
    if len(data) > LIMITS.report_bytes:
        raise UnreadableFileError(
            f"the export is larger than {LIMITS.report_bytes // 2**20} MiB, too large for a report"
        )
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise UnreadableFileError("the file is empty")
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
        return TextFile(list(_workbook(location, head=head)), None, None)
    kind = _binary_kind(data)
    if kind:
        raise UnreadableFileError(f"not a table: {kind}")
    complete = not head or len(data) < LIMITS.head_bytes
    encoding = detect(data, whole=complete)
    text = decode(data, encoding)
    return _from_text(text, encoding, complete=complete)


def _binary_kind(data: bytes) -> str | None:
    signatures = {b"%PDF": "a PDF document", b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"GIF8": "an image"}
    for magic, kind in signatures.items():
        if data.startswith(magic):
            return kind
    sample = data[:4096]
    if sample.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        return "a web page (was the download refused?)"
    control = sum(byte < 9 or 13 < byte < 32 for byte in sample)
    zeros = sample.count(0)
    return "binary content" if control - zeros > 0.05 * len(sample) else None


def _from_text(text: str, encoding: Encoding, *, complete: bool) -> TextFile:
    notes = [encoding.note] if encoding.note else []
    skip, delimiter = 0, None
    separator = _SEPARATOR_LINE.match(text)
    if separator:
        delimiter = separator.group("delimiter") or None
        skip = 1
        # A sep= line that Excel saved again has lost its own delimiter or carries the file's delimiters behind it.
        first, _, text = text.partition("\n")
        if delimiter is None and "\t" in first:
            delimiter = "\t"
    requoted = False
    if _is_requoted(text):
        text, requoted = unquote_lines(text), True
        notes.append("every line had been quoted again as one cell; the lines were unpacked")
    if delimiter is None or not _splits(text, delimiter):
        delimiter = _delimiter(text)
    records = list(_records(text, delimiter, skip))
    if not complete and records:
        records.pop()
    blocks = list(_blocks(records, None, set()))
    if not blocks:
        raise UnreadableFileError("the file is empty")
    return TextFile(blocks, encoding.label, delimiter, skip, encoding.codec, requoted, tuple(notes))


def _records(text: str, delimiter: str, skip: int) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            yield Row(line + skip, cells)
            line = reader.line_num + 1
    except csv.Error as error:
        raise UnreadableFileError(f"line {line + skip}: {error}") from None


def _delimiter(text: str) -> str:
    """The delimiter that makes the largest table with a header; a comma for a single column.

    A decimal comma also cuts every row into the same number of pieces, but its first row of that width has numbers where
    a header has names.
    """
    best, best_score = ",", 0.0
    sample = text[: LIMITS.head_bytes]
    for delimiter in DELIMITERS:
        if delimiter not in sample:
            continue
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        rows = [cells for cells in islice(reader, _SAMPLE_RECORDS) if any(cell.strip() for cell in cells)]
        widths = Counter(len(cells) for cells in rows if len(cells) > 1)
        if not widths:
            continue
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
        first = next(cells for cells in rows if len(cells) == width)
        named = not any(_NUMBER_PIECE.match(cell) for cell in first)
        score = count * (width - 1) ** 0.5 * (1.0 if named else 0.2)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _splits(text: str, delimiter: str) -> bool:
    """Whether the delimiter that a ``sep=`` line names is at work in the file; Excel leaves stale ones behind."""
    return delimiter in text


def _is_requoted(text: str) -> bool:
    """Whether the header line is one quoted cell that is itself a line of several cells."""
    first = text.lstrip("\r\n").split("\n", 1)[0].rstrip("\r")
    if not (first.startswith('"') and first.endswith('"') and '""' in first):
        return False
    for delimiter in DELIMITERS:
        outer = next(csv.reader([first], delimiter=delimiter))
        if len(outer) == 1 and any(len(next(csv.reader([outer[0]], delimiter=inner))) > 1 for inner in DELIMITERS):
            return True
    return False


def unquote_lines(text: str) -> str:
    """Undo a quoting that was laid over every line of a file; lines without quotes or delimiters were left bare."""
    lines = text.split("\n")
    return "\n".join(
        line[1:-1].replace('""', '"') if len(line) > 1 and line.startswith('"') and line.endswith('"') else line
        for line in (line.rstrip("\r") for line in lines)
    )


def _blocks(rows: Iterable[Row], sheet: str | None, numeric: set[tuple[int, int]]) -> Iterator[Block]:
    """Cut at rows without content. ``numeric`` holds (line, column)."""
    block = Block([], sheet)
    for row in rows:
        if any(cell.strip() for cell in row.cells):
            index = len(block.rows)
            block.rows.append(row)
            if numeric:
                block.numeric.update(
                    (index, column) for column in range(len(row.cells)) if (row.line, column) in numeric
                )
        elif block.rows:
            yield block
            block = Block([], sheet)
    if block.rows:
        yield block


def _workbook(location: Path, *, head: bool) -> Iterator[Block]:
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(location))
        for name in workbook.sheet_names:
            cells = workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            numeric: set[tuple[int, int]] = set()
            rows = []
            for number, values in enumerate(cells[:_SAMPLE_RECORDS] if head else cells, start=1):
                rows.append(Row(number, [_cell(value) for value in values]))
                numeric.update(
                    (number, column)
                    for column, value in enumerate(values)
                    if isinstance(value, int | float) and not isinstance(value, bool)
                )
            yield from _blocks(rows, name, numeric)
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableFileError(f"the workbook can't be read: {error}") from None


def _cell(value: Any) -> str:
    """A workbook's cell as text that the value readers take without guessing: a dot for decimals, ISO dates."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value.total_seconds())
    return str(value)
