/*
description: >-
  One row a figure, dimension, member and week that the rules and risks about change look at: every KPI as a whole, some by platform and
  series. Beside the KPIs there are the profile visits that posts led to by series (post_profile_visits) and the spend on social ads (ad_spend); the
  share of returning viewers, which no week adds up, is the median of its days and accounts. A week that is not complete is not known.
grain: [figure, dimension, member, week_start_date]
materialise: table
owner: data-engineering
columns:
  figure: {unit: id, description: "A KPI's name, post_profile_visits or ad_spend."}
  dimension: {unit: text, description: "all, platform or series."}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  week_start_date: {unit: date, description: Monday of the week.}
  unit: {unit: text, description: The KPI's unit.}
  better: {unit: text, description: Whether up or down is better.}
  noise: {unit: text, description: "share, rate, count or cost (noise in decision_rules.yml); history for all others."}
  numerator: {unit: number, sum: never, description: What is counted.}
  denominator: {unit: number, sum: never, description: What it is divided by.}
  factor: {unit: ratio, sum: never, description: What the quotient is multiplied by to get the value.}
  value: {unit: number, sum: never, description: "The value; NULL where the week is not complete or has none."}
  is_summable: {unit: flag, description: Whether weeks are added up before dividing; else their values are averaged.}
  unknown: {unit: text, description: "Why there is no value; NULL where there is one."}
*/
with

kpi_values as (
    select * from kpi.kpi_values
),

kpis as (
    select * from config.kpis
),

kpi_noise as (
    select * from config.kpi_noise
),

posts_daily as (
    select * from core.fct_posts_daily
    where not is_paid and profile_visits is not null
),

labels as (
    select * from core.int_post_labels
),

weekly as (
    select * from kpi_values
    where
        period = 'week'
        and (
            dimension = 'all'
            or (
                dimension = 'platform'
                and kpi in ('profile_visits', 'profile_link_ctr', 'comments_per_1000_views', 'organic_engagement_rate')
            )
            or (dimension = 'series' and kpi = 'video_completion_rate' and member <> '(none)')
        )
),

-- Rates by the month are those of a week's days.
of_kpis as (
    select
        weekly.kpi as figure,
        weekly.dimension,
        weekly.member,
        weekly.period_start_date as week_start_date,
        kpis.unit,
        kpis.better,
        case when kpis.is_additive then coalesce(kpi_noise.noise, 'history') else 'history' end as noise,
        weekly.numerator,
        weekly.denominator,
        cast(kpis.scale_numerator as double) / kpis.scale_denominator
        * case when kpis.unit in ('count_per_month', 'percent_per_month') then 30.4375 / 7 else 1 end as factor,
        case when weekly.is_complete then weekly.value end as value,
        kpis.is_additive as is_summable,
        case
            when weekly.value is null then coalesce(weekly.null_reason, 'no value')
            when not weekly.is_complete then 'the week is not complete'
        end as unknown
    from weekly
    inner join kpis on kpis.kpi = weekly.kpi
    left join kpi_noise on kpi_noise.kpi = weekly.kpi
    where weekly.kpi <> 'returning_viewers_share'
),

viewers as (
    select
        cast(date_trunc('week', daily.period_start_date) as date) as week_start_date,
        cast(round(median(cast(daily.value as double)), 6) as decimal(18, 6)) as value
    from kpi_values as daily
    where
        daily.kpi = 'returning_viewers_share'
        and daily.period = 'day'
        and daily.dimension = 'account'
        and daily.value is not null
    group by cast(date_trunc('week', daily.period_start_date) as date)
),

of_viewers as (
    select
        weekly.kpi as figure,
        'all' as dimension,
        'all' as member,
        weekly.period_start_date as week_start_date,
        kpis.unit,
        kpis.better,
        'history' as noise,
        cast(null as decimal(28, 9)) as numerator,
        cast(null as decimal(28, 9)) as denominator,
        cast(1 as double) as factor,
        case when weekly.is_complete then viewers.value end as value,
        false as is_summable,
        case
            when viewers.value is null then coalesce(weekly.null_reason, 'no value')
            when not weekly.is_complete then 'the week is not complete'
        end as unknown
    from weekly
    inner join kpis on kpis.kpi = weekly.kpi
    left join viewers on viewers.week_start_date = weekly.period_start_date
    where weekly.kpi = 'returning_viewers_share'
),

of_spend as (
    select
        'ad_spend' as figure,
        dimension,
        member,
        week_start_date,
        unit,
        'none' as better,
        'history' as noise,
        numerator,
        cast(null as decimal(28, 9)) as denominator,
        cast(1 as double) as factor,
        case when coalesce(unknown, '') <> 'the week is not complete' then cast(round(numerator, 6) as decimal(18, 6)) end as value,
        true as is_summable,
        case
            when numerator is null then coalesce(unknown, 'no value')
            when unknown = 'the week is not complete' then unknown
        end as unknown
    from of_kpis
    where figure = 'cpa'
),

post_visits as (
    select
        labels.series,
        cast(date_trunc('week', posts_daily.date) as date) as week_start_date,
        sum(posts_daily.profile_visits) as profile_visits
    from posts_daily
    inner join labels
        on
            labels.platform = posts_daily.platform
            and labels.post_id = posts_daily.post_id
            and labels.is_paid = posts_daily.is_paid
    where labels.series is not null
    group by labels.series, cast(date_trunc('week', posts_daily.date) as date)
),

of_posts as (
    select
        'post_profile_visits' as figure,
        'series' as dimension,
        post_visits.series as member,
        post_visits.week_start_date,
        'count' as unit,
        'up' as better,
        'count' as noise,
        cast(post_visits.profile_visits as decimal(28, 9)) as numerator,
        cast(null as decimal(28, 9)) as denominator,
        cast(1 as double) as factor,
        case when completion.unknown is null then cast(post_visits.profile_visits as decimal(18, 6)) end as value,
        true as is_summable,
        completion.unknown
    from post_visits
    inner join of_kpis as completion
        on
            completion.figure = 'video_completion_rate'
            and completion.dimension = 'series'
            and completion.member = post_visits.series
            and completion.week_start_date = post_visits.week_start_date
)

select * from of_kpis
union all
select * from of_viewers
union all
select * from of_spend
union all
select * from of_posts
