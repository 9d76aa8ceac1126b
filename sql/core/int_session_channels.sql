/*
description: "One row a session, its newest delivery: what its tags, click id, referrer and browser mean, which channel that makes, and whether the tags keep the UTM standard. Rules are in config/channels.yml, config/utm_standard.yml and config/sources.csv."
grain: [session_id]
materialise: view
owner: data-engineering
columns:
  session_id: {unit: id, description: "The session's id as delivered."}
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  landing_url: {unit: url, description: "The first page's whole address as delivered."}
  landing_host: {unit: text, description: "The landing page's host, in lower case."}
  landing_path: {unit: text, description: "The landing page's path."}
  referrer_host: {unit: text, description: "The referring page's host, in lower case; NULL without a referrer."}
  utm_source: {unit: text, description: "As tagged: the strict value of the link (WHATWG URL), else what the tracking delivered."}
  utm_medium: {unit: text, description: "As tagged: the strict value of the link (WHATWG URL), else what the tracking delivered."}
  utm_campaign: {unit: text, description: "As tagged: the strict value of the link (WHATWG URL), else what the tracking delivered."}
  utm_content: {unit: text, description: "As tagged: the strict value of the link (WHATWG URL), else what the tracking delivered."}
  utm_term: {unit: text, description: "As tagged: the strict value of the link (WHATWG URL), else what the tracking delivered."}
  utm_id: {unit: text, description: "As tagged: the strict value of the link (WHATWG URL), else what the tracking delivered."}
  click_id_name: {unit: text, description: "The click id on the link (gclid, fbclid, …), in lower case; the first in config/channels.yml where there are several."}
  channel_ga4: {unit: text, description: "Google's default channel group, by the strict values alone."}
  channel: {unit: text, description: "Our channel: tags as mended, click ids, referrer and in-app browser."}
  platform: {unit: text, description: "The social or video platform it came from, under its one name (facebook, youtube); NULL where it came from none."}
  ai_source: {unit: text, description: "The AI assistant it came from."}
  is_social: {unit: flag, description: "Whether anything shows that it came from social media: tag, click id, referrer or in-app browser. Never for bots."}
  is_paid: {unit: flag, description: "Whether the channel is a paid one."}
  utm_status: {unit: text, description: "compliant, repaired, incomplete, invalid, missing or not_required, by the UTM standard."}
  utm_reason: {unit: text, description: "What is wrong with the tags, faults parted by a comma and a blank; NULL where nothing is."}
  pageviews: {unit: count, sum: always, description: "Pages seen."}
  engaged_seconds: {unit: seconds, sum: always, description: "Time engaged."}
  source_file: {unit: text, description: "The file under the inbox that holds the newest delivery."}
  source: {unit: text, description: "The source as mended and under its one name in the UTM standard, else in lower case as tagged; NULL where it is not tagged."}
  medium: {unit: text, description: "The medium as mended and under its one name in the UTM standard, else in lower case as tagged; NULL where it is not tagged."}
  campaign: {unit: text, description: "The campaign as mended, in lower case; NULL where it is not tagged."}
  content: {unit: text, description: "utm_content as mended; NULL where it is not tagged."}
  term: {unit: text, description: "utm_term as mended; NULL where it is not tagged."}
  origin: {unit: text, description: "The site or app it came from, of any kind, under its one name (facebook, google, chatgpt, newsletter); NULL where none is known."}
  referrer_source: {unit: text, description: "The referring site under its one name, where config/sources.csv knows it."}
  referrer_kind: {unit: text, description: "Kind of the referring site: as in config/sources.csv, unknown, internal (own site) or none."}
  app_source: {unit: text, description: "The app whose built-in browser it is."}
  device: {unit: text, description: "The kind of device."}
  country: {unit: text, description: "Country code."}
  consent: {unit: text, description: "The visitor's consent as delivered."}
  is_bot: {unit: flag, description: "Whether the user agent is that of a program."}
  started_at: {unit: timestamp, description: "When the session began (UTC)."}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
*/
with

sessions as (
    select * from core.int_session_tags
),

meanings as not materialized (
    select * from core.int_value_meanings
),

clicks as (
    select * from core.int_click_meanings
),

browsers as (
    select * from core.int_browsers
),

platforms as (
    select * from config.utm_platforms
),

conditions as (
    select * from config.channel_conditions
),

free_bits as (
    select * from config.channel_free
),

must_be_tagged as (
    select distinct channel, platform is null as is_everywhere from config.utm_must_be_tagged
),

-- What the lowest bit that is left means, as lists by the bit's place: the last word on it is one look-up a session.
rules as (
    select
        string_split(string_agg(coalesce(channel_bits.ga4_channel, ''), '|' order by channel_bits.bit), '|') as ga4_channels,
        string_split(string_agg(coalesce(channel_bits.own_channel, ''), '|' order by channel_bits.bit), '|') as own_channels,
        string_split(
            string_agg(case when channel_roles.ownership = 'paid' then 'yes' else 'no' end, '|' order by channel_bits.bit), '|'
        ) as are_paid,
        string_split(
            string_agg(
                case
                    when must_be_tagged.is_everywhere then 'everywhere'
                    when must_be_tagged.channel is not null then 'on_platforms'
                    else 'no'
                end,
                '|' order by channel_bits.bit
            ),
            '|'
        ) as are_required
    from config.channel_bits
    left join config.channel_roles
        on channel_roles.channel = channel_bits.own_channel and channel_roles.platform is null
    left join must_be_tagged on must_be_tagged.channel = channel_bits.own_channel
),

