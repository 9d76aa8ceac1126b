/*
description: "One row a session, its newest delivery, with what its landing link says. What that means is core.int_session_channels' business. Hard links are read in core.int_hard_links, all others here by the short way, with the same outcome."
grain: [session_id]
materialise: view
owner: data-engineering
columns:
  session_id: {unit: id, description: "The session's id as delivered."}
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  landing_url: {unit: url, description: "The first page's whole address as delivered."}
  referrer_url: {unit: url, description: The page that the visitor came from.}
  user_agent: {unit: text, description: "The browser's user agent."}
  device: {unit: text, description: The kind of device.}
  country: {unit: text, description: Country code.}
  consent: {unit: text, description: "The visitor's consent as delivered."}
  pageviews: {unit: count, sum: always, description: Pages seen.}
  engaged_seconds: {unit: seconds, sum: always, description: Time engaged.}
  source_row: {unit: number, sum: never, description: Number of the record in its file.}
  file_id: {unit: id, description: "Digest of the file's content."}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
  started_at: {unit: timestamp, description: When the session began (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  referrer_page: {unit: url, description: "The referring page's address up to its query; NULL where there is none."}
  landing_host: {unit: text, description: "The landing page's host, in lower case; NULL where the address has none."}
  landing_path: {unit: text, description: "The landing page's path, as written."}
  click_id_name: {unit: text, description: "The click id on the link, in lower case; the first in config/channels.yml where there are several. One without a value does not count."}
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

sessions as (
    select * from core.int_session_deliveries
),

hard_links as (
    select * from core.int_hard_links
),

click_ids as (
    select string_split(string_agg(name, ' ' order by place), ' ') as known_names from config.click_ids
),

addresses as (
    select
        *,
        split_part(split_part(landing_url, '#', 1), '?', 1) as page,
        case
            when contains(split_part(landing_url, '#', 1), '?')
                then substr(split_part(landing_url, '#', 1), strpos(landing_url, '?') + 1)
        end as query
    from sessions
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
    from addresses
),

-- The value of a key is that of its first pair. Click ids, looked for only
-- where some key does not begin with utm, are compared without regard to case (ScCid).
encoded as (
    select
        located.*,
        click_ids.known_names,
        split_part(located_page, '/', 1) as authority,
        contains(query, '%') or contains(query, '+') as is_encoded,
        substr(pairs[list_position(keys, 'utm_source')], 12) as source_text,
        substr(pairs[list_position(keys, 'utm_medium')], 12) as medium_text,
        substr(pairs[list_position(keys, 'utm_campaign')], 14) as campaign_text,
        substr(pairs[list_position(keys, 'utm_content')], 13) as content_text,
        substr(pairs[list_position(keys, 'utm_term')], 10) as term_text,
        substr(pairs[list_position(keys, 'utm_id')], 8) as id_text,
        case
            when regexp_matches(query, '(?:^|&)(?:[^u&]|u[^t&]|ut[^m&])')
                then list_filter(
                    list_transform(
                        pairs,
                        lambda pair: case
                            when length(split_part(pair, '=', 2)) > 0
                                then list_position(click_ids.known_names, lower(split_part(pair, '=', 1)))
                        end
                    ),
                    lambda place: place is not null
                )
        end as click_places
    from located
    cross join click_ids
),

joined as (
    select
        encoded.*,
        hard_links.session_id is not null as is_hard,
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
    from encoded
    left join hard_links on hard_links.session_id = encoded.session_id
)

select
    session_id,
    visitor_id,
    landing_url,
    referrer_url,
    user_agent,
    device,
    country,
    consent,
    pageviews,
    engaged_seconds,
    source_row,
    file_id,
    source_file,
    started_at,
    captured_at,
    nullif(split_part(split_part(referrer_url, '?', 1), '#', 1), '') as referrer_page,
    nullif(lower(split_part(split_part(authority, '@', -1), ':', 1)), '') as landing_host,
    coalesce(nullif(substr(located_page, length(authority) + 1), ''), '/') as landing_path,
    known_names[list_sort(click_places)[1]] as click_id_name,
    case
        when is_hard then hard_source
        when source_text is null or source_text = '' then nullif(utm_source, '')
        when is_encoded then coalesce(nullif(try(url_decode(replace(source_text, '+', ' '))), ''), nullif(utm_source, ''))
        else source_text
    end as utm_source,
    case
        when is_hard then hard_medium
        when medium_text is null or medium_text = '' then nullif(utm_medium, '')
        when is_encoded then coalesce(nullif(try(url_decode(replace(medium_text, '+', ' '))), ''), nullif(utm_medium, ''))
        else medium_text
    end as utm_medium,
    case
        when is_hard then hard_campaign
        when campaign_text is null or campaign_text = '' then nullif(utm_campaign, '')
        when is_encoded then coalesce(nullif(try(url_decode(replace(campaign_text, '+', ' '))), ''), nullif(utm_campaign, ''))
        else campaign_text
    end as utm_campaign,
    case
        when is_hard then hard_content
        when content_text is null or content_text = '' then nullif(utm_content, '')
        when is_encoded then coalesce(nullif(try(url_decode(replace(content_text, '+', ' '))), ''), nullif(utm_content, ''))
        else content_text
    end as utm_content,
    case
        when is_hard then hard_term
        when term_text is null or term_text = '' then nullif(utm_term, '')
        when is_encoded then coalesce(nullif(try(url_decode(replace(term_text, '+', ' '))), ''), nullif(utm_term, ''))
        else term_text
    end as utm_term,
    case
        when is_hard then hard_id
        when id_text is null or id_text = '' then nullif(utm_id, '')
        when is_encoded then coalesce(nullif(try(url_decode(replace(id_text, '+', ' '))), ''), nullif(utm_id, ''))
        else id_text
    end as utm_id,
    recovered_source,
    recovered_medium,
    recovered_campaign,
    recovered_content,
    recovered_term,
    recovered_id,
    reading_faults,
    coalesce(is_unreadable, false) as is_unreadable
from joined
