/*
description: One row an item of the content calendar, the newest delivery of each.
grain: [asset_id]
materialise: table
owner: data-engineering
columns:
  asset_id: {unit: id, description: The item's id in the calendar.}
  derived_from_asset_id: {unit: id, description: The item that this one was cut or adapted from.}
  post_id: {unit: id, description: "The post that it became, by the platform's own id."}
  platform: {unit: text, description: "The platform it was made for, in lower case."}
  series: {unit: text, description: The series it belongs to.}
  format: {unit: text, description: "Its format, in lower case."}
  goal: {unit: text, description: "What it is for: reach, engagement or traffic."}
  distribution: {unit: text, description: "How it is spread: organic, paid or assisted."}
  hook: {unit: text, description: Its opening.}
  creator: {unit: text, description: "The outside creator it was made with, NULL when made in-house."}
  utm_content: {unit: text, description: The tag value by which its clicks are known.}
  policy_flags: {unit: count, sum: always, description: Strikes that the platform gave it.}
  is_reviewed: {unit: flag, description: Whether its quality check has a result.}
  has_passed_review: {unit: flag, description: "Whether it passed every quality check; NULL before its review."}
  published_date: {unit: date, description: "Local day on which it was published, NULL before."}
  review_date: {unit: date, description: "The day its review and flags count on: that of publishing, else that of the brief."}
  briefed_at: {unit: timestamp, description: When it was briefed (UTC).}
  published_at: {unit: timestamp, description: When it was published (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
*/
with

items as (
    select * from raw.content_calendar
),

zone_days as (
    select * from config.zone_days
),

newest as (
    select *
    from items
    where asset_id is not null
    qualify row_number() over (
        partition by asset_id
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    newest.asset_id,
    nullif(newest.derived_from_asset_id, '') as derived_from_asset_id,
    nullif(newest.post_id, '') as post_id,
    lower(trim(newest.platform)) as platform,
    nullif(trim(newest.series), '') as series,
    nullif(lower(trim(newest.format)), '') as format,
    lower(trim(newest.goal)) as goal,
    lower(trim(newest.distribution)) as distribution,
    nullif(trim(newest.hook), '') as hook,
    nullif(trim(newest.creator), '') as creator,
    nullif(newest.utm_content, '') as utm_content,
    newest.policy_flags,
    newest.qa_passed is not null as is_reviewed,
    newest.qa_passed as has_passed_review,
    cast(newest.published_at + interval 1 second * (
        case
            when newest.published_at < published_day.transition_at then published_day.offset_before_seconds
            else published_day.offset_after_seconds
        end
    ) as date) as published_date,
    coalesce(
        cast(newest.published_at + interval 1 second * (
            case
                when newest.published_at < published_day.transition_at then published_day.offset_before_seconds
                else published_day.offset_after_seconds
            end
        ) as date),
        cast(newest.briefed_at + interval 1 second * (
            case
                when newest.briefed_at < briefed_day.transition_at then briefed_day.offset_before_seconds
                else briefed_day.offset_after_seconds
            end
        ) as date)
    ) as review_date,
    newest.briefed_at,
    newest.published_at,
    newest.captured_at,
    newest.source_file
from newest
left join zone_days as published_day on published_day.utc_date = cast(newest.published_at as date)
left join zone_days as briefed_day on briefed_day.utc_date = cast(newest.briefed_at as date)
