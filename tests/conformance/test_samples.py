"""The authentic exports of ../shared/samples through one ingestion, against figures recomputed from the raw text here.

What a file holds is read a second time below with nothing but ``csv`` and ``decode``, so that a mistake of the readers can't
hide in its own test. Exports of platforms that are not known yet must wait, never be misread.
"""

import csv
import io
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from config.home import Home
from config.settings import Settings
from pipelines.ingest import ingest
from pipelines.registry import FileResult

SHARED = Path(os.environ.get("HOURGLASS_SHARED") or Path(__file__).parents[3] / "shared")
SAMPLES = SHARED / "samples"
pytestmark = pytest.mark.skipif(
    not SAMPLES.is_dir(), reason=f"no authentic samples: neither HOURGLASS_SHARED nor {SAMPLES} is there"
)

SIDECARS = {
    "meta_business_suite/bub_2024": "account: MH4U\nplatform: facebook\n",
    "meta_business_suite/leon_2025": "account: oigetit\nplatform: facebook\n",
    "meta_business_suite/vsb_2025": "account: vintage\nplatform: facebook\n",
    "tiktok/boss_2026": "account: boss\nyear: 2026\n",
    "tiktok/htupy": "account: creator1\nyear: 2026\n",
    "tiktok/locale_es": "account: franco\nyear: 2026\n",
    "tiktok/vsb_business_2025": "account: vintage\n",
    "linkedin_page": "account: page\n",
    "x_twitter": "account: handle\n",
    "ga4_data_api": "account: site\n",
    "google_search_console": "account: shop\n",
    "web_plausible": "account: test.example\n",
    "email_constant_contact": "time_zone: UTC\n",
    "sprout_social": "time_zone: America/Los_Angeles\n",
    "youtube_studio/codingtrain": "account: codingtrain\n",
    "youtube_studio/de_2020": "account: weima\n",
}
KNOWN = (
    "meta_business_suite/",
    "meta_ads/",
    "facebook_insights_legacy/",
    "tiktok/",
    "youtube_studio/",
    "ga4_bigquery/",
    "google_ads/",
    "linkedin_ads_SYNTHETIC/",
    "linkedin_page/",
    "x_twitter/",
    "shopify/",
    "stripe/",
    "email_constant_contact/",
    "ga4_data_api/",
    "ga4_ui/",
    "google_business_profile/",
    "google_search_console/",
    "sprout_social/",
    "web_plausible/",
)
META, TIKTOK, YOUTUBE = "meta_business_suite", "tiktok", "youtube_studio"


@dataclass(frozen=True)
class Loaded:
    connection: duckdb.DuckDBPyConnection
    results: dict[str, FileResult]

    def one(self, query: str, path: str) -> Any:
        row = self.connection.execute(query, [path]).fetchone()
        assert row is not None
        return row[0]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    home = Home(tmp_path_factory.mktemp("samples") / "home").create()
    for path in sorted(SAMPLES.rglob("*")):
        if path.is_file() and path.name != "SOURCES.tsv":
            target = home.inbox / path.relative_to(SAMPLES)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    for folder, text in SIDECARS.items():
        (home.inbox / folder / "hourglass.yml").write_text(text)
    with duckdb.connect(str(home.warehouse)) as connection:
        report = ingest(home, Settings(), connection=connection)
        yield Loaded(connection, {result.file_path: result for result in report.files})


def text_of(path: str) -> str:
    data = (SAMPLES / path).read_bytes()
    if data.startswith(b"\xff\xfe"):
        return data.decode("utf-16")
    return data.decode("cp1251" if "cp1251" in path else "utf-8-sig")


def records(path: str, delimiter: str = ",") -> list[dict[str, str]]:
    """A plain CSV by its header; of two columns of the same name the first counts."""
    rows = [row for row in csv.reader(io.StringIO(text_of(path), newline=""), delimiter=delimiter) if row]
    header = [name.replace("\u00ad", "") for name in rows[0]]
    return [
        {name: row[header.index(name)] if header.index(name) < len(row) else "" for name in header} for row in rows[1:]
    ]


def total(values: list[str]) -> Decimal:
    return sum((Decimal(value) for value in values if value), Decimal(0))


def test_every_file_accounts_for_every_record(loaded: Loaded) -> None:
    for path, result in loaded.results.items():
        assert result.rows_read == result.rows_loaded + result.rows_totals + result.rows_quarantined, path
        assert result.status != "loaded" or not result.rows_quarantined, path
        assert result.status == "loaded" or result.reason, path


