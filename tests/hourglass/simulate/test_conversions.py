"""Leads, orders and rates hold what the truth says of them."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.hourglass.simulate.reading import local_date, newest, sessions, table


def test_conversions_happened_in_the_visitors_newest_session(dirty):
    visits: dict[str, list[tuple[datetime, str]]] = {}
    for row in sessions(dirty):
        visits.setdefault(str(row["visitor_id"]), []).append((row["started_at"], str(row["session_id"])))
    known = table(dirty / "truth/conversions.csv")
    assert known
    for row in known:
        if row["link"] == "none":
            assert not row["session_id"]
            continue
        at = datetime.fromisoformat(row["occurred_at"][:-1])
        path = sorted(visit for visit in visits[row["visitor_id"]] if visit[0] <= at)
        assert row["session_id"] == path[-1][1]
        assert row["first_session_id"] == path[0][1]
        assert row["conversion_date"] == str(local_date(at))
        if row["channel"] != "Direct":
            assert row["last_non_direct_session_id"] == row["session_id"]


def test_orders_and_leads_end_as_the_truth_says(dirty):
    known = {row["conversion_id"]: row for row in table(dirty / "truth/conversions.csv")}
    orders, leads = newest(dirty, "shop", "order_id"), newest(dirty, "crm", "lead_id")
    assert set(orders) | set(leads) == set(known)
    for row in table(dirty / "truth/orders.csv"):
        mine = [order for order in orders.values() if order["currency"] == row["currency"]]
        assert len(mine) == int(row["orders"])
        for name in ("revenue", "tax", "shipping", "discount", "refunded"):
            assert sum(Decimal(order[name]) for order in mine) == Decimal(row[name])
        net = sum(Decimal(known[order["order_id"]]["value"]) for order in mine)
        assert (
            net
            == Decimal(row["revenue_net"])
            == sum(Decimal(order["revenue"]) - Decimal(order["tax"]) - Decimal(order["refunded"]) for order in mine)
        )
    for lead_id, lead in leads.items():
        assert lead["stage"] == known[lead_id]["final_stage"]
        assert bool(lead["session_id"]) == (known[lead_id]["link"] == "session")
        assert bool(lead["visitor_id"]) == (known[lead_id]["link"] in ("session", "visitor"))


def test_an_email_only_lead_shares_its_address_with_a_conversion_that_has_a_visitor(dirty):
    rows = [*newest(dirty, "crm", "lead_id").values(), *newest(dirty, "shop", "order_id").values()]
    known = {row["conversion_id"]: row for row in table(dirty / "truth/conversions.csv")}
    visitor = {}
    for row in rows:
        if row["visitor_id"]:
            assert visitor.setdefault(row["email"].strip().lower(), row["visitor_id"]) == row["visitor_id"]
    for row in rows:
        found = known[row.get("lead_id") or row["order_id"]]
        if not row["visitor_id"]:
            assert visitor.get(row["email"].strip().lower()) == (found["visitor_id"] or None)


def test_money_is_converted_with_the_last_rate_before_the_day(dirty):
    (path,) = (dirty / "inbox/exchange_rates").glob("*.csv")
    rates = {date.fromisoformat(row["Date"]): row for row in csv.DictReader(path.open())}
    assert all(day.weekday() < 5 for day in rates)
    assert max(rates) == date(2026, 11, 13), "the Friday before the last day"
    for row in table(dirty / "truth/conversions.csv"):
        if not row["value"]:
            continue
        day = date.fromisoformat(row["conversion_date"])
        while day not in rates:
            day -= timedelta(days=1)
        nok = float(rates[day]["NOK"])
        per_unit = 1.0 if row["currency"] == "NOK" else nok / float(rates[day].get(row["currency"]) or 1)
        assert float(row["value_nok"]) == pytest.approx(float(row["value"]) * per_unit, abs=1e-3)


def test_nobody_real_can_be_addressed(dirty):
    for row in [*newest(dirty, "crm", "lead_id").values(), *newest(dirty, "shop", "order_id").values()]:
        assert row["email"].strip().lower().endswith(("@example.com", "@example.org"))
