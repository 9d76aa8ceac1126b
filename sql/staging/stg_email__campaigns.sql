/*
description: "One row an e-mail campaign (of a tested one, a variation) with its figures since sending, the newest delivery of each. Messages that are not e-mail are left out."
grain: [tool, account, campaign_key]
materialise: view
owner: data-engineering
columns:
  tool: {unit: text, description: "The tool that sent it: klaviyo, mailchimp or constant_contact."}
  account: {unit: text, description: "The account, empty where neither the file nor its sidecar names it."}
  campaign_key: {unit: id, description: "The tool's id of the campaign, else its name and the time of sending; with the variation where it was tested."}
  campaign: {unit: text, description: "Name of the campaign."}
  campaign_id: {unit: id, description: "Id of the campaign in the tool."}
  variation: {unit: text, description: "The variation of a tested campaign."}
  subject: {unit: text, description: "The subject line."}
  audience: {unit: text, description: "The list or segment that it went to."}
  sent: {unit: count, sum: always, description: "Recipients that it was sent to."}
  delivered: {unit: count, sum: always, description: "Recipients that it reached: as given, else those that it was sent to less those that it did not reach."}
  bounces: {unit: count, sum: always, description: "Recipients that it did not reach."}
  opens: {unit: count, sum: always, description: "Recipients who opened it."}
  total_opens: {unit: count, sum: always, description: "Times that it was opened."}
  clicks: {unit: count, sum: always, description: "Recipients who clicked in it."}
  total_clicks: {unit: count, sum: always, description: "Clicks in it."}
  unsubscribes: {unit: count, sum: always, description: "Recipients who unsubscribed."}
  spam_complaints: {unit: count, sum: always, description: "Recipients who called it spam."}
  orders: {unit: count, sum: always, description: "Orders that the tool credits to it; never added to core.fct_conversions."}
  revenue: {unit: money, sum: by_currency, description: "Revenue that the tool credits to it, in its currency."}
  currency: {unit: text, description: "Currency of the revenue, ISO 4217 in capitals."}
  sent_at: {unit: timestamp, description: When it was sent (UTC).}
  sent_date: {unit: date, description: Local day of sending.}
  captured_at: {unit: timestamp, description: When the export was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

campaigns as (
    select * from raw.email_campaigns
),

zone_days as (
    select * from config.zone_days
),

keyed as (
    select
        *,
        concat(
            coalesce(campaign_id, concat(campaign, ' ', cast(sent_at as varchar))),
            case when variation is null then '' else concat(' ', variation) end
        ) as campaign_key
    from campaigns
    where sent_at is not null and coalesce(lower(channel), 'email') = 'email'
),

newest as (
    select *
    from keyed
    qualify row_number() over (
        partition by tool, coalesce(account, ''), campaign_key
        order by captured_at desc nulls last, file_id desc, source_row desc
    ) = 1
)

select
    newest.tool,
    coalesce(newest.account, '') as account,
    newest.campaign_key,
    newest.campaign,
    newest.campaign_id,
    newest.variation,
    newest.subject,
    newest.audience,
    newest.sent,
    coalesce(newest.delivered, newest.sent - newest.bounces) as delivered,
    newest.bounces,
    newest.opens,
    newest.total_opens,
    newest.clicks,
    newest.total_clicks,
    newest.unsubscribes,
    newest.spam_complaints,
    newest.orders,
    newest.revenue,
    upper(newest.currency) as currency,
    newest.sent_at,
    cast(newest.sent_at + interval 1 second * (
        case
            when newest.sent_at < zone_days.transition_at then zone_days.offset_before_seconds
            else zone_days.offset_after_seconds
        end
    ) as date) as sent_date,
    newest.captured_at,
    newest.source_file
from newest
left join zone_days on zone_days.utc_date = cast(newest.sent_at as date)
