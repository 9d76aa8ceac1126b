"""Exports of Meta Ads Manager through the whole ingestion."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

D = Decimal


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


ADS = (
    "Rapportering starter,Rapportering slutter,Kampanjenavn,Annonsenavn,Resultater,Result indicator,"
    "Rekkevidde,Eksponeringer,Beløp brukt (NOK),Klikk på lenke\n"
    "2026-02-01,2026-02-28,,,,,3000,5000,1250.75,60\n"
    "2026-02-01,2026-02-28,vaar_2026,Ærlig fisk,10,actions:link_click,2000,3000,1000.25,40\n"
    "2026-02-01,2026-02-28,vaar_2026,Ål,5,actions:link_click,1500,2000,250.5,20\n"
)


def test_meta_ads_total_row_first_and_currency_in_the_header(bench: Any) -> None:
    result = bench.read("ads.csv", ADS)
    assert (result.status, result.rows_read, result.rows_loaded, result.rows_totals) == ("loaded", 3, 2, 1)
    assert bench.rows(
        "select sum(spend), any_value(currency), min(date_from), max(date_to), any_value(platform) from raw.ads"
    ) == [(D("1250.75"), "NOK", date(2026, 2, 1), date(2026, 2, 28), "meta")]
    assert not [note for note in result.notes if "total row" in note]


def test_a_total_that_is_not_the_sum_is_said_with_both_numbers(bench: Any) -> None:
    result = bench.read("ads.csv", ADS.replace("1250.75", "1350.75"))
    assert result.status == "loaded"
    assert any("1350.75" in note and "1250.75" in note for note in result.notes)


@pytest.mark.parametrize(
    "header",
    [
        "Kampagnenname,Tag,Ausgegebener Betrag (EUR),Impressionen,Reichweite",
        "Kampanjnamn,Dag,Spenderat belopp (EUR),Exponeringar,Räckvidd",
        "Kampagnenavn,Dag,Brugt beløb (EUR),Eksponeringer,Rækkevidde",
        "Campaign name,Day,Amount spent (EUR),Impressions,Reach",
    ],
)
def test_meta_ads_by_day_in_four_languages(bench: Any, header: str) -> None:
    result = bench.read("ads.csv", f'{header}\nvår,2026-02-03,"12.50",1000,900\n')
    assert result.status == "loaded"
    assert bench.rows("select date_from, date_to, spend, currency, impressions from raw.ads") == [
        (date(2026, 2, 3), date(2026, 2, 3), D("12.5"), "EUR", 1000)
    ]


def test_meta_ads_with_breakdowns(bench: Any) -> None:
    text = (
        "Campaign name,Month,Region,Platform,Amount spent (SEK),Impressions\n"
        "vår,2026-01-01 - 2026-01-31,Skåne,instagram,10,5\nvår,2026-01-01 - 2026-01-31,Skåne,audience_network,1,1\n"
    )
    bench.read("ads.csv", text)
    assert bench.rows("select platform, breakdown, date_from, date_to from raw.ads order by spend desc") == [
        ("instagram", "region=Skåne; publisher_platform=instagram", date(2026, 1, 1), date(2026, 1, 31)),
        ("meta", "region=Skåne; publisher_platform=audience_network", date(2026, 1, 1), date(2026, 1, 31)),
    ]


def test_meta_ads_without_a_currency_ask_for_it(bench: Any) -> None:
    text = "Campaign name,Day,Amount spent\nvår,2026-02-03,12.50\n"
    result = bench.read("ads/ads.csv", text)
    assert result.status == "quarantined"
    assert "`currency: NOK` in inbox/ads/hourglass.yml" in (result.question or "")
    assert bench.read("ads/ads.csv", text, "currency: DKK\n").status == "loaded"


def test_an_empty_ads_export_is_loaded_with_no_rows(bench: Any) -> None:
    result = bench.read("ads.csv", '"Campaign name","Reporting starts","Amount spent (NOK)"\n"No data available."\n')
    assert (result.status, result.rows_read) == ("loaded", 0)
    assert "empty" in " ".join(result.notes)


@pytest.mark.parametrize(
    ("cell", "currency", "says"),
    [("NOK 1 200,50", "NOK", None), ("1 200,50 €", "EUR", None), ("kr 1 200,50", None, "In which currency")],
)
def test_a_currency_in_the_cell(bench: Any, cell: str, currency: str | None, says: str | None) -> None:
    text = f"Campaign name;Day;Amount spent\nvår;2026-02-03;{cell}\n"
    result = bench.read("ads/a.csv", text)
    assert says is None or says in (result.question or "")
    assert bench.rows("select spend, currency from raw.ads") == ([(D("1200.5"), currency)] if currency else [])


def test_a_cell_in_another_currency_than_its_header_is_refused(bench: Any) -> None:
    text = "Campaign name,Day,Amount spent (EUR)\nvår,2026-02-03,NOK 12.50\nsommer,2026-02-03,€ 3.50\n"
    result = bench.read("ads/a.csv", text)
    assert (result.rows_loaded, result.rows_quarantined) == (1, 1)
    assert "the amount is in NOK, the record in EUR" in (result.reason or "")


@pytest.mark.parametrize(
    "header",
    [
        "Nome della campagna,Giorno,Importo speso (EUR),Impression,Copertura,Clic sul link,Clic (tutti)",
        "Nome da campanha,Dia,Valor usado (EUR),Impressões,Alcance,Cliques no link,Cliques (todos)",
        "Campagnenaam,Dag,Besteed bedrag (EUR),Weergaven,Bereik,Klikken op links,Klikken (alle)",
        "Nom de la campagne,Jour,Montant dépensé (EUR),Impressions,Couverture,Clics sur un lien,Clics (tous)",
        "Nombre de la campaña,Día,Importe gastado (EUR),Impresiones,Alcance,Clics en el enlace,Clics (todos)",
    ],
)
def test_meta_ads_in_the_languages_of_the_south_and_west(bench: Any, header: str) -> None:
    result = bench.read("ads.csv", f"{header}\nvår,2026-02-03,12.50,1000,900,40,50\n")
    assert (result.status, result.format) == ("loaded", "meta.ads")
    assert bench.rows("select campaign, spend, currency, impressions, reach, link_clicks, clicks from raw.ads") == [
        ("vår", D("12.5"), "EUR", 1000, 900, 40, 50)
    ]


def test_money_whose_campaign_stands_under_an_unknown_name_waits(bench: Any) -> None:
    text = "Kampanjan nimi,Day,Amount spent (EUR),Impressions\nkevät,2026-02-03,12.50,1000\n"
    result = bench.read("ads.csv", text)
    assert result.status == "quarantined"
    assert "Of which campaigns are its ads" in (result.question or "")
    assert any("not known in any language: Kampanjan nimi" in note for note in result.notes)
    # An export of the whole account has no campaign, and no column that could be one.
    assert bench.read("account.csv", text.replace("Kampanjan nimi", "Account name")).status == "loaded"


WORDS = ["Results from 2 ads", "Resultater fra 2 annonser", "Resultados totales", "Resultaten van 2 advertenties"]
WORDS += ["Risultati da 2 inserzioni", "Total", "Totalt", "Summa:", "I alt", "Gesamtergebnis"]


@pytest.mark.parametrize("words", WORDS)
def test_the_footer_of_the_table_is_a_total(bench: Any, words: str) -> None:
    text = f"Ad name,Campaign name,Reporting starts,Reporting ends,Amount spent (EUR)\n{words},,2026-02-01,2026-02-28,30.00\n"
    text += "a,vår,2026-02-01,2026-02-28,10.00\nb,vår,2026-02-01,2026-02-28,20.00\n"
    result = bench.read("ads.csv", text)
    assert (result.rows_loaded, result.rows_totals) == (2, 1)
    assert bench.rows("select sum(spend) from raw.ads") == [(D(30),)]


def test_a_campaign_that_bears_the_name_of_a_sum_is_seen_by_the_numbers(bench: Any) -> None:
    text = "Campaign name,Day,Amount spent (EUR)\nTotal,2026-02-01,5.00\nvår,2026-02-01,10.00\n"
    result = bench.read("ads.csv", text)
    assert (result.rows_loaded, result.rows_totals) == (1, 1)
    assert "warning: the total row says 5 Amount spent (EUR), the rows add up to 10" in result.notes
