/*
description: "One row a web session, its newest delivery: how it was tagged, which channel it belongs to, whether its tags keep the UTM standard, and whether it came to anything. Rules are in config/channels.yml, config/utm_standard.yml and config/sources.csv."
grain: [session_id]
materialise: incremental
unit: [session_id]
day: session_date
restrict:
  raw.web_sessions: [session_id]
  core.int_event_sessions: [session_id]
  core.int_visitors: >-
    visitor_id in (
    select visitor_id from raw.web_sessions where session_id in (select session_id from units)
    union
    select visitor_id from core.int_event_sessions where session_id in (select session_id from units))
changed:
  raw.web_sessions: select session_id from changed
  core.int_event_sessions: select session_id from changed
  core.int_visitors: >-
    select visit.session_id
    from (
    select session_id, visitor_id, started_at from raw.web_sessions
    union all
    select session_id, visitor_id, started_at from core.int_event_sessions
    ) as visit
    inner join (
    select visitor_id, max(first_started_at) as latest_at from changed group by visitor_id
    ) as moved on moved.visitor_id = visit.visitor_id
    where visit.started_at <= moved.latest_at
  core.int_person_starts: >-
    select session_id from raw.web_sessions where visitor_id in (select visitor_id from changed)
    union
    select session_id from core.int_event_sessions where visitor_id in (select visitor_id from changed)
  core.int_repeated_sessions: select session_id from changed
  core.int_link_meanings: select session_id from core.int_repeated_sessions where 1 = 0
  core.int_value_meanings: select session_id from core.int_repeated_sessions where 1 = 0
  core.int_browsers: select session_id from core.int_repeated_sessions where 1 = 0
  core.int_happenings: >-
    select session_id from changed
    union
    select visit.session_id
    from (
    select session_id, visitor_id from raw.web_sessions
    union all
    select session_id, visitor_id from core.int_event_sessions
    ) as visit
    where visit.visitor_id in (select visitor_id from changed where visitor_id is not null)
owner: data-engineering
columns:
  session_id: {unit: id, description: "The session's id as delivered."}
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking."}
  started_at: {unit: timestamp, description: "When the session began (UTC)."}
  session_date: {unit: date, description: "Local day on which it began."}
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
  is_bounce: {unit: flag, description: "One page view, engaged for less than the limit, and no lead or order in it; NULL where page views or engagement are not known."}
  is_returning: {unit: flag, description: "Whether the visitor, or another of the same person (docs/sessions.md), began an earlier session; NULL where the visitor is not known."}
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
  has_consent: {unit: flag, description: "Whether that is a consent, by the values of config/settings.yml; NULL where nothing is stated."}
  is_bot: {unit: flag, description: "Whether the user agent is that of a program."}
  is_clock_suspect: {unit: flag, description: "Whether the session began before 2000 or more than two days after its delivery: the sender's clock was wrong."}
*/
with

-- What a value or a browser means never changes while the configuration stands, so its coming and going touches no session but those
-- that have it: their own changes tell of them.
sessions as not materialized (
    select * from core.int_session_channels
),

visits as (
    select session_id, visitor_id, started_at from core.int_session_deliveries
),

visitors as (
    select * from core.int_visitors
),

person_starts as (
    select * from core.int_person_starts
),

consent_given as (
    select * from config.consent_given
),

happenings as (
    select * from core.int_happenings
),

settings as (
    select * from config.settings
),

zone_days as (
    select * from config.zone_days
),

converted_sessions as (
    select session_id from happenings where session_id is not null
    union
    select visits.session_id
    from visits
    inner join happenings on happenings.visitor_id = visits.visitor_id
    cross join settings
    where
        happenings.occurred_at >= visits.started_at
        and happenings.occurred_at < visits.started_at + interval 1 minute * settings.session_timeout_minutes
)

select
    sessions.session_id,
    sessions.visitor_id,
    sessions.started_at,
    cast(
        sessions.started_at + interval 1 second * coalesce(
            case
                when sessions.started_at < zone_days.transition_at then zone_days.offset_before_seconds
                else zone_days.offset_after_seconds
            end,
            0
        ) as date
    ) as session_date,
    sessions.landing_url,
    sessions.landing_host,
    sessions.landing_path,
    sessions.referrer_host,
    sessions.utm_source,
    sessions.utm_medium,
    sessions.utm_campaign,
    sessions.utm_content,
    sessions.utm_term,
    sessions.utm_id,
    sessions.click_id_name,
    sessions.channel_ga4,
    sessions.channel,
    sessions.platform,
    sessions.ai_source,
    sessions.is_social,
    sessions.is_paid,
    sessions.utm_status,
    sessions.utm_reason,
    sessions.pageviews <= 1
    and sessions.engaged_seconds < settings.bounce_seconds
    and converted_sessions.session_id is null as is_bounce,
    sessions.started_at > coalesce(person_starts.first_started_at, visitors.first_started_at) as is_returning,
    sessions.pageviews,
    sessions.engaged_seconds,
    sessions.source_file,
    sessions.source,
    sessions.medium,
    sessions.campaign,
    sessions.content,
    sessions.term,
    sessions.origin,
    sessions.referrer_source,
    sessions.referrer_kind,
    sessions.app_source,
    sessions.device,
    sessions.country,
    sessions.consent,
    case when consent_given.consent is not null then true when trim(sessions.consent) <> '' then false end as has_consent,
    sessions.is_bot,
    sessions.started_at < timestamp '2000-01-01'
    or coalesce(sessions.started_at > sessions.captured_at + interval 2 day, false) as is_clock_suspect
from sessions
cross join settings
left join zone_days on zone_days.utc_date = cast(sessions.started_at as date)
left join visitors on visitors.visitor_id = sessions.visitor_id
left join consent_given on consent_given.consent = lower(trim(sessions.consent))
left join person_starts on person_starts.visitor_id = sessions.visitor_id
left join converted_sessions on converted_sessions.session_id = sessions.session_id
