"""Workbooks of the older kind (BIFF8 in an OLE container), as LinkedIn gives them: sheets of texts and numbers."""

import struct
from typing import Any

_SECTOR = 512
_END, _OF_THE_TABLE, _FREE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def xls(*sheets: tuple[str, list[list[Any]]]) -> bytes:
    """An xls of named sheets, each a list of rows; None is no cell. At most some sixty kilobytes."""
    stream = _workbook(sheets)
    # Streams of less than eight sectors would have to stand elsewhere in the container.
    return _container(stream.ljust(max(8, -(-len(stream) // _SECTOR)) * _SECTOR, b"\0"))


def _record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def _text(text: str, count: str) -> bytes:
    return struct.pack(f"<{count}B", len(text), 1) + text.encode("utf-16-le")


def _sheet(rows: list[list[Any]]) -> bytes:
    cells = [_record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))]
    cells.append(_record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows), default=0), 0)))
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            place = struct.pack("<HHH", number, column, 0)
            if isinstance(value, str):
                cells.append(_record(0x0204, place + _text(value, "H")))
            elif value is not None:
                cells.append(_record(0x0203, place + struct.pack("<d", value)))
    return b"".join([*cells, _record(0x000A, b"")])


def _workbook(sheets: tuple[tuple[str, list[list[Any]]], ...]) -> bytes:
    bodies = [_sheet(rows) for _name, rows in sheets]
    head = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)) + _record(
        0x0042, struct.pack("<H", 1200)
    )
    names = [_text(name, "B") for name, _rows in sheets]
    offset = len(head) + sum(4 + 6 + len(name) for name in names) + 4
    bounds = b""
    for name, body in zip(names, bodies, strict=True):
        bounds += _record(0x0085, struct.pack("<IH", offset, 0) + name)
        offset += len(body)
    return head + bounds + _record(0x000A, b"") + b"".join(bodies)


def _container(stream: bytes) -> bytes:
    """The first sector after the header says where the others go on, the second names the stream, the rest is the stream."""
    chain = [_OF_THE_TABLE, _END, *range(3, len(stream) // _SECTOR + 2), _END]
    table = struct.pack(f"<{_SECTOR // 4}I", *chain, *[_FREE] * (_SECTOR // 4 - len(chain)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<9I", 0, 1, 1, 0, 4096, _END, 0, _END, 0) + struct.pack("<109I", 0, *[_FREE] * 108)
    empty = _entry("", kind=0, child=_FREE, start=0, size=0)
    root = _entry("Root Entry", kind=5, child=1, start=_END, size=0)
    return (
        header + table + root + _entry("Workbook", kind=2, child=_FREE, start=2, size=len(stream)) + empty * 2 + stream
    )


def _entry(name: str, *, kind: int, child: int, start: int, size: int) -> bytes:
    raw = f"{name}\0".encode("utf-16-le") if name else b""
    place = struct.pack("<HBBIII", len(raw), kind, 1, _FREE, _FREE, child)
    return raw.ljust(64, b"\0") + place + bytes(36) + struct.pack("<IQ", start, size)
