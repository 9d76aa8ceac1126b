/*
description: "One row a conversion measure, day, dimension and member. Conversions are split among members by their credits under the attribution model of settings.yml, so members add up to the whole."
grain: [date, measure, dimension, member]
materialise: incremental
unit: [date]
day: date
restrict:
  core.dim_dates: [date]
  core.fct_conversions: >-
    conversion_date in (select date from units) or meeting_date in (select date from units)
  attribution.credits: >-
    conversion_date in (select date from units)
    or conversion_id in (
    select met.conversion_id from core.fct_conversions as met where met.meeting_date in (select date from units))
  attribution.unattributed: conversion_date in (select date from units)
changed:
  core.dim_dates: select date from changed
  attribution.unattributed: select conversion_date from changed
  core.fct_conversions: >-
    select conversion_date from changed
    union
    select meeting_date from changed where meeting_date is not null
  attribution.credits: >-
    select conversion_date from changed
    union
    select meeting_date from core.fct_conversions
    where meeting_date is not null and conversion_id in (select conversion_id from changed)
  core.int_content_labels: >-
    select conversion_date from attribution.credits
    where lower(content) in (select name from changed where distribution = 'assisted')
    union
    select met.meeting_date from core.fct_conversions as met
    inner join attribution.credits as credits on credits.conversion_id = met.conversion_id
    where met.meeting_date is not null and lower(credits.content) in (select name from changed where distribution = 'assisted')
owner: data-engineering
columns:
  date: {unit: date, description: "The local day of the conversions, for meetings that of the booking."}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: always, description: "The amount of the day, money in the reporting currency."}
  consented_value: {unit: number, sum: always, description: "The part of the value that comes from visitors who consented."}
  stated_value: {unit: number, sum: always, description: "The part of the value that comes from visitors of whom it is stated whether they consented."}
*/
with

conversions as (
    select * from core.fct_conversions
),

credits as (
    select * from attribution.credits
),

unattributed as (
    select * from attribution.unattributed
),

dates as (
    select date from core.dim_dates
),

settings as (
    select * from config.settings
),

labels as (
    select name, distribution from core.int_content_labels
),

measure_dimensions as (
    select * from config.measure_dimensions
),

credited as (
    select
        conversions.conversion_type,
        conversions.conversion_date,
        conversions.meeting_date,
        coalesce(conversions.is_qualified, false) as is_qualified,
        coalesce(conversions.is_lost, false) as is_lost,
        conversions.is_first_order,
        coalesce(conversions.is_referred, false) as is_referred,
        credits.channel,
        coalesce(credits.platform, '(none)') as platform,
        coalesce(credits.source, '(none)') as source,
        coalesce(credits.campaign, '(none)') as campaign,
        coalesce(credits.content, '(none)') as content,
        coalesce(unattributed.reason, '(none)') as reason,
        case when credits.has_consent then 'given' when not credits.has_consent then 'refused' else '(none)' end as consent,
        case when labels.distribution = 'assisted' then 'assisted' when credits.is_paid then 'paid' else 'organic' end as distribution,
        credits.is_social,
        credits.is_paid,
        credits.credit,
        credits.value_reporting,
        cast(conversions.margin_reporting * credits.credit as decimal(38, 13)) as margin_reporting
    from credits
    inner join settings on settings.attribution_model = credits.model
    inner join conversions on conversions.conversion_id = credits.conversion_id
    left join unattributed on unattributed.conversion_id = credits.conversion_id
    left join labels on labels.name = lower(credits.content)
),

