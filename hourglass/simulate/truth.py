"""The known answers, written beside the inbox: from labels and plans, never by reading what was written.

`truth_readme.md` describes every file; a test holds it to the files that exist.
"""

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from .sessions_sql import fill

# session labels one by one are written up to this many sessions
LABELS_LIMIT: Final = 1_000_000


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Write a small table as plain CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


_STATUS: Final = "case when is_social or fault <> 'none' then status else 'not_required' end"

_SESSIONS: Final = """
select {start} + day as session_date, kind, channel, platform, is_social, is_paid, kind = 'bot' as is_bot,
    {status} as utm_status, fault, sum(sessions)::bigint as sessions, sum(pageviews)::bigint as pageviews,
    sum(tenths)::bigint / 10.0 as engaged_seconds
from totals
join kinds using (kind_id)
join faults using (fault_id)
group by all
order by all
"""

_COVERAGE: Final = """
with social as (
    select channel, date_trunc('week', {start} + day)::date as week_start_date, sessions,
        case when status = 'compliant' then sessions else 0 end as compliant
    from totals
    join kinds using (kind_id)
    join faults using (fault_id)
    where is_social
)
select
    case grouping(channel, week_start_date) when 3 then 'all' when 1 then 'channel' when 2 then 'week'
        else 'channel_week' end as scope,
    channel, week_start_date, sum(compliant)::bigint as numerator, sum(sessions)::bigint as denominator,
    round(sum(compliant) / sum(sessions), 6) as coverage
from social
group by grouping sets ((), (channel), (week_start_date), (channel, week_start_date))
order by scope, channel, week_start_date
"""

_CONVERSIONS: Final = """
create table known_conversions as
with
    final as (
        select conversion_id, conversion_type, occurred_at, conversions.link, conversions.visitor_row, true_row,
            credited_row, true_sessions.first_row as opening_row, {start} + hours.day as conversion_date,
            case when conversion_type = 'order' then orders.currency else leads.currency end as currency,
            case when conversion_type = 'order'
                then revenue - tax - case when refunded_at <= {now} then refunded else 0 end
                when mql_at <= {now} then deal_value end as value,
            case
                when kind is distinct from 'lead' then null
                when won_at <= {now} then 'won'
                when lost_at <= {now} then 'lost'
                when meeting_at <= {now} then 'meeting'
                when sql_at <= {now} then 'sql'
                when mql_at <= {now} then 'mql'
                else 'lead'
            end as final_stage
        from conversions
        left join true_sessions using (conversion_id)
        left join hours on hours.started_at = date_trunc('hour', occurred_at)
        left join orders on orders.order_id = conversion_id
        left join leads on leads.lead_id = conversion_id
    )
select conversion_id, conversion_type, strftime(occurred_at, '%Y-%m-%dT%H:%M:%SZ') as occurred_at, conversion_date, link,
    session.session_id, case when session.row_number is not null then 'v' || code(final.visitor_row, 51) end as visitor_id,
    session.kind, session.channel, session.platform,
    case when session.fault in ('referrer_only', 'in_app_only', 'click_id_only') then null else session.source end
        as utm_source,
    case when session.fault in ('referrer_only', 'in_app_only', 'click_id_only') or session.source is null then null
        else session.medium end as utm_medium,
    case when session.fault in ('referrer_only', 'in_app_only', 'click_id_only') or session.source is null then null
        else session.campaign end as utm_campaign,
    case when session.fault in ('referrer_only', 'in_app_only', 'click_id_only') or session.source is null then null
        else session.content end as utm_content,
    coalesce(credited.session_id, session.session_id) as last_non_direct_session_id,
    coalesce(credited.channel, session.channel) as last_non_direct_channel,
    coalesce(credited.platform, session.platform) as last_non_direct_platform,
    opening.session_id as first_session_id,
    coalesce(session.platform is not null, false) as is_social, final_stage, value, final.currency,
    round(value * nok_per_unit, 4) as value_nok
from final
left join visits as session on session.row_number = true_row
left join visits as credited on credited.row_number = credited_row
left join visits as opening on opening.row_number = opening_row
left join rates on rates.day = conversion_date and rates.currency = final.currency
order by final.occurred_at, conversion_id
"""

_ORDERS: Final = """
select orders.currency, count(*) as orders, sum(revenue) as revenue, sum(tax) as tax, sum(shipping) as shipping,
    sum(discount) as discount, sum(case when refunded_at <= {now} then refunded else 0 end) as refunded,
    sum(revenue - tax - case when refunded_at <= {now} then refunded else 0 end) as revenue_net,
    round(sum(value_nok), 2) as revenue_net_nok
from orders
join known_conversions on known_conversions.conversion_id = order_id
group by orders.currency
order by orders.currency
"""

