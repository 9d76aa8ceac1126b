"""``hourglass erase``: takes one person out of everything that the home holds but the inbox, and writes a receipt.

The order of things makes a killed erasure harmless. First the person goes on the list that ingestion honours. Then the places that nothing
is computed from are cleaned, then the raw tables. The nightly job computes and publishes what follows, and last the database files are
written anew. Called again with the same name it finishes what it did not reach.
"""

import json
import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from rich.markup import escape

from assets.lock import LockHeldError, RunLock
from config.home import Home
from config.settings import Settings, load_settings
from hourglass import leftovers
from hourglass.run import EXIT_BLOCKED, EXIT_FAILED, execute
from hourglass.scrub import Scrubbed, scrub
from hourglass.terminal import UserError, complain, console
from pipelines import privacy
from pipelines.erasure import Person, Removed, find, hide_texts, remove
from pipelines.holding import files_holding
from pipelines.load import working_folder
from pipelines.registry import prepare
from pipelines.secret import normalised_address
from pipelines.suppression import UNFINISHED, Suppression, digest, is_distinctive, load_key, save
from sql.changes import forget_propagated
from sql.publish import forget_published_file
from sql.quoting import quoted_text
from sql.rewrite import rewrite

STARTED_BY = "hourglass erase"
KEPT_LOGS = ("kpi.kpi_history", "kpi.restatements", "quality.check_results", "quality.check_violations")
"""Tables of the warehouse that are not computed anew from the raw tables."""


@dataclass
class Receipt:
    """What an erasure did; it holds no name in clear, and is kept as proof in ``<home>/erased/receipts``."""

    asked_for: str
    digest: str
    started_at: str
    finished_at: str = ""
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


def erase(home: Home, *, kind: str, value: str, dry_run: bool, is_json: bool) -> int:
    """Erase one person and say what was done; returns the exit status: 0, 1 (something is left), 2 (done, but checks block publishing).

    Raises:
        UserError: the value is empty, there is no such home, or a run is under way.
        ConfigError: the settings can't be used.
    """
    value = value.strip()
    if not value or (kind == "email" and "@" not in value):
        raise UserError(f"{'an e-mail address' if kind == 'email' else f'the id of a {kind}'} is expected")
    settings = load_settings(home)
    if not home.root.is_dir():
        raise UserError(f"there is no home at {home.root}; set HOURGLASS_HOME")
    home.create()
    try:
        with RunLock(home.lock).held(run_id="", started_by=STARTED_BY):
            return _Erasure(home, settings, (kind, value), is_json=is_json).run(dry_run=dry_run)
    except LockHeldError as error:
        raise UserError(
            f"a run is under way: {error.by or 'holder unknown'}. Wait for it, then call erase again; nothing was changed."
        ) from None


