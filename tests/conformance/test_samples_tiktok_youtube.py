"""The authentic exports of TikTok and YouTube, against figures recomputed from their raw text."""

from collections.abc import Iterator

import pytest

from tests.conformance.samples import Loaded, ingested, records, skipped_without_them, total

pytestmark = [skipped_without_them, pytest.mark.xdist_group("samples_tiktok_youtube")]
TIKTOK, YOUTUBE = "tiktok", "youtube_studio"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with ingested(tmp_path_factory.mktemp("samples"), ("tiktok", "youtube_studio")) as samples:
        yield samples


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
