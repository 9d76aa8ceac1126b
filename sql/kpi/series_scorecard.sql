/*
description: >-
  One row a week, a series and the way it was spread: its assets together, judged by the measure of the goal that most of them have, against
  the threshold of creative.yml. The interval knows that posts differ: a series of three lucky posts has a wide one. Ranked by its lower end
  over the threshold, so that series with different goals can be compared.
grain: [week_start_date, series, distribution]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the last week of the window.}
  series: {unit: text, description: The series.}
  distribution: {unit: text, description: "organic, paid, or all for both together."}
  goal: {unit: text, description: "The goal in creative.yml, else that of most of its assets."}
  assets: {unit: count, sum: never, description: Assets of that goal that could be judged.}
  numerator: {unit: number, sum: never, description: What is counted; NULL for reach.}
  denominator: {unit: number, sum: never, description: "What it is told per; NULL for reach."}
  value: {unit: number, sum: never, description: "Percent of sums; for reach the geometric mean of its assets' times the usual."}
  lower_bound: {unit: number, sum: never, description: Lower end of its interval.}
  upper_bound: {unit: number, sum: never, description: Upper end of its interval.}
  threshold: {unit: number, sum: never, description: What it must reach to pass.}
  sample: {unit: number, sum: never, description: "People reached, impressions or visits of its assets."}
  rank: {unit: rank, description: "Place by lower bound over threshold, NULL where it is not judged."}
  ranked: {unit: count, sum: never, description: Series that are judged.}
  is_top: {unit: flag, description: Whether it is among the best series and does not fail.}
  verdict: {unit: text, description: "pass: the lower end reaches the threshold; fail: the upper end does not; open: neither is sure; not_enough_data."}
  missing: {unit: text, description: "What is missing for a judgement, NULL where nothing is."}
*/
with

assets as (
    select * from kpi.creative_scorecard
),

creative as (
    select * from config.creative
),

goals as (
    select * from config.creative_goals
),

own as (
    select * from config.creative_series
),

goal_counts as (
    select week_start_date, series, distribution, goal, count(*) as assets
    from assets
    where series is not null
    group by week_start_date, series, distribution, goal
),

series_goals as (
    select
        goal_counts.week_start_date,
        goal_counts.series,
        goal_counts.distribution,
        coalesce(own.goal, goal_counts.goal) as goal,
        own.threshold
    from goal_counts
    left join own on own.series = goal_counts.series
    qualify row_number() over (
        partition by goal_counts.week_start_date, goal_counts.series, goal_counts.distribution
        order by goal_counts.assets desc, goal_counts.goal
    ) = 1
),

-- Whole numbers, and logarithms to nine places: their sums do not depend on the order.
figures as (
    select
        week_start_date,
        series,
        distribution,
        goal,
        sample,
        cast(round(numerator) as decimal(18, 0)) as counted,
        cast(round(denominator) as decimal(18, 0)) as base,
        case when goal = 'reach' and value > 0 then cast(round(ln(cast(value as double)), 9) as decimal(18, 9)) end as log_value
    from assets
    where missing is null and series is not null
),

summed as (
    select
        series_goals.week_start_date,
        series_goals.series,
        series_goals.distribution,
        series_goals.goal,
        coalesce(series_goals.threshold, goals.threshold) as threshold,
        count(case when series_goals.goal <> 'reach' then figures.base else figures.log_value end) as assets,
        sum(figures.sample) as sample,
        sum(case when series_goals.goal <> 'reach' then figures.counted end) as numerator,
        sum(case when series_goals.goal <> 'reach' then figures.base end) as denominator,
        cast(sum(figures.counted * figures.counted) as double) as counted_squared,
        cast(sum(figures.counted * figures.base) as double) as counted_by_base,
        cast(sum(figures.base * figures.base) as double) as base_squared,
        cast(sum(figures.log_value) as double) as log_sum,
        cast(sum(figures.log_value * figures.log_value) as double) as log_squared
    from series_goals
    inner join goals on goals.goal = series_goals.goal
    left join figures
        on
            figures.week_start_date = series_goals.week_start_date
            and figures.series = series_goals.series
            and figures.distribution = series_goals.distribution
            and figures.goal = series_goals.goal
    group by
        series_goals.week_start_date,
        series_goals.series,
        series_goals.distribution,
        series_goals.goal,
        coalesce(series_goals.threshold, goals.threshold)
),

