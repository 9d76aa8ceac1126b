"""kpi.bridge: two weeks in, what each rung and each channel did out; the contributions add up to the last digit."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

RunModel = Callable[..., list[dict[str, Any]]]
Rows = list[dict[str, Any]]
MONDAY = date(2026, 11, 9)
BEFORE = MONDAY - timedelta(days=7)
LADDER = ("impressions", "social_sessions", "orders_social", "revenue_social")


def value(
    kpi: str,
    week: date,
    numerator: Any,
    denominator: Any = None,
    *,
    member: str = "all",
    dimension: str = "all",
    scale: int = 1,
    **more: Any,
) -> dict[str, Any]:
    """A week's row as kpi.kpi_values has it."""
    numerator = None if numerator is None else Decimal(numerator)
    shown = numerator
    if denominator is not None:
        denominator = Decimal(denominator)
        shown = None if numerator is None or denominator == 0 else numerator / denominator
    return {
        "kpi": kpi, "period": "week", "period_start_date": week, "dimension": dimension, "member": member, "numerator": numerator,
        "denominator": denominator, "value": None if shown is None else round(shown * scale, 6), "is_complete": True,
        "unit": "money", "currency": "NOK", "null_reason": "no data" if shown is None else None, **more,
    }  # fmt: skip


def ladder(before: Sequence[Any], after: Sequence[Any]) -> Rows:
    """The sums of revenue's ladder in both weeks, impressions first."""
    return [
        value(kpi, week, amount)
        for week, amounts in ((BEFORE, before), (MONDAY, after))
        for kpi, amount in zip(LADDER, amounts, strict=True)
    ]


@pytest.fixture
def bridge(run_model: RunModel) -> Callable[..., dict[tuple[str, str], dict[str, dict[str, Any]]]]:
    """Parts by KPI and decomposition; those of each add up to its change."""

    def run(rows: Rows) -> dict[tuple[str, str], dict[str, dict[str, Any]]]:
        found: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
        for row in sorted(run_model("kpi.bridge", {"kpi.kpi_values": rows}), key=lambda row: row["position"]):
            if row["week_start_date"] == MONDAY:
                found.setdefault((row["kpi"], row["decomposition"]), {})[row["part"]] = row
        for parts in found.values():
            changes = {row["change"] for row in parts.values()}
            assert len(changes) == 1
            change = changes.pop()
            if change is not None:
                assert sum(row["contribution"] for row in parts.values()) == change
            assert [row["position"] for row in parts.values()] == list(range(1, len(parts) + 1))
        return found

    return run


Bridge = Callable[[Rows], dict[tuple[str, str], dict[str, dict[str, Any]]]]


def contributions(parts: dict[str, dict[str, Any]]) -> dict[str, float]:
    return {part: float(row["contribution"]) for part, row in parts.items()}


def test_each_rung_that_changed_alone_did_it_all(bridge: Bridge) -> None:
    found = bridge(ladder((100_000, 1000, 20, 10_000), (150_000, 1500, 30, 15_000)))["revenue_social", "ladder"]
    assert contributions(found) == {"impressions": 5000, "visit_rate": 0, "conversion_rate": 0, "order_value": 0}
    assert found["visit_rate"]["previous_part_value"] == found["visit_rate"]["part_value"] == 1
    assert (found["order_value"]["part_value"], found["order_value"]["part_unit"]) == (500, "money")
    assert (found["impressions"]["title_nb"], found["order_value"]["title_sv"]) == ("Visninger", "Ordervärde")
    first = found["impressions"]
    assert (first["previous_value"], first["value"], first["change"], first["currency"]) == (
        10_000,
        15_000,
        5000,
        "NOK",
    )
    assert (first["previous_week_start_date"], first["is_complete"], first["null_reason"]) == (BEFORE, True, None)


def test_two_rungs_share_what_they_did_together(bridge: Bridge) -> None:
    # Twice the impressions and twice the orders a visit: 100 -> 400; each alone gives 100, and both share the other 100.
    found = bridge(ladder((1000, 100, 10, 100), (2000, 200, 40, 400)))["revenue_social", "ladder"]
    assert contributions(found) == {"impressions": 150, "visit_rate": 0, "conversion_rate": 150, "order_value": 0}


