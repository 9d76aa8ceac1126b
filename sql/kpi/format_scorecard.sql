/*
description: >-
  One row a week, a way of spreading and a class of format: what the assets of the window did, organic and paid apart and together. The
  format all is the whole.
grain: [week_start_date, distribution, format_class]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the last week of the window.}
  distribution: {unit: text, description: "organic, paid, or all for both together."}
  format_class: {unit: text, description: "short, long, video, carousel, image and so on, (none) without one, all for the whole."}
  assets: {unit: count, sum: never, description: Assets.}
  reached: {unit: count, sum: never, description: "Accounts reached, impressions where no reach is known, plays where neither is; the same person counts again at the next asset."}
  reached_per_asset: {unit: number, sum: never, description: Reached per asset that knows it.}
  interactions: {unit: count, sum: never, description: Interactions of the posts of which it is known how many they reached.}
  engagement_rate: {unit: percent, description: "Interactions of a hundred reached, of the posts whose interactions are known."}
  link_clicks: {unit: count, sum: never, description: Clicks on links.}
  click_rate: {unit: percent, description: "Link clicks of a hundred impressions, of the posts whose clicks are known."}
  spend: {unit: money, sum: never, description: "Money spent on its ads, in the reporting currency."}
  share_of_reached: {unit: share, description: Its share of all reached of the same way.}
*/
with

assets as (
    select * from kpi.int_creative_assets
),

counted as (
    select
        week_start_date,
        distribution,
        case when grouping(coalesce(format_class, '(none)')) = 1 then 'all' else coalesce(format_class, '(none)') end as format_class,
        count(*) as assets,
        count(reached) as assets_reached,
        sum(reached) as reached,
        sum(interactions) as interactions,
        sum(interactions_base) as interactions_base,
        sum(link_clicks) as link_clicks,
        sum(link_clicks_base) as link_clicks_base,
        sum(spend) as spend
    from assets
    group by grouping sets (
        (week_start_date, distribution),
        (week_start_date, distribution, coalesce(format_class, '(none)'))
    )
)

select
    week_start_date,
    distribution,
    format_class,
    assets,
    cast(reached as bigint) as reached,
    cast(round(cast(reached as double) / nullif(assets_reached, 0), 6) as decimal(18, 6)) as reached_per_asset,
    cast(interactions as bigint) as interactions,
    cast(round(100 * cast(interactions as double) / nullif(interactions_base, 0), 6) as decimal(18, 6)) as engagement_rate,
    cast(link_clicks as bigint) as link_clicks,
    cast(round(100 * cast(link_clicks as double) / nullif(link_clicks_base, 0), 6) as decimal(18, 6)) as click_rate,
    spend,
    cast(round(
        cast(reached as double)
        / nullif(max(case when format_class = 'all' then reached end) over (partition by week_start_date, distribution), 0),
        6
    ) as decimal(9, 6)) as share_of_reached
from counted
