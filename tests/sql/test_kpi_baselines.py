"""A baseline that is measured: the days before a plan in, where the KPI stood out."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.home import Home

RunModel = Callable[..., list[dict[str, Any]]]
Rows = list[dict[str, Any]]
START = date(2026, 8, 18)
PLAN = f"""
plan: own
title: Measured from data
currency: SEK
start_date: {START}
targets:
  landing_page_cvr: {{baseline: measured, target: 3.2}}
  profile_visits: {{baseline: measured, baseline_days: 4, target: 2000}}
  leads_social: {{baseline: measured, target: 90}}
  follower_growth_net: {{baseline: measured, target: 5}}
  policy_flags: {{baseline: measured, target: 0}}
  cpa: {{baseline: measured, target: 330}}
  email_signups: {{baseline: 10, target: 20}}
  utm_coverage: {{target: 95}}
"""


def day(kpi: str, before: int, numerator: Any, denominator: Any = None, *, is_complete: bool = True) -> dict[str, Any]:
    """A day so many days before the plan's start."""
    return {
        "kpi": kpi, "period": "day", "period_start_date": START - timedelta(days=before), "dimension": "all", "member": "all",
        "numerator": numerator, "denominator": denominator, "is_complete": is_complete,
    }  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path).create()
    (home.config / "plans").mkdir()
    (home.config / "plans" / "own.yml").write_text(PLAN, encoding="utf-8")
    return home


@pytest.fixture
def baselines(run_model: RunModel, home: Home) -> Callable[..., dict[str, tuple[Any, Any]]]:
    """Baseline and days known by KPI."""

    def run(rows: Rows, rates: Rows | None = None) -> dict[str, tuple[Any, Any]]:
        given = {"kpi.kpi_values": rows, "raw.exchange_rates": rates or []}
        found = run_model("kpi.int_plan_baselines", given, home=home)
        return {row["kpi"]: (row["baseline"], row["days_known"]) for row in found}

    return run


def test_sums_of_the_days_before_and_one_division(baselines: Callable[..., dict[str, tuple[Any, Any]]]) -> None:
    rows = [day("landing_page_cvr", before, 1 if before > 7 else 5, 100) for before in range(1, 15)]
    # neither the plan's first day nor the fifteenth before it
    rows += [day("landing_page_cvr", 0, 99, 100), day("landing_page_cvr", 15, 99, 100)]
    rows += [day("profile_visits", before, 10 * before) for before in range(1, 8)]
    rows += [day("leads_social", before, 2) for before in range(1, 15)]
    rows += [day("follower_growth_net", before, 7, 1000 + 7 * (14 - before)) for before in range(1, 15)]
    rows += [day("policy_flags", before, 1 if before == 3 else 0) for before in range(1, 15)]
    found = baselines(rows)
    assert found == {
        "landing_page_cvr": (3, 14),
        "profile_visits": (175, 4),
        "leads_social": (Decimal("60.875"), 14),
        "follower_growth_net": (Decimal("21.30625"), 14),
        "policy_flags": (2, 14),
        "cpa": (None, 0),
    }


def test_days_without_figures_do_not_thin_it(baselines: Callable[..., dict[str, tuple[Any, Any]]]) -> None:
    rows = [day("leads_social", before, None if before > 7 else 2, is_complete=before < 7) for before in range(1, 15)]
    assert baselines(rows)["leads_social"] == (Decimal("60.875"), 6)


def test_money_is_in_the_plans_currency(baselines: Callable[..., dict[str, tuple[Any, Any]]]) -> None:
    rates = [
        {"rate_date": START - timedelta(days=1), "base": "EUR", "currency": currency, "rate": Decimal(rate), "file_id": "r"}
        for currency, rate in (("NOK", "11.5"), ("SEK", "11.0"))
    ]  # fmt: skip
    rows = [day("cpa", before, 460, 1) for before in range(1, 15)]
    assert baselines(rows, rates)["cpa"] == (440, 14)
    assert baselines(rows)["cpa"] == (None, 14)


def test_the_scorecard_starts_at_what_was_measured(run_model: RunModel, home: Home) -> None:
    def week(kpi: str, value: str) -> dict[str, Any]:
        return {
            "kpi": kpi, "period": "week", "period_start_date": START - timedelta(days=1), "dimension": "all", "member": "all",
            "numerator": Decimal(value), "value": Decimal(value), "is_complete": True, "is_estimated": False,
        }  # fmt: skip

    rows = [day("landing_page_cvr", before, 2, 100) for before in range(1, 15)]
    rows += [day("leads_social", before, 5) for before in range(1, 15)]
    rows += [
        week("landing_page_cvr", "2.3"),
        week("leads_social", "100"),
        week("email_signups", "12"),
        week("profile_visits", "5"),
    ]
    found = {
        row["kpi"]: tuple(
            row[name]
            for name in ("baseline", "is_baseline_measured", "baseline_days_known", "expected", "progress", "status")
        )
        for row in run_model("kpi.scorecard", {"kpi.kpi_values": rows}, home=home)
        if row["plan"] == "own"
    }
    assert found == {
        # six of ninety days on the way from 2 to 3.2
        "landing_page_cvr": (2, True, 14, Decimal("2.08"), Decimal("0.25"), "on_track"),
        # 152.1875 a month before the plan: the target is behind, so it is all that is expected
        "leads_social": (Decimal("152.1875"), True, 14, 90, None, "met"),
        "email_signups": (10, False, None, Decimal("10.666667"), Decimal("0.2"), "on_track"),
        "profile_visits": (None, True, 0, 2000, None, "behind"),
    }
