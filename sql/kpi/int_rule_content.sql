/*
description: >-
  One row a judged week and series under double_or_cut, and experiment under test_decided. The verdicts are those of kpi.series_scorecard
  and kpi.experiments. How sure a series' verdict is: the end of its interval towards the threshold lies so many standard errors from the
  value as creative.yml says, so the threshold itself lies as many times them as it is further or nearer. An experiment's bounds are valid
  whenever one looks: once decided it is no matter of chance any more. It is judged in the week in which it was decided or its sample
  reached; until then in the newest week.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: series or experiment."}
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

series as (
    select * from kpi.series_scorecard
    where distribution = 'all'
),

experiments as (
    select * from kpi.experiments
),

weeks as (
    select * from kpi.int_rule_weeks
),

creative as (
    select * from config.creative
),

newest as (
    select max(week_start_date) as week_start_date from weeks
),

judged_series as (
    select
        series.*,
        case
            when series.verdict = 'fail'
                then cast(creative.standard_errors as double) * cast(series.threshold - series.value as double)
                    / nullif(cast(series.upper_bound - series.value as double), 0)
            else
                cast(creative.standard_errors as double) * cast(series.value - series.threshold as double)
                / nullif(cast(series.value - series.lower_bound as double), 0)
        end as score
    from series
    inner join weeks on weeks.week_start_date = series.week_start_date
    cross join creative
),

-- One row an experiment; the state, the winner and what is missing are the same in all its variants.
tests as (
    select
        experiments.experiment_id,
        max(experiments.metric) as metric,
        max(experiments.state) as state,
        max(experiments.winner) as winner,
        max(experiments.missing) as missing,
        min(experiments.started_date) as started_date,
        max(experiments.decided_date) as decided_date,
        max(experiments.judged_date) as judged_date,
        sum(experiments.sample) as sample,
        sum(experiments.planned_sample) as planned_sample,
        string_agg(
            cast(to_json({
                'text': 'variant', 'variant': experiments.variant, 'value': experiments.value, 'lower': experiments.lower,
                'upper': experiments.upper
            }) as varchar),
            chr(10) order by experiments.variant
        ) as variants
    from experiments
    group by experiments.experiment_id
),

dated as (
    select
        tests.*,
        case
            when tests.state in ('decided', 'no_difference')
                then cast(date_trunc('week', coalesce(tests.decided_date, tests.judged_date)) as date)
            else least(cast(date_trunc('week', coalesce(tests.judged_date, tests.started_date)) as date), newest.week_start_date)
        end as week_start_date
    from tests
    cross join newest
)

select
    'double_or_cut' as rule,
    case when verdict = 'fail' then 'cut' else 'main' end as variant,
    week_start_date,
    'series' as subject_kind,
    series as subject,
    coalesce(is_top, false) or verdict = 'fail' as is_met,
    round(score, 6) as score,
    cast(round(sample) as bigint) as sample,
    'people or visits' as sample_unit,
    missing,
    cast(to_json({
        'text': 'series_standing', 'goal': goal, 'value': value, 'lower': lower_bound, 'upper': upper_bound,
        'threshold': threshold, 'place': rank, 'ranked': ranked, 'assets': assets
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from judged_series
union all
select
    'test_decided' as rule,
    case when dated.state = 'no_difference' then 'no_difference' else 'main' end as variant,
    dated.week_start_date,
    'experiment' as subject_kind,
    dated.experiment_id as subject,
    dated.state in ('decided', 'no_difference') as is_met,
    cast(null as double) as score,
    cast(round(dated.sample) as bigint) as sample,
    'in the sample' as sample_unit,
    case
        when dated.state = 'not_enough_data' then coalesce(dated.missing, cast(to_json({'text': 'needed', 'what': 'data of its variants'}) as varchar))
        when dated.state = 'broken_sample' then coalesce(dated.missing, cast(to_json({'text': 'needed', 'what': 'a sample that is split as planned'}) as varchar))
    end as missing,
    concat_ws(
        chr(10),
        case dated.state
            when 'decided' then cast(to_json({'text': 'test_won', 'day': dated.decided_date, 'winner': dated.winner}) as varchar)
            when 'no_difference' then cast(to_json({'text': 'test_without_difference'}) as varchar)
            when 'running' then cast(to_json({'text': 'test_running'}) as varchar)
            when 'broken_sample' then cast(to_json({'text': 'test_broken'}) as varchar)
            else cast(to_json({'text': 'test_thin'}) as varchar)
        end,
        cast(to_json({'text': 'test_metric', 'metric': dated.metric}) as varchar),
        dated.variants,
        cast(to_json({'text': 'test_sample', 'sample': dated.sample, 'planned': dated.planned_sample}) as varchar)
    ) as evidence,
    cast(null as varchar) as owner
from dated
inner join weeks on weeks.week_start_date = dated.week_start_date
