"""What the brand posts: which post when, in which series, with which link; and how its numbers grow with age."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from . import marketing
from .clock import Period, local_instant, pacific
from .draw import Draw

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_INSTAGRAM_EPOCH_MS: Final = 1314220021721
# posts before the period, so that the first week already has something to click and to snapshot
_LEAD_IN_DAYS: Final = 14
# a day's sessions for which the accounts' reach in `brand` is meant
REFERENCE_SESSIONS_PER_DAY: Final = 60000 / 90


@dataclass(frozen=True)
class Post:
    """One post. `number` counts over all accounts in the order of accounts and time; `published_at` is UTC."""

    number: int
    account: marketing.Account
    post_id: str
    permalink: str
    published_at: datetime
    day: date
    series: marketing.Series
    format: str
    caption: str
    duration_seconds: int
    utm_content: str
    hook: str

    @property
    def title(self) -> str:
        """Return the first line of the caption: what a platform shows as the title."""
        return self.caption.split("\n", 1)[0][:90]


@dataclass(frozen=True)
class Metrics:
    """A post's lifetime numbers as of one day. `average_seconds` is the mean time watched of one view."""

    views: int
    reach: int
    likes: int
    comments: int
    shares: int
    saves: int
    follows: int
    link_clicks: int
    other_clicks: int
    views_3s: int
    views_60s: int
    average_seconds: int
    negative_feedback: int

    @property
    def interactions(self) -> int:
        """Return likes, comments and shares: what Facebook calls reactions, comments and shares."""
        return self.likes + self.comments + self.shares


def scale(period: Period) -> float:
    """Return how much larger than the reference brand this one is, by sessions a day."""
    return max(period.sessions / period.days / REFERENCE_SESSIONS_PER_DAY, 0.02)


def plan(period: Period, draw: Draw) -> list[Post]:
    """Return every post of every account, from two weeks before the period to its last day."""
    posts: list[Post] = []
    for account in marketing.ACCOUNTS:
        for offset in range(-_LEAD_IN_DAYS, period.days):
            day = period.day(offset)
            if _posts_on(account, day, draw):
                posts.append(_post(len(posts) + 1, account, day, draw))
    return posts


def _posts_on(account: marketing.Account, day: date, draw: Draw) -> bool:
    ranked = sorted(range(7), key=lambda weekday: draw.unit("weekday", account.key, weekday))
    return day.weekday() in ranked[: account.posts_per_week]


def _post(number: int, account: marketing.Account, day: date, draw: Draw) -> Post:
    series = marketing.SERIES[draw.below(len(marketing.SERIES), "series", number)]
    published_at = local_instant(day, 7 + draw.below(13, "hour", number), draw.below(60, "minute", number))
    published_at += timedelta(seconds=draw.below(60, "second", number))
    shown = pacific(published_at)
    if shown.replace(fold=0).utcoffset() != shown.replace(fold=1).utcoffset():
        published_at += timedelta(hours=2)  # the doubled hour in Los Angeles: an export could not say which one it was
    captions = series.captions_no if account.market == "NO" else series.captions_se
    if account.platform in ("tiktok", "youtube"):
        form, duration = ("video", 18 + draw.below(60, "duration", number) * (1 if account.platform == "tiktok" else 9))
    else:
        form = draw.choose(("video", "video", "image", "carousel"), "format", number)
        duration = 12 + draw.below(48, "duration", number) if form == "video" else 0
    post_id, permalink = _identity(number, account, published_at, form, draw)
    return Post(
        number=number,
        account=account,
        post_id=post_id,
        permalink=permalink,
        published_at=published_at,
        day=day,
        series=series,
        format=form,
        caption=draw.choose(captions, "caption", number),
        duration_seconds=duration,
        utm_content=f"{series.slug}_{account.key}_{number:04d}",
        hook=draw.choose(marketing.HOOKS, "hook", number),
    )


def _identity(number: int, account: marketing.Account, at: datetime, form: str, draw: Draw) -> tuple[str, str]:
    seconds = int((at - datetime(1970, 1, 1)).total_seconds())  # noqa: DTZ001 - both are UTC without zone
    noise = draw.below(1 << 22, "id", number)
    if account.platform == "facebook":
        post_id = str(122_000_000_000_000 + number * 7_654_321_000 + noise)
        return post_id, f"https://www.facebook.com/{account.handle}/posts/{post_id}"
    if account.platform == "instagram":
        media, code = ((seconds * 1000 - _INSTAGRAM_EPOCH_MS) << 23) | noise, ""
        while media:
            media, digit = divmod(media, 64)
            code = _ALPHABET[digit] + code
        kind = "reel" if form == "video" else "p"
        return str(
            18_000_000_000_000_000 + number * 91_234_567_000 + noise
        ), f"https://www.instagram.com/{kind}/{code}/"
    if account.platform == "tiktok":
        post_id = str((seconds << 32) | (noise << 8) | 84)
        return post_id, f"https://www.tiktok.com/@{account.handle}/video/{post_id}"
    bits = (seconds << 30) | noise
    video = "".join(_ALPHABET[(bits >> (6 * place)) & 63] for place in range(11))
    return video, f"https://www.youtube.com/watch?v={video}"


def metrics(post: Post, as_of: date, clicks: int, period: Period, draw: Draw) -> Metrics:
    """Return a post's lifetime numbers as its account shows them at the end of a day.

    `clicks` are the visits that its link has brought until then; a platform counts a few more clicks than visits.
    """
    age = (as_of - post.day).days + 1
    grown = age / (age + 1.5)
    share = period.share(post.day)
    number = post.number
    quality = post.series.quality * draw.between(0.75, 1.25, "quality", number)
    reach = post.account.reach * scale(period) * draw.between(0.5, 1.7, "reach", number) * grown
    views = reach * draw.between(1.15, 1.5, "views", number)
    comments = views * marketing.COMMENTS_PER_VIEW.at(share) * draw.between(0.8, 1.2, "comments", number)
    interactions = max(reach * marketing.ENGAGEMENT.at(share) * quality, comments * 1.3)
    saves, shares = interactions * 0.09, interactions * 0.07
    watched = marketing.COMPLETION.at(share) * draw.between(0.85, 1.15, "watched", number) * post.duration_seconds
    is_video = post.duration_seconds > 0
    link_clicks = clicks + draw.count(clicks * 0.06, "link clicks", number)
    return Metrics(
        views=int(views),
        reach=int(reach),
        likes=max(int(interactions - comments - saves - shares), 0),
        comments=draw.count(comments, "comment count", number),
        shares=draw.count(shares, "share count", number),
        saves=draw.count(saves, "save count", number),
        follows=draw.count(reach * 0.0012, "follow count", number),
        link_clicks=link_clicks,
        other_clicks=draw.count(views * 0.011, "other clicks", number),
        views_3s=int(views * 0.46) if is_video else 0,
        views_60s=int(views * 0.05) if post.duration_seconds >= 60 else 0,
        average_seconds=max(round(watched), 1) if is_video else 0,
        negative_feedback=draw.count(views * marketing.NEGATIVE_PER_VIEW.at(share), "negative", number),
    )
