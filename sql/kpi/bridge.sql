/*
description: >-
  Why a KPI moved between two successive weeks: one row a KPI and week with what each rung of its ladder (decomposition ladder), or each
  channel or campaign, did to the change. The contributions of a decomposition add up to the change to the last digit: what rounding
  leaves goes to the largest. docs/bridge.md has the formulas. A week without value, or after one without, has one row that says why.
grain: [kpi, week_start_date, decomposition, part]
materialise: table
owner: data-engineering
columns:
  kpi: {unit: id, description: The KPI's name in kpi.kpi_catalogue.}
  week_start_date: {unit: date, description: Monday of the week.}
  previous_week_start_date: {unit: date, description: Monday of the week before.}
  decomposition: {unit: text, description: "ladder, or the dimension that the KPI is cut by: channel, campaign."}
  part: {unit: text, description: "The rung's name in bridge.yml or the member; (others) for small members together, unexplained for what no known part accounts for."}
  position: {unit: rank, description: "Order for showing: rungs as in bridge.yml, members by size of their contribution."}
  title_en: {unit: text, description: The part in English.}
  title_nb: {unit: text, description: The part in Norwegian bokmål.}
  title_sv: {unit: text, description: The part in Swedish.}
  previous_part_value: {unit: number, sum: never, description: "The part a week before, in its own unit: a rung's rate, a member's KPI; NULL where it is undefined or several are put together."}
  part_value: {unit: number, sum: never, description: "The part in the week, in its own unit."}
  part_unit: {unit: text, description: Unit of the part's value.}
  contribution: {unit: number, sum: not_over_time, description: "What the part did to the KPI, in the KPI's unit; adds up to change within a decomposition."}
  contribution_rate: {unit: number, sum: not_over_time, description: "Of a member of a ratio, the part of its contribution that is its own rate; NULL elsewhere."}
  contribution_mix: {unit: number, sum: not_over_time, description: "Of a member of a ratio, the part of its contribution that is its weight in the whole; NULL elsewhere."}
  previous_value: {unit: number, sum: never, description: The KPI a week before.}
  value: {unit: number, sum: never, description: The KPI in the week.}
  change: {unit: number, sum: never, description: Value less previous value.}
  unit: {unit: text, description: Unit of the KPI.}
  currency: {unit: text, description: "Currency of KPI and contributions, NULL where the KPI is no money."}
  is_complete: {unit: flag, description: "Whether every source of the KPI, and of the ladder's rungs, has delivered every day of both weeks."}
  null_reason: {unit: text, description: "Why there is nothing to take apart; NULL where there is."}
*/
with

kpi_values as (
    select * from kpi.kpi_values
),

rungs as (
    select * from kpi.int_bridge_rungs
),

ladder as (
    select * from kpi.int_bridge_ladder
),

members as (
    select * from kpi.int_bridge_members
),

bridge_kpis as (
    select * from config.bridge_kpis
),

steps as (
    select * from config.bridge_steps
),

cuts as (
    select * from config.bridge_cuts
),

words as (
    select * from config.bridge_words
),

bridge as (
    select * from config.bridge
),

asked as (
    select distinct kpi, 'ladder' as decomposition
    from steps
    union all
    select kpi, dimension as decomposition
    from cuts
),

ladder_complete as (
    select kpi, week_start_date, bool_and(is_complete) as is_complete
    from rungs
    group by kpi, week_start_date
),

changes as (
    select
        asked.kpi,
        asked.decomposition,
        week.period_start_date as week_start_date,
        week_before.period_start_date as previous_week_start_date,
        week_before.value as previous_value,
        week.value,
        cast(week.value - week_before.value as decimal(18, 6)) as change,
        week.unit,
        week.currency,
        week.is_complete
        and week_before.is_complete
        and (asked.decomposition <> 'ladder' or coalesce(ladder_complete.is_complete, false)) as is_complete,
        case
            when week.value is null then week.null_reason
            when week_before.value is null then concat('week before: ', week_before.null_reason)
        end as null_reason
    from asked
    inner join kpi_values as week on week.kpi = asked.kpi
    inner join kpi_values as week_before
        on
            week_before.kpi = week.kpi
            and week_before.period = week.period
            and week_before.dimension = week.dimension
            and week_before.period_start_date = cast(week.period_start_date - interval 7 day as date)
    left join ladder_complete
        on
            ladder_complete.kpi = week.kpi
            and ladder_complete.week_start_date = week.period_start_date
    where week.period = 'week' and week.dimension = 'all'
),

ladder_parts as (
    select
        ladder.kpi,
        'ladder' as decomposition,
        ladder.week_start_date,
        coalesce(steps.part, 'unexplained') as part,
        coalesce(steps.position, 1000000) as position,
        steps.title_en,
        steps.title_nb,
        steps.title_sv,
        case when steps.divides then 1 / nullif(ladder.previous_value, 0) else ladder.previous_value end
        * steps.shown_times as previous_part_value,
        case when steps.divides then 1 / nullif(ladder.value, 0) else ladder.value end * steps.shown_times as part_value,
        steps.unit as part_unit,
        ladder.contribution,
        cast(null as decimal(28, 9)) as contribution_rate
    from ladder
    left join steps on steps.kpi = ladder.kpi and steps.step = ladder.step
),

