"""kpi.experiments: days of counts in, one judgement out that no later look turns; false alarms stay below what is allowed."""

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import log, sqrt
from typing import Any

import pytest

from sql.testing import RUN_DATE

RunModel = Callable[..., list[dict[str, Any]]]
Rows = list[dict[str, Any]]
START = date(2026, 10, 1)


def variant(name: str, experiment: str = "x", **more: Any) -> dict[str, Any]:
    """A row of the input experiments; by default a flow test of the conversion rate, told by utm_content."""
    return {
        "experiment_id": experiment, "variant": name, "kind": "flow", "metric": "conversion rate", "utm_content": f"{experiment}_{name}",
        "started_at": f"{START} 08:00", "planned_sample": 5000, "file_id": "f", **more,
    }  # fmt: skip


def counted(
    member: str, visits: Sequence[int], conversions: Sequence[int], *, start: date = START, dimension: str = "creative"
) -> Rows:
    """Visits and converted visits of a member, day by day."""
    return [
        {"date": start + timedelta(days=number), "measure": measure, "dimension": dimension, "member": member, "value": Decimal(value)}
        for measure, values in (("social_sessions", visits), ("social_sessions_converted", conversions))
        for number, value in enumerate(values)
    ]  # fmt: skip


@pytest.fixture
def judge(run_model: RunModel) -> Callable[[Rows, Rows], dict[tuple[str, str], dict[str, Any]]]:
    """Rows by experiment and variant."""

    def run(experiments: Rows, measures: Rows) -> dict[tuple[str, str], dict[str, Any]]:
        rows = run_model("kpi.experiments", {"raw.experiments": experiments, "kpi.int_measures_daily": measures})
        found = {(row["experiment_id"], row["variant"]): row for row in rows}
        assert len(found) == len(rows) == len({(row["experiment_id"], row["variant"]) for row in experiments})
        return found

    return run


Judge = Callable[[Rows, Rows], dict[tuple[str, str], dict[str, Any]]]


def half_width(pairs: Sequence[tuple[int, int]], planned: int, error_rate: float = 0.05) -> float:
    """The formula of docs/experiments.md, written again."""
    variance = sum((x + 1) * (n - x + 1) / (n + 2) ** 2 / n for x, n in pairs)
    sample = len(pairs) / sum(1 / n for _, n in pairs)
    observed = sample / planned * (-2 * log(error_rate) + log(1 - 2 * log(error_rate)))
    return sqrt(variance * (1 + 1 / observed) * log((1 + observed) / error_rate**2))


def test_decided_on_the_first_day_and_never_turned(judge: Judge) -> None:
    visits, control, better = [500] * 10, [10] * 10, [20] * 10
    found = judge(
        [variant("control"), variant("b")],
        counted("x_control", visits, control) + counted("X_b", visits, better),
    )
    days = [
        day for day in range(1, 11)
        if half_width([(10 * day, 500 * day), (20 * day, 500 * day)], 5000) < 0.02
    ]  # fmt: skip
    first, row, base = days[0], found["x", "b"], found["x", "control"]
    assert 2 < first < 10
    assert (row["state"], row["is_winner"], row["winner"], row["decided_date"]) == (
        "decided", True, "b", START + timedelta(days=first - 1),
    )  # fmt: skip
    assert (row["numerator"], row["denominator"], row["value"]) == (20 * first, 500 * first, 4)
    width = 100 * half_width([(10 * first, 500 * first), (20 * first, 500 * first)], 5000)
    assert row["difference"] == 2
    assert float(row["difference_lower"]) == pytest.approx(2 - width, abs=1e-6)
    assert float(row["difference_upper"]) == pytest.approx(2 + width, abs=1e-6)
    own = 100 * half_width([(20 * first, 500 * first)], 5000)
    assert (float(row["lower"]), float(row["upper"])) == pytest.approx((4 - own, 4 + own), abs=1e-6)
    assert (base["is_control"], base["is_winner"], base["difference"], base["winner"]) == (True, False, None, "b")
    # Weeks later the other leads by far: winner, day and figures stay.
    turned = judge(
        [variant("control"), variant("b")],
        counted("x_control", visits + [500] * 20, control + [40] * 20)
        + counted("x_b", visits + [500] * 20, better + [1] * 20),
    )
    assert turned["x", "b"] == row and turned["x", "control"] == base


