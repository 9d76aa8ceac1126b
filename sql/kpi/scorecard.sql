/*
description: >-
  One row a plan, KPI and week from the plan's first week on. Expected is the straight line from baseline to target on the week's last day;
  without a baseline it is the target. Money is converted into the plan's currency at the rate of the week's last day. A KPI that is counted
  by the month adds up four weeks (weeks_summed).
grain: [plan, kpi, week_start_date]
materialise: table
owner: data-engineering
columns:
  plan: {unit: id, description: The plan's name.}
  plan_day: {unit: number, sum: never, description: "Day of the plan on which the week ends, 1 on its first day; larger than the plan's days after its end."}
  kpi: {unit: id, description: The KPI's name in kpi.kpi_catalogue.}
  week_start_date: {unit: date, description: Monday of the week.}
  value: {unit: number, sum: never, description: "The KPI in its unit, money in the plan's currency."}
  previous_value: {unit: number, sum: never, description: "The same a week before, NULL where that week has none."}
  change: {unit: number, sum: never, description: Value less previous value.}
  baseline: {unit: number, sum: never, description: "Where the KPI stood before the plan, as the plan says or as measured; NULL where neither is known."}
  is_baseline_measured: {unit: flag, description: Whether the plan leaves the baseline to be measured from the days before it.}
  baseline_days_known: {unit: count, sum: never, description: "Of a measured baseline, the days that every source of the KPI had delivered; NULL elsewhere."}
  target: {unit: number, sum: never, description: Where it should be at the plan's end.}
  expected: {unit: number, sum: never, description: Where the plan should be on that day.}
  progress: {unit: share, description: "Share of the way from baseline to target, below 0 when it got worse, above 1 beyond the target; NULL without a baseline, and where a measured one is at the target already."}
  status: {unit: text, description: "met: at the target or better; on_track: at the expected value or better; behind: worse; no_data: no value."}
  weeks_worse: {unit: count, sum: never, description: "Weeks in a row, this one included, in which it got worse than the week before; incomplete weeks are not compared."}
  owner: {unit: text, description: Who decides on it in this plan.}
  cadence: {unit: text, description: How often the owner decides.}
  unit: {unit: text, description: Unit of the value.}
  currency: {unit: text, description: "Currency of the value, NULL where it is no money."}
  better: {unit: text, description: Whether up or down is better.}
  weeks_summed: {unit: count, sum: never, description: Number of weeks that the value covers.}
  is_complete: {unit: flag, description: Whether every source has delivered every day of the weeks covered.}
  is_estimated: {unit: flag, description: Whether part of the value was placed or estimated rather than observed.}
  null_reason: {unit: text, description: "Why there is no value; NULL where there is one."}
*/
with

kpi_values as (
    select * from kpi.kpi_values
),

kpis as (
    select * from config.kpis
),

plans as (
    select * from config.plans
),

targets as (
    select * from config.plan_targets
),

baselines as (
    select * from kpi.int_plan_baselines
),

rates as (
    select * from core.int_rates_daily
),

settings as (
    select * from config.settings
),

weeks as (
    select
        kpi_values.kpi,
        kpi_values.period_start_date as week_start_date,
        cast(kpi_values.period_start_date + interval 6 day as date) as week_end_date,
        kpi_values.numerator,
        kpi_values.value,
        kpi_values.is_complete,
        kpi_values.is_estimated,
        kpi_values.null_reason,
        sum(kpi_values.numerator) over four_weeks as four_weeks_numerator,
        bool_and(kpi_values.is_complete) over four_weeks and count(*) over four_weeks = 4 as four_weeks_complete,
        bool_or(kpi_values.is_estimated) over four_weeks as four_weeks_estimated
    from kpi_values
    where kpi_values.period = 'week' and kpi_values.dimension = 'all'
    window four_weeks as (
        partition by kpi_values.kpi
        order by kpi_values.period_start_date
        range between interval 21 day preceding and current row
    )
),

