"""Web sessions: labels are drawn first, then URL, referrer and user agent are built from them. Written by SQL, day by day.

A session's label (how the visitor came, which link, what is wrong with its tags) depends on seed and row number alone,
so that any day can be made by itself and any number of days at the same time. Nothing here ever reads a URL.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

import duckdb

from . import brand
from .clock import Period

Format = Literal["csv", "jsonl", "parquet"]

ONE_WEEK: Final = 7
# a re-export is downloaded this many days after the last day that it covers, later than any late row can arrive
REEXPORT_DELAY_DAYS: Final = 6


@dataclass(frozen=True)
class Link:
    """A tagged link: whose kind of traffic it carries, its tags, where it leads, on which days (indexes) it is clicked."""

    link_id: int
    kind: str
    campaign: str
    content: str
    path: str
    country: str | None
    first_day: int
    last_day: int
    weight: int


@dataclass(frozen=True)
class DayResult:
    """What was written for one day: rows in its file, how many are broken, rows of its re-export (0: none)."""

    day: int
    rows: int
    broken_rows: int
    reexported_rows: int


_TABLES: Final = """
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

_LABELS: Final = """
create or replace temp table labels as
with
    numbered as (
        select unnest(generate_series(first_row, first_row + sessions - 1)) as row_number, started_at as hour_at, day,
            first_row, sessions
        from hours
        where day between {day} - 4 and {day} and sessions > 0
    ),
    dated as (
        select *,
            case when unit(row_number, 30) < {dirt} * 0.2
                then least(1 + pick(row_number, 31, 3), {last_day} - day) else 0 end as late_days,
            case when unit(row_number, 32) < {dirt} * 0.1 then 1 else 0 end as repeats
        from numbered
    ),
    arriving as (
        select *, day + late_days = {day} or (repeats = 1 and day + late_days + 1 = {day}) as is_delivered
        from dated
        where day = {day} or day + late_days = {day} or (repeats = 1 and day + late_days + 1 = {day})
    ),
    known as (
        select row_number, day, hour_at, first_row, sessions, is_delivered, kind_of(row_number) as kind_id,
            visitor_of(row_number) as visitor_row, day / {day_scale} as share, unit(row_number, 20) * 10000 as chance
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
select row_number, day, kind_id, visitor_row, fault_id, link_id, country_id, conversion_type, wait_seconds,
    is_delivered,
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
order by row_number
"""

# what a re-export says differently: one session in five was still going on when the first export was made
_GREW: Final = "(pageviews > 1 and pick(row_number, 33, 5) = 0)"

_ROWS: Final = """
select
    row_number,
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
    pageviews {more_pageviews} as pageviews,
    (tenths {more_tenths}) / 10.0 as engaged_seconds,
    'granted' as consent
from (
    select row_number, visitor_row, started_at, pageviews, tenths, fault, country,
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
    where {where}
)
"""

_DELIVERY: Final = """
select session_id, visitor_id, started_at, landing_url, referrer_url, user_agent, device, country, pageviews,
    engaged_seconds, consent
from ({rows})
order by row_number
"""

# the broken rows come last in their file: first those without a readable time, then those without a session id
_DELIVERY_WITH_BROKEN: Final = """
with
    delivered as ({rows}),
    spoilt as (
        select *, row_number() over (order by row_number) as place
        from (select * from delivered order by row_number limit {broken})
    )
select session_id, visitor_id, started_at, landing_url, referrer_url, user_agent, device, country, pageviews,
    engaged_seconds, consent
from (
    select 0 as place, * from delivered
    union all
    select place, row_number, case when place <= {unreadable} then 'x' || session_id end, visitor_id,
        case when place > {unreadable} then started_at else {unreadable_at} end, landing_url, referrer_url,
        user_agent, device, country, pageviews, engaged_seconds, consent
    from spoilt
)
order by place, row_number
"""

_COPY: Final = {
    "csv": "(format csv, header true)",
    "jsonl": "(format json)",
    "parquet": "(format parquet, compression zstd, row_group_size 122880)",
}
_STARTED_AT: Final = {
    "csv": "strftime(started_at, '%Y-%m-%dT%H:%M:%SZ')",
    "jsonl": "strftime(started_at, '%Y-%m-%dT%H:%M:%SZ')",
    "parquet": "started_at",
}
_UNREADABLE_AT: Final = {"csv": "'i går kl. 25:61'", "jsonl": "'i går kl. 25:61'", "parquet": "null"}


def _texts(values: tuple[str, ...]) -> str:
    return "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"


def _fill(sql: str, **values: object) -> str:
    for name, value in values.items():
        sql = sql.replace("{" + name + "}", str(value))
    return sql


