"""Exports made up from their own definitions: every platform, every language that a definition knows, as files of bytes.

The benchmark of exports and the fuzz test read them. The content is drawn from a seeded generator; the same seed gives the same bytes.
"""

import csv
import io
import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from pipelines.formats_model import ColumnSpec, Format, Named

SHAPES = ("rows", "long")
COMMA = ("nb", "sv", "da", "de", "fr", "es", "it", "pt", "nl")
FIRST_DAY = date(2026, 1, 20)
_COMMENTS = (
    "# " + "-" * 40,
    "# Rapport",
    "# Account: Fjellheim",
    "# Property: fjellheim.example",
    "# " + "-" * 40,
    "# All Users",
    "# Start date: 20260101",
    "# End date: 20260630",
)
# Texts out of which a definition takes an id, an account or an instant.
_ADDRESSES = {
    "tiktok": "https://www.tiktok.com/@fjellheim/video/75{0:017d}",
    "facebook": "https://www.facebook.com/fjellheim/posts/{0}",
    "x": "https://x.com/fjellheim/status/18{0:017d}",
    "linkedin": "https://www.linkedin.com/feed/update/urn:li:activity:73{0:017d}",
}


@dataclass(frozen=True)
class Style:
    """How a file is written: its language, decimal mark, delimiter and encoding."""

    language: str = "en"
    mark: str = "."
    delimiter: str = ","
    encoding: str = "utf-8"


@dataclass
class Export:
    """A made-up file: lines above the header, the header, the records, and by position which column of the definition it is."""

    format: Format
    style: Style
    titles: list[list[str]]
    header: list[str]
    columns: list[str]
    rows: list[list[str]]
    notes: list[str] = field(default_factory=list)

    def text(self) -> str:
        """The file's characters."""
        stream = io.StringIO(newline="")
        writer = csv.writer(stream, delimiter=self.style.delimiter, lineterminator="\n")
        writer.writerows([*self.titles, self.header, *self.rows])
        return stream.getvalue()

    def content(self) -> bytes:
        """The file's bytes."""
        return self.text().encode(self.style.encoding, errors="replace")

    @property
    def sidecar(self) -> str:
        """What a ``hourglass.yml`` beside it says, so that nothing is asked."""
        platform = self.format.platform or next(iter(self.format.platforms), None)
        lines = [
            "account: Fjellheim",
            "year: 2026",
            "downloaded_at: 2026-06-01",
            "currency: NOK",
            "time_zone: Europe/Oslo",
        ]
        return "\n".join([*lines, *([f"platform: {platform}"] if platform else [])]) + "\n"


def make(
    form: Format, *, language: str = "en", rows: int = 8, seed: int = 1, style: Style | None = None
) -> Export | None:
    """A file of that export; None for shapes that are not written here."""
    if form.shape not in SHAPES or form.rejoin or form.second_header or form.refused or _needs_breakdown(form):
        return None
    style = style or Style(language, "," if language in COMMA else ".")
    draw = random.Random(f"{form.id} {language} {seed}")
    header: list[str] = []
    columns: list[str] = []
    forbidden = form.forbidden.languages_by_name
    for name, spec in form.specs.items():
        text = _name(spec, style.language)
        if text and text.casefold() not in forbidden and text.casefold() not in {other.casefold() for other in header}:
            header.append(text.replace("{currency}", "NOK"))
            columns.append(name)
    title = next((_name(title, style.language) for title in form.titles), None)
    made = [[_value(form, name, number, style, draw) for name in columns] for number in range(rows)]
    titles = [[line] for line in _COMMENTS] if form.comments else [[title]] if title else []
    return Export(form, style, titles, header, columns, made)


def _needs_breakdown(form: Format) -> bool:
    """Whether the header must have a column for the members, which is none of the typed ones that are written here."""
    return any(all(name.startswith("breakdown:") for name in group) for group in form.any_of)


def restyled(export: Export, **changes: str) -> Export:
    """The same records, written with another delimiter or encoding."""
    return replace(export, style=replace(export.style, **changes))


def written(number: Decimal | int, mark: str) -> str:
    """A number as a country writes it, without grouping."""
    return str(number).replace(".", mark)


def _name(named: Named, language: str) -> str | None:
    """The first name in the language, else in English, else any."""
    for key in (language, "en", "any", *named.names):
        if named.names.get(key):
            return named.names[key][0]
    return None


def _value(form: Format, name: str, number: int, style: Style, draw: random.Random) -> str:
    spec = form.specs[name]
    bare = name.removeprefix("measure:")
    if any(other.source == name and (other.extract or other.decode) for other in form.specs.values()):
        return _ADDRESSES.get(form.platform or "", "https://fjellheim.example/{0}").format(10_000_000 + number)
    day = FIRST_DAY + timedelta(days=number)
    if spec.type in ("count", "money", "amount", "value", "rate", "share", "seconds"):
        return str(number % 24) if bare == "hour" else _number(spec, style, draw)
    if spec.type in ("date", "timestamp", "period", "span", "range"):
        return _day(form, spec, day, style)
    if spec.type == "id":
        return str(122_117_325_612_345 + number * 7_919)
    if spec.type == "flag":
        return next(iter(spec.meanings["yes"].languages_by_name)) if "yes" in spec.meanings else "true"
    if spec.values:
        return next(iter(spec.values.values()))[0]
    texts = {"currency": "NOK", "account": "Fjellheim", "country": "NO", "email": f"kari{number}@fjellheim.example"}
    return texts.get(bare) or f"{bare} blåbær, ål {number}"


def _number(spec: ColumnSpec, style: Style, draw: random.Random) -> str:
    if spec.type == "count":
        return str(draw.randrange(1, 90_000))
    if spec.type == "money":
        return written(Decimal(draw.randrange(100, 9_000_000)) / 100, style.mark)
    if spec.type == "share":
        share = Decimal(draw.randrange(1, 9_999))
        text = written(share / 100 if spec.unit in ("percent", "sign") else share / 10_000, style.mark)
        return text + "%" if spec.unit == "sign" else text
    if spec.unit == "clock":
        return f"0:{draw.randrange(0, 60):02d}:{draw.randrange(0, 60):02d}"
    if spec.unit == "hours":
        return written(Decimal(draw.randrange(1, 90_000)) / 100, style.mark)
    return str(draw.randrange(1, 90_000))


def _day(form: Format, spec: ColumnSpec, day: date, style: Style) -> str:
    if spec.type == "range":
        return f"{day.isoformat()} - {(day + timedelta(days=6)).isoformat()}"
    order = form.habit([style.language]) if form.order else None
    clock = " 10:30" if spec.type == "timestamp" else ""
    if order == "mdy":
        return day.strftime("%m/%d/%Y").replace("/", form.date_separator) + clock
    return day.isoformat() + clock
