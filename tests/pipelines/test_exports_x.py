"""Exports of X (Twitter) analytics of every generation, through the whole ingestion."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.pipelines.made_files import workbook

D = Decimal
ACCOUNT = "account: Fjellheim\n"


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


X_OVERVIEW = (
    "Date,Impressions,Likes,Engagements,Bookmarks,Shares,New follows,Unfollows,Replies,Reposts,Profile visits,Create Post,"
    "Video views,Media views\n"
    '"Sun, Feb 1, 2026",3388,25,104,1,0,2,0,6,7,25,0,0,0\n"Sat, Jan 31, 2026",4418,39,125,2,1,3,2,2,1,18,1,0,0\n'
)


def test_x_account_overview_newest_first(bench: Any) -> None:
    result = bench.read("x/account_overview_analytics.csv", X_OVERVIEW, ACCOUNT)
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "x.account_overview", 2)
    assert bench.rows(
        "select date, max(value) filter (measure = 'impressions'), max(value) filter (measure = 'shares'),"
        " max(value) filter (measure = 'saves'), max(value) filter (measure = 'followers_lost') from raw.social_account_daily"
        " group by 1 order by 1"
    ) == [(date(2026, 1, 31), D(4418), D(1), D(2), D(2)), (date(2026, 2, 1), D(3388), D(7), D(1), D(0))]


# 2026-02-01 12:00:00.000 UTC: milliseconds since X's own beginning, shifted by 22 bits.
ID = str((1769947200000 - 1288834974657) << 22)
X_CONTENT = (
    "Post id,Date,Post text,{link},Impressions,Likes,Engagements,Bookmarks,Share,New follows,Replies,Reposts,Profile visits,"
    "Detail expands,{clicks},Hashtag clicks,Permalink clicks\n"
    '{id},"{day}","Ål, ""fersk""\n\npå øya",https://x.com/fjellheim/status/{real},1200,30,77,4,1,2,6,5,9,11,8,0,0\n'
)


@pytest.mark.parametrize(
    ("link", "clicks", "day"),
    [("Link", "Url clicks", "Sun Feb 01 2026"), ("Post Link", "URL Clicks", "Sun, Feb 1, 2026")],
)
@pytest.mark.parametrize("given", [ID, "2.02E+18", ID[:15] + "0" * (len(ID) - 15)])
def test_x_content_of_both_header_generations(bench: Any, link: str, clicks: str, day: str, given: str) -> None:
    text = X_CONTENT.format(link=link, clicks=clicks, day=day, id=given, real=ID)
    result = bench.read("account_analytics_content_2026-01-15_2026-02-14.csv", text)
    assert (result.status, result.format, result.account) == ("loaded", "x.content", "fjellheim")
    assert bench.rows(
        "select post_id, published_at, impressions, likes, comments, shares, saves, link_clicks, follows, period_from, period_to"
        " from raw.social_posts"
    ) == [(ID, datetime(2026, 2, 1, 12), 1200, 30, 6, 5, 4, 8, 2, date(2026, 1, 15), date(2026, 2, 14))]


def test_x_content_saved_as_a_workbook_with_ids_as_numbers(bench: Any) -> None:
    head = [
        "Post id",
        "Date",
        "Post text",
        "Post Link",
        "Impressions",
        "Likes",
        "Engagements",
        "Replies",
        "Reposts",
        "URL Clicks",
    ]
    row = [float(ID), "Sun, Feb 1, 2026", "Ål", f"https://x.com/fjellheim/status/{ID}", 1200, 30, 77, 6, 5, 8]
    assert bench.read("x.xlsx", workbook(("Sheet", [head, row]))).status == "loaded"
    assert bench.rows("select post_id, published_at, impressions from raw.social_posts") == [
        (ID, datetime(2026, 2, 1, 12), 1200)
    ]


def test_an_x_id_that_a_spreadsheet_rounded_is_refused_where_the_address_is_lost(bench: Any) -> None:
    text = X_CONTENT.format(link="Link", clicks="Url clicks", day="Sun Feb 01 2026", id="2.02E+18", real="")
    result = bench.read("x.csv", text)
    assert (result.status, result.rows_quarantined) == ("quarantined", 1)
    assert "rounded this id" in (result.reason or "")


@pytest.mark.parametrize("real", [ID + "123456", "٢٠١٨٠١٢٣٤٥٦٧٨٩"])
def test_an_address_whose_digits_are_no_id_says_nothing(bench: Any, real: str) -> None:
    text = X_CONTENT.format(link="Link", clicks="Url clicks", day="Sun Feb 01 2026", id=ID, real=real)
    assert bench.read("x.csv", text).status == "loaded"
    assert bench.rows("select post_id, published_at from raw.social_posts") == [(ID, None)]


def test_tweet_activity_with_promoted_columns(bench: Any) -> None:
    own = ["Tweet id", "Tweet permalink", "Tweet text", "time", "impressions", "engagements", "engagement rate", "retweets", "replies",
           "favorites", "user profile clicks", "url clicks", "hashtag clicks", "follows"]  # fmt: skip
    promoted = ["promoted impressions", "promoted favorites"]
    old = ["25000000000", "https://twitter.com/fjellheim/status/25000000000", "Gammel", "2010-09-20 10:00 +0000", "424.0", "3.0", "0.007",
           "1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7", "-", "-"]  # fmt: skip
    new = [ID, f"https://twitter.com/fjellheim/status/{ID}", "Ny", "2026-02-01 12:00 +0000", *old[4:]]
    text = "\n".join(",".join(f'"{cell}"' for cell in row) for row in ([*own, *promoted], old, new))
    result = bench.read("tweet_activity_metrics_fjellheim_20260101_20260301_en.csv", text)
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "x.tweet_activity", 2)
    # Ids before November 2010 carry no instant; the column of the time does.
    assert bench.rows(
        "select post_id, published_at, likes, shares, comments, link_clicks from raw.social_posts order by 2"
    ) == [
        ("25000000000", datetime(2010, 9, 20, 10), 3, 1, 2, 5),
        (ID, datetime(2026, 2, 1, 12), 3, 1, 2, 5),
    ]


X_VIDEO = (
    "Video overview,,,,,\n{header}\n"
    '"Sun, Feb 1, 2026",1200,3600500,12.50,3000,0\n"Sat, Jan 31, 2026",0,0,0.00,0,0\n'
    ",,,,,,,,,\nYour videos,,,,,,,,,\n{videos}\n"
    '"Jan 17, 2026",13_2017,"Ål, fersk",847,1:05,https://video.example/1,No,0,,\n'
    '"Jan 3, 2026",13_2018,Untitled,20,0:31,https://video.example/2,No,0,"Jan 3, 2026",https://x.com/fjellheim/status/1\n'
)


@pytest.mark.parametrize(
    ("header", "videos"),
    [
        (
            "Date,Views,Watch Time (ms),Completion Rate,Average Watch Time (ms),Estimated Revenue",
            "Uploaded on,Video ID,Video title,Views,Duration,Video Link,Monetized,Estimated Revenue,Published Date,Post Link",
        ),
        (
            "Data,Visualizações,Tempo de exibição (ms),Taxa de conclusões,Tempo médio de exibição (ms),Receita estimada",
            "Enviado em,ID do vídeo,Título do vídeo,Visualizações,Duração,Link do vídeo,Monetizado,Receita estimada,Data de publicação,"
            "Postar link",
        ),
    ],
)
def test_x_video_overview_of_days_and_videos(bench: Any, header: str, videos: str) -> None:
    result = bench.read("x/video_overview_analytics (1).csv", X_VIDEO.format(header=header, videos=videos), ACCOUNT)
    assert (result.status, result.format, result.rows_loaded) == ("loaded", "x.video_overview+x.videos", 4)
    assert bench.rows("select measure, value from raw.social_account_daily where date = '2026-02-01' order by 1") == [
        ("average_watch_seconds", D(3)),
        ("video_completion_rate", D("0.125")),
        ("video_views", D(1200)),
        ("video_watch_seconds", D("3600.5")),
    ]
    # A video is no post: the export of content has it.
    assert bench.rows("select count(*) from raw.social_posts") == [(0,)]
    assert bench.rows("select dimension, member, measure, value from raw.audience order by 2") == [
        ("video", "13_2017", "views", D(847)),
        ("video", "13_2018", "views", D(20)),
    ]


def test_tweet_activity_by_day(bench: Any) -> None:
    header = ["Date", "Tweets published", "impressions", "engagements", "engagement rate", "retweets", "replies", "likes",
              "user profile clicks", "url clicks", "hashtag clicks", "detail expands", "follows", "promoted impressions"]  # fmt: skip
    row = ["2022-11-03", "2", "1500.0", "40.0", "0.0267", "3.0", "2.0", "9.0", "4.0", "6.0", "1.0", "7.0", "1", "-"]
    text = "".join(",".join(f'"{cell}"' for cell in cells) + "\n" for cells in (header, row))
    result = bench.read("daily_tweet_activity_metrics_fjellheim_20221101_20221130_en.csv", text, ACCOUNT)
    assert (result.status, result.format) == ("loaded", "x.tweet_days")
    assert bench.rows("select measure, value from raw.social_account_daily where date = '2022-11-03' order by 1") == [
        ("comments", D(2)),
        ("engagements", D(40)),
        ("impressions", D(1500)),
        ("likes", D(9)),
        ("posts_published", D(2)),
        ("profile_visits", D(4)),
        ("shares", D(3)),
    ]
