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
  amount_reporting: {unit: money, sum: always, description: "The same in the reporting currency, by the newest rate within the month; NULL where no rate is known."}
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

-- A month has one cost and so one rate: the newest of its days that has one, which is final when the month is over.
month_rates as (
    select
        costs.kind,
        costs.channel,
        costs.currency,
        costs.month,
        costs.amount,
        costs.source_file,
        case
            when costs.currency = max(settings.currency) then costs.amount
            else cast(round(
                costs.amount * arg_max(rates.units_reporting, rates.date) / arg_max(rates.units_currency, rates.date), 4
            ) as decimal(18, 4))
        end as amount_reporting
    from costs
    cross join settings
    left join rates
        on
            rates.currency = costs.currency
            and rates.date between costs.month and cast(costs.month + interval 1 month - interval 1 day as date)
    group by costs.kind, costs.channel, costs.currency, costs.month, costs.amount, costs.source_file
),

days as (
    select
        *,
        cast(unnest(generate_series(month, cast(month + interval 1 month - interval 1 day as date), interval 1 day)) as date) as date,
        date_diff('day', month, cast(month + interval 1 month as date)) as days_in_month,
        cast(amount * 10000 as hugeint) as units,
        cast(amount_reporting * 10000 as hugeint) as reporting_units
    from month_rates
)

-- Day i of n gets floor(total * i / n) - floor(total * (i - 1) / n): the sum is the total.
select
    kind,
    channel,
    currency,
    cast(cast(
        units * (date_diff('day', month, date) + 1) // days_in_month - units * date_diff('day', month, date) // days_in_month
        as decimal(28, 0)
    ) * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)) as amount,
    cast(cast(
        reporting_units * (date_diff('day', month, date) + 1) // days_in_month
        - reporting_units * date_diff('day', month, date) // days_in_month
        as decimal(28, 0)
    ) * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)) as amount_reporting,
    date,
    source_file
from days
