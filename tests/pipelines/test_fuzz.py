"""Exports that were damaged at random: no run crashes, and no number is loaded that the damaged cell does not say.

The files are made up from every definition, then bytes are flipped, lines cut, columns shuffled, headers repeated, encodings swapped or
laid over one another, cells written as another country writes them. What is loaded is held against an oracle that shares no code with
the readers: it knows how the file was written and reads each cell by that alone.
``HOURGLASS_FUZZ=20000 python -m pytest tests/pipelines/test_fuzz.py`` tries that many files, with ``HOURGLASS_FUZZ_FROM=20000`` the next
ones; a failure names its seed.
"""

import csv
import io
import json
import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
from benchmarks.made_up import Export, Style, make
from config.home import Home
from config.settings import Settings
from pipelines import privacy
from pipelines.archive import documents
from pipelines.formats_model import ColumnSpec, Formats, load_formats
from pipelines.inbox import Inbox
from pipelines.ingest import work_connection
from pipelines.reading import DocumentReader, Payload
from pipelines.registry import FileResult

FILES = int(os.environ.get("HOURGLASS_FUZZ", "250"))
FIRST = int(os.environ.get("HOURGLASS_FUZZ_FROM", "0"))
PARTS = 5
NUMERIC = ("count", "money", "amount", "value", "rate", "share", "seconds")
DIGITS = {"count": 0, "money": 4, "amount": 4, "value": 6, "rate": 8, "share": 6, "seconds": 3}
LANGUAGES = ("en", "nb", "sv", "da", "de")


@dataclass
class Damaged:
    """A file after its accident. ``meant`` says what a rewritten cell meant: (header, text) -> the number."""

    export: Export
    content: bytes
    encoding: str
    meant: dict[tuple[str, str], Decimal] = field(default_factory=dict)


def flip_bytes(export: Export, draw: random.Random) -> Damaged:
    content = bytearray(export.content())
    for _ in range(draw.randrange(1, 4)):
        content[draw.randrange(len(content))] = draw.choice([draw.randrange(256), *b'",;0123456789.\n\r\t '])
    return Damaged(export, bytes(content), export.style.encoding)


def cut_line(export: Export, draw: random.Random) -> Damaged:
    lines = export.text().split("\n")
    index = draw.randrange(len(export.titles) + 1, len(lines) - 1)
    lines[index] = lines[index][: draw.randrange(len(lines[index]))]
    return Damaged(export, "\n".join(lines).encode(export.style.encoding), export.style.encoding)


def cut_file(export: Export, draw: random.Random) -> Damaged:
    content = export.content()
    return Damaged(export, content[: draw.randrange(len(content))], export.style.encoding)


def shuffle_columns(export: Export, draw: random.Random) -> Damaged:
    order = draw.sample(range(len(export.header)), len(export.header))
    export.header = [export.header[position] for position in order]
    export.columns = [export.columns[position] for position in order]
    export.rows = [[row[position] for position in order] for row in export.rows]
    return Damaged(export, export.content(), export.style.encoding)


def shift_cells(export: Export, draw: random.Random) -> Damaged:
    row = draw.choice(export.rows)
    one, other = draw.randrange(len(row)), draw.randrange(len(row))
    row[one], row[other] = row[other], row[one]
    return Damaged(export, export.content(), export.style.encoding)


def swap_encoding(export: Export, draw: random.Random) -> Damaged:
    encoding = draw.choice(["utf-16", "utf-8-sig", "cp1252", "utf-16-le", "utf-16-be"])
    return Damaged(export, export.text().encode(encoding, errors="replace"), encoding)


def encode_twice(export: Export, draw: random.Random) -> Damaged:
    letters = "".join(bytes([byte]).decode("cp1252", errors="ignore") or chr(byte) for byte in export.text().encode())
    return Damaged(export, letters.encode(), "utf-8")


def repeat_header(export: Export, draw: random.Random) -> Damaged:
    export.rows.insert(draw.randrange(1, len(export.rows)), list(export.header))
    return Damaged(export, export.content(), export.style.encoding)


