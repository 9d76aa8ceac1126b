/*
description: "One row a post, day and measure of a true day-by-day export, the newest delivery of each."
grain: [platform, post_id, date, measure]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: "The platform, in lower case."}
  account: {unit: text, description: The account that published the post.}
  post_id: {unit: id, description: The platform's id of the post.}
  measure: {unit: text, description: "What is measured, by the column names of core.fct_posts_daily."}
  value: {unit: number, sum: always, description: The amount of that day.}
  date: {unit: date, description: The day in the platform's own reckoning.}
  captured_at: {unit: timestamp, description: When the export was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

post_days as (
    select * from raw.social_post_daily
)

select
    lower(platform) as platform,
    account,
    post_id,
    lower(measure) as measure,
    value,
    date,
    captured_at,
    source_file
from post_days
where post_id is not null and date is not null and value is not null
qualify row_number() over (
    partition by lower(platform), post_id, date, lower(measure)
    order by captured_at desc nulls last, file_id desc, source_row desc
) = 1
