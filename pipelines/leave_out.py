"""Records of erased people are left out of what a file brings, and their names hidden in the texts of everybody else's records.

This stands between reading and loading, whatever the file was read by, so that nothing about an erased person reaches the warehouse.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from pipelines import privacy
from pipelines.ages import BY_ROWS, Span, Told, spans
from pipelines.registry import FileResult
from pipelines.schema import NAMES, RAW_TABLES, RawTable
from pipelines.statement import Sql, compose, copy_to_parquet, identifier, join, literal
from pipelines.suppression import ERASED_ADDRESS, ERASED_RECORD, Suppression

_WORD = r"[\p{L}\p{N}][\p{L}\p{N}_.@~-]*"


class Sieve:
    """Holds the rows of one run's files against the list. ``connection`` has had :func:`pipelines.privacy.install`."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, suppression: Suppression, scratch: Path, numbers: "count[int]"
    ) -> None:
        self.connection = connection
        self.suppression = suppression
        self.scratch = scratch
        self.numbers = numbers

    def file(self, name: str, location: Path, *, result: FileResult) -> Path | None:
        """A Parquet file of rows for a raw table without erased people; None where no row is left."""
        relation = compose("read_parquet({path})", path=literal(str(location)))
        query = self._query(RAW_TABLES[name], relation, result)
        if query is None:
            return location
        if not result.tables.get(name):
            return None
        target = self.scratch / f"{name}.{next(self.numbers)}.kept.parquet"
        self.connection.execute(copy_to_parquet(query, target))
        location.unlink()
        return target

    def rows(self, name: str, rows: pa.Table, *, result: FileResult) -> pa.Table:
        """Rows for a raw table without erased people."""
        self.connection.register("rows_to_sieve", rows)
        try:
            query = self._query(RAW_TABLES[name], identifier("rows_to_sieve"), result)
            return rows if query is None else self.connection.execute(query).to_arrow_table().cast(rows.schema)
        finally:
            self.connection.unregister("rows_to_sieve")

    def span(self, files: Mapping[str, list[Path]], tables: Mapping[str, list[pa.Table]]) -> Span:
        """What the rows of one document tell about its age and days; Parquet files and Arrow tables by raw table."""
        relations = {
            name: [compose("read_parquet({path})", path=literal(str(path))) for path in paths]
            for name, paths in files.items()
        }
        registered: list[str] = []
        for name, parts in tables.items():
            for rows in parts:
                registered.append(f"rows_to_date_{len(registered)}")
                self.connection.register(registered[-1], rows)
                relations.setdefault(name, []).append(identifier(registered[-1]))
        try:
            return next(iter(spans(self.connection, relations).values()), Span())
        finally:
            for name in registered:
                self.connection.unregister(name)

    def told_anew(self, result: FileResult, before: Span, left: Span) -> bool:
        """Have the rows that are left tell what those told that are gone; returns whether the rows have to be dated anew."""
        told = Told(result.downloaded_at, result.period_from_date, result.period_to_date)
        now = told.without_the_gone(before, left, by_rows=BY_ROWS in result.notes)
        result.downloaded_at, result.period_from_date, result.period_to_date = now.downloaded_at, now.first, now.last
        return now.downloaded_at != told.downloaded_at

    def dated_file(self, name: str, location: Path, *, at: datetime | None) -> Path:
        """A Parquet file of rows for a raw table with another ``captured_at``."""
        target = self.scratch / f"{name}.{next(self.numbers)}.dated.parquet"
        query = compose(
            "select * replace (cast({at} as timestamp) as captured_at) from read_parquet({path})",
            at=literal(at.isoformat(sep=" ") if at else None),
            path=literal(str(location)),
        )
        self.connection.execute(copy_to_parquet(query, target))
        location.unlink()
        return target

    def dated_rows(self, name: str, rows: pa.Table, *, at: datetime | None) -> pa.Table:
        """Rows for a raw table with another ``captured_at``."""
        del name
        place = rows.schema.get_field_index("captured_at")
        field = rows.schema.field(place)
        return rows.set_column(place, field, pa.repeat(pa.scalar(at, field.type), rows.num_rows))

    def _query(self, table: RawTable, relation: Sql, result: FileResult) -> Sql | None:
        """The SELECT of what is left, or None where all is; the counts of the file follow."""
        described = self.connection.execute(compose("describe select * from {r}", r=relation)).fetchall()
        columns = {row[0]: row[1] for row in described}
        is_erased = self._is_erased(table, relation, columns)
        struck = 0
        if is_erased is not None:
            struck = self._count(compose("select count(*) from {r} where {c}", r=relation, c=is_erased))
        changed = dict(self._emptied(table, relation, columns)) | dict(self._hidden(table, relation, columns))
        if not struck and not changed:
            return None
        result.rows_read -= struck
        result.rows_loaded -= struck
        result.rows_erased += struck
        result.tables[table.name] = result.tables.get(table.name, 0) - struck
        parts = [changed.get(column, identifier(column)) for column in columns]
        return compose(
            "select {parts} from {relation} {where}",
            parts=join(", ", parts),
            relation=relation,
            where=compose("where not ({c})", c=is_erased) if is_erased and struck else Sql(""),
        )

    def _is_erased(self, table: RawTable, relation: Sql, columns: dict[str, Any]) -> Sql | None:
        """The condition that a row names an erased person; None where no name of this table's kinds is on the list."""
        stand_ins = [literal("erased-" + found[:8]) for found in self.suppression.digests("email")]
        tests = []
        for column, kind in table.identifying.items():
            if column not in columns:
                continue
            name = identifier(column)
            if kind == "email":
                tests.append(compose("coalesce({c} = {stand_in}, false)", c=name, stand_in=literal(ERASED_ADDRESS)))
            if found := self._values("email_hash" if kind == "email" else kind, relation, name):
                tests.append(compose("coalesce({c} in ({v}), false)", c=name, v=join(", ", found)))
            if kind == "user" and stand_ins:  # a login by address
                tests.append(compose("coalesce({c} in ({v}), false)", c=name, v=join(", ", stand_ins)))
        return join(" or ", tests) if tests else None

    def _emptied(self, table: RawTable, relation: Sql, columns: dict[str, Any]) -> Iterator[tuple[str, Sql]]:
        """Columns of other people's rows that name an erased customer."""
        for column in table.naming_others:
            if column in columns and (found := self._values("customer", relation, identifier(column))):
                yield column, _without(identifier(column), found)

    def _values(self, kind: str, relation: Sql, column: Sql) -> list[Sql]:
        """The column's values that are on the list."""
        digests = self.suppression.digests(kind)
        if not digests:
            return []
        query = (
            "select value from (select distinct {column} as value from {relation} where length({column}) in ({lengths}))"
            " where {hashed} in ({digests})"
        )
        rows = self.connection.execute(
            compose(
                query,
                column=column,
                relation=relation,
                lengths=self._lengths(kind),
                hashed=_hashed(kind, Sql("value")),
                digests=join(", ", [literal(found) for found in digests]),
            )
        ).fetchall()
        return [literal(row[0]) for row in rows]

    def _hidden(self, table: RawTable, relation: Sql, columns: dict[str, Any]) -> Iterator[tuple[str, Sql]]:
        """Text columns in which a name of an erased person stands."""
        kinds = [kind for kind in NAMES if self.suppression.digests(kind)]
        skipped = {*table.identifying, *table.naming_others, "file_id"}
        texts = [name for name, type_ in columns.items() if type_ == "VARCHAR" and name not in skipped]
        for column in texts:
            words = compose(
                "select distinct unnest(regexp_extract_all({c}, {word})) as word from {r} where {c} is not null",
                c=identifier(column),
                word=literal(_WORD),
                r=relation,
            )
            on_list = join(
                " or ",
                [
                    compose(
                        "(length(word) in ({lengths}) and {hashed} in ({digests}))",
                        lengths=self._lengths(kind),
                        hashed=_hashed(kind, Sql("lower(word)" if kind == "email" else "word")),
                        digests=join(", ", [literal(found) for found in self.suppression.digests(kind)]),
                    )
                    for kind in kinds
                ]
                or [Sql("false")],
            )
            found = self.connection.execute(
                compose("select word from ({words}) where {on_list} order by word", words=words, on_list=on_list)
            ).fetchall()
            if found and (told := self._told(relation, identifier(column), [row[0] for row in found])):
                yield column, compose("{value} as {column}", value=told, column=identifier(column))

    def _told(self, relation: Sql, column: Sql, words: list[str]) -> Sql | None:
        """The column with stand-ins in each of its texts that has such a word; a name within a longer word is somebody else's."""
        holds = join(" or ", [compose("contains({c}, {word})", c=column, word=literal(word)) for word in words])
        query = compose("select distinct {c} from {r} where {holds} order by 1", c=column, r=relation, holds=holds)
        cells = [row[0] for row in self.connection.execute(query).fetchall()]
        hidden = [(cell, told) for cell in cells if (told := self.suppression.hide(cell)) != cell]
        if not hidden:
            return None
        cases = [compose("when {cell} then {told}", cell=literal(cell), told=literal(told)) for cell, told in hidden]
        return compose("case {c} {cases} else {c} end", c=column, cases=join(" ", cases))

    def _lengths(self, kind: str) -> Sql:
        return join(", ", [Sql(str(length)) for length in self.suppression.lengths(kind)])

    def _count(self, query: Sql) -> int:
        row = self.connection.execute(query).fetchone()
        return int(row[0]) if row else 0


def hide_in_words(result: FileResult, suppression: Suppression) -> None:
    """Hide the names of erased people in what is said about a file; their records in quarantine are not shown at all."""
    result.reason = suppression.hide(result.reason) if result.reason else result.reason
    result.question = suppression.hide(result.question) if result.question else result.question
    result.notes = [suppression.hide(note) for note in result.notes]
    result.rejected = [
        (line, suppression.hide(reason), text if suppression.hide(text) == text else ERASED_RECORD)
        for line, reason, text in result.rejected
    ]


def _hashed(kind: str, value: Sql) -> Sql:
    return privacy.keyed_hash("erased", compose("{prefix} || {value}", prefix=literal(f"{kind}:"), value=value))


def _without(column: Sql, values: list[Sql]) -> Sql:
    return compose(
        "case when {c} not in ({v}) then {c} end as {c}",
        c=column,
        v=join(", ", values),
    )
