/*
description: "One row a conversion that no known source takes credit for under the model of config/settings.yml (credited to Direct or to nothing), and why: the first reason of those below that holds."
grain: [conversion_id]
materialise: incremental
unit: [conversion_id]
day: conversion_date
restrict:
  core.fct_conversions: [conversion_id]
  core.int_conversion_visitors: [conversion_id]
  attribution.credits: [conversion_id]
changed:
  attribution.credits: select conversion_id from changed
  core.fct_conversions: select conversion_id from changed
  core.int_conversion_visitors: select conversion_id from changed
  core.int_conversions: >-
    select conversion_id from changed
    union
    select sharing.conversion_id from core.int_conversions as sharing
    where sharing.email_hash in (select email_hash from changed where email_hash is not null)
  core.int_email_visitors: >-
    select conversion_id from core.int_conversions where email_hash in (select email_hash from changed)
  core.int_event_identities: >-
    select concat(kind, ':', identifier) from changed
    union
    select sharing.conversion_id from core.int_conversions as sharing
    inner join core.int_conversions as named on named.email_hash = sharing.email_hash
    where named.conversion_id in (select concat(kind, ':', identifier) from changed)
  core.int_refusals: >-
    select named.conversion_id from core.int_conversions as named
    where named.given_visitor_id in (select visitor_id from changed)
    union
    select concat(kind, ':', identifier) from core.int_event_identities where visitor_id in (select visitor_id from changed)
    union
    select sharing.conversion_id from core.int_conversions as sharing
    inner join core.int_conversions as named on named.email_hash = sharing.email_hash
    left join core.int_event_identities as told on concat(told.kind, ':', told.identifier) = named.conversion_id
    where
    named.given_visitor_id in (select visitor_id from changed)
    or told.visitor_id in (select visitor_id from changed)
  core.fct_sessions: >-
    select conversion_id from core.int_conversion_visitors
    where visitor_id in (select visitor_id from changed where visitor_id is not null)
    union
    select conversion_id from core.fct_conversions
    where session_id in (select session_id from changed)
owner: marketing
columns:
  conversion_id: {unit: id, description: The conversion.}
  conversion_type: {unit: text, description: "lead, email_signup, webinar_registration or order."}
  conversion_date: {unit: date, description: Local day of the conversion.}
  reason: {unit: text, description: "only_direct, only_payment_return, direct_last (model last: a known source came before), outside_lookback, only_later_sessions, no_consent (a visitor behind it refuses to be joined), tagged_only (no session of it is known, but the form, CRM or shop stored where it came from), shared_identity (an address of too many visitors), no_session (a session or visitor is named, and none of its sessions is known) or no_visitor (none is named, and the address is not known of any)."}
  tagged_source: {unit: text, description: "utm_source that the form, CRM or shop stored with it, as delivered; takes no credit."}
  tagged_medium: {unit: text, description: "utm_medium that the form, CRM or shop stored with it, as delivered; takes no credit."}
  tagged_campaign: {unit: text, description: "utm_campaign that the form, CRM or shop stored with it, as delivered; takes no credit."}
  tagged_content: {unit: text, description: "utm_content that the form, CRM or shop stored with it, as delivered; takes no credit."}
  nearest_session_at: {unit: timestamp, description: "Start of the visitors' newest session before it (UTC), else of their first one after it; NULL where none is known."}
  value_reporting: {unit: money, sum: always, description: Its value in the reporting currency; NULL where that is not known.}
*/
with

conversions as (
    select * from core.fct_conversions
),

sources as (
    select * from core.int_conversions
),

event_identities as (
    select
        visitor_id,
        concat(kind, ':', identifier) as conversion_id
    from core.int_event_identities
    where kind in ('lead', 'order')
),

email_visitors as (
    select * from core.int_email_visitors
),

conversion_visitors as (
    select * from core.int_conversion_visitors
),

refusals as (
    select * from core.int_refusals
),

settings as (
    select * from config.settings
),

-- Direct takes credit of the whole conversion or of nothing of it, under every model.
credited as (
    select
        credits.conversion_id,
        min(credits.session_id) as session_id,
        bool_or(credits.channel = 'Direct') as is_direct
    from attribution.credits as credits
    inner join settings on settings.attribution_model = credits.model
    where credits.channel in ('Direct', 'Unattributed')
    group by credits.conversion_id
),

