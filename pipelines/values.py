"""Text to numbers, shares, money and durations, by the evidence of the whole column.

``1.234`` is a thousand in one country and a bit more than one in the next. A column is read with the decimal mark that
its own values prove; where they prove none, the file's other columns count, then the language of the header; where
nothing tells, a whole number is read as such (a count has no decimals) and anything else is refused with the question.
Every distinct text is parsed once. Nothing is guessed silently: what can't be read comes back as a problem.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache
from pathlib import Path
from typing import Any

import yaml

MONTHS_FILE = Path(__file__).with_name("formats") / "months.yml"
MISSING = frozenset(
    {
        "",
        "-",
        "--",
        "---",
        "–",
        "—",
        "n/a",
        "#n/a",
        "na",
        "nan",
        "null",
        "none",
        "undefined",
        "(not set)",
        "ongoing",
        r"\n",
    }
)
COMMA_LANGUAGES = frozenset({"nb", "nn", "sv", "da", "de", "es", "fr", "nl", "it", "pt", "fi", "pl", "bg", "ru"})
DOT_LANGUAGES = frozenset({"en"})

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPACES = re.compile("[\\s\u00a0\u2007\u2009\u202f]+")
_CODES = "NOK|SEK|DKK|EUR|USD|GBP|ISK|CHF|PLN|CZK|HUF|RON|BGN|UAH|TRY|CAD|AUD|NZD|JPY|CNY|INR|BRL|ZAR"
_CURRENCY = re.compile(rf"^(?:{_CODES}|[Kk]r\.?|[$€£¥])\s*|\s*(?:{_CODES}|[Kk]r\.?|[$€£¥]|,-|:-)$")
# What names one currency; "kr", "$" and "¥" are of several.
_NAMED_CURRENCY = re.compile(rf"^[-+(]?\s*({_CODES}|[€£])|({_CODES}|[€£])\s*\)?$")
_SIGNS = {"€": "EUR", "£": "GBP"}
# As spreadsheets show what has more digits than the cell is wide; programs write a small e.
_SHORTENED = re.compile(r"^[-+]?\d+(?:[.,]\d+)?E\+\d+$")
_WITH_CURRENCY = frozenset({"money", "amount", "value", "rate"})
_NUMBER = re.compile(r"^[+-]?\d(?:[\d.,']*\d)?(?:[eE][+-]?\d+)?$|^[+-]?[.,]\d+$", re.ASCII)
_INNER_BLANK = re.compile(r"(?<=\d) (?=\d)")
_LESS = "less than|mindre enn|mindre än|mindre end|weniger als|moins de|menos de|meno di|minder dan"
_CENSORED = re.compile(rf"^(?:[<>]|{_LESS})\s*[\d.,]+\s*%?$", re.IGNORECASE)
_DAY = re.compile(r"^(?:\d{1,2}([./-])\d{1,2}\1(?:19|20)\d\d|(?:19|20)\d\d([./-])\d{1,2}\2\d{1,2})(?:[T ][\d:.]+)?$")
_DURATION = re.compile(r"^(?:(?P<hours>\d+):)?(?P<minutes>\d{1,3}):(?P<seconds>\d{1,2}(?:[.,]\d+)?)$")
# Amounts are given with two decimals, mostly: three of them may be a thousand that another country's spreadsheet wrote.
_DOUBTFUL = frozenset({"money", "amount", "value", "seconds"})
NO_DECIMALS = "No other value of the column has three decimals"
NO_MARK = "Nothing in the file tells the decimal mark"
_SCALES = {"count": 0, "money": 4, "amount": 4, "seconds": 3, "share": 6, "value": 6, "rate": 8}
_LIMITS = {"count": Decimal(2**63 - 1), "share": Decimal(1000), "rate": Decimal(10**10), "value": Decimal(10**12)}


@dataclass
class Column:
    """A parsed column: ``values`` in the order given (None where missing), ``problems`` distinct text -> why it is refused."""

    values: list[Any]
    problems: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def clean(text: str) -> str:
    """Without soft hyphens, zero-width characters and space around it; inner runs of any space become one blank."""
    # Nearly every cell is such; the patterns cost ten times as much.
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return _SPACES.sub(" ", _INVISIBLE.sub("", text)).strip()


def is_missing(text: str) -> bool:
    """Whether a cell says that there is no value."""
    return clean(text).lower() in MISSING


_own_months: dict[str, list[str]] = {}


@cache
def months() -> Mapping[str, int]:
    """Every known month name, lower case without dots -> 1 to 12."""
    data = yaml.load(MONTHS_FILE.read_text(encoding="utf-8"), yaml.CSafeLoader)
    languages = [*data.values(), *_own_months.values()]
    return {
        name: number for names in languages for number, line in enumerate(names, 1) for name in line.lower().split()
    }


def know_months(languages: Mapping[str, list[str]]) -> None:
    """Let this process know a home's own names of months, twelve a language, beside the shipped ones; those of before are forgotten."""
    if languages != _own_months:
        _own_months.clear()
        _own_months.update(languages)
        months.cache_clear()


