"""Reports of Google Ads through the whole ingestion: made-up Nordic campaigns."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from tests.pipelines.made_files import utf16

D = Decimal
ROWS = (
    "select campaign, ad_group, ad, date_from, date_to, spend, currency, impressions, clicks, link_clicks"
    " from raw.ads order by source_row"
)


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


GOOGLE = (
    "Campaign report\n"
    "27 January 2026 - 23 February 2026\n"
    "Campaign status\tCampaign\tBudget\tCurrency code\tStatus\tClicks\tImpr.\tCTR\tCost\tSearch impr. share\tConversions\tConv. value\n"
    'Enabled\tBlåbær søk\t10.00\tNOK\tEligible\t264\t"9,380"\t2.81%\t365.22\t< 10%\t25.00\t"1,841.20"\n'
    "Paused\tVår – video\t --\tNOK\tPaused\t6\t1000\t0.60%\t0.78\t --\t --\t0.00\n"
    'Total: Campaigns\t --\t --\tNOK\t --\t270\t"10,380"\t2.60%\t366.00\t< 10%\t25.00\t"1,841.20"\n'
    'Total: Account\t\t\tNOK\t\t300\t"12,000"\t2.50%\t400.00\t< 10%\t26.00\t"1,900.00"\n'
    "Total: Search\t\t\tNOK\t\t0\t0\t --\t0.00\t --\t0.00\t0.00\n"
)


def test_google_ads_of_a_period_with_several_totals(bench: Any) -> None:
    result = bench.read("Campaign report.csv", utf16(GOOGLE))
    assert (result.status, result.format, result.rows_read, result.rows_loaded, result.rows_totals) == (
        "loaded",
        "google_ads.report",
        5,
        2,
        3,
    )
    first, last = date(2026, 1, 27), date(2026, 2, 23)
    assert bench.rows(ROWS) == [
        ("Blåbær søk", None, None, first, last, D("365.22"), "NOK", 9380, 264, 264),
        ("Vår – video", None, None, first, last, D("0.78"), "NOK", 1000, 6, 6),
    ]
    assert bench.rows("select platform_conversions, platform_conversion_value from raw.ads order by source_row") == [
        (D(25), D("1841.20")),
        (None, D(0)),
    ]
    # One of the totals is that of the rows.
    assert not [note for note in result.notes if "total row" in note]


def test_google_ads_totals_of_which_none_is_the_sum_are_said(bench: Any) -> None:
    result = bench.read("Campaign report.csv", utf16(GOOGLE.replace("\t366.00\t", "\t377.00\t")))
    assert result.status == "loaded"
    assert [note for note in result.notes if "total row" in note] == [
        "warning: the total row says 377 Cost, the rows add up to 366"
    ]


@pytest.mark.parametrize(
    ("language", "period", "header", "total"),
    [
        ("en", "January 27, 2026 - February 23, 2026", "Day,Campaign,Currency code,Clicks,Impr.,Cost", "Total: Account"),
        ("de", "27. Januar 2026 - 23. Februar 2026", "Tag,Kampagne,Währungscode,Klicks,Impr.,Kosten", "Gesamt: Konto"),
        ("de", "27.01.2026 - 23.02.2026", "Tag,Kampagne,Währungscode,Klicks,Impressionen,Kosten", "Gesamt: Kampagnen"),
        ("sv", "27 januari 2026 - 23 februari 2026", "Dag,Kampanj,Valutakod,Klick,Exponeringar,Kostnad", "Totalt: Konto"),
        ("nb", "27. januar 2026 – 23. februar 2026", "Dag,Kampanje,Valutakode,Klikk,Visninger,Kostnad", "Totalt: Konto"),
        ("da", "27. jan. 2026 - 23. feb. 2026", "Dag,Kampagne,Valutakode,Klik,Eksponeringer,Omkostninger", "I alt: Konto"),
        ("fr", "27 janv. 2026 - 23 févr. 2026", "Jour,Campagne,Code de la devise,Clics,Impr.,Coût", "Total : compte"),
        ("es", "27 de enero de 2026 - 23 de febrero de 2026", "Día,Campaña,Código de moneda,Clics,Impr.,Coste", "Total: Cuenta"),
        ("it", "27 gennaio 2026 - 23 febbraio 2026", "Giorno,Campagna,Codice valuta,Clic,Impr.,Costo", "Totale: Account"),
        ("pt", "27 de janeiro de 2026 - 23 de fevereiro de 2026", "Dia,Campanha,Código da moeda,Cliques,Impr.,Custo", "Total: Conta"),
        ("nl", "27 januari 2026 - 23 februari 2026", "Dag,Campagne,Valutacode,Klikken,Impr.,Kosten", "Totaal: Account"),
    ],
)  # fmt: skip
def test_google_ads_by_day_in_ten_languages(bench: Any, language: str, period: str, header: str, total: str) -> None:
    point, group = (".", ",") if language == "en" else (",", ".")
    text = (
        f'Rapport\n"{period}"\n{header}\n'
        f'2026-02-03,Vår,SEK,12,"1{group}500","1234{point}50"\n'
        f'2026-02-04,Vår,SEK,8,900,"99{point}90"\n'
        f'{total}, --,SEK,20,"2{group}400","1334{point}40"\n'
    )
    result = bench.read("report.csv", text)
    assert (result.status, result.locale, result.rows_totals, result.reason) == ("loaded", language, 1, None)
    assert bench.rows(ROWS) == [
        ("Vår", None, None, date(2026, 2, 3), date(2026, 2, 3), D("1234.5"), "SEK", 1500, 12, 12),
        ("Vår", None, None, date(2026, 2, 4), date(2026, 2, 4), D("99.9"), "SEK", 900, 8, 8),
    ]
    assert not [note for note in result.notes if "total row" in note]


@pytest.mark.parametrize(
    ("header", "cell", "span"),
    [
        ("Week", "2026-01-26", (date(2026, 1, 27), date(2026, 2, 1))),
        ("Week", "2026-02-02", (date(2026, 2, 2), date(2026, 2, 8))),
        ("Month", "January 2026", (date(2026, 1, 27), date(2026, 1, 31))),
        ("Month", "2026-02", (date(2026, 2, 1), date(2026, 2, 23))),
        ("Month", "2026-02-01", (date(2026, 2, 1), date(2026, 2, 23))),
        ("Quarter", "Q1 2026", (date(2026, 1, 27), date(2026, 2, 23))),
        ("Year", "2026", (date(2026, 1, 27), date(2026, 2, 23))),
    ],
)
def test_google_ads_by_longer_spans_cut_at_the_reports_ends(
    bench: Any, header: str, cell: str, span: tuple[date, date]
) -> None:
    text = f"Campaign report\n27 January 2026 - 23 February 2026\n{header},Campaign,Currency code,Impr.,Cost\n{cell},Vår,NOK,5,10.00\n"
    assert bench.read("report.csv", text).status == "loaded"
    assert bench.rows("select date_from, date_to from raw.ads") == [span]


def test_a_span_outside_the_report_is_refused(bench: Any) -> None:
    text = "Campaign report\n27 January 2026 - 23 February 2026\nMonth,Campaign,Currency code,Impr.,Cost\nApril 2026,Vår,NOK,5,10.00\n"
    result = bench.read("report.csv", text)
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert "outside the report's own period" in (result.reason or "")


def test_a_day_outside_the_report_or_without_one_is_refused(bench: Any) -> None:
    text = (
        "Campaign report\n1 February 2026 - 23 February 2026\nDay,Campaign,Currency code,Impr.,Cost\n"
        "2026-02-03,Vår,NOK,5,10.00\n2026-03-02,Vår,NOK,5,20.00\n --,Vår,NOK,5,40.00\n"
    )
    result = bench.read("report.csv", text)
    assert (result.rows_loaded, result.rows_quarantined) == (1, 2)
    assert bench.rows("select line_number, reason from raw.quarantine order by 1") == [
        (5, "2026-03-02 is outside the report's own period, 2026-02-01 to 2026-02-23"),
        (6, "it does not say of which day it is"),
    ]


def test_google_ads_of_all_time_waits_with_the_question(bench: Any) -> None:
    result = bench.read(
        "ads/report.csv", GOOGLE.replace("27 January 2026 - 23 February 2026", "All time"), "platform: google_ads\n"
    )
    assert result.status == "quarantined"
    assert "Of which days is it?" in (result.question or "")


def test_an_adwords_report_has_its_period_in_the_title(bench: Any) -> None:
    text = (
        '"Kampanjer (Jan 1, 2014-Jan 31, 2014)"\nCampaign state,Campaign,Clicks,Impressions,CTR,Cost,Converted clicks\n'
        "enabled,Vår,12,1500,0.80%,10.50,1\nTotal, --,12,1500,0.80%,10.50,1\n"
    )
    result = bench.read("ads/report.csv", text, "currency: NOK\n")
    assert (result.status, result.format, result.rows_loaded, result.rows_totals) == (
        "loaded",
        "google_ads.report",
        1,
        1,
    )
    assert bench.rows("select date_from, date_to, spend from raw.ads") == [
        (date(2014, 1, 1), date(2014, 1, 31), D("10.5"))
    ]


def test_google_ads_of_one_day(bench: Any) -> None:
    bench.read("report.csv", GOOGLE.replace("27 January 2026 - 23 February 2026", "3 February 2026"))
    assert bench.rows("select distinct date_from, date_to from raw.ads") == [(date(2026, 2, 3), date(2026, 2, 3))]


AD_GROUPS = (
    "Anzeigengruppenbericht\n17. September 2026 - 1. Oktober 2026\n"
    "Anzeigengruppenstatus\tAnzeigengruppe\tImpressionen\tKosten\tKlicks\tConversions\n"
    'Aktiviert\tÆrlig fisk\t6.111\t"275,35"\t419\t"1,50"\nGesamt: Kampagne\t\t6.111\t"275,35"\t419\t"1,50"\n'
)


def test_ad_groups_without_their_campaign_wait(bench: Any) -> None:
    result = bench.read("ads/report.csv", utf16(AD_GROUPS), "currency: EUR\n")
    assert (result.status, result.rows_read) == ("quarantined", 2)
    assert "Export it again with the column for the campaign" in (result.question or "")


def test_ad_groups_in_german(bench: Any) -> None:
    text = AD_GROUPS.replace("\tAnzeigengruppe\t", "\tKampagne\tAnzeigengruppe\t").replace("\tÆrlig", "\tHerbst\tÆrlig")
    result = bench.read("ads/report.csv", utf16(text.replace("Kampagne\t\t", "Kampagne\t\t\t")), "currency: EUR\n")
    assert (result.status, result.rows_loaded, result.rows_totals) == ("loaded", 1, 1)
    assert bench.rows(ROWS) == [
        ("Herbst", "Ærlig fisk", None, date(2026, 9, 17), date(2026, 10, 1), D("275.35"), "EUR", 6111, 419, 419)
    ]


def test_google_ads_names_that_are_missing_are_no_names(bench: Any) -> None:
    text = (
        "Ad report\n3 February 2026\nCampaign,Ad group,Ad name,Ad ID,Currency code,Impr.,Clicks,Cost\n"
        "Vår, --, --,123456789,NOK,5,1,10.00\n"
    )
    assert bench.read("report.csv", text).status == "loaded"
    assert bench.rows("select campaign, ad_group, ad, ad_id from raw.ads") == [("Vår", None, None, "123456789")]


def test_google_ads_without_a_currency_asks(bench: Any) -> None:
    result = bench.read("ads/report.csv", utf16(AD_GROUPS.replace("Anzeigengruppe\t", "Kampagne\t")))
    assert "`currency: NOK` in inbox/ads/hourglass.yml" in (result.question or "")


def test_google_ads_reports_that_leave_money_out_are_not_read(bench: Any) -> None:
    result = bench.read("report.csv", utf16(GOOGLE.replace("\tBudget\t", "\tSearch term\t")))
    assert (result.status, result.rows_loaded) == ("quarantined", 0)
    assert "google_ads.report" in (result.nearest or "")
    assert "a header without search term" in (result.nearest or "")


def test_a_header_that_many_tools_write_needs_something_that_tells(bench: Any) -> None:
    text = "Day,Campaign,Clicks,Impressions,Cost\n2026-02-03,Vår,12,1500,10.50\n"
    result = bench.read("ads/report.csv", text, "currency: NOK\n")
    assert result.status == "quarantined"
    assert "platform:" in (result.question or "") and "google_ads" in (result.question or "")
    result = bench.read("ads/report.csv", text, "currency: NOK\nplatform: google_ads\n")
    assert (result.status, result.platform, result.rows_loaded) == ("loaded", "google_ads", 1)


def test_a_further_language_is_data(bench: Any) -> None:
    (bench.home.config / "formats").mkdir(parents=True)
    (bench.home.config / "formats" / "suomi.yml").write_text(
        "additions:\n"
        "  - extends: google_ads.report\n"
        "    columns:\n"
        "      spend: {fi: Hinta}\n      day: {fi: Päivä}\n      campaign: {fi: Kampanja}\n      currency: {fi: Valuuttakoodi}\n"
        "    totals: {fi: 'Yhteensä: {any}'}\n",
        encoding="utf-8",
    )
    text = (
        "Kampanjaraportti\n1. helmikuuta 2026 - 28. helmikuuta 2026\nPäivä,Kampanja,Valuuttakoodi,Impr.,Hinta\n"
        '2026-02-03,Kevät,EUR,900,"1 234,50"\nYhteensä: Tili, --,EUR,900,"1 234,50"\n'
    )
    result = bench.read("raportti.csv", text)
    assert (result.status, result.rows_totals, result.locale) == ("loaded", 1, "fi")
    assert bench.rows("select campaign, date_from, spend, currency from raw.ads") == [
        ("Kevät", date(2026, 2, 3), D("1234.5"), "EUR")
    ]


def test_google_ads_by_device(bench: Any) -> None:
    text = (
        "Campaign report\n1 February 2026 - 23 February 2026\nDay,Campaign,Device,Currency code,Impr.,Clicks,Cost\n"
        "2026-02-03,Vår,Mobile phones,NOK,5,1,10.00\n2026-02-03,Vår,Computers,NOK,6,2,20.00\n"
    )
    bench.read("report.csv", text)
    assert bench.rows("select breakdown, spend from raw.ads order by spend") == [
        ("device=Mobile phones", D(10)),
        ("device=Computers", D(20)),
    ]
