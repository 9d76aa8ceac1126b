/*
description: >-
  One row a variant of an experiment. It is decided on the first day on which one variant is better than every other by an interval that
  stays valid however often one looks; figures are those of that day and stay, so winner and day don't turn later. Else they are those of
  the newest day. docs/experiments.md has the formulas.
grain: [experiment_id, variant]
materialise: table
owner: data-engineering
columns:
  experiment_id: {unit: id, description: The experiment's id.}
  variant: {unit: text, description: The variant.}
  hypothesis: {unit: text, description: What is expected of it.}
  kind: {unit: text, description: "What is varied: creative, audience, offer or flow."}
  told_by: {unit: text, description: "By what its figures are found: name (utm_content or ad) or campaign."}
  member: {unit: text, description: "That utm_content, ad or campaign, in lower case."}
  metric: {unit: text, description: "The metric of experiments.yml that decides; as delivered where that has none such."}
  is_control: {unit: flag, description: Whether the others are compared with it.}
  numerator: {unit: number, sum: never, description: "What is counted, of a cost the money spent."}
  denominator: {unit: number, sum: never, description: "What it is told per: trials, of a cost the events."}
  value: {unit: number, sum: never, description: "The metric: percent, or money per event."}
  lower: {unit: number, sum: never, description: "Lower end of the value's interval, valid whenever one looks; NULL with too little data."}
  upper: {unit: number, sum: never, description: Upper end of it.}
  difference: {unit: number, sum: never, description: "Value less that of the control, NULL for the control."}
  difference_lower: {unit: number, sum: never, description: "Lower end of the difference's interval, valid whenever one looks; of rates only."}
  difference_upper: {unit: number, sum: never, description: Upper end of it.}
  unit: {unit: text, description: "percent or money."}
  currency: {unit: text, description: "Currency of a cost, NULL for a rate."}
  state: {unit: text, description: "decided; running; no_difference: the planned sample is reached and nothing is sure; broken_sample: not split as planned; not_enough_data: see missing."}
  is_winner: {unit: flag, description: Whether it won.}
  winner: {unit: text, description: "The variant that won, NULL where none did."}
  decided_date: {unit: date, description: "First day on which it was sure, NULL where it is not."}
  judged_date: {unit: date, description: The day whose figures these are.}
  started_date: {unit: date, description: Local day on which all variants ran.}
  ended_date: {unit: date, description: "Local day on which the first variant ended, NULL while all run."}
  sample: {unit: number, sum: never, description: What the planned sample counts.}
  planned_sample: {unit: count, sum: never, description: Planned sample of the variant.}
  sample_share: {unit: share, description: Its share of what was split among the variants.}
  planned_share: {unit: share, description: The share that it was to get.}
  chi_square: {unit: number, sum: never, description: How far the split of all variants is from the plan.}
  missing: {unit: text, description: "What is missing for a judgement, NULL where nothing is."}
  budget: {unit: money, sum: by_currency, description: "Planned budget, in the team's own currency."}
  impact: {unit: number, sum: never, description: Expected impact as the team scored it.}
  effort: {unit: number, sum: never, description: Expected effort as the team scored it.}
*/
with

given as (
    select * from staging.stg_content__experiments
),

variants as (
    select * from kpi.int_experiment_variants
),

days as (
    select * from kpi.int_experiment_days
),

pairs as (
    select * from kpi.int_experiment_pairs
),

metrics as (
    select * from config.experiment_metrics
),

tolerances as (
    select * from config.experiment_tolerances
),

chi_square_limits as (
    select * from config.chi_square_limits
),

experiments as (
    select * from config.experiments
),

settings as (
    select * from config.settings
),

run as (
    select * from config.run
),

wins as (
    select experiment_id, date, variant
    from pairs
    where other <> ''
    group by experiment_id, date, variant
    having bool_and(is_better)
),

decisions as (
    select experiment_id, date as decided_date, variant as winner
    from wins
    qualify row_number() over (partition by experiment_id order by date) = 1
),

judged_days as (
    select days.experiment_id, coalesce(min(decisions.decided_date), max(days.date)) as judged_date
    from days
    left join decisions on decisions.experiment_id = days.experiment_id
    group by days.experiment_id
),

judged as (
    select
        days.*,
        sum(days.exposure) over (partition by days.experiment_id) as exposure_in_all
    from days
    inner join judged_days on judged_days.experiment_id = days.experiment_id and judged_days.judged_date = days.date
),

-- Chance must not explain it, and a platform may be off by a little.
splits as (
    select
        judged.experiment_id,
        judged.variant,
        cast(judged.exposure as double) / nullif(cast(judged.exposure_in_all as double), 0) as sample_share,
        sum(
            cast(round(
                (cast(judged.exposure as double) - judged.exposure_in_all * cast(variants.planned_share as double))
                * (cast(judged.exposure as double) - judged.exposure_in_all * cast(variants.planned_share as double))
                / nullif(judged.exposure_in_all * cast(variants.planned_share as double), 0), 9
            ) as decimal(28, 9))
        ) over experiment as chi_square,
        max(
            abs(cast(judged.exposure as double) / nullif(cast(judged.exposure_in_all as double), 0)
                / cast(variants.planned_share as double) - 1)
        ) over experiment as largest_deviation,
        min(judged.exposure_in_all * cast(variants.planned_share as double)) over experiment as fewest_expected
    from judged
    inner join variants on variants.experiment_id = judged.experiment_id and variants.variant = judged.variant
    window experiment as (partition by judged.experiment_id)
),

