/*
description: "One row a measure that only the rows of a whole period tell, such as a median, by day, ISO week and month, dimension and member. It is never made of smaller periods."
grain: [period, period_start_date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  period: {unit: text, description: "day, week or month."}
  period_start_date: {unit: date, description: "First day of the period; weeks start on Monday."}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: never, description: "The measure in that period."}
*/
with

messages as (
    select * from staging.stg_social__messages
),

items as (
    select * from staging.stg_content__items
),

customers as (
    select * from kpi.int_subscribers
),

measure_dimensions as (
    select * from config.measure_dimensions
),

-- Long on purpose: each row is one value of one measure.
dated as (
    select
        received_date as date,
        'response_minutes_median' as measure,
        answer_minutes as amount,
        platform,
        concat(platform, ': ', account) as account,
        '(none)' as series,
        '(none)' as format
    from messages
    where is_inbound and answer_minutes is not null
    union all
    select
        published_date,
        'brief_to_publish_days_median',
        cast(round(
            (cast(epoch(published_at) as bigint) - cast(epoch(briefed_at) as bigint)) / cast(86400 as double), 6
        ) as decimal(18, 6)),
        coalesce(platform, '(none)'),
        '(none)',
        coalesce(series, '(none)'),
        coalesce(format, '(none)')
    from items
    where published_at >= briefed_at
),

-- A median of the week is that of its messages, not of its days.
in_periods as (
    select 'day' as period, date as period_start_date, * from dated
    union all
    select 'week' as period, cast(date_trunc('week', date) as date) as period_start_date, * from dated
    union all
    select 'month' as period, cast(date_trunc('month', date) as date) as period_start_date, * from dated
),

medians as (
    select
        period,
        period_start_date,
        measure,
        case
            when grouping(platform) = 0 then 'platform'
            when grouping(account) = 0 then 'account'
            when grouping(series) = 0 then 'series'
            when grouping(format) = 0 then 'format'
            else 'all'
        end as dimension,
        coalesce(platform, account, series, format, 'all') as member,
        cast(round(median(cast(amount as double)), 6) as decimal(28, 9)) as value
    from in_periods
    group by grouping sets (
        (period, period_start_date, measure),
        (period, period_start_date, measure, platform),
        (period, period_start_date, measure, account),
        (period, period_start_date, measure, series),
        (period, period_start_date, measure, format)
    )
),

ends as (
    select 'day' as period, ended_date as period_start_date, ended_date as period_end_date, * from customers
    where ended_date is not null
    union all
    select
        'week' as period,
        cast(date_trunc('week', ended_date) as date) as period_start_date,
        cast(date_trunc('week', ended_date) + interval 6 day as date) as period_end_date,
        *
    from customers
    where ended_date is not null
    union all
    select
        'month' as period,
        cast(date_trunc('month', ended_date) as date) as period_start_date,
        cast(date_trunc('month', ended_date) + interval 1 month - interval 1 day as date) as period_end_date,
        *
    from customers
    where ended_date is not null
),

-- Lost are those of the period's start who are no customers at its end: neither who came and went within it nor who came back.
lost as (
    select distinct
        ends.period,
        ends.period_start_date,
        ends.customer_id
    from ends
    left join customers as again
        on
            again.customer_id = ends.customer_id
            and again.started_date > ends.started_date
            and again.started_date <= ends.period_end_date
            and (again.ended_date is null or again.ended_date > ends.period_end_date)
    where ends.started_date < ends.period_start_date and again.customer_id is null
),

measured as (
    select period, period_start_date, measure, dimension, member, value
    from medians
    union all
    select
        period,
        period_start_date,
        'customers_lost' as measure,
        'all' as dimension,
        'all' as member,
        cast(count(*) as decimal(28, 9)) as value
    from lost
    group by period, period_start_date
)

select
    measured.period,
    measured.period_start_date,
    measured.measure,
    measured.dimension,
    measured.member,
    measured.value
from measured
inner join measure_dimensions
    on
        measure_dimensions.measure = measured.measure
        and measure_dimensions.dimension = measured.dimension