sessions as (
    select
        session_id,
        visitor_id,
        started_at,
        referrer_kind
    from core.fct_sessions
    where
        visitor_id in (select visitor_id from core.int_conversion_visitors)
        or session_id in (select session_id from core.fct_conversions where session_id is not null)
),

last_model_only as (
    select distinct credits.conversion_id
    from attribution.credits as credits
    where credits.model = 'last_non_direct' and credits.channel not in ('Direct', 'Unattributed')
),

-- ---- sessions at other times ------------------------------------------------------------------------------------------------------------

own_sessions as (
    select credited.conversion_id, sessions.started_at
    from credited
    inner join conversion_visitors on conversion_visitors.conversion_id = credited.conversion_id
    inner join sessions on sessions.visitor_id = conversion_visitors.visitor_id
    union all
    select credited.conversion_id, sessions.started_at
    from credited
    inner join conversions on conversions.conversion_id = credited.conversion_id
    inner join sessions on sessions.session_id = conversions.session_id
),

nearest as (
    select
        own_sessions.conversion_id,
        max(own_sessions.started_at) filter (where own_sessions.started_at <= conversions.occurred_at) as before_at,
        min(own_sessions.started_at) filter (where own_sessions.started_at > conversions.occurred_at) as after_at
    from own_sessions
    inner join conversions on conversions.conversion_id = own_sessions.conversion_id
    group by own_sessions.conversion_id
),

-- ---- persons who are not joined ---------------------------------------------------------------------------------------------------------

mentions as (
    select conversion_id, email_hash, given_visitor_id as visitor_id
    from sources
    where given_visitor_id is not null
    union
    select sources.conversion_id, sources.email_hash, event_identities.visitor_id
    from sources
    inner join event_identities on event_identities.conversion_id = sources.conversion_id
),

persons as (
    select credited.conversion_id, mentions.visitor_id
    from credited
    inner join mentions on mentions.conversion_id = credited.conversion_id
    union
    select credited.conversion_id, mentions.visitor_id
    from credited
    inner join sources on sources.conversion_id = credited.conversion_id
    inner join mentions on mentions.email_hash = sources.email_hash
),

unjoined as (
    select
        persons.conversion_id,
        bool_or(refusals.visitor_id is not null) as has_refusal
    from persons
    left join refusals on refusals.visitor_id = persons.visitor_id
    group by persons.conversion_id
),

known_addresses as (
    select distinct email_hash from email_visitors
),

reasoned as (
    select
        credited.conversion_id,
        conversions.conversion_type,
        conversions.conversion_date,
        conversions.value_reporting,
        sources.tagged_source,
        sources.tagged_medium,
        sources.tagged_campaign,
        sources.tagged_content,
        coalesce(nearest.before_at, nearest.after_at) as nearest_session_at,
        case
            when credited.is_direct and last_model_only.conversion_id is not null then 'direct_last'
            when credited.is_direct and coalesce(touched.referrer_kind = 'payment', false) then 'only_payment_return'
            when credited.is_direct then 'only_direct'
            when nearest.before_at is not null then 'outside_lookback'
            when nearest.after_at is not null then 'only_later_sessions'
            when unjoined.has_refusal then 'no_consent'
            when coalesce(sources.tagged_source, sources.tagged_medium, sources.tagged_campaign) is not null then 'tagged_only'
            when sources.given_visitor_id is null
                and sources.given_session_id is null
                and unjoined.conversion_id is not null
                and known_addresses.email_hash is null then 'shared_identity'
            when sources.given_visitor_id is not null
                or sources.given_session_id is not null
                or unjoined.conversion_id is not null then 'no_session'
            else 'no_visitor'
        end as reason
    from credited
    inner join conversions on conversions.conversion_id = credited.conversion_id
    left join sources on sources.conversion_id = credited.conversion_id
    left join last_model_only on last_model_only.conversion_id = credited.conversion_id
    left join sessions as touched on touched.session_id = credited.session_id
    left join nearest on nearest.conversion_id = credited.conversion_id
    left join unjoined on unjoined.conversion_id = credited.conversion_id
    left join known_addresses on known_addresses.email_hash = sources.email_hash
)

select
    conversion_id,
    conversion_type,
    conversion_date,
    reason,
    tagged_source,
    tagged_medium,
    tagged_campaign,
    tagged_content,
    nearest_session_at,
    value_reporting
from reasoned
