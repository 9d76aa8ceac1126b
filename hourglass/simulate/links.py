"""Every tagged link that leads to the site, and on which days it is clicked."""

from fractions import Fraction
from typing import Final

from . import marketing
from .clock import Period
from .posts import Post
from .sessions import Link

# how long people click a post's link
_CLICKED_DAYS: Final = 10
# links that lead to the site at all times, beside the links of posts
_PROFILE_LINK_WEIGHT: Final = 3


def links(period: Period, posts: list[Post]) -> list[Link]:
    """Return every tagged link that leads to the site: posts, profiles, ads, newsletters, search ads."""
    found: list[Link] = []

    def add(
        kind: str, campaign: str, content: str, path: str, country: str | None, first: int, last: int, weight: int
    ) -> None:
        if last >= 0 and first < period.days:
            found.append(Link(len(found), kind, campaign, content, path, country, first, last, weight))

    for account in marketing.ACCOUNTS:
        add(f"{account.platform}_organic", "alltid_pa", f"profil_lenke_{account.key}", "/", account.market, 0,
            period.days - 1, _PROFILE_LINK_WEIGHT)  # fmt: skip
        for post in posts:
            if post.account is account:
                day = period.index(post.day)
                path = "/webinar" if post.series.slug == "webinar" else "/kaffe"
                add(f"{account.platform}_organic", post.series.campaign, post.utm_content, path, account.market,
                    day + 1, day + _CLICKED_DAYS, 2)  # fmt: skip
    for ad in marketing.ADS:
        kinds = ("meta_ads_instagram", "meta_ads_facebook") if ad.platform == "meta" else ("tiktok_ads",)
        first, last = ad_days(period, ad)
        path = "/bedrift" if "jobb" in ad.campaign else "/smakspakke"
        for kind in kinds:
            add(kind, ad.campaign, ad.name, path, ad.market, first, last, ad.weight)
    for offset in range(-7, period.days):
        sent = period.day(offset)
        if sent.weekday() == 3:
            week = sent.isocalendar().week
            for market, prefix in (("NO", "nyhetsbrev"), ("SE", "nyhetsbrev_se")):
                add("newsletter", f"{prefix}_uke_{week:02d}", "toppknapp", "/kaffe", market, offset, offset + 9,
                    2 if market == "NO" else 1)  # fmt: skip
    for campaign, market in marketing.SEARCH_CAMPAIGNS:
        add("google_ads", campaign, "annonse_1", "/kaffe", market, 0, period.days - 1, 2)
    return found


def ad_days(period: Period, ad: marketing.Ad) -> tuple[int, int]:
    """Return the first and the last day (indexes) on which an ad runs."""
    return int(Fraction(str(ad.starts)) * period.days), int(Fraction(str(ad.ends)) * period.days) - 1
