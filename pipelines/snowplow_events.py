"""Snowplow: enriched events as the pipeline's stream writes them (tab-separated, no header), or with column names in any other form.

Facts of the format: the stream has 131 cells a line in a fixed order and no quoting; all times are UTC; ``true_tstamp``, then
``derived_tstamp`` (corrected for the device's clock), then ``collector_tstamp`` tell best when an event occurred.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from pipelines.limits import LIMITS
from pipelines.sources import Source, normalise_name
from pipelines.statement import Sql, compose, identifier, join, literal

FORMAT = "snowplow.enriched_events"
NEEDED = frozenset({"collector_tstamp", "event_id", "event", "domain_userid"})

COLUMNS = tuple(Path(__file__).with_name("formats").joinpath("snowplow", "enriched_columns.txt").read_text().split())

# target column -> the columns that may hold it, the best first
_TEXTS = {
    "event_id": ("event_id",),
    "visitor_id": ("domain_userid", "network_userid"),
    "session_id": ("domain_sessionid",),
    "user_id": ("user_id",),
    "page_url": ("page_url",),
    "referrer_url": ("page_referrer",),
    "user_agent": ("useragent",),
    "utm_source": ("mkt_source",),
    "utm_medium": ("mkt_medium",),
    "utm_campaign": ("mkt_campaign",),
    "utm_content": ("mkt_content",),
    "utm_term": ("mkt_term",),
    "country": ("geo_country",),
    "value": ("tr_total", "se_value"),
    "currency": ("tr_currency",),
    "order_id": ("tr_orderid",),
}
_INSTANTS = ("true_tstamp", "derived_tstamp", "collector_tstamp")
# Kept beside, as they are. Addresses of the visitor's machine and fingerprints are not: nothing here needs them.
_KEPT = (
    "app_id", "platform", "se_category", "se_action", "se_label", "se_property", "unstruct_event", "contexts", "derived_contexts",
)  # fmt: skip

_CELL_OF_TIME = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?")
_CELL_OF_ID = re.compile(rb"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


def is_header(names: Sequence[str]) -> bool:
    """Whether these column names are those of enriched events."""
    return {normalise_name(name) for name in names} >= NEEDED


def is_enriched(line: bytes) -> bool:
    """Whether a line without header is an enriched event: 131 cells, a time and an id where they belong."""
    cells = line.rstrip(b"\r\n").split(b"\t")
    return (
        len(cells) == len(COLUMNS)
        and _CELL_OF_TIME.fullmatch(cells[COLUMNS.index("collector_tstamp")]) is not None
        and _CELL_OF_ID.fullmatch(cells[COLUMNS.index("event_id")]) is not None
    )


def enriched_events(location: Path, number: int) -> Source:
    """The events of a file as the stream writes it. ``number`` makes the name of its table of rejects."""
    longest = min(LIMITS.record_bytes, max(location.stat().st_size + 1, 64 * 1024))
    relation = compose(
        "read_csv({path}, auto_detect=false, header=false, delim={tab}, quote='', escape='', columns={{{columns}}}, nullstr='',"
        " store_rejects=true, rejects_table={rejects}, rejects_scan={scans}, max_line_size={line_size}, buffer_size={buffer_size})",
        path=literal(str(location)),
        tab=literal("\t"),
        columns=join(", ", [compose("{name}: 'VARCHAR'", name=literal(name)) for name in COLUMNS]),
        rejects=literal(f"rejects_{number}"),
        scans=literal(f"scans_{number}"),
        line_size=literal(longest),
        buffer_size=literal(longest * 2),
    )
    columns = dict.fromkeys(COLUMNS, "VARCHAR")
    return events(Source(relation, Sql(""), columns, "csv", 1, f"rejects_{number}", COLUMNS))


def events(source: Source) -> Source:
    """The events of a source with column names, as the columns of ``raw.web_events``."""
    given = {normalise_name(name): column for column, name in zip(source.columns, source.names, strict=True)}
    text = {name: compose("nullif(cast({c} as varchar), '')", c=identifier(column)) for name, column in given.items()}
    instants = [_instant(source.columns[given[name]], given[name]) for name in _INSTANTS if name in given]
    columns = [_first([text[name] for name in names if name in text], target) for target, names in _TEXTS.items()]
    columns += [
        compose("coalesce({instants}) as occurred_at", instants=join(", ", instants)),
        _first([text[name] for name in ("event_name", "event") if name in text], "event_name"),
        _device(text),
        _consent(text),
    ]
    columns += [compose("{text} as {name}", text=text[name], name=identifier(name)) for name in _KEPT if name in text]
    relation = compose("(select {columns} from {relation})", columns=join(", ", columns), relation=source.relation)
    return Source(relation, source.row, {}, source.kind, source.first_line, source.rejects)


def _first(texts: Sequence[Sql], target: str) -> Sql:
    value = compose("coalesce({texts})", texts=join(", ", texts)) if texts else Sql("cast(null as varchar)")
    return compose("{value} as {name}", value=value, name=identifier(target))


def _instant(kind: str, column: str) -> Sql:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return identifier(column)
    if kind.startswith("TIMESTAMP"):
        return compose("timezone('UTC', cast({c} as timestamp))", c=identifier(column))
    # The connection's zone is UTC, so a text without offset is taken as UTC.
    return compose("try_cast(nullif(cast({c} as varchar), '') as timestamptz)", c=identifier(column))


def _device(text: dict[str, Sql]) -> Sql:
    if "dvce_type" not in text:
        return Sql("cast(null as varchar) as device")
    return compose(
        "case lower({given}) when 'computer' then 'desktop' else lower({given}) end as device", given=text["dvce_type"]
    )


def _consent(text: dict[str, Sql]) -> Sql:
    """What the visitor chose, where the event is the tracker's own record of that choice."""
    if "unstruct_event" not in text or "event_name" not in text:
        return Sql("cast(null as varchar) as consent")
    return compose(
        "case when {name} = 'consent_preferences' then"
        " try(json_extract_string({said}, '$.data.data.eventType')) end as consent",
        name=text["event_name"],
        said=text["unstruct_event"],
    )
