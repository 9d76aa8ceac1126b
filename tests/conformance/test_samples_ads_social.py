"""The authentic exports of Google Ads, LinkedIn and X, and two synthetic ones of LinkedIn Ads, against figures from their raw text."""

import csv
import io
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import duckdb
import pytest

from config.home import Home
from config.settings import Settings
from pipelines.ingest import ingest
from tests.conformance.samples import SAMPLES, Loaded, records, text_of, total

FOLDERS = {
    "google_ads": "",
    "linkedin_ads_SYNTHETIC": "",
    "linkedin_page": "account: page\n",
    "x_twitter": "account: handle\n",
}
pytestmark = [
    pytest.mark.skipif(not SAMPLES.is_dir(), reason=f"no authentic samples: {SAMPLES} is not there"),
    pytest.mark.xdist_group("samples_ads_social"),
]
GOOGLE_TAB = "google_ads/dan_2026/Campaign report_utf16_tab.csv"
GOOGLE_COMMA = "google_ads/dan_2026/Campaign report_utf8_comma.csv"
LINKEDIN_EN = "linkedin_ads_SYNTHETIC/ad_performance_en.csv"
LINKEDIN_NL = "linkedin_ads_SYNTHETIC/ad_performance_nl.csv"
FOLLOWERS = "linkedin_page/cfs_2025/company_followers.xls"
CONTENT = "linkedin_page/company_content_1753863379800.scrubbed.xlsx"
X_CONTENT = "x_twitter/fg_2025/account_analytics_content_2024-11-21_2025-02-19.csv"
X_OVERVIEWS = ["x_twitter/fg_2025/account_overview_analytics.csv", "x_twitter/account_overview_analytics.head.csv"]
TWEETS_MANGLED = "x_twitter/tweet_activity_metrics_mangled_sci.head.csv"
TWEETS_2015 = "x_twitter/usc_2015/tweet_activity_metrics_2015.csv"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    home = Home(tmp_path_factory.mktemp("ads_social") / "home").create()
    for folder, sidecar in FOLDERS.items():
        shutil.copytree(SAMPLES / folder, home.inbox / folder)
        (home.inbox / folder).chmod(0o755)
        if sidecar:
            (home.inbox / folder / "hourglass.yml").write_text(sidecar)
    with duckdb.connect(str(home.warehouse)) as connection:
        report = ingest(home, Settings(), connection=connection)
        yield Loaded(connection, {result.file_path: result for result in report.files})


def counts(loaded: Loaded, path: str) -> tuple[int, int, int, int]:
    result = loaded.results[path]
    assert result.rows_read == result.rows_loaded + result.rows_totals + result.rows_quarantined
    return result.rows_read, result.rows_loaded, result.rows_totals, result.rows_quarantined


def table_of(path: str, delimiter: str, header: int) -> list[dict[str, str]]:
    """The rows under the header in that line, counted from 0."""
    lines = text_of(path).splitlines()[header:]
    return list(csv.DictReader(lines, delimiter=delimiter))


def sheet(path: str, name: str, header: int) -> list[dict[str, Any]]:
    import python_calamine

    rows = python_calamine.CalamineWorkbook.from_path(str(SAMPLES / path)).get_sheet_by_name(name).to_python()
    return [dict(zip(rows[header], row, strict=True)) for row in rows[header + 1 :]]


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def day_of(text: str, notation: str) -> datetime:
    return datetime.strptime(f"{text} +0000", f"{notation} %z").replace(tzinfo=None)


def test_every_file_is_loaded_and_no_other_is_there(loaded: Loaded) -> None:
    files = {
        str(path.relative_to(SAMPLES)) for folder in FOLDERS for path in (SAMPLES / folder).rglob("*") if path.is_file()
    }
    assert set(loaded.results) == files
    assert {path: result.reason for path, result in loaded.results.items() if result.status != "loaded"} == {}


@pytest.mark.parametrize(
    ("path", "delimiter", "expected"), [(GOOGLE_TAB, "\t", (3, 1, 2, 0)), (GOOGLE_COMMA, ",", (7, 2, 5, 0))]
)
def test_google_ads(loaded: Loaded, path: str, delimiter: str, expected: tuple[int, ...]) -> None:
    rows = table_of(path, delimiter, 2)
    campaigns = [row for row in rows if not row["Campaign status"].startswith("Total:")]
    assert counts(loaded, path) == (len(rows), len(campaigns), len(rows) - len(campaigns), 0) == expected
    got = loaded.connection.execute(
        "select sum(spend), sum(impressions), sum(clicks), sum(platform_conversions), sum(platform_conversion_value),"
        " min(date_from), max(date_to), string_agg(distinct currency) from raw.ads where source_file = ?",
        [path],
    ).fetchone()
    headers = ("Cost", "Impr.", "Clicks", "Conversions", "Conv. value")
    sums = tuple(sum(number(row[name]) for row in campaigns) for name in headers)
    assert got == (*sums, date(2026, 1, 27), date(2026, 2, 23), "GBP")
    # The file's own total of the campaigns.
    (stated,) = (row for row in rows if row["Campaign status"] == "Total: Campaigns")
    assert all(abs(got - number(stated[name])) <= Decimal("0.01") for got, name in zip(sums, headers, strict=True))
    assert not [note for note in loaded.results[path].notes if "total row" in note]


