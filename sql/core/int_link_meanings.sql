/*
description: "One row a link and the tags that the tracking delivered with it: what they say, what that means by the UTM standard, and the alternatives of the channel rules that it leaves."
grain: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
materialise: incremental
unit: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
restrict:
  core.int_link_tags: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
changed:
  core.int_link_tags: select link, given_source, given_medium, given_campaign, given_content, given_term, given_id from changed
  core.int_value_meanings: select link, given_source, given_medium, given_campaign, given_content, given_term, given_id from core.int_links where 1 = 0
owner: data-engineering
columns:
  link: {unit: url, description: "What of the landing address tells tags, host and path: the address up to the first parameter that is no tag, or all of it where a tag may follow."}
  given_source: {unit: text, description: "utm_source as the tracking itself read it, empty where it did not."}
  given_medium: {unit: text, description: "utm_medium as the tracking itself read it, empty where it did not."}
  given_campaign: {unit: text, description: "utm_campaign as the tracking itself read it, empty where it did not."}
  given_content: {unit: text, description: "utm_content as the tracking itself read it, empty where it did not."}
  given_term: {unit: text, description: "utm_term as the tracking itself read it, empty where it did not."}
  given_id: {unit: text, description: "utm_id as the tracking itself read it, empty where it did not."}
  landing_host: {unit: text, description: "The landing page's host, in lower case; NULL where the address has none."}
  landing_path: {unit: text, description: "The landing page's path, as written."}
  utm_source: {unit: text, description: "Strict value of the link (WHATWG URL), else what the tracking delivered; NULL where empty."}
  utm_medium: {unit: text, description: "Strict value of the link (WHATWG URL), else what the tracking delivered; NULL where empty."}
  utm_campaign: {unit: text, description: "Strict value of the link (WHATWG URL), else what the tracking delivered; NULL where empty."}
  utm_content: {unit: text, description: "Strict value of the link (WHATWG URL), else what the tracking delivered; NULL where empty."}
  utm_term: {unit: text, description: "Strict value of the link (WHATWG URL), else what the tracking delivered; NULL where empty."}
  utm_id: {unit: text, description: "Strict value of the link (WHATWG URL), else what the tracking delivered; NULL where empty."}
  recovered_source: {unit: text, description: "What else can be read, where it differs from utm_source."}
  recovered_medium: {unit: text, description: "What else can be read, where it differs from utm_medium."}
  recovered_campaign: {unit: text, description: "What else can be read, where it differs from utm_campaign."}
  recovered_content: {unit: text, description: "What else can be read, where it differs from utm_content."}
  recovered_term: {unit: text, description: "What else can be read, where it differs from utm_term."}
  recovered_id: {unit: text, description: "What else can be read, where it differs from utm_id."}
  reading_faults: {unit: text, description: "Why the link does not read strictly, faults parted by a comma and a blank; NULL where it does."}
  is_unreadable: {unit: flag, description: Whether some tag has no meaning that could be recovered.}
  source: {unit: text, description: "The source as mended and under its one name in the UTM standard, else in lower case as tagged; NULL where it is not tagged."}
  medium: {unit: text, description: "The medium as mended and under its one name in the UTM standard, else in lower case as tagged; NULL where it is not tagged."}
  campaign: {unit: text, description: "The campaign as mended, in lower case; NULL where it is not tagged."}
  content: {unit: text, description: "utm_content as mended; NULL where it is not tagged."}
  term: {unit: text, description: "utm_term as mended; NULL where it is not tagged."}
  source_platform: {unit: text, description: "The site that the source stands for, under its one name in config/sources.csv."}
  source_kind: {unit: text, description: "That site's kind in config/sources.csv."}
  tag_status: {unit: text, description: "The tags against the UTM standard: ok, repaired, invalid, incomplete, or absent where there are none."}
  tag_faults: {unit: text, description: "What is wrong with the tags, faults parted by a comma and a blank; NULL where nothing is."}
  is_tagged: {unit: flag, description: "Whether source, medium or campaign is there."}
  has_source: {unit: flag, description: Whether the source is there.}
  has_medium: {unit: flag, description: Whether the medium is there.}
  is_social_source: {unit: flag, description: Whether the source is a social platform.}
  is_required_source: {unit: flag, description: Whether the source is a platform of the UTM standard.}
  own_bits: {unit: number, sum: never, description: "Alternatives of our own rules that the tags leave, whatever stands for an absent source or medium (bits, see config/channels.py)."}
  sourceless_bits: {unit: number, sum: never, description: "Alternatives of our own rules that an absent source leaves where nothing else tells the source."}
  ga4_bits: {unit: number, sum: never, description: "Alternatives of Google's rules that the strict tags leave; NULL where there are none."}
*/
with

-- What a value means never changes while the configuration stands, so its coming and going touches no link but those that have it.
tags as (
    select * from core.int_link_tags
),

meanings as (
    select * from core.int_value_meanings
),

standard as (
    select * from config.utm_standard
),

platforms as (
    select * from config.utm_platforms
),

