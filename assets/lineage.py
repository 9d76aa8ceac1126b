"""Column lineage for Dagster's graph, worked out once for each version of a model.

Walking the SQL costs more than a night without news does altogether, so what was found is kept in Dagster's home under a digest of
everything it depends on: the SELECT and the columns of what it reads.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from assets.keys import asset_key
from sql.catalog import Catalog, Lineage

if TYPE_CHECKING:
    import duckdb

External = Mapping[str, Mapping[str, str]]
"""Columns and types of the tables that are no models (raw, config), by table."""


def external_columns(connection: "duckdb.DuckDBPyConnection") -> External:
    """The columns of ``raw`` and ``config`` as they are in the warehouse."""
    found: dict[str, dict[str, str]] = {}
    query = (
        "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
        "where database_name = current_database() and schema_name in ('raw', 'config') order by all"
    )
    for table, column, kind in connection.sql(query).fetchall():
        found.setdefault(table, {})[column] = kind
    return found


class LineageBook:
    """The lineage of every model, remembered in a file between runs."""

    def __init__(self, path: Path, catalog: Catalog, external: External) -> None:
        self._path = path
        self._catalog = catalog
        self._external = external
        self._known: dict[str, dict[str, object]] = _read(path)
        self._is_changed = False

    def lineage(self, name: str) -> dg.TableColumnLineage:
        """Where each column of a model comes from; configuration tables are left out, as they are no assets."""
        digest = self._digest(name)
        entry = self._known.get(name)
        if entry is None or entry.get("digest") != digest:
            entry = {"digest": digest, "lineage": self._catalog.column_lineage(name, self._external)}
            self._known[name] = entry
            self._is_changed = True
        return _for_dagster(entry["lineage"])  # type: ignore[arg-type]

    def save(self) -> None:
        """Write what is new to the file."""
        if self._is_changed:
            draft = self._path.with_suffix(".tmp")
            draft.write_text(json.dumps(self._known), encoding="utf-8")
            draft.replace(self._path)
            self._is_changed = False

    def _digest(self, name: str) -> str:
        model = self._catalog.models[name]
        columns = {
            reference: list(upstream.header.columns)
            if (upstream := self._catalog.models.get(reference))
            else sorted(self._external.get(reference, {}))
            for reference in sorted(model.references)
        }
        return hashlib.sha256((model.body + json.dumps(columns)).encode()).hexdigest()


def _for_dagster(lineage: Lineage) -> dg.TableColumnLineage:
    return dg.TableColumnLineage(
        {
            column: [
                dg.TableColumnDep(asset_key=asset_key(table), column_name=upstream)
                for table, upstream in sources
                if not table.startswith("config.")
            ]
            for column, sources in lineage.items()
        }
    )


def _read(path: Path) -> dict[str, dict[str, object]]:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
