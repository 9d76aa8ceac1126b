/*
description: "One row a source, one of its accounts and a day that it has delivered. Sessions and accounts report every day, so a day without rows is missing; all others may be silent, so every day from the first to the last delivered one counts. A column that an input may lack is a source too, from the first row of a file that has it in any of its rows."
grain: [source, instance, date]
materialise: table
owner: data-engineering
columns:
  source: {unit: text, description: "sessions, leads, orders, posts, accounts, ads, content, costs, emails, messages, mentions, reviews, subscriptions, experiments or decisions; or a column of kpis.yml, as lead stages."}
  instance: {unit: text, description: "The platform and account, empty where the source has none."}
  date: {unit: date, description: A day that is delivered.}
*/
with

sessions as (
    select * from core.fct_sessions
),

conversions as (
    select * from core.int_conversions
),

post_snapshots as (
    select * from staging.stg_social__post_snapshots
),

post_days as (
    select * from staging.stg_social__post_days
),

posts as (
    select * from core.fct_posts
),

accounts_daily as (
    select * from core.fct_account_daily
),

reports as (
    select * from staging.stg_ads__reports
),

items as (
    select * from staging.stg_content__items
),

costs as (
    select * from core.int_costs_daily
),

emails as (
    select * from core.fct_emails
),

messages as (
    select * from staging.stg_social__messages
),

mentions as (
    select * from staging.stg_social__mentions
),

reviews as (
    select * from staging.stg_shop__reviews
),

subscriptions as (
    select * from staging.stg_billing__subscriptions
),

experiments as (
    select * from staging.stg_content__experiments
),

decisions as (
    select * from staging.stg_team__decisions
),

zone_days as (
    select * from config.zone_days
),

session_dates as (
    select
        session_date as date,
        bool_or(pageviews is not null and engaged_seconds is not null) as has_engagement,
        bool_or(is_returning is not null) as has_visitors,
        bool_or(has_consent is not null) as states_consent
    from sessions
    where session_date is not null and not coalesce(is_clock_suspect, false)
    group by session_date
),

-- A list that was taken on a day holds everything before that day.
lists as (
    select
        case when conversion_type = 'order' then 'orders' else 'leads' end as source,
        occurred_at as happened_at,
        captured_at,
        source_file
    from conversions
    union all
    select
        'content' as source,
        coalesce(published_at, briefed_at) as happened_at,
        captured_at,
        source_file
    from items
    union all
    select
        'emails' as source,
        sent_at as happened_at,
        captured_at,
        source_file
    from emails
    union all
    select
        'messages' as source,
        received_at as happened_at,
        captured_at,
        source_file
    from messages
    union all
    -- Mentions of which nobody says whose they are tell nothing about ours.
    select
        'mentions' as source,
        occurred_at as happened_at,
        captured_at,
        source_file
    from mentions
    where is_own is not null
    union all
    select
        'reviews' as source,
        reviewed_at as happened_at,
        captured_at,
        source_file
    from reviews
    union all
    select
        'subscriptions' as source,
        changed_at as happened_at,
        captured_at,
        source_file
    from subscriptions
    union all
    -- What is planned has not begun, and a plan is no sign of a delivery.
    select
        'experiments' as source,
        least(started_at, captured_at) as happened_at,
        captured_at,
        source_file
    from experiments
    union all
    select
        'decisions' as source,
        decided_at as happened_at,
        captured_at,
        source_file
    from decisions
),

list_dates as (
    select
        lists.source,
        lists.source_file,
        cast(lists.happened_at + interval 1 second * (
            case
                when lists.happened_at < happened_day.transition_at then happened_day.offset_before_seconds
                else happened_day.offset_after_seconds
            end
        ) as date) as happened_date,
        cast(lists.captured_at + interval 1 second * (
            case
                when lists.captured_at < captured_day.transition_at then captured_day.offset_before_seconds
                else captured_day.offset_after_seconds
            end
        ) as date) as captured_date
    from lists
    left join zone_days as happened_day on happened_day.utc_date = cast(lists.happened_at as date)
    left join zone_days as captured_day on captured_day.utc_date = cast(lists.captured_at as date)
    -- A wrong clock, as in core.fct_sessions, tells nothing about what was delivered, and must not open decades of days without anything.
    where
        lists.happened_at >= timestamp '2000-01-01'
        and coalesce(lists.happened_at <= lists.captured_at + interval 2 day, true)
),

