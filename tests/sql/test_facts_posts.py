"""core.fct_posts and core.fct_posts_daily: snapshots in, newest state and day-by-day differences out."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

RunModel = Callable[..., list[dict[str, Any]]]

PUBLISHED = "2026-11-02 09:00"


def snapshot(captured: str, row: int = 1, **values: Any) -> dict[str, Any]:
    """A lifetime snapshot of one Instagram post."""
    return {
        "platform": "instagram",
        "account": "brand",
        "post_id": "p1",
        "published_at": PUBLISHED,
        "period_kind": "lifetime",
        "captured_at": captured,
        "source_file": f"{captured[5:10]}.csv",
        "file_id": f"f{captured}",
        "source_row": row,
        **values,
    }


def daily(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[name] for name in ("date", *names)) for row in rows)


def test_the_newest_snapshot_counts_whatever_the_order_of_arrival(run_model: RunModel) -> None:
    rows = [
        snapshot("2026-11-09 06:00", views=150, likes=9),
        snapshot("2026-11-03 06:00", views=100, likes=10, saves=2),
    ]
    for order in (rows, rows[::-1]):
        (post,) = run_model("core.fct_posts", {"raw.social_posts": order})
        assert (post["views"], post["likes"], post["saves"]) == (150, 9, 2)
        assert (post["source_file"], post["published_date"], post["is_paid"]) == ("11-09.csv", date(2026, 11, 2), False)
        assert post["interactions"] == 11
        assert post["reach"] is None


def test_a_period_never_replaces_the_lifetime(run_model: RunModel) -> None:
    lifetime = snapshot("2026-11-03 06:00", views=100)
    period = snapshot(
        "2026-11-20 06:00",
        views=7,
        period_kind="period",
        period_from=date(2026, 11, 10),
        period_to=date(2026, 11, 16),
    )
    (post,) = run_model("core.fct_posts", {"raw.social_posts": [lifetime, period]})
    assert (post["views"], post["period_kind"]) == (100, "lifetime")
    (post,) = run_model("core.fct_posts", {"raw.social_posts": [period]})
    assert (post["views"], post["period_kind"], post["period_from"]) == (7, "period", date(2026, 11, 10))


def test_a_period_from_the_publishing_day_on_is_a_lifetime(run_model: RunModel) -> None:
    period = snapshot(
        "2026-11-20 06:00",
        views=70,
        period_kind="period",
        period_from=date(2026, 11, 1),
        period_to=date(2026, 11, 9),
    )
    rows = run_model("core.fct_posts_daily", {"raw.social_posts": [period]})
    assert daily(rows, "views", "is_estimated") == [(date(2026, 11, 2), 70, False)]


def test_differences_of_snapshots_and_a_decrease(run_model: RunModel) -> None:
    rows = run_model(
        "core.fct_posts_daily",
        {
            "raw.social_posts": [
                snapshot("2026-11-03 06:00", views=100, likes=10),
                snapshot("2026-11-05 06:00", views=130, likes=8),
                snapshot("2026-11-05 06:00", row=2, views=130, likes=8),
                snapshot("2026-11-09 06:00", views=130),
            ]
        },
    )
    assert daily(rows, "views", "likes", "is_estimated", "source_file") == [
        (date(2026, 11, 2), 100, 10, False, "11-03.csv"),
        (date(2026, 11, 5), 30, -2, False, "11-05.csv"),
        (date(2026, 11, 9), 0, None, False, "11-09.csv"),
    ]


def test_a_late_first_snapshot_is_estimated(run_model: RunModel) -> None:
    inputs = {"raw.social_posts": [snapshot("2026-11-09 06:00", views=1)]}
    assert daily(run_model("core.fct_posts_daily", inputs), "is_estimated") == [(date(2026, 11, 2), False)]
    inputs = {"raw.social_posts": [snapshot("2026-11-10 06:00", views=1)]}
    assert daily(run_model("core.fct_posts_daily", inputs), "is_estimated") == [(date(2026, 11, 2), True)]


def test_local_days_of_capture_follow_daylight_saving(run_model: RunModel) -> None:
    # Oslo is two hours ahead of UTC until 2026-10-25 01:00 UTC, one hour after.
    rows = run_model(
        "core.fct_posts_daily",
        {
            "raw.social_posts": [
                snapshot("2026-10-24 22:30", views=10, published_at="2026-10-23 22:30"),
                snapshot("2026-10-25 22:30", views=12, published_at="2026-10-23 22:30"),
                snapshot("2026-10-25 23:30", views=15, published_at="2026-10-23 22:30"),
            ]
        },
    )
    # The first two are both of the 25th, 00:30 and 23:30: the day's newest state counts.
    assert daily(rows, "views") == [(date(2026, 10, 24), 12), (date(2026, 10, 26), 3)]


def test_true_days_win_for_their_measure_and_nothing_counts_twice(run_model: RunModel) -> None:
    def day(of: date, value: int) -> dict[str, Any]:
        return {
            "platform": "instagram", "post_id": "p1", "date": of, "measure": "views", "value": value,
            "captured_at": "2026-11-10 06:00", "source_file": "chart.csv", "file_id": "c", "source_row": of.day,
        }  # fmt: skip

    rows = run_model(
        "core.fct_posts_daily",
        {
            "raw.social_posts": [
                snapshot("2026-11-03 06:00", views=100, likes=10),
                snapshot("2026-11-09 06:00", views=180, likes=12),
            ],
            "raw.social_post_daily": [
                day(date(2026, 11, 2), 60),
                day(date(2026, 11, 3), 30),
                day(date(2026, 11, 4), 20),
            ],
        },
    )
    assert daily(rows, "views", "likes") == [
        (date(2026, 11, 2), 60, 10),
        (date(2026, 11, 3), 30, None),
        (date(2026, 11, 4), 20, None),
        (date(2026, 11, 9), 70, 2),  # 180 in all, of which the true days tell 110
    ]


def test_completion_by_the_mean_share_watched(run_model: RunModel) -> None:
    rows = run_model(
        "core.fct_posts_daily",
        {
            "raw.social_posts": [
                snapshot("2026-11-03 06:00", post_id="share", views=200, average_view_share=Decimal("0.25")),
                snapshot("2026-11-03 06:00", post_id="time", views=100, watch_seconds=600, duration_seconds=30),
                snapshot("2026-11-03 06:00", post_id="loop", views=100, watch_seconds=9000, duration_seconds=30),
                snapshot(
                    "2026-11-03 06:00",
                    post_id="true",
                    views=100,
                    views_completed=40,
                    average_view_share=Decimal("0.9"),
                ),
            ]
        },
    )
    found = {row["post_id"]: (row["views_completed"], row["watched_view_equivalents"]) for row in rows}
    assert found == {"share": (None, 50), "time": (None, 20), "loop": (None, 100), "true": (40, None)}


def test_what_was_watched_goes_with_the_true_days_of_the_plays(run_model: RunModel) -> None:
    plays = [
        {"platform": "instagram", "post_id": "p1", "date": date(2026, 11, day), "measure": "views", "value": value, "captured_at": None}
        for day, value in ((2, 60), (3, 0), (4, 30), (9, 20))
    ]  # fmt: skip
    shared = {"average_view_share": Decimal("0.25"), "duration_seconds": 40}
    rows = run_model(
        "core.fct_posts_daily",
        {
            "raw.social_posts": [
                snapshot("2026-11-05 06:00", views=90, watch_seconds=1000, **shared),
                snapshot("2026-11-10 06:00", views=110, watch_seconds=1200, **shared),
            ],
            "raw.social_post_daily": plays,
        },
    )
    found = daily(rows, "views", "watched_view_equivalents", "watch_seconds", "is_estimated")
    assert found == [
        (date(2026, 11, 2), 60, 15, Decimal("666.667"), True),
        (date(2026, 11, 3), 0, None, None, False),
        (date(2026, 11, 4), 30, Decimal("7.5"), Decimal("333.333"), True),
        (date(2026, 11, 9), 20, 5, 200, True),
        (date(2026, 11, 10), 0, None, None, False),
    ]


def test_images_have_no_completion(run_model: RunModel) -> None:
    (row,) = run_model("core.fct_posts_daily", {"raw.social_posts": [snapshot("2026-11-03 06:00", views=100)]})
    assert row["watched_view_equivalents"] is None


def test_a_snapshot_within_the_true_days_says_nothing_new(run_model: RunModel) -> None:
    true_days = [
        {"platform": "instagram", "post_id": "p1", "date": date(2026, 11, day), "measure": "views", "value": 10}
        for day in range(2, 8)
    ]
    rows = run_model(
        "core.fct_posts_daily",
        {
            # The first snapshot was taken in the morning and lacks most of its own day.
            "raw.social_posts": [snapshot("2026-11-04 06:00", views=21), snapshot("2026-11-08 06:00", views=65)],
            "raw.social_post_daily": true_days,
        },
    )
    assert sum(row["views"] for row in rows) == 65
    assert daily(rows, "views")[-1] == (date(2026, 11, 8), 5)


def test_series_and_format_come_from_the_calendar(run_model: RunModel) -> None:
    (post,) = run_model(
        "core.fct_posts",
        {
            "raw.social_posts": [snapshot("2026-11-03 06:00", format="IG reel")],
            "raw.content_calendar": [
                {"asset_id": "a1", "platform": "Instagram", "post_id": "p1", "series": "school", "format": "Video"}
            ],
        },
    )  # fmt: skip
    assert (post["series"], post["format"], post["asset_id"]) == ("school", "video", "a1")