def looks_like_date(text: str) -> bool:
    """Whether a cell of a numeric column is a date: a spreadsheet turned ``3.4`` into ``3.apr``, ``Mar-04`` or ``03.04.2026``."""
    if _is_whole(text):
        return False
    if _DAY.match(clean(text)):
        return True
    parts = [part for part in re.split(r"[\s.\-/]+", clean(text).lower()) if part]
    return 2 <= len(parts) <= 3 and any(part in months() for part in parts) and any(part.isdigit() for part in parts)


def decimal_marks(texts: Iterable[str]) -> set[str]:
    """The decimal marks (``.`` or ``,``) that numbers among the texts prove. Two marks mean a contradiction."""
    return {mark for text in texts if (mark := _proof(_bare(text)))}


def currency_of(text: str) -> str | None:
    """The currency that a cell names beside its amount (``NOK 1 200``, ``12,50 €``); None where it names none, or a sign of several."""
    hit = _NAMED_CURRENCY.search(clean(text))
    named = (hit[1] or hit[2]) if hit else None
    return _SIGNS.get(named, named) if named else None


def mark_of_languages(languages: Iterable[str]) -> str | None:
    """The decimal mark that the header's languages share, if they share one."""
    marks = {
        "," if language in COMMA_LANGUAGES else "."
        for language in languages
        if language in COMMA_LANGUAGES | DOT_LANGUAGES
    }
    return marks.pop() if len(marks) == 1 else None


def parse_numbers(
    texts: Sequence[str],
    kind: str,
    *,
    scale: str = "plain",
    mark: str | None = None,
    fallback_mark: str | None = None,
) -> Column:
    """Texts as ``int`` (kind count) or ``Decimal`` with the digits of the kind.

    ``scale`` is for shares: plain (0.18) or percent (5.22 means 0.0522); a percent sign makes a percentage of either.
    ``mark`` is a decimal mark that is known (workbook cells); ``fallback_mark`` is what file or language suggest.
    """
    distinct = dict.fromkeys(texts)
    present = [text for text in distinct if not is_missing(text)]
    column = Column([])
    marks = {mark} if mark else decimal_marks(present)
    if len(marks) > 1:
        column.notes.append("both the comma and the dot appear as decimal mark")
    known = next(iter(marks)) if len(marks) == 1 else None
    doubtful = kind in _DOUBTFUL and mark is None and not any(map(_has_three_decimals, present))
    read: dict[str, Any] = {}
    for text in distinct:
        try:
            read[text] = None if is_missing(text) else _number(text, kind, scale, marks, known, fallback_mark)
            if doubtful and read[text] is not None and _is_ambiguous(_bare(text)) and abs(read[text]) < 1000:
                why = NO_DECIMALS if known else NO_MARK
                raise _RefusedError(f"is it {_whole(text)} or {_bare(text).replace(',', '.')}? {why}")
        except _RefusedError as refusal:
            read[text] = None
            column.problems[text] = str(refusal)
    if any(_CENSORED.match(clean(text)) for text in present):
        column.notes.append("censored values such as < 10% were left empty")
    column.values = [read[text] for text in texts]
    return column


