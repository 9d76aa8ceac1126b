/*
description: "Every delivery of a web event, as typed; of an event that was delivered again, core.int_repeated_events says which delivery counts. Nothing is computed here, so that a night with few new events cuts the rows down before it does any work on them."
grain: [event_id, file_id, source_row]
materialise: view
owner: data-engineering
columns:
  event_id: {unit: id, description: The event's id as delivered.}
  visitor_id: {unit: id, description: "The browser's or the person's id in the tracking; NULL where the tracking may not know it."}
  session_id: {unit: id, description: "The session that the tracking assigned, where it does."}
  user_id: {unit: id, description: "The user who was logged in, by the id that the site gives them."}
  order_id: {unit: id, description: The order that the event belongs to.}
  lead_id: {unit: id, description: The lead that the event belongs to.}
  content_id: {unit: id, description: The content that the event belongs to.}
  event_name: {unit: text, description: What happened.}
  page_url: {unit: url, description: The page's whole address.}
  referrer_url: {unit: url, description: The page before.}
  user_agent: {unit: text, description: The browser's user agent.}
  utm_source: {unit: text, description: utm_source as the tracking itself read it.}
  utm_medium: {unit: text, description: utm_medium as the tracking itself read it.}
  utm_campaign: {unit: text, description: utm_campaign as the tracking itself read it.}
  utm_content: {unit: text, description: utm_content as the tracking itself read it.}
  utm_term: {unit: text, description: utm_term as the tracking itself read it.}
  utm_id: {unit: text, description: utm_id as the tracking itself read it.}
  device: {unit: text, description: The kind of device.}
  country: {unit: text, description: Country as delivered.}
  consent: {unit: text, description: The visitor's consent as delivered.}
  currency: {unit: text, description: "Currency of the value, ISO 4217 in capitals."}
  value: {unit: money, sum: by_currency, description: The event's value.}
  engaged_seconds: {unit: seconds, sum: always, description: "Time engaged since the event before, where the tracking measures it."}
  source_row: {unit: number, sum: never, description: Number of the record in its file.}
  file_id: {unit: id, description: Digest of the file's content.}
  source_file: {unit: text, description: The file under the inbox.}
  occurred_at: {unit: timestamp, description: When it happened (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
*/
select
    event_id,
    visitor_id,
    session_id,
    user_id,
    order_id,
    lead_id,
    content_id,
    event_name,
    page_url,
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
    upper(trim(currency)) as currency,
    value,
    engaged_seconds,
    source_row,
    file_id,
    source_file,
    occurred_at,
    captured_at
from raw.web_events
