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
  missing: {unit: text, description: "What is missing for a judgement; NULL where nothing is."}
  evidence: {unit: text, description: The figures used.}
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
        when value is null and value_before is null and value_between is null then 'no value in the last three weeks'
        else
            concat(
                coalesce(cast(cast(round(value_before, 2) as decimal(28, 2)) as varchar), 'unknown'), ', ',
                coalesce(cast(cast(round(value_between, 2) as decimal(28, 2)) as varchar), 'unknown'), ', ',
                coalesce(cast(cast(round(value, 2) as decimal(28, 2)) as varchar), 'unknown'), ' ', unit, ' in the last three weeks, better ',
                better, '; usual change over two weeks ',
                coalesce(cast(cast(round(deviation, 2) as decimal(28, 2)) as varchar), 'unknown'), ' (', cast(history as varchar),
                ' weeks of history)'
            )
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
        when clicks.figure is null then 'clicks on the link of the profile'
        when clicks.unknown is not null then clicks.unknown
        when least(visits.numerator, visits.numerator_before) < parameters.fix_cta_minimum_visits
            then concat(
                cast(cast(ceil(
                    parameters.fix_cta_minimum_visits - least(visits.numerator, visits.numerator_before)
                ) as bigint) as varchar),
                ' more profile visits in a fortnight'
            )
    end as missing,
    concat(
        'profile visits of two weeks ', coalesce(cast(cast(round(visits.numerator, 0) as decimal(28, 0)) as varchar), 'unknown'), ' after ',
        coalesce(cast(cast(round(visits.numerator_before, 0) as decimal(28, 0)) as varchar), 'unknown'),
        ', click rate of the profile''s link ',
        coalesce(cast(cast(round(clicks.value, 2) as decimal(28, 2)) as varchar), 'unknown'), ' after ',
        coalesce(cast(cast(round(clicks.value_before, 2) as decimal(28, 2)) as varchar), 'unknown'),
        ' % (flat below +', cast(cast(round(parameters.fix_cta_flat_points, 2) as decimal(28, 2)) as varchar), ' percentage points)'
    ) as evidence,
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
            then concat(
                cast(cast(ceil(
                    parameters.interact_more_minimum_views - least(comments.denominator, comments.denominator_before)
                ) as bigint) as varchar),
                ' more views in a fortnight'
            )
    end as missing,
    concat(
        coalesce(cast(cast(round(comments.value, 2) as decimal(28, 2)) as varchar), 'unknown'),
        ' comments per 1000 views in two weeks after ',
        coalesce(cast(cast(round(comments.value_before, 2) as decimal(28, 2)) as varchar), 'unknown'), '; ',
        coalesce(cast(cast(round(comments.numerator, 0) as decimal(28, 0)) as varchar), 'unknown'), ' comments, ',
        coalesce(cast(cast(round(comments.denominator, 0) as decimal(28, 0)) as varchar), 'unknown'), ' views; usual change ',
        coalesce(cast(cast(round(comments.deviation, 2) as decimal(28, 2)) as varchar), 'unknown')
    ) as evidence,
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
            then concat(
                cast(cast(ceil(
                    parameters.remix_content_minimum_posts - least(engagement.denominator, engagement.denominator_before)
                ) as bigint) as varchar),
                ' more posts in a fortnight'
            )
    end as missing,
    concat(
        'engagement rate ', coalesce(cast(cast(round(engagement.value, 2) as decimal(28, 2)) as varchar), 'unknown'),
        ' % in two weeks after ',
        coalesce(cast(cast(round(engagement.value_before, 2) as decimal(28, 2)) as varchar), 'unknown'), ' %; ',
        coalesce(cast(cast(round(engagement.denominator, 0) as decimal(28, 0)) as varchar), 'unknown'), ' posts after ',
        coalesce(cast(cast(round(engagement.denominator_before, 0) as decimal(28, 0)) as varchar), 'unknown'), '; usual change ',
        coalesce(cast(cast(round(engagement.deviation, 2) as decimal(28, 2)) as varchar), 'unknown')
    ) as evidence,
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
        when visits.figure is null then 'profile visits by post'
        when visits.unknown is not null then visits.unknown
        when least(completion.denominator, completion.denominator_before) < parameters.scale_series_minimum_views
            then concat(
                cast(cast(ceil(
                    parameters.scale_series_minimum_views - least(completion.denominator, completion.denominator_before)
                ) as bigint) as varchar),
                ' more views in a fortnight'
            )
    end as missing,
    concat(
        'completion ', coalesce(cast(cast(round(completion.value, 1) as decimal(28, 1)) as varchar), 'unknown'), ' % in two weeks after ',
        coalesce(cast(cast(round(completion.value_before, 1) as decimal(28, 1)) as varchar), 'unknown'),
        ' %, profile visits from its posts ',
        coalesce(cast(cast(round(visits.numerator, 0) as decimal(28, 0)) as varchar), 'unknown'), ' after ',
        coalesce(cast(cast(round(visits.numerator_before, 0) as decimal(28, 0)) as varchar), 'unknown'), '; ',
        coalesce(cast(cast(round(completion.denominator, 0) as decimal(28, 0)) as varchar), 'unknown'), ' views'
    ) as evidence,
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
