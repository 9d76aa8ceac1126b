"""Links to be checked: from arguments, and out of files of any kind, each with the place where it stands.

A table (CSV, TSV, workbook) with a column of links gives the cells of that column as they are; any other text gives what looks like a web
address in it. Whether a link is right is not decided here.
"""

import html
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile

from hourglass.terminal import UserError
from pipelines.encoding import decode, detect
from pipelines.tables import Block, Row, UnreadableFileError, read

STDIN = "-"
LINK_COLUMNS = (
    "url", "link", "lenke", "länk", "landing_url", "landing_page_url", "page_url", "destination_url", "final_url", "website_url", "href",
    "landing_page", "destination", "website", "nettadresse", "webbadress",
)  # fmt: skip
"""Names of a column of links, the likeliest first; blanks and hyphens count as underscores, case does not count."""
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_ADDRESS = re.compile(r"https?://[^\s<>\"`]+", re.IGNORECASE)
_WEB_PAGE = re.compile(r"\s*<(?:!doctype html|html)", re.IGNORECASE)
_USABLE = re.compile(r"(?:https?:)?//[^/?#\s]|[^\s/?#:@]+[.][^\s/?#]+(?:[/?#]|$)", re.IGNORECASE)
_PAIRS = {")": "(", "]": "[", "}": "{"}
HEADER_WITHIN = 30


@dataclass
class Links:
    """What was found: distinct links with the places of each, and what should be a link and is none (place, text)."""

    places: dict[str, list[str]] = field(default_factory=dict)
    unusable: list[tuple[str, str]] = field(default_factory=list)

    def add(self, place: str, text: str) -> None:
        """Take up one text that should be a link."""
        if is_usable(text):
            self.places.setdefault(text, []).append(place)
        else:
            self.unusable.append((place, text))

    def keep_hosts(self, hosts: Sequence[str]) -> None:
        """Leave out the links to other hosts than these and those below them."""
        wanted = tuple(host.lower().strip().removeprefix("www.") for host in hosts)
        self.places = {
            url: places
            for url, places in self.places.items()
            if any(host_of(url) == host or host_of(url).endswith(f".{host}") for host in wanted)
        }


def is_usable(text: str) -> bool:
    """Whether a text can be a link to a web page: an address with http or https, or one that begins with a host."""
    return _USABLE.match(text.lstrip()) is not None


def host_of(url: str) -> str:
    """The host of a link in lower case, for leaving out links to other sites."""
    rest = re.sub(r"^\s*(?:https?:)?//", "", url, flags=re.IGNORECASE)
    return re.split(r"[/?#]", rest, maxsplit=1)[0].rpartition("@")[2].partition(":")[0].lower()


def from_arguments(urls: Iterable[str], into: Links) -> None:
    """Links that were given on the command line; ``-`` reads standard input. Raises UserError."""
    for number, url in enumerate(urls, 1):
        if url == STDIN:
            from_file(STDIN, into)
        else:
            into.add(f"argument {number}", url)


def from_file(name: str, into: Links, *, column: str | None = None) -> None:
    """The links of a file, or of standard input. Raises UserError where it can't be read, or has no column of the name that is given."""
    data, shown = _bytes(name)
    suffix = Path(name).suffix.lower()
    if data.startswith(_WORKBOOKS):
        _from_table(_tables(data, suffix), shown, column, into, is_required=True)
    else:
        text = decode(data, detect(data))
        is_page = suffix in (".html", ".htm") or _WEB_PAGE.match(text) is not None
        is_table = not is_page and _from_table(
            _tables(data, suffix), shown, column, into, is_required=column is not None
        )
        if not is_table:
            for line, url in addresses(text, is_page=is_page):
                into.add(f"{shown}:{line}", url)


def addresses(text: str, *, is_page: bool = False) -> Iterator[tuple[int, str]]:
    """Every web address in a text with its line; the punctuation of the sentence around it is left out.

    In the source of a web page ``&amp;`` is how ``&`` is written, so it is read as that.
    """
    for line, content in enumerate(text.splitlines(), 1):
        for found in _ADDRESS.findall(content):
            url = html.unescape(found.split("'", 1)[0]) if is_page else found
            yield line, _without_punctuation(url)


def _without_punctuation(url: str) -> str:
    while url:
        last = url[-1]
        opening = _PAIRS.get(last)
        is_unopened = opening is not None and url.count(last) > url.count(opening)
        if last not in ".,;:!?'*»”’" and not is_unopened:
            break
        url = url[:-1]
    return url


def _bytes(name: str) -> tuple[bytes, str]:
    try:
        if name == STDIN:
            return sys.stdin.buffer.read(), "stdin"
        return Path(name).read_bytes(), name
    except OSError as error:
        raise UserError(f"{name}: can't be read: {error.strerror}") from None


def _tables(data: bytes, suffix: str) -> list[Block]:
    """The tables of a file; none where it is no table."""
    with NamedTemporaryFile(suffix=suffix) as copy:
        copy.write(data)
        copy.flush()
        try:
            return read(Path(copy.name)).blocks
        except UnreadableFileError:
            return []


def _from_table(blocks: list[Block], shown: str, column: str | None, into: Links, *, is_required: bool) -> bool:
    """Take up the column of links of every sheet; whether there is one. Raises UserError where there must be one."""
    sheets: dict[str | None, list[Row]] = {}
    for block in blocks:
        sheets.setdefault(block.sheet, []).extend(block.rows)
    has_links = False
    for rows in sheets.values():
        for line, cell in _cells(rows, column):
            into.add(f"{shown}:{line}", cell)
            has_links = True
    if is_required and not has_links:
        header = ", ".join(blocks[0].rows[0].cells) if blocks else "no table"
        raise UserError(f"{shown}: no column {column or 'named url or link'} with links; it has: {header}")
    return has_links


def _cells(rows: Sequence[Row], column: str | None) -> list[tuple[int, str]]:
    """The filled cells below the header of the column of links, each with its line; none where there is no such column."""
    for start, row in enumerate(rows[:HEADER_WITHIN]):
        place = _link_column(row, column)
        if place is None:
            continue
        cells = [
            (record.line, cell)
            for record in rows[start + 1 :]
            if place < len(record.cells) and (cell := record.cells[place].strip(" \t\r\n"))
        ]
        # A line that says "link" in a letter is no header: below a header stands at least one.
        if column or any(is_usable(cell) for _line, cell in cells):
            return cells
    return []


def _link_column(row: Row, column: str | None) -> int | None:
    names = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in row.cells]
    wanted = (re.sub(r"[\s-]+", "_", column.strip().lower()),) if column else LINK_COLUMNS
    return next((names.index(name) for name in wanted if name in names), None)
