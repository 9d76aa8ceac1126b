/*
description: >-
  One row a judged week and campaign or ad under the rule scale: CPA and conversion rate at their targets, and CPA stable over several
  weeks. Both must be proven, so the lower of the two scores counts (kpi.int_rule_windows). Weekly CPA varies by chance alone: of its
  squared coefficient of variation the part that chance explains, the mean of 1 / conversions (the relative variance of a Poisson count),
  is taken off.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: campaign or ad."}
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

windows as (
    select * from kpi.int_rule_windows
    where rule = 'scale'
),

ads as (
    select * from kpi.int_rule_ads
    where spend > 0 and conversions > 0
),

parameters as (
    select * from config.decision_rule_parameters
),

-- Sums of decimals, since those of floating point come out by the order of their rows.
points as (
    select
        windows.week_start_date,
        windows.subject_kind,
        windows.subject,
        cast(round(cast(ads.spend as double) / cast(ads.conversions as double), 12) as decimal(38, 12)) as cpa,
        cast(round(1 / cast(ads.conversions as double), 12) as decimal(38, 12)) as chance
    from windows
    inner join ads
        on
            ads.subject_kind = windows.subject_kind
            and ads.subject = windows.subject
            and ads.week_start_date <= windows.week_start_date
            and ads.week_start_date > cast(windows.week_start_date - interval 7 day * windows.weeks as date)
),

means as (
    select
        *,
        cast(sum(cpa) over (partition by week_start_date, subject_kind, subject) as double)
        / count(*) over (partition by week_start_date, subject_kind, subject) as mean_cpa
    from points
),

weekly as (
    select
        week_start_date,
        subject_kind,
        subject,
        count(*) as points,
        round(
            sqrt(
                cast(sum(cast(round((cast(cpa as double) - mean_cpa) * (cast(cpa as double) - mean_cpa), 12) as decimal(38, 12))) as double)
                / nullif(count(*) - 1, 0)
            )
            / max(mean_cpa),
            9
        ) as variation,
        round(cast(sum(chance) as double) / count(*), 9) as chance
    from means
    group by week_start_date, subject_kind, subject
),

asked as (
    select
        windows.*,
        coalesce(weekly.points, 0) as points,
        weekly.variation,
        sqrt(greatest(weekly.variation * weekly.variation - weekly.chance, 0)) as variation_beyond_chance,
        parameters.scale_points as points_asked,
        parameters.scale_minimum_clicks as minimum_clicks,
        parameters.scale_maximum_variation as maximum_variation
    from windows
    cross join parameters
    left join weekly
        on
            weekly.week_start_date = windows.week_start_date
            and weekly.subject_kind = windows.subject_kind
            and weekly.subject = windows.subject
)

select
    rule,
    'main' as variant,
    week_start_date,
    subject_kind,
    subject,
    coalesce(
        cpa <= cpa_limit and cvr >= cvr_target and round(variation_beyond_chance, 6) <= cast(maximum_variation as double), false
    ) as is_met,
    least(-cpa_score, cvr_score) as score,
    link_clicks as sample,
    'clicks' as sample_unit,
    case
        when cpa_target is null then cpa_missing
        when cvr_target is null then cvr_missing
        when link_clicks < minimum_clicks then cast(to_json({'text': 'more', 'count': minimum_clicks - link_clicks, 'what': 'clicks'}) as varchar)
        when untracked is not null then untracked
        when points < points_asked and cpa <= cpa_limit and cvr >= cvr_target
            then cast(to_json({'text': 'more', 'count': points_asked - points, 'what': 'weeks with conversions'}) as varchar)
    end as missing,
    cast(to_json({
        'text': 'scale', 'cpa': cpa, 'target': cpa_target, 'currency': currency, 'cvr': cvr, 'cvr_target': cvr_target,
        'variation': round(variation, 6), 'beyond': round(variation_beyond_chance, 6), 'most': maximum_variation,
        'conversions': conversions, 'clicks': link_clicks, 'visits': visits, 'points': points
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from asked
