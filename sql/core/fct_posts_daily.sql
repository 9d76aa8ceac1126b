/*
description: "One row a post and day: what the post gained that day. Days of a true day-by-day export are as delivered; elsewhere they are the differences of successive snapshots: the first on the publishing day, a later one on the day it was captured, a decrease as a negative correction. A post that is only ever exported by periods counts each period on its last day."
grain: [platform, account, post_id, is_paid, date]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: "The platform, such as instagram."}
  account: {unit: text, description: The account that published it.}
  post_id: {unit: id, description: "The platform's id of the post, else its permalink."}
  date: {unit: date, description: The local day that the amounts count on.}
  impressions: {unit: count, sum: always, description: Times it was shown.}
  views: {unit: count, sum: always, description: Plays as the platform counts them.}
  views_3s: {unit: count, sum: always, description: Plays of at least three seconds.}
  views_25pct: {unit: count, sum: always, description: Plays of at least a quarter.}
  views_completed: {unit: count, sum: always, description: Plays to the end.}
  watched_view_equivalents: {unit: number, sum: always, description: "Views times the mean share watched (else time watched over length), where the platform gives that instead of completed views."}
  watch_seconds: {unit: seconds, sum: always, description: Time watched.}
  likes: {unit: count, sum: always, description: Likes and other reactions.}
  comments: {unit: count, sum: always, description: Comments.}
  shares: {unit: count, sum: always, description: Shares and reposts.}
  saves: {unit: count, sum: always, description: Saves and bookmarks.}
  link_clicks: {unit: count, sum: always, description: Clicks on its link.}
  profile_visits: {unit: count, sum: always, description: Profile visits that it led to.}
  follows: {unit: count, sum: always, description: Follows that it led to.}
  negative_feedback: {unit: count, sum: always, description: "Hides, unfollows and reports."}
  is_paid: {unit: flag, description: Whether this is the paid delivery of the post.}
  is_estimated: {unit: flag, description: "Whether an amount of the row was placed rather than observed: a first snapshot captured more than 7 days after publishing, or a period of several days, or time watched that was put on the true days of the plays."}
  source_file: {unit: text, description: The file of the newest delivery among the row's amounts.}
*/
with

snapshots as (
    select * from staging.stg_social__post_snapshots
),

post_days as (
    select * from staging.stg_social__post_days
),

posts as (
    select * from core.fct_posts
),

-- Reach is missing on purpose: unique accounts of two days do not add up.
amounts as (
    select
        platform,
        post_id,
        is_paid,
        period_kind,
        period_from,
        as_of_date,
        captured_at,
        source_file,
        file_id,
        source_row,
        cast(impressions as decimal(24, 6)) as impressions,
        cast(views as decimal(24, 6)) as views,
        cast(views_3s as decimal(24, 6)) as views_3s,
        cast(views_25pct as decimal(24, 6)) as views_25pct,
        cast(views_completed as decimal(24, 6)) as views_completed,
        -- Not by least() alone: it passes over a NULL.
        case
            when views_completed is null and coalesce(average_view_share, watch_seconds / nullif(duration_seconds, 0)) is not null
                then least(
                    cast(round(coalesce(views * average_view_share, watch_seconds / nullif(duration_seconds, 0)), 6) as decimal(24, 6)),
                    cast(views as decimal(24, 6))
                )
        end as watched_view_equivalents,
        cast(watch_seconds as decimal(24, 6)) as watch_seconds,
        cast(likes as decimal(24, 6)) as likes,
        cast(comments as decimal(24, 6)) as comments,
        cast(shares as decimal(24, 6)) as shares,
        cast(saves as decimal(24, 6)) as saves,
        cast(link_clicks as decimal(24, 6)) as link_clicks,
        cast(profile_visits as decimal(24, 6)) as profile_visits,
        cast(follows as decimal(24, 6)) as follows,
        cast(negative_feedback as decimal(24, 6)) as negative_feedback
    from snapshots
    where as_of_date is not null
    qualify period_kind = min(period_kind) over (partition by platform, post_id, is_paid)
),

measures as (
    select *
    from (
        values
            ('impressions'),
            ('views'),
            ('views_3s'),
            ('views_25pct'),
            ('views_completed'),
            ('watched_view_equivalents'),
            ('watch_seconds'),
            ('likes'),
            ('comments'),
            ('shares'),
            ('saves'),
            ('link_clicks'),
            ('profile_visits'),
            ('follows'),
            ('negative_feedback')
    ) as named (measure)
),

