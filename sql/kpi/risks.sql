/*
description: "One row a judged week, risk of decision_rules.yml and KPI that shows it: whether it rose, on which evidence. docs/decisions.md says of each what makes it rise."
grain: [week_start_date, risk, kpi]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the week.}
  risk: {unit: id, description: The risk's name in decision_rules.yml.}
  kpi: {unit: id, description: The KPI that shows it.}
  state: {unit: text, description: "risen, calm or not_enough_data."}
  title_en: {unit: text, description: The risk's title in English.}
  title_nb: {unit: text, description: The risk's title in bokmål.}
  title_sv: {unit: text, description: The risk's title in Swedish.}
  evidence: {unit: text, description: The figures that the state rests on.}
  evidence_figures: {unit: json, description: "The same as figures: lines of JSON, each with the name of a text of config/evidence.yml."}
  missing: {unit: text, description: "What is missing, where there is not enough data."}
  missing_figures: {unit: json, description: "The same as figures, like those of the evidence."}
  action: {unit: text, description: "What holds the risk down, in English."}
  action_nb: {unit: text, description: The same in bokmål.}
  action_sv: {unit: text, description: The same in Swedish.}
  owner: {unit: text, description: Who decides on the KPI.}
*/
with

assessed as (
    select risk, kpi, week_start_date, is_risen, missing, evidence from kpi.int_risk_levels
    union all
    select risk, kpi, week_start_date, is_risen, missing, evidence from kpi.int_risk_changes
),

risks as (
    select * from config.risks
),

said as (
    select * from kpi.int_said
),

targets as (
    select * from kpi.int_rule_targets
),

settings as (
    select * from config.settings
)

select
    assessed.week_start_date,
    assessed.risk,
    assessed.kpi,
    case
        when assessed.missing is not null then 'not_enough_data'
        when assessed.is_risen then 'risen'
        else 'calm'
    end as state,
    risks.title_en,
    risks.title_nb,
    risks.title_sv,
    evidence.english as evidence,
    assessed.evidence as evidence_figures,
    missing.english as missing,
    assessed.missing as missing_figures,
    risks.action_en as action,
    risks.action_nb,
    risks.action_sv,
    coalesce(targets.owner, settings.marketing_owner) as owner
from assessed
inner join risks on risks.risk = assessed.risk
cross join settings
left join said as evidence on evidence.said = assessed.evidence
left join said as missing on missing.said = assessed.missing
left join targets on targets.kpi = assessed.kpi and targets.week_start_date = assessed.week_start_date
