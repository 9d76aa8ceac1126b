"""Nights in any order against one clean build: the judge of what the models' headers say about changes.

A plan delivers an inbox file by file over several nights in an arbitrary order, changes the configuration in between and lets nights die
inside. At its end every published table, and every table of the warehouse behind them, must equal what a new installation makes of the
same inbox and configuration in one night. A failing plan is named by its seed: ``python -m tests.soak.replay --seed N`` runs it again and
takes nights' files away for as long as it still fails.
"""

import argparse
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb

from config.home import Home
from config.settings import load_settings
from config.tables import config_tables
from pipelines.ingest import ingest
from sql.catalog import Catalog
from sql.history import LOGS
from sql.materialise import build
from sql.publish import publish
from tests.pipelines.conftest import load_without_dlt
from tests.soak.inboxes import File, made_up_inbox

LAST_DAY = date(2026, 11, 16)
OF_A_RUN: dict[str, set[str] | None] = {
    "quality.publication": None,
    "quality.check_results": None,
    "quality.check_violations": None,
    **dict.fromkeys(LOGS),
    "quality.files": {"loaded_at"},
    "raw.files": {"loaded_at"},
}
"""What says when a run happened: whole tables (None) or columns. All else must be equal."""
DICTIONARIES = {
    "core.int_links",
    "core.int_hard_links",
    "core.int_link_tags",
    "core.int_link_meanings",
    "core.int_value_meanings",
}
"""Tables of what links and their tags mean, which nobody publishes: they may know one that a correction took from its last session."""


class KilledError(BaseException):
    """Stands for the death of the process; nothing in the project catches it."""


# What dies, and whether before or after it is done. Each is a function that a night calls once or for each of many things.
DEATHS: tuple[tuple[str, bool], ...] = (
    ("pipelines.registry.begin_load", True),
    ("pipelines.load.run", False),
    ("pipelines.load.run", True),
    ("pipelines.registry.commit", False),
    ("pipelines.registry.commit", True),
    ("pipelines.quarantine.write_reports", False),
    ("sql.materialise._Run.update", False),
    ("sql.materialise._Run.update", True),
    ("sql.materialise.mark_propagated", True),
    ("sql.publish.write_publication", True),
    ("sql.publish.swap_in", False),
    ("sql.publish.swap_in", True),
    ("sql.publish._remember", True),
)


@dataclass(frozen=True)
class Death:
    """Where a night dies: at the ``number``-th call of a function, before or after it."""

    function: str
    after: bool
    number: int = 1


@dataclass(frozen=True)
class Night:
    """What is new since the night before. ``config``: files under the home's ``config`` (None: taken away)."""

    files: tuple[File, ...] = ()
    config: tuple[tuple[str, str | None], ...] = ()
    death: Death | None = None
    is_full: bool = False


@dataclass(frozen=True)
class Plan:
    """Nights in order."""

    seed: int
    nights: tuple[Night, ...]

    @property
    def files(self) -> list[File]:
        """All that was delivered in the end."""
        return [file for night in self.nights for file in night.files]

    @property
    def config(self) -> dict[str, str]:
        """The home's own configuration in the end."""
        last = {name: text for night in self.nights for name, text in night.config}
        return {name: text for name, text in last.items() if text is not None}


CONFIGS: tuple[tuple[str, str], ...] = (
    ("settings.yml", "time_zone: America/New_York\n"),
    ("settings.yml", "currency: SEK\n"),
    ("settings.yml", "sessions:\n  timeout_minutes: 5\n  bounce_seconds: 60\n"),
    ("settings.yml", "attribution:\n  lookback_days: 2\n  half_life_days: 1\n  model: linear\n"),
    ("settings.yml", "identity:\n  shared_above: 1\nconsent:\n  not_stated: refused\n"),
    ("settings.yml", "ads:\n  spread_period_totals: false\norders:\n  payments: unmatched\n"),
    ("settings.yml", "utm_links:\n  grace_days: 0\nexchange_rates:\n  stale_after_days: 1\n"),
    ("utm_standard.yml", "required: [utm_source, utm_medium, utm_campaign, utm_content]\n"),
    ("utm_standard.yml", 'campaign:\n  pattern: "[a-z]+"\n  max_length: 30\n  example: host\n'),
    ("links/own.csv", "url,registered_on,owner\nhttps://www.fjellbrygg.example/?utm_source=facebook&utm_medium=social"
     "&utm_campaign=host,2026-10-20,Kari\nhttps://www.fjellbrygg.example/ingen?utm_source=x&utm_medium=social&utm_campaign=ingen,2026-10-21,Ola\n"),
)  # fmt: skip


def shipped(name: str) -> str:
    """The text of a configuration file as it comes with the project."""
    return (Path(__file__).parents[2] / "config" / name).read_text(encoding="utf-8")


def overridden(name: str, change: str) -> str:
    """A home's file: settings say only what differs, the UTM standard is the shipped one with the changed keys put in."""
    if name != "utm_standard.yml":
        return change
    key = change.split(":")[0]
    blocks = shipped(name).split("\n\n")
    return "\n\n".join(change.strip() if block.startswith(f"{key}:") else block for block in blocks) + "\n"


