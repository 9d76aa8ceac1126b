/*
description: "One row a web session that only events tell of, in the columns of staging.stg_web__sessions: the tracking's own session where it assigned one, else the events of a visitor with no pause as long as the timeout. What a sessions file delivers too is left out. Rules: docs/sessions.md."
grain: [session_id]
materialise: incremental
unit: [visitor_id]
restrict:
  staging.stg_web__events: [visitor_id]
  staging.stg_web__sessions: >-
    session_id in (
    select session_id from raw.web_sessions where visitor_id in (select visitor_id from units)
    union all
    select session_id from raw.web_events where visitor_id in (select visitor_id from units))
  raw.web_events: >-
    session_id in (select session_id from raw.web_events where visitor_id in (select visitor_id from units))
changed:
  raw.web_events: >-
    select visitor_id from changed
    union
    select visitor_id from raw.web_events where session_id in (select session_id from changed)
  core.int_repeated_events: select visitor_id from raw.web_events where event_id in (select event_id from changed)
  core.int_event_horizon: select visitor_id from core.int_event_sessions where is_open
  raw.web_sessions: >-
    select visitor_id from changed where visitor_id in (select visitor_id from raw.web_events)
    union
    select visitor_id from raw.web_events where session_id in (select session_id from changed)
owner: data-engineering
columns:
  session_id: {unit: id, description: "The tracking's own id, after the visitor's and a slash where several visitors have it; else the visitor's id, # and the second of the first event (Unix time)."}
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  landing_url: {unit: url, description: "The whole address of the landing page: the first event's that has a page."}
  referrer_url: {unit: url, description: The page before the landing page.}
  user_agent: {unit: text, description: "The browser's user agent at the landing."}
  utm_source: {unit: text, description: utm_source of the landing as the tracking itself read it.}
  utm_medium: {unit: text, description: utm_medium of the landing as the tracking itself read it.}
  utm_campaign: {unit: text, description: utm_campaign of the landing as the tracking itself read it.}
  utm_content: {unit: text, description: utm_content of the landing as the tracking itself read it.}
  utm_term: {unit: text, description: utm_term of the landing as the tracking itself read it.}
  utm_id: {unit: text, description: utm_id of the landing as the tracking itself read it.}
  device: {unit: text, description: The kind of device at the landing.}
  country: {unit: text, description: Country at the landing.}
  consent: {unit: text, description: "The visitor's consent as the last event that states one has it."}
  pageviews: {unit: count, sum: always, description: "Pages seen: events that settings.yml names page views; NULL where there is none."}
  engaged_seconds: {unit: seconds, sum: always, description: "Time engaged as the events measure it, else from the first event to the last."}
  source_row: {unit: number, sum: never, description: Number of the landing event in its file.}
  file_id: {unit: id, description: "Digest of the landing event's file."}
  source_file: {unit: text, description: The file under the inbox that holds the landing event.}
  started_at: {unit: timestamp, description: When the first event occurred (UTC).}
  captured_at: {unit: timestamp, description: When the landing event was delivered (UTC).}
  ended_at: {unit: timestamp, description: When the last event occurred (UTC).}
  is_open: {unit: flag, description: "Whether the delivered events end less than the timeout after its last one; such a session counts in a later run."}
*/
with

deliveries as not materialized (
    select * from staging.stg_web__events where visitor_id is not null
),

repeated as (
    select * from core.int_repeated_events
),

horizon as (
    select * from core.int_event_horizon
),

delivered_sessions as not materialized (
    select * from staging.stg_web__sessions
),

settings as (
    select * from config.settings
),

page_view_names as (
    select * from config.page_view_events
),

events as not materialized (
    select deliveries.*
    from deliveries
    left join repeated on repeated.event_id = deliveries.event_id
    where
        repeated.event_id is null
        or (repeated.newest_file_id = deliveries.file_id and repeated.newest_source_row = deliveries.source_row)
),

-- The windows below run over every event, so only what they need goes in; the landing page is fetched at the end.
ordered as (
    select
        events.visitor_id,
        events.event_id,
        events.session_id,
        events.consent,
        events.engaged_seconds,
        events.page_url is not null as has_page,
        page_view_names.event_name is not null as is_page_view,
        events.occurred_at,
        row_number() over by_time as place,
        lag(events.occurred_at) over by_time as previous_at
    from events
    left join page_view_names on page_view_names.event_name = lower(events.event_name)
    window by_time as (partition by events.visitor_id order by events.occurred_at, events.event_id)
),

