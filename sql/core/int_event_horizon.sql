/*
description: "One row: until when the delivered web events tell what happened. A session whose last event lies less than the timeout before it may still go on."
grain: [until_at]
materialise: table
owner: data-engineering
columns:
  until_at: {unit: timestamp, description: "The newest event, or the beginning of the day of the newest delivery where that is later (UTC); NULL without events."}
*/
with

events as (
    select * from staging.stg_web__events
)

-- An event more than two days after its own delivery has a wrong clock and says nothing about how far the deliveries reach. Of a delivery
-- often only the day is known, so no more is taken from it than that the day had begun.
select
    greatest(
        max(occurred_at) filter (where occurred_at - interval 2 day <= captured_at),
        max(date_trunc('day', captured_at))
    ) as until_at
from events
