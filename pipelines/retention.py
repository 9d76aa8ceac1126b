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

    Only what grew old since the last time is looked at, and the rows of ``new_files`` (ids by raw table).
    """
    details = Details.of(home)
    agent, referrer = Sql(details.user_agent("user_agent")), Sql(details.referrer("referrer_url"))
    changed = 0
    with transaction(connection):
        for table, moment in MOMENTS.items():
            row = connection.execute(
                "select max(until) from raw.details_dropped where raw_table = ?", [table]
            ).fetchone()
            done = row[0] if row else None
            statement = compose(
                "update {table} set user_agent = {agent}, referrer_url = {referrer}"
                " where {moment} < ? and (? is null or {moment} >= ? or file_id in (select unnest(?::varchar[])))"
                " and (user_agent is distinct from {agent} or referrer_url is distinct from {referrer})",
                table=identifier("raw", table),
                moment=identifier(moment),
                agent=agent,
                referrer=referrer,
            )
            found = connection.execute(
                statement,
                [end, done, done, list(new_files.get(table, ()))],
            ).fetchone()
            changed += int(found[0]) if found else 0
            connection.execute("delete from raw.details_dropped where raw_table = ?", [table])
            connection.execute(
                "insert into raw.details_dropped values (?, ?)", [table, max(end, done) if done else end]
            )
    return changed
