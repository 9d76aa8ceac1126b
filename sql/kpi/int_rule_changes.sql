/*
description: >-
  One row a figure, dimension, member, judged week and span: how it changed, and how clearly. Span 1 compares the week with the one two weeks
  before, span 2 the fortnight with the fortnight before, span 4 likewise four weeks; weeks are added up before dividing.
  The change is measured by its usual size: the larger of what chance alone does to figures of this number (two-proportion test for shares,
  Poisson counts for rates, counts and costs) and of what the same comparison gave in the weeks before (1.4826 times the median amount,
  widened by 2 / n for its own uncertainty). With too few weeks before, chance alone; without either there is no score.
grain: [figure, dimension, member, week_start_date, span]
materialise: table
owner: data-engineering
columns:
  figure: {unit: id, description: "As in kpi.int_rule_figures."}
  dimension: {unit: text, description: "all, platform or series."}
  member: {unit: text, description: The member of the dimension.}
  week_start_date: {unit: date, description: Monday of the judged week.}
  span: {unit: number, sum: never, description: Number of weeks that are taken together.}
  unit: {unit: text, description: The KPI's unit.}
  better: {unit: text, description: Whether up or down is better.}
  numerator: {unit: number, sum: never, description: "What is counted in the span, NULL where values are averaged."}
  denominator: {unit: number, sum: never, description: What it is divided by.}
  numerator_before: {unit: number, sum: never, description: The same in the span before.}
  denominator_before: {unit: number, sum: never, description: The same in the span before.}
  value: {unit: number, sum: never, description: The value of the span.}
  value_between: {unit: number, sum: never, description: "Span 1: the value of the week between the two."}
  value_before: {unit: number, sum: never, description: The value of the span before.}
  deviation: {unit: number, sum: never, description: Usual size of such a change.}
  history: {unit: count, sum: never, description: Weeks before from which it is taken.}
  score: {unit: number, sum: never, description: "The change over its usual size; above 0 it rose."}
  is_worse_twice: {unit: flag, description: "Span 1: whether it got worse in both weeks."}
  unknown: {unit: text, description: "Why there is no score; NULL where there is one."}
*/
with

figures as (
    select * from kpi.int_rule_figures
),

weeks as (
    select * from kpi.int_rule_weeks
),

parameters as (
    select * from config.decision_rule_parameters
),

spans as (
    select *
    from (values (1, 2), (2, 2), (4, 4)) as listed (span, weeks_apart)
),

oldest as (
    select cast(min(week_start_date) as date) as week_start_date from weeks
),

-- Weeks from which a judged week or its history may be computed: fewer figures than there are weeks.
recent as (
    select figures.*
    from figures
    cross join oldest
    cross join parameters
    where figures.week_start_date >= cast(oldest.week_start_date - interval 7 day * (parameters.judging_history_weeks + 12) as date)
),

wanted as (
    select
        recent.figure,
        recent.dimension,
        recent.member,
        recent.week_start_date,
        recent.unit,
        recent.better,
        recent.noise,
        recent.factor,
        recent.is_summable,
        recent.unknown,
        spans.span,
        spans.weeks_apart
    from recent
    cross join spans
    where spans.span = 2 or recent.dimension = 'all'
),

-- Sums are those of decimals, so that they do not depend on the order of the rows.
sides as (
    select
        wanted.figure,
        wanted.dimension,
        wanted.member,
        wanted.week_start_date,
        wanted.span,
        wanted.weeks_apart,
        wanted.unit,
        wanted.better,
        wanted.noise,
        wanted.factor,
        wanted.is_summable,
        wanted.unknown,
        looked_at.week_start_date > cast(wanted.week_start_date - interval 7 day * wanted.span as date) as is_now,
        count(looked_at.value) as known,
        cast(sum(looked_at.numerator) as double) as numerator,
        cast(sum(looked_at.denominator) as double) as denominator,
        cast(sum(looked_at.value) as double) / count(looked_at.value) as mean_value
    from wanted
    inner join recent as looked_at
        on
            looked_at.figure = wanted.figure
            and looked_at.dimension = wanted.dimension
            and looked_at.member = wanted.member
            and (
                (
                    looked_at.week_start_date <= wanted.week_start_date
                    and looked_at.week_start_date > cast(wanted.week_start_date - interval 7 day * wanted.span as date)
                )
                or (
                    looked_at.week_start_date <= cast(wanted.week_start_date - interval 7 day * wanted.weeks_apart as date)
                    and looked_at.week_start_date
                    > cast(wanted.week_start_date - interval 7 day * (wanted.weeks_apart + wanted.span) as date)
                )
            )
    group by
        wanted.figure,
        wanted.dimension,
        wanted.member,
        wanted.week_start_date,
        wanted.span,
        wanted.weeks_apart,
        wanted.unit,
        wanted.better,
        wanted.noise,
        wanted.factor,
        wanted.is_summable,
        wanted.unknown,
        looked_at.week_start_date > cast(wanted.week_start_date - interval 7 day * wanted.span as date)
),

