"""A handful of rows through the models, in memory: only what is asked for is made, and made again when what it reads is another."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from config.home import Home
from config.tables import config_tables
from sql.testing import run_model
from sql.workbench import Workbench
from tests.session_rows import RAW_COLUMNS

MODEL = "staging.stg_finance__costs"


@pytest.fixture
def bench() -> Workbench:
    return Workbench(raw=RAW_COLUMNS, config=config_tables(Home(Path("nowhere")), date(2026, 11, 16)))


def tables(bench: Workbench) -> set[str]:
    found = bench.connection.execute("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
    return {name for (name,) in found}


def costs(*amounts: int) -> pa.Table:
    count = len(amounts)
    return pa.table(
        {
            "month": [date(2026, 10, 1)] * count,
            "amount": amounts,
            "currency": ["NOK"] * count,
            "source_row": range(count),
        }
    )


def test_only_what_is_asked_for_is_made(bench: Workbench) -> None:
    assert tables(bench) == set()
    assert bench.rows("select count(*) as rows from raw.costs") == [{"rows": 0}]
    assert tables(bench) == {"raw.costs"}
    bench.compute(MODEL)
    assert {name for name in tables(bench) if not name.startswith("config.")} == {"raw.costs", MODEL}


def test_what_reads_other_rows_is_made_again(bench: Workbench) -> None:
    total = f"select sum(amount) as total from {MODEL}"
    bench.fill("raw.costs", costs(10, 20))
    assert bench.rows(total) == [{"total": 30}]
    bench.fill("raw.costs", costs(1))
    assert bench.rows(total) == [{"total": 1}]


def test_a_table_that_is_laid_down_is_kept_in_the_place_of_a_models(bench: Workbench) -> None:
    bench.put(MODEL, pa.table({"amount": [5]}))
    assert bench.rows(f"select * from {MODEL}") == [{"amount": 5}]


def test_a_column_that_a_table_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match=r"raw\.costs has no column amonut; it has .*amount"):
        run_model(MODEL, {"raw.costs": [{"amonut": 1}]}, raw=RAW_COLUMNS)
