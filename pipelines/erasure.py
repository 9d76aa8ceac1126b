"""Removing one person from the raw tables: which names and records are theirs, and the rows and texts that hold them.

Which column names whom is declared in ``raw_tables.yml``. What is computed from the raw tables, and all that lies outside the warehouse, is
the caller's to bring in line. Nothing here decides who may be erased.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import quote

import duckdb
import pyarrow as pa

from pipelines import privacy
from pipelines.registry import transaction
from pipelines.schema import DATA_TABLES, NAMES, RECORDS, RawTable
from pipelines.secret import normalised_address
from pipelines.statement import Sql, compose, identifier, join, literal
from pipelines.suppression import ERASED_RECORD, Suppression, is_distinctive

SeedKind = Literal["visitor", "email", "customer"]
Name = tuple[str, str]
_PERSONAL = tuple(table for table in DATA_TABLES if table.identifying or table.naming_others)


@dataclass
class Person:
    """Who is to be erased: what was asked for, and the names and records that are nobody else's.

    ``seed`` is (kind, value), an address in clear and in lower case. ``names`` are (kind, value) as the raw tables hold them, so addresses
    as their hashes.
    ``shared`` were found beside them, and rows of somebody else have them too: those stay. ``rows`` counts by raw table, ``files`` are
    the paths under the inbox of the files that the rows came from.
    """

    seed: Name
    names: set[Name] = field(default_factory=set)
    shared: set[Name] = field(default_factory=set)
    rows: dict[str, int] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)

    def suppressed(self) -> list[Name]:
        """What goes on the list of erased people.

        Only of the address that was asked for is the clear text known; of others the hash, which is good until the key changes
        (:mod:`pipelines.rotation` carries them over).
        """
        known = {("email_hash" if kind == "email" else kind, value) for kind, value in self.names}
        return sorted(known | {self.seed})

    def stand_ins(self, suppression: Suppression) -> dict[str, str]:
        """What is looked for in texts, in every form in which it may be written, and what is put in its place."""
        found: dict[str, str] = {}
        for kind, value in sorted(self.names | {self.seed}):
            hidden = suppression.stand_in(kind, value)
            written = [value]
            if kind == "email":
                is_address = (kind, value) == self.seed
                written += [value.upper(), value.title()] if is_address else [privacy.address_in_text(value)]
            for text in written:
                if is_distinctive(text):
                    found |= dict.fromkeys(forms(text), hidden)
        return found


@dataclass
class Removed:
    """What was taken out of the raw tables: rows, emptied cells and changed texts by table."""

    rows: dict[str, int] = field(default_factory=dict)
    emptied: dict[str, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)

    @property
    def tables(self) -> set[str]:
        """The raw tables that are not as they were."""
        return {name for part in (self.rows, self.emptied, self.texts) for name, count in part.items() if count}


def forms(text: str) -> list[str]:
    """A text as it stands, as JSON writes it, and as an address of a page writes it."""
    written = [
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        quote(text, safe=""),
        quote(text, safe="@"),
    ]
    return list(dict.fromkeys(written))


def find(connection: duckdb.DuckDBPyConnection, seed: Name, key: bytes) -> Person:
    """Look for a person in the raw tables.

    A name or record that stands in one of their rows is theirs, unless a row with it names somebody else, that is another visitor,
    address or customer than the one asked for (whichever was asked for). So by an address or a customer's number the person goes with all
    of their devices, by a visitor's id the one browser.

    Args:
        connection: the warehouse.
        seed: what was asked for, (``visitor`` | ``email`` | ``customer``, value).
        key: the key of the e-mail addresses.
    """
    kind, value = seed
    if kind == "email":
        value = normalised_address(value)
    person = Person((kind, value))
    person.names = _with_logins({(kind, privacy.hash_email(value, key) if kind == "email" else value)})
    while True:
        _register(connection, "erased_names", person.names)
        beside = set(_beside(connection)) - person.names - person.shared
        if not beside:
            break
        _register(connection, "found_names", beside)
        shared = set(_of_others(connection, kind))
        person.shared |= shared
        person.names |= _with_logins(beside - shared)
    for table in _PERSONAL:
        if condition := _is_theirs(table):
            name = identifier("raw", table.name)
            query = compose("select source_file, count(*) from {t} where {c} group by 1", t=name, c=condition)
            counts = connection.execute(query).fetchall()
            person.rows[table.name] = sum(count for _, count in counts)
            person.files = sorted({*person.files, *(path for path, _ in counts)})
    return person


def remove(connection: duckdb.DuckDBPyConnection, person: Person, suppression: Suppression) -> Removed:
    """Take a person that :func:`find` found out of the schema ``raw``, in one transaction; the registry's counts follow."""
    removed = Removed()
    _register(connection, "erased_names", person.names)
    with transaction(connection):
        for table in _PERSONAL:
            _remove_rows(connection, table, removed)
            _empty_mentions(connection, table, removed)
        _hide_records(connection, person, suppression, removed)
        for table_name, columns in _text_columns(connection).items():
            count = hide_texts(connection, f"raw.{table_name}", columns, person.stand_ins(suppression))
            removed.texts[table_name] = removed.texts.get(table_name, 0) + count
    return removed