class _Erasure:
    def __init__(self, home: Home, settings: Settings, seed: tuple[str, str], *, is_json: bool) -> None:
        self.home = home
        self.settings = settings
        self.seed = seed
        self.is_json = is_json
        self.scratch = home.temporary / f"erase.{os.getpid()}"
        self.started_at = datetime.now(UTC)

    def run(self, *, dry_run: bool) -> int:
        with self._warehouse() as connection:
            prepare(connection)
            person = find(connection, self.seed, privacy.load_key(self.home))
        known = Suppression.of(self.home)
        suppression = known if known else Suppression(load_key(self.home) if not dry_run else b"dry")
        receipt = self._receipt(person, suppression)
        stand_ins = person.stand_ins(suppression)
        try:
            receipt.inbox_files = sorted({*person.files, *files_holding(self.home, self._searched(), self.scratch)})
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
        receipt.other_files = leftovers.users_files_with(self.home, self._searched())
        if dry_run:
            receipt.rows_removed = {table: count for table, count in person.rows.items() if count}
            self._tell(receipt, person, dry_run=True)
            return 0
        suppression = suppression.with_names(person.suppressed())
        save(self.home, suppression)
        unfinished = self.home.erased / UNFINISHED
        unfinished.touch(mode=0o600)
        self._clean_beside(stand_ins, receipt)
        removed = self._clean_warehouse(person, suppression, stand_ins)
        receipt.rows_removed, receipt.cells_emptied = removed.rows, removed.emptied
        receipt.texts_hidden = {table: count for table, count in removed.texts.items() if count}
        status = self._publish(person, stand_ins, receipt, is_changed=bool(removed.tables))
        self._finish(stand_ins, receipt)
        receipt.left_over = leftovers.left_over(self.home, person, stand_ins)
        receipt.finished_at = _iso(datetime.now(UTC))
        receipt.inbox_files = (
            [suppression.hide(path) for path in receipt.inbox_files] if self.is_json else receipt.inbox_files
        )
        path = self._write(receipt, suppression)
        self._tell(receipt, person, dry_run=False, path=path)
        if receipt.left_over or status == EXIT_FAILED:
            return EXIT_FAILED
        unfinished.unlink(missing_ok=True)
        return status

    def _warehouse(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(self.home.warehouse))
        connection.execute("set preserve_insertion_order = false")
        if self.settings.engine.memory_limit:
            connection.execute(f"set memory_limit = {quoted_text(self.settings.engine.memory_limit)}")
        return connection

    def _searched(self) -> list[str]:
        """What is looked for in the user's own files; what can't be told from other words there is known by the rows that were loaded."""
        kind, value = self.seed
        written = {value, value.lower(), value.upper(), value.title()} if kind == "email" else {value}
        return sorted(written) if is_distinctive(value) else []

    def _receipt(self, person: Person, suppression: Suppression) -> Receipt:
        kind, value = self.seed
        return Receipt(
            asked_for=kind,
            digest=digest(suppression.key, kind, normalised_address(value) if kind == "email" else value),
            started_at=_iso(self.started_at),
            names=_by_kind(person.names),
            left_because_shared=_by_kind(person.shared),
        )

    def _clean_beside(self, stand_ins: dict[str, str], receipt: Receipt) -> None:
        """Everything that nothing is computed from: scratch files, dlt's packages, Dagster's storage, reports."""
        self._say("cleaning Dagster's storage, reports and scratch files")
        shutil.rmtree(working_folder(self.home), ignore_errors=True)
        for leftover in self.home.temporary.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        self._note(scrub(self.home, stand_ins), receipt)

    def _note(self, done: Scrubbed, receipt: Receipt) -> None:
        for name, count in done.databases.items():
            receipt.database_cells_hidden[name] = receipt.database_cells_hidden.get(name, 0) + count
        receipt.files_hidden += len(done.texts)
        receipt.files_renamed += done.renamed
        receipt.files_removed += len(done.removed)

    def _clean_warehouse(self, person: Person, suppression: Suppression, stand_ins: dict[str, str]) -> Removed:
        self._say("removing rows from the raw tables")
        with self._warehouse() as connection:
            removed = remove(connection, person, suppression)
            for table in KEPT_LOGS:
                columns = leftovers.text_columns(connection, table)
                removed.texts[table] = hide_texts(connection, table, columns, stand_ins)
            forget_propagated(connection, [f"raw.{name}" for name in removed.tables])
            forget_published_file(connection)
        return removed

    def _publish(self, person: Person, stand_ins: dict[str, str], receipt: Receipt, *, is_changed: bool) -> int:
        """Compute and publish what follows; where that can't be, take the person out of the file that is out."""
        is_out = self.home.published.is_file()
        if not is_changed and not leftovers.in_database(self.home.published, person, stand_ins):
            receipt.published = "it held nothing of the person" if is_out else receipt.published
            return 0
        self._say("computing and publishing what follows (the nightly job)")
        options: dict[str, object] = {"full_refresh": False, "since": "", "until": ""}
        outcome = execute(self.home, options, verbose=False, is_quiet=self.is_json)
        for fault in outcome.faults if outcome.status == EXIT_FAILED else ():
            complain(fault)
        if outcome.status == 0:
            receipt.published = "computed and published anew without the person"
        elif is_out:
            leftovers.take_out_of_published(self.home, person, stand_ins, self.settings)
            receipt.published = "not computed anew, since the run did not publish; the person's rows were taken out of the file that is out"
        return outcome.status if outcome.status in (0, EXIT_BLOCKED) else EXIT_FAILED

    def _finish(self, stand_ins: dict[str, str], receipt: Receipt) -> None:
        """Write the warehouse anew, and look once more at what the run wrote."""
        self._say("writing the warehouse anew, so that freed blocks hold nothing either")
        engine = self.settings.engine
        rewrite(self.home.warehouse, self.home.temporary, memory_limit=engine.memory_limit, threads=engine.threads)
        self._note(scrub(self.home, stand_ins), receipt)

    def _write(self, receipt: Receipt, suppression: Suppression) -> Path:
        folder = self.home.erased / "receipts"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / f"{self.started_at:%Y-%m-%dT%H%M%S}Z {receipt.asked_for} {receipt.digest[:8]}.json"
        shown = receipt.__dict__ | {"inbox_files": [suppression.hide(name) for name in receipt.inbox_files]}
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(shown, indent=2, ensure_ascii=False) + "\n")
        return path

    def _say(self, text: str) -> None:
        if not self.is_json:
            console().print(f"[dim]{text}[/]")

    def _tell(self, receipt: Receipt, person: Person, *, dry_run: bool, path: Path | None = None) -> None:
        if self.is_json:
            shown: dict[str, Any] = {"dry_run": dry_run, **receipt.__dict__}
            console().print_json(json.dumps(shown))
            return
        rows = sum(receipt.rows_removed.values())
        verb = "would go" if dry_run else "are gone"
        console().print(f"[bold]{rows:,} rows {verb}[/]")
        for table, count in sorted(receipt.rows_removed.items()):
            console().print(f"  raw.{table:<24} {count:>10,}")
        listed = ", ".join(f"{count} {kind.replace('_', ' ')}" for kind, count in sorted(receipt.names.items()))
        console().print(f"names and records that are this person's: {listed}")
        if person.shared:
            shared = ", ".join(sorted({f"{kind} {value}" for kind, value in person.shared})[:10])
            console().print(
                f"[yellow]left, because rows of others have them too[/]: {escape(shared)}"
                + (f" and {len(person.shared) - 10} more" if len(person.shared) > 10 else "")
            )
        if not dry_run:
            console().print(f"published file: {receipt.published}")
        for name in receipt.inbox_files:
            console().print(f"[yellow]still in the inbox[/]: {escape(name)}", soft_wrap=True)
        for name in receipt.other_files:
            console().print(
                f"[yellow]in a file of the home that Hourglass did not write[/]: {escape(name)}", soft_wrap=True
            )
        if receipt.inbox_files:
            console().print(
                "These files are yours and were not changed. No run loads the person from them again; delete or replace them to be rid"
                " of what they hold."
            )
        for place in receipt.left_over:
            complain(f"still there: {place}")
        if path is not None:
            console().print(f"receipt: {escape(str(path))}", soft_wrap=True)


def _by_kind(names: set[tuple[str, str]]) -> dict[str, int]:
    kinds = sorted({kind for kind, _ in names})
    return {kind: sum(other == kind for other, _ in names) for kind in kinds}


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
