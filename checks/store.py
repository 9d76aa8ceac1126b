"""Where the results of checks are kept: two tables of the warehouse, which publishing copies.

``quality.check_results`` keeps every run's lines, ``quality.check_violations`` a sample of the rows that broke a rule in the newest run
of each check.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

import duckdb

from checks.declared import Check, CheckResult, Outcome, Severity
from sql.changes import META_SCHEMA, roll_back, table_exists
from sql.quoting import quoted_text

RESULTS = "quality.check_results"
VIOLATIONS = "quality.check_violations"
STANDING = f"{META_SCHEMA}.standing"
ROWS_INSERTED_AT_ONCE = 200
UNCHECKED = f"{META_SCHEMA}.unchecked"

# Table -> (description, column -> (type, description)).
TABLES: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    RESULTS: (
        "One row a check, member and run: what was counted, against which threshold, and whether it passed",
        {
            "checked_at": ("TIMESTAMP", "Instant of the run's checks, UTC (unit: timestamp)"),
            "run_id": ("VARCHAR", "Dagster's id of the run (unit: id)"),
            "check_name": ("VARCHAR", "Name of the check, unique within its asset (unit: text)"),
            "asset": ("VARCHAR", "Table that the check speaks about, as schema.table (unit: text)"),
            "member": ("VARCHAR", "What the line is about: all, or one channel or source (unit: text)"),
            "severity": (
                "VARCHAR",
                "What this line does when it fails: warn, or block (nothing is published) (unit: text)",
            ),
            "passed": ("BOOLEAN", "Whether the rule held (unit: flag)"),
            "numerator": (
                "DECIMAL(18,4)",
                "Rows that break the rule, or the counted part of a share (unit: number; must not be summed)",
            ),
            "denominator": (
                "DECIMAL(18,4)",
                "Rows looked at, or the whole of a share (unit: number; must not be summed)",
            ),
            "threshold": (
                "DECIMAL(9,6)",
                "Most rows allowed, or least share allowed, 0 to 1 (unit: number; must not be summed)",
            ),
            "detail": ("VARCHAR", "The finding in words (unit: text)"),
            "seconds": ("DECIMAL(18,3)", "How long the check took (unit: seconds; may be summed)"),
        },
    ),
    VIOLATIONS: (
        "A sample of at most 50 rows that broke a rule, for each check in its newest run",
        {
            "checked_at": ("TIMESTAMP", "Instant of the run's checks, UTC (unit: timestamp)"),
            "run_id": ("VARCHAR", "Dagster's id of the run (unit: id)"),
            "check_name": ("VARCHAR", "Name of the check (unit: text)"),
            "asset": ("VARCHAR", "Table that the check speaks about, as schema.table (unit: text)"),
            "violation_number": ("BIGINT", "Place in the sample, from 1 (unit: rank)"),
            "violation_count": ("BIGINT", "How many rows broke the rule in all (unit: count; must not be summed)"),
            "violation": ("VARCHAR", "The row as JSON (unit: json)"),
        },
    ),
}


def create_tables(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables where they are missing, with a comment on each table and column."""
    connection.execute("create schema if not exists quality")
    for table, (description, columns) in TABLES.items():
        types = ", ".join(f"{name} {kind}" for name, (kind, _) in columns.items())
        connection.execute(f"create table if not exists {table} ({types})")
        connection.execute(f"comment on table {table} is {quoted_text(description)}")
        for name, (_, comment) in columns.items():
            connection.execute(f"comment on column {table}.{name} is {quoted_text(comment)}")


def write(
    connection: duckdb.DuckDBPyConnection, results: Iterable[CheckResult], *, run_id: str, checked_at: datetime
) -> None:
    """Add the results of a run in one transaction; a second write for the same run and check replaces the first.

    ``checked_at`` is UTC without zone.
    """
    results = list(results)
    lines = [
        (
            *(checked_at, run_id, result.check.name, result.check.asset, line.member, str(line.severity), line.passed),
            *(line.numerator, line.denominator, line.threshold, line.detail, result.seconds),
        )
        for result in results
        for line in result.outcomes
    ]
    sample = [
        (
            *(checked_at, run_id, result.check.name, result.check.asset, number, result.violation_count),
            json.dumps(dict(row), default=str, ensure_ascii=False),
        )
        for result in results
        for number, row in enumerate(result.violations, 1)
    ]
    judged = [(result.check.name, result.check.asset) for result in results]
    connection.execute("begin")
    try:
        create_tables(connection)
        connection.execute("create or replace temp table judged (check_name varchar, asset varchar)")
        _insert(connection, "judged", ["varchar", "varchar"], judged)
        same_check = "(check_name, asset) in (select (check_name, asset) from judged)"
        connection.execute(f"delete from {RESULTS} where run_id = ? and {same_check}", [run_id])
        connection.execute(f"delete from {VIOLATIONS} where {same_check}")
        for table, rows in ((RESULTS, lines), (VIOLATIONS, sample)):
            _insert(connection, table, [kind for kind, _ in TABLES[table][1].values()], rows)
        connection.execute("drop table judged")
        _keep_states(connection, results)
        connection.execute("commit")
    except BaseException:
        roll_back(connection)
        raise


