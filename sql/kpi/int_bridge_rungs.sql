/*
description: >-
  One row a KPI of bridge.yml, a week and a rung of its ladder: the sum of the week and of the week before. A rung is kept unless it breaks
  the ladder: where a sum is unknown, or is 0 below one that is not, every inner rung that is unknown or 0 in either week is passed over.
grain: [kpi, week_start_date, rung]
materialise: view
owner: data-engineering
columns:
  kpi: {unit: id, description: The KPI that is taken apart.}
  week_start_date: {unit: date, description: Monday of the week.}
  rung: {unit: rank, description: "Place on the ladder, 1 at the KPI's numerator, the last at its denominator (1 for a KPI that is a sum)."}
  previous_quantity: {unit: number, sum: never, description: The sum a week before.}
  quantity: {unit: number, sum: never, description: The sum.}
  is_kept: {unit: flag, description: Whether a factor of the ladder begins or ends at it.}
  is_complete: {unit: flag, description: Whether both weeks are complete.}
*/
with

kpi_values as (
    select * from kpi.kpi_values
),

rungs as (
    select * from config.bridge_rungs
),

weeks as (
    select
        rungs.kpi,
        rungs.rung,
        kpi_values.period_start_date as week_start_date,
        case rungs.side
            when 'numerator' then kpi_values.numerator
            when 'denominator' then kpi_values.denominator
            else cast(1 as decimal(28, 9))
        end as quantity,
        kpi_values.is_complete
    from rungs
    inner join kpi_values on kpi_values.kpi = rungs.rung_kpi
    where kpi_values.period = 'week' and kpi_values.dimension = 'all'
),

pairs as (
    select
        weeks.kpi,
        weeks.week_start_date,
        weeks.rung,
        week_before.quantity as previous_quantity,
        weeks.quantity,
        weeks.is_complete and week_before.is_complete as is_complete,
        max(weeks.rung) over ladder = weeks.rung as is_last,
        lead(week_before.quantity) over down as previous_below,
        lead(weeks.quantity) over down as below
    from weeks
    inner join weeks as week_before
        on
            week_before.kpi = weeks.kpi
            and week_before.rung = weeks.rung
            and week_before.week_start_date = cast(weeks.week_start_date - interval 7 day as date)
    window
        ladder as (partition by weeks.kpi, weeks.week_start_date),
        down as (partition by weeks.kpi, weeks.week_start_date order by weeks.rung)
),

-- 0 orders of 0 visits is a factor that does not matter; 5 orders of 0 visits is none.
judged as (
    select
        *,
        bool_or(
            quantity is null
            or previous_quantity is null
            or coalesce(below = 0 and quantity <> 0, false)
            or coalesce(previous_below = 0 and previous_quantity <> 0, false)
        ) over (partition by kpi, week_start_date) as is_broken
    from pairs
)

select
    kpi,
    week_start_date,
    rung,
    previous_quantity,
    quantity,
    not is_broken or rung = 1 or is_last or coalesce(quantity <> 0 and previous_quantity <> 0, false) as is_kept,
    is_complete
from judged
