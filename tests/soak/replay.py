"""Nights in any order against one clean build: the judge of what the models' headers say about changes.

A plan delivers an inbox file by file over several nights in an arbitrary order, changes the configuration in between and lets nights die
inside. At its end every published table, and every table of the warehouse behind them, must equal what a new installation makes of the
same inbox and configuration in one night. A failing plan is named by its seed: ``python -m tests.soak.replay --seed N`` runs it again and
takes nights' files away for as long as it still fails.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

import pipelines.load
from config.home import Home
from config.settings import load_settings
from config.tables import config_tables
from pipelines.ingest import ingest
from sql.catalog import Catalog
from sql.materialise import build
from sql.publish import publish
from tests.pipelines.conftest import load_without_dlt
from tests.soak.comparing import Verdict, compare
from tests.soak.inboxes import File
from tests.soak.plans import Death, Plan, plan

LAST_DAY = date(2026, 11, 16)
LOADING_BY_DLT = pipelines.load.run


class KilledError(BaseException):
    """Stands for the death of the process; nothing in the project catches it."""


class Installation:
    """A home and its warehouse, without Dagster: what a night does, as library calls."""

    def __init__(self, root: Path, catalog: Catalog, *, with_dlt: bool = False, threads: int = 0) -> None:
        self.home = Home(root).create()
        self.catalog = catalog
        self.with_dlt = with_dlt
        self.threads = threads
        self.numbers = 0

    def deliver(self, files: Sequence[File]) -> None:
        """Put files into the inbox."""
        for file in files:
            target = self.home.inbox / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.content)

    def configure(self, changes: Sequence[tuple[str, str | None]]) -> None:
        """Write or take away files of the home's configuration."""
        for name, text in changes:
            path = self.home.config / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text, encoding="utf-8")

    def run(self, day: date, *, full: bool = False) -> dict[str, str]:
        """Read, model and publish; by model, what was done."""
        self.numbers += 1
        connection = duckdb.connect(str(self.home.warehouse))
        try:
            connection.execute("set preserve_insertion_order = false")
            if self.threads:
                connection.execute(f"set threads = {self.threads}")
            with _loading(self.with_dlt):
                ingest(self.home, load_settings(self.home), connection=connection, full_refresh=full)
            report = build(connection, self.catalog, config=config_tables(self.home, day), full=full)
            publish(
                connection, self.catalog, self.home, run_id=f"run {self.numbers}", run_date=day.isoformat(),
                published_at=f"{day} 01:00:00",
            )  # fmt: skip
            return {result.model: result.action for result in report.results}
        finally:
            connection.close()

    def die(self, day: date, death: Death) -> bool:
        """A run that dies where the plan says; False if it never came there."""
        owner, name = owner_of(death.function)
        calls = 0

        def deadly(real: Callable[..., Any]) -> Callable[..., Any]:
            def call(*args: Any, **kwargs: Any) -> Any:
                nonlocal calls
                calls += 1
                if calls != death.number:
                    return real(*args, **kwargs)
                if death.after:
                    real(*args, **kwargs)
                raise KilledError

            return call  # fmt: skip

        try:
            with _loading(self.with_dlt), mock.patch.object(owner, name, deadly(getattr(owner, name))):
                self.run(day)
        except KilledError:
            return True
        return False


def owner_of(path: str) -> tuple[Any, str]:
    """The module or class that holds a function, and the function's name in it."""
    holder, name = path.rsplit(".", 1)
    module, _, inside = holder.partition("._")
    owner: Any = import_module(module)
    return (getattr(owner, "_" + inside) if inside else owner), name


@contextmanager
def _loading(with_dlt: bool) -> Iterator[None]:
    """Within it rows are loaded by dlt or without; where somebody has put another loading in its place already, that stays."""
    if with_dlt or pipelines.load.run is not LOADING_BY_DLT:
        yield
        return
    with mock.patch("pipelines.load.run", load_without_dlt):
        yield


