"""Meta Ads: daily rows by campaign, ad set and ad, one account a market, exported weekly over the last fortnight.

The layout is Ads Manager's: an unnamed total row first, ISO dates, the currency in the header. The Swedish account is
exported by somebody with a Norwegian interface, which mixes both languages. Clicks follow from the sessions that the
ads brought; cost and click-through rate move from the plans' baseline towards their targets.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from . import marketing
from .clock import Period
from .draw import Draw
from .inbox import Inbox, csv_bytes
from .links import ad_days
from .meta import downloaded_at, export_days

_WINDOW_DAYS: Final = 14
# conversions go on being reported for some days after the click
_SETTLING_DAYS: Final = 3
_CURRENCY: Final = {"NO": "NOK", "SE": "SEK"}
_SEK_PER_NOK: Final = 0.955
_ACCOUNT: Final = {"NO": ("Fjellbrygg NO", "act_1180045500112233"), "SE": ("Fjellbrygg SE", "act_1180045500998877")}


@dataclass(frozen=True)
class AdDay:
    """One ad on one local day as an export says it; None where it has no such column. `spend` is in the account's currency."""

    day: date
    ad: marketing.Ad
    account: str
    currency: str
    spend: Decimal
    impressions: int
    reach: int
    clicks: int
    link_clicks: int
    views: int
    views_3s: int | None
    views_25pct: int
    views_completed: int
    purchases: int
    purchase_value: int


def _spoken(day: date) -> str:
    return f"{day:%b}-{day.day}-{day.year}"


Sessions = Callable[[marketing.Ad, date], int]


def ad_id(prefix: int, name: str, draw: Draw) -> str:
    """Return the id of a campaign, ad set or ad: the same name always has the same."""
    return str(prefix * 10**15 + draw.below(10**14, "ad id", name))


def ad_day(ad: marketing.Ad, day: date, sessions: int, period: Period, draw: Draw) -> AdDay:
    """Return what its platform finally says about an ad on a day on which it brought so many sessions."""
    share = period.share(day)
    noise = draw.between(0.93, 1.07, "spend", ad.name, day)
    link_clicks = sessions + draw.count(sessions * 0.06, "ad clicks", ad.name, day)
    spend_nok = sessions * marketing.AD_COST_PER_SESSION_NOK.at(share) * noise + 1.5
    rate = _SEK_PER_NOK if ad.market == "SE" else 1.0
    ctr = marketing.AD_CTR.at(share) * ad.ctr * draw.between(0.94, 1.06, "ctr", ad.name, day)
    impressions = int(link_clicks / ctr) + 20 + draw.below(60, "impressions", ad.name, day)
    views = impressions * 55 // 100 if ad.is_video else 0
    completion = marketing.COMPLETION.at(share) * draw.between(0.95, 1.05, "completion", ad.name, day)
    purchases = draw.count(link_clicks * 0.0088, "purchases", ad.name, day)
    return AdDay(
        day=day,
        ad=ad,
        account=_ACCOUNT[ad.market][0],
        currency=_CURRENCY[ad.market],
        spend=Decimal(int(spend_nok * rate * 100)) / 100,
        impressions=impressions,
        reach=impressions * 78 // 100,
        clicks=link_clicks + int(link_clicks * 0.4),
        link_clicks=link_clicks,
        views=views,
        views_3s=impressions * 31 // 100 if ad.is_video else 0,
        views_25pct=views * 52 // 100,
        views_completed=int(views * completion),
        purchases=purchases,
        purchase_value=purchases * (620 + draw.below(700, "purchase value", ad.name, day)),
    )


