/*
description: "One row a KPI and week in the order of the hourglass: awareness, intention, activation, conversion, relation, review, share. Where it stands against the week before."
grain: [week_start_date, kpi]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the week.}
  phase: {unit: text, description: Phase of the hourglass.}
  phase_position: {unit: rank, description: "Place of the phase, 1 for awareness."}
  kpi: {unit: id, description: The KPI's name in kpi.kpi_catalogue.}
  position: {unit: rank, description: Place of the KPI in its phase.}
  tier: {unit: text, description: Rung of the ladder.}
  value: {unit: number, sum: never, description: "The KPI in its unit, money in the reporting currency."}
  previous_value: {unit: number, sum: never, description: "The same a week before, NULL where that week has none."}
  change: {unit: number, sum: never, description: Value less previous value.}
  change_share: {unit: ratio, sum: never, description: "Change over the size of the previous value, NULL where that is 0."}
  direction: {unit: text, description: "better, worse, same, changed (neither up nor down is better) or unknown."}
  unit: {unit: text, description: Unit of the value.}
  currency: {unit: text, description: "Currency of the value, NULL where it is no money."}
  is_complete: {unit: flag, description: Whether every source has delivered every day of both weeks.}
  null_reason: {unit: text, description: "Why there is no value; NULL where there is one."}
*/
with

kpi_values as (
    select * from kpi.kpi_values
),

catalogue as (
    select * from kpi.kpi_catalogue
),

phases as (
    select 'awareness' as phase, 1 as phase_position
    union all
    select 'intention' as phase, 2 as phase_position
    union all
    select 'activation' as phase, 3 as phase_position
    union all
    select 'conversion' as phase, 4 as phase_position
    union all
    select 'relation' as phase, 5 as phase_position
    union all
    select 'review' as phase, 6 as phase_position
    union all
    select 'share' as phase, 7 as phase_position
),

weeks as (
    select *
    from kpi_values
    where period = 'week' and dimension = 'all'
)

select
    weeks.period_start_date as week_start_date,
    catalogue.phase,
    phases.phase_position,
    weeks.kpi,
    row_number() over (partition by weeks.period_start_date, catalogue.phase order by catalogue.position) as position,
    catalogue.tier,
    weeks.value,
    week_before.value as previous_value,
    cast(weeks.value - week_before.value as decimal(18, 6)) as change,
    try_cast(round(
        cast(weeks.value - week_before.value as double) / nullif(abs(cast(week_before.value as double)), 0), 6
    ) as decimal(18, 6)) as change_share,
    case
        when weeks.value is null or week_before.value is null then 'unknown'
        when weeks.value = week_before.value then 'same'
        when catalogue.better = 'none' then 'changed'
        when (weeks.value > week_before.value) = (catalogue.better = 'up') then 'better'
        else 'worse'
    end as direction,
    weeks.unit,
    weeks.currency,
    weeks.is_complete and coalesce(week_before.is_complete, false) as is_complete,
    weeks.null_reason
from weeks
inner join catalogue on catalogue.kpi = weeks.kpi
inner join phases on phases.phase = catalogue.phase
left join weeks as week_before
    on
        week_before.kpi = weeks.kpi
        and week_before.period_start_date = cast(weeks.period_start_date - interval 7 day as date)
