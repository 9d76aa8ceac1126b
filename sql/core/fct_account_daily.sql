/*
description: One row an account and day as the platform reports it, the newest delivery of each figure.
grain: [platform, account, date]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: "The platform, such as instagram."}
  account: {unit: text, description: "The account, empty where neither the file nor its sidecar names it."}
  date: {unit: date, description: The day in the platform's own reckoning.}
  followers: {unit: count, sum: not_over_time, description: Followers at the end of the day.}
  followers_gained: {unit: count, sum: always, description: Followers won that day.}
  net_followers: {unit: count, sum: always, description: "Followers gained less lost, where the platform gives only that."}
  followers_lost: {unit: count, sum: always, description: Followers lost that day.}
  reach: {unit: count, sum: never, description: Unique accounts reached that day.}
  impressions: {unit: count, sum: always, description: Times content of the account was shown.}
  views: {unit: count, sum: always, description: Plays as the platform counts them.}
  unique_viewers: {unit: count, sum: never, description: Unique viewers that day.}
  new_viewers: {unit: count, sum: never, description: Unique viewers not seen before.}
  returning_viewers: {unit: count, sum: never, description: Unique viewers seen before.}
  engaged_audience: {unit: count, sum: never, description: "Unique accounts that did something with the account's content that day; followers and others."}
  profile_visits: {unit: count, sum: always, description: Visits to the profile.}
  profile_link_clicks: {unit: count, sum: always, description: Clicks on the profile's link.}
  link_clicks: {unit: count, sum: always, description: Clicks on links of every kind.}
  interactions: {unit: count, sum: always, description: Interactions with content of the account.}
  likes: {unit: count, sum: always, description: Likes and other reactions.}
  comments: {unit: count, sum: always, description: Comments.}
  shares: {unit: count, sum: always, description: Shares and reposts.}
  saves: {unit: count, sum: always, description: Saves and bookmarks.}
  watch_seconds: {unit: seconds, sum: always, description: Time watched.}
  captured_at: {unit: timestamp, description: When the newest of the exports was made (UTC).}
  source_file: {unit: text, description: The file of the newest of the exports.}
*/
with

account_days as (
    select * from staging.stg_social__account_days
)

select
    platform,
    account,
    date,
    cast(max(value) filter (where measure = 'followers') as bigint) as followers,
    cast(max(value) filter (where measure = 'followers_gained') as bigint) as followers_gained,
    cast(max(value) filter (where measure = 'net_followers') as bigint) as net_followers,
    cast(max(value) filter (where measure = 'followers_lost') as bigint) as followers_lost,
    cast(max(value) filter (where measure = 'reach') as bigint) as reach,
    cast(max(value) filter (where measure = 'impressions') as bigint) as impressions,
    cast(max(value) filter (where measure = 'views') as bigint) as views,
    cast(max(value) filter (where measure = 'unique_viewers') as bigint) as unique_viewers,
    cast(max(value) filter (where measure = 'new_viewers') as bigint) as new_viewers,
    cast(max(value) filter (where measure = 'returning_viewers') as bigint) as returning_viewers,
    cast(max(value) filter (where measure = 'engaged_audience') as bigint) as engaged_audience,
    cast(max(value) filter (where measure = 'profile_visits') as bigint) as profile_visits,
    cast(max(value) filter (where measure = 'profile_link_clicks') as bigint) as profile_link_clicks,
    cast(max(value) filter (where measure = 'link_clicks') as bigint) as link_clicks,
    cast(max(value) filter (where measure = 'interactions') as bigint) as interactions,
    cast(max(value) filter (where measure = 'likes') as bigint) as likes,
    cast(max(value) filter (where measure = 'comments') as bigint) as comments,
    cast(max(value) filter (where measure = 'shares') as bigint) as shares,
    cast(max(value) filter (where measure = 'saves') as bigint) as saves,
    cast(max(value) filter (where measure = 'watch_seconds') as decimal(18, 3)) as watch_seconds,
    max(captured_at) as captured_at,
    arg_max(source_file, concat(coalesce(cast(captured_at as varchar), ''), source_file)) as source_file
from account_days
group by platform, account, date
