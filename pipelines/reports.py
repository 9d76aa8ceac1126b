"""A platform export to rows of raw tables: each of its tables is recognised and shaped, and the file's story is told.

The file waits whole when nothing in it is recognised, or when a thing is needed that neither file nor name nor
``hourglass.yml`` says; it loads in part when only some of its tables or records can't be read.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa

from pipelines import naming
from pipelines.ages import BY_ROWS
from pipelines.archive import Document
from pipelines.beside import FILTERS, told_beside
from pipelines.blocks import joined
from pipelines.columns import NUMERIC, UNDECIDED, Circumstances
from pipelines.formats_model import Format, Formats, normalise
from pipelines.inbox import noon
from pipelines.naming import dates_in
from pipelines.periods import report_period
from pipelines.privacy import Mask
from pipelines.recognise import NEAREST_SHARE, Match, Recognition, recognise, side_by_side
from pipelines.recognition_text import explain
from pipelines.records import raw_text
from pipelines.registry import FileResult
from pipelines.reported import account_in
from pipelines.shaped import Shaped
from pipelines.shapes import shape
from pipelines.tables import Block, TextFile
from pipelines.told import Comments, Told, has_comments, split_comments
from pipelines.values import is_missing

_EPOCH = datetime.fromtimestamp(0, UTC).replace(tzinfo=None)
_NO_FILTERS = "the export's filters are not beside it: whether it is of the whole property is not known"
# No report has more lines above its header.
_LINES_ABOVE = 10
# Of a header of which so much is known, more than one column may be missing.
_LIKELY_SHARE = 0.5
_WITH_DIGITS = NUMERIC | {"date", "timestamp", "id", "range", "span"}
_QUESTIONS = {
    "account": "Which account is it? Write `account: <name>` in {sidecar}",
    "platform": "Which platform is it from? Write `platform: {choices}` in {sidecar}",
    "year": "Of which year are its days? Write `year: 2026` (the year of the newest day) or `downloaded_at: 2026-02-10` in {sidecar}",
    "date_order": "Is 03/04/2026 the third of April or the fourth of March? Write `date_order: dmy` or `date_order: mdy` in {sidecar}",
    "decimal_mark": 'Is 1.234 a thousand and more, or one and a bit? Write `decimal_mark: ","` or `decimal_mark: "."` in {sidecar}',
    "days": (
        "Of which days is it? Keep it in its ZIP or folder with the export's other files, or put both days into the name of the file"
        " or folder, such as `2026-01-01_2026-01-31`"
    ),
    "dimension": "What are its members: {choices}? Keep the name that the tool gave the file, such as sources.csv",
    "period": "Of which days is it? Export it again with a column for the day, or with the lines above the header that say the period",
    "campaign": "Of which campaigns are its ads and ad groups? Export it again with the column for the campaign",
    "currency": "In which currency are its amounts? Write `currency: NOK` in {sidecar}",
    "time_zone": "In which time zone are its times? Write `time_zone: Europe/Oslo` (the zone set in the tool that it is from) in {sidecar}",
}


Shape = Callable[[Block, Match, Circumstances], Shaped]


def read(
    document: Document, text: TextFile, result: FileResult, formats: Formats, mask: Mask, *, shape: Shape = shape
) -> dict[str, list[pa.Table | Path]]:
    """Rows by raw table, as Arrow tables or as Parquet files. Fills ``result``; on return it either waits, or its counts add up."""
    known = Circumstances(
        document.file.context,
        dates_in(document.path),
        document.file.sidecar,
        mask,
        naming.platform_in(document.path) or document.file.context.platform,
        document.path,
    )
    parts, unknown = _recognised(document, text, result, formats)
    matches = [part.match for part in parts if not part.continues]
    refused = next((match.format.refused for match in matches if match.format.refused), None)
    if refused:
        result.rows_read = sum(max(0, len(part.block.rows) - part.match.header - 1) for part in parts)
        _describe(result, matches, [])
        result.wait(refused)
        return {}
    shaped = [shape(part.block, part.match, _around(part, parts, known, document, formats, result)) for part in parts]
    _settle_periods(shaped)
    _describe(result, matches, shaped)
    if not matches and (form := _empty_report(text, formats)) is not None:
        result.source, result.platform, result.export_kind, result.format = (
            form.source,
            form.platform,
            form.kind,
            form.id,
        )
        result.notes.append("the report has no rows: nothing was delivered in its period")
        return {}
    if not matches:
        return _nothing_known(result, unknown, text, document)
    needs = set().union(*(part.needs for part in shaped))
    if needs:
        return _ask(result, sorted(needs), matches, document, shaped)
    return _accept(result, shaped, unknown, mask)


@dataclass(frozen=True)
class _Part:
    """A table of the file, what reads it, and what the lines above it say; ``continues`` when its header stands further up.

    ``more`` are the rest of it, below blank rows.
    """

    block: Block
    match: Match
    told: Told
    continues: bool = False
    more: list[Block] = field(default_factory=list)

    def whole(self) -> "_Part":
        """With its rest, which is then read by the evidence of all rows."""
        return replace(self, block=joined(self.block, *self.more), more=[]) if self.more else self


def _recognised(
    document: Document, text: TextFile, result: FileResult, formats: Formats
) -> tuple[list[_Part], list[tuple[Block, Recognition]]]:
    """The tables that are read, and the blocks that nothing reads."""
    parts: list[_Part] = []
    unknown: list[tuple[Block, Recognition]] = []
    preamble: list[str] = []
    labels = {label for form in formats.all for label in form.labels.languages_by_name}
    comments = Comments() if has_comments(text.blocks) else None
    for whole in text.blocks:
        block: Block | None = whole
        if comments:
            lines, block = split_comments(whole)
            comments = comments.followed_by(lines) if lines else comments
        if block is None:
            continue
        last = parts[-1] if parts else None
        if last and _is_more_of(block, last.match):
            last.more.append(block)
            continue
        recognition = recognise(
            block,
            formats,
            path=document.path,
            platform=document.file.context.platform,
            preamble=preamble,
            commented=comments is not None,
        )
        result.explanation.append(explain(block, recognition))
        if recognition.match is None and last and _continues(block, last.match):
            if last.match.format.shape == "orders":
                # The blank line may stand between the rows of one order.
                last.more.append(block)
            else:
                parts.append(_Part(block, replace(last.match, header=-1), last.told, continues=True))
        elif recognition.match is not None:
            told = _told_by_comments(comments, recognition.match) if comments else Told()
            if str(told):
                result.explanation.append(f"the lines above it say: {told}")
            parts += [_Part(part, match, told) for part, match in side_by_side(block, recognition.match)]
            preamble = []
        elif comments and len(block.rows) == 1:
            empty = "a table without rows: " + ", ".join(cell for cell in block.rows[0].cells if cell)
            result.notes.extend([empty] if empty not in result.notes else [])
        elif _is_preamble(block, labels):
            preamble += [": ".join(cell for cell in row.cells if cell.strip()) for row in block.rows]
        else:
            unknown.append((block, recognition))
    return [part.whole() for part in parts], unknown


def _told_by_comments(comments: Comments, match: Match) -> Told:
    everyone = match.format.words.get("everyone")
    segment = comments.segment
    if segment is None or (everyone and everyone.says(normalise(segment))):
        return comments.told
    return replace(comments.told, filters=segment)


def _around(
    part: _Part,
    parts: list[_Part],
    known: Circumstances,
    document: Document,
    formats: Formats,
    result: FileResult,
) -> Circumstances:
    """What is known of a table, with what names and the export's other tables say of it."""
    form = part.match.format
    found = Told(known.context.account or account_in(document.path, form))
    if form.beside:
        own = [(other.block, other.match) for other in parts]
        found = found.completed(told_beside(document, form, formats, own))
        result.explanation.append(f"hourglass.yml, names and the export's other tables say: {found}")
    told = part.told.completed(found)
    if form.beside:
        has_filters = any(other.table == FILTERS and other.source == form.source for other in formats.all)
        lacks_filters = has_filters and told.filters is None
        if lacks_filters and _NO_FILTERS not in result.notes:
            result.notes.append(_NO_FILTERS)
        lacks_days = (told.period or told.seen or known.name.days_spanned) is None
        # Of an archive only its own members are asked, and they change with it.
        result.asks_beside |= (lacks_filters or lacks_days) and "!" not in document.path
    return replace(known, told=told)


