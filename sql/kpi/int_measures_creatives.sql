/*
description: >-
  One row a measure of social visits or what is credited to social, day and creative: the ad that a paid visit's tags mean
  (kpi.int_ad_meanings), else its utm_content. Apart from the other dimensions, since which ad is meant depends on the reports of ads.
grain: [date, measure, dimension, member]
materialise: incremental
unit: [date]
day: date
restrict:
  core.fct_sessions: [session_date]
  core.fct_conversions: [session_date]
  attribution.credits: conversion_date in (select date from units)
changed:
  core.fct_sessions: select session_date from changed
  core.fct_conversions: select session_date from changed where session_date is not null
  attribution.credits: select conversion_date from changed
  kpi.int_ad_sessions: >-
    select session_date from core.fct_sessions where session_id in (select session_id from changed)
    union
    select conversion_date from attribution.credits where session_id in (select session_id from changed)
  kpi.int_ad_meanings: >-
    select visits.date from kpi.int_visits_daily as visits
    inner join changed on changed.campaign = visits.campaign and changed.tag = coalesce(visits.ad_id, visits.content)
    where visits.is_paid
    union
    select credits.conversion_date from attribution.credits as credits
    left join kpi.int_ad_sessions as ad_sessions on ad_sessions.session_id = credits.session_id
    inner join changed
    on changed.campaign = coalesce(lower(trim(credits.campaign)), '')
    and changed.tag = coalesce(ad_sessions.ad_id, lower(trim(credits.content)))
owner: data-engineering
columns:
  date: {unit: date, description: The local day of the visits or conversions.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: creative.}
  member: {unit: text, description: "The creative in lower case; (none) for visits without utm_content."}
  value: {unit: number, sum: always, description: "The amount of the day, money in the reporting currency."}
  consented_value: {unit: number, sum: always, description: "The part of the value that comes from visitors who consented."}
  stated_value: {unit: number, sum: always, description: "The part of the value that comes from visitors of whom it is stated whether they consented."}
*/
with

sessions as (
    select * from core.fct_sessions
    where is_social
),

conversions as (
    select * from core.fct_conversions
),

credits as (
    select * from attribution.credits
    where is_social
),

settings as (
    select * from config.settings
),

ad_sessions as (
    select * from kpi.int_ad_sessions
),

ad_meanings as (
    select campaign, tag, ad from kpi.int_ad_meanings
),

measure_dimensions as (
    select measure from config.measure_dimensions
    where dimension = 'creative'
),

converted as (
    select distinct session_id
    from conversions
    where session_id is not null
),

visits as (
    select
        sessions.session_date as date,
        coalesce(lower(trim(sessions.campaign)), '') as campaign,
        lower(trim(sessions.content)) as content,
        ad_sessions.ad_id,
        coalesce(sessions.is_paid, false) as is_paid,
        sessions.has_consent,
        sessions.utm_status = 'compliant' as is_compliant,
        sessions.is_bounce,
        sessions.is_returning,
        converted.session_id is not null as is_converted
    from sessions
    left join converted on converted.session_id = sessions.session_id
    left join ad_sessions on ad_sessions.session_id = sessions.session_id
),

visits_counted as (
    select
        date,
        campaign,
        content,
        ad_id,
        is_paid,
        has_consent,
        count(*) as sessions,
        count(*) filter (where is_compliant) as compliant,
        count(*) filter (where is_bounce) as bounced,
        count(*) filter (where is_returning) as returned,
        count(*) filter (where is_converted) as converted
    from visits
    group by date, campaign, content, ad_id, is_paid, has_consent
),

credited as (
    select
        credits.conversion_date as date,
        coalesce(lower(trim(credits.campaign)), '') as campaign,
        lower(trim(credits.content)) as content,
        ad_sessions.ad_id,
        coalesce(credits.is_paid, false) as is_paid,
        credits.has_consent,
        credits.conversion_type,
        sum(credits.credit) as credit,
        sum(credits.value_reporting) as value_reporting
    from credits
    inner join settings on settings.attribution_model = credits.model
    left join ad_sessions on ad_sessions.session_id = credits.session_id
    group by
        credits.conversion_date,
        coalesce(lower(trim(credits.campaign)), ''),
        lower(trim(credits.content)),
        ad_sessions.ad_id,
        coalesce(credits.is_paid, false),
        credits.has_consent,
        credits.conversion_type
),

-- A measure counts some of the visits, or adds up the credit or the value of some of the conversions.
amounts as (
    select 'social_sessions' as measure, date, campaign, content, ad_id, is_paid, has_consent, sessions as amount
    from visits_counted
    union all
    select 'social_sessions_consented', date, campaign, content, ad_id, is_paid, has_consent, case when has_consent then sessions else 0 end
    from visits_counted
    union all
    select 'social_sessions_stating', date, campaign, content, ad_id, is_paid, has_consent, case when has_consent is null then 0 else sessions end
    from visits_counted
    union all
    select 'social_sessions_organic', date, campaign, content, ad_id, is_paid, has_consent, case when is_paid then 0 else sessions end
    from visits_counted
    union all
    select 'social_sessions_compliant', date, campaign, content, ad_id, is_paid, has_consent, compliant
    from visits_counted
    union all
    select 'social_sessions_bounced', date, campaign, content, ad_id, is_paid, has_consent, bounced
    from visits_counted
    union all
    select 'social_sessions_returning', date, campaign, content, ad_id, is_paid, has_consent, returned
    from visits_counted
    union all
    select 'social_sessions_converted', date, campaign, content, ad_id, is_paid, has_consent, converted
    from visits_counted
    union all
    select 'leads_social', date, campaign, content, ad_id, is_paid, has_consent, credit
    from credited
    where conversion_type = 'lead'
    union all
    select 'leads_paid_social', date, campaign, content, ad_id, is_paid, has_consent, credit
    from credited
    where conversion_type = 'lead' and is_paid
    union all
    select 'conversions_social', date, campaign, content, ad_id, is_paid, has_consent, credit
    from credited
    union all
    select 'conversions_paid_social', date, campaign, content, ad_id, is_paid, has_consent, credit
    from credited
    where is_paid
    union all
    select 'orders_social', date, campaign, content, ad_id, is_paid, has_consent, credit
    from credited
    where conversion_type = 'order'
    union all
    select 'orders_paid_social', date, campaign, content, ad_id, is_paid, has_consent, credit
    from credited
    where conversion_type = 'order' and is_paid
    union all
    select 'revenue_social', date, campaign, content, ad_id, is_paid, has_consent, value_reporting
    from credited
    where conversion_type = 'order'
    union all
    select 'revenue_paid_social', date, campaign, content, ad_id, is_paid, has_consent, value_reporting
    from credited
    where conversion_type = 'order' and is_paid
)

select
    amounts.date,
    amounts.measure,
    'creative' as dimension,
    coalesce(ad_meanings.ad, amounts.content, '(none)') as member,
    cast(sum(amounts.amount) as decimal(28, 9)) as value,
    cast(sum(case when amounts.has_consent then amounts.amount else 0 end) as decimal(28, 9)) as consented_value,
    cast(sum(case when amounts.has_consent is null then 0 else amounts.amount end) as decimal(28, 9)) as stated_value
from amounts
inner join measure_dimensions on measure_dimensions.measure = amounts.measure
left join ad_meanings
    on
        amounts.is_paid
        and ad_meanings.campaign = amounts.campaign
        and ad_meanings.tag = coalesce(amounts.ad_id, amounts.content)
where amounts.amount is not null
group by amounts.date, amounts.measure, coalesce(ad_meanings.ad, amounts.content, '(none)')