valued as (
    select
        *,
        round(case
            when known < span then null
            when span = 1 or not is_summable then mean_value
            when denominator is not null then factor * numerator / nullif(denominator, 0)
            else factor * numerator / span
        end, 9) as value
    from sides
),

beside as (
    select
        now_side.figure,
        now_side.dimension,
        now_side.member,
        now_side.week_start_date,
        now_side.span,
        now_side.weeks_apart,
        now_side.unit,
        now_side.better,
        now_side.noise,
        now_side.factor,
        now_side.is_summable,
        now_side.unknown,
        now_side.numerator,
        now_side.denominator,
        before_side.numerator as numerator_before,
        before_side.denominator as denominator_before,
        now_side.value,
        before_side.value as value_before,
        now_side.value - before_side.value as change
    from valued as now_side
    left join valued as before_side
        on
            before_side.figure = now_side.figure
            and before_side.dimension = now_side.dimension
            and before_side.member = now_side.member
            and before_side.week_start_date = now_side.week_start_date
            and before_side.span = now_side.span
            and not before_side.is_now
    where now_side.is_now
),

pooled as (
    select
        *,
        (numerator + numerator_before) / nullif(denominator + denominator_before, 0) as quotient,
        1 / nullif(denominator, 0) + 1 / nullif(denominator_before, 0) as parts
    from beside
),

judged as (
    select
        pooled.*,
        sqrt(case pooled.noise
            when 'share' then factor * factor * greatest(quotient * (1 - quotient), 0) * parts
            when 'rate' then factor * factor * quotient * parts
            when 'cost' then factor * factor * quotient * quotient * parts
            when 'count' then factor * factor * greatest(numerator + numerator_before, 1) / (span * span)
        end) as chance
    from pooled
    inner join weeks on weeks.week_start_date = pooled.week_start_date
),

-- The same comparison in the weeks before, up to the one with which this one compares.
usual as (
    select
        judged.figure,
        judged.dimension,
        judged.member,
        judged.week_start_date,
        judged.span,
        count(earlier.change) as history,
        case
            when median(abs(earlier.change)) > 0 then 1.4826 * median(abs(earlier.change))
            -- A sum of decimals: one of floating point comes out by the order of its rows.
            else 1.2533 * cast(sum(cast(round(abs(earlier.change), 12) as decimal(38, 12))) as double) / nullif(count(earlier.change), 0)
        end as deviation
    from judged
    cross join parameters
    left join beside as earlier
        on
            earlier.figure = judged.figure
            and earlier.dimension = judged.dimension
            and earlier.member = judged.member
            and earlier.span = judged.span
            and earlier.week_start_date <= cast(judged.week_start_date - interval 7 day * judged.weeks_apart as date)
            and earlier.week_start_date
            > cast(judged.week_start_date - interval 7 day * (judged.weeks_apart + parameters.judging_history_weeks) as date)
    group by judged.figure, judged.dimension, judged.member, judged.week_start_date, judged.span
),

measured as (
    select
        judged.*,
        usual.history,
        between_weeks.value as value_between,
        between_weeks.unknown as unknown_between,
        parameters.judging_minimum_history as minimum_history,
        case
            when usual.history >= parameters.judging_minimum_history
                then greatest(judged.chance, usual.deviation * (1 + 2.0 / usual.history))
            else judged.chance
        end as usual_change
    from judged
    cross join parameters
    inner join usual
        on
            usual.figure = judged.figure
            and usual.dimension = judged.dimension
            and usual.member = judged.member
            and usual.week_start_date = judged.week_start_date
            and usual.span = judged.span
    left join recent as between_weeks
        on
            between_weeks.figure = judged.figure
            and between_weeks.dimension = judged.dimension
            and between_weeks.member = judged.member
            and between_weeks.week_start_date = case when judged.span = 1 then cast(judged.week_start_date - interval 7 day as date) end
)

select
    figure,
    dimension,
    member,
    week_start_date,
    span,
    unit,
    better,
    case when is_summable then numerator end as numerator,
    case when is_summable then denominator end as denominator,
    case when is_summable then numerator_before end as numerator_before,
    case when is_summable then denominator_before end as denominator_before,
    value,
    value_between,
    value_before,
    round(usual_change, 9) as deviation,
    history,
    round(case
        when change is null or usual_change is null then null
        when change = 0 then 0
        when usual_change = 0 then case when change > 0 then 8 else -8 end
        else change / usual_change
    end, 6) as score,
    coalesce(
        (better = 'up' and value < value_between and value_between < value_before)
        or (better = 'down' and value > value_between and value_between > value_before),
        false
    ) as is_worse_twice,
    case
        when unknown is not null then unknown
        when value is null then concat(cast(span as varchar), ' weeks that are complete')
        when span = 1 and value_between is null then coalesce(unknown_between, 'the week before')
        when value_before is null then concat('the ', cast(span + weeks_apart as varchar), ' weeks up to this one, each complete')
        when usual_change is null then concat(cast(minimum_history - history as varchar), ' more weeks of history')
    end as unknown
from measured
