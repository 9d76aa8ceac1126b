/*
description: >-
  One row a local day, conversion type, model, channel and platform: the credits of attribution.credits added up, so that models and channels can be compared over any
  time without reading every touch.
grain: [conversion_date, conversion_type, model, channel, platform]
materialise: incremental
unit: [conversion_date]
day: conversion_date
restrict:
  attribution.credits: [conversion_date]
changed:
  attribution.credits: select conversion_date from changed
owner: data-engineering
columns:
  conversion_date: {unit: date, description: Local day of the conversions.}
  conversion_type: {unit: text, description: "lead, email_signup, webinar_registration or order."}
  model: {unit: text, description: "last_non_direct, first, last, linear, position or time_decay."}
  channel: {unit: text, description: "Channel of the credited touches, Unattributed where there are none."}
  platform: {unit: text, description: "Their platform, (none) where they have none."}
  credit: {unit: number, sum: always, description: Conversions credited; models must not be added up.}
  value_reporting: {unit: money, sum: always, description: "Their value in the reporting currency; NULL where none is known."}
*/
with

credits as (
    select * from attribution.credits
)

select
    conversion_date,
    conversion_type,
    model,
    channel,
    coalesce(platform, '(none)') as platform,
    cast(sum(credit) as decimal(28, 9)) as credit,
    cast(sum(value_reporting) as decimal(18, 4)) as value_reporting
from credits
group by conversion_date, conversion_type, model, channel, coalesce(platform, '(none)')