-- A pause as long as the timeout begins a stretch. Within a stretch, what the tracking assigned holds until it assigns something else.
placed as (
    select
        ordered.*,
        max(case
            when previous_at is null or occurred_at - interval 1 minute * settings.session_timeout_minutes >= previous_at then place
        end) over by_place as stretch,
        max(case when session_id is not null then place end) over by_place as assigned_place,
        last_value(session_id ignore nulls) over by_place as assigned_id
    from ordered
    cross join settings
    window by_place as (partition by visitor_id order by place)
),

pieces as (
    select
        visitor_id,
        stretch,
        case when assigned_place >= stretch then assigned_id end as assigned_id,
        min(place) as first_place,
        min(occurred_at) as started_at,
        max(occurred_at) as ended_at,
        arg_min(event_id, place) filter (where has_page) as landing_event_id,
        min(place) filter (where has_page) as landing_place,
        arg_max(consent, place) filter (where consent is not null) as consent,
        max(place) filter (where consent is not null) as consent_place,
        count(*) filter (where is_page_view) as pageviews,
        sum(engaged_seconds) as engaged_seconds
    from placed
    group by visitor_id, stretch, case when assigned_place >= stretch then assigned_id end
),

-- Events ahead of the first assigned one belong to it.
named as (
    select
        *,
        coalesce(
            assigned_id,
            first_value(assigned_id ignore nulls) over (
                partition by visitor_id, stretch
                order by first_place
                rows between unbounded preceding and unbounded following
            )
        ) as named_id
    from pieces
),

shared_ids as (
    select session_id
    from raw.web_events
    where session_id is not null
    group by session_id
    having min(visitor_id) <> max(visitor_id)
),

visits as (
    select
        visitor_id,
        named_id,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        arg_min(landing_event_id, landing_place) as landing_event_id,
        arg_max(consent, consent_place) as consent,
        nullif(sum(pageviews), 0) as pageviews,
        sum(engaged_seconds) as engaged_seconds
    from named
    group by visitor_id, named_id, case when named_id is null then stretch end
),

identified as (
    select
        visits.*,
        shared_ids.session_id is not null as is_shared
    from visits
    left join shared_ids on shared_ids.session_id = visits.named_id
),

delivered_visits as (
    select visits.landing_event_id
    from identified as visits
    inner join delivered_sessions on delivered_sessions.session_id = visits.named_id
    where not visits.is_shared or delivered_sessions.visitor_id = visits.visitor_id
    union
    select visits.landing_event_id
    from identified as visits
    cross join settings
    inner join delivered_sessions
        on
            delivered_sessions.visitor_id = visits.visitor_id
            and delivered_sessions.started_at > visits.started_at - interval 1 minute * settings.session_timeout_minutes
            and delivered_sessions.started_at <= visits.ended_at
)

select
    case
        when visits.named_id is null
            then concat(visits.visitor_id, '#', cast(epoch(date_trunc('second', visits.started_at)) as bigint))
        when visits.is_shared then concat(visits.visitor_id, '/', visits.named_id)
        else visits.named_id
    end as session_id,
    visits.visitor_id,
    events.page_url as landing_url,
    events.referrer_url,
    events.user_agent,
    events.utm_source,
    events.utm_medium,
    events.utm_campaign,
    events.utm_content,
    events.utm_term,
    events.utm_id,
    events.device,
    events.country,
    visits.consent,
    cast(visits.pageviews as bigint) as pageviews,
    cast(coalesce(visits.engaged_seconds, epoch(visits.ended_at) - epoch(visits.started_at)) as decimal(18, 3)) as engaged_seconds,
    events.source_row,
    events.file_id,
    events.source_file,
    visits.started_at,
    events.captured_at,
    visits.ended_at,
    -- More than two days after its own delivery is a wrong clock: nothing will come that such a session could wait for.
    visits.ended_at > horizon.until_at - interval 1 minute * settings.session_timeout_minutes
    and visits.ended_at - interval 2 day <= events.captured_at as is_open
from identified as visits
inner join events on events.event_id = visits.landing_event_id
cross join settings
cross join horizon
left join delivered_visits on delivered_visits.landing_event_id = visits.landing_event_id
where delivered_visits.landing_event_id is null
