/*
description: "One row a customer and day on which what the customer pays a month changed, over all of the customer's subscriptions. Who moves from one subscription to another on one day has grown or shrunk, and has neither left nor come."
grain: [customer_id, date]
materialise: table
owner: data-engineering
columns:
  customer_id: {unit: id, description: The customer.}
  date: {unit: date, description: The local day.}
  mrr: {unit: money, sum: not_over_time, description: "Monthly recurring revenue at the end of the day, in the reporting currency."}
  previous_mrr: {unit: money, sum: not_over_time, description: The same at its start.}
  change: {unit: money, sum: always, description: What it changed by.}
  movement: {unit: text, description: "new (nothing before, also of who came back), expansion, contraction or churned (nothing after)."}
*/
with

subscriptions as (
    select * from core.fct_subscriptions
),

days as (
    select
        customer_id,
        changed_date as date,
        sum(coalesce(mrr_reporting, 0) - coalesce(previous_mrr_reporting, 0)) as change
    from subscriptions
    group by customer_id, changed_date
    having sum(coalesce(mrr_reporting, 0) - coalesce(previous_mrr_reporting, 0)) <> 0
),

running as (
    select
        customer_id,
        date,
        change,
        sum(change) over (
            partition by customer_id
            order by date
        ) as mrr
    from days
)

select
    customer_id,
    date,
    cast(mrr as decimal(18, 4)) as mrr,
    cast(mrr - change as decimal(18, 4)) as previous_mrr,
    cast(change as decimal(18, 4)) as change,
    case
        when mrr - change = 0 then 'new'
        when mrr = 0 then 'churned'
        when change > 0 then 'expansion'
        else 'contraction'
    end as movement
from running
