"""Every model stays inside the portable subset, and the lint that says so can fail."""

from pathlib import Path

import pytest

from sql.model import Header, Model, load_models
from sql.portable import faults

MODELS = load_models()
HEADER = Header.model_validate(
    {
        "description": "A model for tests.",
        "grain": ["a"],
        "materialise": "table",
        "columns": {"a": {"unit": "text", "description": "A column."}},
    }
)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_a_model_is_portable(name: str) -> None:
    assert faults(MODELS[name]) == []


@pytest.mark.parametrize(
    "body",
    [
        "select list(x) as a from raw.t",
        "select quantile_cont(x, 0.5) as a from raw.t",
        "select approx_count_distinct(x) as a from raw.t",
        "select log(x) as a from raw.t",
        "select dayofweek(d) as a from raw.t",
        "select extract(isodow from d) as a from raw.t",
        "select cast(x / 2 as bigint) as a from raw.t",
        "select cast(cast(x as double) as int) as a from raw.t",
        "select regexp_replace(x, 'b', 'c') as a from raw.t",
        "select * replace (1 as a) from raw.t",
        "select l.a from raw.t as l asof join raw.u as r on l.d >= r.d",
        "select a from raw.t union all by name select a from raw.u",
        "select count(distinct a) over (partition by b) as a from raw.t",
        "select columns('a.*') from raw.t",
        "select list_transform(l, x -> x + 1) as a from raw.t",
        "select avg(x) as a from raw.t",
        "select stddev_samp(x) as a from raw.t",
        "select sum(cast(x as double)) as a from raw.t",
        "select random() as a from raw.t",
        "select current_date as a from raw.t",
        "select now() as a from raw.t",
        "from raw.t pivot (sum(x) for y in ('a'))",
        "select time_bucket(interval 1 day, d) as a from raw.t",
        "select epoch_ms(d) as a from raw.t",
        "select strftime(d, '%j') as a, format('{}', x) from raw.t",
    ],
)
def test_what_differs_between_engines_is_refused(body: str) -> None:
    assert faults(Model("core.fct_test", Path("fct_test.sql"), HEADER, body)) != []


@pytest.mark.parametrize(
    "body",
    [
        "select list_sort(list_transform(l, lambda x: x + 1)) as a from raw.t",
        "select regexp_replace(x, 'b', 'c', 'g') as a from raw.t",
        "select cast(round(x / 2) as bigint) as a from raw.t",
        "select median(x) as a, ln(x), data ->> '$.a' from raw.t",
        "select string_agg(x, ',' order by y) as a from raw.t qualify row_number() over (partition by b order by c) = 1",
        "select '->' as a -- and x -> y in a comment\nfrom raw.t",
    ],
)
def test_the_portable_subset_passes(body: str) -> None:
    assert faults(Model("core.fct_test", Path("fct_test.sql"), HEADER, body)) == []
