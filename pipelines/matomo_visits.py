"""Matomo: the visits log (Visitors, Visits log, export; ``Live.getLastVisitsDetails``) as sessions, from CSV, TSV or JSON.

Facts of the format: one record a visit; ``idVisit`` is unique in an installation; ``firstActionTimestamp`` is in seconds, UTC, while
the server's time and date beside it are of the visit's last action. JSON has the actions as an array; CSV lays them side by side under
names such as ``url (actionDetails 0)``, before Matomo 4 ``actionDetails_0_url``. An action is a page view (``action``), an event, a
search, a goal, an order, or a click that leaves the site (``outlink``, ``download``), whose address is not one of the site. Matomo
takes the tags out of the addresses that it stores: what they said is in ``campaignName`` and so on, or, without the plugin for
these, in the referrer of a visit of the type ``campaign``.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipelines.limits import LIMITS
from pipelines.sources import Source, normalise_name
from pipelines.statement import Sql, compose, identifier, join, literal

FORMAT = "matomo.visits_log"
NEEDED = frozenset({"idVisit", "visitorId", "firstActionTimestamp"})

_TEXTS = (
    "idVisit", "idSite", "visitorId", "firstActionTimestamp", "visitDuration", "actions", "referrerType", "referrerName", "referrerKeyword",
    "referrerUrl", "campaignName", "campaignKeyword", "campaignSource", "campaignMedium", "campaignContent", "campaignId", "countryCode",
    "deviceType",
)  # fmt: skip
_NORMALISED = {normalise_name(name): name for name in _TEXTS}
_ACTION = re.compile(
    r"^(?:(?P<name>type|url)_actiondetails_(?P<number>\d+)|actiondetails_(?P<old>\d+)_(?P<old_name>type|url))$"
)

# ``steps`` are the visit's actions in their order; addresses of others are no page of the site.
_QUERY = """(
with visits as (
    {visits}
),

opened as (
    select
        *,
        list_filter(steps, lambda step: step.url is not null and step.type not in ('outlink', 'download')) as places,
        "referrerType" = 'campaign' as is_campaign
    from visits
)

select
    "idVisit" as session_id,
    "visitorId" as visitor_id,
    try(make_timestamptz(try_cast("firstActionTimestamp" as bigint) * 1000000)) as started_at,
    coalesce(list_filter(places, lambda step: step.type = 'action')[1].url, places[1].url) as landing_url,
    "referrerUrl" as referrer_url,
    "campaignSource" as utm_source,
    "campaignMedium" as utm_medium,
    coalesce("campaignName", case when is_campaign then "referrerName" end) as utm_campaign,
    "campaignContent" as utm_content,
    coalesce("campaignKeyword", case when is_campaign then "referrerKeyword" end) as utm_term,
    "campaignId" as utm_id,
    case
        when lower("deviceType") in ('smartphone', 'phablet', 'feature phone') then 'mobile'
        else lower("deviceType")
    end as device,
    nullif(upper("countryCode"), 'XX') as country,
    case
        when length(steps) > 0 then cast(length(list_filter(steps, lambda step: step.type = 'action')) as varchar)
        else "actions"
    end as pageviews,
    "visitDuration" as engaged_seconds,
    "idSite" as site_id,
    "referrerType" as referrer_type
from opened
)"""


def is_header(names: Sequence[str]) -> bool:
    """Whether these column names are those of the visits log."""
    return {normalise_name(name) for name in names} >= {normalise_name(name) for name in NEEDED}


def json_visits(location: Path) -> Source:
    """The visits of a file of JSON records (one array, or lines)."""
    structure: dict[str, object] = {
        **dict.fromkeys(_TEXTS, "VARCHAR"),
        "actionDetails": [{"type": "VARCHAR", "url": "VARCHAR"}],
    }
    visits = compose(
        "select {fields}, list_transform("
        "coalesce(fields.{details}, []), lambda step: {{'type': step.type, 'url': nullif(step.url, '')}}) as steps"
        " from (select json_transform(json, {structure}) as fields"
        " from read_json_objects({path}, format='auto', ignore_errors=true, maximum_object_size={size}))",
        fields=join(", ", [compose("nullif(fields.{n}, '') as {n}", n=identifier(name)) for name in _TEXTS]),
        details=identifier("actionDetails"),
        structure=literal(json.dumps(structure)),
        path=literal(str(location)),
        size=literal(LIMITS.record_bytes),
    )
    return Source(compose(_QUERY, visits=visits), Sql("row_number() over ()"), {}, "json")


def visits(source: Source) -> Source:
    """The visits of a source with column names."""
    given = {normalise_name(name): column for column, name in zip(source.columns, source.names, strict=True)}
    texts = {_NORMALISED[name]: column for name, column in given.items() if name in _NORMALISED}
    fields = [
        compose("nullif({c}, '') as {n}", c=identifier(texts[name]), n=identifier(name))
        if name in texts
        else compose("cast(null as varchar) as {n}", n=identifier(name))
        for name in _TEXTS
    ]
    opened = compose(
        "select {fields}, list_filter([{steps}], lambda step: step.type is not null or step.url is not null) as steps from {relation}",
        fields=join(", ", fields),
        steps=join(", ", _steps(given)) or Sql("{'type': cast(null as varchar), 'url': cast(null as varchar)}"),
        relation=source.relation,
    )
    return Source(compose(_QUERY, visits=opened), source.row, {}, source.kind, source.first_line, source.rejects)


def _steps(given: Mapping[str, str]) -> list[Sql]:
    """The actions that stand side by side, in the order of their numbers, each as a record of type and address."""
    found: dict[int, dict[str, str]] = {}
    for name, column in given.items():
        if hit := _ACTION.match(name):
            number, part = (hit["number"], hit["name"]) if hit["name"] else (hit["old"], hit["old_name"])
            found.setdefault(int(number), {})[part] = column

    def text(columns: Mapping[str, str], part: str) -> Sql:
        return (
            compose("nullif({c}, '')", c=identifier(columns[part])) if part in columns else Sql("cast(null as varchar)")
        )

    return [
        compose("{{'type': {type}, 'url': {url}}}", type=text(columns, "type"), url=text(columns, "url"))
        for _number, columns in sorted(found.items())
    ]
