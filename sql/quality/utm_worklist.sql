/*
description: "One row a link and fault of the newest days (utm_coverage.window_days in config/settings.yml): what each owner has to mend, the dearest first. Links are those of quality.utm_violations, days taken together."
grain: [owner, channel, platform, source, medium, campaign, landing_url, reason]
materialise: table
owner: marketing
columns:
  owner: {unit: text, description: "Who mends it, by config/utm_standard.yml."}
  place: {unit: rank, description: "Place in the owner's list, by money at risk, then by sessions."}
  channel: {unit: text, description: Channel of its sessions.}
  platform: {unit: text, description: "The platform they came from; empty where none is known."}
  source: {unit: text, description: "utm_source as tagged; empty where it is not."}
  medium: {unit: text, description: "utm_medium as tagged; empty where it is not."}
  campaign: {unit: text, description: "utm_campaign as tagged; empty where it is not."}
  landing_url: {unit: url, description: "The link as it was followed, without click ids."}
  reason: {unit: text, description: "What is wrong, faults parted by a comma and a blank."}
  suggested_url: {unit: url, description: "The link as the standard would have it; NULL where the source can't be told."}
  sessions: {unit: count, sum: always, description: Sessions with this link and fault.}
  owner_sessions_share: {unit: share, description: "Their share of all faulty sessions of the owner."}
  spend_at_risk: {unit: money, sum: always, description: "Spend on ads of the campaign, in proportion to its sessions; NULL where none is known."}
  currency: {unit: currency, description: "The reporting currency; NULL without spend."}
  first_date: {unit: date, description: First of the days on which it was followed.}
  last_date: {unit: date, description: Last of the days on which it was followed.}
*/
with

violations as (
    select * from quality.utm_violations
),

-- A wrong clock must not move the window to where there is nothing.
newest as (
    select max(session_date) as session_date from core.fct_sessions
    where not is_clock_suspect
),

settings as (
    select * from config.settings
),

summed as (
    select
        violations.owner,
        violations.channel,
        violations.platform,
        violations.source,
        violations.medium,
        violations.campaign,
        violations.landing_url,
        violations.reason,
        max(violations.suggested_url) as suggested_url,
        cast(sum(violations.sessions) as bigint) as sessions,
        cast(sum(violations.spend_at_risk) as decimal(18, 4)) as spend_at_risk,
        max(violations.currency) as currency,
        min(violations.session_date) as first_date,
        max(violations.session_date) as last_date
    from violations
    cross join newest
    cross join settings
    where
        violations.session_date > newest.session_date - interval 1 day * settings.utm_window_days
        and violations.session_date <= newest.session_date
    group by
        violations.owner,
        violations.channel,
        violations.platform,
        violations.source,
        violations.medium,
        violations.campaign,
        violations.landing_url,
        violations.reason
)

select
    owner,
    row_number() over (
        partition by owner
        order by coalesce(spend_at_risk, 0) desc, sessions desc, landing_url, channel, platform, source, medium, campaign, reason
    ) as place,
    channel,
    platform,
    source,
    medium,
    campaign,
    landing_url,
    reason,
    suggested_url,
    sessions,
    cast(round(cast(sessions as decimal(18, 6)) / sum(sessions) over (partition by owner), 6) as decimal(9, 6)) as owner_sessions_share,
    spend_at_risk,
    currency,
    first_date,
    last_date
from summed
