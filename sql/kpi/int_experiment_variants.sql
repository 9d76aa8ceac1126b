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
  creative: {unit: text, description: "The ad that the utm_content or ad means: the one of that name, else of that id, of that alias (ad_names in decision_rules.yml), or of that spelling; where none or several do, member itself."}
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

ad_names as (
    select * from kpi.int_ad_names
),

aliases as (
    select * from config.ad_names
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
        lower(trim(coalesce(given.utm_content, given.ad, given.campaign))) as member,
        given.planned_sample,
        given.started_date,
        given.ended_date
    from given
    left join metric_names on metric_names.name = replace(replace(given.metric, ' ', '_'), '-', '_')
),

candidates as (
    select named.member, ad_names.ad, 1 as strength
    from named
    inner join ad_names on ad_names.ad = named.member
    union
    select named.member, ad_names.ad, 2
    from named
    inner join ad_names on ad_names.ad_id = named.member
    union
    select named.member, ad_names.ad, 3
    from named
    inner join aliases on aliases.tag = named.member
    inner join ad_names on ad_names.ad = aliases.ad
    union
    select named.member, ad_names.ad, 4
    from named
    inner join ad_names
        on regexp_replace(ad_names.ad, '[\s_-]+', '_', 'g') = regexp_replace(named.member, '[\s_-]+', '_', 'g')
),

strongest as (
    select *
    from candidates
    qualify strength = min(strength) over (partition by member)
),

ads_meant as (
    select member, min(ad) as ad
    from strongest
    group by member
    having count(*) = 1
),

meant as (
    select
        named.*,
        case when named.told_by = 'name' then coalesce(ads_meant.ad, named.member) else named.member end as creative
    from named
    left join ads_meant on ads_meant.member = named.member
),

facts as (
    select
        experiment_id,
        count(*) as variants,
        count(distinct concat(told_by, ': ', creative)) as members,
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
    from meant
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
    meant.experiment_id,
    meant.variant,
    meant.kind,
    facts.metric,
    meant.told_by,
    meant.member,
    meant.creative,
    ranked.control_rank = 1 as is_control,
    facts.variants,
    case when meant.planned_sample > 0 then meant.planned_sample else experiments.planned_sample end as planned_sample,
    case
        when facts.planned = facts.variants
            then cast(round(cast(meant.planned_sample as double) / facts.planned_in_all, 9) as decimal(18, 9))
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
from meant
inner join facts on facts.experiment_id = meant.experiment_id
inner join ranked on ranked.experiment_id = meant.experiment_id and ranked.variant = meant.variant
cross join experiments
