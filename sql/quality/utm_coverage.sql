/*
description: "One row a day, channel, platform, source and campaign with social sessions: how they stand to the UTM standard, and who mends the links of those that don't keep it. The KPI utm_coverage is the same counts added up."
grain: [session_date, channel, platform, source, campaign]
materialise: incremental
unit: [session_date]
day: session_date
restrict:
  core.fct_sessions: [session_date]
changed:
  core.fct_sessions: select session_date from changed
owner: marketing
columns:
  session_date: {unit: date, description: Local day of the sessions.}
  channel: {unit: text, description: Their channel.}
  platform: {unit: text, description: "The platform they came from; (none) where none is known."}
  source: {unit: text, description: "Their source as in the KPIs: as tagged and mended, else the site or app they came from; (none) where none is known."}
  campaign: {unit: text, description: "Their campaign as mended; (none) where it is not tagged."}
  owner: {unit: text, description: "Who mends their links, by config/utm_standard.yml."}
  sessions: {unit: count, sum: always, description: Social sessions.}
  compliant: {unit: count, sum: always, description: Those whose tags keep the standard as they stand.}
  repaired: {unit: count, sum: always, description: Those whose tags have exactly one allowed meaning.}
  incomplete: {unit: count, sum: always, description: Those that lack a required tag.}
  invalid: {unit: count, sum: always, description: Those with a tag that has no allowed meaning.}
  missing: {unit: count, sum: always, description: Those without any tag.}
  coverage_share: {unit: share, description: "compliant / sessions; for more than one row divide the sums."}
*/
with

sessions as (
    select
        session_date,
        channel,
        coalesce(platform, '(none)') as platform,
        coalesce(source, referrer_source, app_source, '(none)') as source,
        coalesce(campaign, '(none)') as campaign,
        utm_status
    from core.fct_sessions
    where is_social
),

owners as (
    select * from core.int_link_owners
),

counted as (
    select
        session_date,
        channel,
        platform,
        source,
        campaign,
        count(*) as sessions,
        count(*) filter (where utm_status = 'compliant') as compliant,
        count(*) filter (where utm_status = 'repaired') as repaired,
        count(*) filter (where utm_status = 'incomplete') as incomplete,
        count(*) filter (where utm_status = 'invalid') as invalid,
        count(*) filter (where utm_status = 'missing') as missing
    from sessions
    group by session_date, channel, platform, source, campaign
)

select
    counted.session_date,
    counted.channel,
    counted.platform,
    counted.source,
    counted.campaign,
    owners.owner,
    counted.sessions,
    counted.compliant,
    counted.repaired,
    counted.incomplete,
    counted.invalid,
    counted.missing,
    cast(round(cast(counted.compliant as decimal(18, 6)) / counted.sessions, 6) as decimal(9, 6)) as coverage_share
from counted
left join owners
    on owners.channel = counted.channel
    and owners.platform = case when counted.platform = '(none)' then '' else counted.platform end
