"""Files that wait, as people see them: one text file each under ``<home>/quarantine``, gone when the file is solved."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
from config.home import Home
from config.showing import inert

_HEADER = "This report is made by every run and disappears when the file loads. The file itself stays in the inbox.\n\n"
_SHOWN_RECORDS = 20
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Waiting:
    """A file in quarantine. ``question`` says what to write in which hourglass.yml; ``nearest`` what it resembles."""

    file_path: str
    status: str
    reason: str
    question: str | None
    nearest: str | None
    rows_read: int
    rows_quarantined: int
    notes: str | None


def waiting(connection: duckdb.DuckDBPyConnection) -> list[Waiting]:
    """Every file of which something waits, by path."""
    rows = connection.execute(
        "select file_path, status, coalesce(reason, ''), question, nearest, rows_read, rows_quarantined, notes from raw.files"
        " where status in ('quarantined', 'partly_loaded') order by file_path, file_id"
    ).fetchall()
    return [Waiting(*row) for row in rows]


def write_reports(home: Home, connection: duckdb.DuckDBPyConnection, sidecar_faults: dict[str, str]) -> None:
    """Bring the folder in line with the registry: a report for every waiting file and faulty sidecar, and no other."""
    wanted = {_name(path): text + "\n" for path, text in sidecar_faults.items()}
    records = _first_records(connection)
    for file in waiting(connection):
        wanted[_name(file.file_path)] = _report(file, records.get(file.file_path, []))
    home.quarantine.mkdir(parents=True, exist_ok=True)
    for path in home.quarantine.glob("*.txt"):
        if path.name not in wanted:
            path.unlink()
    for name, told in wanted.items():
        path, text = home.quarantine / name, inert(told)
        if not path.exists() or path.read_text(encoding="utf-8") != _HEADER + text:
            path.write_text(_HEADER + text, encoding="utf-8")


_Record = tuple[int, str, str]
"""A record that waits: its line, why, and its text."""


def _first_records(connection: duckdb.DuckDBPyConnection) -> dict[str, list[_Record]]:
    """The first records that wait of each file, in one query for all files."""
    rows = connection.execute(
        "select file_path, line_number, reason, raw_text from raw.quarantine where line_number is not null"
        " qualify row_number() over (partition by file_path order by line_number) <= ? order by file_path, line_number",
        [_SHOWN_RECORDS],
    ).fetchall()
    found: dict[str, list[_Record]] = {}
    for path, *record in rows:
        found.setdefault(path, []).append((record[0], record[1], record[2]))
    return found


def _report(file: Waiting, records: Sequence[_Record]) -> str:
    lines = [f"File:     {file.file_path}", f"Status:   {file.status}", f"Reason:   {file.reason}"]
    if file.question:
        lines.append(f"To do:    {file.question}")
    if file.nearest:
        lines.append(f"Nearest:  {file.nearest}")
    lines.append(f"Records:  {file.rows_quarantined} of {file.rows_read} wait")
    if file.notes:
        lines.append(f"Notes:    {file.notes}")
    if records:
        lines.append("")
        lines.extend(f"line {line}: {reason}\n    {text}" for line, reason, text in records)
    return "\n".join(lines) + "\n"


def _name(path: str) -> str:
    """A file name for a path; unique, since the separators become characters that a path's parts rarely have.

    A file system takes 255 bytes; of a longer name the end stands, under a digest of the whole.
    """
    name = path.replace("/", " › ").replace("!", " » ").replace("\0", "")
    encoded = name.encode()
    if len(encoded) > _LONGEST_NAME:
        name = f"{hashlib.sha256(encoded).hexdigest()[:12]} … {encoded[-_LONGEST_NAME:].decode(errors='ignore')}"
    return name + ".txt"


def reports(home: Home) -> list[Path]:
    """The reports that stand in the folder."""
    return sorted(home.quarantine.glob("*.txt"))
