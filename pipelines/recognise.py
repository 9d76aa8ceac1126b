"""Which export is a table, and why: every known definition is held against every row that could be its header.

There is one mechanism for all platforms. A definition fits when all its required columns and one of its titles (where it
has any) are there and enough of the header is known; the best fit reads the table. Two platforms that fit equally well
are refused by name, and a table that nothing fits is told what it resembles most.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipelines.formats_model import ColumnSpec, Format, Formats, normalise
from pipelines.limits import LIMITS
from pipelines.periods import report_period
from pipelines.tables import Block, Row

# A header of which less is known resembles nothing.
NEAREST_SHARE = 0.2
_WITHOUT = "a header without "


@dataclass(frozen=True)
class Match:
    """A definition held against one header row.

    ``columns`` maps the definition's columns (``measure:`` before a measure, ``breakdown:`` before a breakdown,
    ``dimension:`` before what the members of a table are) to positions; ``currencies`` those whose header carries a currency;
    ``unmapped`` the headers that stay in ``original`` only. ``share`` is the part of the header that the definition knows,
    ``missing`` what it needs and does not find; ``above`` the lines over the header and the header's own cells.
    """

    format: Format
    header: int
    names: tuple[str, ...]
    columns: Mapping[str, int]
    currencies: Mapping[str, str]
    languages: Counter[str]
    title: str | None
    said: Mapping[str, str]
    unmapped: tuple[str, ...]
    share: float
    missing: tuple[str, ...]
    needs_evidence: bool = False
    above: tuple[str, ...] = ()

    @property
    def fits(self) -> bool:
        """Whether the table can be read by this definition."""
        return not self.missing and not self.needs_evidence and self.share >= self.format.minimum_share

    @property
    def rank(self) -> tuple[float, int, int]:
        """For comparing fits: title and share first, then how many columns are known."""
        return (round(self.share, 3) + (0.5 if self.title else 0), len(self.columns), self.format.order_of_choice)

    def name_of(self, column: str) -> str:
        """What the export calls a part of the definition, in its header's language where that is known."""
        part = self.format.header_parts[column]
        if not part.names and isinstance(part, ColumnSpec) and part.source:
            # It is taken out of another column.
            return self.name_of(part.source)
        names = part.names or {"any": [column.replace("_", " ")]}
        languages = [language for language, _count in self.languages.most_common() if language in names]
        return names[next(iter([*languages, *names]))][0]

    @property
    def lacking(self) -> tuple[str, ...]:
        """What is missing, in the export's own words where a column is."""
        known = self.format.header_parts.keys()
        return tuple(
            " or ".join(f"`{self.name_of(name)}`" for name in group.split(" or "))
            if set(group.split(" or ")) <= known
            else group
            for group in (f"measure:{name}" if name in self.format.measures else name for name in self.missing)
        )

    @property
    def strangers(self) -> tuple[str, ...]:
        """The headers that the definition does not know at all, in any language."""
        known = self.format.known
        return tuple(name for name in self.unmapped if not known.says(normalise(name)))

    @property
    def locale(self) -> str | None:
        """The languages of the header, the most frequent first."""
        named = [language for language, _count in self.languages.most_common() if language != "any"]
        return "+".join(named) or None


@dataclass
class Recognition:
    """The outcome for one table: the match that reads it, or the reason why none does; and all candidates, best first."""

    match: Match | None = None
    reason: str | None = None
    question: str | None = None
    candidates: list[Match] = field(default_factory=list)

    @property
    def nearest(self) -> str | None:
        """A line about the best candidate that does not fit."""
        near = [m for m in self.candidates if not m.fits and m.share >= NEAREST_SHARE]
        best = max(near, key=lambda m: m.share / (1 + len(m.missing) + m.needs_evidence), default=None)
        return nearest_text([(best.format.id, best.share, best.lacking)]) if best else None


def nearest_text(candidates: Sequence[tuple[str, float, Sequence[str]]]) -> str | None:
    """A line about the first of the candidates (name, share of the header that is known, what is missing)."""
    for name, share, missing in candidates:
        lacking = f"; missing: {', '.join(missing)}" if missing else ""
        return f"{name} ({share:.0%} of the columns are known{lacking})"
    return None


