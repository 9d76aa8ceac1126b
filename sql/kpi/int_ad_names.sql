/*
description: "One row an ad of a social platform as its reports name it, with the id that links may carry. Names are in lower case."
grain: [campaign, ad, ad_id]
materialise: table
owner: data-engineering
columns:
  campaign: {unit: text, description: The campaign.}
  ad: {unit: text, description: The ad.}
  ad_id: {unit: id, description: "The platform's id of the ad, empty where no report tells it."}
*/
with

ads_daily as (
    select * from core.fct_ads_daily
    where campaign is not null and ad is not null
),

social_platforms as (
    select * from config.social_ad_platforms
)

select distinct
    lower(trim(ads_daily.campaign)) as campaign,
    lower(trim(ads_daily.ad)) as ad,
    case
        when split_part(ads_daily.entity_key, chr(31), 3) <> trim(ads_daily.ad) then lower(split_part(ads_daily.entity_key, chr(31), 3))
        else ''
    end as ad_id
from ads_daily
inner join social_platforms on social_platforms.platform = ads_daily.platform
