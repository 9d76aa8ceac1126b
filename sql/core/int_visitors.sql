/*
description: One row a visitor that the newest delivery of any session names, with the start of the first of those sessions.
grain: [visitor_id]
materialise: incremental
unit: [visitor_id]
restrict:
  raw.web_sessions: [visitor_id]
  core.int_event_sessions: [visitor_id]
changed:
  core.int_event_sessions: select visitor_id from changed
  raw.web_sessions: >-
    select visitor_id from changed
    union
    select delivery.visitor_id from raw.web_sessions as delivery
    where delivery.session_id in (select session_id from changed)
  core.int_repeated_sessions: select visitor_id from raw.web_sessions where 1 = 0
owner: data-engineering
columns:
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  first_started_at: {unit: timestamp, description: When the visitor's first known session began (UTC).}
*/
with

-- Which delivery is the newest changes only with a delivery of that session, and those are followed from raw.
sessions as (
    select * from core.int_session_deliveries
)

select
    visitor_id,
    min(started_at) as first_started_at
from sessions
where visitor_id is not null
group by visitor_id
