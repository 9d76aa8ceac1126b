"""staging.stg_*: experiments, decisions, messages, mentions, reviews and subscriptions, the newest delivery of each, typed and dated."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.home import Home

RunModel = Callable[..., list[dict[str, Any]]]
EARLY = {"captured_at": "2026-11-10 06:00", "file_id": "f1", "source_file": "early.csv"}
LATE = {"captured_at": "2026-11-17 06:00", "file_id": "f2", "source_file": "late.csv"}


def test_a_variant_is_its_newest_delivery(run_model: RunModel) -> None:
    row = {
        "experiment_id": "e1", "variant": "A ", "kind": "Creative", "utm_content": "hook-a", "metric": " CTR_paid",
        "planned_sample": 4000, "budget": "2500.00", "impact": 3, "effort": "1.5", "hypothesis": "A question stops the thumb",
        "started_at": "2026-10-24 22:30",
    }  # fmt: skip
    rows = run_model(
        "staging.stg_content__experiments",
        {"raw.experiments": [{**row, **EARLY}, {**row, **LATE, "ended_at": "2026-11-15 23:30", "ad": ""}]},
    )
    assert [{name: str(value) if name.endswith("_at") else value for name, value in row.items()} for row in rows] == [
        {
            "experiment_id": "e1", "variant": "A", "hypothesis": "A question stops the thumb", "kind": "creative", "utm_content": "hook-a",
            "campaign": None, "ad": None, "metric": "ctr_paid", "planned_sample": 4000, "budget": Decimal(2500), "impact": 3,
            "effort": Decimal("1.5"), "started_date": date(2026, 10, 25), "ended_date": date(2026, 11, 16),
            "started_at": "2026-10-24 22:30:00", "ended_at": "2026-11-15 23:30:00",
            "captured_at": "2026-11-17 06:00:00", "source_file": "late.csv",
        }
    ]  # fmt: skip


def test_a_decision_delivered_twice_is_one_and_another_rule_makes_another(run_model: RunModel) -> None:
    row = {
        "decided_at": "2026-11-09 08:00",
        "subject": "autumn",
        "decision": "Pause",
        "rule": "PAUSE ",
        "owner": "Kari",
    }
    rows = run_model(
        "staging.stg_team__decisions",
        {"raw.decisions": [{**row, **EARLY}, {**row, **LATE, "note": "as agreed"}, {**row, **LATE, "rule": None}]},
    )
    found = sorted((row["rule"] or "", row["note"], row["decided_date"], row["source_file"]) for row in rows)
    assert found == [("", None, date(2026, 11, 9), "late.csv"), ("pause", "as agreed", date(2026, 11, 9), "late.csv")]
    assert len({row["decision_id"] for row in rows}) == 2


def test_a_message_knows_its_direction_and_answer(run_model: RunModel) -> None:
    def message(message_id: str, **more: Any) -> dict[str, Any]:
        return {"message_id": message_id, "platform": "Instagram", "received_at": "2026-11-09 23:30", **EARLY, **more}

    rows = run_model(
        "staging.stg_social__messages",
        {
            "raw.messages": [
                message("1"),
                message("1", answered_at="2026-11-10 00:00:30", **LATE),
                message("2", direction="Outbound", account=" Fjell "),
                message("3", direction="inn", answered_at="2026-11-09 23:00"),
            ]
        },
    )
    found = {row["message_id"]: (row["is_inbound"], row["answer_minutes"], row["account"]) for row in rows}
    assert found == {"1": (True, Decimal("30.5"), ""), "2": (False, None, "Fjell"), "3": (True, None, "")}
    assert {row["received_date"] for row in rows} == {date(2026, 11, 10)}
    assert {row["platform"] for row in rows} == {"instagram"}


def mentions(run_model: RunModel, home: Home | None = None) -> dict[str, tuple[Any, ...]]:
    def mention(mention_id: str, brand: str, sentiment: str | None, is_own: bool | None = None) -> dict[str, Any]:
        return {"mention_id": mention_id, "platform": "X", "brand": brand, "sentiment": sentiment, "is_own": is_own,
                "occurred_at": "2026-11-09 10:00", **EARLY}  # fmt: skip

    rows = run_model(
        "staging.stg_social__mentions",
        {
            "raw.mentions": [
                mention("1", "Fjell", "Negativ", True), mention("2", "fjell ", "-0.4"), mention("3", "Dal", "Unknown"),
                mention("4", "Dal", "positive", False), mention("5", "Dal", None),
            ]
        },
        home=home,
    )  # fmt: skip
    return {row["mention_id"]: (row["is_own"], row["is_negative"], row["sentiment"]) for row in rows}


def test_whose_a_mention_is_and_whether_it_is_negative(run_model: RunModel) -> None:
    assert mentions(run_model) == {
        "1": (True, True, "negativ"),
        "2": (None, True, "-0.4"),
        "3": (None, None, None),
        "4": (False, False, "positive"),
        "5": (None, None, None),
    }


def test_own_brands_tell_where_the_file_does_not(run_model: RunModel, tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    home.config.mkdir(parents=True, exist_ok=True)
    (home.config / "settings.yml").write_text("mentions: {own_brands: [FJELL]}\n")
    assert {key: own for key, (own, _, _) in mentions(run_model, home).items()} == {
        "1": True, "2": True, "3": False, "4": False, "5": False,
    }  # fmt: skip


def test_a_review_is_its_newest_delivery(run_model: RunModel) -> None:
    row = {"review_id": "r1", "source": "Trustpilot", "reviewed_at": "2026-11-09 23:10", "rating": "4.5"}
    rows = run_model("staging.stg_shop__reviews", {"raw.reviews": [{**row, **EARLY}, {**row, **LATE, "rating": None}]})
    assert [(row["source"], row["rating"], row["reviewed_date"]) for row in rows] == [
        ("trustpilot", None, date(2026, 11, 10))
    ]


def change(subscription_id: str, changed_at: str, event: str, mrr: int, **more: Any) -> dict[str, Any]:
    return {
        "subscription_id": subscription_id, "customer_id": "c1", "changed_at": changed_at, "event": event, "mrr": mrr,
        "currency": "sek", **EARLY, **more,
    }  # fmt: skip


@pytest.fixture
def subscriptions(run_model: RunModel) -> Callable[[list[dict[str, Any]]], list[tuple[Any, ...]]]:
    def run(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
        found = run_model("staging.stg_billing__subscriptions", {"raw.subscriptions": rows})
        return sorted(
            (row["changed_date"], row["event"], row["mrr"], row["currency"], row["is_told_by_state"]) for row in found
        )

    return run


def test_the_generic_input_tells_each_change_and_corrects_it(subscriptions: Callable[..., Any]) -> None:
    assert subscriptions(
        [
            change("s1", "2026-09-01 10:00", "start", 100),
            change("s1", "2026-09-01 10:00", "start", 110, **LATE),
            change("s1", "2026-11-01 10:00", "Cancel", 110),
        ]
    ) == [(date(2026, 9, 1), "start", 110, "SEK", False), (date(2026, 11, 1), "cancel", 0, "SEK", False)]


def test_another_price_in_a_later_export_is_a_change_of_that_day(subscriptions: Callable[..., Any]) -> None:
    stripe = {"platform": "stripe", "export_kind": "subscriptions"}
    began = "2026-09-01 10:00"
    assert subscriptions(
        [
            change("s1", began, "start", 100, **stripe),
            change(
                "s1", began, "start", 100, **{**stripe, **EARLY, "captured_at": "2026-11-12 06:00", "file_id": "f3"}
            ),
            change("s1", began, "start", 150, **{**stripe, **LATE}),
            change("s1", began, "start", 80, **{**stripe, **LATE, "captured_at": "2026-11-24 06:00"}),
        ]
    ) == [
        (date(2026, 9, 1), "start", 100, "SEK", False),
        (date(2026, 11, 17), "upgrade", 150, "SEK", True),
        (date(2026, 11, 24), "downgrade", 80, "SEK", True),
    ]
