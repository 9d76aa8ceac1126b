/*
description: One row a public mention of a brand, ours or a competitor's, the newest delivery of each.
grain: [mention_id]
materialise: table
owner: data-engineering
columns:
  mention_id: {unit: id, description: The mention's id.}
  platform: {unit: text, description: "The platform, in lower case."}
  brand: {unit: text, description: The brand that is mentioned.}
  sentiment: {unit: text, description: "The sentiment as the source judged it, in lower case; NULL where it did not (mentions.unrated in settings.yml)."}
  is_own: {unit: flag, description: "Whether it is our own brand: as the source says, else by mentions.own_brands in settings.yml; NULL where neither tells."}
  is_negative: {unit: flag, description: "Whether the source judged it negative (mentions.negative in settings.yml, or a number below 0); NULL without a sentiment."}
  occurred_date: {unit: date, description: Local day of the mention.}
  occurred_at: {unit: timestamp, description: When it was made (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
*/
with

mentions as (
    select * from raw.mentions
),

own_brands as (
    select * from config.own_brands
),

negative_sentiments as (
    select * from config.negative_sentiments
),

unrated_sentiments as (
    select * from config.unrated_sentiments
),

zone_days as (
    select * from config.zone_days
),

newest as (
    select
        *,
        lower(trim(sentiment)) as given_sentiment
    from mentions
    where mention_id is not null and occurred_at is not null
    qualify row_number() over (
        partition by mention_id
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
),

-- With a list of own brands every brand is ours or not; without it only the source can tell.
listed as (
    select count(*) > 0 as has_own_brands
    from own_brands
)

select
    newest.mention_id,
    lower(trim(newest.platform)) as platform,
    trim(newest.brand) as brand,
    case when unrated_sentiments.sentiment is null and newest.given_sentiment <> '' then newest.given_sentiment end as sentiment,
    coalesce(newest.is_own, case when listed.has_own_brands then own_brands.brand is not null end) as is_own,
    case
        when unrated_sentiments.sentiment is null and newest.given_sentiment <> ''
            then negative_sentiments.sentiment is not null
                or coalesce(try_cast(newest.given_sentiment as decimal(18, 6)) < 0, false)
    end as is_negative,
    cast(newest.occurred_at + interval 1 second * (
        case
            when newest.occurred_at < occurred_day.transition_at then occurred_day.offset_before_seconds
            else occurred_day.offset_after_seconds
        end
    ) as date) as occurred_date,
    newest.occurred_at,
    newest.captured_at,
    newest.source_file
from newest
cross join listed
left join own_brands on own_brands.brand = lower(trim(newest.brand))
left join negative_sentiments on negative_sentiments.sentiment = newest.given_sentiment
left join unrated_sentiments on unrated_sentiments.sentiment = newest.given_sentiment
left join zone_days as occurred_day on occurred_day.utc_date = cast(newest.occurred_at as date)
