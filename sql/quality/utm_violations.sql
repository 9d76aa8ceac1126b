/*
description: "One row a day, link and fault: sessions whose tags do not keep the UTM standard, the mended link and who mends it. Click ids are left out of the link, or no two sessions would share one."
grain: [session_date, channel, platform, source, medium, campaign, landing_url, reason]
materialise: incremental
unit: [session_date]
day: session_date
restrict:
  core.fct_sessions: [session_date]
  core.fct_ads_daily: date in (select session_date from units)
changed:
  core.fct_sessions: select session_date from changed
  core.fct_ads_daily: select date from changed
owner: marketing
columns:
  session_date: {unit: date, description: Local day of the sessions.}
  channel: {unit: text, description: Their channel.}
  source: {unit: text, description: "utm_source as tagged; empty where it is not."}
  medium: {unit: text, description: "utm_medium as tagged; empty where it is not."}
  campaign: {unit: text, description: "utm_campaign as tagged; empty where it is not."}
  landing_url: {unit: url, description: "The link as it was followed, without click ids."}
  reason: {unit: text, description: "What is wrong, faults parted by a comma and a blank."}
  suggested_url: {unit: url, description: "The link as the standard would have it; a missing campaign is named after the page. NULL where the source can't be told."}
  owner: {unit: text, description: "Who mends it, by config/utm_standard.yml."}
  sessions: {unit: count, sum: always, description: Sessions of that day with this link and fault.}
  spend_at_risk: {unit: money, sum: always, description: "The day's spend on ads of that campaign, in proportion to its sessions; NULL where none is known."}
  currency: {unit: currency, description: "The reporting currency; NULL without spend."}
  platform: {unit: text, description: "The platform they came from; empty where none is known."}
  utm_status: {unit: text, description: "repaired, incomplete, invalid or missing."}
*/
with

sessions as (
    select * from core.fct_sessions
),

ads as (
    select * from core.fct_ads_daily
),

settings as (
    select * from config.settings
),

click_ids as (
    select string_split(string_agg(name, ' ' order by place), ' ') as known_names from config.click_ids
),

allowed_values as (
    select * from config.utm_values
),

channel_mediums as (
    select * from config.utm_channel_mediums
),

owners as (
    select * from core.int_link_owners
),

links as (
    select
        session_date,
        channel,
        coalesce(platform, '') as platform,
        coalesce(utm_source, '') as source,
        coalesce(utm_medium, '') as medium,
        coalesce(utm_campaign, '') as campaign,
        landing_url,
        utm_status,
        coalesce(utm_reason, '') as reason,
        min(source) as own_source,
        min(medium) as own_medium,
        -- What a platform never filled in is no value to carry over.
        min(case when not regexp_matches(campaign, '[{}]|__') then campaign end) as own_campaign,
        min(case when not regexp_matches(content, '[{}]|__') then content end) as own_content,
        min(case when not regexp_matches(term, '[{}]|__') then term end) as own_term,
        min(utm_id) as own_id,
        min(landing_path) as landing_path,
        count(*) as sessions
    from sessions
    where utm_status in ('repaired', 'incomplete', 'invalid', 'missing')
    group by all
),

-- The pairs of the query that are neither tags nor click ids stay as they are.
parted as (
    select
        links.*,
        split_part(split_part(links.landing_url, '#', 1), '?', 1) as page,
        list_filter(
            string_split(
                case
                    when contains(split_part(links.landing_url, '#', 1), '?')
                        then substr(split_part(links.landing_url, '#', 1), strpos(links.landing_url, '?') + 1)
                    else ''
                end,
                '&'
            ),
            lambda pair: pair <> '' and not list_contains(click_ids.known_names, lower(split_part(pair, '=', 1)))
        ) as pairs,
        case when contains(links.landing_url, '#') then substr(links.landing_url, strpos(links.landing_url, '#')) else '' end
            as fragment
    from links
    cross join click_ids
),

grouped as (
    select
        session_date,
        channel,
        platform,
        source,
        medium,
        campaign,
        page
        || case when array_to_string(pairs, '&') = '' then '' else '?' || array_to_string(pairs, '&') end
        || fragment as landing_url,
        utm_status,
        reason,
        min(page) as page,
        min(
            array_to_string(
                list_filter(
                    list_transform(
                        pairs,
                        lambda pair: regexp_replace(
                            regexp_replace(pair, '(?i)^amp;', '', 'g'), '(?i)[;?][ ]*utm_.*$', '', 'g'
                        )
                    ),
                    lambda pair: pair <> '' and not regexp_matches(pair, '(?i)^[ ]*utm(?:_|%5f)')
                ),
                '&'
            )
        ) as kept_query,
        min(own_source) as own_source,
        min(own_medium) as own_medium,
        min(own_campaign) as own_campaign,
        min(own_content) as own_content,
        min(own_term) as own_term,
        min(own_id) as own_id,
        min(landing_path) as landing_path,
        cast(sum(sessions) as bigint) as sessions
    from parted
    group by all
),

