/*
description: >-
  One row a rule about ads, judged week and subject with spend in that week: the figures of the rule's weeks together (its weeks in
  decision_rules.yml, complete ones only), the targets, and how far the figures are from them, as normal scores.
  Scores of a cost: with n conversions for a spend S, the cost is above a limit L with the probability that a Gamma variable of shape
  n + 1/2 (Poisson conversions, Jeffreys prior) is below S / L; the score is its normal quantile by Wilson and Hilferty (1931).
  Scores of a share p of n against a target t: (p - t) / sqrt(t (1 - t) / n), which is Wilson's interval (1927) turned round.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  week_start_date: {unit: date, description: Monday of the judged week.}
  subject_kind: {unit: text, description: "campaign, ad or channel."}
  subject: {unit: text, description: "As in kpi.int_rule_ads."}
  campaign: {unit: text, description: "The campaign; NULL for a channel."}
  weeks: {unit: count, sum: never, description: Weeks that are looked at together.}
  week_spend: {unit: money, sum: always, description: Spend of the judged week.}
  spend: {unit: money, sum: never, description: Spend of all the weeks.}
  impressions: {unit: count, sum: never, description: Impressions.}
  link_clicks: {unit: count, sum: never, description: Link clicks.}
  impressions_with_clicks: {unit: count, sum: never, description: Impressions of the rows whose link clicks are known.}
  visits: {unit: count, sum: never, description: Paid social visits that carry the name.}
  visits_converted: {unit: count, sum: never, description: Those with at least one conversion.}
  conversions: {unit: number, sum: never, description: Credited conversions.}
  leads: {unit: number, sum: never, description: Leads among them.}
  leads_qualified: {unit: number, sum: never, description: Qualified leads.}
  cpa: {unit: money, sum: never, description: Spend over conversions; NULL without any.}
  cpl: {unit: money, sum: never, description: Spend over leads; NULL without any.}
  ctr: {unit: percent, description: Link clicks over impressions.}
  cvr: {unit: percent, description: Converted visits over visits.}
  qualified_share: {unit: percent, description: Qualified leads over leads.}
  cpa_target: {unit: money, sum: never, description: The target.}
  cpl_target: {unit: money, sum: never, description: The target.}
  ctr_target: {unit: percent, description: The target.}
  cvr_target: {unit: percent, description: The target.}
  qualified_target: {unit: percent, description: The target.}
  cpa_limit: {unit: money, sum: never, description: The CPA target times what the rule allows.}
  cpa_score: {unit: number, sum: never, description: "How clearly CPA lies above that limit, as a normal score."}
  cpl_score: {unit: number, sum: never, description: How clearly the cost per lead lies above its target.}
  ctr_score: {unit: number, sum: never, description: How clearly the click rate lies above its target.}
  cvr_score: {unit: number, sum: never, description: How clearly the conversion rate lies above its target.}
  qualified_score: {unit: number, sum: never, description: How clearly the qualified share lies above its target.}
  untracked: {unit: json, description: "Why conversions of the subject can't be known; NULL where they can."}
  cpa_missing: {unit: json, description: "Why there is no CPA target; NULL where there is one."}
  cpl_missing: {unit: json, description: "Why there is no target for the cost per lead; NULL where there is one."}
  ctr_missing: {unit: json, description: "Why there is no target for the click rate; NULL where there is one."}
  cvr_missing: {unit: json, description: "Why there is no target for the conversion rate; NULL where there is one."}
  qualified_missing: {unit: json, description: "Why there is no target for the qualified share; NULL where there is one."}
  cpa_origin: {unit: text, description: "Where the CPA target is from."}
  ctr_origin: {unit: text, description: "Where the target of the click rate is from."}
  currency: {unit: currency, description: The reporting currency.}
*/
with

ads as (
    select * from kpi.int_rule_ads
),

weeks as (
    select * from kpi.int_rule_weeks
),

targets as (
    select * from kpi.int_rule_targets
),

kpi_values as (
    select * from kpi.kpi_values
),

parameters as (
    select * from config.decision_rule_parameters
),

settings as (
    select * from config.settings
),

rules as (
    select 'pause' as rule, 'cpa' as kpi, pause_weeks as weeks, 0 as lag_weeks, pause_cost_over_target as cost_over_target,
    true as with_ads,
        false as with_channels
    from parameters
    union all
    select 'recover', 'cpa', recover_weeks, 0, recover_cost_over_target, false, true
    from parameters
    union all
    select 'scale', 'cpa', scale_weeks, 0, 1, true, false
    from parameters
    union all
    select 'scaling_policy', 'cpa', scaling_policy_weeks, 1, 1, false, false
    from parameters
    union all
    select 'pilot_exits', 'cpa', pilot_exits_weeks, 0, pilot_exits_cost_over_target, false, false
    from parameters
    union all
    select 'test_hooks', 'ctr_paid', test_hooks_weeks, 0, 1, false, false
    from parameters
    union all
    select 'fix_landing', 'cpa', fix_landing_weeks, 0, 1, false, false
    from parameters
    union all
    select 'qualify', 'qualified_lead_share', qualify_weeks, qualify_ripening_weeks, 1, false, false
    from parameters
),

