/*
description: One row a published rate, the newest delivery of each day and pair.
grain: [rate_date, base, currency]
materialise: view
owner: data-engineering
columns:
  base: {unit: text, description: "The currency of which one unit is priced, ISO 4217."}
  currency: {unit: text, description: "The currency in which it is priced, ISO 4217."}
  rate: {unit: ratio, sum: never, description: Units of currency for one unit of base.}
  rate_date: {unit: date, description: The day for which the rate was published.}
*/
with

rates as (
    select * from raw.exchange_rates
),

newest as (
    select *
    from rates
    where rate > 0 and rate_date is not null
    qualify row_number() over (
        partition by rate_date, upper(base), upper(currency)
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    upper(base) as base,
    upper(currency) as currency,
    rate,
    rate_date
from newest
