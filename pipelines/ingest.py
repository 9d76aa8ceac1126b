"""One ingestion: what is new in the inbox becomes rows of ``raw``. Also runs alone: ``python -m pipelines.ingest``.

The order of things makes a killed run harmless: write down what is about to be loaded, load it, then commit the registry.
"""

import errno
import hashlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
from config.home import Home
from config.settings import Settings, load_settings

from pipelines import load, privacy, quarantine, registry, retention, rotation, suppression
from pipelines.archive import Document, documents
from pipelines.beside import neighbours_key
from pipelines.formats_model import Formats, load_formats
from pipelines.inbox import Inbox, InboxFile, outer_path, sha256
from pipelines.naming import dates_in
from pipelines.reading import DocumentReader, Payload
from pipelines.registry import LOADED, FileResult, KnownFile, SeenPath
from pipelines.schema import DATA_TABLES, RAW_TABLES
from pipelines.suppression import Suppression

# phase (scan, read, load, commit), how many of how many are done, and what is at hand
Progress = Callable[[str, int, int, str], None]

# In what is remembered of a file: what stands behind it is the digest of the files beside it.
_BESIDE = "|beside:"
_OF_THE_MACHINE = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EMFILE, errno.ENFILE)


@dataclass
class TableLoad:
    """What one raw table got: rows, how many files they came from, the seconds of the import, the files' ids."""

    rows: int = 0
    files: int = 0
    seconds: float = 0.0
    file_ids: list[str] = field(default_factory=list)


@dataclass
class IngestReport:
    """What one ingestion did.

    ``files`` are the files that were new or looked at again; ``unchanged`` counts the others. ``tables`` has every raw
    data table. ``replaced_tables`` lost rows that were there before (a file was read again under other circumstances), so
    whatever was derived from them must be rebuilt. ``details_dropped`` rows of visits before ``details_before`` were cut down.
    """

    files: list[FileResult] = field(default_factory=list)
    unchanged: int = 0
    tables: dict[str, TableLoad] = field(default_factory=lambda: {table.name: TableLoad() for table in DATA_TABLES})
    replaced_tables: set[str] = field(default_factory=set)
    removed_leftovers: int = 0
    details_before: datetime | None = None
    details_dropped: int = 0
    sidecar_faults: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @property
    def new_file_ids(self) -> dict[str, list[str]]:
        """By raw table, the ids of the files that were loaded into it; tables without any are left out."""
        return {name: loaded.file_ids for name, loaded in self.tables.items() if loaded.file_ids}


def ingest(
    home: Home,
    settings: Settings,
    *,
    connection: duckdb.DuckDBPyConnection,
    full_refresh: bool = False,
    progress: Progress | None = None,
    today: date | None = None,
) -> IngestReport:
    """Load what is new in the inbox into the schema ``raw`` of ``connection``, an open connection to the warehouse.

    ``full_refresh`` reads every file in the inbox again; rows of files that are gone from the inbox stay. A file that is
    not understood waits with its reason; only a failure of the machine (disk, database) raises. ``today`` is the day from which the
    retention of details is counted back.
    """
    day = today or datetime.now(UTC).date()
    return _Ingestion(home, settings, connection, full_refresh, progress or (lambda *_: None), day).run()


