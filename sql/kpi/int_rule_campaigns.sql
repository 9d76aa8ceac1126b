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
  missing: {unit: text, description: "What is missing for a judgement; NULL where nothing is."}
  evidence: {unit: text, description: The figures used.}
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
            then concat(
                cast(parameters.test_hooks_minimum_impressions - windows.impressions_with_clicks as varchar), ' more impressions',
                case when windows.impressions_with_clicks < windows.impressions then ' whose link clicks are known' else '' end
            )
    end as missing,
    concat(
        'click rate ', coalesce(cast(cast(round(windows.ctr, 2) as decimal(9, 2)) as varchar), 'unknown'), ' % against ',
        case
            when windows.ctr_target is null then 'no target'
            else concat(cast(cast(windows.ctr_target as decimal(9, 2)) as varchar), ' % (', windows.ctr_origin, ')')
        end,
        '; ',
        cast(windows.link_clicks as varchar), ' link clicks of ', cast(windows.impressions_with_clicks as varchar), ' impressions in ',
        cast(windows.weeks as varchar), ' weeks'
    ) as evidence,
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
        when windows.cpa_target is null and windows.cpl_target is null then concat(windows.cpa_missing, ' or for cpl_paid')
        when windows.link_clicks < parameters.fix_landing_minimum_clicks
            then concat(cast(parameters.fix_landing_minimum_clicks - windows.link_clicks as varchar), ' more clicks')
        else windows.untracked
    end as missing,
    concat(
        'click rate ', coalesce(cast(cast(round(windows.ctr, 2) as decimal(9, 2)) as varchar), 'unknown'), ' % against ',
        coalesce(cast(cast(windows.ctr_target as decimal(9, 2)) as varchar), 'no target'), ' %; CPA ',
        coalesce(cast(cast(windows.cpa as decimal(18, 2)) as varchar), 'without any conversion'), ' against ',
        coalesce(cast(cast(windows.cpa_target as decimal(18, 2)) as varchar), 'no target'), ', cost per lead ',
        coalesce(cast(cast(windows.cpl as decimal(18, 2)) as varchar), 'without any lead'), ' against ',
        coalesce(cast(cast(windows.cpl_target as decimal(18, 2)) as varchar), 'no target'), ' ', windows.currency, '; ',
        cast(windows.link_clicks as varchar), ' clicks, ', cast(cast(round(windows.conversions, 1) as decimal(18, 1)) as varchar),
        ' conversions, ', cast(cast(round(windows.leads, 1) as decimal(18, 1)) as varchar), ' leads in ', cast(windows.weeks as varchar),
        ' weeks'
    ) as evidence,
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
            then concat(
                cast(cast(ceil(parameters.qualify_minimum_leads - windows.leads) as bigint) as varchar), ' more leads that are at least ',
                cast(parameters.qualify_ripening_weeks as varchar), ' weeks old'
            )
    end as missing,
    concat(
        'CPA ', coalesce(cast(cast(windows.cpa as decimal(18, 2)) as varchar), 'without any conversion'), ' against ',
        coalesce(cast(cast(windows.cpa_target as decimal(18, 2)) as varchar), 'no target'), ' ', windows.currency, '; qualified ',
        coalesce(cast(cast(round(windows.qualified_share, 1) as decimal(9, 1)) as varchar), 'unknown'), ' % against ',
        coalesce(cast(cast(windows.qualified_target as decimal(9, 1)) as varchar), 'no target'), ' %, ',
        cast(cast(round(windows.leads_qualified, 1) as decimal(18, 1)) as varchar), ' of ',
        cast(cast(round(windows.leads, 1) as decimal(18, 1)) as varchar), ' leads of ', cast(windows.weeks as varchar), ' weeks until ',
        cast(parameters.qualify_ripening_weeks as varchar), ' weeks before'
    ) as evidence,
    cast(null as varchar) as owner
from windows
cross join parameters
where windows.rule = 'qualify'
