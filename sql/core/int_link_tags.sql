/*
description: "One row a link and the tags that the tracking delivered with it: host, path and tags. Hard links are read in core.int_hard_links, all others here by the short way, with the same outcome."
grain: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
materialise: incremental
unit: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
restrict:
  core.int_links: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
  core.int_hard_links: [link, given_source, given_medium, given_campaign, given_content, given_term, given_id]
changed:
  core.int_links: select link, given_source, given_medium, given_campaign, given_content, given_term, given_id from changed
  core.int_hard_links: select link, given_source, given_medium, given_campaign, given_content, given_term, given_id from changed
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
*/
with

links as (
    select * from core.int_links
),

hard_links as (
    select * from core.int_hard_links
),

parted as (
    select
        *,
        split_part(split_part(link, '#', 1), '?', 1) as page,
        case
            when contains(split_part(link, '#', 1), '?')
                then substr(split_part(link, '#', 1), strpos(link, '?') + 1)
        end as query
    from links
),

-- What stands before the path: after '//', or from the start where the address begins with a host rather than with a path.
located as (
    select
        *,
        case
            when contains(page, '://') then substr(page, strpos(page, '://') + 3)
            when starts_with(page, '//') then substr(page, 3)
            when starts_with(page, '/') then page
            when contains(split_part(page, '/', 1), '.') then page
            else '/' || page
        end as located_page,
        string_split(query, '&') as pairs,
        list_transform(string_split(query, '&'), lambda pair: split_part(pair, '=', 1)) as keys
    from parted
),

-- The value of a key is that of its first pair.
encoded as (
    select
        *,
        split_part(located_page, '/', 1) as authority,
        contains(query, '%') or contains(query, '+') as is_encoded,
        substr(pairs[list_position(keys, 'utm_source')], 12) as source_text,
        substr(pairs[list_position(keys, 'utm_medium')], 12) as medium_text,
        substr(pairs[list_position(keys, 'utm_campaign')], 14) as campaign_text,
        substr(pairs[list_position(keys, 'utm_content')], 13) as content_text,
        substr(pairs[list_position(keys, 'utm_term')], 10) as term_text,
        substr(pairs[list_position(keys, 'utm_id')], 8) as id_text
    from located
),

-- Decoded where anything is; try() because url_decode stops at bytes that are no UTF-8.
decoded as (
    select
        *,
        list_transform(
            [source_text, medium_text, campaign_text, content_text, term_text, id_text],
            lambda tag: nullif(case when is_encoded then try(url_decode(replace(tag, '+', ' '))) else tag end, '')
        ) as texts
    from encoded
),

joined as (
    select
        decoded.*,
        hard_links.link is not null as is_hard,
        hard_links.utm_source as hard_source,
        hard_links.utm_medium as hard_medium,
        hard_links.utm_campaign as hard_campaign,
        hard_links.utm_content as hard_content,
        hard_links.utm_term as hard_term,
        hard_links.utm_id as hard_id,
        hard_links.recovered_source,
        hard_links.recovered_medium,
        hard_links.recovered_campaign,
        hard_links.recovered_content,
        hard_links.recovered_term,
        hard_links.recovered_id,
        hard_links.reading_faults,
        hard_links.is_unreadable
    from decoded
    left join hard_links
        on hard_links.link = decoded.link
        and hard_links.given_source = decoded.given_source
        and hard_links.given_medium = decoded.given_medium
        and hard_links.given_campaign = decoded.given_campaign
        and hard_links.given_content = decoded.given_content
        and hard_links.given_term = decoded.given_term
        and hard_links.given_id = decoded.given_id
)

select
    link,
    given_source,
    given_medium,
    given_campaign,
    given_content,
    given_term,
    given_id,
    nullif(lower(split_part(split_part(authority, '@', -1), ':', 1)), '') as landing_host,
    coalesce(nullif(substr(located_page, length(authority) + 1), ''), '/') as landing_path,
    case when is_hard then hard_source else coalesce(texts[1], nullif(given_source, '')) end as utm_source,
    case when is_hard then hard_medium else coalesce(texts[2], nullif(given_medium, '')) end as utm_medium,
    case when is_hard then hard_campaign else coalesce(texts[3], nullif(given_campaign, '')) end as utm_campaign,
    case when is_hard then hard_content else coalesce(texts[4], nullif(given_content, '')) end as utm_content,
    case when is_hard then hard_term else coalesce(texts[5], nullif(given_term, '')) end as utm_term,
    case when is_hard then hard_id else coalesce(texts[6], nullif(given_id, '')) end as utm_id,
    recovered_source,
    recovered_medium,
    recovered_campaign,
    recovered_content,
    recovered_term,
    recovered_id,
    reading_faults,
    coalesce(is_unreadable, false) as is_unreadable
from joined
