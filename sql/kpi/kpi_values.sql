/*
description: >-
  One row a KPI, period, dimension and member: numerator and denominator summed first, then divided. The whole (dimension and member
  all) is there for every period of which anything is known, NULL with its reason where the KPI is not; members only where they have
  figures. Rates by week or month are scaled by the period's days (a month is 30.4375 days, a calendar month is itself).
grain: [kpi, period, period_start_date, dimension, member]
materialise: incremental
unit: [period, period_start_date]
day: period_start_date
restrict:
  kpi.int_periods: [period, period_start_date]
  kpi.int_kpi_periods: [period, period_start_date]
  kpi.int_measures_daily: >-
    date in (
    select cast(unnest(generate_series(wanted.period_start_date, wanted.period_end_date, interval 1 day)) as date)
    from kpi.int_periods as wanted
    inner join units on units.period = wanted.period and units.period_start_date = wanted.period_start_date)
  kpi.int_measures_periods: [period, period_start_date]
  kpi.int_measures_windows: [period, period_start_date]
changed:
  kpi.int_measures_periods: select distinct period, period_start_date from changed
  kpi.int_measures_windows: select distinct period, period_start_date from changed
  kpi.int_periods: select period, period_start_date from changed
  kpi.int_measures_sessions: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_conversions: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_posts: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_ads: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_accounts: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_content: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_emails: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_creatives: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_customers: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_community: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_team: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_measures_subscriptions: >-
    select distinct periods.period, periods.period_start_date from kpi.int_periods as periods
    inner join (select distinct date from changed) as days
    on days.date between periods.period_start_date and periods.period_end_date
  kpi.int_source_periods: select period, period_start_date from changed
owner: data-engineering
columns:
  kpi: {unit: id, description: The KPI's name in kpi.kpi_catalogue.}
  period: {unit: text, description: "day, week or month."}
  period_start_date: {unit: date, description: "First day of the period; weeks start on Monday."}
  dimension: {unit: text, description: all or the dimension it is cut by.}
  member: {unit: text, description: "The member of the dimension, all for the whole; (none) collects what has no value there."}
  numerator: {unit: number, sum: not_over_time, description: Sum of what is counted; add it up before dividing where the KPI is additive.}
  denominator: {unit: number, sum: not_over_time, description: "Sum of what it is divided by; NULL for a KPI that is a sum."}
  value: {unit: number, sum: never, description: "The KPI in its unit: 18 for 18 percent, money in the reporting currency."}
  unit: {unit: text, description: Unit of the value.}
  currency: {unit: text, description: "Currency of the value, NULL where it is no money."}
  is_complete: {unit: flag, description: Whether every source that it needs has delivered every day of the period.}
  is_estimated: {unit: flag, description: "Whether part of it was placed or estimated rather than observed: spread ad reports, late first snapshots, mean share watched for completed views."}
  null_reason: {unit: text, description: "Why the value is NULL; NULL where there is one."}
  consented_share: {unit: share, description: "The part that visitors who consented have in what the KPI counts, of that where the tracking states it, 0 to 1. It is that of the denominator where that comes from visitors, else that of the numerator (consent_part in kpi.kpi_catalogue)."}
  consent_stated_share: {unit: share, description: "The part of the same for which the tracking states whether the visitor consented, 0 to 1; the rest belongs to no visit or to tracking that says nothing."}
  consent_null_reason: {unit: text, description: "Why consented_share is NULL: no visitors (nothing of the KPI comes from visits), nothing counted, not stated, or amounts of both signs; NULL where there is one."}
*/
with

periods as (
    select * from kpi.int_periods
),

measures_daily as (
    select * from kpi.int_measures_daily
),

measures_by_period as (
    select period, period_start_date, measure, dimension, member, value from kpi.int_measures_periods
    union all
    select period, period_start_date, measure, dimension, member, value from kpi.int_measures_windows
),

