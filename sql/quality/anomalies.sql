/*
description: >-
  One row a day that is not like the same weekdays before it. A day is held against the median of the same weekday in the weeks before
  (watch.weeks of the settings); the distance is counted in robust standard deviations (1.4826 times the median absolute deviation), which are
  taken to be no smaller than what chance alone does to such a count and than the share of the amount that is usual for the series (usual_share of
  quality.watched_days). Days that stand out by
  themselves are left out of the weeks that later days are held against, so that an anomaly does not become the rule. A day counts where it is
  watch.deviations away and differs by watch.smallest_change at least. The newest watch.judged_days days of each series are judged.
grain: [date, series, member]
materialise: table
owner: data-engineering
source: "Median and MAD instead of mean and standard deviation: Leys et al. 2013, Journal of Experimental Social Psychology 49(4)."
columns:
  date: {unit: date, description: The local day that stands out.}
  series: {unit: text, description: "What is watched, see quality.watched_days; ad_spend_week is the spend of seven days against the seven before."}
  member: {unit: text, description: "The channel, conversion type, platform or account; all for the whole."}
  value: {unit: number, sum: never, description: "The amount or rate of the day, money in the reporting currency."}
  expected: {unit: number, sum: never, description: The median of the same weekday before.}
  change_share: {unit: share, description: "value / expected - 1; NULL where nothing was expected."}
  deviations: {unit: number, sum: never, description: "How many robust standard deviations the day is away; NULL for ad_spend_week."}
  days_compared: {unit: count, sum: never, description: How many days it is held against.}
  since_date: {unit: date, description: First of the days in a row that stand out in the same direction.}
  is_news: {unit: flag, description: "Whether it is one of the newest watch.told_days days of its series, which the check and the alert tell of."}
  look_at: {unit: text, description: The table and rows to look at.}
*/
with

days as (
    select * from quality.watched_days
),

settings as (
    select * from config.settings
),

run as (
    select * from config.run
),

-- A series ends with its newest day, whichever member has it: a member without rows on a day that the series has counts 0.
series as (
    select
        days.series,
        days.kind,
        max(days.date) as newest_date
    from days
    cross join run
    where days.date <= run.run_date
    group by days.series, days.kind
),

members as (
    select
        days.series,
        days.member,
        max(days.look_at) as look_at,
        max(days.usual_share) as usual_share,
        min(days.date) as first_date
    from days
    inner join series on series.series = days.series
    cross join settings
    where date_diff('day', days.date, series.newest_date) < settings.watch_judged_days + 7 * settings.watch_weeks
    group by days.series, days.member
),

calendar as (
    select
        members.series,
        members.member,
        members.look_at,
        members.usual_share,
        series.kind,
        series.newest_date,
        cast(unnest(generate_series(members.first_date, series.newest_date, interval 1 day)) as date) as date
    from members
    inner join series on series.series = members.series
),

filled as (
    select
        calendar.series,
        calendar.member,
        calendar.look_at,
        calendar.kind,
        calendar.newest_date,
        calendar.date,
        case when calendar.kind = 'rate' then days.numerator else coalesce(days.numerator, 0) end as numerator,
        case when calendar.kind = 'rate' then days.denominator else 1 end as denominator,
        calendar.usual_share
    from calendar
    left join days
        on
            days.series = calendar.series
            and days.member = calendar.member
            and days.date = calendar.date
),

measured as (
    select
        *,
        cast(numerator as double) / nullif(cast(denominator as double), 0) as value
    from filled
),

compared as (
    select
        day.series,
        day.member,
        day.date,
        before.date as before_date,
        before.value as before_value
    from measured as day
    cross join settings
    inner join measured as before
        on
            before.series = day.series
            and before.member = day.member
            and before.date < day.date
            and date_diff('day', before.date, day.date) <= 7 * settings.watch_weeks
            and mod(date_diff('day', before.date, day.date), 7) = 0
            and before.value is not null
),

first_medians as (
    select series, member, date, median(before_value) as expected
    from compared
    group by series, member, date
),

first_spreads as (
    select
        compared.series,
        compared.member,
        compared.date,
        first_medians.expected,
        count(*) as days_compared,
        1.4826 * median(abs(compared.before_value - first_medians.expected)) as spread
    from compared
    inner join first_medians
        on
            first_medians.series = compared.series
            and first_medians.member = compared.member
            and first_medians.date = compared.date
    group by compared.series, compared.member, compared.date, first_medians.expected
),

