"""Exports of Google Search Console and Google Business Profile through the whole ingestion."""

import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.pipelines.made_files import zipped

D = Decimal
ACCOUNT = "account: fjellheim.example\n"


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


def figures(bench: Any, *names: str, where: str = "true") -> list[tuple[Any, ...]]:
    return bench.rows(f"select {', '.join(names)} from raw.web_reported where {where} order by all")


CHART = "Date,Clicks,Impressions,CTR,Position\n2026-01-01,161,13456,1.2%,32\n2026-01-02,20,1000,2%,8.25\n"
QUERIES = "Top queries,Clicks,Impressions,CTR,Position\nfjellsko dame,30,400,7.5%,2.64\nturbukser,4,100,4%,9\n"
FILTERS = "Filter,Value\nSearch type,Web\nDate,1 Jan 2026-31 Jan 2026\n"


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


@pytest.mark.parametrize(
    ("header", "row"),
    [
        (
            "Top pages,Last 3 months Clicks,Previous 3 months Clicks,Last 3 months Impressions,Previous 3 months Impressions,"
            "Last 3 months CTR,Previous 3 months CTR,Last 3 months Position,Previous 3 months Position",
            "https://fjellheim.example/,500,400,10000,9000,5%,4.44%,3.2,3.9",
        ),
        (
            "Pages les plus populaires,3 derniers mois Clics,3 mois précédents Clics,3 derniers mois Impressions,"
            "3 mois précédents Impressions,3 derniers mois CTR,3 mois précédents CTR,3 derniers mois Position,3 mois précédents Position",
            'https://fjellheim.example/,500,400,10000,9000,"5 %","4,44 %","3,2","3,9"',
        ),
        (
            "Top queries,1/1/26 - 1/31/26 Clicks,12/1/25 - 12/31/25 Clicks,1/1/26 - 1/31/26 Impressions,12/1/25 - 12/31/25 Impressions",
            "fjellsko,5,4,100,90",
        ),
    ],
)
def test_search_console_comparison_is_refused_with_what_to_export_instead(bench: Any, header: str, row: str) -> None:
    result = bench.read("gsc/Pages.csv", f"{header}\n{row}\n", ACCOUNT)
    assert (result.status, result.format, result.rows_read) == ("quarantined", "google_search_console.comparison", 1)
    assert "export each period by itself" in (result.reason or "")


def test_discover_has_no_position_and_needs_its_name(bench: Any) -> None:
    text = "Top pages,Clicks,Impressions,CTR\nhttps://fjellheim.example/a,3,100,3%\n"
    assert bench.read("gsc/x/Pages.csv", text, ACCOUNT).status == "quarantined"
    bench.put("fjellheim.example-Performance-on-Discover-2026-02-10.zip", zipped(Pages=text, Filters=FILTERS))
    # The single page has the bytes of the one in the archive, which says what it is.
    statuses = {file.file_path.rpartition("/")[2]: file.status for file in bench.ingest().files}
    assert statuses["Pages.csv"] == "duplicate"
    assert set(statuses.values()) == {"loaded", "duplicate"}
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