def test_no_orders_leave_the_order_value_out_of_it(bridge: Bridge) -> None:
    found = bridge(ladder((1000, 100, 10, 5000), (1000, 100, 0, 0)))["revenue_social", "ladder"]
    assert contributions(found) == {"impressions": 0, "visit_rate": 0, "conversion_rate": -5000, "order_value": 0}
    assert (found["order_value"]["previous_part_value"], found["order_value"]["part_value"]) == (500, None)
    back = bridge(ladder((1000, 100, 0, 0), (1000, 100, 10, 5000)))["revenue_social", "ladder"]
    assert contributions(back)["conversion_rate"] == 5000
    dark = bridge(ladder((0, 0, 0, 0), (0, 0, 0, 0)))["revenue_social", "ladder"]
    assert set(contributions(dark).values()) == {0.0}


def test_a_week_of_refunds_is_negative(bridge: Bridge) -> None:
    found = bridge(ladder((1000, 100, 10, 1000), (1000, 100, 20, -500)))["revenue_social", "ladder"]
    # order value 100 -> -25, orders a visit 0.1 -> 0.2: (100 * -125) * (0.1 + 0.2) / 2 and 100 * 0.1 * (100 - 25) / 2
    assert contributions(found) == {"impressions": 0, "visit_rate": 0, "conversion_rate": 375, "order_value": -1875}


def test_an_unknown_rung_joins_its_two_factors(bridge: Bridge) -> None:
    found = bridge(ladder((1000, None, 10, 1000), (2000, 400, 20, 3000)))["revenue_social", "ladder"]
    # Orders an impression did not change, order value 100 -> 150.
    assert contributions(found) == {"impressions": 1250, "order_value": 750, "unexplained": 0}
    assert found["unexplained"]["part_value"] is None
    assert (found["unexplained"]["title_en"], found["unexplained"]["title_nb"]) == ("Unexplained", "Uforklart")
    all_unknown = bridge(ladder((None, None, None, 1000), (2000, 400, 20, 3000)))["revenue_social", "ladder"]
    assert contributions(all_unknown) == {"unexplained": 2000}


def test_orders_of_no_visits_break_the_ladder(bridge: Bridge) -> None:
    found = bridge(ladder((1000, 100, 10, 1000), (1000, 0, 20, 3000)))["revenue_social", "ladder"]
    # orders an impression 0.01 -> 0.02, order value 100 -> 150
    assert contributions(found) == {"impressions": 0, "order_value": 750, "unexplained": 1250}


def test_a_week_without_value_says_why(bridge: Bridge) -> None:
    found = bridge(ladder((1000, 100, 10, 1000), (1000, 100, None, None)))
    (row,) = found["revenue_social", "ladder"].values()
    assert (row["part"], row["contribution"], row["change"], row["null_reason"]) == (
        "unexplained",
        None,
        None,
        "no data",
    )
    (row,) = bridge(ladder((1000, 100, None, None), (1000, 100, 10, 9)))["revenue_social", "channel"].values()
    assert (row["contribution"], row["null_reason"]) == (None, "week before: no data")


def test_a_cost_falls_when_the_click_rate_rises(bridge: Bridge) -> None:
    # spend 1000 -> 1000, impressions 50 000, clicks 500 -> 1000, conversions 5 -> 10
    rows = []
    for week, clicks, conversions in ((BEFORE, 500, 5), (MONDAY, 1000, 10)):
        rows += [
            value("cpa", week, 1000, conversions),
            value("paid_social_impressions", week, 50_000),
            value("paid_social_clicks", week, clicks),
        ]
    found = bridge(rows)["cpa", "ladder"]
    assert contributions(found) == {"cpm": 0, "ctr": -100, "conversion_rate": 0}
    assert [found[part]["part_value"] for part in ("cpm", "ctr", "conversion_rate")] == [20, 2, 1]
    assert found["ctr"]["previous_part_value"] == 1


def test_leads_told_by_the_month(bridge: Bridge) -> None:
    rows = []
    for week, impressions, leads in ((BEFORE, 1000, 7), (MONDAY, 1000, 14)):
        rows += [
            value("impressions", week, impressions), value("social_sessions", week, 100),
            value("leads_social", week, leads, unit="count_per_month", value=round(Decimal(leads) / 7 * Decimal("30.4375"), 6)),
        ]  # fmt: skip
    found = bridge(rows)["leads_social", "ladder"]
    assert found["conversion_rate"]["contribution"] == Decimal("30.4375")
    assert (found["conversion_rate"]["previous_part_value"], found["conversion_rate"]["part_value"]) == (7, 14)


