/*
description: >-
  One row a week, an asset that was published (or shown as an ad) in the window up to it, and the way it was spread: organic, paid, or all
  for both together. Figures are the sums that the goals' measures are made of; a ratio's two sides are of the same posts.
grain: [week_start_date, asset, distribution]
materialise: view
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the week.}
  asset: {unit: id, description: "The item of the content calendar, else platform and post or ad."}
  distribution: {unit: text, description: "organic, paid or all."}
  asset_id: {unit: id, description: The item of the content calendar.}
  platform: {unit: text, description: "The platform, several where it was spread on more than one."}
  account: {unit: text, description: "The account, several where it was spread on more than one."}
  series: {unit: text, description: Its series.}
  format: {unit: text, description: Its format.}
  format_class: {unit: text, description: Class of the format.}
  hook: {unit: text, description: Its opening.}
  goal: {unit: text, description: What it is judged by.}
  goal_from: {unit: text, description: "calendar or default."}
  published_date: {unit: date, description: "First day of publishing, of an ad of being shown in the window."}
  is_settled: {unit: flag, description: Whether it was out for as many days as it needs to be ranked.}
  posts: {unit: count, sum: never, description: Posts and ad weeks behind it.}
  reached: {unit: count, sum: never, description: "Accounts reached, impressions where no reach is known, plays where neither is."}
  interactions: {unit: count, sum: never, description: Interactions of the posts of which it is known how many they reached.}
  interactions_base: {unit: count, sum: never, description: "Accounts reached (else impressions, else plays) of the posts whose interactions are known."}
  link_clicks: {unit: count, sum: never, description: Clicks on the links of the posts of which it is known how often they were shown.}
  link_clicks_base: {unit: count, sum: never, description: "Impressions (else reach, else views) of the posts whose clicks are known."}
  shown: {unit: count, sum: never, description: "Impressions, else reach, else views."}
  visits: {unit: number, sum: never, description: "Social visits by its utm_content or ad in the window; NULL where organic and paid share the tag and only one of them is looked at."}
  converted: {unit: number, sum: never, description: Those of the visits with a conversion.}
  spend: {unit: money, sum: never, description: Money spent.}
*/
with

posts as (
    select * from kpi.int_creative_posts
),

periods as (
    select * from kpi.int_periods
),

kpi_values as (
    select * from kpi.kpi_values
),

creative as (
    select * from config.creative
),

kpi_dimensions as (
    select * from config.kpi_dimensions
),

format_goals as (
    select * from config.format_goals
),

series_goals as (
    select * from config.creative_series
),

windows as (
    select
        periods.period_start_date as week_start_date,
        cast(periods.period_start_date - interval 7 day * (creative.window_weeks - 1) as date) as first_week_start_date,
        periods.period_end_date as week_end_date
    from periods
    cross join creative
    where periods.period = 'week'
),

in_window as (
    select
        windows.week_start_date,
        windows.week_end_date,
        posts.* exclude (week_start_date),
        coalesce(posts.reach, posts.impressions, posts.views) as reached,
        coalesce(posts.impressions, posts.reach, posts.views) as shown
    from posts
    inner join windows
        on posts.week_start_date between windows.first_week_start_date and windows.week_start_date
),

ways as (
    select in_window.*, in_window.distribution as way
    from in_window
    union all
    select in_window.*, 'all' as way
    from in_window
),

assets as (
    select
        week_start_date,
        asset,
        way as distribution,
        min(asset_id) as asset_id,
        case when count(distinct platform) = 1 then min(platform) else 'several' end as platform,
        case when count(distinct concat(platform, ': ', account)) = 1 then min(account) else 'several' end as account,
        min(series) as series,
        min(format) as format,
        min(format_class) as format_class,
        min(hook) as hook,
        min(goal) as calendar_goal,
        bool_or(distribution = 'organic') as is_organic,
        min(published_date) as published_date,
        max(week_end_date) as week_end_date,
        sum(posts) as posts,
        sum(reached) as reached,
        sum(case when reached is not null then interactions end) as interactions,
        sum(case when interactions is not null then reached end) as interactions_base,
        sum(case when shown is not null then link_clicks end) as link_clicks,
        sum(case when link_clicks is not null then shown end) as link_clicks_base,
        sum(shown) as shown,
        sum(spend) as spend
    from ways
    group by week_start_date, asset, way
),

