/*
description: "One row an advertising entity and day, at the finest level that is reported of its campaign that day. Daily reports are as delivered. A report over several days is spread evenly over those of its days that no daily report covers (less what the daily ones already tell), flagged is_estimated, if settings.yml says so; of overlapping reports the shortest, then the newest, has the day."
grain: [platform, account_key, entity_key, date]
materialise: table
owner: data-engineering
columns:
  platform: {unit: text, description: "The advertising platform, such as meta."}
  account: {unit: text, description: Name of the advertising account.}
  campaign: {unit: text, description: "Name of the campaign, NULL where only the account is reported."}
  ad_group: {unit: text, description: "Name of the ad group or ad set, NULL where the report is by campaign."}
  ad: {unit: text, description: "Name of the ad, NULL where the report is by ad group."}
  account_key: {unit: id, description: "The account's id, else its name, else empty."}
  entity_key: {unit: id, description: "Ids (else names) of campaign, ad group and ad in one text; with platform, account and date the row's key."}
  date: {unit: date, description: The day in the advertising account's own time zone.}
  spend: {unit: money, sum: by_currency, description: Money spent in the account's currency.}
  currency: {unit: text, description: "The account's currency, ISO 4217."}
  spend_reporting: {unit: money, sum: always, description: "Money spent in the reporting currency at the rate of the day; NULL where no rate is known."}
  impressions: {unit: count, sum: always, description: Times the ads were shown.}
  clicks: {unit: count, sum: always, description: "Clicks of every kind, as the platform counts them."}
  link_clicks: {unit: count, sum: always, description: Clicks on the link.}
  views: {unit: count, sum: always, description: Plays as the platform counts them.}
  views_3s: {unit: count, sum: always, description: Plays of at least three seconds.}
  views_25pct: {unit: count, sum: always, description: Plays of at least a quarter.}
  views_completed: {unit: count, sum: always, description: Plays to the end.}
  platform_conversions: {unit: number, sum: always, description: Conversions that the platform itself claims.}
  platform_conversion_value: {unit: money, sum: by_currency, description: Value of the conversions that the platform itself claims.}
  is_estimated: {unit: flag, description: Whether the row is a share of a report over several days.}
  captured_at: {unit: timestamp, description: When the export was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

reports as (
    select * from staging.stg_ads__reports
),

rates as (
    select * from core.int_rates_daily
),

settings as (
    select * from config.settings
),

measures as (
    select *
    from (
        values
            ('spend'), ('impressions'), ('clicks'), ('link_clicks'), ('views'), ('views_3s'), ('views_25pct'), ('views_completed'),
            ('platform_conversions'), ('platform_conversion_value')
    ) as named (measure)
),

-- Whole ten-thousandths, so that every division below has an exact remainder.
units as (
    select
        reports.platform,
        reports.account_key,
        reports.campaign_key,
        reports.ad_group_key,
        reports.ad_key,
        reports.entity_key,
        reports.level,
        reports.date_from,
        reports.date_to,
        measures.measure,
        cast(10000 * case measures.measure
            when 'spend' then reports.spend
            when 'impressions' then cast(reports.impressions as decimal(18, 4))
            when 'clicks' then cast(reports.clicks as decimal(18, 4))
            when 'link_clicks' then cast(reports.link_clicks as decimal(18, 4))
            when 'views' then cast(reports.views as decimal(18, 4))
            when 'views_3s' then cast(reports.views_3s as decimal(18, 4))
            when 'views_25pct' then cast(reports.views_25pct as decimal(18, 4))
            when 'views_completed' then cast(reports.views_completed as decimal(18, 4))
            when 'platform_conversions' then reports.platform_conversions
            when 'platform_conversion_value' then reports.platform_conversion_value
        end as hugeint) as units,
        -- Counts stay whole when they are spread, money and conversions keep four decimals.
        case
            when measures.measure in ('spend', 'platform_conversions', 'platform_conversion_value') then 1
            else 10000
        end as grains
    from reports
    cross join measures
),

-- Of a campaign's day the finest level counts; a report by account only where no campaign is reported at all.
daily as (
    select *
    from reports
    where date_from = date_to
    qualify
        level = max(level) over (partition by platform, account_key, campaign_key, date_from)
        and (level > 0) = (max(level) over (partition by platform, account_key, date_from) > 0)
),

-- Each daily row belongs to its own entity and to all above it.
daily_scopes as (
    select platform, account_key, entity_key, level, 0 as scope_level, '' as scope_key, date_from as date
    from daily
    union all
    select platform, account_key, entity_key, level, 1, campaign_key, date_from
    from daily
    where level >= 1
    union all
    select platform, account_key, entity_key, level, 2, concat_ws(chr(31), campaign_key, ad_group_key), date_from
    from daily
    where level >= 2
    union all
    select platform, account_key, entity_key, level, 3, concat_ws(chr(31), campaign_key, ad_group_key, ad_key), date_from
    from daily
    where level >= 3
),

periods as (
    select
        reports.*,
        case reports.level
            when 0 then ''
            when 1 then reports.campaign_key
            when 2 then concat_ws(chr(31), reports.campaign_key, reports.ad_group_key)
            else concat_ws(chr(31), reports.campaign_key, reports.ad_group_key, reports.ad_key)
        end as scope_key,
        date_diff('day', reports.date_from, reports.date_to) + 1 as days
    from reports
    cross join settings
    where reports.date_from < reports.date_to and settings.spread_period_totals
),

period_days as (
    select
        *,
        cast(unnest(generate_series(date_from, date_to, interval 1 day)) as date) as date
    from periods
),

covered as (
    select distinct platform, account_key, scope_level, scope_key, date
    from daily_scopes
),

-- The days that are left: no daily row of the entity or of a part of it.
open_days as (
    select period_days.*
    from period_days
    left join covered
        on
            covered.platform = period_days.platform
            and covered.account_key = period_days.account_key
            and covered.scope_level = period_days.level
            and covered.scope_key = period_days.scope_key
            and covered.date = period_days.date
    where covered.date is null
),

numbered as (
    select
        *,
        row_number() over (partition by platform, account_key, entity_key, date_from, date_to order by date) as day_number,
        count(*) over (partition by platform, account_key, entity_key, date_from, date_to) as open_day_count
    from open_days
),

told_by_days as (
    select
        periods.platform,
        periods.account_key,
        periods.entity_key,
        periods.date_from,
        periods.date_to,
        daily_units.measure,
        sum(daily_units.units) as units
    from periods
    inner join daily_scopes
        on
            daily_scopes.platform = periods.platform
            and daily_scopes.account_key = periods.account_key
            and daily_scopes.scope_level = periods.level
            and daily_scopes.scope_key = periods.scope_key
            and daily_scopes.date between periods.date_from and periods.date_to
    inner join units as daily_units
        on
            daily_units.platform = daily_scopes.platform
            and daily_units.account_key = daily_scopes.account_key
            and daily_units.entity_key = daily_scopes.entity_key
            and daily_units.date_from = daily_scopes.date
            and daily_units.date_to = daily_scopes.date
    group by all
),

-- What the daily reports leave to tell; never less than nothing. A measure that the report lacks stays NULL.
remainders as (
    select
        units.platform,
        units.account_key,
        units.entity_key,
        units.date_from,
        units.date_to,
        units.measure,
        units.grains,
        case
            when units.units is not null
                then greatest(units.units - coalesce(told_by_days.units, 0), least(units.units, 0)) // units.grains
        end as remainder
    from units
    left join told_by_days
        on
            told_by_days.platform = units.platform
            and told_by_days.account_key = units.account_key
            and told_by_days.entity_key = units.entity_key
            and told_by_days.date_from = units.date_from
            and told_by_days.date_to = units.date_to
            and told_by_days.measure = units.measure
),

-- Day i of n gets floor(total * i / n) - floor(total * (i - 1) / n): as even as whole units allow, and the sum is the total.
spread as (
    select
        numbered.platform,
        numbered.account_key,
        numbered.campaign_key,
        numbered.entity_key,
        numbered.level,
        numbered.date_from,
        numbered.date_to,
        numbered.date,
        numbered.days,
        numbered.captured_at,
        remainders.measure,
        remainders.grains * (
            remainders.remainder * numbered.day_number // numbered.open_day_count
            - remainders.remainder * (numbered.day_number - 1) // numbered.open_day_count
        ) as units
    from numbered
    inner join remainders
        on
            remainders.platform = numbered.platform
            and remainders.account_key = numbered.account_key
            and remainders.entity_key = numbered.entity_key
            and remainders.date_from = numbered.date_from
            and remainders.date_to = numbered.date_to
),

spread_days as (
    select
        platform,
        account_key,
        campaign_key,
        entity_key,
        level,
        date_from,
        date_to,
        date,
        days,
        captured_at,
        max(units) filter (where measure = 'spend') as spend,
        max(units) filter (where measure = 'impressions') as impressions,
        max(units) filter (where measure = 'clicks') as clicks,
        max(units) filter (where measure = 'link_clicks') as link_clicks,
        max(units) filter (where measure = 'views') as views,
        max(units) filter (where measure = 'views_3s') as views_3s,
        max(units) filter (where measure = 'views_25pct') as views_25pct,
        max(units) filter (where measure = 'views_completed') as views_completed,
        max(units) filter (where measure = 'platform_conversions') as platform_conversions,
        max(units) filter (where measure = 'platform_conversion_value') as platform_conversion_value
    from spread
    group by platform, account_key, campaign_key, entity_key, level, date_from, date_to, date, days, captured_at
),

campaign_days as (
    select platform, account_key, campaign_key, date_from as date, max(level) as level
    from daily
    group by platform, account_key, campaign_key, date_from
),

-- A day that a coarser daily report covers is told; of overlapping reports one has the day.
chosen_days as (
    select spread_days.*
    from spread_days
    left join campaign_days
        on
            campaign_days.platform = spread_days.platform
            and campaign_days.account_key = spread_days.account_key
            and campaign_days.date = spread_days.date
            and campaign_days.level < spread_days.level
            and (campaign_days.level = 0 or campaign_days.campaign_key = spread_days.campaign_key)
    where campaign_days.date is null
    qualify
        spread_days.level = max(spread_days.level) over (
            partition by spread_days.platform, spread_days.account_key, spread_days.campaign_key, spread_days.date
        )
        and (spread_days.level > 0) = (
            max(spread_days.level) over (partition by spread_days.platform, spread_days.account_key, spread_days.date) > 0
        )
        and row_number() over (
            partition by spread_days.platform, spread_days.account_key, spread_days.entity_key, spread_days.date
            order by spread_days.days, spread_days.captured_at desc nulls last, spread_days.date_from desc
        ) = 1
),

rows_together as (
    select
        platform, account_key, entity_key, level, date_from, date_to, date_from as date, spend, impressions, clicks, link_clicks,
        views, views_3s, views_25pct, views_completed, platform_conversions, platform_conversion_value, false as is_estimated
    from daily
    union all
    select
        platform,
        account_key,
        entity_key,
        level,
        date_from,
        date_to,
        date,
        cast(cast(spend as decimal(28, 0)) * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)) as spend,
        cast(impressions // 10000 as bigint) as impressions,
        cast(clicks // 10000 as bigint) as clicks,
        cast(link_clicks // 10000 as bigint) as link_clicks,
        cast(views // 10000 as bigint) as views,
        cast(views_3s // 10000 as bigint) as views_3s,
        cast(views_25pct // 10000 as bigint) as views_25pct,
        cast(views_completed // 10000 as bigint) as views_completed,
        cast(cast(platform_conversions as decimal(28, 0)) * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)) as platform_conversions,
        cast(cast(platform_conversion_value as decimal(28, 0)) * cast(0.0001 as decimal(4, 4)) as decimal(18, 4)) as platform_conversion_value,
        true as is_estimated
    from chosen_days
)

select
    rows_together.platform,
    reports.account,
    reports.campaign,
    reports.ad_group,
    reports.ad,
    rows_together.account_key,
    rows_together.entity_key,
    rows_together.date,
    rows_together.spend,
    reports.currency,
    case
        when reports.currency = settings.currency then rows_together.spend
        else cast(round(rows_together.spend * rates.units_reporting / rates.units_currency, 4) as decimal(18, 4))
    end as spend_reporting,
    rows_together.impressions,
    rows_together.clicks,
    rows_together.link_clicks,
    rows_together.views,
    rows_together.views_3s,
    rows_together.views_25pct,
    rows_together.views_completed,
    rows_together.platform_conversions,
    rows_together.platform_conversion_value,
    rows_together.is_estimated,
    reports.captured_at,
    reports.source_file
from rows_together
inner join reports
    on
        reports.platform = rows_together.platform
        and reports.account_key = rows_together.account_key
        and reports.entity_key = rows_together.entity_key
        and reports.date_from = rows_together.date_from
        and reports.date_to = rows_together.date_to
cross join settings
left join rates on rates.currency = reports.currency and rates.date = rows_together.date
