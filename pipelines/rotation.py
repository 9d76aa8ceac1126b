"""Another key for the e-mail addresses: the warehouse knows which key its hashes were made with, and never mixes two.

Addresses exist only in the files of the inbox, so a new key means reading them all again. What came from files that are gone can't be
hashed anew and loses its hash: those rows stay, and are joined with nobody by address.
"""

import duckdb
from config.home import Home

from pipelines import privacy
from pipelines.registry import transaction
from pipelines.schema import DATA_TABLES
from pipelines.statement import compose, identifier

_MASKED = "email-[0-9a-f]{16}"


class KeyChangedError(Exception):
    """The key is not the one that the addresses in the warehouse were hashed with."""


def begin(connection: duckdb.DuckDBPyConnection, home: Home, *, full_refresh: bool) -> bytes | None:
    """Compare the key with the warehouse's; the old key where it is being changed, and then without any hash left in ``raw``.

    Raises:
        KeyChangedError: the key is another one, and this run does not change it.
    """
    key, known = privacy.load_key(home), _known(connection)
    if known is None or known == privacy.key_check(key):
        return None
    old_key = privacy.load_old_key(home)
    if old_key is None or privacy.key_check(old_key) != known or not full_refresh:
        raise KeyChangedError(
            f"the e-mail addresses in {home.warehouse.name} were hashed with another key than {privacy.KEY_VARIABLE} or "
            f"{privacy.key_path(home)} holds now. Put that key back, or change it with `hourglass rotate-key` (docs/privacy.md)."
        )
    _forget_hashes(connection)
    return old_key


def remember_key(connection: duckdb.DuckDBPyConnection, home: Home) -> None:
    """Note the key that the hashes in the warehouse are made with."""
    check = privacy.key_check(privacy.load_key(home))
    if _known(connection) != check:
        with transaction(connection):
            connection.execute("delete from raw.email_key")
            connection.execute("insert into raw.email_key values (?)", [check])


def _known(connection: duckdb.DuckDBPyConnection) -> str | None:
    row = connection.execute("select key_check from raw.email_key").fetchone()
    return str(row[0]) if row else None


def _forget_hashes(connection: duckdb.DuckDBPyConnection) -> None:
    """Empty every hash, also where one stands in a text; what is still in the inbox gets its new one by being read again."""
    with transaction(connection):
        for table in DATA_TABLES:
            name = identifier("raw", table.name)
            for column in table.own_columns:
                if column.kind == "email":
                    connection.execute(compose("update {t} set {c} = null", t=name, c=identifier(column.name)))
                elif column.type == "VARCHAR":
                    query = "update {t} set {c} = regexp_replace({c}, '" + _MASKED.replace("{", "{{").replace("}", "}}")
                    query += "', 'email', 'g') where contains({c}, 'email-')"
                    connection.execute(compose(query, t=name, c=identifier(column.name)))