long as (
    select
        amounts.platform,
        amounts.post_id,
        amounts.is_paid,
        amounts.period_kind,
        amounts.period_from,
        amounts.as_of_date,
        amounts.captured_at,
        amounts.source_file,
        amounts.file_id,
        amounts.source_row,
        measures.measure,
        case measures.measure
            when 'impressions' then amounts.impressions
            when 'views' then amounts.views
            when 'views_3s' then amounts.views_3s
            when 'views_25pct' then amounts.views_25pct
            when 'views_completed' then amounts.views_completed
            when 'watched_view_equivalents' then amounts.watched_view_equivalents
            when 'watch_seconds' then amounts.watch_seconds
            when 'likes' then amounts.likes
            when 'comments' then amounts.comments
            when 'shares' then amounts.shares
            when 'saves' then amounts.saves
            when 'link_clicks' then amounts.link_clicks
            when 'profile_visits' then amounts.profile_visits
            when 'follows' then amounts.follows
            when 'negative_feedback' then amounts.negative_feedback
        end as value
    from amounts
    cross join measures
),

-- Several exports of one day: the newest that has the measure.
states as (
    select *
    from long
    where value is not null
    qualify row_number() over (
        partition by platform, post_id, is_paid, measure, period_kind, period_from, as_of_date
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
),

-- The first state belongs to the publishing day, a later one to the day whose end it describes.
placed as (
    select
        states.*,
        case
            when row_number() over earlier = 1 and states.period_kind = 'lifetime'
                then least(coalesce(posts.published_date, states.as_of_date), states.as_of_date)
            else states.as_of_date
        end as date,
        case
            when row_number() over earlier > 1 then false
            when states.period_kind = 'period' then states.period_from < states.as_of_date
            else posts.published_date is null or date_diff('day', posts.published_date, states.as_of_date) > 7
        end as is_estimated
    from states
    left join posts
        on
            posts.platform = states.platform
            and posts.post_id = states.post_id
            and posts.is_paid = states.is_paid
    window earlier as (
        partition by states.platform, states.post_id, states.is_paid, states.measure, states.period_kind, states.period_from
        order by states.as_of_date
    )
),

daily_spans as (
    select
        platform,
        post_id,
        measure,
        min(date) as first_date,
        max(date) as last_date
    from post_days
    group by platform, post_id, measure
),

-- Within the true days a state says nothing new; outside them it says what it holds beyond all true days until then.
residuals as (
    select
        placed.platform,
        placed.post_id,
        placed.is_paid,
        placed.measure,
        placed.period_kind,
        placed.period_from,
        placed.as_of_date,
        placed.date,
        placed.captured_at,
        placed.source_file,
        placed.is_estimated,
        placed.value - coalesce(sum(post_days.value), 0) as value
    from placed
    left join daily_spans
        on
            daily_spans.platform = placed.platform
            and daily_spans.post_id = placed.post_id
            and daily_spans.measure = placed.measure
            and not placed.is_paid
    left join post_days
        on
            post_days.platform = daily_spans.platform
            and post_days.post_id = daily_spans.post_id
            and post_days.measure = daily_spans.measure
            and post_days.date <= placed.as_of_date
            and (placed.period_from is null or post_days.date >= placed.period_from)
    where daily_spans.platform is null or placed.date not between daily_spans.first_date and daily_spans.last_date
    group by
        placed.platform,
        placed.post_id,
        placed.is_paid,
        placed.measure,
        placed.period_kind,
        placed.period_from,
        placed.as_of_date,
        placed.date,
        placed.captured_at,
        placed.source_file,
        placed.is_estimated,
        placed.value
),

-- Growth since the state before; the periods of one start grow in the same way.
growth as (
    select
        platform,
        post_id,
        is_paid,
        measure,
        date,
        value - coalesce(lag(value) over states_of_start, 0) as gained,
        lag(as_of_date) over states_of_start as previous_as_of_date,
        as_of_date,
        period_from,
        captured_at,
        source_file,
        is_estimated
    from residuals
    window states_of_start as (
        partition by platform, post_id, is_paid, measure, period_kind, period_from
        order by as_of_date
    )
),

-- Time watched and its share go with plays: where a post's plays are known by day, all of it on the publishing day would stand beside
-- that day's plays alone. It is put on the days in their proportion, by rounding what is reached so far, so that it adds up.
watched as (
    select
        growth.platform,
        growth.post_id,
        growth.is_paid,
        growth.measure,
        growth.period_from,
        growth.as_of_date,
        post_days.date,
        cast(growth.gained as double) as gained,
        cast(post_days.value as double) as plays,
        cast(sum(post_days.value) over (
            partition by growth.platform, growth.post_id, growth.measure, growth.period_from, growth.as_of_date
            order by post_days.date
        ) as double) as plays_so_far,
        cast(sum(post_days.value) over (
            partition by growth.platform, growth.post_id, growth.measure, growth.period_from, growth.as_of_date
        ) as double) as plays_in_all,
        growth.captured_at,
        growth.source_file
    from growth
    inner join post_days
        on
            post_days.platform = growth.platform
            and post_days.post_id = growth.post_id
            and post_days.measure = 'views'
            and post_days.value > 0
            and post_days.date <= growth.as_of_date
            and (growth.previous_as_of_date is null or post_days.date > growth.previous_as_of_date)
            and (growth.period_from is null or post_days.date >= growth.period_from)
    where not growth.is_paid and growth.measure in ('watched_view_equivalents', 'watch_seconds')
),

spread as (
    select
        platform,
        post_id,
        is_paid,
        measure,
        period_from,
        as_of_date,
        date,
        case
            when measure = 'watch_seconds' then
                cast(round(gained * plays_so_far / plays_in_all, 3) as decimal(24, 6))
                - cast(round(gained * (plays_so_far - plays) / plays_in_all, 3) as decimal(24, 6))
            else
                cast(round(gained * plays_so_far / plays_in_all, 6) as decimal(24, 6))
                - cast(round(gained * (plays_so_far - plays) / plays_in_all, 6) as decimal(24, 6))
        end as gained,
        captured_at,
        source_file
    from watched
),

spread_states as (
    select distinct platform, post_id, is_paid, measure, period_from, as_of_date
    from watched
),

together as (
    select
        growth.platform,
        growth.post_id,
        growth.is_paid,
        growth.measure,
        growth.date,
        growth.gained,
        growth.captured_at,
        growth.source_file,
        growth.is_estimated
    from growth
    left join spread_states
        on
            spread_states.platform = growth.platform
            and spread_states.post_id = growth.post_id
            and spread_states.is_paid = growth.is_paid
            and spread_states.measure = growth.measure
            and spread_states.period_from is not distinct from growth.period_from
            and spread_states.as_of_date = growth.as_of_date
    where spread_states.platform is null
    union all
    select platform, post_id, is_paid, measure, date, gained, captured_at, source_file, true as is_estimated
    from spread
    union all
    select
        platform,
        post_id,
        false as is_paid,
        measure,
        date,
        cast(value as decimal(24, 6)) as gained,
        captured_at,
        source_file,
        false as is_estimated
    from post_days
)

select
    together.platform,
    coalesce(max(posts.account), '') as account,
    together.post_id,
    together.date,
    cast(sum(together.gained) filter (where together.measure = 'impressions') as bigint) as impressions,
    cast(sum(together.gained) filter (where together.measure = 'views') as bigint) as views,
    cast(sum(together.gained) filter (where together.measure = 'views_3s') as bigint) as views_3s,
    cast(sum(together.gained) filter (where together.measure = 'views_25pct') as bigint) as views_25pct,
    cast(sum(together.gained) filter (where together.measure = 'views_completed') as bigint) as views_completed,
    cast(sum(together.gained) filter (where together.measure = 'watched_view_equivalents') as decimal(18, 6))
        as watched_view_equivalents,
    cast(sum(together.gained) filter (where together.measure = 'watch_seconds') as decimal(18, 3)) as watch_seconds,
    cast(sum(together.gained) filter (where together.measure = 'likes') as bigint) as likes,
    cast(sum(together.gained) filter (where together.measure = 'comments') as bigint) as comments,
    cast(sum(together.gained) filter (where together.measure = 'shares') as bigint) as shares,
    cast(sum(together.gained) filter (where together.measure = 'saves') as bigint) as saves,
    cast(sum(together.gained) filter (where together.measure = 'link_clicks') as bigint) as link_clicks,
    cast(sum(together.gained) filter (where together.measure = 'profile_visits') as bigint) as profile_visits,
    cast(sum(together.gained) filter (where together.measure = 'follows') as bigint) as follows,
    cast(sum(together.gained) filter (where together.measure = 'negative_feedback') as bigint) as negative_feedback,
    together.is_paid,
    bool_or(together.is_estimated) as is_estimated,
    arg_max(together.source_file, concat(coalesce(cast(together.captured_at as varchar), ''), together.source_file)) as source_file
from together
left join posts
    on
        posts.platform = together.platform
        and posts.post_id = together.post_id
        and posts.is_paid = together.is_paid
group by together.platform, together.post_id, together.date, together.is_paid
