/*
description: "One row a decision that the team wrote down: the recommendation that it answers, if there was one. Of several recommendations the newest week's counts, then one it goes along with."
grain: [decision_id]
materialise: table
owner: data-engineering
columns:
  decision_id: {unit: id, description: A digest of the decision.}
  subject: {unit: text, description: "What it is about, as written."}
  decision: {unit: text, description: What was decided.}
  owner: {unit: text, description: Who decided.}
  rule: {unit: text, description: "The rule that the team named, in lower case."}
  note: {unit: text, description: A note.}
  outcome: {unit: text, description: "followed: as recommended; against: against the recommendation; unprompted: nothing of the kind was recommended; unknown_rule: it names a rule that there is none of."}
  recommended_by: {unit: id, description: "The rule that had recommended something, NULL where none had."}
  recommended_week: {unit: date, description: Monday of the week for which it did.}
  decided_date: {unit: date, description: Local day on which it was taken.}
  decided_at: {unit: timestamp, description: When it was taken (UTC).}
*/
with

decisions as (
    select * from staging.stg_team__decisions
),

pairs as (
    select * from kpi.int_decision_pairs
),

rules as (
    select * from config.decision_rules
),

answered as (
    select *
    from pairs
    qualify row_number() over (
        partition by decision_id
        order by week_start_date desc, stance desc, rule, subject_kind, subject
    ) = 1
)

select
    decisions.decision_id,
    decisions.subject,
    decisions.decision,
    decisions.owner,
    decisions.rule,
    decisions.note,
    case
        when answered.stance = 'for' then 'followed'
        when answered.stance = 'against' then 'against'
        when decisions.rule is not null and rules.rule is null then 'unknown_rule'
        else 'unprompted'
    end as outcome,
    answered.rule as recommended_by,
    answered.week_start_date as recommended_week,
    decisions.decided_date,
    decisions.decided_at
from decisions
left join answered on answered.decision_id = decisions.decision_id
left join rules on rules.rule = decisions.rule
