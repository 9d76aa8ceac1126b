"""What stands around a table rather than in it: comment lines above it, other tables of the export, the export's name.

Google Analytics opens each table with lines such as ``# Start date: 20260101``. They are read by their place and their digits, not by
their words, so that they mean the same in every language.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Self

from pipelines.tables import Block

COMMENT = "#"
RULE = "# " + "-" * 40
_RULE = re.compile(r"^-{5,}$")
_BOTH_DAYS = re.compile(r"^(?P<first>\d{8})\s*-\s*(?P<last>\d{8})$")
_ONE_DAY = re.compile(r":\s*(?P<day>\d{8})$")


@dataclass(frozen=True)
class Told:
    """Whose table it is, of which days (first and last), and to what the tool had restricted it (``filters``, empty for nothing);
    ``seen`` are the first and last day of the export's daily table, which may leave out days without anything.
    """

    account: str | None = None
    period: tuple[date, date] | None = None
    filters: str | None = None
    seen: tuple[date, date] | None = None

    def completed(self, other: "Told") -> "Told":
        """What this one says, and where it says nothing, what the other does."""
        return Told(
            self.account or other.account,
            self.period or other.period,
            other.filters if self.filters is None else self.filters,
            self.seen or other.seen,
        )

    def __str__(self) -> str:
        """In words, for whoever asks how a file was recognised."""
        days = self.period or self.seen
        parts = [f"of {self.account}"] if self.account else []
        parts += [f"{days[0]} to {days[1]}"] if days else []
        parts += [f"restricted to {self.filters}"] if self.filters else []
        return ", ".join(parts)


@dataclass(frozen=True)
class Comments:
    """The comment lines above the tables of one export. ``told`` is what they say of the next table; ``segment`` a line that
    names whom it is about.
    """

    told: Told = Told()
    segment: str | None = None
    has_head: bool = False

    def followed_by(self, lines: Sequence[str]) -> Self:
        """The comments with the next lines read: a head between two rules counts for the whole file, days for what follows."""
        head, rest = _parts(lines)
        told = self.told
        if head:
            told = replace(told, account=_account(head))
        period = _period([*head, *rest]) or told.period
        named = [line for line in rest if not _is_day(line)]
        # The cards of an overview are headed by questions; any other line names the people that the table is about.
        segment = next((line for line in named if not line.endswith("?")), None if head or named else self.segment)
        return replace(self, told=replace(told, period=period), segment=segment, has_head=bool(head) or self.has_head)


def has_comments(blocks: Sequence[Block]) -> bool:
    """Whether the file opens with a comment line that is a rule, as Analytics' exports do."""
    first = blocks[0].rows[0].cells[0].strip() if blocks else ""
    return first.startswith(COMMENT) and bool(_RULE.match(first[1:].strip()))


def split_comments(block: Block) -> tuple[list[str], Block | None]:
    """The comment lines that a block begins with, without their mark, and the rest of the block (None where nothing is left)."""
    count = 0
    for row in block.rows:
        if not row.cells[0].lstrip().startswith(COMMENT):
            break
        count += 1
    lines = [",".join(row.cells).rstrip(", ").lstrip()[1:].strip() for row in block.rows[:count]]
    if count == len(block.rows):
        return lines, None
    numeric = {(index - count, column) for index, column in block.numeric if index >= count}
    return lines, Block(block.rows[count:], block.sheet, numeric)


def _parts(lines: Sequence[str]) -> tuple[list[str], list[str]]:
    """The lines between the first two rules, and all others; blank lines say nothing."""
    rules = [index for index, line in enumerate(lines) if _RULE.match(line)]
    head = lines[rules[0] + 1 : rules[1]] if len(rules) > 1 else []
    rest = lines[rules[1] + 1 :] if len(rules) > 1 else [line for line in lines if not _RULE.match(line)]
    return [line for line in head if line], [line for line in rest if line]


def _is_day(line: str) -> bool:
    return bool(_BOTH_DAYS.match(line) or _ONE_DAY.search(line))


def _account(head: Sequence[str]) -> str | None:
    """A report's head is title, account, property; an exploration's is property, name, days."""
    if any(_BOTH_DAYS.match(line) for line in head):
        return head[0]
    labelled = [line.partition(":")[2].strip() for line in head[1:] if ":" in line and not _is_day(line)]
    return next((name for name in reversed(labelled) if name), None)


def _period(lines: Iterable[str]) -> tuple[date, date] | None:
    days: list[date] = []
    for line in lines:
        both = _BOTH_DAYS.match(line)
        one = _ONE_DAY.search(line)
        texts = [both["first"], both["last"]] if both else [one["day"]] if one else []
        for text in texts:
            try:
                days.append(date(int(text[:4]), int(text[4:6]), int(text[6:])))
            except ValueError:
                return None
    return (days[0], days[1]) if len(days) >= 2 and days[0] <= days[1] else None
