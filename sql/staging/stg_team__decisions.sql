/*
description: "One row a decision that the team wrote down, the newest delivery of each. The log has no ids: the same words about the same subject at the same time by the same rule are one decision."
grain: [decision_id]
materialise: table
owner: data-engineering
columns:
  decision_id: {unit: id, description: "A digest of when, about what, by which rule and what."}
  subject: {unit: text, description: "What it is about: a campaign, an ad, a series, a channel, a KPI or an experiment."}
  decision: {unit: text, description: What was decided.}
  owner: {unit: text, description: Who decided.}
  rule: {unit: text, description: "The decision rule that had proposed it, in lower case; NULL where it was the team's own idea."}
  note: {unit: text, description: A note.}
  decided_date: {unit: date, description: Local day on which it was taken.}
  decided_at: {unit: timestamp, description: When it was taken (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
*/
with

decisions as (
    select * from raw.decisions
),

zone_days as (
    select * from config.zone_days
),

named as (
    select
        *,
        md5(concat(
            cast(decided_at as varchar), '|', lower(trim(subject)), '|', coalesce(lower(trim(rule)), ''), '|', lower(trim(decision))
        )) as decision_id
    from decisions
    where decided_at is not null and subject is not null and decision is not null
),

newest as (
    select *
    from named
    qualify row_number() over (
        partition by decision_id
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    newest.decision_id,
    trim(newest.subject) as subject,
    trim(newest.decision) as decision,
    nullif(trim(newest.owner), '') as owner,
    nullif(lower(trim(newest.rule)), '') as rule,
    nullif(trim(newest.note), '') as note,
    cast(newest.decided_at + interval 1 second * (
        case
            when newest.decided_at < decided_day.transition_at then decided_day.offset_before_seconds
            else decided_day.offset_after_seconds
        end
    ) as date) as decided_date,
    newest.decided_at,
    newest.captured_at,
    newest.source_file
from newest
left join zone_days as decided_day on decided_day.utc_date = cast(newest.decided_at as date)
