"""The command ``hourglass``: its arguments and what each of them calls.

Every command is a module of its own, imported when it is asked for, so that ``hourglass --help`` answers at once. A command returns its
exit status; :class:`hourglass.terminal.UserError` and faults in the configuration become one message without a traceback.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from config.home import HOME_VARIABLE, Home, keep_private

EXIT_FAILED = 1
EXIT_BLOCKED = 2
EXIT_INTERRUPTED = 130
PERSON_KINDS = ("visitor", "email", "customer")
TAGS = ("source", "medium", "campaign", "content", "term", "id")

DESCRIPTION = """\
Marketing data, from attention to revenue, in one checked DuckDB file.

Drop files as you downloaded them into <home>/inbox, then:

  hourglass run        read what is new, compute, check, publish
  hourglass ui         the same every night, with a graph to look at
"""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = argparse.ArgumentParser(
        prog="hourglass",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"The home is the folder that {HOME_VARIABLE} names, else ./data.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    _add_run(commands)
    _add_ui(commands)
    _add_files(commands)
    _add_simulate(commands)
    _add_utm(commands)
    _add_channel(commands)
    _add_explain(commands)
    _add_review(commands)
    _add_erase(commands)
    rotate = commands.add_parser("rotate-key", help="hash the e-mail addresses with another key")
    rotate.description = (
        "Makes a new key, reads the whole inbox again with it, and forgets the old one. Where HOURGLASS_KEY gives the key, set it to the "
        "new one and HOURGLASS_OLD_KEY to the old one first. Rows of files that are gone from the inbox lose their hash."
    )
    _add_backup(commands)
    doctor = commands.add_parser("doctor", help="what is wrong with this installation, and how to mend it")
    doctor.description = (
        "Looks at configuration, versions, permissions, disk, clock and locks. Exit 1 if something must be mended."
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    keep_private()
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from importlib.metadata import version

        from hourglass.terminal import console

        console().print(f"hourglass {version('hourglass')}")
        return 0
    if arguments.command is None:
        parser.print_help()
        return EXIT_FAILED
    from config.yaml_file import ConfigError
    from hourglass.terminal import UserError, complain

    try:
        return _dispatch(arguments, Home.from_environment())
    except (UserError, ConfigError) as error:
        complain(str(error))
        return EXIT_FAILED
    except KeyboardInterrupt:
        complain("stopped")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return EXIT_FAILED


def _dispatch(arguments: argparse.Namespace, home: Home) -> int:
    match arguments.command:
        case "run":
            from hourglass.run import run

            return run(
                home,
                full_refresh=arguments.full_refresh,
                since=arguments.since,
                until=arguments.until,
                verbose=arguments.verbose,
            )
        case "ui":
            from hourglass.ui import ui

            return ui(home, port=arguments.port, verbose=arguments.verbose)
        case "files":
            from hourglass.files import files

            return files(home, explain=arguments.explain)
        case "simulate":
            from hourglass.simulate.cli import main as simulate

            return simulate(arguments)
        case "utm":
            from hourglass.utm.cli import main as utm

            return utm(home, arguments)
        case "rotate-key":
            from hourglass.rotate_key import rotate_key

            return rotate_key(home)
        case "erase":
            from hourglass.erase import erase

            return erase(
                home,
                [(kind, value) for kind in PERSON_KINDS for value in _given(getattr(arguments, kind))],
                withdrawn=arguments.withdrawn,
                dry_run=arguments.dry_run,
                is_json=arguments.format == "json",
            )
        case "channel":
            from hourglass.channel import Visit, channel

            tags = {f"utm_{name}": getattr(arguments, f"utm_{name}") for name in TAGS}
            return channel(
                home,
                Visit(arguments.url, arguments.referrer, arguments.user_agent, tags),
                is_json=arguments.format == "json",
            )
        case "review":
            from hourglass.review import review

            return review(home, arguments)
        case "explain":
            from hourglass.explain.cli import main as explain

            return explain(home, arguments)
        case "backup":
            from hourglass.backup import backup

            return backup(home, arguments.archive, with_inbox=not arguments.without_inbox, with_key=arguments.with_key)
        case "restore":
            from hourglass.backup import restore

            return restore(home, arguments.archive)
        case _:
            from hourglass.doctor import doctor

            return doctor(home)


def _add_run(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    run = commands.add_parser("run", help="the nightly job once: files in, one checked file out")
    run.description = (
        "Reads what is new in the inbox, brings every model up to date, checks, and publishes. Prints the scorecard of the last complete "
        "week. Exit 0: published. 1: the run failed. 2: a blocking check failed and the published file is unchanged."
    )
    run.add_argument("--full-refresh", action="store_true", help="read every file again and build every model anew")
    run.add_argument("--since", type=_day, metavar="DATE", help="compute the days from this one on again (YYYY-MM-DD)")
    run.add_argument("--until", type=_day, metavar="DATE", help="with --since: up to this day")
    run.add_argument("--verbose", action="store_true", help="show Dagster's own log")


def _add_ui(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    ui = commands.add_parser("ui", help="the Dagster UI, with schedule and sensor running")
    ui.description = (
        "Opens Dagster on this machine only. While it runs, the schedule starts the nightly job at 02:00 Europe/Oslo and the sensor starts "
        "it when files come into the inbox. Ctrl-C stops it."
    )
    ui.add_argument("--port", type=int, default=3000, help="port on localhost (default: %(default)s)")
    ui.add_argument("--verbose", action="store_true", help="show the log of Dagster's services")


def _add_files(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    files = commands.add_parser("files", help="every file seen: what it was taken for, rows, and why one waits")
    files.description = (
        "Every file of the inbox that a run has seen: what it was taken for, rows read, loaded, set aside, and why."
    )
    files.add_argument("--explain", metavar="FILE", help="everything about the files whose path contains FILE")


def _add_simulate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from hourglass.simulate.cli import add_arguments

    simulate = commands.add_parser(
        "simulate", help="write the inbox of a made-up Nordic brand, and the truth beside it"
    )
    add_arguments(simulate)


def _add_utm(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from hourglass.utm.cli import add_arguments

    add_arguments(commands.add_parser("utm", help="check tagged links by the UTM standard, or build them"))


def _add_channel(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    channel = commands.add_parser("channel", help="which rule of channels.yml takes a visit, and why")
    channel.description = (
        "Judges one visit with the models of the nightly run: what was found on it, which rule gave it its channel in both "
        "groupings, with the line of channels.yml on which it stands, and which rules would have been next."
    )
    channel.add_argument("url", nargs="?", default="", metavar="URL", help="the landing page's address")
    channel.add_argument("--referrer", metavar="URL", help="the page that the visitor came from")
    channel.add_argument("--user-agent", metavar="TEXT", help="the browser's user agent")
    for name in TAGS:
        channel.add_argument(f"--utm-{name}", metavar="VALUE", help=f"utm_{name} as the tracking read it")
    channel.add_argument(
        "--format", choices=("text", "json"), default="text", help="text for people, json for programs"
    )


def _add_explain(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from hourglass.explain.cli import add_arguments

    add_arguments(commands.add_parser("explain", help="a number, down to its formula, files, checks and history"))


def _add_erase(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    erase = commands.add_parser("erase", help="take people out of everything but the inbox")
    erase.description = (
        "Removes people from the raw tables, everything computed from them, the published file, the quarantine, the reports and the "
        "storage of dlt and Dagster, keeps them from being loaded again, and writes a receipt without a name. Any number of them may be "
        "named, also by several options; all are taken out in one go. Files of the inbox are named, never changed. For a value of - the "
        "lines of standard input are taken, a name each, so that they stay out of the shell's history. Exit 0: nothing is left. 1: "
        "something is. 2: nothing is left, but a blocking check kept the new figures from being published."
    )
    erase.add_argument("--visitor", metavar="ID", action="append", help="one browser, by its id in the tracking")
    erase.add_argument("--email", metavar="ADDRESS", action="append", help="a person, by e-mail address")
    erase.add_argument("--customer", metavar="ID", action="append", help="a person, by the customer's number")
    erase.add_argument(
        "--withdrawn",
        action="store_true",
        help="every browser whose newest word on consent is a refusal, as of the newest run",
    )
    erase.add_argument("--dry-run", action="store_true", help="only say what would go")
    erase.add_argument("--format", choices=("text", "json"), default="text", help="text for people, json for programs")


def _add_backup(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser("backup", help="the home in one archive, while no run is under way")
    backup.description = (
        "Writes everything of the home that can't be made again, and what would take long to make, into one archive. It is refused while a "
        "run is under way."
    )
    backup.add_argument(
        "archive", type=Path, metavar="FILE.tar.gz", help="the archive; an existing one is never replaced"
    )
    backup.add_argument("--without-inbox", action="store_true", help="leave out the files of the inbox")
    backup.add_argument(
        "--with-key", action="store_true", help="put the key of the keyed hashes in too; keep it secret"
    )
    restore = commands.add_parser("restore", help="a home as it was, from an archive")
    restore.description = (
        "Unpacks an archive of `hourglass backup` into the home, which must be empty or not exist yet."
    )
    restore.add_argument("archive", type=Path, metavar="FILE.tar.gz", help="the archive")


def _add_review(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    review = commands.add_parser("review", help="the weekly review and the measurement manual, as files")
    review.description = (
        "Writes the weekly review (HTML and Markdown) and the measurement manual from the published file, as the nightly "
        "run does."
    )
    review.add_argument("--week", metavar="WEEK", help="2026-W46; left out, the newest complete week")
    review.add_argument("--language", choices=("en", "nb", "sv"), help="left out, those of settings.yml")
    review.add_argument("--out", type=Path, metavar="FOLDER", help="left out, the home's reports/")


def _given(values: list[str] | None) -> list[str]:
    """The values of an option, with the lines of standard input in the place of ``-``."""
    found: list[str] = []
    for value in values or ():
        found += [line for line in sys.stdin.read().splitlines() if line.strip()] if value == "-" else [value]
    return found


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day; write it as YYYY-MM-DD") from None


if __name__ == "__main__":
    sys.exit(main())