complete_weeks as (
    select kpi, period_start_date as week_start_date
    from kpi_values
    where period = 'week' and dimension = 'all' and is_complete
),

judged as (
    select
        rules.rule,
        rules.kpi,
        rules.weeks,
        rules.lag_weeks,
        rules.cost_over_target,
        ads.week_start_date,
        ads.subject_kind,
        ads.subject,
        ads.campaign,
        ads.spend as week_spend
    from rules
    inner join complete_weeks on complete_weeks.kpi = rules.kpi
    inner join weeks on weeks.week_start_date = complete_weeks.week_start_date
    inner join ads on ads.week_start_date = weeks.week_start_date and ads.spend > 0
    where
        ads.subject_kind = 'campaign'
        or (ads.subject_kind = 'ad' and rules.with_ads)
        or (ads.subject_kind = 'channel' and rules.with_channels)
),

summed as (
    select
        judged.rule,
        judged.week_start_date,
        judged.subject_kind,
        judged.subject,
        judged.campaign,
        judged.weeks,
        judged.cost_over_target,
        judged.week_spend,
        coalesce(sum(looked_at.spend), 0) as spend,
        coalesce(sum(looked_at.impressions), 0) as impressions,
        coalesce(sum(looked_at.link_clicks), 0) as link_clicks,
        coalesce(sum(looked_at.impressions_with_clicks), 0) as impressions_with_clicks,
        coalesce(sum(looked_at.visits), 0) as visits,
        coalesce(sum(looked_at.visits_converted), 0) as visits_converted,
        coalesce(sum(looked_at.conversions), 0) as conversions,
        coalesce(sum(looked_at.leads), 0) as leads,
        coalesce(sum(looked_at.leads_qualified), 0) as leads_qualified
    from judged
    left join (
        select
            complete_weeks.kpi,
            ads.*
        from ads
        inner join complete_weeks on complete_weeks.week_start_date = ads.week_start_date
    ) as looked_at
        on
            looked_at.kpi = judged.kpi
            and looked_at.subject_kind = judged.subject_kind
            and looked_at.subject = judged.subject
            and looked_at.week_start_date <= cast(judged.week_start_date - interval 7 day * judged.lag_weeks as date)
            and looked_at.week_start_date > cast(judged.week_start_date - interval 7 day * (judged.lag_weeks + judged.weeks) as date)
    group by
        judged.rule,
        judged.week_start_date,
        judged.subject_kind,
        judged.subject,
        judged.campaign,
        judged.weeks,
        judged.cost_over_target,
        judged.week_spend
),

aimed as (
    select
        summed.*,
        cpa_targets.target as cpa_target,
        cpa_targets.missing as cpa_missing,
        cpa_targets.origin as cpa_origin,
        cpl_targets.target as cpl_target,
        cpl_targets.missing as cpl_missing,
        ctr_targets.target as ctr_target,
        ctr_targets.missing as ctr_missing,
        ctr_targets.origin as ctr_origin,
        cvr_targets.target as cvr_target,
        cvr_targets.missing as cvr_missing,
        qualified_targets.target as qualified_target,
        qualified_targets.missing as qualified_missing,
        settings.currency,
        parameters.judging_minimum_tracked_share as minimum_tracked_share,
        nullif(cast(cpa_targets.target as double) * cast(summed.cost_over_target as double), 0) as cpa_limit
    from summed
    cross join parameters
    cross join settings
    left join targets as cpa_targets on cpa_targets.kpi = 'cpa' and cpa_targets.week_start_date = summed.week_start_date
    left join targets as cpl_targets on cpl_targets.kpi = 'cpl_paid' and cpl_targets.week_start_date = summed.week_start_date
    left join targets as ctr_targets on ctr_targets.kpi = 'ctr_paid' and ctr_targets.week_start_date = summed.week_start_date
    left join targets as cvr_targets on cvr_targets.kpi = 'landing_page_cvr' and cvr_targets.week_start_date = summed.week_start_date
    left join targets as qualified_targets
        on qualified_targets.kpi = 'qualified_lead_share' and qualified_targets.week_start_date = summed.week_start_date
)

