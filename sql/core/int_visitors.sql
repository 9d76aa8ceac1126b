/*
description: One row a visitor that the newest delivery of any session names, with the start of the first of those sessions.
grain: [visitor_id]
materialise: incremental
unit: [visitor_id]
restrict:
  staging.stg_web__sessions: [visitor_id]
changed:
  raw.web_sessions: >-
    select visitor_id from changed
    union
    select delivery.visitor_id from raw.web_sessions as delivery
    where delivery.session_id in (select session_id from changed)
  core.int_session_tags: select visitor_id from raw.web_sessions where 1 = 0
owner: data-engineering
columns:
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  first_started_at: {unit: timestamp, description: When the visitor's first known session began (UTC).}
*/
with

deliveries as (
    select * from staging.stg_web__sessions
),

-- Which delivery is the newest changes only with a delivery of that session, and those are followed from raw.
repeated as (
    select
        session_id,
        newest_file_id,
        newest_source_row
    from core.int_session_tags
    where newest_file_id is not null
)

select
    deliveries.visitor_id,
    min(deliveries.started_at) as first_started_at
from deliveries
left join repeated on repeated.session_id = deliveries.session_id
where
    deliveries.visitor_id is not null
    and (
        repeated.session_id is null
        or (repeated.newest_file_id = deliveries.file_id and repeated.newest_source_row = deliveries.source_row)
    )
group by deliveries.visitor_id
