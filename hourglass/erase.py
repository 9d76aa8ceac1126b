"""``hourglass erase``: takes people out of everything that the home holds but the inbox, and writes a receipt.

The order of things makes a killed erasure harmless. First it is noted whom it is about, and they go on the list that ingestion honours.
Then the places that nothing is computed from are cleaned, then the raw tables. The nightly job computes and publishes what follows, once
for all of them, and last the database files are written anew. The next call, whoever it is for, finishes what was not reached; a receipt
is written at the end only.
"""

import os
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime

import duckdb

from assets.lock import LockHeldError, RunLock
from checks.store import forget_states
from config.home import Home
from config.settings import Settings, load_settings
from hourglass import leftovers, unfinished
from hourglass.receipt import MANY, Receipt, by_kind, iso
from hourglass.run import EXIT_BLOCKED, EXIT_FAILED, execute
from hourglass.scrub import scrub
from hourglass.terminal import UserError, complain, console
from pipelines import privacy
from pipelines.erasure import Name, People, Removed, count_rows, find, remove
from pipelines.holding import files_holding
from pipelines.load import working_folder
from pipelines.names_in_text import Names, hide_texts
from pipelines.registry import prepare, transaction
from pipelines.suppression import Suppression, digest, is_distinctive, load_key, save
from sql.changes import forget_propagated, note_gone, table_exists
from sql.publish import forget_published_file
from sql.quoting import quoted_text
from sql.rewrite import rewrite

STARTED_BY = "hourglass erase"
WITHDRAWN = "withdrawn"
REFUSALS = "core.int_refusals"
KEPT_LOGS = ("kpi.kpi_history", "kpi.restatements", "quality.check_results", "quality.check_violations")
"""Tables of the warehouse that are not computed anew from the raw tables."""


def erase(home: Home, seeds: Sequence[Name], *, withdrawn: bool = False, dry_run: bool, is_json: bool) -> int:
    """Erase people and say what was done; returns the exit status: 0, 1 (something is left), 2 (done, but checks block publishing).

    Args:
        home: whose data.
        seeds: the people, each (``visitor`` | ``email`` | ``customer``, value).
        withdrawn: every visitor too whose newest word on consent was a refusal when the models were last built.
        dry_run: only say what would go.
        is_json: for programs.

    Raises:
        UserError: a value is empty, nobody is named, there is no such home, or a run is under way.
        ConfigError: the settings can't be used.
    """
    seeds = [(kind, value.strip()) for kind, value in seeds]
    for kind, value in seeds:
        if not value or (kind == "email" and "@" not in value):
            raise UserError(f"{'an e-mail address' if kind == 'email' else f'the id of a {kind}'} is expected")
    if not seeds and not withdrawn:
        raise UserError("say whom: --visitor, --email, --customer or --withdrawn")
    settings = load_settings(home)
    if not home.root.is_dir():
        raise UserError(f"there is no home at {home.root}; set HOURGLASS_HOME")
    home.create()
    try:
        with RunLock(home.lock).held(run_id="", started_by=STARTED_BY):
            return _Erasure(home, settings, seeds, withdrawn=withdrawn, is_json=is_json).run(dry_run=dry_run)
    except LockHeldError as error:
        raise UserError(
            f"a run is under way: {error.by or 'holder unknown'}. Wait for it, then call erase again; nothing was changed."
        ) from None


