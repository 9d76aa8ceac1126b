"""The SQL behind `sessions`: the labels of some days, and the rows that a tracker would have written for them."""

from typing import Final, Literal

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: Final[tuple[Format, ...]] = ("csv", "jsonl", "parquet")

TABLES: Final = """
create table kinds (kind_id integer, kind varchar, channel varchar, platform varchar, source varchar, medium varchar,
    is_social boolean, is_paid boolean, source_aliases varchar[], medium_aliases varchar[], referrers varchar[],
    agents varchar[], first_1 integer, last_1 integer, first_2 integer, last_2 integer, first_3 integer,
    last_3 integer, first_4 integer, last_4 integer);
create table faults (fault_id integer, fault varchar, status varchar);
create table fault_slots (kind_id integer, slots integer[]);
create table links (link_id integer, kind_id integer, campaign varchar, content varchar, content_encoded varchar,
    path varchar, country_id integer);
create table day_links (day integer, kind_id integer, link_ids integer[]);
create table hours (started_at timestamp, day integer, first_row bigint, sessions bigint);
create table countries (country_id integer, country varchar, currency varchar, folder varchar);
create table totals (day integer, kind_id integer, fault_id integer, link_id integer, country_id integer,
    sessions bigint, pageviews bigint, tenths bigint);
create table converting (row_number bigint, day integer, started_at timestamp, kind_id integer, fault_id integer,
    link_id integer, country_id integer, visitor_row bigint, conversion_type varchar, wait_seconds bigint);
"""

LABELS: Final = """
create or replace temp table labels as
with
    numbered as (
        select unnest(generate_series(first_row, first_row + sessions - 1)) as row_number, started_at as hour_at, day,
            first_row, sessions
        from hours
        where day between {first_day} - 4 and {last_day} and sessions > 0
    ),
    dated as (
        select *,
            case when unit(row_number, 30) < {dirt} * 0.2
                then least(1 + pick(row_number, 31, 3), {end_day} - day) else 0 end as late_days,
            case when unit(row_number, 32) < {dirt} * 0.1 then 1 else 0 end as repeats
        from numbered
    ),
    -- a row is delivered in the file of its own day or of a later one, and sometimes once more in the file after that
    arriving as (
        select *, day + late_days as delivered_on,
            case when repeats = 1 then day + late_days + 1 end as delivered_again_on
        from dated
        where day >= {first_day} or day + late_days >= {first_day} or (repeats = 1 and day + late_days + 1 >= {first_day})
    ),
    known as (
        select row_number, day, hour_at, first_row, sessions, delivered_on, delivered_again_on, kind_of(row_number) as kind_id,
            visitor_of(row_number) as visitor_row, day / {day_scale} as share,
            unit(row_number, 20) * 10000 as chance
        from arriving
    ),
    drawn as (
        select known.*, kinds.is_social,
            fault_in(fault_slots.slots, kinds.is_social, share, row_number) as fault_id,
            link_in(day_links.link_ids, row_number) as link_id,
            case
                when row_number >= {last_converting_row} then null
                when chance < first_1 + (last_1 - first_1) * share then 'lead'
                when chance < first_2 + (last_2 - first_2) * share then 'email_signup'
                when chance < first_3 + (last_3 - first_3) * share then 'webinar_registration'
                when chance < first_4 + (last_4 - first_4) * share then 'order'
            end as conversion_type
        from known
        left join kinds on kinds.kind_id = known.kind_id
        left join fault_slots on fault_slots.kind_id = known.kind_id
        left join day_links on day_links.kind_id = known.kind_id and day_links.day = known.day
    ),
    placed as (
        select drawn.*, coalesce(links.country_id, country_of(visitor_row)) as country_id,
            60 + pick(row_number, 22, 480) as wait_seconds,
            unit(row_number, 23) < case when drawn.is_social then 0.44 else 0.32 end as is_short
        from drawn
        left join links on links.link_id = drawn.link_id
    )
select *,
    -- what a re-export says differently: one session in five was still going on when the first export was made
    case when day between {reexported_first} and {reexported_last} and pageviews > 1 and pick(row_number, 33, 5) = 0
        then 1 else 0 end as grew
from (
select row_number, day, kind_id, visitor_row, fault_id, link_id, country_id, conversion_type, wait_seconds,
    delivered_on, delivered_again_on,
    started_in(hour_at, first_row, sessions, row_number) as started_at,
    case
        when conversion_type is not null then 3 + pick(row_number, 24, 6)
        when is_short then 1
        else 1 + pick(row_number, 24, 3) * pick(row_number, 25, 3)
    end as pageviews,
    case
        when conversion_type is not null then wait_seconds * 10 + 200 + pick(row_number, 26, 3000)
        when is_short then pick(row_number, 26, 95)
        else 100 + floor(unit(row_number, 26) * unit(row_number, 27) * 6000)::bigint
    end as tenths
from placed
)
order by row_number
"""

