"""A person who is everywhere in an inbox, and that inbox without her."""

import io
import json
import re
from csv import DictWriter
from datetime import datetime, timedelta
from typing import Any

from config.home import Home

EMAIL = "solveig.fjeld@nordlys.example"
PHONE, LAPTOP = "v-solveig-7f3a91", "v-solveig-08cc42"
CUSTOMER = "K-solveig-4711"
ORDER, LEAD, SUBSCRIPTION = "O-solveig-2201", "L-solveig-88", "S-solveig-31"
HERS = (EMAIL, PHONE, LAPTOP, CUSTOMER, ORDER, LEAD, SUBSCRIPTION)
ANY_OF_HERS = "|".join(re.escape(name) for name in HERS)
START = datetime.fromisoformat("2026-10-05 08:00:00")


def visits(visitor: str, first: int, count: int) -> list[dict[str, Any]]:
    return [
        {
            "session_id": f"s-{visitor}-{number}",
            "visitor_id": visitor,
            "started_at": (START + timedelta(hours=7 * (first + number))).isoformat() + "Z",
            "landing_url": "https://shop.example/jakker?utm_source=facebook&utm_medium=social&utm_campaign=nb2026_host",
            "user_agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/130.0",
            "consent": "granted",
            "pageviews": 2,
            "engaged_seconds": 40,
        }
        for number in range(count)
    ]


def delivered(*, with_her: bool, written: dict[str, str]) -> dict[str, str]:
    """The inbox by path: with her rows or without, and with the texts of ``written`` in the place of her names in others' rows."""

    def hers(*rows: dict[str, Any]) -> list[dict[str, Any]]:
        return list(rows) if with_her else []

    def said(text: str) -> str:
        for name, other in written.items():
            text = text.replace(name, other)
        return text

    others = [visit for number in range(12) for visit in visits(f"v-other-{number:04}", number, 3)]
    others[4]["landing_url"] += said(f"&ref={PHONE}")
    sessions = [*others, *hers(*visits(PHONE, 2, 4))]
    broken = hers({**visits(PHONE, 1, 1)[0], "session_id": "s-broken", "started_at": "ikke en dato"})
    events = [
        *(event("e1", "v-other-0001", 1), event("e2", "v-other-0002", 20)),
        *hers(event("e3", LAPTOP, 4, user_id=EMAIL), event("e4", LAPTOP, 5, order_id=ORDER)),
    ]
    orders = [
        order("O-1", "v-other-0001", "kari@fjell.example", "K-1", 30),
        order("O-2", "v-other-0002", "ola@fjell.example", "K-2", 31),
        {
            **order("O-3", "v-other-0003", "per@fjell.example", "K-3", 32),
            "referred_by_customer_id": CUSTOMER if with_her else "",
        },
        *hers(order(ORDER, PHONE, EMAIL, CUSTOMER, 20), order("O-solveig-2202", "", EMAIL, "", 21)),
    ]
    leads = [
        {"lead_id": "L-1", "created_at": at(9), "email": "kari@fjell.example", "visitor_id": "v-other-0001"},
        {"lead_id": "L-2", "created_at": at(40), "email": "ola@fjell.example", "visitor_id": "v-other-0002"},
        *hers({"lead_id": LEAD, "created_at": at(6), "email": EMAIL.upper(), "visitor_id": LAPTOP}),
    ]
    subscriptions = [
        {
            "subscription_id": "S-1",
            "customer_id": "K-1",
            "changed_at": at(50),
            "event": "start",
            "mrr": 99,
            "currency": "NOK",
        },
        *hers(
            {
                "subscription_id": SUBSCRIPTION,
                "customer_id": CUSTOMER,
                "changed_at": at(22),
                "event": "start",
                "mrr": 99,
                "currency": "NOK",
            }
        ),
    ]
    reviews = [
        {"review_id": "R-1", "source": "google", "reviewed_at": at(51), "rating": 4, "customer_id": "K-1"},
        *hers({"review_id": "R-2", "source": "google", "reviewed_at": at(30), "rating": 5, "customer_id": CUSTOMER}),
    ]
    calendar = [
        {"asset_id": "A-1", "platform": "instagram", "hook": said(f"Kunden {CUSTOMER} forteller"), "briefed_at": at(1)},
        {"asset_id": "A-2", "platform": "instagram", "hook": "Vinter", "briefed_at": at(60)},
    ]
    return {
        said(f"web/sessions {PHONE}.csv"): csv(sessions),
        "web/broken.csv": csv([*visits("v-other-0020", 3, 2), *broken]),
        "web/events.jsonl": "".join(json.dumps(row) + "\n" for row in events),
        "shop/orders.csv": csv(orders),
        "crm/leads.csv": csv(leads),
        "shop/subscriptions.csv": csv(subscriptions),
        "shop/reviews.csv": csv(reviews),
        "content/calendar.csv": csv(calendar),
        "diverse/ukjent.csv": "noe,annet\n" + said(f"{PHONE},{CUSTOMER}\n"),
        "rates.csv": "date,base,currency,rate\n2026-10-01,EUR,NOK,11.5\n2026-10-20,EUR,NOK,11.6\n",
    }


def at(hours: int) -> str:
    return (START + timedelta(hours=hours)).isoformat() + "Z"


def event(event_id: str, visitor: str, hours: int, **more: Any) -> dict[str, Any]:
    page = "https://shop.example/kvittering"
    return {
        "event_id": event_id,
        "visitor_id": visitor,
        "occurred_at": at(hours),
        "event_name": "page_view",
        "page_url": page,
        **more,
    }


def order(order_id: str, visitor: str, email: str, customer: str, hours: int) -> dict[str, Any]:
    return {
        "order_id": order_id,
        "ordered_at": at(hours),
        "customer_id": customer,
        "email": email,
        "visitor_id": visitor,
        "revenue": 1200,
        "currency": "NOK",
        "referred_by_customer_id": "",
    }


def csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    writer = DictWriter(out, list(rows[0]), restval="", delimiter=";", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def fill(home: Home, files: dict[str, str]) -> None:
    for path, text in files.items():
        target = home.inbox / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
