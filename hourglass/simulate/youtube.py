"""YouTube Studio: advanced-mode downloads, a zip of Table data, Chart data and Totals; the second one in Swedish.

Table data is the period's totals by video with a total row first; Chart data is day by day; dates stay English in every
language that could be seen; views of a day are exact, so that the days of Chart data add up to Table data.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from . import marketing
from .clock import Period
from .draw import Draw
from .inbox import Inbox, csv_bytes
from .meta import AccountValue, downloaded_at
from .posts import Metrics, Post, metrics

_ACCOUNT: Final = next(account for account in marketing.ACCOUNTS if account.platform == "youtube")


@dataclass(frozen=True)
class _Language:
    table: str
    chart: str
    totals: str
    total: str
    prefix: str
    table_header: tuple[str, ...]
    chart_header: tuple[str, ...]
    totals_header: tuple[str, ...]


_ENGLISH: Final = _Language(
    "Table data.csv", "Chart data.csv", "Totals.csv", "Total", "Content",
    ("Content", "Video title", "Video publish time", "Duration", "Views", "Watch time (hours)", "Subscribers", "Impressions",
     "Impressions click-through rate (%)", "Average percentage viewed (%)"),
    ("Date", "Content", "Video title", "Video publish time", "Duration", "Views"),
    ("Date", "Views"),
)  # fmt: skip
_SWEDISH: Final = _Language(
    "Tabelldata.csv", "Diagramdata.csv", "Totalt.csv", "Totalt", "Innehåll",
    ("Innehåll", "Videotitel", "Publiceringstid för video", "Längd", "Visningar", "Visningstid (timmar)", "Prenumeranter",
     "Exponeringar", "Klickfrekvens för exponeringar (%)", "Genomsnittlig procent som har visats (%)"),
    ("Datum", "Innehåll", "Videotitel", "Publiceringstid för video", "Längd", "Visningar"),
    ("Datum", "Visningar"),
)  # fmt: skip


def _spoken(day: date) -> str:
    return f"{day:%b} {day.day}, {day.year}"


def write_youtube(
    inbox: Inbox, period: Period, posts: list[Post], clicks: Callable[[str, date], int], draw: Draw
) -> tuple[dict[int, Metrics], list[AccountValue]]:
    """Write an English download over the first half and a Swedish one over the whole period; return the newest values."""
    middle = period.day(max(period.days // 2 - 1, 0))
    final: dict[int, Metrics] = {}
    daily: dict[date, int] = {}
    for last, language in ((middle, _ENGLISH), (period.last, _SWEDISH)):
        final.clear()
        daily = {period.day(index): 0 for index in range((last - period.first).days + 1)}
        table: list[list[object]] = []
        chart: list[list[object]] = []
        for post in posts:
            if post.account is not _ACCOUNT or not period.first <= post.day <= last:
                continue
            seen = final[post.number] = metrics(post, last, clicks(post.utm_content, last), period, draw)
            before, about = 0, [post.post_id, post.title, _spoken(post.day), post.duration_seconds]
            for day in daily:
                views = metrics(post, day, 0, period, draw).views if day >= post.day else 0
                chart.append([day, *about, views - before])
                daily[day] += views - before
                before = views
            impressions = seen.views * 11
            hours = seen.views * seen.average_seconds / 3600
            percent = 100 * seen.average_seconds / post.duration_seconds
            table.append(
                [*about, seen.views, f"{hours:.4f}", seen.follows, impressions, f"{100 / 14:.2f}", f"{percent:.2f}"]
            )
        if not table:
            continue
        total: list[object] = [language.total, None, None, None, sum(daily.values()),
                               f"{sum(float(str(row[5])) for row in table):.4f}", sum(int(str(row[6])) for row in table),
                               sum(int(str(row[7])) for row in table), f"{100 / 14:.2f}", None]  # fmt: skip
        totals = [[day, views] for day, views in daily.items()]
        folder = f"youtube/{last}"
        inbox.sidecar(folder, platform="youtube", account=_ACCOUNT.name, downloaded_at=downloaded_at(last))
        inbox.write_zip(
            f"{folder}/{language.prefix} {period.first}_{last + timedelta(days=1)} {_ACCOUNT.name}.zip",
            [
                (language.table, csv_bytes(language.table_header, [total, *table]), "social_posts", len(table) + 1, 1),
                (language.chart, csv_bytes(language.chart_header, chart), "social_post_daily", len(chart), 0),
                (language.totals, csv_bytes(language.totals_header, totals), "social_account_daily", len(totals), 0),
            ],
        )
    values = [
        AccountValue(_ACCOUNT.key, "youtube", _ACCOUNT.name, day, "views", views)
        for day, views in sorted(daily.items())
    ]
    return final, values
