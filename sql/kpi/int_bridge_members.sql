/*
description: >-
  One row a KPI of bridge.yml, a week, a dimension and a member: its sums in both weeks and what it did to the KPI. For a ratio N / D that
  is (change of n - R * change of d) / D, where R and D are the means of both weeks' whole: exact, the same read backwards, and defined
  for a member without a ratio of its own. What members do not add up to is the member unexplained.
grain: [kpi, week_start_date, dimension, member]
materialise: view
owner: data-engineering
columns:
  kpi: {unit: id, description: The KPI that is taken apart.}
  week_start_date: {unit: date, description: Monday of the week.}
  dimension: {unit: text, description: The dimension that it is cut by.}
  member: {unit: text, description: "The member, or unexplained."}
  previous_numerator: {unit: number, sum: always, description: Numerator a week before.}
  numerator: {unit: number, sum: always, description: Numerator.}
  previous_denominator: {unit: number, sum: always, description: "Denominator a week before, 0 where there is none."}
  denominator: {unit: number, sum: always, description: "Denominator, 0 where there is none."}
  contribution: {unit: number, sum: always, description: "What the member did to the KPI, in the KPI's unit, to nine places; NULL where no number of ours holds it."}
  contribution_rate: {unit: number, sum: always, description: "Of a ratio, the part of it that is the member's own ratio at its mean weight; NULL for a sum."}
*/
with

kpi_values as (
    select * from kpi.kpi_values
),

cuts as (
    select * from config.bridge_cuts
),

bridge_kpis as (
    select * from config.bridge_kpis
),

cells as (
    select
        kpi_values.kpi,
        kpi_values.dimension,
        kpi_values.member,
        kpi_values.period_start_date as week_start_date,
        coalesce(kpi_values.numerator, 0) as numerator,
        coalesce(kpi_values.denominator, 0) as denominator
    from kpi_values
    inner join cuts on cuts.kpi = kpi_values.kpi and cuts.dimension = kpi_values.dimension
    where kpi_values.period = 'week'
),

-- A member counts in both weeks, with 0 where it has no row.
both_weeks as (
    select
        kpi,
        dimension,
        member,
        week_start_date,
        cast(0 as decimal(28, 9)) as previous_numerator,
        numerator,
        cast(0 as decimal(28, 9)) as previous_denominator,
        denominator
    from cells
    union all
    select
        kpi,
        dimension,
        member,
        cast(week_start_date + interval 7 day as date) as week_start_date,
        numerator as previous_numerator,
        cast(0 as decimal(28, 9)) as numerator,
        denominator as previous_denominator,
        cast(0 as decimal(28, 9)) as denominator
    from cells
),

members as (
    select
        kpi,
        dimension,
        member,
        week_start_date,
        sum(previous_numerator) as previous_numerator,
        sum(numerator) as numerator,
        sum(previous_denominator) as previous_denominator,
        sum(denominator) as denominator
    from both_weeks
    group by kpi, dimension, member, week_start_date
),

wholes as (
    select
        cuts.kpi,
        cuts.dimension,
        whole.period_start_date as week_start_date,
        bridge_kpis.scale,
        bridge_kpis.is_ratio,
        week_before.numerator as previous_numerator,
        whole.numerator,
        coalesce(week_before.denominator, 0) as previous_denominator,
        coalesce(whole.denominator, 0) as denominator
    from cuts
    inner join bridge_kpis on bridge_kpis.kpi = cuts.kpi
    inner join kpi_values as whole on whole.kpi = cuts.kpi
    inner join kpi_values as week_before
        on
            week_before.kpi = whole.kpi
            and week_before.period = whole.period
            and week_before.dimension = whole.dimension
            and week_before.period_start_date = cast(whole.period_start_date - interval 7 day as date)
    where
        whole.period = 'week'
        and whole.dimension = 'all'
        and whole.value is not null
        and week_before.value is not null
),

-- Weeks whose denominators cancel (spend against as much repaid) have no mean weight to share by: there the whole stays unexplained.
means as (
    select
        *,
        case
            when is_ratio then (
                cast(previous_numerator as double) / nullif(cast(previous_denominator as double), 0)
                + cast(numerator as double) / nullif(cast(denominator as double), 0)
            ) / 2
        end as mean_ratio,
        case when is_ratio then nullif(cast(previous_denominator + denominator as double) / 2, 0) end as mean_denominator
    from wholes
),

sharing as (
    select *
    from means
    where not is_ratio or mean_denominator is not null
),

known as (
    select
        members.kpi,
        members.dimension,
        members.member,
        members.week_start_date,
        members.previous_numerator,
        members.numerator,
        members.previous_denominator,
        members.denominator
    from members
    inner join sharing
        on
            sharing.kpi = members.kpi
            and sharing.dimension = members.dimension
            and sharing.week_start_date = members.week_start_date
),

left_over as (
    select
        means.kpi,
        means.dimension,
        'unexplained' as member,
        means.week_start_date,
        means.previous_numerator - coalesce(sum(known.previous_numerator), 0) as previous_numerator,
        means.numerator - coalesce(sum(known.numerator), 0) as numerator,
        means.previous_denominator - coalesce(sum(known.previous_denominator), 0) as previous_denominator,
        means.denominator - coalesce(sum(known.denominator), 0) as denominator
    from means
    left join known
        on
            known.kpi = means.kpi
            and known.dimension = means.dimension
            and known.week_start_date = means.week_start_date
    group by
        means.kpi,
        means.dimension,
        means.week_start_date,
        means.previous_numerator,
        means.numerator,
        means.previous_denominator,
        means.denominator
),

parts as (
    select * from known
    union all
    select *
    from left_over
    where previous_numerator <> 0 or numerator <> 0 or previous_denominator <> 0 or denominator <> 0
),

changes as (
    select
        parts.*,
        means.is_ratio,
        means.scale,
        means.mean_ratio,
        means.mean_denominator,
        cast(parts.numerator - parts.previous_numerator as double) as numerator_change,
        cast(parts.denominator - parts.previous_denominator as double) as denominator_change,
        cast(parts.previous_denominator + parts.denominator as double) / 2 as own_mean_denominator,
        cast(parts.numerator as double) / nullif(cast(parts.denominator as double), 0)
        - cast(parts.previous_numerator as double) / nullif(cast(parts.previous_denominator as double), 0) as ratio_change
    from parts
    inner join means
        on
            means.kpi = parts.kpi
            and means.dimension = parts.dimension
            and means.week_start_date = parts.week_start_date
)

select
    kpi,
    week_start_date,
    dimension,
    member,
    cast(previous_numerator as decimal(28, 9)) as previous_numerator,
    cast(numerator as decimal(28, 9)) as numerator,
    cast(previous_denominator as decimal(28, 9)) as previous_denominator,
    cast(denominator as decimal(28, 9)) as denominator,
    try_cast(round(
        scale * case
            when is_ratio then (numerator_change - mean_ratio * denominator_change) / mean_denominator
            else numerator_change
        end,
        9
    ) as decimal(28, 9)) as contribution,
    case
        when is_ratio
            then try_cast(round(scale * coalesce(own_mean_denominator * ratio_change, 0) / mean_denominator, 9) as decimal(28, 9))
    end as contribution_rate
from changes