def test_every_known_export_loads(loaded: Loaded) -> None:
    refused = {"email_constant_contact/email_overview.csv"}
    partly = {path for path, result in loaded.results.items() if path.startswith(KNOWN) and result.status != "loaded"}
    assert partly - refused == {
        # records for which Meta itself could not tell the post ("An error occurred while computing metadata …")
        f"{META}/bub_2024/FB_posts_Dec-12-2023_Mar-06-2024_1032418178499222.csv",
        f"{META}/vsb_2025/IG_posts_double_encoded.csv",
        # shares that a spreadsheet turned into dates
        f"{META}/vsb_2025/Audience_excel_bg_cp1251.csv",
    }
    assert all(loaded.results[path].status == "partly_loaded" for path in partly - refused)


def test_exports_that_are_not_known_wait_and_are_not_misread(loaded: Loaded) -> None:
    others = {path: result for path, result in loaded.results.items() if not path.startswith(KNOWN)}
    assert {path.split("/")[0]: result.reason for path, result in others.items()} == {
        "server_logs": "not a table: a web server's access log (requests, most of them by machines);"
        " sessions come from an analytics tool's export",
    }
    for path, result in others.items():
        assert (result.status, result.rows_loaded) == ("quarantined", 0), path
    tables = loaded.connection.execute(
        "select distinct source_file from raw.social_posts union select source_file from raw.ads"
    ).fetchall()
    assert all(path.startswith(KNOWN) for (path,) in tables)


POSTS = [
    f"{META}/bub_2024/FB_posts_Dec-12-2023_Mar-06-2024_1032418178499222.csv",
    f"{META}/leon_2025/FB_posts_Jan-14-2025_Apr-14-2025_1396269028466733.csv",
    f"{META}/leon_2025/FB_posts_Mar-18-2025_Apr-14-2025_553302954456165.csv",
    f"{META}/leon_2025/IG_posts_Mar-18-2025_Apr-14-2025_1019826952924933.csv",
]


@pytest.mark.parametrize("path", POSTS)
def test_meta_posts(loaded: Loaded, path: str) -> None:
    rows = [row for row in records(path) if row["Post ID"]]
    assert loaded.results[path].rows_loaded == len(rows)
    named = {"Views": "views", "Impressions": "impressions", "Reach": "reach", "Reactions": "likes", "Likes": "likes"}
    named |= {
        "Comments": "comments",
        "Shares": "shares",
        "Saves": "saves",
        "Follows": "follows",
        "Link Clicks": "link_clicks",
    }
    checked = 0
    for header, column in named.items():
        if header in rows[0]:
            got = loaded.one(f"select coalesce(sum({column}), 0) from raw.social_posts where source_file = ?", path)
            assert got == total([row[header] for row in rows]), header
            checked += 1
    assert checked >= 6
    got_ids = loaded.connection.execute(
        "select post_id from raw.social_posts where source_file = ? order by source_row", [path]
    )
    assert [row[0] for row in got_ids.fetchall()] == [row["Post ID"] for row in rows]


