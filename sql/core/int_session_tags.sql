/*
description: "One row a session, its newest delivery, with what its landing link says and means, and the click id on it. What that makes of the session is core.int_session_channels' business."
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
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
  started_at: {unit: timestamp, description: When the session began (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  referrer_page: {unit: url, description: "The referring page's address up to its query; NULL where there is none."}
  click_id_name: {unit: text, description: "The click id on the link, in lower case; the first in config/channels.yml where there are several. One without a value does not count."}
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

sessions as (
    select * from core.int_session_deliveries
),

meanings as (
    select * from core.int_link_meanings
),

click_ids as (
    select string_split(string_agg(name, ' ' order by place), ' ') as known_names from config.click_ids
),

-- Compared without regard to case (ScCid); a click id without a value says nothing, and the first of the list counts.
clicked as (
    select
        sessions.*,
        case
            when sessions.other_parameters is not null
                then click_ids.known_names[
                    list_sort(
                        list_filter(
                            list_transform(
                                string_split(sessions.other_parameters, '&'),
                                lambda pair: case
                                    when split_part(pair, '=', 2) <> ''
                                        then list_position(click_ids.known_names, lower(split_part(pair, '=', 1)))
                                end
                            ),
                            lambda place: place is not null
                        )
                    )[1]
                ]
        end as click_id_name
    from sessions
    cross join click_ids
)

select
    clicked.session_id,
    clicked.visitor_id,
    clicked.landing_url,
    clicked.referrer_url,
    clicked.user_agent,
    clicked.device,
    clicked.country,
    clicked.consent,
    clicked.pageviews,
    clicked.engaged_seconds,
    clicked.source_file,
    clicked.started_at,
    clicked.captured_at,
    clicked.referrer_page,
    clicked.click_id_name,
    meanings.landing_host,
    meanings.landing_path,
    meanings.utm_source,
    meanings.utm_medium,
    meanings.utm_campaign,
    meanings.utm_content,
    meanings.utm_term,
    meanings.utm_id,
    meanings.recovered_source,
    meanings.recovered_medium,
    meanings.recovered_campaign,
    meanings.recovered_content,
    meanings.recovered_term,
    meanings.recovered_id,
    meanings.reading_faults,
    meanings.is_unreadable,
    meanings.source,
    meanings.medium,
    meanings.campaign,
    meanings.content,
    meanings.term,
    meanings.source_platform,
    meanings.source_kind,
    meanings.tag_status,
    meanings.tag_faults,
    meanings.is_tagged,
    meanings.has_source,
    meanings.has_medium,
    meanings.is_social_source,
    meanings.is_required_source,
    meanings.own_bits,
    meanings.sourceless_bits,
    meanings.ga4_bits
from clicked
left join meanings
    on meanings.link = clicked.link
    and meanings.given_source = coalesce(clicked.utm_source, '')
    and meanings.given_medium = coalesce(clicked.utm_medium, '')
    and meanings.given_campaign = coalesce(clicked.utm_campaign, '')
    and meanings.given_content = coalesce(clicked.utm_content, '')
    and meanings.given_term = coalesce(clicked.utm_term, '')
    and meanings.given_id = coalesce(clicked.utm_id, '')
