/*
description: >-
  One row an asset, the way it was spread and the week that its figures belong to: of a post its newest figures, in the week of
  publishing; of an ad the figures of the week. Ads belong to the item that they show (kpi.int_ad_items).
grain: [asset, distribution, platform, account, week_start_date]
materialise: view
owner: data-engineering
columns:
  asset: {unit: id, description: "The item of the content calendar, else platform and post or ad."}
  distribution: {unit: text, description: "organic or paid."}
  platform: {unit: text, description: The platform.}
  account: {unit: text, description: "The account, empty where no export names it."}
  week_start_date: {unit: date, description: Monday of the week.}
  asset_id: {unit: id, description: "The item of the content calendar, NULL where it is not in it."}
  series: {unit: text, description: Its series.}
  format: {unit: text, description: Its format as named by the calendar or the platform.}
  format_class: {unit: text, description: "Class of the format in creative.yml, NULL where it has none."}
  hook: {unit: text, description: Its opening.}
  goal: {unit: text, description: "Its goal by the calendar, NULL where that says none."}
  utm_content: {unit: text, description: "The ad or utm_content by which its visits are known (dimension creative), in lower case."}
  published_date: {unit: date, description: "Day of publishing, of an ad the first day of the week on which it was shown."}
  posts: {unit: count, sum: always, description: Posts or ads.}
  impressions: {unit: count, sum: always, description: Times shown.}
  reach: {unit: count, sum: never, description: Accounts reached.}
  views: {unit: count, sum: always, description: Plays.}
  interactions: {unit: count, sum: always, description: "Likes, comments, shares and saves."}
  link_clicks: {unit: count, sum: always, description: Clicks on the link.}
  spend: {unit: money, sum: always, description: "Money spent, in the reporting currency."}
*/
with

posts as (
    select * from core.fct_posts
),

ads_daily as (
    select * from core.fct_ads_daily
),

items as (
    select * from staging.stg_content__items
),

format_classes as (
    select * from config.format_classes
),

creative as (
    select * from config.creative
),

ad_items as (
    select * from kpi.int_ad_items
),

ads_weekly as (
    select
        platform,
        coalesce(account, account_key) as account,
        ad,
        cast(date_trunc('week', date) as date) as week_start_date,
        min(date) as published_date,
        sum(impressions) as impressions,
        sum(views) as views,
        sum(link_clicks) as link_clicks,
        sum(spend_reporting) as spend
    from ads_daily
    where ad is not null
    group by platform, coalesce(account, account_key), ad, cast(date_trunc('week', date) as date)
),

spread as (
    select
        coalesce(posts.asset_id, concat(posts.platform, ': ', posts.post_id)) as asset,
        'organic' as distribution,
        posts.platform,
        posts.account,
        cast(date_trunc('week', posts.published_date) as date) as week_start_date,
        posts.asset_id,
        lower(items.utm_content) as utm_content,
        posts.series,
        lower(posts.format) as format,
        posts.hook,
        items.goal,
        posts.duration_seconds,
        posts.published_date,
        posts.impressions,
        posts.reach,
        posts.views,
        posts.interactions,
        posts.link_clicks,
        cast(null as decimal(18, 4)) as spend
    from posts
    left join items on items.asset_id = posts.asset_id
    where not posts.is_paid and posts.published_date is not null
    union all
    select
        coalesce(items.asset_id, concat(ads_weekly.platform, ': ', ads_weekly.ad)) as asset,
        'paid' as distribution,
        ads_weekly.platform,
        ads_weekly.account,
        ads_weekly.week_start_date,
        items.asset_id,
        lower(trim(ads_weekly.ad)) as utm_content,
        items.series,
        items.format,
        items.hook,
        items.goal,
        cast(null as decimal(18, 3)) as duration_seconds,
        ads_weekly.published_date,
        ads_weekly.impressions,
        cast(null as bigint) as reach,
        ads_weekly.views,
        cast(null as bigint) as interactions,
        ads_weekly.link_clicks,
        ads_weekly.spend
    from ads_weekly
    left join ad_items on ad_items.ad = lower(trim(ads_weekly.ad))
    left join items on items.asset_id = ad_items.asset_id
)

select
    spread.asset,
    spread.distribution,
    spread.platform,
    spread.account,
    spread.week_start_date,
    min(spread.asset_id) as asset_id,
    min(spread.series) as series,
    min(spread.format) as format,
    min(
        case
            when format_classes.format_class <> 'video' or spread.duration_seconds is null then format_classes.format_class
            when spread.duration_seconds >= creative.long_video_seconds then 'long'
            else 'short'
        end
    ) as format_class,
    min(spread.hook) as hook,
    min(case when spread.goal in ('reach', 'engagement', 'traffic', 'conversion') then spread.goal end) as goal,
    min(spread.utm_content) as utm_content,
    min(spread.published_date) as published_date,
    count(*) as posts,
    sum(spread.impressions) as impressions,
    sum(spread.reach) as reach,
    sum(spread.views) as views,
    sum(spread.interactions) as interactions,
    sum(spread.link_clicks) as link_clicks,
    sum(spread.spend) as spend
from spread
left join format_classes on format_classes.format = spread.format
cross join creative
group by spread.asset, spread.distribution, spread.platform, spread.account, spread.week_start_date