standings as (
    select
        judged.experiment_id,
        min(judged.events) as fewest_events,
        bool_and(judged.sample >= variants.planned_sample) as has_planned_sample,
        cast(max(ceil(variants.planned_sample - judged.sample)) as bigint) as sample_missing
    from judged
    inner join variants on variants.experiment_id = judged.experiment_id and variants.variant = judged.variant
    group by judged.experiment_id
),

stated as (
    select
        variants.experiment_id,
        case
            when variants.missing is not null then 'not_enough_data'
            when run.run_date < variants.first_date or standings.experiment_id is null then 'not_enough_data'
            when
                splits.chi_square > chi_square_limits.chi_square
                and splits.largest_deviation > coalesce(tolerances.tolerance, 0)
                and splits.fewest_expected >= 5
                then 'broken_sample'
            when decisions.winner is not null then 'decided'
            when standings.fewest_events < experiments.minimum_events then 'not_enough_data'
            when standings.has_planned_sample then 'no_difference'
            when variants.last_date < run.run_date then 'not_enough_data'
            else 'running'
        end as state,
        case
            when variants.missing is not null then variants.missing
            when run.run_date < variants.first_date then concat('its start on ', cast(variants.first_date as varchar))
            when standings.experiment_id is null then 'anything counted since its start'
            when standings.fewest_events < experiments.minimum_events and decisions.winner is null
                then concat(cast(cast(ceil(experiments.minimum_events - standings.fewest_events) as bigint) as varchar), ' more events of a variant')
            when variants.last_date < run.run_date and not standings.has_planned_sample and decisions.winner is null
                then concat(cast(standings.sample_missing as varchar), ' of the planned sample of a variant when it ended')
        end as missing
    from variants
    cross join run
    cross join experiments
    left join standings on standings.experiment_id = variants.experiment_id
    left join splits on splits.experiment_id = variants.experiment_id and splits.variant = variants.variant
    left join decisions on decisions.experiment_id = variants.experiment_id
    left join tolerances on tolerances.kind = variants.kind
    left join chi_square_limits on chi_square_limits.degrees = variants.variants - 1
    where variants.is_control
)

select
    variants.experiment_id,
    variants.variant,
    given.hypothesis,
    variants.kind,
    variants.told_by,
    variants.member,
    coalesce(variants.metric, given.metric) as metric,
    variants.is_control,
    case when metrics.is_cost then judged.base else judged.events end as numerator,
    case when metrics.is_cost then judged.events else judged.base end as denominator,
    case
        when metrics.is_cost then try_cast(round(1 / nullif(judged.rate, 0), 6) as decimal(18, 6))
        else try_cast(round(100 * judged.rate, 6) as decimal(18, 6))
    end as value,
    -- Not by greatest() and least() alone: they pass over a NULL.
    case
        when own.half_width is null then null
        when metrics.is_cost then try_cast(round(1 / (judged.rate + own.half_width), 6) as decimal(18, 6))
        else cast(round(100 * greatest(judged.rate - own.half_width, 0), 6) as decimal(18, 6))
    end as lower,
    case
        when own.half_width is null then null
        when not metrics.is_cost then cast(round(100 * least(judged.rate + own.half_width, 1), 6) as decimal(18, 6))
        when judged.rate > own.half_width then try_cast(round(1 / (judged.rate - own.half_width), 6) as decimal(18, 6))
    end as upper,
    case
        when variants.is_control then null
        when metrics.is_cost
            then try_cast(round(1 / nullif(judged.rate, 0) - 1 / nullif(control.rate, 0), 6) as decimal(18, 6))
        else try_cast(round(100 * (judged.rate - control.rate), 6) as decimal(18, 6))
    end as difference,
    case
        when not metrics.is_cost
            then cast(round(100 * (pairs.difference - pairs.half_width), 6) as decimal(18, 6))
    end as difference_lower,
    case
        when not metrics.is_cost
            then cast(round(100 * (pairs.difference + pairs.half_width), 6) as decimal(18, 6))
    end as difference_upper,
    case when metrics.is_cost then 'money' when not metrics.is_cost then 'percent' end as unit,
    case when metrics.is_cost then settings.currency end as currency,
    stated.state,
    stated.state = 'decided' and variants.variant = decisions.winner as is_winner,
    case when stated.state = 'decided' then decisions.winner end as winner,
    case when stated.state = 'decided' then decisions.decided_date end as decided_date,
    judged_days.judged_date,
    variants.first_date as started_date,
    variants.last_date as ended_date,
    judged.sample,
    variants.planned_sample,
    cast(round(splits.sample_share, 6) as decimal(9, 6)) as sample_share,
    cast(variants.planned_share as decimal(9, 6)) as planned_share,
    cast(round(splits.chi_square, 6) as decimal(18, 6)) as chi_square,
    stated.missing,
    given.budget,
    given.impact,
    given.effort
from variants
inner join given on given.experiment_id = variants.experiment_id and given.variant = variants.variant
inner join stated on stated.experiment_id = variants.experiment_id
inner join variants as controls on controls.experiment_id = variants.experiment_id and controls.is_control
cross join settings
left join metrics on metrics.metric = variants.metric
left join judged_days on judged_days.experiment_id = variants.experiment_id
left join judged on judged.experiment_id = variants.experiment_id and judged.variant = variants.variant
left join splits on splits.experiment_id = variants.experiment_id and splits.variant = variants.variant
left join judged as control
    on control.experiment_id = variants.experiment_id and control.variant = controls.variant
left join pairs as own
    on
        own.experiment_id = variants.experiment_id
        and own.date = judged_days.judged_date
        and own.variant = variants.variant
        and own.other = ''
left join pairs
    on
        pairs.experiment_id = variants.experiment_id
        and pairs.date = judged_days.judged_date
        and pairs.variant = variants.variant
        and pairs.other = controls.variant
left join decisions on decisions.experiment_id = variants.experiment_id
