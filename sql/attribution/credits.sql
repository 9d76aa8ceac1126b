/*
description: >-
  One row a conversion, model and credited touch. Touches are the sessions of the conversion's visitors within its lookback (to the second,
  both ends included), and the session it is linked to if that lies within. Direct and payment returns take no credit where another touch
  is known; only the model last takes the last touch as it is (but no payment return). A conversion without any touch has one row, channel Unattributed.
  Credits of a conversion and model sum to exactly 1 and their values to the conversion's value: it is the running totals along the path
  that are cut to nine (values: four) decimals, a touch has the difference of two of them.
grain: [conversion_id, model, touch_number]
materialise: incremental
unit: [conversion_id]
day: conversion_date
restrict:
  core.fct_conversions: [conversion_id]
  core.int_conversion_visitors: [conversion_id]
changed:
  core.fct_conversions: select conversion_id from changed
  core.int_conversion_visitors: select conversion_id from changed
  core.fct_sessions: >-
    select conversion_id from core.int_conversion_visitors
    where visitor_id in (select visitor_id from changed where visitor_id is not null)
    union
    select conversion_id from core.fct_conversions
    where session_id in (select session_id from changed)
owner: data-engineering
columns:
  conversion_id: {unit: id, description: The conversion.}
  conversion_type: {unit: text, description: "lead, email_signup, webinar_registration or order."}
  conversion_date: {unit: date, description: Local day of the conversion; credits count on it.}
  model: {unit: text, description: "last_non_direct, first, last, linear, position or time_decay."}
  touch_number: {unit: number, sum: never, description: "Place of the touch among all touches of the conversion from 1, the first; 0 where there is none."}
  session_id: {unit: id, description: The session that takes the credit; NULL where there is none.}
  channel: {unit: text, description: Channel of that session; Unattributed where there is none.}
  platform: {unit: text, description: Platform of that session.}
  source: {unit: text, description: "Source of that session: as tagged and mended, else the site or app it came from."}
  medium: {unit: text, description: "Medium of that session, as mended."}
  campaign: {unit: text, description: "Campaign of that session, as mended."}
  content: {unit: text, description: "utm_content of that session, as mended."}
  credit: {unit: number, sum: always, description: "Share of the conversion that the touch takes, 0 to 1."}
  value_reporting: {unit: money, sum: always, description: The touch's share of the conversion's value in the reporting currency; NULL where that is.}
  is_social: {unit: flag, description: Whether the touch came from a social platform.}
  is_paid: {unit: flag, description: Whether the touch was paid for.}
  has_consent: {unit: flag, description: Whether its visitor consented; NULL where nothing is stated or there is no touch.}
*/
with

conversions as (
    select * from core.fct_conversions
),

conversion_visitors as (
    select * from core.int_conversion_visitors
),

-- Millions of sessions, of which few belong to anybody who converted: read once, and only what is needed. In an incremental run the
-- conversions and their visitors are those of the affected units, so this is what cuts the sessions down.
sessions as (
    select
        session_id,
        visitor_id,
        started_at,
        channel,
        platform,
        coalesce(source, referrer_source, app_source) as source,
        medium,
        campaign,
        content,
        is_social,
        is_paid,
        has_consent,
        channel <> 'Direct' as is_known,
        channel = 'Direct' and coalesce(referrer_kind = 'payment', false) as is_payment_return
    from core.fct_sessions
    where
        visitor_id in (select visitor_id from core.int_conversion_visitors)
        or session_id in (select session_id from core.fct_conversions where session_id is not null)
),

lookbacks as (
    select * from config.lookbacks
),

settings as (
    select * from config.settings
),

windows as (
    select
        conversions.conversion_id,
        conversions.conversion_type,
        conversions.conversion_date,
        conversions.session_id,
        conversions.occurred_at,
        conversions.occurred_at
            - interval 1 day * coalesce(lookbacks.lookback_days, settings.lookback_days_default) as earliest_at,
        conversions.value_reporting,
        cast(conversions.value_reporting * 10000 as bigint) as value_units,
        abs(conversions.value_reporting) >= 100000000 as is_large
    from conversions
    cross join settings
    left join lookbacks on lookbacks.conversion_type = conversions.conversion_type
),

-- Paths are ordered and weighed in narrow rows; what a touch looks like is joined once they are weighed.
touching_sessions as (
    select
        windows.conversion_id,
        sessions.session_id,
        sessions.started_at,
        sessions.is_known,
        sessions.is_payment_return
    from windows
    inner join conversion_visitors on conversion_visitors.conversion_id = windows.conversion_id
    inner join sessions
        on
            sessions.visitor_id = conversion_visitors.visitor_id
            and sessions.started_at between windows.earliest_at and windows.occurred_at
    union
    select
        windows.conversion_id,
        sessions.session_id,
        sessions.started_at,
        sessions.is_known,
        sessions.is_payment_return
    from windows
    inner join sessions
        on
            sessions.session_id = windows.session_id
            and sessions.started_at between windows.earliest_at and windows.occurred_at
),

judged_touches as (
    select
        *,
        row_number() over in_order as touch_number,
        bool_or(is_known) over of_conversion as has_known,
        bool_and(is_payment_return) over of_conversion as has_returns_only,
        max(started_at) over of_conversion as newest_at,
        max(case when is_known then started_at end) over of_conversion as newest_known_at,
        max(case when not is_payment_return then started_at end) over of_conversion as newest_own_at
    from touching_sessions
    window
        of_conversion as (partition by conversion_id),
        in_order as (partition by conversion_id order by started_at, session_id)
),

