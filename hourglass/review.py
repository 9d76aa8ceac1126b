"""``hourglass review``: the weekly review of any week, from the published file."""

import argparse
import sys
from datetime import date, datetime
from zoneinfo import ZoneInfo

import duckdb

from config.home import Home
from config.settings import load_settings
from hourglass.explain.question import parse_period
from hourglass.terminal import UserError
from review.manual import write_manual
from review.write import write_review


def review(home: Home, arguments: argparse.Namespace) -> int:
    """Write the review and print where it is. Returns 0.

    Raises:
        UserError: nothing is published, or no week is complete.
        ConfigError: the settings can't be used.
    """
    settings = load_settings(home)
    if not home.published.is_file():
        raise UserError(f"nothing is published in {home.root} yet; call `hourglass run`")
    languages = [arguments.language] if arguments.language else settings.review.languages
    folder = arguments.out or home.reports
    with duckdb.connect(str(home.published), read_only=True) as connection:
        today = datetime.now(ZoneInfo(settings.time_zone)).date()
        written = write_review(
            connection, home, settings, today=today, week=_monday(arguments.week), languages=languages, folder=folder
        )
    if written is None:
        raise UserError("no week is complete yet: the review waits for the first one; --week names another")
    for path in [*written.paths, *write_manual(home, settings, languages=languages, folder=folder)]:
        sys.stdout.write(f"{path}\n")
    return 0


def _monday(text: str | None) -> date | None:
    if text is None:
        return None
    period = parse_period(text)
    if period.kind != "week":
        raise UserError(f"--week {text!r} is a {period.kind}; write it as 2026-W46")
    return period.start
