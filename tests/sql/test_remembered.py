"""Queries that were rewritten in an earlier run are taken from the warehouse, and only as long as they are the same."""

from pathlib import Path

import duckdb
import pytest

from sql.catalog import Catalog
from sql.changes import META_SCHEMA, prepare_state
from sql.model import Model, load_models
from sql.remembered import RememberedQueries

VIEW = """/*
description: Visits as delivered, for the test.
grain: [visit]
materialise: view
columns:
  visit: {unit: id, description: The visit.}
*/
select visit from raw.visits"""
FACT = """/*
description: Visits that count, for the test.
grain: [visit]
materialise: incremental
unit: [visit]
restrict:
  raw.visits: [visit]
changed:
  raw.visits: select visit from changed
columns:
  visit: {unit: id, description: The visit.}
*/
select visit from staging.stg_visits"""


def catalog_of(folder: Path, view: str = VIEW, fact: str = FACT) -> Catalog:
    for schema, name, text in (("staging", "stg_visits", view), ("core", "fct_visits", fact)):
        (folder / schema).mkdir(parents=True, exist_ok=True)
        (folder / schema / f"{name}.sql").write_text(text)
    return Catalog(load_models(folder))


@pytest.fixture
def warehouse() -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    prepare_state(connection)
    return connection


def forbid(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> str:
        raise AssertionError("rewritten again")

    monkeypatch.setattr(Model, "restricted", fail)
    monkeypatch.setattr(Model, "affected", fail)


def test_what_was_rewritten_is_not_rewritten_again(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog = catalog_of(tmp_path)
    model = catalog.models["core.fct_visits"]
    queries = RememberedQueries(warehouse, catalog)
    restricted, affected = queries.restricted(model), queries.affected(model, "raw.visits")
    assert "units" in restricted
    assert affected == "select visit from changed"
    forbid(monkeypatch)
    later = RememberedQueries(warehouse, catalog)
    assert later.restricted(model) == restricted
    assert later.affected(model, "raw.visits") == affected


@pytest.mark.parametrize(
    ("view", "fact"),
    [
        (VIEW.replace("select visit from", "select 'v' || visit as visit from"), FACT),
        (VIEW, f"{FACT} where visit <> ''"),
    ],
)
def test_another_model_or_view_is_rewritten_anew(
    tmp_path: Path, warehouse: duckdb.DuckDBPyConnection, view: str, fact: str
) -> None:
    before = catalog_of(tmp_path / "before")
    RememberedQueries(warehouse, before).restricted(before.models["core.fct_visits"])
    catalog = catalog_of(tmp_path / "after", view, fact)
    model = catalog.models["core.fct_visits"]
    assert RememberedQueries(warehouse, catalog).restricted(model) == model.restricted(catalog.views)
    assert warehouse.execute(f"select count(*) from {META_SCHEMA}.rewritten").fetchone() == (1,)
