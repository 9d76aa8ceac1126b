/*
description: >-
  One row a variant with what its experiment is judged by: the metric, by what the variant is told, and the days on which all variants
  run. An experiment that can't be judged says why (missing).
grain: [experiment_id, variant]
materialise: view
owner: data-engineering
columns:
  experiment_id: {unit: id, description: The experiment.}
  variant: {unit: text, description: The variant.}
  kind: {unit: text, description: "What is varied: creative, audience, offer or flow."}
  metric: {unit: text, description: "The metric of experiments.yml, NULL where it is not known."}
  told_by: {unit: text, description: "campaign, or name for a utm_content or an ad."}
  member: {unit: text, description: "The utm_content, ad or campaign, in lower case."}
  is_control: {unit: flag, description: Whether the others are compared with it.}
  variants: {unit: count, sum: never, description: Variants of the experiment.}
  planned_sample: {unit: count, sum: always, description: "Planned sample of the variant, that of experiments.yml where none is given."}
  planned_share: {unit: share, description: "Share of the experiment's sample that it was to get; equal shares where a variant has no plan."}
  first_date: {unit: date, description: First day on which all variants run.}
  last_date: {unit: date, description: "Last day on which all variants run, NULL while they do."}
  missing: {unit: text, description: "Why the experiment can't be judged, NULL where it can."}
*/
with

given as (
    select * from staging.stg_content__experiments
),

metric_names as (
    select * from config.experiment_metric_names
),

controls as (
    select * from config.experiment_controls
),

experiments as (
    select * from config.experiments
),

named as (
    select
        given.experiment_id,
        given.variant,
        given.kind,
        given.metric as given_metric,
        metric_names.metric,
        case
            when coalesce(given.utm_content, given.ad) is not null then 'name'
            when given.campaign is not null then 'campaign'
        end as told_by,
        lower(coalesce(given.utm_content, given.ad, given.campaign)) as member,
        given.planned_sample,
        given.started_date,
        given.ended_date
    from given
    left join metric_names on metric_names.name = replace(replace(given.metric, ' ', '_'), '-', '_')
),

facts as (
    select
        experiment_id,
        count(*) as variants,
        count(distinct concat(told_by, ': ', member)) as members,
        count(given_metric) as metrics_given,
        count(distinct given_metric) as different_metrics,
        min(given_metric) as given_metric,
        min(metric) as metric,
        count(distinct metric) as known_metrics,
        count(member) as told,
        count(started_date) as started,
        max(started_date) as first_date,
        min(ended_date) as last_date,
        count(planned_sample) filter (where planned_sample > 0) as planned,
        sum(planned_sample) as planned_in_all
    from named
    group by experiment_id
),

ranked as (
    select
        named.experiment_id,
        named.variant,
        row_number() over (
            partition by named.experiment_id
            order by controls.rank nulls last, named.variant
        ) as control_rank
    from named
    left join controls on controls.variant = lower(named.variant)
)

select
    named.experiment_id,
    named.variant,
    named.kind,
    facts.metric,
    named.told_by,
    named.member,
    ranked.control_rank = 1 as is_control,
    facts.variants,
    case when named.planned_sample > 0 then named.planned_sample else experiments.planned_sample end as planned_sample,
    case
        when facts.planned = facts.variants
            then cast(round(cast(named.planned_sample as double) / facts.planned_in_all, 9) as decimal(18, 9))
        else cast(round(cast(1 as double) / facts.variants, 9) as decimal(18, 9))
    end as planned_share,
    facts.first_date,
    facts.last_date,
    case
        when facts.variants < 2 then 'a second variant'
        when facts.metrics_given = 0 then 'a metric'
        when facts.different_metrics > 1 and facts.known_metrics <> 1 then 'one metric for all variants'
        when facts.known_metrics = 0
            then concat('a metric of experiments.yml: ''', facts.given_metric, ''' is none')
        when facts.told < facts.variants then 'utm_content, campaign or ad of each variant'
        when facts.members < facts.variants then 'a utm_content, campaign or ad of its own for each variant'
        when facts.started = 0 then 'a start'
    end as missing
from named
inner join facts on facts.experiment_id = named.experiment_id
inner join ranked on ranked.experiment_id = named.experiment_id and ranked.variant = named.variant
cross join experiments
