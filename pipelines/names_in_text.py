"""Many names looked for at once in bytes and texts, and hidden in texts.

In bytes a name counts wherever it stands, since cells of a database file follow each other without anything between. In a text it counts as
a word only: ``cust-12`` is not in ``cust-123``, which is somebody else.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cached_property
from mmap import mmap
from typing import Any
from urllib.parse import quote

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.statement import compose, identifier, join, literal

FEW = 40
"""Up to so many names are looked for one after the other; of more, all in one pass."""
FEW_NEEDLES = 20
"""In bytes one pass for all of them costs what so many searches of one do."""
_CHUNK = 1 << 22
_TABLE_BITS = 18
_NUMBER_BYTES = 8
_NUMBER = np.dtype("<u8")
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def forms(text: str) -> list[str]:
    """A text as it stands, as JSON writes it, and as an address of a page writes it."""
    written = [
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        quote(text, safe=""),
        quote(text, safe="@"),
    ]
    return list(dict.fromkeys(written))


class Needles:
    """Byte strings of at least two bytes each, found in one pass however many they are.

    Of each the rarest piece of up to eight bytes is kept as a number; a table of bits, small enough for the processor's own memory, says
    for each place of the content whether one of the numbers may begin there, and only those places are looked at.
    """

    def __init__(self, needles: Iterable[bytes]) -> None:
        self.needles = sorted(set(needles))
        self.width = min(_NUMBER_BYTES, min((len(needle) for needle in self.needles), default=_NUMBER_BYTES))
        pieces = Counter(piece for needle in self.needles for piece in set(self._pieces(needle)))
        self._by_piece: dict[bytes, list[tuple[int, bytes]]] = {}
        for needle in self.needles:
            place, piece = min(enumerate(self._pieces(needle)), key=lambda found: (pieces[found[1]], found[0]))
            self._by_piece.setdefault(piece, []).append((place, needle))
        self._numbers = np.array(sorted(int.from_bytes(piece, "little") for piece in self._by_piece), dtype=_NUMBER)
        self._table = np.zeros(1 << _TABLE_BITS, dtype=np.bool_)
        self._table[_hashed(self._numbers)] = True

    def _pieces(self, needle: bytes) -> list[bytes]:
        return [needle[place : place + self.width] for place in range(len(needle) - self.width + 1)]

    def places(self, content: "bytes | mmap | memoryview") -> Iterable[tuple[int, bytes]]:
        """Where which of them begins."""
        if not self.needles or len(content) < self.width:
            return
        view = np.frombuffer(content, dtype=np.uint8)
        for start in range(0, len(view) - self.width + 1, _CHUNK):
            chunk = view[start : start + _CHUNK + self.width - 1]
            for place in self._of_pieces(chunk):
                piece = chunk[place : place + self.width].tobytes()
                for offset, needle in self._by_piece[piece]:
                    begin = start + int(place) - offset
                    if begin >= 0 and view[begin : begin + len(needle)].tobytes() == needle:
                        yield begin, needle

    def _of_pieces(self, chunk: "np.ndarray[tuple[int], np.dtype[np.uint8]]") -> "np.ndarray[Any, np.dtype[np.intp]]":
        """The places at which one of the pieces begins, in order."""
        count = -(-len(chunk) // _NUMBER_BYTES)
        padded = np.zeros((count + 1) * _NUMBER_BYTES, dtype=np.uint8)
        padded[: len(chunk)] = chunk
        mask = np.uint64((1 << 8 * self.width) - 1)
        found = []
        for offset in range(_NUMBER_BYTES):
            # Every eighth place at once: the bytes from there on, read as numbers.
            numbers = np.frombuffer(padded, dtype=_NUMBER, count=count, offset=offset) & mask
            places = np.flatnonzero(self._table[_hashed(numbers)])
            nearest = np.minimum(np.searchsorted(self._numbers, numbers[places]), len(self._numbers) - 1)
            found.append(places[self._numbers[nearest] == numbers[places]] * _NUMBER_BYTES + offset)
        places = np.sort(np.concatenate(found))
        return places[places <= len(chunk) - self.width]


def _hashed(numbers: "np.ndarray[Any, np.dtype[np.uint64]]") -> "np.ndarray[Any, np.dtype[np.uint64]]":
    return (numbers * _MULTIPLIER) >> np.uint64(64 - _TABLE_BITS)


class Names:
    """Names, each with what is put in its place (the same text for the forms of one name)."""

    def __init__(self, stand_ins: Mapping[str, str]) -> None:
        self.stand_ins = dict(stand_ins)
        self._of_encodings: dict[tuple[str, ...], Needles] = {}
        self.longest_first = sorted(self.stand_ins, key=lambda name: (-len(name), name))

    def __bool__(self) -> bool:
        return bool(self.stand_ins)

    @cached_property
    def _written(self) -> dict[str, dict[bytes, str]]:
        """By encoding the bytes of each name that can be written in it."""
        found: dict[str, dict[bytes, str]] = {}
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp1252"):
            for name in self.stand_ins:
                written = name.encode(encoding, errors="replace")
                if written.decode(encoding) == name:
                    found.setdefault(encoding, {})[written] = name
        return found

    def _needles(self, *encodings: str) -> Needles:
        if encodings not in self._of_encodings:
            self._of_encodings[encodings] = Needles(
                needle for encoding in encodings for needle in self._written.get(encoding, {})
            )
        return self._of_encodings[encodings]

    def in_bytes(
        self, content: "bytes | mmap", encodings: tuple[str, ...] = ("utf-8", "utf-16-le", "utf-16-be")
    ) -> set[str]:
        """Which of the names stand in some bytes, anywhere."""
        written = [self._written.get(encoding, {}) for encoding in encodings]
        if sum(len(names) for names in written) <= FEW_NEEDLES:
            return {name for names in written for needle, name in names.items() if content.find(needle) >= 0}
        there = {needle for _, needle in self._needles(*encodings).places(content)}
        return {names[needle] for names in written for needle in there & names.keys()}

    def cells(self, connection: duckdb.DuckDBPyConnection, table: str, column: str) -> list[str]:
        """The different texts of a column, of a table ``schema.table``, in which one of the names stands, as a word or within one."""
        if not self.stand_ins:
            return []
        of = {"t": identifier(*table.split(".")), "c": identifier(column)}
        if len(self.stand_ins) <= FEW:
            holds = join(" or ", [compose("contains({c}, {v})", c=of["c"], v=literal(name)) for name in self.stand_ins])
            query = compose("select distinct {c} from {t} where {holds} order by 1", holds=holds, **of)
            return [row[0] for row in connection.execute(query).fetchall()]
        query = compose("select distinct {c} as cell from {t} where {c} is not null", **of)
        return sorted(self._of(connection.execute(query).to_arrow_table()["cell"]))

    def _of(self, texts: pa.ChunkedArray) -> set[str]:
        found: set[str] = set()
        for chunk in texts.chunks:
            whole = pc.cast(chunk, pa.large_string())
            _, offsets, content = whole.buffers()
            if content is None:
                continue
            begins = np.frombuffer(offsets, dtype=np.int64)[whole.offset : whole.offset + len(whole) + 1]
            for place, needle in self._needles("utf-8").places(memoryview(content)):
                row = int(np.searchsorted(begins, place, side="right")) - 1
                if 0 <= row < len(whole) and place + len(needle) <= begins[row + 1]:
                    found.add(whole[row].as_py())
        return found

    def hide(self, text: str) -> str:
        """The text with stand-ins for the names that are words in it, the longest first."""
        for name in self._standing_in(text):
            stand_in = self.stand_ins[name].replace("\\", r"\\")
            text = re.sub(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", stand_in, text)
        return text

    def hide_anywhere(self, text: str) -> str:
        """The same for names that stand within longer words too: for texts that nothing is joined by."""
        for name in self._standing_in(text):
            text = text.replace(name, self.stand_ins[name])
        return text

    def _standing_in(self, text: str) -> list[str]:
        if len(self.stand_ins) <= FEW:
            return [name for name in self.longest_first if name in text]
        return sorted(self.in_bytes(text.encode(), ("utf-8",)), key=lambda name: (-len(name), name))


def hide_texts(connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str], names: Names) -> int:
    """Put stand-ins in the place of names in the text columns of a table; returns how many cells were changed."""
    changed = 0
    for column in columns:
        hidden = {cell: told for cell in names.cells(connection, table, column) if (told := names.hide(cell)) != cell}
        if not hidden:
            continue
        connection.register(
            "cells_to_hide_in", pa.table({"hourglass_cell": list(hidden), "hourglass_told": list(hidden.values())})
        )
        try:
            update = "update {t} set {c} = hourglass_told from cells_to_hide_in where {t}.{c} = hourglass_cell"
            row = connection.execute(compose(update, t=identifier(*table.split(".")), c=identifier(column))).fetchone()
            changed += int(row[0]) if row else 0
        finally:
            connection.unregister("cells_to_hide_in")
    return changed
