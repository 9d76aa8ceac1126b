/*
description: "One row a measure of accounts, day, dimension and member. Unique counts are given by account only, never for a platform or the whole."
grain: [date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: not_over_time, description: "The amount of the day, money in the reporting currency; stocks and unique counts must not be added up over days."}
*/
with

accounts_daily as (
    select * from core.fct_account_daily
),

followers as (
    select * from kpi.int_followers
),

measures as (
    select * from config.measures
),

measure_dimensions as (
    select * from config.measure_dimensions
),

labelled as (
    select
        accounts_daily.date,
        accounts_daily.platform,
        concat(accounts_daily.platform, ': ', accounts_daily.account) as account,
        accounts_daily.profile_visits,
        coalesce(accounts_daily.profile_link_clicks, accounts_daily.link_clicks) as profile_link_clicks,
        accounts_daily.reach,
        accounts_daily.impressions,
        accounts_daily.unique_viewers,
        accounts_daily.returning_viewers,
        accounts_daily.engaged_audience,
        coalesce(accounts_daily.followers, followers.followers_at_start) as followers,
        followers.followers_at_start,
        followers.net,
        followers.is_net_estimated
    from accounts_daily
    left join followers
        on
            followers.platform = accounts_daily.platform
            and followers.account = accounts_daily.account
            and followers.date = accounts_daily.date
),

counted as (
    select
        date,
        case
            when grouping(platform) = 0 then 'platform'
            when grouping(account) = 0 then 'account'
            else 'all'
        end as dimension,
        coalesce(platform, account, 'all') as member,
        sum(profile_visits) as profile_visits,
        sum(case when profile_visits is not null then profile_link_clicks end) as profile_link_clicks,
        sum(case when profile_link_clicks is not null then profile_visits end) as profile_visits_with_clicks,
        sum(case when followers_at_start is not null then net end) as followers_net,
        sum(case when followers_at_start is not null and is_net_estimated then 1 end) as followers_net_estimated,
        sum(followers_at_start) as followers_at_start,
        max(reach) as reach,
        max(case when reach is not null then impressions end) as impressions_of_account,
        max(case when returning_viewers is not null then unique_viewers end) as unique_viewers,
        max(case when unique_viewers is not null then returning_viewers end) as returning_viewers,
        max(case when followers > 0 then engaged_audience end) as engaged_followers,
        max(case when engaged_audience is not null then followers end) as followers_with_engaged
    from labelled
    group by grouping sets (
        (date),
        (date, platform),
        (date, account)
    )
)

select
    date,
    measure,
    dimension,
    member,
    value
from (
    select
        counted.date,
        measure_dimensions.measure,
        counted.dimension,
        counted.member,
        cast(case measure_dimensions.measure
            when 'profile_visits' then counted.profile_visits
            when 'profile_link_clicks' then counted.profile_link_clicks
            when 'profile_visits_with_clicks' then counted.profile_visits_with_clicks
            when 'followers_net' then counted.followers_net
            when 'followers_net_estimated' then counted.followers_net_estimated
            when 'followers_at_start' then counted.followers_at_start
            when 'reach' then counted.reach
            when 'impressions_of_account' then counted.impressions_of_account
            when 'unique_viewers' then counted.unique_viewers
            when 'returning_viewers' then counted.returning_viewers
            when 'engaged_followers' then counted.engaged_followers
            when 'engaged_followers_estimated' then counted.engaged_followers
            when 'followers_with_engaged' then counted.followers_with_engaged
        end as decimal(28, 9)) as value
    from counted
    inner join measure_dimensions on measure_dimensions.dimension = counted.dimension
    inner join measures on measures.measure = measure_dimensions.measure
    where measures.kind <> 'unique' or counted.dimension = 'account'
) as measured
where value is not null
