"""One document to what can be loaded of it: the generic inputs by SQL, everything else by the recogniser and the reports reader.

Whatever goes wrong with a file ends here as a file that waits, with the reason; it never stops the run.
"""

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial
from itertools import count
from pathlib import Path

import duckdb
import pyarrow as pa

from pipelines import bulk, event_exports, generic, leave_out, naming, privacy, reports, sources, tables, twice
from pipelines.api_answers import analytics_answer
from pipelines.archive import Document
from pipelines.columns import Circumstances
from pipelines.delivered import delivered
from pipelines.encoding import Encoding, decode, detect, is_utf8, recoded
from pipelines.formats_model import Formats
from pipelines.limits import LIMITS
from pipelines.recognise import Match, nearest_text
from pipelines.registry import FileResult
from pipelines.schema import RAW_TABLES, RawTable
from pipelines.shaped import Shaped
from pipelines.statement import Sql, compose, identifier, literal

# What a reader that meets something unheard of may raise. A file that does it waits; the others of the night are loaded.
_FAILURES = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)

_BROKEN_JSON = re.compile(r"at byte (\d+) in (?:record/value|line) (\d+)")


def broken_json(error: str) -> str:
    """Where DuckDB tripped over JSON; it counts records from 2."""
    place = _BROKEN_JSON.search(error)
    if place is None:
        return error.splitlines()[0]
    return f"its record {int(place[2]) - 1} breaks at byte {place[1]}"


@dataclass
class Payload:
    """What a file brings: staged Parquet of a generic input, or Arrow tables or Parquet files by raw table."""

    staged: list[generic.Staged] = field(default_factory=list)
    arrow: dict[str, list[pa.Table]] = field(default_factory=dict)
    files: dict[str, list[Path]] = field(default_factory=dict)

    def table_names(self) -> set[str]:
        """The raw tables that get rows."""
        return set(self.locations()) | set(self.arrow)

    def locations(self) -> dict[str, list[Path]]:
        """Every Parquet file, by raw table."""
        found = {name: list(paths) for name, paths in self.files.items()}
        for staged in self.staged:
            if staged.location:
                found.setdefault(staged.table.name, []).append(staged.location)
        return found

    def changed(self, file: Callable[[str, Path], Path | None], rows: Callable[[str, pa.Table], pa.Table]) -> "Payload":
        """The same with other files and tables, each made of one by the name of its raw table; None where no row is left in a file."""
        for staged in self.staged:
            staged.location = file(staged.table.name, staged.location) if staged.location else None
        files = {name: [file(name, path) for path in paths] for name, paths in self.files.items()}
        return Payload(
            self.staged,
            {name: [rows(name, part) for part in parts] for name, parts in self.arrow.items()},
            {name: [path for path in paths if path] for name, paths in files.items()},
        )


