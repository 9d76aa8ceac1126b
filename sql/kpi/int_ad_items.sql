/*
description: >-
  One row an ad of a platform and the item of the content calendar that it shows. First the item whose utm_content (or id) is the ad's name
  counts; then the one whose utm_content is the ad's id; then the one that ad_names of decision_rules.yml names; last the one whose
  utm_content is the ad's name but for capitals, blanks, dashes and underscores. What fits more than one item shows none.
grain: [ad]
materialise: table
owner: data-engineering
columns:
  ad: {unit: text, description: "The ad's name, in lower case."}
  asset_id: {unit: id, description: The item of the content calendar.}
  evidence: {unit: text, description: "name, id, alias or spelling."}
*/
with

items as (
    select * from staging.stg_content__items
),

ads_daily as (
    select * from core.fct_ads_daily
    where ad is not null
),

ad_names as (
    select * from kpi.int_ad_names
),

aliases as (
    select * from config.ad_names
),

named_items as (
    select asset_id, lower(trim(utm_content)) as name
    from items
    where utm_content is not null
    union
    select asset_id, lower(trim(asset_id)) as name
    from items
),

ads as (
    select distinct
        lower(trim(ad)) as ad,
        regexp_replace(lower(trim(ad)), '[\s_-]+', '_', 'g') as folded_ad
    from ads_daily
),

candidates as (
    select ads.ad, named_items.asset_id, 1 as strength, 'name' as evidence
    from ads
    inner join named_items on named_items.name = ads.ad
    union
    select ad_names.ad, named_items.asset_id, 2, 'id'
    from ad_names
    inner join named_items on named_items.name = ad_names.ad_id
    union
    select ads.ad, named_items.asset_id, 3, 'alias'
    from ads
    inner join aliases on aliases.ad = ads.ad
    inner join named_items on named_items.name = aliases.tag
    union
    select ads.ad, named_items.asset_id, 4, 'spelling'
    from ads
    inner join named_items on regexp_replace(named_items.name, '[\s_-]+', '_', 'g') = ads.folded_ad
),

strongest as (
    select *
    from candidates
    qualify strength = min(strength) over (partition by ad)
)

select
    ad,
    min(asset_id) as asset_id,
    min(evidence) as evidence
from strongest
group by ad
having count(*) = 1