@dataclass
class _Ingestion:
    home: Home
    settings: Settings
    connection: duckdb.DuckDBPyConnection
    full_refresh: bool
    progress: Progress
    today: date
    report: IngestReport = field(default_factory=IngestReport)
    parts: dict[str, load.Part] = field(default_factory=dict)
    paths: dict[str, SeenPath] = field(default_factory=dict)
    replaced: set[str] = field(default_factory=set)
    present: dict[str, int] = field(default_factory=dict)
    extras: dict[str, list[str]] = field(default_factory=dict)
    results: dict[str, FileResult] = field(default_factory=dict)
    known: dict[str, KnownFile] = field(default_factory=dict)
    done: dict[str, KnownFile] = field(default_factory=dict)
    passed_on: set[str] = field(default_factory=set)
    suppression: Suppression = field(default_factory=lambda: Suppression(b""))
    old_key: bytes | None = None

    def run(self) -> IngestReport:
        self.home.create()
        self.suppression = Suppression.of(self.home)
        scratch = self.home.temporary / "ingest"
        load.clear(scratch)
        scratch.mkdir(parents=True)
        try:
            with self._timed("prepare"):
                self._prepare()
            with self._timed("read"):
                self._read(scratch)
            with self._timed("load"):
                self._load(scratch)
            with self._timed("commit"):
                self._commit()
        finally:
            load.clear(scratch)
        return self.report

    @contextmanager
    def _timed(self, phase: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.report.seconds[phase] = time.perf_counter() - started

    def _prepare(self) -> None:
        registry.prepare(self.connection)
        load.add_missing_columns(self.connection)
        self.old_key = rotation.begin(self.connection, self.home, full_refresh=self.full_refresh)
        if registry.leftovers(self.connection):
            load.drop_pending(self.home, self.connection)
            self.report.removed_leftovers = registry.remove_leftovers(self.connection)
        self.extras = load.extra_columns(self.connection)

    def _read(self, scratch: Path) -> None:
        formats = load_formats(self.home)
        inbox = Inbox(self.home.inbox, hide=self.suppression.hide)
        files = list(inbox.walk())
        self.present = {file.path: place for place, file in enumerate(files)}
        seen = registry.seen_paths(self.connection)
        due = [file for file in files if self.full_refresh or not _is_settled(file, seen.get(file.path), formats)]
        self.report.unchanged = len(files) - len(due)
        self.report.sidecar_faults = dict(inbox.faults)
        if not due:
            return
        self.known = registry.known_files(self.connection)
        key = privacy.load_key(self.home)
        mask = privacy.masker(key, self.suppression, self.old_key)
        with work_connection(self.settings, scratch, key, mask) as work:
            threads = self.settings.engine.threads or os.cpu_count() or 1
            reader = DocumentReader(work, formats, mask, scratch, threads, self.extras)
            for number, file in enumerate(due):
                self.progress("read", number, len(due), file.path)
                self._look_at(file, seen.get(file.path), reader)
            for file in self._bearers_of_the_same(files):
                self._look_at(file, seen.get(file.path), reader)
            self.progress("read", len(due), len(due), "")
        self.report.files = list(self.results.values())
        if mask.learned:
            suppression.save(self.home, self.suppression.with_names(("email", address) for address in mask.learned))

    def _bearers_of_the_same(self, files: Sequence[InboxFile]) -> Iterator[InboxFile]:
        """The other files with contents that another path speaks for since this run: what was said of them there holds no more."""
        if self.passed_on:
            paths = registry.paths_of(self.connection, self.passed_on)
            outer = {outer_path(path, self.present) for path in paths} - set(self.paths)
            yield from (file for file in files if file.path in outer)

    def _look_at(self, file: InboxFile, memory: SeenPath | None, reader: DocumentReader) -> None:
        """Read one file; one that is gone is left to the next run, one that can't be opened waits."""
        try:
            self._read_file(file, memory, reader)
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno in _OF_THE_MACHINE or not _is_about(error, file):
                raise
            name = hashlib.sha256(f"can't be opened: {file.path}".encode()).hexdigest()
            result = FileResult(file.path, name, file.bytes, context_key=file.context.key)
            self.results[file.path] = result.wait(f"it can't be opened: {error.strerror}")

    def _read_file(self, file: InboxFile, memory: SeenPath | None, reader: DocumentReader) -> None:
        unchanged = memory is not None and (memory.bytes, memory.mtime_ns) == (file.bytes, file.mtime_ns)
        digest = memory.sha256 if memory and unchanged else sha256(file.location)
        waiting = asks_beside = has_news = False
        asked_before = memory is not None and unchanged and _BESIDE in (memory.settled or "")
        for found in documents(file, reader.scratch, file_id=digest):
            document = replace(found, path=self.suppression.hide(found.path))
            result = self._document(document, reader, again=asked_before)
            if result is not None:
                asks_beside = asks_beside or result.asks_beside
                waiting = waiting or result.status not in ("loaded", "duplicate")
                has_news = True
                self.results[document.path] = result
            elif document.file.context.fault:
                waiting = True
        self.report.unchanged += not has_news
        settled = f"{file.context.key}|{reader.formats.key}" if waiting else file.context.key
        if asks_beside:
            settled += f"{_BESIDE}{neighbours_key(file)}"
        self.paths[file.path] = SeenPath(file.bytes, file.mtime_ns, digest, settled)

    def _document(self, document: Document, reader: DocumentReader, *, again: bool = False) -> FileResult | None:
        """Read one document unless its bytes are loaded already, then only ``again`` where something else may tell more of it.

        Of several paths with the same bytes the first in the inbox's order that can be read speaks for them, whichever came first:
        its name and its sidecars may say something else than those of the others, and the order of arrival must not matter.
        None when what is loaded stands as it is.
        """
        context, content = document.file.context, document.file_id
        before, speaker = self.known.get(content), self.done.get(content)
        if speaker is None and before and before.status in LOADED and not self.full_refresh:
            stale = (
                again
                or before.context_key != context.key
                or (before.status == "partly_loaded" and before.formats_key != reader.formats.key)
            )
            if before.file_path == document.path and (context.fault or not stale):
                return None
            if before.file_path != document.path:
                speaker = before
        if speaker is not None and not self._goes_before(document, speaker.file_path):
            return _duplicate(document, speaker)
        result, payload = reader.read(document)
        if document.file.has_changed():
            result, payload = result.wait("it was written to while it was read; the next run reads it again"), Payload()
        if content in self.done:  # looked at again only for what it waits for
            return result if result.status not in LOADED else _duplicate(document, self.done[content])
        was_loaded = before is not None and before.status in LOADED
        was_here = before is not None and before.file_path == document.path
        is_loaded = result.status in LOADED
        if is_loaded:
            self.done[content] = KnownFile(document.path, result.status, context.key, reader.formats.key)
            self._collect(content, result, payload)
        if was_loaded and (is_loaded or was_here):
            self.replaced.add(content)
        if before and (is_loaded or (was_loaded and was_here)):
            # Another path speaks for these bytes now, or the same one says something else: what is said of their copies must be said anew.
            self.passed_on.add(content)
            self.known[content] = KnownFile(document.path, result.status, context.key, reader.formats.key)
        return result

    def _goes_before(self, document: Document, other: str) -> bool:
        """Whether a document stands before another path in the inbox; not before one that is gone from it, whose rows stay as they are."""
        outer = outer_path(other, self.present)
        if outer is None:
            return False
        own = (self.present[document.file.path], document.member)
        return own < (self.present[outer], other[len(outer) + 1 :])

    def _collect(self, file_id: str, result: FileResult, payload: Payload) -> None:
        for name in sorted(payload.table_names()):
            part = self.parts.setdefault(name, load.Part(RAW_TABLES[name], self.extras.get(name, [])))
            rows = result.tables.get(name, 0)
            part.rows += rows
            part.arrow.extend(payload.arrow.get(name, []))
            part.files.extend(payload.files.get(name, []))
            for staged in payload.staged:
                if staged.table.name == name and staged.location:
                    part.files.append(staged.location)
                    part.extra_columns.update(staged.extra_columns)
            loaded = self.report.tables[name]
            loaded.rows += rows
            loaded.files += 1
            loaded.file_ids.append(file_id)

    def _load(self, scratch: Path) -> None:
        loads = self.report.new_file_ids
        if not loads and not self.replaced:
            return
        self.report.replaced_tables = registry.begin_load(self.connection, loads, self.replaced)
        self.progress("load", 0, len(self.parts), ", ".join(sorted(self.parts)))
        seconds = load.run(self.home, self.connection, list(self.parts.values()), scratch)
        for name, spent in seconds.items():
            self.report.tables[name].seconds = spent
        self.progress("load", len(self.parts), len(self.parts), "")

    def _commit(self) -> None:
        if self.paths:
            registry.commit(self.connection, self.report.files, self.paths)
        end = retention.before(self.today, self.settings.retention.web_details_days)
        if end is not None:
            self.report.details_before = end
            self.report.details_dropped = retention.drop_details(
                self.connection, self.home, end, self.report.new_file_ids
            )
        rotation.remember_key(self.connection, self.home)
        registry.forget_gone(self.connection, self.present)
        quarantine.write_reports(self.home, self.connection, self.report.sidecar_faults)


def _is_settled(file: InboxFile, memory: SeenPath | None, formats: Formats) -> bool:
    if memory is None or (memory.bytes, memory.mtime_ns) != (file.bytes, file.mtime_ns):
        return False
    settled, _, beside = (memory.settled or "").partition(_BESIDE)
    if settled not in (file.context.key, f"{file.context.key}|{formats.key}"):
        return False
    return not beside or beside == neighbours_key(file)


def _is_about(error: OSError, file: InboxFile) -> bool:
    return error.filename is None or os.fsdecode(error.filename) == str(file.location)


def _duplicate(document: Document, speaker: KnownFile) -> FileResult:
    context = document.file.context
    result = FileResult(document.path, document.file_id, document.bytes, status="duplicate", context_key=context.key)
    result.reason = f"the same bytes as {speaker.file_path}"
    if dates_in(document.path).days_spanned != dates_in(speaker.file_path).days_spanned:
        result.notes.append(
            "its name speaks of other days than that file's: where an export does not hold its days itself, its figures"
            " are known for the days of that file only"
        )
    if speaker.context_key not in (None, context.key):
        result.notes.append(
            "the hourglass.yml above it says something else than the one above the file that was loaded"
        )
    return result


@contextmanager
def work_connection(
    settings: Settings, scratch: Path, key: bytes, mask: privacy.Mask | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An in-memory database in which files are read and checked, apart from the warehouse."""
    options: dict[str, str | bool | int | float | list[str]] = {"temp_directory": str(scratch / "spill")}
    if settings.engine.threads:
        options["threads"] = settings.engine.threads
    if settings.engine.memory_limit:
        options["memory_limit"] = settings.engine.memory_limit
    with duckdb.connect(config=options) as work:
        work.execute("set timezone = 'UTC'")
        privacy.install(work, key, mask)
        yield work


def waiting(connection: duckdb.DuckDBPyConnection) -> list[quarantine.Waiting]:
    """Every file that waits, whole or in part, with its reason, the question to answer and the nearest known export."""
    return quarantine.waiting(connection)


def main() -> int:
    """Ingest the home's inbox once and say what happened."""
    home = Home.from_environment().create()
    with duckdb.connect(str(home.warehouse)) as connection:
        report = ingest(home, load_settings(home), connection=connection)
    for result in report.files:
        counts = f"{result.rows_loaded} of {result.rows_read} records"
        sys.stdout.write(f"{result.status:<14} {result.file_path}: {result.format or 'unknown'}, {counts}")
        sys.stdout.write(f"; {result.reason}\n" if result.reason else "\n")
    sys.stdout.write(f"{len(report.files)} files read, {report.unchanged} unchanged\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
