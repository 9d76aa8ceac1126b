"""The KPIs of the two shipped plans, week by week: their two sides, from what was drawn and when it was shown.

A figure of a post counts as a reader can know it: what the first export shows on the publishing day, what a later one shows more on the
morning it was downloaded. Where the plays of every day are exported, what was watched goes with them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

import duckdb

from .ads import AdDay
from .clock import Period
from .draw import Draw
from .meta import WINDOW_DAYS, AccountValue, export_days
from .office import CalendarItem
from .posts import Metrics, Post, metrics

Clicks = Callable[[str, date], int]
_PAID_SOCIAL: Final = ("Paid Social", "Paid Video")

# Sides of KPIs that come from conversions, by day; true_sessions and visits are the simulator's own.
_CONVERSIONS: Final = """
with credited as (
    select known_conversions.*, leads.mql_at <= {now} as is_qualified,
        last_non_direct_platform is not null as from_social,
        last_non_direct_platform is not null and last_non_direct_channel in {paid} as from_ads
    from known_conversions
    left join leads on leads.lead_id = known_conversions.conversion_id
)
select 'leads_social' as kpi, conversion_date as day, count(*) as numerator, null as denominator
from credited where conversion_type = 'lead' and from_social group by all
union all
select 'qualified_lead_share', conversion_date, count(*) filter (where is_qualified), count(*)
from credited where conversion_type = 'lead' group by all
union all
select 'cpl_paid', conversion_date, 0, count(*) from credited where conversion_type = 'lead' and from_ads group by all
union all
select 'cpa', conversion_date, 0, count(*) from credited where from_ads group by all
union all
select 'roas', conversion_date, sum(value_nok), 0 from credited where conversion_type = 'order' and from_ads group by all
union all
select 'utm_coverage', {start} + day, sum(case when status = 'compliant' then sessions else 0 end), sum(sessions)
from totals join kinds using (kind_id) join faults using (fault_id) where is_social group by all
union all
select 'landing_page_cvr', {start} + day, 0, sum(sessions)
from totals join kinds using (kind_id) where is_social group by all
union all
select 'landing_page_cvr', {start} + hours.day, count(distinct known_conversions.session_id), 0
from known_conversions
join true_sessions using (conversion_id)
join visits on visits.row_number = true_row
join hours on hours.started_at = date_trunc('hour', visits.started_at)
where known_conversions.is_social group by all
"""


@dataclass
class Weeks:
    """Numerators and denominators by KPI and Monday."""

    sums: dict[tuple[str, date], list[Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: [Decimal(0), Decimal(0)])
    )
    ratios: set[str] = field(default_factory=set)

    def add(self, kpi: str, day: date, numerator: object, denominator: object = None) -> None:
        """Count what a day adds to both sides; None for a KPI that is a sum."""
        sides = self.sums[kpi, day - timedelta(days=day.weekday())]
        sides[0] += Decimal(str(numerator))
        if denominator is not None:
            self.ratios.add(kpi)
            sides[1] += Decimal(str(denominator))

    def rows(self) -> Iterator[tuple[str, date, Decimal, Decimal | None]]:
        """Every KPI and week, sorted."""
        for (kpi, week), (numerator, denominator) in sorted(self.sums.items()):
            yield kpi, week, numerator, denominator if kpi in self.ratios else None


def plan_kpis(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    now: str,
    *,
    posts: Sequence[Post],
    final: dict[int, Metrics],
    clicks: Clicks,
    draw: Draw,
    values: Iterable[AccountValue],
    spend: Iterable[tuple[AdDay, float]],
    items: Iterable[CalendarItem],
) -> list[tuple[str, date, Decimal, Decimal | None]]:
    """KPI, week, numerator and denominator of every planned KPI; `spend` is each ad's day with its NOK, `now` an SQL timestamp."""
    weeks = Weeks()
    for post in posts:
        shown = list(_shown(post, period, clicks, draw))
        _add_post(weeks, post, shown)
        _add_completion(weeks, post, shown, period, draw)
        _add_engagement(weeks, post, final.get(post.number))
    _add_accounts(weeks, list(values))
    for row, nok in spend:
        weeks.add("ctr_paid", row.day, row.link_clicks, row.impressions)
        for kpi, numerator, denominator in (("cpl_paid", nok, 0), ("cpa", nok, 0), ("roas", 0, nok)):
            weeks.add(kpi, row.day, numerator, denominator)
    for item in items:
        weeks.add("qa_pass_rate", item.day, int(item.is_passed), 1)
        weeks.add("policy_flags", item.day, item.flags)
        weeks.add("creator_collaborations", item.day, int(item.has_creator))
    sql = _CONVERSIONS.format(now=now, start=f"date '{period.first}'", paid=_PAID_SOCIAL)
    for kpi, day, numerator, denominator in connection.execute(sql).fetchall():
        weeks.add(kpi, day, numerator or 0, denominator)
    return list(weeks.rows())


