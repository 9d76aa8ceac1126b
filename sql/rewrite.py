"""A DuckDB file written anew: freed blocks keep the bytes of what was deleted until they are used again."""

import os
from pathlib import Path

import duckdb

from sql.publish import STORAGE_VERSION
from sql.quoting import quoted_text


def rewrite(path: Path, scratch: Path, *, memory_limit: str = "", threads: int = 0) -> int:
    """Copy a database, tables, views, keys and comments, into a new file and put that in its place; returns its bytes.

    Args:
        path: the file; no other process may have it open for writing. Readers keep the old one.
        scratch: a folder on the same disk with room for the new file.

    Raises:
        duckdb.Error, OSError: the file can't be read, or the disk is full; the old file is as it was.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    building = scratch / f"{path.stem}.rewritten.duckdb"
    write_ahead_log = path.with_name(path.name + ".wal")
    building.unlink(missing_ok=True)
    mode = path.stat().st_mode & 0o777
    try:
        with duckdb.connect() as connection:
            connection.execute(f"set temp_directory = {quoted_text(scratch)}")
            connection.execute("set preserve_insertion_order = false")
            if memory_limit:
                connection.execute(f"set memory_limit = {quoted_text(memory_limit)}")
            if threads:
                connection.execute(f"set threads = {threads}")
            # Opened for writing, so that a write-ahead log that a killed run left becomes part of it.
            connection.execute(f"attach {quoted_text(path)} as old")
            connection.execute(f"attach {quoted_text(building)} as fresh (storage_version '{STORAGE_VERSION}')")
            connection.execute("copy from database old to fresh")
            connection.execute("checkpoint fresh")
            connection.execute("detach fresh")
            connection.execute("detach old")
        building.chmod(mode)
        with building.open("rb") as file:
            os.fsync(file.fileno())
        write_ahead_log.unlink(missing_ok=True)
        building.replace(path)
    finally:
        building.unlink(missing_ok=True)
        building.with_name(building.name + ".wal").unlink(missing_ok=True)
    return path.stat().st_size