-- ---- what absent evidence stands for ------------------------------------------------------------------------------------------------

absent as (
    select
        bit_or(case when dimension = 'medium' and given = '(none)' then own_bits else 0 end) as own_none,
        bit_or(case when dimension = 'medium' and given = '(not set)' then own_bits else 0 end) as own_not_set,
        bit_or(case when dimension = 'medium' and given = 'organic' then own_bits else 0 end) as own_organic,
        bit_or(case when dimension = 'medium' and given = 'ai-assistant' then own_bits else 0 end) as own_ai,
        bit_or(case when dimension = 'medium' and given = 'referral' then own_bits else 0 end) as own_referral,
        bit_or(case when dimension = 'source' and given = '(direct)' then ga4_bits else 0 end)
        & bit_or(case when dimension = 'medium' and given = '(none)' then ga4_bits else 0 end)
        & bit_or(case when dimension = 'campaign' and given = '(not set)' then ga4_bits else 0 end) as ga4_direct
    from meanings
    where recovered = ''
),

no_evidence as (
    select
        bit_or(case when free_bits.dimension = 'click' then free_bits.own_bits | coalesce(conditions.own_bits, 0) else 0 end)
            as no_click,
        bit_or(case when free_bits.dimension = 'referrer' then free_bits.own_bits | coalesce(conditions.own_bits, 0) else 0 end)
            as no_referrer,
        bit_or(case when free_bits.dimension = 'app' then free_bits.own_bits | coalesce(conditions.own_bits, 0) else 0 end)
            as no_app
    from free_bits
    left join conditions on conditions.dimension = free_bits.dimension and conditions.feature = 'kind:none'
),

referrers as (
    select
        meanings.given as page,
        meanings.own_name as host,
        case when starts_with(meanings.own_name, 'www.') then substr(meanings.own_name, 5) else meanings.own_name end as bare_host,
        meanings.platform,
        meanings.own_kind as kind,
        meanings.own_bits,
        meanings.source_bits,
        case meanings.own_kind when 'search' then absent.own_organic when 'ai' then absent.own_ai else absent.own_referral end
            as medium_bits,
        meanings.ga4_bits,
        meanings.own_kind = 'payment' as is_payment,
        meanings.own_kind = 'social' or platforms.platform is not null as is_social,
        platforms.platform is not null as is_required_platform
    from meanings
    cross join absent
    left join platforms on platforms.platform = meanings.platform
    where meanings.dimension = 'referrer'
),

-- ---- one row a session ----------------------------------------------------------------------------------------------------------------

gathered as (
    select
        sessions.*,
        referrers.host as referrer_host,
        referrers.platform as referrer_source,
        referrers.own_bits as referrer_own_bits,
        referrers.source_bits as referrer_source_bits,
        referrers.medium_bits as referrer_medium_bits,
        referrers.ga4_bits as referrer_ga4_bits,
        referrers.is_payment as is_payment_referrer,
        referrers.is_social as is_social_referrer,
        referrers.is_required_platform as is_required_referrer,
        -- The own site, and what lies above or below it, is no referrer. Most hosts already part at their last letters.
        case
            when referrers.page is null then 'none'
            when right(sessions.landing_host, 4) is distinct from right(referrers.host, 4) then referrers.kind
            when sessions.landing_host = referrers.host
                or ends_with('.' || sessions.landing_host, '.' || referrers.bare_host)
                or ends_with('.' || referrers.host, '.' || regexp_replace(sessions.landing_host, '^www[.]', '', 'g'))
                then 'internal'
            else referrers.kind
        end as referrer_kind,
        clicks.source as click_source,
        clicks.kind as click_kind,
        clicks.own_bits as click_own_bits,
        clicks.source_bits as click_source_bits,
        clicks.medium_bits as click_medium_bits,
        clicks.ga4_bits as click_ga4_bits,
        browsers.app_source,
        browsers.app_kind,
        browsers.own_bits as app_own_bits,
        browsers.source_bits as app_source_bits,
        coalesce(browsers.is_bot, false) as is_bot
    from sessions
    left join referrers on referrers.page = sessions.referrer_page
    left join clicks on clicks.name = sessions.click_id_name
    left join browsers on browsers.user_agent = sessions.user_agent
),

-- Own site and payment pages are no referrer.
referred as (
    select
        *,
        referrer_kind not in ('none', 'internal') as is_external,
        referrer_kind not in ('none', 'internal', 'payment') as has_referrer
    from gathered
),

