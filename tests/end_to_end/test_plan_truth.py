"""The two shipped plans on the simulated brand: every KPI of the scorecard is what the brand's own numbers say, week by week."""

from decimal import Decimal

import pytest

from tests.end_to_end.conftest import Night

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("night")]
# Rounding to four places of a krone a day, or to six of a share a post: far below what is counted.
SIDES = "abs(found.numerator - known.numerator) > 0.5 or abs(coalesce(found.denominator, 0) - coalesce(known.denominator, 0)) > 0.5"
KNOWN = (
    "select kpi, cast(week_start_date as date) as week_start_date, cast(numerator as double) as numerator, "
    "cast(denominator as double) as denominator from read_csv('{truth}/plan_kpis.csv', all_varchar = true)"
)


def test_both_sides_of_every_planned_kpi(night: Night) -> None:
    exact = "('video_completion_rate', 'cpl_paid', 'cpa', 'roas', 'organic_engagement_rate')"
    rows = night.rows(
        f"with known as ({KNOWN}), found as (select kpi, period_start_date as week_start_date, cast(numerator as double) as numerator, "
        "cast(denominator as double) as denominator from kpi.kpi_values where period = 'week' and dimension = 'all' "
        "and kpi in (select kpi from known) and coalesce(numerator, denominator) is not null) "
        "select coalesce(known.kpi, found.kpi), coalesce(known.week_start_date, found.week_start_date), found.numerator, known.numerator, "
        "found.denominator, known.denominator from known full join found on found.kpi = known.kpi "
        "and found.week_start_date = known.week_start_date where known.kpi is null or found.kpi is null "
        f"or case when known.kpi in {exact} then {SIDES} else found.numerator <> known.numerator "
        "or found.denominator is distinct from known.denominator end order by all"
    )
    assert [row for row in rows if (row[2] or row[3] or row[4] or row[5])] == []


def test_every_value_of_both_scorecards(night: Night) -> None:
    """From the known sides to the value, by the formulas of the catalogue written again."""
    rows = night.rows(
        f"with known as ({KNOWN}), rates as (select cast(date as date) as date, nok_per_unit from read_csv('{{truth}}/exchange_rates.csv') "
        "where currency = 'SEK'), told as (select known.*, sum(numerator) over (partition by kpi order by week_start_date "
        "range between interval 21 day preceding and current row) as four_weeks from known) "
        "select scorecard.plan, scorecard.kpi, scorecard.week_start_date, scorecard.value, case "
        "when scorecard.kpi in ('policy_flags', 'creator_collaborations') then four_weeks "
        "when scorecard.kpi = 'profile_visits' then numerator "
        "when scorecard.kpi = 'leads_social' then numerator * 30.4375 / 7 "
        "when scorecard.kpi = 'follower_growth_net' then 100 * numerator / denominator * 30.4375 / 7 "
        "when scorecard.kpi like '%per_1000%' then 1000 * numerator / nullif(denominator, 0) "
        "when scorecard.kpi in ('cpl_paid', 'cpa', 'roas') then numerator / nullif(denominator, 0) "
        "/ case when scorecard.currency = 'SEK' then nok_per_unit else 1 end "
        "else 100 * numerator / nullif(denominator, 0) end as expected "
        "from kpi.scorecard as scorecard inner join told using (kpi, week_start_date) "
        "left join rates on rates.date = cast(scorecard.week_start_date + interval 6 day as date)"
    )
    seen = {(plan, kpi) for plan, kpi, *_ in rows}
    planned = set(night.rows("select distinct plan, kpi from kpi.scorecard"))
    assert seen == planned and len(planned) == 20
    wrong = [
        row for row in rows
        if (row[3] is None) != (row[4] is None)
        or (row[3] is not None and abs(row[3] - Decimal(str(row[4]))) > Decimal("0.001") + abs(row[3]) / 10_000)
    ]  # fmt: skip
    assert wrong == []
    assert len([row for row in rows if row[3] is not None]) > 200