_REFERRALS: Final = """
select order_id, customer_id, referred_by_customer_id, value_nok
from orders
join known_conversions on known_conversions.conversion_id = order_id
where referred_by_customer_id is not null
order by order_id
"""

_LABELS: Final = """
with
    numbered as (
        select unnest(generate_series(first_row, first_row + sessions - 1)) as row_number, started_at as hour_at, day,
            first_row, sessions
        from hours
        where sessions > 0
    ),
    known as (select *, kind_of(row_number) as kind_id, visitor_of(row_number) as visitor_row from numbered)
select 's' || code(row_number, 50) as session_id, 'v' || code(visitor_row, 51) as visitor_id,
    started_in(hour_at, first_row, sessions, row_number) as started_at, {start} + known.day as session_date, kind, channel,
    platform, is_social, is_paid, {status} as utm_status, fault,
    case when has_tags then source end as utm_source, case when has_tags then medium end as utm_medium,
    case when has_tags then campaign end as utm_campaign, case when has_tags then content end as utm_content,
    country
from (
    select known.*, kind, channel, platform, is_social, is_paid, source, medium, campaign, content, status, fault,
        country,
        source is not null and fault not in ('referrer_only', 'in_app_only', 'click_id_only')
            and not (kind = 'google_ads' and pick(row_number, 11, 2) = 0) as has_tags
    from known
    join kinds on kinds.kind_id = known.kind_id
    left join fault_slots on fault_slots.kind_id = known.kind_id
    left join day_links on day_links.kind_id = known.kind_id and day_links.day = known.day
    left join faults on faults.fault_id = fault_in(fault_slots.slots, kinds.is_social,
        known.day / {day_scale}, row_number)
    left join links on links.link_id = link_in(day_links.link_ids, row_number)
    left join countries on countries.country_id = coalesce(links.country_id, country_of(visitor_row))
) as known
order by row_number
"""


def write_sql_truth(
    connection: duckdb.DuckDBPyConnection, folder: Path, values: dict[str, object], sessions: int
) -> None:
    """Write what follows from the simulator's own tables. `values` fill in: start, now, day_scale."""
    values = {**values, "status": _STATUS}
    connection.execute(fill(_CONVERSIONS, **values))
    for name, sql in (
        ("sessions_by_day", _SESSIONS),
        ("utm_coverage", _COVERAGE),
        ("conversions", "select * from known_conversions order by occurred_at, conversion_id"),
        (
            "conversions_by_day",
            "select conversion_date, conversion_type, channel, count(*) as conversions, round(sum(value_nok), 2) as value_nok"
            " from known_conversions group by all order by all",
        ),
        ("orders", _ORDERS),
        ("referrals", _REFERRALS),
        ("exchange_rates", "select day as date, currency, nok_per_unit from rates order by day, currency"),
    ):
        connection.execute(f"copy ({fill(sql, **values)}) to '{folder / name}.csv' (format csv, header true)")
    if sessions <= LABELS_LIMIT:
        connection.execute(
            f"copy ({fill(_LABELS, **values)}) to '{folder / 'session_labels.parquet'}' (format parquet, compression zstd)"
        )


def write_summary(
    connection: duckdb.DuckDBPyConnection, path: Path, parameters: dict[str, object], spend_nok: float
) -> None:
    """Write summary.json: the parameters and the few numbers that everything else adds up to."""
    coverage = connection.execute(
        "select sum(case when status = 'compliant' then sessions else 0 end)::bigint, sum(sessions)::bigint"
        " from totals join kinds using (kind_id) join faults using (fault_id) where is_social"
    ).fetchone()
    sessions = connection.execute("select sum(sessions)::bigint from totals").fetchone()
    tied = connection.execute("select count(*) from known_conversions where link <> 'none'").fetchone()
    types = connection.execute(
        "select conversion_type, count(*) from known_conversions group by all order by all"
    ).fetchall()
    numerator, denominator = coverage or (0, 0)
    converting = connection.execute(
        "select count(distinct session_id) from known_conversions where is_social"
    ).fetchone()
    revenue = connection.execute(
        "select round(sum(value_nok), 2) from known_conversions where conversion_type = 'order'"
    ).fetchone()
    summary = {
        "parameters": parameters,
        "sessions": sessions[0] if sessions else 0,
        "social_sessions": denominator or 0,
        "compliant_social_sessions": numerator or 0,
        "utm_coverage": round(numerator / denominator, 6) if denominator else None,
        "converting_social_sessions": converting[0] if converting else 0,
        "conversions": dict(types),
        "revenue_net_nok": revenue[0] if revenue else None,
        "spend_nok": spend_nok,
        "conversions_with_session": tied[0] if tied else 0,
    }
    path.write_text(json.dumps(summary, indent=2, ensure_ascii=False) + "\n", encoding="utf-8", newline="\n")
