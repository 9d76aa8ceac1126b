"""Verdicts of Great Expectations, and the memory of them: the one place that calls it.

A batch is a few rows (violations, or one number a member), and what is said of it depends on nothing but the expectation, the version of
Great Expectations and what the expectation looks at. So the verdicts of each check's newest run are kept in the warehouse, and a check
whose batch is the one of that run keeps its verdict: importing Great Expectations takes longer than a whole night without news. Whether
the queries that make the batches have to run at all is the business of :mod:`checks.standing`.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from functools import lru_cache
from importlib.metadata import version
from typing import Any

import duckdb

from checks.declared import Check
from sql.changes import META_SCHEMA, roll_back, table_exists

VERDICTS = f"{META_SCHEMA}.verdicts"

Rows = Sequence[Mapping[str, object]]


class Verdicts:
    """The verdicts of a run of checks, and those that stand from each check's run before."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, anew: bool = False) -> None:
        """``anew``: let no earlier verdict stand."""
        self._connection = connection
        self._known: dict[tuple[str, str], dict[str, bool]] = {}
        self._judges: list[Judge] = []
        if not anew and table_exists(connection, VERDICTS):
            for asset, name, batch, success in connection.execute(f"select * from {VERDICTS}").fetchall():
                self._known.setdefault((asset, name), {})[batch] = success

    def judge(self, check: Check) -> "Judge":
        """Who judges the batches of one check."""
        judge = Judge(check, self._known.get((check.asset, check.name), {}))
        self._judges.append(judge)
        return judge

    def keep(self) -> None:
        """Remember the verdicts of this run instead of those that its checks had before."""
        given = {(judge.check.asset, judge.check.name): judge.given for judge in self._judges}
        changed = {check: batches for check, batches in given.items() if batches != self._known.get(check)}
        if not changed:
            return
        connection = self._connection
        connection.execute("begin")
        try:
            connection.execute(f"create schema if not exists {META_SCHEMA}")
            connection.execute(
                f"create table if not exists {VERDICTS} (asset varchar, check_name varchar, batch varchar, success boolean)"
            )
            for check, batches in changed.items():
                connection.execute(f"delete from {VERDICTS} where asset = ? and check_name = ?", list(check))
                for batch, success in batches.items():
                    connection.execute(f"insert into {VERDICTS} values (?, ?, ?, ?)", [*check, batch, success])
            connection.execute("commit")
        except BaseException:
            roll_back(connection)
            raise


class Judge:
    """Puts the batches of one check to Great Expectations. ``given`` has the verdict on each, by the batch's digest."""

    def __init__(self, check: Check, known: Mapping[str, bool]) -> None:
        """``known``: the verdicts that stand, by the batch's digest."""
        self.check = check
        self.given: dict[str, bool] = {}
        self._known = known

    def holds_no_rows(self, rows: Rows) -> bool:
        """Whether the batch is empty."""
        return self._verdict("ExpectTableRowCountToEqual", {"value": 0}, rows, looks_at=len(rows))

    def is_zero(self, number: Decimal) -> bool:
        """Whether a number is 0."""
        arguments = {"column": "number", "min_value": 0, "max_value": 0}
        return self._verdict("ExpectColumnValuesToBeBetween", arguments, [{"number": number}], looks_at=[str(number)])

    def reach(self, numbers: Sequence[float | None], lowest: float) -> list[bool]:
        """For each number, whether it is at least ``lowest``; None is not."""
        if not numbers or (None not in numbers and self._all_reach(numbers, lowest)):
            return [True] * len(numbers)
        return [number is not None and self._all_reach([number], lowest) for number in numbers]

    def _all_reach(self, numbers: Sequence[float | None], lowest: float) -> bool:
        arguments = {"column": "number", "min_value": lowest}
        rows = [{"number": number} for number in numbers]
        return self._verdict("ExpectColumnValuesToBeBetween", arguments, rows, looks_at=[repr(n) for n in numbers])

    def _verdict(self, expectation: str, arguments: Mapping[str, object], rows: Rows, *, looks_at: object) -> bool:
        asked = json.dumps([_version(), expectation, arguments, looks_at], sort_keys=True)
        batch = hashlib.sha256(asked.encode()).hexdigest()
        if batch not in self.given:
            stands = self._known.get(batch)
            self.given[batch] = _great_expectations().judge(expectation, arguments, rows) if stands is None else stands
        return self.given[batch]


class GreatExpectations:
    """Great Expectations, set up: an ephemeral context, no progress bars, no usage statistics."""

    def __init__(self) -> None:
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        with _quiet():
            import great_expectations as gx
            from great_expectations.data_context.types.base import ProgressBarsConfig

            context = gx.get_context(mode="ephemeral")
            context.variables.progress_bars = ProgressBarsConfig(globally=False)
            asset = context.data_sources.add_pandas("hourglass").add_dataframe_asset("rows")
            self._batch_definition = asset.add_batch_definition_whole_dataframe("all")
        self._expectations: Any = gx.expectations

    def judge(self, expectation: str, arguments: Mapping[str, object], rows: Rows) -> bool:
        """Whether a batch of rows meets an expectation, named as Great Expectations does. Raises RuntimeError where that can't be told."""
        import pandas as pd

        with _quiet():
            batch = self._batch_definition.get_batch(batch_parameters={"dataframe": pd.DataFrame(rows)})
            result = batch.validate(getattr(self._expectations, expectation)(**arguments))
        told = result.exception_info or {}
        for info in (told, *(inner for inner in told.values() if isinstance(inner, dict))):
            if info.get("raised_exception"):
                raise RuntimeError(f"Great Expectations could not judge a batch: {info.get('exception_message')}")
        return bool(result.success)


@lru_cache(maxsize=1)
def _version() -> str:
    return version("great-expectations")


@lru_cache(maxsize=1)
def _great_expectations() -> GreatExpectations:
    """Set up once a process, and only where something has to be judged."""
    return GreatExpectations()


@contextmanager
def _quiet() -> Iterator[None]:
    """Great Expectations tells its life through the root loggers; only its warnings are wanted here."""
    logger = logging.getLogger("great_expectations")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(level)
