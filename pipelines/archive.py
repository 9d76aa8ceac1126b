"""Bytes out of ``.zip`` and ``.gz``, guarded against traversal, nesting and bombs."""

import gzip
import hashlib
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from config.showing import shown

from pipelines.inbox import InboxFile, sha256
from pipelines.limits import LIMITS, Limits

_CHUNK = 1024 * 1024
_ARCHIVES = (".zip", ".gz", ".tar", ".tgz", ".7z", ".rar", ".bz2", ".xz", ".zst")


class ArchiveError(Exception):
    """An archive that is not opened; the text says why."""


@dataclass(frozen=True)
class Document:
    """A file's content, ready to be read: on disk at ``location``, which is a scratch copy when it came out of an archive.

    ``path`` is the path under the inbox, for a member of an archive ``archive.zip!member``. ``fault`` is set when the
    content can't be had; ``location`` is then the archive's.
    """

    file: InboxFile
    path: str
    location: Path
    file_id: str
    bytes: int
    fault: str | None = None

    @property
    def member(self) -> str:
        """The path inside the archive; empty for a file of its own."""
        return self.path[len(self.file.path) + 1 :]

    @property
    def name(self) -> str:
        """The last part of the path, without ``.gz``."""
        return PurePosixPath(self.member or self.path).name.removesuffix(".gz")


def documents(
    file: InboxFile, scratch: Path, *, file_id: str | None = None, limits: Limits = LIMITS
) -> Iterator[Document]:
    """What is in a file: itself, or the members of the archive that it is.

    ``file_id`` is the digest of the file's own bytes when that is known already. Members are written to ``scratch`` and
    belong to the caller until the next one is asked for.
    """
    own = file_id or sha256(file.location)
    with file.location.open("rb") as stream:
        magic = stream.read(4)
    try:
        if magic[:2] == b"\x1f\x8b":
            yield _gunzip(file, scratch, limits)
        elif magic == b"PK\x03\x04" and not _is_workbook(file.location):
            yield from _unzip(file, scratch, limits)
        else:
            yield Document(file, file.path, _speakable(file.location, scratch), own, file.bytes)
    except (
        ArchiveError,
        OSError,
        EOFError,
        zlib.error,
        struct.error,
        zipfile.BadZipFile,
        RuntimeError,
        NotImplementedError,
        ValueError,  # a name that is not in the encoding that it claims
    ) as error:
        text = str(error) if isinstance(error, ArchiveError) else f"the archive can't be opened: {error}"
        yield Document(file, file.path, file.location, own, file.bytes, fault=text)


def _speakable(location: Path, scratch: Path) -> Path:
    """A file under a path that every reader can be told: its copy where a part of its own path is no UTF-8, as in old archives."""
    try:
        str(location).encode()
    except UnicodeEncodeError:
        scratch.mkdir(parents=True, exist_ok=True)
        return shutil.copyfile(location, scratch / "member")
    return location


def _is_workbook(location: Path) -> bool:
    """Whether a ZIP is an office document (a workbook), which readers open themselves."""
    with zipfile.ZipFile(location) as archive:
        return "[Content_Types].xml" in archive.namelist()


def _gunzip(file: InboxFile, scratch: Path, limits: Limits) -> Document:
    target = scratch / "member"
    with gzip.open(file.location, "rb") as stream:
        size, digest = _copy(stream, target, file.bytes, limits, limits.member_bytes)
    with target.open("rb") as stream:
        if stream.read(4) in (b"PK\x03\x04",) or file.path.lower().endswith((".tar.gz", ".tgz")):
            raise ArchiveError("an archive inside an archive is not opened; unpack it and drop the files")
    return Document(file, file.path, target, digest, size)


def _unzip(file: InboxFile, scratch: Path, limits: Limits) -> Iterator[Document]:
    with zipfile.ZipFile(file.location) as archive:
        for member in archive.infolist():
            _check_name(member.filename)
        members = [member for member in archive.infolist() if not member.is_dir() and not _is_clutter(member.filename)]
        if len(members) > limits.archive_members:
            raise ArchiveError(f"the archive has {len(members)} members; at most {limits.archive_members} are opened")
        left = limits.archive_bytes
        for member in sorted(members, key=lambda member: member.filename):
            path = f"{file.path}!{shown(member.filename)}"
            if member.filename.lower().endswith(_ARCHIVES):
                empty = hashlib.sha256(f"{file.path}!{member.filename}".encode()).hexdigest()
                fault = "an archive inside an archive is not opened; unpack it and drop the files"
                yield Document(file, path, file.location, empty, member.file_size, fault=fault)
                continue
            target = scratch / "member"
            with archive.open(member) as stream:
                size, digest = _copy(stream, target, member.compress_size, limits, min(left, limits.member_bytes))
            left -= size
            yield Document(file, path, target, digest, size)


def _is_clutter(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(part.startswith(".") and part != ".." for part in parts) or "__MACOSX" in parts


def _check_name(name: str) -> None:
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if name.startswith(("/", "\\")) or ".." in parts or (len(name) > 1 and name[1] == ":"):
        raise ArchiveError(f"the archive has a member that leads out of it: {name!r}")


def _copy(
    stream: IO[bytes] | gzip.GzipFile, target: Path, compressed: int, limits: Limits, most: int
) -> tuple[int, str]:
    """Write a stream to a file. Returns size and digest. Raises ArchiveError past a limit, before more is written."""
    allowed_by_ratio = max(limits.ratio_free_bytes, compressed * limits.ratio)
    digest = hashlib.sha256()
    size = 0
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as out:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > most:
                raise ArchiveError(f"the archive holds more than the {most:,} bytes that are allowed")
            if size > allowed_by_ratio:
                raise ArchiveError(
                    f"a member grows to more than {limits.ratio} times its size; that is not a plain export"
                )
            digest.update(chunk)
            out.write(chunk)
    return size, digest.hexdigest()
