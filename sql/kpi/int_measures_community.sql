/*
description: "One row a measure of messages, mentions and reviews, day, dimension and member."
grain: [date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: always, description: "The amount of the day."}
*/
with

messages as (
    select * from staging.stg_social__messages
),

mentions as (
    select * from staging.stg_social__mentions
),

reviews as (
    select * from staging.stg_shop__reviews
),

measure_dimensions as (
    select * from config.measure_dimensions
),

settings as (
    select * from config.settings
),

labelled_messages as (
    select
        messages.*,
        concat(messages.platform, ': ', messages.account) as account_name,
        -- A message that came too shortly before the delivery may still be answered in time.
        messages.answered_at is not null
        or messages.captured_at is null
        or messages.received_at + interval 1 minute * settings.answer_within_minutes <= messages.captured_at as is_due,
        coalesce(messages.answer_minutes <= settings.answer_within_minutes, false) as is_in_time,
        bool_or(not messages.is_inbound) over (partition by messages.platform, messages.account) as has_outbound
    from messages
    cross join settings
),

inbound as (
    select *
    from labelled_messages
    where is_inbound
),

-- An account that delivers what it sends counts that; one that delivers only what it receives tells its answers there.
replies as (
    select received_date as date, platform, account_name
    from labelled_messages
    where not is_inbound and not coalesce(has_started_conversation, false)
    union all
    select answered_date as date, platform, account_name
    from inbound
    where answered_date is not null and not has_outbound
),

-- Long on purpose: each row says what it adds to which measure.
amounts as (
    select received_date as date, 'inbound_messages' as measure, platform, account_name as account, '(none)' as source, cast(1 as decimal(28, 9)) as amount
    from inbound
    union all
    select received_date, 'messages_due', platform, account_name, '(none)', 1
    from inbound
    where is_due
    union all
    select received_date, 'messages_answered_in_time', platform, account_name, '(none)', 1
    from inbound
    where is_in_time
    union all
    select received_date, 'messages_unanswered', platform, account_name, '(none)', 1
    from inbound
    where answered_at is null
    union all
    select received_date, 'conversations_started', platform, account_name, '(none)', case when has_started_conversation then 1 else 0 end
    from inbound
    where has_started_conversation is not null
    union all
    select date, 'outbound_replies', platform, account_name, '(none)', 1
    from replies
    union all
    select occurred_date, 'mentions_own', platform, '(none)', '(none)', 1
    from mentions
    where is_own
    union all
    select occurred_date, 'mentions_of_all', platform, '(none)', '(none)', 1
    from mentions
    where is_own is not null
    union all
    select occurred_date, 'comments_with_sentiment', platform, '(none)', '(none)', 1
    from mentions
    where is_own and is_negative is not null
    union all
    select occurred_date, 'comments_negative', platform, '(none)', '(none)', 1
    from mentions
    where is_own and is_negative
    union all
    select reviewed_date, 'reviews', '(none)', '(none)', source, 1
    from reviews
    union all
    select reviewed_date, 'reviews_rated', '(none)', '(none)', source, 1
    from reviews
    where rating is not null
    union all
    select reviewed_date, 'ratings', '(none)', '(none)', source, rating
    from reviews
    where rating is not null
),

counted as (
    select
        date,
        measure,
        case
            when grouping(platform) = 0 then 'platform'
            when grouping(account) = 0 then 'account'
            when grouping(source) = 0 then 'source'
            else 'all'
        end as dimension,
        coalesce(platform, account, source, 'all') as member,
        cast(sum(amount) as decimal(28, 9)) as value
    from amounts
    group by grouping sets (
        (date, measure),
        (date, measure, platform),
        (date, measure, account),
        (date, measure, source)
    )
)

select
    counted.date,
    counted.measure,
    counted.dimension,
    counted.member,
    counted.value
from counted
inner join measure_dimensions
    on
        measure_dimensions.measure = counted.measure
        and measure_dimensions.dimension = counted.dimension
