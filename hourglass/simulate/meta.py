"""Meta Business Suite: posts of Facebook and Instagram as lifetime snapshots, and the daily insights of an account.

Layouts follow authentic files: posts are UTF-8 with BOM, `Publish time` is Los Angeles time in MM/DD/YYYY HH:MM whatever
the account's country, `Date` says Lifetime; insights are UTF-16LE with BOM, `sep=,`, the metric's title, Date and Primary.
The Swedish pages are exported by a colleague who uses Swedish, so their headers are Swedish.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from . import marketing
from .clock import Period, local_instant, pacific
from .draw import Draw
from .inbox import Inbox
from .posts import Metrics, Post, metrics, scale

WINDOW_DAYS: Final = 28

Cell = str | int | None
Columns = tuple[tuple[str, Callable[[Post, Metrics], Cell]], ...]


@dataclass(frozen=True)
class AccountValue:
    """One daily value of an account as the newest export has it; `measure` is the name in raw.social_account_daily."""

    account_key: str
    platform: str
    account: str
    day: date
    measure: str
    value: int


def _published(post: Post) -> str:
    return f"{pacific(post.published_at):%m/%d/%Y %H:%M}"


_FACEBOOK_TYPE: Final = {"video": "Videos", "image": "Photos", "carousel": "Photos"}
_INSTAGRAM_TYPE: Final = {"video": "IG reel", "image": "IG image", "carousel": "IG carousel"}

_FACEBOOK: Final[Columns] = (
    ("Post ID", lambda p, m: p.post_id),
    ("Page ID", lambda p, m: p.account.account_id),
    ("Page name", lambda p, m: p.account.name),
    ("Title", lambda p, m: p.title),
    ("Description", lambda p, m: p.caption),
    ("Duration (sec)", lambda p, m: p.duration_seconds),
    ("Publish time", lambda p, m: _published(p)),
    ("Caption type", lambda p, m: "N/A"),
    ("Permalink", lambda p, m: p.permalink),
    ("Is crosspost", lambda p, m: 0),
    ("Is share", lambda p, m: 0),
    ("Post type", lambda p, m: _FACEBOOK_TYPE[p.format]),
    ("Languages", lambda p, m: None),
    ("Custom labels", lambda p, m: None),
    ("Funded content status", lambda p, m: None),
    ("Data comment", lambda p, m: None),
    ("Date", lambda p, m: "Lifetime"),
    ("Views", lambda p, m: m.views),
    ("Reach", lambda p, m: m.reach),
    ("Reactions, Comments and Shares", lambda p, m: m.interactions),
    ("Reactions", lambda p, m: m.likes),
    ("Comments", lambda p, m: m.comments),
    ("Shares", lambda p, m: m.shares),
    ("Total clicks", lambda p, m: m.link_clicks + m.other_clicks),
    ("Link Clicks", lambda p, m: m.link_clicks),
    ("Other Clicks", lambda p, m: m.other_clicks),
    ("Matched Audience Targeting Consumption (Photo Click)", lambda p, m: None),
    ("3-second video views", lambda p, m: m.views_3s if p.duration_seconds else None),
    ("1-minute video views", lambda p, m: m.views_60s if p.duration_seconds else None),
    ("Seconds viewed", lambda p, m: m.average_seconds * m.views if p.duration_seconds else None),
    ("Average Seconds viewed", lambda p, m: m.average_seconds if p.duration_seconds else None),
    ("Negative feedback from users", lambda p, m: m.negative_feedback),
)
_FACEBOOK_SWEDISH: Final[Columns] = (
    ("Publicerings-id", lambda p, m: p.post_id),
    ("Sid-id", lambda p, m: p.account.account_id),
    ("Sidnamn", lambda p, m: p.account.name),
    ("Titel", lambda p, m: p.title),
    ("Beskrivning", lambda p, m: p.caption),
    ("Varaktighet (sek)", lambda p, m: p.duration_seconds),
    ("Publiceringstid", lambda p, m: _published(p)),
    ("Permalänk", lambda p, m: p.permalink),
    ("Inläggstyp", lambda p, m: {"video": "Videor", "image": "Foton", "carousel": "Foton"}[p.format]),
    ("Datum", lambda p, m: "Livstid"),
    ("Visningar", lambda p, m: m.views),
    ("Räckvidd", lambda p, m: m.reach),
    ("Reaktioner, kommentarer och delningar", lambda p, m: m.interactions),
    ("Reaktioner", lambda p, m: m.likes),
    ("Kommentarer", lambda p, m: m.comments),
    ("Delningar", lambda p, m: m.shares),
    ("Totalt antal klick", lambda p, m: m.link_clicks + m.other_clicks),
    ("Länkklick", lambda p, m: m.link_clicks),
    ("Övriga klick", lambda p, m: m.other_clicks),
)
_INSTAGRAM: Final[Columns] = (
    ("Post ID", lambda p, m: p.post_id),
    ("Account ID", lambda p, m: p.account.account_id),
    ("Account username", lambda p, m: p.account.handle),
    ("Account name", lambda p, m: p.account.name),
    ("Description", lambda p, m: p.caption),
    ("Duration (sec)", lambda p, m: p.duration_seconds),
    ("Publish time", lambda p, m: _published(p)),
    ("Permalink", lambda p, m: p.permalink),
    ("Post type", lambda p, m: _INSTAGRAM_TYPE[p.format]),
    ("Data comment", lambda p, m: None),
    ("Date", lambda p, m: "Lifetime"),
    ("Views", lambda p, m: m.views),
    ("Reach", lambda p, m: m.reach),
    ("Likes", lambda p, m: m.likes),
    ("Shares", lambda p, m: m.shares),
    ("Comments", lambda p, m: m.comments),
    ("Saves", lambda p, m: m.saves),
    ("Follows", lambda p, m: m.follows),
)
_INSTAGRAM_SWEDISH: Final[Columns] = (
    ("Publicerings-id", lambda p, m: p.post_id),
    ("Konto-id", lambda p, m: p.account.account_id),
    ("Kontots användarnamn", lambda p, m: p.account.handle),
    ("Kontonamn", lambda p, m: p.account.name),
    ("Beskrivning", lambda p, m: p.caption),
    ("Varaktighet (sek)", lambda p, m: p.duration_seconds),
    ("Publiceringstid", lambda p, m: _published(p)),
    ("Permalänk", lambda p, m: p.permalink),
    ("Inläggstyp", lambda p, m: _INSTAGRAM_TYPE[p.format]),
    ("Datum", lambda p, m: "Livstid"),
    ("Visningar", lambda p, m: m.views),
    ("Räckvidd", lambda p, m: m.reach),
    ("Gilla-markeringar", lambda p, m: m.likes),
    ("Kommentarer", lambda p, m: m.comments),
    ("Delningar", lambda p, m: m.shares),
    ("Sparade objekt", lambda p, m: m.saves),
    ("Följer", lambda p, m: m.follows),
)
_COLUMNS: Final[Mapping[tuple[str, str], Columns]] = {
    ("facebook", "en"): _FACEBOOK,
    ("facebook", "sv"): _FACEBOOK_SWEDISH,
    ("instagram", "en"): _INSTAGRAM,
    ("instagram", "sv"): _INSTAGRAM_SWEDISH,
}
# metrics that the Swedish post export of a platform does not have
SWEDISH_LACKS: Final = {"facebook": ("negative_feedback", "views_3s", "average_seconds"), "instagram": ()}


def export_days(period: Period, every: int) -> list[date]:
    """Return the days after which somebody downloads: each `every` days, and always the last day of the period."""
    days = [period.day(index) for index in range(every - 1, period.days, every)]
    return sorted({*days, period.last})


def downloaded_at(day: date) -> datetime:
    """Return when the export of data up to a day is downloaded: the next morning, in UTC without zone."""
    return local_instant(day + timedelta(days=1), 7, 30)


def write_posts(
    inbox: Inbox, period: Period, posts: list[Post], clicks: Callable[[str, date], int], draw: Draw, *, dirt: float
) -> dict[int, Metrics]:
    """Write a snapshot a week for each Meta account; return the last delivered metrics by post number."""
    final: dict[int, Metrics] = {}
    for account in marketing.ACCOUNTS:
        if account.platform not in ("facebook", "instagram"):
            continue
        columns = _COLUMNS[account.platform, account.language]
        paths: list[str] = []
        for number, day in enumerate(export_days(period, 7)):
            first = day - timedelta(days=WINDOW_DAYS - 1)
            covered = [post for post in posts if post.account is account and first <= post.day <= day]
            if not covered:
                continue
            rows = []
            for post in covered:
                final[post.number] = metrics(post, day, clicks(post.utm_content, day), period, draw)
                rows.append([value(post, final[post.number]) for _, value in columns])
            folder = f"meta/{account.key}/posts/{day}"
            export_id = 1_200_000_000_000_000 + draw.below(10**15, "export", account.key, number)
            path = f"{folder}/{first:%b-%d-%Y}_{day:%b-%d-%Y}_{export_id}.csv"
            inbox.sidecar(folder, platform=account.platform, account=account.name, downloaded_at=downloaded_at(day))
            inbox.write(path, _posts_csv([name for name, _ in columns], rows), "social_posts", len(rows))
            paths.append(path)
        if dirt > 0 and account.key == "instagram_no" and paths:
            inbox.copy(paths[0], paths[0].removesuffix(".csv") + " (1).csv")
    return final


def _posts_csv(header: list[str], rows: list[list[Cell]]) -> bytes:
    """Meta quotes a header or text with a blank in it, and nothing else."""

    def cell(value: Cell) -> str:
        text = "" if value is None else str(value)
        if any(mark in text for mark in ' ",\n'):
            return '"' + text.replace('"', '""') + '"'
        return text

    lines = [",".join(cell(value) for value in line) for line in [list[Cell](header), *rows]]
    return ("\ufeff" + "\n".join(lines) + "\n").encode()


# file name, title line on Facebook and on Instagram, measure
_INSIGHTS: Final = (
    ("Reach", "Facebook reach", "Reach", "reach"),
    ("Views", "Views", "Views", "views"),
    ("Follows", "Follows", "Instagram follows", "followers_gained"),
    ("Visits", "Facebook visits", "Instagram profile visits", "profile_visits"),
    ("Interactions", "Content interactions", "Content interactions", "interactions"),
    ("Link clicks", "Facebook link clicks", "Instagram link clicks", "link_clicks"),
)
_VISIT_SHARE: Final = {
    "facebook_no": 0.14,
    "facebook_se": 0.09,
    "instagram_no": 0.42,
    "instagram_se": 0.22,
    "tiktok": 0.13,
}


def account_values(account: marketing.Account, day: date, period: Period, draw: Draw) -> dict[str, int]:
    """Return what an account's insights finally say for one day."""
    share, size = period.share(day), scale(period)
    noise = draw.between(0.8, 1.2, "account day", account.key, day)
    reach = account.reach * size * 0.62 * noise
    visits = marketing.PROFILE_VISITS_WEEK.at(share) / 7 * _VISIT_SHARE.get(account.key, 0.0) * size * noise
    gained = account.followers * marketing.FOLLOWER_GROWTH_MONTH.at(share) / 30 * 1.15 * noise
    ctr = marketing.PROFILE_LINK_CTR.at(share)
    return {
        "reach": int(reach),
        "views": int(reach * 1.42),
        "followers_gained": draw.count(gained * min(size, 1.0), "gained", account.key, day),
        "profile_visits": draw.count(visits, "visits", account.key, day),
        "interactions": int(reach * marketing.ENGAGEMENT.at(share) * 0.9),
        "link_clicks": draw.count(visits * ctr, "bio", account.key, day),
    }


