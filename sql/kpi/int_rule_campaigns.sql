/*
description: >-
  One row a judged week and campaign under the rules test_hooks, fix_landing and qualify. Scores are those of kpi.int_rule_windows; where
  two things must hold, the lower counts, where either will do, the higher.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: campaign."}
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
    where subject_kind = 'campaign'
),

parameters as (
    select * from config.decision_rule_parameters
)

select
    windows.rule,
    'main' as variant,
    windows.week_start_date,
    windows.subject_kind,
    windows.subject,
    coalesce(windows.ctr < windows.ctr_target, false) as is_met,
    -windows.ctr_score as score,
    windows.impressions_with_clicks as sample,
    'impressions' as sample_unit,
    case
        when windows.ctr_target is null then windows.ctr_missing
        when windows.impressions_with_clicks < parameters.test_hooks_minimum_impressions
            then cast(to_json({
                'text': 'more', 'count': parameters.test_hooks_minimum_impressions - windows.impressions_with_clicks,
                'what': case when windows.impressions_with_clicks < windows.impressions then 'impressions whose link clicks are known' else 'impressions' end
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'click_rate', 'ctr': windows.ctr, 'target': windows.ctr_target, 'origin': windows.ctr_origin,
        'clicks': windows.link_clicks, 'impressions': windows.impressions_with_clicks, 'weeks': windows.weeks
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from windows
cross join parameters
where windows.rule = 'test_hooks'
union all
select
    windows.rule,
    'main' as variant,
    windows.week_start_date,
    windows.subject_kind,
    windows.subject,
    coalesce(windows.ctr >= windows.ctr_target, false)
    and (
        coalesce(cast(windows.spend as double) > cast(windows.cpa_limit as double) * cast(windows.conversions as double), false)
        or coalesce(cast(windows.spend as double) > cast(windows.cpl_target as double) * cast(windows.leads as double), false)
    ) as is_met,
    least(windows.ctr_score, greatest(windows.cpa_score, windows.cpl_score)) as score,
    windows.link_clicks as sample,
    'clicks' as sample_unit,
    case
        when windows.ctr_target is null then windows.ctr_missing
        when windows.cpa_target is null and windows.cpl_target is null then cast(to_json({'text': 'target_for_either', 'kpi': 'cpa', 'other': 'cpl_paid'}) as varchar)
        when windows.link_clicks < parameters.fix_landing_minimum_clicks
            then cast(to_json({
                'text': 'more', 'count': parameters.fix_landing_minimum_clicks - windows.link_clicks, 'what': 'clicks'
            }) as varchar)
        else windows.untracked
    end as missing,
    cast(to_json({
        'text': 'dear_clicks', 'ctr': windows.ctr, 'ctr_target': windows.ctr_target, 'cpa': windows.cpa,
        'cpa_target': windows.cpa_target, 'cpl': windows.cpl, 'cpl_target': windows.cpl_target, 'currency': windows.currency,
        'clicks': windows.link_clicks, 'conversions': windows.conversions, 'leads': windows.leads, 'weeks': windows.weeks
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from windows
cross join parameters
where windows.rule = 'fix_landing'
union all
select
    windows.rule,
    'main' as variant,
    windows.week_start_date,
    windows.subject_kind,
    windows.subject,
    coalesce(windows.cpa <= windows.cpa_limit and windows.qualified_share < windows.qualified_target, false) as is_met,
    least(-windows.qualified_score, -windows.cpa_score) as score,
    cast(round(windows.leads) as bigint) as sample,
    'leads' as sample_unit,
    case
        when windows.cpa_target is null then windows.cpa_missing
        when windows.qualified_target is null then windows.qualified_missing
        when windows.untracked is not null then windows.untracked
        when windows.leads < parameters.qualify_minimum_leads
            then cast(to_json({
                'text': 'ripe_leads', 'count': ceil(parameters.qualify_minimum_leads - windows.leads),
                'weeks': parameters.qualify_ripening_weeks
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'lead_quality', 'cpa': windows.cpa, 'cpa_target': windows.cpa_target, 'currency': windows.currency,
        'share': windows.qualified_share, 'target': windows.qualified_target, 'qualified': windows.leads_qualified,
        'leads': windows.leads, 'weeks': windows.weeks, 'ripening': parameters.qualify_ripening_weeks
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from windows
cross join parameters
where windows.rule = 'qualify'
