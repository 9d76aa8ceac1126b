/*
description: >-
  One row an active risk and KPI of decision_rules.yml, and how the KPI is looked at: against a level (below_target, pass_rate, any_at_all, minimum),
  against what platforms themselves claim (parted), as a variation (variation_with_spend), or as a change. Changes: worse_twice (two weeks in a
  row), worse (over a fortnight), worse_with_spend (over four weeks in which spend grew), idle_with_followers and idle_with_views (not better
  over four weeks in which followers, or impressions and views, grew). KPIs that a team adds to a risk are looked at as the risk's other ones are.
grain: [risk, kpi]
materialise: table
owner: data-engineering
columns:
  risk: {unit: id, description: The risk's name in decision_rules.yml.}
  kpi: {unit: id, description: The KPI that shows it.}
  test: {unit: text, description: How the KPI is looked at.}
  minimum: {unit: number, sum: never, description: "The level or the least number, where the file gives one."}
*/
with

risks as (
    select * from config.risks
    where is_active
),

risk_kpis as (
    select * from config.risk_kpis
),

parameters as (
    select * from config.decision_rule_parameters
)

select
    risk_kpis.risk,
    risk_kpis.kpi,
    case
        when risk_kpis.risk = 'organic_reach_volatile' then 'worse_twice'
        when risk_kpis.risk = 'reporting_immature' and risk_kpis.kpi = 'utm_coverage' then 'below_target'
        when risk_kpis.risk = 'reporting_immature' and risk_kpis.kpi = 'landing_page_cvr' then 'parted'
        when risk_kpis.risk = 'brand_safety' and risk_kpis.kpi = 'qa_pass_rate' then 'pass_rate'
        when risk_kpis.risk = 'brand_safety' and risk_kpis.kpi = 'policy_flags' then 'any_at_all'
        when risk_kpis.risk = 'followers_without_sales' then 'idle_with_followers'
        when risk_kpis.risk = 'tempo' and risk_kpis.kpi = 'assets_published' then 'minimum'
        when risk_kpis.risk = 'metrics_off_target' then 'idle_with_views'
        when risk_kpis.risk = 'slow_iterations' and risk_kpis.kpi = 'creative_tests_started' then 'minimum'
        when risk_kpis.risk = 'scaled_before_proof' and risk_kpis.kpi = 'cpa_variation' then 'variation_with_spend'
        when risk_kpis.risk = 'scaled_before_proof' then 'worse_with_spend'
        else 'worse'
    end as test,
    cast(case risk_kpis.risk
        when 'brand_safety' then parameters.brand_safety_minimum_pass_rate
        when 'tempo' then parameters.tempo_weekly_minimum
        when 'slow_iterations' then parameters.slow_iterations_weekly_minimum
    end as decimal(18, 6)) as minimum
from risk_kpis
inner join risks on risks.risk = risk_kpis.risk
cross join parameters
