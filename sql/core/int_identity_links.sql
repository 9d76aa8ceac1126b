/*
description: "One row a pair of identifiers that a lead, an order or a login shows to belong to one person. The one place for what joins nobody: visitors who refuse (core.int_refusals), and whatever more visitors share than settings.yml allows (identity.shared_above), such as an office's address or the till in a shop."
grain: [from_kind, from_id, to_kind, to_id]
materialise: table
owner: data-engineering
columns:
  from_kind: {unit: text, description: "email, customer or user."}
  from_id: {unit: id, description: "Keyed hash of the address, or the id."}
  to_kind: {unit: text, description: "visitor, or customer behind an email."}
  to_id: {unit: id, description: Its id.}
*/
with

conversions as (
    select * from core.int_conversions
),

event_identities as (
    select * from core.int_event_identities
),

refusals as (
    select * from core.int_refusals
),

settings as (
    select * from config.settings
),

addresses as (
    select distinct email_hash from conversions where email_hash is not null
),

-- A login by e-mail address is masked on the way in and keeps the first digits of the hash.
logins as (
    select
        event_identities.visitor_id,
        event_identities.identifier as user_id,
        addresses.email_hash
    from event_identities
    left join addresses on concat('email-', left(addresses.email_hash, 16)) = event_identities.identifier
    where event_identities.kind = 'user'
),

mentions as (
    select given_visitor_id as visitor_id, email_hash, customer_id from conversions
    union
    select event_identities.visitor_id, conversions.email_hash, conversions.customer_id
    from event_identities
    inner join conversions on conversions.conversion_id = concat(event_identities.kind, ':', event_identities.identifier)
),

pairs as (
    select 'email' as from_kind, email_hash as from_id, 'visitor' as to_kind, visitor_id as to_id
    from mentions where email_hash is not null and visitor_id is not null
    union
    select 'customer', customer_id, 'visitor', visitor_id
    from mentions where customer_id is not null and visitor_id is not null
    union
    select 'email', email_hash, 'customer', customer_id
    from mentions where email_hash is not null and customer_id is not null
    union
    select 'email', email_hash, 'visitor', visitor_id
    from logins where email_hash is not null
    union
    select 'user', user_id, 'visitor', visitor_id
    from logins where email_hash is null
),

-- Both ways, so that everything has its neighbours. A guest gets a new customer number with every order: those of an address aren't counted.
neighbours as (
    select from_kind as kind, from_id as id, to_kind as other_kind
    from pairs
    where not (from_kind = 'email' and to_kind = 'customer')
    union all
    select to_kind as kind, to_id as id, from_kind as other_kind
    from pairs
),

shared as (
    select distinct kind, id
    from (
        select
            neighbours.kind,
            neighbours.id
        from neighbours
        cross join settings
        group by neighbours.kind, neighbours.id, neighbours.other_kind, settings.identity_shared_above
        having count(*) > settings.identity_shared_above
    ) as many
)

select
    pairs.from_kind,
    pairs.from_id,
    pairs.to_kind,
    pairs.to_id
from pairs
left join shared as shared_from on shared_from.kind = pairs.from_kind and shared_from.id = pairs.from_id
left join shared as shared_to on shared_to.kind = pairs.to_kind and shared_to.id = pairs.to_id
left join refusals on pairs.to_kind = 'visitor' and refusals.visitor_id = pairs.to_id
where shared_from.id is null and shared_to.id is null and refusals.visitor_id is null
