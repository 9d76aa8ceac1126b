"""User agents and referrers of old visits are cut down to what tells the channel (:class:`config.details.Details`).

It is done to the raw rows, whether a visit has just grown old or comes late out of an old file; a full refresh reads the inbox, where the
files still hold everything, and cuts it down again.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta

import duckdb
from config.details import Details
from config.home import Home

from pipelines.registry import transaction
from pipelines.statement import Sql, compose, identifier

MOMENTS = {"web_sessions": "started_at", "web_events": "occurred_at"}


def before(today: date, days: int) -> datetime | None:
    """The instant (UTC) before which details go; None where they are kept."""
    return datetime.combine(today - timedelta(days=days), time()) if days else None


def drop_details(
    connection: duckdb.DuckDBPyConnection, home: Home, end: datetime, new_files: Mapping[str, Sequence[str]]
) -> int:
    """Cut down the details of visits before ``end``; returns how many rows were changed.

    Only what grew old since the last time is looked at, and the rows of ``new_files`` (ids by raw table). Where that is nothing, as in most
    nights, the rules are not even read: their SQL alone takes the engine longer than all else that is done in such a night's ingestion.
    """
    changed = 0
    with transaction(connection):
        for table, moment in MOMENTS.items():
            row = connection.execute(
                "select max(until) from raw.details_dropped where raw_table = ?", [table]
            ).fetchone()
            done = row[0] if row else None
            changed += _cut_down(connection, home, (table, moment), [end, done, done, list(new_files.get(table, ()))])
            connection.execute("delete from raw.details_dropped where raw_table = ?", [table])
            connection.execute(
                "insert into raw.details_dropped values (?, ?)", [table, max(end, done) if done else end]
            )
    return changed


def _cut_down(
    connection: duckdb.DuckDBPyConnection, home: Home, where: tuple[str, str], parameters: Sequence[object]
) -> int:
    table, moment = identifier("raw", where[0]), identifier(where[1])
    is_old = compose(
        "{moment} < ? and (? is null or {moment} >= ? or file_id in (select unnest(?::varchar[])))", moment=moment
    )
    found = connection.execute(
        compose("select 1 from {table} where {is_old} limit 1", table=table, is_old=is_old), parameters
    )
    if found.fetchone() is None:
        return 0
    details = Details.of(home)
    statement = compose(
        "update {table} set user_agent = {agent}, referrer_url = {referrer} where {is_old}"
        " and (user_agent is distinct from {agent} or referrer_url is distinct from {referrer})",
        table=table,
        agent=Sql(details.user_agent("user_agent")),
        referrer=Sql(details.referrer("referrer_url")),
        is_old=is_old,
    )
    row = connection.execute(statement, parameters).fetchone()
    return int(row[0]) if row else 0
