/*
description: "One row a conversion: a lead, sign-up, registration or order, linked to the web session it belongs to: the one that the source names, else the visitor's newest session at or before it, else that of a visitor known by the same e-mail address, else that of another visitor of the same person."
grain: [conversion_id]
materialise: incremental
unit: [conversion_id]
day: conversion_date
restrict:
  core.int_conversions: [conversion_id]
  core.int_email_visitors: >-
    email_hash in (
    select wanted.email_hash from core.int_conversions as wanted
    where wanted.conversion_id in (select conversion_id from units) and wanted.email_hash is not null)
  core.int_conversion_persons: [conversion_id]
  core.int_identities: >-
    person_id in (
    select person_id from core.int_conversion_persons where conversion_id in (select conversion_id from units))
changed:
  core.int_conversion_persons: select conversion_id from changed
  core.int_identities: >-
    select conversion_id from core.int_conversion_persons where person_id in (select person_id from changed)
  core.int_conversions: select conversion_id from changed
  core.int_email_visitors: >-
    select conversion_id from core.int_conversions where email_hash in (select email_hash from changed)
  core.int_rates_daily: >-
    select fct_conversions.conversion_id from core.fct_conversions
    inner join changed on changed.currency = fct_conversions.currency and changed.date = fct_conversions.conversion_date
  core.fct_sessions: >-
    select conversion_id from core.int_conversions
    where given_session_id in (select session_id from changed)
    union
    select conversion_id from core.int_conversions
    where given_visitor_id in (select visitor_id from changed where visitor_id is not null)
    union
    select persons.conversion_id from core.int_conversion_persons as persons
    inner join core.int_identities as known on known.person_id = persons.person_id
    where known.visitor_id in (select visitor_id from changed where visitor_id is not null)
owner: data-engineering
columns:
  conversion_id: {unit: id, description: "The id of the lead or order, with lead or order and a colon before it."}
  conversion_type: {unit: text, description: "lead, email_signup, webinar_registration or order."}
  occurred_at: {unit: timestamp, description: When it happened (UTC).}
  conversion_date: {unit: date, description: Local day on which it happened.}
  session_id: {unit: id, description: The web session it belongs to; NULL where none is known.}
  session_date: {unit: date, description: Local day of that session.}
  session_link: {unit: text, description: "How the session was found: session (named by the source), visitor, email, person (docs/sessions.md) or none."}
  visitor_id: {unit: id, description: "The visitor, by the source or by the session."}
  customer_id: {unit: id, description: "The customer, where the source names one."}
  stage: {unit: text, description: Stage of a lead in the CRM.}
  value: {unit: money, sum: by_currency, description: "Revenue of an order net of tax and refunds, or deal value of a lead."}
  gross_value: {unit: money, sum: by_currency, description: Revenue of an order as delivered.}
  refunded: {unit: money, sum: by_currency, description: Amount of an order paid back.}
  currency: {unit: text, description: "Currency of the amounts, ISO 4217."}
  value_reporting: {unit: money, sum: always, description: The value in the reporting currency at the rate of the conversion's day; NULL where no rate is known.}
  margin_reporting: {unit: money, sum: always, description: "Margin of an order in the reporting currency: its net revenue less what its goods cost, else the share that settings.yml names; NULL where it is not known."}
  is_margin_assumed: {unit: flag, description: "Whether the margin is the share that settings.yml names; NULL for what is no order."}
  is_qualified: {unit: flag, description: Whether a lead reached MQL or SQL; NULL for what is no lead.}
  is_lost: {unit: flag, description: Whether a lead is lost; NULL for what is no lead.}
  is_first_order: {unit: flag, description: Whether it is the customer's first order; NULL where no customer is known or it is no order.}
  is_referred: {unit: flag, description: Whether an order came by another customer's referral; NULL for what is no order.}
  meeting_date: {unit: date, description: Local day on which a meeting was booked.}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
  is_clock_suspect: {unit: flag, description: "Whether it happened before 2000 or more than two days after its delivery: the sender's clock was wrong."}
*/
with

conversions as (
    select * from core.int_conversions
),

-- Millions of sessions, of which few belong to anybody who converted: read once, and only what is needed. In an incremental run the
-- conversions and addresses are those of the affected units, so this is what cuts the sessions down.
sessions as (
    select
        session_id,
        visitor_id,
        session_date,
        started_at
    from core.fct_sessions
    where
        session_id in (select given_session_id from core.int_conversions where given_session_id is not null)
        or visitor_id in (select given_visitor_id from core.int_conversions where given_visitor_id is not null)
        or visitor_id in (select visitor_id from core.int_identities)
),

