"""Brings what models keep of user agents and referrers in line with raw tables whose old details were cut down.

No figure depends on it: what is left means the same (:mod:`config.details`).
"""

from datetime import datetime

import duckdb
from config.details import Details
from config.home import Home

from sql.changes import META_SCHEMA, note_version, prepare_state, table_exists

DICTIONARIES = ("core.int_browsers", "core.int_value_meanings")
"""Models that judge each user agent and referrer once, and so keep all that they have seen."""
SESSIONS = "core.int_event_sessions"


def forget_details(connection: duckdb.DuckDBPyConnection, home: Home, end: datetime) -> None:
    """Cut down the details of sessions cut from events before ``end``, and have the dictionaries built anew from what is left."""
    details = Details.of(home)
    agent, referrer = details.user_agent("user_agent"), details.referrer("referrer_url")
    if table_exists(connection, SESSIONS):
        connection.execute(
            f"update {SESSIONS} set user_agent = {agent}, referrer_url = {referrer} where started_at < ?"
            f" and (user_agent is distinct from {agent} or referrer_url is distinct from {referrer})",
            [end],
        )
    prepare_state(connection)
    note_version(connection, SESSIONS)
    for model in DICTIONARIES:
        connection.execute(f"delete from {META_SCHEMA}.models where model = ?", [model])
