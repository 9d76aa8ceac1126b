/*
description: >-
  One row a day and what is watched on it: how much each source delivered of each member, and the rates by which a wrong figure shows itself.
  quality.anomalies holds each day against the same weekdays before it.
grain: [date, series, member]
materialise: incremental
unit: [date]
day: date
restrict:
  core.fct_sessions: [session_date]
  core.fct_conversions: [conversion_date]
  core.fct_ads_daily: [date]
  core.fct_account_daily: [date]
changed:
  core.fct_sessions: select session_date from changed
  core.fct_conversions: select conversion_date from changed
  core.fct_ads_daily: select date from changed
  core.fct_account_daily: select date from changed
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  series: {unit: text, description: "What is watched: sessions, conversions, order_value, ad_spend, ad_impressions, account_impressions, and the rates tagged_share, consented_share, sessions_a_click, ad_ctr, ad_cpm, order_mean_value."}
  member: {unit: text, description: "The channel, conversion type, platform or account; all for the whole."}
  kind: {unit: text, description: "amount or rate."}
  numerator: {unit: number, sum: never, description: "The amount of the day, or the numerator of its rate."}
  denominator: {unit: number, sum: never, description: "The denominator of a rate, 1 for an amount."}
  usual_share: {unit: share, description: "By which share of it such a figure differs from week to week without a cause: money of orders by more than counts."}
  look_at: {unit: text, description: The table and rows to look at.}
*/
with

sessions as (
    select
        session_date as date,
        channel,
        case when is_social then platform end as platform,
        is_paid,
        is_social,
        utm_status,
        has_consent
    from core.fct_sessions
    where not is_clock_suspect
),

conversions as (
    select * from core.fct_conversions
),

ads as (
    select * from core.fct_ads_daily
    where not is_estimated
),

accounts as (
    select * from core.fct_account_daily
),

ads_by_platform as (
    select
        date,
        platform,
        sum(spend_reporting) as spend,
        sum(impressions) as impressions,
        sum(link_clicks) as link_clicks
    from ads
    group by date, platform
),

paid_sessions as (
    select date, platform, count(*) as sessions
    from sessions
    where is_social and is_paid and platform is not null
    group by date, platform
),

gathered as (
    select
        date,
        'sessions' as series,
        channel as member,
        'amount' as kind,
        cast(count(*) as decimal(28, 6)) as numerator,
        cast(1 as decimal(28, 6)) as denominator,
        0.1 as usual_share,
        concat('core.fct_sessions, channel ', channel) as look_at
    from sessions
    group by date, channel
    union all
    select date, 'tagged_share', 'all', 'rate', count(*) filter (where utm_status = 'compliant'), count(*), 0.1,
        'core.fct_sessions, is_social, utm_status; quality.utm_worklist'
    from sessions
    where is_social
    group by date
    union all
    select date, 'consented_share', 'all', 'rate', count(*) filter (where has_consent), count(*), 0.1, 'core.fct_sessions, has_consent'
    from sessions
    where has_consent is not null
    group by date
    union all
    select conversion_date, 'conversions', conversion_type, 'amount', count(*), 1, 0.1,
        concat('core.fct_conversions, conversion_type ', conversion_type)
    from conversions
    group by conversion_date, conversion_type
    union all
    select conversion_date, 'order_value', 'all', 'amount', sum(value_reporting), 1, 0.4, 'core.fct_conversions, conversion_type order'
    from conversions
    where conversion_type = 'order'
    group by conversion_date
    union all
    select conversion_date, 'order_mean_value', 'all', 'rate', sum(value_reporting), count(*), 0.4,
        'core.fct_conversions, conversion_type order: value_reporting, currency'
    from conversions
    where conversion_type = 'order'
    group by conversion_date
    union all
    select date, 'ad_spend', platform, 'amount', spend, 1, 0.2, concat('core.fct_ads_daily, platform ', platform)
    from ads_by_platform
    where spend is not null
    union all
    select date, 'ad_impressions', platform, 'amount', impressions, 1, 0.2, concat('core.fct_ads_daily, platform ', platform)
    from ads_by_platform
    where impressions is not null
    union all
    select date, 'ad_ctr', platform, 'rate', link_clicks, impressions, 0.1,
        concat('core.fct_ads_daily, platform ', platform, ': link_clicks, impressions')
    from ads_by_platform
    where link_clicks is not null and impressions > 0
    union all
    select date, 'ad_cpm', platform, 'rate', spend, impressions, 0.1,
        concat('core.fct_ads_daily, platform ', platform, ': spend, currency, impressions')
    from ads_by_platform
    where spend is not null and impressions > 0
    union all
    select
        ads_by_platform.date,
        'sessions_a_click',
        ads_by_platform.platform,
        'rate',
        coalesce(paid_sessions.sessions, 0),
        ads_by_platform.link_clicks,
        0.1,
        concat('clicks that the platform reports and paid sessions that came: core.fct_ads_daily and core.fct_sessions, platform ',
            ads_by_platform.platform)
    from ads_by_platform
    left join paid_sessions
        on
            paid_sessions.date = ads_by_platform.date
            and paid_sessions.platform = ads_by_platform.platform
    where ads_by_platform.link_clicks > 0
    union all
    select date, 'account_impressions', concat(platform, ': ', account), 'amount', impressions, 1, 0.2,
        concat('core.fct_account_daily, platform ', platform, ', account ', account)
    from accounts
    where impressions is not null
)

select
    date,
    series,
    member,
    kind,
    cast(numerator as decimal(28, 6)) as numerator,
    cast(denominator as decimal(28, 6)) as denominator,
    cast(usual_share as decimal(9, 4)) as usual_share,
    look_at
from gathered
where date is not null
