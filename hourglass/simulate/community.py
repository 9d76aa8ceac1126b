"""What people say to the brand and about it, who subscribes, what the team tries and decides: generic inputs, and their weeks' KPIs.

The truth is counted from the draws, week by week as the KPIs are defined, never from the files.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from statistics import median
from typing import Final

from . import marketing
from .clock import Period, local_date, local_instant
from .draw import Draw
from .inbox import Inbox, csv_bytes
from .meta import downloaded_at
from .posts import scale
from .rates import Rates, last_rate_day

FOLDER: Final = "community"
# what the shipped settings.yml calls an answer in time
_IN_TIME_MINUTES: Final = 1440
_BRANDS: Final = (("Fjellbrygg", 5), ("Kaffebua", 6), ("Nordrost", 3))
_MENTION_PLATFORMS: Final = ("instagram", "tiktok", "reddit", "x")
_SENTIMENTS: Final = ("positive", "positive", "positive", "neutral", "neutral", "negative", "")
_REVIEW_SOURCES: Final = ("google", "google", "trustpilot")
_RATINGS: Final = (5, 5, 5, 4, 4, 3, 2, 1)
_PLANS: Final = (("NOK", (149, 199, 249, 299)), ("NOK", (149, 199, 249, 299)), ("SEK", (159, 209, 259, 309)))
_OWNERS: Final = ("Performance lead", "Content Lead", "Growth owner", "CRO Owner")
# the ads whose landing pages show one offer each: as many visits, and none is truly better
_OFFERS: Final = ("hyttekos_bilde", "glemt_kaffen_karusell")
_HOOKS: Final = ("bålkaffe_video_krok_a", "bålkaffe_video_krok_b")
_RULES: Final = ("pause", "scale", "test_hooks", "double_or_cut", "fix_tags", "")
_VERBS: Final = ("pause it", "raise the budget by 20 %", "new openings", "two more episodes", "wait a week")

Cell = tuple[Decimal, Decimal | None]


@dataclass
class Weeks:
    """Numerators and denominators by KPI and Monday, as far as they are known from the draws."""

    period: Period
    sums: dict[tuple[str, date], list[Decimal]] = field(
        default_factory=lambda: defaultdict(lambda: [Decimal(0), Decimal(0)])
    )
    ratios: set[str] = field(default_factory=set)
    known: dict[tuple[str, date], Cell] = field(default_factory=dict)

    @property
    def mondays(self) -> list[date]:
        """Return the Monday of every week of which a day lies in the period."""
        first = _monday(self.period.first)
        return [first + timedelta(days=7 * week) for week in range((self.period.last - first).days // 7 + 1)]

    def add(self, kpi: str, day: date, numerator: Decimal | int = 1, denominator: Decimal | int | None = None) -> None:
        """Add to a KPI's numerator, and to its denominator where it has one."""
        cell = self.sums[kpi, _monday(day)]
        cell[0] += numerator
        cell[1] += denominator or 0
        if denominator is not None:
            self.ratios.add(kpi)

    def rows(self) -> list[tuple[str, date, Decimal, Decimal | None]]:
        """Return (KPI, Monday, numerator, denominator) in order; a KPI that is a sum has no denominator."""
        kpis = {kpi for kpi, _ in self.sums}
        found = {
            (kpi, monday): (self.sums[kpi, monday][0], self.sums[kpi, monday][1] if kpi in self.ratios else None)
            for kpi in kpis
            for monday in self.mondays
        }
        return [(kpi, monday, *cell) for (kpi, monday), cell in sorted({**found, **self.known}.items())]


def _some(draw: Draw, expected: float, index: int, *what: object) -> range:
    """Return how many of something there are on a day; on the first day at least one, so that every source begins with the period."""
    return range(max(draw.count(expected, *what, index), 1 if index == 0 else 0))


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _stamp(instant: datetime | None) -> str | None:
    return None if instant is None else f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def _write(inbox: Inbox, period: Period, name: str, header: Sequence[str], rows: list[list[object]]) -> None:
    content = csv_bytes(header, rows, delimiter=";" if name in ("messages", "mentions") else ",")
    inbox.write(f"{FOLDER}/{name}_{period.last + timedelta(days=1)}.csv", content, name, len(rows))