-- A home's own kpis.yml may know no creatives.
visits_by as (
    select max(dimension) as dimension
    from kpi_dimensions
    where kpi = 'landing_page_cvr' and dimension in ('content', 'creative')
),

creative_visits as (
    select
        windows.week_start_date,
        lower(kpi_values.member) as utm_content,
        sum(kpi_values.denominator) as visits,
        sum(kpi_values.numerator) as converted
    from kpi_values
    inner join windows
        on kpi_values.period_start_date between windows.first_week_start_date and windows.week_start_date
    inner join visits_by on visits_by.dimension = kpi_values.dimension
    where kpi_values.kpi = 'landing_page_cvr' and kpi_values.period = 'week'
    group by windows.week_start_date, lower(kpi_values.member)
),

-- A tag on the post and on the ad: its visits are those of both.
names as (
    select
        week_start_date,
        asset,
        utm_content,
        bool_or(distribution = 'organic') as is_organic,
        bool_or(distribution = 'paid') as is_paid
    from in_window
    where utm_content is not null
    group by week_start_date, asset, utm_content
),

visits_by_way as (
    select
        names.week_start_date,
        names.asset,
        ways.distribution,
        sum(creative_visits.visits) as visits,
        sum(creative_visits.converted) as converted
    from names
    cross join (select distinct distribution from assets) as ways
    inner join creative_visits
        on creative_visits.week_start_date = names.week_start_date and creative_visits.utm_content = names.utm_content
    where case ways.distribution when 'organic' then names.is_organic when 'paid' then names.is_paid else true end
    group by names.week_start_date, names.asset, ways.distribution
),

shared as (
    select week_start_date, asset, bool_or(is_organic and is_paid) as is_shared
    from names
    group by week_start_date, asset
)

select
    assets.week_start_date,
    assets.asset,
    assets.distribution,
    assets.asset_id,
    assets.platform,
    assets.account,
    assets.series,
    assets.format,
    assets.format_class,
    assets.hook,
    coalesce(
        assets.calendar_goal,
        series_goals.goal,
        case when assets.is_organic then format_goals.goal else creative.paid_goal end,
        creative.other_goal
    ) as goal,
    case when assets.calendar_goal is not null then 'calendar' else 'default' end as goal_from,
    assets.published_date,
    date_diff('day', assets.published_date, assets.week_end_date) >= creative.settle_days as is_settled,
    cast(assets.posts as bigint) as posts,
    cast(assets.reached as bigint) as reached,
    cast(assets.interactions as bigint) as interactions,
    cast(assets.interactions_base as bigint) as interactions_base,
    cast(assets.link_clicks as bigint) as link_clicks,
    cast(assets.link_clicks_base as bigint) as link_clicks_base,
    cast(assets.shown as bigint) as shown,
    case when not coalesce(shared.is_shared, false) or assets.distribution = 'all' then visits.visits end as visits,
    case when not coalesce(shared.is_shared, false) or assets.distribution = 'all' then visits.converted end as converted,
    assets.spend
from assets
cross join creative
left join shared on shared.week_start_date = assets.week_start_date and shared.asset = assets.asset
left join visits_by_way as visits
    on
        visits.week_start_date = assets.week_start_date
        and visits.asset = assets.asset
        and visits.distribution = assets.distribution
left join format_goals on format_goals.format_class = assets.format_class
left join series_goals on series_goals.series = assets.series
