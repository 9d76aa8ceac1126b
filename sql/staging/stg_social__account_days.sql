/*
description: "One row an account, day and measure, the newest delivery of each; what the platform itself delivers counts before what a third tool reports of it."
grain: [platform, account, date, measure]
materialise: view
owner: data-engineering
columns:
  platform: {unit: text, description: "The platform, in lower case."}
  account: {unit: text, description: "The account; empty where neither the file nor its sidecar names it."}
  measure: {unit: text, description: "What is measured, by the column names of core.fct_account_daily."}
  value: {unit: number, sum: not_over_time, description: The amount of that day.}
  date: {unit: date, description: The day in the platform's own reckoning.}
  captured_at: {unit: timestamp, description: When the export was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

account_days as (
    select * from raw.social_account_daily
)

select
    lower(platform) as platform,
    coalesce(account, '') as account,
    lower(measure) as measure,
    value,
    date,
    captured_at,
    source_file
from account_days
where date is not null and value is not null
qualify row_number() over (
    partition by lower(platform), coalesce(account, ''), date, lower(measure)
    order by case when reported_by is null then 0 else 1 end, captured_at desc nulls last, file_id desc, source_row desc
) = 1
