"""What analytics tools, search consoles and e-mail tools report: made-up Nordic content in the tools' own shapes."""

import io
import json
import zipfile
from datetime import date, datetime
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


CHART = "Date,Clicks,Impressions,CTR,Position\n2026-01-01,161,13456,1.2%,32\n2026-01-02,20,1000,2%,8.25\n"
QUERIES = "Top queries,Clicks,Impressions,CTR,Position\nfjellsko dame,30,400,7.5%,2.64\nturbukser,4,100,4%,9\n"
FILTERS = "Filter,Value\nSearch type,Web\nDate,1 Jan 2026-31 Jan 2026\n"


def zipped(**members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.csv", text)
    return buffer.getvalue()


def test_search_console_zip_tells_property_and_days(bench: Any) -> None:
    bench.put(
        "gsc/https___www.fjellheim.example_-Performance-on-Search-2026-02-10.zip",
        zipped(Chart=CHART, Queries=QUERIES, Filters=FILTERS + "Page,+/blogg/\n"),
    )
    results = {file.file_path.split("!")[1]: file for file in bench.ingest().files}
    assert {name: (file.status, file.rows_loaded) for name, file in results.items()} == {
        "Chart.csv": ("loaded", 2),
        "Filters.csv": ("loaded", 3),
        "Queries.csv": ("loaded", 2),
    }
    assert results["Queries.csv"].explanation[-1] == (
        "hourglass.yml, names and the export's other tables say: of https://www.fjellheim.example/, 2026-01-01 to 2026-01-31,"
        " restricted to Page: +/blogg/"
    )
    assert results["Queries.csv"].downloaded_at == datetime(2026, 2, 10, 12)
    assert bench.rows("select distinct property, filters from raw.web_reported") == [
        ("https://www.fjellheim.example/", "Page: +/blogg/")
    ]
    assert figures(bench, "member", "period_from", "period_to", "measure", "value", where="member like 'fjell%'") == [
        ("fjellsko dame", date(2026, 1, 1), date(2026, 1, 31), "average_position", D("2.64")),
        ("fjellsko dame", date(2026, 1, 1), date(2026, 1, 31), "click_rate", D("0.075")),
        ("fjellsko dame", date(2026, 1, 1), date(2026, 1, 31), "clicks", D(30)),
        ("fjellsko dame", date(2026, 1, 1), date(2026, 1, 31), "impressions", D(400)),
    ]
    assert bench.rows("select filter, value from raw.web_report_filters where filter = 'Page'") == [
        ("Page", "+/blogg/")
    ]


def test_search_console_days_come_from_the_chart_where_the_filter_says_words(bench: Any) -> None:
    bench.put("fjellheim.example-Performance-on-Search-2026-02-10/Chart.csv", CHART)
    bench.put(
        "fjellheim.example-Performance-on-Search-2026-02-10/Filters.csv", "Filter,Value\nDate,Last 28 days\nSearch type,Web\n"
    )  # fmt: skip
    bench.read("fjellheim.example-Performance-on-Search-2026-02-10/Queries.csv", QUERIES)
    assert bench.rows("select distinct property, filters, period_from, period_to from raw.web_reported where dimension = 'query'") == [
        ("fjellheim.example", None, date(2026, 1, 1), date(2026, 1, 2))
    ]  # fmt: skip


def test_search_console_queries_alone_wait_until_the_filters_come(bench: Any) -> None:
    result = bench.read("gsc/Queries.csv", QUERIES, ACCOUNT)
    assert result.status == "quarantined"
    assert "Of which days is it? Keep it in its ZIP or folder" in (result.question or "")
    assert bench.ingest().files == []
    bench.put("gsc/Filters.csv", FILTERS)
    assert {(file.file_path, file.status) for file in bench.ingest().files} == {
        ("gsc/Queries.csv", "loaded"),
        ("gsc/Filters.csv", "loaded"),
    }
    assert bench.rows("select distinct period_from, period_to from raw.web_reported") == [
        (date(2026, 1, 1), date(2026, 1, 31))
    ]
    assert bench.ingest().files == []


def test_search_console_chart_learns_of_its_filters_later(bench: Any) -> None:
    result = bench.read("gsc/Chart.csv", CHART, ACCOUNT)
    assert result.status == "loaded"
    assert any("filters are not beside it" in note for note in result.notes)
    bench.put("gsc/Filters.csv", FILTERS.replace("Web", "Image"))
    bench.ingest()
    assert bench.rows("select distinct filters, count(*) from raw.web_reported group by 1") == [
        ("Search type: Image", 8)
    ]
    bench.put("gsc/another.csv", "x,y\n1,2\n")
    assert [file.file_path for file in bench.ingest().files] == ["gsc/another.csv"]


def test_search_console_copies_of_a_browser_belong_together(bench: Any) -> None:
    bench.put("gsc/hourglass.yml", ACCOUNT)
    bench.put("gsc/Filters.csv", FILTERS)
    bench.put("gsc/Filters (1).csv", FILTERS.replace("2026", "2025"))
    bench.put("gsc/Queries.csv", QUERIES)
    bench.put("gsc/Queries (1).csv", QUERIES.replace("30", "31"))
    assert {file.status for file in bench.ingest().files} == {"loaded"}
    assert bench.rows("select distinct source_file, period_to from raw.web_reported order by 1") == [
        ("gsc/Queries (1).csv", date(2025, 1, 31)),
        ("gsc/Queries.csv", date(2026, 1, 31)),
    ]


def test_search_console_workbook_holds_its_filters_itself(bench: Any) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, text in (("Queries", QUERIES), ("Filters", FILTERS)):
        sheet = book.create_sheet(title)
        for number, line in enumerate(text.splitlines()):
            cells = line.split(",")
            if title == "Queries" and number:
                sheet.append(
                    [cells[0], int(cells[1]), int(cells[2]), float(cells[3].rstrip("%")) / 100, float(cells[4])]
                )
            else:
                sheet.append(cells)
    buffer = io.BytesIO()
    book.save(buffer)
    result = bench.read("fjellheim.example-Performance-on-Search-2026-02-10.xlsx", buffer.getvalue())
    assert (result.status, result.rows_loaded, result.account) == ("loaded", 4, "fjellheim.example")
    assert figures(bench, "period_to", "value", where="measure = 'click_rate'") == [
        (date(2026, 1, 31), D("0.04")),
        (date(2026, 1, 31), D("0.075")),
    ]


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("Häufigste Suchanfragen,Klicks,Impressionen,CTR,Position", '"wanderschuhe","1.230","45.600","2,7 %","4,2"'),
        ("Vanligste søk,Klikk,Visninger,CTR,Posisjon", '"fjellsko","1 230","45 600","2,7 %","4,2"'),
        ("Vanligaste sökfrågorna,Klick,Visningar,Klickfrekvens,Genomsnittlig position", '"fjällskor",1230,45600,"2.7%",4.2'),
        ("Requêtes les plus fréquentes,Clics,Impressions,CTR,Position moyenne", '"chaussures",1230,45600,"2,7 %","4,2"'),
    ],
)  # fmt: skip
def test_search_console_in_other_languages(bench: Any, header: str, row: str) -> None:
    result = bench.read("2026-01-01_2026-01-31/a.csv", f"{header}\n{row}\n", ACCOUNT)
    assert result.status == "loaded"
    assert figures(bench, "measure", "value") == [
        ("average_position", D("4.2")),
        ("click_rate", D("0.027")),
        ("clicks", D(1230)),
        ("impressions", D(45600)),
    ]


