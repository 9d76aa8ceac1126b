"""TikTok Ads Manager: daily rows by campaign, ad group and ad, one account a market, exported every two weeks over the last three.

The last row is `Total of N results` and repeats every figure; the currency stands in a column of its own. What an ad costs and brings
follows from its sessions as for Meta's ads; TikTok has no three-second views.
"""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from . import marketing
from .ads import AdDay, Sessions, ad_day, ad_id
from .clock import Period
from .draw import Draw
from .inbox import Inbox, csv_bytes
from .links import ad_days
from .meta import downloaded_at, export_days

_WINDOW_DAYS: Final = 21
_ACCOUNT: Final = {
    "NO": ("Fjellbrygg TikTok NO", "7301884411200556677"),
    "SE": ("Fjellbrygg TikTok SE", "7301884411200998811"),
}
_HEADER: Final = (
    "Account name", "Account ID", "Campaign name", "Campaign ID", "Ad group name", "Ad group ID", "Ad name", "Ad ID", "By Day",
    "Currency", "Cost", "Impressions", "Reach", "Clicks (all)", "Clicks (destination)", "Video views", "Video views at 25%",
    "Video views at 100%", "Conversions", "Total complete payment value",
)  # fmt: skip
_COUNTS: Final = (
    "impressions",
    "reach",
    "clicks",
    "link_clicks",
    "views",
    "views_25pct",
    "views_completed",
    "purchases",
)


def write_tiktok_ads(inbox: Inbox, period: Period, sessions: Sessions, draw: Draw) -> list[AdDay]:
    """Write the exports of both accounts; return the newest row of each ad and day."""
    newest: dict[tuple[str, date, str], AdDay] = {}
    for market, (account, account_id) in _ACCOUNT.items():
        for exported in export_days(period, 14):
            first = max(exported - timedelta(days=_WINDOW_DAYS - 1), period.first)
            rows = []
            for offset in range((exported - first).days + 1):
                day = first + timedelta(days=offset)
                for ad in marketing.ADS:
                    runs_from, runs_to = ad_days(period, ad)
                    if ad.platform == "tiktok" and ad.market == market and runs_from <= period.index(day) <= runs_to:
                        told = ad_day(ad, day, sessions(ad, day), period, draw)
                        row = replace(told, account=account, views_3s=None)
                        newest[market, day, ad.name] = row
                        rows.append(row)
            folder = f"tiktok_ads/{market.lower()}/{exported}"
            inbox.sidecar(folder, downloaded_at=downloaded_at(exported))
            content = _csv(rows, account_id, draw)
            inbox.write(
                f"{folder}/{account} Ad report {first} to {exported}.csv", content, "ads", len(rows) + 1, rows_totals=1
            )
    return [newest[key] for key in sorted(newest)]


def _csv(rows: list[AdDay], account_id: str, draw: Draw) -> bytes:
    lines: list[list[object]] = []
    for row in rows:
        ad = row.ad
        lines.append(
            [row.account, account_id, ad.campaign, ad_id(180, ad.campaign, draw), ad.ad_set,
             ad_id(181, f"{ad.campaign}/{ad.ad_set}", draw), ad.name, ad_id(182, ad.name, draw), row.day, row.currency, row.spend,
             *(getattr(row, name) for name in _COUNTS), row.purchase_value]
        )  # fmt: skip
    totals = [sum(getattr(row, name) for row in rows) for name in _COUNTS]
    lines.append(
        [f"Total of {len(rows)} results", *([None] * 9), sum(row.spend for row in rows), *totals, sum(row.purchase_value for row in rows)]
    )  # fmt: skip
    return csv_bytes(_HEADER, lines)