def write_community(
    inbox: Inbox, period: Period, draw: Draw, known: Rates
) -> list[tuple[str, date, Decimal, Decimal | None]]:
    """Write messages, mentions, reviews, subscriptions, experiments and decisions; return the weeks' known numerators and denominators."""
    weeks = Weeks(period)
    inbox.sidecar(FOLDER, downloaded_at=downloaded_at(period.last))
    _messages(inbox, period, draw, weeks)
    _mentions(inbox, period, draw, weeks)
    _reviews(inbox, period, draw, weeks)
    _subscriptions(inbox, period, draw, known, weeks)
    _experiments(inbox, period, draw, weeks)
    _decisions(inbox, period, draw, weeks)
    return weeks.rows()


def _messages(inbox: Inbox, period: Period, draw: Draw, weeks: Weeks) -> None:
    now = downloaded_at(period.last)
    rows: list[list[object]] = []
    minutes: defaultdict[date, list[int]] = defaultdict(list)
    accounts = [account for account in marketing.ACCOUNTS if account.platform in ("facebook", "instagram", "tiktok")]
    for index in range(period.days):
        day = period.day(index)
        for account in accounts:
            for number in _some(draw, 0.3 * account.posts_per_week * scale(period), index, "messages", account.key):
                what = ("message", account.key, day, number)
                name = f"M{account.key[:2]}{account.market.lower()}{index:04d}{number:03d}"
                received = local_instant(day, 7 + draw.below(16, *what, "hour"), draw.below(60, *what, "minute"))
                late = draw.unit(*what, "late") < 0.3
                wait = 3 + draw.below(3000 if late else 240, *what, "wait")
                answered: datetime | None = received + timedelta(minutes=wait)
                if draw.unit(*what, "answered") > 0.75 + 0.2 * period.share(day) or (answered and answered > now):
                    answered = None
                opened = draw.unit(*what, "opened") < 0.7
                rows.append(
                    [
                        name,
                        account.platform,
                        account.name,
                        _stamp(received),
                        _stamp(answered),
                        "in",
                        str(opened).lower(),
                    ]
                )
                weeks.add("inbound_messages", day)
                weeks.add("unanswered_messages", day, 0 if answered else 1)
                if answered or received + timedelta(minutes=_IN_TIME_MINUTES) <= now:
                    weeks.add("response_rate", day, 1 if answered and wait <= _IN_TIME_MINUTES else 0, 1)
                if answered:
                    minutes[_monday(day)].append(wait)
                    rows.append([f"{name}r", account.platform, account.name, _stamp(answered), None, "out", "false"])
    weeks.known |= {
        ("response_time_median", monday): (Decimal(str(median(found))), None) for monday, found in minutes.items()
    }
    header = ("message_id", "platform", "account", "received_at", "answered_at", "direction", "started_conversation")
    _write(inbox, period, "messages", header, rows)


def _mentions(inbox: Inbox, period: Period, draw: Draw, weeks: Weeks) -> None:
    rows: list[list[object]] = []
    for index in range(period.days):
        day = period.day(index)
        for place, (brand, weekly) in enumerate(_BRANDS):
            for number in _some(draw, weekly * scale(period) / 2, index, "mentions", brand):
                what = ("mention", brand, day, number)
                sentiment = draw.choose(_SENTIMENTS, *what, "sentiment")
                moment = local_instant(day, draw.below(24, *what, "hour"), draw.below(60, *what, "minute"))
                platform = draw.choose(_MENTION_PLATFORMS, *what)
                own = place == 0
                rows.append(
                    [f"N{place}{index:04d}{number:03d}", platform, _stamp(moment), brand, str(own).lower(), sentiment]
                )
                weeks.add("share_of_voice", day, int(own), 1)
                weeks.add("mentions", day, int(own))
                if own and sentiment:
                    weeks.add("negative_comment_share", day, int(sentiment == "negative"), 1)
    _write(inbox, period, "mentions", ("mention_id", "platform", "occurred_at", "brand", "is_own", "sentiment"), rows)


