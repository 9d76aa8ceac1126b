"""The authentic exports of shops and payment providers, against figures recomputed from their raw text."""

import shutil
from collections.abc import Iterator
from decimal import Decimal

import duckdb
import pytest

from config.home import Home
from config.settings import Settings
from pipelines.ingest import ingest
from tests.conformance.samples import SAMPLES, Loaded, records, total

FOLDERS = ("shopify", "stripe")
pytestmark = [
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no authentic samples: {SAMPLES} is not there"),
    pytest.mark.xdist_group("samples_commerce"),
]
SHOPIFY = "shopify/orders_export_1_dev_store_2025.scrubbed.csv"
STRIPE = "stripe/unified_payments.header_plus_scrubbed_row.csv"
NOT_KEPT = (
    "Customer One",
    "Customer Two",
    "customer1@example.com",
    "customer2@example.com",
    "Employee One",
    "pm_1AAAA",
    "0000",
)
"""People and card data in the two files, as the samples' own scrubbing left them."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    home = Home(tmp_path_factory.mktemp("commerce") / "home").create()
    for folder in FOLDERS:
        shutil.copytree(SAMPLES / folder, home.inbox / folder)
    with duckdb.connect(str(home.warehouse)) as connection:
        report = ingest(home, Settings(), connection=connection)
        yield Loaded(connection, {result.file_path: result for result in report.files})


def test_every_record_is_loaded(loaded: Loaded) -> None:
    assert set(loaded.results) == {SHOPIFY, STRIPE}
    for path, result in loaded.results.items():
        assert result.status == "loaded", (path, result.reason)
        assert (
            result.rows_read == len(records(path)) == result.rows_loaded + result.rows_totals + result.rows_quarantined
        )


def test_shopify_orders(loaded: Loaded) -> None:
    rows = records(SHOPIFY)
    firsts = [row for row in rows if row["Total"]]
    assert (len(rows), len(firsts), total([row["Subtotal"] for row in firsts])) == (7, 3, Decimal("29185.00"))
    net = loaded.one("select sum(revenue - tax - refunded) from raw.orders where source_file = ?", SHOPIFY)
    assert net == total([row["Subtotal"] for row in firsts]) - total([row["Refunded Amount"] for row in firsts])
    # In this shop the tax comes on top of the prices.
    assert loaded.one("select sum(tax) from raw.orders where source_file = ?", SHOPIFY) == total(
        [row["Taxes"] for row in firsts]
    )
    assert loaded.one("select sum(shipping) from raw.orders where source_file = ?", SHOPIFY) == total(
        [row["Shipping"] for row in firsts]
    )
    got = loaded.connection.execute(
        "select order_id, order_number, strftime(ordered_at, '%Y-%m-%d %H:%M:%S'), currency from raw.orders where source_file = ?"
        " order by 1",
        [SHOPIFY],
    ).fetchall()
    # -0500: five hours later in UTC.
    assert got == sorted(
        (row["Id"], row["Name"][1:], row["Created at"][:-6].replace(" 10:", " 15:"), row["Currency"]) for row in firsts
    )
    people = loaded.one("select count(distinct email_hash) from raw.orders where source_file = ?", SHOPIFY)
    assert people == len({row["Email"] for row in firsts}) == 2


def test_stripe_payments(loaded: Loaded) -> None:
    (row,) = records(STRIPE)
    got = loaded.connection.execute(
        "select order_id, revenue, refunded, lower(currency), customer_id, payment_intent_id, strftime(ordered_at, '%Y-%m-%d %H:%M:%S'),"
        " order_state from raw.orders where source_file = ?",
        [STRIPE],
    ).fetchall()
    assert got == [
        (
            row["id"],
            Decimal(row["Amount"]),
            Decimal(row["Amount Refunded"]),
            row["Currency"],
            row["Customer ID"],
            row["PaymentIntent ID"],
            row["Created date (UTC)"],
            "paid",
        )
    ]


def test_nobody_is_kept(loaded: Loaded) -> None:
    kept = loaded.connection.execute("select original from raw.orders").fetchall()
    for (original,) in kept:
        for text in NOT_KEPT[:-1]:
            assert text not in original
        assert '"Card' not in original
