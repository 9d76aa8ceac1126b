/*
description: >-
  One row an experiment, day and ordered pair of variants: the difference of what is counted per trial (or per unit of money), and how
  wide the confidence sequence around it is: wide enough that it holds the true difference on all days at once, whenever one looks. The pair with no other is the variant's own rate.
grain: [experiment_id, date, variant, other]
materialise: view
owner: data-engineering
columns:
  experiment_id: {unit: id, description: The experiment.}
  date: {unit: date, description: The local day.}
  variant: {unit: text, description: The variant.}
  other: {unit: text, description: "The variant that it is compared with, empty for its own rate."}
  difference: {unit: ratio, sum: never, description: "Rate of the variant less rate of the other; of a cost, events per unit of money."}
  half_width: {unit: ratio, sum: never, description: "Half the width of the confidence sequence, NULL as long as there is too little to compare."}
  is_better: {unit: flag, description: Whether the whole interval says that the variant is better.}
*/
with

days as (
    select * from kpi.int_experiment_days
),

variants as (
    select * from kpi.int_experiment_variants
),

metrics as (
    select * from config.experiment_metrics
),

experiments as (
    select * from config.experiments
),

rates as (
    select
        days.experiment_id,
        days.variant,
        days.date,
        days.rate,
        days.variance,
        days.events,
        cast(days.sample as double) as sample,
        cast(variants.planned_sample as double) as planned_sample,
        variants.variants,
        metrics.better
    from days
    inner join variants on variants.experiment_id = days.experiment_id and variants.variant = days.variant
    inner join metrics on metrics.metric = variants.metric
),

-- All pairs together may err as often as the configuration allows.
pairs as (
    select
        this.experiment_id,
        this.date,
        this.variant,
        other.variant as other,
        this.better,
        this.rate - other.rate as difference,
        this.variance + other.variance as variance,
        least(this.events, other.events) as fewest_events,
        2 / nullif(1 / nullif(this.sample, 0) + 1 / nullif(other.sample, 0), 0) as sample,
        2 / (1 / this.planned_sample + 1 / other.planned_sample) as planned_sample,
        experiments.minimum_events,
        experiments.error_rate / (cast(this.variants as double) * (this.variants - 1) / 2) as error_rate
    from rates as this
    inner join rates as other
        on
            other.experiment_id = this.experiment_id
            and other.date = this.date
            and other.variant <> this.variant
    cross join experiments
    union all
    select
        rates.experiment_id,
        rates.date,
        rates.variant,
        '' as other,
        rates.better,
        rates.rate as difference,
        rates.variance,
        rates.events as fewest_events,
        rates.sample,
        rates.planned_sample,
        experiments.minimum_events,
        experiments.error_rate
    from rates
    cross join experiments
),

-- How much of its own scale the sum has been observed for; the scale is chosen for the planned sample, so not by what was seen.
observed as (
    select
        *,
        sample / planned_sample * (-2 * ln(error_rate) + ln(1 - 2 * ln(error_rate))) as observed
    from pairs
),

-- The normal mixture (Robbins 1970; Howard et al. 2021, eq. 14) around an estimate that is normal in the limit (Waudby-Smith et al. 2024).
bounded as (
    select
        *,
        case
            when fewest_events >= minimum_events and observed > 0
                then sqrt(variance * (1 + 1 / observed) * ln((1 + observed) / (error_rate * error_rate)))
        end as half_width
    from observed
)

select
    experiment_id,
    date,
    variant,
    other,
    difference,
    half_width,
    other <> ''
    and coalesce(case better when 'up' then difference > half_width else difference < -half_width end, false) as is_better
from bounded