def prepare(connection: duckdb.DuckDBPyConnection, period: Period, links: list[Link], dirt: float) -> None:
    """Create the small tables and macros that every day's SQL reads."""
    connection.execute(_TABLES)
    kind_ids = {kind.name: index for index, kind in enumerate(brand.KINDS)}
    for index, kind in enumerate(brand.KINDS):
        edges, first, last = [], 0, 0
        for rate in kind.rates:
            first, last = first + rate[0], last + rate[1]
            edges += [first, last]
        connection.execute(
            f"insert into kinds values ({', '.join('?' * 20)})",  # noqa: S608 - question marks only
            [index, kind.name, kind.channel, kind.platform, kind.source, kind.medium, kind.is_social, kind.is_paid,
             list(brand.SOURCE_ALIASES[kind.source]) if kind.source in brand.SOURCE_ALIASES else None,
             list(brand.MEDIUM_ALIASES[kind.medium]) if kind.medium in brand.MEDIUM_ALIASES else None,
             list(brand.REFERRERS[kind.name]) if kind.name in brand.REFERRERS else None,
             list(brand.IN_APP_AGENTS[kind.platform]) if kind.platform in brand.IN_APP_AGENTS else None,
             *edges],
        )  # fmt: skip
    fault_ids = {fault.name: index for index, fault in enumerate(brand.FAULTS)}
    connection.executemany(
        "insert into faults values (?, ?, ?)",
        [(index, fault.name, fault.status) for index, fault in enumerate(brand.FAULTS)],
    )
    for name, weights in brand.FAULT_WEIGHTS.items():
        slots = [fault_ids[fault] for fault, weight in weights.items() for _ in range(weight)]
        connection.execute("insert into fault_slots values (?, ?)", [kind_ids[name], slots])
    countries = {country: index for index, (country, *_) in enumerate(brand.COUNTRIES)}
    connection.executemany(
        "insert into countries values (?, ?, ?, ?)",
        [(countries[country], country, currency, folder) for country, _, currency, folder in brand.COUNTRIES],
    )
    connection.executemany(
        "insert into links values (?, ?, ?, ?, ?, ?, ?)",
        [(link.link_id, kind_ids[link.kind], link.campaign, link.content, quote(link.content, safe=""), link.path,
          countries[link.country] if link.country else None) for link in links],
    )  # fmt: skip
    for day in range(period.days):
        alive: dict[str, list[int]] = {}
        for link in links:
            if link.first_day <= day <= link.last_day:
                alive.setdefault(link.kind, []).extend([link.link_id] * link.weight)
        connection.executemany(
            "insert into day_links values (?, ?, ?)", [(day, kind_ids[kind], ids) for kind, ids in alive.items()]
        )
    connection.executemany(
        "insert into hours values (?, ?, ?, ?)",
        [(hour.started_at, hour.day, hour.first_row, hour.sessions) for hour in period.hours],
    )
    _create_macros(connection, period, dirt)


