/*
description: "One row a distinct value in a file of sessions: the sources, mediums and campaigns of its links, its referring pages and its browsers. What a value means is judged once a value, in core.int_value_meanings and core.int_browsers."
grain: [file_id, dimension, given, recovered]
materialise: incremental
unit: [file_id]
restrict:
  raw.web_sessions: [file_id]
  core.int_event_sessions: [file_id]
changed:
  raw.web_sessions: select distinct file_id from changed
  core.int_event_sessions: select distinct file_id from changed
  core.int_repeated_sessions: select newest_file_id from changed
  core.int_hard_links: select cast(null as varchar) where 1 = 0
owner: data-engineering
columns:
  file_id: {unit: id, description: "Digest of the file's content."}
  dimension: {unit: text, description: "source, medium, campaign, referrer or user_agent."}
  given: {unit: text, description: "The value, empty where there is none; for a referrer its address up to the query."}
  recovered: {unit: text, description: "For a tag: what else can be read where the strict value is broken; empty where nothing else can."}
*/
with

sessions as (
    select
        file_id,
        coalesce(utm_source, '') as utm_source,
        coalesce(recovered_source, '') as recovered_source,
        coalesce(utm_medium, '') as utm_medium,
        coalesce(recovered_medium, '') as recovered_medium,
        coalesce(utm_campaign, '') as utm_campaign,
        coalesce(recovered_campaign, '') as recovered_campaign,
        coalesce(referrer_page, '') as referrer_page,
        coalesce(user_agent, '') as user_agent
    from core.int_session_tags
),

-- One reading of the sessions for all dimensions: each grouping set is a dimension of its own.
grouped as (
    select
        file_id,
        case
            when grouping(utm_source) = 0 then 'source'
            when grouping(utm_medium) = 0 then 'medium'
            when grouping(utm_campaign) = 0 then 'campaign'
            when grouping(referrer_page) = 0 then 'referrer'
            else 'user_agent'
        end as dimension,
        utm_source,
        recovered_source,
        utm_medium,
        recovered_medium,
        utm_campaign,
        recovered_campaign,
        referrer_page,
        user_agent
    from sessions
    group by grouping sets (
        (file_id, utm_source, recovered_source),
        (file_id, utm_medium, recovered_medium),
        (file_id, utm_campaign, recovered_campaign),
        (file_id, referrer_page),
        (file_id, user_agent)
    )
)

select
    file_id,
    dimension,
    coalesce(utm_source, utm_medium, utm_campaign, referrer_page, user_agent) as given,
    coalesce(recovered_source, recovered_medium, recovered_campaign, '') as recovered
from grouped
