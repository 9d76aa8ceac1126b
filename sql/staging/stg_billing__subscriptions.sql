/*
description: >-
  One row a change of a subscription. The generic input tells every change itself: of each the newest delivery counts. A payment
  provider's export tells a state: another price of the same start in a later export is a change of the day on which that export was
  made, since nothing says when it happened.
grain: [subscription_id, changed_at]
materialise: table
owner: data-engineering
columns:
  subscription_id: {unit: id, description: The subscription's id.}
  customer_id: {unit: id, description: The customer.}
  event: {unit: text, description: "start, upgrade, downgrade or cancel, as the source says; NULL where it says nothing."}
  currency: {unit: text, description: "Currency of mrr, ISO 4217 in capitals."}
  mrr: {unit: money, sum: never, description: "Monthly recurring revenue of the subscription from this change on, 0 once it is cancelled."}
  is_told_by_state: {unit: flag, description: "Whether the change was seen by comparing two exports, so that its day is that of the later one."}
  changed_date: {unit: date, description: Local day of the change.}
  changed_at: {unit: timestamp, description: When it changed (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that tells it.}
*/
with

subscriptions as (
    select * from raw.subscriptions
),

zone_days as (
    select * from config.zone_days
),

told as (
    select
        subscription_id,
        customer_id,
        changed_at,
        nullif(lower(trim(event)), '') as event,
        upper(trim(currency)) as currency,
        case when lower(trim(event)) = 'cancel' then cast(0 as decimal(18, 4)) else mrr end as mrr,
        platform,
        captured_at,
        file_id,
        source_row,
        source_file
    from subscriptions
    where subscription_id is not null and changed_at is not null and mrr is not null
),

-- Of one delivery's copies of a row the last one counts.
deliveries as (
    select *
    from told
    qualify row_number() over (
        partition by subscription_id, changed_at, captured_at
        order by file_id desc, source_row desc
    ) = 1
),

compared as (
    select
        *,
        row_number() over delivery_order as delivery,
        row_number() over (partition by subscription_id, changed_at order by captured_at desc nulls last) as age,
        lag(mrr) over delivery_order as mrr_before,
        lag(currency) over delivery_order as currency_before
    from deliveries
    window delivery_order as (
        partition by subscription_id, changed_at
        order by captured_at nulls first
    )
),

changes as (
    select *, changed_at as counts_at, false as is_told_by_state
    from compared
    where (platform is null and age = 1) or (platform is not null and delivery = 1)
    union all
    select *, captured_at as counts_at, true as is_told_by_state
    from compared
    where
        platform is not null
        and delivery > 1
        and captured_at > changed_at
        and (mrr <> mrr_before or currency <> currency_before)
),

-- A later export whose other price falls on the very instant of a change that is told stays behind it.
single as (
    select *
    from changes
    qualify row_number() over (
        partition by subscription_id, counts_at
        order by is_told_by_state, captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    single.subscription_id,
    single.customer_id,
    case
        when not single.is_told_by_state then single.event
        when single.mrr > single.mrr_before then 'upgrade'
        when single.mrr = 0 then 'cancel'
        else 'downgrade'
    end as event,
    single.currency,
    single.mrr,
    single.is_told_by_state,
    cast(single.counts_at + interval 1 second * (
        case
            when single.counts_at < changed_day.transition_at then changed_day.offset_before_seconds
            else changed_day.offset_after_seconds
        end
    ) as date) as changed_date,
    single.counts_at as changed_at,
    single.captured_at,
    single.source_file
from single
left join zone_days as changed_day on changed_day.utc_date = cast(single.counts_at as date)
