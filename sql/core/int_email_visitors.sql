/*
description: "One row an e-mail address (hash) and a visitor known by it from any lead or order. An address of more than 20 visitors is a shared mailbox or a test, no person, and links nothing."
grain: [email_hash, visitor_id]
materialise: table
owner: data-engineering
columns:
  email_hash: {unit: id, description: Keyed hash of the e-mail address.}
  visitor_id: {unit: id, description: A visitor who used it.}
*/
with

conversions as (
    select * from core.int_conversions
),

pairs as (
    select distinct
        email_hash,
        given_visitor_id as visitor_id
    from conversions
    where email_hash is not null and given_visitor_id is not null
),

counted as (
    select
        *,
        count(*) over (partition by email_hash) as visitors
    from pairs
)

select
    email_hash,
    visitor_id
from counted
where visitors <= 20
