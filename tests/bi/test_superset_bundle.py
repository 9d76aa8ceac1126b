"""The Superset dashboard against the published tables: each name it uses exists, each chart has its dataset, each dataset its query."""

import importlib.util
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from checks.store import TABLES
from sql.catalog import Catalog

FOLDER = Path(__file__).parents[2] / "bi" / "superset"
BUNDLE = FOLDER / "bundle"
FILES: dict[str, Any] = {
    path.relative_to(BUNDLE).as_posix(): yaml.safe_load(path.read_text(encoding="utf-8"))
    for path in BUNDLE.rglob("*.yaml")
}
DATASETS = {name: part for name, part in FILES.items() if name.startswith("datasets/")}
CHARTS = {name: part for name, part in FILES.items() if name.startswith("charts/")}
BY_UUID = {part["uuid"]: part for part in DATASETS.values()}
(DASHBOARD,) = (part for name, part in FILES.items() if name.startswith("dashboards/"))
UNITS = {"date": "date", "timestamp": "timestamp", "flag": "boolean", "text": "varchar", "id": "varchar"}


@pytest.fixture(scope="module")
def published() -> duckdb.DuckDBPyConnection:
    """The published tables without rows, each column of the kind that its model's header says."""
    connection = duckdb.connect()
    for schema in ("core", "attribution", "kpi", "quality"):
        connection.execute(f"create schema {schema}")
    for name, model in Catalog().models.items():
        if model.is_published:
            columns = ", ".join(
                f'"{column}" {UNITS.get(said.unit, "decimal(18, 6)")}' for column, said in model.header.columns.items()
            )
            connection.execute(f"create table {name} ({columns})")
    for name, (_, columns) in TABLES.items():
        connection.execute(
            f"create table {name} ({', '.join(f'{column} {kind}' for column, (kind, _) in columns.items())})"
        )
    return connection


def from_clause(dataset: dict[str, Any]) -> str:
    return f"({dataset['sql']}) as dataset" if dataset["sql"] else f"{dataset['schema']}.{dataset['table_name']}"


@pytest.mark.parametrize("name", DATASETS)
def test_dataset_reads_published_columns(name: str, published: duckdb.DuckDBPyConnection) -> None:
    dataset = DATASETS[name]
    result = published.execute(f"select * from {from_clause(dataset)}")
    there = {item[0] for item in result.description or []}
    assert {column["column_name"] for column in dataset["columns"]} <= there
    for metric in dataset["metrics"]:
        published.execute(f"select {metric['expression']} from {from_clause(dataset)}")


@pytest.mark.parametrize("name", CHARTS)
def test_chart_uses_what_its_dataset_has(name: str, published: duckdb.DuckDBPyConnection) -> None:
    chart = CHARTS[name]
    dataset, params = BY_UUID[chart["dataset_uuid"]], chart["params"]
    columns = {column["column_name"] for column in dataset["columns"]}
    metrics = {metric["metric_name"] for metric in dataset["metrics"]}
    assert params["viz_type"] == chart["viz_type"]
    assert {*params.get("all_columns", []), *params.get("groupby", [])} <= columns
    assert {params[key] for key in ("x_axis", "granularity_sqla") if key in params} <= columns
    assert {*params.get("metrics", []), *([params["metric"]] if "metric" in params else [])} <= metrics
    assert set(params.get("column_config", {})) <= columns | metrics
    assert {yaml.safe_load(order)[0] for order in params.get("order_by_cols", [])} <= columns
    for said in params["adhoc_filters"]:
        if said["expressionType"] == "SIMPLE":
            assert said["subject"] in columns
        else:
            having = said["clause"] == "HAVING"
            published.execute(
                f"select 1 from {from_clause(dataset)} {'having' if having else 'where'} {said['sqlExpression']}"
            )


@pytest.mark.parametrize("name", CHARTS)
def test_kpis_of_charts_are_in_the_catalogue(name: str) -> None:
    catalogue = yaml.safe_load((FOLDER.parents[1] / "config" / "kpis.yml").read_text(encoding="utf-8"))["kpis"]
    known = set(catalogue) if isinstance(catalogue, dict) else {kpi["kpi"] for kpi in catalogue}
    wanted = [part["comparator"] for part in CHARTS[name]["params"]["adhoc_filters"] if part.get("subject") == "kpi"]
    assert {kpi for kpis in wanted for kpi in kpis} <= known


def test_dashboard_shows_every_chart_once() -> None:
    shown = [
        part["meta"]["uuid"]
        for part in DASHBOARD["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    ]
    assert sorted(shown) == sorted(chart["uuid"] for chart in CHARTS.values())
    rows = [part for part in DASHBOARD["position"].values() if isinstance(part, dict) and part["type"] == "ROW"]
    widths = [sum(DASHBOARD["position"][chart]["meta"]["width"] for chart in row["children"]) for row in rows]
    assert widths == [12] * len(rows)
    for said in DASHBOARD["metadata"]["native_filter_configuration"]:
        for target in said["targets"]:
            columns = {column["column_name"] for column in BY_UUID[target["datasetUuid"]]["columns"]}
            assert target["column"]["name"] in columns


def test_each_part_has_its_own_uuid_and_the_one_database() -> None:
    database = FILES["databases/hourglass.yaml"]
    uuids = [part["uuid"] for part in FILES.values() if "uuid" in part]
    assert len(uuids) == len(set(uuids))
    assert {dataset["database_uuid"] for dataset in DATASETS.values()} == {database["uuid"]}
    assert database["extra"]["engine_params"]["connect_args"] == {"read_only": True}


def test_what_is_brought_in_points_at_the_published_file_and_has_the_questions() -> None:
    spec = importlib.util.spec_from_file_location("superset_serve", FOLDER / "serve.py")
    assert spec and spec.loader
    serve = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(serve)
    files = serve.contents(Path("/srv/hourglass/published/hourglass.duckdb"))
    assert set(FILES) <= set(files)
    database = yaml.safe_load(files["databases/hourglass.yaml"])
    assert database["sqlalchemy_uri"] == "duckdb:////srv/hourglass/published/hourglass.duckdb"
    queries = [yaml.safe_load(text) for name, text in files.items() if name.startswith("queries/")]
    assert len(queries) == len(list((FOLDER.parents[1] / "docs" / "questions").glob("*.sql")))
    assert {query["database_uuid"] for query in queries} == {database["uuid"]}
