/*
description: >-
  One row a week and channel: the role that channels.yml gives it, and the one that its visits play: how many conversions began with it
  (the first touch) against how many ended with it (the last), over the four weeks up to it.
grain: [week_start_date, channel]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the last of the four weeks.}
  channel: {unit: text, description: The channel.}
  role: {unit: text, description: "discovery, community or conversion, as channels.yml has it for the channel."}
  ownership: {unit: text, description: "owned, paid or earned."}
  owner: {unit: text, description: Who answers for it.}
  opened: {unit: number, sum: not_over_time, description: Conversions whose first touch it was.}
  assisted: {unit: number, sum: not_over_time, description: "Conversions credited to it when all touches share equally."}
  closed: {unit: number, sum: not_over_time, description: Conversions whose last touch it was.}
  opening_share: {unit: share, description: "Opened of opened and closed; one half where it opens as often as it closes."}
  role_seen: {unit: text, description: "discovery: it opens more than it closes, beyond chance; conversion: the other way round; both; not_enough_data."}
  is_as_planned: {unit: flag, description: "Whether the role seen is the one given; NULL for community, for both and without enough data."}
*/
with

credits as (
    select * from attribution.credits
),

channels as (
    select * from core.dim_channels
),

periods as (
    select * from kpi.int_periods
),

creative as (
    select * from config.creative
),

weekly as (
    select
        channel,
        cast(date_trunc('week', conversion_date) as date) as week_start_date,
        sum(case when model = 'first' then credit end) as opened,
        sum(case when model = 'linear' then credit end) as assisted,
        sum(case when model = 'last' then credit end) as closed
    from credits
    where model in ('first', 'linear', 'last') and session_id is not null
    group by channel, cast(date_trunc('week', conversion_date) as date)
),

-- A channel whose platforms have roles of their own is shown with that of the others.
roles as (
    select channel, role, ownership, owner
    from channels
    where platform = 'all'
),

summed as (
    select
        periods.period_start_date as week_start_date,
        weekly.channel,
        coalesce(sum(weekly.opened), 0) as opened,
        coalesce(sum(weekly.assisted), 0) as assisted,
        coalesce(sum(weekly.closed), 0) as closed
    from periods
    inner join weekly
        on
            weekly.week_start_date between cast(periods.period_start_date - interval 21 day as date) and periods.period_start_date
    where periods.period = 'week'
    group by periods.period_start_date, weekly.channel
),

doubles as (
    select
        summed.*,
        cast(nullif(summed.opened + summed.closed, 0) as double) as n,
        cast(summed.opened as double) / cast(nullif(summed.opened + summed.closed, 0) as double) as share,
        creative.standard_errors as z
    from summed
    cross join creative
),

seen as (
    select
        *,
        case
            when n is null or n < 20 then 'not_enough_data'
            when (share + z * z / (2 * n) - z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n) > 0.5 then 'discovery'
            when (share + z * z / (2 * n) + z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))) / (1 + z * z / n) < 0.5 then 'conversion'
            else 'both'
        end as role_seen
    from doubles
)

select
    seen.week_start_date,
    seen.channel,
    roles.role,
    roles.ownership,
    roles.owner,
    cast(seen.opened as decimal(28, 9)) as opened,
    cast(seen.assisted as decimal(28, 9)) as assisted,
    cast(seen.closed as decimal(28, 9)) as closed,
    cast(round(seen.share, 6) as decimal(9, 6)) as opening_share,
    seen.role_seen,
    case
        when seen.role_seen in ('discovery', 'conversion') and roles.role in ('discovery', 'conversion') then seen.role_seen = roles.role
    end as is_as_planned
from seen
left join roles on roles.channel = seen.channel
