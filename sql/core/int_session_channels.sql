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

-- What a value means, with the questions that are asked of it answered once a value.
meanings as not materialized (
    select
        dimension,
        given,
        recovered,
        own_name,
        platform,
        own_kind,
        state,
        own_bits,
        ga4_bits,
        source_bits,
        case when starts_with(own_name, 'www.') then substr(own_name, 5) else own_name end as bare_host,
        own_kind = 'payment' as is_payment,
        coalesce(own_kind = 'social' or platform in (select platform from config.utm_platforms), false) as is_social,
        coalesce(platform in (select platform from config.utm_platforms), false) as is_required_platform
    from core.int_value_meanings
),

clicks as (
    select * from core.int_click_meanings
),

browsers as (
    select * from core.int_browsers
),

standard as (
    select * from config.utm_standard
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

absent as (
    select
        bit_or(case when dimension = 'source' and given = '(direct)' then own_bits else 0 end) as own_direct,
        bit_or(case when dimension = 'source' and given = '(direct)' then ga4_bits else 0 end) as ga4_direct,
        bit_or(case when dimension = 'source' and given = '(not set)' then ga4_bits else 0 end) as ga4_source,
        bit_or(case when dimension = 'medium' and given = '(none)' then own_bits else 0 end) as own_none,
        bit_or(case when dimension = 'medium' and given = '(none)' then ga4_bits else 0 end) as ga4_none,
        bit_or(case when dimension = 'medium' and given = '(not set)' then own_bits else 0 end) as own_medium,
        bit_or(case when dimension = 'medium' and given = '(not set)' then ga4_bits else 0 end) as ga4_medium,
        bit_or(case when dimension = 'medium' and given = 'organic' then own_bits else 0 end) as own_organic,
        bit_or(case when dimension = 'medium' and given = 'ai-assistant' then own_bits else 0 end) as own_ai,
        bit_or(case when dimension = 'medium' and given = 'referral' then own_bits else 0 end) as own_referral,
        bit_or(case when dimension = 'campaign' and given = '(not set)' then own_bits else 0 end) as own_campaign,
        bit_or(case when dimension = 'campaign' and given = '(not set)' then ga4_bits else 0 end) as ga4_campaign
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

-- ---- one row a session ----------------------------------------------------------------------------------------------------------------

gathered as (
    select
        sessions.*,
        own_source.own_name as source,
        own_source.state as source_state,
        own_source.platform as source_platform,
        own_source.own_kind as source_kind,
        own_source.own_bits as source_own_bits,
        own_source.ga4_bits as source_ga4_bits,
        own_source.is_social as is_social_source,
        own_source.is_required_platform as is_required_source,
        own_medium.own_name as medium,
        own_medium.state as medium_state,
        own_medium.own_bits as medium_own_bits,
        own_medium.ga4_bits as medium_ga4_bits,
        own_campaign.own_name as campaign,
        own_campaign.state as campaign_state,
        own_campaign.own_bits as campaign_own_bits,
        own_campaign.ga4_bits as campaign_ga4_bits,
        referrer.own_name as referrer_host,
        referrer.platform as referrer_source,
        referrer.own_bits as referrer_own_bits,
        referrer.source_bits as referrer_source_bits,
        referrer.ga4_bits as referrer_ga4_bits,
        referrer.is_social as is_social_referrer,
        referrer.is_required_platform as is_required_referrer,
        -- The own site, and what lies above or below it, is no referrer. Most hosts already part at their last letters.
        case
            when referrer.given is null then 'none'
            when right(sessions.landing_host, 4) is distinct from right(referrer.own_name, 4) then referrer.own_kind
            when sessions.landing_host = referrer.own_name
                or ends_with('.' || sessions.landing_host, '.' || referrer.bare_host)
                or ends_with('.' || referrer.own_name, '.' || regexp_replace(sessions.landing_host, '^www[.]', '', 'g'))
                then 'internal'
            else referrer.own_kind
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
    left join meanings as own_source
        on own_source.dimension = 'source'
        and own_source.given = coalesce(sessions.utm_source, '')
        and own_source.recovered = coalesce(sessions.recovered_source, '')
    left join meanings as own_medium
        on own_medium.dimension = 'medium'
        and own_medium.given = coalesce(sessions.utm_medium, '')
        and own_medium.recovered = coalesce(sessions.recovered_medium, '')
    left join meanings as own_campaign
        on own_campaign.dimension = 'campaign'
        and own_campaign.given = coalesce(sessions.utm_campaign, '')
        and own_campaign.recovered = coalesce(sessions.recovered_campaign, '')
    left join meanings as referrer on referrer.dimension = 'referrer' and referrer.given = sessions.referrer_page
    left join clicks on clicks.name = sessions.click_id_name
    left join browsers on browsers.user_agent = sessions.user_agent
),

-- Own site and payment pages are no referrer. Tags speak first, then the click id, the referrer, the in-app browser.
weighed as (
    select
        gathered.*,
        referrer_kind not in ('none', 'internal', 'payment') as has_referrer,
        case
            when click_ga4_bits is not null then click_ga4_bits
            when utm_source is not null or utm_medium is not null or utm_campaign is not null
                then case when utm_source is null then absent.ga4_source else source_ga4_bits end
                    & case when utm_medium is null then absent.ga4_medium else medium_ga4_bits end
                    & case when utm_campaign is null then absent.ga4_campaign else campaign_ga4_bits end
            when referrer_kind not in ('none', 'internal') then referrer_ga4_bits
            else absent.ga4_direct & absent.ga4_none & absent.ga4_campaign
        end as ga4_bits,
        case
            when source_state <> 'absent' then source_own_bits
            when click_source_bits is not null then click_source_bits
            when referrer_kind not in ('none', 'internal', 'payment') then referrer_source_bits
            when app_source_bits is not null then app_source_bits
            when medium_state <> 'absent' or campaign_state <> 'absent' then source_own_bits
            else absent.own_direct
        end
        & case
            when medium_state <> 'absent' then medium_own_bits
            when click_medium_bits is not null then click_medium_bits
            when source_state <> 'absent' or campaign_state <> 'absent' or click_kind is not null then absent.own_medium
            when referrer_kind in ('none', 'internal', 'payment') then absent.own_none
            when referrer_kind = 'search' then absent.own_organic
            when referrer_kind = 'ai' then absent.own_ai
            else absent.own_referral
        end
        & case when campaign_state <> 'absent' then campaign_own_bits else absent.own_campaign end
        & coalesce(click_own_bits, no_evidence.no_click)
        & case
            when referrer_kind in ('none', 'internal', 'payment') then no_evidence.no_referrer
            else referrer_own_bits
        end
        & coalesce(app_own_bits, no_evidence.no_app) as own_bits
    from gathered
    cross join absent
    cross join no_evidence
),

-- The site that it came from. A click id of Meta's does not say which of its apps it was, and a Google ad may have stood on YouTube:
-- the referrer and the browser may know.
channelled as (
    select
        weighed.*,
        bit_count((ga4_bits & -ga4_bits) - 1) + 1 as ga4_place,
        bit_count((own_bits & -own_bits) - 1) + 1 as own_place,
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
        case when ga4_bits = 0 then 'Unassigned' else rules.ga4_channels[ga4_place] end as channel_ga4,
        case when own_bits = 0 then 'Unassigned' else rules.own_channels[own_place] end as channel,
        own_bits <> 0 and rules.are_paid[own_place] = 'yes' as is_paid,
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
        own_bits <> 0 and (
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

-- Status of the tags: absent, ok, repaired or invalid by key, then together.
tagged as (
    select
        originated.*,
        case when is_platform then origin end as platform,
        not is_bot and (
            channel in ('Organic Social', 'Paid Social')
            or coalesce(is_social_source, false)
            or coalesce(click_kind in ('social', 'paid_social'), false)
            or (has_referrer and coalesce(is_social_referrer, false))
            or coalesce(app_kind = 'social', false)
        ) as is_social,
        coalesce(
            utm_source, utm_medium, utm_campaign, utm_content, utm_term, utm_id,
            recovered_source, recovered_medium, recovered_campaign, recovered_content, recovered_term, recovered_id
        ) is not null or is_unreadable as has_tags,
        (standard.is_source_required and source_state = 'absent')
        or (standard.is_medium_required and medium_state = 'absent')
        or (standard.is_campaign_required and campaign_state = 'absent')
        or (standard.is_content_required and coalesce(utm_content, recovered_content) is null)
        or (standard.is_term_required and coalesce(utm_term, recovered_term) is null)
        or (standard.is_id_required and coalesce(utm_id, recovered_id) is null) as is_incomplete
    from originated
    cross join standard
),

judged as (
    select
        *,
        case
            when not has_tags and (is_social or (is_required_by_channel and not is_bot)) then 'missing'
            when not has_tags then 'not_required'
            when is_incomplete then 'incomplete'
            when is_unreadable or 'invalid' in (source_state, medium_state, campaign_state) then 'invalid'
            when reading_faults is not null or 'repaired' in (source_state, medium_state, campaign_state) then 'repaired'
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
        when judged.utm_status in ('incomplete', 'invalid', 'repaired') then nullif(
            concat_ws(
                ', ',
                judged.reading_faults,
                case when standard.is_source_required and judged.source_state = 'absent' then 'no_source' end,
                case when standard.is_medium_required and judged.medium_state = 'absent' then 'no_medium' end,
                case when standard.is_campaign_required and judged.campaign_state = 'absent' then 'no_campaign' end,
                case when standard.is_content_required and coalesce(judged.utm_content, judged.recovered_content) is null then 'no_content' end,
                case when standard.is_term_required and coalesce(judged.utm_term, judged.recovered_term) is null then 'no_term' end,
                case when standard.is_id_required and coalesce(judged.utm_id, judged.recovered_id) is null then 'no_id' end,
                case when judged.source_state = 'invalid' then 'unknown_source' end,
                case when judged.medium_state = 'invalid' then 'unknown_medium' end,
                case when judged.campaign_state = 'invalid' then 'campaign_pattern' end,
                case when judged.source_state = 'repaired' and judged.recovered_source is null then 'source_spelling' end,
                case when judged.medium_state = 'repaired' and judged.recovered_medium is null then 'medium_spelling' end,
                case when judged.campaign_state = 'repaired' and judged.recovered_campaign is null then 'campaign_spelling' end
            ),
            ''
        )
    end as utm_reason,
    judged.pageviews,
    judged.engaged_seconds,
    judged.source_file,
    judged.source,
    judged.medium,
    judged.campaign,
    coalesce(judged.recovered_content, judged.utm_content) as content,
    coalesce(judged.recovered_term, judged.utm_term) as term,
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
cross join standard
