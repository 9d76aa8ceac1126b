/*
description: >-
  One row a judged week and campaign, ad or channel under the rules pause and recover: whether its CPA lies above the target by more than
  the rule allows. The scores are those of kpi.int_rule_windows.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: campaign, ad or channel."}
  subject: {unit: text, description: What is judged.}
  is_met: {unit: flag, description: Whether the figures as they stand fulfil the rule.}
  score: {unit: number, sum: never, description: "How clearly, as a normal score; NULL where it is no matter of chance."}
  sample: {unit: count, sum: never, description: Number of things that the judgement rests on.}
  sample_unit: {unit: text, description: What they are.}
  missing: {unit: json, description: "What is missing for a judgement, told by evidence.yml; NULL where nothing is."}
  evidence: {unit: json, description: "The figures used, told by evidence.yml."}
  owner: {unit: text, description: "Who decides, where the subject says so; else NULL."}
*/
with

windows as (
    select * from kpi.int_rule_windows
    where rule in ('pause', 'recover')
),

parameters as (
    select * from config.decision_rule_parameters
),

rules as (
    select * from config.decision_rules
),

-- Spend that a subject without any conversion must have reached for the rule to be sure: its Gamma shape is 1/2 then.
asked as (
    select
        windows.*,
        rules.score as score_asked,
        cast(windows.cpa_limit as double) * 0.5 * pow(1 - 2.0 / 9 + rules.score * sqrt(2.0) / 3, 3) as spend_asked,
        case when windows.rule = 'pause' then parameters.pause_cost_over_target else parameters.recover_cost_over_target end as cost_over_target,
        case when windows.rule = 'pause' then parameters.pause_minimum_clicks else parameters.recover_minimum_clicks end as minimum_clicks,
        case when windows.rule = 'pause' then parameters.pause_minimum_impressions end as minimum_impressions
    from windows
    inner join rules on rules.rule = windows.rule
    cross join parameters
)

select
    rule,
    'main' as variant,
    week_start_date,
    subject_kind,
    subject,
    coalesce(cast(spend as double) > cast(cpa_limit as double) * cast(conversions as double), false) as is_met,
    cpa_score as score,
    link_clicks as sample,
    'clicks' as sample_unit,
    case
        when cpa_target is null then cpa_missing
        when link_clicks < minimum_clicks and (minimum_impressions is null or impressions < minimum_impressions)
            then case
                when minimum_impressions is null
                    then cast(to_json({'text': 'more', 'count': minimum_clicks - link_clicks, 'what': 'clicks'}) as varchar)
                else
                    cast(to_json({
                        'text': 'more_of_either', 'clicks': minimum_clicks - link_clicks,
                        'impressions': minimum_impressions - impressions
                    }) as varchar)
            end
        when untracked is not null then untracked
        when conversions = 0 and spend > 0 and cpa_score < score_asked
            then cast(to_json({
                'text': 'spent_in_vain', 'amount': greatest(ceil(spend_asked - cast(spend as double)), 1), 'currency': currency
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'cost_limit', 'cpa': cpa, 'limit': cpa_limit,
        'times': case when cpa_target is not null then cost_over_target end, 'target': cpa_target, 'origin': cpa_origin,
        'currency': currency, 'spend': spend, 'money': currency, 'conversions': conversions, 'clicks': link_clicks,
        'impressions': impressions, 'weeks': weeks
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from asked
