/*
description: >-
  One row a KPI with a ladder, a week and a factor of the ladder: its value in both weeks and what its change did to the KPI. The
  contributions are Shapley values of the product: the mean, over all orders in which the factors could have changed one by one, of what
  the KPI gained when this one did.
grain: [kpi, week_start_date, factor]
materialise: view
owner: data-engineering
columns:
  kpi: {unit: id, description: The KPI that is taken apart.}
  week_start_date: {unit: date, description: Monday of the week.}
  factor: {unit: rank, description: "Place of the factor, 1 at the KPI's numerator."}
  step: {unit: rank, description: "The step of bridge.yml that it is, NULL where a rung between two steps was passed over."}
  previous_value: {unit: number, sum: never, description: "The factor a week before, as it stands in the product; NULL for 0 / 0."}
  value: {unit: number, sum: never, description: "The factor, as it stands in the product; NULL for 0 / 0."}
  contribution: {unit: number, sum: always, description: "What the factor's change did to the KPI, in the KPI's unit, to nine places; NULL beyond a million millions."}
*/
with

rungs as (
    select * from kpi.int_bridge_rungs
),

bridge_kpis as (
    select * from config.bridge_kpis
),

kept as (
    select
        kpi,
        week_start_date,
        rung,
        previous_quantity,
        quantity,
        row_number() over down as factor,
        lead(rung) over down as rung_below,
        lead(previous_quantity) over down as previous_below,
        lead(quantity) over down as below
    from rungs
    where is_kept
    window down as (partition by kpi, week_start_date order by rung)
),

factors as (
    select
        kpi,
        week_start_date,
        factor,
        case when rung_below = rung + 1 then rung end as step,
        cast(previous_quantity as double) / nullif(cast(previous_below as double), 0) as known_previous_value,
        cast(quantity as double) / nullif(cast(below as double), 0) as known_value
    from kept
    where rung_below is not null
),

-- 0 / 0 is taken as unchanged: the product is 0 through another factor all the same.
filled as (
    select
        *,
        coalesce(known_previous_value, known_value, 0) as previous_value,
        coalesce(known_value, known_previous_value, 0) as value
    from factors
),

sides as (
    select
        kpi,
        week_start_date,
        coalesce(max(case when factor = 1 then previous_value end), 1) as before_1,
        coalesce(max(case when factor = 1 then value end), 1) as after_1,
        coalesce(max(case when factor = 2 then previous_value end), 1) as before_2,
        coalesce(max(case when factor = 2 then value end), 1) as after_2,
        coalesce(max(case when factor = 3 then previous_value end), 1) as before_3,
        coalesce(max(case when factor = 3 then value end), 1) as after_3,
        coalesce(max(case when factor = 4 then previous_value end), 1) as before_4,
        coalesce(max(case when factor = 4 then value end), 1) as after_4,
        coalesce(max(case when factor = 5 then previous_value end), 1) as before_5,
        coalesce(max(case when factor = 5 then value end), 1) as after_5,
        coalesce(max(case when factor = 6 then previous_value end), 1) as before_6,
        coalesce(max(case when factor = 6 then value end), 1) as after_6,
        coalesce(max(case when factor = 7 then previous_value end), 1) as before_7,
        coalesce(max(case when factor = 7 then value end), 1) as after_7,
        coalesce(max(case when factor = 8 then previous_value end), 1) as before_8,
        coalesce(max(case when factor = 8 then value end), 1) as after_8
    from filled
    group by kpi, week_start_date
),

-- The Shapley value of a factor is its change times the mean of the other factors' product on the straight way from the one week to the
-- other (Owen's diagonal formula). The four points of Gauss and Legendre give that mean exactly for up to eight factors.
points as (
    select 0.06943184420297371 as at, 0.17392742256872693 as weight
    union all
    select 0.33000947820757187 as at, 0.32607257743127307 as weight
    union all
    select 0.6699905217924281 as at, 0.32607257743127307 as weight
    union all
    select 0.9305681557970262 as at, 0.17392742256872693 as weight
),

along as (
    select
        sides.kpi,
        sides.week_start_date,
        points.weight,
        sides.before_1 + points.at * (sides.after_1 - sides.before_1) as at_1,
        sides.before_2 + points.at * (sides.after_2 - sides.before_2) as at_2,
        sides.before_3 + points.at * (sides.after_3 - sides.before_3) as at_3,
        sides.before_4 + points.at * (sides.after_4 - sides.before_4) as at_4,
        sides.before_5 + points.at * (sides.after_5 - sides.before_5) as at_5,
        sides.before_6 + points.at * (sides.after_6 - sides.before_6) as at_6,
        sides.before_7 + points.at * (sides.after_7 - sides.before_7) as at_7,
        sides.before_8 + points.at * (sides.after_8 - sides.before_8) as at_8
    from sides
    cross join points
),

weighed as (
    select
        filled.kpi,
        filled.week_start_date,
        filled.factor,
        along.weight * (filled.value - filled.previous_value) * case filled.factor
            when 1 then along.at_2 * along.at_3 * along.at_4 * along.at_5 * along.at_6 * along.at_7 * along.at_8
            when 2 then along.at_1 * along.at_3 * along.at_4 * along.at_5 * along.at_6 * along.at_7 * along.at_8
            when 3 then along.at_1 * along.at_2 * along.at_4 * along.at_5 * along.at_6 * along.at_7 * along.at_8
            when 4 then along.at_1 * along.at_2 * along.at_3 * along.at_5 * along.at_6 * along.at_7 * along.at_8
            when 5 then along.at_1 * along.at_2 * along.at_3 * along.at_4 * along.at_6 * along.at_7 * along.at_8
            when 6 then along.at_1 * along.at_2 * along.at_3 * along.at_4 * along.at_5 * along.at_7 * along.at_8
            when 7 then along.at_1 * along.at_2 * along.at_3 * along.at_4 * along.at_5 * along.at_6 * along.at_8
            when 8 then along.at_1 * along.at_2 * along.at_3 * along.at_4 * along.at_5 * along.at_6 * along.at_7
        end as weighed
    from filled
    inner join along on along.kpi = filled.kpi and along.week_start_date = filled.week_start_date
),

-- Rounded before they are added up, so that the sum does not depend on the order. Rungs that lie far apart (a visit where there were
-- millions) can make single terms that no number of ours holds.
contributed as (
    select
        weighed.kpi,
        weighed.week_start_date,
        weighed.factor,
        case
            when max(abs(weighed.weighed * bridge_kpis.scale)) < 1e12
                then sum(try_cast(round(weighed.weighed * bridge_kpis.scale, 9) as decimal(28, 9)))
        end as contribution
    from weighed
    inner join bridge_kpis on bridge_kpis.kpi = weighed.kpi
    group by weighed.kpi, weighed.week_start_date, weighed.factor
)

select
    filled.kpi,
    filled.week_start_date,
    filled.factor,
    filled.step,
    filled.known_previous_value as previous_value,
    filled.known_value as value,
    cast(contributed.contribution as decimal(28, 9)) as contribution
from filled
inner join contributed
    on
        contributed.kpi = filled.kpi
        and contributed.week_start_date = filled.week_start_date
        and contributed.factor = filled.factor
