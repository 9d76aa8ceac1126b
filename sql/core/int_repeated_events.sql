/*
description: "One row a web event that was delivered more than once: which of its deliveries is the newest, and therefore counts."
grain: [event_id]
materialise: incremental
unit: [event_id]
restrict:
  staging.stg_web__events: [event_id]
changed:
  raw.web_events: select event_id from changed
owner: data-engineering
columns:
  event_id: {unit: id, description: "The event's id as delivered."}
  newest_file_id: {unit: id, description: Digest of the file with the newest delivery.}
  newest_source_row: {unit: number, sum: never, description: Number of that record in its file.}
*/
with

deliveries as not materialized (
    select * from staging.stg_web__events
),

-- Only what was delivered more than once is ranked: a window over every event would cost more than cutting the sessions.
repeated as (
    select event_id
    from deliveries
    group by event_id
    having count(*) > 1
)

select
    deliveries.event_id,
    deliveries.file_id as newest_file_id,
    deliveries.source_row as newest_source_row
from deliveries
inner join repeated on repeated.event_id = deliveries.event_id
qualify row_number() over (
    partition by deliveries.event_id
    order by deliveries.captured_at desc nulls last, deliveries.file_id desc, deliveries.source_row desc
) = 1