def test_linkedin_ads_by_day(loaded: Loaded) -> None:
    rows = table_of(LINKEDIN_EN, "\t", 5)
    assert counts(loaded, LINKEDIN_EN) == (2, 2, 0, 0)
    got = loaded.connection.execute(
        "select sum(spend), sum(impressions), sum(clicks), sum(link_clicks) from raw.ads where source_file = ?",
        [LINKEDIN_EN],
    ).fetchone()
    headers = ("Total Spent", "Impressions", "Clicks", "Clicks to Landing Page")
    assert got == tuple(sum(number(row[name]) for row in rows) for name in headers)
    assert got == (Decimal("1064.75"), 20172, 65, 48)
    days = loaded.connection.execute(
        "select date_from, date_to from raw.ads where source_file = ? order by 1", [LINKEDIN_EN]
    ).fetchall()
    assert days == [(date(2026, 9, 21), date(2026, 9, 21)), (date(2026, 9, 22), date(2026, 9, 22))]


def test_linkedin_ads_in_dutch_without_a_breakdown_by_day(loaded: Loaded) -> None:
    assert counts(loaded, LINKEDIN_NL) == (1, 1, 0, 0)
    assert loaded.connection.execute(
        "select spend, impressions, clicks, campaign, ad_group, ad, date_from, date_to from raw.ads where source_file = ?",
        [LINKEDIN_NL],
    ).fetchall() == [(Decimal("1009.36"), 17256, 55, "Brand", "Set A", "Ad A", date(2026, 9, 21), date(2026, 9, 22))]


def test_linkedin_followers(loaded: Loaded) -> None:
    gained = sheet(FOLLOWERS, "New followers", 0)
    dimensions = {
        "Location": "location",
        "Job function": "job_function",
        "Seniority": "seniority",
        "Industry": "industry",
        "Company size": "company_size",
    }
    parts = {name: sheet(FOLLOWERS, name, 0) for name in dimensions}
    rows = len(gained) + sum(len(part) for part in parts.values())
    assert counts(loaded, FOLLOWERS) == (rows, rows, 0, 0) == (307, 307, 0, 0)
    got = loaded.connection.execute(
        "select count(*), sum(value), min(date), max(date) from raw.social_account_daily"
        " where measure = 'followers_gained' and source_file = ?",
        [FOLLOWERS],
    ).fetchone()
    assert got == (90, sum(int(row["Total followers"]) for row in gained), date(2024, 12, 10), date(2025, 3, 9))
    for name, dimension in dimensions.items():
        got = loaded.connection.execute(
            "select count(*), sum(value), max(member) from raw.audience where dimension = ? and source_file = ?",
            [dimension, FOLLOWERS],
        ).fetchone()
        assert got == (
            len(parts[name]),
            sum(int(row["Total followers"]) for row in parts[name]),
            max(row[name] for row in parts[name]),
        )


def test_linkedin_content_counts_no_post_twice(loaded: Loaded) -> None:
    days, posts = sheet(CONTENT, "Metrics", 1), sheet(CONTENT, "All posts", 1)
    totals = [row for row in posts if row["Post type"] == "Total"]
    assert counts(loaded, CONTENT) == (len(days) + len(posts), len(days) + len(posts) - len(totals), len(totals), 0)
    assert counts(loaded, CONTENT) == (279, 276, 3, 0)
    for header, measure in {
        "Impressions (organic)": "impressions",
        "Unique impressions (organic)": "reach",
        "Clicks (organic)": "clicks",
        "Reactions (organic)": "likes",
    }.items():
        got = loaded.one(
            f"select sum(value) from raw.social_account_daily where measure = '{measure}' and source_file = ?", CONTENT
        )
        assert got == sum(int(row[header]) for row in days), header
    for paid, kind in ((False, "Organic"), (True, "Sponsored")):
        got = loaded.connection.execute(
            "select count(*), sum(impressions), sum(link_clicks), sum(likes) from raw.social_posts"
            " where is_paid = ? and source_file = ?",
            [paid, CONTENT],
        ).fetchone()
        mine = [row for row in posts if row["Post type"] == kind]
        assert got == (len(mine), *(sum(int(row[name]) for row in mine) for name in ("Impressions", "Clicks", "Likes")))
    # The scrubbing of the sample gave each row an address of its own, so its totals are of posts that have no row.
    assert len([note for note in loaded.results[CONTENT].notes if "no row of its own" in note]) == 3
    assert loaded.connection.execute(
        "select distinct period_from, period_to from raw.social_posts where source_file = ?", [CONTENT]
    ).fetchall() == [(date(2024, 12, 1), date(2025, 7, 28))]


