"""Known exports as data: what a definition under ``formats/`` may say, and the reading of all of them.

A definition says by which headers and titles an export is known, in every language that is known, and how each column is
read. A home may add its own in ``<home>/config/formats/*.yml``; one with the ``id`` of a shipped definition adds its
names (a further language, a renamed column) to it.
"""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from config.home import Home
from config.yaml_file import load_yaml
from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from pipelines.values import clean, know_months

SHIPPED = Path(__file__).with_name("formats")
MONTHS = "months.yml"
_LANGUAGE = re.compile(r"^(?:[a-z]{2}|any)$")
_OPTIONS = {"column", "columns"}
# What may stand in braces in a name, and what it matches in a normalised text.
_BLANKS = {"currency": "[a-z]{3}", "number": r"[\d.,' ]+", "any": ".+", "from": ".+?", "to": ".+"}

Names = dict[str, list[str]]
Order = Literal["mdy", "dmy"]


def normalise(text: str) -> str:
    """A header, title or total word as it is compared: no invisible characters, one blank, no case, plain quotes and dashes."""
    bare = clean(text).replace("’", "'").replace("–", "-").replace("—", "-").strip('"').rstrip(":").strip()
    return bare.casefold()


_BLANK = re.compile(r"\\\{(" + "|".join(_BLANKS) + r")\\\}")


def _filled(blank: re.Match[str]) -> str:
    return f"(?P<{blank[1]}>{_BLANKS[blank[1]]})"


