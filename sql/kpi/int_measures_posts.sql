/*
description: "One row a measure of posts, day, dimension and member. Paid deliveries of posts are left out: their figures are those of the ads. A ratio's two sides are of the same posts: those that have both figures."
grain: [date, measure, dimension, member]
materialise: incremental
unit: [date]
day: date
restrict:
  core.fct_posts_daily: [date]
changed:
  core.fct_posts_daily: select date from changed
  core.int_post_labels: >-
    select posts_daily.date from core.fct_posts_daily as posts_daily
    inner join changed on changed.platform = posts_daily.platform and changed.post_id = posts_daily.post_id
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: not_over_time, description: "The amount of the day, money in the reporting currency; stocks and unique counts must not be added up over days."}
*/
with

posts_daily as (
    select * from core.fct_posts_daily
),

labels as (
    select * from core.int_post_labels
),

measure_dimensions as (
    select * from config.measure_dimensions
),

labelled as (
    select
        posts_daily.*,
        case
            when coalesce(posts_daily.likes, posts_daily.comments, posts_daily.shares, posts_daily.saves) is not null then
                coalesce(posts_daily.likes, 0)
                + coalesce(posts_daily.comments, 0)
                + coalesce(posts_daily.shares, 0)
                + coalesce(posts_daily.saves, 0)
        end as interactions,
        concat(posts_daily.platform, ': ', posts_daily.post_id) as post,
        coalesce(labels.series, '(none)') as series,
        coalesce(labels.format, '(none)') as format,
        coalesce(labels.hook, '(none)') as hook,
        'organic' as paid_or_organic,
        case when labels.distribution = 'assisted' then 'assisted' else 'organic' end as distribution
    from posts_daily
    left join labels
        on
            labels.platform = posts_daily.platform
            and labels.post_id = posts_daily.post_id
            and labels.is_paid = posts_daily.is_paid
    where not posts_daily.is_paid
),

named as (
    select * exclude (account), concat(platform, ': ', account) as account
    from labelled
),

counted as (
    select
        date,
        case
            when grouping(platform) = 0 then 'platform'
            when grouping(account) = 0 then 'account'
            when grouping(post) = 0 then 'post'
            when grouping(series) = 0 then 'series'
            when grouping(format) = 0 then 'format'
            when grouping(hook) = 0 then 'hook'
            when grouping(paid_or_organic) = 0 then 'paid_or_organic'
            when grouping(distribution) = 0 then 'distribution'
            else 'all'
        end as dimension,
        coalesce(platform, account, post, series, format, hook, paid_or_organic, distribution, 'all') as member,
        sum(impressions) as impressions_organic,
        sum(views) as views_organic,
        sum(case when impressions is not null then views_3s end) as views_3s,
        sum(case when views_3s is not null then impressions end) as impressions_with_3s,
        sum(case when views is not null then views_25pct end) as views_25pct,
        sum(case when views_25pct is not null then views end) as views_with_25pct,
        sum(case when views is not null then coalesce(views_completed, watched_view_equivalents) end) as completed_views,
        sum(case when views is not null and views_completed is null then watched_view_equivalents end) as completed_views_estimated,
        sum(case when coalesce(views_completed, watched_view_equivalents) is not null then views end) as views_with_completion,
        sum(watch_seconds) as watch_seconds,
        sum(case when watch_seconds is not null then views end) as views_with_watch_seconds,
        sum(interactions) as interactions,
        sum(case when views is not null then comments end) as comments,
        sum(case when comments is not null then views end) as views_with_comments,
        sum(shares) as shares,
        sum(saves) as saves,
        sum(case when impressions is not null then saves end) as saves_with_impressions,
        sum(case when saves is not null then impressions end) as impressions_with_saves,
        sum(case when views is not null then negative_feedback end) as negative_feedback,
        sum(case when negative_feedback is not null then views end) as views_with_feedback,
        sum(link_clicks) as link_clicks_organic,
        sum(case when is_estimated then 1 end) as posts_estimated
    from named
    group by grouping sets (
        (date),
        (date, platform),
        (date, account),
        (date, post),
        (date, series),
        (date, format),
        (date, hook),
        (date, paid_or_organic),
        (date, distribution)
    )
)

select
    date,
    measure,
    dimension,
    member,
    value
from (
    select
        counted.date,
        measure_dimensions.measure,
        counted.dimension,
        counted.member,
        -- One scale for all: DuckDB would round the finer ones to that of the coarsest.
        cast(case measure_dimensions.measure
            when 'impressions_organic' then counted.impressions_organic
            when 'views_organic' then counted.views_organic
            when 'views_3s' then counted.views_3s
            when 'impressions_with_3s' then counted.impressions_with_3s
            when 'views_25pct' then counted.views_25pct
            when 'views_with_25pct' then counted.views_with_25pct
            when 'completed_views' then cast(counted.completed_views as decimal(28, 9))
            when 'completed_views_estimated' then cast(counted.completed_views_estimated as decimal(28, 9))
            when 'views_with_completion' then counted.views_with_completion
            when 'watch_seconds' then cast(counted.watch_seconds as decimal(28, 9))
            when 'views_with_watch_seconds' then counted.views_with_watch_seconds
            when 'interactions' then counted.interactions
            when 'comments' then counted.comments
            when 'views_with_comments' then counted.views_with_comments
            when 'shares' then counted.shares
            when 'saves' then counted.saves
            when 'saves_with_impressions' then counted.saves_with_impressions
            when 'impressions_with_saves' then counted.impressions_with_saves
            when 'negative_feedback' then counted.negative_feedback
            when 'views_with_feedback' then counted.views_with_feedback
            when 'link_clicks_organic' then counted.link_clicks_organic
            when 'posts_estimated' then counted.posts_estimated
        end as decimal(28, 9)) as value
    from counted
    inner join measure_dimensions on measure_dimensions.dimension = counted.dimension
) as measured
where value is not null