@pytest.mark.parametrize("path", X_OVERVIEWS)
def test_x_account_overview(loaded: Loaded, path: str) -> None:
    rows = records(path)
    assert counts(loaded, path) == (len(rows), len(rows), 0, 0)
    named = {
        "Impressions": "impressions",
        "Likes": "likes",
        "Bookmarks": "saves",
        "Reposts": "shares",
        "Replies": "comments",
    }
    named |= {"New follows": "followers_gained", "Unfollows": "followers_lost", "Profile visits": "profile_visits"}
    for header, measure in named.items():
        got = loaded.one(
            f"select sum(value) from raw.social_account_daily where measure = '{measure}' and source_file = ?", path
        )
        assert got == total([row[header] for row in rows]), header
    days = [day_of(row["Date"], "%a, %b %d, %Y").date() for row in rows]
    assert (loaded.results[path].period_from_date, loaded.results[path].period_to_date) == (min(days), max(days))


def test_x_content(loaded: Loaded) -> None:
    rows = records(X_CONTENT)
    assert counts(loaded, X_CONTENT) == (len(rows), len(rows), 0, 0) == (141, 141, 0, 0)
    named = {"Impressions": "impressions", "Likes": "likes", "Replies": "comments", "Reposts": "shares"}
    named |= {"Bookmarks": "saves", "Url clicks": "link_clicks", "New follows": "follows"}
    for header, column in named.items():
        got = loaded.one(f"select sum({column}) from raw.social_posts where source_file = ?", X_CONTENT)
        assert got == total([row[header] for row in rows]), header
    got_rows = loaded.connection.execute(
        "select post_id, published_at from raw.social_posts where source_file = ? order by source_row", [X_CONTENT]
    ).fetchall()
    assert [post_id for post_id, _ in got_rows] == [row["Post id"] for row in rows]
    for (_, published), row in zip(got_rows, rows, strict=True):
        # The day is that of the viewer's clock, so it may be a day off the instant in the id.
        assert abs(day_of(row["Date"], "%a %b %d %Y") - published) < timedelta(days=2)


def snowflake(post_id: str) -> datetime:
    return datetime.fromtimestamp(((int(post_id) >> 22) + 1288834974657) / 1000, UTC).replace(tzinfo=None)


def test_tweets_whose_ids_a_spreadsheet_rounded_are_known_by_their_address(loaded: Loaded) -> None:
    rows = records(TWEETS_MANGLED)
    assert counts(loaded, TWEETS_MANGLED) == (3, 3, 0, 0)
    assert {row["Tweet id"] for row in rows} == {"6.49E+17"}
    ids = [row["Tweet permalink"].rsplit("/", 1)[1] for row in rows]
    got = loaded.connection.execute(
        "select post_id, published_at, impressions, likes, shares, account from raw.social_posts"
        " where source_file = ? order by source_row",
        [TWEETS_MANGLED],
    ).fetchall()
    assert got == [
        (key, snowflake(key), *(int(row[name]) for name in ("impressions", "favorites", "retweets")), "USCTrials")
        for key, row in zip(ids, rows, strict=True)
    ]


def test_tweet_activity_of_2015(loaded: Loaded) -> None:
    rows = list(csv.DictReader(io.StringIO(text_of(TWEETS_2015))))
    assert (len(rows[0]), counts(loaded, TWEETS_2015)) == (40, (2, 2, 0, 0))
    got = loaded.connection.execute(
        "select post_id, impressions, likes, shares, comments, link_clicks, published_at from raw.social_posts"
        " where source_file = ? order by source_row",
        [TWEETS_2015],
    ).fetchall()
    names = ("impressions", "favorites", "retweets", "replies", "url clicks")
    assert [row[:6] for row in got] == [(row["Tweet id"], *(int(float(row[name])) for name in names)) for row in rows]
    for row, (*_, published) in zip(rows, got, strict=True):
        minute = datetime.strptime(row["time"], "%Y-%m-%d %H:%M %z").astimezone(UTC).replace(tzinfo=None)
        assert minute <= published < minute + timedelta(minutes=1)