def _settle_periods(shaped: Iterable[Shaped]) -> None:
    """The tables of one file are of one period: where one lists its days, they are those of the others."""
    parts = list(shaped)
    days = [
        day for part in parts if part.table == "social_account_daily" for day in part.columns.get("date", ()) if day
    ]
    for part in parts:
        part.settle_period((min(days), max(days)) if days else None)


def _is_more_of(block: Block, match: Match) -> bool:
    """Whether a block under a blank row is beyond doubt the rest of the table above: every day, id and number looks like one."""
    specs = match.format.specs
    exact = [p for name, p in match.columns.items() if name in specs and specs[name].type in _WITH_DIGITS]
    return (
        _continues(block, match, at_least=2)
        and any(not is_missing(row.cells[p]) for row in block.rows for p in exact)
        and all(
            is_missing(row.cells[p]) or any(character.isdigit() for character in row.cells[p])
            for row in block.rows
            for p in exact
        )
    )


def _continues(block: Block, match: Match, *, at_least: int = 5) -> bool:
    """Whether a block under a blank row may be the rest of the table above: as wide, and filled like it."""
    width = len(match.names)
    if width < at_least or match.format.shape not in ("rows", "long", "orders", "subscriptions", "leads"):
        return False
    specs = match.format.specs
    needed = [
        match.columns[name] for name in match.format.required if name in match.columns and specs[name].required is True
    ]
    return all(len(row.cells) == width and all(row.cells[p].strip() for p in needed) for row in block.rows)


