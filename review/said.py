"""What rules, risks and checks say of their figures, in the language of the page: the texts of ``config/evidence.yml``, filled in.

The tables give figures and the name of a text (:mod:`config.evidence`). Nothing is reckoned here.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from config.evidence import Piece, load_evidence, parse
from review.language import NO_BREAK, Language
from review.read import Row
from review.reasons import translated

FINDINGS_TOLD = 3
LISTED = frozenset({"most_visited", "link"})
"""Texts that list what the page has in a table of its own."""


def tell(said: str | None, t: Language, titles: Mapping[str, Row], *, without: Collection[str] = ()) -> str:
    """A said in words; empty for None.

    Args:
        said: lines of JSON, each with the name of a text and its figures.
        t: the language.
        titles: rows with the titles of the KPIs, by name.
        without: texts that are left out.
    """
    parts: list[str] = []
    before = None
    for line in (said or "").split("\n"):
        if not line.startswith("{"):
            parts.append(translated(line, t))
            continue
        figures = json.loads(line, parse_float=Decimal)
        text = figures["text"]
        if text in without:
            continue
        parts.append("; " if text == before else "")
        parts.append(filled(load_evidence().texts[text][t.index], figures, t, titles))
        before = text
    return _tidy("".join(parts), t)


def filled(text: str, figures: Mapping[str, Any], t: Language, titles: Mapping[str, Row]) -> str:
    """A text with its figures as the language writes them."""
    pieces = _parsed(text, t.index)
    unknown = {piece.group for piece in pieces if piece.group and piece.name and figures.get(piece.name) is None}
    return "".join(
        _shown(piece, figures.get(piece.name), t, titles) if piece.name else piece.literal
        for piece in pieces
        if piece.group not in unknown
    )


def finding(lines: Sequence[Row], violations: Sequence[Row], t: Language) -> str:
    """What one check found: its first rows that break the rule, and how many more there are.

    Args:
        lines: its failed rows of ``quality.check_results``.
        violations: its rows of ``quality.check_violations``.
    """
    texts = load_evidence().findings
    first = lines[0]
    if first.numerator is None:
        return texts["unjudged"][t.index]
    whole = {"numerator": first.numerator, "denominator": first.denominator}
    rows = [json.loads(row.violation, parse_float=Decimal) for row in violations]
    told = []
    for row in rows[:FINDINGS_TOLD]:
        name, figures = first.check_name, row
        if "threshold" in row:
            compared = {key: Decimal(str(row[key])) for key in ("numerator", "denominator", "threshold")}
            name = "agreement" if compared["threshold"] == 1 else "share"
            share = 100 * compared["numerator"] / compared["denominator"] if compared["denominator"] else None
            threshold = 100 * compared["threshold"] if name == "share" else None
            figures = {"member": row["member"], **compared, "share": share, "threshold": threshold}
        if name not in texts:
            break
        told.append(filled(texts[name][t.index], figures, t, {}))
    if not told:
        return _tidy(filled(texts["rows"][t.index], whole, t, {}), t)
    count = max((row.violation_count for row in violations), default=0) - len(told)
    more = filled(texts["more"][t.index], {"count": count, "denominator": first.denominator}, t, {})
    return _tidy("; ".join([*dict.fromkeys(told), *([more] if count > 0 else [])]), t)


def _shown(piece: Piece, value: Any, t: Language, titles: Mapping[str, Row]) -> str:
    if value is None:
        return piece.unknown
    if piece.decimals is not None:
        number = _exact(value)
        return t.number(number, 0 if number == number.to_integral_value() else piece.decimals)
    if piece.kind == "kpi":
        return t.of(titles[value], "title") if value in titles else str(value)
    if piece.kind == "word":
        words = load_evidence().words.get(str(value))
        return words[t.index] if words else str(value)
    if piece.kind == "day":
        return t.day(date.fromisoformat(str(value)[:10]))
    return translated(str(value), t) if piece.kind == "said" else str(value)


def _exact(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return Decimal(0)


@lru_cache(maxsize=512)
def _parsed(text: str, language: int) -> list[Piece]:
    return parse(text, language)


def _tidy(text: str, t: Language) -> str:
    """Without the gaps that a word of no letters leaves, such as the unit of a plain number; percent as the language writes it."""
    return re.sub(r" +(?=[ ,;.]|$)", "", text).replace(" %", "%" if t.code == "en" else f"{NO_BREAK}%")
