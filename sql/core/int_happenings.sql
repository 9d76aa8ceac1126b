/*
description: "One row a lead or order that names a session or a visitor, and when it happened: what makes a visit more than a bounce. Narrow, so that a CRM list that is delivered anew every night touches only the sessions of what is new in it."
grain: [conversion_id]
materialise: table
owner: data-engineering
columns:
  conversion_id: {unit: id, description: "The id of the lead or order, with its kind before a colon."}
  session_id: {unit: id, description: The session that the source names.}
  visitor_id: {unit: id, description: The visitor that the source names.}
  occurred_at: {unit: timestamp, description: When it happened (UTC).}
*/
with

leads as (
    select * from staging.stg_crm__leads
),

orders as (
    select * from staging.stg_shop__orders
),

happenings as (
    select concat('lead:', lead_id) as conversion_id, session_id, visitor_id, created_at as occurred_at from leads
    union all
    select concat('order:', order_id) as conversion_id, session_id, visitor_id, ordered_at as occurred_at from orders
)

select
    conversion_id,
    session_id,
    visitor_id,
    occurred_at
from happenings
where coalesce(session_id, visitor_id) is not null