@pytest.mark.parametrize(
    ("visits", "conversions", "more", "state", "missing"),
    [
        ([500] * 4, [10] * 4, {}, "running", None),
        ([500] * 10, [10] * 10, {}, "no_difference", None),
        ([500] * 4, [1] * 4, {}, "not_enough_data", "1 more events of a variant"),
        ([500] * 4, [10] * 4, {"ended_at": "2026-10-31 08:00"}, "not_enough_data", "3000 of the planned sample of a variant when it ended"),
        ([500] * 4, [10] * 4, {"planned_sample": None}, "running", None),
        ([500] * 4, [10] * 4, {"started_at": "2026-12-01 08:00"}, "not_enough_data", "its start on 2026-12-01"),
        ([500] * 4, [10] * 4, {"started_at": None}, "not_enough_data", "a start"),
        ([500] * 4, [10] * 4, {"metric": "happiness"}, "not_enough_data", "a metric of experiments.yml: 'happiness' is none"),
        ([500] * 4, [10] * 4, {"metric": None}, "not_enough_data", "a metric"),
        ([500] * 4, [10] * 4, {"utm_content": None}, "not_enough_data", "utm_content, campaign or ad of each variant"),
        ([500] * 4, [10] * 4, {"utm_content": "same"}, "not_enough_data", "a utm_content, campaign or ad of its own for each variant"),
        ([500] * 4, [10] * 4, {"metric": "Konverteringsrate"}, "running", None),
        ([], [], {}, "not_enough_data", "anything counted since its start"),
    ],
)  # fmt: skip
def test_what_is_not_decided_says_why(
    judge: Judge, visits: list[int], conversions: list[int], more: dict[str, Any], state: str, missing: str | None
) -> None:
    found = judge(
        [variant("a", **more), variant("b", **more)],
        counted("x_a", visits, conversions) + counted("x_b", visits, conversions),
    )
    assert {(row["state"], row["missing"], row["winner"], row["decided_date"]) for row in found.values()} == {
        (state, missing, None, None)
    }


def test_one_variant_is_no_experiment(judge: Judge) -> None:
    (row,) = judge([variant("a")], counted("x_a", [500], [10])).values()
    assert (row["state"], row["missing"], row["value"]) == ("not_enough_data", "a second variant", None)