def _reviews(inbox: Inbox, period: Period, draw: Draw, weeks: Weeks) -> None:
    rows: list[list[object]] = []
    for index in range(period.days):
        day = period.day(index)
        for number in _some(draw, 0.9 * scale(period), index, "reviews"):
            what = ("review", day, number)
            rating = draw.choose(_RATINGS, *what, "rating")
            moment = local_instant(day, draw.below(24, *what, "hour"), draw.below(60, *what, "minute"))
            rows.append([f"R{index:04d}{number:03d}", draw.choose(_REVIEW_SOURCES, *what), _stamp(moment), rating])
            weeks.add("reviews", day)
            weeks.add("review_rating", day, rating, 1)
    _write(inbox, period, "reviews", ("review_id", "source", "reviewed_at", "rating"), rows)


def _subscriptions(inbox: Inbox, period: Period, draw: Draw, known: Rates, weeks: Weeks) -> None:
    rows: list[tuple[datetime, list[object]]] = []
    paid: dict[str, list[tuple[date, Decimal]]] = {}
    for index in range(period.days):
        for number in _some(draw, 1.1 * scale(period), index, "subscriptions"):
            name = f"S{index:04d}{number:03d}"
            currency, prices = draw.choose(_PLANS, name, "plan")
            for day, event, price in _changes(name, period, index, draw, prices):
                moment = local_instant(day, 8 + draw.below(12, name, day, "hour"), draw.below(60, name, day, "minute"))
                rows.append((moment, [name, f"A{name}", _stamp(moment), event, price, currency]))
                paid.setdefault(name, []).append((day, _in_nok(price, currency, day, known)))
    header = ("subscription_id", "customer_id", "changed_at", "event", "mrr", "currency")
    _write(
        inbox,
        period,
        "subscriptions",
        header,
        [row for _, row in sorted(rows, key=lambda one: (one[0], str(one[1][0])))],
    )
    for changes in paid.values():
        before = Decimal(0)
        for day, after in changes:
            change = after - before
            if before == 0:
                weeks.add("mrr_new", day, after)
            elif after == 0:
                weeks.add("mrr_churned", day, before)
            elif change:
                weeks.add("mrr_expansion" if change > 0 else "mrr_contraction", day, abs(change))
            before = after
    for monday in weeks.mondays if rows else []:
        starts = {name: _paid_on(changes, monday - timedelta(days=1)) for name, changes in paid.items()}
        ends = {name: _paid_on(changes, monday + timedelta(days=6)) for name, changes in paid.items()}
        there = [name for name, amount in starts.items() if amount]
        weeks.known["mrr", monday] = (sum(ends.values(), Decimal(0)), None)
        weeks.known["churn_rate", monday] = (Decimal(sum(1 for name in there if not ends[name])), Decimal(len(there)))


def _changes(name: str, period: Period, index: int, draw: Draw, prices: Sequence[int]) -> list[tuple[date, str, int]]:
    """Return what happens to a subscription: (local day, event, price a month), within the period."""
    place = draw.below(len(prices), name, "price")
    found = [(index, "start", prices[place])]
    luck, later = draw.unit(name, "luck"), index + 14 + draw.below(40, name, "later")
    if luck < 0.2:
        found.append((later, "cancel", 0))
        if luck < 0.05:
            found.append((later + 9, "start", prices[place]))
    elif luck < 0.35 and place + 1 < len(prices):
        found.append((later, "upgrade", prices[place + 1]))
    elif luck < 0.45 and place > 0:
        found.append((later, "downgrade", prices[place - 1]))
    return [(period.day(day), event, price) for day, event, price in found if day < period.days]


