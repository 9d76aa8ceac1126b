"""Leads and orders: who converted in which session is part of the label; here people, money, stages and exports are added.

Every conversion says how it can be tied to a session: by session_id, by visitor_id, by an e-mail address that an earlier
conversion gave together with a visitor, or not at all. The true session follows from the visitor's own visits.
"""

from datetime import date, timedelta
from pathlib import Path
from typing import Final

import duckdb

from . import brand, marketing
from .clock import Period, local_date
from .inbox import FileTruth, Inbox
from .meta import downloaded_at, export_days
from .sessions_sql import fill

LEADS_WINDOW_DAYS: Final = 60
ORDERS_WINDOW_DAYS: Final = 21
# the model that the shipped settings use: a touch longer ago than this takes no credit
LOOKBACK_DAYS: Final = 30

_CONVERSIONS: Final = """
create table conversions as
with
    base as (
        select
            row_number as person_row, row_number, visitor_row, country_id, conversion_type,
            started_at + to_seconds(wait_seconds) as occurred_at,
            case
                when conversion_type <> 'order' and unit(row_number, 60) < {dirt} * 0.4 then 'none'
                when unit(row_number, 60) < {dirt} * 3.4 then 'visitor'
                else 'session'
            end as link,
            0 as copy_number
        from converting
    ),
    -- the same person asks once more, by telephone: only the e-mail address ties the lead to a visitor
    by_email as (
        select person_row, row_number, visitor_row, country_id, 'lead' as conversion_type,
            occurred_at + to_hours(24 + pick(row_number, 65, 264)) as occurred_at, 'email' as link, 1 as copy_number
        from base
        where link <> 'none' and unit(row_number, 62) < {dirt} * 0.6
    ),
    -- a customer orders again without visiting the site
    again as (
        select person_row, row_number, visitor_row, country_id, 'order' as conversion_type,
            occurred_at + to_hours(48 + pick(row_number, 66, 432)) as occurred_at, 'visitor' as link, 2 as copy_number
        from base
        where conversion_type = 'order' and unit(row_number, 63) < 0.1
    ),
    -- somebody at a trade fair: no visit, no known address
    offline as (
        select -1 - person_row as person_row, row_number, visitor_row, country_id, 'lead' as conversion_type,
            occurred_at + to_hours(1 + pick(row_number, 67, 100)) as occurred_at, 'none' as link, 3 as copy_number
        from base
        where unit(row_number, 64) < {dirt} * 0.4
    ),
    everything as (
        select * from base
        union all select * from by_email
        union all select * from again
        union all select * from offline
    )
select
    case when conversion_type = 'order' then 'O' else 'L' end || copy_number::varchar || code(row_number, 70)
        as conversion_id,
    everything.*,
    case when link = 'none' then 'kontakt.' || code(row_number, 71 + copy_number) || '@example.org'
        else {names}[1 + pick(visitor_row, 72, {name_count})] || '.' || code(visitor_row, 73) || '@example.com'
    end as email,
    'K' || code(visitor_row, 74) as customer_id
from everything
where occurred_at < {period_end}
"""

# every visit of a visitor who converted, with its label
_VISITS: Final = """
create table visits as
with
    numbered as (
        select unnest(generate_series(first_row, first_row + sessions - 1)) as row_number, started_at as hour_at, day,
            first_row, sessions
        from hours
        where sessions > 0
    ),
    known as (select *, visitor_of(row_number) as visitor_row from numbered),
    chosen as (
        select *, kind_of(row_number) as kind_id, day / {day_scale} as share
        from known
        where visitor_row in (select visitor_row from conversions)
    )
select chosen.row_number, chosen.visitor_row, started_in(hour_at, first_row, sessions, row_number) as started_at,
    kinds.kind, kinds.channel, kinds.platform, faults.fault, links.campaign, links.content,
    case when kinds.kind = 'google_ads' and pick(row_number, 11, 2) = 0 then null else kinds.source end as source,
    case when kinds.kind = 'google_ads' and pick(row_number, 11, 2) = 0 then null else kinds.medium end as medium,
    's' || code(row_number, 50) as session_id
from chosen
join kinds on kinds.kind_id = chosen.kind_id
left join fault_slots on fault_slots.kind_id = chosen.kind_id
left join day_links on day_links.kind_id = chosen.kind_id and day_links.day = chosen.day
left join faults on faults.fault_id = fault_in(fault_slots.slots, kinds.is_social, share, row_number)
left join links on links.link_id = link_in(day_links.link_ids, row_number)
"""

