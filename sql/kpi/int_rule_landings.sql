/*
description: >-
  One row a judged week and landing page under fix_landing, and campaign under unique_landing. A landing page takes of each paid
  campaign's spend, impressions and clicks its share of the campaign's visits; its cost is that of a converted visit, against the CPA
  target. Campaigns are told apart by landing page or utm_content: two that share both in a week fire, which is no matter of chance.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: landing_page or campaign."}
  subject: {unit: text, description: What is judged.}
  is_met: {unit: flag, description: Whether the figures as they stand fulfil the rule.}
  score: {unit: number, sum: never, description: "How clearly, as a normal score; NULL where it is no matter of chance."}
  sample: {unit: count, sum: never, description: Number of things that the judgement rests on.}
  sample_unit: {unit: text, description: What they are.}
  missing: {unit: json, description: "What is missing for a judgement, told by evidence.yml; NULL where nothing is."}
  evidence: {unit: json, description: "The figures used, told by evidence.yml."}
  owner: {unit: text, description: "Who decides, where the subject says so; else NULL."}
*/
with

visits_daily as (
    select * from kpi.int_visits_daily
),

ads as (
    select * from kpi.int_rule_ads
    where subject_kind = 'campaign'
),

weeks as (
    select * from kpi.int_rule_weeks
),

targets as (
    select * from kpi.int_rule_targets
),

parameters as (
    select * from config.decision_rule_parameters
),

settings as (
    select * from config.settings
),

visits_weekly as (
    select
        cast(date_trunc('week', date) as date) as week_start_date,
        is_paid,
        campaign,
        content,
        landing_page,
        sum(visits) as visits,
        sum(visits_converted) as visits_converted
    from visits_daily
    where campaign <> ''
    group by cast(date_trunc('week', date) as date), is_paid, campaign, content, landing_page
),

paid as (
    select
        week_start_date,
        campaign,
        landing_page,
        sum(visits) as visits,
        sum(visits_converted) as visits_converted
    from visits_weekly
    where is_paid and landing_page <> ''
    group by week_start_date, campaign, landing_page
),

shares as (
    select
        *,
        cast(visits as double) / sum(visits) over (partition by week_start_date, campaign) as share_of_campaign
    from paid
),

pages as (
    select
        weeks.week_start_date,
        shares.landing_page,
        sum(cast(round(cast(ads.spend as double) * shares.share_of_campaign, 6) as decimal(28, 6))) as spend,
        sum(cast(round(ads.link_clicks * shares.share_of_campaign, 6) as decimal(28, 6))) as link_clicks,
        sum(cast(round(ads.impressions_with_clicks * shares.share_of_campaign, 6) as decimal(28, 6))) as impressions,
        sum(shares.visits) as visits,
        sum(shares.visits_converted) as visits_converted,
        sum(case when shares.week_start_date = weeks.week_start_date then shares.visits end) as week_visits
    from weeks
    cross join parameters
    inner join shares
        on
            shares.week_start_date <= weeks.week_start_date
            and shares.week_start_date > cast(weeks.week_start_date - interval 7 day * parameters.fix_landing_weeks as date)
    inner join ads on ads.week_start_date = shares.week_start_date and ads.subject = shares.campaign and ads.spend > 0
    group by weeks.week_start_date, shares.landing_page
),

aimed as (
    select
        pages.week_start_date,
        pages.landing_page,
        cast(pages.spend as double) as spend,
        cast(pages.impressions as double) as impressions,
        pages.visits,
        pages.visits_converted,
        cast(pages.link_clicks as double) / nullif(cast(pages.impressions as double), 0) as ctr,
        cast(cpa.target as double) as cpa_target,
        cast(ctr.target as double) / 100 as ctr_target,
        coalesce(cpa.missing, cast(to_json({'text': 'target_for', 'kpi': 'cpa'}) as varchar)) as cpa_missing,
        coalesce(ctr.missing, cast(to_json({'text': 'target_for', 'kpi': 'ctr_paid'}) as varchar)) as ctr_missing,
        settings.currency,
        parameters.fix_landing_minimum_clicks as minimum_clicks,
        parameters.fix_landing_weeks as weeks
    from pages
    cross join parameters
    cross join settings
    inner join targets as cpa on cpa.kpi = 'cpa' and cpa.week_start_date = pages.week_start_date and cpa.is_complete
    left join targets as ctr on ctr.kpi = 'ctr_paid' and ctr.week_start_date = pages.week_start_date
    where pages.week_visits > 0
),

