"""The authentic exports of analytics tools, search console, e-mail tools and Sprout Social, against figures recomputed from the raw text.

Only ``csv`` and regular expressions are used on this side, so that a mistake of the readers can't hide in its own test.
"""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import duckdb
import pytest

from config.home import Home
from config.settings import Settings
from pipelines.ingest import ingest
from sql.testing import run_model
from tests.conformance.samples import SAMPLES, Loaded, records, text_of, total

pytestmark = [
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no authentic samples: {SAMPLES} is not there"),
    pytest.mark.xdist_group("samples_web"),
]
FAMILIES = (
    "email_constant_contact",
    "ga4_data_api",
    "ga4_ui",
    "google_business_profile",
    "google_search_console",
    "server_logs",
    "sprout_social",
    "web_plausible",
)
SIDECARS = {
    "email_constant_contact": "time_zone: UTC\n",
    "ga4_data_api": "account: site\n",
    "google_search_console/dan": "account: shop\n",
    "web_plausible/30d": "account: test.example\n",
    "sprout_social": "time_zone: America/Los_Angeles\n",
}
GA4, GSC, PLAUSIBLE, SPROUT = "ga4_ui", "google_search_console/dan", "web_plausible/30d", "sprout_social"
POSTS, PROFILES = f"{SPROUT}/Post Performance.scrubbed.csv", f"{SPROUT}/Profile Performance.head300.csv"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    home = Home(tmp_path_factory.mktemp("samples_web") / "home").create()
    for family in FAMILIES:
        for path in sorted((SAMPLES / family).rglob("*")):
            if path.is_file():
                target = home.inbox / path.relative_to(SAMPLES)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
    for folder, text in SIDECARS.items():
        (home.inbox / folder / "hourglass.yml").write_text(text)
    with duckdb.connect(str(home.warehouse)) as connection:
        report = ingest(home, Settings(), connection=connection)
        yield Loaded(connection, {result.file_path: result for result in report.files})


def measured(loaded: Loaded, path: str, measure: str, where: str = "true") -> Decimal:
    query = f"select coalesce(sum(value), 0) from raw.web_reported where source_file = ? and measure = '{measure}' and {where}"
    return Decimal(loaded.one(query, path))


def rounded(values: list[str], digits: str) -> Decimal:
    return sum((Decimal(value).quantize(Decimal(digits), ROUND_HALF_UP) for value in values if value), Decimal(0))


def ga4_tables(path: str) -> list[tuple[date, date, list[str], list[list[str]]]]:
    """First day, last day, header and rows of every table under comment lines."""
    tables: list[tuple[date, date, list[str], list[list[str]]]] = []
    days: list[str] = []
    fresh = True
    for line in text_of(path).splitlines():
        if line.startswith("#"):
            days = (days + re.findall(r"(?<!\d)\d{8}(?!\d)", line))[-2:]
            fresh = True
        elif line.strip():
            cells = next(csv.reader([line]))
            if fresh:
                first, last = (datetime.strptime(day, "%Y%m%d").date() for day in days)  # noqa: DTZ007
                tables.append((first, last, cells, []))
            else:
                tables[-1][3].append(cells)
            fresh = False
    return tables


def test_every_file_is_accounted_for(loaded: Loaded) -> None:
    assert len(loaded.results) == 23
    for path, result in loaded.results.items():
        assert result.rows_read == result.rows_loaded + result.rows_totals + result.rows_quarantined, path
    waiting = {path: result.reason or "" for path, result in loaded.results.items() if result.status != "loaded"}
    assert set(waiting) == {"email_constant_contact/email_overview.csv", "server_logs/apache_combined.masked.log"}
    assert "rates without a campaign" in waiting["email_constant_contact/email_overview.csv"]
    assert "access log" in waiting["server_logs/apache_combined.masked.log"]


