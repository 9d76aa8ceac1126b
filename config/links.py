"""``links/*.csv``: the links that were built and published, one a line, so that visits to them are known and unused ones are seen.

``hourglass utm build`` appends to ``links/built.csv``; other files beside it are people's own lists, so that nobody edits the file that a
command writes. All are read alike: with comma, semicolon or tab, in UTF-8, UTF-16 or Windows-1252, as spreadsheets save them. Not here: who
writes the file (hourglass/utm/register.py), and which visits belong to a link (sql/core/fct_link_sessions.sql).
"""

import codecs
import csv
import hashlib
import io
import re
from base64 import b32encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pyarrow as pa

from config.home import Home
from config.utm_standard import UTM_KEYS, folded, load_utm_standard
from config.yaml_file import ConfigError, find, find_all

FOLDER = "links"
REQUIRED = ("url", "registered_on")
HEADER = ("link_id", "url", "owner", "registered_on", "note")
DELIMITERS = (",", ";", "\t")
_LINK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_WEB = re.compile(r"https?://([^/?#\s]+)([^?#]*)", re.IGNORECASE)
_DAY = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?|(\d{1,2})[.-](\d{1,2})[.-](\d{4})(?: .*)?")


@dataclass(frozen=True)
class Link:
    """A registered link. ``tags``: its tags by key, as a browser reads them; ``place``: file and line."""

    link_id: str
    url: str
    owner: str | None
    registered_on: date
    note: str | None
    tags: Mapping[str, str]
    place: str

    @property
    def page(self) -> tuple[str, str]:
        """Host and path of the page, without ``www.``, port and a slash at the end, and decoded: as visits are compared with it."""
        found = _WEB.match(self.url)
        authority, path = found.groups() if found else ("", "")
        host = authority.rpartition("@")[2].partition(":")[0].lower().removeprefix("www.")
        return host, _decoded(path).rstrip("/")


@dataclass(frozen=True)
class Table:
    """The text of one file: its records with their lines, and how it is written. ``header`` holds the names as they are compared."""

    header: Sequence[str]
    rows: Sequence[tuple[int, Mapping[str, str]]]
    delimiter: str
    codec: str
    text: str


def link_id_of(url: str) -> str:
    """The id that a link is given: the same for the same link, and nothing that a spreadsheet takes for a number or a day."""
    digest = hashlib.sha256(url.encode()).digest()
    return "lnk_" + b32encode(digest).decode().lower()[:12]


def tags_of(url: str) -> dict[str, str]:
    """The tags of a link as the WHATWG URL standard reads them: the first value of a key, decoded once; empty ones are left out."""
    query = url.partition("#")[0].partition("?")[2]
    found: dict[str, str] = {}
    for pair in query.split("&"):
        key, _equals, value = pair.partition("=")
        found.setdefault(_decoded(key.replace("+", " ")), _decoded(value.replace("+", " ")))
    return {key: found[key] for key in UTM_KEYS if found.get(key)}


def load_links(home: Home) -> list[Link]:
    """Every registered link of a home, by id. The same link in two lists counts once.

    Raises:
        ConfigError: every fault with file and line: no web address, no tag, an id or a link that stands for two, a day that can't be read.
    """
    faults: list[str] = []
    by_id: dict[str, Link] = {}
    by_url: dict[str, Link] = {}
    for path in find_all(home, FOLDER, ".csv"):
        table = read_table(path)
        for line, row in table.rows:
            link = _link(path, line, row, faults)
            if link is None:
                continue
            same_url, same_id = by_url.get(link.url), by_id.get(link.link_id)
            if same_url is not None and same_url.link_id != link.link_id and row.get("link_id"):
                faults.append(
                    f"{link.place}: this link is already {same_url.link_id!r} at {same_url.place}; allowed: one id a link"
                )
            elif same_url is None and same_id is not None:
                faults.append(
                    f"{link.place}: {link.link_id!r} is already another link at {same_id.place}; allowed: one link an id"
                )
            elif same_url is None:
                by_url[link.url] = by_id[link.link_id] = link
    if faults:
        raise ConfigError("\n".join(faults))
    return [by_id[link_id] for link_id in sorted(by_id)]