rates as (
    select
        summed.*,
        creative.standard_errors as z,
        summed.assets >= creative.minimum_posts_of_series as is_judged,
        creative.minimum_posts_of_series - summed.assets as assets_missing,
        cast(nullif(summed.denominator, 0) as double) as base,
        least(cast(summed.numerator as double) / cast(nullif(summed.denominator, 0) as double), 1) as share,
        summed.log_sum / nullif(summed.assets, 0) as log_mean,
        -- variance of the mean of logarithms
        greatest(summed.log_squared - summed.log_sum * summed.log_sum / nullif(summed.assets, 0), 0)
        / nullif(summed.assets - 1, 0) / nullif(summed.assets, 0) as log_variance
    from summed
    cross join creative
),

-- How many times larger the variance between posts is than chance among people: by so much fewer people count (Kish's design effect).
designs as (
    select
        *,
        base / greatest(
            coalesce(
                cast(assets as double) / nullif(assets - 1, 0)
                * greatest(counted_squared - 2 * share * counted_by_base + share * share * base_squared, 0)
                / (base * base) / nullif(share * (1 - share) / base, 0),
                1
            ),
            1
        ) as people
    from rates
),

bounded as (
    select
        *,
        case when goal = 'reach' then exp(log_mean) else 100 * cast(numerator as double) / base end as quotient,
        case
            when goal = 'reach' then exp(log_mean - z * sqrt(log_variance))
            else
                100 * (share + z * z / (2 * people) - z * sqrt(share * (1 - share) / people + z * z / (4 * people * people)))
                / (1 + z * z / people)
        end as low,
        case
            when goal = 'reach' then exp(log_mean + z * sqrt(log_variance))
            else
                100 * (share + z * z / (2 * people) + z * sqrt(share * (1 - share) / people + z * z / (4 * people * people)))
                / (1 + z * z / people)
        end as high
    from designs
),

rounded as (
    select
        *,
        cast(round(quotient, 6) as decimal(18, 6)) as value,
        cast(case when is_judged then round(low, 6) end as decimal(18, 6)) as lower_bound,
        cast(case when is_judged then round(high, 6) end as decimal(18, 6)) as upper_bound
    from bounded
),

ranked as (
    select
        *,
        case
            when lower_bound is not null then row_number() over (
                partition by week_start_date, distribution, lower_bound is not null
                order by lower_bound / threshold desc, series
            )
        end as rank,
        count(lower_bound) over (partition by week_start_date, distribution) as ranked
    from rounded
)

select
    ranked.week_start_date,
    ranked.series,
    ranked.distribution,
    ranked.goal,
    ranked.assets,
    ranked.numerator,
    ranked.denominator,
    ranked.value,
    ranked.lower_bound,
    ranked.upper_bound,
    cast(ranked.threshold as decimal(18, 6)) as threshold,
    ranked.sample,
    ranked.rank,
    ranked.ranked,
    coalesce(
        ranked.ranked >= 2
        and ranked.rank <= ceil(round(creative.top_series * ranked.ranked, 6))
        and ranked.upper_bound >= ranked.threshold,
        false
    ) as is_top,
    case
        when ranked.lower_bound is null then 'not_enough_data'
        when ranked.lower_bound >= ranked.threshold then 'pass'
        when ranked.upper_bound < ranked.threshold then 'fail'
        else 'open'
    end as verdict,
    case when ranked.lower_bound is null then concat(cast(greatest(ranked.assets_missing, 1) as varchar), ' more assets with figures') end as missing
from ranked
cross join creative