def write_as_another_country(export: Export, draw: random.Random) -> Damaged:
    mark, other = export.style.mark, "," if export.style.mark == "." else "."
    meant = {}
    numbers = [p for p, name in enumerate(export.columns) if export.format.specs[name].type in NUMERIC]
    for row in draw.sample(export.rows, draw.randrange(1, 4)):
        if not numbers:
            break
        position = draw.choice(numbers)
        if not re.fullmatch(r"\d+(?:[.,]\d+)?%?", row[position]):
            continue
        value = Decimal(row[position].rstrip("%").replace(",", "."))
        whole, _, fraction = row[position].rstrip("%").partition(mark)
        grouped = f"{int(whole):,}".replace(",", mark) + (other + fraction if fraction else "")
        row[position] = grouped + "%" * row[position].endswith("%")
        meant[export.header[position], row[position]] = value
    return Damaged(export, export.content(), export.style.encoding, meant)


def save_in_a_spreadsheet(export: Export, draw: random.Random) -> Damaged:
    months = ["jan", "feb", "mar", "apr", "мар", "апр", "Mar", "Apr"]
    numbers = [p for p, name in enumerate(export.columns) if export.format.specs[name].type in NUMERIC]
    for row in draw.sample(export.rows, draw.randrange(1, 4)):
        if not numbers:
            break
        day, month = draw.randrange(1, 13), draw.choice(months)
        dates = [
            f"{day}.{month}",
            f"{day:02d}.{month}",
            f"{day}-{month}",
            f"{month}.{day:02d}",
            f"{day:02d}.03.2026",
            "1.23E+11",
        ]
        row[draw.choice(numbers)] = draw.choice(dates)
    style = Style(export.style.language, export.style.mark, ";", draw.choice(["cp1252", "utf-8", "cp1251"]))
    export.style = style
    return Damaged(export, export.content(), style.encoding)


ACCIDENTS: list[Callable[[Export, random.Random], Damaged]] = [
    flip_bytes,
    flip_bytes,
    cut_line,
    cut_file,
    shuffle_columns,
    shift_cells,
    swap_encoding,
    encode_twice,
    repeat_header,
    write_as_another_country,
    write_as_another_country,
    save_in_a_spreadsheet,
]


def said(text: str, mark: str) -> Decimal | None:
    """The number that a cell says where that decimal mark is the country's; None where it says none."""
    bare = re.sub(r"[\s\u00a0\u202f]|^(?:NOK|kr)|(?:NOK|kr)$|%$", "", text.strip())
    group = "." if mark == "," else ","
    plain = re.fullmatch(rf"([+-]?)(\d+|\d{{1,3}}(?:\{group}\d{{3}})+)?(?:\{mark}(\d+))?", bare)
    if not plain or not (plain[2] or plain[3]):
        return None
    return Decimal(f"{plain[1]}{(plain[2] or '0').replace(group, '')}.{plain[3] or 0}")


def expected(text: str, spec: ColumnSpec, damaged: Damaged, header: str) -> Decimal | None:
    value = damaged.meant.get((header, text))
    if value is None and ":" in text:
        parts = [Decimal(part.replace(",", ".")) for part in text.strip().split(":")]
        value = sum((part * 60**power for power, part in enumerate(reversed(parts))), Decimal(0))
    if value is None:
        # A cell that is no number in the file's own country may prove by itself to be one in another, as `31.20` does.
        mark = damaged.export.style.mark
        value = said(text, mark) or said(text, "," if mark == "." else ".")
    if value is None:
        return None
    if spec.type == "share" and (spec.unit == "percent" or "%" in text):
        value /= 100
    value *= {"hours": Decimal(3600), "milliseconds": Decimal("0.001")}.get(spec.unit or "", 1)
    return value.quantize(Decimal(1).scaleb(-DIGITS[spec.type]), ROUND_HALF_UP)


