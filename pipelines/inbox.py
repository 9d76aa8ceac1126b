"""The inbox: which files there are, what their ``hourglass.yml`` says, and their bytes, out of archives where need be.

Nothing here knows what a file means. Files are never moved, changed or deleted.
"""

import hashlib
import json
import os
import stat
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from config.showing import shown
from config.yaml_file import ConfigError, load_yaml
from pydantic import BaseModel, ConfigDict, field_validator

from pipelines.limits import LIMITS

SIDECAR = "hourglass.yml"
IGNORE = ".hourglassignore"
PLATFORMS = (
    "facebook",
    "instagram",
    "meta",
    "tiktok",
    "youtube",
    "linkedin",
    "x",
    "pinterest",
    "snapchat",
    "threads",
    "reddit",
    "google_ads",
    "google",
    "bing",
    "ga4",
    "google_search_console",
    "google_business_profile",
    "plausible",
    "matomo",
    "klaviyo",
    "mailchimp",
    "constant_contact",
    "shopify",
    "woocommerce",
    "stripe",
    "hubspot",
    "pipedrive",
    "salesforce",
)
_CHUNK = 1024 * 1024


class Sidecar(BaseModel):
    """What one ``hourglass.yml`` says about the files below it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account: str | None = None
    platform: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    year: int | None = None
    downloaded_at: datetime | date | None = None
    paid: bool | None = None
    date_order: Literal["dmy", "mdy"] | None = None
    decimal_mark: Literal[".", ","] | None = None

    @field_validator("account", mode="before")
    @classmethod
    def account_is_text(cls, value: Any) -> Any:
        """A name of digits only is a name all the same."""
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else value

    @field_validator("platform")
    @classmethod
    def platform_is_known(cls, value: str | None) -> str | None:
        """One of the platforms, spelt as the tables spell it."""
        if value is not None and value not in PLATFORMS:
            raise ValueError(", ".join(PLATFORMS))
        return value

    @field_validator("time_zone")
    @classmethod
    def zone_is_known(cls, value: str | None) -> str | None:
        """A zone that the machine knows."""
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError("an IANA time zone such as Europe/Oslo") from None
        return value

    @field_validator("currency")
    @classmethod
    def currency_is_a_code(cls, value: str | None) -> str | None:
        """Three capital letters."""
        if value is not None and not (len(value) == 3 and value.isascii() and value.isupper()):
            raise ValueError("a code of three capital letters such as NOK")
        return value

    @field_validator("year")
    @classmethod
    def year_is_likely(cls, value: int | None) -> int | None:
        """Not a typing error."""
        if value is not None and not 2004 <= value <= 2100:
            raise ValueError("a year such as 2026")
        return value


@dataclass(frozen=True)
class Context:
    """What the sidecars above a file say, nearest wins key by key. ``fault`` is set when one of them can't be read."""

    account: str | None = None
    platform: str | None = None
    time_zone: str | None = None
    currency: str | None = None
    year: int | None = None
    downloaded_at: datetime | None = None
    paid: bool | None = None
    date_order: Literal["dmy", "mdy"] | None = None
    decimal_mark: Literal[".", ","] | None = None
    fault: str | None = None

    @cached_property
    def key(self) -> str:
        """A digest that changes when anything that the sidecars say changes."""
        values = [self.account, self.platform, self.time_zone, self.currency, self.year, self.paid, self.fault]
        values.append(self.downloaded_at.isoformat() if self.downloaded_at else None)
        # Keys that came later count only where they are used: nothing is read again because this program is newer.
        values += [value for value in (self.date_order, self.decimal_mark) if value]
        text = json.dumps(values)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class InboxFile:
    """A file on disk: ``path`` under the inbox with ``/`` between folders, size in bytes, modification time in ns."""

    path: str
    location: Path
    bytes: int
    mtime_ns: int
    context: Context

    def has_changed(self) -> bool:
        """Whether the file on disk is another one than when it was found: written to since, or gone."""
        try:
            status = self.location.stat()
        except OSError:
            return True
        return (status.st_size, status.st_mtime_ns) != (self.bytes, self.mtime_ns)

    @property
    def sidecar(self) -> str:
        """Where a sidecar for exactly this file's folder belongs, under the inbox."""
        return "/".join([*self.path.split("/")[:-1], SIDECAR])


