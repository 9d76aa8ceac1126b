/*
description: >-
  One row a recommendation (a rule that fires) and decision of the team about it: the same rule and subject, taken from the week's first
  day on and at most decisions.within_days after its last. An ad is also known by its own name, a KPI by its titles.
grain: [decision_id, rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  decision_id: {unit: id, description: As in staging.stg_team__decisions.}
  rule: {unit: id, description: The rule that fires.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: What the subject is.}
  subject: {unit: text, description: What is judged.}
  stance: {unit: text, description: "for: the decision does what is recommended; against: it does not."}
  decided_at: {unit: timestamp, description: When it was taken (UTC).}
*/
with

verdicts as (
    select * from kpi.int_rule_verdicts
    where verdict = 'fires'
),

read as (
    select * from kpi.int_decisions_read
),

kpis as (
    select * from config.kpis
),

parameters as (
    select * from config.decision_rule_parameters
),

names as (
    select rule, variant, week_start_date, week_end_date, subject_kind, subject, lower(subject) as name
    from verdicts
    union
    select rule, variant, week_start_date, week_end_date, subject_kind, subject, lower(trim(split_part(subject, ' / ', 2)))
    from verdicts
    where subject_kind = 'ad'
    union
    select
        verdicts.rule,
        verdicts.variant,
        verdicts.week_start_date,
        verdicts.week_end_date,
        verdicts.subject_kind,
        verdicts.subject,
        lower(titled.title)
    from verdicts
    inner join (
        select kpi, title_en as title from kpis
        union
        select kpi, title_nb from kpis
        union
        select kpi, title_sv from kpis
    ) as titled on titled.kpi = verdicts.subject
    where verdicts.subject_kind = 'kpi'
)

select
    read.decision_id,
    names.rule,
    names.week_start_date,
    names.subject_kind,
    names.subject,
    max(read.stance) as stance,
    max(read.decided_at) as decided_at
from names
inner join read on read.rule = names.rule and read.variant = names.variant and read.subject = names.name
cross join parameters
where
    read.decided_date >= names.week_start_date
    and read.decided_date <= cast(names.week_end_date + interval 1 day * parameters.decisions_within_days as date)
group by read.decision_id, names.rule, names.week_start_date, names.subject_kind, names.subject
