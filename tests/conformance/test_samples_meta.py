"""The authentic exports of Meta, against figures recomputed from their raw text."""

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal

import pytest

from tests.conformance.samples import SAMPLES, Loaded, ingested, records, skipped_without_them, text_of, total

pytestmark = [skipped_without_them, pytest.mark.xdist_group("samples_meta")]
META = "meta_business_suite"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with ingested(
        tmp_path_factory.mktemp("samples"), ("meta_business_suite", "meta_ads", "facebook_insights_legacy")
    ) as samples:
        yield samples


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
