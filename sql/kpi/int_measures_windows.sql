/*
description: "One row a mean or standard deviation of a KPI's values in the last ISO weeks, by the period whose end the newest of these weeks reaches, dimension and member. Only where every one of the weeks has a value."
grain: [period, period_start_date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  period: {unit: text, description: "day, week or month."}
  period_start_date: {unit: date, description: "First day of the period; weeks start on Monday."}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: never, description: "Mean or sample standard deviation (n - 1) of the weekly values."}
*/
with

measures_daily as (
    select * from kpi.int_measures_daily
),

periods as (
    select * from kpi.int_periods
),

measures as (
    select * from config.measures
),

kpis as (
    select * from config.kpis
),

kpi_parts as (
    select * from config.kpi_parts
),

kpi_dimensions as (
    select * from config.kpi_dimensions
),

windowed as (
    select measure, kind, of_kpi, weeks
    from measures
    where kind in ('mean', 'deviation')
),

base_parts as (
    select kpi, part, measure, sign
    from kpi_parts
    where part <> 'marker' and kpi in (select of_kpi from windowed)
),

sums as (
    select
        base_parts.kpi,
        cast(date_trunc('week', measures_daily.date) as date) as week_start_date,
        measures_daily.dimension,
        measures_daily.member,
        sum(case when base_parts.sign < 0 then -measures_daily.value else measures_daily.value end)
            filter (where base_parts.part = 'numerator') as numerator,
        sum(measures_daily.value) filter (where base_parts.part = 'denominator') as denominator
    from measures_daily
    inner join base_parts on base_parts.measure = measures_daily.measure
    inner join kpi_dimensions
        on
            kpi_dimensions.kpi = base_parts.kpi
            and kpi_dimensions.dimension = measures_daily.dimension
    group by base_parts.kpi, cast(date_trunc('week', measures_daily.date) as date), measures_daily.dimension, measures_daily.member
),

weekly as (
    select
        sums.kpi,
        sums.week_start_date,
        sums.dimension,
        sums.member,
        cast(round(case
            when kpis.has_denominator then
                cast(sums.numerator as double) * kpis.scale_numerator
                / nullif(cast(sums.denominator as double) * kpis.scale_denominator, 0)
            else cast(sums.numerator as double) * kpis.scale_numerator / kpis.scale_denominator
        end, 9) as decimal(28, 9)) as value
    from sums
    inner join kpis on kpis.kpi = sums.kpi
),

-- Sums of decimals, since those of floating point come out by the order of their rows.
in_windows as (
    select
        windowed.measure,
        windowed.kind,
        windowed.weeks,
        newest.week_start_date,
        newest.dimension,
        newest.member,
        weekly.value,
        cast(sum(weekly.value) over (
            partition by windowed.measure, newest.week_start_date, newest.dimension, newest.member
        ) as double) / windowed.weeks as mean
    from windowed
    inner join weekly as newest on newest.kpi = windowed.of_kpi
    inner join weekly
        on
            weekly.kpi = newest.kpi
            and weekly.dimension = newest.dimension
            and weekly.member = newest.member
            and weekly.week_start_date > newest.week_start_date - interval 7 day * windowed.weeks
            and weekly.week_start_date <= newest.week_start_date
),

windows as (
    select
        measure,
        week_start_date,
        dimension,
        member,
        case
            when kind = 'mean' then max(mean)
            else sqrt(
                cast(sum(cast(round((cast(value as double) - mean) * (cast(value as double) - mean), 15) as decimal(38, 15))) as double)
                / nullif(weeks - 1, 0)
            )
        end as value
    from in_windows
    group by measure, kind, weeks, week_start_date, dimension, member
    having count(value) = weeks
)

select
    periods.period,
    periods.period_start_date,
    windows.measure,
    windows.dimension,
    windows.member,
    cast(round(windows.value, 6) as decimal(28, 9)) as value
from windows
inner join periods
    on
        periods.period_end_date >= windows.week_start_date + interval 6 day
        and periods.period_end_date <= windows.week_start_date + interval 12 day
