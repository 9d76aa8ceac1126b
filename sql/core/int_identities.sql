/*
description: "One row a visitor that a lead, an order or a login identifies, and the person it is: all devices of one person have the same. A visitor who is not here is a person alone. Without consent nobody is here."
grain: [visitor_id]
materialise: table
owner: data-engineering
columns:
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  person_id: {unit: id, description: "The person: the smallest visitor_id of all that belong to it."}
*/
with

identifiers as (
    select * from core.int_identifiers
)

select
    identifier as visitor_id,
    person_id
from identifiers
where kind = 'visitor'
