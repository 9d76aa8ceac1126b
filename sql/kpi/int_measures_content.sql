/*
description: "One row a measure of published posts, content items and costs, day, dimension and member."
grain: [date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: not_over_time, description: "The amount of the day, money in the reporting currency; stocks and unique counts must not be added up over days."}
*/
with

posts as (
    select * from core.fct_posts
),

counted_rows as (
    select * from kpi.counted_rows
    where source in ('content', 'costs')
),

measure_dimensions as (
    select * from config.measure_dimensions
),

published_posts as (
    select
        published_date as date,
        platform,
        concat(platform, ': ', account) as account,
        coalesce(series, '(none)') as series,
        coalesce(format, '(none)') as format,
        coalesce(hook, '(none)') as hook,
        interactions,
        cast(round(interactions / nullif(cast(coalesce(reach, impressions) as double), 0), 9) as decimal(28, 9)) as engagement_rate
    from posts
    where published_date is not null and not is_paid
),

-- Long on purpose: each row says what it adds to which measure.
amounts as (
    select date, 'posts_published' as measure, platform, account, series, format, hook, cast(1 as decimal(28, 9)) as amount
    from published_posts
    union all
    select date, 'post_engagement_rates', platform, account, series, format, hook, engagement_rate
    from published_posts
    where engagement_rate is not null
    union all
    select date, 'posts_with_engagement', platform, account, series, format, hook, 1
    from published_posts
    where engagement_rate is not null
    union all
    select date, 'interactions_of_posts', platform, account, series, format, hook, interactions
    from published_posts
    where interactions is not null
    union all
    select date, 'posts_with_interactions', platform, account, series, format, hook, 1
    from published_posts
    where interactions is not null
    union all
    select date, measure, platform, account, series, format, '(none)', amount
    from counted_rows
),

counted as (
    select
        date,
        measure,
        case
            when grouping(platform) = 0 then 'platform'
            when grouping(account) = 0 then 'account'
            when grouping(series) = 0 then 'series'
            when grouping(format) = 0 then 'format'
            when grouping(hook) = 0 then 'hook'
            else 'all'
        end as dimension,
        coalesce(platform, account, series, format, hook, 'all') as member,
        cast(sum(amount) as decimal(28, 9)) as value
    from amounts
    group by grouping sets (
        (date, measure),
        (date, measure, platform),
        (date, measure, account),
        (date, measure, series),
        (date, measure, format),
        (date, measure, hook)
    )
)

select
    counted.date,
    counted.measure,
    counted.dimension,
    counted.member,
    counted.value
from counted
inner join measure_dimensions
    on
        measure_dimensions.measure = counted.measure
        and measure_dimensions.dimension = counted.dimension