-- The path that shares the credit: the known touches, or all of them where none is known. The newest touch weighs 1 in time decay, one
-- older by the half-life half of that; in whole parts, so that sums do not depend on their order.
weighed_touches as (
    select
        judged_touches.conversion_id,
        judged_touches.session_id,
        judged_touches.touch_number,
        case when judged_touches.is_known = judged_touches.has_known then 1 else 0 end as on_path,
        case
            when judged_touches.is_known = judged_touches.has_known then
                cast(round(1000000000000 * power(
                    0.5,
                    (
                        epoch(case
                            when judged_touches.has_known then judged_touches.newest_known_at
                            when judged_touches.has_returns_only then judged_touches.newest_at
                            else judged_touches.newest_own_at
                        end) - epoch(judged_touches.started_at)
                    ) / (86400 * settings.half_life_days)
                )) as bigint)
            else 0
        end as decay_weight
    from judged_touches
    cross join settings
    where judged_touches.has_returns_only or not judged_touches.is_payment_return
),

running as (
    select
        conversion_id,
        session_id,
        touch_number,
        on_path = 1 as is_on_path,
        touch_number = max(touch_number) over of_conversion as is_last,
        cast(sum(on_path) over in_order as bigint) as place,
        cast(sum(on_path) over of_conversion as bigint) as places,
        decay_weight,
        cast(sum(decay_weight) over in_order as bigint) as decay_until,
        cast(sum(decay_weight) over of_conversion as bigint) as decay_all
    from weighed_touches
    window
        of_conversion as (partition by conversion_id),
        in_order as (partition by conversion_id order by touch_number)
),

-- What the touches look like, before they are told once for each model.
described as (
    select
        running.*,
        windows.conversion_type,
        windows.conversion_date,
        windows.value_reporting,
        windows.value_units,
        sessions.channel,
        sessions.platform,
        sessions.source,
        sessions.medium,
        sessions.campaign,
        sessions.content,
        sessions.is_social,
        sessions.is_paid,
        sessions.has_consent,
        windows.is_large or running.places > 100000 as is_large
    from running
    inner join windows on windows.conversion_id = running.conversion_id
    inner join sessions on sessions.session_id = running.session_id
),

models as (
    select *
    from (
        values ('last'), ('last_non_direct'), ('first'), ('linear'), ('position'), ('time_decay')
    ) as named (model)
),

-- Each touch has the part of the whole from the weights before it to those with it. Position is 40 / 20 / 40, of two touches half each:
-- with n touches the ends weigh 2 (n - 2) and the others 1, which makes 5 (n - 2).
parts as (
    select
        described.*,
        models.model,
        case models.model
            when 'linear' then described.place - 1
            when 'time_decay' then described.decay_until - described.decay_weight
            when 'position' then
                case
                    when described.places <= 2 then described.place - 1
                    when described.place = 1 then 0
                    else 2 * (described.places - 2) + described.place - 2
                end
            else 0
        end as part_from,
        case models.model
            when 'linear' then described.place
            when 'time_decay' then described.decay_until
            when 'position' then
                case
                    when described.places <= 2 then described.place
                    when described.place = described.places then 5 * (described.places - 2)
                    else 2 * (described.places - 2) + described.place - 1
                end
            else 1
        end as part_to,
        case models.model
            when 'linear' then described.places
            when 'time_decay' then described.decay_all
            when 'position' then case when described.places <= 2 then described.places else 5 * (described.places - 2) end
            else 1
        end as part_all
    from described
    cross join models
    where case models.model
        when 'last' then described.is_last
        when 'last_non_direct' then described.is_on_path and described.place = described.places
        when 'first' then described.is_on_path and described.place = 1
        when 'time_decay' then described.decay_weight > 0
        else described.is_on_path
    end
),

-- The running totals are cut, in whole numbers of 64 bits where they suffice: those of 128 cost ten times as much to divide. The weights of
-- time decay are too long for them and are divided as fractions, which give every machine the same total and the last touch exactly all.
divided as (
    select
        *,
        case
            when part_all = 1 then 1000000000
            when model = 'time_decay' then
                cast(floor(1000000000 * (cast(part_to as double) / part_all)) as bigint)
                - cast(floor(1000000000 * (cast(part_from as double) / part_all)) as bigint)
            else part_to * 1000000000 // part_all - part_from * 1000000000 // part_all
        end as credit_units,
        case
            when part_all = 1 or is_large then null
            when model = 'time_decay' then
                cast(floor(value_units * (cast(part_to as double) / part_all)) as bigint)
                - cast(floor(value_units * (cast(part_from as double) / part_all)) as bigint)
            else part_to * value_units // part_all - part_from * value_units // part_all
        end as part_units
    from parts
)

select
    conversion_id,
    conversion_type,
    conversion_date,
    model,
    touch_number,
    session_id,
    channel,
    platform,
    source,
    medium,
    campaign,
    content,
    cast(cast(credit_units as double) / 1000000000 as decimal(12, 9)) as credit,
    case
        when part_all = 1 then value_reporting
        when not is_large then cast(cast(part_units as double) / 10000 as decimal(18, 4))
        else cast(
            cast(
                part_to * cast(value_units as hugeint) // part_all - part_from * cast(value_units as hugeint) // part_all
                as decimal(28, 0)
            ) * cast(0.0001 as decimal(4, 4))
            as decimal(18, 4)
        )
    end as value_reporting,
    coalesce(is_social, false) as is_social,
    coalesce(is_paid, false) as is_paid,
    has_consent
from divided
union all
select
    windows.conversion_id,
    windows.conversion_type,
    windows.conversion_date,
    models.model,
    0,
    null,
    'Unattributed',
    null,
    null,
    null,
    null,
    null,
    1,
    windows.value_reporting,
    false,
    false,
    null
from windows
cross join models
where windows.conversion_id not in (select conversion_id from touching_sessions)
