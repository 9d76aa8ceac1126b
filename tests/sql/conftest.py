"""``run_model``: one model on a few given rows, the raw tables typed as the project declares them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
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


@pytest.fixture
def own_rules(tmp_path: Path) -> Callable[[str], Home]:
    """``own_rules(text) -> home``: a home whose decision_rules.yml holds this text."""

    def write(text: str) -> Home:
        home = Home(tmp_path).create()
        (home.config / "decision_rules.yml").write_text(text, encoding="utf-8")
        return home

    return write
