/*
description: One row a lead, sign-up or registration, the newest delivery of each.
grain: [lead_id]
materialise: view
owner: data-engineering
columns:
  lead_id: {unit: id, description: The lead's id as the CRM delivers it.}
  lead_kind: {unit: text, description: "What was left: lead, email_signup or webinar_registration; lead where the source says nothing."}
  email_hash: {unit: id, description: Keyed hash of the e-mail address; the address itself is stored nowhere.}
  visitor_id: {unit: id, description: "The web visitor who left it, where the form passes it on."}
  session_id: {unit: id, description: "The web session in which it was left, where the form passes it on."}
  customer_id: {unit: id, description: The customer that the lead became.}
  utm_source: {unit: text, description: Source that the form itself stored.}
  utm_medium: {unit: text, description: Medium that the form itself stored.}
  utm_campaign: {unit: text, description: Campaign that the form itself stored.}
  utm_content: {unit: text, description: Content that the form itself stored.}
  stage: {unit: text, description: "The lead's stage in the CRM, in lower case."}
  currency: {unit: text, description: "Currency of the deal value, ISO 4217 in capitals."}
  deal_value: {unit: money, sum: by_currency, description: "Value of the deal, open, won or lost."}
  is_qualified: {unit: flag, description: "Whether the lead ever reached MQL or SQL: by its instants, else by its stage."}
  is_lost: {unit: flag, description: Whether the lead is lost.}
  created_at: {unit: timestamp, description: When the lead was left (UTC).}
  meeting_at: {unit: timestamp, description: When a meeting with it was booked (UTC).}
  captured_at: {unit: timestamp, description: When the delivery was made (UTC).}
  source_file: {unit: text, description: The file under the inbox that holds the newest delivery.}
*/
with

leads as (
    select * from raw.leads
),

newest as (
    select *
    from leads
    where lead_id is not null and created_at is not null
    qualify row_number() over (
        partition by lead_id
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    lead_id,
    coalesce(nullif(lower(trim(kind)), ''), 'lead') as lead_kind,
    email_hash,
    nullif(visitor_id, '') as visitor_id,
    nullif(session_id, '') as session_id,
    nullif(customer_id, '') as customer_id,
    nullif(utm_source, '') as utm_source,
    nullif(utm_medium, '') as utm_medium,
    nullif(utm_campaign, '') as utm_campaign,
    nullif(utm_content, '') as utm_content,
    lower(trim(stage)) as stage,
    upper(trim(currency)) as currency,
    deal_value,
    mql_at is not null
        or sql_at is not null
        or meeting_at is not null
        or won_at is not null
        or coalesce(lower(trim(stage)) in ('mql', 'sql', 'meeting', 'opportunity', 'won'), false) as is_qualified,
    lost_at is not null or coalesce(lower(trim(stage)) = 'lost', false) as is_lost,
    created_at,
    meeting_at,
    captured_at,
    source_file
from newest
