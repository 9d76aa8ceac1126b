/*
description: "One row a customer and a touch that takes credit for the customer's first order under the attribution model of settings.yml; the credits of a customer add up to 1."
grain: [customer_key, touch_number]
materialise: table
owner: data-engineering
columns:
  customer_key: {unit: id, description: The customer.}
  touch_number: {unit: number, sum: never, description: Place of the touch on the way to the first order.}
  channel: {unit: text, description: Channel of the touch; Unattributed where there is none.}
  platform: {unit: text, description: Platform of the touch.}
  campaign: {unit: text, description: Campaign of the touch.}
  consent: {unit: text, description: "given, refused or (none)."}
  is_social: {unit: flag, description: Whether the touch came from a social platform.}
  credit: {unit: number, sum: always, description: "Share of the customer that the touch takes, 0 to 1."}
*/
with

customers as (
    select * from kpi.int_customers
),

credits as (
    select * from attribution.credits
),

settings as (
    select * from config.settings
)

select
    customers.customer_key,
    credits.touch_number,
    credits.channel,
    coalesce(credits.platform, '(none)') as platform,
    coalesce(credits.campaign, '(none)') as campaign,
    case when credits.has_consent then 'given' when not credits.has_consent then 'refused' else '(none)' end as consent,
    credits.is_social,
    credits.credit
from customers
inner join credits on credits.conversion_id = customers.first_conversion_id
inner join settings on settings.attribution_model = credits.model
