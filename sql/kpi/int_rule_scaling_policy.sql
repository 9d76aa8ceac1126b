/*
description: >-
  One row a judged week and campaign under the rule scaling_policy, and one for all pilots together. A step is the spend of two days over
  that of the two days before; the largest of the week counts. It is too large beyond scaling_policy.maximum_step, and beyond chance: the
  logarithm of the step is compared with what such logarithms usually are in the four weeks before (1.4826 times the median of their
  amounts, which is the standard deviation of a normal one). A week's spend raised by as much over the week before is one before proof
  unless the weeks before it had the clicks and a CPA at the target. Days shared out of longer reports tell no steps.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: campaign, or whole for the pilots."}
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

ads_daily as (
    select * from core.fct_ads_daily
    where spend_reporting is not null and campaign is not null
),

ads as (
    select * from kpi.int_rule_ads
    where subject_kind = 'campaign' and spend > 0
),

windows as (
    select * from kpi.int_rule_windows
    where rule = 'scaling_policy'
),

pilots as (
    select * from kpi.int_rule_pilots
),

social_platforms as (
    select * from config.social_ad_platforms
),

parameters as (
    select * from config.decision_rule_parameters
),

days as (
    select
        lower(trim(ads_daily.campaign)) as campaign,
        ads_daily.date,
        cast(sum(ads_daily.spend_reporting) as double) as spend,
        bool_or(ads_daily.is_estimated) as is_estimated
    from ads_daily
    inner join social_platforms on social_platforms.platform = ads_daily.platform
    group by lower(trim(ads_daily.campaign)), ads_daily.date
),

-- Two days and the two before them, all four told by day and with spend.
steps as (
    select
        campaign,
        date,
        sum(spend) over two_days / 2 as spend_a_day,
        sum(spend) over two_days / (sum(spend) over four_days - sum(spend) over two_days) as step
    from days
    where spend > 0 and not is_estimated
    window
        two_days as (partition by campaign order by date range between interval 1 day preceding and current row),
        four_days as (partition by campaign order by date range between interval 3 day preceding and current row)
    qualify count(*) over four_days = 4
),

usual as (
    select
        windows.week_start_date,
        windows.subject as campaign,
        count(*) as days,
        greatest(1.4826 * median(abs(ln(steps.step))), 0.02) as deviation
    from windows
    inner join steps
        on
            steps.campaign = windows.subject
            and steps.date < windows.week_start_date
            and steps.date >= cast(windows.week_start_date - interval 28 day as date)
    group by windows.week_start_date, windows.subject
),

largest as (
    select
        windows.week_start_date,
        windows.subject as campaign,
        max(steps.step) as step,
        arg_max(steps.spend_a_day, steps.step) as spend_a_day,
        arg_max(steps.date, steps.step) as date
    from windows
    inner join steps
        on
            steps.campaign = windows.subject
            and steps.date >= windows.week_start_date
            and steps.date < cast(windows.week_start_date + interval 7 day as date)
    group by windows.week_start_date, windows.subject
),

joined as (
    select
        windows.week_start_date,
        windows.subject,
        windows.currency,
        windows.week_spend,
        windows.link_clicks,
        windows.cpa,
        windows.cpa_limit,
        windows.cpa_score,
        coalesce(usual.days, 0) as days,
        usual.deviation,
        largest.step,
        largest.spend_a_day,
        largest.date,
        case
            when before.days_with_spend = 7 and this_week.days_with_spend = 7
                then cast(windows.week_spend as double) / cast(before.spend as double)
        end as growth,
        parameters.scaling_policy_minimum_days as minimum_days,
        parameters.scaling_policy_minimum_clicks as minimum_clicks,
        ln(1 + cast(parameters.scaling_policy_maximum_step as double)) as allowed,
        parameters.scaling_policy_maximum_step as maximum_step
    from windows
    cross join parameters
    inner join ads as this_week
        on this_week.subject = windows.subject and this_week.week_start_date = windows.week_start_date
    left join ads as before
        on
            before.subject = windows.subject
            and before.week_start_date = cast(windows.week_start_date - interval 7 day as date)
    left join usual on usual.week_start_date = windows.week_start_date and usual.campaign = windows.subject
    left join largest on largest.week_start_date = windows.week_start_date and largest.campaign = windows.subject
),

-- A week has seven days where a step has two: its total varies less, by the root of 7 / 2. least() would pass over an unknown growth.
scored as (
    select
        *,
        (ln(step) - allowed) / deviation as step_score,
        case
            when growth is null then null
            when link_clicks < minimum_clicks then (ln(growth) - allowed) / (deviation / sqrt(3.5))
            when cpa is null or cpa > cpa_limit then least((ln(growth) - allowed) / (deviation / sqrt(3.5)), cpa_score)
        end as unproven_score
    from joined
),

pilot_shares as (
    select
        pilots.week_start_date,
        sum(pilots.spend) as spend,
        max(pilots.all_spend) as all_spend,
        count(*) as pilots
    from pilots
    group by pilots.week_start_date
)

select
    'scaling_policy' as rule,
    'main' as variant,
    week_start_date,
    'campaign' as subject_kind,
    subject,
    coalesce(step_score > 0, false) or coalesce(unproven_score > 0, false) as is_met,
    round(greatest(step_score, unproven_score), 6) as score,
    days as sample,
    'days with spend' as sample_unit,
    case
        when step is null then cast(to_json({
                'text': 'needed', 'what': 'spend by day: four days in a row that no longer report was shared out to'
            }) as varchar)
        when days < minimum_days then cast(to_json({
                'text': 'more', 'count': minimum_days - days, 'what': 'days with spend before the week'
            }) as varchar)
    end as missing,
    concat_ws(
        chr(10),
        case
            when step is null then cast(to_json({'text': 'no_steps'}) as varchar)
            else
                cast(to_json({
                    'text': 'step', 'step': round(100 * (step - 1), 4), 'spend': round(spend_a_day, 4), 'currency': currency,
                    'until': date, 'most': 100 * maximum_step, 'usual': round(100 * deviation, 4)
                }) as varchar)
        end,
        case when growth is not null then cast(to_json({'text': 'growth', 'growth': round(100 * (growth - 1), 4)}) as varchar) end,
        case
            when unproven_score > 0
                then cast(to_json({
                    'text': 'before_proof', 'clicks': link_clicks, 'asked': minimum_clicks, 'cpa': cpa, 'limit': cpa_limit
                }) as varchar)
        end
    ) as evidence,
    cast(null as varchar) as owner
from scored
union all
select
    'scaling_policy' as rule,
    'main' as variant,
    pilot_shares.week_start_date,
    'whole' as subject_kind,
    'pilots' as subject,
    pilot_shares.spend > parameters.pilots_maximum_spend_share * pilot_shares.all_spend as is_met,
    cast(null as double) as score,
    pilot_shares.pilots as sample,
    'pilots' as sample_unit,
    cast(null as varchar) as missing,
    cast(to_json({
        'text': 'pilots_share', 'pilots': pilot_shares.pilots,
        'share': round(100 * cast(pilot_shares.spend as double) / cast(pilot_shares.all_spend as double), 4),
        'most': 100 * parameters.pilots_maximum_spend_share
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from pilot_shares
cross join parameters
