/*
description: One row a private message to or from an account, the newest delivery of each.
grain: [message_id]
materialise: table
owner: data-engineering
columns:
  message_id: {unit: id, description: The message's id.}
  platform: {unit: text, description: "The platform, in lower case."}
  account: {unit: text, description: "The account, empty where the file does not name it."}
  answer_minutes: {unit: number, sum: never, description: "Minutes from an inbound message to its first answer; NULL while it is not answered, or where the answer lies before it."}
  is_inbound: {unit: flag, description: Whether it came from outside; a message whose direction is not said did.}
  has_started_conversation: {unit: flag, description: Whether it opened a conversation; NULL where the source does not say.}
  received_date: {unit: date, description: Local day on which it arrived or was sent.}
  answered_date: {unit: date, description: Local day on which it was answered.}
  received_at: {unit: timestamp, description: When it arrived or was sent (UTC).}
  answered_at: {unit: timestamp, description: When it was answered (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
*/
with

messages as (
    select * from raw.messages
),

zone_days as (
    select * from config.zone_days
),

-- Of deliveries of one age the one that knows of an answer is the later one.
newest as (
    select *
    from messages
    where message_id is not null and received_at is not null
    qualify row_number() over (
        partition by message_id
        order by captured_at desc nulls last, answered_at nulls last, file_id desc, source_row desc
    ) = 1
)

select
    newest.message_id,
    lower(trim(newest.platform)) as platform,
    coalesce(trim(newest.account), '') as account,
    case
        when newest.answered_at >= newest.received_at
            then cast(round(
                (cast(epoch(newest.answered_at) as bigint) - cast(epoch(newest.received_at) as bigint)) / cast(60 as double), 6
            ) as decimal(18, 6))
    end as answer_minutes,
    coalesce(lower(trim(newest.direction)), 'in') not in (
        'out', 'outbound', 'outgoing', 'sent', 'ut', 'utgående', 'sendt', 'skickat', 'udgående', 'ausgehend', 'gesendet'
    ) as is_inbound,
    newest.started_conversation as has_started_conversation,
    cast(newest.received_at + interval 1 second * (
        case
            when newest.received_at < received_day.transition_at then received_day.offset_before_seconds
            else received_day.offset_after_seconds
        end
    ) as date) as received_date,
    cast(newest.answered_at + interval 1 second * (
        case
            when newest.answered_at < answered_day.transition_at then answered_day.offset_before_seconds
            else answered_day.offset_after_seconds
        end
    ) as date) as answered_date,
    newest.received_at,
    newest.answered_at,
    newest.captured_at,
    newest.source_file
from newest
left join zone_days as received_day on received_day.utc_date = cast(newest.received_at as date)
left join zone_days as answered_day on answered_day.utc_date = cast(newest.answered_at as date)
