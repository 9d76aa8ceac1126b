/*
description: >-
  One row a week, an asset and the way it was spread (organic, paid, all for both), judged by the measure of its own goal over the window
  of creative.yml that ends with the week, with the figures as known today. Ranked within goal and way by the lower end of the interval, so
  that luck with few people does not lead. docs/scorecards.md has the formulas.
grain: [week_start_date, asset, distribution]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the last week of the window.}
  asset: {unit: id, description: "The item of the content calendar, else platform and post or ad."}
  distribution: {unit: text, description: "organic, paid, or all for both together."}
  asset_id: {unit: id, description: "The item of the content calendar, NULL where it is not in it."}
  platform: {unit: text, description: "The platform, several where it was spread on more than one."}
  account: {unit: text, description: "The account, several where it was spread on more than one."}
  series: {unit: text, description: Its series.}
  format: {unit: text, description: Its format as named by calendar or platform.}
  format_class: {unit: text, description: "Class of its format: short, long, video, carousel, image and so on."}
  hook: {unit: text, description: Its opening.}
  goal: {unit: text, description: "reach, engagement, traffic or conversion."}
  goal_from: {unit: text, description: "calendar, or default where the calendar says none."}
  published_date: {unit: date, description: "Day of publishing, of an ad the first day in the window on which it was shown."}
  measure: {unit: text, description: "What the numerator counts: reach, interactions, link_clicks, visits or converted_visits."}
  numerator: {unit: number, sum: never, description: What is counted.}
  denominator: {unit: number, sum: never, description: "What it is told per; for reach the account's median."}
  value: {unit: number, sum: never, description: "Percent; for reach times the usual, 1 as usual."}
  lower_bound: {unit: number, sum: never, description: "Lower end of its interval (Wilson; for reach that of a count)."}
  upper_bound: {unit: number, sum: never, description: Upper end of its interval.}
  sample: {unit: number, sum: never, description: "Of how many it is told: people reached, impressions or visits."}
  rank: {unit: rank, description: "Place by lower bound among the assets of its goal and way, NULL where it is not ranked."}
  ranked: {unit: count, sum: never, description: Assets of its goal and way that are ranked.}
  is_top: {unit: flag, description: Whether it is among the best of its goal and way.}
  verdict: {unit: text, description: "top, rest or not_enough_data."}
  missing: {unit: text, description: "What is missing for a rank, NULL where nothing is."}
*/
with

assets as (
    select * from kpi.int_creative_assets
),

creative as (
    select * from config.creative
),

usual as (
    select
        week_start_date,
        distribution,
        platform,
        account,
        cast(median(reached) as decimal(28, 9)) as reached
    from assets
    where is_settled and reached is not null
    group by week_start_date, distribution, platform, account
),

measured as (
    select
        assets.*,
        case assets.goal
            when 'reach' then 'reach'
            when 'engagement' then 'interactions'
            when 'conversion' then 'converted_visits'
            else case when assets.link_clicks is not null then 'link_clicks' else 'visits' end
        end as measure,
        cast(case assets.goal
            when 'reach' then assets.reached
            when 'engagement' then assets.interactions
            when 'conversion' then assets.converted
            else coalesce(assets.link_clicks, assets.visits)
        end as decimal(28, 9)) as numerator,
        cast(case assets.goal
            when 'reach' then usual.reached
            when 'engagement' then assets.interactions_base
            when 'conversion' then assets.visits
            else case when assets.link_clicks is not null then assets.link_clicks_base else assets.shown end
        end as decimal(28, 9)) as denominator
    from assets
    left join usual
        on
            usual.week_start_date = assets.week_start_date
            and usual.distribution = assets.distribution
            and usual.platform = assets.platform
            and usual.account = assets.account
),

doubles as (
    select
        measured.*,
        case when goal = 'reach' then numerator else denominator end as sample,
        cast(numerator as double) as counted,
        cast(nullif(denominator, 0) as double) as base,
        -- More interactions than people reached are possible; a share of more than all of them is not.
        least(cast(numerator as double) / cast(nullif(denominator, 0) as double), 1) as share,
        creative.standard_errors as z
    from measured
    cross join creative
),

-- Wilson for shares, Byar for a count.
bounded as (
    select
        *,
        case
            when numerator is null or base is null then null
            when goal = 'reach' then counted / base
            else 100 * counted / base
        end as quotient,
        case
            when numerator is null or base is null then null
            when goal = 'reach' and counted > 0
                then counted * power(greatest(1 - 1 / (9 * counted) - z / (3 * sqrt(counted)), 0), 3) / base
            when goal = 'reach' then 0
            else
                100 * (share + z * z / (2 * base) - z * sqrt(share * (1 - share) / base + z * z / (4 * base * base)))
                / (1 + z * z / base)
        end as low,
        case
            when numerator is null or base is null then null
            when goal = 'reach'
                then (counted + 1) * power(1 - 1 / (9 * (counted + 1)) + z / (3 * sqrt(counted + 1)), 3) / base
            else
                100 * (share + z * z / (2 * base) + z * sqrt(share * (1 - share) / base + z * z / (4 * base * base)))
                / (1 + z * z / base)
        end as high
    from doubles
),

judged as (
    select
        bounded.*,
        case
            when bounded.numerator is null then concat(bounded.measure, ' of it in any file')
            when bounded.base is null then 'what its rate is told per'
            when bounded.sample < creative.minimum_sample
                then concat(cast(cast(ceil(creative.minimum_sample - bounded.sample) as bigint) as varchar), ' more people, impressions or visits')
            when not bounded.is_settled then 'days since it was published'
        end as missing,
        cast(round(bounded.low, 6) as decimal(18, 6)) as lower_bound
    from bounded
    cross join creative
),

ranked as (
    select
        *,
        case
            when missing is null then row_number() over (
                partition by week_start_date, distribution, goal, missing is null
                order by lower_bound desc, asset
            )
        end as rank,
        count(*) filter (where missing is null) over (partition by week_start_date, distribution, goal) as ranked
    from judged
),

topped as (
    select
        ranked.*,
        coalesce(
            ranked.ranked >= creative.minimum_assets and ranked.rank <= ceil(round(creative.top_assets * ranked.ranked, 6)), false
        ) as is_top
    from ranked
    cross join creative
)

select
    week_start_date,
    asset,
    distribution,
    asset_id,
    platform,
    account,
    series,
    format,
    format_class,
    hook,
    goal,
    goal_from,
    published_date,
    measure,
    numerator,
    denominator,
    cast(round(quotient, 6) as decimal(18, 6)) as value,
    lower_bound,
    cast(round(high, 6) as decimal(18, 6)) as upper_bound,
    sample,
    rank,
    ranked,
    is_top,
    case when missing is not null then 'not_enough_data' when is_top then 'top' else 'rest' end as verdict,
    missing
from topped
