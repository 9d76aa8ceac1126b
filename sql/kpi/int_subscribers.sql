/*
description: One row a customer and time without a break in which the customer paid for a subscription.
grain: [customer_id, started_date]
materialise: table
owner: data-engineering
columns:
  customer_id: {unit: id, description: The customer.}
  started_date: {unit: date, description: The first day of paying.}
  ended_date: {unit: date, description: "The day on which it ended; NULL while the customer pays."}
*/
with

customer_mrr as (
    select * from kpi.int_customer_mrr
),

turns as (
    select
        customer_id,
        date,
        movement,
        lead(date) over (
            partition by customer_id
            order by date
        ) as next_date
    from customer_mrr
    where movement in ('new', 'churned')
)

select
    customer_id,
    date as started_date,
    next_date as ended_date
from turns
where movement = 'new'
