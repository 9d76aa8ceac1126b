/*
description: "One row a demographic figure of an account's audience, as delivered. Shares and unique counts: nothing here may be added up."
grain: [platform, account, period_from, period_to, dimension, member, measure]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: "The platform, such as instagram."}
  account: {unit: text, description: "The account, empty where neither the file nor its sidecar names it."}
  dimension: {unit: text, description: "What the audience is divided by: age and gender, city, country and so on."}
  member: {unit: text, description: The part of the audience.}
  measure: {unit: text, description: "Whose share or number it is, such as followers."}
  value_unit: {unit: text, description: count or share; a share is 0 to 1.}
  value: {unit: number, sum: never, description: The figure as delivered.}
  period_from: {unit: date, description: "First day described, NULL for a state."}
  period_to: {unit: date, description: Last day described.}
  captured_at: {unit: timestamp, description: When the export was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

audience as (
    select * from staging.stg_social__audience
)

select
    platform,
    account,
    dimension,
    member,
    measure,
    value_unit,
    value,
    period_from,
    period_to,
    captured_at,
    source_file
from audience
