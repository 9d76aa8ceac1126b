"""Orders of shops and payments of payment providers: what an order came to, when, and that nobody's name is left behind."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from pipelines.privacy import hash_email, load_key
from tests.pipelines.commerce import nobody_is_left, payment, payments, shopify, shopify_order

D = Decimal


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


def values(bench: Any) -> dict[str, tuple[Any, ...]]:
    """By order number or id: revenue, tax in it, refunded."""
    rows = bench.rows("select coalesce(order_number, order_id), revenue, tax, refunded from raw.orders")
    return {row[0]: row[1:] for row in rows}


def test_an_order_of_several_rows_is_one_order(bench: Any) -> None:
    result = bench.read(
        "orders_export_1.csv", shopify(shopify_order("#1001", items=3, Id="77001"), shopify_order("#1002", Id="77002"))
    )
    assert (result.status, result.format, result.rows_read, result.rows_loaded) == ("loaded", "shopify.orders", 4, 4)
    assert result.tables == {"orders": 2}
    rows = bench.rows(
        "select order_id, order_number, ordered_at, revenue, currency, platform, export_kind, source_row from raw.orders order by 1"
    )
    assert rows == [
        ("77001", "1001", datetime(2026, 10, 3, 8, 15), D(1000), "NOK", "shopify", "orders", 1),
        ("77002", "1002", datetime(2026, 10, 3, 8, 15), D(1000), "NOK", "shopify", "orders", 4),
    ]
    ((original,),) = bench.rows("select original from raw.orders where order_id = '77001'")
    assert original.count('"Lineitem sku"') == 3
    ((hashed,),) = bench.rows("select distinct email_hash from raw.orders")
    assert hashed == hash_email("solveig.fjeldstad@nordlys.example", load_key(bench.home))


def test_rows_of_an_order_that_stand_apart_are_one_order(bench: Any) -> None:
    first, second = shopify_order("#1", items=2), shopify_order("#2")
    bench.read("o.csv", shopify([first[0]], second, [first[1]]))
    assert bench.rows("select order_number, source_row from raw.orders order by 1") == [("1", 1), ("2", 2)]


@pytest.mark.parametrize(
    ("money", "expected"),
    [
        # Prices with the tax in them, as in Nordic shops: 25 % of 1000 is in the 1250, and 20 of the 100 for shipping.
        ({"Subtotal": "1250.00", "Shipping": "100.00", "Taxes": "270.00", "Total": "1350.00"}, (D(1250), D(250), D(0))),
        # Tax on top, as in the United States.
        ({"Subtotal": "1000.00", "Shipping": "0.00", "Taxes": "90.00", "Total": "1090.00"}, (D(1090), D(90), D(0))),
        # All paid back, with tax and shipping: nothing is left.
        (
            {
                "Subtotal": "1250.00",
                "Shipping": "100.00",
                "Taxes": "270.00",
                "Total": "1350.00",
                "Refunded Amount": "1350.00",
            },
            (D(1250), D(250), D(1000)),
        ),
        # A fifth of a sale without tax and shipping is paid back.
        ({"Subtotal": "1000.00", "Total": "1000.00", "Refunded Amount": "200.00"}, (D(1000), D(0), D(200))),
        # All of it given away.
        ({"Subtotal": "0.00", "Total": "0.00", "Discount Amount": "1000.00"}, (D(0), D(0), D(0))),
    ],
)
def test_revenue_tax_and_refunds(bench: Any, money: dict[str, str], expected: tuple[Any, ...]) -> None:
    bench.read("orders_export.csv", shopify(shopify_order("#1", **money)))
    assert values(bench) == {"1": expected}


@pytest.mark.parametrize(
    ("columns", "state"),
    [
        ({"Financial Status": "paid"}, "paid"),
        ({"Financial Status": "partially_refunded"}, "paid"),
        ({"Financial Status": "authorized"}, "pending"),
        ({"Financial Status": "voided"}, "cancelled"),
        ({"Financial Status": "paid", "Cancelled at": "2026-10-04 09:00:00 +0200"}, "cancelled"),
    ],
)
def test_what_became_of_an_order(bench: Any, columns: dict[str, str], state: str) -> None:
    bench.read("o.csv", shopify(shopify_order("#1", **columns)))
    assert bench.rows("select order_state from raw.orders") == [(state,)]


def test_a_state_that_nobody_taught_waits(bench: Any) -> None:
    result = bench.read(
        "o.csv", shopify(shopify_order("#1", items=2, Financial_Status="on_the_moon"), shopify_order("#2"))
    )
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 1, 2)
    assert "Financial Status counts is not known" in result.reason
    assert "another row of this order" in result.reason


def test_a_state_is_taught_in_the_home(bench: Any) -> None:
    (bench.home.config / "formats").mkdir(parents=True)
    (bench.home.config / "formats" / "own.yml").write_text(
        "additions:\n  - extends: shopify.orders\n    states:\n      pending: {any: [on_the_moon]}\n"
    )
    bench.read("o.csv", shopify(shopify_order("#1", Financial_Status="on_the_moon")))
    assert bench.rows("select order_state from raw.orders") == [("pending",)]


def test_an_order_without_its_first_row_waits(bench: Any) -> None:
    rows = shopify_order("#1", items=3)
    result = bench.read("o.csv", shopify(rows[1:], shopify_order("#2")))
    assert (result.rows_loaded, result.rows_quarantined) == (1, 2), result.reason
    assert "is its first row missing?" in result.reason


def test_rows_that_contradict_each_other_wait(bench: Any) -> None:
    rows = shopify_order("#1", items=2)
    rows[1]["Total"] = "999.00"
    result = bench.read("o.csv", shopify(rows))
    assert (result.status, result.rows_quarantined) == ("quarantined", 2)
    assert "2 different amounts as its total" in result.reason


def test_tags_and_links_out_of_the_checkouts_attributes(bench: Any) -> None:
    link = "https://x.example/?utm_medium=social&utm_campaign=host&name=Kari"
    attributes = f"visitor_id: v77\nutm_source: instagram\nlanding_page: {link}\nGave: ja"
    bench.read("o.csv", shopify(shopify_order("#1", Note_Attributes=attributes)))
    query = "select visitor_id, session_id, utm_source, utm_medium, utm_campaign, utm_content from raw.orders"
    assert bench.rows(query) == [("v77", None, "instagram", "social", "host", None)]


def test_a_spreadsheets_copy_is_read_by_its_own_decimals(bench: Any) -> None:
    order = shopify_order(
        "#1", Subtotal="1250,50", Shipping="0", Taxes="0", Total="1250,50", Discount_Amount="0", Refunded_Amount="0"
    )
    order[0]["Lineitem price"] = "500"
    result = bench.read("o.csv", shopify(order, delimiter=";"))
    assert (result.status, values(bench)) == ("loaded", {"1": (D("1250.5"), D(0), D(0))})


@pytest.mark.parametrize("amount", ["1.250", "1,250"])
def test_a_thousand_or_a_fraction_waits(bench: Any, amount: str) -> None:
    """An English header is that of the tool, and says nothing about the person who saved the file again."""
    order = shopify_order(
        "#1", Subtotal=amount, Shipping="0", Taxes="0", Total=amount, Discount_Amount="0", Refunded_Amount="0"
    )
    order[0]["Lineitem price"] = "500"
    result = bench.read("shop/o.csv", shopify(order))
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert "`decimal_mark: " in result.question
    bench.read("shop/o.csv", shopify(order), sidecar='decimal_mark: ","\n')
    assert values(bench) == {"1": (D("1250") if amount == "1.250" else D("1.25"), D(0), D(0))}


def test_times_that_lost_their_offset_wait_for_the_zone(bench: Any) -> None:
    order = shopify_order("#1", Created_at="2026-03-01 09:59")
    result = bench.read("shop/o.csv", shopify(order))
    assert (result.status, "time_zone: " in (result.question or "")) == ("quarantined", True)
    bench.read("shop/o.csv", shopify(order), sidecar="time_zone: Europe/Oslo\n")
    assert bench.rows("select ordered_at from raw.orders") == [(datetime(2026, 3, 1, 8, 59),)]


def test_an_export_of_before_ids_is_known_by_its_numbers(bench: Any) -> None:
    text = shopify(shopify_order("#1"))
    assert bench.read("o.csv", text.replace(",Id,", ",Legacy,")).status == "loaded"
    assert bench.rows("select order_id, order_number from raw.orders") == [("#1", "1")]


def test_a_blank_line_between_the_rows_of_an_order_parts_nothing(bench: Any) -> None:
    lines = shopify(shopify_order("#1", items=2), shopify_order("#2")).splitlines(keepends=True)
    result = bench.read("o.csv", "".join([*lines[:2], "\n", *lines[2:]]))
    assert (result.status, result.rows_loaded, result.tables) == ("loaded", 3, {"orders": 2})


@pytest.mark.parametrize(
    ("columns", "state", "revenue", "refunded"),
    [
        ({}, "paid", D(1000), D(0)),
        ({"Status": "Refunded", "Amount Refunded": "1000.00"}, "paid", D(1000), D(1000)),
        ({"Amount Refunded": "250.00"}, "paid", D(1000), D(250)),
        ({"Status": "Failed"}, "failed", D(1000), D(0)),
        ({"Captured": "false"}, "uncaptured", D(1000), D(0)),
        ({"Mode": "Test"}, "test", D(1000), D(0)),
        ({"Disputed Amount": "1000.00", "Dispute Status": "lost"}, "paid", D(1000), D(1000)),
        ({"Status": "Dispute lost"}, "paid", D(1000), D(1000)),
        ({"Disputed Amount": "1000.00", "Dispute Status": "won"}, "paid", D(1000), D(0)),
    ],
)
def test_payments(bench: Any, columns: dict[str, str], state: str, revenue: Decimal, refunded: Decimal) -> None:
    result = bench.read("unified_payments.csv", payments(payment("ch_1", **columns)))
    assert (result.status, result.format) == ("loaded", "stripe.payments")
    rows = bench.rows(
        "select order_id, order_state, revenue, tax, refunded, currency, customer_id, ordered_at from raw.orders"
    )
    assert rows == [("ch_1", state, revenue, None, refunded, "NOK", "cus_1", datetime(2026, 10, 3, 8, 15, 7))]


def test_a_payment_names_its_order_and_its_campaign(bench: Any) -> None:
    bench.read(
        "p.csv",
        payments(
            payment("ch_1", UTM_Source="linkedin", UTM_Medium="social", **{"order_id (metadata)": "#1001"}),
            payment("ch_2", Client_Reference_ID="1002"),
        ),
    )
    assert bench.rows("select order_number, payment_intent_id, utm_source, utm_medium from raw.orders order by 1") == [
        ("1001", "pi_1", "linkedin", "social"),
        ("1002", "pi_2", None, None),
    ]


@pytest.mark.parametrize("damage", ["none", "bad amount", "bad day", "cells too many", "a foreign part", "a state"])
def test_nobody_is_left_behind(bench: Any, damage: str) -> None:
    order = shopify_order("#1", items=2, Note_Attributes="Hilsen: Solveig Fjeldstad", Tags="Åse Bjørnsdottir-Lunde")
    text = shopify(order, shopify_order("#2", email="ASE.BJORNS@lunde.example"))
    if damage == "bad amount":
        text = text.replace(",1000.00,0.00,0.00,1000.00,", ",Solveig Fjeldstad,0.00,0.00,+47 912 34 567,", 1)
    elif damage == "bad day":
        text = text.replace("2026-10-03 10:15:00 +0200", "Storgata 17B", 1)
    elif damage == "cells too many":
        text = text.replace("\n#2,", "\n#2,Solveig Fjeldstad,Storgata 17B,", 1)
    elif damage == "a foreign part":
        text += "\nSolveig Fjeldstad,Storgata 17B,x\n+47 912 34 567,Grønnegata 4,y\n"
    elif damage == "a state":
        text = text.replace(",paid,", ",Solveig Fjeldstad,", 1)
    result = bench.read("orders_export_1.csv", text)
    bench.read("unified_payments.csv", payments(payment("ch_1"), payment("ch_2", Amount="Solveig Fjeldstad")))
    assert result.status == ("loaded" if damage == "none" else "partly_loaded"), result
    nobody_is_left(bench)
