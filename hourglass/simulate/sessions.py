"""Web sessions: labels are drawn first, then URL, referrer and user agent are built from them. Written by SQL, day by day.

A session's label (how the visitor came, which link, what is wrong with its tags) depends on seed and row number alone,
so that any day can be made by itself and any number of days at the same time. Nothing here ever reads a URL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import duckdb

from . import brand, sessions_sql
from .clock import Period
from .sessions_sql import Format, fill, texts

ONE_WEEK: Final = 7
# a re-export is downloaded this many days after the last day that it covers, later than any late row can arrive
REEXPORT_DELAY_DAYS: Final = 6
_CHUNK_SESSIONS: Final = 60_000


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


def insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert a few thousand rows in one statement: a column is one list parameter."""
    if rows:
        columns = [list(column) for column in zip(*rows, strict=True)]
        marks = ", ".join("unnest(?)" for _ in columns)
        connection.execute(f"insert into {table} select {marks}", columns)


def prepare(connection: duckdb.DuckDBPyConnection, period: Period, links: list[Link], dirt: float) -> None:
    """Create the small tables and macros that every day's SQL reads."""
    connection.execute(sessions_sql.TABLES)
    kind_ids = {kind.name: index for index, kind in enumerate(brand.KINDS)}
    for index, kind in enumerate(brand.KINDS):
        edges, first, last = [], 0, 0
        for rate in kind.rates:
            first, last = first + rate[0], last + rate[1]
            edges += [first, last]
        connection.execute(
            f"insert into kinds values ({', '.join('?' * 20)})",
            [index, kind.name, kind.channel, kind.platform, kind.source, kind.medium, kind.is_social, kind.is_paid,
             list(brand.SOURCE_ALIASES[kind.source]) if kind.source in brand.SOURCE_ALIASES else None,
             list(brand.MEDIUM_ALIASES[kind.medium]) if kind.medium in brand.MEDIUM_ALIASES else None,
             list(brand.REFERRERS[kind.name]) if kind.name in brand.REFERRERS else None,
             list(brand.IN_APP_AGENTS[kind.platform]) if kind.platform in brand.IN_APP_AGENTS else None,
             *edges],
        )  # fmt: skip
    fault_ids = {fault.name: index for index, fault in enumerate(brand.FAULTS)}
    insert(connection, "faults", [(index, fault.name, fault.status) for index, fault in enumerate(brand.FAULTS)])
    for name, weights in brand.FAULT_WEIGHTS.items():
        slots = [fault_ids[fault] for fault, weight in weights.items() for _ in range(weight)]
        connection.execute("insert into fault_slots values (?, ?)", [kind_ids[name], slots])
    countries = {country: index for index, (country, *_) in enumerate(brand.COUNTRIES)}
    insert(
        connection,
        "countries",
        [(countries[country], country, currency, folder) for country, _, currency, folder in brand.COUNTRIES],
    )
    insert(
        connection,
        "links",
        [(link.link_id, kind_ids[link.kind], link.campaign, link.content, quote(link.content, safe=""), link.path,
          countries[link.country] if link.country else None) for link in links],
    )  # fmt: skip
    slots_by_day: list[tuple[object, ...]] = []
    for day in range(period.days):
        alive: dict[str, list[int]] = {}
        for link in links:
            if link.first_day <= day <= link.last_day:
                alive.setdefault(link.kind, []).extend([link.link_id] * link.weight)
        slots_by_day += [(day, kind_ids[kind], ids) for kind, ids in alive.items()]
    insert(connection, "day_links", slots_by_day)
    insert(connection, "hours", [(hour.started_at, hour.day, hour.first_row, hour.sessions) for hour in period.hours])
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


def chunks(period: Period) -> list[range]:
    """Return runs of days that are made at one time: several when days are small, one when they are large."""
    per_chunk = min(max(_CHUNK_SESSIONS * period.days // period.sessions, 1), 15)
    return [range(first, min(first + per_chunk, period.days)) for first in range(0, period.days, per_chunk)]


def write_days(
    connection: duckdb.DuckDBPyConnection,
    period: Period,
    days: range,
    *,
    folder: Path,
    reexport_folder: Path,
    file_format: Format,
    dirt: float,
) -> list[DayResult]:
    """Write a file of sessions a day (and the re-export), add the days' known answers to `totals` and `converting`."""
    again = reexported_days(period, dirt)
    connection.execute(
        fill(
            sessions_sql.LABELS,
            first_day=days[0],
            last_day=days[-1],
            dirt=dirt,
            end_day=period.days - 1,
            day_scale=float(max(period.days - 1, 1)),
            last_converting_row=period.hours[-1].first_row,
            reexported_first=again.start if again else -1,
            reexported_last=again.stop - 1,
        )
    )
    connection.execute(
        fill(
            sessions_sql.ROWS,
            site=texts((brand.SITE,))[1:-1],
            paths=texts(tuple(quote(path) for path in brand.PATHS)),
            path_count=len(brand.PATHS),
            bots=texts(brand.BOT_AGENTS),
            bot_count=len(brand.BOT_AGENTS),
            mobiles=texts(brand.MOBILE_AGENTS),
            mobile_count=len(brand.MOBILE_AGENTS),
            desktops=texts(brand.DESKTOP_AGENTS),
            desktop_count=len(brand.DESKTOP_AGENTS),
            referrer_share=brand.REFERRER_SHARE_TAGGED,
            started_at=sessions_sql.STARTED_AT[file_format],
        )
    )
    connection.execute(sessions_sql.TOTALS, [days[0], days[-1]])
    connection.execute(sessions_sql.CONVERTING, [days[0], days[-1]])
    results = []
    for day in days:
        name = f"web_sessions_{period.day(day)}.{file_format}"
        unreadable, nameless = _broken_rows(connection, day, dirt)
        where = f"delivered_on = {day} or delivered_again_on = {day}"
        count = _copy(connection, where, folder / name, file_format, 0, unreadable, nameless)
        twice = _copy(connection, f"day = {day}", reexport_folder / name, file_format, 1, 0, 0) if day in again else 0
        broken = min(unreadable + nameless, count)
        results.append(DayResult(day, count + broken, broken, twice))
    return results


def _broken_rows(connection: duckdb.DuckDBPyConnection, day: int, dirt: float) -> tuple[int, int]:
    """Return how many rows of a day's file have no readable time, and how many have no session id."""
    drawn = connection.execute(
        "select case when unit(?, 40) < ? then 1 + pick(?, 41, 2) else 0 end, case when unit(?, 42) < ? then 1 else 0 end",
        [day, dirt * 6, day, day, dirt * 6],
    ).fetchone()
    return (int(drawn[0]), int(drawn[1])) if drawn else (0, 0)


def _copy(
    connection: duckdb.DuckDBPyConnection,
    where: str,
    path: Path,
    file_format: Format,
    grown: int,
    unreadable: int,
    nameless: int,
) -> int:
    """Write the rows and the broken ones after them; return the number of rows that are not broken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    broken = unreadable + nameless
    query = fill(
        sessions_sql.DELIVERY_WITH_BROKEN if broken else sessions_sql.DELIVERY,
        where=where,
        grown=grown,
        unreadable=unreadable,
        broken=broken,
        unreadable_at=sessions_sql.UNREADABLE_AT[file_format],
    )
    target = str(path).replace("'", "''")
    written = connection.execute(f"copy ({query}) to '{target}' {sessions_sql.COPY[file_format]}").fetchone()
    total = int(written[0]) if written else 0
    return total - broken if total >= 2 * broken else total // 2
