"""`hourglass simulate`: the command's arguments and what it prints. The command line wires it; nothing is computed here."""

import argparse
from datetime import date
from pathlib import Path

from .clock import DEFAULT_END
from .sessions_sql import FORMATS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `hourglass simulate` to a (sub)parser."""
    parser.add_argument("--out", type=Path, required=True, help="folder that gets inbox/ and truth/")
    parser.add_argument("--days", type=int, default=90, help="local days that the inbox covers (default 90)")
    parser.add_argument("--sessions", type=int, default=60_000, help="distinct valid web sessions (default 60000)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same bytes (default 1)")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="format of the session files (default csv)")
    parser.add_argument(
        "--dirt", type=float, default=0.05, metavar="SHARE", help="how much goes wrong, 0 to 0.3 (0.05)"
    )
    parser.add_argument(
        "--end-date", type=date.fromisoformat, default=DEFAULT_END, help=f"last local day (default {DEFAULT_END})"
    )


def main(arguments: argparse.Namespace) -> int:
    """Run the simulator with parsed arguments; return the exit code: 0, or 1 when an argument makes no sense."""
    from .run import simulate

    try:
        result = simulate(
            arguments.out,
            days=arguments.days,
            sessions=arguments.sessions,
            seed=arguments.seed,
            format=arguments.format,
            dirt=arguments.dirt,
            end_date=arguments.end_date,
            progress=print,
        )
    except (ValueError, FileExistsError) as error:
        print(f"hourglass simulate: {error}")  # noqa: T201 - a command's answer
        return 1
    print(f"{result.sessions} sessions in {result.files} files: {result.inbox}")  # noqa: T201
    print(f"known answers: {result.truth}")  # noqa: T201
    return 0
