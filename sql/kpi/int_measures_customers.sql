/*
description: "One row a measure of customers, day, dimension and member. What customers are worth counts on the day they were won, by the channels that won them, so that a month of it is a cohort; what referred customers buy counts on its own day, by the channels that once won who referred them."
grain: [date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: "The local day of the customer's first order; of referral measures that of the order."}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: always, description: "The amount of the day, money in the reporting currency."}
  consented_value: {unit: number, sum: always, description: "The part of the value that comes from visitors who consented."}
  stated_value: {unit: number, sum: always, description: "The part of the value that comes from visitors of whom it is stated whether they consented."}
*/
with

customers as (
    select * from kpi.int_customers
),

channels as (
    select * from kpi.int_customer_channels
),

given as (
    select * from core.int_conversions
),

conversions as (
    select * from core.fct_conversions
),

measure_dimensions as (
    select * from config.measure_dimensions
),

won as (
    select
        customers.acquired_date as date,
        customers.margin,
        customers.is_margin_assumed,
        channels.channel,
        channels.platform,
        channels.campaign,
        channels.consent,
        channels.credit
    from customers
    inner join channels on channels.customer_key = customers.customer_key
),

-- Every order of a customer who came by a referral, on the way by which the referrer once came.
referred as (
    select
        conversions.conversion_date as date,
        conversions.value_reporting as revenue,
        conversions.margin_reporting as margin,
        coalesce(channels.channel, 'Unattributed') as channel,
        coalesce(channels.platform, '(none)') as platform,
        coalesce(channels.campaign, '(none)') as campaign,
        coalesce(channels.consent, '(none)') as consent,
        coalesce(channels.is_social, false) as is_social,
        coalesce(channels.credit, cast(1 as decimal(18, 9))) as credit
    from customers
    inner join given
        on
            given.conversion_type = 'order'
            and coalesce(given.customer_id, given.email_hash) = customers.customer_key
    inner join conversions on conversions.conversion_id = given.conversion_id
    left join channels on channels.customer_key = customers.referrer_key
    where customers.referrer_key is not null
),

amounts as (
    select date, 'margin_of_customers' as measure, channel, platform, campaign, consent, cast(margin * credit as decimal(38, 13)) as amount
    from won
    where margin is not null
    union all
    select date, 'customers_with_margin', channel, platform, campaign, consent, credit
    from won
    where margin is not null
    union all
    select date, 'customers_of_assumed_margin', channel, platform, campaign, consent, credit
    from won
    where margin is not null and is_margin_assumed
    union all
    select date, 'referral_value', channel, platform, campaign, consent, cast(revenue * credit as decimal(38, 13))
    from referred
    where revenue is not null
    union all
    select date, 'referral_margin_social', channel, platform, campaign, consent, cast(margin * credit as decimal(38, 13))
    from referred
    where margin is not null and is_social
),

counted as (
    select
        date,
        measure,
        case
            when grouping(channel) = 0 then 'channel'
            when grouping(platform) = 0 then 'platform'
            when grouping(campaign) = 0 then 'campaign'
            when grouping(consent) = 0 then 'consent'
            else 'all'
        end as dimension,
        coalesce(channel, platform, campaign, consent, 'all') as member,
        cast(sum(amount) as decimal(28, 9)) as value,
        cast(sum(case when told = 'given' then amount else 0 end) as decimal(28, 9)) as consented_value,
        cast(sum(case when told <> '(none)' then amount else 0 end) as decimal(28, 9)) as stated_value
    from (select *, consent as told from amounts) as amounts
    group by grouping sets (
        (date, measure),
        (date, measure, channel),
        (date, measure, platform),
        (date, measure, campaign),
        (date, measure, consent)
    )
)

select
    counted.date,
    counted.measure,
    counted.dimension,
    counted.member,
    counted.value,
    counted.consented_value,
    counted.stated_value
from counted
inner join measure_dimensions
    on
        measure_dimensions.measure = counted.measure
        and measure_dimensions.dimension = counted.dimension
