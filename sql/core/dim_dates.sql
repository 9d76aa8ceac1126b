/*
description: One row a local day of the reporting zone, 2000 to 2050, with its ISO week and the length that daylight saving leaves it.
grain: [date]
materialise: table
owner: data-engineering
columns:
  date: {unit: date, description: The local day.}
  year: {unit: number, sum: never, description: Calendar year.}
  quarter: {unit: number, sum: never, description: "Quarter of the calendar year, 1 to 4."}
  month: {unit: number, sum: never, description: "Month, 1 to 12."}
  day_of_month: {unit: number, sum: never, description: "Day of the month, 1 to 31."}
  iso_year: {unit: number, sum: never, description: Year that the ISO week belongs to; differs from the calendar year around New Year.}
  iso_week: {unit: number, sum: never, description: "ISO week, 1 to 53; week 1 holds the year's first Thursday."}
  iso_week_name: {unit: text, description: "The ISO week as it is written, such as 2026-W46."}
  weekday: {unit: number, sum: never, description: "Day of the week, 1 is Monday and 7 is Sunday."}
  hours: {unit: number, sum: always, description: "Hours that the local day has, 23 or 25 where daylight saving begins or ends."}
  is_weekend: {unit: flag, description: Whether it is a Saturday or a Sunday.}
  week_start_date: {unit: date, description: Monday of its ISO week.}
  month_start_date: {unit: date, description: First day of its month.}
  starts_at: {unit: timestamp, description: The instant (UTC) at which the local day starts.}
  ends_at: {unit: timestamp, description: The instant (UTC) at which the next local day starts.}
*/
with

zone_days as (
    select * from config.zone_days
),

-- The offset at local midnight: that of the evening before in UTC for zones east of Greenwich, of the same UTC day for those west.
midnights as (
    select
        today.utc_date as date,
        case
            when today.offset_before_seconds > 0 then
                case
                    when cast(today.utc_date as timestamp) - interval 1 second * day_before.offset_before_seconds
                        < day_before.transition_at then day_before.offset_before_seconds
                    else day_before.offset_after_seconds
                end
            else
                case
                    when cast(today.utc_date as timestamp) - interval 1 second * today.offset_before_seconds
                        < today.transition_at then today.offset_before_seconds
                    else today.offset_after_seconds
                end
        end as offset_seconds
    from zone_days as today
    inner join zone_days as day_before on day_before.utc_date = cast(today.utc_date - interval 1 day as date)
    where today.utc_date between date '2000-01-01' and date '2051-01-01'
),

bounds as (
    select
        date,
        cast(date_trunc('week', date) as date) as week_start_date,
        cast(date_trunc('week', date) + interval 3 day as date) as thursday,
        cast(date as timestamp) - interval 1 second * offset_seconds as starts_at,
        lead(cast(date as timestamp) - interval 1 second * offset_seconds) over (order by date) as ends_at
    from midnights
),

weeks as (
    select
        *,
        date_diff('day', cast(date_trunc('year', thursday) as date), thursday) // 7 + 1 as iso_week,
        date_diff('day', week_start_date, date) + 1 as weekday
    from bounds
    where date < date '2051-01-01'
)

select
    date,
    extract(year from date) as year,
    extract(quarter from date) as quarter,
    extract(month from date) as month,
    extract(day from date) as day_of_month,
    extract(year from thursday) as iso_year,
    iso_week,
    concat(cast(extract(year from thursday) as varchar), '-W', lpad(cast(iso_week as varchar), 2, '0')) as iso_week_name,
    weekday,
    cast(round((epoch(ends_at) - epoch(starts_at)) / 3600) as bigint) as hours,
    weekday >= 6 as is_weekend,
    week_start_date,
    cast(date_trunc('month', date) as date) as month_start_date,
    starts_at,
    ends_at
from weeks