-- What Google Analytics and we call the absent.
absent as (
    select
        bit_or(case when dimension = 'source' and given = '(direct)' then own_bits else 0 end) as own_source,
        bit_or(case when dimension = 'campaign' and given = '(not set)' then own_bits else 0 end) as own_campaign,
        bit_or(case when dimension = 'source' and given = '(not set)' then ga4_bits else 0 end) as ga4_source,
        bit_or(case when dimension = 'medium' and given = '(not set)' then ga4_bits else 0 end) as ga4_medium,
        bit_or(case when dimension = 'campaign' and given = '(not set)' then ga4_bits else 0 end) as ga4_campaign
    from meanings
    where recovered = ''
),

named as (
    select
        tags.*,
        source.own_name as source,
        medium.own_name as medium,
        campaign.own_name as campaign,
        coalesce(tags.recovered_content, tags.utm_content) as content,
        coalesce(tags.recovered_term, tags.utm_term) as term,
        source.platform as source_platform,
        source.own_kind as source_kind,
        source.state as source_state,
        medium.state as medium_state,
        campaign.state as campaign_state,
        source.state <> 'absent' as has_source,
        medium.state <> 'absent' as has_medium,
        campaign.state <> 'absent' as has_campaign,
        source.state <> 'absent' or medium.state <> 'absent' or campaign.state <> 'absent' as is_tagged,
        platforms.platform is not null as is_required_source,
        source.own_bits as source_bits,
        medium.own_bits as medium_bits,
        campaign.own_bits as campaign_bits,
        case when tags.utm_source is null then absent.ga4_source else source.ga4_bits end
        & case when tags.utm_medium is null then absent.ga4_medium else medium.ga4_bits end
        & case when tags.utm_campaign is null then absent.ga4_campaign else campaign.ga4_bits end as ga4_bits,
        absent.own_source as absent_source_bits,
        absent.own_campaign as absent_campaign_bits
    from tags
    cross join absent
    inner join meanings as source
        on source.dimension = 'source'
        and source.given = coalesce(tags.utm_source, '')
        and source.recovered = coalesce(tags.recovered_source, '')
    inner join meanings as medium
        on medium.dimension = 'medium'
        and medium.given = coalesce(tags.utm_medium, '')
        and medium.recovered = coalesce(tags.recovered_medium, '')
    inner join meanings as campaign
        on campaign.dimension = 'campaign'
        and campaign.given = coalesce(tags.utm_campaign, '')
        and campaign.recovered = coalesce(tags.recovered_campaign, '')
    left join platforms on platforms.platform = source.platform
),

-- Faults are named in one order: of the reading, of what is absent, of what is wrong.
judged as (
    select
        named.*,
        is_tagged
        or is_unreadable
        or coalesce(utm_content, utm_term, utm_id, recovered_content, recovered_term, recovered_id) is not null as has_tags,
        nullif(
            concat_ws(
                ', ',
                case when standard.is_source_required and not has_source then 'no_source' end,
                case when standard.is_medium_required and not has_medium then 'no_medium' end,
                case when standard.is_campaign_required and not has_campaign then 'no_campaign' end,
                case when standard.is_content_required and content is null then 'no_content' end,
                case when standard.is_term_required and term is null then 'no_term' end,
                case when standard.is_id_required and coalesce(utm_id, recovered_id) is null then 'no_id' end
            ),
            ''
        ) as absent_tags,
        nullif(
            concat_ws(
                ', ',
                case when source_state = 'invalid' then 'unknown_source' end,
                case when medium_state = 'invalid' then 'unknown_medium' end,
                case when campaign_state = 'invalid' then 'campaign_pattern' end,
                case when source_state = 'repaired' and recovered_source is null then 'source_spelling' end,
                case when medium_state = 'repaired' and recovered_medium is null then 'medium_spelling' end,
                case when campaign_state = 'repaired' and recovered_campaign is null then 'campaign_spelling' end
            ),
            ''
        ) as wrong_tags
    from named
    cross join standard
)

select
    link,
    given_source,
    given_medium,
    given_campaign,
    given_content,
    given_term,
    given_id,
    landing_host,
    landing_path,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_content,
    utm_term,
    utm_id,
    recovered_source,
    recovered_medium,
    recovered_campaign,
    recovered_content,
    recovered_term,
    recovered_id,
    reading_faults,
    is_unreadable,
    source,
    medium,
    campaign,
    content,
    term,
    source_platform,
    source_kind,
    case
        when not has_tags then 'absent'
        when absent_tags is not null then 'incomplete'
        when is_unreadable or 'invalid' in (source_state, medium_state, campaign_state) then 'invalid'
        when reading_faults is not null or 'repaired' in (source_state, medium_state, campaign_state) then 'repaired'
        else 'ok'
    end as tag_status,
    case when has_tags then nullif(concat_ws(', ', reading_faults, absent_tags, wrong_tags), '') end as tag_faults,
    is_tagged,
    has_source,
    has_medium,
    coalesce(source_kind = 'social', false) or is_required_source as is_social_source,
    is_required_source,
    case when has_source then source_bits else cast(-1 as bigint) end
    & case when has_medium then medium_bits else cast(-1 as bigint) end
    & case when has_campaign then campaign_bits else absent_campaign_bits end as own_bits,
    case when has_medium or has_campaign then source_bits else absent_source_bits end as sourceless_bits,
    case when coalesce(utm_source, utm_medium, utm_campaign) is not null then ga4_bits end as ga4_bits
from judged