select
    rule,
    week_start_date,
    subject_kind,
    subject,
    campaign,
    weeks,
    cast(week_spend as decimal(18, 4)) as week_spend,
    cast(spend as decimal(18, 4)) as spend,
    cast(impressions as bigint) as impressions,
    cast(link_clicks as bigint) as link_clicks,
    cast(impressions_with_clicks as bigint) as impressions_with_clicks,
    cast(visits as bigint) as visits,
    cast(visits_converted as bigint) as visits_converted,
    cast(conversions as decimal(18, 6)) as conversions,
    cast(leads as decimal(18, 6)) as leads,
    cast(leads_qualified as decimal(18, 6)) as leads_qualified,
    cast(round(cast(spend as double) / nullif(cast(conversions as double), 0), 4) as decimal(18, 4)) as cpa,
    cast(round(cast(spend as double) / nullif(cast(leads as double), 0), 4) as decimal(18, 4)) as cpl,
    cast(round(100 * cast(link_clicks as double) / nullif(impressions_with_clicks, 0), 4) as decimal(18, 4)) as ctr,
    cast(round(100 * cast(visits_converted as double) / nullif(visits, 0), 4) as decimal(18, 4)) as cvr,
    cast(round(100 * cast(leads_qualified as double) / nullif(cast(leads as double), 0), 4) as decimal(18, 4)) as qualified_share,
    cpa_target,
    cpl_target,
    ctr_target,
    cvr_target,
    qualified_target,
    cast(round(cpa_limit, 4) as decimal(18, 4)) as cpa_limit,
    round(
        3 * sqrt(cast(conversions as double) + 0.5)
        * (
            pow(cast(spend as double) / cpa_limit / (cast(conversions as double) + 0.5), 1.0 / 3)
            - 1 + 1 / (9 * (cast(conversions as double) + 0.5))
        ),
        6
    ) as cpa_score,
    round(
        3 * sqrt(cast(leads as double) + 0.5)
        * (
            pow(cast(spend as double) / nullif(cast(cpl_target as double), 0) / (cast(leads as double) + 0.5), 1.0 / 3)
            - 1 + 1 / (9 * (cast(leads as double) + 0.5))
        ),
        6
    ) as cpl_score,
    round(
        (cast(link_clicks as double) / nullif(impressions_with_clicks, 0) - cast(ctr_target as double) / 100)
        / nullif(sqrt(
            greatest(cast(ctr_target as double) / 100 * (1 - cast(ctr_target as double) / 100), 0) / nullif(impressions_with_clicks, 0)
        ), 0),
        6
    ) as ctr_score,
    round(
        (cast(visits_converted as double) / nullif(visits, 0) - cast(cvr_target as double) / 100)
        / nullif(sqrt(
            greatest(cast(cvr_target as double) / 100 * (1 - cast(cvr_target as double) / 100), 0) / nullif(visits, 0)
        ), 0),
        6
    ) as cvr_score,
    round(
        (cast(leads_qualified as double) / nullif(cast(leads as double), 0) - cast(qualified_target as double) / 100)
        / nullif(sqrt(
            greatest(cast(qualified_target as double) / 100 * (1 - cast(qualified_target as double) / 100), 0)
            / nullif(cast(leads as double), 0)
        ), 0),
        6
    ) as qualified_score,
    case
        when subject_kind = 'channel' then null
        when visits = 0
            then cast(to_json({
                'text': 'named_visits',
                'tags': case when subject_kind = 'ad' then 'utm_campaign and utm_content' else 'utm_campaign' end
            }) as varchar)
        when visits < cast(minimum_tracked_share as double) * link_clicks
            then cast(to_json({'text': 'tagged_links', 'visits': visits, 'clicks': link_clicks}) as varchar)
    end as untracked,
    case when cpa_target is null then coalesce(cpa_missing, cast(to_json({'text': 'target_for', 'kpi': 'cpa'}) as varchar)) end as cpa_missing,
    case when cpl_target is null then coalesce(cpl_missing, cast(to_json({'text': 'target_for', 'kpi': 'cpl_paid'}) as varchar)) end as cpl_missing,
    case when ctr_target is null then coalesce(ctr_missing, cast(to_json({'text': 'target_for', 'kpi': 'ctr_paid'}) as varchar)) end as ctr_missing,
    case when cvr_target is null then coalesce(cvr_missing, cast(to_json({'text': 'target_for', 'kpi': 'landing_page_cvr'}) as varchar)) end as cvr_missing,
    case when qualified_target is null then coalesce(qualified_missing, cast(to_json({'text': 'target_for', 'kpi': 'qualified_lead_share'}) as varchar)) end as qualified_missing,
    cpa_origin,
    ctr_origin,
    currency
from aimed
