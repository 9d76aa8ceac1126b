"""An inbox to drop files into, and the raw tables that come of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest
from config.home import Home
from config.settings import Settings
from pipelines import load
from pipelines.ingest import IngestReport, ingest
from pipelines.registry import FileResult


@dataclass
class Bench:
    """A home with an open warehouse."""

    home: Home
    connection: duckdb.DuckDBPyConnection

    def put(self, path: str, content: str | bytes) -> Path:
        target = self.home.inbox / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
        return target

    def ingest(self, **options: Any) -> IngestReport:
        return ingest(self.home, Settings(), connection=self.connection, **options)

    def read(self, path: str, content: str | bytes, sidecar: str | None = None) -> FileResult:
        """Drop one file, run, and give its result; its counts must add up."""
        self.put(path, content)
        if sidecar is not None:
            self.put("/".join([*path.split("/")[:-1], "hourglass.yml"]), sidecar)
        results = [result for result in self.ingest().files if result.file_path.split("!")[0] == path]
        for result in results:
            assert result.rows_read == result.rows_loaded + result.rows_totals + result.rows_quarantined or (
                result.status == "duplicate"
            )
        return results[-1]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query).fetchall()


def load_without_dlt(
    _home: Home, connection: duckdb.DuckDBPyConnection, parts: list[load.Part], _scratch: Path
) -> dict[str, float]:
    """The same rows in the same tables, without dlt's second a run; whatever is about loading uses the real one."""
    for part in parts:
        for name in part.extra_columns:
            connection.execute(f'alter table raw.{part.table.name} add column if not exists "{name}" varchar')
        for rows in (*part.arrow, *(pq.read_table(path) for path in part.files)):
            connection.register("rows_of_part", rows)
            connection.execute(f"insert into raw.{part.table.name} by name select * from rows_of_part")
            connection.unregister("rows_of_part")
    return {part.table.name: 0.0 for part in parts}


@pytest.fixture
def quick_bench(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setattr(load, "run", load_without_dlt)
    return bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    home = Home(tmp_path / "home").create()
    with duckdb.connect(str(home.warehouse)) as connection:
        yield Bench(home, connection)
