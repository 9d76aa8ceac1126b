"""Runs checks: a query fetches the few rows that matter (violations, or one row a member), and Great Expectations judges them.

The row count must be 0, a difference 0, a share at or above a threshold. Not here: what is checked (the other modules), how a batch is
judged (judge.py), and where results go (store.py).
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import duckdb

from checks.declared import (
    Agreement,
    Check,
    CheckResult,
    NoViolations,
    Outcome,
    Parameters,
    Severity,
    Share,
    named_parameters,
)
from checks.judge import Judge, Verdicts
from checks.standing import Standing
from config.settings import Settings
from sql.changes import META_SCHEMA, table_exists

SAMPLE_ROWS = 50
TOLD_ROWS = 3
COUNT_COLUMN = "hourglass_violation_count"


def run_checks(
    connection: duckdb.DuckDBPyConnection,
    checks: Sequence[Check],
    *,
    settings: Settings,
    run_date: date,
    anew: bool = False,
) -> Iterator[CheckResult]:
    """Each check's result, in order. A check whose query fails is a failed check with the reason, never an exception.

    A result stands where nothing that it depends on has changed; ``anew`` lets nothing of an earlier run stand.
    """
    verdicts = Verdicts(connection, anew=anew)
    values = Parameters(settings, run_date)
    standing = Standing(connection, checks, values, anew=anew)
    unpublished = Unpublished(connection)
    existing = {f"{schema}.{name}" for schema, name in connection.sql(EXISTING_TABLES).fetchall()}
    for check in checks:
        started = time.perf_counter()
        missing = [name for name in check.tables if name not in existing]
        if missing:
            yield _not_judged(check, f"can't be judged: {', '.join(missing)} does not exist")
            continue
        state = standing.state(check)
        try:
            result = standing.result(check, state) or _run(
                connection, verdicts.judge(check), check, values, unpublished
            )
        except duckdb.Error as error:
            yield _not_judged(check, f"can't be judged: {error}")
            continue
        yield replace(result, check=check, seconds=time.perf_counter() - started, state=state)
    verdicts.keep()


EXISTING_TABLES = (
    "select schema_name, table_name from duckdb_tables() union all select schema_name, view_name from duckdb_views()"
)


def _run(
    connection: duckdb.DuckDBPyConnection,
    judge: Judge,
    check: Check,
    values: Mapping[str, object],
    unpublished: "Unpublished",
) -> CheckResult:
    if isinstance(check, NoViolations):
        return _no_violations(connection, judge, check, values, unpublished)
    if isinstance(check, Agreement):
        return _agreement(connection, judge, check, values)
    if isinstance(check, Share):
        return _share(connection, judge, check, values)
    raise TypeError(f"{check.asset}: {check.name} is of no kind that can be run")


def _no_violations(
    connection: duckdb.DuckDBPyConnection,
    judge: Judge,
    check: NoViolations,
    values: Mapping[str, object],
    unpublished: "Unpublished",
) -> CheckResult:
    if check.is_settled_by_publication:
        rows_to_look_at = unpublished.rows(check.asset, check.unit)
        if rows_to_look_at is None:
            return _as_published(judge, check)
        check = replace(
            check,
            violations=check.violations.replace("{rows}", rows_to_look_at),
            population=check.population.replace("{rows}", rows_to_look_at),
        )
    counted = f"select count(*) over () as {COUNT_COLUMN}, * from ({check.violations}) order by all limit {SAMPLE_ROWS}"
    sample = _rows(_select(connection, counted, values))
    count = int(str(sample[0][COUNT_COLUMN])) if sample else 0
    rows = [{name: value for name, value in row.items() if name != COUNT_COLUMN} for row in sample]
    found = _select(connection, check.population, values).fetchone()
    examined = Decimal(found[0] or 0) if found else Decimal(0)
    passed = judge.holds_no_rows(rows)
    if passed and check.is_settled_by_publication and not examined:
        return _as_published(judge, check)
    detail = f"{examined:,} looked at, none breaks the rule" if passed else _in_words(check, rows, count, examined)
    outcome = Outcome("all", passed, check.severity, Decimal(count), examined, Decimal(0), detail)
    return CheckResult(check, [outcome], rows, count)


def _as_published(judge: Judge, check: NoViolations) -> CheckResult:
    passed = judge.holds_no_rows([])
    detail = "as published, and checked then"
    return CheckResult(check, [Outcome("all", passed, check.severity, Decimal(0), Decimal(0), Decimal(0), detail)])


class Unpublished:
    """Which rows the published file doesn't have in this very state, read once for all checks.

    The loader remembers, until it is published, which tables were built anew and which units of the others changed. What is published has
    passed its checks.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        """``connection``: the warehouse; where nothing was ever published, every row of every table is still to be looked at."""
        state, publications = f"{META_SCHEMA}.unpublished", f"{META_SCHEMA}.publications"
        self._knows = table_exists(connection, state) and table_exists(connection, publications)
        self._parts: dict[str, tuple[bool, str | None]] = {}
        if self._knows:
            rows = connection.execute(f"select model, is_full, units_table from {state}").fetchall()
            self._parts = {model: (is_full, units) for model, is_full, units in rows}

    def rows(self, table: str, unit: Sequence[str]) -> str | None:
        """What to read instead of a table; None where all of it is published. ``unit``: see :class:`checks.declared.NoViolations`."""
        if not self._knows:
            return table
        if table not in self._parts:
            return None
        is_full, units = self._parts[table]
        if is_full or not unit:
            return table
        columns = ", ".join(unit)
        return f"(select * from {table} where ({columns}) in (select ({columns}) from {units}))"


