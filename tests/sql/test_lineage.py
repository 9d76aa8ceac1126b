"""Which column comes from which, for each way in which a SELECT can name, pass on and join columns."""

from pathlib import Path

import pytest

from sql.catalog import Catalog
from sql.model import ModelError, parse_model

EXTERNAL = {
    "raw.a": dict.fromkeys(["k", "x", "y"], "bigint"),
    "raw.b": dict.fromkeys(["k", "z"], "bigint"),
}
HEADER = """/*
description: One model.
grain: [found]
materialise: table
owner: data
columns:
  found: {unit: text, description: The column.}
*/
"""


def lineage(folder: Path, query: str) -> list[str]:
    """The columns behind ``found``, the one column of a model with this SELECT."""
    path = folder / "int_made.sql"
    path.write_text(f"{HEADER}{query}\n", encoding="utf-8")
    model = parse_model(path, "core")
    return [".".join(line) for line in Catalog({model.name: model}).column_lineage(model.name, EXTERNAL)["found"]]


@pytest.mark.parametrize(
    ("query", "behind"),
    [
        pytest.param("select x as found from raw.a", ["raw.a.x"], id="one column"),
        pytest.param("select count(*) as found from raw.a", [], id="a count of rows comes from no column"),
        pytest.param("select a.x + b.z as found from raw.a as a, raw.b as b", ["raw.a.x", "raw.b.z"], id="two tables"),
        pytest.param("select raw.a.x as found from raw.a", ["raw.a.x"], id="named with its schema"),
        pytest.param("select y.field as found from raw.a", ["raw.a.y"], id="a field of a column"),
        pytest.param("with t as (select x as p from raw.a) select p as found from t", ["raw.a.x"], id="a CTE"),
        pytest.param("with t(p, q) as (select x, y from raw.a) select q as found from t", ["raw.a.y"], id="a CTE's names"),
        pytest.param(
            "with t as (select k from raw.a), u as (with t as (select k from raw.b) select k from t) select k as found from u",
            ["raw.b.k"],
            id="the nearest CTE of a name",
        ),
        pytest.param(
            "with t as (select x as p, y as q from raw.a union all select 1, z from raw.b) select q as found from t",
            ["raw.a.y", "raw.b.z"],
            id="a union, by position",
        ),
        pytest.param(
            "with t as (select k as p, k as q from raw.a union all select z, z from raw.b) select q as found from t",
            ["raw.a.k", "raw.b.z"],
            id="a union whose second part has one name twice",
        ),
        pytest.param(
            "with recursive t as (select k as p, x as q from raw.a union all select z, p from t, raw.b) select q as found from t",
            ["raw.a.k", "raw.a.x", "raw.b.z"],
            id="a recursive CTE, until nothing is added",
        ),
        pytest.param("select s.p as found from (select y as p from raw.a) as s", ["raw.a.y"], id="a subquery in FROM"),
        pytest.param("select k as found from raw.a inner join raw.b using (k)", ["raw.a.k", "raw.b.k"], id="using"),
        pytest.param("with t as (select * from raw.a) select y as found from t", ["raw.a.y"], id="a star"),
        pytest.param(
            "with t as (select b.* from raw.a as a, raw.b as b) select k as found from t", ["raw.b.k"], id="one star of two"
        ),
        pytest.param(
            "with t as (select * exclude (k), z as k from raw.b) select k as found from t", ["raw.b.z"], id="exclude"
        ),
        pytest.param("with t as (select * replace (z as k) from raw.b) select k as found from t", ["raw.b.z"], id="replace"),
        pytest.param("select x + 1 as p, p + 1 as found from raw.a", ["raw.a.x"], id="an alias of the same SELECT"),
        pytest.param("select y as x, x as found from raw.a", ["raw.a.x"], id="a column goes before an alias"),
        pytest.param(
            "select sum(x) over (partition by k order by y) as found from raw.a",
            ["raw.a.k", "raw.a.x", "raw.a.y"],
            id="a window",
        ),
        pytest.param(
            "select row_number() over w as found from raw.a window w as (partition by k)", ["raw.a.k"], id="a named window"
        ),
        pytest.param(
            "select (select max(z) from raw.b as b inner join raw.a as c on c.x = b.z where b.k = a.k) as found from raw.a as a",
            ["raw.a.k", "raw.a.x", "raw.b.k", "raw.b.z"],
            id="a subquery's value, and which rows it takes",
        ),
        pytest.param(
            "select x in (select z from raw.b union all select 1) as found from raw.a",
            ["raw.a.x", "raw.b.z"],
            id="in a subquery",
        ),
        pytest.param(
            "select list_transform([x], lambda k: k + y) as found from raw.a", ["raw.a.x", "raw.a.y"], id="a lambda's parameter"
        ),
        pytest.param(
            "select t.p as found from raw.a as a, unnest([a.x, a.y]) as t (p)", ["raw.a.x", "raw.a.y"], id="a table function"
        ),
        pytest.param("select p as found from raw.a as a, unnest([a.y]) as t (p)", ["raw.a.y"], id="a table function's column"),
        pytest.param(
            "select t.q as found from raw.a as a, lateral (select a.x as p, a.y as q) as t", ["raw.a.y"], id="a lateral subquery"
        ),
        pytest.param(
            "select t.q as found from raw.a as a, lateral (values (1, a.x), (a.k, 2)) as t (p, q)", ["raw.a.x"], id="values"
        ),
    ],
)  # fmt: skip
def test_the_columns_behind_a_column(tmp_path: Path, query: str, behind: list[str]) -> None:
    assert lineage(tmp_path, query) == behind


def test_a_model_names_the_columns_of_the_models_below_it() -> None:
    catalog = Catalog()
    found = catalog.column_lineage("core.fct_conversions", {})
    assert list(found) == list(catalog.models["core.fct_conversions"].header.columns)
    read = {table for lines in found.values() for table, _ in lines}
    assert read and read <= catalog.models["core.fct_conversions"].references


def test_what_is_no_select_has_no_lineage(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"int_made\.sql"):
        lineage(tmp_path, "select from where")
