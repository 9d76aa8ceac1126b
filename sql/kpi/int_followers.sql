/*
description: "One row an account and day: followers at the start of the day and how many came net of those who left. The stock is the platform's own where it gives one, carried forward over days without a figure; days before the first figure are reckoned back from it."
grain: [platform, account, date]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: The platform.}
  account: {unit: text, description: The account.}
  date: {unit: date, description: The day.}
  followers_at_start: {unit: count, sum: not_over_time, description: Followers at the start of the day; NULL where the platform never gives their number.}
  net: {unit: count, sum: always, description: "Followers gained less lost; else the change of their number; else those gained."}
  is_net_estimated: {unit: flag, description: Whether nothing is known about those who left.}
*/
with

accounts as (
    select * from core.fct_account_daily
),

days as (
    select
        platform,
        account,
        date,
        followers,
        followers_gained,
        followers_lost,
        net_followers,
        followers - lag(followers) over day_order as change,
        lag(date) over day_order as previous_date
    from accounts
    where coalesce(followers, followers_gained, followers_lost, net_followers) is not null
    window day_order as (
        partition by platform, account
        order by date
    )
),

net_days as (
    select
        platform,
        account,
        date,
        followers,
        case
            when followers_gained is not null and followers_lost is not null then followers_gained - followers_lost
            when net_followers is not null then net_followers
            when change is not null and date_diff('day', previous_date, date) = 1 then change
            else followers_gained - coalesce(followers_lost, 0)
        end as net,
        followers_lost is null
        and net_followers is null
        and (change is null or date_diff('day', previous_date, date) <> 1)
        and followers_gained is not null as is_net_estimated
    from days
),

-- What the stock was at the end of the day before, by the newest known one and what came since.
running as (
    select
        *,
        coalesce(sum(net) over (partition by platform, account order by date), 0) as net_until
    from net_days
),

anchors as (
    select
        *,
        last_value(followers - net_until ignore nulls) over (
            partition by platform, account order by date rows between unbounded preceding and 1 preceding
        ) as base_before,
        first_value(followers - net_until ignore nulls) over (
            partition by platform, account order by date rows between current row and unbounded following
        ) as base_after
    from running
)

select
    platform,
    account,
    date,
    cast(coalesce(base_before, base_after) + net_until - coalesce(net, 0) as bigint) as followers_at_start,
    net,
    is_net_estimated
from anchors