plan_weeks as (
    select
        plans.plan,
        plans.start_date,
        plans.days as plan_days,
        plans.currency as plan_currency,
        kpis.kpi,
        kpis.unit,
        kpis.better,
        kpis.scorecard_weeks,
        weeks.week_start_date,
        weeks.week_end_date,
        weeks.null_reason as week_null_reason,
        case
            when kpis.scorecard_weeks = 4 then
                cast(weeks.four_weeks_numerator as double) * kpis.scale_numerator / kpis.scale_denominator
            else cast(weeks.value as double)
        end as reporting_value,
        case when kpis.scorecard_weeks = 4 then weeks.four_weeks_complete else weeks.is_complete end as is_complete,
        case when kpis.scorecard_weeks = 4 then weeks.four_weeks_estimated else weeks.is_estimated end as is_estimated,
        coalesce(targets.baseline, baselines.baseline) as baseline,
        targets.is_baseline_measured,
        baselines.days_known as baseline_days_known,
        targets.target,
        targets.owner,
        targets.cadence
    from targets
    inner join plans on plans.plan = targets.plan
    inner join kpis on kpis.kpi = targets.kpi
    inner join weeks on weeks.kpi = targets.kpi
    left join baselines on baselines.plan = targets.plan and baselines.kpi = targets.kpi
),

-- Every plan has its own currency, so the same week may have two values.
converted as (
    select
        plan_weeks.* exclude (plan_currency, reporting_value, week_null_reason),
        case when plan_weeks.unit = 'money' then plan_weeks.plan_currency end as currency,
        cast(round(
            case
                when plan_weeks.unit = 'money' and plan_weeks.plan_currency <> settings.currency
                    then
                        plan_weeks.reporting_value * cast(rates.units_currency as double)
                        / nullif(cast(rates.units_reporting as double), 0)
                else plan_weeks.reporting_value
            end, 6
        ) as decimal(18, 6)) as value,
        case
            when plan_weeks.reporting_value is null then plan_weeks.week_null_reason
            when plan_weeks.unit = 'money' and plan_weeks.plan_currency <> settings.currency and rates.currency is null
                then concat('no rate for ', plan_weeks.plan_currency)
        end as null_reason
    from plan_weeks
    cross join settings
    left join rates on rates.currency = plan_weeks.plan_currency and rates.date = plan_weeks.week_end_date
),

compared as (
    select
        this_week.*,
        week_before.value as previous_value,
        coalesce(
            this_week.is_complete
            and week_before.is_complete
            and (
                (this_week.better = 'up' and this_week.value < week_before.value)
                or (this_week.better = 'down' and this_week.value > week_before.value)
            ),
            false
        ) as is_worse
    from converted as this_week
    left join converted as week_before
        on
            week_before.plan = this_week.plan
            and week_before.kpi = this_week.kpi
            and week_before.week_start_date = cast(this_week.week_start_date - interval 7 day as date)
),

-- Weeks that got worse stand in runs; each run is told from the next by the weeks before it that did not.
runs as (
    select
        *,
        sum(case when is_worse then 0 else 1 end) over (
            partition by plan, kpi
            order by week_start_date
        ) as run
    from compared
),

counted as (
    select
        *,
        sum(case when is_worse then 1 else 0 end) over (
            partition by plan, kpi, run
            order by week_start_date
        ) as weeks_worse
    from runs
),

expected as (
    select
        *,
        date_diff('day', start_date, week_end_date) + 1 as plan_day,
        case
            when baseline is null then target
            when is_baseline_measured and ((better = 'up' and baseline >= target) or (better = 'down' and baseline <= target))
                then target
            else cast(round(
                cast(baseline as double)
                + cast(target - baseline as double)
                * least(greatest(date_diff('day', start_date, week_end_date) + 1, 0), plan_days) / plan_days,
                6
            ) as decimal(18, 6))
        end as expected
    from counted
    where week_end_date >= start_date
)

select
    plan,
    plan_day,
    kpi,
    week_start_date,
    value,
    previous_value,
    cast(value - previous_value as decimal(18, 6)) as change,
    baseline,
    is_baseline_measured,
    baseline_days_known,
    target,
    expected,
    case
        when
            not is_baseline_measured
            or (better = 'up' and baseline < target)
            or (better = 'down' and baseline > target)
            then try_cast(round(
                cast(value - baseline as double) / nullif(cast(target - baseline as double), 0), 6
            ) as decimal(18, 6))
    end as progress,
    case
        when value is null then 'no_data'
        when (better = 'up' and value >= target) or (better = 'down' and value <= target) then 'met'
        when (better = 'up' and value >= expected) or (better = 'down' and value <= expected) then 'on_track'
        else 'behind'
    end as status,
    cast(weeks_worse as bigint) as weeks_worse,
    owner,
    cadence,
    unit,
    currency,
    better,
    scorecard_weeks as weeks_summed,
    is_complete,
    is_estimated,
    null_reason
from expected
