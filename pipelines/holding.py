"""Which files of the inbox still hold a name: they are the user's, so they are told and never changed."""

import mmap
import zipfile
from collections.abc import Collection
from pathlib import Path

import duckdb
from config.home import Home

from pipelines.archive import Document, documents
from pipelines.inbox import Inbox
from pipelines.limits import LIMITS
from pipelines.names_in_text import Names
from pipelines.statement import compose, literal

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "cp1252")
_PARQUET = b"PAR1"
_ZIP = b"PK\x03\x04"


def files_holding(home: Home, names: Collection[str], scratch: Path) -> list[str]:
    """The paths under the inbox of the files, or members of archives, in which one of the names stands.

    Texts are searched byte by byte, also inside archives and workbooks; the texts of Parquet files are read. Files that can't be opened
    are left out.
    """
    if not names:
        return []
    wanted = Names(dict.fromkeys(names, ""))
    scratch.mkdir(parents=True, exist_ok=True)
    found = []
    for file in Inbox(home.inbox).walk():
        for document in documents(file, scratch):
            if document.fault is None and _holds(document, wanted):
                found.append(document.path)
    return found


def _holds(document: Document, names: Names) -> bool:
    if document.location.stat().st_size == 0:
        return False
    with document.location.open("rb") as stream:
        magic = stream.read(4)
        if magic == _PARQUET:
            return _parquet_holds(document.location, names)
        if magic == _ZIP:
            return _workbook_holds(document.location, names)
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return bool(names.in_bytes(content, _ENCODINGS))


def _workbook_holds(location: Path, names: Names) -> bool:
    with zipfile.ZipFile(location) as workbook:
        return any(
            names.in_bytes(workbook.read(member), _ENCODINGS)
            for member in workbook.infolist()
            if member.file_size <= LIMITS.workbook_bytes
        )


def _parquet_holds(location: Path, names: Names) -> bool:
    with duckdb.connect() as connection:
        try:
            query = "create view file.texts as select cast(columns(*) as varchar) from read_parquet({path})"
            connection.execute("create schema file")
            connection.execute(compose(query, path=literal(str(location))))
            described = connection.execute("describe file.texts").fetchall()
            return any(names.cells(connection, "file.texts", row[0]) for row in described)
        except duckdb.Error:
            return False
