"""What every file of tables becomes, text or workbook: blocks of rows of text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


class UnreadableFileError(Exception):
    """The bytes are not a table; the text says what they are instead, as far as that can be seen."""


@dataclass(frozen=True)
class Row:
    """One record: the line (in a sheet: the row) that it began on, its cells, and why they can't be told, where that is so."""

    line: int
    cells: list[str]
    fault: str | None = None


@dataclass
class Block:
    """Rows between two blank rows. ``numeric`` tells cells that a workbook stored as numbers: (row index, column)."""

    rows: list[Row]
    sheet: str | None = None
    numeric: set[tuple[int, int]] = field(default_factory=set)


def joined(first: Block, *others: Block) -> Block:
    """One block of the rows of several."""
    whole = Block(list(first.rows), first.sheet, set(first.numeric))
    for block in others:
        whole.numeric |= {(row + len(whole.rows), column) for row, column in block.numeric}
        whole.rows += block.rows
    return whole


def blocks_of(
    rows: Iterable[Row], sheet: str | None = None, numeric: set[tuple[int, int]] | None = None
) -> Iterator[Block]:
    """Cut at rows without content. ``numeric`` holds (line, column)."""
    block = Block([], sheet)
    for row in rows:
        if any(cell.strip() for cell in row.cells):
            index = len(block.rows)
            block.rows.append(row)
            if numeric:
                block.numeric.update(
                    (index, column) for column in range(len(row.cells)) if (row.line, column) in numeric
                )
        elif block.rows:
            yield block
            block = Block([], sheet)
    if block.rows:
        yield block
