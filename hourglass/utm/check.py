"""``hourglass utm check``: which links keep the UTM standard, what is wrong with the others, and how to write them."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from config.home import Home
from config.showing import inert
from config.utm_standard import UtmStandard, load_utm_standard
from config.yaml_file import ConfigError, find
from hourglass.terminal import UserError, complain
from hourglass.utm.advice import advice
from hourglass.utm.judge import Judge, Verdict
from hourglass.utm.links import STDIN, Links, from_arguments, from_file

EXIT_FIT, EXIT_UNFIT, EXIT_UNUSABLE = 0, 1, 2
Format = Literal["text", "json"]
FORMATS: tuple[Format, ...] = ("text", "json")
PLACES_SHOWN = 3


@dataclass(frozen=True)
class Question:
    """What is to be checked, and how it is told.

    ``platform``: where the links will stand, if that is known. ``hosts``: leave out links to other hosts than these.
    ``is_everything_shown``: show right links of files, too.
    """

    urls: Sequence[str] = ()
    files: Sequence[str] = ()
    column: str | None = None
    hosts: Sequence[str] = ()
    platform: str | None = None
    format: Format = "text"
    is_everything_shown: bool = False


def check(home: Home, question: Question) -> int:
    """Check links and print the answer.

    Returns 0 where all keep the standard, 1 where some do not, 2 where something can't be checked: a file without links, a text that is no
    link, a faulty configuration.
    """
    try:
        links = _gather(question)
        standard = load_utm_standard(find(home, "utm_standard.yml"))
        judge = Judge(home)
        verdicts = judge.judge(links.places, referrer_url=_referrer(judge, question.platform))
    except (UserError, ConfigError) as error:
        complain(str(error))
        return EXIT_UNUSABLE
    if question.format == "json":
        _write(as_json(links, verdicts, standard))
    else:
        is_short = not question.files and STDIN not in question.urls
        _write(inert(as_text(links, verdicts, standard, is_everything_shown=question.is_everything_shown or is_short)))
    if links.unusable:
        return EXIT_UNUSABLE
    return EXIT_FIT if all(verdict.is_fit for verdict in verdicts.values()) else EXIT_UNFIT


def faults(verdict: Verdict, standard: UtmStandard) -> list[tuple[str, str]]:
    """The faults of a link: name and plain words. An untagged link that nothing shows to be social has one all the same."""
    reasons = ("no_tags",) if verdict.is_untagged else verdict.reasons
    return [(reason, advice(reason, verdict.tags, standard)) for reason in reasons]


def as_text(links: Links, verdicts: dict[str, Verdict], standard: UtmStandard, *, is_everything_shown: bool) -> str:
    """The answer for people: each link with its places, faults and the mended link, and a line that sums up."""
    parts: list[str] = []
    for url, verdict in verdicts.items():
        if verdict.is_fit and not is_everything_shown:
            continue
        places = links.places[url]
        where = ", ".join(places[:PLACES_SHOWN]) + (
            f" and {len(places) - PLACES_SHOWN} more" if len(places) > PLACES_SHOWN else ""
        )
        lines = [f"{url}  ({where})"]
        belongs = f"channel {verdict.channel} (Google: {verdict.channel_ga4}), owner {verdict.owner}"
        lines.append(
            f"  {'ok' if verdict.is_fit else 'WRONG'}: {'untagged' if verdict.is_untagged else verdict.status}; {belongs}"
        )
        lines += [f"  - {words}" for _reason, words in faults(verdict, standard)]
        if not verdict.is_fit and verdict.suggested_url:
            lines.append(f"  write: {verdict.suggested_url}")
        parts.append("\n".join(lines))
    parts += [
        f"{text}  ({place})\n  not a link: nothing that begins with https:// or a host"
        for place, text in links.unusable
    ]
    fit = sum(verdict.is_fit for verdict in verdicts.values())
    unusable = f"; {len(links.unusable):,} can't be checked" if links.unusable else ""
    parts.append(f"{fit:,} of {len(verdicts):,} links keep the UTM standard{unusable}")
    return "\n\n".join(parts)


def as_json(links: Links, verdicts: dict[str, Verdict], standard: UtmStandard) -> str:
    """The answer for programs: one object with ``links``, ``unusable`` and ``summary``."""
    fit = sum(verdict.is_fit for verdict in verdicts.values())
    document = {
        "links": [
            {
                "url": url,
                "places": links.places[url],
                "is_fit": verdict.is_fit,
                "status": verdict.status,
                "reasons": [{"reason": reason, "text": words} for reason, words in faults(verdict, standard)],
                "suggested_url": None if verdict.is_fit else verdict.suggested_url,
                "channel": verdict.channel,
                "channel_ga4": verdict.channel_ga4,
                "platform": verdict.platform,
                "owner": verdict.owner,
                **{key: verdict.tags.get(key) for key in ("utm_source", "utm_medium", "utm_campaign")},
            }
            for url, verdict in verdicts.items()
        ],
        "unusable": [{"place": place, "text": text} for place, text in links.unusable],
        "summary": {
            "links": len(verdicts),
            "fit": fit,
            "unfit": len(verdicts) - fit,
            "unusable": len(links.unusable),
        },
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _gather(question: Question) -> Links:
    links = Links()
    from_arguments(question.urls, links)
    for name in question.files:
        from_file(name, links, column=question.column)
    if not question.urls and not question.files:
        raise UserError("nothing to check; give links, --file FILE, or - for standard input")
    if question.hosts:
        links.keep_hosts(question.hosts)  # a page without links to the own site has nothing to be wrong
    elif not links.places and not links.unusable:
        raise UserError("no link found; a link begins with https://, or stands in a column named url or link")
    return links


def _referrer(judge: Judge, platform: str | None) -> str | None:
    if platform is None:
        return None
    referrer = judge.referrer_of(platform)
    if referrer is None:
        raise UserError(
            f"--platform {platform} is no social platform of sources.csv; such as {', '.join(judge.platforms())}"
        )
    return referrer


def _write(text: str) -> None:
    """Long answers go out in one piece: laying out a hundred thousand links would take longer than judging them."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
