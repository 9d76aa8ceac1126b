/*
description: "One row an advertising entity and reported period (a day where first and last day are equal). Of one entity and period the newest file counts; its rows are added up, a repeated line once."
grain: [platform, account_key, entity_key, date_from, date_to]
materialise: view
owner: data-engineering
columns:
  platform: {unit: text, description: "The platform, in lower case."}
  account_key: {unit: id, description: "The account's id, else its name, else empty."}
  campaign_key: {unit: id, description: "The campaign's id, else its name; NULL in a report by account."}
  ad_group_key: {unit: id, description: "The ad group's id, else its name; NULL in a report by campaign."}
  ad_key: {unit: id, description: "The ad's id, else its name; NULL in a report by ad group."}
  entity_key: {unit: id, description: "The keys of campaign, ad group and ad in one text."}
  level: {unit: number, sum: never, description: "How fine the report is: 0 account, 1 campaign, 2 ad group, 3 ad."}
  account: {unit: text, description: Name of the account.}
  campaign: {unit: text, description: Name of the campaign.}
  ad_group: {unit: text, description: Name of the ad group or ad set.}
  ad: {unit: text, description: Name of the ad.}
  currency: {unit: text, description: "Currency of the amounts, ISO 4217 in capitals."}
  spend: {unit: money, sum: by_currency, description: Money spent.}
  impressions: {unit: count, sum: always, description: Times the ads were shown.}
  clicks: {unit: count, sum: always, description: "Clicks of every kind, as the platform counts them."}
  link_clicks: {unit: count, sum: always, description: Clicks on the link.}
  views: {unit: count, sum: always, description: Plays as the platform counts them.}
  views_3s: {unit: count, sum: always, description: Plays of at least three seconds.}
  views_25pct: {unit: count, sum: always, description: Plays of at least a quarter.}
  views_completed: {unit: count, sum: always, description: Plays to the end.}
  platform_conversions: {unit: number, sum: always, description: Conversions that the platform itself claims.}
  platform_conversion_value: {unit: money, sum: by_currency, description: Value of the conversions that the platform itself claims.}
  date_from: {unit: date, description: First day of the report.}
  date_to: {unit: date, description: Last day of the report.}
  captured_at: {unit: timestamp, description: When the export was made (UTC).}
  source_file: {unit: text, description: The file under the inbox.}
*/
with

ads as (
    select * from raw.ads
),

typed as (
    select
        *,
        lower(platform) as platform_key,
        nullif(trim(account_id), '') as given_account_id,
        nullif(trim(account), '') as account_name,
        nullif(trim(campaign_id), '') as given_campaign_id,
        nullif(trim(campaign), '') as campaign_name,
        nullif(trim(ad_group_id), '') as given_ad_group_id,
        nullif(trim(ad_group), '') as ad_group_name,
        nullif(trim(ad_id), '') as given_ad_id,
        nullif(trim(ad), '') as ad_name,
        coalesce(nullif(lower(split_part(breakdown, '=', 1)), ''), '') as breakdown_kind
    from ads
    where date_from is not null
),

-- Not every export has the columns of ids. A name that stands for one id in other exports is that id, so that the same money told with and
-- without ids stays one; and an export that names no account is of the platform's only account.
account_ids as (
    select
        *,
        coalesce(
            given_account_id,
            case
                when
                    min(given_account_id) over (partition by platform_key, account_name)
                    = max(given_account_id) over (partition by platform_key, account_name)
                    and account_name is not null
                    then min(given_account_id) over (partition by platform_key, account_name)
            end,
            account_name
        ) as named_account
    from typed
),

accounts as (
    select
        *,
        coalesce(
            named_account,
            case
                when min(named_account) over (partition by platform_key) = max(named_account) over (partition by platform_key)
                    then min(named_account) over (partition by platform_key)
            end,
            ''
        ) as account_key
    from account_ids
),

