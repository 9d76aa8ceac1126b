"""Where one installation keeps its things: the folders and files under ``HOURGLASS_HOME``."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Self

HOME_VARIABLE = "HOURGLASS_HOME"


def keep_private() -> None:
    """Files that this process makes from now on are its owner's only; the published files are let out on purpose (mode 0640)."""
    os.umask(0o077)


@dataclass(frozen=True)
class Home:
    """The layout of a home folder. Only paths: nothing is read or written before :meth:`create`."""

    root: Path

    @classmethod
    def from_environment(cls) -> Self:
        """The home that ``HOURGLASS_HOME`` names, else ``./data``; always absolute."""
        return cls(Path(os.environ.get(HOME_VARIABLE) or "data").expanduser().resolve())

    @property
    def inbox(self) -> Path:
        """Where files are dropped; never changed by us."""
        return self.root / "inbox"

    @property
    def config(self) -> Path:
        """Overrides of the shipped configuration, file by file."""
        return self.root / "config"

    @property
    def warehouse(self) -> Path:
        """The private database: one process writes it, nobody else opens it."""
        return self.root / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The file that BI tools read; replaced whole, never changed in place."""
        return self.root / "published" / "hourglass.duckdb"

    @property
    def published_reduced(self) -> Path:
        """The copy for a wider circle, without tables about single people; only where the settings ask for it."""
        return self.published.with_name("hourglass_reduced.duckdb")

    @property
    def reports(self) -> Path:
        """The weekly review and the measurement manual."""
        return self.root / "reports"

    @property
    def quarantine(self) -> Path:
        """A report for every file that waits for an answer."""
        return self.root / "quarantine"

    @property
    def dagster(self) -> Path:
        """Dagster's own home: runs, schedules, event log."""
        return self.root / "dagster"

    @property
    def erased(self) -> Path:
        """Who was erased, as keyed hashes, and a receipt for each; without it a full refresh would bring them back."""
        return self.root / "erased"

    @property
    def temporary(self) -> Path:
        """Scratch space on the same disk as the rest, so that a finished file can be renamed into place."""
        return self.root / ".tmp"

    @property
    def lock(self) -> Path:
        """Held by the run that is under way."""
        return self.root / "run.lock"

    def create(self) -> Self:
        """Make every folder that is missing; the home itself is readable by its owner only (it holds visitor-level data)."""
        if not self.root.exists():
            self.root.mkdir(parents=True, mode=0o700)
        for folder in (
            self.inbox,
            self.config,
            self.published.parent,
            self.reports,
            self.quarantine,
            self.dagster,
            self.temporary,
        ):
            folder.mkdir(parents=True, exist_ok=True)
        return self
