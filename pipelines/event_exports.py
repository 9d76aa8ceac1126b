"""Event exports of web trackers: recognised by content, brought into the columns of ``raw.web_events`` by one DuckDB query.

What comes out is a :class:`~pipelines.sources.Source` like that of a generic input, so that typing, masking, quarantine and counting are
the same as there. The columns of a tracker stand in its own module (:mod:`pipelines.ga4_events`, :mod:`pipelines.snowplow_events`).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from pipelines import ga4_events, snowplow_events, sources
from pipelines.limits import LIMITS
from pipelines.sources import Source
from pipelines.statement import compose, literal

TABLE = "web_events"
FORMATS = (ga4_events.FORMAT, snowplow_events.FORMAT)


def json_export(connection: duckdb.DuckDBPyConnection, location: Path) -> tuple[str, Source] | None:
    """The export that a file of JSON records is, by the keys of its first record; None where it is none."""
    first = compose(
        "select json_keys(json) from read_json_objects({path}, format='auto', ignore_errors=true, maximum_object_size={size})"
        " where json_type(json) = 'OBJECT' limit 1",
        path=literal(str(location)),
        size=literal(LIMITS.record_bytes),
    )
    row = connection.execute(first).fetchone()
    if row is None:
        return None
    if set(row[0]) >= ga4_events.NEEDED:
        return ga4_events.FORMAT, ga4_events.json_events(location)
    if snowplow_events.is_header(row[0]):
        return snowplow_events.FORMAT, snowplow_events.events(sources.json_source(connection, location))
    return None


def parquet_export(source: Source) -> tuple[str, Source] | None:
    """The export that a Parquet file is, by its columns; None where it is none."""
    if set(source.columns) >= ga4_events.NEEDED:
        return ga4_events.FORMAT, ga4_events.parquet_events(source)
    if snowplow_events.is_header(source.names):
        return snowplow_events.FORMAT, snowplow_events.events(source)
    return None


def text_export(header: Sequence[str]) -> bool:
    """Whether a row of cells is the header of an event export."""
    return snowplow_events.is_header(header)


def from_text(source: Source) -> tuple[str, Source]:
    """The export whose header :func:`text_export` has recognised."""
    return snowplow_events.FORMAT, snowplow_events.events(source)


def headless_export(location: Path, number: int) -> tuple[str, Source] | None:
    """The export that a text file without header is, by its first line; ``number`` makes the name of its table of rejects."""
    with location.open("rb") as stream:
        line = stream.readline(LIMITS.record_bytes)
    if not snowplow_events.is_enriched(line):
        return None
    return snowplow_events.FORMAT, snowplow_events.enriched_events(location, number)


def written(connection: duckdb.DuckDBPyConnection, source: Source, target: Path) -> Source:
    """The same records read from ``target``, to which they are written: what is nested is taken apart once, not once a pass."""
    connection.execute(
        compose(
            "copy (select * from {relation}) to {target} (format parquet, compression lz4, row_group_size 122880)",
            relation=source.relation,
            target=literal(str(target)),
        )
    )
    copied = sources.parquet_source(connection, target)
    # A record that is none at all has no column, and its line says so as it does in a generic input.
    kind = "json" if source.kind == "json" else "parquet"
    return replace(copied, kind=kind, first_line=source.first_line, rejects=source.rejects)
