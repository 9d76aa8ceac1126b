/*
description: >-
  One row a risk, KPI and judged week of the tests that need no comparison with the KPI's own past, and the two that need one of their own.
  parted: the logarithm of platforms' own conversions over those credited to paid social, against its median in the weeks before; its usual
  size is the larger of 1.4826 times the median distance from it and of chance (Poisson counts). variation_with_spend: the coefficient of
  variation of CPA against the one four weeks before, each with a standard error of itself over the root of 6, while spend grew beyond noise.
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
    where test in ('below_target', 'pass_rate', 'any_at_all', 'minimum', 'parted', 'variation_with_spend')
),

weeks as (
    select * from kpi.int_rule_weeks
),

figures as (
    select * from kpi.int_rule_figures
    where dimension = 'all'
),

changes as (
    select * from kpi.int_rule_changes
    where figure = 'ad_spend' and span = 4
),

targets as (
    select * from kpi.int_rule_targets
),

ads_daily as (
    select * from core.fct_ads_daily
    where platform_conversions is not null
),

social_platforms as (
    select * from config.social_ad_platforms
),

parameters as (
    select * from config.decision_rule_parameters
),

settings as (
    select * from config.settings
),

levels as (
    select
        tests.risk,
        tests.kpi,
        tests.test,
        weeks.week_start_date,
        cast(figures.value as double) as value,
        figures.unit,
        figures.denominator,
        figures.unknown,
        figures.figure is not null as is_known,
        case tests.test
            when 'below_target' then cast(coalesce(targets.target, cast(100 * settings.utm_target as decimal(18, 6))) as double)
            when 'any_at_all' then 0
            else cast(tests.minimum as double)
        end as level,
        parameters.brand_safety_minimum_reviewed as minimum_reviewed
    from tests
    cross join weeks
    cross join parameters
    cross join settings
    left join figures on figures.figure = tests.kpi and figures.week_start_date = weeks.week_start_date
    left join targets on targets.kpi = tests.kpi and targets.week_start_date = weeks.week_start_date
    where tests.test in ('below_target', 'pass_rate', 'any_at_all', 'minimum')
),

claimed as (
    select
        cast(date_trunc('week', ads_daily.date) as date) as week_start_date,
        sum(ads_daily.platform_conversions) as conversions
    from ads_daily
    inner join social_platforms on social_platforms.platform = ads_daily.platform
    group by cast(date_trunc('week', ads_daily.date) as date)
),

side_by_side as (
    select
        claimed.week_start_date,
        cast(claimed.conversions as double) as claimed,
        cast(figures.denominator as double) as credited,
        ln((cast(claimed.conversions as double) + 0.5) / (cast(figures.denominator as double) + 0.5)) as gap,
        sqrt(1 / (cast(claimed.conversions as double) + 0.5) + 1 / (cast(figures.denominator as double) + 0.5)) as chance
    from claimed
    inner join figures on figures.figure = 'cpa' and figures.week_start_date = claimed.week_start_date
    where coalesce(figures.unknown, '') <> 'the week is not complete' and figures.denominator is not null
),

pasts as (
    select
        weeks.week_start_date,
        earlier.gap
    from weeks
    cross join parameters
    inner join side_by_side as earlier
        on
            earlier.week_start_date < weeks.week_start_date
            and earlier.week_start_date >= cast(weeks.week_start_date - interval 7 day * parameters.judging_history_weeks as date)
),

middles as (
    select
        week_start_date,
        median(gap) as middle,
        count(*) as history
    from pasts
    group by week_start_date
),

spreads as (
    select
        pasts.week_start_date,
        1.4826 * median(abs(pasts.gap - middles.middle)) as spread
    from pasts
    inner join middles on middles.week_start_date = pasts.week_start_date
    group by pasts.week_start_date
),

gaps as (
    select
        tests.risk,
        tests.kpi,
        weeks.week_start_date,
        side_by_side.claimed,
        side_by_side.credited,
        exp(side_by_side.gap) as ratio,
        exp(middles.middle) as usual_ratio,
        coalesce(middles.history, 0) as history,
        side_by_side.gap is not null as is_known,
        round(abs(side_by_side.gap - middles.middle) / greatest(spreads.spread * (1 + 2.0 / middles.history), side_by_side.chance), 6) as score,
        parameters.judging_minimum_history as minimum_history,
        cast(parameters.judging_risk_score as double) as score_asked
    from tests
    cross join weeks
    cross join parameters
    left join side_by_side on side_by_side.week_start_date = weeks.week_start_date
    left join middles on middles.week_start_date = weeks.week_start_date
    left join spreads on spreads.week_start_date = weeks.week_start_date
    where tests.test = 'parted'
),

variations as (
    select
        tests.risk,
        tests.kpi,
        weeks.week_start_date,
        now_week.value,
        before_week.value as value_before,
        now_week.unknown,
        now_week.figure is not null as is_known,
        round(
            cast(now_week.value - before_week.value as double) / nullif(sqrt(
                (cast(now_week.value as double) * cast(now_week.value as double)
                + cast(before_week.value as double) * cast(before_week.value as double)) / 6
            ), 0),
            6
        ) as score,
        changes.value as spend,
        changes.value_before as spend_before,
        changes.score as spend_score,
        changes.unknown as spend_unknown,
        cast(parameters.judging_risk_score as double) as score_asked
    from tests
    cross join weeks
    cross join parameters
    left join figures as now_week on now_week.figure = tests.kpi and now_week.week_start_date = weeks.week_start_date
    left join figures as before_week
        on
            before_week.figure = tests.kpi
            and before_week.week_start_date = cast(weeks.week_start_date - interval 28 day as date)
    left join changes on changes.week_start_date = weeks.week_start_date
    where tests.test = 'variation_with_spend'
)

select
    risk,
    kpi,
    week_start_date,
    coalesce(case when test = 'any_at_all' then value > level else value < level end, false) as is_risen,
    case
        when not is_known then cast(to_json({'text': 'values_of', 'kpi': kpi}) as varchar)
        when unknown is not null then unknown
        when test = 'pass_rate' and denominator < minimum_reviewed
            then cast(to_json({
                'text': 'more', 'count': ceil(minimum_reviewed - denominator), 'what': 'items that were reviewed'
            }) as varchar)
    end as missing,
    case
        when test = 'any_at_all' then cast(to_json({'text': 'more_than', 'kpi': kpi, 'value': value, 'unit': unit, 'level': level}) as varchar)
        else cast(to_json({'text': 'at_least', 'kpi': kpi, 'value': value, 'unit': unit, 'level': level}) as varchar)
    end as evidence
from levels
union all
select
    risk,
    kpi,
    week_start_date,
    coalesce(score >= score_asked, false) as is_risen,
    case
        when not is_known then cast(to_json({
            'text': 'needed', 'what': 'conversions that platforms claim, and those credited to paid social, of the whole week'
        }) as varchar)
        when history < minimum_history then cast(to_json({'text': 'more', 'count': minimum_history - history, 'what': 'weeks of both before it'}) as varchar)
    end as missing,
    case
        when is_known
            then cast(to_json({
                'text': 'claimed', 'claimed': claimed, 'credited': credited, 'ratio': round(ratio, 6),
                'usual': round(usual_ratio, 6), 'history': history
            }) as varchar)
        else cast(to_json({'text': 'nothing_to_compare'}) as varchar)
    end as evidence
from gaps
union all
select
    risk,
    kpi,
    week_start_date,
    coalesce(score >= score_asked and spend_score >= score_asked, false) as is_risen,
    case
        when not is_known then cast(to_json({'text': 'values_of', 'kpi': kpi}) as varchar)
        when unknown is not null then unknown
        when value_before is null then cast(to_json({'text': 'four_weeks_before', 'kpi': kpi}) as varchar)
        else spend_unknown
    end as missing,
    cast(to_json({
        'text': 'variation', 'kpi': kpi, 'now': value, 'before': value_before, 'spend': spend, 'spend_before': spend_before
    }) as varchar) as evidence
from variations