def test_instagram_instants_are_those_in_the_ids(loaded: Loaded) -> None:
    """An Instagram id carries its millisecond (since 2011-08-24 21:07:01.721); the code in the address is the id in base 64."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    rows = loaded.connection.execute(
        "select permalink, epoch_ms(published_at) from raw.social_posts where platform = 'instagram'"
    ).fetchall()
    near = 0
    for permalink, published in rows:
        code = re.search(r"/(?:p|reel)/([\w-]+)", permalink)
        assert code
        number = 0
        for character in code[1]:
            number = number * 64 + alphabet.index(character)
        made = (number >> 23) + 1314220021721
        near += -60_000 <= published - made < 3 * 86_400_000
    assert near >= 0.95 * len(rows)
    assert len(rows) > 100


def test_the_twice_quoted_posts(loaded: Loaded) -> None:
    path = f"{META}/vsb_2025/IG_posts_double_encoded.csv"
    lines = [line.rstrip("\r") for line in text_of(path).split("\n")]
    plain = "\n".join(
        line[1:-1].replace('""', '"') if line.startswith('"') and line.endswith('"') and len(line) > 1 else line
        for line in lines
    )
    rows = list(csv.reader(io.StringIO(plain, newline="")))
    header, body = rows[0], [row for row in rows[1:] if row and row[0]]
    assert loaded.results[path].rows_loaded == len(body) == 57
    for name in ("Views", "Reach", "Likes", "Saves"):
        column = name.lower()
        got = loaded.one(f"select sum({column}) from raw.social_posts where source_file = ?", path)
        assert got == total([row[header.index(name)] for row in body])


def test_facebook_videos(loaded: Loaded) -> None:
    path = f"{META}/vsb_2025/FB_videos_Oct-31-2025_Dec-30-2025_1664278361210560.csv"
    lines = [line.rstrip("\r") for line in text_of(path).split("\n") if line.strip()]
    rows = list(csv.reader(line[1:-1].replace('""', '"') for line in lines))
    header, body = rows[0], rows[1:]
    assert loaded.results[path].rows_loaded == len(body) == 45
    for name, column in (
        ("3-second video views", "views_3s"),
        ("Seconds viewed", "watch_seconds"),
        ("Reactions", "likes"),
    ):
        got = loaded.one(f"select sum({column}) from raw.social_posts where source_file = ?", path)
        assert got == total([row[header.index(name)] for row in body])


def insights() -> list[str]:
    if not SAMPLES.is_dir():
        return []
    paths = (str(path.relative_to(SAMPLES)) for path in sorted((SAMPLES / META).rglob("*.csv")))
    return [path for path in paths if not re.search(r"posts|videos|Audience|Top content", path)]


@pytest.mark.parametrize("path", insights())
def test_meta_insights(loaded: Loaded, path: str) -> None:
    pairs = re.findall(r'^"?(\d{4}-\d\d-\d\d)T[\d:]+"?[,;\t]"?(-?\d+)"?', text_of(path), re.MULTILINE)
    assert loaded.results[path].rows_loaded == len(pairs) > 30
    got = loaded.connection.execute(
        "select cast(date as varchar), cast(cast(value as bigint) as varchar) from raw.social_account_daily"
        " where source_file = ? order by source_row",
        [path],
    ).fetchall()
    assert sorted(got) == sorted(pairs)


def test_platforms_and_measures_of_insights(loaded: Loaded) -> None:
    expected = {
        "leon_2025/Reach.csv": {("facebook", "reach")},
        "leon_2025/Visits (1).csv": {("instagram", "profile_visits")},
        "leon_2025/IG_Interactions (1).csv": {("instagram", "interactions")},
        "bub_2024/Reach.csv": {("facebook", "reach"), ("instagram", "reach")},
        "bub_2024/Reach_resaved_excel_tab.csv": {("facebook", "reach"), ("instagram", "reach")},
        "vsb_2025/IG VIEWS.csv": {("instagram", "views")},
        "vsb_2025/IG_LINK_CLICKS.csv": {("instagram", "link_clicks")},
        "vsb_2025/Viewers_excel_semicolon.csv": {("facebook", "unique_viewers")},
        "vsb_2025/Follows_excel_semicolon.csv": {("facebook", "followers_gained")},
    }
    for name, pairs in expected.items():
        rows = loaded.connection.execute(
            "select distinct platform, measure from raw.social_account_daily where source_file = ?", [f"{META}/{name}"]
        ).fetchall()
        assert set(rows) == pairs, name


def test_audiences(loaded: Loaded) -> None:
    for name in ("Audience.csv", "Audience_resaved_excel_tab.csv"):
        path = f"{META}/bub_2024/{name}"
        query = "select value from raw.audience where source_file = ? and platform = 'facebook' and member = '{}'"
        assert loaded.one(query.format("all"), path) == 30222
        assert loaded.one(query.format("women 35-44"), path) == Decimal("0.36")
        assert loaded.one(query.format("Lviv, Lviv Oblast, Ukraine"), path) == Decimal("0.087")
        assert loaded.results[path].tables == {"audience": 56}
    leon = f"{META}/leon_2025/Audience.csv"
    assert loaded.one(
        "select sum(value) from raw.audience where dimension = 'country' and source_file = ?", leon
    ) == Decimal("0.914")
    assert loaded.one(
        "select value from raw.audience where member = 'Cape Town, South Africa' and source_file = ?", leon
    ) == Decimal("0.137")


def test_shares_that_a_spreadsheet_made_dates_are_not_read(loaded: Loaded) -> None:
    path = f"{META}/vsb_2025/Audience_excel_bg_cp1251.csv"
    result = loaded.results[path]
    assert result.encoding == "cp1251"
    assert "turned this number into a date" in (result.reason or "")
    mangled = [line for line in text_of(path).splitlines() if re.search(r"\d\.(апр|юни|яну|авг|май|сеп)", line)]
    assert result.rows_quarantined == len(mangled) == 8
    assert loaded.one("select sum(value) from raw.social_account_daily where source_file = ?", path) == loaded.one(
        "select sum(value) from raw.social_account_daily where source_file = ?",
        f"{META}/vsb_2025/Follows_excel_semicolon.csv",
    )


def test_meta_ads(loaded: Loaded) -> None:
    path = "meta_ads/bub_2024/Untitled-report-Apr-1-2023-to-Mar-11-2024.xlsx"
    result = loaded.results[path]
    assert (result.rows_loaded, result.rows_totals, result.account) == (310, 1, "MH4U")
    # The total row of the file itself: 77,818.01 UAH and 3,159,843 impressions.
    assert abs(
        loaded.one("select sum(spend) from raw.ads where source_file = ?", path) - Decimal("77818.01")
    ) < Decimal("0.05")
    assert loaded.one("select sum(impressions) from raw.ads where source_file = ?", path) == 3159843
    assert loaded.one("select string_agg(distinct currency) from raw.ads where source_file = ?", path) == "UAH"
    assert (
        loaded.one("select breakdown from raw.ads where source_row = 1 and source_file = ?", path)
        == "region=Cherkasy Oblast"
    )
    path = "meta_ads/bub_2024/MH4U-Ads-Feb-11-2021-Mar-11-2024.xlsx"
    assert (loaded.results[path].rows_loaded, loaded.results[path].rows_totals) == (50, 1)
    assert abs(
        loaded.one("select sum(spend) from raw.ads where source_file = ?", path) - Decimal("77818.01")
    ) < Decimal("0.05")
    empty = loaded.results["meta_ads/dan_2024/Daniel-Conlan-Campaigns-1-Sep-202430-Sep-2024.csv"]
    assert (empty.status, empty.rows_read) == ("loaded", 0)


def test_facebook_insights_legacy(loaded: Loaded) -> None:
    path = "facebook_insights_legacy/post_level_key_metrics_2015.csv"
    rows = loaded.connection.execute(
        "select post_id, account, published_at, reach, impressions from raw.social_posts where source_file = ? order by 1",
        [path],
    ).fetchall()
    assert [(row[0], row[1], str(row[2]), *row[3:]) for row in rows] == [
        ("951745098223517_980216225376404", "BoostedUSCTrials", "2015-10-01 16:22:00", 0, 0),
        ("951745098223517_980422845355742", "BoostedUSCTrials", "2015-10-02 04:00:00", 8, 11),
    ]


@pytest.mark.parametrize(
    ("path", "measures"),
    [
        ("boss_2026/Overview.csv", {"Video Views": "views", "Profile Views": "profile_visits", "Likes": "likes"}),
        ("htupy/Overview.head.csv", {"Video Views": "views", "Comments": "comments", "Shares": "shares"}),
        ("locale_es/Overview.csv", {"Video Views": "views"}),
        ("htupy/Viewers.head.csv", {"Total Viewers": "unique_viewers", "New Viewers": "new_viewers"}),
        ("htupy/FollowerHistory.head.csv", {"Followers": "followers"}),
        (
            "vsb_business_2025/TIKTOK_RAW.csv",
            {"Video views": "views", "Reached audience": "reach", "Net growth": "net_followers"},
        ),
        (
            "vsb_business_2025/TIKTOK_AUDIENCE_RAW.csv",
            {"New followers": "followers_gained", "Engaged audience": "engaged_audience"},
        ),
    ],
)
def test_tiktok_daily(loaded: Loaded, path: str, measures: dict[str, str]) -> None:
    path = f"{TIKTOK}/{path}"
    rows = records(path)
    assert loaded.results[path].rows_loaded == len(rows)
    for header, measure in measures.items():
        got = loaded.one(
            f"select coalesce(sum(value), 0) from raw.social_account_daily where source_file = ? and measure = '{measure}'",
            path,
        )
        assert got == total([row[header] for row in rows if row[header] not in ("undefined", "NAN", "--")]), header


def test_tiktok_days(loaded: Loaded) -> None:
    query = "select min(date)::varchar || ' ' || max(date)::varchar from raw.social_account_daily where source_file = ?"
    assert loaded.one(query, f"{TIKTOK}/boss_2026/Overview.csv") == "2026-04-12 2026-04-18"
    assert loaded.one(query, f"{TIKTOK}/htupy/Overview.head.csv") == "2025-02-28 2026-02-27"
    assert loaded.one(query, f"{TIKTOK}/locale_es/Overview.csv") == "2026-03-08 2026-03-14"
    zipped = loaded.results[f"{TIKTOK}/boss_2026/Overview_download.zip!Overview.csv"]
    assert (zipped.status, zipped.rows_loaded) == ("loaded", 7)
    assert loaded.one(
        "select sum(value) from raw.social_account_daily where source_file = ?", f"{TIKTOK}/boss_2026/Overview.xlsx"
    ) == (
        loaded.one(
            "select sum(value) from raw.social_account_daily where source_file = ?", f"{TIKTOK}/boss_2026/Overview.csv"
        )
    )


def test_tiktok_videos_agree_with_their_ids(loaded: Loaded) -> None:
    path = f"{TIKTOK}/vsb_business_2025/TIKTOK_VIDEO_RAW.csv"
    rows = records(path)
    assert loaded.results[path].rows_loaded == len(rows) == 51
    assert loaded.one("select sum(views) from raw.social_posts where source_file = ?", path) == total(
        [row["Video views"] for row in rows]
    )
    apart = "select max(abs(epoch(published_at) - (cast(post_id as bigint) >> 32))) from raw.social_posts where source_file = ?"
    assert loaded.one(apart, path) <= 60
    content = f"{TIKTOK}/htupy/Content.csv"
    assert loaded.one("select sum(views) from raw.social_posts where source_file = ?", content) == total(
        [row["Total views"] for row in records(content)]
    )
    assert str(loaded.results[content].downloaded_at) == "2026-02-28 12:00:00"


def test_tiktok_audience(loaded: Loaded) -> None:
    query = "select sum(value) from raw.audience where source_file = ?"
    assert loaded.one(query, f"{TIKTOK}/htupy/FollowerGender.csv") == 1
    assert loaded.one(query, f"{TIKTOK}/htupy/FollowerTopTerritories.csv") == total(
        [row["Distribution"] for row in records(f"{TIKTOK}/htupy/FollowerTopTerritories.csv")]
    )
    hours = f"{TIKTOK}/htupy/FollowerActivity.head.csv"
    assert (
        loaded.one("select count(*) filter (where value is null) from raw.audience where source_file = ?", hours) == 6
    )


def test_youtube(loaded: Loaded) -> None:
    path = f"{YOUTUBE}/codingtrain/Table data.csv"
    rows = records(path)
    assert (loaded.results[path].rows_loaded, loaded.results[path].rows_totals) == (len(rows) - 1, 1)
    assert loaded.one("select sum(value) from raw.audience where measure = 'views' and source_file = ?", path) == total(
        [row["Views"] for row in rows[1:]]
    )
    assert any("15503810" in note for note in loaded.results[path].notes)
    path = f"{YOUTUBE}/codingtrain/Chart data.head300.csv"
    assert loaded.one("select sum(value) from raw.audience where source_file = ?", path) == total(
        [r["Views"] for r in records(path)]
    )
    path = f"{YOUTUBE}/codingtrain/Totals.csv"
    assert loaded.one("select sum(value) from raw.social_account_daily where source_file = ?", path) == total(
        [r["Views"] for r in records(path)]
    )
    assert loaded.results[path].rows_loaded == 365


def test_youtube_in_german_with_soft_hyphens(loaded: Loaded) -> None:
    path = f"{YOUTUBE}/de_2020/Tabellendaten.csv"
    rows = [row for row in records(path)[1:] if row["Videotitel"]]
    result = loaded.results[path]
    assert (result.rows_loaded, result.rows_totals, result.locale) == (len(rows), 1, "de") == (500, 1, "de")
    assert loaded.one("select sum(views) from raw.social_posts where source_file = ?", path) == total(
        [row["Aufrufe"] for row in rows]
    )
    hours = total([row["Wiedergabezeit (Stunden)"] for row in rows])
    assert loaded.one("select sum(watch_seconds) from raw.social_posts where source_file = ?", path) == hours * 3600
    path = f"{YOUTUBE}/de_2020/Diagrammdaten.head400.csv"
    assert loaded.one("select sum(value) from raw.social_post_daily where source_file = ?", path) == total(
        [row["Aufrufe"] for row in records(path)]
    )
    assert loaded.results[f"{YOUTUBE}/de_2020/Gesamtwerte.csv"].rows_loaded == 366


def test_ga4_bigquery_event(loaded: Loaded) -> None:
    path = "ga4_bigquery/one_event_bq_json_2023.json"
    (event,) = json.loads(text_of(path))
    session = next(param["value"]["int_value"] for param in event["event_params"] if param["key"] == "ga_session_id")
    rows = loaded.connection.execute(
        "select event_name, visitor_id, session_id, epoch_us(occurred_at), page_url, consent from raw.web_events where source_file = ?",
        [path],
    ).fetchall()
    visitor = event["user_pseudo_id"]
    assert rows == [(event["event_name"], visitor, f"{visitor}.{session}", int(event["event_timestamp"]), None, "Yes")]
