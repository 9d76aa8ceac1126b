/*
description: >-
  One row a judged week and KPI under two_weeks_down, platform under fix_cta, interact_more and remix_content, and series under
  scale_series. The scores are those of kpi.int_rule_changes; where two things must hold, the lower counts.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: kpi, channel (a platform) or series."}
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

changes as (
    select * from kpi.int_rule_changes
),

left_out as (
    select * from config.decision_left_out
),

parameters as (
    select * from config.decision_rule_parameters
),

fortnights as (
    select * from changes
    where span = 2
),

kpis as (
    select changes.*
    from changes
    left join left_out on left_out.kpi = changes.figure
    where
        changes.span = 1
        and changes.dimension = 'all'
        and changes.better in ('up', 'down')
        and left_out.kpi is null
        and coalesce(changes.unknown, '') not like 'not additive%'
)

select
    'two_weeks_down' as rule,
    'main' as variant,
    week_start_date,
    'kpi' as subject_kind,
    figure as subject,
    is_worse_twice as is_met,
    case when better = 'up' then -score else score end as score,
    cast(round(coalesce(denominator, numerator)) as bigint) as sample,
    case when denominator is not null then 'in the denominator' else 'counted' end as sample_unit,
    unknown as missing,
    case
        when value is null and value_before is null and value_between is null
            then cast(to_json({'text': 'no_value_for_three_weeks'}) as varchar)
        else cast(to_json({
            'text': 'three_weeks', 'before': value_before, 'between': value_between, 'now': value, 'unit': unit,
            'better': better, 'usual': deviation, 'history': history
        }) as varchar)
    end as evidence,
    cast(null as varchar) as owner
from kpis
union all
select
    'fix_cta' as rule,
    'main' as variant,
    visits.week_start_date,
    'channel' as subject_kind,
    visits.member as subject,
    coalesce(visits.score > 0 and clicks.value - clicks.value_before < cast(parameters.fix_cta_flat_points as double), false) as is_met,
    least(
        visits.score,
        case
            when clicks.deviation > 0
                then round((cast(parameters.fix_cta_flat_points as double) - (clicks.value - clicks.value_before)) / clicks.deviation, 6)
            else 8
        end
    ) as score,
    cast(round(visits.numerator) as bigint) as sample,
    'profile visits' as sample_unit,
    case
        when visits.unknown is not null then visits.unknown
        when clicks.figure is null then cast(to_json({'text': 'needed', 'what': 'clicks on the link of the profile'}) as varchar)
        when clicks.unknown is not null then clicks.unknown
        when least(visits.numerator, visits.numerator_before) < parameters.fix_cta_minimum_visits
            then cast(to_json({
                'text': 'more',
                'count': ceil(parameters.fix_cta_minimum_visits - least(visits.numerator, visits.numerator_before)),
                'what': 'profile visits in a fortnight'
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'profile', 'visits': visits.numerator, 'visits_before': visits.numerator_before, 'ctr': clicks.value,
        'ctr_before': clicks.value_before, 'flat': parameters.fix_cta_flat_points
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from fortnights as visits
cross join parameters
left join fortnights as clicks
    on
        clicks.figure = 'profile_link_ctr'
        and clicks.dimension = visits.dimension
        and clicks.member = visits.member
        and clicks.week_start_date = visits.week_start_date
where visits.figure = 'profile_visits' and visits.dimension = 'platform'
union all
select
    'interact_more' as rule,
    'main' as variant,
    comments.week_start_date,
    'channel' as subject_kind,
    comments.member as subject,
    coalesce(comments.value < comments.value_before, false) as is_met,
    -comments.score as score,
    cast(round(comments.denominator) as bigint) as sample,
    'views' as sample_unit,
    case
        when comments.unknown is not null then comments.unknown
        when least(comments.denominator, comments.denominator_before) < parameters.interact_more_minimum_views
            then cast(to_json({
                'text': 'more',
                'count': ceil(parameters.interact_more_minimum_views - least(comments.denominator, comments.denominator_before)),
                'what': 'views in a fortnight'
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'comments', 'rate': comments.value, 'rate_before': comments.value_before, 'comments': comments.numerator,
        'views': comments.denominator, 'usual': comments.deviation
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from fortnights as comments
cross join parameters
where comments.figure = 'comments_per_1000_views' and comments.dimension = 'platform'
union all
select
    'remix_content' as rule,
    'main' as variant,
    engagement.week_start_date,
    'channel' as subject_kind,
    engagement.member as subject,
    coalesce(engagement.value < engagement.value_before, false) as is_met,
    -engagement.score as score,
    cast(round(engagement.denominator) as bigint) as sample,
    'posts' as sample_unit,
    case
        when engagement.unknown is not null then engagement.unknown
        when least(engagement.denominator, engagement.denominator_before) < parameters.remix_content_minimum_posts
            then cast(to_json({
                'text': 'more',
                'count': ceil(parameters.remix_content_minimum_posts - least(engagement.denominator, engagement.denominator_before)),
                'what': 'posts in a fortnight'
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'engagement', 'rate': engagement.value, 'rate_before': engagement.value_before, 'posts': engagement.denominator,
        'posts_before': engagement.denominator_before, 'usual': engagement.deviation
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from fortnights as engagement
cross join parameters
where engagement.figure = 'organic_engagement_rate' and engagement.dimension = 'platform'
union all
select
    'scale_series' as rule,
    'main' as variant,
    completion.week_start_date,
    'series' as subject_kind,
    completion.member as subject,
    coalesce(completion.score > 0 and visits.score > 0, false) as is_met,
    least(completion.score, visits.score) as score,
    cast(round(completion.denominator) as bigint) as sample,
    'views' as sample_unit,
    case
        when completion.unknown is not null then completion.unknown
        when visits.figure is null then cast(to_json({'text': 'needed', 'what': 'profile visits by post'}) as varchar)
        when visits.unknown is not null then visits.unknown
        when least(completion.denominator, completion.denominator_before) < parameters.scale_series_minimum_views
            then cast(to_json({
                'text': 'more',
                'count': ceil(parameters.scale_series_minimum_views - least(completion.denominator, completion.denominator_before)),
                'what': 'views in a fortnight'
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'series_completion', 'rate': completion.value, 'rate_before': completion.value_before,
        'visits': visits.numerator, 'visits_before': visits.numerator_before, 'views': completion.denominator
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from fortnights as completion
cross join parameters
left join fortnights as visits
    on
        visits.figure = 'post_profile_visits'
        and visits.dimension = completion.dimension
        and visits.member = completion.member
        and visits.week_start_date = completion.week_start_date
where completion.figure = 'video_completion_rate' and completion.dimension = 'series'
