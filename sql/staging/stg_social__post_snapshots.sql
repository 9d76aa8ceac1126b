/*
description: "One row a delivered state of a post (the rows of several campaigns that paid for it in one): its figures since publishing (lifetime) or within a period, as of a day. A period that starts on or before the publishing day is a lifetime state as of the period's end. Every delivery is kept and the facts choose, but for what a third tool (such as Sprout Social) reports of a post that the platform itself has delivered, and for what Facebook's export of videos tells again of a post."
grain: [file_id, source_row]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: "The platform, in lower case."}
  account: {unit: text, description: The account that published it.}
  post_id: {unit: id, description: "The platform's id of the post, else its permalink."}
  permalink: {unit: url, description: Address of the post.}
  format: {unit: text, description: "Format as the platform names it, in lower case."}
  caption: {unit: text, description: "Text of the post, else its title."}
  duration_seconds: {unit: seconds, sum: never, description: Length of the video.}
  impressions: {unit: count, sum: never, description: Times it was shown.}
  reach: {unit: count, sum: never, description: Accounts that it was shown to.}
  views: {unit: count, sum: never, description: Plays as the platform counts them.}
  views_3s: {unit: count, sum: never, description: Plays of at least three seconds.}
  views_25pct: {unit: count, sum: never, description: Plays of at least a quarter.}
  views_completed: {unit: count, sum: never, description: Plays to the end.}
  average_view_share: {unit: share, description: Mean share of the video that was watched.}
  watch_seconds: {unit: seconds, sum: never, description: Time watched.}
  likes: {unit: count, sum: never, description: Likes and other reactions.}
  comments: {unit: count, sum: never, description: Comments.}
  shares: {unit: count, sum: never, description: Shares and reposts.}
  saves: {unit: count, sum: never, description: Saves and bookmarks.}
  link_clicks: {unit: count, sum: never, description: Clicks on its link.}
  profile_visits: {unit: count, sum: never, description: Profile visits that it led to.}
  follows: {unit: count, sum: never, description: Follows that it led to.}
  negative_feedback: {unit: count, sum: never, description: "Hides, unfollows and reports."}
  is_paid: {unit: flag, description: Whether the row is the paid delivery of the post; false where the export does not tell paid from organic.}
  period_kind: {unit: text, description: lifetime or period.}
  period_from: {unit: date, description: "First day of a period; NULL for lifetime."}
  published_date: {unit: date, description: Local day of publishing.}
  as_of_date: {unit: date, description: "Local day whose end the figures describe: the day of capture, or the period's last day."}
  published_at: {unit: timestamp, description: When it was published (UTC).}
  captured_at: {unit: timestamp, description: When the export was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
  file_id: {unit: id, description: Hash of the file's bytes.}
  source_row: {unit: number, sum: never, description: Record number within the file.}
*/
with

delivered as (
    select * from raw.social_posts
),

zone_days as (
    select * from config.zone_days
),

-- What a third tool reports of a post that the platform itself has delivered is left out: the two count differently, and a mixture is
-- neither. The same post is known by its id, by the last part of its address, or by how its text begins within a day.
keyed as (
    select
        *,
        lower(platform) as network,
        regexp_extract(regexp_replace(permalink, '[?#].*$', '', 'g'), '([^/:.]{8,})/*$', 1) as address_key,
        left(lower(trim(regexp_replace(caption, '\s+', ' ', 'g'))), 60) as text_key,
        coalesce(published_date, cast(published_at as date)) as rough_date
    from delivered
),

own as (
    select distinct network, post_id, address_key, text_key, rough_date
    from keyed
    where reported_by is null
),

told_twice as (
    select distinct other.file_id, other.source_row
    from keyed as other
    inner join own on own.network = other.network
    where
        other.reported_by is not null
        and (
            own.post_id = other.post_id
            or (own.address_key = other.address_key and own.address_key <> '')
            or (
                own.text_key = other.text_key
                and length(own.text_key) >= 20
                and abs(date_diff('day', own.rough_date, other.rough_date)) <= 1
            )
        )
),

