"""Workbooks (xlsx, BIFF xls) to blocks of text: every sheet, in order; which cells were stored as numbers is kept."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from pipelines.blocks import Block, Row, UnreadableFileError, blocks_of
from pipelines.limits import LIMITS, Limits

SIGNATURES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")


def read_workbook(location: Path, *, rows: int | None = None, limits: Limits = LIMITS) -> Iterator[Block]:
    """The blocks of all sheets; with ``rows`` only that many rows of each are read.

    Raises:
        UnreadableFileError: it is no workbook, it is protected, or it would need more memory than the limits allow.
    """
    import python_calamine

    _check_size(location, limits)
    try:
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
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise UnreadableFileError(f"the workbook can't be read: {error}") from None


def _check_size(location: Path, limits: Limits) -> None:
    """An xlsx is a ZIP: what it grows to is known before it is opened."""
    if not zipfile.is_zipfile(location):
        return
    with zipfile.ZipFile(location) as archive:
        size = sum(member.file_size for member in archive.infolist())
    if size > limits.workbook_bytes:
        raise UnreadableFileError(f"the workbook grows to {size // 2**20:,} MiB, too large for a report")


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
