/*
description: "One row a paid social session whose utm_id or utm_term is the id of an ad, as platforms fill it in for {{ad.id}} or __CID__."
grain: [session_id]
materialise: table
owner: data-engineering
columns:
  session_id: {unit: id, description: The session.}
  ad_id: {unit: id, description: "The ad's id."}
*/
with

sessions as (
    select session_id, utm_id, utm_term
    from core.fct_sessions
    where is_social and is_paid and (utm_id is not null or utm_term is not null)
),

ids as (
    select distinct ad_id
    from kpi.int_ad_names
    where ad_id <> ''
)

select
    sessions.session_id,
    coalesce(by_id.ad_id, by_term.ad_id) as ad_id
from sessions
left join ids as by_id on by_id.ad_id = lower(trim(sessions.utm_id))
left join ids as by_term on by_term.ad_id = lower(trim(sessions.utm_term))
where coalesce(by_id.ad_id, by_term.ad_id) is not null
