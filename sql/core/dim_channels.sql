/*
description: "One row a channel and, where a platform differs from the rest of its channel, one a channel and platform: what it is for, whose it is and who answers for it. From config/channels.yml."
grain: [channel, platform]
materialise: table
owner: data-engineering
columns:
  channel: {unit: text, description: "The channel, as in core.fct_sessions."}
  platform: {unit: text, description: "The platform that the row is for; 'all' for every platform without a row of its own."}
  role: {unit: text, description: "discovery, community or conversion."}
  ownership: {unit: text, description: "owned, paid or earned."}
  owner: {unit: text, description: Who decides on it every week.}
  is_tag_required: {unit: flag, description: "Whether links of the channel must carry tags by the UTM standard, at least on some platform."}
*/
with

roles as (
    select * from config.channel_roles
),

must_be_tagged as (
    select distinct channel from config.utm_must_be_tagged
)

select
    roles.channel,
    coalesce(roles.platform, 'all') as platform,
    roles.role,
    roles.ownership,
    roles.owner,
    must_be_tagged.channel is not null as is_tag_required
from roles
left join must_be_tagged on must_be_tagged.channel = roles.channel
