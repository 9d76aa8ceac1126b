"""The inbox being written: every file goes through here, so that what each one holds is known beside it.

Bytes are the same on every run: zip members carry a fixed time, sidecars and CSV are written by hand.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Final

_ZIP_TIME: Final = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class FileTruth:
    """What one file of the inbox holds.

    `path` is relative to the inbox (`archive.zip!member` inside an archive). `rows` are data records, header and preamble
    apart; of these `rows_totals` are total rows and `rows_broken` cannot be read. `status` is loaded, partly_loaded
    or quarantined; of two files with the same bytes (`same_bytes_as`) one, whichever is seen second, is a duplicate.
    """

    path: str
    table: str | None
    rows: int
    rows_totals: int = 0
    rows_broken: int = 0
    status: str = "loaded"
    same_bytes_as: str | None = None


@dataclass
class Inbox:
    """Writes files under `root` and remembers what is in them."""

    root: Path
    files: list[FileTruth] = field(default_factory=list)

    def note(self, truth: FileTruth) -> None:
        """Remember a file that something else has written."""
        self.files.append(truth)

    def write(self, path: str, content: bytes, table: str | None, rows: int, **more: int | str) -> None:
        """Write one file and remember what it holds; `more` are further fields of FileTruth."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        self.note(replace(FileTruth(path, table, rows), **more))  # type: ignore[arg-type]

    def write_zip(self, path: str, members: Sequence[tuple[str, bytes, str | None, int, int]]) -> None:
        """Write an archive; a member is name, content, raw table, rows, rows of totals."""
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content, table, rows, totals in members:
                info = zipfile.ZipInfo(name, _ZIP_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                archive.writestr(info, content)
                self.note(FileTruth(f"{path}!{name}", table, rows, totals))

    def sidecar(self, folder: str, **says: str | int | bool | datetime) -> None:
        """Write a folder's hourglass.yml: what its exports do not say themselves. Instants are UTC."""
        lines = [f"{key}: {_scalar(value)}\n" for key, value in says.items()]
        target = self.root / folder / "hourglass.yml"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text("".join(lines), encoding="utf-8", newline="\n")

    def copy(self, path: str, to: str) -> None:
        """Deliver the same bytes once more under another name."""
        (self.root / to).write_bytes((self.root / path).read_bytes())
        original = next(truth for truth in self.files if truth.path == path)
        self.note(replace(original, path=to, same_bytes_as=path))


def _scalar(value: str | int | bool | datetime) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return str(value) if isinstance(value, int) else f'"{value}"'


def csv_bytes(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    bom: bool = False,
    quote_all: bool = False,
    delimiter: str = ",",
    final_newline: bool = True,
) -> bytes:
    """Return a table as UTF-8 CSV with `\\n` line ends; None is an empty cell."""
    buffer = io.StringIO()
    writer = csv.writer(
        buffer,
        delimiter=delimiter,
        quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
        lineterminator="\n",
    )
    writer.writerow(header)
    writer.writerows(rows)
    text = buffer.getvalue()
    return ("\ufeff" if bom else "").encode() + (text if final_newline else text.removesuffix("\n")).encode()
