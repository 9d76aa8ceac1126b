"""What is more than a sum over days: stocks at the end, medians of a period, weeks in a row; and what may never be added up."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sql.test_kpi_values import Found, amount, days, delivered, values, whole

__all__ = ["values"]
RunModel = Callable[..., list[dict[str, Any]]]
MONDAY = date(2026, 11, 9)


def test_a_stock_at_the_end_is_that_of_the_last_delivered_day(values: Callable[..., Found]) -> None:
    found = values(
        [amount(day, "mrr", 100 + number) for number, day in enumerate(days(MONDAY, 10))]
        + [amount(day, "mrr_new", 1) for day in days(MONDAY, 10)],
        delivered("subscriptions", days(MONDAY, 10)),
    )
    assert whole(found, "mrr", "day", MONDAY) == (100, None, 100)
    assert whole(found, "mrr", "week", MONDAY) == (106, None, 106)
    assert whole(found, "mrr", "month", date(2026, 11, 1)) == (109, None, 109)
    assert whole(found, "mrr_new", "week", MONDAY) == (7, None, 7)


def spending(week: int, spend: int, conversions: int) -> list[dict[str, Any]]:
    monday = date(2026, 12, 7) + timedelta(days=7 * week)
    return [
        amount(monday, "ad_spend_social", spend),
        amount(monday, "conversions_paid_social", conversions),
        amount(monday, "ad_spend_social", spend, "campaign", "autumn"),
        amount(monday, "conversions_paid_social", conversions, "campaign", "autumn"),
    ]


def test_cpa_varies_over_four_iso_weeks_across_the_year(run_model: RunModel) -> None:
    # CPA of W50 to W53 is 100, 300, 100 and 300, then W01 of 2027 has 200: mean 200, then 225.
    weeks = [(200, 2), (300, 1), (500, 5), (600, 2), (200, 1)]
    rows = [row for week, (spend, conversions) in enumerate(weeks) for row in spending(week, spend, conversions)]
    first = date(2026, 12, 7)
    found = run_model(
        "kpi.kpi_values",
        {
            "kpi.int_measures_daily": rows,
            "kpi.int_delivered_days": delivered("ads", days(first, 35), "meta: a")
            + delivered("orders", days(first, 35)),
        },
    )
    kpi = {
        (row["period"], row["period_start_date"], row["dimension"], row["member"]): row
        for row in found
        if row["kpi"] == "cpa_variation"
    }
    # Deviations of 100 each: sqrt(40000 / 3); of -125, 75, -125 … are 300, 100, 300, 200: sqrt(27500 / 3).
    w53 = kpi["week", date(2026, 12, 28), "all", "all"]
    assert (w53["numerator"], w53["denominator"], w53["value"]) == (Decimal("115.470054"), 200, Decimal("0.57735"))
    w01 = kpi["week", date(2027, 1, 4), "campaign", "autumn"]
    assert (w01["numerator"], w01["denominator"], w01["value"]) == (Decimal("95.742711"), 225, Decimal("0.425523"))
    early = kpi["week", date(2026, 12, 21), "all", "all"]
    assert (early["value"], early["null_reason"]) == (None, "fewer than 4 weeks in a row with a value")
    # The newest week that ended in December 2026 began on the 21st; in January 2027 no later one than W01 has data.
    assert kpi["month", date(2026, 12, 1), "all", "all"]["value"] is None
    # The third of January is the Sunday of W53.
    assert kpi["day", date(2027, 1, 3), "all", "all"]["value"] == w53["value"]
    assert kpi["day", date(2027, 1, 2), "all", "all"]["value"] is None


def test_a_week_without_conversions_breaks_the_row(run_model: RunModel) -> None:
    rows = [row for week, found in enumerate([2, 1, 0, 2]) for row in spending(week, 100, found)]
    found = run_model("kpi.int_measures_windows", {"kpi.int_measures_daily": rows, "kpi.int_delivered_days": []})
    assert found == []


def test_a_median_is_of_the_rows_of_the_period_and_not_of_its_days(run_model: RunModel) -> None:
    def message(number: int, minute: int, answered: int | None, day: str = "2026-10-26", **more: Any) -> dict[str, Any]:
        at = f"{day} 10:{minute:02d}"
        answer = None if answered is None else f"{day} 11:{answered:02d}"
        return {"message_id": str(number), "platform": "facebook", "account": "a", "received_at": at, "answered_at": answer,
                "captured_at": "2026-11-02 06:00", "file_id": "f", "direction": "in", **more}  # fmt: skip

    rows = run_model(
        "kpi.int_measures_periods",
        {
            "raw.messages": [
                # 23:30 UTC on the Saturday before the clocks go back is Sunday in Oslo, still W43: 60 minutes.
                message(1, 0, 0, received_at="2026-10-24 23:30", answered_at="2026-10-25 00:30"),
                # 22:30 UTC on Sunday was Monday the day before, and is Sunday still after the change: 90 minutes.
                message(2, 0, 0, received_at="2026-10-25 22:30", answered_at="2026-10-26 00:00"),
                message(3, 0, 10), message(4, 0, 20), message(5, 0, 30), message(6, 0, None),
                message(7, 0, 0, day="2026-10-27", platform="x"), message(8, 0, 0, day="2026-10-27", direction="out"),
            ]
        },
    )  # fmt: skip
    found = {
        (row["period"], row["period_start_date"], row["dimension"], row["member"]): row["value"]
        for row in rows
        if row["measure"] == "response_minutes_median"
    }
    assert found["week", date(2026, 10, 19), "all", "all"] == 75
    assert found["day", date(2026, 10, 25), "all", "all"] == 75
    # 60, 70, 80, 90 minutes: 75, where the mean of the days' medians would be 70.
    assert found["week", date(2026, 10, 26), "all", "all"] == 75
    assert found["day", date(2026, 10, 26), "platform", "facebook"] == 80
    assert found["month", date(2026, 10, 1), "account", "x: a"] == 60


def subscribed(customer: str, changed_at: str, mrr: int, subscription: str = "", **more: Any) -> dict[str, Any]:
    return {"subscription_id": subscription or f"s {customer}", "customer_id": customer, "changed_at": changed_at, "mrr": mrr,
            "currency": "NOK", "captured_at": "2026-11-17 06:00", "file_id": "f", **more}  # fmt: skip


SUBSCRIPTIONS = [
    subscribed("stays", "2026-09-01 10:00", 100),
    subscribed("stays", "2026-11-10 10:00", 150),
    subscribed("shrinks", "2026-09-02 10:00", 80),
    subscribed("shrinks", "2026-11-11 10:00", 60),
    subscribed("leaves", "2026-09-03 10:00", 200),
    subscribed("leaves", "2026-11-12 10:00", 200, event="cancel"),
    subscribed("comes and goes", "2026-11-09 10:00", 40),
    subscribed("comes and goes", "2026-11-13 10:00", 0),
    subscribed("comes back", "2026-09-04 10:00", 30),
    subscribed("comes back", "2026-11-10 10:00", 0),
    subscribed("comes back", "2026-11-14 10:00", 35),
    # From one subscription to another on one day: contraction, neither churn nor new.
    subscribed("moves", "2026-09-05 10:00", 50, "old"),
    subscribed("moves", "2026-11-12 09:00", 0, "old"),
    subscribed("moves", "2026-11-12 15:00", 45, "new"),
    # 23:30 UTC on the 8th is the 9th in Oslo.
    subscribed("new", "2026-11-08 23:30", 10),
]


def test_recurring_revenue_and_churn(run_model: RunModel) -> None:
    rows = run_model("kpi.kpi_values", {"raw.subscriptions": SUBSCRIPTIONS})
    week = {
        row["kpi"]: (row["numerator"], row["denominator"], row["value"])
        for row in rows
        if (row["period"], row["period_start_date"], row["dimension"]) == ("week", MONDAY, "all")
    }
    # At the start 100 + 80 + 200 + 30 + 50 = 460 of five customers; at the end 150 + 60 + 35 + 45 + 10 = 300.
    assert week["mrr"] == (300, None, 300)
    assert week["mrr_new"] == (85, None, 85)
    assert week["mrr_expansion"] == (50, None, 50)
    assert week["mrr_contraction"] == (25, None, 25)
    assert week["mrr_churned"] == (270, None, 270)
    assert 460 + 85 + 50 - 25 - 270 == 300
    # Lost of those at the start: only who leaves; who came back is not lost, who came and went was not there.
    assert week["churn_rate"] == (1, 5, 20)
    before = {
        row["kpi"]: row for row in rows if (row["period"], row["period_start_date"]) == ("week", date(2026, 8, 31))
    }
    assert (before["churn_rate"]["value"], before["churn_rate"]["null_reason"]) == (None, "denominator is 0")
    assert before["mrr"]["value"] == 460


def test_recurring_revenue_keeps_the_rate_of_its_day_and_a_missing_rate_is_found(run_model: RunModel) -> None:
    rates = [
        {"rate_date": f"2026-{day}", "base": "EUR", "currency": currency, "rate": rate, "file_id": "f"}
        for day, sek in (("09-01", 10), ("11-10", 12))
        for currency, rate in (("NOK", 11), ("SEK", sek))
    ]
    inputs = {
        "raw.exchange_rates": rates,
        "raw.subscriptions": [
            subscribed("a", "2026-09-01 10:00", 100, currency="SEK"),
            subscribed("a", "2026-11-10 10:00", 120, currency="SEK"),
            subscribed("b", "2026-10-15 10:00", 100, currency="SEK"),
        ],
    }
    rows = run_model("core.fct_subscriptions", inputs)
    found = [(row["previous_mrr_reporting"], row["mrr_reporting"]) for row in rows if row["customer_id"] == "a"]
    assert sorted(found) == [(0, 110), (110, 110)]
    missing = run_model("quality.missing_rates", inputs)
    assert [(row["table_name"], row["currency"], row["date"], row["amount"]) for row in missing] == [
        ("core.fct_subscriptions", "SEK", date(2026, 10, 15), 100)
    ]


@pytest.mark.parametrize("kpi", ["reach", "frequency", "returning_viewers_share"])
def test_what_is_unique_is_not_added_up_over_days_or_accounts(values: Callable[..., Found], kpi: str) -> None:
    measures = ("reach", "impressions_of_account", "unique_viewers", "returning_viewers")
    found = values(
        [amount(day, measure, 50, "account", f"x: {account}") for day in days(MONDAY, 7) for measure in measures for account in "ab"],
        delivered("accounts", days(MONDAY, 7), "x: a") + delivered("accounts", days(MONDAY, 7), "x: b"),
    )  # fmt: skip
    shown = {key[1:] for key, row in found.items() if key[0] == kpi and row["value"] is not None}
    assert shown == {("day", day, "account", f"x: {account}") for day in days(MONDAY, 7) for account in "ab"}
    for period, start in (("day", MONDAY), ("week", MONDAY), ("month", date(2026, 11, 1))):
        row = found[kpi, period, start, "all", "all"]
        assert (row["value"], row["null_reason"]) == (None, "not additive: shown by day and account only")
