"""How old a delivery is that says nothing about its age, and of which days it is: what its rows tell.

Rows of erased people tell nothing any more: :mod:`pipelines.leave_out` and :mod:`pipelines.erasure` ask anew when some have gone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

import duckdb

from pipelines.schema import RAW_TABLES, RawTable
from pipelines.statement import Sql, compose, identifier, join, literal

BY_ROWS = "no download date in name or hourglass.yml: the newest instant in the file stands for it"
"""The note of a file whose rows tell its age."""
LONGEST_SILENCE_DAYS = 3653
"""No source rests for ten years between two records of a file; what lies further apart was written by a wrong clock."""


_T = TypeVar("_T", date, datetime)


@dataclass(frozen=True)
class Span:
    """What the rows of one file tell, in UTC; None where they tell nothing.

    ``first`` and ``last`` are of the column that places a row in time, ``newest`` of all columns that may date it. ``dating`` is the newest
    that no wrong clock has written.
    """

    first: datetime | None = None
    last: datetime | None = None
    newest: datetime | None = None
    dating: datetime | None = None


@dataclass(frozen=True)
class Told:
    """What is on record of a file: when it was downloaded, and the first and last day that it describes."""

    downloaded_at: datetime | None
    first: date | None
    last: date | None

    def without_the_gone(self, before: Span, left: Span, *, by_rows: bool) -> "Told":
        """The same where rows have gone: what they alone told is told by those that are left. ``by_rows``: they tell the age."""
        return Told(
            _follow(self.downloaded_at, (before.dating, left.dating)) if by_rows else self.downloaded_at,
            _follow(self.first, (_day(before.first), _day(left.first))),
            _follow(
                self.last, (_day(before.newest), _day(left.newest)), (_day(before.last), _day(left.last))
            ),
        )  # fmt: skip


def newest_of_the_most(records: Sql) -> Sql:
    """A query for the newest instant that can date each file, of ``file_id`` and ``moment`` of its records: (file_id, dating).

    A sender's wrong clock writes 1970 or 2099 among instants of last week. So where ten years lie between two days of a file,
    they are two parts of it, and the part with the most records counts.
    """
    return compose(
        "select file_id, max(newest) as dating from ("
        " select *, sum(is_beginning) over (partition by file_id order by day) as part from ("
        " select *, case when day - lag(day) over (partition by file_id order by day) > {silence} then 1 else 0 end as is_beginning from ("
        " select file_id, cast(moment as date) as day, count(*) as records, max(moment) as newest"
        " from ({records}) where moment is not null group by all)))"
        " group by file_id, part"
        " qualify row_number() over (partition by file_id order by sum(records) desc, part desc) = 1",
        records=records,
        silence=literal(LONGEST_SILENCE_DAYS),
    )


def spans(connection: duckdb.DuckDBPyConnection, relations: Mapping[str, list[Sql]]) -> dict[str, Span]:
    """By file, what its rows tell; ``relations`` are rows by raw table, with their file_id."""
    parts = [
        _moments(RAW_TABLES[name], relation)
        for name, several in relations.items()
        for relation in several
        if RAW_TABLES[name].newest
    ]
    if not parts:
        return {}
    query = compose(
        "with moments as materialized ({moments}), dating as ({dating})"
        " select file_id, min(placed), max(placed), max(moment), any_value(dating)"
        " from moments left join dating using (file_id) group by file_id",
        moments=join(" union all ", parts),
        dating=newest_of_the_most(Sql("select file_id, moment from moments")),
    )
    return {row[0]: Span(*row[1:]) for row in connection.execute(query).fetchall()}


def _moments(table: RawTable, relation: Sql) -> Sql:
    columns = [compose("cast({c} as timestamp)", c=identifier(name)) for name in table.newest]
    return compose(
        "select file_id, {placed} as placed, greatest({columns}) as moment from {relation}",
        placed=columns[0],
        columns=join(", ", columns),
        relation=relation,
    )


def _follow(recorded: _T | None, *known: tuple[_T | None, _T | None]) -> _T | None:
    """What is on record; where it is what the rows told before, what they tell now."""
    return next((now for before, now in known if before is not None and recorded == before), recorded)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
