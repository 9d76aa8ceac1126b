"""What happens to a table's rows and columns on the way here, and what may be made of them: cut lines, split cells, twin columns, ids.

Everything here either restores what can be proved or says why a record is refused; nothing is patched up.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from pipelines.recognise import Match
from pipelines.tables import Row
from pipelines.values import is_missing

_MANGLED_ID = re.compile(r"^\d(?:[.,]\d+)?[eE]\+\d+$")
_TWIN = re.compile(r" \((\d+)\)$")
_NUMBERS_DIGITS = 15
_CHANCE_DIGITS = 4
ROUNDED_ID = "a spreadsheet has rounded this id; export again and don't save it in between"


def rejoined(cells: list[str], match: Match) -> list[str]:
    """Undo a cut at inner commas: what is too much belongs to the text column; the values stand last."""
    position = match.columns[match.format.rejoin or ""]
    filled = len(cells) - next((i for i, cell in enumerate(reversed(cells)) if cell.strip()), len(cells))
    headers = max(match.columns.values()) + 1
    extra = filled - headers
    if extra <= 0:
        return cells
    joined = ",".join(cells[position : position + extra + 1])
    return [*cells[:position], joined, *cells[position + extra + 1 : filled]]


def cut_short(rows: Sequence[Row], width: int, read: Collection[int]) -> dict[int, str]:
    """Rows that were cut off, by position, with the reason: what their last cell was can't be known.

    Exports and spreadsheets leave out the last cells of a record that has nothing there; several do, at the same column. A line that
    ends where no other does, in a number, day or id (``read`` are their columns), may have lost a part of it.
    """
    short = {index: len(row.cells) for index, row in enumerate(rows) if len(row.cells) < width}
    widths = Counter(short.values())
    return {
        index: f"the line ends after {count} of {width} cells"
        for index, count in short.items()
        if widths[count] == 1 and count - 1 in read and any(character.isdigit() for character in rows[index].cells[-1])
    }


def twins(match: Match, rows: Sequence[Row]) -> tuple[Mapping[str, int], list[str]]:
    """The columns with the better one of two of the same name, and what there is to say about it.

    A Facebook export of 2025 has two columns Views, of which the second is always 0.
    """
    columns = dict(match.columns)
    notes = []
    for name, position in match.columns.items():
        spec = match.format.specs.get(name)
        others = twins_of(match, position)
        if spec is None or not others or spec.type in ("text", "url", "json"):
            continue
        filled = [p for p in (position, *others) if any(_says_something(row, p) for row in rows)]
        header = match.names[position]
        if filled and filled[0] != position:
            columns[name] = filled[0]
            notes.append(f"of the columns named {header}, the one with values was read")
        if len(filled) > 1 and any(_differ(row, filled) for row in rows):
            notes.append(f"warning: the columns named {header} differ; the first with values was read")
    return columns, notes


def twins_of(match: Match, position: int) -> list[int]:
    """The columns of the same name as one that is read."""
    base = match.names[position]
    taken = set(match.columns.values())
    return [
        other
        for other, name in enumerate(match.names)
        if other not in taken and (hit := _TWIN.search(name)) and name[: hit.start()] == base
    ]


def _says_something(row: Row, position: int) -> bool:
    text = row.cells[position].strip() if position < len(row.cells) else ""
    return not is_missing(text) and text.strip("0.,") != ""


def _differ(row: Row, positions: Iterable[int]) -> bool:
    return len({row.cells[p].strip() if p < len(row.cells) else "" for p in positions}) > 1


def rounded_ids(texts: Iterable[str], numeric: Iterable[bool]) -> set[str]:
    """Ids that a spreadsheet has rounded: ``1.8E+16``, numbers of a workbook with more digits than it keeps, zeros where digits were."""
    found: set[str] = set()
    long: set[str] = set()
    for text, is_number in zip(texts, numeric, strict=False):
        bare = text.strip()
        if _MANGLED_ID.match(bare) or (is_number and bare.isdigit() and int(bare) >= 2**53):
            found.add(text)
        elif bare.isdigit() and len(bare) > _NUMBERS_DIGITS:
            long.add(text)
    # A spreadsheet keeps fifteen digits. One id may end in zeros by chance; all of a column's long ones don't.
    lost = [len(text.strip()) - _NUMBERS_DIGITS for text in long if set(text.strip()[_NUMBERS_DIGITS:]) == {"0"}]
    return found | long if long and len(lost) == len(long) and sum(lost) >= _CHANCE_DIGITS else found
