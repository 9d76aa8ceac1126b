/*
description: >-
  One row a risk, KPI and judged week of the tests that compare a KPI with its own past. What is worse, better or grew must be so beyond noise, by
  the scores of kpi.int_rule_changes and judging.risk_confidence in decision_rules.yml; followers grow where more were won than lost.
grain: [risk, kpi, week_start_date]
materialise: table
owner: data-engineering
columns:
  risk: {unit: id, description: The risk's name in decision_rules.yml.}
  kpi: {unit: id, description: The KPI that shows it.}
  week_start_date: {unit: date, description: Monday of the judged week.}
  is_risen: {unit: flag, description: Whether the KPI shows that the risk rose.}
  missing: {unit: json, description: "What is missing for a judgement, told by evidence.yml; NULL where nothing is."}
  evidence: {unit: json, description: "The figures used, told by evidence.yml."}
*/
with

tests as (
    select * from kpi.int_risk_tests
    where test in ('worse_twice', 'worse', 'worse_with_spend', 'idle_with_followers', 'idle_with_views')
),

weeks as (
    select * from kpi.int_rule_weeks
),

changes as (
    select * from kpi.int_rule_changes
    where dimension = 'all'
),

parameters as (
    select * from config.decision_rule_parameters
),

-- What must have grown meanwhile: spend, followers, or impressions and views. Of these two the one that grew less counts, if both are known.
drivers as (
    select
        week_start_date,
        'worse_with_spend' as test,
        'weekly spend' as what,
        value,
        value_before,
        score,
        unknown
    from changes
    where figure = 'ad_spend' and span = 4
    union all
    select
        week_start_date,
        'idle_with_followers' as test,
        'growth of followers in percent a month' as what,
        value,
        value_before,
        case when value > 0 then 8 else -8 end as score,
        case when value is null then unknown end as unknown
    from changes
    where figure = 'follower_growth_net' and span = 4
    union all
    select
        week_start_date,
        'idle_with_views' as test,
        concat('weekly ', figure) as what,
        value,
        value_before,
        score,
        unknown
    from changes
    where figure in ('impressions', 'views') and span = 4
    qualify row_number() over (
        partition by week_start_date
        order by case when unknown is null then 0 else 1 end, score, figure
    ) = 1
),

compared as (
    select
        tests.risk,
        tests.kpi,
        tests.test,
        weeks.week_start_date,
        changes.figure is not null as is_known,
        changes.unit,
        changes.value,
        changes.value_before,
        changes.value_between,
        changes.deviation,
        changes.is_worse_twice,
        changes.unknown,
        case changes.better when 'up' then changes.score when 'down' then -changes.score end as better_score,
        drivers.what,
        drivers.value as driver,
        drivers.value_before as driver_before,
        drivers.score as driver_score,
        case when drivers.test is null then cast(to_json({'text': 'needed', 'what': 'spend, followers or views to compare with'}) as varchar) else drivers.unknown end as driver_unknown,
        cast(parameters.judging_risk_score as double) as score_asked
    from tests
    cross join weeks
    cross join parameters
    left join changes
        on
            changes.figure = tests.kpi
            and changes.week_start_date = weeks.week_start_date
            and changes.span = case tests.test when 'worse_twice' then 1 when 'worse' then 2 else 4 end
    left join drivers on drivers.test = tests.test and drivers.week_start_date = weeks.week_start_date
)

select
    risk,
    kpi,
    week_start_date,
    coalesce(
        case test
            when 'worse_twice' then is_worse_twice and -better_score >= score_asked
            when 'worse' then -better_score >= score_asked
            when 'worse_with_spend' then -better_score >= score_asked and driver_score >= score_asked
            else better_score < score_asked and driver_score >= score_asked
        end,
        false
    ) as is_risen,
    case
        when not is_known then cast(to_json({'text': 'values_of', 'kpi': kpi}) as varchar)
        when unknown is not null then unknown
        when test not in ('worse_twice', 'worse') then driver_unknown
    end as missing,
    concat_ws(
        chr(10),
        cast(to_json({
            'text': case test when 'worse_twice' then 'changed_twice' when 'worse' then 'changed_in_two_weeks' else 'changed_in_four_weeks' end,
            'kpi': kpi, 'now': value, 'between': value_between, 'before': value_before, 'unit': unit, 'usual': deviation
        }) as varchar),
        case when what is not null then cast(to_json({'text': 'meanwhile', 'what': what, 'now': driver, 'before': driver_before}) as varchar) end
    ) as evidence
from compared