ranked as (
    select
        *,
        row_number() over (
            partition by kpi, week_start_date, dimension
            order by case when member = 'unexplained' then 1 else 0 end, abs(contribution) desc, member
        ) as position
    from members
),

shown as (
    select
        ranked.* exclude (member, position),
        case
            when ranked.member <> 'unexplained' and ranked.position > bridge.largest then '(others)'
            else ranked.member
        end as part,
        case
            when ranked.member = 'unexplained' then 1000000
            when ranked.position > bridge.largest then 999999
            else ranked.position
        end as position
    from ranked
    cross join bridge
),

member_parts as (
    select
        shown.kpi,
        shown.dimension as decomposition,
        shown.week_start_date,
        shown.part,
        shown.position,
        cast(null as varchar) as title_en,
        cast(null as varchar) as title_nb,
        cast(null as varchar) as title_sv,
        bridge_kpis.scale * cast(sum(shown.previous_numerator) as double)
        / case when bridge_kpis.is_ratio then nullif(cast(sum(shown.previous_denominator) as double), 0) else 1 end
            as previous_part_value,
        bridge_kpis.scale * cast(sum(shown.numerator) as double)
        / case when bridge_kpis.is_ratio then nullif(cast(sum(shown.denominator) as double), 0) else 1 end as part_value,
        cast(null as varchar) as part_unit,
        sum(shown.contribution) as contribution,
        sum(shown.contribution_rate) as contribution_rate
    from shown
    inner join bridge_kpis on bridge_kpis.kpi = shown.kpi
    group by
        shown.kpi,
        shown.dimension,
        shown.week_start_date,
        shown.part,
        shown.position,
        bridge_kpis.scale,
        bridge_kpis.is_ratio
),

-- Several unknown rungs of one ladder are one part.
all_parts as (
    select
        kpi,
        decomposition,
        week_start_date,
        part,
        position,
        min(title_en) as title_en,
        min(title_nb) as title_nb,
        min(title_sv) as title_sv,
        max(previous_part_value) as previous_part_value,
        max(part_value) as part_value,
        min(part_unit) as part_unit,
        sum(contribution) as contribution,
        cast(null as decimal(28, 9)) as contribution_rate
    from ladder_parts
    group by kpi, decomposition, week_start_date, part, position
    union all
    select * from member_parts
),

-- Parts a million times larger than any KPI, which take each other away, explain nothing: the whole change stays unexplained.
parts as (
    select *
    from all_parts
    qualify bool_and(coalesce(abs(contribution) < 1e11, false)) over (partition by kpi, decomposition, week_start_date)
),

rounded as (
    select
        changes.kpi,
        changes.week_start_date,
        changes.previous_week_start_date,
        changes.decomposition,
        coalesce(parts.part, 'unexplained') as part,
        coalesce(parts.position, 1000000) as position,
        parts.title_en,
        parts.title_nb,
        parts.title_sv,
        try_cast(round(parts.previous_part_value, 6) as decimal(18, 6)) as previous_part_value,
        try_cast(round(parts.part_value, 6) as decimal(18, 6)) as part_value,
        coalesce(parts.part_unit, changes.unit) as part_unit,
        cast(round(parts.contribution, 6) as decimal(18, 6)) as contribution,
        try_cast(round(parts.contribution_rate, 6) as decimal(18, 6)) as contribution_rate,
        changes.previous_value,
        changes.value,
        changes.change,
        changes.unit,
        changes.currency,
        changes.is_complete,
        changes.null_reason
    from changes
    left join parts
        on
            parts.kpi = changes.kpi
            and parts.week_start_date = changes.week_start_date
            and parts.decomposition = changes.decomposition
            and changes.change is not null
),

remainders as (
    select
        *,
        change - sum(contribution) over decomposition_week as remainder,
        row_number() over (
            partition by kpi, week_start_date, decomposition
            order by abs(contribution) desc nulls last, position, part
        ) as size_rank
    from rounded
    window decomposition_week as (partition by kpi, week_start_date, decomposition)
),

closed as (
    select
        *,
        cast(case when size_rank = 1 then coalesce(contribution, 0) + coalesce(remainder, change) else contribution end
            as decimal(18, 6)) as closed_contribution
    from remainders
)

select
    closed.kpi,
    closed.week_start_date,
    closed.previous_week_start_date,
    closed.decomposition,
    closed.part,
    row_number() over (
        partition by closed.kpi, closed.week_start_date, closed.decomposition
        order by closed.position, closed.part
    ) as position,
    coalesce(closed.title_en, words.title_en, closed.part) as title_en,
    coalesce(closed.title_nb, words.title_nb, closed.part) as title_nb,
    coalesce(closed.title_sv, words.title_sv, closed.part) as title_sv,
    case when closed.part <> 'unexplained' then closed.previous_part_value end as previous_part_value,
    case when closed.part <> 'unexplained' then closed.part_value end as part_value,
    closed.part_unit,
    closed.closed_contribution as contribution,
    closed.contribution_rate,
    cast(closed.closed_contribution - closed.contribution_rate as decimal(18, 6)) as contribution_mix,
    closed.previous_value,
    closed.value,
    closed.change,
    closed.unit,
    closed.currency,
    closed.is_complete,
    closed.null_reason
from closed
left join words on words.part = closed.part