def _shown(post: Post, period: Period, clicks: Clicks, draw: Draw) -> Iterator[tuple[date, Metrics]]:
    """What each export says of a post since publishing, with the day that it is told on."""
    platform, day = post.account.platform, period.last
    if platform == "youtube":
        middle = period.day(max(period.days // 2 - 1, 0))
        days = [day for day in (middle, period.last) if period.first <= post.day <= day]
        for day in days:
            yield day + timedelta(days=1), metrics(post, day, clicks(post.utm_content, day), period, draw)
        return
    for day in export_days(period, 14 if platform == "tiktok" else 7):
        first = (
            period.first - timedelta(days=period.days)
            if platform == "tiktok"
            else day - timedelta(days=WINDOW_DAYS - 1)
        )
        if first <= post.day <= day:
            yield day + timedelta(days=1), metrics(post, day, clicks(post.utm_content, day), period, draw)


def _growth(post: Post, states: Sequence[tuple[date, Decimal]]) -> Iterator[tuple[date, Decimal]]:
    """The first state on the publishing day, what each later one says more on its own day."""
    before = Decimal(0)
    for number, (day, value) in enumerate(states):
        yield (min(post.day, day) if number == 0 else day), value - before
        before = value


def _add_post(weeks: Weeks, post: Post, shown: Sequence[tuple[date, Metrics]]) -> None:
    if post.account.platform == "youtube":
        return
    views = [(day, Decimal(now.views)) for day, now in shown]
    pairs = [("comments_per_1000_views", [(day, Decimal(now.comments)) for day, now in shown])]
    if post.account.platform == "facebook" and post.account.language == "en":
        pairs.append(
            ("negative_feedback_per_1000_views", [(day, Decimal(now.negative_feedback)) for day, now in shown])
        )
    for kpi, states in pairs:
        for (day, counted), (_, played) in zip(_growth(post, states), _growth(post, views), strict=True):
            weeks.add(kpi, day, counted, played)


def _add_completion(
    weeks: Weeks, post: Post, shown: Sequence[tuple[date, Metrics]], period: Period, draw: Draw
) -> None:
    kpi, places = "video_completion_rate", Decimal("0.000001")
    if post.account.platform == "facebook" and post.account.language == "en" and post.duration_seconds:
        length = Decimal(post.duration_seconds)
        watched = [
            (day, min((Decimal(now.average_seconds * now.views) / length).quantize(places), Decimal(now.views)))
            for day, now in shown
        ]
        views = [(day, Decimal(now.views)) for day, now in shown]
        for (day, seen), (_, played) in zip(_growth(post, watched), _growth(post, views), strict=True):
            weeks.add(kpi, day, seen, played)
    if post.account.platform == "youtube":
        before, last = Decimal(0), post.day - timedelta(days=1)
        for day, now in shown:
            share = Decimal(f"{100 * now.average_seconds / post.duration_seconds:.2f}") / 100
            seen = min((now.views * share).quantize(places), Decimal(now.views))
            days = [last + timedelta(days=number + 1) for number in range((min(day, period.last) - last).days)]
            plays = [(one, _played(post, one, period, draw)) for one in days]
            in_all = sum(count for _, count in plays)
            for one, count in plays:
                weeks.add(kpi, one, (seen - before) * count / in_all if in_all else 0, count)
            before, last = seen, day


def _played(post: Post, day: date, period: Period, draw: Draw) -> int:
    """Plays of one day, as the daily export has them."""
    until = metrics(post, day, 0, period, draw).views
    return until if day == post.day else until - metrics(post, day - timedelta(days=1), 0, period, draw).views


def _add_engagement(weeks: Weeks, post: Post, last: Metrics | None) -> None:
    """Interactions by accounts reached, where the platform tells both."""
    if last is None or post.account.platform not in ("facebook", "instagram") or last.reach == 0:
        return
    interactions = (
        last.likes + last.comments + last.shares + (last.saves if post.account.platform == "instagram" else 0)
    )
    rate = (Decimal(interactions) / Decimal(last.reach)).quantize(Decimal("0.000000001"))
    weeks.add("organic_engagement_rate", post.day, rate, 1)


def _add_accounts(weeks: Weeks, values: Sequence[AccountValue]) -> None:
    known = {(value.account_key, value.day, value.measure): value.value for value in values}
    started: set[date] = set()
    for (account, day, measure), value in sorted(known.items(), key=lambda pair: (pair[0][1], pair[0][0], pair[0][2])):
        if measure == "profile_visits":
            weeks.add("profile_visits", day, value)
            clicked = known.get((account, day, "link_clicks"))
            if clicked is not None:
                weeks.add("profile_link_ctr", day, clicked, value)
        if measure == "net_followers":
            week = day - timedelta(days=day.weekday())
            at_start = known[account, day, "followers"] - value
            weeks.add("follower_growth_net", day, value, 0 if week in started else at_start)
            started.add(week)
