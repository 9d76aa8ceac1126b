/*
description: "One row a measure of e-mail campaigns, day of sending, dimension and member. Both sides of a ratio are of the same campaigns: those that have both figures."
grain: [date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: The local day of sending.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: not_over_time, description: "The amount of the day; recipients count once a campaign."}
*/
with

emails as (
    select * from core.fct_emails
),

words as (
    select word from config.after_purchase_words
),

-- Which campaigns go to people who bought is known only where settings.yml has words for it.
labelled as (
    select
        sent_date,
        concat(tool, ': ', account) as account,
        coalesce(campaign, '(none)') as campaign,
        case
            when (select count(*) from words) = 0 then '(none)'
            when exists (
                select 1 from words
                where strpos(lower(concat(coalesce(emails.campaign, ''), ' ', coalesce(emails.audience, ''))), words.word) > 0
            ) then 'after_purchase'
            else 'other'
        end as recipients,
        delivered,
        clicks
    from emails
    where delivered is not null and clicks is not null
),

measure_dimensions as (
    select * from config.measure_dimensions
),

counted as (
    select
        sent_date as date,
        case
            when grouping(account) = 0 then 'account'
            when grouping(campaign) = 0 then 'campaign'
            when grouping(recipients) = 0 then 'recipients'
            else 'all'
        end as dimension,
        coalesce(account, campaign, recipients, 'all') as member,
        sum(delivered) as emails_delivered,
        sum(clicks) as email_clicks
    from labelled
    group by grouping sets (
        (sent_date),
        (sent_date, account),
        (sent_date, campaign),
        (sent_date, recipients)
    )
)

select
    date,
    measure,
    dimension,
    member,
    value
from (
    select
        counted.date,
        measure_dimensions.measure,
        counted.dimension,
        counted.member,
        cast(case measure_dimensions.measure
            when 'emails_delivered' then counted.emails_delivered
            when 'email_clicks' then counted.email_clicks
        end as decimal(28, 9)) as value
    from counted
    inner join measure_dimensions on measure_dimensions.dimension = counted.dimension
    where measure_dimensions.measure in (
        'emails_delivered',
        'email_clicks'
    )
) as measured
where value is not null
