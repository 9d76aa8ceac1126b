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
        conversions.session_id,
        conversions.occurred_at,
        conversions.occurred_at
            - interval 1 day * coalesce(lookbacks.lookback_days, settings.lookback_days_default) as earliest_at
    from conversions
    cross join settings
    left join lookbacks on lookbacks.conversion_type = conversions.conversion_type
),

-- Paths are ordered and weighed in narrow rows; what a touch looks like is joined to those that take credit.
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
        row_number() over (
            partition by conversion_id
            order by started_at, session_id
        ) as touch_number,
        bool_or(is_known) over (partition by conversion_id) as has_known,
        bool_and(is_payment_return) over (partition by conversion_id) as has_returns_only
    from touching_sessions
),

own_touches as (
    select *
    from judged_touches
    where has_returns_only or not is_payment_return
),

-- The path that shares the credit: the known touches, or all of them where none is known. The newest touch weighs 1 in time decay, one
-- older by the half-life half of that; in whole parts, so that sums do not depend on their order.
path_touches as (
    select
        own_touches.*,
        row_number() over (
            partition by own_touches.conversion_id
            order by own_touches.touch_number
        ) as place,
        count(*) over (partition by own_touches.conversion_id) as places,
        cast(round(1000000000000 * power(
            0.5,
            (
                epoch(max(own_touches.started_at) over (partition by own_touches.conversion_id)) - epoch(own_touches.started_at)
            ) / (86400 * settings.half_life_days)
        )) as bigint) as decay_weight
    from own_touches
    cross join settings
    where own_touches.is_known = own_touches.has_known
),

running as (
    select
        *,
        cast(sum(decay_weight) over (
            partition by conversion_id
            order by place
        ) as bigint) as decay_until,
        cast(sum(decay_weight) over (partition by conversion_id) as bigint) as decay_all
    from path_touches
),

shared_models as (
    select *
    from (
        values ('linear'), ('position'), ('time_decay')
    ) as named (model)
),

-- Each touch has the part of the whole from the weights before it to those with it. Position is 40 / 20 / 40, of two touches half each:
-- with n touches the ends weigh 2 (n - 2) and the others 1, which makes 5 (n - 2).
parts as (
    select
        running.*,
        shared_models.model,
        cast(case shared_models.model
            when 'linear' then running.place - 1
            when 'time_decay' then running.decay_until - running.decay_weight
            else
                case
                    when running.places <= 2 then running.place - 1
                    when running.place = 1 then 0
                    else 2 * (running.places - 2) + running.place - 2
                end
        end as bigint) as part_from,
        cast(case shared_models.model
            when 'linear' then running.place
            when 'time_decay' then running.decay_until
            else
                case
                    when running.places <= 2 then running.place
                    when running.place = running.places then 5 * (running.places - 2)
                    else 2 * (running.places - 2) + running.place - 1
                end
        end as bigint) as part_to,
        cast(case shared_models.model
            when 'linear' then running.places
            when 'time_decay' then running.decay_all
            else case when running.places <= 2 then running.places else 5 * (running.places - 2) end
        end as bigint) as part_all
    from running
    cross join shared_models
),

credited as (
    select
        'last' as model,
        conversion_id,
        touch_number,
        session_id,
        cast(0 as bigint) as part_from,
        cast(1 as bigint) as part_to,
        cast(1 as bigint) as part_all
    from own_touches
    qualify touch_number = max(touch_number) over (partition by conversion_id)
    union all
    select 'last_non_direct', conversion_id, touch_number, session_id, 0, 1, 1 from path_touches where place = places
    union all
    select 'first', conversion_id, touch_number, session_id, 0, 1, 1 from path_touches where place = 1
    union all
    select model, conversion_id, touch_number, session_id, part_from, part_to, part_all from parts where part_to > part_from
    union all
    select models.model, windows.conversion_id, 0, null, 0, 1, 1
    from windows
    cross join (
        values ('last'), ('last_non_direct'), ('first'), ('linear'), ('position'), ('time_decay')
    ) as models (model)
    where windows.conversion_id not in (select conversion_id from touching_sessions)
)

-- Whole numbers of 64 bits where they suffice: those of 128 cost ten times as much to divide.
select
    credited.conversion_id,
    conversions.conversion_type,
    conversions.conversion_date,
    credited.model,
    credited.touch_number,
    credited.session_id,
    case when credited.session_id is null then 'Unattributed' else sessions.channel end as channel,
    sessions.platform,
    sessions.source,
    sessions.medium,
    sessions.campaign,
    sessions.content,
    cast(
        cast(
            case
                when credited.part_all = 1 then 1000000000
                when credited.part_all < 1000000000
                    then credited.part_to * 1000000000 // credited.part_all - credited.part_from * 1000000000 // credited.part_all
                else
                    cast(credited.part_to as hugeint) * 1000000000 // credited.part_all
                    - cast(credited.part_from as hugeint) * 1000000000 // credited.part_all
            end as decimal(10, 0)
        ) * cast(0.000000001 as decimal(9, 9))
        as decimal(12, 9)
    ) as credit,
    case
        when credited.part_all = 1 then conversions.value_reporting
        else cast(
            cast(
                case
                    when credited.part_all < 1000000000 and abs(conversions.value_reporting) < 100000
                        then
                            credited.part_to * cast(conversions.value_reporting * 10000 as bigint) // credited.part_all
                            - credited.part_from * cast(conversions.value_reporting * 10000 as bigint) // credited.part_all
                    else
                        credited.part_to * cast(conversions.value_reporting * 10000 as hugeint) // credited.part_all
                        - credited.part_from * cast(conversions.value_reporting * 10000 as hugeint) // credited.part_all
                end as decimal(28, 0)
            ) * cast(0.0001 as decimal(4, 4))
            as decimal(18, 4)
        )
    end as value_reporting,
    coalesce(sessions.is_social, false) as is_social,
    coalesce(sessions.is_paid, false) as is_paid,
    sessions.has_consent
from credited
inner join conversions on conversions.conversion_id = credited.conversion_id
left join sessions on sessions.session_id = credited.session_id
