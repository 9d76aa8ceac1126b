"""Matomo's visits log as sessions: the same visits from either kind of CSV and from JSON, with nothing kept about people."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.pipelines.made_files import utf16

D = Decimal
OWN = (
    "select session_id, visitor_id, started_at, landing_url, referrer_url, utm_source, utm_campaign, utm_term, device, country, pageviews,"
    " engaged_seconds from raw.web_sessions order by session_id"
)
TAGGED = {
    "idSite": "1",
    "idVisit": "7001",
    "visitIp": "203.0.113.9",
    "visitorId": "ab12cd34ef56ab78",
    "serverTimestamp": "1769947500",
    "firstActionTimestamp": "1769947200",
    "visitDuration": "305",
    "actions": "3",
    "referrerType": "campaign",
    "referrerName": "vaar_2026",
    "referrerKeyword": "sko",
    "referrerUrl": "",
    "countryCode": "no",
    "deviceType": "Smartphone",
    "browser": "Firefox 140",
}
PLUGIN = {
    **TAGGED,
    "campaignSource": "instagram",
    "campaignMedium": "social",
    "campaignName": "vår",
    "campaignKeyword": "",
}
DIRECT = {
    **TAGGED,
    "idVisit": "7002",
    "firstActionTimestamp": "1769950800",
    "visitDuration": "0",
    "referrerType": "website",
    "referrerName": "avisa.example",
    "referrerKeyword": "",
    "referrerUrl": "https://avisa.example/sak",
    "countryCode": "xx",
    "deviceType": "Desktop",
}
# A visit may begin with a click that leaves the site, or with an event on a page.
STEPS = [
    ("outlink", "https://other.example/"),
    ("event", "https://fjellheim.example/a?x=1"),
    ("action", "https://fjellheim.example/ål"),
]


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


def log(name: str, *visits: tuple[dict[str, str], list[tuple[str, str]]], mark: str = ",") -> str:
    """A visits log as CSV, with the actions side by side; ``name`` is the pattern of their columns."""
    width = max(len(steps) for _visit, steps in visits)
    own = list(dict.fromkeys(key for visit, _steps in visits for key in visit))
    header = [*own, *(name.format(part=part, n=n) for n in range(width) for part in ("type", "url", "pageTitle"))]
    lines = [header]
    for visit, steps in visits:
        places = [cell for kind, url in steps for cell in (kind, url, "Sko, fersk")]
        lines.append([*(visit.get(key, "") for key in own), *places, *[""] * (3 * width - len(places))])
    return "".join(mark.join(f'"{cell}"' if mark in cell else cell for cell in line) + "\n" for line in lines)


EXPECTED = [
    ("7001", "ab12cd34ef56ab78", datetime(2026, 2, 1, 12), "https://fjellheim.example/ål", None, None, "vaar_2026", "sko", "mobile", "NO",
     1, D(305)),
    ("7002", "ab12cd34ef56ab78", datetime(2026, 2, 1, 13), "https://fjellheim.example/", "https://avisa.example/sak", None, None, None,
     "desktop", None, 1, D(0)),
]  # fmt: skip
VISITS = ((TAGGED, STEPS), (DIRECT, [("action", "https://fjellheim.example/")]))


@pytest.mark.parametrize("name", ["{part} (actionDetails {n})", "actionDetails_{n}_{part}"])
@pytest.mark.parametrize("mark", [",", "\t"])
def test_the_visits_log_of_either_vintage(bench: Any, name: str, mark: str) -> None:
    result = bench.read("m/Export _ Visits Log _ February 1, 2026.csv", utf16(log(name, *VISITS, mark=mark)))
    assert (result.status, result.format, result.rows_read, result.rows_loaded) == ("loaded", "matomo.visits_log", 2, 2)
    assert result.tables == {"web_sessions": 2}
    assert bench.rows(OWN) == EXPECTED
    columns = {
        name for (name,) in bench.rows("select column_name from duckdb_columns where table_name = 'web_sessions'")
    }
    assert {"site_id", "referrer_type"} <= columns
    assert not {name for name in columns if "ip" in name.split("_") or "browser" in name}


@pytest.mark.parametrize("as_lines", [False, True])
def test_the_visits_log_as_json(bench: Any, as_lines: bool) -> None:
    records = [
        {
            **visit,
            "idVisit": int(visit["idVisit"]),
            "actionDetails": [{"type": kind, "url": url, "icon": None} for kind, url in steps],
        }
        for visit, steps in VISITS
    ]
    text = "\n".join(map(json.dumps, records)) if as_lines else json.dumps(records, indent=1)
    assert bench.read("visits.json", text).format == "matomo.visits_log"
    assert bench.rows(OWN) == EXPECTED


def test_the_plugins_tags_count_before_the_referrer(bench: Any) -> None:
    bench.read("v.csv", log("{part} (actionDetails {n})", (PLUGIN, STEPS)))
    assert bench.rows("select utm_source, utm_medium, utm_campaign, utm_term from raw.web_sessions") == [
        ("instagram", "social", "vår", "sko")
    ]


def test_a_visit_without_a_page_waits(bench: Any) -> None:
    result = bench.read(
        "v.csv", log("{part} (actionDetails {n})", VISITS[1], ({**DIRECT, "idVisit": "7003"}, STEPS[:1]))
    )
    assert (result.status, result.rows_loaded, result.rows_quarantined) == ("partly_loaded", 1, 1)
    assert "landing_url" in (result.reason or "")


def test_a_header_longer_than_what_is_looked_at(bench: Any) -> None:
    steps = [("action", f"https://fjellheim.example/{n}") for n in range(900)]
    text = log("{part} (actionDetails {n})", (TAGGED, steps), VISITS[1])
    assert len(text.split("\n")[0]) > 64 * 1024
    result = bench.read("v.csv", utf16(text))
    assert (result.status, result.rows_loaded) == ("loaded", 2)
    assert bench.rows("select landing_url, pageviews from raw.web_sessions order by session_id") == [
        ("https://fjellheim.example/0", 900),
        ("https://fjellheim.example/", 1),
    ]


def test_a_log_of_no_visits_is_empty(bench: Any) -> None:
    result = bench.read("v.csv", log("{part} (actionDetails {n})", VISITS[1]).split("\n")[0] + "\n")
    assert (result.status, result.format, result.source, result.rows_read) == (
        "loaded",
        "matomo.visits_log",
        "matomo",
        0,
    )
