/*
description: "One row a visitor and what web events name for them: the user who was logged in, an order, a lead. From every delivery of an event."
grain: [visitor_id, kind, identifier]
materialise: incremental
unit: [visitor_id]
restrict:
  staging.stg_web__events: [visitor_id]
changed:
  raw.web_events: select visitor_id from changed where coalesce(user_id, order_id, lead_id) is not null
owner: data-engineering
columns:
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  kind: {unit: text, description: "user, order or lead."}
  identifier: {unit: id, description: Its id.}
  first_at: {unit: timestamp, description: When the first such event occurred (UTC).}
*/
with

events as not materialized (
    select * from staging.stg_web__events where visitor_id is not null
),

named as (
    select visitor_id, 'user' as kind, user_id as identifier, occurred_at from events where user_id is not null
    union all
    select visitor_id, 'order' as kind, order_id as identifier, occurred_at from events where order_id is not null
    union all
    select visitor_id, 'lead' as kind, lead_id as identifier, occurred_at from events where lead_id is not null
)

select
    visitor_id,
    kind,
    identifier,
    min(occurred_at) as first_at
from named
group by visitor_id, kind, identifier