-- A measure adds up the credit or the value of some of the rows.
rows_measured as (
    select conversion_date as date, 'leads' as measure, credit as amount, *
    from credited
    where conversion_type = 'lead'
    union all
    select conversion_date, 'leads_social', credit, *
    from credited
    where conversion_type = 'lead' and is_social
    union all
    select conversion_date, 'leads_paid_social', credit, *
    from credited
    where conversion_type = 'lead' and is_social and is_paid
    union all
    select conversion_date, 'leads_qualified', credit, *
    from credited
    where conversion_type = 'lead' and is_qualified
    union all
    select conversion_date, 'leads_unattributed', credit, *
    from credited
    where conversion_type = 'lead' and channel in ('Direct', 'Unattributed')
    union all
    select conversion_date, 'email_signups', credit, *
    from credited
    where conversion_type = 'email_signup'
    union all
    select conversion_date, 'webinar_registrations', credit, *
    from credited
    where conversion_type = 'webinar_registration'
    union all
    select meeting_date, 'booked_meetings', credit, *
    from credited
    where meeting_date is not null
    union all
    select conversion_date, 'conversions', credit, *
    from credited
    union all
    select conversion_date, 'conversions_social', credit, *
    from credited
    where is_social
    union all
    select conversion_date, 'conversions_organic_social', credit, *
    from credited
    where is_social and not is_paid
    union all
    select conversion_date, 'conversions_paid_social', credit, *
    from credited
    where is_social and is_paid
    union all
    select conversion_date, 'orders', credit, *
    from credited
    where conversion_type = 'order'
    union all
    select conversion_date, 'orders_social', credit, *
    from credited
    where conversion_type = 'order' and is_social
    union all
    select conversion_date, 'orders_paid_social', credit, *
    from credited
    where conversion_type = 'order' and is_social and is_paid
    union all
    select conversion_date, 'orders_of_customers', credit, *
    from credited
    where conversion_type = 'order' and is_first_order is not null
    union all
    select conversion_date, 'orders_repeated', credit, *
    from credited
    where conversion_type = 'order' and not is_first_order
    union all
    select conversion_date, 'new_customers', credit, *
    from credited
    where conversion_type = 'order' and is_first_order
    union all
    select conversion_date, 'referred_customers', credit, *
    from credited
    where conversion_type = 'order' and is_first_order and is_referred
    union all
    select conversion_date, 'revenue', value_reporting, *
    from credited
    where conversion_type = 'order'
    union all
    select conversion_date, 'revenue_social', value_reporting, *
    from credited
    where conversion_type = 'order' and is_social
    union all
    select conversion_date, 'revenue_paid_social', value_reporting, *
    from credited
    where conversion_type = 'order' and is_social and is_paid
    union all
    select conversion_date, 'margin_social', margin_reporting, *
    from credited
    where conversion_type = 'order' and is_social
    union all
    select conversion_date, 'pipeline_social', value_reporting, *
    from credited
    where conversion_type = 'lead' and is_social and not is_lost
),

-- Few rows are left when the finest combination is added up once; the dimensions are cut from it.
cells as (
    select
        date,
        measure,
        channel,
        platform,
        source,
        campaign,
        content,
        reason,
        consent,
        distribution,
        sum(amount) as amount,
        case when consent = 'given' then sum(amount) else 0 end as consented_amount,
        case when consent <> '(none)' then sum(amount) else 0 end as stated_amount
    from rows_measured
    where amount is not null
    group by date, measure, channel, platform, source, campaign, content, reason, consent, distribution
),

counted as (
    select
        date,
        measure,
        case
            when grouping(channel) = 0 then 'channel'
            when grouping(platform) = 0 then 'platform'
            when grouping(source) = 0 then 'source'
            when grouping(campaign) = 0 then 'campaign'
            when grouping(content) = 0 then 'content'
            when grouping(reason) = 0 then 'reason'
            when grouping(consent) = 0 then 'consent'
            when grouping(distribution) = 0 then 'distribution'
            else 'all'
        end as dimension,
        coalesce(channel, platform, source, campaign, content, reason, consent, distribution, 'all') as member,
        cast(sum(amount) as decimal(28, 9)) as value,
        cast(sum(consented_amount) as decimal(28, 9)) as consented_value,
        cast(sum(stated_amount) as decimal(28, 9)) as stated_value
    from cells
    group by grouping sets (
        (date, measure),
        (date, measure, channel),
        (date, measure, platform),
        (date, measure, source),
        (date, measure, campaign),
        (date, measure, content),
        (date, measure, reason),
        (date, measure, consent),
        (date, measure, distribution)
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
-- A conversion counts on its own day and its meeting on another: each run gives the rows of its days only.
inner join dates on dates.date = counted.date