def _is_preamble(block: Block, labels: set[str]) -> bool:
    """Title and note lines of one cell, and known labels with what they say."""
    return all(
        sum(1 for cell in row.cells if cell.strip()) <= 1 or normalise(row.cells[0]) in labels for row in block.rows
    )


def _describe(result: FileResult, matches: Iterable[Match], shaped: Iterable[Shaped]) -> None:
    """What the file is, in the registry's words."""
    matches = list(matches)
    result.source = _only(match.format.source for match in matches)
    result.export_kind = _only(match.format.kind for match in matches)
    result.format = _only(match.format.id for match in matches)
    languages = Counter(language for match in matches for language in (match.locale or "").split("+") if language)
    result.locale = "+".join(language for language, _ in languages.most_common()) or None
    for part in shaped:
        result.rows_read += part.read
        result.notes.extend(note for note in part.notes if note not in result.notes)
    result.platform = _only(name for part in shaped for name in part.names())
    result.account = _only(part.account for part in shaped if part.account)
    days = [day for part in shaped for day in part.days()]
    if days:
        result.period_from_date, result.period_to_date = min(days), max(days)


def _only(values: Iterable[str | None]) -> str | None:
    """The values joined by +, each once, in their order."""
    return "+".join(dict.fromkeys(value for value in values if value)) or None


def _empty_report(text: TextFile, formats: Formats) -> Format | None:
    """The export whose lines stand above nothing: a report of days on which nothing happened has not even a header."""
    rows = [row for block in text.blocks for row in block.rows]
    if len(rows) > _LINES_ABOVE:
        return None
    # Without a table to tell the delimiter, the commas of a date cut its line.
    lines = [normalise(",".join(cell for cell in row.cells if cell.strip())) for row in rows]
    return next((form for form in formats.all if form.dates_are_starts and report_period(form, lines, ())), None)


def _nothing_known(
    result: FileResult, unknown: list[tuple[Block, Recognition]], text: TextFile, document: Document
) -> dict[str, list[pa.Table | Path]]:
    result.rows_read = sum(max(0, len(block.rows) - 1) for block in text.blocks)
    best = max(
        (recognition for _block, recognition in unknown),
        key=lambda recognition: (recognition.question is not None, _closeness(recognition)),
        default=Recognition(reason="no table was found in it"),
    )
    question = None
    lacking = _lacking(best)
    if lacking:
        result.wait(lacking[0], question=lacking[1])
        return {}
    if best.question:
        choices = sorted({c.format.platform for c in best.candidates if c.format.platform and not c.missing})
        question = _question("platform", document, choices)
    reason = best.reason or "not a known export"
    # The file that resembles something says what; so a list of waiting files is enough to act on.
    result.wait(f"{reason}; like {best.nearest}" if best.nearest else reason, question=question, nearest=best.nearest)
    return {}