@dataclass
class DocumentReader:
    """Reads documents of one run. ``work`` is an in-memory connection of its own, ``scratch`` a folder for staged files."""

    work: duckdb.DuckDBPyConnection
    formats: Formats
    mask: privacy.Mask
    scratch: Path
    threads: int
    extras: Mapping[str, Sequence[str]]
    threads_now: int = 0
    numbers: "count[int]" = field(default_factory=count)

    def read(self, document: Document) -> tuple[FileResult, Payload]:
        """The file's registry row and what it brings, without people who were erased. Never raises for what is in the file."""
        result, payload = self._read_whole(document)
        if self.mask.suppression:
            payload = self._without_erased(payload, result)
            leave_out.hide_in_words(result, self.mask.suppression)
        result.delivered = delivered(payload.arrow, payload.locations(), result.as_given)
        return result, payload

    def _without_erased(self, payload: Payload, result: FileResult) -> Payload:
        sieve = leave_out.Sieve(self.work, self.mask.suppression, self.scratch, self.numbers)
        before = sieve.span(payload.locations(), payload.arrow)
        payload = payload.changed(partial(sieve.file, result=result), partial(sieve.rows, result=result))
        if result.rows_erased and sieve.told_anew(result, before, sieve.span(payload.locations(), payload.arrow)):
            at = result.downloaded_at
            payload = payload.changed(partial(sieve.dated_file, at=at), partial(sieve.dated_rows, at=at))
        return payload

    def _read_whole(self, document: Document) -> tuple[FileResult, Payload]:
        context = document.file.context
        result = FileResult(
            document.path,
            document.file_id,
            document.bytes,
            context_key=context.key,
            formats_key=self.formats.key,
            downloaded_at=context.downloaded_at or naming.dates_in(document.path).newest,
        )
        if context.fault:
            return result.wait(context.fault, question=context.fault), Payload()
        if document.fault:
            return result.wait(document.fault), Payload()
        try:
            payload = self._read(document, result)
        except tables.UnreadableFileError as error:
            return result.wait(str(error).replace(str(document.location), document.path)), Payload()
        except (duckdb.Error, pa.ArrowException, OSError, *_FAILURES) as error:
            reason = self.mask(
                f"reading it failed: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
            )
            return result.wait(reason.replace(str(document.location), document.path)[:500]), Payload()
        result.settle()
        return result, payload if result.status != "quarantined" else Payload()

    def _read(self, document: Document, result: FileResult) -> Payload:
        with document.location.open("rb") as stream:
            head = stream.read(64)
        if head.startswith(b"PAR1"):
            source = sources.parquet_source(self.work, document.location)
            export = event_exports.parquet_export(source)
            return self._events(document, result, *export) if export else self._generic(document, result, source)
        if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            return self._json(document, result)
        export = event_exports.headless_export(document.location, next(self.numbers))
        if export:
            result.encoding, result.delimiter = "UTF-8", "\t"
            return self._events(document, result, *export)
        text = tables.read(document.location, head=True)
        result.encoding, result.delimiter = text.encoding, text.delimiter
        for block in text.blocks:
            for index, row in enumerate(block.rows[:3]):
                fits = sources.fits(row.cells)
                if event_exports.text_export(row.cells) or (fits and not fits[0].missing and fits[0].share > 0):
                    return self._generic_text(document, result, text, block, index)
        return self._report(document, result)

    def _json(self, document: Document, result: FileResult) -> Payload:
        result.encoding = "UTF-8"
        answer = analytics_answer(document.location)
        if answer:
            return _payload(reports.read(document, answer, result, self.formats, self.mask))
        try:
            export = event_exports.json_export(self.work, document.location)
            source = export[1] if export else sources.json_source(self.work, document.location)
        except duckdb.InvalidInputException as error:
            raise tables.UnreadableFileError(f"it begins like JSON and is none: {broken_json(str(error))}") from None
        return self._events(document, result, export[0], source) if export else self._generic(document, result, source)

    def _use_threads(self, threads: int) -> None:
        if threads != self.threads_now:
            self.work.execute(compose("set threads = {threads}", threads=literal(threads)))
            self.threads_now = threads

    def _report(self, document: Document, result: FileResult) -> Payload:
        if document.bytes > LIMITS.bulk_bytes and (payload := self._bulk_report(document, result)):
            return payload
        text = tables.read(document.location)
        result.encoding, result.delimiter = text.encoding, text.delimiter
        result.notes.extend(text.notes)
        return _payload(reports.read(document, text, result, self.formats, self.mask))

    def _bulk_report(self, document: Document, result: FileResult) -> Payload | None:
        """A large export whose rows DuckDB moves; None where it is not of the kind that can be read so."""
        text = tables.read(document.location, head=True)
        if text.encoding is None or text.requoted:
            return None
        is_plain = text.codec in ("utf-8", "utf-8-sig")
        if is_plain and not is_utf8(document.location):
            return None
        location = document.location if is_plain and not text.twice else self._as_utf8(document, text, result)
        self.work.execute("set preserve_insertion_order = true")
        self._use_threads(self.threads)

        def shape(block: tables.Block, match: Match, known: Circumstances) -> Shaped:
            first = block.rows[match.header + 1 :]
            if block is not text.blocks[-1] or not first or not bulk.is_suitable(match):
                raise bulk.UnsuitableError(f"{match.format.id} as it stands here")
            number = next(self.numbers)
            header, delimiter = block.rows[match.header].cells, text.delimiter or ","
            source = sources.csv_source(location, header, delimiter=delimiter, skip=first[0].line - 1, number=number)
            return bulk.read(self.work, source, self.scratch / f"bulk.{number}.parquet", match, known)

        try:
            payload = _payload(reports.read(document, text, result, self.formats, self.mask, shape=shape))
            result.notes.extend(text.notes)
            return payload
        except bulk.UnsuitableError:
            result.explanation.clear()
            return None

    def _generic_text(
        self, document: Document, result: FileResult, text: tables.TextFile, block: tables.Block, index: int
    ) -> Payload:
        """A generic input as CSV in any encoding, or as a sheet of a workbook."""
        header = block.rows[index].cells
        location, skip, delimiter = document.location, 0, text.delimiter or ","
        # The first record may be longer than all that was looked at; it stands right below the header.
        is_cut = text.encoding is not None and document.bytes > LIMITS.head_bytes
        if text.encoding is None:
            location, skip, delimiter = self._sheet_as_csv(document, block, index), 1, ","
            result.notes.append(f"sheet {block.sheet!r} was read")
        else:
            if is_cut and text.codec in ("utf-8", "utf-8-sig") and not is_utf8(document.location):
                whole = detect(document.location.read_bytes())
                text = replace(
                    text, codec=whole.codec, encoding=whole.label, notes=(*text.notes, *filter(None, [whole.note]))
                )
                result.encoding, location = whole.label, self._as_utf8(document, text, result)
            elif text.requoted or text.twice or text.codec not in ("utf-8", "utf-8-sig"):
                location = self._as_utf8(document, text, result)
            following = block.rows[index + 1].line if index + 1 < len(block.rows) else None
            if following is None and is_cut:
                following = block.rows[index].line + 1 + sum(cell.count("\n") for cell in header)
            skip = following - 1 if following else 1_000_000_000
            if text.requoted and text.skip_lines == 0 and following is None:
                skip = 1
        result.notes.extend(text.notes)
        export = event_exports.text_export(header)
        if index + 1 >= len(block.rows) and len(text.blocks) == 1 and not is_cut:
            return self._empty(result, header, export)
        source = sources.csv_source(location, header, delimiter=delimiter, skip=skip, number=next(self.numbers))
        if export:
            return self._events(document, result, export, event_exports.from_text(export, source))
        return self._generic(document, result, source)

    def _empty(self, result: FileResult, header: list[str], export: str | None) -> Payload:
        name = event_exports.TABLES[export] if export else sources.fits(header)[0].table.name
        result.format = export or f"generic.{name}"
        result.source, result.export_kind = result.format.split(".")[0], name
        result.notes.append("the file has a header and no records")
        return Payload()

    def _as_utf8(self, document: Document, text: tables.TextFile, result: FileResult) -> Path:
        target, left = self.scratch / "text.csv", 0
        if text.requoted:
            decoded = decode(document.location.read_bytes(), Encoding(text.codec, text.codec))
            once = [twice.once(line) if text.twice else line for line in decoded.split("\n")]
            left = once.count(None)
            decoded = "\n".join(new or old for new, old in zip(once, decoded.split("\n"), strict=True))
            target.write_text(tables.unquote_lines(decoded), encoding="utf-8", newline="")
        else:
            left = recoded(document.location, target, text.codec, is_twice=text.twice)
        if left:
            result.notes.append(
                f"warning: {left} lines had not been encoded twice as the first ones, and are kept as they are"
            )
        return target

    def _sheet_as_csv(self, document: Document, block: tables.Block, index: int) -> Path:
        whole = tables.read(document.location)
        rows = next(b.rows for b in whole.blocks if b.sheet == block.sheet and b.rows[0].line == block.rows[0].line)
        width = len(rows[index].cells)
        target = self.scratch / "sheet.csv"
        with target.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, lineterminator="\n").writerows(row.cells[:width] for row in rows[index:])
        return target

    def _generic(self, document: Document, result: FileResult, source: sources.Source) -> Payload:
        fits = sources.fits(source.names)
        if not fits or fits[0].missing:
            near = nearest_text([(f"generic input {fit.table.name}", fit.share, fit.missing) for fit in fits[:1]])
            row = self.work.execute(compose("select count(*) from {relation}", relation=source.relation)).fetchone()
            result.rows_read = int(row[0]) if row else 0
            result.wait("no known export or input has these columns", nearest=near)
            return Payload()
        table = fits[0].table
        result.source, result.export_kind, result.format = "generic", table.name, f"generic.{table.name}"
        return self._stage(document, result, source, table)

    def _events(self, document: Document, result: FileResult, name: str, source: sources.Source) -> Payload:
        """A tracker's own export."""
        table = RAW_TABLES[event_exports.TABLES[name]].as_trackers_fill_it()
        result.source, result.export_kind, result.format = name.split(".")[0], table.name, name
        self.work.execute("set preserve_insertion_order = true")
        self._use_threads(1 if document.bytes < LIMITS.small_file_bytes else self.threads)
        records = self.scratch / f"records.{next(self.numbers)}.parquet"
        payload = self._stage(document, result, event_exports.written(self.work, source, records), table)
        records.unlink()
        return payload

    def _stage(self, document: Document, result: FileResult, source: sources.Source, table: RawTable) -> Payload:
        """The records of a source, typed, as Parquet to be loaded."""
        result.account = document.file.context.account
        keeps_order = literal(int(source.kind != "parquet"))
        self.work.execute(compose("set preserve_insertion_order = {keeps_order}", keeps_order=keeps_order))
        self._use_threads(1 if document.bytes < LIMITS.small_file_bytes else self.threads)
        # A CSV is parsed once where its records find room; the checks and the writing then read the table.
        settled = source.kind == "csv" and LIMITS.small_file_bytes <= document.bytes <= LIMITS.settled_bytes
        if settled:
            self.work.execute(
                compose("create or replace temp table settled as select * from {relation}", relation=source.relation)
            )
            # The table keeps their order, and to number them while they are read is dear.
            source = replace(source, relation=identifier("settled"), row=Sql("rowid + 1"))
        reader = generic.Reader(
            self.work,
            source,
            table,
            context=document.file.context,
            mask=self.mask,
            known_extras=self.extras.get(table.name, ()),
        )
        result.explanation.append(f"read as {result.format}\n{reader.columns.explain()}")
        target = self.scratch / f"{table.name}.{next(self.numbers)}.parquet"
        staged = reader.stage(
            target, source_file=document.path, file_id=document.file_id, captured_at=result.downloaded_at
        )
        if settled:
            self.work.execute("drop table settled")
        result.rows_read, result.rows_loaded = staged.rows_read, staged.rows_loaded
        result.rows_quarantined = staged.rows_read - staged.rows_loaded
        result.rejected = list(staged.rejected)
        result.question = reports.question_about((reason for _, reason, _ in staged.rejected), document)
        if result.question and not staged.rows_loaded:
            result.reason = "; ".join(
                (staged.rejected[0][1], result.question)
            )  # as reasons are listed, each in its own words
        result.notes.extend(staged.notes)
        result.tables = {table.name: staged.rows_loaded} if staged.rows_loaded else {}
        result.downloaded_at = staged.captured_at
        result.period_from_date, result.period_to_date = (_day(moment) for moment in staged.period)
        return Payload(staged=[staged])


def _payload(rows: Mapping[str, list[pa.Table | Path]]) -> Payload:
    payload = Payload()
    for name, parts in rows.items():
        for part in parts:
            (payload.files if isinstance(part, Path) else payload.arrow).setdefault(name, []).append(part)
    return payload


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