def judge(plan: Plan, scratch: Path, catalog: Catalog, *, with_dlt: bool = False) -> Verdict:
    """Run a plan, and everything of it in one night elsewhere, and compare."""
    for name in ("stepwise", "whole"):
        shutil.rmtree(scratch / name, ignore_errors=True)
    verdict = Verdict(plan)
    # One thread there, all of them here: that costs a quarter less, and holds the figures to be the same whatever the number.
    stepwise = Installation(scratch / "stepwise", catalog, with_dlt=with_dlt, threads=1)
    first = LAST_DAY - timedelta(days=len(plan.nights) - 1)
    for place, night in enumerate(plan.nights):
        day = first + timedelta(days=place)
        stepwise.deliver(night.files)
        stepwise.configure(night.config)
        if night.death is not None:
            verdict.deaths += stepwise.die(day, night.death)
            continue
        actions = stepwise.run(day, full=night.is_full)
        verdict.nights += 1
        verdict.incremental |= {name for name, action in actions.items() if action == "incremental"}
    whole = Installation(scratch / "whole", catalog, with_dlt=with_dlt)
    whole.deliver(plan.files)
    whole.configure(list(plan.config.items()))
    shutil.copy(stepwise.home.root / "key", whole.home.root / "key")
    whole.run(LAST_DAY)
    for left, right in (
        (stepwise.home.published, whole.home.published),
        (stepwise.home.warehouse, whole.home.warehouse),
    ):
        compare(left, right, verdict)
    return verdict


def shrunk(plan: Plan, scratch: Path, catalog: Catalog, say: Callable[[str], None]) -> Plan:
    """A smaller plan that still fails: without deaths, changes and files that it does not need."""

    def fails(candidate: Plan) -> bool:
        try:
            return bool(judge(candidate, scratch, catalog).differences)
        except duckdb.Error:
            return True

    for change in ({"death": None}, {"is_full": False}, {"config": ()}):
        for place in range(len(plan.nights)):
            night = replace(plan.nights[place], **change)
            if night != plan.nights[place]:
                candidate = replace(plan, nights=(*plan.nights[:place], night, *plan.nights[place + 1 :]))
                plan = candidate if fails(candidate) else plan
    pieces = 2
    while True:
        files = plan.files
        size = max(1, len(files) // pieces)
        for start in range(0, len(files), size):
            gone = set(files[start : start + size])
            nights = tuple(replace(n, files=tuple(f for f in n.files if f not in gone)) for n in plan.nights)
            if fails(replace(plan, nights=nights)):
                plan = replace(plan, nights=nights)
                say(f"{len(plan.files)} files are enough")
                break
        else:
            if size == 1:
                return plan
            pieces *= 2


def main() -> int:
    """Run plans by seed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plans", type=int, default=1)
    parser.add_argument("--nights", type=int, default=6)
    parser.add_argument("--days", type=int, default=21)
    parser.add_argument("--sessions", type=int, default=250)
    parser.add_argument("--share", type=float, default=0.5, help="of the simulated folders and the other formats")
    parser.add_argument("--shrink", action="store_true")
    arguments = parser.parse_args()
    catalog = Catalog()
    failed = 0
    for seed in range(arguments.seed, arguments.seed + arguments.plans):
        with tempfile.TemporaryDirectory(prefix="hourglass-replay-") as folder:
            drawn = plan(
                seed, Path(folder), nights=arguments.nights, days=arguments.days, sessions=arguments.sessions,
                share=arguments.share,
            )  # fmt: skip
            verdict = judge(drawn, Path(folder), catalog)
            print(f"seed {seed}: {len(drawn.files)} files, {verdict.nights} nights, {verdict.deaths} deaths, "
                  f"{verdict.tables} tables with {verdict.rows} rows, {len(verdict.differences)} differ", flush=True)  # fmt: skip
            if verdict.differences:
                failed += 1
                print(verdict, flush=True)
            if verdict.differences and arguments.shrink:
                small = shrunk(drawn, Path(folder), catalog, print)
                for night in small.nights:
                    print([file.path for file in night.files], night.config, night.death, night.is_full)
                print(judge(small, Path(folder), catalog))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
