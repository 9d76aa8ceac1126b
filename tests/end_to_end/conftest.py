"""A home with the simulated brand's inbox, run once through Dagster and shared by the tests of this folder."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from config.home import Home
from hourglass.run import run
from hourglass.simulate.run import simulate

SESSIONS = 12_000


@dataclass(frozen=True)
class Night:
    """A published file and the truth beside it."""

    home: Home
    published: duckdb.DuckDBPyConnection
    truth: Path

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Rows of the published file; ``truth('name')`` in the query stands for a truth file."""
        return self.published.execute(query.replace("{truth}", str(self.truth))).fetchall()

    @property
    def summary(self) -> dict[str, Any]:
        return json.loads((self.truth / "summary.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    root = tmp_path_factory.mktemp("brand")
    simulate(root, days=90, sessions=SESSIONS, seed=7, format="parquet")
    home = Home(root).create()
    assert run(home, full_refresh=False, since=None, until=None, verbose=False) == 0
    with duckdb.connect(str(home.published), read_only=True) as published:
        yield Night(home, published, root / "truth")