def parse_durations(texts: Sequence[str], *, fallback_mark: str | None = None) -> Column:
    """``0:04:34``, ``4:34`` or plain seconds as seconds with three digits."""
    clocks = [text for text in dict.fromkeys(texts) if ":" in text]
    plain = parse_numbers(["" if ":" in text else text for text in texts], "seconds", fallback_mark=fallback_mark)
    read: dict[str, Decimal | None] = {}
    for text in clocks:
        match = _DURATION.match(clean(text))
        if match and float(match["seconds"].replace(",", ".")) < 60:
            hours, minutes = int(match["hours"] or 0), int(match["minutes"])
            seconds = Decimal(match["seconds"].replace(",", "."))
            read[text] = (hours * 3600 + minutes * 60 + seconds).quantize(Decimal("0.001"))
        else:
            read[text] = None
            plain.problems[text] = "not a duration such as 0:04:34"
    plain.values = [read.get(text, value) for text, value in zip(texts, plain.values, strict=True)]
    return plain


_TRUE = frozenset(["true", "t", "1", "yes", "y", "ja", "j", "sant", "sann", "sand", "wahr", "oui", "sí", "si", "x"])
_FALSE = frozenset(["false", "f", "0", "no", "n", "nei", "nej", "nein", "usann", "falskt", "falsk", "falsch", "non"])


def parse_flags(texts: Sequence[str]) -> Column:
    """Yes and no in the project's languages as ``bool``."""
    column = Column([])
    read: dict[str, bool | None] = {}
    for text in dict.fromkeys(texts):
        word = clean(text).lower()
        read[text] = True if word in _TRUE else False if word in _FALSE else None
        if read[text] is None and not is_missing(text):
            column.problems[text] = "neither yes nor no"
    column.values = [read[text] for text in texts]
    return column


class _RefusedError(Exception):
    """A text that is not read; says why."""


def _bare(text: str) -> str:
    """The digits and marks of a number: no currency, no percent sign at its ends, a plain minus sign; blanks and apostrophes as ``'``."""
    if _is_whole(text):
        return text
    text = clean(text).replace("−", "-").removeprefix("%").removesuffix("%").strip().replace("’", "'")
    if text.startswith("(") and text.endswith(")"):
        text = "-" + text[1:-1]
    stripped = _CURRENCY.sub("", text, count=2)
    text = (stripped if any(character.isdigit() for character in stripped) else text).strip()
    return _INNER_BLANK.sub("'", text).replace(" ", "")


def _is_whole(text: str) -> bool:
    """Whether a text is digits alone, about which there is nothing to find out."""
    return text.isascii() and text.isdigit()


def _is_ambiguous(bare: str) -> bool:
    """Whether a number has one mark that may be of thousands or of decimals (``1.234``)."""
    return _NUMBER.match(bare) is not None and sum(map(bare.count, ".,")) == 1 and _proof(bare) is None


def _has_three_decimals(text: str) -> bool:
    """Whether a number has three decimals or more beyond doubt (``0.123``, ``1234.567``, ``1.2345``)."""
    bare = _bare(text)
    mark = _proof(bare)
    return mark is not None and len(bare.rpartition(mark)[2]) >= 3


def _whole(text: str) -> str:
    return _bare(text).replace(".", "").replace(",", "").replace("'", "")


