/*
description: >-
  One row a decision of the team and recommendation that it speaks to: whether it goes along with what the rule recommends. A decision that names a
  rule speaks to that rule only; else to those of whose words (says and against in decision_rules.yml) it holds one. It goes against where,
  beside the rule's own words, a word that refuses or one of the rule's against stands in it.
grain: [decision_id, rule, variant]
materialise: table
owner: data-engineering
columns:
  decision_id: {unit: id, description: As in staging.stg_team__decisions.}
  rule: {unit: id, description: The rule it speaks to.}
  variant: {unit: text, description: Which of the rule's recommendations.}
  subject: {unit: text, description: "What it is about, in lower case."}
  stance: {unit: text, description: for or against.}
  owner: {unit: text, description: Who decided.}
  decided_date: {unit: date, description: Local day on which it was taken.}
  decided_at: {unit: timestamp, description: When it was taken (UTC).}
*/
with

decisions as (
    select * from staging.stg_team__decisions
),

rules as (
    select * from config.decision_rule_actions
),

-- Two blanks between words, so that neighbouring words both stand between blanks of their own.
worded as (
    select
        *,
        concat(' ', regexp_replace(lower(decision), '[^a-z0-9æøåäöüéß]+', '  ', 'g'), ' ') as words
    from decisions
),

paired as (
    select
        worded.decision_id,
        rules.rule,
        rules.variant,
        worded.rule is not null as is_named,
        lower(worded.subject) as subject,
        coalesce(regexp_matches(worded.words, rules.says_pattern), false) as says,
        coalesce(regexp_replace(worded.words, rules.says_pattern, ' ', 'g'), worded.words) as other_words,
        rules.against_pattern,
        rules.refuses_pattern,
        worded.owner,
        worded.decided_date,
        worded.decided_at
    from worded
    inner join rules on rules.rule = worded.rule or worded.rule is null
),

read as (
    select
        *,
        coalesce(regexp_matches(other_words, against_pattern), false) as opposes,
        coalesce(regexp_matches(other_words, refuses_pattern), false) as refuses
    from paired
)

select
    decision_id,
    rule,
    variant,
    subject,
    case when opposes or refuses then 'against' else 'for' end as stance,
    owner,
    decided_date,
    decided_at
from read
where is_named or says or (opposes and not refuses)