@pytest.mark.parametrize(
    ("path", "rows", "whole", "fractions"),
    [
        (
            "bub_2024/data-export.csv", 241,
            {"Event count": "events", "Total users": "visitors", "New users": "new_visitors", "Returning users": "returning_visitors"},
            {"Average session duration": ("average_session_seconds", "0.001")},
        ),
        ("dan/Events_Event_name.csv", 21, {"Event count": "events", "Total users": "visitors", "Total revenue": "revenue"}, {}),
        (
            "dan/Pages_and_screens_(3).csv", 684,
            {"Views": "pageviews", "Active users": "active_visitors", "Sessions": "sessions", "Key events": "conversions"},
            {
                "Bounce rate": ("bounce_rate", "0.000001"),
                "Engagement rate": ("engagement_rate", "0.000001"),
                "Average engagement time per active user": ("average_engagement_seconds", "0.001"),
            },
        ),
        (
            "dan/Pages_and_screens_Page_path_and_screen_class.csv", 16,
            {"Views": "pageviews", "Active users": "active_visitors", "Event count": "events", "Key events": "conversions"}, {},
        ),
    ],
)  # fmt: skip
def test_ga4_reports(
    loaded: Loaded, path: str, rows: int, whole: dict[str, str], fractions: dict[str, tuple[str, str]]
) -> None:
    path = f"{GA4}/{path}"
    ((first, last, header, body),) = ga4_tables(path)
    assert loaded.results[path].rows_loaded == len(body) == rows
    for name, measure in whole.items():
        assert measured(loaded, path, measure) == total([row[header.index(name)] for row in body]), name
    for name, (measure, digits) in fractions.items():
        assert measured(loaded, path, measure) == rounded([row[header.index(name)] for row in body], digits), name
    got = loaded.connection.execute(
        "select min(period_from), max(period_to), min(date), max(date) from raw.web_reported where source_file = ?",
        [path],
    ).fetchone()
    if header[0] == "Date":
        days = sorted(datetime.strptime(row[0], "%Y%m%d").date() for row in body)  # noqa: DTZ007
        assert got == (days[0], days[-1], days[0], days[-1])
    else:
        assert got == (first, last, None, None)


@pytest.mark.parametrize(
    ("path", "rows", "names"),
    [
        ("dan/exploration_download (3).csv", 342, {"Event count": "events"}),
        (
            "dan/exploration_free_form_download (2).csv", 1874,
            {"Total users": "visitors", "Sessions": "sessions", "Key events": "conversions", "Exits": "exits"},
        ),
    ],
)  # fmt: skip
def test_ga4_explorations(loaded: Loaded, path: str, rows: int, names: dict[str, str]) -> None:
    path = f"{GA4}/{path}"
    ((first, last, header, body),) = ga4_tables(path)
    grand = [row for row in body if len(row) > len(header)]
    members = [row for row in body if len(row) == len(header)]
    result = loaded.results[path]
    assert (result.rows_loaded, result.rows_totals) == (len(members), len(grand)) == (rows, 1)
    assert (result.period_from_date, result.period_to_date) == (first, last)
    for name, measure in names.items():
        position = header.index(name)
        assert measured(loaded, path, measure) == total([row[position] for row in members]), name
    events = (
        [int(row[header.index("Event count")]) for row in [*grand, *members]] if "Event count" in header else [0, 0]
    )
    assert any("warning" in note for note in result.notes) == (events[0] != sum(events[1:]))


def test_ga4_overview_of_many_tables(loaded: Loaded) -> None:
    path = f"{GA4}/dan/data-export_nth_day.csv"
    tables = ga4_tables(path)
    assert loaded.results[path].rows_loaded == sum(len(body) for *_, body in tables) == 3504
    by_header = {tuple(header): (first, body) for first, _last, header, body in tables if body}
    for name, measure in (("Users", "active_visitors"), ("New users", "new_visitors")):
        first, body = by_header["Nth day", name]
        expected = {first + timedelta(days=int(row[0])): int(row[1]) for row in body}
        got = loaded.connection.execute(
            "select date, cast(value as bigint) from raw.web_reported"
            " where source_file = ? and measure = ? and dimension = 'all'",
            [path, measure],
        ).fetchall()
        assert dict(got) == expected
        assert min(expected) == date(2022, 6, 1)
    for header, dimension in ((("Country ID", "Users"), "country_code"), (("Country", "Users"), "country")):
        _first, body = by_header[header]
        assert measured(loaded, path, "active_visitors", f"dimension = '{dimension}'") == total(
            [row[1] for row in body]
        )
    _first, body = by_header["Cohort", "Day 1", "Day 7", "Day 30"]
    assert measured(loaded, path, "retained_day_7") == rounded([row[2] for row in body], "0.000001")


def test_ga4_answer_of_the_data_api(loaded: Loaded) -> None:
    path = "ga4_data_api/batchRunReports_visitors.json"
    (report,) = json.loads(text_of(path))["reports"]
    names = [header["name"] for header in report["metricHeaders"]]
    rows = [[value["value"] for value in row["metricValues"]] for row in report["rows"]]
    assert loaded.results[path].rows_loaded == len(rows) == report["rowCount"] == 5
    for name, measure in (
        ("totalUsers", "visitors"),
        ("screenPageViews", "pageviews"),
        ("sessions", "sessions"),
        ("bounces", "bounces"),
    ):
        assert measured(loaded, path, measure) == total([row[names.index(name)] for row in rows]), name
    days = sorted(row["dimensionValues"][0]["value"] for row in report["rows"])
    query = "select min(strftime(date, '%Y%m%d')) || ' ' || max(strftime(date, '%Y%m%d')) from raw.web_reported where source_file = ?"
    assert loaded.one(query, path) == f"{days[0]} {days[-1]}"


