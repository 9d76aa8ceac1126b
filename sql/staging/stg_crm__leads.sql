/*
description: "One row a lead, sign-up or registration, the newest delivery of each. A deal of a contact that is delivered too is part of that contact's lead: its value, meeting and outcome are the lead's."
grain: [lead_id]
materialise: table
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
  deal_value: {unit: money, sum: by_currency, description: "Value of the deal, open, won or lost; of several deals the sum of those that are not lost, or of all where all are."}
  has_kind: {unit: flag, description: "Whether the source says what was left."}
  is_qualified: {unit: flag, description: "Whether the lead ever reached MQL or SQL: by its instants, else by its stage; every deal did."}
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

deals_of_leads as (
    select * from staging.stg_crm__deals_of_leads
),

newest as (
    select *
    from leads
    where lead_id is not null and created_at is not null
    qualify row_number() over (
        partition by lead_id
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
),

judged as (
    select
        *,
        lower(trim(stage)) as stage_name,
        mql_at is not null
        or sql_at is not null
        or meeting_at is not null
        or won_at is not null
        or coalesce(lower(trim(stage)) in ('mql', 'sql', 'meeting', 'opportunity', 'won'), false)
        -- A deal is an opportunity, also one that was lost before anybody wrote down more.
        or coalesce(export_kind in ('deals', 'opportunities'), false) as is_qualified,
        lost_at is not null or coalesce(lower(trim(stage)) = 'lost', false) as is_lost
    from newest
),

deals as (
    select
        deals_of_leads.lead_id,
        max(upper(trim(judged.currency))) as currency,
        coalesce(
            sum(judged.deal_value) filter (where not judged.is_lost),
            sum(judged.deal_value)
        ) as deal_value,
        bool_or(judged.is_qualified) as is_qualified,
        bool_and(judged.is_lost) as is_lost,
        bool_or(judged.won_at is not null or judged.stage_name = 'won') as is_won,
        min(judged.meeting_at) as meeting_at,
        max(judged.captured_at) as captured_at
    from deals_of_leads
    inner join judged on judged.lead_id = deals_of_leads.deal_id
    group by deals_of_leads.lead_id
)

select
    judged.lead_id,
    coalesce(nullif(lower(trim(judged.kind)), ''), 'lead') as lead_kind,
    judged.email_hash,
    nullif(judged.visitor_id, '') as visitor_id,
    nullif(judged.session_id, '') as session_id,
    nullif(judged.customer_id, '') as customer_id,
    nullif(trim(judged.utm_source), '') as utm_source,
    nullif(trim(judged.utm_medium), '') as utm_medium,
    nullif(trim(judged.utm_campaign), '') as utm_campaign,
    nullif(trim(judged.utm_content), '') as utm_content,
    case
        when deals.is_won then 'won'
        when deals.is_lost then 'lost'
        else judged.stage_name
    end as stage,
    coalesce(deals.currency, upper(trim(judged.currency))) as currency,
    case when deals.lead_id is null then judged.deal_value else deals.deal_value end as deal_value,
    coalesce(trim(judged.kind), '') <> '' as has_kind,
    judged.is_qualified or coalesce(deals.is_qualified, false) as is_qualified,
    coalesce(deals.is_lost, judged.is_lost) as is_lost,
    judged.created_at,
    coalesce(judged.meeting_at, deals.meeting_at) as meeting_at,
    greatest(judged.captured_at, coalesce(deals.captured_at, judged.captured_at)) as captured_at,
    judged.source_file
from judged
left join deals on deals.lead_id = judged.lead_id
left join deals_of_leads on deals_of_leads.deal_id = judged.lead_id
where deals_of_leads.deal_id is null
