/*
description: "One row a session that was delivered more than once: which of its deliveries is the newest, and therefore counts."
grain: [session_id]
materialise: incremental
unit: [session_id]
restrict:
  raw.web_sessions: [session_id]
changed:
  raw.web_sessions: select session_id from changed
owner: data-engineering
columns:
  session_id: {unit: id, description: "The session's id as delivered."}
  newest_file_id: {unit: id, description: Digest of the file with the newest delivery.}
  newest_source_row: {unit: number, sum: never, description: Number of that record in its file.}
*/
with

deliveries as not materialized (
    select * from staging.stg_web__sessions
),

-- Only what was delivered more than once is ranked: a window over every delivery would cost more than all the reading of tags.
repeated as (
    select session_id
    from deliveries
    group by session_id
    having count(*) > 1
)

select
    deliveries.session_id,
    deliveries.file_id as newest_file_id,
    deliveries.source_row as newest_source_row
from deliveries
inner join repeated on repeated.session_id = deliveries.session_id
qualify row_number() over (
    partition by deliveries.session_id
    order by deliveries.captured_at desc nulls last, deliveries.file_id desc, deliveries.source_row desc
) = 1
