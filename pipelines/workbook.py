"""Workbooks (xlsx, BIFF xls) to blocks of text: every sheet, in order; which cells were stored as numbers is kept."""

import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO, Any

from pipelines.blocks import Block, Row, UnreadableFileError, blocks_of
from pipelines.limits import LIMITS, Limits

_CHUNK = 1024 * 1024
_LONGEST_TAG = 64 * 1024
_PLACED = re.compile(rb"<(?:\w+:)?(c|row)(\s[^<>]*)?>")
_PLACE = re.compile(rb"\sr\s*=\s*[\"']\$?([A-Za-z]{0,8})\$?(\d{1,18})")
SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def read_workbook(location: Path, *, rows: int | None = None, limits: Limits = LIMITS) -> Iterator[Block]:
    """The blocks of all sheets; with ``rows`` only that many rows of each are read.

    Raises:
        UnreadableFileError: it is no workbook, it is protected, or it would need more memory than the limits allow.
    """
    import python_calamine

    try:
        _check_size(location, limits)
        workbook = python_calamine.CalamineWorkbook.from_path(str(location))
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            last_row, last_column = sheet.end or (-1, -1)
            if (last_row + 1) * (last_column + 1) > limits.sheet_cells:
                raise UnreadableFileError(
                    f"sheet {name!r} spans {last_row + 1:,} rows by {last_column + 1:,} columns, too large for a report"
                )
            numeric: set[tuple[int, int]] = set()
            texts = []
            for number, values in enumerate(sheet.to_python(skip_empty_area=False, nrows=rows), start=1):
                texts.append(Row(number, [_cell(value) for value in values]))
                numeric.update(
                    (number, column)
                    for column, value in enumerate(values)
                    if isinstance(value, int | float) and not isinstance(value, bool)
                )
            yield from blocks_of(texts, name, numeric)
    except (python_calamine.CalamineError, OSError, ValueError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise UnreadableFileError(f"the workbook can't be read: {error}") from None


def _check_size(location: Path, limits: Limits) -> None:
    """An xlsx is a ZIP: what it grows to, and how far apart its cells lie, is found out before it is opened.

    Calamine lays a sheet out as the rectangle around its cells, so one cell in the last corner would ask for half a terabyte, and that
    ends the process. Reading every member also compares its checksum: none is larger than it says.
    """
    if not zipfile.is_zipfile(location):
        return
    with zipfile.ZipFile(location) as archive:
        names = set(archive.namelist())
        if "xl/workbook.xml" not in names or names & {"content.xml", "xl/workbook.bin"}:
            raise UnreadableFileError("an office document, but no xlsx workbook; save it as xlsx or csv")
        size = sum(member.file_size for member in archive.infolist())
        if size > limits.workbook_bytes:
            raise UnreadableFileError(f"the workbook grows to {size // 2**20:,} MiB, too large for a report")
        for member in archive.infolist():
            with archive.open(member) as stream:
                rows, columns = _extent(stream)
            if rows * columns > limits.sheet_cells:
                raise UnreadableFileError(
                    f"a sheet spans {rows:,} rows by {columns:,} columns ({member.filename}), too large for a report"
                )


def _extent(stream: IO[bytes]) -> tuple[int, int]:
    """The farthest row and column that the cells of a sheet's XML name; (0, 0) for other content.

    Cells that name no place follow one another, so their number in a row is the least that the row is wide.
    """
    rows = columns = width = count = 0
    rest = b""
    while chunk := stream.read(_CHUNK):
        text = rest + chunk
        end = text.rfind(b">") + 1
        rest = text[end:] if len(text) - end < _LONGEST_TAG else b""
        for tag in _PLACED.finditer(text, 0, end):
            place = _PLACE.search(tag[2] or b"")
            if tag[1] == b"row":
                count, width = count + 1, 0
                rows = max(rows, count, int(place[2]) if place else 0)
                continue
            width += 1
            columns = max(columns, width)
            if place and place[1]:
                rows, columns = max(rows, int(place[2])), max(columns, _column(place[1]))
    return rows, columns


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _cell(value: Any) -> str:
    """A cell as text that the value readers take without guessing: a dot for decimals, ISO dates."""
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
