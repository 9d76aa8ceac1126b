"""What Plausible and Matomo report of a site, through the whole ingestion; and what is no report."""

from datetime import date
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


def test_plausible_zip(bench: Any) -> None:
    bench.put(
        "Plausible export fjellheim.example 2026-01-01 to 2026-01-31.zip",
        zipped(
            visitors="date,visitors,pageviews,visits,views_per_visit,bounce_rate,visit_duration\n2026-01-01,10,20,12,1.67,67,90\n2026-01-02,0,0,0,0.0,,\n",
            sources="name,visitors,bounce_rate,visit_duration\nGoogle,6,50,60\n",
            utm_campaigns="name,visitors,bounce_rate,visit_duration\nvaar,1,100,0\n",
            conversions="name,unique_conversions,total_conversions\nKjøp,2,3\n",
            browser_versions="name,version,visitors\nFirefox,140,2\n",
            custom_props="property,value,visitors,events,percentage\nlogged_in,ja,3,9,33.3\nlogged_in,(none),6,20,66.7\n",
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
        ("property + value", "logged_in | (none)", date(2026, 1, 1), date(2026, 1, 31), "events", D(20)),
        ("property + value", "logged_in | (none)", date(2026, 1, 1), date(2026, 1, 31), "visitors", D(6)),
        ("property + value", "logged_in | ja", date(2026, 1, 1), date(2026, 1, 31), "events", D(9)),
        ("property + value", "logged_in | ja", date(2026, 1, 1), date(2026, 1, 31), "visitors", D(3)),
        ("source", "Google", date(2026, 1, 1), date(2026, 1, 31), "visitors", D(6)),
        ("utm_campaign", "vaar", date(2026, 1, 1), date(2026, 1, 31), "visitors", D(1)),
    ]  # fmt: skip
    shares = "select member, value from raw.web_reported where measure = 'visitor_share' order by 1"
    assert bench.rows(shares) == [("logged_in | (none)", D("0.667")), ("logged_in | ja", D("0.333"))]


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