def _insert(
    connection: duckdb.DuckDBPyConnection, table: str, types: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Add rows of these types, many in one statement: planning an insert takes longer than running it."""
    row = "(" + ", ".join(f"cast(? as {kind})" for kind in types) + ")"
    for start in range(0, len(rows), ROWS_INSERTED_AT_ONCE):
        some = rows[start : start + ROWS_INSERTED_AT_ONCE]
        connection.execute(
            f"insert into {table} values {', '.join([row] * len(some))}", [value for given in some for value in given]
        )


def _keep_states(connection: duckdb.DuckDBPyConnection, results: Iterable[CheckResult]) -> None:
    """Remember what each result depended on, with its lines exactly, instead of what was known of its check before."""
    connection.execute(f"create schema if not exists {META_SCHEMA}")
    connection.execute(
        f"create table if not exists {STANDING} (asset varchar, check_name varchar, state varchar, outcomes varchar)"
    )
    known = connection.execute(f"select asset, check_name, state from {STANDING}").fetchall()
    states = {(asset, name): state for asset, name, state in known}
    for result in results:
        key = (result.check.asset, result.check.name)
        if result.state == states.get(key):
            continue
        connection.execute(f"delete from {STANDING} where asset = ? and check_name = ?", list(key))
        if result.state is not None:
            outcomes = json.dumps([_as_list(outcome) for outcome in result.outcomes], ensure_ascii=False)
            connection.execute(f"insert into {STANDING} values (?, ?, ?, ?)", [*key, result.state, outcomes])


def kept_results(connection: duckdb.DuckDBPyConnection, checks: Iterable[Check]) -> Iterator[CheckResult]:
    """The newest result of each of these checks for which it is known what it depended on."""
    if not table_exists(connection, STANDING):
        return
    samples: dict[tuple[str, str], list[tuple[int, str]]] = {}
    for asset, name, count, violation in connection.execute(
        f"select asset, check_name, violation_count, violation from {VIOLATIONS} order by violation_number"
    ).fetchall():
        samples.setdefault((asset, name), []).append((count, violation))
    rows = connection.execute(f"select asset, check_name, state, outcomes from {STANDING}").fetchall()
    kept = {(asset, name): (state, outcomes) for asset, name, state, outcomes in rows}
    for check in checks:
        key = (check.asset, check.name)
        if key in kept:
            (state, outcomes), sample = kept[key], samples.get(key, [])
            lines = [_as_outcome(line) for line in json.loads(outcomes)]
            said = [json.loads(violation) for _, violation in sample]
            yield CheckResult(check, lines, said, sample[0][0] if sample else 0, state=state)


def forget_states(connection: duckdb.DuckDBPyConnection) -> None:
    """Have every check asked again."""
    connection.execute(f"drop table if exists {STANDING}")


def _as_list(outcome: Outcome) -> list[object]:
    numbers = [None if n is None else str(n) for n in (outcome.numerator, outcome.denominator, outcome.threshold)]
    return [outcome.member, outcome.passed, str(outcome.severity), *numbers, outcome.detail]


def _as_outcome(line: Sequence[str]) -> Outcome:
    member, passed, severity, *numbers, detail = line
    numerator, denominator, threshold = (None if text is None else Decimal(text) for text in numbers)
    return Outcome(member, bool(passed), Severity(severity), numerator, denominator, threshold or Decimal(0), detail)


IN_NEWEST_RUN = (
    "(asset, check_name, checked_at) in "
    f"(select (asset, check_name, max(checked_at)) from {RESULTS} group by asset, check_name)"
)
"""The condition that a row of the results is of its check's newest run."""


def forget_results(connection: duckdb.DuckDBPyConnection, before: datetime) -> int:
    """Delete the results of runs before an instant (UTC without zone), but never a check's newest. Returns how many rows."""
    create_tables(connection)
    row = connection.execute(
        f"delete from {RESULTS} where checked_at < ? and not {IN_NEWEST_RUN}",
        [before],
    ).fetchone()
    return int(row[0]) if row else 0


def blocking_failures(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What stands against publishing by the newest result of each check: ``asset check: detail``."""
    return [f"{asset} {name}: {detail}" for asset, name, _, detail in failures(connection, Severity.BLOCK)]


def failures(connection: duckdb.DuckDBPyConnection, severity: Severity) -> list[tuple[str, str, str, str]]:
    """The lines that failed with a severity in each check's newest run: asset, name of the check, member, detail."""
    create_tables(connection)
    return connection.execute(
        f"select asset, check_name, member, detail from {RESULTS} where not passed and severity = ? and {IN_NEWEST_RUN} "
        "order by asset, check_name, detail, member",
        [str(severity)],
    ).fetchall()


def mark_unchecked(connection: duckdb.DuckDBPyConnection) -> None:
    """Note that the models are about to change: until they are checked, nothing may be published."""
    connection.execute(f"create schema if not exists {META_SCHEMA}")
    connection.execute(f"create table if not exists {UNCHECKED} as select true as is_unchecked")


def mark_checked(connection: duckdb.DuckDBPyConnection) -> None:
    """Note that every check has looked at the models as they are."""
    connection.execute(f"drop table if exists {UNCHECKED}")


def is_unchecked(connection: duckdb.DuckDBPyConnection) -> bool:
    """Whether the models may have changed since every check looked at them."""
    return table_exists(connection, UNCHECKED)
