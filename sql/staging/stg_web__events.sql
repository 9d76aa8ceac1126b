/*
description: One row a web event, the newest delivery of each, as typed.
grain: [event_id]
materialise: view
owner: data-engineering
columns:
  event_id: {unit: id, description: The event's id as delivered.}
  visitor_id: {unit: id, description: The browser's or the person's id in the tracking.}
  session_id: {unit: id, description: "The session that the tracking assigned, where it does."}
  order_id: {unit: id, description: The order that the event belongs to.}
  lead_id: {unit: id, description: The lead that the event belongs to.}
  content_id: {unit: id, description: The content that the event belongs to.}
  event_name: {unit: text, description: What happened.}
  page_url: {unit: url, description: The page's whole address.}
  referrer_url: {unit: url, description: The page before.}
  user_agent: {unit: text, description: The browser's user agent.}
  device: {unit: text, description: The kind of device.}
  country: {unit: text, description: Country code.}
  consent: {unit: text, description: The visitor's consent as delivered.}
  currency: {unit: text, description: "Currency of the value, ISO 4217 in capitals."}
  value: {unit: money, sum: by_currency, description: The event's value.}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
  occurred_at: {unit: timestamp, description: When it happened (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
*/
with

events as (
    select * from raw.web_events
),

newest as (
    select *
    from events
    qualify row_number() over (
        partition by event_id
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    event_id,
    visitor_id,
    session_id,
    order_id,
    lead_id,
    content_id,
    event_name,
    page_url,
    referrer_url,
    user_agent,
    device,
    country,
    consent,
    upper(trim(currency)) as currency,
    value,
    source_file,
    occurred_at,
    captured_at
from newest
