"""``hourglass files``: what became of every file that a run has seen."""

from contextlib import suppress
from typing import Any

import duckdb
from rich.markup import escape
from rich.table import Table

from config.home import Home
from config.settings import load_settings
from hourglass.terminal import UserError, console, size
from pipelines.explain import explanation

STATUS_STYLE = {"loaded": "green", "duplicate": "dim", "partly_loaded": "yellow", "quarantined": "red"}
ORDER = "order by case status when 'quarantined' then 0 when 'partly_loaded' then 1 when 'loaded' then 2 else 3 end, file_path"
EXPLAINED_ROWS = 10
EXPLAINED_FILES = 5


def files(home: Home, *, explain: str | None) -> int:
    """Print the table of files, or everything about those whose path contains ``explain``. Raises UserError where there are none."""
    connection, table, rejected = _open(home)
    with connection:
        if explain is not None:
            _tell_how(home, _explain(connection, table, rejected, explain))
            return 0
        rows = _rows(connection, f"select * from {table} {ORDER}", [])
        if not rows:
            raise UserError(f"no file has been seen yet; put some into {home.inbox} and call `hourglass run`")
        _print_table(rows)
        waiting = sum(row["status"] == "quarantined" for row in rows)
        console().print(
            f"{len(rows)} files"
            + (f", {waiting} waiting: `hourglass files --explain NAME` says for what" if waiting else "")
        )
    return 0


def _open(home: Home) -> tuple[duckdb.DuckDBPyConnection, str, str]:
    """The warehouse, or, while a run holds it, the published file; with the names of its tables of files and of rejected rows."""
    for path, table, rejected in (
        (home.warehouse, "raw.files", "raw.quarantine"),
        (home.published, "quality.files", "quality.quarantine"),
    ):
        if not path.is_file():
            continue
        with suppress(duckdb.Error):
            connection = duckdb.connect(str(path), read_only=True)
            connection.execute(f"select 1 from {table} limit 1")
            return connection, table, rejected
    if home.warehouse.is_file():
        raise UserError("a run holds the warehouse and nothing is published yet; try again when it is done")
    raise UserError(f"no run yet in {home.root}; put files into {home.inbox} and call `hourglass run`")


def _print_table(rows: list[dict[str, Any]]) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("file", overflow="fold")
    table.add_column("taken for")
    table.add_column("status")
    for name in ("read", "loaded", "totals", "set aside"):
        table.add_column(name, justify="right")
    table.add_column("why", overflow="fold")
    for row in rows:
        taken = escape(" ".join(part for part in (row["platform"], row["export_kind"]) if part)) or "–"
        style = STATUS_STYLE.get(row["status"], "")
        counts = [
            f"{row[name]:,}" if row[name] is not None else "–"
            for name in ("rows_read", "rows_loaded", "rows_totals", "rows_quarantined")
        ]
        table.add_row(
            escape(row["file_path"]),
            taken,
            f"[{style}]{row['status']}[/]" if style else row["status"],
            *counts,
            escape(row["reason"] or ""),
        )
    console().print(table)


def _explain(connection: duckdb.DuckDBPyConnection, table: str, rejected: str, name: str) -> list[str]:
    """Print what is kept of the files; returns their paths."""
    rows = _rows(connection, f"select * from {table} where contains(file_path, ?) {ORDER}", [name])
    if not rows:
        raise UserError(f"no file that was seen has {name!r} in its path; `hourglass files` lists them")
    for row in rows:
        console().print(f"[bold]{escape(row['file_path'])}[/]")
        for key, value in row.items():
            if value is None or value == "" or key == "file_path":
                continue
            shown = size(value) if key == "bytes" else f"{value:,}" if isinstance(value, int) else str(value)
            console().print(f"  {key:<18} {escape(shown)}")
        query = (
            f"select line_number, reason, raw_text from {rejected} where file_path = ? "
            f"order by line_number nulls first limit {EXPLAINED_ROWS}"
        )
        for line, reason, text in connection.execute(query, [row["file_path"]]).fetchall():
            where = f"line {line}" if line is not None else "the whole file"
            console().print(
                f"  [yellow]{where}[/]: {escape(reason)}" + (f"\n    {escape(str(text)[:200])}" if text else "")
            )
    return [row["file_path"] for row in rows]


def _tell_how(home: Home, paths: list[str]) -> None:
    """How the files are recognised, read anew."""
    for path in paths[:EXPLAINED_FILES]:
        told = explanation(home, load_settings(home), path)
        console().print(f"[bold]how {escape(path)} is recognised[/]")
        for text in told or ["it is gone from the inbox, or holds no table"]:
            console().print("  " + escape(text).replace("\n", "\n  "))


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: list[object]) -> list[dict[str, Any]]:
    result = connection.execute(query, values)
    names = [item[0] for item in result.description or []]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
