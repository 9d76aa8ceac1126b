/*
description: >-
  What the top assets share: one row a week, a way of spreading, a property (hook, format, series) and one of its values, with how often it
  is among the top assets and among the rest. is_shared says whether the difference is more than chance (Newcombe's interval).
grain: [week_start_date, distribution, property, member]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the last week of the window.}
  distribution: {unit: text, description: "organic, paid, or all for both together."}
  property: {unit: text, description: "hook, format or series."}
  member: {unit: text, description: "Its value, (none) where an asset has none."}
  top_assets: {unit: count, sum: never, description: Top assets that have it.}
  top_assets_in_all: {unit: count, sum: never, description: Top assets.}
  other_assets: {unit: count, sum: never, description: Other ranked assets that have it.}
  other_assets_in_all: {unit: count, sum: never, description: Other ranked assets.}
  top_share: {unit: share, description: Share of the top assets that have it.}
  other_share: {unit: share, description: Share of the others that have it.}
  difference: {unit: share, description: Top share less other share.}
  lower_bound: {unit: share, description: Lower end of the difference's interval.}
  is_shared: {unit: flag, description: "Whether the top assets have it more often, beyond chance."}
*/
with

scorecard as (
    select * from kpi.creative_scorecard
),

creative as (
    select * from config.creative
),

properties as (
    select week_start_date, distribution, 'hook' as property, coalesce(hook, '(none)') as member, is_top
    from scorecard
    where verdict <> 'not_enough_data'
    union all
    select week_start_date, distribution, 'format' as property, coalesce(format_class, format, '(none)') as member, is_top
    from scorecard
    where verdict <> 'not_enough_data'
    union all
    select week_start_date, distribution, 'series' as property, coalesce(series, '(none)') as member, is_top
    from scorecard
    where verdict <> 'not_enough_data'
),

counted as (
    select
        week_start_date,
        distribution,
        property,
        member,
        count(*) filter (where is_top) as top_assets,
        count(*) filter (where not is_top) as other_assets
    from properties
    group by week_start_date, distribution, property, member
),

shares as (
    select
        counted.*,
        cast(sum(counted.top_assets) over everything as bigint) as top_assets_in_all,
        cast(sum(counted.other_assets) over everything as bigint) as other_assets_in_all
    from counted
    window everything as (partition by counted.week_start_date, counted.distribution, counted.property)
),

doubles as (
    select
        shares.*,
        cast(shares.top_assets as double) / nullif(shares.top_assets_in_all, 0) as top,
        cast(shares.other_assets as double) / nullif(shares.other_assets_in_all, 0) as others,
        cast(nullif(shares.top_assets_in_all, 0) as double) as top_n,
        cast(nullif(shares.other_assets_in_all, 0) as double) as others_n,
        creative.standard_errors as z
    from shares
    cross join creative
),

-- Newcombe (1998), method 10: from the Wilson intervals of both shares.
ends as (
    select
        *,
        (top + z * z / (2 * top_n) - z * sqrt(top * (1 - top) / top_n + z * z / (4 * top_n * top_n))) / (1 + z * z / top_n) as top_low,
        (others + z * z / (2 * others_n) + z * sqrt(others * (1 - others) / others_n + z * z / (4 * others_n * others_n)))
        / (1 + z * z / others_n) as others_high
    from doubles
),

bounded as (
    select
        *,
        cast(round(
            top - others - sqrt((top - top_low) * (top - top_low) + (others_high - others) * (others_high - others)), 6
        ) as decimal(9, 6)) as lower_bound
    from ends
)

select
    week_start_date,
    distribution,
    property,
    member,
    top_assets,
    top_assets_in_all,
    other_assets,
    other_assets_in_all,
    cast(round(top, 6) as decimal(9, 6)) as top_share,
    cast(round(others, 6) as decimal(9, 6)) as other_share,
    cast(round(top - others, 6) as decimal(9, 6)) as difference,
    lower_bound,
    coalesce(lower_bound > 0 and member <> '(none)', false) as is_shared
from bounded
