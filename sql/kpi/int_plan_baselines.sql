/*
description: >-
  One row a plan's target whose baseline is to be measured: what the KPI was over the days before the plan's start, as kpi.kpi_values would
  have it for a period of those days. What is counted by the week or by four weeks is brought to that length.
grain: [plan, kpi]
materialise: view
owner: data-engineering
columns:
  plan: {unit: id, description: The plan.}
  kpi: {unit: id, description: The KPI.}
  baseline: {unit: number, sum: never, description: "The KPI in its unit, money in the plan's currency at the rate of the last of the days; NULL where it is not known."}
  days_known: {unit: count, sum: never, description: Days that every source of the KPI had delivered.}
*/
with

targets as (
    select * from config.plan_targets
    where is_baseline_measured
),

plans as (
    select * from config.plans
),

kpis as (
    select * from config.kpis
),

kpi_parts as (
    select * from config.kpi_parts
),

measures as (
    select * from config.measures
),

kpi_values as (
    select * from kpi.kpi_values
),

rates as (
    select * from core.int_rates_daily
),

settings as (
    select * from config.settings
),

stock_kpis as (
    select kpi_parts.kpi
    from kpi_parts
    inner join measures on measures.measure = kpi_parts.measure
    where kpi_parts.part = 'denominator'
    group by kpi_parts.kpi
    having bool_and(measures.kind = 'start')
),

days as (
    select
        targets.plan,
        targets.kpi,
        targets.baseline_days,
        kpi_values.period_start_date as date,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.is_complete
    from targets
    inner join plans on plans.plan = targets.plan
    inner join kpi_values on kpi_values.kpi = targets.kpi
    where
        kpi_values.period = 'day'
        and kpi_values.dimension = 'all'
        and date_diff('day', kpi_values.period_start_date, plans.start_date) between 1 and targets.baseline_days
),

-- A stock is that of the first day.
summed as (
    select
        days.plan,
        days.kpi,
        sum(days.numerator) as numerator,
        case
            when stock_kpis.kpi is not null
                then arg_min(days.denominator, days.date) filter (where days.denominator is not null)
            else sum(days.denominator)
        end as denominator,
        count(days.numerator) as days_counted,
        count(*) filter (where days.is_complete) as days_known
    from days
    left join stock_kpis on stock_kpis.kpi = days.kpi
    group by days.plan, days.kpi, stock_kpis.kpi
),

valued as (
    select
        targets.plan,
        targets.kpi,
        kpis.unit,
        plans.currency,
        cast(plans.start_date - interval 1 day as date) as last_date,
        coalesce(summed.days_known, 0) as days_known,
        cast(summed.numerator as double) * kpis.scale_numerator / kpis.scale_denominator
        * case
            when kpis.unit = 'count_per_week' then cast(7 as double) / summed.days_counted
            when kpis.unit in ('count_per_month', 'percent_per_month') then cast(30.4375 as double) / summed.days_counted
            when kpis.has_denominator then 1
            else cast(7 as double) * kpis.scorecard_weeks / summed.days_counted
        end
        / case when kpis.has_denominator then nullif(cast(summed.denominator as double), 0) else 1 end as value
    from targets
    inner join plans on plans.plan = targets.plan
    inner join kpis on kpis.kpi = targets.kpi
    left join summed on summed.plan = targets.plan and summed.kpi = targets.kpi
)

select
    valued.plan,
    valued.kpi,
    try_cast(round(
        case
            when valued.unit = 'money' and valued.currency <> settings.currency
                then valued.value * cast(rates.units_currency as double) / nullif(cast(rates.units_reporting as double), 0)
            else valued.value
        end, 6
    ) as decimal(18, 6)) as baseline,
    valued.days_known
from valued
cross join settings
left join rates on rates.currency = valued.currency and rates.date = valued.last_date
