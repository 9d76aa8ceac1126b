/*
description: "One row a session: the newest delivery of each in sessions files, and what only events tell of, once it is over. The one place where sessions of every source come together; every model of sessions reads them here."
grain: [session_id]
materialise: view
owner: data-engineering
columns:
  session_id: {unit: id, description: "The session's id as delivered."}
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  landing_url: {unit: url, description: "The first page's whole address as delivered."}
  referrer_url: {unit: url, description: The page that the visitor came from.}
  link: {unit: url, description: "What of the landing address tells tags, host and path: the address up to the first parameter that is no tag, or all of it where a tag may follow."}
  other_parameters: {unit: text, description: "The parameters from the first one that is no tag on, without a fragment; NULL where there are none."}
  referrer_page: {unit: url, description: "The referring page's address up to its query; NULL where there is none."}
  user_agent: {unit: text, description: "The browser's user agent."}
  utm_source: {unit: text, description: utm_source as the tracking itself read it.}
  utm_medium: {unit: text, description: utm_medium as the tracking itself read it.}
  utm_campaign: {unit: text, description: utm_campaign as the tracking itself read it.}
  utm_content: {unit: text, description: utm_content as the tracking itself read it.}
  utm_term: {unit: text, description: utm_term as the tracking itself read it.}
  utm_id: {unit: text, description: utm_id as the tracking itself read it.}
  device: {unit: text, description: The kind of device.}
  country: {unit: text, description: Country code.}
  consent: {unit: text, description: "The visitor's consent as delivered."}
  pageviews: {unit: count, sum: always, description: Pages seen.}
  engaged_seconds: {unit: seconds, sum: always, description: Time engaged.}
  source_row: {unit: number, sum: never, description: Number of the record in its file.}
  file_id: {unit: id, description: "Digest of the file's content."}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
  started_at: {unit: timestamp, description: When the session began (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
*/
with

deliveries as (
    select * from staging.stg_web__sessions
),

repeated as (
    select * from core.int_repeated_sessions
),

event_sessions as (
    select * from core.int_event_sessions
),

sessions as (
    select
        deliveries.session_id,
        deliveries.visitor_id,
        deliveries.landing_url,
        deliveries.referrer_url,
        deliveries.user_agent,
        deliveries.utm_source,
        deliveries.utm_medium,
        deliveries.utm_campaign,
        deliveries.utm_content,
        deliveries.utm_term,
        deliveries.utm_id,
        deliveries.device,
        deliveries.country,
        deliveries.consent,
        deliveries.pageviews,
        deliveries.engaged_seconds,
        deliveries.source_row,
        deliveries.file_id,
        deliveries.source_file,
        deliveries.started_at,
        deliveries.captured_at
    from deliveries
    left join repeated on repeated.session_id = deliveries.session_id
    where
        repeated.session_id is null
        or (repeated.newest_file_id = deliveries.file_id and repeated.newest_source_row = deliveries.source_row)
    union all
    select
        session_id,
        visitor_id,
        landing_url,
        referrer_url,
        user_agent,
        utm_source,
        utm_medium,
        utm_campaign,
        utm_content,
        utm_term,
        utm_id,
        device,
        country,
        consent,
        pageviews,
        engaged_seconds,
        source_row,
        file_id,
        source_file,
        started_at,
        captured_at
    from event_sessions
    where not is_open
),

headed as (
    select
        *,
        regexp_extract(landing_url, '^[^?#]*(?:[?](?:utm_[a-z]+=[^&#]*(?:&|$))*)?', 0) as head
    from sessions
),

parted as (
    select
        *,
        substr(landing_url, length(head) + 1) as rest
    from headed
)

select
    session_id,
    visitor_id,
    landing_url,
    referrer_url,
    -- Click ids differ from visit to visit, and nothing else in the address depends on them: without them few links are left. A tag may hide
    -- in the rest where 'utm' stands in it, or a key that is encoded.
    case
        when contains(lower(rest), 'utm') or (contains(rest, '%') and regexp_matches(rest, '(?:^|[?&;#])[^=&]*%')) then landing_url
        else head
    end as link,
    case when rest <> '' and not starts_with(rest, '#') then split_part(rest, '#', 1) end as other_parameters,
    nullif(split_part(split_part(referrer_url, '?', 1), '#', 1), '') as referrer_page,
    user_agent,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_content,
    utm_term,
    utm_id,
    device,
    country,
    consent,
    pageviews,
    engaged_seconds,
    source_row,
    file_id,
    source_file,
    started_at,
    captured_at
from parted