_TRUE_SESSIONS: Final = """
create table true_sessions as
select conversion_id,
    max_by(visits.row_number, visits.row_number) as true_row,
    max_by(visits.row_number, visits.row_number)
        filter (where channel <> 'Direct' and visits.started_at >= occurred_at - to_days({lookback})) as credited_row,
    min(visits.row_number) as first_row
from conversions
join visits on visits.visitor_row = conversions.visitor_row and visits.started_at <= conversions.occurred_at
where link <> 'none'
group by conversion_id
"""

# revenue holds the tax; what is refunded is without tax, so that revenue - tax - refunded is what the shop keeps
_ORDERS: Final = """
create table orders as
with
    baskets as (
        select *, country, currency,
            round({prices}[1 + pick(row_number, 80 + copy_number, {price_count})]
                * case when pick(row_number, 83 + copy_number, 4) = 0 then 2 else 1 end
                * case currency {factors} end / 1000.0)::bigint as gross,
            case when unit(row_number, 86 + copy_number) < 0.045 then
                case when pick(row_number, 89 + copy_number, 3) = 0 then 2 else 1 end end as refund_divisor
        from conversions
        join countries using (country_id)
        where conversion_type = 'order'
    )
select conversion_id as order_id, occurred_at as ordered_at, customer_id, email, visitor_row, row_number, link, currency,
    cast(gross as decimal(18, 2)) as revenue,
    cast(gross * 0.2 as decimal(18, 2)) as tax,
    cast(case when gross < 900 then 79 else 0 end * case currency {factors} end / 1000.0 as decimal(18, 2)) as shipping,
    cast(case when pick(row_number, 92, 6) = 0 then gross * 0.1 else 0 end as decimal(18, 2)) as discount,
    cast(coalesce(gross * 0.8 / refund_divisor, 0) as decimal(18, 2)) as refunded,
    cast(gross * 0.34 as decimal(18, 2)) as cost_of_goods,
    occurred_at + to_hours(72 + pick(row_number, 93, 216)) as refunded_at,
    -- some first orders come by another customer's word
    case
        when row_number() over (partition by customer_id order by occurred_at, conversion_id) = 1 and unit(row_number, 94) < 0.08
            then nullif(lag(customer_id, 1 + pick(row_number, 95, 12)) over (order by occurred_at, conversion_id), customer_id)
    end as referred_by_customer_id
from baskets
"""

_LEADS: Final = """
create table leads as
with
    drawn as (
        select conversions.*, currency, date_diff('day', {period_start}, occurred_at) / {day_scale} as share
        from conversions
        join countries using (country_id)
        where conversion_type <> 'order'
    ),
    staged as (
        select *,
            case when conversion_type = 'lead'
                and unit(row_number, 100 + copy_number) < {qualified_first} + {qualified_more} * least(share, 1.0)
                then occurred_at + to_hours(4 + pick(row_number, 104, 66)) end as mql_at,
            unit(row_number, 105 + copy_number) as luck
        from drawn
    ),
    later as (
        select *, case when link in ('session', 'visitor') then row_number end as tagged_row,
            case when luck < 0.6 then mql_at + to_hours(24 + pick(row_number, 110, 120)) end as sql_at,
            case when luck < 0.45 then mql_at + to_hours(168 + pick(row_number, 111, 240)) end as meeting_at
        from staged
    )
select conversion_id as lead_id, occurred_at as created_at, conversion_type as kind, email, later.visitor_row,
    later.row_number, copy_number, link, currency, mql_at, sql_at, meeting_at,
    case when luck < 0.16 then meeting_at + to_hours(240 + pick(row_number, 112, 360)) end as won_at,
    case when luck >= 0.16 and luck < 0.36 then meeting_at + to_hours(240 + pick(row_number, 112, 360))
        when luck >= 0.7 then mql_at + to_hours(240 + pick(row_number, 113, 400)) end as lost_at,
    cast(case when mql_at is not null then (8 + pick(row_number, 114, 60)) * 1000 end as decimal(18, 2)) as deal_value,
    customer_id,
    case when is_tagged then source end as utm_source,
    case when is_tagged then medium end as utm_medium,
    case when is_tagged then campaign end as utm_campaign,
    case when is_tagged then content end as utm_content
from later
left join (
    select row_number as visit_row, source, medium, campaign, content, fault = 'none' and source is not null as is_tagged
    from visits
) on visit_row = tagged_row
"""

