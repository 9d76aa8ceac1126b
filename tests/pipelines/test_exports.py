"""What waits instead of being guessed, whatever the platform; and exchange rates as the European Central Bank gives them."""

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


def test_the_ecbs_own_file(bench: Any) -> None:
    bench.read(
        "eurofxref-hist.csv",
        "Date,USD,NOK,SEK,CYP,\n2026-11-13,1.05,11.75,11.2,N/A,\n2026-11-12,1.06,11.7,11.25,N/A,\n",
    )
    assert bench.rows(
        "select rate_date, base, currency, rate from raw.exchange_rates where currency = 'NOK' order by 1"
    ) == [
        (date(2026, 11, 12), "EUR", "NOK", D("11.7")),
        (date(2026, 11, 13), "EUR", "NOK", D("11.75")),
    ]
    assert bench.rows("select count(*) from raw.exchange_rates") == [(6,)]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("dok.pdf", b"%PDF-1.7", "PDF"),
        ("tom.csv", b"", "empty"),
        ("meny.csv", b"Rett;Pris\nFiskekaker;89\n", "not a known export"),
        ("feil.html", b"<html>Logg inn</html>", "web page"),
    ],
)
def test_what_is_not_understood_waits_and_the_run_goes_on(bench: Any, name: str, content: bytes, says: str) -> None:
    bench.put("ads.csv", ADS)
    result = bench.read(name, content)
    assert result.status == "quarantined"
    assert says in (result.reason or "")
    assert bench.rows("select count(*) from raw.ads") == [(2,)]


SPEND = "Campaign name,Reporting starts,Reporting ends,Amount spent (NOK),Impressions\n"


def test_days_of_either_order_wait_with_the_question_and_the_sidecar_answers(bench: Any) -> None:
    text = SPEND + "vår,03/04/2026,03/04/2026,12.50,10\n"
    result = bench.read("ads/a.csv", text)
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert "`date_order: dmy` or `date_order: mdy` in inbox/ads/hourglass.yml" in (result.question or "")
    assert bench.read("ads/a.csv", text, "date_order: dmy\n").status == "loaded"
    assert bench.rows("select date_from, date_to from raw.ads") == [(date(2026, 4, 3), date(2026, 4, 3))]


def test_one_column_proves_the_order_of_another(bench: Any) -> None:
    assert bench.read("a.csv", SPEND + "vår,03/04/2026,16/04/2026,12.50,10\n").status == "loaded"
    assert bench.rows("select date_from, date_to from raw.ads") == [(date(2026, 4, 3), date(2026, 4, 16))]


def test_an_amount_of_either_size_waits_with_the_question_and_the_sidecar_answers(bench: Any) -> None:
    text = "Campaign name,Dag,Beløp brukt (NOK),Impressions\nvår,2026-04-03,1.234,10\n"
    result = bench.read("ads/a.csv", text)
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert '`decimal_mark: ","` or `decimal_mark: "."`' in (result.question or "")
    assert bench.read("ads/a.csv", text, 'decimal_mark: ","\n').status == "loaded"
    assert bench.rows("select spend from raw.ads") == [(D(1234),)]


@pytest.mark.parametrize(
    ("name", "header", "format_"),
    [
        ("threads_insights.csv", "Date,Views,Likes,Replies,Reposts,Quotes", "threads.insights"),
        (
            "Snapchat Public Profile.csv",
            "Date,Story Views,Viewers,Followers,Average View Time",
            "snapchat.public_profile",
        ),
    ],
)
def test_insights_of_apps_without_a_known_file_are_refused_with_what_to_do(
    bench: Any, name: str, header: str, format_: str
) -> None:
    row = ",".join(["2026-02-01", *["5"] * header.count(",")])
    result = bench.read(name, f"{header}\n{row}\n", "account: Fjellheim\n")
    assert (result.status, result.format, result.rows_loaded) == ("quarantined", format_, 0)
    assert "Teach its columns in config/formats" in (result.reason or "")
    # Under a name that says nothing it is nobody's.
    assert bench.read("tall.csv", f"{header}\n{row}\n{row}\n", "account: Fjellheim\n").format is None