kpi_periods as (
    select * from kpi.int_kpi_periods
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

measures as (
    select * from config.measures
),

measures_without as (
    select * from config.measures_without
),

settings as (
    select * from config.settings
),

period_days as (
    select
        period,
        period_start_date,
        cast(unnest(generate_series(period_start_date, period_end_date, interval 1 day)) as date) as date
    from periods
),

-- Flows add up; a stock is that of the period's first day, or of its last; unique counts stay with their day.
summed as (
    select
        period_days.period,
        period_days.period_start_date,
        measures_daily.measure,
        measures_daily.dimension,
        measures_daily.member,
        case
            when measures.kind = 'start' then arg_min(measures_daily.value, measures_daily.date)
            when measures.kind = 'end' then arg_max(measures_daily.value, measures_daily.date)
            else sum(measures_daily.value)
        end as value,
        sum(measures_daily.consented_value) as consented_value,
        sum(measures_daily.stated_value) as stated_value
    from measures_daily
    inner join measures on measures.measure = measures_daily.measure
    inner join period_days on period_days.date = measures_daily.date
    where measures.kind in ('flow', 'start', 'end') or (measures.kind = 'unique' and period_days.period = 'day')
    group by
        period_days.period,
        period_days.period_start_date,
        measures_daily.measure,
        measures.kind,
        measures_daily.dimension,
        measures_daily.member
),

largest as (
    select
        summed.period,
        summed.period_start_date,
        measures.measure,
        max(summed.value) as value
    from measures
    inner join summed
        on
            summed.measure = measures.of_measure
            and summed.dimension = measures.over
    left join measures_without
        on
            measures_without.measure = measures.measure
            and measures_without.member = summed.member
    where measures.kind = 'largest' and measures_without.member is null
    group by summed.period, summed.period_start_date, measures.measure
),

measured as (
    select period, period_start_date, measure, dimension, member, value, consented_value, stated_value
    from summed
    union all
    select period, period_start_date, measure, dimension, member, value, null, null
    from measures_by_period
    union all
    select period, period_start_date, measure, 'all', 'all', value, null, null
    from largest
),

-- Of a difference both what it adds and what it takes off must be known.
divided as (
    select
        kpi_parts.kpi,
        measured.period,
        measured.period_start_date,
        measured.dimension,
        measured.member,
        case
            when
                not bool_or(kpi_parts.is_net)
                or count(distinct kpi_parts.sign) filter (where kpi_parts.part = 'numerator') = 2
                then sum(case when kpi_parts.sign < 0 then -measured.value else measured.value end)
                    filter (where kpi_parts.part = 'numerator')
        end as numerator,
        sum(measured.value) filter (where kpi_parts.part = 'denominator') as denominator,
        sum(measured.value) filter (where kpi_parts.part = 'marker') as marker,
        sum(measured.value) filter (where kpi_parts.tells_consent) as visitors_value,
        sum(measured.consented_value) filter (where kpi_parts.tells_consent) as consented_value,
        sum(measured.stated_value) filter (where kpi_parts.tells_consent) as stated_value
    from measured
    inner join kpi_parts on kpi_parts.measure = measured.measure
    inner join kpi_dimensions
        on
            kpi_dimensions.kpi = kpi_parts.kpi
            and kpi_dimensions.dimension = measured.dimension
    group by kpi_parts.kpi, measured.period, measured.period_start_date, measured.dimension, measured.member
),

part_absence as (
    select
        kpi_parts.kpi,
        coalesce(bool_and(measures.absent = 'zero') filter (where kpi_parts.part = 'numerator'), false) as numerator_is_zero,
        coalesce(bool_and(measures.absent = 'zero') filter (where kpi_parts.part = 'denominator'), false) as denominator_is_zero
    from kpi_parts
    inner join measures on measures.measure = kpi_parts.measure
    group by kpi_parts.kpi
),

cells as (
    select
        kpi,
        period,
        period_start_date,
        dimension,
        member,
        numerator,
        denominator,
        marker,
        visitors_value,
        consented_value,
        stated_value
    from divided
    where dimension <> 'all'
    union all
    select
        kpi_periods.kpi,
        kpi_periods.period,
        kpi_periods.period_start_date,
        'all' as dimension,
        'all' as member,
        divided.numerator,
        divided.denominator,
        divided.marker,
        divided.visitors_value,
        divided.consented_value,
        divided.stated_value
    from kpi_periods
    left join divided
        on
            divided.kpi = kpi_periods.kpi
            and divided.period = kpi_periods.period
            and divided.period_start_date = kpi_periods.period_start_date
            and divided.dimension = 'all'
),

filled as (
    select
        kpis.kpi,
        kpis.unit,
        kpis.has_denominator,
        kpis.is_by_day,
        kpis.is_by_period,
        kpis.window_weeks,
        kpis.scale_numerator,
        kpis.scale_denominator,
        kpis.consent_part,
        periods.period,
        periods.period_start_date,
        periods.days,
        cells.dimension,
        cells.member,
        case
            when not kpi_periods.is_numerator_short then
                coalesce(
                    cells.numerator,
                    case when part_absence.numerator_is_zero and kpi_periods.has_numerator then cast(0 as decimal(28, 9)) end
                )
        end as numerator,
        case
            when kpis.has_denominator and not kpi_periods.is_denominator_short then
                coalesce(
                    cells.denominator,
                    case when part_absence.denominator_is_zero and kpi_periods.has_denominator then cast(0 as decimal(28, 9)) end
                )
        end as denominator,
        coalesce(cells.marker, 0) <> 0 as is_estimated,
        cast(cells.consented_value as double) / nullif(cast(cells.stated_value as double), 0) as consented_share,
        cast(cells.stated_value as double) / nullif(cast(cells.visitors_value as double), 0) as stated_share,
        kpi_periods.is_complete,
        kpi_periods.numerator_sources,
        kpi_periods.denominator_sources,
        kpi_periods.lacks
    from cells
    inner join kpis on kpis.kpi = cells.kpi
    inner join part_absence on part_absence.kpi = cells.kpi
    inner join kpi_periods
        on
            kpi_periods.kpi = cells.kpi
            and kpi_periods.period = cells.period
            and kpi_periods.period_start_date = cells.period_start_date
    inner join periods
        on
            periods.period = cells.period
            and periods.period_start_date = cells.period_start_date
),

-- How much of a week or month the period is: 7 / days, 30.4375 / days.
scaled as (
    select
        *,
        case
            when unit = 'count_per_week' then 7
            when unit in ('count_per_month', 'percent_per_month') and period <> 'month' then 30.4375
            else 1
        end as unit_days,
        case
            when unit = 'count_per_week' then days
            when unit in ('count_per_month', 'percent_per_month') and period <> 'month' then days
            else 1
        end as period_unit_days
    from filled
),

-- A refund may outweigh what was sold; shares of amounts of both signs say nothing.
valued as (
    select
        *,
        not coalesce(consented_share between 0 and 1, true) or not coalesce(stated_share between 0 and 1, true) as is_of_both_signs,
        case
            when has_denominator then
                cast(numerator as double) * scale_numerator * cast(unit_days as double)
                / nullif(cast(denominator as double) * scale_denominator * period_unit_days, 0)
            else
                cast(numerator as double) * scale_numerator * cast(unit_days as double)
                / nullif(cast(scale_denominator * period_unit_days as double), 0)
        end as quotient
    from scaled
)

select
    valued.kpi,
    valued.period,
    valued.period_start_date,
    valued.dimension,
    valued.member,
    cast(valued.numerator as decimal(28, 9)) as numerator,
    cast(valued.denominator as decimal(28, 9)) as denominator,
    cast(round(valued.quotient, 6) as decimal(18, 6)) as value,
    valued.unit,
    case when valued.unit = 'money' then settings.currency end as currency,
    valued.is_complete,
    valued.is_estimated,
    case
        when valued.quotient is not null then null
        when valued.is_by_day and (valued.period <> 'day' or valued.dimension = 'all')
            then 'not additive: shown by day and account only'
        when valued.lacks is not null then concat('no data from ', valued.lacks)
        when valued.numerator is null and valued.window_weeks > 0
            then concat('fewer than ', valued.window_weeks, ' weeks in a row with a value')
        -- Of nobody nothing can be known.
        when valued.numerator is null and valued.denominator = 0 then 'denominator is 0'
        when valued.numerator is null and valued.is_by_period then 'nothing to take it from in the period'
        when valued.numerator is null then concat('not in the files delivered from ', valued.numerator_sources)
        when valued.has_denominator and valued.denominator is null
            then concat('not in the files delivered from ', valued.denominator_sources)
        else 'denominator is 0'
    end as null_reason,
    case when not valued.is_of_both_signs then cast(round(valued.consented_share, 6) as decimal(9, 6)) end as consented_share,
    case when not valued.is_of_both_signs then cast(round(valued.stated_share, 6) as decimal(9, 6)) end as consent_stated_share,
    case
        when valued.consent_part is null then 'no visitors'
        when valued.stated_share is null then 'nothing counted'
        when valued.is_of_both_signs then 'amounts of both signs'
        when valued.consented_share is null then 'not stated'
    end as consent_null_reason
from valued
cross join settings
