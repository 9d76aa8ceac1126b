"""Two database files held against each other, table by table, but for what says when a run happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from sql.history import LOGS
from tests.soak.plans import Plan

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