@pytest.mark.parametrize(
    ("name", "rows", "dimension"),
    [("Chart.csv", 365, "all"), ("Queries.csv", 1000, "query"), ("Search appearance.csv", 2, "search_appearance")],
)
def test_search_console(loaded: Loaded, name: str, rows: int, dimension: str) -> None:
    path = f"{GSC}/{name}"
    body = records(path)
    assert loaded.results[path].rows_loaded == len(body) == rows
    for header, measure in (("Clicks", "clicks"), ("Impressions", "impressions"), ("Position", "average_position")):
        assert measured(loaded, path, measure) == total([row[header] for row in body]), header
    assert measured(loaded, path, "click_rate") == total([row["CTR"].rstrip("%") for row in body]) / 100
    got = loaded.connection.execute(
        "select distinct dimension, filters, property, min(period_from) over (), max(period_to) over ()"
        " from raw.web_reported where source_file = ?",
        [path],
    ).fetchall()
    assert got == [(dimension, "Page: +/blog/", "shop", date(2025, 1, 1), date(2025, 12, 31))]


def test_search_console_filters(loaded: Loaded) -> None:
    path = f"{GSC}/Filters.csv"
    got = loaded.connection.execute("select filter, value from raw.web_report_filters where source_file = ?", [path])
    assert got.fetchall() == [(row["Filter"], row["Value"]) for row in records(path)]


def test_business_profile(loaded: Loaded) -> None:
    path = "google_business_profile/dan/GMB insights 2025-10.csv"
    body = [row for row in records(path) if row["Business name"]]
    result = loaded.results[path]
    assert result.rows_loaded == len(body) == 4
    assert (result.period_from_date, result.period_to_date) == (date(2025, 10, 1), date(2025, 10, 31))
    for header, measure in (
        ("Google Search - Mobile", "search_mobile_viewers"),
        ("Google Maps - Desktop", "maps_desktop_viewers"),
        ("Directions", "direction_requests"),
        ("Website clicks", "clicks"),
        ("Calls", "calls"),
    ):
        assert measured(loaded, path, measure) == total([row[header] for row in body]), header


@pytest.mark.parametrize(
    ("name", "dimension", "names"),
    [
        ("visitors", "all", {"visitors": "visitors", "pageviews": "pageviews", "visits": "sessions"}),
        (
            "pages",
            "page_path",
            {"visitors": "visitors", "pageviews": "pageviews", "time_on_page": "average_page_seconds"},
        ),
        ("sources", "source", {"visitors": "visitors", "visit_duration": "average_session_seconds"}),
        ("utm_campaigns", "utm_campaign", {"visitors": "visitors"}),
        ("conversions", "goal", {"unique_conversions": "converted_visitors", "total_conversions": "conversions"}),
    ],
)
def test_plausible(loaded: Loaded, name: str, dimension: str, names: dict[str, str]) -> None:
    path = f"{PLAUSIBLE}/{name}.csv"
    body = records(path)
    result = loaded.results[path]
    assert result.rows_loaded == len(body) > 0
    for header, measure in names.items():
        assert measured(loaded, path, measure) == total([row[header] for row in body]), header
    if "bounce_rate" in body[0]:
        assert measured(loaded, path, "bounce_rate") == total([row["bounce_rate"] for row in body]) / 100
    days = sorted(row["date"] for row in records(f"{PLAUSIBLE}/visitors.csv"))
    assert (str(result.period_from_date), str(result.period_to_date)) == (days[0], days[-1])
    assert (
        loaded.one("select string_agg(distinct dimension) from raw.web_reported where source_file = ?", path)
        == dimension
    )


def test_constant_contact(loaded: Loaded) -> None:
    path = "email_constant_contact/email_clicks.csv"
    body = records(path)
    assert loaded.results[path].rows_loaded == len(body) == 7
    for header, column in (("Sends", "sent"), ("Opens", "opens"), ("Clicks", "clicks"), ("Bounces", "bounces")):
        got = loaded.one(f"select sum({column}) from raw.email_campaigns where source_file = ?", path)
        assert got == total([row[header] for row in body]), header
    times = [datetime.strptime(row["Time Sent"], "%Y/%m/%d %I:%M %p") for row in body]  # noqa: DTZ007
    rows = loaded.connection.execute(
        "select sent_at, clicks, sent - bounces from raw.email_campaigns order by source_row"
    )
    got_rows = rows.fetchall()
    assert [row[0] for row in got_rows] == times
    # Its own click rate is clicks divided by what was delivered.
    for (_sent_at, clicks, delivered), row in zip(got_rows, body, strict=True):
        assert round(Decimal(clicks) / delivered * 100, 1) == Decimal(row["Click Rate"].rstrip("%"))


