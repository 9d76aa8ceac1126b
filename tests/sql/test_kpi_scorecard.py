"""kpi.scorecard: the straight line from baseline to target, better up or down, runs of worse weeks, the plan's currency."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

RunModel = Callable[..., list[dict[str, Any]]]
FIRST = date(2026, 8, 17)  # the week in which both plans start, on Tuesday the 18th


def week(kpi: str, number: int, value: str | None, **values: Any) -> dict[str, Any]:
    """Week ``number`` of the plan as kpi.kpi_values has it, 1 the first."""
    return {
        "kpi": kpi, "period": "week", "period_start_date": FIRST + timedelta(days=7 * (number - 1)), "dimension": "all", "member": "all",
        "numerator": None if value is None else Decimal(value), "value": None if value is None else Decimal(value),
        "is_complete": True, "is_estimated": False, "null_reason": "no data from posts" if value is None else None, **values,
    }  # fmt: skip


@pytest.fixture
def scorecard(run_model: RunModel) -> Callable[..., dict[tuple[str, str, int], dict[str, Any]]]:
    """Rows by (plan, kpi, number of the week)."""

    def run(rows: list[dict[str, Any]], **inputs: Any) -> dict[tuple[str, str, int], dict[str, Any]]:
        found = run_model("kpi.scorecard", {"kpi.kpi_values": rows, **inputs})
        return {(row["plan"], row["kpi"], (row["week_start_date"] - FIRST).days // 7 + 1): row for row in found}

    return run


Scorecard = Callable[..., dict[tuple[str, str, int], dict[str, Any]]]


def test_the_line_from_baseline_to_target(scorecard: Scorecard) -> None:
    rows = [week("video_completion_rate", number, "19") for number in (0, 1, 2, 13, 14)]
    found = scorecard(rows)
    assert sorted(key[2] for key in found) == [1, 2, 13, 14]
    line = {key[2]: (row["plan_day"], row["expected"]) for key, row in found.items()}
    assert line == {
        1: (6, Decimal("18.666667")),
        2: (13, Decimal("19.444444")),
        13: (90, Decimal(28)),
        14: (97, Decimal(28)),
    }
    first = found["nb2026", "video_completion_rate", 1]
    assert (first["baseline"], first["target"], first["progress"], first["owner"]) == (
        18,
        28,
        Decimal("0.1"),
        "Content Lead",
    )
    assert (first["previous_value"], first["change"]) == (19, 0)


@pytest.mark.parametrize(
    ("kpi", "value", "status", "progress"),
    [
        ("video_completion_rate", "28", "met", "1"),
        ("video_completion_rate", "18.666667", "on_track", "0.066667"),
        ("video_completion_rate", "18.666666", "behind", "0.066667"),
        ("video_completion_rate", "16", "behind", "-0.2"),
        ("video_completion_rate", None, "no_data", None),
        ("cpl_paid", "220", "met", "1"),
        ("cpl_paid", "200", "met", "1.333333"),
        ("cpl_paid", "276", "on_track", "0.066667"),
        ("cpl_paid", "276.000001", "behind", "0.066667"),
        ("policy_flags", "0", "met", None),
        ("policy_flags", "1", "behind", None),
        ("utm_coverage", "94.999999", "behind", None),
        ("utm_coverage", "95", "met", None),
    ],
)
def test_status_by_direction(
    scorecard: Scorecard, kpi: str, value: str | None, status: str, progress: str | None
) -> None:
    row = scorecard([week(kpi, 1, value)])["nb2026", kpi, 1]
    assert (row["status"], row["progress"]) == (status, None if progress is None else Decimal(progress))
    assert (row["null_reason"] is None) == (value is not None)


def test_runs_of_worse_weeks(scorecard: Scorecard) -> None:
    def runs(kpi: str, series: list[str | None]) -> list[int]:
        rows = [week(kpi, number, value) for number, value in enumerate(series, 1)]
        found = scorecard(rows)
        return [found["nb2026", kpi, number]["weeks_worse"] for number in range(1, len(series) + 1)]

    assert runs("video_completion_rate", ["20", "19", "18", "18", "17", "20", "19"]) == [0, 1, 2, 0, 1, 0, 1]
    assert runs("cpl_paid", ["250", "260", "270", "240", "241"]) == [0, 1, 2, 0, 1]
    assert runs("video_completion_rate", ["20", "19", None, "17", "16"]) == [0, 1, 0, 0, 1]


def test_a_missing_or_incomplete_week_is_not_compared(scorecard: Scorecard) -> None:
    rows = [
        week("video_completion_rate", number, value) for number, value in ((1, "20"), (2, "19"), (4, "18"), (5, "17"))
    ]
    found = scorecard(rows)
    assert [found["nb2026", "video_completion_rate", number]["weeks_worse"] for number in (1, 2, 4, 5)] == [0, 1, 0, 1]
    assert found["nb2026", "video_completion_rate", 4]["previous_value"] is None
    rows = [
        week("leads_social", 1, "60"),
        week("leads_social", 2, "50"),
        week("leads_social", 3, "5", is_complete=False),
    ]
    found = scorecard(rows)
    assert [found["nb2026", "leads_social", number]["weeks_worse"] for number in (1, 2, 3)] == [0, 1, 0]
    assert not found["nb2026", "leads_social", 3]["is_complete"]


def test_what_is_counted_by_the_month_adds_up_four_weeks(scorecard: Scorecard) -> None:
    found = scorecard([week("creator_collaborations", number, value) for number, value in enumerate("1010020", 1)])
    values = [found["nb2026", "creator_collaborations", number]["value"] for number in range(1, 8)]
    assert values == [1, 1, 2, 2, 1, 3, 2]
    assert [found["nb2026", "creator_collaborations", number]["is_complete"] for number in (3, 4)] == [False, True]
    assert found["nb2026", "creator_collaborations", 4]["status"] == "met"


def test_money_is_in_the_plans_currency(scorecard: Scorecard) -> None:
    rates = [
        {"rate_date": date(2026, 8, 21), "base": "EUR", "currency": currency, "rate": Decimal(rate), "file_id": "r"}
        for currency, rate in (("NOK", "11.5"), ("SEK", "11.0"))
    ]
    rows = [week("cpa", 1, "460"), week("cpa", 2, "460"), week("roas", 1, "2.5"), week("landing_page_cvr", 1, "3")]
    found = scorecard(rows, **{"raw.exchange_rates": rates})
    first, second = (found["sv2026", "cpa", number] for number in (1, 2))
    assert (first["value"], first["currency"], first["status"]) == (Decimal("440.000000"), "SEK", "on_track")
    assert (second["value"], second["status"], second["null_reason"]) == (None, "no_data", "no rate for SEK")
    assert (found["sv2026", "roas", 1]["value"], found["sv2026", "roas", 1]["currency"]) == (Decimal("2.5"), None)
    assert found["sv2026", "landing_page_cvr", 1]["cadence"] == "biweekly"
    assert found["nb2026", "landing_page_cvr", 1]["cadence"] == "weekly"
