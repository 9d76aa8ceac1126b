"""Bytes to tables of text: delimiter, quoting, title lines, stacked tables, sheets. Every cell stays text.

Nothing here knows a platform. A file becomes sheets, a sheet becomes blocks (runs of rows between blank rows), and every
row knows the line that it began on. Which row of a block is the header is the recogniser's business.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from pipelines import twice
from pipelines.blocks import Block, Row, UnreadableFileError, blocks_of
from pipelines.encoding import Encoding, decode, detect
from pipelines.limits import LIMITS
from pipelines.workbook import SIGNATURES, read_workbook

__all__ = ["Block", "Row", "TextFile", "UnreadableFileError", "of_bytes", "read", "unquote_lines"]

DELIMITERS = (",", ";", "\t", "|")
_SEPARATOR_LINE = re.compile(r'^"?sep=(?P<delimiter>[^"\r\n])?', re.IGNORECASE)
_SAMPLE_RECORDS = 200
_TITLE_LINES = 5
# Apache and nginx, common and combined: address, identity, user, [time], "request", status, size.
_ACCESS_LOG = re.compile(rb'^\s*\S+ \S+ \S+ \[\d\d?/\w{3}/\d{4}:[^\]]+\] "[^"\n]*" \d{3} (?:\d+|-)')
_NUMBER_PIECE = re.compile(r"^\s*[-+]?\d+%?\s*$")

csv.field_size_limit(LIMITS.record_bytes)


@dataclass(frozen=True)
class TextFile:
    """What a file turned out to be. ``skip_lines`` counts the lines before the first record (a ``sep=`` line).

    ``requoted`` and ``twice`` say what was undone to read it: every line quoted again as one cell, text encoded twice.
    """

    blocks: list[Block]
    encoding: str | None
    delimiter: str | None
    skip_lines: int = 0
    codec: str = "utf-8"
    requoted: bool = False
    twice: bool = False
    notes: tuple[str, ...] = ()


def read(location: Path, *, head: bool = False) -> TextFile:
    """The tables of a CSV-like file or a workbook; with ``head`` only the beginning is read, as far as recognising needs.

    Raises:
        UnreadableFileError: the file is empty, or not a table at all.
    """
    with location.open("rb") as stream:
        data = stream.read(LIMITS.head_bytes if head else LIMITS.report_bytes + 1)
        # A header may be longer than all that is looked at: Matomo lays hundreds of actions side by side.
        while head and b"\n" not in data and len(data) < LIMITS.record_bytes and (more := stream.read(len(data))):
            data += more + stream.read(LIMITS.head_bytes)
    if len(data) > LIMITS.report_bytes:
        raise UnreadableFileError(
            f"the export is larger than {LIMITS.report_bytes // 2**20} MiB, too large for a report"
        )
    if not data.strip(b"\0 \t\r\n\xef\xbb\xbf"):
        raise UnreadableFileError("the file is empty")
    if data.startswith(SIGNATURES):
        return _of_workbook(list(read_workbook(location, rows=_SAMPLE_RECORDS if head else None)))
    return of_bytes(data, complete=not head or len(data) < LIMITS.head_bytes)


def _of_workbook(blocks: list[Block]) -> TextFile:
    """Excel that opens a UTF-8 file without BOM makes two letters of one; saved as a workbook they stay."""
    cells = [cell for block in blocks for row in block.rows for cell in row.cells if not cell.isascii()]
    if not any(map(twice.is_suspect, cells)):
        return TextFile(blocks, None, None)
    if twice.undone(cells) is None:
        lines = [" ".join(row.cells) for block in blocks for row in block.rows]
        return TextFile(blocks, None, None, notes=tuple(filter(None, [twice.warning(lines)])))
    for block in blocks:
        block.rows = [replace(row, cells=[twice.once(cell) or cell for cell in row.cells]) for row in block.rows]
    return TextFile(blocks, None, None, twice=True, notes=(twice.UNDONE,))


def of_bytes(data: bytes, *, complete: bool = True) -> TextFile:
    """The tables of a CSV-like file's bytes; not ``complete`` when they are only its beginning. Raises UnreadableFileError."""
    kind = _binary_kind(data)
    if kind:
        raise UnreadableFileError(f"not a table: {kind}")
    encoding = detect(data, whole=complete)
    text = decode(data, encoding)
    return _from_text(text, encoding, complete=complete)


# Zeros apart, of which UTF-16 is full.
_CONTROL = bytes([*range(1, 9), *range(14, 32)])


