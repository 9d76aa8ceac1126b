/*
description: "One row a period and source that ever delivered anything: whether it has delivered any of the period, and all that it owes for it. An account that fell silent more than five weeks before is taken to have ended, and one that began within the period owes the days since. A table of its own, since an account's first and last day reach periods far from the day that was delivered."
grain: [source, period, period_start_date]
materialise: table
owner: data-engineering
columns:
  source: {unit: text, description: "A source of kpis.yml."}
  period: {unit: text, description: "day, week or month."}
  period_start_date: {unit: date, description: "First day; weeks start on Monday."}
  has_data: {unit: flag, description: Whether any day of the period is delivered.}
  has_begun: {unit: flag, description: Whether any day up to the period's end is delivered.}
  is_complete: {unit: flag, description: Whether every account of the source has delivered every day that it owes; not where none was there.}
*/
with

periods as (
    select * from kpi.int_periods
),

delivered_days as (
    select * from kpi.int_delivered_days
),

period_days as (
    select
        period,
        period_start_date,
        cast(unnest(generate_series(period_start_date, period_end_date, interval 1 day)) as date) as date
    from periods
),

instances as (
    select
        source,
        instance,
        min(date) as first_date,
        max(date) as last_date,
        min(min(date)) over (partition by source) as source_first_date
    from delivered_days
    group by source, instance
),

delivered_in_period as (
    select
        delivered_days.source,
        delivered_days.instance,
        period_days.period,
        period_days.period_start_date,
        count(*) as days
    from delivered_days
    inner join period_days on period_days.date = delivered_days.date
    group by delivered_days.source, delivered_days.instance, period_days.period, period_days.period_start_date
),

owed as (
    select
        periods.period,
        periods.period_start_date,
        instances.source,
        coalesce(delivered_in_period.days, 0) as days,
        date_diff(
            'day',
            case
                when instances.source_first_date < periods.period_start_date
                    then greatest(instances.first_date, periods.period_start_date)
                else periods.period_start_date
            end,
            periods.period_end_date
        ) + 1 as days_owed
    from periods
    inner join instances
        on
            instances.first_date <= periods.period_end_date
            and instances.last_date >= periods.period_start_date - interval 35 day
    left join delivered_in_period
        on
            delivered_in_period.source = instances.source
            and delivered_in_period.instance = instances.instance
            and delivered_in_period.period = periods.period
            and delivered_in_period.period_start_date = periods.period_start_date
),

sources as (
    select distinct source, source_first_date
    from instances
)

select
    sources.source,
    periods.period,
    periods.period_start_date,
    coalesce(sum(owed.days), 0) > 0 as has_data,
    sources.source_first_date <= periods.period_end_date as has_begun,
    coalesce(bool_and(owed.days >= owed.days_owed), false) as is_complete
from sources
cross join periods
left join owed
    on
        owed.source = sources.source
        and owed.period = periods.period
        and owed.period_start_date = periods.period_start_date
group by sources.source, sources.source_first_date, periods.period, periods.period_start_date, periods.period_end_date
