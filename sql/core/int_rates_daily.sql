/*
description: "One row a currency and day on which it can be converted: the two published rates whose quotient turns an amount into the reporting currency. The last rate on or before the day counts, as long as it is not stale."
grain: [currency, date]
materialise: table
owner: data-engineering
columns:
  currency: {unit: text, description: "The currency of the amount, ISO 4217."}
  units_reporting: {unit: ratio, sum: never, description: "What the amount is multiplied by: units of the reporting currency for one unit of the common base, or the common price of one unit of the amount's currency."}
  units_currency: {unit: ratio, sum: never, description: "What it is divided by: units of the amount's currency for one unit of the common base, or the common price of one unit of the reporting currency."}
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

-- Both rates are of one day. Of one base (the ECB prices all in euros) one is divided by the other; of one currency in which a bank prices
-- both (Norges Bank prices all in kroner) it is the other way round, so that neither rate has to be turned over and rounded.
ways as (
    select
        amount_side.currency,
        reporting_side.rate as units_reporting,
        amount_side.rate as units_currency,
        amount_side.rate_date,
        case when amount_side.base in (settings.currency, amount_side.currency) then 0 else 1 end as detour,
        amount_side.base as through
    from quoted as amount_side
    inner join settings on settings.currency <> amount_side.currency
    inner join quoted as reporting_side
        on
            reporting_side.rate_date = amount_side.rate_date
            and reporting_side.base = amount_side.base
            and reporting_side.currency = settings.currency
    union all
    select
        amount_side.base as currency,
        amount_side.rate as units_reporting,
        reporting_side.rate as units_currency,
        amount_side.rate_date,
        2 as detour,
        amount_side.currency as through
    from quoted as amount_side
    inner join settings on settings.currency <> amount_side.base
    inner join quoted as reporting_side
        on
            reporting_side.rate_date = amount_side.rate_date
            and reporting_side.currency = amount_side.currency
            and reporting_side.base = settings.currency
),

-- The straightest way counts: a rate between the two themselves, else one base, else one currency of price.
pairs as (
    select currency, units_reporting, units_currency, rate_date
    from ways
    qualify row_number() over (
        partition by currency, rate_date
        order by detour, through
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
