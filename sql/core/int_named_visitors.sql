/*
description: "One row a session that a lead or an order names without its visitor, and that session's visitor."
grain: [session_id]
materialise: incremental
unit: [session_id]
restrict:
  raw.web_sessions: >-
    session_id in (select session_id from units)
    and file_id in (select file_id from raw.web_sessions where session_id in (select session_id from units))
  core.int_event_sessions: [session_id]
changed:
  raw.web_sessions: >-
    select session_id from changed
    where session_id in (
    select session_id from raw.leads where nullif(visitor_id, '') is null
    union all
    select session_id from raw.orders where nullif(visitor_id, '') is null
    union all
    select session_id from core.int_named_visitors)
  core.int_event_sessions: >-
    select session_id from changed
    where session_id in (
    select session_id from raw.leads where nullif(visitor_id, '') is null
    union all
    select session_id from raw.orders where nullif(visitor_id, '') is null
    union all
    select session_id from core.int_named_visitors)
  core.int_repeated_sessions: >-
    select session_id from changed
    where session_id in (
    select session_id from raw.leads where nullif(visitor_id, '') is null
    union all
    select session_id from raw.orders where nullif(visitor_id, '') is null
    union all
    select session_id from core.int_named_visitors)
  raw.leads: select session_id from changed
  raw.orders: select session_id from changed
owner: data-engineering
columns:
  session_id: {unit: id, description: The session's id.}
  visitor_id: {unit: id, description: The visitor of that session.}
*/
with

sessions as not materialized (
    select * from core.int_session_deliveries
),

named as (
    select session_id from raw.leads where session_id is not null and nullif(visitor_id, '') is null
    union
    select session_id from raw.orders where session_id is not null and nullif(visitor_id, '') is null
)

select
    sessions.session_id,
    sessions.visitor_id
from sessions
inner join named on named.session_id = sessions.session_id
where sessions.visitor_id is not null
