"""What a run warns of that the one before did not: the alert tells each warning once, and again only when it has come back."""

from dataclasses import dataclass

import duckdb

from checks.anomalies import ANOMALIES
from checks.declared import Severity
from checks.store import failures
from sql.changes import META_SCHEMA, table_exists

TOLD = f"{META_SCHEMA}.told_warnings"


@dataclass(frozen=True)
class Notice:
    """One thing to look at. ``name`` stays the same from run to run while it lasts; ``text`` says what, since when, where to look."""

    name: str
    text: str


def notices(connection: duckdb.DuckDBPyConnection) -> list[Notice]:
    """Everything that is warned of now: the lines of checks that failed in their newest run, and each day that is not as usual."""
    failed = [line for line in failures(connection, Severity.WARN) if line[0] != ANOMALIES]
    found = [Notice(f"{asset} {name} {member}", f"{asset} {name}: {detail}") for asset, name, member, detail in failed]
    if not table_exists(connection, ANOMALIES):
        return found
    unusual = connection.execute(
        f"""
        select distinct on (series, member, since_date) series, member, since_date,
            concat_ws(' ', series, 'of', member, 'on', date, 'is', round(value, 4), 'where', round(expected, 4), 'is usual, since',
                concat(since_date, ';'), 'look at', look_at)
        from {ANOMALIES} where is_news order by series, member, since_date, date desc"""
    ).fetchall()
    return found + [Notice(f"{series} {member} since {since}", text) for series, member, since, text in unusual]


def take_news(connection: duckdb.DuckDBPyConnection) -> list[Notice]:
    """What is warned of now and was not when this was last asked; from then on it counts as told, until it is over."""
    found = notices(connection)
    told: set[str] | None = None
    if table_exists(connection, TOLD):
        told = {row[0] for row in connection.execute(f"select name from {TOLD}").fetchall()}
    names = {notice.name for notice in found}
    if names != told:
        connection.execute(f"create schema if not exists {META_SCHEMA}")
        connection.execute(
            f"create or replace table {TOLD} as select unnest(cast(? as varchar[])) as name", [sorted(names)]
        )
    return [notice for notice in found if told is None or notice.name not in told]