def test_discover_has_no_position_and_needs_its_name(bench: Any) -> None:
    text = "Top pages,Clicks,Impressions,CTR\nhttps://fjellheim.example/a,3,100,3%\n"
    assert bench.read("gsc/x/Pages.csv", text, ACCOUNT).status == "quarantined"
    bench.put("fjellheim.example-Performance-on-Discover-2026-02-10.zip", zipped(Pages=text, Filters=FILTERS))
    assert {file.status for file in bench.ingest().files} == {"loaded"}
    assert bench.rows("select distinct export_kind, dimension from raw.web_reported") == [("discover", "page")]


PROFILE = (
    "Store code,Business name,Address,Labels,Google Search - Mobile,Google Search - Desktop,Google Maps - Mobile,"
    "Google Maps - Desktop,Calls,Directions,Website clicks\n"
    ",,,,Number of people on mobile search,Number of people on desktop search,Number of people on mobile maps,"
    "Number of people on desktop maps,Number of calls made,Number of requests for directions,Number of website clicks\n"
    ',Fjellheim,"Storgata 1, Bø",,38,37,20,16,2,45,4\n,Fjellheim,"Torget 2, Skien",,26,41,31,23,0,80,6\n'
)


@pytest.mark.parametrize(
    ("name", "last"),
    [
        ("GMB insights (Performance Report) - 2026-1-1 - 2026-1-31 - 2bfad2d3.csv", date(2026, 1, 31)),
        ("GMB insights 2026-02.csv", date(2026, 2, 28)),
    ],
)
def test_business_profile_describes_its_columns_in_the_second_line(bench: Any, name: str, last: date) -> None:
    result = bench.read(name, PROFILE)
    assert (result.status, result.rows_read, result.rows_loaded, result.account) == ("loaded", 2, 2, "Fjellheim")
    assert figures(bench, "period_to", "dimension", "member", "value", where="measure = 'direction_requests'") == [
        (last, "location", "Storgata 1, Bø", D(45)),
        (last, "location", "Torget 2, Skien", D(80)),
    ]
    assert figures(bench, "sum(value)", where="measure = 'clicks'") == [(D(10),)]


