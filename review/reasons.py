"""Texts that the tables have in English only, in the language of the page: why a KPI has no value, why a file or a row of it waits.

They are recognised by pattern: those of ``said`` in ``config/evidence.yml``, which models give, and those of ``reasons.yml``, which reading
gives. What fits none is shown as it is.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from config.evidence import load_evidence
from config.yaml_file import read_yaml
from review.language import NOTHING, Language, messages

_BLANK = re.compile(r"\{(said)?\}")  # a text in another order of blanks has them as {0} and {1}
_GAPS = {"": "((?:(?!; ).)+?)", "said": "(.+?)"}
_BETWEEN = "; "


def translated(text: str, t: Language) -> str:
    """A text in the language: whole, else reason by reason, each as it is where no pattern fits."""
    return text if t.code == "en" else _told(text, t)


def absence(reason: str | None, t: Language) -> str:
    """Why a KPI has no value, as short as a table needs it."""
    if not reason:
        return NOTHING
    short = messages().get(f"absence.{reason}")
    return short[t.index] if short else _told(reason, t)


def is_translated(text: str, t: Language) -> bool:
    """Whether :func:`translated` has words for all of a text."""
    return t.code == "en" or all(known is not None for line in text.split("\n") for _, known in _reasons(line, t))


def _told(text: str, t: Language) -> str:
    lines = text.split("\n")
    return "\n".join(_BETWEEN.join(known or part for part, known in _reasons(line, t)) for line in lines)


def _reasons(text: str, t: Language) -> Iterator[tuple[str, str | None]]:
    """The reasons that a text lists, each with its translation; a reason may hold the mark between them itself, so the longest fits."""
    parts = text.split(_BETWEEN)
    first = 0
    while first < len(parts):
        for last in range(len(parts), first, -1):
            part = _BETWEEN.join(parts[first:last])
            known = _said(part, t)
            if known is not None or last == first + 1:
                yield part, known
                first = last
                break


def _said(text: str, t: Language) -> str | None:
    """One reason by its pattern, or what stands before it as it is; None where neither fits."""
    for pattern, are_said, texts in _patterns():
        if found := pattern.fullmatch(text):
            parts = [
                _said(part, t) if said else _names(part, t) for part, said in zip(found.groups(), are_said, strict=True)
            ]
            if None not in parts:
                return _BLANK.sub("{}", texts[t.index]).format(*parts)
    for colon in re.finditer(": ", text):
        head, tail = text[: colon.end()], text[colon.end() :]
        if _BETWEEN not in head and (known := _said(tail, t)) is not None:
            return head + known
    return None


def _names(text: str, t: Language) -> str:
    """A blank's content, with the words for sources where it is a list of them, such as ``ads, posts and lead values``."""
    lists = [part.split(", ") for part in text.split(" and ")]
    if len(lists) > 1 and not all(f"source.{name}" in messages() for names in lists for name in names):
        lists = [text.split(", ")]
    between = f" {t.say('and')} "
    return between.join(", ".join(t.word("source", name) for name in names) for names in lists)


@lru_cache(maxsize=1)
def _patterns() -> list[tuple[re.Pattern[str], list[bool], Sequence[str]]]:
    """Each text's pattern, which of its blanks hold a reason, and the text in the three languages."""
    reasons: list[list[str]] = read_yaml(Path(__file__).with_name("reasons.yml")).data["reasons"]
    found: list[tuple[re.Pattern[str], list[bool], Sequence[str]]] = []
    for texts in [*load_evidence().said, *reasons]:
        first, *others = _BLANK.split(texts[0])
        blanks = [blank or "" for blank in others[::2]]
        pattern = re.escape(first) + "".join(
            _GAPS[blank] + re.escape(part) for blank, part in zip(blanks, others[1::2], strict=True)
        )
        found.append((re.compile(pattern), [blank == "said" for blank in blanks], texts))
    return found
