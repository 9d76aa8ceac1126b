"""The last step: the checked tables become the file that everyone reads."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.keys import CHECK_RESULTS, PUBLISHED, asset_key, owner
from assets.models import AFTER_THE_NIGHT
from assets.resources import IO_RETRIES, Progress, Warehouse, faults
from assets.scorecard import ScorecardLine, read_scorecard, scorecard_markdown
from checks.declared import Check
from checks.store import TABLES, blocking_failures, is_unchecked
from sql.catalog import Catalog

if TYPE_CHECKING:
    import duckdb

DESCRIPTION = """The file for BI tools, notebooks and people: `published/hourglass.duckdb` in the home.

It is written beside the one that readers have open and swapped in whole. It stays as it was when a blocking check fails."""


def build_published_asset(catalog: Catalog, checks: Sequence[Check]) -> dg.AssetsDefinition:
    """The published file; it waits for the blocking checks of every table that it holds, or that a check speaks about.

    Dagster keeps an asset from running only where it depends on the asset whose check blocks, hence the second part.
    """
    published_tables = {model.name for model in catalog.order if model.is_published}
    checked_tables = {check.asset for check in checks if check.asset in catalog.models}
    upstream = [asset_key(name) for name in sorted(published_tables | checked_tables)]

    @dg.asset(
        key=PUBLISHED,
        deps=[*upstream, CHECK_RESULTS],
        group_name="published",
        description=DESCRIPTION,
        owners=[owner("data-engineering")],
        kinds={"duckdb", "file"},
        freshness_policy=AFTER_THE_NIGHT,
        retry_policy=IO_RETRIES,
        tags={"hourglass/published": "true"},
    )
    def published(
        context: dg.AssetExecutionContext, warehouse: Warehouse, progress: Progress
    ) -> dg.MaterializeResult[Any]:
        with faults():
            from assets.housekeeping import tidy
            from sql.publish import ExtraTable, publish
            from sql.reduced import publish_reduced

            connection = warehouse.open(context)
            _refuse_what_is_not_checked(connection)
            extra = tuple(
                ExtraTable(name, {"": text, **{column: comment for column, (_, comment) in columns.items()}})
                for name, (text, columns) in TABLES.items()
            )
            run_date = warehouse.run_date().isoformat()
            published_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
            report = publish(
                connection,
                catalog,
                warehouse.home,
                run_id=context.run.run_id,
                run_date=run_date,
                published_at=published_at,
                extra=extra,
            )
            if warehouse.settings().publishing.reduced_copy:
                reduced = publish_reduced(
                    connection,
                    catalog,
                    warehouse.home,
                    run_id=context.run.run_id,
                    run_date=run_date,
                    published_at=published_at,
                    sequence_number=report.sequence_number,
                )
                progress.tell(context, f"published {reduced.path} ({reduced.bytes / 1e6:.1f} MB)")
            else:
                warehouse.home.published_reduced.unlink(missing_ok=True)
            progress.tell(context, f"published {report.path} ({report.bytes / 1e6:.1f} MB) in {report.seconds:.1f} s")
            told = _tell_news(connection, warehouse, context)
            tidied = tidy(
                context.instance, warehouse.home, connection, warehouse.settings().housekeeping, datetime.now(UTC)
            )
            tables = "\n".join(f"| {name} | {rows:,} |" for name, rows in sorted(report.rows.items()))
            return dg.MaterializeResult(
                metadata={
                    **_scorecards(read_scorecard(connection, warehouse.run_date())),
                    "tables": dg.MetadataValue.md(f"| table | rows |\n|---|---:|\n{tables}"),
                    "path": dg.MetadataValue.path(str(report.path)),
                    "bytes": report.bytes,
                    "dagster/row_count": sum(report.rows.values()),
                    "tables_rewritten": len(report.rewritten),
                    "tables_patched": len(report.patched),
                    "duration_seconds": round(float(report.seconds), 3),
                    "runs_forgotten": tidied.runs,
                    **({"alert": told} if told else {}),
                }
            )

    return published


def _tell_news(
    connection: "duckdb.DuckDBPyConnection", warehouse: Warehouse, context: dg.AssetExecutionContext
) -> str | None:
    """Tell what is warned of since this publication and not since an earlier one; returns what came of it, None where there is no news.

    What could not be told, because webhook or mail server did not take it, is news again the next time.
    """
    from assets.alerts import is_set_up, send_warnings
    from checks.news import news, remember_told

    found = news(connection)
    texts = [notice.text for notice in found.fresh]
    said = None
    if texts and not warehouse.settings().alerts.warnings:
        said = f"{len(texts)} new warnings; alerts.warnings of the settings is off"
    elif texts:
        said = send_warnings(warehouse.home, run_id=context.run.run_id, job=context.run.job_name, texts=texts)
        if said and is_set_up(warehouse.home):
            return said
        said = said or f"{len(texts)} new warnings told"
    remember_told(connection, found)
    return said


def _refuse_what_is_not_checked(connection: "duckdb.DuckDBPyConnection") -> None:
    """Dagster holds this asset back in a run that checks; this holds it back where it is run alone. Raises dg.Failure."""
    against = blocking_failures(connection)
    if against:
        raise dg.Failure("Not published, a blocking check failed:\n" + "\n".join(against), allow_retries=False)
    if is_unchecked(connection):
        raise dg.Failure(
            "Not published: the models have changed since they were checked. Run the job nightly.", allow_retries=False
        )


def _scorecards(lines: Sequence[ScorecardLine]) -> dict[str, Any]:
    """One Markdown table a plan, so that each is shown at once."""
    if not lines:
        return {"scorecard": dg.MetadataValue.md("No scorecard yet: no data for the KPIs of the plans.")}
    plans = dict.fromkeys(line.plan for line in lines)
    return {
        f"scorecard_{plan}": dg.MetadataValue.md(scorecard_markdown([line for line in lines if line.plan == plan]))
        for plan in plans
    }