class _Erasure:
    def __init__(self, home: Home, settings: Settings, seeds: list[Name], *, withdrawn: bool, is_json: bool) -> None:
        self.home = home
        self.settings = settings
        self.seeds = seeds
        self.withdrawn = withdrawn
        self.is_json = is_json
        self.scratch = home.temporary / f"erase.{os.getpid()}"
        self.started_at = datetime.now(UTC)

    def run(self, *, dry_run: bool) -> int:
        begun = None if dry_run else unfinished.noted(self.home)
        with self._warehouse() as connection:
            prepare(connection)
            if self.withdrawn:
                self.seeds += _withdrawn(connection)
            self.seeds += begun.seeds if begun else []
            if not self.seeds:
                self._say("nobody has withdrawn consent, as of the newest run")
                return 0
            people = find(connection, self.seeds, privacy.load_key(self.home))
            gone_before = {}
            if begun:
                people.names |= set(begun.names)
                gone_before = {} if any(count_rows(connection, begun.names).values()) else begun.rows
        known = Suppression.of(self.home)
        suppression = known if known else Suppression(load_key(self.home) if not dry_run else b"dry")
        receipt = self._receipt(people, suppression)
        receipt.finishes_started_at = begun.started_at if begun else None
        names = Names(people.stand_ins(suppression))
        try:
            receipt.inbox_files = sorted(
                {*people.files, *files_holding(self.home, _searched(people.seeds), self.scratch)}
            )
        finally:
            shutil.rmtree(self.scratch, ignore_errors=True)
        receipt.other_files = leftovers.users_files_with(self.home, _searched(people.seeds))
        if dry_run:
            receipt.rows_removed = {table: count for table, count in people.rows.items() if count}
            receipt.tell(people, is_json=self.is_json, dry_run=True)
            return 0
        unfinished.note(
            self.home,
            unfinished.Begun(
                begun.started_at if begun else receipt.started_at,
                people.seeds,
                sorted(people.names),
                _summed(people.rows, gone_before),
            ),
        )
        suppression = suppression.with_names(people.suppressed())
        save(self.home, suppression)
        self._clean_beside(names, receipt)
        removed = self._clean_warehouse(people, suppression, names)
        receipt.rows_removed, receipt.cells_emptied = _summed(removed.rows, gone_before), removed.emptied
        receipt.texts_hidden = {table: count for table, count in removed.texts.items() if count}
        status = self._publish(people, names, receipt, is_changed=bool(removed.tables) or begun is not None)
        self._finish(names, receipt)
        receipt.left_over = leftovers.left_over(self.home, people, names)
        receipt.finished_at = iso(datetime.now(UTC))
        receipt.inbox_files = (
            [suppression.hide(path) for path in receipt.inbox_files] if self.is_json else receipt.inbox_files
        )
        path = receipt.write(self.home, suppression, self.started_at)
        receipt.tell(people, is_json=self.is_json, dry_run=False, path=path)
        if receipt.left_over or status == EXIT_FAILED:
            return EXIT_FAILED
        unfinished.forget(self.home)
        return status

    def _warehouse(self) -> duckdb.DuckDBPyConnection:
        connection = duckdb.connect(str(self.home.warehouse))
        connection.execute("set preserve_insertion_order = false")
        if self.settings.engine.memory_limit:
            connection.execute(f"set memory_limit = {quoted_text(self.settings.engine.memory_limit)}")
        return connection

    def _receipt(self, people: People, suppression: Suppression) -> Receipt:
        digests: dict[str, list[str]] = {}
        for kind, value in people.seeds:
            digests.setdefault(kind, []).append(digest(suppression.key, kind, value))
        asked_for = WITHDRAWN if self.withdrawn else next(iter(digests)) if len(digests) == 1 else MANY
        return Receipt(
            asked_for=asked_for,
            digests={kind: sorted(found) for kind, found in digests.items()},
            started_at=iso(self.started_at),
            names=by_kind(people.names),
            left_because_shared=by_kind(people.shared),
        )

    def _clean_beside(self, names: Names, receipt: Receipt) -> None:
        """Everything that nothing is computed from: scratch files, dlt's packages, Dagster's storage, reports."""
        self._say("cleaning Dagster's storage, reports and scratch files")
        shutil.rmtree(working_folder(self.home), ignore_errors=True)
        for leftover in self.home.temporary.iterdir():
            shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
        receipt.note(scrub(self.home, names))

    def _clean_warehouse(self, people: People, suppression: Suppression, names: Names) -> Removed:
        self._say("removing rows from the raw tables")
        with self._warehouse() as connection, transaction(connection):
            removed = remove(connection, people, suppression)
            changed_in_place = sorted(f"raw.{name}" for name in removed.in_place)
            for table in KEPT_LOGS:
                columns = leftovers.text_columns(connection, table)
                removed.texts[table] = hide_texts(connection, table, columns, names)
            for table, kept in sorted(removed.kept.items()):
                note_gone(connection, f"raw.{table}", kept)
            forget_propagated(connection, changed_in_place)
            forget_published_file(connection)
            forget_states(connection)  # what checks have said may name them
        return removed

    def _publish(self, people: People, names: Names, receipt: Receipt, *, is_changed: bool) -> int:
        """Compute and publish what follows; where that can't be, take the people out of the file that is out."""
        is_out = self.home.published.is_file()
        if not is_changed and not leftovers.in_database(self.home.published, people, names):
            receipt.published = "it held nothing of them" if is_out else receipt.published
            return 0
        self._say("computing and publishing what follows (the nightly job)")
        options: dict[str, object] = {"full_refresh": False, "since": "", "until": ""}
        outcome = execute(self.home, options, verbose=False, is_quiet=self.is_json)
        for fault in outcome.faults if outcome.status == EXIT_FAILED else ():
            complain(fault)
        if outcome.status == 0:
            receipt.published = "computed and published anew without them"
        elif is_out:
            leftovers.take_out_of_published(self.home, people, names, self.settings)
            receipt.published = (
                "not computed anew, since the run did not publish; their rows were taken out of the file that is out"
            )
        return outcome.status if outcome.status in (0, EXIT_BLOCKED) else EXIT_FAILED

    def _finish(self, names: Names, receipt: Receipt) -> None:
        """Write the warehouse anew, and look once more at what the run wrote."""
        self._say("writing the warehouse anew, so that freed blocks hold nothing either")
        engine = self.settings.engine
        rewrite(self.home.warehouse, self.home.temporary, memory_limit=engine.memory_limit, threads=engine.threads)
        receipt.note(scrub(self.home, names))

    def _say(self, text: str) -> None:
        if not self.is_json:
            console().print(f"[dim]{text}[/]")


def _withdrawn(connection: duckdb.DuckDBPyConnection) -> list[Name]:
    """Every visitor whose newest word on consent is a refusal. Raises UserError where no run has worked that out yet."""
    if not table_exists(connection, REFUSALS):
        raise UserError("no run has worked out yet who has withdrawn consent; call `hourglass run` first")
    query = f"select visitor_id from {REFUSALS} where refused_at is not null order by 1"
    return [("visitor", row[0]) for row in connection.execute(query).fetchall()]


def _searched(seeds: Sequence[Name]) -> list[str]:
    """What is looked for in the user's own files; what can't be told from other words there is known by the rows that were loaded."""
    found: set[str] = set()
    for kind, value in seeds:
        if is_distinctive(value):
            found |= {value, value.lower(), value.upper(), value.title()} if kind == "email" else {value}
    return sorted(found)


def _summed(*counts: dict[str, int]) -> dict[str, int]:
    names = sorted({name for count in counts for name, rows in count.items() if rows})
    return {name: sum(count.get(name, 0) for count in counts) for name in names}
