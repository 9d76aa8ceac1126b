"""Ads exports of LinkedIn, TikTok, Snapchat, Pinterest and Microsoft through the whole ingestion."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.pipelines.made_files import utf16, workbook

D = Decimal
ROWS = (
    "select campaign, ad_group, ad, date_from, date_to, spend, currency, impressions, clicks, link_clicks"
    " from raw.ads order by source_row"
)


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


LINKEDIN = (
    "Ad Performance Report (in UTC)\r\nReport Start: September 1, 2026, 12:00 AM\r\nReport End: September 30, 2026, 11:59 PM\r\n"
    "Date Generated: October 2, 2026, 9:00 AM\r\n\r\n"
    "Start Date (in UTC)\tAccount Name\tCurrency\tCampaign ID\tCampaign Name\tAd Set ID\tAd Set Name\tAd Name\tAd ID\tTotal Spent"
    "\tImpressions\tClicks\tClick Through Rate\tClicks to Landing Page\tConversions\r\n"
)
LINKEDIN_DAYS = (
    '9/3/2026\tFjellbrygg\tNOK\t10\tHøst\t20\tBeslutningstakere\tÅpen dag\t30\t"1,009.36"\t"17,256"\t55\t0.319%\t40\t1\r\n'
    "9/4/2026\tFjellbrygg\tNOK\t10\tHøst\t20\tBeslutningstakere\tÅpen dag\t30\t55.39\t2916\t10\t0.343%\t8\t0\r\n"
)


def test_linkedin_ads_by_day(bench: Any) -> None:
    result = bench.read("campaign_10.csv", utf16(LINKEDIN + LINKEDIN_DAYS))
    assert (result.status, result.format, result.account, result.rows_loaded) == (
        "loaded",
        "linkedin.ads",
        "Fjellbrygg",
        2,
    )
    assert bench.rows(ROWS) == [
        (
            "Høst",
            "Beslutningstakere",
            "Åpen dag",
            date(2026, 9, 3),
            date(2026, 9, 3),
            D("1009.36"),
            "NOK",
            17256,
            55,
            40,
        ),
        ("Høst", "Beslutningstakere", "Åpen dag", date(2026, 9, 4), date(2026, 9, 4), D("55.39"), "NOK", 2916, 10, 8),
    ]


def test_linkedin_ads_of_days_without_delivery_are_an_empty_report(bench: Any) -> None:
    result = bench.read("campaign_10.csv", utf16(LINKEDIN.split("\r\n\r\n", maxsplit=1)[0] + "\r\n"))
    assert (result.status, result.format, result.rows_read) == ("loaded", "linkedin.ads", 0)
    assert "nothing was delivered in its period" in " ".join(result.notes)


def test_linkedin_ads_mean_the_same_by_their_names_of_before_2026(bench: Any) -> None:
    older = LINKEDIN.replace(
        "Campaign ID\tCampaign Name\tAd Set ID\tAd Set Name",
        "Campaign Group ID\tCampaign Group Name\tCampaign ID\tCampaign Name",
    )
    result = bench.read("campaign_10.csv", utf16(older + LINKEDIN_DAYS))
    assert result.format == "linkedin.ads_with_campaign_groups"
    assert bench.rows("select distinct campaign_id, campaign, ad_group_id, ad_group, ad_id from raw.ads") == [
        ("10", "Høst", "20", "Beslutningstakere", "30")
    ]


def test_linkedin_ads_without_days_cover_their_whole_period(bench: Any) -> None:
    rows = (
        LINKEDIN_DAYS.replace("9/3/2026", "9/1/2026")
        .replace("9/4/2026", "9/1/2026")
        .replace("\t30\t55.39", "\t31\t55.39")
    )
    result = bench.read("campaign_10.csv", utf16(LINKEDIN + rows))
    assert bench.rows("select distinct date_from, date_to from raw.ads") == [(date(2026, 9, 1), date(2026, 9, 30))]
    assert "without a breakdown by day" in " ".join(result.notes)


def test_linkedin_ads_of_the_first_and_of_other_days_are_days(bench: Any) -> None:
    rows = LINKEDIN_DAYS.replace("9/3/2026", "9/1/2026")
    bench.read("campaign_10.csv", utf16(LINKEDIN + rows))
    assert bench.rows("select date_from, date_to from raw.ads order by 1") == [
        (date(2026, 9, 1), date(2026, 9, 1)),
        (date(2026, 9, 4), date(2026, 9, 4)),
    ]


def test_linkedin_ads_by_month(bench: Any) -> None:
    head = LINKEDIN.replace("Report Start: September 1", "Report Start: July 15")
    rows = LINKEDIN_DAYS.replace("9/3/2026", "7/15/2026").replace("9/4/2026", "9/1/2026")
    bench.read("campaign_10.csv", utf16(head + rows))
    assert bench.rows("select date_from, date_to from raw.ads order by 1") == [
        (date(2026, 7, 15), date(2026, 7, 31)),
        (date(2026, 9, 1), date(2026, 9, 30)),
    ]


def test_linkedin_ads_of_one_date_whose_period_was_cut_off_wait(bench: Any) -> None:
    bare = LINKEDIN.split("\r\n\r\n")[1]
    one_date = LINKEDIN_DAYS.replace("9/4/2026", "9/3/2026")
    assert "Of which days is it?" in (bench.read("campaign_10.csv", utf16(bare + one_date)).question or "")
    assert bench.read("campaign_11.csv", utf16(bare + LINKEDIN_DAYS)).status == "loaded"


@pytest.mark.parametrize(
    ("above", "header", "day"),
    [
        (
            ["Rapport met advertentieprestaties (in UTC)", "Begindatum van rapport: 1 september 2026 00:00",
             "Einddatum van rapport: 30 september 2026 23:59"],
            "Begindatum (in UTC),Valuta,Campagnenaam,Naam van advertentieset,Advertentienaam,Totaal besteed,Weergaven,Klikken",
            "4-9-2026",
        ),
        (
            ["Bericht zur Performance", "Startdatum des Berichts: 1. September 2026, 00:00",
             "Enddatum des Berichts: 30. September 2026, 23:59"],
            "Startdatum (in UTC),Währung,Name der Kampagne,Name der Anzeigengruppe,Anzeigenname,Gesamtausgaben,Impressions,Klicks",
            "4.9.2026",
        ),
        (
            ["Annonsrapport (UTC)", "Startdatum för rapport: 1 september 2026", "Slutdatum för rapport: 30 september 2026"],
            "Startdatum (i UTC),Valuta,Kampanjnamn,Namn på annonsuppsättning,Annonsnamn,Totalt spenderat,Visningar,Klick",
            "4/9/2026",
        ),
    ],
)  # fmt: skip
def test_linkedin_ads_elsewhere_have_the_day_first(bench: Any, above: list[str], header: str, day: str) -> None:
    head = "\r\n".join([*above, "", header.replace(",", "\t"), ""])
    result = bench.read("ads.csv", utf16(head + f'{day}\tEUR\tHöst\tAlla\tÖppet hus\t"1.009,36"\t17.256\t55\r\n'))
    assert (result.status, result.format) == ("loaded", "linkedin.ads")
    assert bench.rows(ROWS) == [
        ("Höst", "Alla", "Öppet hus", date(2026, 9, 4), date(2026, 9, 4), D("1009.36"), "EUR", 17256, 55, None)
    ]


TIKTOK = [
    "Ad name",
    "Campaign name",
    "Ad group name",
    "By Day",
    "Cost",
    "Currency",
    "Impressions",
    "Clicks (destination)",
    "Clicks (all)",
]
TIKTOK_ROWS = [
    ["Ål", "Vår", "18-24", "2026-02-03", "100.50", "SEK", "1000", "40", "50"],
    ["Ål", "Vår", "18-24", "2026-02-04", "20.25", "SEK", "2000", "10", "12"],
]


def test_tiktok_ads_leave_the_total_of_n_results_out(bench: Any) -> None:
    total = ["Total of 2 results", "-", "-", "-", "120.75", "SEK", "3000", "50", "62"]
    result = bench.read("Annonser.xlsx", workbook(("Data", [TIKTOK, *TIKTOK_ROWS, total])))
    assert (result.status, result.format, result.rows_read, result.rows_loaded, result.rows_totals) == (
        "loaded",
        "tiktok.ads",
        3,
        2,
        1,
    )
    assert bench.rows(ROWS) == [
        ("Vår", "18-24", "Ål", date(2026, 2, 3), date(2026, 2, 3), D("100.5"), "SEK", 1000, 50, 40),
        ("Vår", "18-24", "Ål", date(2026, 2, 4), date(2026, 2, 4), D("20.25"), "SEK", 2000, 12, 10),
    ]
    assert not [note for note in result.notes if "total row" in note]


def test_tiktok_ads_without_days_have_the_period_of_the_name(bench: Any) -> None:
    header = [name if name != "Cost" else "Cost (SEK)" for name in TIKTOK if name not in ("By Day", "Currency")]
    row = ["Ål", "Vår", "18-24", 120.75, 3000, 50, 62]
    content = workbook(("Data", [header, row]))
    assert "Of which days is it?" in (bench.read("Annonser.xlsx", content).question or "")
    assert bench.read("Kampanj-2026-02-01-2026-02-28.xlsx", workbook(("D", [header, row]))).status == "loaded"
    assert bench.rows("select date_from, date_to, spend, currency from raw.ads") == [
        (date(2026, 2, 1), date(2026, 2, 28), D("120.75"), "SEK")
    ]


def test_snapchat_ads(bench: Any) -> None:
    text = (
        "Date,Campaign Id,Campaign Name,Ad Set Id,Ad Set Name,Ad Id,Ad Name,Amount Spent,Paid Impressions,Paid eCPM,Clicks,"
        "2 Second Video Views,Video Completions\n"
        "2026-02-03,c1,Vår,s1,18-24,a1,Ål,100.50,1000,10.05,40,300,30\n"
    )
    result = bench.read("snap/ads.csv", text, "currency: DKK\n")
    assert (result.status, result.format) == ("loaded", "snapchat.ads")
    assert bench.rows(
        "select campaign_id, ad_group_id, ad_id, spend, currency, clicks, link_clicks, views, views_completed from raw.ads"
    ) == [("c1", "s1", "a1", D("100.5"), "DKK", 40, 40, 300, 30)]


def test_pinterest_ads_with_a_total_row(bench: Any) -> None:
    text = (
        "Date,Campaign name,Ad group name,Spend in account currency,Impressions,Pin clicks,Outbound clicks,Total conversions\n"
        "2026-02-03,Vår,Alle,10.00,5000,150,60,4\n2026-02-04,Vår,Alle,5.00,2500,70,30,2\nTotal,,,15.00,7500,220,90,6\n"
    )
    result = bench.read("pins/ads.csv", text, "currency: NOK\n")
    assert (result.status, result.format, result.rows_loaded, result.rows_totals) == ("loaded", "pinterest.ads", 2, 1)
    assert bench.rows("select sum(spend), sum(clicks), sum(link_clicks), sum(platform_conversions) from raw.ads") == [
        (D(15), 220, 90, D(6))
    ]


MICROSOFT = (
    '"Report Name: Kampanjer"\n"Report Time: {}"\n"Time Zone: (GMT+01:00) Amsterdam, Berlin, Stockholm"\n'
    '"Last Completed Available Day: 2/24/2026 10:15:00 PM (GMT)"\n"Report Aggregation: {}"\n"Rows: 2"\n\n'
)


@pytest.mark.parametrize(("first", "second"), [("2/3/2026", "2/4/2026"), ("2026-02-03", "2026-02-04")])
def test_microsoft_ads_by_day_with_lines_above_and_below(bench: Any, first: str, second: str) -> None:
    text = MICROSOFT.format("2/1/2026,2/23/2026", "Day") + (
        '"Gregorian date","Account name","Campaign name","Currency code","Impressions","Clicks","CTR (%)","Spend"\n'
        f'"{first}","Fjellbrygg","Søk","NOK","1,500","12","0.8%","10.50"\n"{second}","Fjellbrygg","Søk","NOK","900","8","0.9%","9.50"\n\n'
        '"©2026 Microsoft Corporation. All rights reserved. "\n'
    )
    result = bench.read("Kampanjer.csv", "\ufeff" + text)
    assert (result.status, result.format, result.platform, result.rows_read) == ("loaded", "microsoft.ads", "bing", 2)
    assert bench.rows(ROWS) == [
        ("Søk", None, None, date(2026, 2, 3), date(2026, 2, 3), D("10.5"), "NOK", 1500, 12, 12),
        ("Søk", None, None, date(2026, 2, 4), date(2026, 2, 4), D("9.5"), "NOK", 900, 8, 8),
    ]


@pytest.mark.parametrize(
    ("said", "span"),
    [
        ("2/1/2026,2/23/2026", (date(2026, 2, 1), date(2026, 2, 23))),
        ("2/3/2026", (date(2026, 2, 3), date(2026, 2, 3))),
    ],
)
def test_microsoft_ads_in_sum_have_the_period_of_report_time(bench: Any, said: str, span: tuple[date, date]) -> None:
    text = (
        MICROSOFT.format(said, "Summary") + "Campaign name,Currency code,Impressions,Clicks,Spend\nSøk,NOK,900,8,9.50\n"
    )
    assert bench.read("Kampanjer.csv", text).status == "loaded"
    assert bench.rows("select date_from, date_to from raw.ads") == [span]
