"""``hourglass utm build``: links that keep the UTM standard, made from a page and tags, and written down.

A link is put together here and judged by the models, as in ``hourglass utm check``; one that does not keep the standard is refused with
what is allowed, never mended silently.
"""

import json
import re
import sys
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import quote, unquote_plus
from zoneinfo import ZoneInfo

from config.home import Home
from config.links import link_id_of
from config.settings import load_settings
from config.utm_standard import UTM_KEYS, UtmStandard, load_utm_standard
from config.yaml_file import ConfigError, find
from hourglass.terminal import UserError, complain
from hourglass.utm.check import faults
from hourglass.utm.judge import Judge, Verdict
from hourglass.utm.register import Entry, register
from pipelines.tables import UnreadableFileError, read

EXIT_BUILT, EXIT_REFUSED, EXIT_UNUSABLE = 0, 1, 2
TAG_NAMES = ("source", "medium", "campaign", "content", "term")
_WHOLE = re.compile(r"https?://[^/?#\s]+", re.IGNORECASE)


@dataclass(frozen=True)
class Wish:
    """A link that somebody wants: the page, the tags by name (source, medium, …), and where the wish stands."""

    url: str
    tags: Mapping[str, str]
    owner: str | None = None
    note: str | None = None
    place: str = ""


@dataclass(frozen=True)
class Order:
    """What is to be built. ``has_id``: give each link a utm_id of its own; ``is_registered``: write the links down."""

    wishes: Sequence[Wish] = ()
    file: str | None = None
    has_id: bool = False
    is_registered: bool = True
    is_json: bool = False
    defaults: Mapping[str, str] = field(default_factory=dict)


def build(home: Home, order: Order) -> int:
    """Build and print links, one a line in the order of the wishes.

    Returns 0 where all were built, 1 where some are refused (then none is built), 2 where the wishes can't be read.
    """
    try:
        wishes = [*order.wishes, *(_from_file(order.file, order.defaults) if order.file else [])]
        if not wishes:
            raise UserError(
                "nothing to build; give a page's address with --source, --medium and --campaign, or --from FILE"
            )
        for wish in wishes:
            if not _WHOLE.match(wish.url.strip()):
                raise UserError(f"{wish.place}{wish.url!r} is no whole address; begin it with https://")
        standard = load_utm_standard(find(home, "utm_standard.yml"))
        links = [_link(wish, has_id=order.has_id) for wish in wishes]
        verdicts = Judge(home).judge(links)
        refused = [(wish, link) for wish, link in zip(wishes, links, strict=True) if not verdicts[link].is_fit]
        if refused:
            for wish, link in refused:
                complain(_refusal(wish, link, verdicts[link], standard))
            return EXIT_REFUSED
        ids = _registered(home, order, wishes, links, verdicts)
    except (UserError, ConfigError) as error:
        complain(str(error))
        return EXIT_UNUSABLE
    if order.is_json:
        told = [
            {
                "url": link,
                "link_id": link_id,
                "owner": wish.owner or verdicts[link].owner,
                "channel": verdicts[link].channel,
                "channel_ga4": verdicts[link].channel_ga4,
            }
            for wish, link, link_id in zip(wishes, links, ids, strict=True)
        ]
        sys.stdout.write(json.dumps({"links": told}, ensure_ascii=False, indent=2) + "\n")
    else:
        sys.stdout.write("".join(f"{link}\n" for link in links))
    return EXIT_BUILT


def tagged(url: str, tags: Mapping[str, str]) -> str:
    """A page's address with tags: its own query and fragment stay, tags that it had are replaced, letters are encoded as UTF-8.

    ``tags`` by key (utm_source, …), each value as it is meant; what is encoded in the address already stays as it is.
    """
    address, hash_sign, fragment = unicodedata.normalize("NFC", url.strip()).partition("#")
    page, _question_mark, query = address.partition("?")
    kept = [pair for pair in query.split("&") if pair and _key(pair) not in UTM_KEYS]
    added = [
        f"{key}={quote(unicodedata.normalize('NFC', tags[key]), safe='')}"
        for key in UTM_KEYS
        if tags.get(key, "") != ""
    ]
    scheme, separator, rest = page.partition("://")
    host, slash, path = rest.partition("/")
    whole_query = "&".join([*(_encoded(pair) for pair in kept), *added])
    return f"{scheme}{separator}{host}{slash or '/'}{_encoded(path)}?{whole_query}{hash_sign}{_encoded(fragment)}"


def _key(pair: str) -> str:
    """The key of a pair, as loosely as people write old tags: in any case, and after an ``&amp;``."""
    return unquote_plus(pair.partition("=")[0]).strip().lower().removeprefix("amp;")


def _encoded(text: str) -> str:
    """What may not stand in an address as it is, encoded; an encoding that is there stays."""
    return quote(text, safe="/:?@!$&'()*+,;=~%[]-._")


def _link(wish: Wish, *, has_id: bool) -> str:
    tags = {f"utm_{name}": wish.tags[name] for name in TAG_NAMES if wish.tags.get(name)}
    link = tagged(wish.url, tags)
    return tagged(wish.url, {**tags, "utm_id": link_id_of(link)}) if has_id else link


def _registered(
    home: Home, order: Order, wishes: Sequence[Wish], links: Sequence[str], verdicts: Mapping[str, Verdict]
) -> list[str | None]:
    if not order.is_registered:
        return [None] * len(links)
    entries = [
        Entry(link, wish.owner or verdicts[link].owner, wish.note, verdicts[link].tags.get("utm_id"))
        for wish, link in zip(wishes, links, strict=True)
    ]
    today = datetime.now(ZoneInfo(load_settings(home).time_zone)).date()
    return list(register(home, entries, today=today))


def _refusal(wish: Wish, link: str, verdict: Verdict, standard: UtmStandard) -> str:
    words = "\n".join(f"  - {text}" for _reason, text in faults(verdict, standard))
    return f"{wish.place}{link} does not keep the UTM standard, and was not built:\n{words}"


def _from_file(name: str, defaults: Mapping[str, str]) -> list[Wish]:
    """A wish a row of a table with the columns url, source, medium, campaign and so on; what a cell leaves out is ``defaults``'."""
    try:
        blocks = read(Path(name)).blocks
    except OSError as error:
        raise UserError(f"{name}: can't be read: {error.strerror}") from None
    except UnreadableFileError as error:
        raise UserError(f"{name}: {error}") from None
    rows = [row for block in blocks for row in block.rows]
    header = [cell.strip().lower().removeprefix("utm_") for cell in rows[0].cells]
    if "url" not in header:
        raise UserError(
            f"{name}:{rows[0].line}: no column url; allowed: url, {', '.join(TAG_NAMES)}, owner, note; it has: {', '.join(header)}"
        )
    wishes = []
    for row in rows[1:]:
        cells = {name: cell.strip() for name, cell in zip(header, row.cells, strict=False)}
        tags = {name: cells.get(name) or defaults.get(name, "") for name in TAG_NAMES}
        wishes.append(
            Wish(
                cells.get("url", ""),
                tags,
                cells.get("owner") or defaults.get("owner"),
                cells.get("note") or defaults.get("note"),
                f"{name}:{row.line}: ",
            )
        )
    return wishes
