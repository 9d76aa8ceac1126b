"""From the files of LinkedIn, Google Ads, X and others, through raw and staging, to the facts that the KPIs read."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from config.home import Home
from config.settings import Settings
from pipelines.ingest import ingest
from tests.pipelines.conftest import load_without_dlt
from tests.pipelines.made_files import utf16
from tests.pipelines.test_exports_ads import LINKEDIN, LINKEDIN_DAYS
from tests.pipelines.test_exports_google_ads import GOOGLE
from tests.pipelines.test_exports_social import ACCOUNT, FOLLOWERS, METRICS, POSTS, personal, workbook
from tests.pipelines.test_exports_x import X_OVERVIEW

RunModel = Callable[..., list[dict[str, Any]]]
D = Decimal


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """``raw({path: bytes}) -> {table: rows}``: the files through one ingestion."""
    monkeypatch.setattr("pipelines.load.run", load_without_dlt)

    def read(files: dict[str, bytes]) -> dict[str, list[dict[str, Any]]]:
        home = Home(tmp_path / "home").create()
        for path, content in files.items():
            (home.inbox / path).parent.mkdir(parents=True, exist_ok=True)
            (home.inbox / path).write_bytes(content)
        tables = {}
        with duckdb.connect(str(home.warehouse)) as connection:
            report = ingest(home, Settings(), connection=connection)
            assert {file.status for file in report.files} == {"loaded"}
            for name in ("ads", "social_posts", "social_account_daily", "audience"):
                result = connection.execute(f"select * from raw.{name}")
                columns = [item[0] for item in result.description or []]
                tables[f"raw.{name}"] = [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
        return tables

    return read


def test_spend_by_day_of_a_report_by_day_and_of_one_by_period(raw: Any, run_model: RunModel) -> None:
    inputs = raw(
        {
            "google/Campaign report.csv": utf16(GOOGLE),
            "linkedin/campaign.csv": utf16(LINKEDIN + LINKEDIN_DAYS),
        }
    )
    rows = run_model("core.fct_ads_daily", inputs)
    google = [row for row in rows if row["platform"] == "google_ads"]
    assert len(google) == 2 * 28
    assert all(row["is_estimated"] for row in google)
    assert (min(row["date"] for row in google), max(row["date"] for row in google)) == (
        date(2026, 1, 27),
        date(2026, 2, 23),
    )
    assert sum(row["spend"] for row in google) == D("366.00")
    assert sum(row["impressions"] for row in google) == 10380
    assert [
        (
            row["date"],
            row["campaign"],
            row["ad_group"],
            row["ad"],
            row["spend"],
            row["link_clicks"],
            row["is_estimated"],
        )
        for row in sorted(rows, key=lambda row: row["date"])
        if row["platform"] == "linkedin"
    ] == [
        (date(2026, 9, 3), "Høst", "Beslutningstakere", "Åpen dag", D("1009.36"), 40, False),
        (date(2026, 9, 4), "Høst", "Beslutningstakere", "Åpen dag", D("55.39"), 8, False),
    ]


def test_linkedin_ads_told_twice_and_by_the_names_of_before_2026_count_once(raw: Any, run_model: RunModel) -> None:
    older = (
        LINKEDIN.replace("Ad Set ID\tAd Set Name", "X ID\tX Name")
        .replace("Campaign", "Campaign Group")
        .replace("\tX ", "\tCampaign ")
    )
    whole = LINKEDIN_DAYS.replace("9/3/2026", "9/1/2026").splitlines(keepends=True)[0].replace("1,009.36", "1,064.75")
    inputs = raw(
        {
            "a/days.csv": utf16(LINKEDIN + LINKEDIN_DAYS),
            "b/days_again.csv": utf16(older + LINKEDIN_DAYS),
            "c/period.csv": utf16(LINKEDIN + whole),
        }
    )
    assert len(inputs["raw.ads"]) == 5
    rows = run_model("core.fct_ads_daily", inputs)
    assert sum(row["spend"] for row in rows) == D("1064.75")
    assert {row["date"] for row in rows if row["spend"]} == {date(2026, 9, 3), date(2026, 9, 4)}


def test_a_boosted_linkedin_post_is_two_facts_and_its_campaigns_add_up(raw: Any, run_model: RunModel) -> None:
    inputs = raw(
        {
            "li/hourglass.yml": ACCOUNT.encode(),
            "li/fjellheim_content_1772323200000.xlsx": workbook(Metrics=METRICS, All_posts=POSTS),
        }
    )
    rows = run_model("core.fct_posts", inputs)
    assert sorted(
        (row["post_id"][-1], row["is_paid"], row["impressions"], row["link_clicks"], row["likes"]) for row in rows
    ) == [
        ("1", False, 300, 12, 9),
        ("2", False, 1526, 45, 46),
        ("2", True, 5199, 56, 1),
    ]
    daily = run_model("core.fct_posts_daily", inputs)
    assert sorted((row["date"], row["is_paid"], row["impressions"], row["is_estimated"]) for row in daily) == [
        (date(2026, 2, 3), False, 1526, False),
        (date(2026, 2, 3), True, 5199, False),
        (date(2026, 2, 4), False, 300, False),
    ]


def test_a_facebook_video_that_is_exported_as_a_post_too_counts_once(raw: Any, run_model: RunModel) -> None:
    posts = (
        "Post ID,Page ID,Page name,Title,Publish time,Permalink,Post type,Date,Views,Reach,Reactions,Comments,Shares\n"
    )
    posts += "122,900,Fjellheim,Ål,03/18/2025 23:30,https://www.facebook.com/reel/1,Reel,Lifetime,1200,900,10,3,2\n"
    videos = "Video asset ID,Page ID,Page name,Title,Publish time,Date,Reach,3-second video views,Reactions,Comments,Shares\n"
    videos += "555,900,Fjellheim,Ål,03/18/2025 23:30,Lifetime,900,400,10,3,2\n"
    videos += "556,900,Fjellheim,Blåbær,03/19/2025 08:00,Lifetime,300,80,4,1,0\n"
    inputs = raw({"fb/posts_2025-04-01.csv": posts.encode(), "fb/videos_2025-04-02.csv": videos.encode()})
    rows = run_model("core.fct_posts", inputs)
    assert sorted((row["post_id"], row["likes"], row["views"], row["views_3s"]) for row in rows) == [
        ("122", 10, 1200, None),
        ("556", 4, None, 80),
    ]


def test_accounts_of_linkedin_and_x_by_day(raw: Any, run_model: RunModel) -> None:
    inputs = raw(
        {
            "hourglass.yml": ACCOUNT.encode(),
            "li/fjellheim_content_1772323200000.xlsx": workbook(Metrics=METRICS),
            "li/fjellheim_followers_1772323200000.xlsx": workbook(**FOLLOWERS),
            "x/account_overview_analytics.csv": X_OVERVIEW.encode(),
        }
    )
    rows = run_model("core.fct_account_daily", inputs)
    assert sorted(
        (
            row["platform"],
            row["date"],
            row["impressions"],
            row["reach"],
            row["followers_gained"],
            row["followers_lost"],
            row["saves"],
        )
        for row in rows
    ) == [
        ("linkedin", date(2026, 1, 31), None, None, 6, None, None),
        ("linkedin", date(2026, 2, 1), None, None, 1, None, None),
        ("linkedin", date(2026, 2, 3), 100, 80, None, None, None),
        ("linkedin", date(2026, 2, 4), 200, 150, None, None, None),
        ("x", date(2026, 1, 31), 4418, None, 3, 2, 2),
        ("x", date(2026, 2, 1), 3388, None, 2, 0, 1),
    ]
    # Clicks on the content of a LinkedIn page are none on the link of its profile.
    assert all(row["link_clicks"] is None for row in rows)
    audience = run_model("core.fct_audience", inputs)
    assert {(row["dimension"], row["member"], row["value"]) for row in audience} >= {
        ("location", "Oslo, Norge", D(30)),
        ("seniority", "Senior", D(9)),
    }


def test_the_two_tables_of_a_persons_top_posts_are_one_post_each(raw: Any, run_model: RunModel) -> None:
    inputs = raw({"hourglass.yml": ACCOUNT.encode(), "AggregateAnalytics_Kari_2026-02-01_2026-02-28.xlsx": personal()})
    rows = run_model("core.fct_posts", inputs)
    assert sorted((row["post_id"][-1], row["impressions"], row["published_date"]) for row in rows) == [
        ("1", 300, date(2026, 2, 1)),
        ("2", 900, date(2026, 2, 2)),
        ("3", 89, date(2026, 2, 2)),
    ]