ROWS: Final = """
create or replace temp table session_rows as
select
    row_number,
    day,
    delivered_on,
    delivered_again_on,
    grew,
    's' || code(row_number, 50) as session_id,
    'v' || code(visitor_row, 51) as visitor_id,
    {started_at} as started_at,
    {site} || case
        when fault = 'after_fragment' then page || '#' || tags
        when fault = 'second_question_mark' then page || '?ref=bio?' || tags
        when tags is null and click_id is null then page
        when tags is null then page || '?' || click_id
        else page || '?' || tags || coalesce('&' || click_id, '')
    end as landing_url,
    referrer_url,
    user_agent,
    device,
    country,
    pageviews,
    tenths,
    'granted' as consent
from (
    select row_number, labels.day, delivered_on, delivered_again_on, grew, visitor_row, started_at, pageviews, tenths, fault, country,
        case
            when kinds.kind in ('newsletter', 'google_ads') or kinds.is_social then folder || coalesce(links.path, '/')
            else folder || {paths}[1 + pick(row_number, 10, {path_count})]
        end as page,
        case
            when kinds.source is null or fault in ('referrer_only', 'in_app_only', 'click_id_only') then null
            when kinds.kind = 'google_ads' and pick(row_number, 11, 2) = 0 then null
            when fault = 'alias_source' then 'utm_source=' || source_aliases[1 + pick(row_number, 12, 4)]
                || '&utm_medium=' || medium || '&utm_campaign=' || campaign || '&utm_content=' || content_encoded
            when fault = 'alias_medium' and medium_aliases is null then 'utm_source=' || source
                || '&utm_medium=' || upper(medium) || '&utm_campaign=' || campaign
            when fault = 'alias_medium' then 'utm_source=' || source || '&utm_medium='
                || medium_aliases[1 + pick(row_number, 12, 4)] || '&utm_campaign=' || campaign
                || '&utm_content=' || content_encoded
            when fault = 'campaign_case' then 'utm_source=' || source || '&utm_medium=' || medium
                || '&utm_campaign=' || upper(campaign) || '&utm_content=' || content_encoded
            when fault = 'upper_case_keys' then 'UTM_SOURCE=' || source || '&UTM_MEDIUM=' || medium
                || '&UTM_CAMPAIGN=' || campaign
            when fault = 'semicolons' then 'utm_source=' || source || ';utm_medium=' || medium
                || ';utm_campaign=' || campaign
            when fault = 'escaped_ampersand' then 'utm_source=' || source || '&amp;utm_medium=' || medium
                || '&amp;utm_campaign=' || campaign
            when fault = 'double_encoding' then 'utm_source=' || source || '&utm_medium=' || medium
                || '&utm_campaign=' || replace(campaign, '_', '%255F')
            when fault = 'no_campaign' then 'utm_source=' || source || '&utm_medium=' || medium
            when fault = 'unknown_medium' then 'utm_source=' || source || '&utm_medium=bio&utm_campaign=' || campaign
            when fault = 'unexpanded_macro' then 'utm_source=' || source || '&utm_medium=' || medium
                || '&utm_campaign=%7B%7Bcampaign.name%7D%7D&utm_content=%7B%7Bad.name%7D%7D'
            else 'utm_source=' || source || '&utm_medium=' || medium || '&utm_campaign=' || campaign
                || '&utm_content=' || content_encoded
        end as tags,
        case
            when kinds.kind = 'google_ads' then 'gclid=Cj0KCQjw' || code(row_number, 52) || 'EALw_wcB'
            when fault = 'click_id_only' and kinds.kind = 'tiktok_ads' then 'ttclid=E.C.P.' || code(row_number, 52)
            when fault = 'click_id_only' then 'fbclid=IwY2xjawM' || code(row_number, 52)
            when fault <> 'none' then null
            when kinds.kind in ('meta_ads_facebook', 'meta_ads_instagram', 'facebook_organic')
                and pick(row_number, 13, 3) > 0 then 'fbclid=IwY2xjawM' || code(row_number, 52)
            when kinds.kind = 'tiktok_ads' then 'ttclid=E.C.P.' || code(row_number, 52)
        end as click_id,
        case
            when referrers is null or fault in ('in_app_only', 'click_id_only') then null
            when kinds.is_social and fault <> 'referrer_only' and unit(row_number, 14) >= {referrer_share} then null
            else referrers[1 + pick(row_number, 15, len(referrers))]
        end as referrer_url,
        case
            when kinds.kind = 'bot' then {bots}[1 + pick(row_number, 16, {bot_count})]
            when fault = 'in_app_only' or (kinds.is_social and agents is not null and unit(row_number, 17) < 0.55)
                then agents[1 + pick(row_number, 16, 2)]
            when unit(row_number, 17) < case when kinds.is_social then 0.85 else 0.6 end
                then {mobiles}[1 + pick(row_number, 16, {mobile_count})]
            else {desktops}[1 + pick(row_number, 16, {desktop_count})]
        end as user_agent,
        case
            when kinds.kind = 'bot' then 'bot'
            when fault = 'in_app_only' or unit(row_number, 17) < case when kinds.is_social then 0.85 else 0.6 end
                then 'mobile'
            else 'desktop'
        end as device
    from labels
    left join kinds on kinds.kind_id = labels.kind_id
    left join faults on faults.fault_id = labels.fault_id
    left join links on links.link_id = labels.link_id
    left join countries on countries.country_id = labels.country_id
)
order by row_number
"""

