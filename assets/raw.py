"""The raw tables as assets: one step that reads the inbox into all of them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.keys import INBOX, asset_key, owner
from assets.models import AFTER_THE_NIGHT
from assets.resources import IO_RETRIES, Progress, RunOptions, Warehouse, faults
from assets.sensors import look_at_inbox, remember_inbox
from checks.freshness import SOURCES
from checks.raw_contracts import RawContract
from pipelines.schema import RAW_TABLES, RawTable

if TYPE_CHECKING:
    import duckdb
    from pipelines.ingest import IngestReport

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
            required=[column.name for column in table.required],
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

            home = warehouse.home.create()
            connection = warehouse.open(context)
            seen = look_at_inbox(home.inbox)
            report = ingest(
                home,
                warehouse.settings(),
                connection=connection,
                full_refresh=options.full_refresh,
                progress=lambda text: progress.tell(context, text),
            )
            remember_inbox(home, seen)
            questions = _questions(waiting(connection))
            for table in RAW_TABLES.values():
                yield dg.MaterializeResult(
                    asset_key=asset_key(f"raw.{table.name}"), metadata=_metadata(connection, table, report, questions)
                )

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
                constraints=dg.TableColumnConstraints(nullable=not column.required),
            )
            for column in table.columns
        ]
    )


def _metadata(
    connection: "duckdb.DuckDBPyConnection", table: RawTable, report: "IngestReport", questions: str | None
) -> dict[str, Any]:
    name = f"raw.{table.name}"
    metadata: dict[str, Any] = {"dagster/column_schema": _schema(table)}
    day = next((source.day for source in SOURCES if source.table == name), None)
    files = "count(distinct file_id)" if "file_id" in {column.name for column in table.columns} else "null"
    days = f"min({day}), max({day})" if day else "null, null"
    row = connection.execute(f"select count(*), {files}, {days} from {name}").fetchone()
    if row is not None:
        metadata["dagster/row_count"] = row[0]
        if row[1] is not None:
            metadata["files"] = row[1]
        if row[2] is not None:
            metadata |= {"first_day": str(row[2]), "last_day": str(row[3])}
    return metadata


def _questions(waiting: object) -> str | None:
    raise NotImplementedError(waiting)
