/*
description: "One row a variant and day on which anything of its experiment was counted: the sums from the experiment's first day on, and the rate that they make."
grain: [experiment_id, variant, date]
materialise: view
owner: data-engineering
columns:
  experiment_id: {unit: id, description: The experiment.}
  variant: {unit: text, description: The variant.}
  date: {unit: date, description: The local day.}
  events: {unit: number, sum: not_over_time, description: What is counted.}
  base: {unit: number, sum: not_over_time, description: "What it is told per: trials, or the cost in the reporting currency."}
  sample: {unit: number, sum: not_over_time, description: What the planned sample counts.}
  exposure: {unit: number, sum: not_over_time, description: "What was split among the variants, where that is known apart from the sample; else the sample."}
  rate: {unit: ratio, sum: never, description: "Events by base: a rate, or events per unit of money."}
  variance: {unit: ratio, sum: never, description: "Variance of the rate, NULL where nothing is known of the base."}
*/
with

variants as (
    select * from kpi.int_experiment_variants
    where missing is null
),

measures_daily as (
    select * from kpi.int_measures_daily
),

metrics as (
    select * from config.experiment_metrics
),

metric_measures as (
    select * from config.experiment_measures
),

exposures as (
    select * from config.experiment_exposures
),

wanted as (
    select
        variants.experiment_id,
        variants.variant,
        variants.first_date,
        variants.last_date,
        metric_measures.role,
        metric_measures.measure,
        case variants.told_by when 'campaign' then 'campaign' else metric_measures.named end as dimension,
        case
            when variants.told_by = 'name' and metric_measures.named <> 'content' then variants.creative else variants.member
        end as member
    from variants
    inner join metric_measures on metric_measures.metric = variants.metric
    union all
    select
        variants.experiment_id,
        variants.variant,
        variants.first_date,
        variants.last_date,
        'exposure' as role,
        exposures.measure,
        case variants.told_by when 'campaign' then 'campaign' else exposures.named end as dimension,
        case when variants.told_by = 'name' and exposures.named <> 'content' then variants.creative else variants.member end as member
    from variants
    inner join exposures on exposures.kind = variants.kind
),

counted as (
    select
        wanted.experiment_id,
        wanted.variant,
        measures_daily.date,
        sum(case when wanted.role = 'events' then measures_daily.value end) as events,
        sum(case when wanted.role = 'base' then measures_daily.value end) as base,
        sum(case when wanted.role = 'sample' then measures_daily.value end) as sample,
        sum(case when wanted.role = 'exposure' then measures_daily.value end) as exposure
    from wanted
    inner join measures_daily
        on
            measures_daily.measure = wanted.measure
            and measures_daily.dimension = wanted.dimension
            and lower(trim(measures_daily.member)) = wanted.member
    where
        measures_daily.date >= wanted.first_date
        and (wanted.last_date is null or measures_daily.date <= wanted.last_date)
    group by wanted.experiment_id, wanted.variant, measures_daily.date
),

days as (
    select distinct experiment_id, date
    from counted
),

summed as (
    select
        variants.experiment_id,
        variants.variant,
        variants.metric,
        days.date,
        sum(counted.events) over up_to_day as events,
        sum(counted.base) over up_to_day as base,
        sum(counted.sample) over up_to_day as sample,
        sum(counted.exposure) over up_to_day as exposure
    from variants
    inner join days on days.experiment_id = variants.experiment_id
    left join counted
        on
            counted.experiment_id = variants.experiment_id
            and counted.variant = variants.variant
            and counted.date = days.date
    window up_to_day as (
        partition by variants.experiment_id, variants.variant
        order by days.date
        rows between unbounded preceding and current row
    )
),

known as (
    select
        summed.experiment_id,
        summed.variant,
        summed.date,
        metrics.is_cost,
        cast(coalesce(summed.events, 0) as decimal(28, 9)) as events,
        cast(coalesce(summed.base, 0) as decimal(28, 9)) as base,
        cast(coalesce(summed.sample, 0) as decimal(28, 9)) as sample,
        cast(coalesce(
            case
                when count(summed.exposure) over experiment_day = count(*) over experiment_day then summed.exposure
                else summed.sample
            end, 0
        ) as decimal(28, 9)) as exposure,
        cast(coalesce(summed.events, 0) as double) as events_counted,
        case when summed.base > 0 then cast(summed.base as double) end as base_counted
    from summed
    inner join metrics on metrics.metric = summed.metric
    window experiment_day as (partition by summed.experiment_id, summed.date)
)

-- One event and one non-event more keep the variance from being 0 by chance (Agresti and Caffo 2000).
select
    experiment_id,
    variant,
    date,
    events,
    base,
    sample,
    exposure,
    events_counted / base_counted as rate,
    case
        when is_cost then (events_counted + 1) / (base_counted * base_counted)
        else
            (events_counted + 1) * greatest(base_counted - events_counted + 1, 1)
            / ((base_counted + 2) * (base_counted + 2) * base_counted)
    end as variance
from known
