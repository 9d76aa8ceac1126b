/*
description: >-
  One row a judged week and pilot under the rules pilot_graduates and pilot_exits. A pilot graduates when click rate, completion rate and
  a stable CPA are there in two consecutive weeks; of the four rates' scores (Wilson) the lowest counts. It exits when its time is over,
  which is no matter of chance, or when an exit criterion is met: the higher of the two scores counts, each once its sample is large
  enough.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: campaign."}
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

pilots as (
    select * from kpi.int_rule_pilots
),

ads as (
    select * from kpi.int_rule_ads
    where subject_kind = 'campaign'
),

windows as (
    select * from kpi.int_rule_windows
    where rule = 'pilot_exits'
),

parameters as (
    select * from config.decision_rule_parameters
),

-- Of both weeks at once: the lower rate, the smaller sample.
two_weeks as (
    select
        pilots.*,
        parameters.pilot_graduates_ctr as ctr_asked,
        parameters.pilot_graduates_completion as completion_asked,
        parameters.pilot_graduates_cost_change as change_allowed,
        parameters.pilot_graduates_minimum_impressions as minimum_impressions,
        parameters.pilot_graduates_minimum_conversions as minimum_conversions,
        cast(parameters.pilot_graduates_ctr as double) / 100 as ctr_target,
        cast(parameters.pilot_graduates_completion as double) / 100 as completion_target,
        second_week.impressions_with_clicks as impressions_2,
        first_week.impressions_with_clicks as impressions_1,
        second_week.views as views_2,
        first_week.views as views_1,
        second_week.conversions as conversions_2,
        first_week.conversions as conversions_1,
        cast(second_week.link_clicks as double) / nullif(second_week.impressions_with_clicks, 0) as ctr_2,
        cast(first_week.link_clicks as double) / nullif(first_week.impressions_with_clicks, 0) as ctr_1,
        cast(second_week.views_completed as double) / nullif(second_week.views, 0) as completion_2,
        cast(first_week.views_completed as double) / nullif(first_week.views, 0) as completion_1,
        cast(second_week.spend as double) / nullif(cast(second_week.conversions as double), 0) as cpa_2,
        cast(first_week.spend as double) / nullif(cast(first_week.conversions as double), 0) as cpa_1,
        first_week.subject is not null as has_first_week
    from pilots
    cross join parameters
    inner join ads as second_week
        on second_week.subject = pilots.subject and second_week.week_start_date = pilots.week_start_date
    left join ads as first_week
        on
            first_week.subject = pilots.subject
            and first_week.week_start_date = cast(pilots.week_start_date - interval 7 day as date)
            and first_week.spend > 0
),

graduates as (
    select
        *,
        least(
            (ctr_2 - ctr_target) / sqrt(ctr_target * (1 - ctr_target) / nullif(impressions_2, 0)),
            (ctr_1 - ctr_target) / sqrt(ctr_target * (1 - ctr_target) / nullif(impressions_1, 0)),
            (completion_2 - completion_target) / sqrt(completion_target * (1 - completion_target) / nullif(views_2, 0)),
            (completion_1 - completion_target) / sqrt(completion_target * (1 - completion_target) / nullif(views_1, 0))
        ) as score
    from two_weeks
),

exits as (
    select
        pilots.*,
        windows.currency,
        windows.cpa,
        windows.cpa_target,
        windows.cpa_limit,
        windows.cpa_missing,
        windows.ctr,
        windows.conversions,
        windows.impressions_with_clicks,
        windows.link_clicks,
        windows.untracked,
        cast(windows.spend as double) > cast(windows.cpa_limit as double) * cast(windows.conversions as double) as is_dear,
        windows.ctr < parameters.pilot_exits_ctr_below as is_unclicked,
        case
            when windows.link_clicks >= parameters.pilot_exits_minimum_clicks and windows.untracked is null then windows.cpa_score
        end as cpa_score,
        case
            when windows.impressions_with_clicks >= parameters.pilot_exits_minimum_impressions
                then (cast(parameters.pilot_exits_ctr_below as double) - cast(windows.ctr as double))
                    / sqrt(
                        cast(parameters.pilot_exits_ctr_below as double) * (100 - cast(parameters.pilot_exits_ctr_below as double))
                        / windows.impressions_with_clicks
                    )
        end as ctr_score,
        parameters.pilot_exits_ctr_below as ctr_below,
        parameters.pilot_exits_minimum_clicks as minimum_clicks,
        parameters.pilot_exits_minimum_impressions as minimum_impressions,
        pilots.last_date < cast(pilots.week_start_date + interval 7 day as date) as is_over
    from pilots
    inner join windows on windows.subject = pilots.subject and windows.week_start_date = pilots.week_start_date
    cross join parameters
)

select
    'pilot_graduates' as rule,
    'main' as variant,
    week_start_date,
    'campaign' as subject_kind,
    subject,
    coalesce(
        least(ctr_1, ctr_2) >= ctr_target
        and least(completion_1, completion_2) >= completion_target
        and abs(cpa_2 / cpa_1 - 1) <= cast(change_allowed as double),
        false
    ) as is_met,
    round(score, 6) as score,
    least(impressions_1, impressions_2) as sample,
    'impressions a week' as sample_unit,
    case
        when not has_first_week then cast(to_json({'text': 'more', 'count': 1, 'what': 'week with spend'}) as varchar)
        when coalesce(least(impressions_1, impressions_2), 0) < minimum_impressions or impressions_1 is null or impressions_2 is null
            then cast(to_json({
                'text': 'more', 'count': minimum_impressions - least(coalesce(impressions_1, 0), coalesce(impressions_2, 0)),
                'what': 'impressions in a week'
            }) as varchar)
        when coalesce(views_1, 0) = 0 or coalesce(views_2, 0) = 0 then cast(to_json({'text': 'needed', 'what': 'completed plays of both weeks'}) as varchar)
        when least(conversions_1, conversions_2) < minimum_conversions
            then cast(to_json({
                'text': 'more_conversions_a_week', 'count': minimum_conversions - least(conversions_1, conversions_2)
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'pilot_rates', 'ctr_1': round(100 * ctr_1, 6), 'ctr_2': round(100 * ctr_2, 6), 'ctr': ctr_asked,
        'completion_1': round(100 * completion_1, 6), 'completion_2': round(100 * completion_2, 6),
        'completion': completion_asked, 'cpa_1': round(cpa_1, 6), 'cpa_2': round(cpa_2, 6), 'change': 100 * change_allowed
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from graduates
union all
select
    'pilot_exits' as rule,
    'main' as variant,
    week_start_date,
    'campaign' as subject_kind,
    subject,
    is_over or coalesce(cpa_score is not null and is_dear, false) or coalesce(ctr_score is not null and is_unclicked, false) as is_met,
    case when not is_over then round(greatest(cpa_score, ctr_score), 6) end as score,
    impressions_with_clicks as sample,
    'impressions' as sample_unit,
    case
        when is_over then null
        when cpa_score is null and ctr_score is null
            then concat_ws(
                chr(10),
                cast(to_json({
                    'text': 'more', 'count': greatest(minimum_impressions - impressions_with_clicks, 1), 'what': 'impressions'
                }) as varchar),
                cast(to_json({'text': 'or'}) as varchar),
                case
                    when link_clicks < minimum_clicks
                        then cast(to_json({'text': 'more', 'count': minimum_clicks - link_clicks, 'what': 'clicks'}) as varchar)
                    when untracked is not null then untracked
                    else cpa_missing
                end
            )
    end as missing,
    concat_ws(
        chr(10),
        cast(to_json({'text': 'pilot_time', 'first': first_date, 'last': last_date}) as varchar),
        case when is_over then cast(to_json({'text': 'pilot_over'}) as varchar) end,
        cast(to_json({
            'text': 'pilot_exit', 'cpa': cpa, 'limit': cpa_limit, 'currency': currency, 'conversions': conversions, 'ctr': ctr,
            'ctr_below': ctr_below, 'impressions': impressions_with_clicks
        }) as varchar)
    ) as evidence,
    cast(null as varchar) as owner
from exits
