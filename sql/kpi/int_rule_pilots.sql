/*
description: >-
  One row a judged week and pilot with spend in it: a campaign on social platforms whose name fits the pattern of decision_rules.yml or that
  is listed there. Its time runs from its first day with spend, or from the day that is given there.
grain: [week_start_date, subject]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the judged week.}
  subject: {unit: text, description: "The campaign, in lower case."}
  spend: {unit: money, sum: always, description: Its spend of the week.}
  all_spend: {unit: money, sum: never, description: Spend of the week on all ads on social platforms.}
  first_date: {unit: date, description: First day of its time.}
  last_date: {unit: date, description: Last day of its time.}
*/
with

ads as (
    select * from kpi.int_rule_ads
    where spend > 0
),

ads_daily as (
    select * from core.fct_ads_daily
    where spend_reporting > 0 and campaign is not null
),

weeks as (
    select * from kpi.int_rule_weeks
),

social_platforms as (
    select * from config.social_ad_platforms
),

listed as (
    select * from config.pilot_campaigns
),

parameters as (
    select * from config.decision_rule_parameters
),

first_days as (
    select
        lower(trim(ads_daily.campaign)) as campaign,
        min(ads_daily.date) as first_date
    from ads_daily
    inner join social_platforms on social_platforms.platform = ads_daily.platform
    group by lower(trim(ads_daily.campaign))
),

all_spend as (
    select
        week_start_date,
        sum(spend) as spend
    from ads
    where subject_kind = 'channel'
    group by week_start_date
),

pilots as (
    select
        ads.week_start_date,
        ads.subject,
        ads.spend,
        coalesce(listed.starts, first_days.first_date, ads.week_start_date) as first_date,
        coalesce(listed.days, parameters.pilots_days) as days
    from ads
    inner join weeks on weeks.week_start_date = ads.week_start_date
    cross join parameters
    left join listed on listed.campaign = ads.subject
    left join first_days on first_days.campaign = ads.subject
    where ads.subject_kind = 'campaign' and (listed.campaign is not null or regexp_matches(ads.subject, parameters.pilots_pattern))
)

select
    pilots.week_start_date,
    pilots.subject,
    cast(pilots.spend as decimal(18, 4)) as spend,
    cast(coalesce(all_spend.spend, pilots.spend) as decimal(18, 4)) as all_spend,
    pilots.first_date,
    cast(pilots.first_date + interval 1 day * (pilots.days - 1) as date) as last_date
from pilots
left join all_spend on all_spend.week_start_date = pilots.week_start_date
