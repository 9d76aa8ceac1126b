"""Google Analytics 4: the daily and intraday event tables of its BigQuery export, as JSON lines or Parquet.

Facts of the format: one record an event; parameters are an array of key and value, the value in one of four typed fields; ``int64`` is
text in JSON; ``event_timestamp`` is in microseconds, UTC; an event has no id; the session's number (``ga_session_id``) is unique within
``user_pseudo_id`` only; without consent both are absent. A record in Parquet may lack whole columns (older exports), and its arrays may
stand one level deeper (``list`` and ``element``), as BigQuery writes them by default.
"""

import csv
import json
from pathlib import Path

from pipelines.limits import LIMITS
from pipelines.sources import Source
from pipelines.statement import Sql, compose, identifier, join, literal

FORMAT = "ga4.bigquery_events"
NEEDED = frozenset({"event_timestamp", "event_name", "event_params"})

_TEXTS = (
    "event_timestamp", "event_name", "event_bundle_sequence_id", "user_id", "user_pseudo_id", "stream_id", "platform",
    "batch_page_id", "batch_ordering_id", "batch_event_index",
)  # fmt: skip
_RECORDS = {
    "privacy_info": ("analytics_storage",),
    "device": ("category",),
    "geo": ("country",),
    "ecommerce": ("transaction_id", "purchase_revenue"),
    "collected_traffic_source": (
        "manual_source", "manual_medium", "manual_campaign_name", "manual_content", "manual_term", "manual_campaign_id",
    ),
}  # fmt: skip
_VALUES = ("string_value", "int_value", "double_value", "float_value")

# What Google infers where a link has no tags; that is no tag.
_INFERRED = ("(direct)", "(none)", "(not set)", "(data not available)", "none", "organic", "referral")

# The parameters are put in order for the id, since no export promises an order. Where the three numbers of the batch are known they tell
# events of one instant apart; then parameters that a later export adds don't make it another event.
_QUERY = """(
with records as (
    {records}
),

opened as (
    select
        *,
        list_transform(
            params,
            lambda param: {{
                'key': param.key,
                'value': coalesce(
                    param.value.string_value, param.value.int_value, param.value.double_value, param.value.float_value
                )
            }}
        ) as pairs
    from records
),

named as (
    select
        *,
        list_transform(pairs, lambda pair: pair.key) as keys,
        lower(collected_traffic_source.manual_medium) not in ({inferred}) as is_tagged
    from opened
)

select
    case when event_name is not null then md5(concat_ws(
        '|',
        coalesce(stream_id, ''),
        coalesce(user_pseudo_id, ''),
        event_timestamp,
        event_name,
        coalesce(event_bundle_sequence_id, ''),
        case
            when batch_page_id is not null and batch_ordering_id is not null and batch_event_index is not null
                then concat_ws('|', batch_page_id, batch_ordering_id, batch_event_index)
            else array_to_string(list_sort(list_transform(pairs, lambda pair: concat(pair.key, '=', pair.value))), '|')
        end
    )) end as event_id,
    nullif(user_pseudo_id, '') as visitor_id,
    nullif(user_pseudo_id, '') || '.' || pairs[list_position(keys, 'ga_session_id')].value as session_id,
    nullif(user_id, '') as user_id,
    try(make_timestamptz(try_cast(event_timestamp as bigint))) as occurred_at,
    event_name,
    pairs[list_position(keys, 'page_location')].value as page_url,
    pairs[list_position(keys, 'page_referrer')].value as referrer_url,
    case when is_tagged then collected_traffic_source.manual_source end as utm_source,
    case when is_tagged then collected_traffic_source.manual_medium end as utm_medium,
    case when is_tagged then collected_traffic_source.manual_campaign_name end as utm_campaign,
    case when is_tagged then collected_traffic_source.manual_content end as utm_content,
    case when is_tagged then collected_traffic_source.manual_term end as utm_term,
    case when is_tagged then collected_traffic_source.manual_campaign_id end as utm_id,
    device.category as device,
    coalesce([{codes}][list_position([{countries}], geo.country)], nullif(geo.country, '(not set)')) as country,
    privacy_info.analytics_storage as consent,
    cast(try_cast(pairs[list_position(keys, 'engagement_time_msec')].value as bigint) / 1000 as decimal(18, 3)) as engaged_seconds,
    coalesce(pairs[list_position(keys, 'value')].value, ecommerce.purchase_revenue) as value,
    pairs[list_position(keys, 'currency')].value as currency,
    nullif(coalesce(nullif(ecommerce.transaction_id, '(not set)'), pairs[list_position(keys, 'transaction_id')].value), '(not set)')
        as order_id,
    pairs[list_position(keys, 'lead_id')].value as lead_id,
    pairs[list_position(keys, 'content_id')].value as content_id,
    stream_id,
    platform,
    cast(to_json(pairs) as varchar) as event_params
from named
)"""


