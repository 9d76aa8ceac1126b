/*
description: One row a customer review, the newest delivery of each.
grain: [review_id]
materialise: table
owner: data-engineering
columns:
  review_id: {unit: id, description: The review's id.}
  source: {unit: text, description: "Where it was written, in lower case."}
  customer_id: {unit: id, description: "The customer who wrote it, where known."}
  rating: {unit: number, sum: never, description: The rating on the source's own scale; NULL where it has none.}
  reviewed_date: {unit: date, description: Local day on which it was written.}
  reviewed_at: {unit: timestamp, description: When it was written (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
*/
with

reviews as (
    select * from raw.reviews
),

zone_days as (
    select * from config.zone_days
),

newest as (
    select *
    from reviews
    where review_id is not null and reviewed_at is not null
    qualify row_number() over (
        partition by review_id
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    newest.review_id,
    lower(trim(newest.source)) as source,
    nullif(newest.customer_id, '') as customer_id,
    newest.rating,
    cast(newest.reviewed_at + interval 1 second * (
        case
            when newest.reviewed_at < reviewed_day.transition_at then reviewed_day.offset_before_seconds
            else reviewed_day.offset_after_seconds
        end
    ) as date) as reviewed_date,
    newest.reviewed_at,
    newest.captured_at,
    newest.source_file
from newest
left join zone_days as reviewed_day on reviewed_day.utc_date = cast(newest.reviewed_at as date)
