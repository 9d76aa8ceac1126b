/*
description: "One row a post with its newest figures since publishing; of a post of which only a period was ever exported, the newest period, marked by period_kind. A figure that the newest export lacks is the newest known one. Paid deliveries of a post (is_paid) have a row of their own."
grain: [platform, account, post_id, is_paid]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: "The platform, such as instagram."}
  account: {unit: text, description: "The account that published it, empty where no export names it."}
  post_id: {unit: id, description: "The platform's id of the post, else its permalink."}
  permalink: {unit: url, description: Address of the post.}
  published_at: {unit: timestamp, description: When it was published (UTC); NULL where the platform gives a day only.}
  published_date: {unit: date, description: Local day of publishing.}
  format: {unit: text, description: "Its format by the content calendar, else as the platform names it."}
  series: {unit: text, description: The series it belongs to by the content calendar.}
  asset_id: {unit: id, description: The item of the content calendar that became this post.}
  hook: {unit: text, description: Its opening by the content calendar.}
  distribution: {unit: text, description: "How it is spread by the content calendar: organic, paid or assisted."}
  caption: {unit: text, description: "Text of the post, else its title."}
  duration_seconds: {unit: seconds, sum: never, description: Length of the video.}
  impressions: {unit: count, sum: always, description: Times it was shown.}
  reach: {unit: count, sum: never, description: Accounts that it was shown to; the same person counts again at the next post.}
  views: {unit: count, sum: always, description: Plays as the platform counts them.}
  views_3s: {unit: count, sum: always, description: Plays of at least three seconds.}
  views_25pct: {unit: count, sum: always, description: Plays of at least a quarter.}
  views_completed: {unit: count, sum: always, description: Plays to the end.}
  average_view_share: {unit: share, description: "Mean share of the video that was watched, 0 to 1."}
  watch_seconds: {unit: seconds, sum: always, description: Time watched.}
  likes: {unit: count, sum: always, description: Likes and other reactions.}
  comments: {unit: count, sum: always, description: Comments.}
  shares: {unit: count, sum: always, description: Shares and reposts.}
  saves: {unit: count, sum: always, description: Saves and bookmarks.}
  interactions: {unit: count, sum: always, description: "Likes, comments, shares and saves together; NULL where none of them is given."}
  link_clicks: {unit: count, sum: always, description: Clicks on its link.}
  profile_visits: {unit: count, sum: always, description: Profile visits that it led to.}
  follows: {unit: count, sum: always, description: Follows that it led to.}
  negative_feedback: {unit: count, sum: always, description: "Hides, unfollows and reports."}
  is_paid: {unit: flag, description: Whether this is the paid delivery of the post.}
  period_kind: {unit: text, description: Whether the figures are since publishing (lifetime) or of a period only.}
  period_from: {unit: date, description: First day of that period.}
  as_of_date: {unit: date, description: Local day whose end the figures describe.}
  captured_at: {unit: timestamp, description: When the newest export was made (UTC).}
  source_file: {unit: text, description: The file of the newest export.}
*/
with

snapshots as (
    select * from staging.stg_social__post_snapshots
),

items as (
    select * from staging.stg_content__items
),

calendar as (
    select platform, post_id, asset_id, series, format, hook, distribution
    from items
    where post_id is not null
    qualify row_number() over (partition by platform, post_id order by captured_at desc nulls last, asset_id) = 1
),

-- Where a post has figures since publishing, its periods do not count here.
kept as (
    select *
    from snapshots
    qualify period_kind = min(period_kind) over (partition by platform, post_id, is_paid)
),

ranked as (
    select
        *,
        row_number() over (
            partition by platform, post_id, is_paid
            order by as_of_date nulls first, period_from desc nulls last, captured_at nulls first, file_id, source_row
        ) as rank
    from kept
),

newest as (
    select
        platform,
        post_id,
        is_paid,
        coalesce(arg_max(account, rank) filter (where account is not null), '') as account,
        arg_max(permalink, rank) filter (where permalink is not null) as permalink,
        arg_max(published_at, rank) filter (where published_at is not null) as published_at,
        arg_max(published_date, rank) filter (where published_date is not null) as published_date,
        arg_max(format, rank) filter (where format is not null) as format,
        arg_max(caption, rank) filter (where caption is not null) as caption,
        arg_max(duration_seconds, rank) filter (where duration_seconds is not null) as duration_seconds,
        arg_max(impressions, rank) filter (where impressions is not null) as impressions,
        arg_max(reach, rank) filter (where reach is not null) as reach,
        arg_max(views, rank) filter (where views is not null) as views,
        arg_max(views_3s, rank) filter (where views_3s is not null) as views_3s,
        arg_max(views_25pct, rank) filter (where views_25pct is not null) as views_25pct,
        arg_max(views_completed, rank) filter (where views_completed is not null) as views_completed,
        arg_max(average_view_share, rank) filter (where average_view_share is not null) as average_view_share,
        arg_max(watch_seconds, rank) filter (where watch_seconds is not null) as watch_seconds,
        arg_max(likes, rank) filter (where likes is not null) as likes,
        arg_max(comments, rank) filter (where comments is not null) as comments,
        arg_max(shares, rank) filter (where shares is not null) as shares,
        arg_max(saves, rank) filter (where saves is not null) as saves,
        arg_max(link_clicks, rank) filter (where link_clicks is not null) as link_clicks,
        arg_max(profile_visits, rank) filter (where profile_visits is not null) as profile_visits,
        arg_max(follows, rank) filter (where follows is not null) as follows,
        arg_max(negative_feedback, rank) filter (where negative_feedback is not null) as negative_feedback,
        arg_max(period_kind, rank) as period_kind,
        arg_max(period_from, rank) filter (where period_from is not null) as period_from,
        arg_max(as_of_date, rank) filter (where as_of_date is not null) as as_of_date,
        arg_max(captured_at, rank) filter (where captured_at is not null) as captured_at,
        arg_max(source_file, rank) as source_file
    from ranked
    group by platform, post_id, is_paid
)

select
    newest.platform,
    newest.account,
    newest.post_id,
    newest.permalink,
    newest.published_at,
    newest.published_date,
    coalesce(calendar.format, newest.format) as format,
    calendar.series,
    calendar.asset_id,
    calendar.hook,
    calendar.distribution,
    newest.caption,
    newest.duration_seconds,
    newest.impressions,
    newest.reach,
    newest.views,
    newest.views_3s,
    newest.views_25pct,
    newest.views_completed,
    newest.average_view_share,
    newest.watch_seconds,
    newest.likes,
    newest.comments,
    newest.shares,
    newest.saves,
    case
        when coalesce(newest.likes, newest.comments, newest.shares, newest.saves) is not null then
            coalesce(newest.likes, 0) + coalesce(newest.comments, 0) + coalesce(newest.shares, 0) + coalesce(newest.saves, 0)
    end as interactions,
    newest.link_clicks,
    newest.profile_visits,
    newest.follows,
    newest.negative_feedback,
    newest.is_paid,
    newest.period_kind,
    newest.period_from,
    newest.as_of_date,
    newest.captured_at,
    newest.source_file
from newest
left join calendar on calendar.platform = newest.platform and calendar.post_id = newest.post_id