_LEADS_EXPORT: Final = """
select lead_id, strftime(created_at, '%Y-%m-%dT%H:%M:%SZ') as created_at, kind,
    case when {dirt} > 0 and pick(row_number, 120, 12) = 0 then ' ' || upper(email[1]) || email[2:] || ' '
        else email end as email,
    case when link in ('session', 'visitor') then 'v' || code(visitor_row, 51) end as visitor_id,
    case when link = 'session' then 's' || code(row_number, 50) end as session_id,
    utm_source, utm_medium, utm_campaign, utm_content,
    case
        when kind <> 'lead' then null
        when won_at <= {now} then 'won'
        when lost_at <= {now} then 'lost'
        when meeting_at <= {now} then 'meeting'
        when sql_at <= {now} then 'sql'
        when mql_at <= {now} then 'mql'
        else 'lead'
    end as stage,
    {stage_times}
    case when mql_at <= {now} then deal_value end as deal_value,
    currency,
    case when won_at <= {now} then customer_id end as customer_id
from leads
where created_at >= {since} and created_at < {now}
order by leads.created_at, lead_id
"""

_ORDERS_EXPORT: Final = """
select order_id, strftime(ordered_at, '%Y-%m-%dT%H:%M:%SZ') as ordered_at, customer_id, email,
    case when link in ('session', 'visitor') then 'v' || code(visitor_row, 51) end as visitor_id,
    case when link = 'session' then 's' || code(row_number, 50) end as session_id,
    revenue, tax, shipping, discount,
    cast(case when refunded_at <= {now} then refunded else 0 end as decimal(18, 2)) as refunded,
    cost_of_goods, currency, referred_by_customer_id
from orders
where ordered_at >= {since} and ordered_at < {now}
order by orders.ordered_at, order_id
"""


def _instant(value: object) -> str:
    return f"timestamp '{value}'"


def build(connection: duckdb.DuckDBPyConnection, period: Period, dirt: float) -> None:
    """Create the tables conversions, visits, true_sessions, orders and leads from `converting`."""
    hours = period.hours
    scale = float(max(period.days - 1, 1))
    factors = " ".join(f"when '{currency}' then {factor}" for currency, factor in brand.PRICE_FACTORS.items())
    connection.execute(
        fill(
            _CONVERSIONS,
            dirt=dirt,
            names=list(brand.MAIL_NAMES),
            name_count=len(brand.MAIL_NAMES),
            period_end=_instant(hours[-1].started_at + timedelta(hours=1)),
        )
    )
    connection.execute(fill(_VISITS, day_scale=scale))
    connection.execute(fill(_TRUE_SESSIONS, lookback=LOOKBACK_DAYS))
    connection.execute(
        fill(_ORDERS, prices=list(brand.BASKETS_NOK), price_count=len(brand.BASKETS_NOK), factors=factors)
    )
    connection.execute(
        fill(
            _LEADS,
            period_start=_instant(hours[0].started_at),
            day_scale=scale,
            qualified_first=marketing.QUALIFIED.first,
            qualified_more=round(marketing.QUALIFIED.last - marketing.QUALIFIED.first, 6),
        )
    )


def write_exports(connection: duckdb.DuckDBPyConnection, inbox: Inbox, period: Period, dirt: float) -> None:
    """Write the CRM's and the shop's weekly exports: each holds the newest weeks, as they stood that morning."""
    stages = "".join(
        f"case when {name} <= {{now}} then strftime({name}, '%Y-%m-%dT%H:%M:%SZ') end as {name}, "
        for name in ("mql_at", "sql_at", "meeting_at", "won_at", "lost_at")
    )
    leads = fill(_LEADS_EXPORT, stage_times=stages, dirt=dirt)
    for day in export_days(period, 7):
        _export(connection, inbox, "leads", leads, day, LEADS_WINDOW_DAYS, ";")
        _export(connection, inbox, "orders", _ORDERS_EXPORT, day, ORDERS_WINDOW_DAYS, ",")


def _export(
    connection: duckdb.DuckDBPyConnection, inbox: Inbox, table: str, sql: str, day: date, window: int, delimiter: str
) -> None:
    now = downloaded_at(day)
    path = f"{'crm' if table == 'leads' else 'shop'}/{table}_{local_date(now)}.csv"
    target = inbox.root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    query = fill(sql, now=_instant(now), since=_instant(now - timedelta(days=window)))
    written = connection.execute(
        f"copy ({query}) to '{_quoted(target)}' (format csv, header true, delimiter '{delimiter}')"
    ).fetchone()
    inbox.note(FileTruth(path, table, int(written[0]) if written else 0))


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