def test_a_split_that_was_not_planned_breaks_the_test(judge: Judge) -> None:
    def states(first: int, second: int, **more: Any) -> dict[str, Any]:
        found = judge(
            [variant("a", **more), variant("b", **more)],
            counted("x_a", [first], [first // 10]) + counted("x_b", [second], [second // 5]),
        )
        return found["x", "b"]

    # chi-square of (5000, 5400) against halves: 15.38; of (5000, 5300): 8.74. The limit at 0.001 is 10.83.
    row = states(5000, 5400)
    assert (row["state"], row["winner"], row["decided_date"], row["is_winner"]) == ("broken_sample", None, None, False)
    assert (row["chi_square"], row["sample_share"], row["planned_share"]) == (
        Decimal("15.384615"), Decimal("0.519231"), Decimal("0.5"),
    )  # fmt: skip
    assert states(5000, 5300)["state"] == "decided"
    # A platform that splits by its own lights may be off by 10 percent of the share: 45 to 55.
    assert states(5000, 6100, kind="creative")["state"] == "decided"
    assert states(5000, 6200, kind="creative")["state"] == "broken_sample"
    # A plan of one to three.
    found = judge(
        [variant("a", planned_sample=1000), variant("b", planned_sample=3000)],
        counted("x_a", [1000], [100]) + counted("x_b", [3000], [600]),
    )
    assert found["x", "b"]["state"] == "decided" and found["x", "b"]["planned_share"] == Decimal("0.75")


def test_creatives_are_split_by_what_was_shown(judge: Judge) -> None:
    def shown(member: str, amount: int) -> dict[str, Any]:
        return {
            "date": START,
            "measure": "impressions_paid",
            "dimension": "ad",
            "member": member,
            "value": Decimal(amount),
        }

    variants = [variant("a", kind="creative"), variant("b", kind="creative")]
    measures = counted("x_a", [5000], [500]) + counted("x_b", [8000], [1600])
    assert judge(variants, measures)["x", "b"]["state"] == "broken_sample"
    # The better creative brought more visits: that is its merit, since both were shown as often.
    assert judge(variants, [*measures, shown("x_a", 100_000), shown("x_b", 100_200)])["x", "b"]["state"] == "decided"


def test_only_days_on_which_all_variants_run(judge: Judge) -> None:
    found = judge(
        [variant("a", ended_at="2026-10-06 08:00"), variant("b", started_at="2026-10-03 08:00")],
        counted("x_a", [500] * 9, [10] * 9) + counted("x_b", [500] * 9, [10] * 9),
    )
    assert {(row["denominator"], row["started_date"], row["ended_date"]) for row in found.values()} == {
        (2000, date(2026, 10, 3), date(2026, 10, 6))
    }


def test_the_winner_of_three_beats_both_others(judge: Judge) -> None:
    def experiment(rates: Mapping[str, int]) -> dict[tuple[str, str], dict[str, Any]]:
        return judge(
            [variant(name) for name in rates],
            [row for name, rate in rates.items() for row in counted(f"x_{name}", [1000] * 10, [rate] * 10)],
        )

    assert experiment({"a": 20, "b": 40, "c": 38})["x", "b"]["state"] == "no_difference"
    found = experiment({"a": 20, "b": 60, "c": 30})
    assert (found["x", "b"]["is_winner"], found["x", "c"]["winner"]) == (True, "b")
    # Three pairs share the allowed error.
    days = found["x", "b"]["denominator"] / 1000
    width = 100 * half_width([(60 * int(days), 1000 * int(days)), (20 * int(days), 1000 * int(days))], 5000, 0.05 / 3)
    assert float(found["x", "b"]["difference_lower"]) == pytest.approx(4 - width, abs=1e-6)


def test_a_cost_by_ad_or_campaign(judge: Judge) -> None:
    def bought(dimension_of_ads: str, dimension: str, member: str, spend: int, clicks: int, conversions: int) -> Rows:
        return [
            {"date": START, "measure": "ad_spend", "dimension": dimension_of_ads, "member": member, "value": Decimal(spend)},
            {"date": START, "measure": "ad_link_clicks", "dimension": dimension_of_ads, "member": member, "value": Decimal(clicks)},
            {"date": START, "measure": "conversions_paid_social", "dimension": dimension, "member": member, "value": Decimal(conversions)},
        ]  # fmt: skip

    told = {"utm_content": None, "metric": "CPA", "kind": "audience", "planned_sample": 2000}
    found = judge(
        [variant("a", "ads", ad="Film A", **told), variant("b", "ads", ad="Film B", **told),
         variant("a", "campaigns", campaign="autumn_a", **told), variant("b", "campaigns", campaign="autumn_b", **told)],
        bought("ad", "creative", "Film A", 40_000, 2000, 100) + bought("ad", "creative", "film b", 40_000, 2000, 200)
        + bought("campaign", "campaign", "autumn_a", 40_000, 2000, 100) + bought("campaign", "campaign", "autumn_b", 40_000, 2000, 120),
    )  # fmt: skip
    row = found["ads", "b"]
    assert (row["numerator"], row["denominator"], row["value"], row["unit"], row["currency"]) == (
        40_000,
        200,
        200,
        "money",
        "NOK",
    )
    assert (row["state"], row["is_winner"], row["difference"], row["told_by"]) == ("decided", True, -200, "name")
    assert row["lower"] < 200 < row["upper"] < found["ads", "a"]["value"]
    assert row["difference_lower"] is None
    assert (found["campaigns", "b"]["state"], found["campaigns", "b"]["told_by"]) == ("no_difference", "campaign")


def test_fewer_bounces_win(judge: Judge) -> None:
    measures = counted("x_a", [5000], [500]) + counted("x_b", [5000], [1000])
    measures = [{**row, "measure": row["measure"].replace("converted", "bounced")} for row in measures]
    found = judge([variant("a", metric="bounce_rate"), variant("b", metric="bounce_rate")], measures)
    assert (found["x", "a"]["is_winner"], found["x", "b"]["difference"]) == (True, 10)


def test_looking_every_day_does_not_find_what_is_not_there(judge: Judge) -> None:
    """Two hundred experiments without any difference, looked at on 28 days, twice the planned time: at most one in twenty is decided.

    A test that is read every day at 1.96 standard errors calls every fourth of them (benchmarks/experiments.py has the long run).
    """
    draw = random.Random(20261116)
    experiments: Rows = []
    measures: Rows = []
    naive = 0
    for number in range(200):
        name = f"e{number}"
        experiments += [variant(one, name, planned_sample=3000) for one in "ab"]
        first = [sum(draw.random() < 0.5 for _ in range(440)) for _ in range(28)]
        visits = {"a": first, "b": [440 - count for count in first]}
        conversions = {one: [sum(draw.random() < 0.05 for _ in range(count)) for count in visits[one]] for one in "ab"}
        for one in "ab":
            measures += counted(f"{name}_{one}", visits[one], conversions[one])
        crossed = False
        for day in range(1, 29):
            (xa, na), (xb, nb) = ((sum(conversions[one][:day]), sum(visits[one][:day])) for one in "ab")
            pooled = (xa + xb) / (na + nb)
            error = sqrt(pooled * (1 - pooled) * (1 / na + 1 / nb))
            crossed = crossed or abs(xa / na - xb / nb) > 1.96 * error
        naive += crossed
    found = judge(experiments, measures)
    decided = {key[0] for key, row in found.items() if row["state"] == "decided"}
    broken = {key[0] for key, row in found.items() if row["state"] == "broken_sample"}
    assert len(decided) <= 10, sorted(decided)
    assert len(broken) <= 4
    assert naive >= 40
    assert START + timedelta(days=28) < RUN_DATE


@pytest.mark.parametrize(
    ("given", "creative"),
    [
        ({"ad": "Film A"}, "film a"),
        ({"utm_content": "6001"}, "film a"),
        ({"utm_content": "hook-a"}, "film a"),
        ({"utm_content": "FILM_A"}, "film a"),
        ({"utm_content": "film-b"}, "film-b"),  # of two ads
        ({"utm_content": "clip 9"}, "clip 9"),  # of none
    ],
)
def test_a_variant_is_found_by_the_ad_that_its_name_means(
    run_model: RunModel, own_rules: Any, given: dict[str, str], creative: str
) -> None:
    ads = [
        {"platform": "meta", "account_key": "a", "entity_key": chr(31).join(["c", "g", key]), "campaign": "winter", "ad": name,
         "date": START, "spend_reporting": 100}
        for name, key in (("Film A", "6001"), ("Film B", "6002"), ("film_b", "6003"))
    ]  # fmt: skip
    measures = [
        {"date": START, "measure": measure, "dimension": dimension, "member": member, "value": Decimal(value)}
        for member, clicks in ((creative, 300), ("other", 100))
        for measure, dimension, value in (
            ("conversions_paid_social", "creative", clicks // 10), ("ad_spend", "ad", 1000), ("ad_link_clicks", "ad", clicks),
        )
    ]  # fmt: skip
    more = {"metric": "cpa", "kind": "offer", "utm_content": None}
    rows = run_model(
        "kpi.experiments",
        {
            "raw.experiments": [variant("a", **{**more, **given}), variant("b", **{**more, "utm_content": "other"})],
            "kpi.int_measures_daily": measures,
            "core.fct_ads_daily": ads,
        },
        home=own_rules("ad_names: {Hook-A: Film A}"),
    )
    found = {row["variant"]: (row["numerator"], row["denominator"]) for row in rows}
    assert sorted(found.values()) == [(1000, 10), (1000, 30)]
    assert found["a"] == (1000, 30)
