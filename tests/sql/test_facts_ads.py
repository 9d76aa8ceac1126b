"""core.fct_ads_daily: daily rows as they are, period totals spread exactly, nothing counted twice, money by the rate of the day."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pyarrow as pa

from config.home import Home
from config.settings import load_settings
from config.settings import tables as settings_tables

RunModel = Callable[..., list[dict[str, Any]]]


def report(
    first: int, last: int, spend: str, *, captured: int = 20, file_id: str = "", **values: Any
) -> dict[str, Any]:
    """One reported line of November 2026 in NOK."""
    return {
        "platform": "meta",
        "account": "Brand",
        "campaign": "autumn",
        "date_from": date(2026, 11, first),
        "date_to": date(2026, 11, last),
        "spend": Decimal(spend),
        "currency": "NOK",
        "captured_at": f"2026-11-{captured:02d} 06:00",
        "source_file": f"{captured}{file_id}.csv",
        "file_id": f"f{captured}{file_id}",
        "source_row": first,
        **values,
    }


def days(rows: list[dict[str, Any]], *names: str) -> list[tuple[Any, ...]]:
    return sorted(tuple(row[name] for name in ("date", *names)) for row in rows)


def test_a_re_export_of_a_day_replaces_it(run_model: RunModel) -> None:
    old, new = report(2, 2, "10.00", captured=3), report(2, 2, "12.50", captured=5)
    for rows in ([old, new], [new, old]):
        found = run_model("core.fct_ads_daily", {"raw.ads": rows})
        assert days(found, "spend", "is_estimated", "source_file") == [
            (date(2026, 11, 2), Decimal("12.5000"), False, "5.csv")
        ]


def test_a_period_is_spread_to_the_last_unit(run_model: RunModel) -> None:
    found = run_model("core.fct_ads_daily", {"raw.ads": [report(1, 3, "100.00", impressions=100)]})
    assert days(found, "spend", "impressions", "is_estimated") == [
        (date(2026, 11, 1), Decimal("33.3333"), 33, True),
        (date(2026, 11, 2), Decimal("33.3333"), 33, True),
        (date(2026, 11, 3), Decimal("33.3334"), 34, True),
    ]


def test_a_period_tells_only_what_its_days_do_not(run_model: RunModel) -> None:
    found = run_model(
        "core.fct_ads_daily",
        {"raw.ads": [report(1, 4, "100.00", impressions=40), report(2, 2, "40.00", impressions=10, captured=3)]},
    )
    assert days(found, "spend", "impressions", "is_estimated") == [
        (date(2026, 11, 1), Decimal("20.0000"), 10, True),
        (date(2026, 11, 2), Decimal("40.0000"), 10, False),
        (date(2026, 11, 3), Decimal("20.0000"), 10, True),
        (date(2026, 11, 4), Decimal("20.0000"), 10, True),
    ]


def test_days_that_say_more_than_the_period_leave_nothing_negative(run_model: RunModel) -> None:
    found = run_model("core.fct_ads_daily", {"raw.ads": [report(1, 2, "10.00"), report(1, 1, "12.00", captured=3)]})
    assert days(found, "spend") == [(date(2026, 11, 1), Decimal("12.0000")), (date(2026, 11, 2), Decimal("0.0000"))]


def test_of_overlapping_periods_the_shortest_then_the_newest_has_the_day(run_model: RunModel) -> None:
    rows = [report(1, 4, "40.00", captured=10), report(3, 4, "30.00", captured=9), report(4, 7, "80.00", captured=11)]
    assert days(run_model("core.fct_ads_daily", {"raw.ads": rows}), "spend") == [
        (date(2026, 11, 1), Decimal("10.0000")),
        (date(2026, 11, 2), Decimal("10.0000")),
        (date(2026, 11, 3), Decimal("15.0000")),
        (date(2026, 11, 4), Decimal("15.0000")),
        (date(2026, 11, 5), Decimal("20.0000")),
        (date(2026, 11, 6), Decimal("20.0000")),
        (date(2026, 11, 7), Decimal("20.0000")),
    ]


def test_the_finest_level_of_a_campaign_counts(run_model: RunModel) -> None:
    rows = [
        report(1, 1, "30.00"),
        report(1, 1, "10.00", ad_group="set", ad="a"),
        report(1, 1, "20.00", ad_group="set", ad="b"),
        report(1, 2, "70.00", captured=21, campaign=None),
    ]
    found = run_model("core.fct_ads_daily", {"raw.ads": rows})
    assert days(found, "campaign", "ad", "spend", "is_estimated") == [
        (date(2026, 11, 1), "autumn", "a", Decimal("10.0000"), False),
        (date(2026, 11, 1), "autumn", "b", Decimal("20.0000"), False),
        (date(2026, 11, 2), None, None, Decimal("40.0000"), True),
    ]


def test_an_ad_known_by_period_beside_one_known_by_day(run_model: RunModel) -> None:
    rows = [report(1, 1, "10.00", ad_group="set", ad="a"), report(1, 2, "8.00", ad_group="set", ad="b")]
    assert days(run_model("core.fct_ads_daily", {"raw.ads": rows}), "ad", "spend") == [
        (date(2026, 11, 1), "a", Decimal("10.0000")),
        (date(2026, 11, 1), "b", Decimal("4.0000")),
        (date(2026, 11, 2), "b", Decimal("4.0000")),
    ]


def test_a_breakdown_tells_the_same_money_again(run_model: RunModel) -> None:
    parts = [
        report(1, 1, "6.00", captured=9, breakdown="age=18-24"),
        report(1, 1, "4.00", captured=9, breakdown="age=25-34", source_row=2),
    ]
    assert days(run_model("core.fct_ads_daily", {"raw.ads": parts}), "spend") == [
        (date(2026, 11, 1), Decimal("10.0000"))
    ]
    found = run_model("core.fct_ads_daily", {"raw.ads": [*parts, report(1, 1, "11.00", captured=8)]})
    assert days(found, "spend") == [(date(2026, 11, 1), Decimal("11.0000"))]


def test_equal_lines_of_named_groups_add_up_and_of_known_ids_do_not(run_model: RunModel) -> None:
    named = [
        report(1, 1, "5.00", ad_group="set", source_row=1, original="{}"),
        report(1, 1, "5.00", ad_group="set", source_row=2, original="{}"),
    ]
    assert days(run_model("core.fct_ads_daily", {"raw.ads": named}), "spend") == [
        (date(2026, 11, 1), Decimal("10.0000"))
    ]
    known = [{**row, "ad_group_id": "7"} for row in named]
    assert days(run_model("core.fct_ads_daily", {"raw.ads": known}), "spend") == [
        (date(2026, 11, 1), Decimal("5.0000"))
    ]


def test_lines_of_a_large_file_are_told_apart_by_their_columns(run_model: RunModel) -> None:
    """There `original` has only what no other column says."""
    rows = [
        {**report(1, 1, f"{spend}.00", ad_group="set", source_row=spend, original="{}"), "ad_group_id": "7"}
        for spend in (5, 6)
    ]
    assert days(run_model("core.fct_ads_daily", {"raw.ads": rows}), "spend") == [
        (date(2026, 11, 1), Decimal("11.0000"))
    ]


def test_periods_stay_out_where_settings_say_so(run_model: RunModel) -> None:
    settings = load_settings(Home.from_environment())
    changed = settings.model_copy(update={"ads": settings.ads.model_copy(update={"spread_period_totals": False})})
    config: dict[str, pa.Table] = settings_tables(changed)
    assert run_model("core.fct_ads_daily", {"raw.ads": [report(1, 3, "100.00")]}, config=config) == []


def rate(day: int, currency: str, value: str) -> dict[str, Any]:
    return {
        "rate_date": date(2026, 11, day),
        "base": "EUR",
        "currency": currency,
        "rate": Decimal(value),
        "file_id": "r",
        "source_row": day,
    }


def test_money_is_converted_at_the_last_rate_within_seven_days(run_model: RunModel) -> None:
    rates = [rate(2, "NOK", "11.50"), rate(2, "SEK", "11.00"), rate(3, "NOK", "11.60"), rate(3, "SEK", "10.00")]
    rows = [report(day, day, "110.00", currency="SEK") for day in (1, 2, 3, 10, 11)] + [
        report(2, 2, "10.00", currency="EUR", campaign="e")
    ]
    found = run_model("core.fct_ads_daily", {"raw.ads": rows, "raw.exchange_rates": rates})
    assert days(found, "currency", "spend_reporting") == [
        (date(2026, 11, 1), "SEK", None),
        (date(2026, 11, 2), "EUR", Decimal("115.0000")),
        (date(2026, 11, 2), "SEK", Decimal("115.0000")),
        (date(2026, 11, 3), "SEK", Decimal("127.6000")),
        (date(2026, 11, 10), "SEK", Decimal("127.6000")),
        (date(2026, 11, 11), "SEK", None),
    ]
    missing = run_model("quality.missing_rates", {"raw.ads": rows, "raw.exchange_rates": rates})
    found_missing = sorted(
        (row["date"].day, row["table_name"], row["currency"], row["rows_affected"], row["amount"]) for row in missing
    )
    assert found_missing == [(day, "core.fct_ads_daily", "SEK", 1, Decimal("110.0000")) for day in (1, 11)]


def test_a_measure_that_a_period_lacks_stays_unknown(run_model: RunModel) -> None:
    found = run_model("core.fct_ads_daily", {"raw.ads": [report(1, 2, "10.00", impressions=0)]})
    assert days(found, "impressions", "link_clicks", "platform_conversions") == [
        (date(2026, 11, day), 0, None, None) for day in (1, 2)
    ]


def test_costs_are_spread_exactly_and_converted_once_a_month(run_model: RunModel) -> None:
    costs = [
        {
            "month": date(2026, 11, 1),
            "amount": Decimal(100),
            "currency": "SEK",
            "kind": "Tool",
            "file_id": "c",
            "source_row": 1,
        },
        {
            "month": date(2026, 11, 1),
            "amount": Decimal(50),
            "currency": "SEK",
            "kind": "tool",
            "file_id": "c",
            "source_row": 2,
        },
        {
            "month": date(2026, 10, 1),
            "amount": Decimal(310),
            "currency": "NOK",
            "kind": "salary",
            "file_id": "c",
            "source_row": 3,
        },
    ]
    rates = [rate(2, "NOK", "11.50"), rate(2, "SEK", "11.00"), rate(20, "NOK", "11.00"), rate(20, "SEK", "10.00")]
    found = run_model("core.int_costs_daily", {"raw.costs": costs, "raw.exchange_rates": rates})
    tool = [row for row in found if row["kind"] == "tool"]
    assert (len(tool), sum(row["amount"] for row in tool), sum(row["amount_reporting"] for row in tool)) == (
        30,
        150,
        165,
    )
    assert {row["amount_reporting"] for row in found if row["kind"] == "salary"} == {Decimal(10)}


def test_the_same_money_with_and_without_ids_is_one(run_model: RunModel) -> None:
    old = report(1, 1, "10.00", captured=3, account=None)
    new = report(1, 1, "12.00", captured=5, account_id="act_1", campaign_id="77")
    for rows in ([old, new], [new, old]):
        found = run_model("core.fct_ads_daily", {"raw.ads": rows})
        assert days(found, "account", "campaign", "spend") == [
            (date(2026, 11, 1), "Brand", "autumn", Decimal("12.0000"))
        ]
    twins = [report(1, 1, "12.00", captured=5, campaign_id=key) for key in ("77", "78")]
    assert len(run_model("core.fct_ads_daily", {"raw.ads": [report(1, 1, "9.00", captured=3), *twins]})) == 3
