/*
description: >-
  One row a judged week and channel or owner under fix_tags, and one for the whole under spread_risk. Coverage is a count of what came, so
  it is no matter of chance. Whether a channel carries the goal is judged by its share of the conversions against
  spread_risk.carries_share (Wilson), for the second largest channel: where not even that one carries, fewer than two do.
grain: [rule, week_start_date, subject_kind, subject]
materialise: table
owner: data-engineering
columns:
  rule: {unit: id, description: The rule's name in decision_rules.yml.}
  variant: {unit: text, description: Which of the rule's actions it asks for.}
  week_start_date: {unit: date, description: Monday of the week.}
  subject_kind: {unit: text, description: "What the subject is: channel, owner or whole."}
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

kpi_values as (
    select * from kpi.kpi_values
    where period = 'week' and kpi = 'utm_coverage' and dimension in ('channel', 'owner')
),

violations as (
    select * from quality.utm_violations
),

owners as (
    select * from core.int_link_owners
),

credits as (
    select * from attribution.credits
),

weeks as (
    select * from kpi.int_rule_weeks
),

targets as (
    select * from kpi.int_rule_targets
),

parameters as (
    select * from config.decision_rule_parameters
),

settings as (
    select * from config.settings
),

links as (
    select
        cast(date_trunc('week', session_date) as date) as week_start_date,
        channel,
        owner,
        landing_url,
        max(suggested_url) as suggested_url,
        sum(sessions) as sessions
    from violations
    group by cast(date_trunc('week', session_date) as date), channel, owner, landing_url
),

links_by_member as (
    select week_start_date, 'channel' as dimension, channel as member, landing_url, max(suggested_url) as suggested_url,
        sum(sessions) as sessions
    from links
    group by week_start_date, channel, landing_url
    union all
    select week_start_date, 'owner', owner, landing_url, max(suggested_url), sum(sessions)
    from links
    group by week_start_date, owner, landing_url
),

numbered_links as (
    select
        links_by_member.*,
        count(*) over (partition by links_by_member.week_start_date, links_by_member.dimension, links_by_member.member) as links,
        row_number() over (
            partition by links_by_member.week_start_date, links_by_member.dimension, links_by_member.member
            order by links_by_member.sessions desc, links_by_member.landing_url
        ) as place
    from links_by_member
    inner join weeks on weeks.week_start_date = links_by_member.week_start_date
),

listed_links as (
    select
        numbered_links.week_start_date,
        numbered_links.dimension,
        numbered_links.member,
        max(numbered_links.links) as links,
        string_agg(
            cast(to_json({
                'text': 'link', 'url': numbered_links.landing_url, 'mended': numbered_links.suggested_url,
                'visits': numbered_links.sessions
            }) as varchar),
            chr(10) order by numbered_links.place
        ) as listed
    from numbered_links
    cross join parameters
    where numbered_links.place <= parameters.fix_tags_links_shown
    group by numbered_links.week_start_date, numbered_links.dimension, numbered_links.member
),

-- A channel has one owner unless its platforms have different ones; then the rule's own owner decides.
channel_owners as (
    select
        channel,
        min(owner) as owner
    from owners
    group by channel
    having count(distinct owner) = 1
),

coverage as (
    select
        weeks.week_start_date,
        kpi_values.dimension,
        kpi_values.member,
        kpi_values.numerator,
        kpi_values.denominator,
        kpi_values.value,
        coalesce(targets.target, cast(round(100 * settings.utm_target, 6) as decimal(18, 6))) as target,
        listed_links.links,
        listed_links.listed,
        case when kpi_values.dimension = 'owner' then kpi_values.member else channel_owners.owner end as owner,
        parameters.fix_tags_minimum_sessions as minimum_sessions
    from weeks
    inner join kpi_values on kpi_values.period_start_date = weeks.week_start_date and kpi_values.is_complete
    cross join settings
    cross join parameters
    left join targets on targets.kpi = 'utm_coverage' and targets.week_start_date = weeks.week_start_date
    left join listed_links
        on
            listed_links.week_start_date = weeks.week_start_date
            and listed_links.dimension = kpi_values.dimension
            and listed_links.member = kpi_values.member
    left join channel_owners on kpi_values.dimension = 'channel' and channel_owners.channel = kpi_values.member
    where kpi_values.denominator > 0
),

conversions_weekly as (
    select
        weeks.week_start_date,
        credits.channel,
        sum(credits.credit) as conversions
    from weeks
    cross join parameters
    cross join settings
    inner join targets
        on targets.kpi = 'leads_social' and targets.week_start_date = weeks.week_start_date and targets.is_complete
    inner join credits
        on
            credits.model = settings.attribution_model
            and credits.conversion_date < cast(weeks.week_start_date + interval 7 day as date)
            and credits.conversion_date >= cast(weeks.week_start_date - interval 7 day * (parameters.spread_risk_weeks - 1) as date)
    where credits.channel not in ('Direct', 'Unattributed', 'Unassigned')
    group by weeks.week_start_date, credits.channel
),

channels as (
    select
        week_start_date,
        channel,
        cast(conversions as double) as conversions,
        cast(sum(conversions) over (partition by week_start_date) as double) as all_conversions,
        row_number() over (partition by week_start_date order by conversions desc, channel) as place
    from conversions_weekly
),

carrying as (
    select
        channels.week_start_date,
        max(channels.all_conversions) as conversions,
        max(channels.channel) filter (where channels.place = 1) as first_channel,
        max(channels.conversions / channels.all_conversions) filter (where channels.place = 1) as first_share,
        max(channels.channel) filter (where channels.place = 2) as second_channel,
        coalesce(max(channels.conversions / channels.all_conversions) filter (where channels.place = 2), 0) as second_share,
        max(cast(parameters.spread_risk_carries_share as double)) as share_asked,
        max(cast(parameters.spread_risk_minimum_conversions as double)) as minimum_conversions,
        max(parameters.spread_risk_weeks) as weeks
    from channels
    cross join parameters
    where channels.all_conversions > 0
    group by channels.week_start_date
)

select
    'fix_tags' as rule,
    'main' as variant,
    week_start_date,
    dimension as subject_kind,
    member as subject,
    value < target as is_met,
    cast(null as double) as score,
    cast(round(denominator) as bigint) as sample,
    'social visits' as sample_unit,
    case
        when denominator < minimum_sessions
            then cast(to_json({
                'text': 'more', 'count': ceil(minimum_sessions - denominator), 'what': 'social visits in the week'
            }) as varchar)
    end as missing,
    concat_ws(
        chr(10),
        cast(to_json({'text': 'tagged', 'share': value, 'visits': denominator, 'target': target}) as varchar),
        case when links is not null then cast(to_json({'text': 'links_to_mend', 'links': links}) as varchar) end,
        case when links is not null then cast(to_json({'text': 'most_visited'}) as varchar) end,
        listed
    ) as evidence,
    owner
from coverage
union all
select
    'spread_risk' as rule,
    'main' as variant,
    week_start_date,
    'whole' as subject_kind,
    'channels' as subject,
    round(second_share, 9) < share_asked as is_met,
    round((share_asked - second_share) / sqrt(share_asked * (1 - share_asked) / conversions), 6) as score,
    cast(round(conversions) as bigint) as sample,
    'conversions' as sample_unit,
    case
        when conversions < minimum_conversions
            then cast(to_json({
                'text': 'more', 'count': ceil(minimum_conversions - conversions), 'what': 'conversions with a known channel'
            }) as varchar)
    end as missing,
    cast(to_json({
        'text': 'carrying', 'first': first_channel, 'first_share': round(100 * first_share, 6), 'conversions': conversions,
        'weeks': weeks, 'second': second_channel, 'second_share': round(100 * second_share, 6), 'asked': 100 * share_asked
    }) as varchar) as evidence,
    cast(null as varchar) as owner
from carrying