def _paid_on(changes: list[tuple[date, Decimal]], day: date) -> Decimal:
    return next((amount for changed, amount in reversed(changes) if changed <= day), Decimal(0))


def _in_nok(price: int, currency: str, day: date, known: Rates) -> Decimal:
    rates = known[last_rate_day(known, day)]
    factor = Decimal(1) if currency == "NOK" else Decimal(rates["NOK"]) / Decimal(rates[currency])
    return (price * factor).quantize(Decimal("0.0001"), ROUND_HALF_UP)


def _experiments(inbox: Inbox, period: Period, draw: Draw, weeks: Weeks) -> None:
    hypothesis = "En åpning med et spørsmål gir flere klikk enn en påstand"
    rows: list[list[object]] = []
    for variant, ad in zip("AB", _HOOKS, strict=True):
        started = local_instant(period.first, 9, 0)
        rows.append(
            ["krok", variant, hypothesis, "creative", "", "", ad, _stamp(started), "", 40000, 15000, "ctr_paid", 4, 2]
        )
        weeks.add("creative_tests_started", period.first)
    for monday in weeks.mondays:
        day = max(monday, period.first)
        for number in range(6 + draw.below(7, "variants", monday)):
            what = ("variant", monday, number)
            content = f"test_{monday:%m%d}_{'abcdefghijklm'[number]}"
            started = local_instant(day, 10, draw.below(60, *what))
            until = _stamp(started + timedelta(days=7))
            told = ("", "creative", content, "", "", _stamp(started), until, 2000, 900, "ctr_paid", 2, 1)
            rows.append([f"uke_{monday:%m%d}", content[-1], *told])
            weeks.add("creative_tests_started", day)
        if monday.day <= 7:
            for variant, ad in zip("AB", _OFFERS, strict=True):
                begun = _stamp(local_instant(day, 11, 0))
                told = ("Fri frakt slår ti prosent", "offer", ad, "", "", begun, "", 4000, 0, "bounce_rate", 3, 3)
                rows.append([f"tilbud_{monday:%m}", variant, *told])
    header = (
        "experiment_id", "variant", "hypothesis", "kind", "utm_content", "campaign", "ad", "started_at", "ended_at", "planned_sample",
        "budget", "metric", "impact", "effort",
    )  # fmt: skip
    _write(inbox, period, "experiments", header, rows)


def known_experiments(period: Period) -> list[tuple[str, str, str]]:
    """Every experiment whose variants have visits or ads: its id, its measure, and the variant that is truly better (empty: none)."""
    clicked = {ad.name: ad.ctr for ad in marketing.ADS}
    better = max(zip("AB", _HOOKS, strict=True), key=lambda variant: clicked[variant[1]])[0]
    months = dict.fromkeys(f"{monday:%m}" for monday in Weeks(period).mondays if monday.day <= 7)
    return [("krok", "ctr", better), *((f"tilbud_{month}", "bounce_rate", "") for month in months)]


def _decisions(inbox: Inbox, period: Period, draw: Draw, weeks: Weeks) -> None:
    subjects = (*dict.fromkeys(ad.campaign for ad in marketing.ADS), *(series.slug for series in marketing.SERIES))
    rows: list[list[object]] = []
    for monday in weeks.mondays:
        day = max(monday, period.first)
        for number in range(1 + draw.below(3, "decisions", monday)):
            what = ("decision", monday, number)
            moment = local_instant(day, 9, 10 + number)
            verb, owner = draw.choose(_VERBS, *what, "verb"), draw.choose(_OWNERS, *what, "owner")
            rows.append(
                [_stamp(moment), draw.choose(subjects, *what), verb, owner, draw.choose(_RULES, *what, "rule"), ""]
            )
            weeks.add("decisions_logged", local_date(moment))
    _write(inbox, period, "decisions", ("decided_at", "subject", "decision", "owner", "rule", "note"), rows)
