"""Campaigns of e-mail tools through the whole ingestion."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

D = Decimal


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


KLAVIYO = (
    "Campaign Name,Tags,Subject,List,Send Time,Send Weekday,Total Recipients,Unique Placed Order,Placed Order Rate,Revenue,"
    "Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes,Spam Complaints,Spam Complaints Rate,"
    "Successful Deliveries,Bounces,Bounce Rate,Campaign ID,Campaign Channel\n"
    'Vår på fjellet,,Hei kari@fjellheim.example,Nyhetsbrev,2026-03-01 09:30:00,Sunday,"1,010",12,1.2%,"4,500.50",400,40%,520,'
    "90,9%,110,3,0,0%,1000,10,1%,01HX,Email\n"
)


def test_klaviyo_campaigns_in_the_accounts_clock_and_currency(bench: Any) -> None:
    question = bench.read("k/campaigns.csv", KLAVIYO).question or ""
    assert "`currency: NOK`" in question and "`time_zone: Europe/Oslo`" in question
    result = bench.read("k/campaigns.csv", KLAVIYO, "time_zone: Europe/Oslo\ncurrency: NOK\n")
    assert (result.status, result.format, result.platform) == ("loaded", "klaviyo.campaigns", "klaviyo")
    assert bench.rows(
        "select campaign, campaign_id, sent_at, sent, delivered, opens, total_opens, clicks, total_clicks, orders, revenue, currency"
        " from raw.email_campaigns"
    ) == [
        ("Vår på fjellet", "01HX", datetime(2026, 3, 1, 8, 30), 1010, 1000, 400, 520, 90, 110, 12, D("4500.5"), "NOK")
    ]  # fmt: skip
    assert "kari@" not in bench.rows("select subject from raw.email_campaigns")[0][0]


def test_mailchimp_campaigns(bench: Any) -> None:
    text = (
        "Title,Subject,List,Send Date,Send Weekday,Total Recipients,Successful Deliveries,Soft Bounces,Hard Bounces,Total Bounces,"
        "Times Forwarded,Forwarded Opens,Unique Opens,Open Rate,Total Opens,Unique Clicks,Click Rate,Total Clicks,Unsubscribes,"
        "Abuse Complaints,Times Liked on Facebook,Folder Id,Unique Id,Total Orders,Total Gross Sales,Total Revenue\n"
        'Høst,Ny sesong,Kunder,"Mar 04, 2026 10:30 am",Wednesday,100,98,1,1,2,0,0,40,40.8%,55,9,9.2%,11,1,0,0,,a1b2,0,0,0\n'
    )
    result = bench.read("campaigns.csv", text, "time_zone: UTC\n")
    assert (result.status, result.format) == ("loaded", "mailchimp.campaigns")
    assert bench.rows("select sent_at, delivered, opens, clicks, bounces from raw.email_campaigns") == [
        (datetime(2026, 3, 4, 10, 30), 98, 40, 9, 2)
    ]


def test_constant_contact_campaigns_and_the_overview_that_tells_nothing(bench: Any) -> None:
    text = (
        "\ufeffTime Sent,Campaign Name,Sends,Opens,Open Rate,Mobile Open Rate,Desktop Open Rate,Clicks,Click Rate,Bounces,"
        "Bounce Rate,Unsubscribes,Unsubscribe Rate\n2026/03/11 2:02 PM,[Takk] Fest,79,36,48.0%,21.4%,78.6%,9,12.0%,4,5.1%,0,0.0%\n"
    )
    assert bench.read("clicks.csv", text, "time_zone: UTC\n").status == "loaded"
    assert bench.rows("select campaign, sent_at, sent, bounces, opens, clicks from raw.email_campaigns") == [
        ("[Takk] Fest", datetime(2026, 3, 11, 14, 2), 79, 4, 36, 9)
    ]
    overview = 'Send Rates\n"Status","Rate"\n"Open Rate",46\nClick Rates\n"Device","Rate"\n"Desktop",99\n'
    result = bench.read("overview.csv", overview)
    assert (result.status, result.format) == ("quarantined", "constant_contact.overview")
    assert "Export the list of campaigns instead" in (result.reason or "")
