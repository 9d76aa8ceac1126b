/*
description: "One row a measure of the team's own work, day, dimension and member: experiments that began and decisions that were written down."
grain: [date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: always, description: "The amount of the day."}
*/
with

counted_rows as (
    select * from kpi.counted_rows
    where source in ('experiments', 'decisions')
),

measure_dimensions as (
    select * from config.measure_dimensions
),

counted as (
    select
        date,
        measure,
        case
            when grouping(platform) = 0 then 'platform'
            when grouping(owner) = 0 then 'owner'
            when grouping(rule) = 0 then 'rule'
            else 'all'
        end as dimension,
        coalesce(platform, owner, rule, 'all') as member,
        cast(sum(amount) as decimal(28, 9)) as value
    from counted_rows
    group by grouping sets (
        (date, measure),
        (date, measure, platform),
        (date, measure, owner),
        (date, measure, rule)
    )
)

select
    counted.date,
    counted.measure,
    counted.dimension,
    counted.member,
    counted.value
from counted
inner join measure_dimensions
    on
        measure_dimensions.measure = counted.measure
        and measure_dimensions.dimension = counted.dimension
