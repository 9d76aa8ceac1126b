"""What the review tells of content: assets, series, formats, how often is posted, and tests, for the whole team and for each owner.

An owner has the content of the platforms that their channels bring visits from: the posts of those that are not paid for, the ads of those
that are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby

from review.read import Published, Row

ASSETS_SHOWN = 5
WAYS = ("organic", "paid", "all")
VISIT_DAYS = 91


@dataclass
class Content:
    """The week's tables; empty lists where there is nothing."""

    series: list[dict[str, Row]] = field(default_factory=list)
    formats: list[dict[str, Row]] = field(default_factory=list)
    shared: list[Row] = field(default_factory=list)
    assets: list[Row] = field(default_factory=list)
    frequency: list[Row] = field(default_factory=list)
    places: list[Row] = field(default_factory=list)

    def assets_of(self, owner: str) -> list[Row]:
        """The best assets of an owner's platforms and ways, by goal."""
        mine = {(place.platform, place.is_paid) for place in self.places if place.owner == owner}
        own = [row for row in self.assets if (row.platform, row.distribution == "paid") in mine]
        return _best(own)

    def frequency_of(self, owner: str) -> list[Row]:
        """How often an owner's accounts post, and what each extra post brings."""
        mine = {place.platform for place in self.places if place.owner == owner and not place.is_paid}
        return [row for row in self.frequency if row.platform in mine]


def read_content(published: Published, week: date, ad_platforms: Mapping[str, Sequence[str]]) -> Content:
    """Everything about the content of a week. ``ad_platforms``: advertising platforms and those that their ads bring visits from."""
    at = {"week": week}
    content = Content()
    series = published.rows(
        "select * from kpi.series_scorecard where week_start_date = $week order by series, distribution",
        at,
        of=["kpi.series_scorecard"],
    )
    content.series = sorted(
        _by_way(series, "series"), key=lambda ways: (ways["all"].rank is None, ways["all"].rank, ways["all"].series)
    )
    formats = published.rows(
        "select * from kpi.format_scorecard where week_start_date = $week order by format_class, distribution",
        at,
        of=["kpi.format_scorecard"],
    )
    content.formats = sorted(
        _by_way(formats, "format_class"),
        key=lambda ways: (ways["all"].format_class == "all", -(ways["all"].reached or 0)),
    )
    content.shared = published.rows(
        "select * from kpi.creative_patterns where week_start_date = $week and is_shared and member <> '(none)' "
        "order by difference desc, property, member",
        at,
        of=["kpi.creative_patterns"],
    )
    content.assets = published.rows(
        "select * from kpi.creative_scorecard where week_start_date = $week and distribution <> 'all' and rank is not null "
        "order by goal, distribution, rank, asset",
        at,
        of=["kpi.creative_scorecard"],
    )
    content.frequency = published.rows(
        "select * from kpi.posting_frequency order by platform, account, posts_per_week", of=["kpi.posting_frequency"]
    )
    content.places = _places(published, week, ad_platforms)
    return content


def _by_way(rows: Iterable[Row], name: str) -> list[dict[str, Row]]:
    """Rows of one name together, by organic, paid and all."""
    found = []
    for _, group in groupby(rows, key=lambda row: getattr(row, name)):
        ways = {row.distribution: row for row in group}
        if "all" in ways:
            found.append(ways)
    return found


def _best(rows: Sequence[Row]) -> list[Row]:
    """The first few of each goal and way, told in one list."""
    return [
        row
        for _, group in groupby(rows, key=lambda row: (row.goal, row.distribution))
        for row in list(group)[:ASSETS_SHOWN]
    ]


def _places(published: Published, week: date, ad_platforms: Mapping[str, Sequence[str]]) -> list[Row]:
    """Who owns what comes from each platform that social visits came from, paid for or not; ads have the advertising platform's name."""
    rows = published.rows(
        """
        with visited as (
            select distinct channel, platform, is_paid from core.fct_sessions
            where is_social and platform is not null and session_date between $week - $days and $week + 6
        )
        select distinct coalesce(own.owner, whole.owner) as owner, visited.platform, visited.is_paid
        from visited
        left join core.dim_channels as own on own.channel = visited.channel and own.platform = visited.platform
        left join core.dim_channels as whole on whole.channel = visited.channel and whole.platform = 'all'
        order by all
        """,
        {"week": week, "days": VISIT_DAYS},
        of=["core.fct_sessions", "core.dim_channels"],
    )
    names = {platform: ads for ads, platforms in ad_platforms.items() for platform in platforms}
    for row in rows:
        if row.is_paid:
            row.platform = names.get(row.platform, row.platform)
    return rows
