"""Running the models: what changed upstream decides what is computed again, and all of it is one transaction.

A run that dies leaves the tables of the run before, and the next run finds the same work still to do: which delivered files the models
have seen is written in the same transaction as the rows they led to.
"""

import hashlib
import re
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import duckdb
import pyarrow as pa

from sql.catalog import Catalog
from sql.changes import (
    EVERYTHING,
    META_SCHEMA,
    Change,
    Changes,
    at_places,
    count_rows,
    in_units,
    mark_propagated,
    note_missing_versions,
    note_version,
    prepare_state,
    raw_changes,
    replace_units,
    roll_back,
    row_difference,
    tables_with_gone_rows,
    temporary_name,
)
from sql.model import SCHEMAS, Model, ModelError
from sql.remembered import RememberedQueries

ROWS_COMPARED_AT_MOST = 2_000_000
"""A rebuilt table is compared with the one before up to this size, so that what did not change is not propagated."""

WAREHOUSE_STORAGE_VERSION = "v1.4.0"
"""What a new warehouse is written in: nobody but us opens it, and writing texts costs a third less than in the published file's version."""

Action = Literal["unchanged", "full", "incremental", "view"]


@dataclass(frozen=True)
class ModelResult:
    """What happened to one model: rows it has now, rows that differ from before (None: not told apart), units computed again."""

    model: str
    action: Action
    rows: int
    rows_changed: int | None
    units: int | None
    seconds: float


@dataclass
class BuildReport:
    """What happened to every model of a run, in order, and the time of it all in seconds."""

    results: list[ModelResult] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def changed(self) -> list[str]:
        """The models with other rows than before."""
        return [result.model for result in self.results if result.rows_changed != 0 and result.action != "unchanged"]


def build(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    *,
    config: Mapping[str, pa.Table],
    full: bool = False,
    since: date | None = None,
    until: date | None = None,
    select: Collection[str] | None = None,
    on_result: Callable[[ModelResult], None] | None = None,
) -> BuildReport:
    """Bring every model (or those of ``select``) up to date with raw tables and configuration, in one transaction.

    Args:
        connection: the warehouse, with the raw tables in place.
        catalog: the models.
        config: the tables of the schema ``config`` (see :func:`config.tables.config_tables`).
        full: build every model anew.
        since, until: compute the rows of these days again, whether something changed or not.
        select: build these models only, each in full; what is still to be propagated stays so.
        on_result: called after each model.

    Raises:
        ModelError: a model is wrong; the transaction is undone.
    """
    started = time.perf_counter()
    report = BuildReport()
    prepare_state(connection)
    connection.execute("begin transaction")
    try:
        run = _Run(connection, catalog, full=full, days=(since, until) if since or until else None)
        run.load_config(config)
        run.find_changes()
        for model in catalog.order:
            if select is not None and model.name not in select:
                continue
            result = run.rebuild(model) if select is not None else run.update(model)
            report.results.append(result)
            if on_result is not None:
                on_result(result)
        note_missing_versions(connection)
        if select is None:
            mark_propagated(connection, [name for name in run.changes.by_table if name.startswith("raw.")])
        connection.execute("commit")
    except BaseException:
        roll_back(connection)
        raise
    finally:
        _drop_temporary(connection)
    report.seconds = time.perf_counter() - started
    return report


