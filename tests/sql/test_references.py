"""What a SELECT reads, as DuckDB's parser tells it; sqlglot, which knows scopes, agrees on every model."""

import pytest
from sqlglot import exp
from sqlglot.optimizer.scope import traverse_scope

from sql.model import load_models
from sql.references import tables_read


@pytest.mark.parametrize(
    ("query", "read"),
    [
        ("select 1 as one", set()),
        ("select a from raw.t as raw", {"raw.t"}),
        (
            "select * from raw.t, (select max(x) from core.u) union all select * from kpi.v",
            {"raw.t", "core.u", "kpi.v"},
        ),
        (
            "select (select max(d) from core.q) from raw.t where exists (select 1 from kpi.r)",
            {"raw.t", "core.q", "kpi.r"},
        ),
        ("with t as (select * from raw.t) select * from t", {"raw.t"}),
        ("select * from (with u as (select * from raw.t) select * from u)", {"raw.t"}),
        (
            "with recursive r as (select 1 as n union all select n + 1 from r join raw.t on n < x) select * from r",
            {"raw.t"},
        ),
        ("select 'from raw.t' as text -- from raw.u\nfrom raw.v /* join raw.w */", {"raw.v"}),
        ('select * from "Raw"."a table"', {"Raw.a table"}),
        ("select x from unnest([1, 2]) as u(x)", set()),
        ("select 'it''s' as a from raw.t", {"raw.t"}),
    ],
)
def test_stored_tables_are_found_wherever_they_stand(query: str, read: set[str]) -> None:
    assert tables_read(query) == read


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("select * from t", "table 't' is named without its schema"),
        ("selec 1", "syntax error"),
        ("select 1; select 2", "a model is one SELECT"),
        ("create table core.t as select 1", "a model is one SELECT"),
        ("", "a model is one SELECT"),
    ],
)
def test_what_is_no_model_is_refused(query: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        tables_read(query)


@pytest.mark.parametrize("model", load_models().values(), ids=lambda model: model.name)
def test_another_parser_finds_the_same(model) -> None:
    sources = [source for scope in traverse_scope(model.expression) for source in scope.sources.values()]
    tables = {f"{source.db}.{source.name}" for source in sources if isinstance(source, exp.Table)}
    assert tables_read(model.body) == tables
