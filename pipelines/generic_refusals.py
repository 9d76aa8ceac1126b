"""Why records of a generic input are refused: line, reason, and the record as given with addresses masked."""

import duckdb

from pipelines.limits import LIMITS
from pipelines.privacy import Mask
from pipelines.sources import Source
from pipelines.statement import Sql, compose, identifier, join, literal
from pipelines.typed_columns import TypedColumns

# line, reason, text
Rejected = tuple[int, str, str]


def refused_records(connection: duckdb.DuckDBPyConnection, typed: TypedColumns, mask: Mask) -> list[Rejected]:
    """The records with a fault in a required field, at most as many as the limits allow."""
    reasons = []
    for column in typed.table.required:
        problem = Sql("'not readable'")
        if column.name in typed.lookups:
            problem = compose("coalesce({table}.problem, {other})", table=typed.lookups[column.name], other=problem)
        reasons.append(
            compose(
                "case when {fault} then case when not ({given}) then {without}"
                " when starts_with({problem}, {text}) then concat({name}, ': ', {problem})"
                " else concat({name}, ': ', {text}, ': ', {problem}) end end",
                fault=typed.fault(column),
                given=typed.given(column),
                without=literal(f"{column.header[0]} is missing"),
                name=literal(column.header[0]),
                text=typed.as_text(typed.mapped[column.name]) if column.name in typed.mapped else Sql("''"),
                problem=problem,
            )
        )
    texts = [compose("coalesce({text}, '')", text=typed.as_text(column)) for column in typed.source.columns]
    breaks = join(
        " + ", [compose("length({t}) - length(replace({t}, chr(10), ''))", t=text) for text in texts] or [Sql("0")]
    )
    query = compose(
        "select line, reason, raw_text from (select hourglass_record + {first} - 1"
        " + coalesce(sum({breaks}) over (order by hourglass_record rows between unbounded preceding and 1 preceding), 0) as line,"
        " concat_ws('; ', {reasons}) as reason, concat_ws({glue}, {texts}) as raw_text, {bad} as bad from {records})"
        " where bad order by line limit {limit}",
        first=literal(typed.source.first_line),
        breaks=breaks if typed.source.kind == "csv" else Sql("0"),
        reasons=join(", ", reasons),
        glue=literal(" | "),
        texts=join(", ", texts),
        bad=typed.bad_record(),
        records=typed.records(),
        limit=literal(LIMITS.quarantined_rows),
    )
    rejected = []
    strays = _stray_lines(connection, typed.source)
    passed = 0
    for line, reason, text in connection.execute(query).fetchall():
        if typed.source.kind == "json" and not text.replace(" | ", ""):
            reason = "not a JSON object"
        # Lines that are no records were not counted among them.
        while passed < len(strays) and strays[passed] <= line + passed:
            passed += 1
        rejected.append((int(line) + passed, mask(reason), mask(text)[: LIMITS.raw_text_characters]))
    return rejected


def _stray_lines(connection: duckdb.DuckDBPyConnection, source: Source) -> list[int]:
    if source.rejects is None:
        return []
    query = compose("select distinct line from {rejects} order by line", rejects=identifier(source.rejects))
    return [int(row[0]) for row in connection.execute(query).fetchall()]


def rejected_lines(connection: duckdb.DuckDBPyConnection, source: Source) -> int:
    """How many lines of a CSV aren't records of its table."""
    if source.rejects is None:
        return 0
    query = compose("select count(distinct line) from {rejects}", rejects=identifier(source.rejects))
    row = connection.execute(query).fetchone()
    return int(row[0]) if row else 0


def refused_lines(connection: duckdb.DuckDBPyConnection, source: Source, mask: Mask) -> list[Rejected]:
    """Lines that aren't records of this table at all: too few or too many cells, broken quotes."""
    if source.rejects is None:
        return []
    query = compose(
        "select line, any_value(error_message), any_value(csv_line) from {rejects} group by line order by line limit {limit}",
        rejects=identifier(source.rejects),
        limit=literal(LIMITS.quarantined_rows),
    )
    rejected = []
    for line, message, text in connection.execute(query).fetchall():
        reason = (message or "not a record").strip().split("\n")[0]
        raw = mask((text or "").strip("\r\n"))[: LIMITS.raw_text_characters]
        rejected.append((int(line), mask(reason), raw))
    return rejected