def _countries() -> list[dict[str, str]]:
    """Codes and names of countries as the export writes them. A name that isn't listed stays as it is."""
    path = Path(__file__).with_name("formats") / "ga4" / "countries.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def json_events(location: Path) -> Source:
    """The events of a file of JSON records (lines, or one array)."""
    structure: dict[str, object] = dict.fromkeys(_TEXTS, "VARCHAR")
    structure |= {name: dict.fromkeys(fields, "VARCHAR") for name, fields in _RECORDS.items()}
    structure["event_params"] = [{"key": "VARCHAR", "value": dict.fromkeys(_VALUES, "VARCHAR")}]
    opened = compose(
        "select {fields}, fields.event_params as params from (select json_transform(json, {structure}) as fields"
        " from read_json_objects({path}, format='auto', ignore_errors=true, maximum_object_size={size}))",
        fields=join(", ", [compose("fields.{name}", name=identifier(name)) for name in (*_TEXTS, *_RECORDS)]),
        structure=literal(json.dumps(structure)),
        path=literal(str(location)),
        size=literal(LIMITS.record_bytes),
    )
    return _source(opened, "json")


def parquet_events(source: Source) -> Source:
    """The events of a Parquet file, whatever columns its age gives it."""
    types = source.columns
    fields = [
        compose("cast({name} as varchar) as {name}", name=identifier(name))
        if name in types
        else compose("cast(null as varchar) as {name}", name=identifier(name))
        for name in _TEXTS
    ]
    fields += [_record(name, inner, types.get(name, "")) for name, inner in _RECORDS.items()]
    params = identifier("event_params")
    if not types["event_params"].endswith("[]"):
        params = Sql("list_transform(event_params.list, lambda item: item.element)")
    value_type = ", ".join(f"{name} varchar" for name in _VALUES)
    fields.append(
        compose(
            'cast({params} as struct("key" varchar, "value" struct({value_type}))[]) as params',
            params=params,
            value_type=Sql(value_type),
        )
    )
    return _source(
        compose("select {fields} from {relation}", fields=join(", ", fields), relation=source.relation), "parquet"
    )


def _record(name: str, fields: tuple[str, ...], given: str) -> Sql:
    """A nested record with the fields that are read; a field that the file does not have is NULL."""
    wanted = Sql("struct(" + ", ".join(f"{field} varchar" for field in fields) + ")")
    has_some = any(f"{field} " in given or f'"{field}" ' in given for field in fields)
    value = identifier(name) if has_some else Sql("null")
    return compose("cast({value} as {wanted}) as {name}", value=value, wanted=wanted, name=identifier(name))


def _source(records: Sql, kind: str) -> Source:
    countries = _countries()
    relation = compose(
        _QUERY,
        records=records,
        inferred=join(", ", [literal(text) for text in _INFERRED]),
        codes=join(", ", [literal(row["code"]) for row in countries]),
        countries=join(", ", [literal(row["name"]) for row in countries]),
    )
    return Source(relation, Sql("row_number() over ()"), {}, kind)
