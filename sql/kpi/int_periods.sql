/*
description: "One row a day, ISO week or month of which anything at all is known."
grain: [period, period_start_date]
materialise: table
owner: data-engineering
columns:
  period: {unit: text, description: "day, week or month."}
  period_start_date: {unit: date, description: "First day; weeks start on Monday."}
  period_end_date: {unit: date, description: Last day.}
  days: {unit: count, sum: never, description: Number of days.}
*/
with

delivered as (
    select * from kpi.int_delivered_days
),

measures_daily as (
    select * from kpi.int_measures_daily
),

days as (
    select date from delivered
    union
    select date from measures_daily
),

starts as (
    select 'day' as period, date as period_start_date
    from days
    union
    select 'week' as period, cast(date_trunc('week', date) as date) as period_start_date
    from days
    union
    select 'month' as period, cast(date_trunc('month', date) as date) as period_start_date
    from days
),

bounds as (
    select
        period,
        period_start_date,
        case period
            when 'day' then period_start_date
            when 'week' then cast(period_start_date + interval 6 day as date)
            else cast(period_start_date + interval 1 month - interval 1 day as date)
        end as period_end_date
    from starts
)

select
    period,
    period_start_date,
    period_end_date,
    date_diff('day', period_start_date, period_end_date) + 1 as days
from bounds
