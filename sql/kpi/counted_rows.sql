/*
description: >-
  One row a record of an input that has no fact of its own and a measure of kpis.yml that it adds to: messages, mentions, reviews, content items, costs (a row a
  line and day), experiments and decisions. The KPIs add these rows up; hourglass explain follows them to their files.
grain: [source, row_id, date, measure]
materialise: table
owner: data-engineering
columns:
  source: {unit: text, description: "messages, mentions, reviews, content, costs, experiments or decisions."}
  row_id: {unit: id, description: "The record's own id; of a cost its kind, channel and currency, of an experiment with its variant."}
  date: {unit: date, description: The local day that it counts on.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  platform: {unit: text, description: "The platform, (none) where it has none."}
  account: {unit: text, description: "Platform and account, (none) where it has none."}
  series: {unit: text, description: "The content item's series, (none) where it has none."}
  format: {unit: text, description: "The content item's format, (none) where it has none."}
  review_source: {unit: text, description: "Where the review was left, (none) for what is no review."}
  owner: {unit: text, description: "Who decided, (none) for what is no decision."}
  rule: {unit: text, description: "The rule that the decision names, (none) where it names none."}
  currency: {unit: currency, description: "Currency that a cost came in, NULL for what is no money."}
  amount: {unit: number, sum: never, description: "What it adds to the measure, money in the reporting currency."}
  source_file: {unit: text, description: The file under the inbox.}
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

items as (
    select * from staging.stg_content__items
),

costs as (
    select * from core.int_costs_daily
),

experiments as (
    select * from staging.stg_content__experiments
),

decisions as (
    select * from staging.stg_team__decisions
),

ads_daily as (
    select * from core.fct_ads_daily
),

settings as (
    select * from config.settings
),

-- A cost names a channel or a platform.
social_channels as (
    select channel from config.social_cost_channels
    union
    select platform as channel from config.social_ad_platforms
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
    select message_id, received_date as date, platform, account_name, source_file
    from labelled_messages
    where not is_inbound and not coalesce(has_started_conversation, false)
    union all
    select message_id, answered_date as date, platform, account_name, source_file
    from inbound
    where answered_date is not null and not has_outbound
),

cost_lines as (
    select
        costs.*,
        concat_ws(', ', costs.kind, costs.channel, costs.currency) as cost_line,
        costs.channel is null or social_channels.channel is not null as is_social
    from costs
    left join social_channels on social_channels.channel = lower(costs.channel)
),

-- An experiment names no platform: the item with its utm_content does, else the ads or the campaign it runs on.
named_platforms as (
    select lower(utm_content) as name, 1 as evidence, platform
    from items
    where utm_content is not null and platform is not null
    union all
    select lower(ad) as name, 2 as evidence, platform
    from ads_daily
    where ad is not null
    union all
    select lower(campaign) as name, 3 as evidence, platform
    from ads_daily
    where campaign is not null
),

-- A name that stands for several platforms tells none.
platforms as (
    select name, evidence, min(platform) as platform
    from named_platforms
    group by name, evidence
    having count(distinct platform) = 1
),

-- What begins after the delivery is a plan. A test of which no kind is said is taken for one of creatives, as most are.
started as (
    select
        experiments.experiment_id,
        experiments.variant,
        experiments.source_file,
        experiments.started_date as date,
        coalesce(by_content.platform, by_ad_name.platform, by_ad.platform, by_campaign.platform, '(none)') as platform
    from experiments
    left join platforms as by_content
        on by_content.evidence = 1 and by_content.name = lower(experiments.utm_content)
    left join platforms as by_ad_name
        on by_ad_name.evidence = 2 and by_ad_name.name = lower(experiments.utm_content)
    left join platforms as by_ad
        on by_ad.evidence = 2 and by_ad.name = lower(experiments.ad)
    left join platforms as by_campaign
        on by_campaign.evidence = 3 and by_campaign.name = lower(experiments.campaign)
    where
        coalesce(experiments.kind, 'creative') = 'creative'
        and experiments.started_at is not null
        and (experiments.captured_at is null or experiments.started_at <= experiments.captured_at)
),

-- Long on purpose: each row says what it adds to which measure.
amounts as (
    select
        'messages' as source, message_id as row_id, received_date as date, 'inbound_messages' as measure, platform as platform,
        account_name as account, '(none)' as series, '(none)' as format, '(none)' as review_source, '(none)' as owner, '(none)' as rule,
        cast(null as varchar) as currency, cast(1 as decimal(28, 9)) as amount, source_file
    from inbound
    union all
    select
        'messages', message_id, received_date, 'messages_due', platform, account_name, '(none)', '(none)', '(none)', '(none)', '(none)',
        cast(null as varchar), 1, source_file
    from inbound
    where is_due
    union all
    select
        'messages', message_id, received_date, 'messages_answered_in_time', platform, account_name, '(none)', '(none)', '(none)',
        '(none)', '(none)', cast(null as varchar), 1, source_file
    from inbound
    where is_in_time
    union all
    select
        'messages', message_id, received_date, 'messages_unanswered', platform, account_name, '(none)', '(none)', '(none)', '(none)',
        '(none)', cast(null as varchar), 1, source_file
    from inbound
    where answered_at is null
    union all
    select
        'messages', message_id, received_date, 'conversations_started', platform, account_name, '(none)', '(none)', '(none)', '(none)',
        '(none)', cast(null as varchar), case when has_started_conversation then 1 else 0 end, source_file
    from inbound
    where has_started_conversation is not null
    union all
    select
        'messages', message_id, date, 'outbound_replies', platform, account_name, '(none)', '(none)', '(none)', '(none)', '(none)',
        cast(null as varchar), 1, source_file
    from replies
    union all
    select
        'mentions', mention_id, occurred_date, 'mentions_own', platform, '(none)', '(none)', '(none)', '(none)', '(none)', '(none)',
        cast(null as varchar), 1, source_file
    from mentions
    where is_own
    union all
    select
        'mentions', mention_id, occurred_date, 'mentions_of_all', platform, '(none)', '(none)', '(none)', '(none)', '(none)', '(none)',
        cast(null as varchar), 1, source_file
    from mentions
    where is_own is not null
    union all
    select
        'mentions', mention_id, occurred_date, 'comments_with_sentiment', platform, '(none)', '(none)', '(none)', '(none)', '(none)',
        '(none)', cast(null as varchar), 1, source_file
    from mentions
    where is_own and is_negative is not null
    union all
    select
        'mentions', mention_id, occurred_date, 'comments_negative', platform, '(none)', '(none)', '(none)', '(none)', '(none)', '(none)',
        cast(null as varchar), 1, source_file
    from mentions
    where is_own and is_negative
    union all
    select
        'reviews', review_id, reviewed_date, 'reviews', '(none)', '(none)', '(none)', '(none)', source, '(none)', '(none)',
        cast(null as varchar), 1, source_file
    from reviews
    union all
    select
        'reviews', review_id, reviewed_date, 'reviews_rated', '(none)', '(none)', '(none)', '(none)', source, '(none)', '(none)',
        cast(null as varchar), 1, source_file
    from reviews
    where rating is not null
    union all
    select
        'reviews', review_id, reviewed_date, 'ratings', '(none)', '(none)', '(none)', '(none)', source, '(none)', '(none)',
        cast(null as varchar), rating, source_file
    from reviews
    where rating is not null
    union all
    select
        'content', asset_id, published_date, 'assets_published', coalesce(platform, '(none)'), '(none)', coalesce(series, '(none)'),
        coalesce(format, '(none)'), '(none)', '(none)', '(none)', cast(null as varchar), 1, source_file
    from items
    where published_date is not null
    union all
    select
        'content', asset_id, published_date, case when derived_from_asset_id is null then 'assets_original' else 'assets_derived' end,
        coalesce(platform, '(none)'), '(none)', coalesce(series, '(none)'), coalesce(format, '(none)'), '(none)', '(none)', '(none)',
        cast(null as varchar), 1, source_file
    from items
    where published_date is not null
    union all
    select
        'content', asset_id, published_date, 'creator_collaborations', coalesce(platform, '(none)'), '(none)', coalesce(series, '(none)'),
        coalesce(format, '(none)'), '(none)', '(none)', '(none)', cast(null as varchar), 1, source_file
    from items
    where published_date is not null and creator is not null
    union all
    select
        'content', asset_id, review_date, 'assets_reviewed', coalesce(platform, '(none)'), '(none)', coalesce(series, '(none)'),
        coalesce(format, '(none)'), '(none)', '(none)', '(none)', cast(null as varchar), 1, source_file
    from items
    where review_date is not null and is_reviewed
    union all
    select
        'content', asset_id, review_date, 'assets_passed', coalesce(platform, '(none)'), '(none)', coalesce(series, '(none)'),
        coalesce(format, '(none)'), '(none)', '(none)', '(none)', cast(null as varchar), 1, source_file
    from items
    where review_date is not null and has_passed_review
    union all
    select
        'content', asset_id, review_date, 'policy_flags', coalesce(platform, '(none)'), '(none)', coalesce(series, '(none)'),
        coalesce(format, '(none)'), '(none)', '(none)', '(none)', cast(null as varchar), policy_flags, source_file
    from items
    where review_date is not null and policy_flags is not null
    union all
    select
        'costs', cost_line, date, 'other_costs', '(none)', '(none)', '(none)', '(none)', '(none)', '(none)', '(none)', currency,
        amount_reporting, source_file
    from cost_lines
    where amount_reporting is not null
    union all
    select
        'costs', cost_line, date, 'social_costs', '(none)', '(none)', '(none)', '(none)', '(none)', '(none)', '(none)', currency,
        amount_reporting, source_file
    from cost_lines
    where amount_reporting is not null and is_social
    union all
    select
        'experiments', concat(experiment_id, ': ', variant), date, 'creative_tests_started', platform, '(none)', '(none)', '(none)',
        '(none)', '(none)', '(none)', cast(null as varchar), 1, source_file
    from started
    union all
    select
        'decisions', decision_id, decided_date, 'decisions_logged', '(none)', '(none)', '(none)', '(none)', '(none)',
        coalesce(owner, '(none)'), coalesce(rule, '(none)'), cast(null as varchar), 1, source_file
    from decisions
)

select * from amounts
