/*
description: "One row a conversion and a person behind it, by its visitor, address or customer. A conversion of a visitor who refuses has none: it belongs to that visitor's own sessions only."
grain: [conversion_id, person_id]
materialise: table
owner: data-engineering
columns:
  conversion_id: {unit: id, description: The conversion.}
  person_id: {unit: id, description: "The person, as in core.int_identities."}
*/
with

conversions as (
    select * from core.int_conversions
),

identifiers as (
    select * from core.int_identifiers
),

refusals as (
    select * from core.int_refusals
),

named as (
    select conversion_id, 'visitor' as kind, given_visitor_id as identifier, given_visitor_id from conversions
    union all
    select conversion_id, 'email' as kind, email_hash as identifier, given_visitor_id from conversions
    union all
    select conversion_id, 'customer' as kind, customer_id as identifier, given_visitor_id from conversions
)

select distinct
    named.conversion_id,
    identifiers.person_id
from named
inner join identifiers on identifiers.kind = named.kind and identifiers.identifier = named.identifier
left join refusals on refusals.visitor_id = named.given_visitor_id
where refusals.visitor_id is null