-- Tags speak first, then the click id, the referrer, the in-app browser.
weighed as (
    select
        referred.*,
        case
            when click_ga4_bits is not null then click_ga4_bits
            when referred.ga4_bits is not null then referred.ga4_bits
            when is_external then referrer_ga4_bits
            else absent.ga4_direct
        end as left_ga4_bits,
        referred.own_bits
        & case
            when has_source then cast(-1 as bigint)
            when click_source_bits is not null then click_source_bits
            when has_referrer then referrer_source_bits
            when app_source_bits is not null then app_source_bits
            else sourceless_bits
        end
        & case
            when has_medium then cast(-1 as bigint)
            when click_medium_bits is not null then click_medium_bits
            when is_tagged or click_kind is not null then absent.own_not_set
            when has_referrer then referrer_medium_bits
            else absent.own_none
        end
        & coalesce(click_own_bits, no_evidence.no_click)
        & case when has_referrer then referrer_own_bits else no_evidence.no_referrer end
        & coalesce(app_own_bits, no_evidence.no_app) as left_own_bits
    from referred
    cross join absent
    cross join no_evidence
),

-- The site that it came from. A click id of Meta's does not say which of its apps it was, and a Google ad may have stood on YouTube:
-- the referrer and the browser may know.
channelled as (
    select
        weighed.*,
        bit_count((left_ga4_bits & -left_ga4_bits) - 1) + 1 as ga4_place,
        bit_count((left_own_bits & -left_own_bits) - 1) + 1 as own_place,
        case
            when source_platform is not null then 'source'
            when click_kind = 'social' and has_referrer and is_social_referrer then 'referrer'
            when click_kind = 'social' and app_kind = 'social' then 'app'
            when click_kind = 'paid_google' and referrer_kind = 'video' then 'referrer'
            when click_source is not null then 'click'
            when has_referrer and referrer_source is not null then 'referrer'
            when app_source is not null then 'app'
        end as known_by
    from weighed
),

originated as (
    select
        channelled.*,
        case when left_ga4_bits = 0 then 'Unassigned' else rules.ga4_channels[ga4_place] end as channel_ga4,
        case when left_own_bits = 0 then 'Unassigned' else rules.own_channels[own_place] end as channel,
        left_own_bits <> 0 and rules.are_paid[own_place] = 'yes' as is_paid,
        case
            when known_by = 'source' then source_platform
            when known_by = 'referrer' then referrer_source
            when known_by = 'app' then app_source
            when known_by = 'click' then click_source
        end as origin,
        -- One posts on and advertises in these; a search engine or a newsletter is an origin, no platform.
        coalesce(
            case
                when known_by = 'source' then source_kind
                when known_by = 'referrer' then referrer_kind
                when known_by = 'app' then app_kind
                when known_by = 'click' and click_kind in ('social', 'paid_social') then 'social'
            end in ('social', 'video'),
            false
        ) as is_platform,
        left_own_bits <> 0 and (
            rules.are_required[own_place] = 'everywhere'
            or (
                rules.are_required[own_place] = 'on_platforms'
                and case
                    when known_by = 'source' then is_required_source
                    when known_by = 'referrer' then is_required_referrer
                    else coalesce(app_kind = 'social' or click_kind in ('social', 'paid_social'), false)
                end
            )
        ) as is_required_by_channel
    from channelled
    cross join rules
),

tagged as (
    select
        originated.*,
        case when is_platform then origin end as platform,
        not is_bot and (
            channel in ('Organic Social', 'Paid Social')
            or is_social_source
            or coalesce(click_kind in ('social', 'paid_social'), false)
            or (has_referrer and is_social_referrer)
            or coalesce(app_kind = 'social', false)
        ) as is_social
    from originated
),

judged as (
    select
        *,
        case
            when tag_status = 'absent'
                then case when is_social or (is_required_by_channel and not is_bot) then 'missing' else 'not_required' end
            when tag_status <> 'ok' then tag_status
            when is_social or is_required_by_channel then 'compliant'
            else 'not_required'
        end as utm_status
    from tagged
)

select
    judged.session_id,
    judged.visitor_id,
    judged.landing_url,
    judged.landing_host,
    judged.landing_path,
    judged.referrer_host,
    judged.utm_source,
    judged.utm_medium,
    judged.utm_campaign,
    judged.utm_content,
    judged.utm_term,
    judged.utm_id,
    judged.click_id_name,
    judged.channel_ga4,
    judged.channel,
    judged.platform,
    case
        when judged.source_kind = 'ai' then judged.source_platform
        when judged.has_referrer and judged.referrer_kind = 'ai' then judged.referrer_source
    end as ai_source,
    judged.is_social,
    judged.is_paid,
    judged.utm_status,
    case
        when judged.utm_status = 'missing' then 'no_tags'
        else judged.tag_faults
    end as utm_reason,
    judged.pageviews,
    judged.engaged_seconds,
    judged.source_file,
    judged.source,
    judged.medium,
    judged.campaign,
    judged.content,
    judged.term,
    judged.origin,
    judged.referrer_source,
    judged.referrer_kind,
    judged.app_source,
    judged.device,
    judged.country,
    judged.consent,
    judged.is_bot,
    judged.started_at,
    judged.captured_at
from judged
