/*
description: >-
  One row a KPI and period: whether the sources of its parts have delivered any of it, and which other sources a measure of them can't do
  without (beside and behind in kpis.yml) that have not.
grain: [kpi, period, period_start_date]
materialise: view
owner: data-engineering
columns:
  kpi: {unit: id, description: The KPI.}
  period: {unit: text, description: "day, week or month."}
  period_start_date: {unit: date, description: "First day of the period; weeks start on Monday."}
  has_numerator: {unit: flag, description: Whether any source of the numerator has delivered any of the period.}
  has_denominator: {unit: flag, description: Whether any source of the denominator has.}
  is_complete: {unit: flag, description: Whether every source that it needs has delivered every day of the period.}
  numerator_sources: {unit: text, description: "The numerator's sources."}
  denominator_sources: {unit: text, description: "The denominator's sources, NULL for a KPI that is a sum."}
  numerator_lacks: {unit: text, description: "The sources of which the numerator needs one beside its own and has none, NULL where it lacks nothing."}
  denominator_lacks: {unit: text, description: "The same of the denominator."}
*/
with

periods as (
    select * from kpi.int_periods
),

source_periods as (
    select * from kpi.int_source_periods
),

kpi_parts as (
    select * from config.kpi_parts
    where part <> 'marker'
),

measure_sources as (
    select * from config.measure_sources
),

measure_needs as (
    select * from config.measure_needs
),

part_sources as (
    select distinct
        kpi_parts.kpi,
        kpi_parts.part,
        measure_sources.source
    from kpi_parts
    inner join measure_sources on measure_sources.measure = kpi_parts.measure
),

-- A part needs one of its sources; those that never delivered anything (no row) are not waited for.
part_periods as (
    select
        part_sources.kpi,
        part_sources.part,
        periods.period,
        periods.period_start_date,
        bool_or(coalesce(source_periods.has_data, false)) as has_data,
        bool_and(coalesce(source_periods.is_complete, true)) as is_complete,
        string_agg(part_sources.source, ', ' order by part_sources.source) as sources
    from part_sources
    cross join periods
    left join source_periods
        on
            source_periods.source = part_sources.source
            and source_periods.period = periods.period
            and source_periods.period_start_date = periods.period_start_date
    group by part_sources.kpi, part_sources.part, periods.period, periods.period_start_date
),

-- Measures of one part that need the same need it once.
part_needs as (
    select distinct
        kpi_parts.kpi,
        kpi_parts.part,
        measure_needs.needed,
        measure_needs.sources,
        measure_needs.source
    from kpi_parts
    inner join measure_needs on measure_needs.measure = kpi_parts.measure
),

needs_met as (
    select
        part_needs.kpi,
        part_needs.part,
        part_needs.sources,
        periods.period,
        periods.period_start_date,
        bool_or(coalesce(case part_needs.needed when 'beside' then source_periods.has_data else source_periods.has_begun end, false)) as is_met,
        bool_and(part_needs.needed = 'behind' or coalesce(source_periods.is_complete, true)) as is_complete
    from part_needs
    cross join periods
    left join source_periods
        on
            source_periods.source = part_needs.source
            and source_periods.period = periods.period
            and source_periods.period_start_date = periods.period_start_date
    group by part_needs.kpi, part_needs.part, part_needs.needed, part_needs.sources, periods.period, periods.period_start_date
),

lacking as (
    select
        kpi,
        period,
        period_start_date,
        min(sources) filter (where part = 'numerator' and not is_met) as numerator_lacks,
        min(sources) filter (where part = 'denominator' and not is_met) as denominator_lacks,
        bool_and(is_met and is_complete) as is_complete
    from needs_met
    group by kpi, period, period_start_date
),

parts_joined as (
    select
        kpi,
        period,
        period_start_date,
        coalesce(bool_or(has_data) filter (where part = 'numerator'), false) as has_numerator,
        coalesce(bool_or(has_data) filter (where part = 'denominator'), false) as has_denominator,
        bool_and(has_data and is_complete) as is_complete,
        max(sources) filter (where part = 'numerator') as numerator_sources,
        max(sources) filter (where part = 'denominator') as denominator_sources
    from part_periods
    group by kpi, period, period_start_date
)

select
    parts_joined.kpi,
    parts_joined.period,
    parts_joined.period_start_date,
    parts_joined.has_numerator,
    parts_joined.has_denominator,
    parts_joined.is_complete and coalesce(lacking.is_complete, true) as is_complete,
    parts_joined.numerator_sources,
    parts_joined.denominator_sources,
    lacking.numerator_lacks,
    lacking.denominator_lacks
from parts_joined
left join lacking
    on
        lacking.kpi = parts_joined.kpi
        and lacking.period = parts_joined.period
        and lacking.period_start_date = parts_joined.period_start_date
