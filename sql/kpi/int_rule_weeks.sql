/*
description: "One row a week that the decision rules judge: the newest ones (judging.weeks in decision_rules.yml) in which some KPI is complete."
grain: [week_start_date]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the week.}
  week_end_date: {unit: date, description: Its Sunday.}
*/
with

kpi_values as (
    select * from kpi.kpi_values
),

parameters as (
    select * from config.decision_rule_parameters
),

complete as (
    select distinct period_start_date as week_start_date
    from kpi_values
    where period = 'week' and dimension = 'all' and is_complete
),

numbered as (
    select
        week_start_date,
        row_number() over (order by week_start_date desc) as place
    from complete
)

select
    numbered.week_start_date,
    cast(numbered.week_start_date + interval 6 day as date) as week_end_date
from numbered
cross join parameters
where numbered.place <= parameters.judging_weeks
