/*
description: "One row a channel and platform: who mends the links of their sessions, by config/utm_standard.yml. An owner of the platform goes before one of the channel."
grain: [channel, platform]
materialise: table
owner: marketing
columns:
  channel: {unit: text, description: "The channel, as in core.fct_sessions."}
  platform: {unit: text, description: "The platform, as in core.fct_sessions; empty for sessions that came from none."}
  owner: {unit: text, description: Who mends the links.}
*/
with

owners as (
    select * from config.utm_owners
),

channels as (
    select channel from config.channel_roles
    union
    select 'Unassigned'
),

platforms as (
    select source as platform from config.sources
    union
    select source from config.channel_apps
    union
    select source from config.click_ids
    union
    select ''
)

select
    channels.channel,
    platforms.platform,
    coalesce(by_platform.owner, by_channel.owner, by_default.owner) as owner
from channels
cross join platforms
left join owners as by_platform on by_platform.platform = platforms.platform
left join owners as by_channel on by_channel.channel = channels.channel
left join owners as by_default on by_default.channel is null and by_default.platform is null
