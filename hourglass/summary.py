"""What ``hourglass run`` prints when it is done: scorecard, coverage, what waits, where things are, what to do next."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import duckdb
from rich.markup import escape
from rich.table import Table

from assets.scorecard import ScorecardLine, last_week, read_scorecard, week_name
from config.home import Home
from config.settings import Settings
from hourglass.terminal import console, size

STATUS_STYLE = {"met": "green", "on_track": "green", "behind": "red", "no_data": "dim"}
WAITING_SHOWN = 5
WARNINGS_SHOWN = 3
SHOWN_ELSEWHERE = ["utm_coverage", "utm_coverage_by_channel", "files_waiting", "rows_in_quarantine"]


def print_outcome(home: Home, settings: Settings, run_id: str, *, blocking: Sequence[str], seconds: float) -> None:
    """Print everything about a run that published or was kept from it by a check. Reads the warehouse."""
    with duckdb.connect(str(home.warehouse), read_only=True) as connection:
        if not blocking:
            today = datetime.now(ZoneInfo(settings.time_zone)).date()
            _print_scorecard(read_scorecard(connection, today), last_week(today))
            _print_coverage(connection, run_id)
        _print_warnings(connection, run_id)
        waiting = _print_waiting(connection)
    if blocking:
        _print_blocked(home, blocking, seconds)
        return
    console().print()
    console().print(
        f"[bold green]Published[/] in {seconds:.0f} s: {escape(str(home.published))} ({size(home.published.stat().st_size)})"
    )
    console().print("[bold]Next[/]")
    if waiting:
        console().print("  hourglass files              what waits, and the question to answer")
    console().print("  hourglass ui                 the graph, and this run, on http://localhost:3000")
    if reviews := sorted(home.reports.glob("*-W*.html")):
        console().print(f"  {escape(str(reviews[-1].parent))}  the weekly review, up to {reviews[-1].name[:8]}")
    console().print(f"  duckdb -readonly {escape(str(home.published))}")
    console().print(f"  your own files go to {escape(str(home.inbox))}")


def _print_scorecard(lines: Sequence[ScorecardLine], over: date) -> None:
    if not lines:
        console().print("\nNo scorecard yet: the files that came in feed none of the plans' KPIs.")
        return
    for plan in dict.fromkeys(line.plan for line in lines):
        own = [line for line in lines if line.plan == plan]
        title = f"\n[bold]Scorecard {escape(plan)}, {week_name(own[0].week_start_date)}[/]"
        console().print(title + (f" (day {own[0].plan_day} of the plan)" if own[0].plan_day is not None else ""))
        table = Table(box=None, pad_edge=False, header_style="dim")
        table.add_column("KPI")
        for name in ("value", "week before", "should be", "target"):
            table.add_column(name, justify="right")
        table.add_column("status")
        table.add_column("owner", style="dim")
        for line in own:
            style = STATUS_STYLE.get(line.status, "")
            status = line.standing_word()
            value, expected = line.standing()
            table.add_row(
                escape(line.title or line.kpi),
                value,
                line.figure(line.previous_value),
                expected,
                line.figure(line.target),
                f"[{style}]{status}[/]" if style else status,
                escape(line.owner or ""),
            )
        console().print(table)
    if lines[0].week_start_date < over:
        console().print(f"[dim]{week_name(over)} is over as well, but most of its figures have not come yet.[/]")


def _print_coverage(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    rows = connection.execute(
        "select member, numerator, denominator, threshold, passed from quality.check_results where run_id = ? "
        "and check_name in ('utm_coverage', 'utm_coverage_by_channel') order by check_name, denominator desc",
        [run_id],
    ).fetchall()
    shown = [row for row in rows if row[2]]
    if not shown:
        return
    console().print("\n[bold]UTM coverage[/] (social sessions whose links are tagged as the standard wants)")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_column(justify="right", style="dim")
    table.add_column()
    for member, numerator, denominator, threshold, passed in shown:
        share = Decimal(numerator) / Decimal(denominator)
        verdict = (
            "[green]ok[/]"
            if passed and share >= threshold
            else "[dim]too few to judge[/]"
            if passed
            else f"[red]below {threshold:.0%}[/]"
        )
        table.add_row(
            "all social" if member == "all" else escape(member), f"{share:.1%}", f"{denominator:,.0f} sessions", verdict
        )
    console().print(table)


def _print_warnings(connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
    rows = connection.execute(
        "select asset, check_name, detail from quality.check_results where run_id = ? and not passed and severity = 'warn' "
        "and not list_contains(?, check_name) order by asset, check_name",
        [run_id, SHOWN_ELSEWHERE],
    ).fetchall()
    if rows:
        console().print("\n[bold]Warnings[/]")
    by_check: dict[str, list[str]] = {}
    for asset, name, detail in rows:
        by_check.setdefault(name, []).append(f"{asset}: {detail}")
    for name, details in by_check.items():
        console().print(f"  [yellow]{name}[/]")
        for detail in details[:WARNINGS_SHOWN]:
            console().print(f"    {escape(detail)}")
        if len(details) > WARNINGS_SHOWN:
            console().print(f"    and {len(details) - WARNINGS_SHOWN} more tables")


def _print_waiting(connection: duckdb.DuckDBPyConnection) -> int:
    rows = connection.execute(
        "select file_path, coalesce(nullif(question, ''), reason) from raw.files where status = 'quarantined' order by file_path"
    ).fetchall()
    row = connection.execute(
        "select coalesce(sum(rows_quarantined), 0) from raw.files where status = 'partly_loaded'"
    ).fetchone()
    set_aside = int(row[0]) if row else 0
    if rows or set_aside:
        console().print("\n[bold]Waiting in quarantine[/]")
    for path, question in rows[:WAITING_SHOWN]:
        console().print(f"  {escape(path)}: {escape(question or '')}")
    if len(rows) > WAITING_SHOWN:
        console().print(f"  and {len(rows) - WAITING_SHOWN} more files")
    if set_aside:
        console().print(f"  {set_aside:,} single rows of files that were otherwise loaded")
    return len(rows) + set_aside


def _print_blocked(home: Home, blocking: Sequence[str], seconds: float) -> None:
    console().print(f"\n[bold red]Not published[/] ({seconds:.0f} s): a blocking check failed")
    for line in blocking:
        console().print(f"  [red]{escape(line)}[/]")
    if home.published.is_file():
        written = datetime.fromtimestamp(home.published.stat().st_mtime, UTC).astimezone()
        console().print(f"{escape(str(home.published))} is unchanged, as published {_moment(written)}.")
    else:
        console().print("There is no published file yet.")
    console().print(
        "[bold]Next[/]\n  hourglass ui                 the failed check with the rows that broke it\n  mend it, then hourglass run"
    )


def _moment(moment: datetime) -> str:
    day = "today" if moment.date() == date.today() else moment.strftime("%Y-%m-%d")  # noqa: DTZ011 - the user's own day
    return f"{day} at {moment:%H:%M}"
