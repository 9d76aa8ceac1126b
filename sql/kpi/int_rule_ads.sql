/*
description: >-
  One row a week and campaign, ad or advertising platform of paid social: what was spent and shown, the visits that carry its name, and the
  conversions credited to it. A campaign is known on the site by utm_campaign, an ad by utm_campaign and utm_content or by its id (kpi.int_ad_meanings), a platform by the
  platforms that its ads bring visits from (ad_platforms in decision_rules.yml); names in lower case. Weeks that no rule looks at are left out.
grain: [week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "campaign, ad or channel."}
  subject: {unit: text, description: "The campaign, the campaign and ad with a slash between, or the advertising platform."}
  campaign: {unit: text, description: "The campaign; NULL for a platform."}
  days_with_spend: {unit: count, sum: never, description: Days of the week with spend.}
  spend: {unit: money, sum: always, description: Spend in the reporting currency; NULL where no ads report has it.}
  impressions: {unit: count, sum: always, description: Impressions; NULL where none are known.}
  link_clicks: {unit: count, sum: always, description: Link clicks of the rows whose impressions are known; NULL where none are.}
  impressions_with_clicks: {unit: count, sum: always, description: Impressions of the rows whose link clicks are known.}
  views: {unit: count, sum: always, description: Plays of the rows whose completed plays are known.}
  views_completed: {unit: count, sum: always, description: Plays to the end.}
  visits: {unit: count, sum: always, description: Paid social visits that carry the name.}
  visits_converted: {unit: count, sum: always, description: Those with at least one conversion.}
  conversions: {unit: number, sum: always, description: "Conversions of every type credited to paid social, by the model of settings.yml."}
  leads: {unit: number, sum: always, description: Leads among them.}
  leads_qualified: {unit: number, sum: always, description: Leads that reached MQL or SQL.}
*/
with

weeks as (
    select * from kpi.int_rule_weeks
),

ads_daily as (
    select * from core.fct_ads_daily
),

visits_daily as (
    select * from kpi.int_visits_daily
),

credits as (
    select * from attribution.credits
),

ad_sessions as (
    select * from kpi.int_ad_sessions
),

ad_meanings as (
    select * from kpi.int_ad_meanings
),

conversions as (
    select * from core.fct_conversions
),

social_platforms as (
    select * from config.social_ad_platforms
),

ad_platforms as (
    select * from config.ad_platforms
),

settings as (
    select * from config.settings
),

parameters as (
    select * from config.decision_rule_parameters
),

-- The weeks that the rules look at together with the judged ones, no more.
first_week as (
    select
        cast(min(weeks.week_start_date) - interval 7 day * max(greatest(
            1,
            parameters.pause_weeks,
            parameters.recover_weeks,
            parameters.scale_weeks,
            parameters.scaling_policy_weeks + 1,
            parameters.pilot_exits_weeks,
            parameters.test_hooks_weeks,
            parameters.fix_landing_weeks,
            parameters.qualify_weeks + parameters.qualify_ripening_weeks
        )) as date) as week_start_date
    from weeks
    cross join parameters
),

delivered as (
    select
        cast(date_trunc('week', ads_daily.date) as date) as week_start_date,
        ads_daily.date,
        ads_daily.platform as channel,
        lower(trim(ads_daily.campaign)) as campaign,
        lower(trim(ads_daily.ad)) as ad,
        ads_daily.spend_reporting as spend,
        ads_daily.impressions,
        case when ads_daily.impressions is not null then ads_daily.link_clicks end as link_clicks,
        case when ads_daily.link_clicks is not null then ads_daily.impressions end as impressions_with_clicks,
        case when ads_daily.views_completed is not null then ads_daily.views end as views,
        case when ads_daily.views is not null then ads_daily.views_completed end as views_completed
    from ads_daily
    inner join social_platforms on social_platforms.platform = ads_daily.platform
    inner join first_week on ads_daily.date >= first_week.week_start_date
),

