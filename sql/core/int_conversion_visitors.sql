/*
description: "One row a conversion and a visitor whose sessions may have led to it: its own, and all visitors of the person behind it."
grain: [conversion_id, visitor_id]
materialise: incremental
unit: [conversion_id]
restrict:
  core.fct_conversions: [conversion_id]
  core.int_conversion_persons: [conversion_id]
changed:
  core.fct_conversions: select conversion_id from changed
  core.int_conversion_persons: select conversion_id from changed
  core.int_identities: >-
    select conversion_id from core.int_conversion_persons where person_id in (select person_id from changed)
owner: data-engineering
columns:
  conversion_id: {unit: id, description: The conversion.}
  visitor_id: {unit: id, description: A visitor behind it.}
*/
with

conversions as (
    select * from core.fct_conversions
),

persons as (
    select * from core.int_conversion_persons
),

identities as (
    select * from core.int_identities
)

select
    conversion_id,
    visitor_id
from conversions
where visitor_id is not null
union
select
    persons.conversion_id,
    identities.visitor_id
from persons
inner join identities on identities.person_id = persons.person_id
