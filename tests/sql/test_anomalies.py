"""A day against the same weekdays before it: what stands out is seen, what is usual is not, and an anomaly does not become the rule."""

from datetime import date, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from pipelines.schema import RAW_TABLES
from sql.testing import run_model

NEWEST = date(2026, 11, 15)
WEEKDAY = {0: 400, 1: 420, 2: 410, 3: 400, 4: 380, 5: 200, 6: 180}
RAW = {f"raw.{t.name}": {c.name: c.type for c in t.columns} for t in RAW_TABLES.values()}


def usual(series="sessions", member="Paid Social", kind="amount", weeks=12, denominator=1):
    """Amounts that have a week's rhythm and a little noise, one row a day, by date."""
    days = [NEWEST - timedelta(days=number) for number in range(7 * weeks)]
    return {
        day: {
            "date": day, "series": series, "member": member, "kind": kind, "look_at": "there", "denominator": denominator,
            "usual_share": Decimal("0.1"),
            "numerator": WEEKDAY[day.weekday()] + (day.toordinal() * 7919) % 23 - 11,
        }
        for day in days
    }  # fmt: skip


def anomalies(*series):
    rows = [row for days in series for row in days.values()]
    run = {"run": pa.table({"run_date": pa.array([date(2026, 11, 16)], pa.date32())})}
    return run_model("quality.anomalies", {"quality.watched_days": rows}, raw=RAW, config=run)


def test_weeks_with_their_rhythm_are_usual():
    assert anomalies(usual(), usual(member="Direct")) == []


@pytest.mark.parametrize(("factor", "is_seen"), [(0.4, True), (0.7, False), (1.3, False), (2.0, True)])
def test_a_day_far_from_its_weekday_is_told_with_what_was_expected(factor, is_seen):
    days = usual()
    days[NEWEST]["numerator"] = int(WEEKDAY[6] * factor)
    found = anomalies(days)
    assert bool(found) == is_seen
    if found:
        (row,) = found
        assert (row["date"], row["since_date"], row["days_compared"], row["is_news"]) == (NEWEST, NEWEST, 8, True)
        assert row["value"] == Decimal(int(180 * factor)) and 169 <= row["expected"] <= 191
        assert row["change_share"] == round(row["value"] / row["expected"] - 1, 4)


def test_a_member_that_falls_silent_is_seen_while_the_others_go_on():
    days, others = usual(), usual(member="Direct")
    for number in range(2):
        del days[NEWEST - timedelta(days=number)]
    found = anomalies(days, others)
    assert [(row["date"], row["value"], row["since_date"]) for row in sorted(found, key=lambda row: row["date"])] == [
        (NEWEST - timedelta(days=1), 0, NEWEST - timedelta(days=1)),
        (NEWEST, 0, NEWEST - timedelta(days=1)),
    ]


def test_an_anomaly_is_left_out_of_what_later_days_are_held_against():
    days = usual()
    for week in (1, 2, 3):
        days[NEWEST - timedelta(days=7 * week)]["numerator"] = 20_000
    days[NEWEST]["numerator"] = 420
    newest = max(anomalies(days), key=lambda row: row["date"])
    assert (newest["date"], newest["days_compared"]) == (NEWEST, 5)
    assert 169 <= newest["expected"] <= 191


def test_a_handful_a_day_is_not_judged_nor_is_a_series_of_few_weeks():
    few = usual()
    for row in few.values():
        row["numerator"] = 3
    few[NEWEST]["numerator"] = 15
    short = usual(member="Organic Social", weeks=3)
    short[NEWEST]["numerator"] = 5_000
    assert anomalies(few, short) == []


def test_a_rate_is_held_against_what_chance_does_to_it():
    rates = usual(series="ad_ctr", member="meta", kind="rate", denominator=20_000)
    assert anomalies(rates) == []
    rates[NEWEST]["numerator"] = 60
    (row,) = anomalies(rates)
    assert (row["series"], row["value"]) == ("ad_ctr", Decimal("0.003"))
    for row in rates.values():
        row["numerator"], row["denominator"] = 2, 200
    rates[NEWEST]["numerator"] = 6
    assert anomalies(rates) == []


def test_seven_days_of_spend_against_the_seven_before():
    spend = usual(series="ad_spend", member="tiktok", kind="amount")
    for number in range(7):
        spend[NEWEST - timedelta(days=number)]["numerator"] *= Decimal("1.7")
    found = anomalies(spend)
    assert [(row["series"], row["member"], row["since_date"]) for row in found if row["series"] == "ad_spend_week"] == [
        ("ad_spend_week", "tiktok", NEWEST - timedelta(days=6))
    ]


def test_days_of_a_clock_that_runs_ahead_are_not_the_newest():
    days = usual()
    ahead = date(2099, 1, 1)
    days[ahead] = {**days[NEWEST], "date": ahead}
    days[NEWEST]["numerator"] = 0
    assert [row["date"] for row in anomalies(days)] == [NEWEST]
