/*
description: "One row a variant of an experiment, the newest delivery of each. A variant is told by the utm_content of its links, by its campaign or by its ad."
grain: [experiment_id, variant]
materialise: table
owner: data-engineering
columns:
  experiment_id: {unit: id, description: The experiment's id.}
  variant: {unit: text, description: The variant's name.}
  hypothesis: {unit: text, description: What is expected of it.}
  kind: {unit: text, description: "What is varied, in lower case: creative, audience, offer or flow."}
  utm_content: {unit: text, description: The utm_content that tells the variant.}
  campaign: {unit: text, description: The campaign that tells the variant.}
  ad: {unit: text, description: The ad that tells the variant.}
  metric: {unit: text, description: "The measure or KPI that decides, in lower case."}
  planned_sample: {unit: count, sum: always, description: Planned sample of the variant.}
  budget: {unit: money, sum: by_currency, description: "Planned budget of the variant, in the team's own currency."}
  impact: {unit: number, sum: never, description: Expected impact as the team scored it.}
  effort: {unit: number, sum: never, description: Expected effort as the team scored it.}
  started_date: {unit: date, description: "Local day on which it began, NULL before."}
  ended_date: {unit: date, description: "Local day on which it ended, NULL while it runs."}
  started_at: {unit: timestamp, description: When it began (UTC).}
  ended_at: {unit: timestamp, description: When it ended (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
*/
with

experiments as (
    select * from raw.experiments
),

zone_days as (
    select * from config.zone_days
),

newest as (
    select *
    from experiments
    where experiment_id is not null and variant is not null
    qualify row_number() over (
        partition by experiment_id, trim(variant)
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    newest.experiment_id,
    trim(newest.variant) as variant,
    nullif(trim(newest.hypothesis), '') as hypothesis,
    nullif(lower(trim(newest.kind)), '') as kind,
    nullif(trim(newest.utm_content), '') as utm_content,
    nullif(trim(newest.campaign), '') as campaign,
    nullif(trim(newest.ad), '') as ad,
    nullif(lower(trim(newest.metric)), '') as metric,
    newest.planned_sample,
    newest.budget,
    newest.impact,
    newest.effort,
    cast(newest.started_at + interval 1 second * (
        case
            when newest.started_at < started_day.transition_at then started_day.offset_before_seconds
            else started_day.offset_after_seconds
        end
    ) as date) as started_date,
    cast(newest.ended_at + interval 1 second * (
        case
            when newest.ended_at < ended_day.transition_at then ended_day.offset_before_seconds
            else ended_day.offset_after_seconds
        end
    ) as date) as ended_date,
    newest.started_at,
    newest.ended_at,
    newest.captured_at,
    newest.source_file
from newest
left join zone_days as started_day on started_day.utc_date = cast(newest.started_at as date)
left join zone_days as ended_day on ended_day.utc_date = cast(newest.ended_at as date)
