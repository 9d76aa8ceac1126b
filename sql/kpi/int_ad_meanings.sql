/*
description: >-
  One row a campaign and tag of paid social visits that means one ad: the tag is the visits' utm_content, or the ad's id where utm_id or utm_term hold it.
  First the ad of that name in that campaign counts; then the ad of that id; then the one that ad_names of decision_rules.yml names; last the
  one whose name is the tag's but for capitals, blanks, dashes and underscores, as the UTM standard compares values. What fits more than one ad means none.
grain: [campaign, tag]
materialise: table
owner: data-engineering
columns:
  campaign: {unit: text, description: "The campaign that the visits carry, in lower case."}
  tag: {unit: text, description: "What they carry for the ad, in lower case."}
  ad_campaign: {unit: text, description: The campaign of the ad that is meant.}
  ad: {unit: text, description: The ad that is meant.}
  evidence: {unit: text, description: "name, id, alias or spelling."}
*/
with

visits_daily as (
    select * from kpi.int_visits_daily
    where is_paid
),

ad_names as (
    select * from kpi.int_ad_names
),

aliases as (
    select * from config.ad_names
),

tags as (
    select distinct
        campaign,
        coalesce(ad_id, content) as tag
    from visits_daily
    where coalesce(ad_id, content) <> ''
),

folded_names as (
    select distinct
        campaign,
        ad,
        regexp_replace(campaign, '[\s_-]+', '_', 'g') as folded_campaign,
        regexp_replace(ad, '[\s_-]+', '_', 'g') as folded_ad
    from ad_names
),

candidates as (
    select tags.campaign, tags.tag, ad_names.campaign as ad_campaign, ad_names.ad, 1 as strength, 'name' as evidence
    from tags
    inner join ad_names on ad_names.campaign = tags.campaign and ad_names.ad = tags.tag
    union
    select tags.campaign, tags.tag, ad_names.campaign, ad_names.ad, 2, 'id'
    from tags
    inner join ad_names on ad_names.ad_id = tags.tag
    union
    select tags.campaign, tags.tag, ad_names.campaign, ad_names.ad, 3, 'alias'
    from tags
    inner join aliases on aliases.tag = tags.tag
    inner join ad_names on ad_names.ad = aliases.ad
    union
    select tags.campaign, tags.tag, folded_names.campaign, folded_names.ad, 4, 'spelling'
    from tags
    inner join folded_names
        on
            folded_names.folded_campaign = regexp_replace(tags.campaign, '[\s_-]+', '_', 'g')
            and folded_names.folded_ad = regexp_replace(tags.tag, '[\s_-]+', '_', 'g')
),

strongest as (
    select *
    from candidates
    qualify strength = min(strength) over (partition by campaign, tag)
)

select
    campaign,
    tag,
    min(ad_campaign) as ad_campaign,
    min(ad) as ad,
    min(evidence) as evidence
from strongest
group by campaign, tag
having count(*) = 1
