"""English, bokmål and Swedish: every text of the pages, and how numbers, money and dates are written in each.

Texts stand in ``messages.yml``, three to a key; those about the figures of rules, risks and checks in
``config/evidence.yml`` (:mod:`review.said`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from config.settings import REVIEW_LANGUAGES
from config.yaml_file import read_yaml

LANGUAGES = REVIEW_LANGUAGES
NAMES: Mapping[str, str] = {"en": "English", "nb": "Norsk bokmål", "sv": "Svenska"}
NO_BREAK = "\u00a0"
MINUS = "\u2212"
NOTHING = "–"
_KRONE: Mapping[str, str] = {"nb": "NOK", "sv": "SEK"}
_MONTHS: Mapping[str, str] = {
    "en": "January February March April May June July August September October November December",
    "nb": "januar februar mars april mai juni juli august september oktober november desember",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}


@lru_cache(maxsize=1)
def messages() -> Mapping[str, list[str]]:
    """Every text by key: English, bokmål, Swedish."""
    return read_yaml(Path(__file__).with_name("messages.yml")).data


@dataclass(frozen=True)
class Language:
    """One of the three languages. ``code`` is that of the ``lang`` attribute."""

    code: str

    @property
    def index(self) -> int:
        """Its place in lists of three."""
        return LANGUAGES.index(self.code)

    def say(self, key: str, **values: object) -> str:
        """A text of ``messages.yml`` with its blanks filled. Raises KeyError for one that is not there."""
        return messages()[key][self.index].format(**values)

    def word(self, group: str, value: str | None) -> str:
        """The word for one of a column's values, such as a status; a value without a word stands for itself."""
        if value is None:
            return NOTHING
        known = messages().get(f"{group}.{value}")
        return known[self.index] if known else value

    def of(self, row: Any, name: str) -> str:
        """The column of a row that is in this language, ``title_nb`` for example, else the English one."""
        text = getattr(row, f"{name}_{self.code}", None) or getattr(row, f"{name}_en", None)
        return str(text or "")

    def number(self, value: Decimal | int | None, decimals: int = 0, *, signed: bool = False) -> str:
        """A number with the language's marks: ``1,234.5`` or ``1 234,5``."""
        if value is None:
            return NOTHING
        rounded = Decimal(value).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_EVEN)
        text = f"{abs(rounded):,.{decimals}f}"
        if self.code != "en":
            text = text.replace(",", NO_BREAK).replace(".", ",")
        sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
        return sign + text

    def figure(
        self,
        value: Decimal | None,
        unit: str | None,
        currency: str | None = None,
        *,
        signed: bool = False,
        more: int = 0,
    ) -> str:
        """A value in its unit: ``18.0%``, ``18,0 %``, ``280 kr``; a change of percent is in percentage points. ``more`` decimals than
        usual."""
        if value is None:
            return NOTHING
        unit = unit or ""
        if unit.startswith("percent"):
            text = self.number(value, 1 + more, signed=signed)
            if signed:
                return f"{text}{NO_BREAK}{self.say('points')}"
            return f"{text}%" if self.code == "en" else f"{text}{NO_BREAK}%"
        if unit == "money":
            return self.money(value, currency or "", signed=signed, more=more)
        return self.number(value, _decimals(value, unit) + more, signed=signed)

    def standing(self, line: Any) -> str:
        """The value of a scorecard's line, precise enough to be told from where it should be where it is not there."""
        texts = [
            tuple(self.figure(value, line.unit, line.currency, more=more) for value in (line.value, line.expected))
            for more in (0, 1, 2)
        ]
        if line.status != "behind":
            return texts[0][0]
        return next((value for value, expected in texts if value != expected), texts[0][0])

    def money(self, value: Decimal, currency: str, *, signed: bool = False, more: int = 0) -> str:
        """An amount in its currency, the country's own as ``kr``."""
        text = self.number(value, (2 if abs(value) < 10 else 0) + more, signed=signed)
        if self.code == "en":
            return f"{currency}{NO_BREAK}{text}".strip()
        own = "kr" if currency == _KRONE[self.code] else currency
        return f"{text}{NO_BREAK}{own}".strip()

    def share(self, value: Decimal | None, decimals: int = 0) -> str:
        """A share from 0 to 1 as percent."""
        return self.figure(None, "percent") if value is None else self.percent(value * 100, decimals)

    def day(self, day: date | None, *, year: bool = True) -> str:
        """``9 November 2026``, ``9. november 2026``."""
        if day is None:
            return NOTHING
        dot = "." if self.code == "nb" else ""
        month = _MONTHS[self.code].split()[day.month - 1]
        return f"{day.day}{dot}{NO_BREAK}{month}" + (f" {day.year}" if year else "")

    def week(self, monday: date) -> str:
        """``week 46, 2026``."""
        year, number, _ = monday.isocalendar()
        return self.say("week_name", number=number, year=year)

    def days(self, monday: date) -> str:
        """The days of a week, ``9–15 November 2026``; both months where it crosses one."""
        sunday = monday + timedelta(days=6)
        if monday.month == sunday.month:
            dot = "." if self.code == "nb" else ""
            return f"{monday.day}{dot}–{self.day(sunday)}"
        return f"{self.day(monday, year=monday.year != sunday.year)} – {self.day(sunday)}"

    def period(self, kind: str, start: date) -> str:
        """A day, week or month as people call it."""
        if kind == "week":
            return self.week(start)
        if kind == "month":
            return f"{_MONTHS[self.code].split()[start.month - 1]} {start.year}"
        return self.day(start)

    def percent(self, value: Decimal, decimals: int) -> str:
        """A number of percent: ``18.0%``, ``18,0 %``."""
        text = self.number(value, decimals)
        return f"{text}%" if self.code == "en" else f"{text}{NO_BREAK}%"


def _decimals(value: Decimal, unit: str) -> int:
    if unit.startswith("count") or unit == "accounts" or abs(value) >= 1000:
        return 0 if value == value.to_integral_value() or abs(value) >= 10 else 1
    return 2 if abs(value) < 10 else 1
