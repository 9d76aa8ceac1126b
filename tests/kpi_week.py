"""One made-up week as raw rows of every source, on any Monday: what it must give stands in ``tests/sql/test_kpi_each.py``.

Clock times are local (Europe/Oslo), so that the same week around a clock change or a year's end must give the same KPIs.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

OSLO = ZoneInfo("Europe/Oslo")
Rows = list[dict[str, Any]]
SHOP = "https://www.shop.example/"


def raw_week(monday: date) -> dict[str, Rows]:
    """Raw rows by table: the week that begins on ``monday``, and three weeks before it in which only ads and leads happened."""

    def at(day: int, clock: str) -> str:
        moment = datetime.combine(monday + timedelta(days=day), time.fromisoformat(clock), OSLO)
        return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}"

    def on(day: int) -> date:
        return monday + timedelta(days=day)

    def rows(table: Rows) -> Rows:
        return [
            {"captured_at": at(8, "06:00"), "file_id": "f", "source_row": number, "source_file": "a.csv", **row}
            for number, row in enumerate(table)
        ]

    def session(name: str, visitor: str, started_at: str, tags: str, **more: Any) -> dict[str, Any]:
        url = f"{SHOP}offer?{tags}" if tags else SHOP
        return {"session_id": name, "visitor_id": visitor, "started_at": started_at, "landing_url": url, "pageviews": 3,
                "engaged_seconds": 60, **more}  # fmt: skip

    organic = "utm_source=instagram&utm_medium=social&utm_campaign=autumn&utm_content=clip-1"
    paid = "utm_source=facebook&utm_medium=paid_social&utm_campaign=autumn&utm_content=ad-1"
    repaired = "utm_source=fb&utm_medium=social&utm_campaign=autumn"
    before = [(-21 + 6, "23:30"), (-14, "00:10"), (-7, "12:00")]

    def ad(day: int, spend: int, **more: Any) -> dict[str, Any]:
        return {"platform": "meta", "export_kind": "ads", "account": "a", "campaign": "autumn", "ad": "ad-1", "date_from": on(day),
                "date_to": on(day), "spend": spend, "currency": "NOK", **more}  # fmt: skip

    def figure(day: int, measure: str, value: int) -> dict[str, Any]:
        return {
            "platform": "instagram",
            "account": "a",
            "export_kind": "overview",
            "date": on(day),
            "measure": measure,
            "value": value,
        }

    def cost(month: date, daily: int, kind: str, channel: str | None) -> dict[str, Any]:
        return {"month": month, "amount": daily * monthrange(month.year, month.month)[1], "currency": "NOK", "kind": kind,
                "channel": channel}  # fmt: skip

    def subscription(customer: str, changed_at: str, mrr: int) -> dict[str, Any]:
        return {
            "subscription_id": customer,
            "customer_id": customer,
            "changed_at": changed_at,
            "mrr": mrr,
            "currency": "NOK",
        }

    def message(name: str, received_at: str, answered_at: str | None = None, **more: Any) -> dict[str, Any]:
        return {"message_id": name, "platform": "instagram", "account": "a", "received_at": received_at, "answered_at": answered_at,
                "direction": "in", "started_conversation": False, **more}  # fmt: skip

    def mention(name: str, is_own: bool, sentiment: str | None = None) -> dict[str, Any]:
        return {
            "mention_id": name,
            "platform": "x",
            "occurred_at": at(2, "12:00"),
            "brand": "b",
            "is_own": is_own,
            "sentiment": sentiment,
        }

    months = sorted({on(day).replace(day=1) for day in range(-30, 8)})
    return {
        "raw.web_sessions": rows([
            session("s1", "v1", at(0, "00:05"), organic, consent="granted"),
            session("s2", "v2", at(1, "09:00"), paid, pageviews=1, engaged_seconds=3, consent="denied"),
            session("s3", "v1", at(2, "09:00"), organic, consent="granted"),
            session("s4", "v3", at(3, "09:00"), paid),
            session("s5", "v4", at(4, "09:00"), ""),
            session("s6", "v5", at(4, "09:00"), repaired),
            *(session(f"b{day}", f"b{day}", at(day, clock), paid) for day, clock in before),
        ]),
        "raw.leads": rows([
            {"lead_id": "l1", "created_at": at(2, "09:10"), "session_id": "s3", "mql_at": at(3, "08:00"), "meeting_at": at(4, "08:00"),
             "deal_value": 1000, "currency": "NOK"},
            {"lead_id": "l2", "created_at": at(3, "10:00")},
            {"lead_id": "l3", "created_at": at(0, "00:15"), "session_id": "s1", "kind": "email_signup"},
            {"lead_id": "l4", "created_at": at(4, "09:10"), "session_id": "s6", "kind": "webinar_registration"},
            {"lead_id": "l5", "created_at": at(3, "09:05"), "session_id": "s4", "lost_at": at(5, "09:00"), "deal_value": 500,
             "currency": "NOK"},
            *({"lead_id": f"b{day}", "created_at": at(day, clock), "session_id": f"b{day}"} for day, clock in before),
        ]),
        "raw.orders": rows([
            {"order_id": "o1", "ordered_at": at(3, "09:30"), "session_id": "s4", "customer_id": "c1", "revenue": 1000, "tax": 200,
             "cost_of_goods": 300, "currency": "NOK"},
            {"order_id": "o2", "ordered_at": at(4, "10:00"), "visitor_id": "v3", "customer_id": "c1", "revenue": 500, "tax": 100,
             "cost_of_goods": 150, "currency": "NOK"},
            # The last half hour of the week: refunded in part.
            {"order_id": "o3", "ordered_at": at(6, "23:45"), "customer_id": "c2", "referred_by_customer_id": "c1", "revenue": 300,
             "tax": 60, "refunded": 40, "cost_of_goods": 50, "currency": "NOK"},
        ]),
        "raw.ads": rows([
            ad(1, 300, impressions=10000, link_clicks=150, views=2000, views_3s=900, views_25pct=500),
            ad(1, 100, platform="google_ads", campaign="search", ad=None, impressions=5000, link_clicks=50),
            ad(-21, 200), ad(-14, 300), ad(-7, 400),
        ]),
        "raw.costs": rows([
            one for month in months
            for one in (cost(month, 100, "salary", "Organic Social"), cost(month, 20, "tool", "Email"), cost(month, 10, "agency", None))
        ]),
        "raw.social_posts": rows([
            {"platform": "instagram", "account": "a", "export_kind": "posts", "post_id": "p1", "published_at": at(0, "08:00"),
             "captured_at": at(6, "06:00"), "period_kind": "lifetime", "is_paid": False, "impressions": 1000, "reach": 800, "views": 500,
             "views_3s": 400, "views_25pct": 300, "views_completed": 100, "watch_seconds": 5000, "likes": 50, "comments": 10, "shares": 5,
             "saves": 15, "link_clicks": 20, "negative_feedback": 2},
            {"platform": "instagram", "account": "a", "export_kind": "posts", "post_id": "p2", "published_at": at(1, "08:00"),
             "captured_at": at(6, "06:00"), "period_kind": "lifetime", "is_paid": False, "impressions": 500, "views": 100,
             "average_view_share": "0.5", "likes": 10, "comments": 5},
        ]),
        "raw.social_account_daily": rows([
            figure(-1, "followers", 990),
            *(figure(day, "followers", 1000 + 10 * day) for day in range(7)),
            *(figure(day, measure, value) for day in range(7) for measure, value in (("profile_visits", 100), ("profile_link_clicks", 2))),
            *(figure(0, measure, value) for measure, value in (
                ("reach", 50), ("impressions", 75), ("unique_viewers", 40), ("returning_viewers", 10), ("engaged_audience", 25),
            )),
        ]),
        "raw.messages": rows([
            message("m1", at(0, "10:00"), at(0, "10:30"), started_conversation=True),
            message("m2", at(1, "10:00"), at(3, "10:00")),
            message("m3", at(2, "10:00")),
            message("m4", at(0, "11:00"), direction="out"),
        ]),
        "raw.mentions": rows([mention("1", True, "negative"), mention("2", True, "positive"), mention("3", True), mention("4", False)]),
        "raw.reviews": rows([
            {"review_id": str(rating), "source": "google", "reviewed_at": at(5, "20:00"), "rating": rating} for rating in (5, 4)
        ]),
        "raw.subscriptions": rows([
            subscription("a", at(-30, "12:00"), 100), subscription("a", at(3, "12:00"), 0), subscription("b", at(1, "12:00"), 50),
            subscription("c", at(-30, "12:00"), 80), subscription("c", at(2, "12:00"), 90), subscription("c", at(4, "12:00"), 60),
        ]),
        "raw.content_calendar": rows([
            {"asset_id": "A1", "platform": "instagram", "post_id": "p1", "series": "school", "format": "reel", "hook": "question",
             "distribution": "assisted",
             "briefed_at": at(-8, "08:00"), "published_at": at(0, "08:00"), "qa_passed": True, "policy_flags": 0},
            {"asset_id": "A2", "platform": "instagram", "post_id": "p2", "briefed_at": at(-1, "08:00"), "published_at": at(1, "08:00"),
             "derived_from_asset_id": "A1", "qa_passed": False, "policy_flags": 1, "creator": "Kari"},
            {"asset_id": "A3", "series": "winter", "hook": "question", "distribution": "assisted", "utm_content": "AD-1"},
        ]),
        "raw.experiments": rows([
            {"experiment_id": "e1", "variant": variant, "kind": "creative", "started_at": at(0, "09:00")} for variant in "ab"
        ]),
        "raw.decisions": rows([{"decided_at": at(0, "09:00"), "subject": "autumn", "decision": "go on", "owner": "Kari"}]),
        "raw.email_campaigns": rows([
            {"tool": "klaviyo", "export_kind": "campaigns", "account": "a", "campaign": "news", "campaign_id": "k1",
             "sent_at": at(3, "08:00"), "delivered": 1000, "clicks": 30}
        ]),
    }  # fmt: skip