def _proof(text: str) -> str | None:
    """The decimal mark that one number proves: ``1.234,5`` proves the comma, ``1,234`` alone proves nothing."""
    if not _NUMBER.match(text):
        return None
    dots, commas = text.count("."), text.count(",")
    if dots and commas:
        last = "." if text.rfind(".") > text.rfind(",") else ","
        return last if text.count(last) == 1 else None
    if dots + commas == 0:
        return None
    mark = "." if dots else ","
    other = "," if dots else "."
    if dots + commas > 1:
        return other if _grouped(text, mark) else None
    before, after = text.lstrip("+-").split(mark)
    exponent = "e" in after.lower()
    ambiguous = len(after) == 3 and not exponent and 1 <= len(before) <= 3 and before.strip("0") != ""
    return None if ambiguous else mark


def _grouped(text: str, separator: str) -> bool:
    first, *rest = text.lstrip("+-").split(separator)
    return 1 <= len(first) <= 3 and all(len(part) == 3 and part.isdigit() for part in rest)


def _number(text: str, kind: str, scale: str, marks: set[str], known: str | None, fallback: str | None) -> Any:
    bare = _bare(text)
    if _CENSORED.match(clean(text)):
        return None
    if looks_like_date(text):
        raise _RefusedError(
            "a spreadsheet has turned this number into a date; export again and don't save it in between"
        )
    if not _NUMBER.match(bare):
        raise _RefusedError("not a number")
    if _SHORTENED.match(bare):
        raise _RefusedError("a spreadsheet has shortened this number; export again and don't save it in between")
    if "%" in text and kind != "share":
        raise _RefusedError("a percentage where there is none; are the columns in their places?")
    if kind not in _WITH_CURRENCY and _CURRENCY.search(clean(text)):
        raise _RefusedError("an amount of money where there is none; are the columns in their places?")
    value = _decimal(bare, kind, marks, known, fallback)
    if kind == "share" and (scale == "percent" or "%" in text):
        value /= 100
    if kind == "count":
        if value != value.to_integral_value():
            raise _RefusedError("not a whole number")
        if abs(value) > _LIMITS["count"]:
            raise _RefusedError("too large")
        return int(value)
    if abs(value) >= _LIMITS.get(kind, Decimal(10**14)):
        raise _RefusedError("too large")
    return value.quantize(Decimal(1).scaleb(-_SCALES[kind]), ROUND_HALF_UP)


def _decimal(bare: str, kind: str, marks: set[str], known: str | None, fallback: str | None) -> Decimal:
    proof = _proof(bare)
    if "'" in bare:
        head = re.split(r"[.,]", bare, maxsplit=1)[0]
        if "'" in bare[len(head) :] or not _grouped(head, "'") or bare.count(".") + bare.count(",") > 1:
            raise _RefusedError("the digits are not grouped by three")
        bare = bare.replace("'", "")
        # With blanks for the thousands the one mark there is stands before decimals.
        proof = proof or next((mark for mark in ".," if mark in bare), None)
    mark = proof or known
    if "." in bare or "," in bare:
        if mark is None and len(marks) > 1:
            raise _RefusedError("the column uses both 1.234 and 1,234; which is the decimal mark can't be told")
        whole, fraction = bare.replace(".", "").replace(",", ""), bare.replace(",", ".")
        if mark is None and kind == "count":
            mark = "," if "." in bare else "."
            if fallback and fallback != mark:
                raise _RefusedError(f"is it {whole} or {fraction}? The rest of the file has {fallback} as decimal mark")
        mark = mark or fallback
        if mark is None:
            raise _RefusedError(f"is it {whole} or {fraction}? {NO_MARK}")
        group = "," if mark == "." else "."
        head = bare.split(mark, maxsplit=1)[0]
        if group in head and not _grouped(head, group):
            raise _RefusedError("the digits are not grouped by three")
        if bare.count(mark) > 1 or group in bare[len(head) :]:
            raise _RefusedError("not a number")
        bare = bare.replace(group, "").replace(mark, ".")
    try:
        return Decimal(bare)
    except InvalidOperation:
        raise _RefusedError("not a number") from None
