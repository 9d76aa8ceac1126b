"""Put the parts together: plan, sessions day by day on every processor, conversions, exports, truth."""

import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Final

import duckdb

from . import conversions, marketing, truth
from .ads import AdDay, write_ads
from .clock import DEFAULT_END, Period
from .clock import period as make_period
from .community import known_experiments, write_community
from .draw import Draw, create_macros
from .inbox import FileTruth, Inbox
from .links import links
from .meta import SWEDISH_LACKS, AccountValue, downloaded_at, write_insights, write_posts
from .office import write_calendar, write_costs, write_events, write_stray
from .plan_truth import plan_kpis
from .posts import Metrics, Post, plan
from .rates import Rates, last_rate_day, rates, reporting_rates, write_rates
from .sessions import REEXPORT_DELAY_DAYS, DayResult, Link, chunks, insert, prepare, reexported_days, write_days
from .sessions_sql import FORMATS, Format
from .tiktok import write_tiktok
from .tiktok_ads import write_tiktok_ads
from .youtube import write_youtube

_WRITTEN: Final = ".written"


@dataclass(frozen=True)
class Simulation:
    """What was written: where, how many distinct valid sessions, how many files in the inbox."""

    inbox: Path
    truth: Path
    sessions: int
    files: int


def simulate(
    out: Path | str,
    *,
    days: int = 90,
    sessions: int = 60_000,
    seed: int = 1,
    format: Format = "csv",  # noqa: A002 - the word that the command line uses
    dirt: float = 0.05,
    end_date: date | None = None,
    progress: Callable[[str], None] | None = None,
) -> Simulation:
    """Write `out`/inbox and `out`/truth for the `days` local days (Europe/Oslo) that end with `end_date`.

    `sessions` is the number of distinct valid web sessions; `format` is that of the session files; `dirt` (0 to 0.3) scales
    everything that goes wrong in real life, 0 is a clean inbox. The same arguments give the same bytes with the same release
    of DuckDB, on any machine and any number of processors. Memory does not grow with the number of days.

    Raises ValueError for arguments out of range, and FileExistsError when `out` holds an inbox or a truth that this
    function did not write.
    """
    out = Path(out)
    if days < 1 or sessions < days or not 0 <= dirt <= 0.3 or format not in FORMATS:
        raise ValueError(
            f"days must be at least 1, sessions at least one a day, dirt between 0 and 0.3, format one of {FORMATS};"
            f" got days={days}, sessions={sessions}, dirt={dirt}, format={format!r}"
        )
    say = progress or (lambda message: None)
    _refuse_foreign(out)
    # everything is written beside its place first, so that a simulation that is stopped leaves no half an inbox behind
    if not out.exists():
        out.mkdir(parents=True, mode=0o700)  # a home holds visitor-level data
    fresh = out / ".simulating"
    if fresh.exists():
        shutil.rmtree(fresh)
    inbox_folder, truth_folder = fresh / "inbox", fresh / "truth"
    inbox_folder.mkdir(parents=True)
    period = make_period(end_date or DEFAULT_END, days, sessions)
    draw = Draw(seed)
    inbox = Inbox(inbox_folder)
    posts = plan(period, draw)
    tagged = links(period, posts)
    with duckdb.connect(":memory:") as connection:
        # one thread a query, one query a processor: the bytes of a file then do not depend on the machine
        connection.execute("set threads = 1")
        connection.execute("set preserve_insertion_order = true")
        connection.execute("set enable_progress_bar = false")
        create_macros(connection, seed)
        prepare(connection, period, tagged, dirt)
        say(f"{sessions} sessions over {days} days")
        _write_sessions(connection, inbox, period, format, dirt, say)
        say("leads and orders")
        conversions.build(connection, period, dirt)
        conversions.write_exports(connection, inbox, period, dirt)
        say("exports of the platforms")
        clicks = _Clicks(connection, tagged, period)
        final_posts = write_posts(inbox, period, posts, clicks.until, draw, dirt=dirt)
        values = write_insights(inbox, period, draw)
        for write in (write_tiktok, write_youtube):
            more_posts, more_values = write(inbox, period, posts, clicks.until, draw)
            final_posts |= more_posts
            values += more_values
        ad_days = [
            *write_ads(inbox, period, clicks.of_ad, draw),
            *write_tiktok_ads(inbox, period, clicks.of_ad, draw),
        ]
        known = rates(period, draw)
        write_rates(inbox, known)
        items = write_calendar(inbox, period, posts, draw)
        write_costs(inbox, period)
        weeks = write_community(inbox, period, draw, known)
        write_events(connection, inbox, period)
        if dirt > 0:
            write_stray(inbox)
        say("truth")
        connection.execute("create table rates (day date, currency varchar, nok_per_unit double)")
        insert(connection, "rates", reporting_rates(period, known))
        truth_folder.mkdir(parents=True)
        (truth_folder / ".hourglassignore").write_text("", encoding="utf-8")
        (truth_folder / "README.md").write_bytes(Path(__file__).with_name("truth_readme.md").read_bytes())
        truth.write_sql_truth(connection, truth_folder, _truth_values(period), sessions)
        truth.write_csv(
            truth_folder / "plan_kpis.csv",
            ("kpi", "week_start_date", "numerator", "denominator"),
            plan_kpis(
                connection, period, str(_truth_values(period)["now"]), posts=posts, final=final_posts, clicks=clicks.until, draw=draw,
                values=values, spend=[(row, _in_nok(row, known)) for row in ad_days], items=items,
            ),
        )  # fmt: skip
        truth.write_summary(
            connection,
            truth_folder / "summary.json",
            {"days": days, "sessions": sessions, "seed": seed, "format": format, "dirt": dirt,
             "first_date": str(period.first), "end_date": str(period.last)},
            round(sum(_in_nok(row, known) for row in ad_days), 2),
        )  # fmt: skip
    _write_platform_truth(truth_folder, posts, final_posts, values, ad_days, known)
    truth.write_csv(
        truth_folder / "experiments.csv", ("experiment_id", "metric", "better_variant"), known_experiments(period)
    )
    truth.write_csv(truth_folder / "community.csv", ("kpi", "week_start_date", "numerator", "denominator"), weeks)
    files = sorted(inbox.files, key=lambda file: file.path)
    truth.write_csv(
        truth_folder / "files.csv",
        ("path", "table", "rows", "rows_totals", "rows_broken", "status", "same_bytes_as"),
        [(f.path, f.table, f.rows, f.rows_totals, f.rows_broken, f.status, f.same_bytes_as) for f in files],
    )
    _swap_in(fresh, out)
    return Simulation(out / "inbox", out / "truth", sessions, len(files))


