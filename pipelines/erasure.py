"""Removing people from the raw tables: which names and records are theirs, and the rows and texts that hold them.

Which column names whom is declared in ``raw_tables.yml``. What is computed from the raw tables, and all that lies outside the warehouse, is
the caller's to bring in line. Nothing here decides who may be erased.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

import duckdb
import pyarrow as pa

from pipelines import privacy
from pipelines.ages import BY_ROWS, Span, Told, spans
from pipelines.names_in_text import Names, forms, hide_texts
from pipelines.schema import DATA_TABLES, NAMES, RAW_TABLES, RECORDS, RawTable
from pipelines.secret import normalised_address
from pipelines.statement import Sql, compose, identifier, join, literal
from pipelines.suppression import ERASED_RECORD, Suppression, is_distinctive

SeedKind = Literal["visitor", "email", "customer"]
Name = tuple[str, str]
_PERSONAL = tuple(table for table in DATA_TABLES if table.identifying or table.naming_others)


@dataclass
class People:
    """Who is to be erased: what was asked for, and the names and records that are nobody else's.

    ``seeds`` are (kind, value), addresses in clear and in lower case. ``names`` are (kind, value) as the raw tables hold them, so addresses
    as their hashes.
    ``shared`` were found beside them, and rows of somebody who stays have them too: those stay. ``rows`` counts by raw table, ``files``
    are the paths under the inbox of the files that the rows came from.
    """

    seeds: list[Name]
    names: set[Name] = field(default_factory=set)
    shared: set[Name] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def suppressed(self) -> list[Name]:
        """What goes on the list of erased people.

        Only of addresses that were asked for is the clear text known; of others the hash, which is good until the key changes
        (:mod:`pipelines.rotation` carries them over).
        """
        known = {("email_hash" if kind == "email" else kind, value) for kind, value in self.names}
        return sorted(known | set(self.seeds))

    def stand_ins(self, suppression: Suppression) -> dict[str, str]:
        """What is looked for in texts, in every form in which it may be written, and what is put in its place."""
        found: dict[str, str] = {}
        seeds = set(self.seeds)
        for kind, value in sorted(self.names | seeds):
            hidden = suppression.stand_in(kind, value)
            written = [value]
            if kind == "email":
                is_address = (kind, value) in seeds
                written += [value.upper(), value.title()] if is_address else [privacy.address_in_text(value)]
            for text in written:
                if is_distinctive(text):
                    found |= dict.fromkeys(forms(text), hidden)
        return found


@dataclass
class Removed:
    """What was taken out of the raw tables: rows, emptied cells and changed texts by table; and those whose rows were dated anew.

    ``kept`` names by table a temporary one with the rows that are gone.
    """

    rows: dict[str, int] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    emptied: dict[str, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    dated: set[str] = field(default_factory=set)

    @property
    def tables(self) -> set[str]:
        """The raw tables that are not as they were."""
        return self.in_place | {name for name, count in self.rows.items() if count}

    @property
    def in_place(self) -> set[str]:
        """The raw tables of which rows that stay were changed."""
        counted = (self.emptied, self.texts)
        return self.dated | {name for part in counted for name, count in part.items() if count}


def find(connection: duckdb.DuckDBPyConnection, seeds: Iterable[Name], key: bytes) -> People:
    """Look for people in the raw tables.

    A name or record that stands in one of their rows is theirs, unless a row with it names somebody who stays: another visitor, address
    or customer than those who go, of the kind that was asked for. So by an address or a customer's number a person goes with all of
    their devices, by a visitor's id the one browser. What two of them share, and nobody else has, goes with them.

    Args:
        connection: the warehouse.
        seeds: what was asked for, each (``visitor`` | ``email`` | ``customer``, value).
        key: the key of the e-mail addresses.
    """
    asked = sorted({(kind, normalised_address(value) if kind == "email" else value) for kind, value in seeds})
    people = People(asked)
    by_kind: dict[str, set[Name]] = {}
    for kind, value in asked:
        own = (kind, privacy.hash_email(value, key) if kind == "email" else value)
        by_kind.setdefault(kind, set()).update(_with_logins({own}))
    size = -1
    while size < (size := sum(len(names) for names in by_kind.values())):
        # What one kind brings may be what the rows of another had beside somebody who seemed to stay.
        people.shared = set()
        for kind, names in by_kind.items():
            everybody = set[Name]().union(*by_kind.values())
            people.shared |= _follow(connection, kind, names, everybody)
    people.names = set[Name]().union(*by_kind.values())
    people.shared -= people.names
    for table, by_file in _rows(connection, people.names):
        people.rows[table.name] = sum(by_file.values())
        people.files = sorted({*people.files, *by_file})
    return people


def count_rows(connection: duckdb.DuckDBPyConnection, names: Iterable[Name]) -> dict[str, int]:
    """By raw table, how many rows hold one of the names, as :attr:`People.names` has them."""
    return {table.name: sum(by_file.values()) for table, by_file in _rows(connection, set(names))}


def _rows(connection: duckdb.DuckDBPyConnection, names: set[Name]) -> Iterator[tuple[RawTable, dict[str, int]]]:
    """By raw table, how many rows of which file hold one of the names."""
    _register(connection, "erased_names", names)
    for table in _PERSONAL:
        if condition := _is_theirs(table):
            name = identifier("raw", table.name)
            query = compose("select source_file, count(*) from {t} where {c} group by 1", t=name, c=condition)
            yield table, dict(connection.execute(query).fetchall())


def _follow(connection: duckdb.DuckDBPyConnection, kind: str, names: set[Name], everybody: set[Name]) -> set[Name]:
    """Add to the names what is found beside them and is nobody's who stays; returns what is shared. ``everybody``: all who go."""
    shared: set[Name] = set()
    while True:
        _register(connection, "erased_names", names)
        beside = set(_beside(connection)) - names - shared
        if not beside:
            return shared
        _register(connection, "found_names", beside)
        _register(connection, "erased_names", names | everybody)
        others = set(_of_others(connection, kind))
        shared |= others
        names |= _with_logins(beside - others)


