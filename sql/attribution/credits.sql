/*
description: >-
  One row a conversion, model and credited touch. Touches are the sessions of the conversion's visitors within its lookback (to the second,
  both ends included), and the session it is linked to if that lies within. Direct and payment returns take no credit where another touch
  is known; only the model last takes the last touch as it is (but no payment return). A conversion without any touch has one row, channel Unattributed.
  Credits of a conversion and model sum to exactly 1 and their values to the conversion's value: each is cut to its decimals, the rest
  goes to the credited touch closest to the conversion.
grain: [conversion_id, model, touch_number]
materialise: incremental
unit: [conversion_id]
day: conversion_date
restrict:
  core.fct_conversions: [conversion_id]
  core.int_conversion_visitors: [conversion_id]
  core.fct_sessions: >-
    visitor_id in (
    select wanted.visitor_id from core.int_conversion_visitors as wanted
    where wanted.conversion_id in (select conversion_id from units))
    or session_id in (
    select wanted.session_id from core.fct_conversions as wanted
    where wanted.conversion_id in (select conversion_id from units) and wanted.session_id is not null)
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
*/
with

conversions as (
    select * from core.fct_conversions
),

conversion_visitors as (
    select * from core.int_conversion_visitors
),

sessions as (
    select * from core.fct_sessions
),

lookbacks as (
    select * from config.lookbacks
),

settings as (
    select * from config.settings
),

models as (
    select *
    from (
        values ('last_non_direct'), ('first'), ('last'), ('linear'), ('position'), ('time_decay')
    ) as named (model)
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

touching_sessions as (
    select
        windows.conversion_id,
        windows.occurred_at,
        sessions.session_id
    from windows
    inner join conversion_visitors on conversion_visitors.conversion_id = windows.conversion_id
    inner join sessions
        on
            sessions.visitor_id = conversion_visitors.visitor_id
            and sessions.started_at between windows.earliest_at and windows.occurred_at
    union
    select
        windows.conversion_id,
        windows.occurred_at,
        sessions.session_id
    from windows
    inner join sessions
        on
            sessions.session_id = windows.session_id
            and sessions.started_at between windows.earliest_at and windows.occurred_at
),

touches as (
    select
        touching_sessions.conversion_id,
        touching_sessions.session_id,
        sessions.started_at,
        sessions.channel <> 'Direct' as is_known,
        sessions.channel = 'Direct' and coalesce(sessions.referrer_kind = 'payment', false) as is_payment_return,
        row_number() over (
            partition by touching_sessions.conversion_id
            order by sessions.started_at, touching_sessions.session_id
        ) as touch_number
    from touching_sessions
    inner join sessions on sessions.session_id = touching_sessions.session_id
),

judged_touches as (
    select
        *,
        bool_or(is_known) over (partition by conversion_id) as has_known,
        bool_and(is_payment_return) over (partition by conversion_id) as has_returns_only
    from touches
),

-- The path that shares the credit: the known touches, or all of them where none is known.
path_touches as (
    select
        conversion_id,
        session_id,
        started_at,
        touch_number,
        row_number() over (
            partition by conversion_id
            order by touch_number
        ) as place,
        count(*) over (partition by conversion_id) as places,
        max(started_at) over (partition by conversion_id) as newest_at
    from judged_touches
    where is_known = has_known and (has_returns_only or not is_payment_return)
),

weighted as (
    select
        path_touches.conversion_id,
        path_touches.session_id,
        path_touches.touch_number,
        path_touches.place,
        models.model,
        cast(case models.model
            when 'last_non_direct' then case when path_touches.place = path_touches.places then 1 else 0 end
            when 'first' then case when path_touches.place = 1 then 1 else 0 end
            when 'linear' then 1
            -- 40 / 20 / 40; of two touches half each; all to a single one. In 2 (n - 2) parts of a fifth, so that the weights are whole.
            when 'position' then
                case
                    when path_touches.places <= 2 then 1
                    when path_touches.place in (1, path_touches.places) then 2 * (path_touches.places - 2)
                    else 1
                end
            -- The newest touch weighs 1; a touch older by the half-life weighs half of that.
            when 'time_decay' then
                round(1000000000000 * power(
                    0.5,
                    (epoch(path_touches.newest_at) - epoch(path_touches.started_at)) / (86400 * settings.half_life_days)
                ))
        end as hugeint) as weight
    from path_touches
    cross join models
    cross join settings
    where models.model <> 'last'
    union all
    select
        conversion_id,
        session_id,
        touch_number,
        touch_number as place,
        'last' as model,
        cast(1 as hugeint) as weight
    from judged_touches
    where has_returns_only or not is_payment_return
    qualify touch_number = max(touch_number) over (partition by conversion_id)
),

credited as (
    select
        *,
        sum(weight) over (partition by conversion_id, model) as weights,
        row_number() over (
            partition by conversion_id, model
            order by place desc
        ) as from_the_end
    from weighted
    where weight > 0
),

shares as (
    select
        credited.conversion_id,
        credited.model,
        credited.session_id,
        credited.touch_number,
        credited.from_the_end,
        cast(credited.weight * 1000000000 // credited.weights as decimal(10, 0)) as billionths,
        cast(cast(conversions.value_reporting * 10000 as hugeint) * credited.weight // credited.weights as decimal(28, 0)) as value_units,
        cast(conversions.value_reporting * 10000 as decimal(28, 0)) as value_units_whole
    from credited
    inner join conversions on conversions.conversion_id = credited.conversion_id
),

exact as (
    select
        conversion_id,
        model,
        session_id,
        touch_number,
        case
            when from_the_end = 1
                then 1000000000 - (sum(billionths) over (partition by conversion_id, model) - billionths)
            else billionths
        end as billionths,
        case
            when from_the_end = 1
                then value_units_whole - (sum(value_units) over (partition by conversion_id, model) - value_units)
            else value_units
        end as value_units
    from shares
)

select
    conversions.conversion_id,
    conversions.conversion_type,
    conversions.conversion_date,
    models.model,
    coalesce(exact.touch_number, 0) as touch_number,
    exact.session_id,
    case when exact.session_id is null then 'Unattributed' else sessions.channel end as channel,
    sessions.platform,
    coalesce(sessions.source, sessions.referrer_source, sessions.app_source) as source,
    sessions.medium,
    sessions.campaign,
    sessions.content,
    cast(case
        when exact.session_id is null then 1
        else exact.billionths * cast(0.000000001 as decimal(9, 9))
    end as decimal(12, 9)) as credit,
    cast(case
        when exact.session_id is null then conversions.value_reporting
        else exact.value_units * cast(0.0001 as decimal(4, 4))
    end as decimal(18, 4)) as value_reporting,
    coalesce(sessions.is_social, false) as is_social,
    coalesce(sessions.is_paid, false) as is_paid
from conversions
cross join models
left join exact
    on
        exact.conversion_id = conversions.conversion_id
        and exact.model = models.model
left join sessions on sessions.session_id = exact.session_id
