"""Central banks' files of rates as downloaded: what one unit of a currency costs, by day."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

NORGES = "FREQ;Frequency;BASE_CUR;Base Currency;QUOTE_CUR;Quote Currency;TENOR;Tenor;DECIMALS;CALCULATED;UNIT_MULT;Unit Multiplier;COLLECTION;Collection Indicator;TIME_PERIOD;OBS_VALUE\n"  # noqa: E501
NORSK = "FREQ;Frekvens;BASE_CUR;Basisvaluta;QUOTE_CUR;Noteringsvaluta;TENOR;Løpetid;DECIMALS;CALCULATED;UNIT_MULT;Multiplikator;COLLECTION;Innsamlingstidspunkt;TIME_PERIOD;OBS_VALUE\n"  # noqa: E501
RATES = "select rate_date, base, currency, rate from raw.exchange_rates order by 1, 2"


def norges(code: str, name: str, power: int, day: str, rate: str, frequency: str = "B;Business") -> str:
    unit = {0: "Units", 2: "Hundreds"}[power]
    return f"{frequency};{code};{name};NOK;Norwegian krone;SP;Spot;4;false;{power};{unit};C;ECB concertation time;{day};{rate}\n"


def test_norges_bank_quotes_some_currencies_by_the_hundred(bench: Any) -> None:
    found = bench.read(
        "EXR.csv",
        NORGES
        + norges("EUR", "Euro", 0, "2026-11-12", "11.7325")
        + norges("SEK", "Swedish krona", 2, "2026-11-12", "104.75")
        + norges("JPY", "Japanese yen", 2, "2026-11-13", "6.543")
        + norges("SEK", "Swedish krona", 2, "2026-11-13", "")
        + norges("EUR", "Euro", 0, "2026-10", "11.7", frequency="M;Monthly"),
    )
    assert bench.rows(RATES) == [
        (date(2026, 11, 12), "EUR", "NOK", Decimal("11.7325")),
        (date(2026, 11, 12), "SEK", "NOK", Decimal("1.0475")),
        (date(2026, 11, 13), "JPY", "NOK", Decimal("0.06543")),
    ]
    assert (found.status, found.rows_quarantined) == ("partly_loaded", 1)


def test_norges_bank_in_norwegian_and_with_other_delimiters(bench: Any) -> None:
    content = NORSK + "B;Virkedag;EUR;Euro;NOK;Norske kroner;SP;Spot;4;false;0;Enheter;C;ECB;2026-11-12;11,7325\n"
    bench.read("kurser.csv", content)
    tabs = NORGES + norges("USD", "US dollar", 0, "2026-11-12", "10.05")
    bench.read("rates.csv", tabs.replace(";", "\t"))
    assert bench.rows(RATES) == [
        (date(2026, 11, 12), "EUR", "NOK", Decimal("11.7325")),
        (date(2026, 11, 12), "USD", "NOK", Decimal("10.05")),
    ]


@pytest.mark.parametrize(("eur", "usd"), [("746.0350", "664.11"), ("746,035", "664,11")])
def test_danmarks_nationalbank_quotes_by_the_hundred(bench: Any, eur: str, usd: str) -> None:
    found = bench.read(
        "DNVALD.csv",
        f"VALUTA;KURTYP;TID;INDHOLD\nEUR;KBH;2026M11D12;{eur}\nUSD;KBH;2026M11D12;{usd}\nEUR;RIT;2026M11D12;2,05\n"
        "EUR;KBH;2026M11;746,00\nUSD;KBH;2026M02D30;664,11\n",
    )
    assert bench.rows(RATES) == [
        (date(2026, 11, 12), "EUR", "DKK", Decimal("7.46035")),
        (date(2026, 11, 12), "USD", "DKK", Decimal("6.6411")),
    ]
    assert found.rows_quarantined == 3
    assert "a rate of a day is needed" in str(bench.rows("select string_agg(reason, '|') from raw.quarantine"))


@pytest.mark.parametrize("delimiter", ["\t", ";"])
@pytest.mark.parametrize(
    ("header", "group"),
    [("Period;Grupp;Serie;Värde", "Valutor mot svenska kronor"), ("Date;Group;Series;Value", "Currencies against Swedish kronor")],
)  # fmt: skip
def test_the_riksbank_names_the_units_in_the_series(bench: Any, header: str, group: str, delimiter: str) -> None:
    lines = [header, f"2026-11-12;{group};1 EUR;11,1975", f"2026-11-12;{group};100 JPY;6,2505", f"2026-11-13;{group};1 EUR;n/a",
             f"2026-11-13;{group};SEKNOKPMI;0,95415"]  # fmt: skip
    bench.read("riksbank.csv", "\n".join(lines).replace(";", delimiter) + "\n")
    assert bench.rows(RATES) == [
        (date(2026, 11, 12), "EUR", "SEK", Decimal("11.1975")),
        (date(2026, 11, 12), "JPY", "SEK", Decimal("0.062505")),
        (date(2026, 11, 13), "NOK", "SEK", Decimal("0.95415")),
    ]