@dataclass
class Inbox:
    """One walk over the folder ``root``. ``faults`` collects what is wrong with sidecars: path under the inbox -> text.

    ``hide`` is applied to every path that is told: the names of erased people in it are not to be written down again.
    """

    root: Path
    hide: Callable[[str], str] = str
    faults: dict[str, str] = field(default_factory=dict)

    def walk(self) -> Iterator[InboxFile]:
        """Every file that counts, in the order of its path.

        Left out: hidden files and folders, folders that carry ``.hourglassignore``, sidecars, links that lead out of the
        inbox, whatever is not a plain file, and what is gone while we look. A folder that can't be listed is a fault.
        """
        self.faults.clear()
        if self.root.is_dir():
            yield from self._folder(self.root, "", {})

    def _folder(self, folder: Path, prefix: str, above: dict[str, Any], depth: int = 0) -> Iterator[InboxFile]:
        if depth > LIMITS.folder_depth:
            told = self.hide(prefix)
            self.faults[told] = (
                f"{told[:200]}… is nested deeper than {LIMITS.folder_depth} folders; nothing below it is read"
            )
            return
        try:
            entries = list(os.scandir(folder))
        except FileNotFoundError:
            return
        except OSError as error:
            self.faults[self.hide(prefix) or "."] = (
                f"the folder {self.hide(prefix) or 'inbox'} can't be listed: {error.strerror}"
            )
            return
        # By stem first: of equal bytes the first path counts, and `posts.csv` is to come before `posts (1).csv`.
        entries.sort(key=lambda entry: (Path(entry.name).stem, entry.name))
        names = {entry.name for entry in entries}
        if IGNORE in names:
            return
        said = self._sidecar(folder / SIDECAR, prefix + SIDECAR, above) if SIDECAR in names else above
        context = _context(said)
        for entry in entries:
            if entry.name.startswith(".") or entry.name == SIDECAR or not self._inside(entry):
                continue
            path = prefix + shown(entry.name)
            if entry.is_dir():
                yield from self._folder(Path(entry.path), path + "/", said, depth + 1)
            elif entry.is_file():
                try:
                    status = entry.stat()
                except FileNotFoundError:
                    continue
                yield InboxFile(self.hide(path), Path(entry.path), status.st_size, status.st_mtime_ns, context)

    def _inside(self, entry: os.DirEntry[str]) -> bool:
        if not entry.is_symlink():
            return True
        target = Path(entry.path).resolve()
        # A link to a folder above itself would be walked for ever; links to folders are not followed at all.
        return target.is_file() and target.is_relative_to(self.root.resolve())

    def _sidecar(self, location: Path, path: str, above: dict[str, Any]) -> dict[str, Any]:
        try:
            status = location.lstat()
            if not stat.S_ISREG(status.st_mode) or status.st_size > LIMITS.sidecar_bytes:
                raise ConfigError(f"{path}: a plain file of at most {LIMITS.sidecar_bytes // 1024} kB is expected")
            sidecar = load_yaml(location, Sidecar)
        except (ConfigError, OSError) as error:
            text = self.hide(str(error).replace(str(location), path))
            self.faults[self.hide(path)] = text
            return {**above, "fault": text}
        return {**above, **{key: value for key, value in sidecar.model_dump().items() if value is not None}}


def _context(said: dict[str, Any]) -> Context:
    values = dict(said)
    moment = values.get("downloaded_at")
    if isinstance(moment, datetime):
        # A clock time without offset is meant in the folder's own zone, UTC where it names none.
        zone = ZoneInfo(values.get("time_zone") or "UTC")
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        values["downloaded_at"] = aware.astimezone(UTC).replace(tzinfo=None)
    elif isinstance(moment, date):
        values["downloaded_at"] = noon(moment)
    return Context(**values)


def outer_path(path: str, present: Collection[str]) -> str | None:
    """The file on disk that a document's path speaks of: itself, or the archive before the ``!``; None where it is not present.

    A file's own name may hold a ``!`` too, so only what is there can tell.
    """
    if path in present:
        return path
    places = (place for place, character in enumerate(path) if character == "!")
    return next((path[:place] for place in places if path[:place] in present), None)


def noon(day: date) -> datetime:
    """A day without a time stands for its noon in UTC: the same day in every zone where the project's users are."""
    return datetime.combine(day, time(12))


def sha256(location: Path) -> str:
    """Hex digest of a file's bytes."""
    with location.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
