"""Reports and explorations of Google Analytics 4, and answers of its API, through the whole ingestion."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

D = Decimal
ACCOUNT = "account: fjellheim.example\n"


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


def figures(bench: Any, *names: str, where: str = "true") -> list[tuple[Any, ...]]:
    return bench.rows(f"select {', '.join(names)} from raw.web_reported where {where} order by all")


def ga4(
    *tables: str, about: str = "All Users", title: str = "Pages and screens: Page path", account: str = "Fjellheim AS"
) -> str:
    rule = "# " + "-" * 40 + "\n"
    head = f"{rule}# {title}\n# Account: {account}\n# Property: fjellheim.example - GA4\n{rule}# \n# {about}\n"
    return head + "\n\n".join(tables)


def days(first: str = "20260101", last: str = "20260131", words: tuple[str, str] = ("Start date", "End date")) -> str:
    return f"# {words[0]}: {first}\n# {words[1]}: {last}\n"


def test_ga4_by_page_for_the_days_of_its_comment_lines(bench: Any) -> None:
    text = ga4(
        days() + "Page path and screen class,Views,Active users,Average engagement time per active user,Bounce rate,"
        "Key events,Made-up metric\n/ål,12688,9153,109.99814268545832,0.3799847,2.5,7\n/priser?q=kari@fjellheim.example,5,4,1,0,0,1\n"
    )
    result = bench.read("pages.csv", text)
    assert (result.status, result.format, result.account, result.rows_loaded) == (
        "loaded", "ga4.report", "fjellheim.example - GA4", 2,
    )  # fmt: skip
    assert (result.period_from_date, result.period_to_date) == (date(2026, 1, 1), date(2026, 1, 31))
    assert result.explanation[-1] == "the lines above it say: of fjellheim.example - GA4, 2026-01-01 to 2026-01-31"
    assert figures(
        bench, "tool", "property", "filters", "date", "dimension", "measure", "value", "unit", where="member = '/ål'"
    ) == [
        ("ga4", "fjellheim.example - GA4", None, None, "page_path", "active_visitors", D(9153), "count"),
        ("ga4", "fjellheim.example - GA4", None, None, "page_path", "average_engagement_seconds", D("109.998"), "seconds"),
        ("ga4", "fjellheim.example - GA4", None, None, "page_path", "bounce_rate", D("0.379985"), "share"),
        ("ga4", "fjellheim.example - GA4", None, None, "page_path", "conversions", D("2.5"), "count"),
        ("ga4", "fjellheim.example - GA4", None, None, "page_path", "pageviews", D(12688), "count"),
    ]  # fmt: skip
    ((member,),) = bench.rows("select distinct member from raw.web_reported where member like '/priser%'")
    assert "kari@" not in member and "email-" in member
    assert '"Made-up metric": "7"' in bench.rows("select original from raw.web_reported where member = '/ål'")[0][0]


@pytest.mark.parametrize(
    ("header", "words", "everyone"),
    [
        ("Date,Sessions,New users", ("Start date", "End date"), "All Users"),
        ("Dato,Økter,Nye brukere", ("Startdato", "Sluttdato"), "Alle brukere"),
        ("Datum,Sessioner,Nya användare", ("Startdatum", "Slutdatum"), "Alla användare"),
        ("Dato,Sessioner,Nye brugere", ("Startdato", "Slutdato"), "Alle brugere"),
        ("Datum,Sitzungen,Neue Nutzer", ("Startdatum", "Enddatum"), "Alle Nutzer"),
        ("Fecha,Sesiones,Nuevos usuarios", ("Fecha de inicio", "Fecha de finalización"), "Todos los usuarios"),
    ],
)
def test_ga4_by_day_in_any_language(bench: Any, header: str, words: tuple[str, str], everyone: str) -> None:
    result = bench.read("dag.csv", ga4(days(words=words) + f"{header}\n20260103,20,7\n20260101,30,9\n", about=everyone))
    assert (result.status, result.rows_loaded) == ("loaded", 2)
    assert figures(bench, "date", "dimension", "member", "filters", "value", where="measure = 'sessions'") == [
        (date(2026, 1, 1), "all", "all", None, D(30)),
        (date(2026, 1, 3), "all", "all", None, D(20)),
    ]
    assert figures(bench, "sum(value)", where="measure = 'new_visitors'") == [(D(16),)]


def test_ga4_overview_of_many_tables_with_running_days(bench: Any) -> None:
    text = ga4(
        days() + "Nth day,Users\n0000,3\n0001,4\n",
        days() + "Nth day,Average engagement time\n0000,61.5\n",
        "# Hvor kommer brukerne fra?\n" + days("20260110", "20260120") + "Country,Users\nNorway,9\nSverige,2\n",
        days() + "Nth month,Max daily revenue\n",
        days() + "Something,Wholly unknown\na,1\nb,2\n",
        about="",
    )
    result = bench.read("data-export.csv", text)
    assert (result.status, result.rows_read, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 7, 5, 2)
    assert "a table without rows: Nth month, Max daily revenue" in result.notes
    assert "Something | Wholly unknown" in (result.reason or "")
    assert figures(bench, "date", "dimension", "member", "period_from", "period_to", "measure", "value", "filters") == [
        (date(2026, 1, 1), "all", "all", date(2026, 1, 1), date(2026, 1, 1), "active_visitors", D(3), None),
        (date(2026, 1, 1), "all", "all", date(2026, 1, 1), date(2026, 1, 1), "average_engagement_seconds", D("61.5"), None),
        (date(2026, 1, 2), "all", "all", date(2026, 1, 2), date(2026, 1, 2), "active_visitors", D(4), None),
        (None, "country", "Norway", date(2026, 1, 10), date(2026, 1, 20), "active_visitors", D(9), None),
        (None, "country", "Sverige", date(2026, 1, 10), date(2026, 1, 20), "active_visitors", D(2), None),
    ]  # fmt: skip


def test_ga4_running_day_outside_the_period_is_refused(bench: Any) -> None:
    result = bench.read("x.csv", ga4(days("20260101", "20260102") + "Nth day,Users\n0001,4\n0002,5\n"))
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 1, 1)
    assert "day 2 is not within 2026-01-01 to 2026-01-02" in (result.reason or "")


def test_ga4_a_segment_is_kept_apart_from_everyone(bench: Any) -> None:
    bench.read("x.csv", ga4(days() + "Date,Sessions\n20260101,3\n", about="Mobile traffic"))
    assert figures(bench, "filters", "value") == [("Mobile traffic", D(3))]


def exploration(*rows: str) -> str:
    rule = "# " + "-" * 40 + "\n"
    return (
        f"{rule}# fjellheim.example - GA4\n# Utforsking-Fri form 1\n# 20260101-20260115\n{rule}\n"
        + "\n".join(rows)
        + "\n"
    )


def test_ga4_exploration_with_a_grand_total_in_an_extra_cell(bench: Any) -> None:
    result = bench.read(
        "download.csv",
        exploration(
            "Page path + query string,Device category,Egen dimensjon,Total users,Event count",
            ",,,12,40,Totalsumma",
            "/,mobile,å,9,30",
            ",desktop,b,3,9",
        ),
    )
    assert (result.status, result.rows_read, result.rows_loaded, result.rows_totals) == ("loaded", 3, 2, 1)
    assert result.account == "fjellheim.example - GA4"
    assert figures(
        bench, "dimension", "member", "period_from", "period_to", "value", where="measure = 'visitors'"
    ) == [
        ("page_path_and_query + device + egen_dimensjon", "(empty) | desktop | b", date(2026, 1, 1), date(2026, 1, 15), D(3)),
        ("page_path_and_query + device + egen_dimensjon", "/ | mobile | å", date(2026, 1, 1), date(2026, 1, 15), D(9)),
    ]  # fmt: skip
    # Unique people are not compared: they don't add up. Events do, and here they don't agree.
    (warning,) = [note for note in result.notes if "warning" in note]
    assert "40" in warning and "39" in warning and "Event count" in warning


def test_ga4_members_are_told_apart_by_a_blank_and_said_twice_where_they_are(bench: Any) -> None:
    result = bench.read("a.csv", exploration("Page path,Sessions", "/a,3", "/a ,4", '"/b",1'))
    assert figures(bench, "member", "value") == [("/a", D(3)), ("/a ", D(4)), ("/b", D(1))]
    assert not [note for note in result.notes if "warning" in note]
    result = bench.read("b.csv", exploration("Page path,Sessions", "/a,3", "/a,4"))
    assert "warning: 1 records are of a member and day that another record has; the last counts" in result.notes


def test_ga4_numbers_before_the_first_known_measure(bench: Any) -> None:
    # A measure that is not known, where the pages tell the rows apart without it.
    bench.read("a.csv", exploration("Page path,Egen måling,Sessions", "/a,17,3", "/b,17,4"))
    assert figures(bench, "dimension", "member", "value") == [("page_path", "/a", D(3)), ("page_path", "/b", D(4))]
    # Hours, which alone tell the rows apart.
    bench.read("b.csv", exploration("Page path,Hour,Sessions", "/a,08,3", "/a,09,4"))
    assert figures(bench, "dimension", "member", "value", where="source_file = 'b.csv'") == [
        ("page_path + hour", "/a | 08", D(3)),
        ("page_path + hour", "/a | 09", D(4)),
    ]
    bench.read("c.csv", exploration("Nth week,Sessions", "0001,3"))
    assert figures(bench, "dimension", "member", where="source_file = 'c.csv'") == [("nth_week", "0001")]


def test_a_language_is_added_in_the_home(bench: Any) -> None:
    folder = bench.home.config / "formats"
    folder.mkdir(parents=True)
    (folder / "fi.yml").write_text(
        "additions:\n  - extends: ga4.report\n    columns:\n      date: {fi: Päivämäärä}\n    measures:\n      sessions: {fi: Istunnot}\n"
        "    words:\n      everyone: {fi: Kaikki käyttäjät}\n"
    )
    text = ga4(
        days(words=("Alkamispäivä", "Päättymispäivä")) + "Päivämäärä,Istunnot\n20260103,20\n", about="Kaikki käyttäjät"
    )
    result = bench.read("a.csv", text)
    assert (result.status, result.locale) == ("loaded", "fi")
    assert figures(bench, "date", "filters", "measure", "value") == [(date(2026, 1, 3), None, "sessions", D(20))]


def test_ga4_saved_again_in_a_nordic_spreadsheet(bench: Any) -> None:
    text = exploration(
        "Page path,Sessions,Average session duration", ",30,12.5,Grand total", "/a,30,1234.25"
    )  # fmt: skip
    text = text.replace(",", ";").replace(".25", ",25").replace(".5", ",5")
    padded = "\r\n".join(line + ";" * (3 - line.count(";")) for line in text.splitlines()) + "\r\n"
    result = bench.read("x.csv", padded.encode("cp1252"))
    assert (result.status, result.rows_loaded, result.rows_totals) == ("loaded", 1, 1)
    assert figures(bench, "value", where="measure = 'average_session_seconds'") == [(D("1234.25"),)]


def test_ga4_without_its_comment_lines_waits(bench: Any) -> None:
    result = bench.read("x.csv", "Page path and screen class,Views,Active users\n/a,1,1\n")
    assert result.status == "quarantined"
    assert "the lines above it that begin with #" in (result.nearest or "")


def answer(dimensions: str, metrics: str, *rows: str, total: str = "") -> dict[str, Any]:
    def listed(text: str, key: str = "value") -> list[dict[str, str]]:
        return [{key: part} for part in text.split(",") if part]

    report: dict[str, Any] = {"dimensionHeaders": listed(dimensions, "name"), "metricHeaders": listed(metrics, "name")}
    report["rows"] = []
    for row in rows:
        members, _, values = row.partition(";")
        report["rows"].append({"dimensionValues": listed(members), "metricValues": listed(values)})
    if total:
        report["totals"] = [{"dimensionValues": [{"value": "RESERVED_TOTAL"}], "metricValues": listed(total)}]
    return {"kind": "analyticsData#runReport", "metadata": {"timeZone": "Europe/Oslo"}, **report}


def test_ga4_answers_of_its_api(bench: Any) -> None:
    by_day = answer(
        "date", "totalUsers,sessions,userEngagementDuration", "20260102;3,4,61.5", "20260101;1,2,0", total="4,6,61.5"
    )
    by_page = answer("pagePath,deviceCategory", "screenPageViews", "/ål,mobile;5", total="5")
    text = json.dumps({"kind": "analyticsData#batchRunReports", "reports": [by_day, by_page]})
    question = bench.read("api/answer.json", text).question or ""
    assert "Which account is it?" in question and "Of which days is it?" in question
    result = bench.read("api/answer 2026-01-01_2026-01-31.json", text + "\n", ACCOUNT)
    assert (result.status, result.format, result.rows_loaded, result.rows_totals) == ("loaded", "ga4.report", 3, 2)
    assert figures(bench, "date", "member", "measure", "value", where="measure not like '%seconds'") == [
        (date(2026, 1, 1), "all", "sessions", D(2)),
        (date(2026, 1, 1), "all", "visitors", D(1)),
        (date(2026, 1, 2), "all", "sessions", D(4)),
        (date(2026, 1, 2), "all", "visitors", D(3)),
        (None, "/ål | mobile", "pageviews", D(5)),
    ]


def test_json_that_only_looks_like_an_answer_waits(bench: Any) -> None:
    for text in ('{"metricHeaders": "x"', '{"metricHeaders": []}', '[{"metricHeaders": [{"name": "a"}]}, 3]'):
        assert bench.read("x.json", text).status == "quarantined"
