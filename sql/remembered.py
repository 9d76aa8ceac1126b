"""The queries of incremental models over what a night's changes touch, rewritten once and remembered in the warehouse.

Rewriting walks syntax trees and takes longer than most models do, and it only comes out differently when a model, a view or the software
that rewrites has changed.
"""

import hashlib
from importlib.metadata import version
from pathlib import Path

import duckdb

import sql.model
from sql.catalog import Catalog
from sql.changes import META_SCHEMA
from sql.model import Model


class RememberedQueries:
    """What :meth:`Model.restricted` and :meth:`Model.affected` give, taken from the warehouse where it was worked out before.

    Belongs in the models' transaction, whose end keeps what it adds.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> None:
        """``connection``: the warehouse, with the tables of :data:`sql.changes.STATE`."""
        self._connection = connection
        self._views = catalog.views
        self._software = _digest(
            Path(sql.model.__file__).read_text(encoding="utf-8"),
            version("sqlglot"),
            *sorted(view.fingerprint for view in catalog.views.values()),
        )
        rows = connection.execute(f"select model, part, digest, query from {META_SCHEMA}.rewritten").fetchall()
        self._known = {(model, part): (digest, query) for model, part, digest, query in rows}

    def restricted(self, model: Model) -> str:
        """See :meth:`Model.restricted`."""
        return self._known_query(model, "") or self._remember(model, "", model.restricted(self._views))

    def affected(self, model: Model, name: str) -> str:
        """See :meth:`Model.affected`."""
        return self._known_query(model, name) or self._remember(model, name, model.affected(name, self._views))

    def _known_query(self, model: Model, part: str) -> str | None:
        digest, query = self._known.get((model.name, part), ("", ""))
        return query if digest == _digest(self._software, model.fingerprint) else None

    def _remember(self, model: Model, part: str, query: str) -> str:
        digest, table = _digest(self._software, model.fingerprint), f"{META_SCHEMA}.rewritten"
        self._connection.execute(f"delete from {table} where model = ? and part = ?", [model.name, part])
        self._connection.execute(f"insert into {table} values (?, ?, ?, ?)", [model.name, part, digest, query])
        self._known[model.name, part] = (digest, query)
        return query


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