class _Run:
    """One build under way: the changes so far, and how each model takes them up."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        catalog: Catalog,
        *,
        full: bool,
        days: tuple[date | None, date | None] | None,
    ) -> None:
        self.connection = connection
        self.catalog = catalog
        self.full = full
        self.days = days
        self.changes = Changes()
        self.config_digests: dict[str, str] = {}
        self.losing: frozenset[str] = frozenset()
        """Tables that lost rows, or may have lost some because raw tables upstream did."""
        for schema in SCHEMAS:
            connection.execute(f"create schema if not exists {schema}")
        self.kinds = _kinds(connection)
        self.built = _built(connection, self.kinds)
        self.queries = RememberedQueries(connection, catalog)

    def load_config(self, tables: Mapping[str, pa.Table]) -> None:
        """Lay what is new of the configuration into schema ``config``; a table's digest tells whether it changed, and is its version."""
        self.connection.execute("create schema if not exists config")
        known = dict(self.connection.execute(f"select table_name, version from {META_SCHEMA}.versions").fetchall())
        for name, table in tables.items():
            digest = hashlib.sha256()
            digest.update(str(table.schema).encode())
            for batch in table.to_batches():
                digest.update(batch.serialize())
            full_name, version = f"config.{name}", digest.hexdigest()
            self.config_digests[full_name] = version
            if known.get(full_name) == version and full_name in self.kinds:
                continue
            self.connection.register("config_table", table)
            self.connection.execute(f"create or replace table {full_name} as select * from config_table")
            self.connection.unregister("config_table")
            note_version(self.connection, full_name, version)

    def find_changes(self) -> None:
        """See which raw tables have news; in a full build all of them count."""
        tables = self.catalog.raw_tables
        if self.full:
            self.changes.by_table.update(dict.fromkeys(tables, EVERYTHING))
        else:
            self.changes.by_table.update(raw_changes(self.connection, tables))
            gone = tables_with_gone_rows(self.connection)
            self.losing = gone | self.catalog.downstream(gone)

    def update(self, model: Model) -> ModelResult:
        """Compute what the changes upstream touch; nothing where nothing changed."""
        header = model.header
        if header.materialise == "view":
            return self._view(model)
        if self.full or not self._is_current(model):
            return self.rebuild(model)
        upstream = self.changes.among(self.catalog.stored_upstream(model.name))
        if header.materialise == "table":
            if not upstream and not self._days_touch(model):
                return self._unchanged(model)
            return self.rebuild(model)
        if any(change is EVERYTHING or name not in header.changed for name, change in upstream.items()):
            return self.rebuild(model)
        if self._asks_for_news(model):
            return self.rebuild(model)
        if not upstream and not self._days_touch(model):
            return self._unchanged(model)
        return self._incremental(model, {name: change for name, change in upstream.items() if isinstance(change, str)})

    def rebuild(self, model: Model) -> ModelResult:
        """Build a model in full and note what differs from before, where that is worth telling."""
        if model.header.materialise == "view":
            return self._view(model)
        started = time.perf_counter()
        self._make_room(model, "view")
        fresh = temporary_name("fresh", model.name)
        comparable = (
            not self.full
            and self._has_columns(model)
            and count_rows(self.connection, model.name) <= ROWS_COMPARED_AT_MOST
        )
        if comparable:
            self._run_sql(model, f"create or replace temp table {fresh} as {model.body}")
            feed = temporary_name("changed", model.name)
            differing = row_difference(self.connection, model.name, fresh, feed)
            if differing:
                self.connection.execute(f"create or replace table {model.name} as select * from {fresh}")
                self._note_changed(model, feed, None)
            self.connection.execute(f"drop table {fresh}")
            changed: int | None = differing
        else:
            self._run_sql(model, f"create or replace table {model.name} as {model.body}")
            self._note_changed(model, EVERYTHING, None)
            changed = None
        self._note_built(model)
        return self._result(model, "full", started, rows_changed=changed)

    def _incremental(self, model: Model, upstream: Mapping[str, str]) -> ModelResult:
        started = time.perf_counter()
        connection, header = self.connection, model.header
        unit = ", ".join(header.unit)
        fresh, old = (temporary_name(purpose, model.name) for purpose in ("changed", "old"))
        connection.execute(f"create or replace temp table units as select {unit} from {model.name} limit 0")
        for name, change in upstream.items():
            connection.execute(f"create or replace temp view changed as select * from {change}")
            self._run_sql(model, f"insert into units {self.queries.affected(model, name)}")
        if self._days_touch(model):
            since, until = self.days or (None, None)
            connection.execute(
                f"insert into units select {unit} from {model.name} where {header.day} between ? and ?",
                [since or date.min, until or date.max],
            )
        connection.execute(
            f"create or replace temp table units as select distinct * from units where {header.unit[0]} is not null"
        )
        units = count_rows(connection, "units")
        if units == 0:  # reading the inputs to find none of their rows wanted would still cost reading them
            return self._result(model, "incremental", started, rows_changed=0, units=0)
        same_unit = in_units(header.unit, header.unit)
        # An input that is not restricted may lead to rows of other units, which are as they were.
        restricted = self.queries.restricted(model)
        self._run_sql(model, f"create or replace temp table {fresh} as select * from ({restricted}) where {same_unit}")
        # With the place of each row, so that the units are looked for in the whole table only once.
        connection.execute(
            f"create or replace temp table {old} as select rowid as hourglass_place, * from {model.name} "
            f"where {at_places(model.name, same_unit)}"
        )
        differing = replace_units(connection, model.name, header.unit, old, fresh)
        if differing:
            self._note_changed(model, fresh, "units")
        else:
            connection.execute(f"drop table {fresh}")
        connection.execute(f"drop table {old}")
        return self._result(model, "incremental", started, rows_changed=differing, units=units)

    def _asks_for_news(self, model: Model) -> bool:
        """Whether rows may be gone of a table whose changes the model holds against its own: that finds what is new, not what is gone."""
        itself = re.compile(rf"\b{re.escape(model.name)}\b")
        return any(name in self.losing and itself.search(query) for name, query in model.header.changed.items())

    def _view(self, model: Model) -> ModelResult:
        started = time.perf_counter()
        is_current = not self.full and self._is_current(model)
        if not is_current or self.changes.among(self.catalog.stored_upstream(model.name)):
            note_version(self.connection, model.name)
        if not is_current:
            self._make_room(model, "table")
            self._run_sql(model, f"create or replace view {model.name} as {model.body}")
            self._note_built(model)
            return self._result(model, "view", started, rows_changed=0)
        return self._unchanged(model)

    def _make_room(self, model: Model, other: Literal["table", "view"]) -> None:
        """Drop what an earlier version of the project made of the model as the ``other`` kind: DuckDB replaces only its like."""
        if self.kinds.get(model.name) == ("VIEW" if other == "view" else "BASE TABLE"):
            self.connection.execute(f"drop {other} {model.name}")

    def _unchanged(self, model: Model) -> ModelResult:
        return self._result(model, "unchanged", time.perf_counter(), rows_changed=0)

    def _result(
        self, model: Model, action: Action, started: float, *, rows_changed: int | None, units: int | None = None
    ) -> ModelResult:
        rows = 0 if model.header.materialise == "view" else count_rows(self.connection, model.name)
        return ModelResult(model.name, action, rows, rows_changed, units, time.perf_counter() - started)

    def _run_sql(self, model: Model, statement: str) -> None:
        try:
            self.connection.execute(statement)
        except duckdb.Error as error:
            raise ModelError(f"{model.path}: {error}") from error

    def _days_touch(self, model: Model) -> bool:
        return self.days is not None and (model.header.materialise == "table" or model.header.day is not None)

    def _config_digest(self, model: Model) -> str:
        """One digest of every configuration table that the model reads, through views too, and of all that its dictionaries are made by."""
        names = {name for name in self.catalog.stored_upstream(model.name) if name.startswith("config.")}
        behind = self.catalog.upstream(model.header.dictionaries)
        names |= {name for name in behind if name.startswith("config.")}
        missing = sorted(names - self.config_digests.keys())
        if missing:
            raise ModelError(f"{model.path}: reads {', '.join(missing)}, which the configuration does not give")
        rules = self._view_fingerprints(model) | {m.fingerprint for m in self.catalog.order if m.name in behind}
        return hashlib.sha256(
            "".join([*(self.config_digests[name] for name in sorted(names)), *sorted(rules)]).encode()
        ).hexdigest()

    def _view_fingerprints(self, model: Model) -> set[str]:
        found: set[str] = set()
        for reference in model.references:
            upstream = self.catalog.models.get(reference)
            if upstream is not None and upstream.header.materialise == "view":
                found |= {upstream.fingerprint} | self._view_fingerprints(upstream)
        return found

    def _is_current(self, model: Model) -> bool:
        """Whether the table was built by this very SELECT from this very configuration, when the run began."""
        return self.built.get(model.name) == (model.fingerprint, self._config_digest(model))

    def _has_columns(self, model: Model) -> bool:
        """Whether the table exists with the columns and types that the model gives now."""
        if self.kinds.get(model.name) != "BASE TABLE":
            return False
        now = self.connection.execute(f"describe {model.body}").fetchall()
        before = self.connection.execute(f"describe {model.name}").fetchall()
        return [row[:2] for row in now] == [row[:2] for row in before]

    def _note_built(self, model: Model) -> None:
        columns = [row[0] for row in self.connection.execute(f"describe {model.name}").fetchall()]
        declared = list(model.header.columns)
        if columns != declared:
            raise ModelError(f"{model.path}: the header declares {declared}, the SELECT gives {columns}")
        self.connection.execute(f"delete from {META_SCHEMA}.models where model = ?", [model.name])
        self.connection.execute(
            f"insert into {META_SCHEMA}.models values (?, ?, ?, ?)",
            [model.name, model.fingerprint, self._config_digest(model), ",".join(columns)],
        )

    def _note_changed(self, model: Model, change: Change, units: str | None) -> None:
        """Tell what comes after of a model's other rows: the models of this run, the checks and the publication."""
        self.changes.by_table[model.name] = change
        note_version(self.connection, model.name)
        self._note_unpublished(model, units)

    def _note_unpublished(self, model: Model, units: str | None) -> None:
        """Remember what of a published table the published file does not have yet: some units, or the table."""
        if not model.is_published:
            return
        state = f"{META_SCHEMA}.unpublished"
        known = self.connection.execute(f"select is_full from {state} where model = ?", [model.name]).fetchone()
        if known is not None and known[0]:
            return
        table = f"{META_SCHEMA}.{temporary_name('unpublished', model.name)}"
        if units is None:
            self.connection.execute(f"delete from {state} where model = ?", [model.name])
            self.connection.execute(f"insert into {state} values (?, true, null)", [model.name])
            self.connection.execute(f"drop table if exists {table}")
        elif known is not None:
            self.connection.execute(f"insert into {table} select * from {units} except select * from {table}")
        else:
            self.connection.execute(f"create table {table} as select * from {units}")
            self.connection.execute(f"insert into {state} values (?, false, ?)", [model.name, table])


def _built(connection: duckdb.DuckDBPyConnection, there: Collection[str]) -> dict[str, tuple[str, str]]:
    """Fingerprint and configuration digest of every model whose table or view is there, in one query: asking model by model takes longer
    than a night without news.
    """
    rows = connection.execute(f"select model, fingerprint, config_digest from {META_SCHEMA}.models").fetchall()
    return {model: (fingerprint, digest) for model, fingerprint, digest in rows if model in there}


def _kinds(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """By name, whether it was a BASE TABLE or a VIEW when the run began."""
    rows = connection.execute(
        "select table_schema || '.' || table_name, table_type from information_schema.tables "
        "where table_catalog = current_database()"
    ).fetchall()
    return dict(rows)


def _drop_temporary(connection: duckdb.DuckDBPyConnection) -> None:
    names = connection.execute(
        "select table_name, table_type from information_schema.tables where table_catalog = 'temp'"
    ).fetchall()
    for name, kind in names:
        connection.execute(f'drop {"view" if kind == "VIEW" else "table"} if exists temp."{name}"')