def _in_words(check: NoViolations, rows: Sequence[Mapping[str, object]], count: int, examined: Decimal) -> str:
    """The first rows that break the rule, and how many there are."""
    if not check.says:
        return f"{count:,} of {examined:,} break the rule, first {', '.join(f'{name} {value}' for name, value in rows[0].items())}"
    told = "; ".join(check.says.format_map(row) for row in rows[:TOLD_ROWS])
    return told + (f"; and {count - TOLD_ROWS:,} more of {examined:,}" if count > TOLD_ROWS else "")


def _agreement(
    connection: duckdb.DuckDBPyConnection, judge: Judge, check: Agreement, values: Mapping[str, object]
) -> CheckResult:
    measured = [(m, Decimal(n or 0), Decimal(d or 0)) for m, n, d in _measure(connection, check.measure, values)]
    outcomes = []
    for member, later, earlier in measured:
        passed = judge.is_zero(later - earlier)
        detail = (
            f"{member}: {later:,} = {earlier:,}"
            if passed
            else f"{member}: {later:,}, but {earlier:,} came in ({later - earlier:+,})"
        )
        outcomes.append(Outcome(member, passed, check.severity, later, earlier, Decimal(1), detail))
    return _members(
        check,
        outcomes or [Outcome("all", True, check.severity, Decimal(0), Decimal(0), Decimal(1), "nothing to compare")],
    )


def _share(
    connection: duckdb.DuckDBPyConnection, judge: Judge, check: Share, values: Mapping[str, object]
) -> CheckResult:
    measured = _measure(connection, check.measure, values)
    target, floor, minimum = (Decimal(str(values[name])) for name in (check.target, check.floor, check.minimum))
    judged = [(m, Decimal(n or 0), Decimal(d or 0)) for m, n, d in measured if Decimal(d or 0) >= minimum]
    shares = [float(n / d) for _, n, d in judged]
    reaches_target = judge.reach(shares, float(target))
    reaches_floor = judge.reach(shares, float(floor))
    outcomes = []
    for (member, numerator, denominator), on_target, on_floor in zip(
        judged, reaches_target, reaches_floor, strict=True
    ):
        threshold = target if on_floor else floor
        severity = Severity.WARN if on_floor else check.severity
        wanted = f"target {target:.0%}" if on_floor else f"floor {floor:.0%}"
        detail = f"{member}: {numerator / denominator:.1%} ({numerator:,} of {denominator:,}), {wanted}"
        outcomes.append(Outcome(member, on_target and on_floor, severity, numerator, denominator, threshold, detail))
    for member, some, all_of_them in measured:
        whole = Decimal(all_of_them or 0)
        if whole < minimum:
            detail = f"{member}: {whole:,} in the window, fewer than {minimum:,}: not judged"
            outcomes.append(Outcome(member, True, Severity.WARN, Decimal(some or 0), whole, target, detail))
    if not outcomes:
        outcomes = [
            Outcome("all", True, Severity.WARN, Decimal(0), Decimal(0), target, "nothing in the window: not judged")
        ]
    return _members(check, outcomes)


def _measure(
    connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object]
) -> list[tuple[str, Decimal | int | None, Decimal | int | None]]:
    return _select(connection, f"select member, numerator, denominator from ({query}) order by all", values).fetchall()


def _members(check: Check, outcomes: Sequence[Outcome]) -> CheckResult:
    """A result with one line a member; the members that failed are the violations."""
    failed = [o for o in outcomes if not o.passed]
    shown = [
        {"member": o.member, "numerator": o.numerator, "denominator": o.denominator, "threshold": o.threshold}
        for o in failed
    ]
    return CheckResult(check, outcomes, shown, len(failed))


def _select(
    connection: duckdb.DuckDBPyConnection, query: str, values: Mapping[str, object]
) -> duckdb.DuckDBPyConnection:
    """Runs a query with those parameters that it names; DuckDB refuses the others."""
    named = {name: values[name] for name in named_parameters(query)}
    return connection.execute(query, named) if named else connection.execute(query)


def _not_judged(check: Check, reason: str) -> CheckResult:
    return CheckResult(check, [Outcome("all", False, check.severity, None, None, Decimal(0), reason)])


def _rows(result: duckdb.DuckDBPyConnection) -> list[dict[str, object]]:
    names = [str(item[0]) for item in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