def read_table(path: Path) -> Table:
    """One file of links as text. Raises ConfigError where it can't be read or lacks a required column."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error}") from None
    codec = _codec(data)
    text = data.decode(codec)
    lines = re.split(r"\r\n|\r|\n", text)
    first = next((n for n, row in enumerate(lines) if row.strip() and not row.lstrip('"').startswith("#")), None)
    if first is None:
        raise ConfigError(f"{path}:1: no header; allowed: {','.join(HEADER)}")
    delimiter = max(DELIMITERS, key=lines[first].count)
    reader = csv.reader(io.StringIO("\n".join(lines[first:])), delimiter=delimiter)
    header = [re.sub(r"[\s-]+", "_", name.strip().lower()) for name in next(reader)]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise ConfigError(f"{path}:{first + 1}: no column {', '.join(missing)}; allowed: {','.join(HEADER)} and others")
    rows: list[tuple[int, Mapping[str, str]]] = []
    line = first + 1 + reader.line_num
    for cells in reader:
        if any(cell.strip() for cell in cells) and not cells[0].startswith("#"):
            rows.append((line, {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}))
        line = first + 1 + reader.line_num
    return Table(header, rows, delimiter, codec, text)


def tables(home: Home) -> dict[str, pa.Table]:
    """``config.utm_links``: link_id, url, owner, registered_date, note, host, path, source, medium, campaign, content, term, utm_id.

    Source and medium are under their one name in the UTM standard and campaign in lower case, as sessions have them; an absent tag is NULL.
    """
    standard = load_utm_standard(find(home, "utm_standard.yml"))
    names = {
        key: {folded(written): value for value, aliases in allowed.items() for written in (value, *aliases)}
        for key, allowed in (("utm_source", standard.sources), ("utm_medium", standard.mediums))
    }

    def named(link: Link, key: str) -> str | None:
        value = link.tags.get(key)
        return names[key].get(folded(value), value.strip().lower()) if value else None

    links = load_links(home)
    text: dict[str, list[str | None]] = {
        "link_id": [link.link_id for link in links],
        "url": [link.url for link in links],
        "owner": [link.owner for link in links],
        "note": [link.note for link in links],
        "host": [link.page[0] for link in links],
        "path": [link.page[1] for link in links],
        "source": [named(link, "utm_source") for link in links],
        "medium": [named(link, "utm_medium") for link in links],
        "campaign": [link.tags.get("utm_campaign", "").strip().lower() or None for link in links],
        "content": [link.tags.get("utm_content") for link in links],
        "term": [link.tags.get("utm_term") for link in links],
        "utm_id": [link.tags.get("utm_id") for link in links],
    }
    columns: dict[str, pa.Array] = {name: pa.array(values, pa.string()) for name, values in text.items()}
    columns["registered_date"] = pa.array([link.registered_on for link in links], pa.date32())
    return {"utm_links": pa.table(columns)}


def _link(path: Path, line: int, row: Mapping[str, str], faults: list[str]) -> Link | None:
    """One line as a link; None, with its faults noted, where it is none."""
    place, url = f"{path}:{line}", row.get("url", "")
    found = len(faults)
    tags = tags_of(url)
    if not _WEB.match(url):
        faults.append(f"{place}: 'url' is {url!r}; allowed: a whole address with https://")
    elif not tags:
        faults.append(
            f"{place}: 'url' has no tag, so no visit could be known by it: {url}; allowed: an address with utm_source and the like"
        )
    link_id = row.get("link_id") or link_id_of(url)
    if not _LINK_ID.fullmatch(link_id):
        faults.append(
            f"{place}: 'link_id' is {link_id!r}; allowed: up to 64 letters, digits, '_', '-' and '.', or nothing"
        )
    day = _day(row.get("registered_on", ""))
    if day is None:
        faults.append(
            f"{place}: 'registered_on' is {row.get('registered_on', '')!r}; allowed: a day such as 2026-11-24 or 24.11.2026"
        )
    if len(faults) > found or day is None:
        return None
    return Link(link_id, url, row.get("owner") or None, day, row.get("note") or None, tags, place)


def _day(text: str) -> date | None:
    """A day as we write it, or as a Nordic spreadsheet makes it of that; one with slashes may be read in two ways and is refused."""
    found = _DAY.fullmatch(text.strip())
    if found is None:
        return None
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _codec(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            data.decode("cp1252")
        except UnicodeDecodeError:
            return "latin-1"
        return "cp1252"
    return "utf-8-sig" if data.startswith(codecs.BOM_UTF8) else "utf-8"


def _decoded(text: str) -> str:
    return unquote_to_bytes(text).decode("utf-8", errors="replace")
