/*
description: One row a cost line and day; the cost of a month is spread evenly over its days, exactly.
grain: [kind, channel, currency, date]
materialise: table
owner: data-engineering
columns:
  kind: {unit: text, description: "What the money went to, such as salary, tool, agency or creator."}
  channel: {unit: text, description: "The channel it was spent for, NULL when for all."}
  currency: {unit: text, description: "Currency of the amount, ISO 4217."}
  amount: {unit: money, sum: by_currency, description: The day's share of the month's cost.}
  amount_reporting: {unit: money, sum: always, description: The same in the reporting currency at the rate of the day; NULL where no rate is known.}
  date: {unit: date, description: The day.}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

costs as (
    select * from staging.stg_finance__costs
),

rates as (
    select * from core.int_rates_daily
),

settings as (
    select * from config.settings
),

days as (
    select
        *,
        cast(unnest(generate_series(month, cast(month + interval 1 month - interval 1 day as date), interval 1 day)) as date) as date,
        date_diff('day', month, cast(month + interval 1 month as date)) as days_in_month,
        cast(amount * 10000 as hugeint) as units
    from costs
),

spread as (
    select
        *,
        cast(cast(
            units * (date_diff('day', month, date) + 1) // days_in_month - units * date_diff('day', month, date) // days_in_month
            as decimal(28, 0)
        ) * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)) as day_amount
    from days
)

select
    spread.kind,
    spread.channel,
    spread.currency,
    spread.day_amount as amount,
    case
        when spread.currency = settings.currency then spread.day_amount
        else cast(round(spread.day_amount * rates.units_reporting / rates.units_currency, 4) as decimal(18, 4))
    end as amount_reporting,
    spread.date,
    spread.source_file
from spread
cross join settings
left join rates on rates.currency = spread.currency and rates.date = spread.date
