/*
description: "One row a visitor whose newest word on consent is a refusal (or who never gave any, where settings.yml asks for it): joined with nobody. Which values give consent is in config/settings.yml."
grain: [visitor_id]
materialise: incremental
unit: [visitor_id]
restrict:
  staging.stg_web__sessions: [visitor_id]
  staging.stg_web__events: [visitor_id]
changed:
  raw.web_sessions: >-
    select visitor_id from changed
    where visitor_id in (select visitor_id from core.int_refusals)
    or (lower(trim(coalesce(consent, ''))) not in (select consent from config.consent_given)
    and (trim(coalesce(consent, '')) <> '' or not (select is_consent_assumed from config.settings)))
  raw.web_events: >-
    select visitor_id from changed
    where visitor_id in (select visitor_id from core.int_refusals)
    or (lower(trim(coalesce(consent, ''))) not in (select consent from config.consent_given)
    and (trim(coalesce(consent, '')) <> '' or not (select is_consent_assumed from config.settings)))
owner: data-engineering
columns:
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  refused_at: {unit: timestamp, description: "When the newest session or event with the refusal was (UTC); NULL where consent was merely never given."}
*/
with

sessions as not materialized (
    select * from staging.stg_web__sessions
),

events as not materialized (
    select * from staging.stg_web__events
),

settings as (
    select * from config.settings
),

given as (
    select * from config.consent_given
),

statements as not materialized (
    select visitor_id, lower(trim(consent)) as consent, started_at as stated_at from sessions
    union all
    select visitor_id, lower(trim(consent)) as consent, occurred_at as stated_at from events
),

-- A delivery that a newer one has replaced counts here too: where the two disagree on one instant, the refusal holds.
judged as not materialized (
    select
        statements.visitor_id,
        statements.stated_at,
        given.consent is not null as is_given,
        given.consent is null and coalesce(statements.consent, '') <> '' as is_refusal
    from statements
    left join given on given.consent = statements.consent
    where statements.visitor_id is not null
),

-- Most visitors refuse nothing; only the others are looked into.
doubtful as (
    select distinct judged.visitor_id
    from judged
    cross join settings
    where judged.is_refusal or not (judged.is_given or settings.is_consent_assumed)
),

newest as (
    select
        visitor_id,
        max(stated_at) filter (where is_given) as given_at,
        max(stated_at) filter (where is_refusal) as refused_at
    from judged
    where visitor_id in (select visitor_id from doubtful)
    group by visitor_id
)

select
    newest.visitor_id,
    newest.refused_at
from newest
cross join settings
where
    newest.refused_at >= newest.given_at
    or (newest.given_at is null and (newest.refused_at is not null or not settings.is_consent_assumed))
