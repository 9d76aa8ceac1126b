/*
description: "Every delivery of a web session, as typed; a session that was delivered again has several rows, of which core.fct_sessions takes the newest. Nothing is computed here, so that a night with few new sessions cuts the rows down before it does any work on them."
grain: [session_id, file_id, source_row]
materialise: view
owner: data-engineering
columns:
  session_id: {unit: id, description: The session's id as delivered.}
  visitor_id: {unit: id, description: The browser's or the person's id in the tracking.}
  landing_url: {unit: url, description: The first page's whole address with its tags.}
  referrer_url: {unit: url, description: The page that the visitor came from.}
  user_agent: {unit: text, description: The browser's user agent.}
  utm_source: {unit: text, description: utm_source as the tracking itself read it.}
  utm_medium: {unit: text, description: utm_medium as the tracking itself read it.}
  utm_campaign: {unit: text, description: utm_campaign as the tracking itself read it.}
  utm_content: {unit: text, description: utm_content as the tracking itself read it.}
  utm_term: {unit: text, description: utm_term as the tracking itself read it.}
  utm_id: {unit: text, description: utm_id as the tracking itself read it.}
  device: {unit: text, description: The kind of device.}
  country: {unit: text, description: Country code.}
  consent: {unit: text, description: The visitor's consent as delivered.}
  pageviews: {unit: count, sum: always, description: Pages seen.}
  engaged_seconds: {unit: seconds, sum: always, description: Time engaged.}
  source_row: {unit: number, sum: never, description: Number of the record in its file.}
  file_id: {unit: id, description: Digest of the file's content.}
  source_file: {unit: text, description: The file under the inbox.}
  started_at: {unit: timestamp, description: When the session began (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
*/
select
    session_id,
    visitor_id,
    landing_url,
    referrer_url,
    user_agent,
    utm_source,
    utm_medium,
    utm_campaign,
    utm_content,
    utm_term,
    utm_id,
    device,
    country,
    consent,
    pageviews,
    engaged_seconds,
    source_row,
    file_id,
    source_file,
    started_at,
    captured_at
from raw.web_sessions