def write_insights(inbox: Inbox, period: Period, draw: Draw) -> list[AccountValue]:
    """Write each account's insights every four weeks, each file over the last 35 days; return the newest values.

    The last two days of an export are still being counted (nine tenths of what the next export says); Follows has no line
    for a day without a follow.
    """
    newest: dict[tuple[str, date, str], AccountValue] = {}
    for account in marketing.ACCOUNTS:
        if account.platform not in ("facebook", "instagram"):
            continue
        for day in export_days(period, 28):
            folder = f"meta/{account.key}/insights/{day}"
            inbox.sidecar(folder, platform=account.platform, account=account.name, downloaded_at=downloaded_at(day))
            span = [
                day - timedelta(days=back) for back in range(34, -1, -1) if day - timedelta(days=back) >= period.first
            ]
            for name, facebook_title, instagram_title, measure in _INSIGHTS:
                lines = []
                for one in span:
                    value = account_values(account, one, period, draw)[measure]
                    if (day - one).days < 2:
                        value = value * 9 // 10
                    if measure == "followers_gained" and value == 0:
                        continue
                    lines.append((one, value))
                    newest[account.key, one, measure] = AccountValue(
                        account.key, account.platform, account.name, one, measure, value
                    )
                title = facebook_title if account.platform == "facebook" else instagram_title
                inbox.write(f"{folder}/{name}.csv", _insight(title, lines), "social_account_daily", len(lines))
    return [newest[key] for key in sorted(newest)]


def _insight(title: str, lines: Iterable[tuple[date, int]]) -> bytes:
    text = f'sep=,\n"{title}"\n"Date","Primary"\n' + "".join(
        f'"{day}T{_drift(day)}:00:00","{value}"\n' for day, value in lines
    )
    return b"\xff\xfe" + text.encode("utf-16-le")


def _drift(day: date) -> str:
    """The hour in Meta's timestamps follows daylight saving in Los Angeles."""
    is_summer = pacific(datetime(day.year, day.month, day.day, 12)).dst()  # noqa: DTZ001 - UTC without zone
    return "00" if is_summer else "01"
