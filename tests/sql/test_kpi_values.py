"""kpi.kpi_values: measures by day in, KPIs by day, ISO week and month out; nothing that is not known is 0."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from config.home import Home
from config.kpis import load_kpis

RunModel = Callable[..., list[dict[str, Any]]]
Found = dict[tuple[Any, ...], dict[str, Any]]
MONDAY = date(2026, 11, 9)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=number) for number in range(count)]


def amount(day: date, measure: str, value: str | int, dimension: str = "all", member: str = "all") -> dict[str, Any]:
    return {"date": day, "measure": measure, "dimension": dimension, "member": member, "value": Decimal(value)}


def delivered(source: str, of: Iterable[date], instance: str = "") -> list[dict[str, Any]]:
    return [{"source": source, "instance": instance, "date": day} for day in of]


@pytest.fixture
def values(run_model: RunModel) -> Callable[..., Found]:
    """Rows by (kpi, period, start, dimension, member)."""

    def run(measures: list[dict[str, Any]], deliveries: list[dict[str, Any]]) -> Found:
        rows = run_model("kpi.kpi_values", {"kpi.int_measures_daily": measures, "kpi.int_delivered_days": deliveries})
        found = {
            (row["kpi"], row["period"], row["period_start_date"], row["dimension"], row["member"]): row for row in rows
        }
        assert len(found) == len(rows)
        assert all((row["value"] is None) == (row["null_reason"] is not None) for row in rows)
        return found

    return run


def whole(found: Found, kpi: str, period: str, start: date) -> tuple[Any, Any, Any]:
    row = found[kpi, period, start, "all", "all"]
    return row["numerator"], row["denominator"], row["value"]


def test_a_ratio_is_one_of_sums(values: Callable[..., Found]) -> None:
    tuesday = MONDAY + timedelta(days=1)
    found = values(
        [
            amount(MONDAY, "social_sessions", 100),
            amount(MONDAY, "social_sessions_converted", 10),
            amount(tuesday, "social_sessions", 1),
            amount(tuesday, "social_sessions_converted", 1),
            amount(MONDAY, "social_sessions", 60, "channel", "Paid Social"),
            amount(MONDAY, "social_sessions_converted", 3, "channel", "Paid Social"),
            amount(tuesday, "social_sessions", 1, "channel", "Paid Social"),
        ],
        delivered("sessions", days(MONDAY, 7)) + delivered("orders", days(MONDAY, 7)),
    )
    assert whole(found, "landing_page_cvr", "day", MONDAY) == (10, 100, 10)
    assert whole(found, "landing_page_cvr", "day", tuesday) == (1, 1, 100)
    assert whole(found, "landing_page_cvr", "week", MONDAY) == (11, 101, Decimal("10.891089"))
    paid = found["landing_page_cvr", "week", MONDAY, "channel", "Paid Social"]
    assert (paid["numerator"], paid["denominator"], paid["value"]) == (3, 61, Decimal("4.918033"))
    assert found["landing_page_cvr", "day", tuesday, "channel", "Paid Social"]["value"] == 0
    assert paid["is_complete"]


def test_zero_null_and_why(values: Callable[..., Found]) -> None:
    found = values(
        [amount(MONDAY, "policy_flags", 0)],
        delivered("sessions", days(MONDAY, 7))
        + delivered("content", days(MONDAY, 3))
        + delivered("posts", days(MONDAY, 7), "x: a"),
    )
    assert whole(found, "social_sessions", "week", MONDAY) == (0, None, 0)
    assert whole(found, "utm_coverage", "week", MONDAY) == (0, 0, None)
    assert found["utm_coverage", "week", MONDAY, "all", "all"]["null_reason"] == "denominator is 0"
    assert whole(found, "leads_social", "week", MONDAY) == (None, None, None)
    assert found["leads_social", "week", MONDAY, "all", "all"]["null_reason"] == "no data from leads"
    assert whole(found, "policy_flags", "week", MONDAY) == (0, None, 0)
    saves = found["saves", "week", MONDAY, "all", "all"]
    assert (saves["value"], saves["null_reason"]) == (None, "not in the files delivered from posts")
    assert whole(found, "creator_collaborations", "day", MONDAY + timedelta(days=3)) == (None, None, None)
    assert found["cpl_paid", "week", MONDAY, "all", "all"]["null_reason"] == "no data from ads and leads"
    assert {row["currency"] for row in found.values() if row["unit"] == "money"} == {"NOK"}
    assert {row["currency"] for row in found.values() if row["unit"] != "money"} == {None}


def test_what_another_source_tells_is_unknown_without_it(values: Callable[..., Found]) -> None:
    tuesday = MONDAY + timedelta(days=1)
    visits = [
        amount(day, measure, value, **cut)
        for day in (MONDAY, tuesday)
        for measure, value in (("social_sessions", 50), ("social_sessions_converted", 0))
        for cut in ({}, {"dimension": "channel", "member": "Paid Social"})
    ]
    sessions = delivered("sessions", days(MONDAY, 7))
    without = values(visits, sessions)
    for cut in (("all", "all"), ("channel", "Paid Social")):
        row = without["landing_page_cvr", "week", MONDAY, *cut]
        assert (row["numerator"], row["denominator"], row["value"]) == (None, 50 * 2, None)
        assert (row["null_reason"], row["is_complete"]) == ("no data from leads, orders", False)
    # One of them is enough, for the days that it tells of; where it tells of some days only, the week is not complete.
    found = values(visits, sessions + delivered("leads", [tuesday]))
    assert whole(found, "landing_page_cvr", "week", MONDAY) == (0, 100, 0)
    assert not found["landing_page_cvr", "week", MONDAY, "all", "all"]["is_complete"]
    assert whole(found, "landing_page_cvr", "day", tuesday) == (0, 50, 0)
    assert found["landing_page_cvr", "day", MONDAY, "all", "all"]["null_reason"] == "no data from leads, orders"
    assert whole(found, "social_sessions", "day", MONDAY) == (50, None, 50)


CREDITED = {"leads_social": "leads", "orders_social": "orders", "revenue_social": "orders", "pipeline_social": "leads",
            "orders_paid_social": "orders", "conversions_social": "leads"}  # fmt: skip


def test_what_social_led_to_is_unknown_until_visits_are_known(values: Callable[..., Found]) -> None:
    measures = [amount(MONDAY, measure, 0) for measure in (*CREDITED, "leads_paid_social", "revenue_paid_social")]
    measures += [
        amount(MONDAY, measure, 9)
        for measure in ("ad_spend_social", "ad_spend", "other_costs", "social_costs", "conversions")
    ]
    measures += [amount(MONDAY, "conversions", 9, "channel", "Organic Social"), amount(MONDAY, "margin_social", 0)]
    delivery = [
        row
        for source in ("leads", "lead values", "orders", "ads", "costs")
        for row in delivered(source, days(MONDAY, 14))
    ]
    alone = values(measures, delivery)
    later = values(measures, delivery + delivered("sessions", days(MONDAY + timedelta(days=7), 7)))
    for found in (alone, later):
        for kpi in (*CREDITED, "roas", "social_equity_roi", "channel_concentration", "cpl_paid", "cpa", "pipeline_per_10k_spend",
                    "organic_share_conversions"):  # fmt: skip
            row = found[kpi, "week", MONDAY, "all", "all"]
            assert (row["value"], row["null_reason"]) == (None, "no data from sessions"), kpi
        assert whole(found, "orders", "week", MONDAY) == (0, None, 0)
    # From the first visit on they are known, also for a day on which no visits were delivered.
    for kpi in CREDITED:
        assert later[kpi, "week", MONDAY + timedelta(days=7), "all", "all"]["value"] == 0, kpi
    begun = values(measures, delivery + delivered("sessions", [MONDAY - timedelta(days=1)]))
    assert {whole(begun, kpi, "day", MONDAY)[2] for kpi in CREDITED} == {0}


def of_visitors(day: date, measure: str, value: int, consented: int, stated: int, **cut: str) -> dict[str, Any]:
    return {**amount(day, measure, value, **cut), "consented_value": consented, "stated_value": stated}


def consent(found: Found, kpi: str, *key: Any) -> tuple[Any, Any, Any]:
    row = found[(kpi, *(key or ("week", MONDAY, "all", "all")))]
    return row["consented_share"], row["consent_stated_share"], row["consent_null_reason"]


def test_every_kpi_says_which_share_of_it_is_with_consent(values: Callable[..., Found]) -> None:
    tuesday, autumn = MONDAY + timedelta(days=1), {"dimension": "campaign", "member": "autumn"}
    found = values(
        [
            of_visitors(MONDAY, "leads_paid_social", 4, 2, 3),
            of_visitors(tuesday, "leads_paid_social", 4, 1, 1),
            of_visitors(MONDAY, "leads_paid_social", 2, 1, 2, **autumn),
            of_visitors(MONDAY, "revenue_paid_social", 900, 600, 900),
            of_visitors(MONDAY, "pipeline_social", 500, 0, 500),
            of_visitors(MONDAY, "new_customers", 5, 0, 0),
            of_visitors(MONDAY, "social_sessions", 10, 6, 8),
            of_visitors(MONDAY, "social_sessions_bounced", 2, 0, 2),
            amount(MONDAY, "ad_spend_social", 100),
            amount(MONDAY, "ad_spend_social", 50, **autumn),
            amount(MONDAY, "ad_spend", 100),
            amount(MONDAY, "saves", 7),
        ],
        [row for source in ("sessions", "leads", "orders", "ads", "costs", "posts") for row in delivered(source, days(MONDAY, 7))],
    )  # fmt: skip
    # Spend belongs to no visitor: what it is divided by, or what is divided by it, does.
    assert consent(found, "cpl_paid") == (Decimal("0.75"), Decimal("0.5"), None)
    assert consent(found, "cpl_paid", "day", tuesday, "all", "all") == (1, Decimal("0.25"), None)
    assert consent(found, "cpl_paid", "week", MONDAY, "campaign", "autumn") == (Decimal("0.5"), 1, None)
    assert consent(found, "roas") == (Decimal("0.666667"), 1, None)
    assert consent(found, "pipeline_per_10k_spend") == (0, 1, None)
    assert consent(found, "cac") == (None, 0, "not stated")
    assert consent(found, "cpa") == (None, None, "nothing counted")
    # A rate's share is that of the sessions it is taken of, not of those that bounced.
    assert consent(found, "bounce_rate") == (Decimal("0.75"), Decimal("0.8"), None)
    assert consent(found, "saves") == (None, None, "no visitors")
    assert consent(found, "cpm", "month", date(2026, 11, 1), "all", "all") == (None, None, "no visitors")


def test_refunds_that_outweigh_sales_leave_no_share_of_consent(values: Callable[..., Found]) -> None:
    found = values(
        [
            of_visitors(MONDAY, "revenue_social", 100, -50, 100),
            of_visitors(MONDAY, "pipeline_social", 100, 300, 200),
        ],
        delivered("orders", days(MONDAY, 7)) + delivered("leads", days(MONDAY, 7)),
    )
    assert consent(found, "revenue_social") == (None, None, "amounts of both signs")
    assert consent(found, "pipeline_social") == (None, None, "amounts of both signs")


def test_every_kpi_has_its_whole_in_every_period(values: Callable[..., Found]) -> None:
    found = values([], delivered("sessions", [MONDAY]))
    kpis = set(load_kpis(Home.from_environment()).kpis)
    for period, start in (("day", MONDAY), ("week", MONDAY), ("month", date(2026, 11, 1))):
        assert {key[0] for key in found if key[1:] == (period, start, "all", "all")} == kpis


def test_a_week_that_crosses_the_year(values: Callable[..., Found]) -> None:
    first = date(2026, 12, 28)
    found = values([amount(day, "orders", 1) for day in days(first, 7)], delivered("orders", days(first, 7)))
    assert whole(found, "orders", "week", first) == (7, None, 7)
    assert whole(found, "orders", "month", date(2026, 12, 1)) == (4, None, 4)
    assert whole(found, "orders", "month", date(2027, 1, 1)) == (3, None, 3)
    assert not found["orders", "month", date(2027, 1, 1), "all", "all"]["is_complete"]


def test_rates_by_week_and_month_are_scaled_by_days(values: Callable[..., Found]) -> None:
    november = days(date(2026, 11, 1), 30)
    found = values(
        [amount(day, "profile_visits", 10) for day in november] + [amount(day, "leads_social", 2) for day in november],
        delivered("accounts", november, "x: a") + delivered("leads", november) + delivered("sessions", november),
    )
    assert whole(found, "profile_visits", "day", MONDAY) == (10, None, 70)
    assert whole(found, "profile_visits", "week", MONDAY) == (70, None, 70)
    assert whole(found, "profile_visits", "month", november[0]) == (300, None, 70)
    assert whole(found, "leads_social", "week", MONDAY) == (14, None, Decimal("60.875"))
    assert whole(found, "leads_social", "month", november[0]) == (60, None, 60)


def test_a_stock_is_that_of_the_first_day(values: Callable[..., Found]) -> None:
    week = days(MONDAY, 7)
    found = values(
        [amount(day, "followers_at_start", 1000 + 10 * number) for number, day in enumerate(week)]
        + [amount(day, "followers_net", 10) for day in week],
        delivered("accounts", week, "x: a"),
    )
    assert whole(found, "follower_growth_net", "week", MONDAY) == (70, 1000, Decimal("30.4375"))
    assert whole(found, "follower_growth_net", "day", MONDAY + timedelta(days=1))[1] == 1010


def test_unique_counts_stay_with_their_day_and_account(values: Callable[..., Found]) -> None:
    found = values(
        [amount(day, "reach", 50, "account", "x: a") for day in days(MONDAY, 7)]
        + [amount(day, "impressions_of_account", 75, "account", "x: a") for day in days(MONDAY, 7)],
        delivered("accounts", days(MONDAY, 7), "x: a"),
    )
    assert found["reach", "day", MONDAY, "account", "x: a"]["value"] == 50
    assert found["frequency", "day", MONDAY, "account", "x: a"]["value"] == Decimal("1.5")
    for period in ("day", "week"):
        row = found["reach", period, MONDAY, "all", "all"]
        assert (row["value"], row["null_reason"]) == (None, "not additive: shown by day and account only")
    assert not [key for key in found if key[0] in ("reach", "frequency") and key[1] != "day" and key[3] != "all"]


def test_a_late_source_leaves_the_week_incomplete(values: Callable[..., Found]) -> None:
    week, before = days(MONDAY, 7), days(MONDAY - timedelta(days=7), 7)
    found = values(
        [amount(MONDAY, "ad_spend_social", 100), amount(MONDAY, "leads_paid_social", 4)],
        delivered("leads", before + week)
        + delivered("ads", before + week[:5], "meta: a")
        + delivered("sessions", before + week[:3] + week[4:])
        + delivered("accounts", before + week, "x: a")
        + delivered("accounts", week[3:], "x: new")
        + delivered("accounts", days(MONDAY - timedelta(days=60), 7), "x: old"),
    )
    weeks = {key[0]: row["is_complete"] for key, row in found.items() if key[1:] == ("week", MONDAY, "all", "all")}
    assert whole(found, "cpl_paid", "week", MONDAY) == (100, 4, 25)
    assert (weeks["cpl_paid"], weeks["unattributed_leads"], weeks["social_sessions"], weeks["profile_visits"]) == (
        False,
        True,
        False,
        True,
    )
    assert found["cpl_paid", "week", MONDAY - timedelta(days=7), "all", "all"]["is_complete"]
    assert not found["orders", "week", MONDAY, "all", "all"]["is_complete"]


def test_sums_of_several_measures_and_marks(values: Callable[..., Found]) -> None:
    found = values(
        [
            amount(MONDAY, "impressions_organic", 30),
            amount(MONDAY, "impressions_paid", 70),
            amount(MONDAY, "completed_views", 5),
            amount(MONDAY, "completed_views_estimated", 2),
            amount(MONDAY, "views_with_completion", 20),
        ],
        delivered("posts", [MONDAY], "x: a") + delivered("ads", [MONDAY], "meta: a"),
    )
    assert whole(found, "impressions", "day", MONDAY) == (100, None, 100)
    assert whole(found, "organic_share", "day", MONDAY) == (30, 100, 30)
    assert whole(found, "video_completion_rate", "day", MONDAY) == (5, 20, 25)
    assert found["video_completion_rate", "day", MONDAY, "all", "all"]["is_estimated"]
    assert not found["impressions", "day", MONDAY, "all", "all"]["is_estimated"]