def test_business_profile_without_descriptions_loses_no_location(bench: Any) -> None:
    lines = PROFILE.splitlines(keepends=True)
    result = bench.read("2026-01/GMB insights 2026-01.csv", lines[0] + "".join(lines[2:]))
    assert (result.status, result.rows_loaded) == ("loaded", 2)
    # A folder's month may be that of the download.
    assert bench.read("2026-01/insights.csv", lines[0] + lines[2]).status == "quarantined"


def test_plausible_zip(bench: Any) -> None:
    bench.put(
        "Plausible export fjellheim.example 2026-01-01 to 2026-01-31.zip",
        zipped(
            visitors="date,visitors,pageviews,visits,views_per_visit,bounce_rate,visit_duration\n2026-01-01,10,20,12,1.67,67,90\n2026-01-02,0,0,0,0.0,,\n",
            sources="name,visitors,bounce_rate,visit_duration\nGoogle,6,50,60\n",
            utm_campaigns="name,visitors,bounce_rate,visit_duration\nvaar,1,100,0\n",
            conversions="name,unique_conversions,total_conversions\nKjøp,2,3\n",
            browser_versions="name,version,visitors\nFirefox,140,2\n",
        ),
    )  # fmt: skip
    results = bench.ingest().files
    assert {file.status for file in results} == {"loaded"}
    assert bench.rows("select distinct property from raw.web_reported") == [("fjellheim.example",)]
    assert figures(bench, "date", "measure", "value", where="date = '2026-01-01' and dimension = 'all'") == [
        (date(2026, 1, 1), "average_session_seconds", D(90)),
        (date(2026, 1, 1), "bounce_rate", D("0.67")),
        (date(2026, 1, 1), "pageviews", D(20)),
        (date(2026, 1, 1), "pageviews_per_session", D("1.67")),
        (date(2026, 1, 1), "sessions", D(12)),
        (date(2026, 1, 1), "visitors", D(10)),
    ]
    names = ("dimension", "member", "period_from", "period_to", "measure", "value")
    assert figures(bench, *names, where="date is null and unit = 'count'") == [
        ("browser_version", "Firefox | 140", date(2026, 1, 1), date(2026, 1, 31), "visitors", D(2)),
        ("goal", "Kjøp", date(2026, 1, 1), date(2026, 1, 31), "conversions", D(3)),
        ("goal", "Kjøp", date(2026, 1, 1), date(2026, 1, 31), "converted_visitors", D(2)),
        ("source", "Google", date(2026, 1, 1), date(2026, 1, 31), "visitors", D(6)),
        ("utm_campaign", "vaar", date(2026, 1, 1), date(2026, 1, 31), "visitors", D(1)),
    ]  # fmt: skip


