/*
description: "One row a conversion and a visitor whose sessions may have led to it: its own, and those known by the same e-mail address."
grain: [conversion_id, visitor_id]
materialise: incremental
unit: [conversion_id]
restrict:
  core.fct_conversions: [conversion_id]
  core.int_conversions: [conversion_id]
changed:
  core.fct_conversions: select conversion_id from changed
  core.int_conversions: select conversion_id from changed
  core.int_email_visitors: >-
    select conversion_id from core.int_conversions where email_hash in (select email_hash from changed)
owner: data-engineering
columns:
  conversion_id: {unit: id, description: The conversion.}
  visitor_id: {unit: id, description: A visitor behind it.}
*/
with

conversions as (
    select * from core.fct_conversions
),

sources as (
    select * from core.int_conversions
),

email_visitors as (
    select * from core.int_email_visitors
)

select
    conversion_id,
    visitor_id
from conversions
where visitor_id is not null
union
select
    sources.conversion_id,
    email_visitors.visitor_id
from sources
inner join email_visitors on email_visitors.email_hash = sources.email_hash