def _lacking(recognition: Recognition) -> tuple[str, str] | None:
    """Why an export waits whose columns a user chose and left out some that are needed, and what to do about it.

    None where what it is is not plain, or something else is wrong than a column that can be added.
    """
    near = [
        match
        for match in recognition.candidates
        if match.format.add_columns
        and match.missing
        and match.share >= max(match.format.minimum_share, NEAREST_SHARE if len(match.missing) == 1 else _LIKELY_SHARE)
        and {name for group in match.missing for name in group.split(" or ")} <= match.format.columns.keys()
    ]
    if not near:
        return None
    best = max(near, key=lambda match: (-len(match.missing), match.share))
    # Of columns any of which would do, the first is asked for.
    names = " and ".join(f"`{best.name_of(group.split(' or ')[0])}`" for group in best.missing)
    reason = f"it looks like the {best.format.source} export of {best.format.kind}, but has no column {names}"
    return reason, f"Add the column {names} ({best.format.add_columns})"


def _closeness(recognition: Recognition) -> float:
    return max((candidate.share - len(candidate.missing) for candidate in recognition.candidates), default=-100.0)


def _ask(
    result: FileResult, needs: list[str], matches: list[Match], document: Document, shaped: list[Shaped]
) -> dict[str, list[pa.Table | Path]]:
    forms: list[Format] = [match.format for match in matches]
    choices = {
        "platform": sorted({platform for form in forms for platform in form.platforms}),
        "dimension": sorted({name for form in forms for name in form.dimensions_by_name}),
    }
    question = ". ".join(_question(need, document, choices.get(need, [])) for need in needs)
    result.rows_read = sum(part.read for part in shaped)
    result.wait(question, question=question)
    return {}


def question_about(reasons: Iterable[str], document: Document) -> str | None:
    """The question that would settle what records are refused for; None where they are refused for something else."""
    said = list(reasons)
    needs = [key for key, sign in UNDECIDED.items() if any(sign in reason for reason in said)]
    return ". ".join(_question(need, document, []) for need in needs) or None


def _question(need: str, document: Document, choices: list[str]) -> str:
    return _QUESTIONS[need].format(sidecar=f"inbox/{document.file.sidecar}", choices=" or ".join(choices) or "<name>")


def _accept(
    result: FileResult, shaped: list[Shaped], unknown: list[tuple[Block, Recognition]], mask: Mask
) -> dict[str, list[pa.Table | Path]]:
    for part in shaped:
        result.rows_loaded += part.loaded
        result.rows_totals += part.totals
        result.rows_quarantined += len(part.rejected)
        result.rejected.extend(part.rejected)
    private = any(part.private for part in shaped)
    for block, recognition in unknown:
        rows = block.rows[1:] or block.rows
        title = " | ".join(cell for cell in block.rows[0].cells if cell.strip())
        result.rows_read += len(rows)
        result.rows_quarantined += len(rows)
        # Of a file about people nothing is shown that is not understood.
        named = "a part of the file" if private else f"the part {title[:80]!r}"
        reason = mask(f"{named} is not known: {recognition.reason}")
        result.rejected.extend((row.line, reason, "" if private else raw_text(row, mask)) for row in rows)
    exported = max((part.exported for part in shaped if part.exported), default=None)
    if result.downloaded_at is None and exported:
        result.downloaded_at = noon(exported)
    if result.downloaded_at is None:
        newest = max((moment for part in shaped if (moment := part.newest())), default=None)
        result.downloaded_at = newest or _EPOCH
        if newest:
            result.notes.append(BY_ROWS)
    tables: dict[str, list[pa.Table | Path]] = {}
    held = {header: column for part in shaped for header, column in part.held.items()}
    result.as_given = json.dumps(held, ensure_ascii=False) if held else None
    for part in shaped:
        if part.rows:
            packed = part.packed(source_file=result.file_path, file_id=result.file_id, captured_at=result.downloaded_at)
            tables.setdefault(part.table, []).append(packed)
            result.tables[part.table] = result.tables.get(part.table, 0) + part.rows
    return tables