def _refuse_foreign(out: Path) -> None:
    """Raise FileExistsError when `out` holds an inbox or a truth with a file that an earlier simulation did not write."""
    inbox, known = out / "inbox", out / "truth"
    listed = known / _WRITTEN
    ours = set(listed.read_text(encoding="utf-8").splitlines()) if listed.exists() else set()
    foreign = sorted(
        path for folder in (inbox, known) for path in folder.rglob("*")
        if path.is_file() and path.relative_to(out).as_posix() not in ours
    )  # fmt: skip
    if foreign:
        raise FileExistsError(f"{foreign[0]} was not written by the simulator; choose another folder, or move it away")


def _swap_in(fresh: Path, out: Path) -> None:
    """Put the finished inbox and truth where an earlier simulation may stand."""
    written = sorted(path.relative_to(fresh).as_posix() for path in fresh.rglob("*") if path.is_file())
    (fresh / "truth" / _WRITTEN).write_text(
        "".join(f"{path}\n" for path in [*written, f"truth/{_WRITTEN}"]), encoding="utf-8", newline="\n"
    )
    for name in ("inbox", "truth"):
        if (out / name).exists():
            shutil.rmtree(out / name)
        (fresh / name).rename(out / name)
    fresh.rmdir()


def _write_sessions(
    connection: duckdb.DuckDBPyConnection,
    inbox: Inbox,
    period: Period,
    file_format: Format,
    dirt: float,
    say: Callable[[str], None],
) -> None:
    folder = "web/sessions"
    again = reexported_days(period, dirt)
    reexport = (
        f"web/sessions_again/{period.day(again.stop - 1 + REEXPORT_DELAY_DAYS)}" if again else "web/sessions_again"
    )

    def some(days: range) -> list[DayResult]:
        with connection.cursor() as cursor:
            return write_days(
                cursor,
                period,
                days,
                folder=inbox.root / folder,
                reexport_folder=inbox.root / reexport,
                file_format=file_format,
                dirt=dirt,
            )

    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for result in chain.from_iterable(pool.map(some, chunks(period))):
            name = f"web_sessions_{period.day(result.day)}.{file_format}"
            status = "partly_loaded" if result.broken_rows else "loaded"
            inbox.note(
                FileTruth(
                    f"{folder}/{name}", "web_sessions", result.rows, rows_broken=result.broken_rows, status=status
                )
            )
            if result.reexported_rows:
                inbox.note(FileTruth(f"{reexport}/{name}", "web_sessions", result.reexported_rows))
            if (result.day + 1) % 30 == 0:
                say(f"day {result.day + 1} of {period.days}")
    if again:
        inbox.sidecar(reexport, downloaded_at=downloaded_at(period.day(again.stop - 2 + REEXPORT_DELAY_DAYS)))
    if dirt > 0:
        name = f"web_sessions_{period.day(min(3, period.days - 1))}"
        inbox.copy(f"{folder}/{name}.{file_format}", f"{folder}/{name} (1).{file_format}")