def test_channels_of_a_sum(bridge: Bridge) -> None:
    rows = ladder((1000, 100, 10, 1000), (1000, 100, 10, 1600))
    rows += [
        value("revenue_social", BEFORE, 700, dimension="channel", member="Paid Social"),
        value("revenue_social", BEFORE, 200, dimension="channel", member="Organic Video"),
        value("revenue_social", MONDAY, 900, dimension="channel", member="Paid Social"),
        value("revenue_social", MONDAY, 500, dimension="channel", member="Organic Social"),
    ]
    found = bridge(rows)["revenue_social", "channel"]
    # 100 of the week before and 200 of this one stand with no channel.
    assert contributions(found) == {
        "Organic Social": 500,
        "Organic Video": -200,
        "Paid Social": 200,
        "unexplained": 100,
    }
    assert (found["Organic Video"]["previous_part_value"], found["Organic Video"]["part_value"]) == (200, 0)
    assert found["Paid Social"]["contribution_rate"] is None


def test_channels_of_a_ratio_by_rate_and_mix(bridge: Bridge) -> None:
    rows = [
        value("landing_page_cvr", BEFORE, 40, 1000, scale=100, unit="percent"),
        value("landing_page_cvr", MONDAY, 44, 1000, scale=100, unit="percent"),
        # a visits more of the channel that converts better, nothing else
        value("landing_page_cvr", BEFORE, 20, 800, dimension="channel", member="Organic Social"),
        value("landing_page_cvr", BEFORE, 20, 200, dimension="channel", member="Paid Social"),
        value("landing_page_cvr", MONDAY, 15, 600, dimension="channel", member="Organic Social"),
        value("landing_page_cvr", MONDAY, 29, 400, dimension="channel", member="Paid Social"),
    ]
    found = bridge(rows)["landing_page_cvr", "channel"]
    # Organic: rate unchanged 2.5 %, 200 visits fewer, 4.2 - 2.5 points below the mean rate: + 0.34; Paid: rate 10 -> 7.25 % at 300 visits.
    assert {part: (row["contribution_rate"], row["contribution_mix"]) for part, row in found.items()} == {
        "Organic Social": (Decimal(0), Decimal("0.34")),
        "Paid Social": (Decimal("-0.825"), Decimal("0.885")),
    }
    assert found["Paid Social"]["change"] == Decimal("0.4")


def test_a_campaign_with_revenue_and_no_spend(bridge: Bridge) -> None:
    rows = [
        value("roas", BEFORE, 1000, 500),
        value("roas", MONDAY, 2000, 500),
        value("roas", BEFORE, 1000, 500, dimension="campaign", member="autumn"),
        value("roas", MONDAY, 1000, 500, dimension="campaign", member="autumn"),
        value("roas", MONDAY, 1000, None, dimension="campaign", member="(none)"),
    ]
    found = bridge(rows)["roas", "campaign"]
    assert contributions(found) == {"(none)": 2, "autumn": 0}
    assert (found["(none)"]["part_value"], found["(none)"]["contribution_mix"]) == (None, 2)


def test_small_members_stand_together(bridge: Bridge) -> None:
    rows = ladder((1000, 100, 10, 0), (1000, 100, 10, 120))
    rows += [
        value("revenue_social", MONDAY, amount, dimension="channel", member=f"channel {amount:02}")
        for amount in range(1, 16)
    ]
    found = bridge(rows)["revenue_social", "channel"]
    assert list(found)[:2] == ["channel 15", "channel 14"]
    assert list(found)[-1] == "(others)" and len(found) == 13
    assert found["(others)"]["contribution"] == found["(others)"]["part_value"] == 6
    assert found["(others)"]["title_sv"] == "Övriga"


def test_parts_that_no_number_holds_stay_together(bridge: Bridge) -> None:
    (row,) = bridge(ladder(("100000000", "0.0001", 10, 1000), (1000, 10**8, 20, 3000)))[
        "revenue_social", "ladder"
    ].values()
    assert (row["part"], row["contribution"], row["part_value"]) == ("unexplained", 2000, None)