def remove(connection: duckdb.DuckDBPyConnection, people: People, suppression: Suppression) -> Removed:
    """Take people that :func:`find` found out of the schema ``raw``; the registry's counts follow. Belongs in a transaction."""
    removed = Removed()
    stand_ins = people.stand_ins(suppression)
    _register(connection, "erased_names", people.names)
    _note_files(connection)
    before = _spans(connection)
    for table in _PERSONAL:
        _remove_rows(connection, table, removed)
        _empty_mentions(connection, table, removed)
    _tell_anew(connection, before, removed)
    _hide_records(connection, people, stand_ins, removed)
    names = Names(stand_ins)
    for table_name, columns in _text_columns(connection).items():
        count = hide_texts(connection, f"raw.{table_name}", columns, names)
        removed.texts[table_name] = removed.texts.get(table_name, 0) + count
    return removed


def _with_logins(names: set[Name]) -> set[Name]:
    """The names, and what stands for an address where somebody logs in by it."""
    return names | {("user", privacy.address_in_text(value)) for kind, value in names if kind == "email"}


def _register(connection: duckdb.DuckDBPyConnection, table: str, names: set[Name]) -> None:
    rows = sorted(names)
    connection.register(
        "names_to_register",
        pa.table(
            {"kind": pa.array([k for k, _ in rows], pa.string()), "value": pa.array([v for _, v in rows], pa.string())}
        ),
    )
    connection.execute(
        compose("create or replace temp table {t} as select * from names_to_register", t=identifier(table))
    )
    connection.unregister("names_to_register")


def _in_names(column: str, kind: str, names: str) -> Sql:
    return compose(
        "coalesce({c} in (select value from {names} where kind = {kind}), false)",
        c=identifier(column),
        names=identifier(names),
        kind=literal(kind),
    )


def _is_theirs(table: RawTable) -> Sql | None:
    """The condition that a row names one of them; None for a table that names nobody."""
    tests = [_in_names(column, kind, "erased_names") for column, kind in table.identifying.items()]
    return join(" or ", tests) if tests else None