def _create_macros(connection: duckdb.DuckDBPyConnection, period: Period, dirt: float) -> None:
    bot, direct = (next(i for i, kind in enumerate(brand.KINDS) if kind.name == name) for name in ("bot", "direct"))
    edge, cases = 0, []
    for index, kind in enumerate(brand.KINDS[:-1]):
        edge += kind.permille
        cases.append(f"when pick(number, 3, 1000) < {edge} then {index}")
    connection.execute(
        f"create macro kind_of(number) as case {' '.join(cases)}"
        f" when unit(number, 4) < {dirt * 20} then {bot} else {direct} end"
    )
    connection.execute(
        "create macro started_in(hour_at, first_row, sessions, number) as"
        " hour_at + to_seconds(floor((number - first_row + unit(number, 1)) / sessions * 3600)::bigint)"
    )
    # An odd row may be a later visit of the visitor who first came in an even row, two hours to three weeks before.
    per_day = max(period.sessions // period.days, 1)
    connection.execute(
        "create macro opener(number) as"
        f" (number - 2 - floor({per_day} * (0.08 + 18 * unit(number, 8) * unit(number, 8)))::bigint)"
    )
    connection.execute(
        "create macro visitor_of(number) as case"
        f" when number % 2 = 1 and unit(number, 2) < 0.62 and opener(number) >= 2 and kind_of(number) <> {bot}"
        f" and kind_of(opener(number) // 2 * 2) <> {bot} then opener(number) // 2 * 2 else number end"
    )
    connection.execute(
        "create macro fault_in(slots, is_social, share, number) as case"
        f" when unit(number, 5) < {dirt} * case when is_social then 2.3 - 0.6 * share else 1.0 end"
        " then coalesce(slots[1 + pick(number, 6, len(slots))], 0) else 0 end"
    )
    connection.execute("create macro link_in(link_ids, number) as link_ids[1 + pick(number, 7, len(link_ids))]")
    edge, cases = 0, []
    for index, (_, permille, *_) in enumerate(brand.COUNTRIES):
        edge += permille
        cases.append(f"when pick(number, 9, 1000) < {edge} then {index}")
    connection.execute(f"create macro country_of(number) as case {' '.join(cases)} end")


def reexported_days(period: Period, dirt: float) -> range:
    """Return the days that are exported a second time with changed numbers: one week, when the period is long enough."""
    if dirt <= 0 or period.days < 4 * ONE_WEEK:
        return range(0)
    start = period.days * 2 // 5 // ONE_WEEK * ONE_WEEK
    return range(start, start + ONE_WEEK)


def write_day(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    day: int,
    *,
    folder: Path,
    reexport_folder: Path,
    file_format: Format,
    dirt: float,
) -> DayResult:
    """Write one day's file of sessions (and its re-export) and add the day's known answers to `totals` and `converting`."""
    connection.execute(
        _fill(
            _LABELS,
            day=day,
            dirt=dirt,
            last_day=period.days - 1,
            day_scale=float(max(period.days - 1, 1)),
            last_converting_row=period.hours[-1].first_row,
        )
    )
    is_twice = day in reexported_days(period, dirt)
    rows = _fill(
        _ROWS,
        site=_texts((brand.SITE,))[1:-1],
        paths=_texts(tuple(quote(path) for path in brand.PATHS)),
        path_count=len(brand.PATHS),
        bots=_texts(brand.BOT_AGENTS),
        bot_count=len(brand.BOT_AGENTS),
        mobiles=_texts(brand.MOBILE_AGENTS),
        mobile_count=len(brand.MOBILE_AGENTS),
        desktops=_texts(brand.DESKTOP_AGENTS),
        desktop_count=len(brand.DESKTOP_AGENTS),
        referrer_share=brand.REFERRER_SHARE_TAGGED,
        started_at=_STARTED_AT[file_format],
    )
    unreadable, nameless = connection.execute(
        "select case when unit(?, 40) < ? then 1 + pick(?, 41, 2) else 0 end,"
        " case when unit(?, 42) < ? then 1 else 0 end",
        [day, dirt * 6, day, day, dirt * 6],
    ).fetchone() or (0, 0)  # fmt: skip
    first = _fill(rows, where="is_delivered", more_pageviews="", more_tenths="")
    count = _copy(connection, first, folder / _name(period, day, file_format), file_format, unreadable, nameless)
    again = 0
    if is_twice:
        grown = _fill(
            rows,
            where=f"labels.day = {day}",
            more_pageviews=f"+ case when {_GREW} then 1 else 0 end",
            more_tenths=f"+ case when {_GREW} then 150 else 0 end",
        )
        again = _copy(connection, grown, reexport_folder / _name(period, day, file_format), file_format, 0, 0)
    more = f"case when {is_twice} and {_GREW} then 1 else 0 end"
    connection.execute(
        "insert into totals select day, kind_id, fault_id, link_id, country_id, count(*),"  # noqa: S608
        f" sum(pageviews + {more})::bigint, sum(tenths + 150 * {more})::bigint from labels where day = {day} group by all"
    )
    connection.execute(
        "insert into converting select row_number, day, started_at, kind_id, fault_id, link_id, country_id, visitor_row,"  # noqa: S608
        f" conversion_type, wait_seconds from labels where day = {day} and conversion_type is not null"
    )
    broken = min(unreadable + nameless, count)
    return DayResult(day, count + broken, broken, again)


def _name(period: Period, day: int, file_format: Format) -> str:
    return f"web_sessions_{period.day(day)}.{file_format}"


def _copy(
    connection: duckdb.DuckDBPyConnection, rows: str, path: Path, file_format: Format, unreadable: int, nameless: int
) -> int:
    """Write the rows and the broken ones after them; return the number of rows that are not broken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    broken = unreadable + nameless
    query = _fill(
        _DELIVERY_WITH_BROKEN if broken else _DELIVERY,
        rows=rows,
        unreadable=unreadable,
        broken=broken,
        unreadable_at=_UNREADABLE_AT[file_format],
    )
    target = str(path).replace("'", "''")
    written = connection.execute(f"copy ({query}) to '{target}' {_COPY[file_format]}").fetchone()
    total = int(written[0]) if written else 0
    return total - broken if total >= 2 * broken else total // 2