-- Days that stand out by themselves.
outstanding as (
    select
        measured.series,
        measured.member,
        measured.date
    from measured
    cross join settings
    inner join first_spreads as base
        on
            base.series = measured.series
            and base.member = measured.member
            and base.date = measured.date
    where
        base.days_compared >= 4
        and abs(measured.value - base.expected) > settings.watch_deviations * greatest(
            base.spread,
            sqrt(greatest(abs(base.expected) * measured.denominator, 1)) / measured.denominator,
            measured.usual_share * abs(base.expected)
        )
),

usual as (
    select compared.*
    from compared
    left join outstanding
        on
            outstanding.series = compared.series
            and outstanding.member = compared.member
            and outstanding.date = compared.before_date
    where outstanding.date is null
),

medians as (
    select series, member, date, median(before_value) as expected
    from usual
    group by series, member, date
),

spreads as (
    select
        usual.series,
        usual.member,
        usual.date,
        medians.expected,
        count(*) as days_compared,
        1.4826 * median(abs(usual.before_value - medians.expected)) as spread
    from usual
    inner join medians
        on
            medians.series = usual.series
            and medians.member = usual.member
            and medians.date = usual.date
    group by usual.series, usual.member, usual.date, medians.expected
),

judged as (
    select
        measured.series,
        measured.member,
        measured.date,
        measured.look_at,
        measured.newest_date,
        measured.kind,
        measured.value,
        spreads.expected,
        spreads.days_compared,
        (measured.value - spreads.expected) / greatest(
            spreads.spread,
            sqrt(greatest(abs(spreads.expected) * measured.denominator, 1)) / measured.denominator,
            measured.usual_share * abs(spreads.expected)
        ) as deviations
    from measured
    cross join settings
    inner join spreads
        on
            spreads.series = measured.series
            and spreads.member = measured.member
            and spreads.date = measured.date
    where
        spreads.days_compared >= 4
        and measured.value is not null
        and date_diff('day', measured.date, measured.newest_date) < settings.watch_judged_days
),

anomalies as (
    select judged.*
    from judged
    cross join settings
    where
        abs(judged.deviations) > settings.watch_deviations
        and abs(judged.value - judged.expected) > settings.watch_smallest_change * abs(judged.expected)
        -- Of a handful a day nothing can be said; of a rate the numerator is what is counted.
        and (
            judged.kind = 'rate'
            or greatest(judged.value, judged.expected) >= settings.watch_smallest_amount
        )
),

-- Days in a row in one direction: they have the same distance between their date and their number.
runs as (
    select
        *,
        row_number() over (partition by series, member, deviations > 0 order by date) as number_in_direction
    from anomalies
),

spend_days as (
    select
        measured.member,
        measured.newest_date,
        max(measured.look_at) as look_at,
        sum(measured.value) filter (where date_diff('day', measured.date, measured.newest_date) < 7) as value,
        sum(measured.value) filter (where date_diff('day', measured.date, measured.newest_date) >= 7) as expected
    from measured
    where measured.series = 'ad_spend' and date_diff('day', measured.date, measured.newest_date) < 14
    group by measured.member, measured.newest_date
    having count(*) = 14
),

found as (
    select
        runs.date,
        runs.series,
        runs.member,
        runs.value,
        runs.expected,
        runs.deviations,
        runs.days_compared,
        min(runs.date) over (
            partition by runs.series, runs.member, runs.deviations > 0,
            date_diff('day', date '1970-01-01', runs.date) - runs.number_in_direction
        ) as since_date,
        date_diff('day', runs.date, runs.newest_date) < settings.watch_told_days as is_news,
        runs.look_at
    from runs
    cross join settings
    union all
    select
        spend_days.newest_date as date,
        'ad_spend_week' as series,
        spend_days.member,
        spend_days.value,
        spend_days.expected,
        null as deviations,
        7 as days_compared,
        cast(spend_days.newest_date - interval 6 day as date) as since_date,
        true as is_news,
        spend_days.look_at
    from spend_days
    cross join settings
    where
        abs(spend_days.value - spend_days.expected) > settings.watch_spend_change * spend_days.expected
        and greatest(spend_days.value, spend_days.expected) >= settings.watch_smallest_amount
)

select
    date,
    series,
    member,
    cast(round(value, 6) as decimal(28, 6)) as value,
    cast(round(expected, 6) as decimal(28, 6)) as expected,
    cast(round(value / nullif(expected, 0) - 1, 4) as decimal(18, 4)) as change_share,
    cast(round(deviations, 2) as decimal(18, 2)) as deviations,
    cast(days_compared as bigint) as days_compared,
    since_date,
    is_news,
    look_at
from found