-- ---- what to write instead --------------------------------------------------------------------------------------------------------------
-- A value that no alias explains is taken for the one allowed value that is at most two letters away; two as near as each other: none.

misspelt as (
    select 'utm_source' as utm_key, own_source as written from grouped where own_source is not null
    union
    select 'utm_medium' as utm_key, own_medium as written from grouped where own_medium is not null
),

distances as (
    select
        misspelt.utm_key,
        misspelt.written,
        allowed_values.value,
        min(levenshtein(misspelt.written, allowed_values.folded)) as letters_away
    from misspelt
    inner join allowed_values on allowed_values.utm_key = misspelt.utm_key
    where length(allowed_values.folded) >= 4 and length(misspelt.written) between 4 and 40
    group by misspelt.utm_key, misspelt.written, allowed_values.value
),

nearest as (
    select
        utm_key,
        written,
        min(value) as value
    from (
        select
            *,
            rank() over (partition by utm_key, written order by letters_away) as nearness
        from distances
        where letters_away <= 2
    ) as ranked
    where nearness = 1
    group by utm_key, written
    having count(*) = 1
),

allowed as (
    select distinct utm_key, value from allowed_values
),

mended as (
    select
        grouped.*,
        coalesce(allowed_source.value, near_source.value, allowed_platform.value) as mended_source,
        coalesce(allowed_medium.value, near_medium.value, channel_mediums.medium) as mended_medium,
        coalesce(
            nullif(
                regexp_replace(
                    substr(
                        trim(
                            regexp_replace(
                                replace(translate(lower(grouped.own_campaign), 'åäöøéü', 'aaooeu'), 'æ', 'ae'),
                                '[^a-z0-9]+', '_', 'g'
                            ),
                            '_'
                        ),
                        1, 100
                    ),
                    '_+$', '', 'g'
                ),
                ''
            ),
            nullif(
                substr(trim(regexp_replace(lower(grouped.landing_path), '[^a-z0-9]+', '_', 'g'), '_'), 1, 40), ''
            ),
            'home'
        ) as mended_campaign
    from grouped
    left join allowed as allowed_source
        on allowed_source.utm_key = 'utm_source' and allowed_source.value = grouped.own_source
    left join nearest as near_source
        on near_source.utm_key = 'utm_source' and near_source.written = grouped.own_source
    left join allowed as allowed_platform
        on allowed_platform.utm_key = 'utm_source' and allowed_platform.value = grouped.platform
    left join allowed as allowed_medium
        on allowed_medium.utm_key = 'utm_medium' and allowed_medium.value = grouped.own_medium
    left join nearest as near_medium
        on near_medium.utm_key = 'utm_medium' and near_medium.written = grouped.own_medium
    left join channel_mediums on channel_mediums.channel = grouped.channel
),

-- ---- money: the day's spend on ads of the campaign, by the share of its sessions ----------------------------------------------------------

campaign_spend as (
    select
        date,
        lower(campaign) as campaign,
        sum(spend_reporting) as spend
    from ads
    where campaign is not null
    group by date, lower(campaign)
),

campaign_sessions as (
    select
        session_date,
        campaign,
        count(*) as sessions
    from sessions
    where campaign is not null and is_paid
    group by session_date, campaign
)

select
    mended.session_date,
    mended.channel,
    mended.source,
    mended.medium,
    mended.campaign,
    mended.landing_url,
    mended.reason,
    case
        when mended.mended_source is not null and mended.mended_medium is not null
            then mended.page || '?'
                || case when mended.kept_query = '' then '' else mended.kept_query || '&' end
                || 'utm_source=' || mended.mended_source
                || '&utm_medium=' || mended.mended_medium
                || '&utm_campaign=' || mended.mended_campaign
                || coalesce('&utm_content=' || url_encode(mended.own_content), '')
                || coalesce('&utm_term=' || url_encode(mended.own_term), '')
                || coalesce('&utm_id=' || url_encode(mended.own_id), '')
    end as suggested_url,
    owners.owner,
    mended.sessions,
    cast(
        round(campaign_spend.spend * mended.sessions / nullif(campaign_sessions.sessions, 0), 4) as decimal(18, 4)
    ) as spend_at_risk,
    case when campaign_spend.spend is not null and campaign_sessions.sessions is not null then settings.currency end as currency,
    mended.platform,
    mended.utm_status
from mended
cross join settings
left join owners on owners.channel = mended.channel and owners.platform = mended.platform
left join campaign_spend
    on campaign_spend.date = mended.session_date and campaign_spend.campaign = mended.own_campaign
left join campaign_sessions
    on campaign_sessions.session_date = mended.session_date and campaign_sessions.campaign = mended.own_campaign
