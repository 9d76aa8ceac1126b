"""What waits instead of being guessed, whatever the platform; and exchange rates as the European Central Bank gives them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from pipelines import reports

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


HEADERS = ["Campaign name,Day,Amount spent (SEK),Impressions", "Campaign name,Day,Amount spent (SEK)"]
PARTS = {
    "a part below": "{0}\nvår,2026-03-01,10.50{1}\n\nhøst,2026-03-01,5.25{1}\n\n\nvår,2026-03-02,1.25{1}\n",
    "the total apart": "{0}\n\n,,17.00{2}\n\nvår,2026-03-01,10.50{1}\nhøst,2026-03-01,5.25{1}\nvår,2026-03-02,1.25{1}\n",
    "every line apart": "{0}\r\r\nvår,2026-03-01,10.50{1}\r\r\nhøst,2026-03-01,5.25{1}\r\r\nvår,2026-03-02,1.25{1}\r\r\n",
}  # fmt: skip


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("text", PARTS.values(), ids=PARTS)
def test_blank_lines_do_not_end_a_table_of_few_columns(bench: Any, header: str, text: str) -> None:
    more = (",100", ",300") if header.endswith("Impressions") else ("", "")
    result = bench.read("ads.csv", text.format(header, *more))
    assert (result.status, result.rows_loaded) == ("loaded", 3)
    assert not [note for note in result.notes if "warning" in note]
    assert bench.rows("select campaign, date_from, spend from raw.ads order by date_from, spend") == [
        ("høst", date(2026, 3, 1), D("5.25")),
        ("vår", date(2026, 3, 1), D("10.5")),
        ("vår", date(2026, 3, 2), D("1.25")),
    ]


@pytest.mark.parametrize("below", ["Kategori,Land,Andel", "fisk,Norge,3%", "a,b,c,4", ",,"])
def test_another_table_of_as_few_columns_is_not_added(bench: Any, below: str) -> None:
    result = bench.read("ads.csv", f"{HEADERS[1]}\nvår,2026-03-01,10.50\n\n{below}\n")
    assert bench.rows("select campaign, spend from raw.ads") == [("vår", D("10.5"))]
    assert (result.rows_loaded, result.rows_quarantined) == (1, 0 if below == ",," else 1)


def test_many_tables_under_blank_lines_cost_no_recognition_each(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    recognise = reports.recognise
    monkeypatch.setattr(reports, "recognise", lambda *given, **named: (asked.append(1), recognise(*given, **named))[1])
    rows = "".join(f"vår {number},2026-03-01,10.50\n\n" for number in range(2_000))
    assert bench.read("ads.csv", f"{HEADERS[1]}\n{rows}").rows_loaded == 2_000
    assert len(asked) == 1


def test_a_platform_that_is_said_is_not_asked_for_again(bench: Any) -> None:
    header, row = "Datum,Aufrufe,Likes,Kommentare", "2026-03-12,1234,78,9"
    asked = bench.read("neu.csv", f"{header},Shares\n{row},1\n")
    assert "platform: " in (asked.question or "")
    told = bench.read("da/neu.csv", f"{header},Shares\n{row},2\n", "platform: tiktok\n")
    assert told.status == "quarantined"
    assert "platform" not in (told.question or "")


@pytest.mark.parametrize("error", [StopIteration, TypeError, AttributeError, AssertionError, RecursionError, KeyError])
def test_whatever_a_reader_trips_over_costs_the_other_files_nothing(
    bench: Any, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    shapes, good = reports.read, "good.csv"

    def read(document: Any, *given: Any, **named: Any) -> Any:
        if not document.path.endswith(good):
            raise error("unheard of")
        return shapes(document, *given, **named)

    monkeypatch.setattr(reports, "read", read)
    bench.put(good, ADS)
    result = bench.read("odd.csv", ADS + "\n")
    assert result.status == "quarantined"
    assert (result.reason or "").startswith(f"reading it failed: {error.__name__}")
    assert bench.rows("select count(*) from raw.ads") == [(2,)]
