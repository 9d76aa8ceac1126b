"""A shop's, a payment provider's and a CRM's exports as downloaded, through the nightly job, to conversions and their credit."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from config.home import Home
from hourglass.run import run
from tests.pipelines.commerce import (
    HUBSPOT_CONTACTS,
    HUBSPOT_DEALS,
    nobody_is_left_in,
    payment,
    payments,
    shopify,
    shopify_order,
)

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("shop")]

SESSIONS = (
    "session_id,visitor_id,started_at,landing_url,pageviews,engaged_seconds\n"
    "s1,v1,2026-10-03T07:50:00Z,https://nordlys.example/?utm_source=instagram&utm_medium=social&utm_campaign=nb_2026_host,3,90\n"
    "s2,v2,2026-10-04T07:50:00Z,https://nordlys.example/,2,40\n"
)


def night(home: Home, query: str) -> list[tuple[Any, ...]]:
    """One run, and what a query finds in the published file then."""
    assert run(home, full_refresh=False, since=None, until=None, verbose=False) == 0
    with duckdb.connect(str(home.published), read_only=True) as published:
        return published.execute(query).fetchall()


CONVERSIONS = "select conversion_id, conversion_type, value, currency, session_id from core.fct_conversions order by 1"


def test_from_exports_to_conversions(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    (home.inbox / "hourglass.yml").write_text("time_zone: Europe/Oslo\n")
    (home.inbox / "sessions.csv").write_text(SESSIONS)
    (home.inbox / "hubspot-contacts-2026-10-05.csv").write_text(HUBSPOT_CONTACTS)
    (home.inbox / "hubspot-deals-2026-10-05.csv").write_text(HUBSPOT_DEALS)
    first = shopify_order("#1001", items=2, Id="77001", Note_Attributes="visitor_id: v1", Payment_Reference="ch_1")
    tax = {"Subtotal": "1250.00", "Taxes": "250.00", "Total": "1250.00"}
    second = shopify_order(
        "#1002", Id="77002", email="ase.bjorns@lunde.example", **{"Created at": "2026-10-04 10:00:00 +0200"}, **tax
    )
    third = shopify_order("#1003", Id="77003", **{"Created at": "2026-10-05 10:00:00 +0200"}, Financial_Status="voided")
    (home.inbox / "orders_export_2026-10-05.csv").write_text(shopify(third, second, first))
    between = payment("ch_9", **{"Created date (UTC)": "2026-10-04 12:00:00"})
    after = payment("ch_10", Amount="49.50", **{"Created date (UTC)": "2026-10-20 12:00:00"})
    (home.inbox / "unified_payments_2026-10-21.csv").write_text(payments(payment("ch_1"), between, after))
    assert night(home, CONVERSIONS) == [
        ("lead:hubspot.contact:501", "lead", Decimal("12500.5"), "NOK", None),
        ("lead:hubspot.contact:502", "email_signup", Decimal(300), "NOK", None),
        ("lead:hubspot.contact:503", "lead", None, None, None),
        ("lead:hubspot.deal:9002", "lead", Decimal(800), "NOK", None),
        ("order:77001", "order", Decimal(1000), "NOK", "s1"),
        ("order:77002", "order", Decimal(1000), "NOK", None),
        ("order:ch_10", "order", Decimal("49.5"), "NOK", "s1"),
    ]
    # Exported again: the first order is paid back in part, the second is cancelled.
    first = shopify_order("#1001", items=2, Id="77001", Note_Attributes="visitor_id: v1", Refunded_Amount="400.00")
    second[0]["Cancelled at"] = "2026-10-06 09:00:00 +0200"
    (home.inbox / "orders_export_2026-10-07.csv").write_text(shopify(second, first))
    found = night(home, CONVERSIONS)
    assert [row for row in found if row[0].startswith("order:7")] == [
        ("order:77001", "order", Decimal(600), "NOK", "s1")
    ]
    nobody_is_left_in(home.root, leave_out=home.inbox)