def count(text: str) -> Decimal:
    return Decimal(text.replace(",", "")) if text else Decimal(0)


def test_sprout_posts(loaded: Loaded) -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(POSTS), newline="")))
    assert loaded.results[POSTS].rows_loaded == len(rows) == 27
    for header, column in (
        ("Impressions", "impressions"),
        ("Reach", "reach"),
        ("Comments", "comments"),
        ("Shares", "shares"),
        ("Saves", "saves"),
        ("Post Link Clicks", "link_clicks"),
        ("Video Views", "views"),
    ):
        got = loaded.one(f"select coalesce(sum({column}), 0) from raw.social_posts where source_file = ?", POSTS)
        assert got == sum(count(row[header]) for row in rows), header
    likes = loaded.one("select sum(likes) from raw.social_posts where source_file = ?", POSTS)
    assert likes == sum(count(row["Reactions"]) - count(row["Dislikes"]) for row in rows)
    got_rows = loaded.connection.execute(
        "select platform, post_id, published_at from raw.social_posts where source_file = ? order by source_row",
        [POSTS],
    ).fetchall()
    zone = ZoneInfo("America/Los_Angeles")
    expected = [
        (
            row["Network"].lower(),
            row["Post ID"].rpartition("_")[2] if row["Network"] == "Facebook" else row["Post ID"],
            datetime.strptime(row["Date"], "%m/%d/%Y %I:%M %p").replace(tzinfo=zone).astimezone(ZoneInfo("UTC")),
        )
        for row in rows
    ]
    assert got_rows == [(network, post_id, moment.replace(tzinfo=None)) for network, post_id, moment in expected]


def test_sprout_instants_agree_with_tiktoks_ids(loaded: Loaded) -> None:
    """TikTok's ids carry their second: the clock of the export is that of the airport's own zone."""
    apart = loaded.one(
        "select max(abs(epoch(published_at) - (cast(post_id as bigint) >> 32))) from raw.social_posts"
        " where source_file = ? and platform = 'tiktok'",
        POSTS,
    )
    assert apart < 3600


def test_sprout_profiles(loaded: Loaded) -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(PROFILES), newline="")))
    assert loaded.results[PROFILES].rows_loaded == len(rows) == 300
    for header, measure in (
        ("Audience", "followers"),
        ("Net Audience Growth", "net_followers"),
        ("Impressions", "impressions"),
        ("Video Views", "views"),
        ("Post Link Clicks", "link_clicks"),
    ):
        got = loaded.one(
            f"select coalesce(sum(value), 0) from raw.social_account_daily where source_file = ? and measure = '{measure}'",
            PROFILES,
        )
        assert got == sum(count(row[header]) for row in rows), header
    got_rows = loaded.connection.execute(
        "select distinct platform, account, strftime(date, '%m-%d-%Y') from raw.social_account_daily where source_file = ?",
        [PROFILES],
    ).fetchall()
    assert set(got_rows) == {(row["Network"].lower(), row["Profile"].lstrip("'@"), row["Date"]) for row in rows}


def test_the_facts_hold_what_was_delivered(loaded: Loaded) -> None:
    raw = {
        name: dict(
            loaded.connection.execute(
                "select column_name, data_type from information_schema.columns where table_schema = 'raw' and table_name = ?",
                [name],
            ).fetchall()
        )
        for name in ("web_reported", "email_campaigns")
    }
    inputs = {
        f"raw.{name}": loaded.connection.execute(f"select * exclude (original) from raw.{name}")
        .to_arrow_table()
        .to_pylist()
        for name in raw
    }
    facts = run_model("core.fct_web_reported", inputs, raw=raw)
    # Every record of a report is a row of the fact; a business profile's location has one for each surface beside it.
    rows = {path: sum(row["source_file"] == path for row in facts) for path in loaded.results}
    for path, result in loaded.results.items():
        if result.tables.get("web_reported") and "data-export_nth_day" not in path:
            assert rows[path] == result.rows_loaded * (5 if result.platform == "google_business_profile" else 1), path
    chart = [row for row in facts if row["tool"] == "google_search_console" and row["dimension"] == "all"]
    assert sum(row["clicks"] for row in chart) == total([row["Clicks"] for row in records(f"{GSC}/Chart.csv")])
    assert {row["filters"] for row in chart} == {"Page: +/blog/"}
    emails = run_model("core.fct_emails", inputs, raw=raw)
    assert sum(row["delivered"] for row in emails) == total(
        [str(int(row["Sends"]) - int(row["Bounces"])) for row in records("email_constant_contact/email_clicks.csv")]
    )
