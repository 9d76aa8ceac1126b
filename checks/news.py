"""What a run warns of that the one before did not: the alert tells each warning once, and again only when it has come back."""

from dataclasses import dataclass

import duckdb

from checks.anomalies import ANOMALIES, EXPORT_CHANGES
from checks.declared import Severity
from checks.store import failures
from sql.changes import META_SCHEMA, table_exists

TOLD = f"{META_SCHEMA}.told_warnings"


@dataclass(frozen=True)
class Notice:
    """One thing to look at. ``name`` stays the same from run to run while it lasts; ``text`` says what, since when, where to look."""

    name: str
    text: str


@dataclass(frozen=True)
class News:
    """The notices that nobody was told of, the names of all there are now, and of those that were told before (None: nothing ever was)."""

    fresh: list[Notice]
    names: frozenset[str]
    told_before: frozenset[str] | None


def notices(connection: duckdb.DuckDBPyConnection) -> list[Notice]:
    """Everything that is warned of now: the lines of checks that failed in their newest run, each unusual day, each changed column."""
    failed = [line for line in failures(connection, Severity.WARN) if line[0] not in (ANOMALIES, EXPORT_CHANGES)]
    found = [Notice(f"{asset} {name} {member}", f"{asset} {name}: {detail}") for asset, name, member, detail in failed]
    return [*found, *_unusual_days(connection), *_changed_exports(connection)]


def _changed_exports(connection: duckdb.DuckDBPyConnection) -> list[Notice]:
    if not table_exists(connection, EXPORT_CHANGES):
        return []
    rows = connection.execute(
        f"""
        select concat_ws(' ', source, export_kind, account), change, column_name, since_date, files_compared, file_path
        from {EXPORT_CHANGES} where is_news order by all"""
    ).fetchall()
    said = {"gone": "is not filled any more, as in the {} files before", "new": "is in none of the {} files before"}
    return [
        Notice(
            f"{export} {change} {column} since {since}",
            f"{export}: column {column} {said[change].format(compared)}, since {since}; look at {path}",
        )
        for export, change, column, since, compared, path in rows
    ]


def _unusual_days(connection: duckdb.DuckDBPyConnection) -> list[Notice]:
    if not table_exists(connection, ANOMALIES):
        return []
    unusual = connection.execute(
        f"""
        select distinct on (series, member, since_date) series, member, since_date,
            concat_ws(' ', series, 'of', member, 'on', date, 'is', round(value, 4), 'where', round(expected, 4), 'is usual, since',
                concat(since_date, ';'), 'look at', look_at)
        from {ANOMALIES} where is_news order by series, member, since_date, date desc"""
    ).fetchall()
    return [Notice(f"{series} {member} since {since}", text) for series, member, since, text in unusual]


def news(connection: duckdb.DuckDBPyConnection) -> News:
    """What is warned of now, and what of it was not yet told."""
    told: frozenset[str] | None = None
    if table_exists(connection, TOLD):
        told = frozenset(row[0] for row in connection.execute(f"select name from {TOLD}").fetchall())
    found = notices(connection)
    fresh = [notice for notice in found if notice.name not in (told or ())]
    return News(fresh, frozenset(notice.name for notice in found), told)


def remember_told(connection: duckdb.DuckDBPyConnection, told: News) -> None:
    """Have all that was warned of then count as told, each until it is over."""
    if told.names != told.told_before:
        connection.execute(f"create schema if not exists {META_SCHEMA}")
        query = f"create or replace table {TOLD} as select unnest(cast(? as varchar[])) as name"
        connection.execute(query, [sorted(told.names)])
