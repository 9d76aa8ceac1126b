"""WooCommerce's order exports and Stripe's subscriptions."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.pipelines.commerce import nobody_is_left

D = Decimal
OSLO = "time_zone: Europe/Oslo\ncurrency: NOK\n"


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


PLUGIN = (
    "Order Number,Order Status,Order Date,Customer Note,First Name (Billing),Last Name (Billing),Address 1&2 (Billing),"
    "Email (Billing),Phone (Billing),SKU,Item Name,Quantity,Order Line Total,Payment Method Title,Cart Discount Amount,"
    "Order Shipping Amount,Order Refund Amount,Order Total Amount,Order Total Tax Amount,Transaction ID\n"
)
PERSON = "Ring på hos naboen,Solveig,Fjeldstad,Storgata 17B,solveig.fjeldstad@nordlys.example,+47 912 34 567"
LINE = (
    "1001,{status},2026-10-03 10:15," + PERSON + ",{sku},Genser,1,500.00,Kort,0.00,80.00,{refund},1350.00,270.00,ch_1\n"
)


def money(bench: Any) -> list[tuple[Any, ...]]:
    return bench.rows("select order_number, revenue, tax, refunded, order_state from raw.orders order by 1")


def test_a_plugins_rows_a_line_item(bench: Any) -> None:
    lines = [LINE.format(status="Completed", sku=sku, refund="0.00") for sku in ("A", "B")]
    result = bench.read("orders.csv", PLUGIN + "".join(lines), OSLO)
    assert (result.status, result.format, result.rows_loaded, result.tables) == (
        "loaded",
        "woocommerce.orders",
        2,
        {"orders": 1},
    )
    # 1350 less 80 for shipping; of the rest 270 is tax, with that of the shipping.
    assert money(bench) == [("1001", D(1270), D(270), D(0), "paid")]
    assert bench.rows(
        "select order_id, ordered_at, currency, shipping, payment_reference, platform from raw.orders"
    ) == [("1001", datetime(2026, 10, 3, 8, 15), "NOK", D(80), "ch_1", "woocommerce")]
    nobody_is_left(bench)


@pytest.mark.parametrize(
    ("status", "refund", "state", "refunded"),
    [
        ("Processing", "0.00", "paid", D(0)),
        ("På vent", "0.00", "pending", D(0)),
        ("Fehlgeschlagen", "0.00", "failed", D(0)),
        ("Avbruten", "0.00", "cancelled", D(0)),
        ("Refunded", "0.00", "paid", D(1000)),
        ("Refundert", "1350.00", "paid", D(1000)),
        ("Completed", "-675.00", "paid", D(500)),
    ],
)
def test_states_and_refunds(bench: Any, status: str, refund: str, state: str, refunded: Decimal) -> None:
    bench.read("o.csv", PLUGIN + LINE.format(status=status, sku="A", refund=refund), OSLO)
    assert money(bench) == [("1001", D(1270), D(270), refunded, state)]


def test_the_other_plugin_with_tags(bench: Any) -> None:
    text = (
        "order_id,order_number,order_date,status,shipping_total,shipping_tax_total,tax_total,discount_total,order_total,order_currency,"
        "transaction_id,customer_email,billing_first_name,billing_phone,meta:_wc_order_attribution_utm_source\n"
        "77,1001,2026-10-03 10:15:00,completed,80,20,270,0,1350.5,SEK,pi_1,solveig.fjeldstad@nordlys.example,Solveig,"
        "+47 912 34 567,instagram\n"
    )
    assert bench.read("o.csv", text, "time_zone: Europe/Stockholm\n").format == "woocommerce.orders"
    assert bench.rows("select order_id, order_number, revenue, tax, currency, utm_source from raw.orders") == [
        ("77", "1001", D("1270.5"), D(270), "SEK", "instagram")
    ]


def test_numbers_of_two_shops_are_kept_apart_by_their_names(bench: Any) -> None:
    text = PLUGIN + LINE.format(status="Completed", sku="A", refund="0.00")
    bench.read("north/o.csv", text, OSLO + "account: nord\n")
    bench.read("south/o.csv", text.replace("1350.00", "1450.00"), OSLO + "account: syd\n")
    assert bench.rows("select order_id, order_number from raw.orders order by 1") == [
        ("nord:1001", "1001"),
        ("syd:1001", "1001"),
    ]


def test_without_a_column_for_the_tax_it_says_so(bench: Any) -> None:
    header = "Order Number,Order Status,Order Date,Email (Billing),Order Total Amount,Payment Method Title\n"
    text = header + "1,Completed,2026-10-03,,100.00,x\n"
    result = bench.read("o.csv", text, OSLO)
    assert any("add `Order Total Tax Amount`" in note for note in result.notes)
    assert money(bench) == [("1", D(100), None, None, "paid")]


def test_a_plugins_view_without_the_total_says_which_field(bench: Any) -> None:
    result = bench.read("o.csv", (PLUGIN + LINE).replace("Order Total Amount", "Hytte"), OSLO)
    assert (
        result.question == "Add the column `Order Total Amount` (add the field in the export plugin, and export again)"
    )


def test_analytics_adds_up_the_rows_of_an_order(bench: Any) -> None:
    text = (
        "Date,Order #,N. Revenue (formatted),Status,Customer,Customer type,Product(s),Items sold,Coupon(s),Net Sales,Attribution\n"
        '2026-10-03 10:15:00,1001,"kr 1350,00",completed,Solveig Fjeldstad,new,1× Genser,1,,"1000,50",Organic: Google\n'
        '2026-10-09 10:15:00,1001,"kr -500,00",completed,Solveig Fjeldstad,new,,0,,"-400,00",\n'
        '2026-10-04 10:15:00,1002,"kr 200,00",refunded,Åse Bjørnsdottir-Lunde,new,1× Lue,1,,"200,00",\n'
    )
    result = bench.read("o.csv", text, OSLO)
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "woocommerce.analytics", 3)
    assert money(bench) == [("1001", D("600.5"), None, None, "paid"), ("1002", D(200), None, D(200), "paid")]
    nobody_is_left(bench)


SUBSCRIPTIONS = (
    "id,Customer ID,Customer Description,Customer Email,Plan,Quantity,Currency,Interval,Amount,Status,Created (UTC),Start Date (UTC),"
    "Current Period End (UTC),Trial End (UTC),Canceled At (UTC),Ended At (UTC),Cancel At Period End\n"
)


def subscription(bench: Any, text: str) -> list[tuple[Any, ...]]:
    result = bench.read("subscriptions.csv", SUBSCRIPTIONS + text)
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "stripe.subscriptions", 1)
    return bench.rows("select event, changed_at, mrr, currency, customer_id from raw.subscriptions order by changed_at")


BEGAN, TRIAL_END, ENDED = datetime(2026, 1, 5, 9), datetime(2026, 1, 19, 9), datetime(2026, 6, 5, 9)


@pytest.mark.parametrize(
    ("fields", "events"),
    [
        ("2,nok,month,99.00,active,{b},{b},2026-07-05 09:00,,,,false", [("start", BEGAN, D(198))]),
        (",nok,year,1200.00,past_due,{b},{b},,,,,", [("start", BEGAN, D(100))]),
        ("1,nok,3 months,300.00,active,{b},{b},,,,,", [("start", BEGAN, D(100))]),
        ("1,nok,week,7.00,active,{b},{b},,,,,", [("start", BEGAN, D("30.4375"))]),
        # A trial pays nothing; one that went on pays from its end.
        ("1,nok,month,99.00,trialing,{b},{b},,{t},,,", [("start", BEGAN, D(0))]),
        ("1,nok,month,99.00,active,{b},{b},,{t},,,", [("start", TRIAL_END, D(99))]),
        ("1,nok,month,99.00,incomplete,{b},{b},,,,,", [("start", BEGAN, D(0))]),
        # Ended; asked for in May for the end of the period; ended within the trial; asked for and not come yet.
        ("1,nok,month,99.00,canceled,{b},{b},,,{e},{e},false", [("start", BEGAN, D(99)), ("cancel", ENDED, D(0))]),
        (
            "1,nok,month,99.00,canceled,{b},{b},{e},,2026-05-20 12:00,,true",
            [("start", BEGAN, D(99)), ("cancel", ENDED, D(0))],
        ),
        (
            "1,nok,month,99.00,canceled,{b},{b},,{t},{t},{t},false",
            [("start", BEGAN, D(0)), ("cancel", TRIAL_END, D(0))],
        ),
        ("1,nok,month,99.00,active,{b},{b},{e},,2026-05-20 12:00,,true", [("start", BEGAN, D(99))]),
    ],
)
def test_subscriptions(bench: Any, fields: str, events: list[tuple[Any, ...]]) -> None:
    told = fields.format(b="2026-01-05 09:00", t="2026-01-19 09:00", e="2026-06-05 09:00")
    row = f"sub_1,cus_1,Solveig Fjeldstad,solveig.fjeldstad@nordlys.example,plan_1,{told}\n"
    assert subscription(bench, row) == [(*event, "NOK", "cus_1") for event in events]
    nobody_is_left(bench)


def test_subscriptions_that_do_not_tell_enough_wait(bench: Any) -> None:
    row = "sub_{n},cus_1,,,p,1,nok,{interval},{amount},{status},2026-01-05 09:00,2026-01-05 09:00,,,,,\n"
    cases = [
        ("blue moon", "9.00", "active"),
        ("month", "", "active"),
        ("month", "9.00", "shiny"),
        ("month", "9.00", "canceled"),
    ]
    text = "".join(row.format(n=n, interval=i, amount=a, status=s) for n, (i, a, s) in enumerate(cases))
    result = bench.read("s.csv", SUBSCRIPTIONS + text)
    assert (result.status, result.rows_quarantined) == ("quarantined", 4)
    reasons = [row[0] for row in bench.rows("select reason from raw.quarantine order by line_number")]
    assert [reason.split(",")[0].split(";")[0] for reason in reasons] == [
        "the billing interval is not a number of days",
        "no amount",
        "whether a subscription of this status pays is not known",
        "it has ended",
    ]


def test_an_export_without_prices_says_which_columns(bench: Any) -> None:
    result = bench.read("s.csv", SUBSCRIPTIONS.replace(",Interval,Amount", ",A,B"))
    assert result.question == "Add the column `Amount` and `Interval` (choose all columns in the export dialog)"
