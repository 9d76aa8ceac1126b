"""Parquet files to raw tables by dlt's file import: one package a run, no rows in Python.

dlt keeps the pipeline's state and schema and holds the tables' contracts: a new column is added, a changed type fails.
It is imported only when there is something to load; its working folder lies under the home.
"""

import os
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from config.home import Home

from pipelines.schema import RAW_TABLES, Column, RawTable
from pipelines.statement import compose, copy_to_parquet, identifier, join, literal
from pipelines.typed_columns import in_order

PIPELINE = "hourglass"
DATASET = "raw"
CONTRACT = {"tables": "evolve", "columns": "evolve", "data_type": "freeze"}
# Files below this size are joined before dlt sees them: every file is a job of its own there.
SMALL_BYTES = 64 * 1024 * 1024
_SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "ERROR",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
    "LOAD__WORKERS": "1",
}
_HINTS: dict[str, dict[str, Any]] = {
    "VARCHAR": {"data_type": "text"},
    "BOOLEAN": {"data_type": "bool"},
    "BIGINT": {"data_type": "bigint"},
    "DATE": {"data_type": "date"},
    "TIMESTAMP": {"data_type": "timestamp", "timezone": False, "precision": 6},
}


@dataclass
class Part:
    """What is to be loaded into one raw table: Parquet files, Arrow tables.

    ``known_extras`` are the columns beyond the declared ones that the table has, in its order; ``extra_columns`` those of the files.
    """

    table: RawTable
    known_extras: list[str]
    files: list[Path] = field(default_factory=list)
    arrow: list[pa.Table] = field(default_factory=list)
    extra_columns: set[str] = field(default_factory=set)
    rows: int = 0


def working_folder(home: Home) -> Path:
    """Where dlt keeps its state and packages."""
    return home.root / "dlt"


def drop_pending(home: Home, connection: duckdb.DuckDBPyConnection) -> None:
    """Throw away packages that a killed run left: their files will be read again from the inbox."""
    if working_folder(home).is_dir():
        pipeline = _pipeline(home, connection)
        if pipeline.has_pending_data:
            pipeline.abort_packages()


def run(home: Home, connection: duckdb.DuckDBPyConnection, parts: Sequence[Part], scratch: Path) -> dict[str, float]:
    """Load the parts. Returns the seconds that each table's import took within the package, by table.

    Raises:
        dlt.pipeline.exceptions.PipelineStepFailed: the package did not load; what it loaded has no registry row.
    """
    parts = [part for part in parts if part.rows]
    if not parts:
        return {}
    pipeline = _pipeline(home, connection)
    if pipeline.has_pending_data:
        pipeline.abort_packages()
    resources = [_resource(part, list(_files(part, scratch))) for part in parts]
    started = time.perf_counter()
    info = pipeline.run(resources)
    info.raise_on_failed_jobs()
    seconds = time.perf_counter() - started
    found: dict[str, float] = {part.table.name: 0.0 for part in parts}
    for metrics in info.metrics.values():
        for run_metrics in metrics:
            for job in run_metrics["job_metrics"].values():
                if job.table_name in found and job.finished_at:
                    found[job.table_name] += (job.finished_at - job.started_at).total_seconds()
    return found if any(found.values()) else dict.fromkeys(found, seconds / len(found))


def _pipeline(home: Home, connection: duckdb.DuckDBPyConnection) -> Any:
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    import dlt

    return dlt.pipeline(
        PIPELINE,
        destination=dlt.destinations.duckdb(credentials=connection),
        dataset_name=DATASET,
        pipelines_dir=str(working_folder(home)),
    )


def _resource(part: Part, files: list[Path]) -> Any:
    import dlt

    def imported() -> Iterator[Any]:
        state = dlt.current.resource_state()
        state["rows_loaded"] = int(state.get("rows_loaded", 0)) + part.rows
        for path in files:
            yield dlt.mark.with_file_import(str(path), "parquet", part.rows)

    columns = [
        *part.table.columns,
        *(Column(name, "text", "") for name in in_order(part.known_extras, part.extra_columns)),
    ]
    return dlt.resource(
        imported,
        name=part.table.name,
        write_disposition="append",
        columns={column.name: _hint(column) for column in columns},
        schema_contract=CONTRACT,
    )


def _hint(column: Column) -> dict[str, Any]:
    if column.type.startswith("DECIMAL"):
        precision, scale = column.type[8:-1].split(",")
        hint: dict[str, Any] = {"data_type": "decimal", "precision": int(precision), "scale": int(scale)}
    else:
        hint = dict(_HINTS[column.type])
    return {"name": column.name, "nullable": True, **hint}


def _files(part: Part, scratch: Path) -> Iterator[Path]:
    """The part's Parquet files, the small ones joined into one."""
    if part.arrow:
        path = scratch / f"{part.table.name}.reports.parquet"
        pq.write_table(pa.concat_tables(part.arrow), path, compression="lz4")
        yield path
    small = [path for path in part.files if path.stat().st_size < SMALL_BYTES]
    yield from (path for path in part.files if path not in small)
    if len(small) > 2:
        joined = scratch / f"{part.table.name}.joined.parquet"
        paths = join(", ", [literal(str(path)) for path in small])
        with duckdb.connect() as connection:
            query = compose("select * from read_parquet([{paths}], union_by_name=true)", paths=paths)
            connection.execute(copy_to_parquet(query, joined))
        yield joined
    else:
        yield from small


def add_missing_columns(connection: duckdb.DuckDBPyConnection) -> None:
    """Give tables of an older version the columns that were declared since."""
    existing = _existing(connection)
    for table in RAW_TABLES.values():
        for column in table.columns:
            if column.name not in existing[table.name]:
                connection.execute(
                    compose(
                        "alter table {table} add column {column} " + column.type,
                        table=identifier(DATASET, table.name),
                        column=identifier(column.name),
                    )
                )


def extra_columns(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """By raw table, the columns that files brought beyond the declared ones, in the table's order."""
    existing = _existing(connection)
    return {
        table.name: [name for name in existing[table.name] if name not in table.by_name]
        for table in RAW_TABLES.values()
    }


def _existing(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    rows = connection.execute(
        "select table_name, column_name from information_schema.columns where table_schema = 'raw'"
        " order by table_name, ordinal_position"
    ).fetchall()
    return {name: [column for table, column in rows if table == name] for name in RAW_TABLES}


def clear(scratch: Path) -> None:
    """Remove the scratch folder of a run."""
    shutil.rmtree(scratch, ignore_errors=True)
