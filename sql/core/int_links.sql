/*
description: "One row a distinct link that sessions landed on, with the tags that the tracking itself delivered: what is read from a link, and what it means, is worked out once a link, not once a session."
grain: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
materialise: incremental
unit: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
restrict:
  core.int_session_deliveries: >-
    select link, given_source as utm_source, given_medium as utm_medium, given_campaign as utm_campaign, given_content as utm_content, given_term as utm_term, given_id as utm_id from units
changed:
  raw.web_sessions: &news >-
    select distinct link, coalesce(utm_source, ''), coalesce(utm_medium, ''), coalesce(utm_campaign, ''), coalesce(utm_content, ''), coalesce(utm_term, ''), coalesce(utm_id, '')
    from core.int_session_deliveries
    except
    select link, given_source, given_medium, given_campaign, given_content, given_term, given_id from core.int_links
  core.int_event_sessions: *news
  core.int_repeated_sessions: select link, given_source, given_medium, given_campaign, given_content, given_term, given_id from core.int_links where 1 = 0
owner: data-engineering
columns:
  link: {unit: url, description: "What of the landing address tells tags, host and path: the address up to the first parameter that is no tag, or all of it where a tag may follow."}
  given_source: {unit: text, description: "utm_source as the tracking itself read it, empty where it did not."}
  given_medium: {unit: text, description: "utm_medium as the tracking itself read it, empty where it did not."}
  given_campaign: {unit: text, description: "utm_campaign as the tracking itself read it, empty where it did not."}
  given_content: {unit: text, description: "utm_content as the tracking itself read it, empty where it did not."}
  given_term: {unit: text, description: "utm_term as the tracking itself read it, empty where it did not."}
  given_id: {unit: text, description: "utm_id as the tracking itself read it, empty where it did not."}
*/
with

sessions as (
    select * from core.int_session_deliveries
)

select distinct
    link,
    coalesce(utm_source, '') as given_source,
    coalesce(utm_medium, '') as given_medium,
    coalesce(utm_campaign, '') as given_campaign,
    coalesce(utm_content, '') as given_content,
    coalesce(utm_term, '') as given_term,
    coalesce(utm_id, '') as given_id
from sessions
