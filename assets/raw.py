"""The raw tables as assets: one step that reads the inbox into all of them."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.keys import INBOX, asset_key, owner
from assets.models import AFTER_THE_NIGHT
from assets.resources import IO_RETRIES, Progress, RunOptions, Warehouse, faults
from assets.sensors import look_at_inbox, remember_inbox
from checks.freshness import SOURCES
from checks.raw_contracts import RawContract
from config.showing import plain
from pipelines.schema import RAW_TABLES, RawTable

if TYPE_CHECKING:
    import duckdb

    from pipelines.ingest import IngestReport
    from pipelines.quarantine import Waiting

REGISTRY = tuple(name for name, table in RAW_TABLES.items() if table.kind == "registry")
SECONDS_BETWEEN_SIGNS = 3.0
WAITING_SHOWN = 50

INBOX_SPEC = dg.AssetSpec(
    key=INBOX,
    group_name="inbox",
    description=(
        "The folder where people drop what they downloaded: exports of any platform, CRM, orders, web sessions. Files are recognised by "
        "content, never moved or changed, and read once."
    ),
    owners=[owner("marketing")],
    kinds={"file"},
)


def contracts() -> list[RawContract]:
    """What the checks may expect of the raw tables."""
    return [
        RawContract(
            table=f"raw.{table.name}",
            columns={column.name: column.type for column in table.columns},
            required=[column.name for column in table.never_empty],
        )
        for table in RAW_TABLES.values()
    ]


def raw_specs() -> list[dg.AssetSpec]:
    """One spec a raw table."""
    return [_spec(table) for table in RAW_TABLES.values()]


def build_raw_assets() -> dg.AssetsDefinition:
    """The step that reads what is new in the inbox; a file goes where its content says, so it is one step for all tables."""

    @dg.multi_asset(
        name="raw",
        specs=raw_specs(),
        retry_policy=IO_RETRIES,
        description="Reads what is new in the inbox. What is not understood waits in quarantine; the run goes on.",
    )
    def raw(
        context: dg.AssetExecutionContext, warehouse: Warehouse, options: RunOptions, progress: Progress
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with faults():
            from pipelines.ingest import ingest, waiting
            from sql.details import forget_details

            home = warehouse.home.create()
            # A typo in a KPI or a plan is said before an hour of reading, not after it.
            warehouse.config()
            connection = warehouse.open(context)
            seen = look_at_inbox(home)
            report = ingest(
                home,
                warehouse.settings(),
                connection=connection,
                full_refresh=options.full_refresh,
                today=warehouse.run_date(),
                progress=_Teller(context, progress),
            )
            if report.details_before is not None and report.details_dropped:
                forget_details(connection, home, report.details_before)
                progress.tell(context, f"user agents and referrers of {report.details_dropped:,} old visits cut down")
            remember_inbox(home, seen)
            questions = waiting(connection)
            progress.tell(context, _line(report, sum(item.status == "quarantined" for item in questions)))
            for table in RAW_TABLES.values():
                metadata = _metadata(connection, table) | _load_metadata(report, table.name)
                if table.name in REGISTRY:
                    metadata["waiting"] = dg.MetadataValue.md(waiting_markdown(questions))
                    metadata["files_waiting"] = len(questions)
                yield dg.MaterializeResult(asset_key=asset_key(f"raw.{table.name}"), metadata=metadata)

    return raw


def _spec(table: RawTable) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=asset_key(f"raw.{table.name}"),
        deps=[INBOX],
        description=f"{table.description}\n\n**Key:** {', '.join(table.key)}. As delivered: nothing is dropped, corrected or merged here.",
        group_name="raw",
        owners=[owner("data-engineering")],
        kinds={"dlt", "duckdb", "file"},
        freshness_policy=AFTER_THE_NIGHT,
        tags={"hourglass/kind": table.kind},
        metadata={"dagster/table_name": f"raw.{table.name}", "dagster/column_schema": _schema(table)},
    )


def _schema(table: RawTable) -> dg.TableSchema:
    return dg.TableSchema(
        [
            dg.TableColumn(
                column.name,
                type=column.type,
                description=f"{column.description} (unit: {column.unit})",
                constraints=dg.TableColumnConstraints(nullable=column not in table.never_empty),
            )
            for column in table.columns
        ]
    )


class _Teller:
    """Ingestion's progress as lines: the first and last file of a phase, and a sign of life every few seconds in between."""

    def __init__(self, context: dg.AssetExecutionContext, progress: Progress) -> None:
        self._context = context
        self._progress = progress
        self._told_at = 0.0

    def __call__(self, phase: str, done: int, total: int, name: str) -> None:
        now = time.monotonic()
        if name and (done == 0 or now - self._told_at >= SECONDS_BETWEEN_SIGNS):
            self._told_at = now
            words = (
                f"reading file {done + 1} of {total}: {name}" if phase == "read" else f"loading {total} tables: {name}"
            )
            self._progress.tell(self._context, words)


def waiting_markdown(questions: "Sequence[Waiting]") -> str:
    """What waits in quarantine, as a table: the file, why, and what to answer."""
    if not questions:
        return "Nothing waits."
    lines = ["| file | why | question | nearest known export |", "|---|---|---|---|"]
    for item in questions[:WAITING_SHOWN]:
        cells = (item.file_path, item.reason, item.question, item.nearest)
        lines.append("| " + " | ".join(plain(cell or "") for cell in cells) + " |")
    if len(questions) > WAITING_SHOWN:
        lines.append(f"\nand {len(questions) - WAITING_SHOWN} more")
    return "\n".join(lines)


def _line(report: "IngestReport", waiting: int) -> str:
    rows = sum(load.rows for load in report.tables.values())
    seconds = sum(report.seconds.values())
    told = f"{len(report.files)} files read, {report.unchanged} already known, {rows:,} rows loaded in {seconds:.1f} s"
    return told + (f", {waiting} files wait in quarantine" if waiting else "")


def _metadata(connection: "duckdb.DuckDBPyConnection", table: RawTable) -> dict[str, Any]:
    """What is in a table now: rows, files, days."""
    name = f"raw.{table.name}"
    metadata: dict[str, Any] = {"dagster/column_schema": _schema(table)}
    source = next((source for source in SOURCES if source.table == name), None)
    files = "count(distinct file_id)" if table.name not in REGISTRY else "null"
    days = f"min({source.day}), max({source.last_day or source.day})" if source else "null, null"
    row = connection.execute(f"select count(*), {files}, {days} from {name}").fetchone()
    if row is None:
        return metadata
    metadata["dagster/row_count"] = row[0]
    if row[1] is not None:
        metadata["files"] = row[1]
    if row[2] is not None:
        metadata |= {"first_day": str(row[2]), "last_day": str(row[3])}
    return metadata


def _load_metadata(report: "IngestReport", name: str) -> dict[str, Any]:
    """What this run added to a table; the registry's duration is that of the whole ingestion."""
    load = report.tables.get(name)
    if load is None:
        return {
            "duration_seconds": round(float(sum(report.seconds.values())), 3),
            "files_read": len(report.files),
            "files_unchanged": report.unchanged,
        }
    return {
        "rows_loaded": load.rows,
        "files_loaded": load.files,
        "duration_seconds": round(float(load.seconds), 3),
        "skipped_unchanged": load.files == 0,
    }