def _binary_kind(data: bytes) -> str | None:
    signatures = {b"%PDF": "a PDF document", b"\x89PNG": "an image", b"\xff\xd8\xff": "an image", b"GIF8": "an image"}
    for magic, kind in signatures.items():
        if data.startswith(magic):
            return kind
    sample = data[:4096]
    if _ACCESS_LOG.match(sample):
        return "a web server's access log (requests, most of them by machines); sessions come from an analytics tool's export"
    if sample.lstrip()[:9].lower().startswith((b"<!doctype", b"<html")):
        return "a web page (was the download refused?)"
    control = len(sample) - len(sample.translate(None, _CONTROL))
    return "binary content" if control > 0.05 * len(sample) else None


def _from_text(text: str, encoding: Encoding, *, complete: bool) -> TextFile:
    notes = [encoding.note] if encoding.note else []
    text, is_twice, note = _decoded_once(text, complete=complete)
    notes += [note] if note else []
    skip, delimiter = 0, None
    separator = _SEPARATOR_LINE.match(text)
    if separator:
        delimiter = separator.group("delimiter") or None
        skip = 1
        # A sep= line that Excel saved again may have lost its own delimiter or carry the file's delimiters behind it.
        text = text.partition("\n")[2]
    requoted = False
    if _is_requoted(text):
        text, requoted = unquote_lines(text), True
        notes.append("every line had been quoted again as one cell; the lines were unpacked")
    if delimiter is None or not _splits(text, delimiter):
        delimiter = _delimiter(text)
    records = list(_records(text, delimiter, skip, complete=complete))
    if not complete and records:
        records.pop()
    blocks = list(blocks_of(records))
    if not blocks:
        raise UnreadableFileError(
            "the file is empty" if complete else f"no line ends within the first {len(text) // 2**20} MiB"
        )
    return TextFile(blocks, encoding.label, delimiter, skip, encoding.codec, requoted, is_twice, tuple(notes))


def _decoded_once(text: str, *, complete: bool) -> tuple[str, bool, str | None]:
    """Text that had been encoded twice as it was before, whether it had, and what to say. The last line of a beginning may be cut."""
    if not twice.is_suspect(text):
        return text, False, None
    lines = text.split("\n")
    judged = lines if complete else lines[:-1]
    before = twice.undone(judged)
    if before is None:
        return text, False, twice.warning(judged)
    return "\n".join([*before, *lines[len(judged) :]]), True, twice.UNDONE


def _records(text: str, delimiter: str, skip: int, *, complete: bool) -> Iterator[Row]:
    """The records. A line whose quotes are broken is a record by itself, with its fault; reading goes on behind it.

    Reading on inside a broken quotation would join cells of different records, so the quotes must be strictly right.
    """
    lines = list(io.StringIO(text, newline=""))
    start = faults = 0
    while start < len(lines):
        reader = csv.reader(map(lines.__getitem__, range(start, len(lines))), delimiter=delimiter, strict=True)
        read = 0
        try:
            for cells in reader:
                yield Row(start + read + skip + 1, cells)
                read = reader.line_num
            return
        except csv.Error as error:
            if not complete and "end of data" in str(error):
                yield Row(
                    start + read + skip + 1, []
                )  # cut off within quotes: the caller drops the last record of a beginning
                return
            faults += 1
            line = start + read
            if faults > LIMITS.quarantined_rows:
                raise UnreadableFileError(f"line {line + skip + 1}: {error}; so it is with many lines") from None
            yield Row(line + skip + 1, [lines[line].rstrip("\r\n")], f"the quotes of the line are broken: {error}")
            start = line + 1


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
    """Whether the header line, the first or one below title lines, is one quoted cell that is itself a line of several cells."""
    first = [
        line.rstrip("\r") for line in text.lstrip("\r\n")[: LIMITS.head_bytes].split("\n", _TITLE_LINES)[:_TITLE_LINES]
    ]
    for line in first:
        inner = line[1:-1]
        if len(line) < 2 or line[0] + line[-1] != '""' or '"' in inner.replace('""', ""):
            return False
        cells = [next(csv.reader([inner.replace('""', '"')], delimiter=delimiter), []) for delimiter in DELIMITERS]
        if '""' in inner and max(len(found) for found in cells) > 1:
            return True
    return False


def unquote_lines(text: str) -> str:
    """Undo a quoting that was laid over every line of a file; lines without quotes or delimiters were left bare."""
    lines = text.split("\n")
    return "\n".join(
        line[1:-1].replace('""', '"') if len(line) > 1 and line.startswith('"') and line.endswith('"') else line
        for line in (line.rstrip("\r") for line in lines)
    )
