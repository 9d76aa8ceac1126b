"""kpi.int_measures_community and _team: messages, mentions, reviews, experiments and decisions in, building blocks out."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

RunModel = Callable[..., list[dict[str, Any]]]
Found = dict[tuple[str, str, str], Decimal]
DELIVERED = {"captured_at": "2026-11-11 06:00", "file_id": "f"}


def totals(rows: list[dict[str, Any]]) -> Found:
    """Values by (measure, dimension, member), added up over days."""
    found: Found = {}
    for row in rows:
        key = (row["measure"], row["dimension"], row["member"])
        found[key] = found.get(key, Decimal(0)) + row["value"]
    return found


def message(message_id: str, received_at: str, answered_at: str | None = None, **more: Any) -> dict[str, Any]:
    return {"message_id": message_id, "platform": "x", "account": "a", "received_at": received_at, "answered_at": answered_at,
            **DELIVERED, **more}  # fmt: skip


def test_messages_in_time_late_too_young_and_unanswered(run_model: RunModel) -> None:
    rows = run_model(
        "kpi.int_measures_community",
        {
            "raw.messages": [
                message("in time", "2026-11-09 10:00", "2026-11-10 10:00"),
                message("late", "2026-11-09 10:00", "2026-11-10 10:01"),
                message("never", "2026-11-09 10:00", started_conversation=True),
                # Delivered less than a day later, so nobody knows yet.
                message("young", "2026-11-10 10:00", started_conversation=False),
                message("young answered", "2026-11-10 10:00", "2026-11-10 10:05"),
                message("sent", "2026-11-09 11:00", direction="out"),
                message("opened by us", "2026-11-09 11:00", direction="out", started_conversation=True),
                message("elsewhere", "2026-11-09 10:00", "2026-11-09 23:30", account="b"),
            ]
        },
    )
    found = totals(rows)
    whole = {measure: value for (measure, dimension, _), value in found.items() if dimension == "all"}
    assert whole == {
        "inbound_messages": 6, "messages_due": 5, "messages_answered_in_time": 3, "messages_unanswered": 2, "conversations_started": 1,
        "outbound_replies": 2,
    }  # fmt: skip
    assert found["messages_due", "account", "x: a"] == 4
    replies = {
        str(row["date"]): row["value"]
        for row in rows
        if row["measure"] == "outbound_replies" and row["dimension"] == "all"
    }
    # The account that delivers nothing it sends tells its answer, on the day it was given.
    assert replies == {"2026-11-09": 1, "2026-11-10": 1}


def test_mentions_of_nobody_knows_whom_count_nowhere(run_model: RunModel) -> None:
    def mention(mention_id: str, is_own: bool | None, sentiment: str | None = None) -> dict[str, Any]:
        return {"mention_id": mention_id, "platform": "X", "brand": "b", "occurred_at": "2026-11-09 10:00", "is_own": is_own,
                "sentiment": sentiment, **DELIVERED}  # fmt: skip

    inputs = {
        "raw.mentions": [
            mention("1", True, "negative"), mention("2", True, "positive"), mention("3", True), mention("4", False, "negative"),
            mention("5", None, "negative"),
        ],
        "raw.reviews": [
            {"review_id": str(number), "source": "Google", "reviewed_at": "2026-11-09 10:00", "rating": rating, **DELIVERED}
            for number, rating in enumerate((5, "3.5", None))
        ],
    }  # fmt: skip
    found = totals(run_model("kpi.int_measures_community", inputs))
    assert {measure: value for (measure, dimension, _), value in found.items() if dimension == "all"} == {
        "mentions_own": 3, "mentions_of_all": 4, "comments_with_sentiment": 2, "comments_negative": 1, "reviews": 3, "reviews_rated": 2,
        "ratings": Decimal("8.5"),
    }  # fmt: skip
    assert found["reviews", "source", "google"] == 3
    del inputs["raw.mentions"][:4]
    sources = {row["source"] for row in run_model("kpi.int_delivered_days", inputs)}
    assert sources == {"reviews", "review ratings"}


def test_creative_tests_by_the_platform_that_they_are_found_on(run_model: RunModel) -> None:
    def variant(name: str, **more: Any) -> dict[str, Any]:
        return {
            "experiment_id": "e",
            "variant": name,
            "started_at": "2026-11-09 10:00",
            "kind": "creative",
            **DELIVERED,
            **more,
        }

    def ad(platform: str, name: str, campaign: str) -> dict[str, Any]:
        return {
            "platform": platform,
            "account_key": "a",
            "entity_key": name,
            "date": "2026-11-09",
            "ad": name,
            "campaign": campaign,
        }

    rows = run_model(
        "kpi.int_measures_team",
        {
            "raw.experiments": [
                variant("content", utm_content="Clip-1"),
                variant("ad by its tag", utm_content="hook_a"),
                variant("ad", ad="hook_b", kind=None),
                variant("campaign", campaign="autumn"),
                variant("campaign of two", campaign="winter"),
                variant("offer", kind="offer"),
                variant("planned", started_at="2026-11-20 10:00"),
                variant("not begun", started_at=None),
            ],
            "raw.content_calendar": [{"asset_id": "1", "platform": "TikTok", "utm_content": "clip-1", **DELIVERED}],
            "core.fct_ads_daily": [
                ad("meta", "hook_a", "autumn"), ad("meta", "hook_b", "winter"), ad("tiktok", "hook_c", "winter"),
            ],
            "raw.decisions": [
                {"decided_at": "2026-11-09 10:00", "subject": "a", "decision": "pause", "owner": "Kari", "rule": "pause", **DELIVERED},
                {"decided_at": "2026-11-09 11:00", "subject": "b", "decision": "wait", **DELIVERED},
            ],
        },
    )  # fmt: skip
    assert totals(rows) == {
        ("creative_tests_started", "all", "all"): 5,
        ("creative_tests_started", "platform", "meta"): 3,
        ("creative_tests_started", "platform", "tiktok"): 1,
        ("creative_tests_started", "platform", "(none)"): 1,
        ("decisions_logged", "all", "all"): 2,
        ("decisions_logged", "owner", "Kari"): 1,
        ("decisions_logged", "owner", "(none)"): 1,
        ("decisions_logged", "rule", "pause"): 1,
        ("decisions_logged", "rule", "(none)"): 1,
    }
