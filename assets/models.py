"""The SQL models as assets: one step that brings all of them, or the chosen ones, up to date.

The graph, descriptions, columns and lineage come from the model files; nothing about a single model is said here.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.keys import asset_key, owner, table_name
from assets.lineage import LineageBook, external_columns
from assets.resources import IO_RETRIES, Progress, RunOptions, Warehouse, faults
from assets.schedules import NIGHTLY_ZONE
from checks.store import is_unchecked, mark_checked, mark_unchecked
from sql.catalog import Catalog
from sql.model import Model

if TYPE_CHECKING:
    import duckdb

    from sql.materialise import BuildReport, ModelResult

AFTER_THE_NIGHT = dg.FreshnessPolicy.cron(
    deadline_cron="0 6 * * *", lower_bound_delta=timedelta(hours=4), timezone=NIGHTLY_ZONE
)
"""Brought up to date by the run of 02:00, or later: at 06:00 the office may look at it."""

ACTIONS = {
    "unchanged": "skipped: nothing that it reads has changed",
    "full": "built in full",
    "incremental": "only what the changes touch",
    "view": "view: defined, holds no rows of its own",
}

SUMMARY = {
    "full": "built in full",
    "incremental": "where something changed",
    "view": "views defined",
    "unchanged": "with nothing to do",
}
WORTH_TELLING_SECONDS = 1.0


def model_specs(catalog: Catalog) -> list[dg.AssetSpec]:
    """One spec a model, with its upstream tables as dependencies."""
    return [_spec(model) for model in catalog.order]


def build_model_assets(catalog: Catalog) -> dg.AssetsDefinition:
    """The step that runs the models; they are one transaction, so they are one step."""

    @dg.multi_asset(
        name="models",
        specs=model_specs(catalog),
        can_subset=True,
        retry_policy=IO_RETRIES,
        description="Runs the SQL models in the order of what they read, in one transaction; what did not change is left alone.",
    )
    def models(
        context: dg.AssetExecutionContext, warehouse: Warehouse, options: RunOptions, progress: Progress
    ) -> Iterator[dg.MaterializeResult[Any]]:
        with faults():
            from sql.materialise import build

            since, until = options.days()
            connection = warehouse.open(context)
            selected = {table_name(key) for key in context.selected_asset_keys}
            everything = selected == set(catalog.models)

            def told(result: "ModelResult") -> None:
                if result.seconds >= WORTH_TELLING_SECONDS:
                    progress.tell(context, _line(result))

            was_unchecked = is_unchecked(connection)
            mark_unchecked(connection)
            report = build(
                connection,
                catalog,
                config=warehouse.config(),
                full=options.full_refresh,
                since=since,
                until=until,
                select=None if everything else selected,
                on_result=told,
            )
            if not report.changed and not was_unchecked:
                mark_checked(connection)
            progress.tell(context, _summary(report))
            book = LineageBook(warehouse.home.dagster / "lineage.json", catalog, external_columns(connection))
            for result in report.results:
                metadata = _metadata(connection, catalog, result) | {
                    "dagster/column_lineage": book.lineage(result.model)
                }
                yield dg.MaterializeResult(asset_key=asset_key(result.model), metadata=metadata)
            book.save()

    return models


def _spec(model: Model) -> dg.AssetSpec:
    header = model.header
    columns = [
        dg.TableColumn(name, type=column.unit, description=column.comment) for name, column in header.columns.items()
    ]
    return dg.AssetSpec(
        key=asset_key(model.name),
        deps=[asset_key(name) for name in sorted(model.references) if not name.startswith("config.")],
        description=_description(model),
        group_name=model.schema,
        owners=[owner(header.owner)],
        kinds={"sql", "duckdb"} | ({"view"} if header.materialise == "view" else {"table"}),
        code_version=model.fingerprint[:12],
        freshness_policy=AFTER_THE_NIGHT,
        tags={"hourglass/materialise": header.materialise, "hourglass/published": str(model.is_published).lower()},
        metadata={
            "dagster/table_name": model.name,
            "dagster/column_schema": dg.TableSchema(columns),
            "grain": ", ".join(header.grain),
            "model_file": f"sql/{model.schema}/{model.table}.sql",
        },
    )


def _description(model: Model) -> str:
    header = model.header
    parts = [header.description.strip(), f"**Grain:** one row for each {', '.join(header.grain)}."]
    if header.materialise == "incremental":
        parts.append(f"**Incremental** by {', '.join(header.unit)}.")
    if header.source:
        parts.append(f"**Source:** {header.source}")
    return "\n\n".join(parts) + f"\n\n```sql\n{model.body}\n```"


def _line(result: "ModelResult") -> str:
    what = (
        f"{result.units:,} units"
        if result.action == "incremental" and result.units is not None
        else ACTIONS[result.action]
    )
    return f"{result.model}: {result.rows:,} rows, {what}, {result.seconds:.1f} s"


def _summary(report: "BuildReport") -> str:
    count: Counter[str] = Counter(result.action for result in report.results)
    done = [f"{count[action]} {words}" for action, words in SUMMARY.items() if count[action]]
    return f"{len(report.results)} models in {report.seconds:.1f} s: {', '.join(done)}"


def _metadata(connection: "duckdb.DuckDBPyConnection", catalog: Catalog, result: "ModelResult") -> dict[str, Any]:
    """What a materialisation says of itself; durations are floats so that Dagster plots them over runs."""
    model = catalog.models[result.model]
    header = model.header
    types = connection.execute(f"describe {model.name}").fetchall()
    columns = [dg.TableColumn(name, type=kind, description=header.columns[name].comment) for name, kind, *_ in types]
    metadata: dict[str, Any] = {
        "dagster/column_schema": dg.TableSchema(columns),
        "duration_seconds": round(float(result.seconds), 3),
        "skipped_unchanged": result.action == "unchanged",
        "what_was_done": ACTIONS[result.action],
    }
    if header.materialise != "view":
        metadata["dagster/row_count"] = result.rows
    if result.rows_changed is not None:
        metadata["rows_changed"] = result.rows_changed
    if result.units is not None:
        metadata["units_recomputed"] = result.units
    day = header.day or next((name for name in header.grain if header.columns[name].unit == "date"), None)
    if day and header.materialise != "view":
        row = connection.execute(f"select min({day}), max({day}), count(distinct {day}) from {model.name}").fetchone()
        if row and row[0] is not None:
            metadata |= {"first_day": str(row[0]), "last_day": str(row[1]), "days": row[2]}
    return metadata
