/*
description: >-
  One row a KPI and period: whether the sources of its parts have delivered any of it, and which others a measure of them can't do without
  (beside, behind and columns in kpis.yml) that have not.
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
  is_numerator_short: {unit: flag, description: "Whether the numerator lacks a source or column that it needs beside its own."}
  is_denominator_short: {unit: flag, description: "Whether the denominator does."}
  lacks: {unit: text, description: "All that the KPI can't do without and has not, what the numerator lacks first; NULL where it lacks nothing."}
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
        part_needs.needed,
        part_needs.sources,
        periods.period,
        periods.period_start_date,
        bool_or(coalesce(case part_needs.needed when 'beside' then source_periods.has_data else source_periods.has_begun end, false)) as is_met,
        bool_and(part_needs.needed <> 'beside' or coalesce(source_periods.is_complete, true)) as is_complete
    from part_needs
    cross join periods
    left join source_periods
        on
            source_periods.source = part_needs.source
            and source_periods.period = periods.period
            and source_periods.period_start_date = periods.period_start_date
    group by part_needs.kpi, part_needs.part, part_needs.needed, part_needs.sources, periods.period, periods.period_start_date
),

short as (
    select
        kpi,
        period,
        period_start_date,
        coalesce(bool_or(part = 'numerator' and not is_met), false) as is_numerator_short,
        coalesce(bool_or(part = 'denominator' and not is_met), false) as is_denominator_short,
        bool_and(is_met and is_complete) as is_complete
    from needs_met
    group by kpi, period, period_start_date
),

-- The own source first, then what stands beside it; of a source that never came no column is missed beside it.
missing as (
    select kpi, period, period_start_date, case part when 'numerator' then 1 else 2 end as part_order, 1 as need_order, sources
    from part_periods
    where not has_data
    union all
    select
        needs_met.kpi,
        needs_met.period,
        needs_met.period_start_date,
        case needs_met.part when 'numerator' then 1 else 2 end,
        2,
        needs_met.sources
    from needs_met
    inner join part_periods
        on
            part_periods.kpi = needs_met.kpi
            and part_periods.part = needs_met.part
            and part_periods.period = needs_met.period
            and part_periods.period_start_date = needs_met.period_start_date
    where not needs_met.is_met and (part_periods.has_data or needs_met.needed <> 'column')
),

-- Both parts of a KPI often miss the same.
missing_once as (
    select kpi, period, period_start_date, sources, min(part_order * 10 + need_order) as place
    from missing
    group by kpi, period, period_start_date, sources
),

-- Who brings posts has brought ads or posts as well.
lacking as (
    select
        missing_once.kpi,
        missing_once.period,
        missing_once.period_start_date,
        string_agg(missing_once.sources, ' and ' order by missing_once.place, missing_once.sources) as lacks
    from missing_once
    left join missing_once as narrower
        on
            narrower.kpi = missing_once.kpi
            and narrower.period = missing_once.period
            and narrower.period_start_date = missing_once.period_start_date
            and narrower.sources <> missing_once.sources
            and concat(', ', missing_once.sources, ', ') like concat('%, ', narrower.sources, ', %')
    where narrower.sources is null
    group by missing_once.kpi, missing_once.period, missing_once.period_start_date
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
    parts_joined.is_complete and coalesce(short.is_complete, true) as is_complete,
    parts_joined.numerator_sources,
    parts_joined.denominator_sources,
    coalesce(short.is_numerator_short, false) as is_numerator_short,
    coalesce(short.is_denominator_short, false) as is_denominator_short,
    lacking.lacks
from parts_joined
left join short
    on
        short.kpi = parts_joined.kpi
        and short.period = parts_joined.period
        and short.period_start_date = parts_joined.period_start_date
left join lacking
    on
        lacking.kpi = parts_joined.kpi
        and lacking.period = parts_joined.period
        and lacking.period_start_date = parts_joined.period_start_date
