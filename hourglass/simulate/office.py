"""What the team itself keeps: content calendar, costs, a sample of web events, and the file that is nobody's."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import duckdb

from . import brand, marketing
from .clock import Period
from .draw import Draw
from .inbox import FileTruth, Inbox, csv_bytes
from .meta import downloaded_at
from .posts import Post

_GOAL_SEGMENT: Final = {"reach": "potential", "engagement": "engaged", "traffic": "ambassador"}
_CTA: Final = {"reach": "lagre", "engagement": "kommenter", "traffic": "les mer"}
_CALENDAR: Final = (
    "asset_id", "platform", "post_id", "series", "format", "goal", "phase", "target_segment", "distribution", "hook", "cta",
    "briefed_at", "published_at", "derived_from_asset_id", "creator", "qa_passed", "qa_failed_checks", "policy_flags",
    "utm_content",
)  # fmt: skip
_QA_CHECKS: Final = ("alt_text", "subtitles", "utm_link", "brand_tone", "claims")
# month's amount in whole units at the reference size
_COSTS: Final = (
    ("salary", "NOK", 46000, "Organic Social"), ("salary", "NOK", 31000, "Paid Social"), ("tool", "EUR", 289, ""),
    ("tool", "SEK", 1490, "Organic Social"), ("agency", "SEK", 12500, "Paid Social"), ("creator", "NOK", 9000, "Organic Video"),
)  # fmt: skip


@dataclass(frozen=True)
class CalendarItem:
    """What the content calendar says of an item that counts in a KPI, on its day of publishing."""

    day: date
    is_passed: bool
    flags: int
    has_creator: bool


def write_calendar(inbox: Inbox, period: Period, posts: list[Post], draw: Draw) -> list[CalendarItem]:
    """Write the content calendar as one CSV with semicolons, as a Nordic spreadsheet saves it; return its items."""
    rows: list[list[object]] = []
    items: list[CalendarItem] = []
    for post in posts:
        number, share = post.number, period.share(post.day)
        passed = draw.unit("qa", number) < marketing.QA_PASS.at(share)
        source = next((one for one in reversed(posts[: number - 1]) if one.series is post.series), None)
        is_derived = source is not None and draw.unit("derived", number) < 0.45
        creator = draw.choose(marketing.CREATORS, "creator", number) if draw.unit("is creator", number) < 0.03 else None
        flags = 1 if draw.unit("flag", number) < 0.008 else 0
        items.append(CalendarItem(post.day, passed, flags, creator is not None))
        brief_hours = int((9 - 4 * share) * 24 * draw.between(0.5, 1.5, "brief", number))
        rows.append(
            [f"A{number:04d}", post.account.platform, post.post_id, post.series.slug, post.format, post.series.goal,
             post.series.phase, _GOAL_SEGMENT[post.series.goal], "organic", post.hook, _CTA[post.series.goal],
             f"{post.published_at - timedelta(hours=brief_hours):%Y-%m-%dT%H:%M:%SZ}",
             f"{post.published_at:%Y-%m-%dT%H:%M:%SZ}", f"A{source.number:04d}" if is_derived and source else None,
             creator, "true" if passed else "false", None if passed else draw.choose(_QA_CHECKS, "failed", number),
             flags, post.utm_content]
        )  # fmt: skip
    path = f"content/innholdskalender_{period.last + timedelta(days=1)}.csv"
    inbox.write(path, csv_bytes(_CALENDAR, rows, bom=True, delimiter=";"), "content_calendar", len(rows))
    return items


def write_costs(inbox: Inbox, period: Period) -> None:
    """Write what the team costs, month by month."""
    months, day = [], date(period.first.year, period.first.month, 1)
    while day <= period.last:
        months.append(day)
        day = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    rows = [(month, amount, currency, kind, channel) for month in months for kind, currency, amount, channel in _COSTS]
    content = csv_bytes(("month", "amount", "currency", "kind", "channel"), rows)
    inbox.write(f"finance/costs_{period.last + timedelta(days=1)}.csv", content, "costs", len(rows))


_EVENTS: Final = """
select conversion_id, conversion_type, occurred_at, 'v' || code(visitor_row, 51) as visitor_id,
    's' || code(row_number, 50) as session_id, currency
from conversions
join countries using (country_id)
where link = 'session'
order by occurred_at, conversion_id
limit 2000
"""


def write_events(connection: duckdb.DuckDBPyConnection, inbox: Inbox, period: Period) -> None:
    """Write the events of up to two thousand converting sessions as JSON lines: a page view, then the conversion."""
    lines = []
    for conversion_id, kind, occurred_at, visitor_id, session_id, currency in connection.execute(_EVENTS).fetchall():
        is_order = kind == "order"
        for number, (name, at, page) in enumerate(
            (
                ("page_view", occurred_at - timedelta(seconds=45), "/kasse" if is_order else "/kontakt"),
                (
                    "purchase" if is_order else "generate_lead",
                    occurred_at,
                    "/kasse/takk" if is_order else "/kontakt/takk",
                ),
            )
        ):
            event: dict[str, object] = {
                "event_id": f"{conversion_id}-{number}",
                "visitor_id": visitor_id,
                "session_id": session_id,
                "occurred_at": f"{at:%Y-%m-%dT%H:%M:%SZ}",
                "event_name": name,
                "page_url": brand.SITE + page,
            }
            if number == 1:
                event |= {"order_id": conversion_id, "currency": currency} if is_order else {"lead_id": conversion_id}
            lines.append(json.dumps(event, ensure_ascii=False))
    if lines:
        path = f"web/events/web_events_{downloaded_at(period.last):%Y-%m-%d}.jsonl"
        inbox.write(path, ("\n".join(lines) + "\n").encode(), "web_events", len(lines))


def write_stray(inbox: Inbox) -> None:
    """Write a file that no reader can know: it waits in quarantine."""
    text = "Uke;Mandag;Tirsdag;Onsdag\n46;Fiskekaker;Lapskaus;Ertesuppe\n47;Kjøttkaker;Sei;Vafler og brunost\n"
    path = "diverse/kantinemeny.csv"
    target = inbox.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(text.encode())
    inbox.note(FileTruth(path, None, 2, rows_broken=2, status="quarantined"))
