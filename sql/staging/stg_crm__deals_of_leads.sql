/*
description: "One row a deal that is no lead of its own: the contact or lead that it is with, or that became it, is delivered too, and both are one lead. Of a contact with deals in several currencies only those in the currency of its first deal are here; the others stay leads of their own, since their values can't be added."
grain: [deal_id]
materialise: table
owner: data-engineering
columns:
  deal_id: {unit: id, description: "The deal's lead_id as delivered."}
  lead_id: {unit: id, description: The contact or lead that it belongs to.}
*/
with

leads as (
    select * from raw.leads
),

newest as (
    select *
    from leads
    where lead_id is not null and created_at is not null
    qualify row_number() over (
        partition by lead_id
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
),

-- Either side may name the other; a deal that is itself named as a contact would close a circle, so it is left alone.
named as (
    select
        deals.lead_id as deal_id,
        contacts.lead_id
    from newest as deals
    inner join newest as contacts on contacts.lead_id = deals.contact_id
    where contacts.contact_id is null and contacts.lead_id <> deals.lead_id
    union
    select
        deals.lead_id,
        contacts.lead_id
    from newest as contacts
    inner join newest as deals on deals.lead_id = contacts.deal_id
    where contacts.contact_id is null and deals.deal_id is null and contacts.lead_id <> deals.lead_id
),

one_each as (
    select
        deal_id,
        min(lead_id) as lead_id
    from named
    group by deal_id
),

priced as (
    select
        one_each.deal_id,
        one_each.lead_id,
        upper(trim(newest.currency)) as currency,
        first_value(upper(trim(newest.currency))) over (
            partition by one_each.lead_id
            order by newest.currency is null, newest.created_at, newest.lead_id
        ) as first_currency
    from one_each
    inner join newest on newest.lead_id = one_each.deal_id
)

select
    deal_id,
    lead_id
from priced
where currency is null or currency = first_currency
