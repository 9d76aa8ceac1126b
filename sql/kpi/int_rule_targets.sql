/*
description: >-
  One row a KPI and judged week: its target and who decides on it. Of several plans the one named in decision_rules.yml goes first, then one
  that is running, then the one that began last; a KPI that no plan has takes the target of decision_rules.yml. Money is converted into the
  reporting currency at the rate of the week's last day.
grain: [kpi, week_start_date]
materialise: table
owner: data-engineering
columns:
  kpi: {unit: id, description: The KPI's name in kpi.kpi_catalogue.}
  week_start_date: {unit: date, description: Monday of the week.}
  target: {unit: number, sum: never, description: "What it should be, in the KPI's unit, money in the reporting currency; NULL where nobody says."}
  origin: {unit: text, description: "The plan that the target is from, else decision_rules.yml."}
  owner: {unit: text, description: "Who decides on the KPI: the plan's owner, else that of kpis.yml."}
  is_complete: {unit: flag, description: Whether the KPI's sources have delivered the whole week.}
  missing: {unit: json, description: "Told by evidence.yml: why there is no target; NULL where there is one."}
*/
with

weeks as (
    select * from kpi.int_rule_weeks
),

scorecard as (
    select * from kpi.scorecard
),

kpi_values as (
    select * from kpi.kpi_values
),

kpis as (
    select * from config.kpis
),

plans as (
    select * from config.plans
),

own_targets as (
    select * from config.decision_targets
),

rates as (
    select * from core.int_rates_daily
),

parameters as (
    select * from config.decision_rule_parameters
),

settings as (
    select * from config.settings
),

planned as (
    select
        scorecard.kpi,
        scorecard.week_start_date,
        scorecard.plan as origin,
        case when parameters.judging_against = 'expected' then scorecard.expected else scorecard.target end as target,
        scorecard.currency,
        scorecard.owner
    from scorecard
    inner join plans on plans.plan = scorecard.plan
    cross join parameters
    qualify row_number() over (
        partition by scorecard.kpi, scorecard.week_start_date
        order by
            case when scorecard.plan = parameters.judging_plan then 0 else 1 end,
            case when plans.end_date >= scorecard.week_start_date then 0 else 1 end,
            plans.start_date desc,
            scorecard.plan
    ) = 1
),

chosen as (
    select
        kpis.kpi,
        kpis.unit,
        weeks.week_start_date,
        weeks.week_end_date,
        coalesce(planned.target, own_targets.target) as target,
        case when planned.target is not null then planned.origin when own_targets.target is not null then 'decision_rules.yml' end as origin,
        coalesce(planned.owner, kpis.owner) as owner,
        case
            when kpis.unit <> 'money' then null
            when planned.target is not null then planned.currency
            else coalesce(own_targets.currency, settings.currency)
        end as currency,
        settings.currency as reporting_currency
    from kpis
    cross join weeks
    cross join settings
    left join planned on planned.kpi = kpis.kpi and planned.week_start_date = weeks.week_start_date
    left join own_targets on own_targets.kpi = kpis.kpi
),

converted as (
    select
        chosen.*,
        case
            when chosen.currency is null or chosen.currency = chosen.reporting_currency then chosen.target
            else
                cast(round(
                    cast(chosen.target as double) * cast(rates.units_reporting as double)
                    / nullif(cast(rates.units_currency as double), 0),
                    6
                ) as decimal(18, 6))
        end as target_reporting
    from chosen
    left join rates on rates.currency = chosen.currency and rates.date = chosen.week_end_date
)

select
    converted.kpi,
    converted.week_start_date,
    converted.target_reporting as target,
    case when converted.target_reporting is not null then converted.origin end as origin,
    converted.owner,
    coalesce(kpi_values.is_complete, false) as is_complete,
    case
        when converted.target_reporting is not null then null
        when converted.target is not null then cast(to_json({'text': 'rate_for', 'currency': converted.currency}) as varchar)
        else cast(to_json({'text': 'target_for', 'kpi': converted.kpi}) as varchar)
    end as missing
from converted
left join kpi_values
    on
        kpi_values.kpi = converted.kpi
        and kpi_values.period = 'week'
        and kpi_values.period_start_date = converted.week_start_date
        and kpi_values.dimension = 'all'