def plan(seed: int, scratch: Path, *, nights: int = 6, **inbox: Any) -> Plan:
    """A plan drawn from a seed: which file comes in which night, what else happens."""
    draw = random.Random(f"plan {seed}")
    files = made_up_inbox(scratch / f"inbox {seed}", seed, **inbox)
    delivered: list[list[File]] = [[] for _ in range(nights)]
    by_date = draw.random() < 0.5
    for place, file in enumerate(sorted(files, key=lambda file: file.path[-16:])):
        due = place * nights // len(files)
        late = draw.random() < 0.25
        delivered[draw.randrange(nights) if late or not by_date else due].append(file)
    changes: list[list[tuple[str, str | None]]] = [[] for _ in range(nights)]
    for _ in range(draw.randrange(3)):
        name, change = draw.choice(CONFIGS)
        begin, end = sorted((draw.randrange(nights), draw.randrange(nights)))
        changes[begin].append((name, overridden(name, change)))
        if begin != end:  # and back; otherwise for good
            changes[end].append((name, None))
    made = []
    for place in range(nights):
        function, after = draw.choice(DEATHS)
        number = draw.randrange(1, 80) if function.endswith("update") else 1
        death = Death(function, after, number) if draw.random() < 0.35 and place < nights - 1 else None
        made.append(Night(tuple(delivered[place]), tuple(changes[place]), death, is_full=draw.random() < 0.04))
    return Plan(seed, tuple(made))


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
            with mock.patch.object(owner, name, deadly(getattr(owner, name))):
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
    if with_dlt:
        yield
        return
    with mock.patch("pipelines.load.run", load_without_dlt):
        yield


@dataclass
class Verdict:
    """What came of a plan: by table, rows that only one side has (at most three of each)."""

    plan: Plan
    differences: dict[str, list[str]] = field(default_factory=dict)
    nights: int = 0
    deaths: int = 0
    tables: int = 0
    rows: int = 0
    incremental: set[str] = field(default_factory=set)

    def __str__(self) -> str:
        lines = [f"seed {self.plan.seed}: {len(self.differences)} tables differ"]
        for table, rows in self.differences.items():
            lines += [table, *(f"  {row[:600]}" for row in rows)]
        return "\n".join(lines)


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


def compare(left: Path, right: Path, verdict: Verdict, *, left_out: Mapping[str, set[str]] | None = None) -> None:
    """Add to the verdict what differs between two files, table by table; columns by name, rows as a multiset.

    ``left_out``: further columns by table that may differ.
    """
    may_differ = {**OF_A_RUN, **(left_out or {})}
    with duckdb.connect() as connection:
        for name, path in (("l", left), ("r", right)):
            connection.execute(f"attach '{path}' as {name} (read_only)")
        tables = [_tables(connection, name) for name in ("l", "r")]
        alone = {table for table in tables[0].keys() ^ tables[1].keys() if may_differ.get(table, set()) is not None}
        if alone:
            verdict.differences["tables"] = [f"only on one side: {sorted(alone)}"]
        for table in sorted(tables[0].keys() & tables[1].keys()):
            passed_over = may_differ.get(table, set())
            if passed_over is None:
                continue
            if sorted(tables[0][table]) != sorted(tables[1][table]):
                verdict.differences[table] = [f"columns: {sorted(set(tables[0][table]) ^ set(tables[1][table]))}"]
                continue
            columns = ", ".join(f'"{name}"' for name, _type in sorted(tables[0][table]) if name not in passed_over)
            sides = [f"select {columns} from {name}.{table}" for name in ("l", "r")]
            missing = f"select 'whole' as side, * from ({sides[1]} except all {sides[0]}) order by all limit 3"
            surplus = f"select 'stepwise' as side, * from ({sides[0]} except all {sides[1]}) order by all limit 3"
            asked = [missing] if table in DICTIONARIES else [surplus, missing]
            found = connection.execute(" union all ".join(f"({query})" for query in asked))
            names = [column[0] for column in found.description or []]
            rows = found.fetchall()
            if rows and table not in verdict.differences:
                verdict.differences[table] = _told(names, rows)
            verdict.tables += 1
            count = connection.execute(f"select count(*) from l.{table}").fetchone()
            verdict.rows += int(count[0]) if count else 0


def _told(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> list[str]:
    """Rows in words; where both sides have one each, the other is told by what differs from the first."""
    told, first = [], rows[0]
    for row in rows:
        pairs = [
            (name, value)
            for name, value, other in zip(names[1:], row[1:], first[1:], strict=True)
            if (row is first and value is not None) or (row is not first and value != other)
        ]
        told.append(f"{row[0]}: " + ", ".join(f"{name}={value}" for name, value in pairs))
    return told


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in connection.execute(
        "select columns.table_schema || '.' || columns.table_name, column_name, data_type from information_schema.columns "
        "inner join information_schema.tables using (table_catalog, table_schema, table_name) "
        "where columns.table_catalog = ? and table_type = 'BASE TABLE' and columns.table_schema in "
        "('core', 'attribution', 'kpi', 'quality', 'raw') and columns.table_name not in ('inbox_paths', 'loads_begun')",
        [database],
    ).fetchall():
        found.setdefault(table, []).append((column, kind))
    return {table: columns for table, columns in found.items() if not table.startswith("raw._dlt")}


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
