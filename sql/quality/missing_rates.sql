/*
description: One row a table, currency and day whose money could not be converted into the reporting currency, because no rate of that day or of the few days before it is known.
grain: [table_name, currency, date]
materialise: table
owner: data-engineering
columns:
  table_name: {unit: text, description: The fact table that holds the money.}
  currency: {unit: text, description: The currency without a rate; empty where the source names none.}
  date: {unit: date, description: The day whose rate is missing.}
  rows_affected: {unit: count, sum: always, description: Rows whose money in the reporting currency is NULL for it.}
  amount: {unit: money, sum: by_currency, description: The money that is not converted.}
*/
with

ads as (
    select * from core.fct_ads_daily
),

conversions as (
    select * from core.fct_conversions
),

costs as (
    select * from core.int_costs_daily
),

subscriptions as (
    select * from core.fct_subscriptions
),

unconverted as (
    select 'core.fct_ads_daily' as table_name, currency, date, spend as amount
    from ads
    where spend <> 0 and spend_reporting is null
    union all
    select 'core.fct_conversions' as table_name, currency, conversion_date as date, value as amount
    from conversions
    where value <> 0 and value_reporting is null
    union all
    select 'core.int_costs_daily' as table_name, currency, date, amount
    from costs
    where amount <> 0 and amount_reporting is null
    union all
    select 'core.fct_subscriptions' as table_name, currency, changed_date as date, mrr as amount
    from subscriptions
    where mrr <> 0 and mrr_reporting is null
)

select
    table_name,
    coalesce(currency, '') as currency,
    date,
    count(*) as rows_affected,
    cast(sum(amount) as decimal(18, 4)) as amount
from unconverted
group by table_name, coalesce(currency, ''), date
