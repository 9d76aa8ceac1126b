/*
description: "One row a measure of subscriptions and day: what is paid a month at the day's end, how it moved, and how many customers there were at the day's start. In the reporting currency."
grain: [date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all.}
  member: {unit: text, description: all.}
  value: {unit: number, sum: not_over_time, description: "The amount of the day; mrr and subscribers_at_start are stocks, the rest adds up."}
*/
with

customer_mrr as (
    select * from kpi.int_customer_mrr
),

delivered_days as (
    select date
    from kpi.int_delivered_days
    where source = 'subscriptions'
),

moved as (
    select
        date,
        sum(change) as change,
        sum(case when movement = 'new' then change end) as mrr_new,
        sum(case when movement = 'expansion' then change end) as mrr_expansion,
        sum(case when movement = 'contraction' then -change end) as mrr_contraction,
        sum(case when movement = 'churned' then -change end) as mrr_churned,
        sum(case movement when 'new' then 1 when 'churned' then -1 else 0 end) as subscribers_change
    from customer_mrr
    group by date
),

-- Every delivered day has its stock, also one on which nothing moved.
running as (
    select
        delivered_days.date,
        moved.mrr_new,
        moved.mrr_expansion,
        moved.mrr_contraction,
        moved.mrr_churned,
        coalesce(sum(moved.change) over day_order, 0) as mrr,
        coalesce(sum(moved.subscribers_change) over day_order, 0) - coalesce(moved.subscribers_change, 0) as subscribers_at_start
    from delivered_days
    left join moved on moved.date = delivered_days.date
    window day_order as (order by delivered_days.date)
),

amounts as (
    select date, 'mrr' as measure, mrr as amount from running
    union all
    select date, 'mrr_new', mrr_new from running
    union all
    select date, 'mrr_expansion', mrr_expansion from running
    union all
    select date, 'mrr_contraction', mrr_contraction from running
    union all
    select date, 'mrr_churned', mrr_churned from running
    union all
    select date, 'subscribers_at_start', subscribers_at_start from running
)

select
    date,
    measure,
    'all' as dimension,
    'all' as member,
    cast(amount as decimal(28, 9)) as value
from amounts
where amount is not null
