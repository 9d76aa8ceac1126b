"""Files as the platforms write them: UTF-16 text, workbooks, archives."""

import io
import zipfile
from typing import Any

import openpyxl


def utf16(text: str) -> bytes:
    """Little-endian UTF-16 with its byte order mark."""
    return b"\xff\xfe" + text.encode("utf-16-le")


def workbook(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    """An xlsx of named sheets, each a list of rows."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        page = book.create_sheet(name)
        for row in rows:
            page.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def zipped(**members: str) -> bytes:
    """A ZIP of CSV files by their names without the ending."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return buffer.getvalue()
