/*
description: "One row a change of a subscription, with what it was worth a month before and after. Money is converted at the rate of the change's day and stays so until the next change, so that what came, grew, shrank and left adds up to what is there."
grain: [subscription_id, changed_at]
materialise: table
owner: data-engineering
columns:
  subscription_id: {unit: id, description: The subscription's id.}
  customer_id: {unit: id, description: The customer.}
  event: {unit: text, description: "start, upgrade, downgrade or cancel, as the source says; NULL where it says nothing."}
  currency: {unit: text, description: "Currency of the amounts, ISO 4217."}
  previous_mrr: {unit: money, sum: never, description: "Monthly recurring revenue before the change, 0 before the first one."}
  mrr: {unit: money, sum: never, description: "Monthly recurring revenue from the change on, 0 once it is cancelled."}
  previous_mrr_reporting: {unit: money, sum: never, description: "What it was before in the reporting currency, at the rate of the day of that change."}
  mrr_reporting: {unit: money, sum: never, description: "Monthly recurring revenue in the reporting currency at the rate of the change's day; NULL where no rate is known."}
  is_told_by_state: {unit: flag, description: "Whether the change was seen by comparing two exports, so that its day is that of the later one."}
  changed_date: {unit: date, description: Local day of the change.}
  changed_at: {unit: timestamp, description: When it changed (UTC).}
  source_file: {unit: text, description: The file under the inbox that tells it.}
*/
with

subscriptions as (
    select * from staging.stg_billing__subscriptions
),

rates as (
    select * from core.int_rates_daily
),

settings as (
    select * from config.settings
),

converted as (
    select
        subscriptions.*,
        case
            when subscriptions.currency = settings.currency or subscriptions.mrr = 0 then subscriptions.mrr
            else cast(round(subscriptions.mrr * rates.units_reporting / rates.units_currency, 4) as decimal(18, 4))
        end as mrr_reporting
    from subscriptions
    cross join settings
    left join rates on rates.currency = subscriptions.currency and rates.date = subscriptions.changed_date
)

select
    subscription_id,
    customer_id,
    event,
    currency,
    coalesce(lag(mrr) over change_order, cast(0 as decimal(18, 4))) as previous_mrr,
    mrr,
    case
        when row_number() over change_order = 1 then cast(0 as decimal(18, 4))
        else lag(mrr_reporting) over change_order
    end as previous_mrr_reporting,
    mrr_reporting,
    is_told_by_state,
    changed_date,
    changed_at,
    source_file
from converted
window change_order as (
    partition by subscription_id
    order by changed_at
)