visited as (
    select
        cast(date_trunc('week', visits_daily.date) as date) as week_start_date,
        coalesce(ad_platforms.ad_platform, visits_daily.platform) as channel,
        coalesce(ad_meanings.ad_campaign, nullif(visits_daily.campaign, '')) as campaign,
        coalesce(ad_meanings.ad, nullif(visits_daily.content, '')) as ad,
        visits_daily.visits,
        visits_daily.visits_converted
    from visits_daily
    inner join first_week on visits_daily.date >= first_week.week_start_date
    left join ad_platforms on ad_platforms.platform = visits_daily.platform
    left join ad_meanings
        on ad_meanings.campaign = visits_daily.campaign and ad_meanings.tag = coalesce(visits_daily.ad_id, visits_daily.content)
    where visits_daily.is_paid
),

credited as (
    select
        cast(date_trunc('week', credits.conversion_date) as date) as week_start_date,
        coalesce(ad_platforms.ad_platform, credits.platform) as channel,
        coalesce(ad_meanings.ad_campaign, lower(trim(credits.campaign))) as campaign,
        coalesce(ad_meanings.ad, lower(trim(credits.content))) as ad,
        credits.credit,
        case when credits.conversion_type = 'lead' then credits.credit end as lead_credit,
        case when credits.conversion_type = 'lead' and conversions.is_qualified then credits.credit end as qualified_credit
    from credits
    inner join settings on settings.attribution_model = credits.model
    inner join first_week on credits.conversion_date >= first_week.week_start_date
    inner join conversions on conversions.conversion_id = credits.conversion_id
    left join ad_platforms on ad_platforms.platform = credits.platform
    left join ad_sessions on ad_sessions.session_id = credits.session_id
    left join ad_meanings
        on
            ad_meanings.campaign = coalesce(lower(trim(credits.campaign)), '')
            and ad_meanings.tag = coalesce(ad_sessions.ad_id, lower(trim(credits.content)))
    where credits.is_social and credits.is_paid
),

-- The three sides are added up by the same names and then laid beside each other; the columns a side does not have are NULL.
sides as (
    select
        week_start_date, channel, campaign, ad, date, spend, impressions, link_clicks, impressions_with_clicks, views, views_completed,
        cast(null as bigint) as visits, cast(null as bigint) as visits_converted,
        cast(null as decimal(28, 9)) as conversions, cast(null as decimal(28, 9)) as leads, cast(null as decimal(28, 9)) as leads_qualified
    from delivered
    union all
    select week_start_date, channel, campaign, ad, null, null, null, null, null, null, null, visits, visits_converted, null, null, null
    from visited
    union all
    select
        week_start_date, channel, campaign, ad, null, null, null, null, null, null, null, null, null, credit, lead_credit, qualified_credit
    from credited
),

subjects as (
    select *, 'channel' as subject_kind, channel as subject, cast(null as varchar) as of_campaign
    from sides
    where channel is not null
    union all
    select *, 'campaign' as subject_kind, campaign as subject, campaign as of_campaign
    from sides
    where campaign is not null
    union all
    select *, 'ad' as subject_kind, concat(campaign, ' / ', ad) as subject, campaign as of_campaign
    from sides
    where campaign is not null and ad is not null
)

select
    week_start_date,
    subject_kind,
    subject,
    of_campaign as campaign,
    count(distinct case when spend > 0 then date end) as days_with_spend,
    cast(sum(spend) as decimal(18, 4)) as spend,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(link_clicks) as bigint) as link_clicks,
    cast(sum(impressions_with_clicks) as bigint) as impressions_with_clicks,
    cast(sum(views) as bigint) as views,
    cast(sum(views_completed) as bigint) as views_completed,
    cast(coalesce(sum(visits), 0) as bigint) as visits,
    cast(coalesce(sum(visits_converted), 0) as bigint) as visits_converted,
    cast(coalesce(sum(conversions), 0) as decimal(28, 9)) as conversions,
    cast(coalesce(sum(leads), 0) as decimal(28, 9)) as leads,
    cast(coalesce(sum(leads_qualified), 0) as decimal(28, 9)) as leads_qualified
from subjects
group by week_start_date, subject_kind, subject, of_campaign