def recognise(
    block: Block,
    formats: Formats,
    *,
    path: str,
    platform: str | None,
    preamble: Sequence[str] = (),
    commented: bool = False,
) -> Recognition:
    """Find the definition that reads a block. ``platform`` is the sidecar's; ``preamble`` title lines that stand above it;
    ``commented`` says that the file's tables stand under lines that begin with ``#``.
    """
    found: list[Match] = []
    rows = block.rows[: LIMITS.header_search_rows]
    for index, row in enumerate(rows):
        cells = [normalise(cell) for cell in row.cells]
        if not any(cells):
            continue
        above = [*map(normalise, preamble), *(title for title in map(_title, rows[:index]) if title)]
        for candidate in formats.all:
            match = _hold(candidate, block, index, cells, above, path, platform)
            if match and candidate.comments != commented:
                needed = "the lines above it that begin with #" if candidate.comments else "a table without # lines"
                match = replace(match, missing=(*match.missing, needed))
            if match:
                found.append(replace(match, above=(*above, *(cell for cell in cells if cell))))
        # What stands below a header that fits is data.
        if any(match.fits for match in found):
            break
    found.sort(
        key=lambda match: (match.fits, -len(match.missing) / max(1, len(match.format.required)), match.rank),
        reverse=True,
    )
    fitting = [match for match in found if match.fits]
    if not fitting:
        return _unknown(found, platform)
    best = fitting[0]
    rivals = [m for m in fitting[1:] if m.rank[:2] == best.rank[:2] and m.format.platform != best.format.platform]
    told = [m for m in (best, *rivals) if m.format.platform == platform]
    if rivals and len(told) != 1:
        names = " and ".join(sorted({f"{m.format.platform} ({m.format.id})" for m in (best, *rivals)}))
        return Recognition(None, f"fits {names} equally well", "platform", found)
    return Recognition(told[0] if rivals else best, candidates=found)


def _title(row: object) -> str:
    """A row as a title: its cells joined; Excel cuts a title at its commas when it saves the file again."""
    cells = [cell for cell in getattr(row, "cells", []) if cell.strip()]
    return normalise(",".join(cells)) if len(cells) <= 3 else ""


def _unknown(found: list[Match], platform: str | None) -> Recognition:
    weak = [m for m in found if m.needs_evidence and not m.missing and m.share >= m.format.minimum_share]
    # Where it is said already, to ask whether it is another one would mislead.
    weak = [m for m in weak if platform in (None, m.format.platform)]
    unread = [m for m in found if _is_unread(m)]
    if unread and all(unread[0].share >= match.share for match in weak):
        return Recognition(None, f"like {unread[0].format.id}, which needs {unread[0].missing[0]}", None, found)
    if weak:
        names = " or ".join(sorted({f"{m.format.platform} ({m.format.id})" for m in weak[:3]}))
        return Recognition(
            None, f"could be from {names}; neither header nor file name tells the platform", "platform", weak
        )
    return Recognition(None, "not a known export", None, found)


def _is_unread(match: Match) -> bool:
    """Whether it is this export but for a column that makes it another report, such as one that leaves a part of the money out."""
    only = len(match.missing) == 1 and match.missing[0].startswith(_WITHOUT)
    return only and not match.needs_evidence and match.share >= match.format.minimum_share


