"""``hourglass utm …``: the arguments of its commands, and what each of them calls."""

import argparse

from config.home import Home

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``check`` and ``build`` to the parser of ``hourglass utm``."""
    commands = parser.add_subparsers(dest="utm_command", metavar="COMMAND", title="commands", required=True)
    _add_check(commands)


def main(home: Home, arguments: argparse.Namespace) -> int:
    """Run one of the commands; returns the exit status."""
    from hourglass.utm.check import Question, check

    question = Question(
        urls=arguments.urls,
        files=arguments.file,
        column=arguments.column,
        hosts=arguments.host,
        platform=arguments.platform,
        format=arguments.format,
        is_everything_shown=arguments.all,
    )
    return check(home, question)


def _add_check(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    check = commands.add_parser("check", help="which links keep the UTM standard, and how to write the others")
    check.description = (
        "Judges links as the nightly run would judge a visit to them. Exit 0: all keep the standard and may be published. 1: some do not. "
        "2: something can't be checked."
    )
    check.add_argument("urls", nargs="*", metavar="URL", help="links; - reads text with links from standard input")
    check.add_argument(
        "--file",
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="tables with a column of links, or any text with links in it",
    )
    check.add_argument("--column", metavar="NAME", help="the column of links, where its name does not say so")
    check.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="HOST",
        help="check links to this host and those below it only; may be repeated",
    )
    check.add_argument("--platform", metavar="NAME", help="where the links will stand, such as instagram")
    check.add_argument("--format", choices=FORMATS, default="text", help="text for people, json for programs")
    check.add_argument("--all", action="store_true", help="show the right links of files, too")
