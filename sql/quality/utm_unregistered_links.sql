/*
description: "One row a tagged page that was visited in the newest days (utm_coverage.window_days in config/settings.yml) by no registered link: links that somebody made by hand. Empty as long as no link is registered; days before the first registration don't count."
grain: [channel, source, medium, campaign, content, landing_host, landing_path]
materialise: table
owner: marketing
columns:
  channel: {unit: text, description: Channel of the sessions.}
  source: {unit: text, description: "Their source as mended; empty where it is not tagged."}
  medium: {unit: text, description: "Their medium as mended; empty where it is not tagged."}
  campaign: {unit: text, description: "Their campaign as mended; empty where it is not tagged."}
  content: {unit: text, description: "Their utm_content as mended; empty where it is not tagged."}
  landing_host: {unit: text, description: "The landing page's host; empty where the address has none."}
  landing_path: {unit: text, description: The landing page's path.}
  owner: {unit: text, description: "Who answers for the channel's links, by config/utm_standard.yml."}
  example_url: {unit: url, description: One of the addresses that were followed.}
  sessions: {unit: count, sum: always, description: Sessions.}
  faulty_sessions: {unit: count, sum: always, description: Those whose tags don't keep the UTM standard.}
  first_date: {unit: date, description: First of the days on which it was followed.}
  last_date: {unit: date, description: Last of the days on which it was followed.}
*/
with

registry as (
    select min(registered_date) as first_date from config.utm_links
),

newest as (
    select max(session_date) as session_date from core.fct_sessions
    where not is_clock_suspect
),

settings as (
    select * from config.settings
),

zone_days as (
    select * from config.zone_days
),

link_sessions as (
    select session_id from core.fct_link_sessions
),

owners as (
    select * from core.int_link_owners
),

-- The days are joined, so that the engine looks up which stretches of the sessions hold them; without a registry none does.
days as (
    select zone_days.utc_date as session_date
    from zone_days
    cross join registry
    cross join newest
    cross join settings
    where
        zone_days.utc_date > newest.session_date - interval 1 day * settings.utm_window_days
        and zone_days.utc_date <= newest.session_date
        and zone_days.utc_date >= registry.first_date
),

sessions as (
    select sessions.*
    from core.fct_sessions as sessions
    inner join days on days.session_date = sessions.session_date
    left join link_sessions on link_sessions.session_id = sessions.session_id
    where
        not sessions.is_bot
        and coalesce(sessions.source, sessions.medium, sessions.campaign) is not null
        and link_sessions.session_id is null
)

select
    sessions.channel,
    coalesce(sessions.source, '') as source,
    coalesce(sessions.medium, '') as medium,
    coalesce(sessions.campaign, '') as campaign,
    coalesce(sessions.content, '') as content,
    coalesce(sessions.landing_host, '') as landing_host,
    sessions.landing_path,
    min(owners.owner) as owner,
    min(sessions.landing_url) as example_url,
    count(*) as sessions,
    count(*) filter (where sessions.utm_status in ('repaired', 'incomplete', 'invalid')) as faulty_sessions,
    min(sessions.session_date) as first_date,
    max(sessions.session_date) as last_date
from sessions
left join owners on owners.channel = sessions.channel and owners.platform = coalesce(sessions.platform, '')
group by
    sessions.channel,
    coalesce(sessions.source, ''),
    coalesce(sessions.medium, ''),
    coalesce(sessions.campaign, ''),
    coalesce(sessions.content, ''),
    coalesce(sessions.landing_host, ''),
    sessions.landing_path