def _hold(
    candidate: Format,
    block: Block,
    index: int,
    cells: list[str],
    titles: Sequence[str],
    path: str,
    platform: str | None,
) -> Match | None:
    """Hold one definition against one row; None when they have nothing in common."""
    by_title = candidate.shape in ("transposed", "single", "grid")
    anything = candidate.shape in ("currencies", "labelled") or not candidate.all_names.isdisjoint(cells)
    if not (titles if by_title else anything):
        return None
    title, said, title_language = _find_title(candidate, titles)
    if by_title:
        return _hold_by_title(candidate, block, index, title, said, title_language)
    if candidate.shape == "labelled":
        return _hold_by_label(candidate, block, index, cells)
    columns, currencies, languages = _map(candidate, cells)
    if title_language:
        languages[title_language] += 1
    filled = [position for position, cell in enumerate(cells) if cell]
    known = set(columns.values()) | {p for p in filled if cells[p] in candidate.known.languages_by_name}
    if candidate.shape == "currencies":
        known |= {p for p in filled if len(cells[p]) == 3 and cells[p].isalpha()}
    missing = [name for name in candidate.required if name not in columns and f"measure:{name}" not in columns]
    missing += [" or ".join(group) for group in candidate.any_of if not any(name in columns for name in group)]
    if candidate.dimensions and not any(name.startswith("dimension:") for name in columns):
        missing.append(" or ".join(candidate.dimensions))
    if candidate.titles and title is None:
        missing.append("the title line")
    if candidate.forbidden.languages_by_name.keys() & set(cells):
        missing.append(_WITHOUT + ", ".join(sorted(candidate.forbidden.languages_by_name.keys() & set(cells))))
    measures = sum(name.startswith("measure:") for name in columns)
    if measures < candidate.minimum_measures:
        missing.append(f"at least {candidate.minimum_measures} measures")
    if candidate.shape == "currencies" and len(known) < 4:
        return None
    if not columns or (len(missing) > max(1, len(candidate.required) // 2) and not candidate.add_columns):
        return None
    return Match(
        candidate,
        index,
        _header_names(block.rows[index].cells),
        columns,
        currencies,
        languages,
        title,
        said,
        tuple(block.rows[index].cells[position] for position in filled if position not in columns.values()),
        len(known & set(filled)) / len(filled),
        tuple(missing),
        needs_evidence=not _told(candidate, block, cells, titles, path, platform, languages),
    )


def _told(
    candidate: Format,
    block: Block,
    cells: Sequence[str],
    above: Sequence[str],
    path: str,
    platform: str | None,
    languages: Counter[str],
) -> bool:
    """Whether a header that many tools could have written is this platform's, by anything that tells."""
    evidence = candidate.evidence
    return (
        evidence is None
        or platform == candidate.platform
        or bool(evidence.pattern.search(path))
        or (block.sheet is not None and block.sheet.strip().casefold() in {name.casefold() for name in evidence.sheets})
        or any(cell in evidence.headers.languages_by_name for cell in cells)
        or (evidence.report_period and report_period(candidate, above, languages) is not None)
    )


def _hold_by_label(candidate: Format, block: Block, index: int, cells: Sequence[str]) -> Match | None:
    """One value beside its label, alone in its block."""
    filled = [position for position, cell in enumerate(cells) if cell]
    label = cells[filled[0]]
    if len(block.rows) != 1 or len(filled) != 2 or not candidate.report_period.says(label):
        return None
    names = _header_names(block.rows[index].cells)
    languages = Counter(
        [language for pattern, language in candidate.report_period.patterns if pattern.match(label)][:1]
    )
    columns = {"label": filled[0], "measure:value": filled[1]}
    return Match(candidate, index, names, columns, {}, languages, label, {}, (), 1.0, ())


def _hold_by_title(
    candidate: Format, block: Block, index: int, title: str | None, said: Mapping[str, str], language: str | None
) -> Match | None:
    """Tables whose header is data (members across): the title line right above tells what they are."""
    if title is None or index == 0 or _title(block.rows[index - 1]) != title:
        return None
    cells = [cell for cell in block.rows[index].cells if cell.strip()]
    if candidate.shape == "single":
        if len(block.rows) != index + 1 or len(cells) != 1:
            return None
    elif candidate.shape == "transposed":
        if len(block.rows) != index + 2 or len(cells) < 2:
            return None
    else:
        words = {name for spec in candidate.measures.values() for name in spec.languages_by_name}
        others = [normalise(cell) for cell in block.rows[index].cells[1:] if cell.strip()]
        if not others or not all(other in words for other in others):
            return None
    languages = Counter([language] if language else [])
    return Match(
        candidate, index, _header_names(block.rows[index].cells), {"member": 0}, {}, languages, title, said, (), 1.0, ()
    )


def _find_title(candidate: Format, titles: Sequence[str]) -> tuple[str | None, Mapping[str, str], str | None]:
    for text in reversed(titles):
        for title in candidate.titles:
            if text in title.languages_by_name:
                return text, title.set, title.languages_by_name[text][0]
    return None, {}, None


def _map(candidate: Format, cells: Sequence[str]) -> tuple[dict[str, int], dict[str, str], Counter[str]]:
    """Each column of the definition to the first header cell with one of its names that no other column has taken."""
    columns: dict[str, int] = {}
    currencies: dict[str, str] = {}
    votes: Counter[str] = Counter()
    taken: set[int] = set()
    places: dict[str, dict[int, tuple[str, ...]]] = {}
    priced: dict[tuple[str, int], str | None] = {}
    for position, cell in enumerate(cells):
        for name, languages in candidate.columns_by_name.get(cell, ()):
            places.setdefault(name, {})[position] = languages
    for name, part in candidate.patterned.items():
        for position, cell in enumerate(cells):
            for pattern, language in part.patterns if cell and position not in places.get(name, ()) else ():
                if hit := pattern.match(cell):
                    places.setdefault(name, {})[position] = (language,)
                    priced[name, position] = hit.groupdict().get("currency")
                    break
    for name in candidate.header_parts if places else ():
        position = min((position for position in places.get(name, ()) if position not in taken), default=-1)
        if position >= 0:
            columns[name] = position
            taken.add(position)
            votes.update(places[name][position])
            if currency := priced.get((name, position)):
                currencies[name] = currency.upper()
    return columns, currencies, _fewest(votes, candidate, cells)


def _fewest(votes: Counter[str], candidate: Format, cells: Sequence[str]) -> Counter[str]:
    """The smallest set of languages that explains the header: a word that two languages share speaks for the stronger one."""
    named: list[set[str]] = []
    for cell in cells:
        found = candidate.columns_by_name.get(cell, ())
        languages = {language for _name, spoken in found for language in spoken} - {"any"}
        if languages:
            named.append(languages)
    chosen: Counter[str] = Counter()
    while named:
        counts = Counter(language for languages in named for language in languages)
        best = max(sorted(counts), key=lambda language: (counts[language], votes[language], language == "en"))
        chosen[best] = counts[best]
        named = [languages for languages in named if best not in languages]
    return chosen


def _header_names(cells: Sequence[str]) -> tuple[str, ...]:
    """The header as given; a second column of the same name becomes ``Views (2)``."""
    seen: Counter[str] = Counter()
    names: list[str] = []
    for position, cell in enumerate(cells, start=1):
        name = cell.strip().replace("\u00ad", "") or f"column {position}"
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return tuple(names)


def side_by_side(block: Block, match: Match) -> list[tuple[Block, Match]]:
    """The tables of a block: one, or several that stand beside one another with the same first header."""
    if not match.format.side_by_side:
        return [(block, match)]
    head = [normalise(cell) for cell in block.rows[match.header].cells]
    first = head[min(match.columns.values())]
    starts = [position for position, cell in enumerate(head) if cell == first]
    parts: list[tuple[Block, Match]] = []
    for start, end in pairwise([*starts, max(len(row.cells) for row in block.rows)]):
        rows = [Row(row.line, row.cells[start:end]) for row in block.rows[match.header :]]
        kept = [index for index, row in enumerate(rows) if any(cell.strip() for cell in row.cells)]
        numeric = {
            (kept.index(line - match.header), column - start)
            for line, column in block.numeric
            if line - match.header in kept and start <= column < end
        }
        part = Block([rows[index] for index in kept], block.sheet, numeric)
        cells = [normalise(cell) for cell in part.rows[0].cells]
        columns, currencies, languages = _map(match.format, cells)
        names = _header_names(part.rows[0].cells)
        parts.append(
            (part, replace(match, header=0, names=names, columns=columns, currencies=currencies, languages=languages))
        )
    return parts