def _beside(connection: duckdb.DuckDBPyConnection) -> Iterator[Name]:
    """Every name and record that stands in a row of theirs."""
    for table in _PERSONAL:
        condition = _is_theirs(table)
        for column, kind in table.identifying.items():
            query = compose(
                "select distinct {c} from {t} where {c} is not null and ({condition})",
                c=identifier(column),
                t=identifier("raw", table.name),
                condition=condition or Sql("false"),
            )
            yield from ((kind, row[0]) for row in connection.execute(query).fetchall())


def _of_others(connection: duckdb.DuckDBPyConnection, seed_kind: str) -> Iterator[Name]:
    """Those of ``found_names`` that stand in a row of somebody else."""
    for table in _PERSONAL:
        somebody_else = [
            compose(
                "({c} is not null and not {ours})", c=identifier(column), ours=_in_names(column, kind, "erased_names")
            )
            for column, kind in table.identifying.items()
            if kind == seed_kind
        ]
        if not somebody_else:
            continue
        for column, kind in table.identifying.items():
            query = compose(
                "select distinct {c} from {t} where {found} and ({somebody_else})",
                c=identifier(column),
                t=identifier("raw", table.name),
                found=_in_names(column, kind, "found_names"),
                somebody_else=join(" or ", somebody_else),
            )
            yield from ((kind, row[0]) for row in connection.execute(query).fetchall())


def _remove_rows(connection: duckdb.DuckDBPyConnection, table: RawTable, removed: Removed) -> None:
    condition = _is_theirs(table)
    if condition is None:
        return
    name = identifier("raw", table.name)
    by_file = connection.execute(
        compose("select file_id, count(*) from {t} where {c} group by 1", t=name, c=condition)
    ).fetchall()
    if not by_file:
        return
    kept = f"erased__{table.name}"
    connection.execute(
        compose(
            "create or replace temp table {k} as select * from {t} where {c}", k=identifier(kept), t=name, c=condition
        )
    )
    removed.kept[table.name] = kept
    connection.execute(compose("delete from {t} where {c}", t=name, c=condition))
    removed.rows[table.name] = sum(count for _, count in by_file)
    for file_id, count in by_file:
        _lower_counts(connection, file_id, table.name, count)


def _lower_counts(connection: duckdb.DuckDBPyConnection, file_id: str, table: str, count: int) -> None:
    """The file's counts without these rows: what was erased is in none of them."""
    row = connection.execute(
        "select rows_loaded, raw_rows from raw.files where file_id = ? and status <> 'duplicate'", [file_id]
    ).fetchone()
    if row is None:
        return
    records = min(count, row[0])
    rows = json.loads(row[1] or "{}")
    rows[table] = rows.get(table, count) - count
    connection.execute(
        "update raw.files set rows_read = rows_read - ?, rows_loaded = rows_loaded - ?,"
        " rows_erased = coalesce(rows_erased, 0) + ?, raw_rows = ? where file_id = ? and status <> 'duplicate'",
        [records, records, records, json.dumps(rows), file_id],
    )


def _note_files(connection: duckdb.DuckDBPyConnection) -> None:
    """Note the files that rows of theirs came from, as ``files_of_theirs``."""
    holding = [
        compose("select file_id from {t} where {c}", t=identifier("raw", table.name), c=condition)
        for table in _PERSONAL
        if (condition := _is_theirs(table))
    ]
    connection.execute(
        compose("create or replace temp table files_of_theirs as {holding}", holding=join(" union ", holding))
    )


def _spans(connection: duckdb.DuckDBPyConnection) -> dict[str, Span]:
    """What the rows of ``files_of_theirs`` tell about the age and the days of each file."""
    some = "(select * from {t} where file_id in (select file_id from files_of_theirs))"
    tables = [table for table in DATA_TABLES if table.newest]
    return spans(connection, {table.name: [compose(some, t=identifier("raw", table.name))] for table in tables})


