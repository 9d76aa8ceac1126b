"""The checks as Dagster's asset checks: one step before the models, one after them and before publishing.

A check that blocks keeps the steps after it from running. A coverage between floor and target fails as a warning and blocks nothing.
What was found is written to the warehouse before Dagster is told, so that a blocked run leaves its reasons behind.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from assets.keys import CHECK_RESULTS, CHECK_VIOLATIONS, asset_key, owner, table_name
from assets.resources import Progress, RunOptions, Warehouse, faults
from checks.declared import Check, CheckResult, Severity, Share
from checks.store import RESULTS, TABLES, VIOLATIONS, mark_checked, write
from config.showing import inert, plain

if TYPE_CHECKING:
    import duckdb

SHOWN_VIOLATIONS = 10
MODEL_CHECKS = "model_checks"


def build_check_steps(checks: Sequence[Check]) -> list[dg.AssetChecksDefinition]:
    """``raw_checks`` over what was delivered, ``model_checks`` over everything that is computed from it."""
    raw = [check for check in checks if check.asset.startswith("raw.")]
    models = [check for check in checks if not check.asset.startswith("raw.")]
    return [
        _step("raw_checks", raw, "What was delivered: contracts, freshness, missing days. Runs before the models."),
        _step(
            "model_checks",
            models,
            "What was computed: grain, reconciliation, coverage, currencies. Runs before publishing.",
        ),
    ]


def result_specs(checks: Sequence[Check]) -> list[dg.AssetSpec]:
    """The tables that hold the results; they are written by the steps of the checks, as checks are no assets themselves."""
    deps = sorted({check.asset for check in checks})
    return [
        dg.AssetSpec(
            key=key,
            deps=[asset_key(name) for name in deps],
            description=TABLES[table][0] + ". Written by the steps of the checks.",
            group_name="quality",
            owners=[owner("data-engineering")],
            kinds={"duckdb", "table"},
            metadata={
                "dagster/table_name": table,
                "dagster/column_schema": dg.TableSchema(
                    [
                        dg.TableColumn(name, type=kind, description=text)
                        for name, (kind, text) in TABLES[table][1].items()
                    ]
                ),
            },
        )
        for key, table in ((CHECK_RESULTS, RESULTS), (CHECK_VIOLATIONS, VIOLATIONS))
    ]


def _spec(check: Check) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        name=check.name,
        asset=asset_key(check.asset),
        description=check.description,
        blocking=check.severity is Severity.BLOCK,
        additional_deps=[asset_key(name) for name in check.tables[1:]],
        metadata={"severity": str(check.severity)},
    )


def _step(name: str, checks: Sequence[Check], description: str) -> dg.AssetChecksDefinition:
    by_key = {(check.asset, check.name): check for check in checks}

    @dg.multi_asset_check(name=name, specs=[_spec(check) for check in checks], can_subset=True, description=description)
    def step(
        context: dg.AssetCheckExecutionContext, warehouse: Warehouse, options: RunOptions, progress: Progress
    ) -> Iterator[dg.AssetCheckResult]:
        with faults():
            from checks.suite import run_checks

            connection = warehouse.open(context)
            selected = [
                by_key[table_name(key.asset_key), key.name] for key in sorted(context.selected_asset_check_keys)
            ]
            started = datetime.now(UTC)
            results = list(
                run_checks(
                    connection,
                    selected,
                    settings=warehouse.settings(),
                    run_date=warehouse.run_date(),
                    anew=options.full_refresh,
                )
            )
            write(connection, results, run_id=context.run.run_id, checked_at=started.replace(tzinfo=None))
            for result in results:
                if not result.passed:
                    context.log.warning(failure_line(result))
            if name == MODEL_CHECKS and len(selected) == len(checks):
                mark_checked(connection)
            failed = sum(not result.passed for result in results)
            seconds = (datetime.now(UTC) - started).total_seconds()
            progress.tell(context, f"{len(results)} checks in {seconds:.1f} s, {failed or 'none'} failed")
            for key, table in ((CHECK_RESULTS, RESULTS), (CHECK_VIOLATIONS, VIOLATIONS)):
                context.op_execution_context.log_event(
                    dg.AssetMaterialization(asset_key=key, metadata={"dagster/row_count": _count(connection, table)})
                )
            for result in results:
                yield check_result(result)

    return step


def check_result(result: CheckResult) -> dg.AssetCheckResult:
    """What Dagster is told of a check: the deciding numbers, every member, and the first rows that broke the rule."""
    line = result.headline
    metadata: dict[str, Any] = {"threshold": float(line.threshold), "duration_seconds": round(result.seconds, 3)}
    if line.numerator is not None and line.denominator is not None:
        metadata |= {"numerator": float(line.numerator), "denominator": float(line.denominator)}
        if isinstance(result.check, Share) and line.denominator:
            metadata["share"] = round(float(line.numerator / line.denominator), 6)
    if len(result.outcomes) > 1:
        metadata["members"] = dg.MetadataValue.md(
            "\n".join(f"- {'✓' if o.passed else '✗'} {plain(o.detail)}" for o in result.outcomes)
        )
    if result.violations:
        metadata["violations"] = result.violation_count
        metadata["first_violations"] = dg.MetadataValue.md(_table(result))
    return dg.AssetCheckResult(
        check_name=result.check.name,
        asset_key=asset_key(result.check.asset),
        passed=result.passed,
        severity=dg.AssetCheckSeverity.ERROR if result.blocks else dg.AssetCheckSeverity.WARN,
        description=line.detail,
        metadata=metadata,
    )


def failure_line(result: CheckResult) -> str:
    """A failed check in one line, for a terminal or a log."""
    verdict = "BLOCKS publishing" if result.blocks else "warning"
    return inert(f"{verdict}: {result.check.asset} {result.check.name}: {result.headline.detail}")


def _table(result: CheckResult) -> str:
    rows = result.violations[:SHOWN_VIOLATIONS]
    names = list(rows[0])
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(plain(str(row[name])[:120]) for name in names) + " |" for row in rows]
    return "\n".join(lines)


def _count(connection: "duckdb.DuckDBPyConnection", table: str) -> int:
    row = connection.execute(f"select count(*) from {table}").fetchone()
    return int(row[0]) if row else 0
