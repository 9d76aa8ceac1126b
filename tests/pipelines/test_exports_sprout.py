"""Reports of Sprout Social through the whole ingestion."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

D = Decimal


@pytest.fixture
def bench(quick_bench: Any) -> Any:
    return quick_bench


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
