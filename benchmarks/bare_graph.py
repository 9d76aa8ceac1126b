"""What Dagster alone takes for the graph of the project: the same assets, checks and order, in steps that do nothing.

    python benchmarks/bare_graph.py [HOME]

A night with nothing new can't be quicker than this: its imports, Dagster's own account of a run, and an event for each asset and check.
:mod:`benchmarks.nightly` times it beside such a night.
"""

import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from assets.build import build_defs
from assets.instance import prepare_instance
from config.home import Home
from hourglass.run import dagster_instance


def main() -> None:
    """One run in a home of its own, by default one that goes again; exits with 1 when Dagster says that it failed."""
    if len(sys.argv) > 1:
        sys.exit(not run(Home(Path(sys.argv[1])).create()))
    with tempfile.TemporaryDirectory(prefix="hourglass-bench-") as folder:
        started = time.perf_counter()
        is_good = run(Home(Path(folder)).create())
        print(f"the graph with empty steps, without its imports: {time.perf_counter() - started:.1f} s")
    sys.exit(not is_good)


def run(home: Home) -> bool:
    """The job of empty steps once; whether it ended well."""
    prepare_instance(home)
    given = build_defs()
    bare = dg.Definitions(
        assets=[
            _assets(definition) for definition in given.assets or () if isinstance(definition, dg.AssetsDefinition)
        ],
        asset_checks=[_checks(definition) for definition in given.asset_checks or ()],
        jobs=[dg.define_asset_job("nightly", selection=dg.AssetSelection.all())],
        executor=dg.in_process_executor,
    )
    with dagster_instance(home) as instance:
        result = bare.resolve_job_def("nightly").execute_in_process(
            instance=instance, run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        )
    return result.success


def _assets(definition: dg.AssetsDefinition) -> dg.AssetsDefinition:
    specs = list(definition.specs)

    @dg.multi_asset(name=definition.op.name, specs=specs)
    def nothing() -> Iterator[dg.MaterializeResult[Any]]:
        for spec in specs:
            yield dg.MaterializeResult(asset_key=spec.key)

    return nothing


def _checks(definition: dg.AssetChecksDefinition) -> dg.AssetChecksDefinition:
    specs = list(definition.check_specs)

    @dg.multi_asset_check(name=definition.op.name, specs=specs)
    def nothing() -> Iterator[dg.AssetCheckResult]:
        for spec in specs:
            yield dg.AssetCheckResult(asset_key=spec.asset_key, check_name=spec.name, passed=True)

    return nothing


if __name__ == "__main__":
    main()
