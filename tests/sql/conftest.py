"""``run_model``: one model on a few given rows, the raw tables typed as the project declares them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from pipelines.schema import RAW_TABLES
from sql import testing

RunModel = Callable[..., list[dict[str, Any]]]


@pytest.fixture(scope="session")
def raw_columns() -> Mapping[str, Mapping[str, str]]:
    """Columns and DuckDB types of every raw table."""
    return {name: {column.name: column.type for column in table.columns} for name, table in RAW_TABLES.items()}


@pytest.fixture(scope="session")
def run_model(raw_columns: Mapping[str, Mapping[str, str]]) -> RunModel:
    """``run_model(name, {table: rows}, config=None) -> rows`` (see :func:`sql.testing.run_model`)."""

    def run(name: str, inputs: Mapping[str, Sequence[Mapping[str, Any]]], **options: Any) -> list[dict[str, Any]]:
        return testing.run_model(name, inputs, raw=raw_columns, **options)

    return run