-- Facebook's export of videos tells posts again under the ids of their videos. What a page published in the same minute is the same post.
videos_told_twice as (
    select distinct video.file_id, video.source_row
    from keyed as video
    inner join keyed as post
        on post.network = video.network
        and post.account_id = video.account_id
        and date_trunc('minute', post.published_at) = date_trunc('minute', video.published_at)
    where video.export_kind = 'videos' and post.export_kind = 'posts' and post.reported_by is null
),

left_out as (
    select file_id, source_row from told_twice
    union
    select file_id, source_row from videos_told_twice
),

posts as (
    select delivered.*
    from delivered
    left join left_out on left_out.file_id = delivered.file_id and left_out.source_row = delivered.source_row
    where left_out.file_id is null
),

dated as (
    select
        posts.*,
        coalesce(
            posts.published_date,
            cast(posts.published_at + interval 1 second * (
                case
                    when posts.published_at < published_day.transition_at then published_day.offset_before_seconds
                    else published_day.offset_after_seconds
                end
            ) as date)
        ) as local_published_date,
        cast(posts.captured_at + interval 1 second * (
            case
                when posts.captured_at < captured_day.transition_at then captured_day.offset_before_seconds
                else captured_day.offset_after_seconds
            end
        ) as date) as captured_date
    from posts
    left join zone_days as published_day on published_day.utc_date = cast(posts.published_at as date)
    left join zone_days as captured_day on captured_day.utc_date = cast(posts.captured_at as date)
    where coalesce(posts.post_id, posts.permalink) is not null
),

kinds as (
    select
        *,
        case
            when period_kind = 'period' and period_from <= local_published_date then 'lifetime'
            else coalesce(period_kind, 'lifetime')
        end as kind,
        case
            when period_kind = 'period' then least(period_to, captured_date)
            else captured_date
        end as as_of,
        -- A post that several campaigns paid for has a row for each in one file; together they are its paid delivery.
        case when campaign is null then source_row end as delivered_as
    from dated
)

select
    lower(platform) as platform,
    account,
    coalesce(post_id, permalink) as post_id,
    permalink,
    lower(format) as format,
    coalesce(caption, title) as caption,
    duration_seconds,
    cast(sum(impressions) over together as bigint) as impressions,
    case when count(*) over together = 1 then reach end as reach,
    cast(sum(views) over together as bigint) as views,
    cast(sum(views_3s) over together as bigint) as views_3s,
    cast(sum(views_25pct) over together as bigint) as views_25pct,
    cast(sum(views_completed) over together as bigint) as views_completed,
    case when count(*) over together = 1 then average_view_share end as average_view_share,
    cast(sum(watch_seconds) over together as decimal(18, 3)) as watch_seconds,
    cast(sum(likes) over together as bigint) as likes,
    cast(sum(comments) over together as bigint) as comments,
    cast(sum(shares) over together as bigint) as shares,
    cast(sum(saves) over together as bigint) as saves,
    cast(sum(link_clicks) over together as bigint) as link_clicks,
    cast(sum(profile_visits) over together as bigint) as profile_visits,
    cast(sum(follows) over together as bigint) as follows,
    cast(sum(negative_feedback) over together as bigint) as negative_feedback,
    coalesce(is_paid, false) as is_paid,
    kind as period_kind,
    case when kind = 'period' then period_from end as period_from,
    local_published_date as published_date,
    as_of as as_of_date,
    published_at,
    captured_at,
    source_file,
    file_id,
    source_row
from kinds
window together as (
    partition by file_id, lower(platform), coalesce(post_id, permalink), is_paid, kind, period_from, delivered_as
)
qualify row_number() over (
    partition by file_id, lower(platform), coalesce(post_id, permalink), is_paid, kind, period_from, delivered_as
    order by source_row
) = 1
