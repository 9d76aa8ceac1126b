/*
description: "One row a measure of the team's own work, day, dimension and member: experiments that began and decisions that were written down."
grain: [date, measure, dimension, member]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  measure: {unit: text, description: The measure's name in kpis.yml.}
  dimension: {unit: text, description: all or a dimension of kpis.yml.}
  member: {unit: text, description: "The member of the dimension, all for the whole."}
  value: {unit: number, sum: always, description: "The amount of the day."}
*/
with

experiments as (
    select * from staging.stg_content__experiments
),

decisions as (
    select * from staging.stg_team__decisions
),

items as (
    select * from staging.stg_content__items
),

ads_daily as (
    select * from core.fct_ads_daily
),

measure_dimensions as (
    select * from config.measure_dimensions
),

-- An experiment names no platform: the item with its utm_content does, else the ads or the campaign it runs on.
named_platforms as (
    select lower(utm_content) as name, 1 as evidence, platform
    from items
    where utm_content is not null and platform is not null
    union all
    select lower(ad) as name, 2 as evidence, platform
    from ads_daily
    where ad is not null
    union all
    select lower(campaign) as name, 3 as evidence, platform
    from ads_daily
    where campaign is not null
),

-- A name that stands for several platforms tells none.
platforms as (
    select name, evidence, min(platform) as platform
    from named_platforms
    group by name, evidence
    having count(distinct platform) = 1
),

-- What begins after the delivery is a plan. A test of which no kind is said is taken for one of creatives, as most are.
started as (
    select
        experiments.started_date as date,
        coalesce(by_content.platform, by_ad_name.platform, by_ad.platform, by_campaign.platform, '(none)') as platform
    from experiments
    left join platforms as by_content
        on by_content.evidence = 1 and by_content.name = lower(experiments.utm_content)
    left join platforms as by_ad_name
        on by_ad_name.evidence = 2 and by_ad_name.name = lower(experiments.utm_content)
    left join platforms as by_ad
        on by_ad.evidence = 2 and by_ad.name = lower(experiments.ad)
    left join platforms as by_campaign
        on by_campaign.evidence = 3 and by_campaign.name = lower(experiments.campaign)
    where
        coalesce(experiments.kind, 'creative') = 'creative'
        and experiments.started_at is not null
        and (experiments.captured_at is null or experiments.started_at <= experiments.captured_at)
),

amounts as (
    select date, 'creative_tests_started' as measure, platform, '(none)' as owner, '(none)' as rule
    from started
    union all
    select decided_date, 'decisions_logged', '(none)', coalesce(owner, '(none)'), coalesce(rule, '(none)')
    from decisions
),

counted as (
    select
        date,
        measure,
        case
            when grouping(platform) = 0 then 'platform'
            when grouping(owner) = 0 then 'owner'
            when grouping(rule) = 0 then 'rule'
            else 'all'
        end as dimension,
        coalesce(platform, owner, rule, 'all') as member,
        cast(count(*) as decimal(28, 9)) as value
    from amounts
    group by grouping sets (
        (date, measure),
        (date, measure, platform),
        (date, measure, owner),
        (date, measure, rule)
    )
)

select
    counted.date,
    counted.measure,
    counted.dimension,
    counted.member,
    counted.value
from counted
inner join measure_dimensions
    on
        measure_dimensions.measure = counted.measure
        and measure_dimensions.dimension = counted.dimension
