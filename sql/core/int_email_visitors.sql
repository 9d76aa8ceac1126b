/*
description: "One row an e-mail address (hash) and a visitor known by it from any lead, order or login. What is shared or without consent links nothing (core.int_identity_links)."
grain: [email_hash, visitor_id]
materialise: table
owner: data-engineering
columns:
  email_hash: {unit: id, description: Keyed hash of the e-mail address.}
  visitor_id: {unit: id, description: A visitor who used it.}
*/
with

links as (
    select * from core.int_identity_links
)

select
    from_id as email_hash,
    to_id as visitor_id
from links
where from_kind = 'email' and to_kind = 'visitor'
