/*
description: "One row an order that counts, the newest delivery of each; later deliveries carry later refunds. What else was delivered, and why it does not count, is in staging.stg_shop__standings."
grain: [order_id]
materialise: table
owner: data-engineering
columns:
  order_id: {unit: id, description: The order's id as the shop delivers it.}
  email_hash: {unit: id, description: Keyed hash of the e-mail address; the address itself is stored nowhere.}
  visitor_id: {unit: id, description: "The web visitor who ordered, where the shop passes it on."}
  session_id: {unit: id, description: "The web session of the order, where the shop passes it on."}
  customer_id: {unit: id, description: The customer who ordered.}
  referred_by_customer_id: {unit: id, description: The customer whose referral brought this order.}
  utm_source: {unit: text, description: Source that the shop itself stored.}
  utm_medium: {unit: text, description: Medium that the shop itself stored.}
  utm_campaign: {unit: text, description: Campaign that the shop itself stored.}
  utm_content: {unit: text, description: Content that the shop itself stored.}
  currency: {unit: text, description: "Currency of the amounts, ISO 4217 in capitals."}
  gross_revenue: {unit: money, sum: by_currency, description: The order's revenue exactly as delivered.}
  tax: {unit: money, sum: by_currency, description: "Tax contained in the revenue; NULL where the source has no such column, which means the revenue is net of it."}
  refunded: {unit: money, sum: by_currency, description: "Amount paid back; NULL where the source has no such column, which means the revenue is net of it."}
  net_revenue: {unit: money, sum: by_currency, description: "Revenue less tax and refunds, where these are delivered."}
  cost_of_goods: {unit: money, sum: by_currency, description: What the goods cost.}
  ordered_at: {unit: timestamp, description: When the order was placed (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
*/
with

orders as (
    select * from raw.orders
),

standings as (
    select * from staging.stg_shop__standings
),

-- Of deliveries of one age the one that knows of more paid back, or of a cancellation, is the later one: neither is ever undone.
newest as (
    select *
    from orders
    where
        ordered_at is not null
        and order_id in (select order_id from standings where standing = 'counted')
    qualify row_number() over (
        partition by order_id
        order by captured_at desc nulls last, refunded desc nulls last, order_state nulls last, file_id desc, source_row desc
    ) = 1
)

select
    order_id,
    email_hash,
    nullif(visitor_id, '') as visitor_id,
    nullif(session_id, '') as session_id,
    nullif(customer_id, '') as customer_id,
    nullif(referred_by_customer_id, '') as referred_by_customer_id,
    nullif(trim(utm_source), '') as utm_source,
    nullif(trim(utm_medium), '') as utm_medium,
    nullif(trim(utm_campaign), '') as utm_campaign,
    nullif(trim(utm_content), '') as utm_content,
    upper(trim(currency)) as currency,
    revenue as gross_revenue,
    tax,
    refunded,
    cast(revenue - coalesce(tax, 0) - coalesce(refunded, 0) as decimal(18, 4)) as net_revenue,
    cost_of_goods,
    ordered_at,
    captured_at,
    source_file
from newest