class _Spec(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Named(_Spec):
    """Something with names by language: keys of two letters (or ``any``) in YAML become :attr:`names`."""

    names: Names = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def languages_are_names(cls, data: Any) -> Any:
        """Collect ``en: Post ID`` and ``sv: [Publicerings-id]`` under ``names``."""
        if isinstance(data, str | list):
            data = {"any": data}
        if not isinstance(data, dict):
            return data
        rest = {key: value for key, value in data.items() if not _LANGUAGE.match(key)}
        names = {
            key: [value] if isinstance(value, str) else value for key, value in data.items() if _LANGUAGE.match(key)
        }
        return {**rest, "names": {**rest.get("names", {}), **names}} if names else rest

    @cached_property
    def languages_by_name(self) -> Mapping[str, tuple[str, ...]]:
        """Normalised name -> the languages that use it."""
        found: dict[str, tuple[str, ...]] = {}
        for language, names in self.names.items():
            for name in names:
                key = normalise(name)
                found[key] = (*found.get(key, ()), language)
        return found

    @cached_property
    def patterns(self) -> list[tuple[re.Pattern[str], str]]:
        """Names with a blank in braces (``{currency}``, ``{number}``, ``{any}``, ``{from}``, ``{to}``), as patterns with the language."""
        return [
            (re.compile("^" + _BLANK.sub(_filled, re.escape(normalise(name))) + "$"), language)
            for language, names in self.names.items()
            for name in names
            if "{" in name
        ]

    def hit(self, text: str) -> re.Match[str] | None:
        """The first pattern that fits a normalised text."""
        return next((hit for pattern, _language in self.patterns if (hit := pattern.match(text))), None)

    def says(self, text: str) -> bool:
        """Whether a normalised text is one of the names."""
        return text in self.languages_by_name or self.hit(text) is not None


class ColumnSpec(Named):
    """How one column of an export is known and read.

    ``type`` is a type of ``raw_tables.yml``, or ``period`` (a day, or a word for the whole lifetime), ``range`` (two days in
    one cell), ``span`` (the first day of a ``unit``: week, month, quarter, year), ``hour``. ``unit`` is that of the export where
    it differs: ``hours``, ``milliseconds`` or ``clock`` for seconds, ``percent``, ``fraction`` or ``sign`` for shares. ``required``
    columns must be in the header and, numbers apart, filled in every record; with ``header`` a record may leave them blank.
    ``source`` and ``extract`` take a column out of another one's text, ``decode`` out of an id; a column with names of its own as
    well is read there where the source says nothing. ``meanings`` are the words of a flag, ``values`` the export's words for each
    of ours: a text that is not among them is refused. ``less`` names a count that is in this one and is taken off. A name may hold
    ``{currency}``.
    """

    type: str = "text"
    unit: str | None = None
    required: bool | Literal["header"] = False
    source: str | None = None
    extract: str | None = None
    decode: Literal["tiktok_id", "x_id"] | None = None
    meanings: dict[Literal["yes", "no"], Named] = Field(default_factory=dict)
    member_unit: Literal["count", "share", "seconds", "number"] = "count"
    values: dict[str, list[str]] = Field(default_factory=dict)
    less: str | None = None

    @cached_property
    def words(self) -> Mapping[str, str]:
        """Each word of ``values``, normalised -> the word that stands for it."""
        return {normalise(word): name for name, words in self.values.items() for word in words}


class TitleSpec(Named):
    """A title line and what it says: measure, platform, dimension, unit."""

    set: dict[str, str] = Field(default_factory=dict)


class TotalsSpec(Named):
    """How a total row is known: one of the words in ``column``, or every column of ``blank`` empty. ``check`` names what adds up.

    Without ``column`` the words stand in the row's first filled cell. With ``beside`` each total is that of the rows with the
    same text in that column. With ``label_beyond`` a total has nothing before the first measure and a label behind the last.
    """

    column: str | None = None
    beside: str | None = None
    blank: list[str] = Field(default_factory=list)
    label_beyond: bool = False
    check: list[str] = Field(default_factory=list)


class Evidence(_Spec):
    """For a header that many tools could have written: what tells, where the sidecar's platform doesn't.

    ``file_names`` are patterns, ``sheets`` names of a workbook's sheet, ``headers`` columns that only this platform has;
    ``report_period`` is true where the lines above the header, with the period in them, tell.
    """

    file_names: list[str]
    sheets: list[str] = Field(default_factory=list)
    headers: Named = Field(default_factory=Named)
    report_period: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """One pattern for all names, searched in a path without case."""
        return re.compile("|".join(f"(?:{name})" for name in self.file_names), re.IGNORECASE)


class Format(_Spec):
    """One export of one platform.

    ``shape`` says how its table lies: ``rows`` (a record a row), ``long`` (keys and measures, a raw row a measure), ``grid``
    (members down and across), ``transposed`` (members across, one row of values), ``single`` (one value), ``labelled`` (one
    value beside its title, which holds the day), ``currencies`` (a column a currency), ``rates`` (a row a day and currency),
    ``orders`` (one or several rows an order),
    ``subscriptions`` (the state of one a row), ``leads``.

    ``dimensions`` are the headers that a table of members may have, and what the members then are. ``order`` is the habit of
    numeric dates, or one a language (``any`` for the rest), ``date_separator`` what stands between their parts; with ``iso_days`` the
    export also writes YYYY-MM-DD, which elsewhere is a sign of a spreadsheet. ``report_period`` are the lines that say of which days
    the report is, ``labels`` those above the first table that say something beside them; with ``dates_are_starts`` a record's day may
    be the first one of its period. ``side_by_side`` tables stand beside one another under one header row. ``descriptions``: the
    line under the header may describe the columns.

    ``keep`` makes an export private: only the columns named there (of this definition) are kept as given, in ``original``; whatever
    else the file holds about people is read for what it is needed for and then gone, and the quarantine shows lines and reasons only.
    ``states`` maps the tool's words (of a status, of a stage) to ours. ``prefixes`` stand, by column, before ids that are unique
    within one kind of record only. ``parts`` are the amounts of an order that its rows tell in parts. ``clock`` is an IANA zone, or
    ``sidecar`` for exports in the user's own zone. ``remark`` goes into the notes of every file. ``add_columns`` says how a user adds
    a column that is missing. ``refused`` is the reason why an export that is known is not read.

    What analytics tools report also needs what stands around the table. ``comments``: the lines that begin with ``#`` above it
    must be there. ``beside``: the export's other tables tell days and filters. ``account_in_path`` are patterns of names that tell
    the account, ``dimensions_by_name`` of file names that tell what the members are. ``open_dimensions``: the columns before the
    first known measure are dimensions, also where they are not named here. ``words`` are names that stand in cells.
    """

    id: str
    platform: str | None = None
    source: str
    kind: str
    table: str
    shape: Literal[
        "rows",
        "long",
        "grid",
        "transposed",
        "single",
        "labelled",
        "currencies",
        "rates",
        "orders",
        "subscriptions",
        "leads",
    ]
    columns: dict[str, ColumnSpec] = Field(default_factory=dict)
    measures: dict[str, ColumnSpec] = Field(default_factory=dict)
    breakdowns: dict[str, Named] = Field(default_factory=dict)
    dimensions: dict[str, Named] = Field(default_factory=dict)
    known: Named = Field(default_factory=Named)
    titles: list[TitleSpec] = Field(default_factory=list)
    totals: TotalsSpec | None = None
    labels: Named = Field(default_factory=Named)
    footnotes: Named = Field(default_factory=Named)
    empty: Named = Field(default_factory=Named)
    constants: dict[str, str] = Field(default_factory=dict)
    ask: list[Literal["account", "platform", "year", "currency", "campaign", "time_zone"]] = Field(default_factory=list)
    platforms: list[str] = Field(default_factory=list)
    clock: str = "UTC"
    order: Order | dict[str, Order] | None = None
    iso_days: bool = False
    report_period: Named = Field(default_factory=Named)
    dates_are_starts: bool = False
    date_separator: Literal["/", "-"] = "/"
    side_by_side: bool = False
    period: Literal["lifetime", "period", "none"] = "none"
    years: Literal["sequence", "latest"] | None = None
    second_header: bool = False
    descriptions: bool = False
    rejoin: str | None = None
    future_zeros: str | None = None
    evidence: Evidence | None = None
    forbidden: Named = Field(default_factory=Named)
    minimum_share: float = 0.6
    minimum_measures: int = 0
    any_of: list[list[str]] = Field(default_factory=list)
    order_of_choice: int = 0
    keep: list[str] | None = None
    states: dict[str, Named] = Field(default_factory=dict)
    prefixes: dict[str, str] = Field(default_factory=dict)
    parts: list[str] = Field(default_factory=list)
    remark: str | None = None
    add_columns: str | None = None
    refused: str | None = None
    comments: bool = False
    beside: bool = False
    account_in_path: list[str] = Field(default_factory=list)
    dimensions_by_name: dict[str, list[str]] = Field(default_factory=dict)
    open_dimensions: bool = False
    words: dict[str, Named] = Field(default_factory=dict)

    @cached_property
    def required(self) -> tuple[str, ...]:
        """The columns that the header must have."""
        specs = {**self.columns, **self.measures}
        return tuple(name for name, spec in specs.items() if spec.required and (spec.source is None or spec.names))

    def habit(self, languages: Iterable[str]) -> Order | None:
        """How this export writes numeric dates under a header in these languages, the most frequent first."""
        if not isinstance(self.order, dict):
            return self.order
        return next((self.order[language] for language in languages if language in self.order), self.order.get("any"))

    @cached_property
    def specs(self) -> Mapping[str, ColumnSpec]:
        """Columns and measures together; a measure's key begins with ``measure:``."""
        return {**self.columns, **{f"measure:{name}": spec for name, spec in self.measures.items()}}

    @cached_property
    def states_by_name(self) -> Mapping[str, str]:
        """Normalised word of the tool -> our word for it."""
        return {name: state for state, named in self.states.items() for name in named.languages_by_name}

    @cached_property
    def header_parts(self) -> Mapping[str, Named]:
        """What a header cell may be: columns, measures (``measure:…``), breakdowns and dimensions, in the order of choice."""
        breakdowns = {f"breakdown:{name}": named for name, named in self.breakdowns.items()}
        dimensions = {f"dimension:{name}": named for name, named in self.dimensions.items()}
        return {**self.specs, **breakdowns, **dimensions}

    @cached_property
    def columns_by_name(self) -> Mapping[str, list[tuple[str, tuple[str, ...]]]]:
        """Normalised header -> the parts that have this name, with the languages in which they do."""
        found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
        for part, named in self.header_parts.items():
            for name, languages in named.languages_by_name.items():
                found.setdefault(name, []).append((part, languages))
        return found

    @cached_property
    def patterned(self) -> Mapping[str, Named]:
        """The parts with a blank in one of their names."""
        return {name: named for name, named in self.header_parts.items() if named.patterns}

    @cached_property
    def all_names(self) -> frozenset[str]:
        """Every name without a pattern that can stand in this export's header."""
        return frozenset(self.columns_by_name)


class _Entry(_Spec):
    """One definition as it stands in a file: a whole one, or names for one that is known (``extends``)."""

    extends: str | None = None
    columns: dict[str, Named] = Field(default_factory=dict)
    measures: dict[str, Named] = Field(default_factory=dict)
    breakdowns: dict[str, Named] = Field(default_factory=dict)
    dimensions: dict[str, Named] = Field(default_factory=dict)
    report_period: Named = Field(default_factory=Named)
    states: dict[str, Named] = Field(default_factory=dict)
    words: dict[str, Named] = Field(default_factory=dict)
    titles: list[TitleSpec] = Field(default_factory=list)
    totals: Named | None = None
    footnotes: Named = Field(default_factory=Named)
    empty: Named = Field(default_factory=Named)


class FormatFile(_Spec):
    """One file of definitions: new exports, and names to add to known ones."""

    exports: list[Format] = Field(default_factory=list)
    additions: list[_Entry] = Field(default_factory=list)


@dataclass
class Formats:
    """All known exports. ``key`` changes with any definition and with the code that reads them."""

    folders: tuple[Path, ...]
    key: str = ""
    _loaded: list[Format] = field(default_factory=list)

    @property
    def all(self) -> list[Format]:
        """Every export, read on first use. Raises ConfigError with file and line."""
        if not self._loaded:
            self._loaded = _read(_files(self.folders))
        return self._loaded


class _Months(RootModel[dict[str, Annotated[list[str], Field(min_length=12, max_length=12)]]]):
    """Names of months by language: twelve lines, January first, each of one or several words."""


def load_formats(home: Home | None = None, *more: Path) -> Formats:
    """The shipped definitions, the home's own and those of further folders; the same for the names of months.

    Raises:
        ConfigError: a ``months.yml`` is none; with file and line.
    """
    folders = (SHIPPED, *((home.config / "formats",) if home else ()), *more)
    named = [path for folder in folders for path in [folder / MONTHS] if path.is_file()]
    know_months({code: names for path in named[1:] for code, names in load_yaml(path, _Months).root.items()})
    digest = hashlib.sha256()
    for path in (*_files(folders), *named, *sorted(Path(__file__).parent.glob("*.py"))):
        digest.update(path.read_bytes())
    return Formats(folders, digest.hexdigest()[:16])


def _files(folders: Iterable[Path]) -> list[Path]:
    return [path for folder in folders for path in sorted(folder.rglob("*.yml")) if path.name != MONTHS]


def _read(files: Iterable[Path]) -> list[Format]:
    formats: dict[str, Format] = {}
    for path in files:
        content = load_yaml(path, FormatFile)
        for export in content.exports:
            formats[export.id] = export
        for addition in content.additions:
            for target in formats.values():
                if addition.extends in (target.id, target.source):
                    formats[target.id] = _extended(target, addition)
    return list(formats.values())


def _extended(target: Format, addition: _Entry) -> Format:
    """The format with the addition's names; parts that it does not have are left out."""
    data = target.model_dump()
    for part in ("columns", "measures", "breakdowns", "dimensions", "states", "words"):
        for name, named in getattr(addition, part).items():
            if name in data[part]:
                _add(data[part][name]["names"], named.names)
    for part in ("totals", "footnotes", "empty", "report_period"):
        named = getattr(addition, part)
        if named is not None and data[part] is not None:
            _add(data[part]["names"], named.names)
    if data["titles"]:
        data["titles"] += [title.model_dump() for title in addition.titles]
    return Format.model_validate(data)


def _add(names: Names, more: Names) -> None:
    for language, words in more.items():
        names[language] = [*names.get(language, []), *words]
