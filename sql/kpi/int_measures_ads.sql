/*
description: "One row a measure of advertising, day, dimension and member. A ratio's two sides are of the same rows: those that have both figures."
grain: [date, measure, dimension, member]
materialise: incremental
unit: [date]
day: date
restrict:
  core.fct_ads_daily: [date]
changed:
  core.fct_ads_daily: select date from changed
  core.int_content_labels: >-
    select ads_daily.date from core.fct_ads_daily as ads_daily
    left join kpi.int_ad_items as ad_items on ad_items.ad = lower(trim(ads_daily.ad))
    inner join changed on changed.name = lower(coalesce(ad_items.asset_id, ads_daily.ad))
  kpi.int_ad_items: >-
    select ads_daily.date from core.fct_ads_daily as ads_daily
    inner join changed on changed.ad = lower(trim(ads_daily.ad))
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: not_over_time, description: "The amount of the day, money in the reporting currency; stocks and unique counts must not be added up over days."}
*/
with

ads_daily as (
    select * from core.fct_ads_daily
),

social_platforms as (
    select * from config.social_ad_platforms
),

labels as (
    select * from core.int_content_labels
),

ad_items as (
    select * from kpi.int_ad_items
),

measure_dimensions as (
    select * from config.measure_dimensions
),

labelled as (
    select
        ads_daily.date,
        ads_daily.platform,
        concat(ads_daily.platform, ': ', coalesce(ads_daily.account, ads_daily.account_key)) as account,
        coalesce(ads_daily.campaign, '(none)') as campaign,
        coalesce(ads_daily.ad_group, '(none)') as ad_group,
        coalesce(ads_daily.ad, '(none)') as ad,
        coalesce(labels.series, '(none)') as series,
        coalesce(labels.format, '(none)') as format,
        coalesce(labels.hook, '(none)') as hook,
        'paid' as paid_or_organic,
        case when labels.distribution = 'assisted' then 'assisted' else 'paid' end as distribution,
        ads_daily.spend_reporting,
        ads_daily.impressions,
        ads_daily.link_clicks,
        ads_daily.views,
        ads_daily.views_3s,
        ads_daily.views_25pct,
        ads_daily.is_estimated,
        social_platforms.platform is not null as is_social
    from ads_daily
    left join social_platforms on social_platforms.platform = ads_daily.platform
    left join ad_items on ad_items.ad = lower(trim(ads_daily.ad))
    left join labels on labels.name = lower(coalesce(ad_items.asset_id, ads_daily.ad))
),

counted as (
    select
        date,
        case
            when grouping(platform) = 0 then 'platform'
            when grouping(account) = 0 then 'account'
            when grouping(campaign) = 0 then 'campaign'
            when grouping(ad_group) = 0 then 'ad_group'
            when grouping(ad) = 0 then 'ad'
            when grouping(series) = 0 then 'series'
            when grouping(format) = 0 then 'format'
            when grouping(hook) = 0 then 'hook'
            when grouping(paid_or_organic) = 0 then 'paid_or_organic'
            when grouping(distribution) = 0 then 'distribution'
            else 'all'
        end as dimension,
        coalesce(platform, account, campaign, ad_group, ad, series, format, hook, paid_or_organic, distribution, 'all') as member,
        sum(impressions) as impressions_paid,
        sum(views) as views_paid,
        sum(case when impressions is not null then views_3s end) as views_3s_paid,
        sum(case when views_3s is not null then impressions end) as impressions_with_3s_paid,
        sum(case when views is not null then views_25pct end) as views_25pct_paid,
        sum(case when views_25pct is not null then views end) as views_with_25pct_paid,
        sum(link_clicks) as ad_link_clicks,
        sum(case when link_clicks is not null then impressions end) as ad_impressions_with_clicks,
        sum(spend_reporting) as ad_spend,
        sum(case when impressions is not null then spend_reporting end) as ad_spend_with_impressions,
        sum(case when link_clicks is not null then spend_reporting end) as ad_spend_with_clicks,
        sum(case when is_social then spend_reporting end) as ad_spend_social,
        sum(case when is_social then impressions end) as ad_impressions_social,
        sum(case when is_social then link_clicks end) as ad_link_clicks_social,
        sum(case when is_estimated then 1 end) as ads_estimated
    from labelled
    group by grouping sets (
        (date),
        (date, platform),
        (date, account),
        (date, campaign),
        (date, ad_group),
        (date, ad),
        (date, series),
        (date, format),
        (date, hook),
        (date, paid_or_organic),
        (date, distribution)
    )
)

select
    date,
    measure,
    dimension,
    member,
    value
from (
    select
        counted.date,
        measure_dimensions.measure,
        counted.dimension,
        counted.member,
        cast(case measure_dimensions.measure
            when 'impressions_paid' then counted.impressions_paid
            when 'views_paid' then counted.views_paid
            when 'views_3s_paid' then counted.views_3s_paid
            when 'impressions_with_3s_paid' then counted.impressions_with_3s_paid
            when 'views_25pct_paid' then counted.views_25pct_paid
            when 'views_with_25pct_paid' then counted.views_with_25pct_paid
            when 'ad_link_clicks' then counted.ad_link_clicks
            when 'ad_impressions_with_clicks' then counted.ad_impressions_with_clicks
            when 'ad_spend' then counted.ad_spend
            when 'ad_spend_with_impressions' then counted.ad_spend_with_impressions
            when 'ad_spend_with_clicks' then counted.ad_spend_with_clicks
            when 'ad_spend_social' then counted.ad_spend_social
            when 'ad_impressions_social' then counted.ad_impressions_social
            when 'ad_link_clicks_social' then counted.ad_link_clicks_social
            when 'ads_estimated' then counted.ads_estimated
        end as decimal(28, 9)) as value
    from counted
    inner join measure_dimensions on measure_dimensions.dimension = counted.dimension
) as measured
where value is not null