def test_only_weeks_that_follow_each_other_are_compared(run_model: RunModel) -> None:
    rows = [value("revenue_social", MONDAY - timedelta(days=14), 5), value("revenue_social", MONDAY, 7)]
    assert run_model("kpi.bridge", {"kpi.kpi_values": rows}) == []


# A run of the model takes half a second, so each example holds many weeks; they are not shrunk.
PROPERTY = settings(
    max_examples=8,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
AMOUNTS = st.none() | st.integers(-3, 3) | st.decimals(-1_000_000, 100_000_000, places=4)
WEEKS = st.tuples(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)


@PROPERTY
@given(cases=st.lists(st.tuples(WEEKS, WEEKS), min_size=10, max_size=30))
def test_whatever_the_weeks_were_it_adds_up(run_model: RunModel, cases: list[tuple[Any, Any]]) -> None:
    """Each case in two weeks of its own, forwards and backwards: same sizes, other sign; exact, whatever is 0, negative or unknown."""
    rows: Rows = []
    for number, (first, second) in enumerate(cases):
        start = MONDAY + timedelta(days=28 * number)
        for week, amounts in enumerate((first, second, first)):
            rows += [
                value(kpi, start + timedelta(days=7 * week), amount)
                for kpi, amount in zip(LADDER, amounts, strict=True)
            ]
    found: dict[tuple[date, str], Rows] = {}
    for row in run_model("kpi.bridge", {"kpi.kpi_values": rows}):
        if row["kpi"] == "revenue_social":
            found.setdefault((row["week_start_date"], row["decomposition"]), []).append(row)
    assert len(found) == 4 * len(cases)
    for parts in found.values():
        if parts[0]["change"] is None:
            assert [row["contribution"] for row in parts] == [None] and parts[0]["null_reason"]
        else:
            assert sum(row["contribution"] for row in parts) == parts[0]["change"]
    for number in range(len(cases)):
        there, back = (found[MONDAY + timedelta(days=28 * number + 7 * week), "ladder"] for week in (1, 2))
        if there[0]["change"] is not None:
            size = max(abs(row["contribution"]) for row in there)
            mirrored = {row["part"]: -row["contribution"] for row in back}
            for row in there:
                assert abs(row["contribution"] - mirrored[row["part"]]) <= Decimal("0.00001") + size / 10**9


FACTORS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=4, max_size=4)


def sums(factors: Sequence[int]) -> list[Decimal]:
    """The rungs of a ladder with these factors, the lowest first."""
    found, product = [], Decimal(1)
    for factor in factors:
        product *= factor
        found.append(product)
    return found


def shapley(before: list[int], after: list[int]) -> list[Decimal]:
    """The definition: change the factors one by one in every order, and take the mean of what each did."""
    found = [Decimal(0)] * len(before)
    orders = list(permutations(range(len(before))))
    for order in orders:
        now = list(before)
        for changing in order:
            was = sums(now)[-1]
            now[changing] = after[changing]
            found[changing] += (sums(now)[-1] - was) / len(orders)
    return found


@PROPERTY
@given(cases=st.lists(FACTORS.filter(lambda pairs: all(after for _, after in pairs[:3])), min_size=5, max_size=15))
def test_it_is_the_mean_over_all_orders_of_change(run_model: RunModel, cases: list[list[tuple[int, int]]]) -> None:
    rows: Rows = []
    expected = {}
    for number, factors in enumerate(cases):
        before, after = ([pair[side] for pair in factors] for side in (0, 1))
        start = MONDAY + timedelta(days=21 * number)
        for week, amounts in ((start, sums(before)), (start + timedelta(days=7), sums(after))):
            rows += [value(kpi, week, amount) for kpi, amount in zip(LADDER, amounts, strict=True)]
        names = ("impressions", "visit_rate", "conversion_rate", "order_value")
        expected |= {
            (start + timedelta(days=7), name): share for name, share in zip(names, shapley(before, after), strict=True)
        }
    found = {
        (row["week_start_date"], row["part"]): row["contribution"]
        for row in run_model("kpi.bridge", {"kpi.kpi_values": rows})
        if (row["kpi"], row["decomposition"]) == ("revenue_social", "ladder")
    }
    assert found.keys() == expected.keys()
    assert all(abs(found[key] - expected[key]) < Decimal("0.00001") for key in found)