-- An empty cell and a missing column look alike, so a column is there in every row of a file that fills it anywhere.
filled_columns as (
    select distinct 'leads' as source, source_file, 'lead kinds' as column_source
    from conversions
    where has_kind
    union all
    select distinct 'leads', source_file, 'lead stages'
    from conversions
    where conversion_type = 'lead' and (stage is not null or is_qualified or is_lost)
    union all
    select distinct 'leads', source_file, 'lead meetings'
    from conversions
    where meeting_at is not null
    union all
    select distinct 'leads', source_file, 'lead values'
    from conversions
    where conversion_type = 'lead' and value is not null
    union all
    select distinct 'orders', source_file, 'order customers'
    from conversions
    where is_first_order is not null
    union all
    select distinct 'orders', source_file, 'order referrals'
    from conversions
    where referred_by_customer_id is not null
    union all
    select distinct 'content', source_file, 'content publishing'
    from items
    where published_at is not null
    union all
    select distinct 'content', source_file, 'content reviews'
    from items
    where is_reviewed
    union all
    select distinct 'content', source_file, 'content creators'
    from items
    where creator is not null
    union all
    select distinct 'content', source_file, 'content originals'
    from items
    where derived_from_asset_id is not null
    union all
    select distinct 'messages', source_file, 'message answers'
    from messages
    where answered_at is not null
    union all
    select distinct 'messages', source_file, 'message replies'
    from messages
    where answered_at is not null or not is_inbound
    union all
    select distinct 'mentions', source_file, 'competitor mentions'
    from mentions
    where not is_own
    union all
    select distinct 'mentions', source_file, 'mention sentiments'
    from mentions
    where is_own and is_negative is not null
    union all
    select distinct 'reviews', source_file, 'review ratings'
    from reviews
    where rating is not null
    union all
    select distinct 'experiments', source_file, 'experiment starts'
    from experiments
    where started_at is not null
),

file_spans as (
    select
        source,
        source_file,
        min(happened_date) as first_date,
        max(happened_date) as last_date,
        max(captured_date) as captured_date
    from list_dates
    group by source, source_file
),

-- What is a list, and each column of it over the files that have it.
list_files as (
    select source, first_date, last_date, captured_date
    from file_spans
    union all
    select filled_columns.column_source as source, file_spans.first_date, file_spans.last_date, file_spans.captured_date
    from file_spans
    inner join filled_columns
        on
            filled_columns.source = file_spans.source
            and filled_columns.source_file is not distinct from file_spans.source_file
),

list_spans as (
    select
        source,
        '' as instance,
        min(first_date) as first_date,
        greatest(max(last_date), cast(max(captured_date) - interval 1 day as date)) as last_date
    from list_files
    group by source
),

post_ends as (
    select platform, coalesce(account, '') as account, as_of_date as date
    from post_snapshots
    union all
    select platform, coalesce(account, '') as account, date
    from post_days
    union all
    select platform, account, published_date as date
    from posts
),

told as (
    select 'posts' as source, concat(platform, ': ', account) as instance, date as first_date, date as last_date
    from post_ends
    where date is not null
    union
    select 'ads' as source, concat(platform, ': ', account_key) as instance, date_from as first_date, date_to as last_date
    from reports
    where date_from is not null and date_to is not null
    union
    select 'costs' as source, '' as instance, date as first_date, date as last_date
    from costs
),

-- No source rests for ten years: what lies further apart is a mistyped year, and opens no decades of days without anything.
parted as (
    select
        *,
        case
            when first_date <= max(last_date) over (
                partition by source, instance
                order by first_date, last_date
                rows between unbounded preceding and 1 preceding
            ) + interval 10 year then 0
            else 1
        end as is_apart
    from told
),

stretches as (
    select
        *,
        sum(is_apart) over (
            partition by source, instance
            order by first_date, last_date
        ) as stretch
    from parted
),

spans as (
    select source, instance, first_date, last_date
    from list_spans
    union all
    select source, instance, min(first_date) as first_date, max(last_date) as last_date
    from stretches
    group by source, instance, stretch
)

select
    source,
    instance,
    cast(unnest(generate_series(first_date, last_date, interval 1 day)) as date) as date
from spans
union all
select
    'sessions' as source,
    '' as instance,
    date
from session_dates
union all
select
    'session engagement' as source,
    '' as instance,
    date
from session_dates
where has_engagement
union all
select
    'session visitors' as source,
    '' as instance,
    date
from session_dates
where has_visitors
union all
select
    'session consent' as source,
    '' as instance,
    date
from session_dates
where states_consent
union all
select
    'accounts' as source,
    concat(platform, ': ', account) as instance,
    date
from accounts_daily
