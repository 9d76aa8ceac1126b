"""Hiding names in the files of a home: Dagster's databases and logs, reports, whatever else was written beside the warehouse.

Texts are changed in place, SQLite databases are changed and then packed with their freed pages overwritten. What the software did not
write itself is only ever looked at, and DuckDB files are left to :mod:`sql.rewrite`.
"""

import mmap
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from config.home import Home
from pipelines.names_in_text import FEW, Names

_SQLITE = b"SQLite format 3\0"
_DUCKDB = (".duckdb", ".duckdb.wal")
_BUSY_SECONDS = 60


@dataclass
class Scrubbed:
    """What was changed: cells by SQLite file, text files, files that were renamed, and files that could only be removed."""

    databases: dict[str, int] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)
    renamed: int = 0
    removed: list[str] = field(default_factory=list)

    @property
    def is_nothing(self) -> bool:
        """Whether no file held a name."""
        return not (self.databases or self.texts or self.renamed or self.removed)


def own_files(home: Home) -> Iterator[Path]:
    """Every file of the home that the software wrote, but the list of erased people, which holds no names.

    Receipts list files by their names, which may hold somebody who is erased later.
    """
    for folder in (
        home.published.parent,
        home.reports,
        home.quarantine,
        home.dagster,
        home.temporary,
        home.root / "dlt",
        home.erased / "receipts",
    ):
        yield from _files_below(folder)
    yield from sorted(path for path in home.root.glob(f"{home.warehouse.name}*") if path.is_file())


def users_files(home: Home) -> Iterator[Path]:
    """Every file of the home that somebody else put there, but those of the inbox: configuration above all."""
    own = {*own_files(home), home.root / "key", home.root / "key.old", home.lock}
    for path in _files_below(home.root):
        if path not in own and not path.is_relative_to(home.inbox) and not path.is_relative_to(home.erased):
            yield path


def _files_below(root: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(root):
        yield from (Path(folder) / name for name in sorted(names))


def scrub(home: Home, names: Names) -> Scrubbed:
    """Hide the names in every file of :func:`own_files` but DuckDB's, wherever in it they stand.

    Args:
        home: whose files; its run lock is held.
        names: what is looked for, and what is put in its place.

    Raises:
        sqlite3.OperationalError: a database stays locked by another process.
    """
    done = Scrubbed()
    for path in list(own_files(home)):
        if path.name.endswith(_DUCKDB) or path.name.endswith(("-wal", "-shm", "-journal")):
            continue
        named = str(path.relative_to(home.root))
        if _is_sqlite(path):
            found = {name for part in _parts(path) for name in names_in(part, names)}
            if found:
                done.databases[named] = _scrub_sqlite(path, {name: names.stand_ins[name] for name in found})
        elif found := names_in(path, names):
            if _scrub_text(path, {name: names.stand_ins[name] for name in found}):
                done.texts.append(named)
            else:
                path.unlink()
                done.removed.append(named)
        done.renamed += _rename(path, {name: names.stand_ins[name] for name in names.in_bytes(path.name.encode())})
    return done


def names_in(path: Path, names: Names) -> set[str]:
    """Which of the names stand in a file's bytes, in UTF-8 or UTF-16."""
    if not path.is_file() or path.stat().st_size == 0:
        return set()
    with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return names.in_bytes(content)


def _is_sqlite(path: Path) -> bool:
    try:
        with path.open("rb") as stream:
            return stream.read(len(_SQLITE)) == _SQLITE
    except OSError:
        return False


def _parts(path: Path) -> list[Path]:
    return [path, path.with_name(path.name + "-wal"), path.with_name(path.name + "-journal")]


def _scrub_sqlite(path: Path, stand_ins: Mapping[str, str]) -> int:
    """Replace the names in every cell; then overwrite what was freed. Returns how many cells were changed."""
    names = Names(stand_ins)
    one_by_one = sorted(stand_ins, key=len, reverse=True) if len(stand_ins) <= FEW else []
    changed = 0
    with closing(sqlite3.connect(path, timeout=_BUSY_SECONDS)) as connection:
        connection.execute("pragma secure_delete = on")
        connection.create_function("hourglass_hidden", 1, names.hide_anywhere, deterministic=True)
        tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
        for table in tables:
            for column in (_quoted(row[1]) for row in connection.execute(f"pragma table_info({_quoted(table)})")):
                # A text that Dagster keeps as bytes has the same bytes as a text.
                update, is_text = f"update {_quoted(table)} set {column} =", f"typeof({column}) = 'text'"
                for name in one_by_one:
                    cursor = connection.execute(
                        f"{update} replace({column}, ?, ?) where {is_text} and instr({column}, ?) > 0",
                        (name, stand_ins[name], name),
                    )
                    changed += cursor.rowcount
                if not one_by_one:
                    cursor = connection.execute(
                        f"{update} hourglass_hidden({column}) where {is_text} and hourglass_hidden({column}) <> {column}"
                    )
                    changed += cursor.rowcount
        connection.commit()
        connection.execute("vacuum")
        connection.execute("pragma wal_checkpoint(truncate)")
    return changed


def _scrub_text(path: Path, stand_ins: Mapping[str, str]) -> bool:
    """Replace the names in a text file, whole or not at all; False for a file that is no text."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    for name in sorted(stand_ins, key=len, reverse=True):
        content = content.replace(name.encode(), stand_ins[name].encode())
    if b"\0" in content:
        return False
    draft = path.with_name(path.name + ".scrubbed")
    draft.write_bytes(content)
    draft.chmod(path.stat().st_mode & 0o777)
    draft.replace(path)
    return True


def _rename(path: Path, stand_ins: Mapping[str, str]) -> int:
    name = path.name
    for held in sorted(stand_ins, key=len, reverse=True):
        name = name.replace(held, stand_ins[held])
    if name == path.name or not path.exists():
        return 0
    path.rename(path.with_name(name))
    return 1


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
