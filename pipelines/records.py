"""The records of a recognised table: its rows without footnotes and totals, and why one is refused. Their columns: columns.py."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pipelines import damage, values
from pipelines.formats_model import normalise
from pipelines.limits import LIMITS
from pipelines.privacy import Mask
from pipelines.recognise import Match
from pipelines.tables import Block, Row

_DIGITS = re.compile(r"\d+")


@dataclass
class Records:
    """The records of one matched table, totals and notes apart. Lists are as long as ``rows``.

    ``faults`` says by row why it is refused; ``totals`` are rows that sum others up.
    """

    match: Match
    rows: list[Row]
    numeric: set[tuple[int, int]]
    totals: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: dict[int, list[str]] = field(default_factory=dict)

    def texts(self, position: int) -> list[str]:
        """One column's cells."""
        return [row.cells[position] if position < len(row.cells) else "" for row in self.rows]

    def refuse(self, index: int, reason: str) -> None:
        """Send one record to quarantine."""
        self.faults.setdefault(index, []).append(reason)


def records(block: Block, match: Match) -> Records:
    """The rows under the header, without footnotes, empty-export markers and totals."""
    form = match.format
    first = match.header + (2 if form.second_header or _describes(block, match) else 1)
    found = Records(match, [], set())
    width = len(match.names)
    footnotes = {_DIGITS.sub("#", name) for name in form.footnotes.languages_by_name}
    # A value beside its title has no header: the title is in the row itself.
    above = block.rows[match.header].cells if match.header >= 0 else match.names
    header = _compared([] if form.shape == "labelled" else above)
    repeated: list[int] = []
    numbers: dict[int, list[int]] = {}
    for line, column in block.numeric:
        numbers.setdefault(line, []).append(column)
    for index, row in enumerate(block.rows[first:], start=first):
        filled = [cell for cell in row.cells if cell.strip()]
        lone = normalise(filled[0]) if len(filled) == 1 else ""
        if lone and lone in form.empty.languages_by_name:
            found.notes.append("the export is empty: " + filled[0])
        elif lone and _DIGITS.sub("#", lone) in footnotes:
            found.notes.append("footnote: " + filled[0])
        elif header and normalise(text_at(row, 0)) == header[0] and len(filled) > 1 and _compared(row.cells) == header:
            repeated.append(row.line)
        elif _is_total(row, match):
            found.totals.append(row)
        else:
            position = len(found.rows)
            cells = damage.rejoined(row.cells, match) if form.rejoin else row.cells
            found.rows.append(Row(row.line, cells, row.fault))
            found.numeric.update((position, column) for column in numbers.get(index, ()))
            if any(cell.strip() for cell in cells[width:]):
                found.refuse(position, f"{len(cells)} cells under a header of {width}")
    found.notes += [header_again(len(repeated), f"line {repeated[0]}")] if repeated else []
    exact = {
        p for name, p in match.columns.items() if (spec := form.specs.get(name)) and spec.type not in ("text", "url")
    }
    cut = damage.cut_short(found.rows, _named_width(block, match), exact)
    faults = {position: row.fault for position, row in enumerate(found.rows) if row.fault}
    for position, reason in {**cut, **faults}.items():
        found.refuse(position, reason)
    columns, notes = damage.twins(match, found.rows)
    found.match = replace(match, columns=columns)
    found.notes.extend(notes)
    return found


def _compared(cells: Sequence[str]) -> list[str]:
    """A header as it is compared, without what stands behind its last name."""
    names = [normalise(cell) for cell in cells]
    while names[1:] and not names[-1]:
        names.pop()
    return names


def header_again(times: int, where: str) -> str:
    """What to say of a header that stands again between the records, as in exports that were put together."""
    return f"the header stands {times} more time{'s' * (times > 1)} between the records, first in {where}"


def _named_width(block: Block, match: Match) -> int:
    """How many cells a whole row has: up to the header's last name."""
    header = block.rows[match.header].cells if match.header >= 0 else match.names
    return max((position for position, cell in enumerate(header, start=1) if cell.strip()), default=0)


def _describes(block: Block, match: Match) -> bool:
    """Whether the line under the header says in words what the columns mean."""
    if not match.format.descriptions or match.header + 1 >= len(block.rows):
        return False
    cells = block.rows[match.header + 1].cells
    measures = [cells[p] for name, p in match.columns.items() if name.startswith("measure:") and p < len(cells)]
    return all(" " in cell.strip() and not values.is_missing(cell) for cell in measures)


def _is_labelled_total(row: Row, match: Match) -> bool:
    measures = [position for name, position in match.columns.items() if name.startswith("measure:")]
    if not measures or any(cell.strip() for cell in row.cells[: min(measures)]):
        return False
    beyond = [cell for cell in row.cells[max(measures) + 1 :] if cell.strip()]
    return bool(beyond) and not any(character.isdigit() for character in beyond[-1])


def _is_total(row: Row, match: Match) -> bool:
    totals = match.format.totals
    if totals is None:
        return False
    if totals.label_beyond and _is_labelled_total(row, match):
        return True
    if totals.column and totals.column in match.columns:
        if totals.says(normalise(text_at(row, match.columns[totals.column]))):
            return True
    elif totals.names and totals.says(normalise(next((cell for cell in row.cells if cell.strip()), ""))):
        return True
    blank = [match.columns[name] for name in totals.blank if name in match.columns]
    blank += [position for name, position in match.columns.items() if totals.blank and name.startswith("breakdown:")]
    return bool(blank) and not any(row.cells[p].strip() for p in blank if p < len(row.cells))


def text_at(row: Row, position: int) -> str:
    """A cell of a row; empty where the row ends before it."""
    return row.cells[position] if position < len(row.cells) else ""


def raw_text(row: Row, mask: Mask) -> str:
    """A record for the quarantine: its cells, addresses masked, cut to a readable length."""
    return mask(" | ".join(row.cells).rstrip(" |"))[: LIMITS.raw_text_characters]
