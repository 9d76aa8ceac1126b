"""The files under ``reports/``: which week, which languages, written whole or not at all, old weeks cleared away."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from pathlib import Path

import duckdb

from config.decision_rules import load_decision_rules
from config.home import Home
from config.plans import Plan, load_plans
from config.settings import Settings
from config.yaml_file import ConfigError
from review.content import read_content
from review.language import LANGUAGES, Language
from review.markdown import render_markdown
from review.page import render
from review.read import Published, Review, newest_week, read_review

_OWN = re.compile(r"^(\d{4}-W\d{2})[.](?:en|nb|sv)[.](?:html|md)$")


@dataclass
class Written:
    """What was written: the week, the files in the order of the languages, and the first language's Markdown."""

    week: date
    paths: list[Path] = field(default_factory=list)
    preview: str = ""


def week_name(start: date) -> str:
    """ISO week of a Monday, for example ``2026-W46``."""
    year, week, _ = start.isocalendar()
    return f"{year}-W{week:02}"


def write_review(
    connection: duckdb.DuckDBPyConnection,
    home: Home,
    settings: Settings,
    *,
    today: date,
    week: date | None = None,
    languages: Sequence[str] | None = None,
    folder: Path | None = None,
    clear: bool = False,
) -> Written | None:
    """Write the review of a week, the newest complete one if none is named; None where there is no such week.

    Args:
        connection: the published file, or the warehouse within a run.
        home, settings: the installation; ``settings.review`` says languages, plan and how many weeks stay.
        today: the local date of the run.
        week: its Monday.
        languages: en, nb, sv; left out, those of the settings.
        folder: where to; left out, the home's reports.
        clear: remove the reviews of weeks older than ``settings.review.weeks_kept``.

    Raises:
        ConfigError: the plan of the settings does not exist.
    """
    published = Published(connection)
    chosen = week or newest_week(published, today)
    if chosen is None:
        return None
    plan = _plan(home, settings)
    written = Written(chosen)
    folder = folder or home.reports
    folder.mkdir(parents=True, exist_ok=True)
    review = _review(published, chosen, plan, home, settings, today)
    title, days = (plan.title, plan.days) if plan else ("Hourglass", 0)
    for code in languages or settings.review.languages:
        t = Language(code)
        stem = f"{week_name(chosen)}.{code}"
        markdown = render_markdown(review, t, plan_title=title, page=f"{stem}.html")
        for suffix, text in (("html", render(review, t, plan_title=title, plan_days=days)), ("md", markdown)):
            written.paths.append(write_whole(folder / f"{stem}.{suffix}", text))
        written.preview = written.preview or markdown
    if clear:
        clear_old(folder, settings.review.weeks_kept)
    return written


def write_whole(path: Path, text: str) -> Path:
    """Replace a file in one step, so that a reader has the old or the new one."""
    building = path.with_name(f".{path.name}.new")
    with building.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    building.replace(path)
    return path


def clear_old(folder: Path, weeks_kept: int) -> None:
    """Remove all but the newest weeks' reviews; other files are left alone."""
    found = [(path, matched[1]) for path in folder.iterdir() if (matched := _OWN.match(path.name))]
    kept = sorted({week for _, week in found})[-weeks_kept:]
    for path, week in found:
        if week not in kept:
            path.unlink()


def _plan(home: Home, settings: Settings) -> Plan | None:
    plans = {plan.plan: plan for plan in load_plans(home)}
    wanted = settings.review.plan
    if wanted and wanted not in plans:
        raise ConfigError(f"settings.yml: review.plan is {wanted!r}; allowed: {', '.join(sorted(plans))}")
    return plans[wanted] if wanted else next(iter(plans.values()), None)


def _review(published: Published, week: date, plan: Plan | None, home: Home, settings: Settings, today: date) -> Review:
    row = published.rows("select published_at, run_date from quality.publication", of=["quality.publication"])
    now = published.rows(
        "select cast(now() at time zone 'UTC' as timestamp) as published_at, $today as run_date", {"today": today}
    )
    review = read_review(
        published, week=week, plan=plan.plan if plan else "", published_row=(row or now)[0], today=today
    )
    review.coverage_target = Decimal(str(settings.utm_coverage.target))
    review.currency = settings.currency
    review.content = read_content(published, week, load_decision_rules(home).ad_platforms)
    return review


__all__ = ["LANGUAGES", "Written", "clear_old", "week_name", "write_review", "write_whole"]
