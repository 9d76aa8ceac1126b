"""``hourglass utm …``: the arguments of its commands, and what each of them calls."""

import argparse

from config.home import Home

FORMATS = ("text", "json")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``check`` and ``build`` to the parser of ``hourglass utm``."""
    commands = parser.add_subparsers(dest="utm_command", metavar="COMMAND", title="commands", required=True)
    _add_check(commands)
    _add_build(commands)


def main(home: Home, arguments: argparse.Namespace) -> int:
    """Run one of the commands; returns the exit status."""
    if arguments.utm_command == "build":
        return _build(home, arguments)
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


def _build(home: Home, arguments: argparse.Namespace) -> int:
    from hourglass.utm.build import TAG_NAMES, Order, Wish, build

    given = {name: getattr(arguments, name) or "" for name in (*TAG_NAMES, "owner", "note")}
    tags = {name: given[name] for name in TAG_NAMES}
    order = Order(
        wishes=[Wish(url, tags, arguments.owner, arguments.note) for url in arguments.urls],
        file=arguments.from_file,
        has_id=arguments.id,
        is_registered=not arguments.no_register,
        is_json=arguments.format == "json",
        defaults=given,
    )
    return build(home, order)


def _add_build(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    build = commands.add_parser("build", help="make links that keep the standard, and write them down")
    build.description = (
        "Puts tags on pages' addresses and writes the links down in <home>/config/links/built.csv, so that visits by them are "
        "known and unused ones are seen. Refuses what the standard does not allow. Exit 0: built. 1: refused, nothing is built. "
        "2: the input can't be read."
    )
    build.add_argument(
        "urls", nargs="*", metavar="URL", help="the pages; their own query and fragment stay, old tags are replaced"
    )
    build.add_argument(
        "--from", dest="from_file", metavar="FILE", help="a table with the columns url, source, medium, campaign, …"
    )
    for name, meaning in (
        ("source", "where the link will stand, such as facebook"),
        ("medium", "how it is spread, such as paid_social"),
        ("campaign", "the campaign"),
        ("content", "which of several links of the campaign it is"),
        ("term", "the search term or audience"),
    ):
        build.add_argument(f"--{name}", metavar="VALUE", help=meaning)
    build.add_argument(
        "--id", action="store_true", help="give each link a utm_id of its own, by which it is known for certain"
    )
    build.add_argument("--owner", metavar="NAME", help="who publishes it; left out, who mends links of its channel")
    build.add_argument("--note", metavar="TEXT", help="anything worth remembering")
    build.add_argument("--no-register", action="store_true", help="print the links only")
    build.add_argument("--format", choices=FORMATS, default="text", help="text: one link a line; json for programs")