def lines_of(damaged: Damaged) -> set[tuple[str, ...]]:
    """The records of the damaged file as two independent readings see them: as a whole, and line by line; their ASCII cells."""
    text = damaged.content.decode(damaged.encoding, errors="replace").replace("\0", "").removeprefix("\ufeff")
    found: set[tuple[str, ...]] = set()
    for delimiter in ",;\t|":
        for rows in (csv.reader(io.StringIO(text, newline=""), delimiter=delimiter), _by_line(text, delimiter)):
            found |= {ascii_cells(row) for row in rows}
    return found


def _by_line(text: str, delimiter: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        yield from csv.reader([line], delimiter=delimiter)


def ascii_cells(cells: Any) -> tuple[str, ...]:
    # A flipped byte may make an e-mail address of a web address, and that is masked.
    return tuple(cell for cell in cells if cell.strip() and cell.isascii() and "@" not in cell and "email-" not in cell)


def hold_against_the_oracle(damaged: Damaged, payload: Payload, formats: Formats, result: FileResult) -> int:
    """Check every loaded number. Returns how many there were."""
    forms = {form.id: form for form in formats.all}
    records = lines_of(damaged)
    checked = 0
    for tables in payload.arrow.values():
        for row in (row for table in tables for row in table.to_pylist()):
            original = json.loads(row["original"])
            assert ascii_cells(original.values()) in records, original
            form = forms[(result.format or "").split("+")[0]]
            names = (
                {f"measure:{row['measure']}": "value"} if "measure" in row else {name: name for name in form.columns}
            )
            for name, column in names.items():
                spec = form.specs.get(name)
                header = next(
                    (h for h, n in zip(damaged.export.header, damaged.export.columns, strict=True) if n == name), None
                )
                if (
                    spec is None
                    or spec.less
                    or spec.type not in NUMERIC
                    or header not in original
                    or row.get(column) is None
                ):
                    continue
                if damaged.export.columns.count(name) == 1 and list(original).count(header) == 1:
                    assert Decimal(row[column]) == expected(original[header], spec, damaged, header), (name, original)
                    checked += 1
    return checked


@pytest.fixture(scope="module")
def formats() -> Formats:
    return load_formats()


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_exports_are_read_right_or_not_at_all(tmp_path: Path, formats: Formats, part: int) -> None:
    home = Home(tmp_path / "home").create()
    key = privacy.load_key(home)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    known = [form for form in formats.all if make(form)]
    assert len(known) > 30
    folder = home.inbox / "fuzz"
    folder.mkdir()
    checked = loaded = 0
    with work_connection(Settings(), tmp_path, key) as work:
        reader = DocumentReader(work, formats, privacy.masker(key), scratch, 1, {})
        for seed in range(FIRST + part, FIRST + FILES, PARTS):
            draw = random.Random(seed)
            form, language = draw.choice(known), draw.choice(LANGUAGES)
            export = make(form, language=language, rows=draw.randrange(3, 12), seed=seed)
            assert export is not None
            damaged = draw.choice(ACCIDENTS)(export, draw)
            (folder / "hourglass.yml").write_text(export.sidecar)
            path = folder / f"{form.kind}_2026-01-20_2026-01-31.csv"
            path.write_bytes(damaged.content)
            (document,) = documents(next(iter(Inbox(home.inbox).walk())), scratch)
            result, payload = reader.read(document)
            path.unlink()
            where = f"seed {seed}: {form.id} in {language}, {result.status} as {result.format}: {result.reason}"
            assert result.rows_read == result.rows_loaded + result.rows_totals + result.rows_quarantined, where
            assert "reading it failed" not in (result.reason or ""), where
            try:
                checked += hold_against_the_oracle(damaged, payload, formats, result)
            except AssertionError as error:
                raise AssertionError(f"{where}: {error}") from error
            loaded += result.status in ("loaded", "partly_loaded")
    # Not all is refused: what was not touched is read.
    assert loaded > FILES / PARTS * 0.4
    assert checked > 5 * loaded