def _tell_anew(connection: duckdb.DuckDBPyConnection, before: dict[str, Span], removed: Removed) -> None:
    """Have what rows told that are gone be told by those that are left: a file's age and days, as if it had never held them."""
    left = _spans(connection)
    recorded = connection.execute(
        "select file_id, downloaded_at, period_from_date, period_to_date, coalesce(contains(notes, ?), false) from raw.files"
        " where status <> 'duplicate' and file_id in (select file_id from files_of_theirs)",
        [BY_ROWS],
    ).fetchall()
    changed: dict[str, Told] = {}
    for file_id, *days, by_rows in recorded:
        now = Told(*days).without_the_gone(before.get(file_id, Span()), left.get(file_id, Span()), by_rows=by_rows)
        changed |= {file_id: now} if now != Told(*days) else {}
    connection.register("told_now", pa.table({
        "file_id": pa.array(changed, pa.string()),
        "downloaded_at": pa.array([now.downloaded_at for now in changed.values()], pa.timestamp("us")),
        "first": pa.array([now.first for now in changed.values()], pa.date32()),
        "last": pa.array([now.last for now in changed.values()], pa.date32()),
    }))  # fmt: skip
    connection.execute("create or replace temp table told_anew as select * from told_now")
    connection.unregister("told_now")
    for table in DATA_TABLES if changed else ():
        # Where the age of a file is known, its rows have it.
        row = connection.execute(
            compose(
                "update {t} as rows set captured_at = told_anew.downloaded_at from told_anew where told_anew.file_id = rows.file_id"
                " and told_anew.downloaded_at is distinct from rows.captured_at",
                t=identifier("raw", table.name),
            )
        ).fetchone()
        removed.dated |= {table.name} if row and row[0] else set()
    connection.execute(
        "update raw.files set downloaded_at = told_anew.downloaded_at, period_from_date = first, period_to_date = last"
        " from told_anew where told_anew.file_id = files.file_id and status <> 'duplicate'"
    )


def _empty_mentions(connection: duckdb.DuckDBPyConnection, table: RawTable, removed: Removed) -> None:
    for column in table.naming_others:
        row = connection.execute(
            compose(
                "update {t} set {c} = null where {theirs}",
                t=identifier("raw", table.name),
                c=identifier(column),
                theirs=_in_names(column, "customer", "erased_names"),
            )
        ).fetchone()
        removed.emptied[table.name] = removed.emptied.get(table.name, 0) + (int(row[0]) if row else 0)


def _hide_records(
    connection: duckdb.DuckDBPyConnection, people: People, stand_ins: dict[str, str], removed: Removed
) -> None:
    """Records in quarantine are shown cell by cell; one with a name of somebody erased in a cell, or in a text, is shown no more."""
    names = Names(stand_ins)
    shown = names.cells(connection, "raw.quarantine", "raw_text")
    _register(connection, "texts_to_hide", {("text", text) for text in shown if names.hide(text) != text})
    cells = {(kind, value) for kind, value in people.names | set(people.seeds) if kind in (*NAMES, *RECORDS)}
    _register(connection, "cells_to_hide", cells)
    row = connection.execute(
        "update raw.quarantine set raw_text = ? where raw_text <> '' and ("
        "raw_text in (select value from texts_to_hide)"
        " or list_has_any(list_transform(string_split(raw_text, '|'), lambda cell: trim(cell)),"
        " (select list(value) from cells_to_hide)))",
        [ERASED_RECORD],
    ).fetchone()
    removed.texts["quarantine"] = int(row[0]) if row else 0


def _text_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The text columns of every raw table, but dlt's own tables, digests of files, and ids: those are compared whole, as on the way in."""
    rows = connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = current_database()"
        " and schema_name = 'raw' and data_type = 'VARCHAR' and not starts_with(table_name, '_dlt')"
        " and column_name not in ('file_id', 'sha256', 'context_key', 'formats_key') order by all"
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        known = RAW_TABLES.get(table)
        if known is None or (column not in known.identifying and column not in known.naming_others):
            found.setdefault(table, []).append(column)
    return found
