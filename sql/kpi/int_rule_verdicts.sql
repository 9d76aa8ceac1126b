/*
description: >-
  One row a judged week, active rule and subject: the verdict. A rule fires when its figures fulfil it and its confidence, the normal
  probability of its score (Abramowitz and Stegun 26.2.17, exact to seven decimals), reaches what decision_rules.yml asks. Fulfilled but
  unsure, it asks for the data that would make it sure if the figures stayed as they are (a score grows with the root of the sample). A
  rule without any subject has one row that says what is missing.
grain: [week_start_date, rule, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  week_start_date: {unit: date, description: Monday of the week.}
  week_end_date: {unit: date, description: Its Sunday.}
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  subject_kind: {unit: text, description: What the subject is.}
  subject: {unit: text, description: What is judged.}
  verdict: {unit: text, description: "fires, quiet or not_enough_data."}
  evidence: {unit: json, description: "The figures used, told by evidence.yml."}
  sample: {unit: count, sum: never, description: Number of things that the judgement rests on.}
  sample_unit: {unit: text, description: What they are.}
  confidence: {unit: share, description: "Probability that what the rule looks for is so; NULL where data are missing."}
  missing: {unit: json, description: "What is missing, where there is not enough data, told by evidence.yml."}
  owner: {unit: text, description: "Who decides, where the subject says so; else NULL."}
*/
with

judged as (
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_costs
    union all
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_scale
    union all
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_scaling_policy
    union all
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_pilot_ends
    union all
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_campaigns
    union all
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_landings
    union all
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_trends
    union all
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_measurement
    union all
    select rule, variant, week_start_date, subject_kind, subject, is_met, score, sample, sample_unit, missing, evidence, owner
    from kpi.int_rule_content
),

weeks as (
    select * from kpi.int_rule_weeks
),

rules as (
    select * from config.decision_rules
    where is_active
),

targets as (
    select * from kpi.int_rule_targets
),

parameters as (
    select * from config.decision_rule_parameters
),

-- What a rule needs at all, and whether more of the same would make it surer: a change is compared with what is usual, whatever the sample.
needs as (
    select *
    from (
        values
            ('pause', 'a campaign on social platforms with spend', true),
            ('recover', 'a campaign on social platforms with spend', true),
            ('scale', 'a campaign on social platforms with spend', true),
            ('scaling_policy', 'a campaign on social platforms with spend', false),
            ('pilot_graduates', 'a pilot with spend (pilots in decision_rules.yml)', true),
            ('pilot_exits', 'a pilot with spend (pilots in decision_rules.yml)', true),
            ('two_weeks_down', 'a KPI that is better up or down', false),
            ('scale_series', 'posts whose series is known', false),
            ('double_or_cut', 'a series in kpi.series_scorecard', true),
            ('fix_cta', 'profile visits of a platform', false),
            ('test_hooks', 'a campaign on social platforms with spend', true),
            ('fix_landing', 'a campaign on social platforms with spend', true),
            ('qualify', 'a campaign on social platforms with spend', true),
            ('interact_more', 'comments of a platform', false),
            ('remix_content', 'engagement of a platform', false),
            ('spread_risk', 'conversions with a known channel', true),
            ('fix_tags', 'social visits', true),
            ('test_decided', 'an experiment that was running', true),
            ('unique_landing', 'social visits with a campaign', true)
    ) as needed (rule, subject, grows_with_sample)
),

subjects as (
    select
        weeks.week_start_date,
        weeks.week_end_date,
        rules.rule,
        rules.confidence as confidence_asked,
        rules.score as score_asked,
        coalesce(judged.variant, 'main') as variant,
        coalesce(judged.subject_kind, 'all') as subject_kind,
        coalesce(judged.subject, 'all') as subject,
        coalesce(judged.is_met, false) as is_met,
        case
            when judged.score > 8 then 8
            when judged.score < -8 then -8
            else judged.score
        end as score,
        judged.sample,
        judged.sample_unit,
        case
            when judged.rule is not null then judged.missing
            when not coalesce(targets.is_complete, false) then cast(to_json({'text': 'whole_week', 'kpi': rules.kpi}) as varchar)
            else cast(to_json({'text': 'needed', 'what': needs.subject}) as varchar)
        end as missing,
        coalesce(judged.evidence, cast(to_json({'text': 'nothing_to_judge'}) as varchar)) as evidence,
        judged.owner,
        needs.grows_with_sample
    from rules
    cross join weeks
    inner join needs on needs.rule = rules.rule
    left join judged on judged.rule = rules.rule and judged.week_start_date = weeks.week_start_date
    left join targets on targets.kpi = rules.kpi and targets.week_start_date = weeks.week_start_date
),

-- The tail of the normal distribution beyond |score|, by a polynomial in t.
tails as (
    select
        *,
        1 / (1 + 0.2316419 * abs(score)) as t,
        exp(-score * score / 2) * 0.3989422804014327 as density
    from subjects
),

sure as (
    select
        *,
        density * t * (0.319381530 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429)))) as tail
    from tails
),

confident as (
    select
        *,
        case
            when score is null then case when is_met then 1.0 else 0.0 end
            when score >= 0 then 1 - tail
            else tail
        end as confidence,
        case when score > 0 then (score_asked / score) * (score_asked / score) end as times_the_sample
    from sure
),

judged_finally as (
    select
        confident.*,
        case
            when confident.missing is not null then 'not_enough_data'
            when confident.is_met and (confident.score is null or confident.score >= confident.score_asked) then 'fires'
            when
                confident.is_met
                and confident.grows_with_sample
                and confident.times_the_sample <= cast(parameters.judging_patience as double)
                then 'not_enough_data'
            else 'quiet'
        end as verdict
    from confident
    cross join parameters
)

select
    week_start_date,
    week_end_date,
    rule,
    variant,
    subject_kind,
    subject,
    verdict,
    evidence,
    sample,
    sample_unit,
    case when missing is null then cast(round(confidence, 4) as decimal(9, 4)) end as confidence,
    case
        when missing is not null then missing
        when verdict = 'not_enough_data'
            then cast(to_json({
                'text': 'at_these_figures', 'count': greatest(ceil(sample * (times_the_sample - 1)), 1), 'what': sample_unit,
                'sure': round(100 * confidence, 4), 'asked': 100 * confidence_asked
            }) as varchar)
    end as missing,
    owner
from judged_finally
