/*
description: "One row a day, whether paid for, platform, campaign, utm_content, ad and landing page: the social visits and how many of them converted. Names in lower case; empty where a visit has none."
grain: [date, is_paid, platform, campaign, content, ad_id, landing_page]
materialise: incremental
unit: [date]
day: date
restrict:
  core.fct_sessions: [session_date]
  core.fct_conversions: [session_date]
changed:
  core.fct_sessions: select session_date from changed
  core.fct_conversions: select session_date from changed where session_date is not null
  kpi.int_ad_sessions: select session_date from core.fct_sessions where session_id in (select session_id from changed)
owner: data-engineering
columns:
  date: {unit: date, description: The local day of the visits.}
  is_paid: {unit: flag, description: Whether the visits were paid for.}
  platform: {unit: text, description: The platform they came from.}
  campaign: {unit: text, description: "The campaign they were tagged with, as mended."}
  content: {unit: text, description: "Their utm_content, as mended."}
  ad_id: {unit: id, description: "The id of the ad that utm_id or utm_term hold; NULL without one."}
  landing_page: {unit: text, description: "Path of the page they landed on."}
  visits: {unit: count, sum: always, description: Number of sessions.}
  visits_converted: {unit: count, sum: always, description: Those with at least one conversion.}
*/
with

sessions as (
    select
        session_id,
        session_date,
        platform,
        campaign,
        content,
        landing_path,
        is_paid
    from core.fct_sessions
    where is_social
),

ad_sessions as (
    select * from kpi.int_ad_sessions
),

converted as (
    select distinct session_id
    from core.fct_conversions
    where session_id is not null
)

select
    sessions.session_date as date,
    coalesce(sessions.is_paid, false) as is_paid,
    coalesce(sessions.platform, '') as platform,
    coalesce(lower(trim(sessions.campaign)), '') as campaign,
    coalesce(lower(trim(sessions.content)), '') as content,
    ad_sessions.ad_id,
    coalesce(sessions.landing_path, '') as landing_page,
    count(*) as visits,
    count(converted.session_id) as visits_converted
from sessions
left join converted on converted.session_id = sessions.session_id
left join ad_sessions on ad_sessions.session_id = sessions.session_id
group by
    sessions.session_date,
    coalesce(sessions.is_paid, false),
    coalesce(sessions.platform, ''),
    coalesce(lower(trim(sessions.campaign)), ''),
    coalesce(lower(trim(sessions.content)), ''),
    ad_sessions.ad_id,
    coalesce(sessions.landing_path, '')
