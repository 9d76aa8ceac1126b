"""The arguments of ``hourglass explain``, and the printing of its answer."""

import argparse
import sys

from config.home import Home
from config.showing import inert


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.description = (
        "One number of the published file: formula, numerator and denominator, the files behind it, the checks that touch it, and what "
        "earlier runs said. Reads the published file, so it works while a run is under way."
    )
    parser.add_argument("kpi", metavar="KPI", help="name or title of the KPI, such as roas")
    parser.add_argument("--period", required=True, metavar="PERIOD", help="2026-W46, 2026-11 or 2026-11-10")
    parser.add_argument(
        "--where", metavar="DIMENSION=MEMBER", help="one member instead of the whole, such as channel='Paid Social'"
    )
    parser.add_argument("--format", choices=("text", "json"), default="text", help="text for people, json for programs")


def main(home: Home, arguments: argparse.Namespace) -> int:
    """Print the explanation. Returns 0. Raises UserError for a name that is not known, ConfigError."""
    from hourglass.explain.answer import answer
    from hourglass.explain.tell import as_json, as_text

    found = answer(home, arguments.kpi, arguments.period, arguments.where)
    sys.stdout.write((as_json(found) if arguments.format == "json" else inert(as_text(found))) + "\n")
    return 0
