/*
description: "One row an e-mail campaign (of a tested one, a variation) with its figures since sending, the newest delivery of each. Recipients are counted once a campaign and again at the next one."
grain: [tool, account, campaign_key]
materialise: table
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
    select * from staging.stg_email__campaigns
)

select
    tool,
    account,
    campaign_key,
    campaign,
    campaign_id,
    variation,
    subject,
    audience,
    sent,
    delivered,
    bounces,
    opens,
    total_opens,
    clicks,
    total_clicks,
    unsubscribes,
    spam_complaints,
    orders,
    revenue,
    currency,
    sent_at,
    sent_date,
    captured_at,
    source_file
from campaigns
