/*
description: "One row a currency and day on which it can be converted: the two published rates whose quotient turns an amount into the reporting currency. The last rate on or before the day counts, as long as it is not stale."
grain: [currency, date]
materialise: table
owner: data-engineering
columns:
  currency: {unit: text, description: "The currency of the amount, ISO 4217."}
  units_reporting: {unit: ratio, sum: never, description: Units of the reporting currency for one unit of the common base.}
  units_currency: {unit: ratio, sum: never, description: Units of the amount's currency for one unit of the common base.}
  rate_date: {unit: date, description: The day for which the rates were published.}
  date: {unit: date, description: The day on which they are used.}
*/
with

rates as (
    select * from staging.stg_finance__exchange_rates
),

settings as (
    select * from config.settings
),

quoted as (
    select rate_date, base, currency, rate from rates where base <> currency
    union all
    select distinct rate_date, base, base as currency, cast(1 as decimal(18, 8)) as rate from rates
),

-- Both rates are of one day and one base; a base that is one of the two currencies is the straightest way.
pairs as (
    select
        amount_side.currency,
        reporting_side.rate as units_reporting,
        amount_side.rate as units_currency,
        amount_side.rate_date
    from quoted as amount_side
    inner join settings on settings.currency <> amount_side.currency
    inner join quoted as reporting_side
        on
            reporting_side.rate_date = amount_side.rate_date
            and reporting_side.base = amount_side.base
            and reporting_side.currency = settings.currency
    qualify row_number() over (
        partition by amount_side.currency, amount_side.rate_date
        order by
            case when amount_side.base in (settings.currency, amount_side.currency) then 0 else 1 end,
            amount_side.base
    ) = 1
),

served as (
    select
        pairs.*,
        least(
            cast(pairs.rate_date + interval 1 day * settings.rate_stale_after_days as date),
            coalesce(
                cast(
                    lead(pairs.rate_date) over (partition by pairs.currency order by pairs.rate_date) - interval 1 day as date
                ),
                date '9999-12-31'
            )
        ) as last_date
    from pairs
    cross join settings
)

select
    currency,
    units_reporting,
    units_currency,
    rate_date,
    cast(unnest(generate_series(rate_date, last_date, interval 1 day)) as date) as date
from served