def test_plausible_members_whose_name_is_lost_wait(bench: Any) -> None:
    text = "name,visitors,bounce_rate,visit_duration\nGoogle,6,50,60\n"
    result = bench.read("p 2026-01-01_2026-01-31/last ned.csv", text, ACCOUNT)
    assert result.status == "quarantined"
    assert "What are its members: browser" in (result.question or "")
    assert bench.read("p 2026-01-01_2026-01-31/sources.csv", text + "Bing,1,0,1\n").status == "loaded"


def test_plausible_export_of_all_data_is_not_misread(bench: Any) -> None:
    text = "date,visitors,pageviews,bounces,visits,visit_duration\n2026-01-01,10,20,3,12,900\n"
    result = bench.read("imported_visitors.csv", text, ACCOUNT)
    assert (result.status, result.format) == ("quarantined", "plausible.all_data")
    assert "Export the dashboard instead" in (result.reason or "")


def test_matomo_by_day_and_by_page(bench: Any) -> None:
    text = "date,nb_uniq_visitors,nb_visits,nb_users,nb_actions,max_actions,bounce_count,sum_visit_length,bounce_rate,"
    text += "nb_actions_per_visit,avg_time_on_site\n"
    text += "2026-01-01,10,12,0,40,9,3,1080,25%,3.3,90\n"
    result = bench.read("m/visits.csv", b"\xff\xfe" + text.encode("utf-16-le"), ACCOUNT)
    assert (result.status, result.format) == ("loaded", "matomo.visits")
    assert figures(bench, "measure", "value", where="unit <> 'count'") == [
        ("average_session_seconds", D(90)),
        ("bounce_rate", D("0.25")),
    ]
    pages = "Label,Unique Pageviews,Pageviews,Bounce Rate\n/ål,5,9,20%\n"
    result = bench.read("m/Export _ Pages _ January 1, 2026 - January 31, 2026.csv", pages)
    assert (result.status, result.format) == ("loaded", "matomo.members")
    assert figures(bench, "dimension", "member", "period_to", "value", where="measure = 'pageviews'") == [
        ("page_path", "/ål", date(2026, 1, 31), D(9))
    ]


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


SPROUT = (
    '"Date","Post ID","Network","Post Type","Content Type","Profile","Sent by","Link","Post","Impressions","Reach",'
    '"Engagement Rate (per Impression)","Engagements","Reactions","Likes","Comments","Shares","Saves","Post Link Clicks","Video Views"\r\n'
)


def test_sprout_posts_of_many_networks(bench: Any) -> None:
    rows = (
        '"12/30/2025 9:40 am","17000000000000001","Instagram","Reel","Video","fjellheim","Ola","https://www.instagram.com/reel/AbC/",'
        '"Vår på\r\nfjellet, endelig!","11,337","5,427","16.1%","1,825","694","694","1,064","61","22","","11,337"\r\n'
        '"12/15/2025 11:25 am","900000000000001_1276629304510495","Facebook","Post","Photo","Fjellheim","Ola",'
        '"https://www.facebook.com/900000000000001/posts/1276629304510495","Ål","1,705","","39.59%","675","85","80","2","4","","584",""\r\n'
        '"12/12/2025 8:51 am","1999999999999999999","X (Twitter)","Post","Text","\'@fjellheim","Ola",'
        '"https://twitter.com/fjellheim/status/1999999999999999999","Hei","17","","0%","1","1","1","0","0","","",""\r\n'
        '"12/11/2025 8:51 am","5","Mastodon","Post","Text","fjellheim","Ola","https://m.example/5","Hei","1","","0%","1","1","1","0","0","","",""\r\n'
    )  # fmt: skip
    result = bench.read("s/Post Performance.csv", SPROUT + rows, "time_zone: America/Los_Angeles\n")
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 3, 1)
    assert "Network: 'Mastodon': not one of facebook" in (result.reason or "")
    sprout = "sprout_social"
    assert bench.rows(
        "select platform, account, post_id, published_at, impressions, reach, likes, comments, link_clicks, views, reported_by"
        " from raw.social_posts order by platform"
    ) == [
        ("facebook", "Fjellheim", "1276629304510495", datetime(2025, 12, 15, 19, 25), 1705, None, 85, 2, 584, None, sprout),
        ("instagram", "fjellheim", "17000000000000001", datetime(2025, 12, 30, 17, 40), 11337, 5427, 694, 1064, None, 11337, sprout),
        ("x", "fjellheim", "1999999999999999999", datetime(2025, 12, 12, 16, 51), 17, None, 1, 0, None, None, sprout),
    ]  # fmt: skip


