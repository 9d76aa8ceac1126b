"""What an erasure says of itself: the receipt that is kept, and what is told on the terminal."""

import json
import os
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from config.home import Home
from hourglass.scrub import Scrubbed
from hourglass.terminal import complain, console
from pipelines.erasure import People
from pipelines.suppression import Suppression

MANY = "several"


@dataclass
class Receipt:
    """What an erasure did; it holds no name in clear, and is kept as proof in ``<home>/erased/receipts``.

    ``asked_for`` is the kind of name, ``withdrawn``, or ``several`` kinds; ``digests`` are keyed hashes of the names that were asked for,
    by kind. ``finishes_started_at`` is when an erasure began that was cut short and that this one has finished too.
    """

    asked_for: str
    digests: dict[str, list[str]]
    started_at: str
    finished_at: str = ""
    finishes_started_at: str | None = None
    names: dict[str, int] = field(default_factory=dict)
    left_because_shared: dict[str, int] = field(default_factory=dict)
    rows_removed: dict[str, int] = field(default_factory=dict)
    cells_emptied: dict[str, int] = field(default_factory=dict)
    texts_hidden: dict[str, int] = field(default_factory=dict)
    database_cells_hidden: dict[str, int] = field(default_factory=dict)
    files_hidden: int = 0
    files_renamed: int = 0
    files_removed: int = 0
    published: str = "nothing was published before"
    inbox_files: list[str] = field(default_factory=list)
    other_files: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)

    def note(self, done: Scrubbed) -> None:
        """Add what was hidden in files."""
        for name, count in done.databases.items():
            self.database_cells_hidden[name] = self.database_cells_hidden.get(name, 0) + count
        self.files_hidden += len(done.texts)
        self.files_renamed += done.renamed
        self.files_removed += len(done.removed)

    def write(self, home: Home, suppression: Suppression, started_at: datetime) -> Path:
        """Keep it, for the home's owner only."""
        folder = home.erased / "receipts"
        folder.mkdir(mode=0o700, exist_ok=True)
        digests = [digest for found in self.digests.values() for digest in found]
        which = digests[0][:8] if len(digests) == 1 else f"{len(digests)} people"
        path = folder / f"{started_at:%Y-%m-%dT%H%M%S}Z {self.asked_for} {which}.json"
        shown = self.__dict__ | {"inbox_files": [suppression.hide(name) for name in self.inbox_files]}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(shown, indent=2, ensure_ascii=False) + "\n")
        return path

    def tell(self, people: People, *, is_json: bool, dry_run: bool, path: Path | None = None) -> None:
        """Say it on the terminal, in words or as JSON."""
        if is_json:
            shown: dict[str, Any] = {"dry_run": dry_run, **self.__dict__}
            console().print_json(json.dumps(shown))
            return
        rows = sum(self.rows_removed.values())
        verb = "would go" if dry_run else "are gone"
        of = f" of {len(people.seeds):,} people" if len(people.seeds) > 1 else ""
        console().print(f"[bold]{rows:,} rows{of} {verb}[/]")
        for table, count in sorted(self.rows_removed.items()):
            console().print(f"  raw.{table:<24} {count:>10,}")
        listed = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(self.names.items()))
        whose = "these people's" if len(people.seeds) > 1 else "this person's"
        console().print(f"names and records that are {whose}: {listed}")
        if people.shared:
            shared = ", ".join(sorted({f"{kind} {value}" for kind, value in people.shared})[:10])
            console().print(
                f"[yellow]left, because rows of others have them too[/]: {escape(shared)}"
                + (f" and {len(people.shared) - 10} more" if len(people.shared) > 10 else "")
            )
        if not dry_run:
            console().print(f"published file: {self.published}")
        for name in self.inbox_files:
            console().print(f"[yellow]still in the inbox[/]: {escape(name)}", soft_wrap=True)
        for name in self.other_files:
            console().print(
                f"[yellow]in a file of the home that Hourglass did not write[/]: {escape(name)}", soft_wrap=True
            )
        if self.inbox_files:
            console().print(
                "These files are yours and were not changed. No run loads whom you erased from them again; delete or replace them to be rid"
                " of what they hold."
            )
        for place in self.left_over:
            complain(f"still there: {place}")
        if path is not None:
            console().print(f"receipt: {escape(str(path))}", soft_wrap=True)


def by_kind(names: set[tuple[str, str]]) -> dict[str, int]:
    """How many names there are of each kind."""
    kinds = sorted({kind for kind, _ in names})
    return {kind: sum(other == kind for other, _ in names) for kind in kinds}


def iso(moment: datetime) -> str:
    """A moment in UTC as it is written down."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
