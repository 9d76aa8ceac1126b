"""``hourglass backup`` and ``hourglass restore``: a home in one archive, and back.

What can't be made again from the inbox is in it: the log of what was published (``kpi.kpi_history``), configuration, links, who was erased.
The archive is made while no run is under way, so that the warehouse is whole. The key of the keyed hashes is left out unless asked for:
with it, hashed addresses can be tested against known ones.
"""

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from io import BytesIO
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

import duckdb

from assets.lock import COMMAND_LINE, LockHeldError, RunLock
from config.home import Home
from hourglass.terminal import UserError, console, size
from pipelines.load import working_folder
from pipelines.privacy import key_path, old_key_path

MANIFEST = "hourglass-backup.json"
COMPRESSION = 1
"""The warehouse is compressed already; more than the quickest level takes minutes and saves next to nothing."""


def backup(home: Home, archive: Path, *, with_inbox: bool, with_key: bool) -> int:
    """Write the home into an archive (``.tar.gz``), readable by its owner only.

    Raises:
        UserError: there is nothing to back up, a run is under way, the archive exists or can't be written.
    """
    if not home.warehouse.is_file():
        raise UserError(f"{home.root} has no warehouse yet: there is nothing to back up")
    if archive.exists():
        raise UserError(f"{archive} exists; name a new file, so that a backup never replaces one")
    if archive.resolve().is_relative_to(home.root):
        raise UserError(f"{archive} lies in the home that it would hold; name a place outside {home.root}")
    draft = archive.with_name(f"{archive.name}.tmp")
    try:
        with RunLock(home.lock).held(run_id="", started_by=f"{COMMAND_LINE}: backup"):
            written = _write(home, draft, with_inbox=with_inbox, with_key=with_key)
            draft.replace(archive)
    except LockHeldError as error:
        raise UserError(f"a run is under way: {error.by or 'holder unknown'}. Back up when it has ended.") from None
    except OSError as error:
        raise UserError(f"{archive} could not be written: {error.strerror or error}") from error
    finally:
        draft.unlink(missing_ok=True)
    left_out = [*([] if with_inbox else ["the inbox"]), *([] if with_key else ["the key"])]
    console().print(
        f"{archive}: {written} files of {home.root}, {size(archive.stat().st_size)}"
        + (f"; without {' and '.join(left_out)}" if left_out else "")
    )
    return 0


def restore(home: Home, archive: Path) -> int:
    """Unpack an archive into a home that does not exist yet or is empty, and look whether its databases open.

    Raises:
        UserError: the home holds something, or the archive is none, is damaged, or holds what no backup does.
    """
    if home.root.exists() and any(home.root.iterdir()):
        raise UserError(f"{home.root} is not empty; restore into a new folder (HOURGLASS_HOME=…) and look at it first")
    home.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        with tarfile.open(archive, "r:gz") as tar:
            told = tar.extractfile(tar.next() or MANIFEST)
            manifest = json.loads(told.read()) if told else {}
            if "hourglass" not in manifest:
                raise UserError(f"{archive} is no backup of Hourglass: it does not begin with {MANIFEST}")
            tar.extractall(home.root, members=_rest(tar), filter="data")
    except (tarfile.TarError, EOFError, KeyError, ValueError) as error:
        raise UserError(
            f"{archive} can't be read as a backup: {error}. {home.root} is incomplete; remove it."
        ) from error
    except OSError as error:
        raise UserError(
            f"restoring {archive} failed: {error.strerror or error}. {home.root} is incomplete; remove it."
        ) from error
    # dlt takes a folder of its own that is there for whole, and an archive of files has no empty folders; where there is none it makes one.
    shutil.rmtree(working_folder(home), ignore_errors=True)
    home.create()
    try:
        with duckdb.connect(str(home.warehouse), read_only=True) as connection:
            connection.execute("select count(*) from duckdb_tables()")
    except duckdb.Error as error:
        raise UserError(f"the warehouse in {archive} does not open: {error}") from error
    console().print(f"{home.root}: as it was at {manifest['made_at']} (Hourglass {manifest['hourglass']})")
    if not manifest["with_key"] and not os.environ.get("HOURGLASS_KEY"):
        console().print("The key is not in it: set HOURGLASS_KEY, or put the key file back, before the next run.")
    if not manifest["with_inbox"]:
        console().print(
            "The inbox is not in it: put its files back before the next run, which counts missing ones as gone."
        )
    return 0


def _write(home: Home, draft: Path, *, with_inbox: bool, with_key: bool) -> int:
    manifest = {
        "hourglass": version("hourglass"),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "with_inbox": with_inbox,
        "with_key": with_key,
    }
    written = 0
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with (
        os.fdopen(descriptor, "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=COMPRESSION) as tar,
        TemporaryDirectory() as folder,
    ):
        entry = tarfile.TarInfo(MANIFEST)
        content = json.dumps(manifest).encode()
        entry.size, entry.mode = len(content), 0o600
        tar.addfile(entry, BytesIO(content))
        for path in _files(home, with_inbox=with_inbox, with_key=with_key):
            name = path.relative_to(home.root).as_posix()
            if path.suffix == ".db":  # Dagster's services may be writing it
                path = _sqlite_copy(path, Path(folder) / "copy.db")
            tar.add(path, name, recursive=False)
            written += 1
    with draft.open("rb") as finished:
        os.fsync(finished.fileno())
    return written


def _files(home: Home, *, with_inbox: bool, with_key: bool) -> Iterator[Path]:
    """The files of a home that belong in a backup; scratch, locks and SQLite's own side files do not."""
    apart = {home.temporary, *([] if with_inbox else [home.inbox])}
    left_out = {home.lock, *([] if with_key else [key_path(home), old_key_path(home)])}
    for folder, names, files in os.walk(home.root):
        here = Path(folder)
        names[:] = sorted(name for name in names if here / name not in apart)
        for name in sorted(files):
            path = here / name
            if path not in left_out and path.is_file() and not name.endswith(("-wal", "-shm")):
                yield path


def _sqlite_copy(source: Path, copy: Path) -> Path:
    """A whole copy of a SQLite database, whoever writes it meanwhile."""
    copy.unlink(missing_ok=True)
    with sqlite3.connect(f"file:{source}?mode=ro", uri=True) as read, sqlite3.connect(copy) as write:
        read.backup(write)
    shutil.copymode(source, copy)
    return copy


def _rest(tar: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """The members after the manifest; plain files inside the home and nothing else."""
    for member in tar:
        path = PurePosixPath(member.name)
        if member.name == MANIFEST:
            continue
        if not member.isfile() or path.is_absolute() or ".." in path.parts:
            raise tarfile.TarError(f"it holds {member.name!r}, which no backup does")
        yield member