class _Clicks:
    """Visits by link and day, from the sessions' labels."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, tagged: list[Link], period: Period) -> None:
        self._period = period
        self._by_content: dict[str, dict[int, int]] = {}
        content = {link.link_id: (link.kind, link.content) for link in tagged}
        for day, link_id, count in connection.execute(
            "select day, link_id, sum(sessions)::bigint from totals where link_id is not null group by all"
        ).fetchall():
            kind, name = content[link_id]
            key = name if kind != "tiktok_ads" else f"tiktok:{name}"
            days = self._by_content.setdefault(key, {})
            days[day] = days.get(day, 0) + count

    def until(self, content: str, day: date) -> int:
        """Return the visits that links with this utm_content have brought up to and including a day."""
        last = self._period.index(day)
        return sum(count for one, count in self._by_content.get(content, {}).items() if one <= last)

    def of_ad(self, ad: marketing.Ad, day: date) -> int:
        """Return the visits that an ad brought on a day."""
        key = ad.name if ad.platform != "tiktok" else f"tiktok:{ad.name}"
        return self._by_content.get(key, {}).get(self._period.index(day), 0)


def _truth_values(period: Period) -> dict[str, object]:
    """Return the constants of the truth's SQL."""
    return {
        "start": f"date '{period.first}'",
        "now": f"timestamp '{downloaded_at(period.last)}'",
        "day_scale": float(max(period.days - 1, 1)),
    }


def _in_nok(row: AdDay, known: Rates) -> float:
    """Return a row's spend in NOK at the last known rate on or before its day."""
    day = known[last_rate_day(known, row.day)]
    factor = 1.0 if row.currency == "NOK" else day["NOK"] / day[row.currency]
    return round(float(row.spend) * factor, 4)


def _write_platform_truth(
    folder: Path,
    posts: list[Post],
    final: dict[int, Metrics],
    values: list[AccountValue],
    ad_days: list[AdDay],
    known: Rates,
) -> None:
    truth.write_csv(
        folder / "ads_daily.csv",
        ("date", "platform", "account", "campaign", "ad_group", "ad", "currency", "spend", "spend_nok", "impressions", "reach", "clicks",
         "link_clicks", "views", "views_3s", "views_25pct", "views_completed", "platform_conversions",
         "platform_conversion_value"),
        [(row.day, row.ad.platform, row.account, row.ad.campaign, row.ad.ad_set, row.ad.name, row.currency, row.spend, _in_nok(row, known),
          row.impressions, row.reach, row.clicks, row.link_clicks, row.views, row.views_3s, row.views_25pct,
          row.views_completed, row.purchases, row.purchase_value) for row in ad_days],
    )  # fmt: skip
    spent: dict[tuple[date, str, str, str], list[AdDay]] = {}
    for row in ad_days:
        spent.setdefault((row.day, row.ad.platform, row.ad.campaign, row.currency), []).append(row)
    truth.write_csv(
        folder / "spend_by_day.csv",
        ("date", "platform", "campaign", "currency", "spend", "spend_nok"),
        [(*key, sum(row.spend for row in rows), round(sum(_in_nok(row, known) for row in rows), 4)) for key, rows in sorted(spent.items())],
    )  # fmt: skip
    truth.write_csv(
        folder / "account_daily.csv",
        ("platform", "account", "date", "measure", "value"),
        [(value.platform, value.account, value.day, value.measure, value.value) for value in values],
    )
    truth.write_csv(
        folder / "posts.csv",
        ("platform", "account", "post_id", "published_at", "format", "series", "utm_content", "views", "reach", "likes",
         "comments", "shares", "saves", "follows", "link_clicks", "negative_feedback"),
        [_post_truth(post, final[post.number]) for post in posts if post.number in final],
    )  # fmt: skip


def _post_truth(post: Post, last: Metrics) -> list[object]:
    """Return a post's line in posts.csv; None where the export that delivered it has no such column."""
    lacking = {
        "facebook": {"saves", "follows"},
        "instagram": {"link_clicks", "negative_feedback"},
        "tiktok": {"reach", "saves", "follows", "link_clicks", "negative_feedback"},
        "youtube": {"reach", "likes", "comments", "shares", "saves", "link_clicks", "negative_feedback"},
    }[post.account.platform]
    if post.account.language == "sv":
        lacking |= set(SWEDISH_LACKS.get(post.account.platform, ()))
    names = ("views", "reach", "likes", "comments", "shares", "saves", "follows", "link_clicks", "negative_feedback")
    return [
        post.account.platform,
        post.account.name,
        post.post_id,
        f"{post.published_at:%Y-%m-%dT%H:%M:00Z}" if post.account.platform in ("facebook", "instagram") else post.day,
        post.format,
        post.series.slug,
        post.utm_content,
        *(None if name in lacking else getattr(last, name) for name in names),
    ]
