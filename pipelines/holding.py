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
from pipelines.statement import compose, identifier, join, literal

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
    patterns = {written for name in names for written in _written(name)}
    scratch.mkdir(parents=True, exist_ok=True)
    found = []
    for file in Inbox(home.inbox).walk():
        for document in documents(file, scratch):
            if document.fault is None and _holds(document, names, patterns):
                found.append(document.path)
    return found


def _written(name: str) -> set[bytes]:
    written = set()
    for encoding in _ENCODINGS:
        try:
            written.add(name.encode(encoding))
        except UnicodeEncodeError:
            continue
    return written


def _holds(document: Document, names: Collection[str], patterns: set[bytes]) -> bool:
    if document.location.stat().st_size == 0:
        return False
    with document.location.open("rb") as stream:
        magic = stream.read(4)
        if magic == _PARQUET:
            return _parquet_holds(document.location, names)
        if magic == _ZIP:
            return _workbook_holds(document.location, patterns)
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(pattern) >= 0 for pattern in patterns)


def _workbook_holds(location: Path, patterns: set[bytes]) -> bool:
    with zipfile.ZipFile(location) as workbook:
        for member in workbook.infolist():
            if member.file_size <= LIMITS.workbook_bytes:
                content = workbook.read(member)
                if any(pattern in content for pattern in patterns):
                    return True
    return False


def _parquet_holds(location: Path, names: Collection[str]) -> bool:
    relation = compose("read_parquet({path})", path=literal(str(location)))
    with duckdb.connect() as connection:
        try:
            described = connection.execute(compose("describe select * from {r}", r=relation)).fetchall()
            columns = [row[0] for row in described]
            tests = [
                compose("contains(cast({c} as varchar), {name})", c=identifier(column), name=literal(name))
                for column in columns
                for name in names
            ]
            query = compose("select 1 from {r} where {tests} limit 1", r=relation, tests=join(" or ", tests))
            return connection.execute(query).fetchone() is not None
        except duckdb.Error:
            return False