TOTALS: Final = """
insert into totals
select day, kind_id, fault_id, link_id, country_id, count(*), sum(pageviews + grew)::bigint,
    sum(tenths + 150 * grew)::bigint
from labels
where day between ? and ?
group by all
"""

CONVERTING: Final = """
insert into converting
select row_number, day, started_at, kind_id, fault_id, link_id, country_id, visitor_row, conversion_type, wait_seconds
from labels
where day between ? and ? and conversion_type is not null
"""

DELIVERY: Final = """
select session_id, visitor_id, started_at, landing_url, referrer_url, user_agent, device, country,
    pageviews + {grown} * grew as pageviews, (tenths + {grown} * 150 * grew) / 10.0 as engaged_seconds, consent
from session_rows
where {where}
order by row_number
"""

# the broken rows come last in their file: first those without a readable time, then those without a session id
DELIVERY_WITH_BROKEN: Final = """
with
    delivered as (select * from session_rows where {where}),
    spoilt as (
        select row_number() over (order by row_number) as place, *
        from (select * from delivered order by row_number limit {broken})
    )
select session_id, visitor_id, started_at, landing_url, referrer_url, user_agent, device, country, pageviews,
    tenths / 10.0 as engaged_seconds, consent
from (
    select 0 as place, * from delivered
    union all
    select * replace (
        case when place <= {unreadable} then 'x' || session_id end as session_id,
        case when place > {unreadable} then started_at else {unreadable_at} end as started_at
    )
    from spoilt
)
order by place, row_number
"""

COPY: Final = {
    "csv": "(format csv, header true)",
    "jsonl": "(format json)",
    "parquet": "(format parquet, compression zstd, row_group_size 122880)",
}
STARTED_AT: Final = {
    "csv": "strftime(started_at, '%Y-%m-%dT%H:%M:%SZ')",
    "jsonl": "strftime(started_at, '%Y-%m-%dT%H:%M:%SZ')",
    "parquet": "started_at",
}
UNREADABLE_AT: Final = {"csv": "'i går kl. 25:61'", "jsonl": "'i går kl. 25:61'", "parquet": "null"}


def texts(values: tuple[str, ...]) -> str:
    """Return a list literal of texts."""
    return "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"


def fill(sql: str, **values: object) -> str:
    """Replace `{name}` in a template; SQL here has no other braces."""
    for name, value in values.items():
        sql = sql.replace("{" + name + "}", str(value))
    return sql
