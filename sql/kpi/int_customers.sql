/*
description: "One row a customer with what the customer's orders were worth so far. Orders without a customer id belong to their address."
grain: [customer_key]
materialise: table
owner: data-engineering
columns:
  customer_key: {unit: id, description: "The customer's id, else the keyed hash of the address."}
  first_conversion_id: {unit: id, description: "The customer's first order: its credits tell by which channels the customer came."}
  referrer_key: {unit: id, description: "The customer whose referral brought the first order, NULL where none did."}
  orders: {unit: count, sum: always, description: Orders so far.}
  margin: {unit: money, sum: always, description: "Margin of all orders so far in the reporting currency; NULL where that of any order is not known."}
  is_margin_assumed: {unit: flag, description: Whether any part of the margin is the share that settings.yml names.}
  acquired_date: {unit: date, description: Local day of the first order.}
*/
with

given as (
    select * from core.int_conversions
),

conversions as (
    select * from core.fct_conversions
),

orders as (
    select
        coalesce(given.customer_id, given.email_hash) as customer_key,
        given.conversion_id,
        given.referred_by_customer_id,
        conversions.conversion_date,
        conversions.margin_reporting,
        conversions.is_margin_assumed,
        row_number() over (
            partition by coalesce(given.customer_id, given.email_hash)
            order by given.occurred_at, given.conversion_id
        ) as order_number
    from given
    inner join conversions on conversions.conversion_id = given.conversion_id
    where given.conversion_type = 'order' and coalesce(given.customer_id, given.email_hash) is not null
)

select
    customer_key,
    max(conversion_id) filter (where order_number = 1) as first_conversion_id,
    max(referred_by_customer_id) filter (where order_number = 1) as referrer_key,
    count(*) as orders,
    case when count(margin_reporting) = count(*) then cast(sum(margin_reporting) as decimal(18, 4)) end as margin,
    bool_or(is_margin_assumed) as is_margin_assumed,
    max(conversion_date) filter (where order_number = 1) as acquired_date
from orders
group by customer_key