def hide_texts(
    connection: duckdb.DuckDBPyConnection, table: str, columns: Iterable[str], stand_ins: dict[str, str]
) -> int:
    """Put stand-ins in the place of names in the text columns of a table; returns how many cells were changed."""
    changed = 0
    for column in columns:
        holds = [compose("contains({c}, {v})", c=identifier(column), v=literal(value)) for value in stand_ins]
        hidden = identifier(column)
        for value in sorted(stand_ins, key=len, reverse=True):
            hidden = compose("replace({h}, {v}, {s})", h=hidden, v=literal(value), s=literal(stand_ins[value]))
        if holds:
            update = compose(
                "update {t} set {c} = {h} where {where}",
                t=identifier(*table.split(".")),
                c=identifier(column),
                h=hidden,
                where=join(" or ", holds),
            )
            row = connection.execute(update).fetchone()
            changed += int(row[0]) if row else 0
    return changed


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
    """The condition that a row names the person; None for a table that names nobody."""
    tests = [_in_names(column, kind, "erased_names") for column, kind in table.identifying.items()]
    return join(" or ", tests) if tests else None


def _beside(connection: duckdb.DuckDBPyConnection) -> Iterator[Name]:
    """Every name and record that stands in a row of the person."""
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
    connection: duckdb.DuckDBPyConnection, person: Person, suppression: Suppression, removed: Removed
) -> None:
    """Records in quarantine are shown cell by cell; one with a name of the person in a cell, or in a text, is shown no more."""
    _register(connection, "texts_to_hide", {("text", text) for text in person.stand_ins(suppression)})
    cells = {(kind, value) for kind, value in person.names | {person.seed} if kind in (*NAMES, *RECORDS)}
    _register(connection, "cells_to_hide", cells)
    row = connection.execute(
        "update raw.quarantine set raw_text = ? where raw_text <> '' and ("
        "exists (select 1 from texts_to_hide where contains(raw_text, value))"
        " or list_has_any(list_transform(string_split(raw_text, '|'), lambda cell: trim(cell)),"
        " (select list(value) from cells_to_hide)))",
        [ERASED_RECORD],
    ).fetchone()
    removed.texts["quarantine"] = int(row[0]) if row else 0


def _text_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """The text columns of every raw table, dlt's own tables and digests of files left out."""
    rows = connection.execute(
        "select table_name, column_name from duckdb_columns() where database_name = current_database()"
        " and schema_name = 'raw' and data_type = 'VARCHAR' and not starts_with(table_name, '_dlt')"
        " and column_name not in ('file_id', 'sha256', 'context_key', 'formats_key') order by all"
    ).fetchall()
    found: dict[str, list[str]] = {}
    for table, column in rows:
        found.setdefault(table, []).append(column)
    return found
