/*
description: One row a conversion as leads and orders deliver it, before it is linked to a session.
grain: [conversion_id]
materialise: table
owner: data-engineering
columns:
  conversion_id: {unit: id, description: "The id of the lead or order, with its kind before a colon."}
  conversion_type: {unit: text, description: "lead, email_signup, webinar_registration or order."}
  given_session_id: {unit: id, description: The session that the source names.}
  given_visitor_id: {unit: id, description: "The visitor that the source names, else the one of the session that it names, else the one of the first web event that names the lead or order."}
  email_hash: {unit: id, description: Keyed hash of the e-mail address.}
  customer_id: {unit: id, description: "The customer, where the source names one."}
  tagged_source: {unit: text, description: "utm_source that the form, CRM or shop stored with it."}
  tagged_medium: {unit: text, description: "utm_medium that the form, CRM or shop stored with it."}
  tagged_campaign: {unit: text, description: "utm_campaign that the form, CRM or shop stored with it."}
  tagged_content: {unit: text, description: "utm_content that the form, CRM or shop stored with it."}
  stage: {unit: text, description: Stage of a lead in the CRM.}
  value: {unit: money, sum: by_currency, description: Net revenue of an order or deal value of a lead.}
  gross_value: {unit: money, sum: by_currency, description: Revenue of an order as delivered.}
  refunded: {unit: money, sum: by_currency, description: Amount of an order paid back.}
  margin: {unit: money, sum: by_currency, description: "Net revenue of an order less what its goods cost, else the share of it that settings.yml names; NULL where neither is known."}
  currency: {unit: text, description: Currency of the amounts.}
  referred_by_customer_id: {unit: id, description: "The customer whose referral brought the order, never the customer itself."}
  is_margin_assumed: {unit: flag, description: Whether the margin is the share that settings.yml names.}
  has_kind: {unit: flag, description: Whether the source of a lead says of which kind it is; NULL for what is no lead.}
  is_qualified: {unit: flag, description: Whether a lead reached MQL or SQL; NULL for what is no lead.}
  is_lost: {unit: flag, description: Whether a lead is lost; NULL for what is no lead.}
  is_first_order: {unit: flag, description: Whether it is the customer's first order; NULL where no customer is known or it is no order.}
  is_referred: {unit: flag, description: Whether an order came by another customer's referral; NULL for what is no order.}
  occurred_at: {unit: timestamp, description: When it happened (UTC).}
  meeting_at: {unit: timestamp, description: When a meeting was booked (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

leads as (
    select * from staging.stg_crm__leads
),

orders as (
    select * from staging.stg_shop__orders
),

settings as (
    select margin_without_cost from config.settings
),

named_visitors as (
    select * from core.int_named_visitors
),

-- A shop often doesn't know the visitor, but the tracking sent the order's number from the page of thanks.
event_visitors as (
    select
        kind,
        identifier,
        visitor_id
    from core.int_event_identities
    where kind <> 'user'
    qualify row_number() over (
        partition by kind, identifier
        order by first_at, visitor_id
    ) = 1
),

numbered_orders as (
    select
        *,
        row_number() over (
            partition by coalesce(customer_id, email_hash)
            order by ordered_at, order_id
        ) as order_number
    from orders
)

select
    concat('lead:', lead_id) as conversion_id,
    lead_kind as conversion_type,
    leads.session_id as given_session_id,
    coalesce(leads.visitor_id, named_visitors.visitor_id, event_visitors.visitor_id) as given_visitor_id,
    email_hash,
    customer_id,
    utm_source as tagged_source,
    utm_medium as tagged_medium,
    utm_campaign as tagged_campaign,
    utm_content as tagged_content,
    stage,
    deal_value as value,
    cast(null as decimal(18, 4)) as gross_value,
    cast(null as decimal(18, 4)) as refunded,
    cast(null as decimal(18, 4)) as margin,
    currency,
    cast(null as varchar) as referred_by_customer_id,
    cast(null as boolean) as is_margin_assumed,
    has_kind,
    is_qualified,
    is_lost,
    cast(null as boolean) as is_first_order,
    cast(null as boolean) as is_referred,
    created_at as occurred_at,
    meeting_at,
    captured_at,
    source_file
from leads
left join named_visitors on named_visitors.session_id = leads.session_id
left join event_visitors on event_visitors.kind = 'lead' and event_visitors.identifier = leads.lead_id
union all
select
    concat('order:', order_id) as conversion_id,
    'order' as conversion_type,
    numbered_orders.session_id as given_session_id,
    coalesce(numbered_orders.visitor_id, named_visitors.visitor_id, event_visitors.visitor_id) as given_visitor_id,
    email_hash,
    customer_id,
    utm_source as tagged_source,
    utm_medium as tagged_medium,
    utm_campaign as tagged_campaign,
    utm_content as tagged_content,
    cast(null as varchar) as stage,
    net_revenue as value,
    gross_revenue as gross_value,
    refunded,
    cast(case
        when cost_of_goods is not null then net_revenue - cost_of_goods
        else round(net_revenue * cast(settings.margin_without_cost as decimal(9, 6)), 4)
    end as decimal(18, 4)) as margin,
    currency,
    case when referred_by_customer_id is distinct from customer_id then referred_by_customer_id end as referred_by_customer_id,
    cost_of_goods is null and settings.margin_without_cost is not null as is_margin_assumed,
    cast(null as boolean) as has_kind,
    cast(null as boolean) as is_qualified,
    cast(null as boolean) as is_lost,
    case when coalesce(customer_id, email_hash) is not null then order_number = 1 end as is_first_order,
    coalesce(referred_by_customer_id is distinct from customer_id and referred_by_customer_id is not null, false) as is_referred,
    ordered_at as occurred_at,
    cast(null as timestamp) as meeting_at,
    captured_at,
    source_file
from numbered_orders
cross join settings
left join named_visitors on named_visitors.session_id = numbered_orders.session_id
left join event_visitors on event_visitors.kind = 'order' and event_visitors.identifier = numbered_orders.order_id