def test_sprout_reactions_of_youtube_hold_the_dislikes(bench: Any) -> None:
    header = SPROUT.replace('"Likes",', '"Likes","Dislikes",')
    row = '"12/30/2025 9:40 am","{}","{}","Video","Video","Fjellheim","Ola","https://youtu.be/{}","Ål","","","","20","19","18","{}","0","0","","","1,587"\r\n'
    text = header + row.format("a", "YouTube", "a", 1) + row.format("b", "Facebook", "b", "")
    bench.read("Post Performance.csv", text, "time_zone: Europe/Oslo\n")
    assert bench.rows("select platform, likes, views from raw.social_posts order by 1") == [
        ("facebook", 19, 1587),
        ("youtube", 18, 1587),
    ]


@pytest.mark.parametrize(("text", "day"), [("01-02-2026", date(2026, 1, 2)), ("01-22-2026", date(2026, 1, 22))])
def test_sprout_profiles_by_day_write_the_month_first(bench: Any, text: str, day: date) -> None:
    rows = (
        '"Date","Network","Profile","Audience","Net Audience Growth","Audience Gained","Published Posts (Total)","Impressions",'
        '"Video Views","Engagements","Reactions","Comments"\r\n'
        f'"{text}","X","\'@fjellheim","6,369","-1","","1","17","0","5","1","2"\r\n'
    )
    result = bench.read("Profile Performance.csv", rows)
    assert (result.status, result.format, result.account) == ("loaded", "sprout_social.profiles", "fjellheim")
    assert bench.rows(
        "select platform, account, date, measure, value, reported_by from raw.social_account_daily where value is not null order by measure"
    ) == [
        ("x", "fjellheim", day, "comments", D(2), "sprout_social"),
        ("x", "fjellheim", day, "followers", D(6369), "sprout_social"),
        ("x", "fjellheim", day, "impressions", D(17), "sprout_social"),
        ("x", "fjellheim", day, "likes", D(1), "sprout_social"),
        ("x", "fjellheim", day, "net_followers", D(-1), "sprout_social"),
        ("x", "fjellheim", day, "views", D(0), "sprout_social"),
    ]


def test_a_web_servers_log_is_refused_with_the_reason(bench: Any) -> None:
    line = '10.0.0.1 - - [17/May/2026:10:05:03 +0000] "GET /a HTTP/1.1" 200 203023 "https://fjellheim.example/" "Mozilla/5.0"\n'
    result = bench.read("access.log", line * 3)
    assert result.status == "quarantined"
    assert "a web server's access log" in (result.reason or "")


def test_the_same_bytes_under_other_days_are_said(bench: Any) -> None:
    text = "name,unique_conversions,total_conversions\nKjøp,2,3\n"
    bench.read("Plausible export a.example 2026-01-01 to 2026-01-31/conversions.csv", text)
    result = bench.read("Plausible export a.example 2026-02-01 to 2026-02-28/conversions.csv", text)
    assert result.status == "duplicate"
    assert any("its name speaks of other days" in note for note in result.notes)