-- The same campaigns on the same page under the same utm_content, each with visits enough to be no stray one.
crowded as (
    select
        week_start_date,
        landing_page,
        content,
        campaign,
        sum(visits) as visits
    from visits_weekly
    group by week_start_date, landing_page, content, campaign
),

visited as (
    select crowded.*
    from crowded
    cross join parameters
    inner join weeks on weeks.week_start_date = crowded.week_start_date
    where crowded.visits >= parameters.unique_landing_minimum_sessions
),

places as (
    select
        week_start_date,
        landing_page,
        content,
        count(*) as campaigns,
        string_agg(campaign, ', ' order by campaign) as names
    from visited
    group by week_start_date, landing_page, content
),

told_apart as (
    select
        visited.week_start_date,
        visited.campaign,
        visited.landing_page,
        visited.content,
        visited.visits,
        places.campaigns,
        places.names
    from visited
    inner join places
        on
            places.week_start_date = visited.week_start_date
            and places.landing_page = visited.landing_page
            and places.content = visited.content
)

select
    'fix_landing' as rule,
    'main' as variant,
    week_start_date,
    'landing_page' as subject_kind,
    landing_page as subject,
    coalesce(ctr >= ctr_target and spend > cpa_target * visits_converted, false) as is_met,
    round(least(
        (ctr - ctr_target) / nullif(sqrt(greatest(ctr_target * (1 - ctr_target), 0) / nullif(impressions, 0)), 0),
        3 * sqrt(visits_converted + 0.5)
        * (
            pow(spend / nullif(cpa_target, 0) / (visits_converted + 0.5), 1.0 / 3) - 1
            + 1 / (9 * (visits_converted + 0.5))
        )
    ), 6) as score,
    cast(visits as bigint) as sample,
    'visits' as sample_unit,
    case
        when ctr_target is null then ctr_missing
        when cpa_target is null then cpa_missing
        when ctr is null then cast(to_json({'text': 'needed', 'what': 'link clicks of the campaigns that lead there'}) as varchar)
        when visits < minimum_clicks then cast(to_json({'text': 'more', 'count': minimum_clicks - visits, 'what': 'visits'}) as varchar)
    end as missing,
    cast(to_json({
        'text': 'landing_page', 'ctr': round(100 * ctr, 6), 'ctr_target': round(100 * ctr_target, 6), 'spend': round(spend, 6),
        'currency': currency, 'converted': visits_converted, 'visits': visits, 'weeks': weeks,
        'each': round(spend / nullif(visits_converted, 0), 6), 'is_each': case when visits_converted > 0 then '' end,
        'target': round(cpa_target, 6)
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from aimed
union all
select
    'unique_landing' as rule,
    'main' as variant,
    week_start_date,
    'campaign' as subject_kind,
    campaign as subject,
    max(campaigns) > 1 as is_met,
    cast(null as double) as score,
    cast(sum(visits) as bigint) as sample,
    'visits' as sample_unit,
    cast(null as varchar) as missing,
    case
        when max(campaigns) > 1
            then string_agg(
                case
                    when campaigns > 1 and content = ''
                        then cast(to_json({
                            'text': 'shared_untagged', 'page': landing_page, 'names': names, 'visits': visits
                        }) as varchar)
                    when campaigns > 1
                        then cast(to_json({
                            'text': 'shared_place', 'page': landing_page, 'content': content, 'names': names, 'visits': visits
                        }) as varchar)
                end,
                chr(10) order by visits desc, landing_page, content
            )
        else cast(to_json({'text': 'alone', 'places': count(*), 'visits': sum(visits)}) as varchar)
    end as evidence,
    cast(null as varchar) as owner
from told_apart
group by week_start_date, campaign
