"""TikTok Studio: Overview in a zip with the date in its name, Viewers, FollowerHistory and Content as CSV.

Every cell is quoted; a date is `October 12`, without year; Viewers does not yet know its last day.
"""

from collections.abc import Callable
from datetime import date, timedelta

from . import marketing
from .clock import Period
from .draw import Draw
from .inbox import Inbox, csv_bytes
from .meta import AccountValue, account_values, downloaded_at, export_days
from .posts import Metrics, Post, metrics

_ACCOUNT = next(account for account in marketing.ACCOUNTS if account.platform == "tiktok")

_VIEWERS = ("Date", "Total Viewers", "New Viewers", "Returning Viewers")


def _spoken(day: date) -> str:
    return f"{day:%B} {day.day}"


def day_values(day: date, period: Period, draw: Draw) -> dict[str, int]:
    """Return what TikTok finally says about one day of the account."""
    base = account_values(_ACCOUNT, day, period, draw)
    views = base["views"] * 2
    viewers = views * 84 // 100
    returning = viewers * (24 + draw.below(6, "returning", day)) // 100
    return {
        "views": views,
        "profile_visits": base["profile_visits"],
        "likes": int(views * 0.031),
        "comments": int(views * marketing.COMMENTS_PER_VIEW.at(period.share(day))),
        "shares": int(views * 0.003),
        "unique_viewers": viewers,
        "new_viewers": viewers - returning,
        "returning_viewers": returning,
        "net": base["followers_gained"] * 87 // 100,
    }


def write_tiktok(
    inbox: Inbox, period: Period, posts: list[Post], clicks: Callable[[str, date], int], draw: Draw
) -> tuple[dict[int, Metrics], list[AccountValue]]:
    """Write the exports made every two weeks over the last 28 days; return the newest post metrics and account values."""
    followers = _followers(period, draw)
    newest: dict[tuple[date, str], int] = {}
    final: dict[int, Metrics] = {}
    for last in export_days(period, 14):
        span = [
            last - timedelta(days=back) for back in range(27, -1, -1) if last - timedelta(days=back) >= period.first
        ]
        values = {day: day_values(day, period, draw) for day in span}
        downloaded = downloaded_at(last)
        folder = f"tiktok/{last}"
        inbox.sidecar(folder, platform="tiktok", account=_ACCOUNT.handle, year=last.year, downloaded_at=downloaded)
        overview = [
            (_spoken(day), *(values[day][name] for name in ("views", "profile_visits", "likes", "comments", "shares")))
            for day in span
        ]
        header = ("Date", "Video Views", "Profile Views", "Likes", "Comments", "Shares")
        content = csv_bytes(header, overview, bom=True, quote_all=True, final_newline=False)
        stamp = f"{downloaded:%Y-%m-%d}_{draw.below(10**10, 'zip', last):010d}"
        inbox.write_zip(
            f"{folder}/Overview_{stamp}.zip", [("Overview.csv", content, "social_account_daily", len(span), 0)]
        )
        seen = span[:-1] if len(span) > 1 else span
        viewers = [
            (_spoken(day), *(values[day][name] for name in ("unique_viewers", "new_viewers", "returning_viewers")))
            for day in seen
        ]
        inbox.write(
            f"{folder}/Viewers.csv", csv_bytes(_VIEWERS, viewers, quote_all=True), "social_account_daily", len(viewers)
        )
        history = [(_spoken(day), followers[day], values[day]["net"]) for day in span]
        inbox.write(
            f"{folder}/FollowerHistory.csv",
            csv_bytes(("Date", "Followers", "Difference in followers from previous day"), history, quote_all=True),
            "social_account_daily",
            len(history),
        )
        for day in span:
            for name in ("views", "profile_visits", "likes", "comments", "shares"):
                newest[day, name] = values[day][name]
            newest[day, "followers"] = followers[day]
            newest[day, "net_followers"] = values[day]["net"]
        for day in seen:
            for name in ("unique_viewers", "new_viewers", "returning_viewers"):
                newest[day, name] = values[day][name]
        _write_content(inbox, folder, last, period, posts, clicks, draw, final)
    found = [
        AccountValue(_ACCOUNT.key, "tiktok", _ACCOUNT.handle, day, name, value)
        for (day, name), value in sorted(newest.items())
    ]
    return final, found


def _write_content(
    inbox: Inbox,
    folder: str,
    last: date,
    period: Period,
    posts: list[Post],
    clicks: Callable[[str, date], int],
    draw: Draw,
    final: dict[int, Metrics],
) -> None:
    rows = []
    for post in posts:
        if post.account is _ACCOUNT and post.day <= last:
            final[post.number] = now = metrics(post, last, clicks(post.utm_content, last), period, draw)
            rows.append(
                (_spoken(last), post.caption.replace("\n", " "), post.permalink, _spoken(post.day), now.likes, now.comments,
                 now.shares, now.views)
            )  # fmt: skip
    header = (
        "Time",
        "Video title",
        "Video link",
        "Post time",
        "Total likes",
        "Total comments",
        "Total shares",
        "Total views",
    )
    inbox.write(f"{folder}/Content.csv", csv_bytes(header, rows, quote_all=True), "social_posts", len(rows))


def _followers(period: Period, draw: Draw) -> dict[date, int]:
    current, found = _ACCOUNT.followers, {}
    for index in range(period.days):
        day = period.day(index)
        current += day_values(day, period, draw)["net"]
        found[day] = current
    return found