campaigns as (
    select
        *,
        coalesce(
            given_campaign_id,
            case
                when
                    min(given_campaign_id) over (partition by platform_key, account_key, campaign_name)
                    = max(given_campaign_id) over (partition by platform_key, account_key, campaign_name)
                    and campaign_name is not null
                    then min(given_campaign_id) over (partition by platform_key, account_key, campaign_name)
            end,
            campaign_name
        ) as campaign_key
    from accounts
),

ad_groups as (
    select
        *,
        coalesce(
            given_ad_group_id,
            case
                when
                    min(given_ad_group_id) over (partition by platform_key, account_key, campaign_key, ad_group_name)
                    = max(given_ad_group_id) over (partition by platform_key, account_key, campaign_key, ad_group_name)
                    and ad_group_name is not null
                    then min(given_ad_group_id) over (partition by platform_key, account_key, campaign_key, ad_group_name)
            end,
            ad_group_name
        ) as ad_group_key
    from campaigns
),

keyed as (
    select
        *,
        coalesce(
            given_ad_id,
            case
                when
                    min(given_ad_id) over (partition by platform_key, account_key, campaign_key, ad_group_key, ad_name)
                    = max(given_ad_id) over (partition by platform_key, account_key, campaign_key, ad_group_key, ad_name)
                    and ad_name is not null
                    then min(given_ad_id) over (partition by platform_key, account_key, campaign_key, ad_group_key, ad_name)
            end,
            ad_name
        ) as ad_key
    from ad_groups
),

-- A line that stands twice in one file, ids and all, is one line. Of a large file `original` has only what the columns don't say.
lines as (
    select
        *,
        concat_ws(chr(31), coalesce(campaign_key, ''), coalesce(ad_group_key, ''), coalesce(ad_key, '')) as entity_key,
        coalesce(date_to, date_from) as last_date
    from keyed
    qualify coalesce(given_campaign_id, given_ad_group_id, given_ad_id) is null or row_number() over (
        partition by
            file_id, original, given_campaign_id, given_ad_group_id, given_ad_id, account_id, account, campaign, ad_group, ad, breakdown,
            currency, result_indicator, spend, impressions, reach, clicks, link_clicks, views, views_3s, views_25pct, views_completed,
            platform_conversions, platform_conversion_value, date_from, date_to
        order by source_row
    ) = 1
),

-- A breakdown tells the same money again: the report without one counts, else the first one by name.
newest as (
    select *
    from lines
    qualify dense_rank() over (
        partition by platform_key, account_key, entity_key, date_from, last_date
        order by breakdown_kind, captured_at desc nulls last, file_id desc
    ) = 1
)

select
    platform_key as platform,
    account_key,
    campaign_key,
    ad_group_key,
    ad_key,
    entity_key,
    cast(case
        when ad_key is not null then 3
        when ad_group_key is not null then 2
        when campaign_key is not null then 1
        else 0
    end as bigint) as level,
    coalesce(max(account_name), nullif(account_key, '')) as account,
    max(campaign_name) as campaign,
    max(ad_group_name) as ad_group,
    max(ad_name) as ad,
    max(upper(trim(currency))) as currency,
    cast(sum(spend) as decimal(18, 4)) as spend,
    cast(sum(impressions) as bigint) as impressions,
    cast(sum(clicks) as bigint) as clicks,
    cast(sum(link_clicks) as bigint) as link_clicks,
    cast(sum(views) as bigint) as views,
    cast(sum(views_3s) as bigint) as views_3s,
    cast(sum(views_25pct) as bigint) as views_25pct,
    cast(sum(views_completed) as bigint) as views_completed,
    cast(sum(platform_conversions) as decimal(18, 4)) as platform_conversions,
    cast(sum(platform_conversion_value) as decimal(18, 4)) as platform_conversion_value,
    date_from,
    last_date as date_to,
    max(captured_at) as captured_at,
    max(source_file) as source_file
from newest
group by platform_key, account_key, campaign_key, ad_group_key, ad_key, entity_key, date_from, last_date