def _as_exported(row: AdDay, exported: date) -> AdDay:
    """Return the row as it stood when a fresh export was made: the newest days are not yet settled."""
    if (exported - row.day).days >= _SETTLING_DAYS:
        return row
    spend = (row.spend * Decimal("0.985")).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return replace(row, spend=spend, purchases=row.purchases // 2, purchase_value=row.purchase_value * (row.purchases // 2)
                   // max(row.purchases, 1))  # fmt: skip


def write_ads(inbox: Inbox, period: Period, sessions: Sessions, draw: Draw) -> list[AdDay]:
    """Write the weekly exports of both accounts; return the newest row of each ad and day."""
    newest: dict[tuple[str, date, str], AdDay] = {}
    for market, (account, account_id) in _ACCOUNT.items():
        for exported in export_days(period, 7):
            first = max(exported - timedelta(days=_WINDOW_DAYS - 1), period.first)
            rows = []
            for offset in range((exported - first).days + 1):
                day = first + timedelta(days=offset)
                for ad in marketing.ADS:
                    runs_from, runs_to = ad_days(period, ad)
                    if ad.platform == "meta" and ad.market == market and runs_from <= period.index(day) <= runs_to:
                        row = _as_exported(ad_day(ad, day, sessions(ad, day), period, draw), exported)
                        newest[market, day, ad.name] = row
                        rows.append(row)
            folder = f"meta_ads/{market.lower()}/{exported}"
            inbox.sidecar(folder, platform="meta", account=account, downloaded_at=downloaded_at(exported))
            name = f"{account.replace(' ', '-')}-Ads-{_spoken(first)}-{_spoken(exported)}.csv"
            content = _ads_csv(rows, account, account_id, first, exported, draw)
            inbox.write(f"{folder}/{name}", content, "ads", len(rows) + 1, rows_totals=1)
    return [newest[key] for key in sorted(newest)]


_ENGLISH: Final = (
    "Reporting starts", "Reporting ends", "Account name", "Account ID", "Campaign name", "Campaign ID", "Ad Set Name",
    "Ad set ID", "Ad name", "Ad ID", "Day", "Attribution setting", "Amount spent (NOK)", "Impressions", "Reach",
    "Clicks (all)", "Link clicks", "Video plays", "3-second video plays", "Video plays at 25%", "Video plays at 100%",
    "Results", "Result indicator", "Purchases", "Purchases conversion value",
)  # fmt: skip
_MIXED: Final = (
    "Rapportering starter", "Reporting ends", "Account name", "Account ID", "Campaign name", "Campaign ID", "Ad Set Name",
    "Ad set ID", "Ad name", "Ad ID", "Day", "Attribution setting", "Beløp brukt (SEK)", "Eksponeringer", "Rekkevidde",
    "Clicks (all)", "Klikk på lenke", "Video plays", "3-second video plays", "Video plays at 25%", "Video plays at 100%",
    "Results", "Result indicator", "Purchases", "Purchases conversion value",
)  # fmt: skip
_SETTING: Final = "7-day click or 1-day view"


def _ads_csv(rows: list[AdDay], account: str, account_id: str, first: date, last: date, draw: Draw) -> bytes:
    def counts(chosen: list[AdDay]) -> list[int]:
        return [
            sum(getattr(row, name) for row in chosen)
            for name in ("clicks", "link_clicks", "views", "views_3s", "views_25pct", "views_completed")
        ]

    bought, value = sum(row.purchases for row in rows), sum(row.purchase_value for row in rows)
    # reach counts people once over the whole period, so the total is below the sum of the days
    lines: list[list[object]] = [
        [first, last, None, None, None, None, None, None, None, None, None, _SETTING, sum(row.spend for row in rows),
         sum(row.impressions for row in rows), sum(row.reach for row in rows) * 6 // 10, *counts(rows), None, None,
         bought, value]
    ]  # fmt: skip
    for row in rows:
        ad = row.ad
        lines.append(
            [row.day, row.day, account, account_id, ad.campaign, ad_id(120, ad.campaign, draw), ad.ad_set,
             ad_id(121, f"{ad.campaign}/{ad.ad_set}", draw), ad.name, ad_id(122, ad.name, draw), row.day, _SETTING,
             row.spend, row.impressions, row.reach, *counts([row]), row.purchases,
             "actions:offsite_conversion.fb_pixel_purchase", row.purchases, row.purchase_value]
        )  # fmt: skip
    return csv_bytes(_MIXED if account.endswith("SE") else _ENGLISH, lines, bom=True)
