/*
description: "One row a visitor who is one of several of a person, with the start of the first session of any of them."
grain: [visitor_id]
materialise: incremental
unit: [visitor_id]
restrict:
  core.int_identities: >-
    person_id in (select known.person_id from core.int_identities as known where known.visitor_id in (select visitor_id from units))
  core.int_visitors: >-
    visitor_id in (
    select other.visitor_id from core.int_identities as known
    inner join core.int_identities as other on other.person_id = known.person_id
    where known.visitor_id in (select visitor_id from units))
changed:
  core.int_identities: >-
    select visitor_id from changed
    union
    select known.visitor_id from core.int_identities as known
    where known.person_id in (select person_id from changed)
  core.int_visitors: >-
    select other.visitor_id from core.int_identities as known
    inner join core.int_identities as other on other.person_id = known.person_id
    where known.visitor_id in (select visitor_id from changed)
owner: data-engineering
columns:
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  first_started_at: {unit: timestamp, description: "When the person's first known session began (UTC)."}
*/
with

identities as (
    select * from core.int_identities
),

visitors as (
    select * from core.int_visitors
)

select
    identities.visitor_id,
    min(visitors.first_started_at) over (partition by identities.person_id) as first_started_at
from identities
inner join visitors on visitors.visitor_id = identities.visitor_id
qualify count(*) over (partition by identities.person_id) > 1
