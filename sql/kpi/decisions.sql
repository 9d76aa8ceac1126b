/*
description: >-
  One row a judged week, rule and subject: what the rule says, on which evidence, how sure it is, and what the team made of it. docs/decisions.md
  explains each rule. The newest decision of the team about a recommendation counts; those about nothing that was recommended are in
  kpi.decision_log.
grain: [week_start_date, rule, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the week.}
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  subject_kind: {unit: text, description: "campaign, ad, series, channel, kpi, landing_page, owner, experiment, whole, or all where there was nothing to judge."}
  subject: {unit: text, description: "What is judged: names in lower case, an ad behind its campaign and a slash."}
  verdict: {unit: text, description: "fires, quiet or not_enough_data."}
  title_en: {unit: text, description: The rule's title in English.}
  title_nb: {unit: text, description: The rule's title in bokmål.}
  title_sv: {unit: text, description: The rule's title in Swedish.}
  evidence: {unit: text, description: The figures and the sample sizes that the verdict rests on.}
  evidence_figures: {unit: json, description: "The same as figures: lines of JSON, each with the name of a text of config/evidence.yml."}
  sample: {unit: count, sum: never, description: Number of things that it rests on.}
  sample_unit: {unit: text, description: What they are.}
  confidence: {unit: share, description: "Probability that what the rule looks for is so, beyond chance; 1 or 0 where nothing is left to chance, NULL where data are missing."}
  missing: {unit: text, description: "What is missing and how much of it, where there is not enough data."}
  missing_figures: {unit: json, description: "The same as figures, like those of the evidence."}
  action: {unit: text, description: "What is recommended, in English; NULL unless it fires."}
  action_nb: {unit: text, description: The same in bokmål.}
  action_sv: {unit: text, description: The same in Swedish.}
  owner: {unit: text, description: Who decides.}
  decided: {unit: text, description: "decided: the team did so; deviated: it decided against; ignored: it decided nothing in time; open: there is time left. NULL unless it fires."}
  decision_id: {unit: id, description: "The decision, as in kpi.decision_log; NULL without one."}
  decided_at: {unit: timestamp, description: When it was taken (UTC).}
*/
with

verdicts as (
    select * from kpi.int_rule_verdicts
),

pairs as (
    select * from kpi.int_decision_pairs
),

said as (
    select * from kpi.int_said
),

targets as (
    select * from kpi.int_rule_targets
),

rules as (
    select * from config.decision_rules
),

actions as (
    select * from config.decision_rule_actions
),

parameters as (
    select * from config.decision_rule_parameters
),

settings as (
    select * from config.settings
),

run as (
    select * from config.run
),

newest as (
    select *
    from pairs
    qualify row_number() over (
        partition by rule, week_start_date, subject_kind, subject
        order by decided_at desc, decision_id
    ) = 1
)

select
    verdicts.week_start_date,
    verdicts.rule,
    verdicts.subject_kind,
    verdicts.subject,
    verdicts.verdict,
    rules.title_en,
    rules.title_nb,
    rules.title_sv,
    evidence.english as evidence,
    verdicts.evidence as evidence_figures,
    verdicts.sample,
    verdicts.sample_unit,
    verdicts.confidence,
    missing.english as missing,
    verdicts.missing as missing_figures,
    case when verdicts.verdict = 'fires' then actions.action_en end as action,
    case when verdicts.verdict = 'fires' then actions.action_nb end as action_nb,
    case when verdicts.verdict = 'fires' then actions.action_sv end as action_sv,
    coalesce(rules.owner, verdicts.owner, targets.owner, settings.marketing_owner) as owner,
    case
        when verdicts.verdict <> 'fires' then null
        when newest.stance = 'for' then 'decided'
        when newest.stance = 'against' then 'deviated'
        when run.run_date > cast(verdicts.week_end_date + interval 1 day * parameters.decisions_within_days as date) then 'ignored'
        else 'open'
    end as decided,
    newest.decision_id,
    newest.decided_at
from verdicts
inner join rules on rules.rule = verdicts.rule
cross join parameters
cross join settings
cross join run
left join said as evidence on evidence.said = verdicts.evidence
left join said as missing on missing.said = verdicts.missing
left join actions on actions.rule = verdicts.rule and actions.variant = verdicts.variant
left join targets
    on
        targets.week_start_date = verdicts.week_start_date
        and targets.kpi = case when verdicts.subject_kind = 'kpi' then verdicts.subject else rules.kpi end
left join newest
    on
        newest.rule = verdicts.rule
        and newest.week_start_date = verdicts.week_start_date
        and newest.subject_kind = verdicts.subject_kind
        and newest.subject = verdicts.subject