email_visitors as (
    select * from core.int_email_visitors
),

conversion_persons as (
    select * from core.int_conversion_persons
),

identities as (
    select * from core.int_identities
),

rates as (
    select * from core.int_rates_daily
),

zone_days as (
    select * from config.zone_days
),

settings as (
    select * from config.settings
),

named as (
    select
        conversions.conversion_id,
        sessions.session_id,
        sessions.visitor_id,
        sessions.session_date,
        sessions.started_at,
        1 as link_rank
    from conversions
    inner join sessions on sessions.session_id = conversions.given_session_id
),

-- Only what the source names no known session of is looked up by person.
unnamed as (
    select conversions.*
    from conversions
    left join named on named.conversion_id = conversions.conversion_id
    where named.conversion_id is null
),

persons as (
    select
        conversion_id,
        occurred_at,
        given_visitor_id as visitor_id,
        2 as link_rank
    from unnamed
    where given_visitor_id is not null
    union all
    select
        unnamed.conversion_id,
        unnamed.occurred_at,
        email_visitors.visitor_id,
        3 as link_rank
    from unnamed
    inner join email_visitors on email_visitors.email_hash = unnamed.email_hash
    where
        (unnamed.given_visitor_id is null or email_visitors.visitor_id <> unnamed.given_visitor_id)
        and unnamed.conversion_id in (select conversion_id from conversion_persons)
    union all
    select
        unnamed.conversion_id,
        unnamed.occurred_at,
        identities.visitor_id,
        4 as link_rank
    from unnamed
    inner join conversion_persons on conversion_persons.conversion_id = unnamed.conversion_id
    inner join identities on identities.person_id = conversion_persons.person_id
),

found as (
    select
        persons.conversion_id,
        sessions.session_id,
        sessions.visitor_id,
        sessions.session_date,
        sessions.started_at,
        persons.link_rank
    from persons
    inner join sessions
        on
            sessions.visitor_id = persons.visitor_id
            and sessions.started_at <= persons.occurred_at
    union all
    select * from named
),

links as (
    select *
    from found
    qualify row_number() over (
        partition by conversion_id
        order by link_rank, started_at desc, session_id desc
    ) = 1
),

dated as (
    select
        conversions.*,
        -- A clock that is centuries off has no offset; the conversion is kept all the same.
        cast(conversions.occurred_at + interval 1 second * coalesce(
            case
                when conversions.occurred_at < zone_days.transition_at then zone_days.offset_before_seconds
                else zone_days.offset_after_seconds
            end,
            0
        ) as date) as conversion_date,
        cast(conversions.meeting_at + interval 1 second * (
            case
                when conversions.meeting_at < meeting_zone_days.transition_at then meeting_zone_days.offset_before_seconds
                else meeting_zone_days.offset_after_seconds
            end
        ) as date) as meeting_date
    from conversions
    left join zone_days on zone_days.utc_date = cast(conversions.occurred_at as date)
    left join zone_days as meeting_zone_days on meeting_zone_days.utc_date = cast(conversions.meeting_at as date)
)

select
    dated.conversion_id,
    dated.conversion_type,
    dated.occurred_at,
    dated.conversion_date,
    links.session_id,
    links.session_date,
    case links.link_rank when 1 then 'session' when 2 then 'visitor' when 3 then 'email' when 4 then 'person' else 'none' end as session_link,
    coalesce(dated.given_visitor_id, links.visitor_id) as visitor_id,
    dated.customer_id,
    dated.stage,
    dated.value,
    dated.gross_value,
    dated.refunded,
    dated.currency,
    case
        when dated.currency = settings.currency then dated.value
        else cast(round(dated.value * rates.units_reporting / rates.units_currency, 4) as decimal(18, 4))
    end as value_reporting,
    case
        when dated.currency = settings.currency then dated.margin
        else cast(round(dated.margin * rates.units_reporting / rates.units_currency, 4) as decimal(18, 4))
    end as margin_reporting,
    dated.is_margin_assumed,
    dated.is_qualified,
    dated.is_lost,
    dated.is_first_order,
    dated.is_referred,
    dated.meeting_date,
    dated.source_file,
    dated.occurred_at < timestamp '2000-01-01'
    or coalesce(dated.occurred_at > dated.captured_at + interval 2 day, false) as is_clock_suspect
from dated
cross join settings
left join links on links.conversion_id = dated.conversion_id
left join rates on rates.currency = dated.currency and rates.date = dated.conversion_date
