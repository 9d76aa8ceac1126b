/*
description: "One row a delivered order or payment, its newest delivery, and what it stands for: counted as an order; cancelled, failed, uncaptured or test, which never count; payment_of_order, a payment of an order that a shop delivered; or payment_apart, a payment that no order names and that settings.yml (orders.payments) does not count, by default because a shop tells the orders of that time."
grain: [order_id]
materialise: table
owner: data-engineering
columns:
  order_id: {unit: id, description: The order's or payment's id.}
  paid_order_id: {unit: id, description: "Of a payment, the shop's order that it paid for; NULL where none is known."}
  standing: {unit: text, description: "counted, cancelled, failed, uncaptured, test, payment_of_order or payment_apart."}
  export_kind: {unit: text, description: "orders or payments; NULL for the generic input."}
  currency: {unit: text, description: "Currency of the revenue, ISO 4217 in capitals."}
  gross_revenue: {unit: money, sum: by_currency, description: The order's revenue exactly as delivered.}
  ordered_at: {unit: timestamp, description: When it was placed or paid (UTC).}
*/
with

orders as (
    select * from raw.orders
),

settings as (
    select * from config.settings
),

-- Of deliveries of one age the one that knows of more paid back, or of a cancellation, is the later one: neither is ever undone.
newest as (
    select *
    from orders
    where order_id is not null and ordered_at is not null
    qualify row_number() over (
        partition by order_id
        order by captured_at desc nulls last, refunded desc nulls last, order_state nulls last, file_id desc, source_row desc
    ) = 1
),

shop_orders as (
    select *
    from newest
    where export_kind is distinct from 'payments'
),

payments as (
    select *
    from newest
    where export_kind = 'payments'
),

-- By the provider's own ids, which are unique, or by the order's number, which is not: there the time has to fit as well.
named as (
    select
        payments.order_id,
        shop_orders.order_id as paid_order_id
    from payments
    inner join shop_orders on shop_orders.payment_reference = payments.order_id
    union
    select
        payments.order_id,
        shop_orders.order_id
    from payments
    inner join shop_orders on shop_orders.payment_reference = payments.payment_intent_id
    union
    select
        payments.order_id,
        shop_orders.order_id
    from payments
    inner join shop_orders
        on
            shop_orders.order_number = payments.order_number
            and payments.ordered_at
            between shop_orders.ordered_at - interval 1 day and shop_orders.ordered_at + interval 90 day
    union
    select
        payments.order_id,
        shop_orders.order_id
    from payments
    inner join shop_orders
        on
            shop_orders.order_id = payments.order_number
            and payments.ordered_at
            between shop_orders.ordered_at - interval 1 day and shop_orders.ordered_at + interval 90 day
),

paid_for as (
    select
        order_id,
        min(paid_order_id) as paid_order_id
    from named
    group by order_id
),

-- Without any order of a shop there is one row of NULLs, which covers nothing.
shop_times as (
    select
        min(ordered_at) as first_at,
        max(ordered_at) as last_at
    from shop_orders
)

select
    newest.order_id,
    paid_for.paid_order_id,
    case
        when newest.order_state in ('cancelled', 'failed', 'uncaptured', 'test') then newest.order_state
        when paid_for.paid_order_id is not null then 'payment_of_order'
        when newest.export_kind is distinct from 'payments' or settings.payments_as_orders = 'unmatched' then 'counted'
        when settings.payments_as_orders = 'never' then 'payment_apart'
        when newest.ordered_at between shop_times.first_at and shop_times.last_at then 'payment_apart'
        else 'counted'
    end as standing,
    newest.export_kind,
    upper(trim(newest.currency)) as currency,
    newest.revenue as gross_revenue,
    newest.ordered_at
from newest
cross join settings
cross join shop_times
left join paid_for on paid_for.order_id = newest.order_id
