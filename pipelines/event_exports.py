"""Exports of web trackers: recognised by content, brought into the columns of an input (events, sessions) by one DuckDB query.

What comes out is a :class:`~pipelines.sources.Source` like that of a generic input, so that typing, masking, quarantine and counting are
the same as there. The columns of a tracker stand in its own module (:mod:`pipelines.ga4_events`,
:mod:`pipelines.snowplow_events`, :mod:`pipelines.matomo_visits`).
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import duckdb

from pipelines import ga4_events, matomo_visits, snowplow_events, sources
from pipelines.limits import LIMITS
from pipelines.sources import Source
from pipelines.statement import compose, copy_to_parquet, literal

TABLES = {
    ga4_events.FORMAT: "web_events",
    snowplow_events.FORMAT: "web_events",
    matomo_visits.FORMAT: "web_sessions",
}
FORMATS = tuple(TABLES)


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
    if set(row[0]) >= matomo_visits.NEEDED:
        return matomo_visits.FORMAT, matomo_visits.json_visits(location)
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


def text_export(header: Sequence[str]) -> str | None:
    """The export whose header a row of cells is; None where it is none."""
    if matomo_visits.is_header(header):
        return matomo_visits.FORMAT
    return snowplow_events.FORMAT if snowplow_events.is_header(header) else None


def from_text(name: str, source: Source) -> Source:
    """The records of the export that :func:`text_export` has recognised."""
    return matomo_visits.visits(source) if name == matomo_visits.FORMAT else snowplow_events.events(source)


def headless_export(location: Path, number: int) -> tuple[str, Source] | None:
    """The export that a text file without header is, by its first line; ``number`` makes the name of its table of rejects."""
    with location.open("rb") as stream:
        line = stream.readline(LIMITS.record_bytes)
    if not snowplow_events.is_enriched(line):
        return None
    return snowplow_events.FORMAT, snowplow_events.enriched_events(location, number)


def written(connection: duckdb.DuckDBPyConnection, source: Source, target: Path) -> Source:
    """The same records read from ``target``, to which they are written: what is nested is taken apart once, not once a pass."""
    connection.execute(copy_to_parquet(compose("select * from {relation}", relation=source.relation), target))
    copied = sources.parquet_source(connection, target)
    # A record that is none at all has no column, and its line says so as it does in a generic input.
    kind = "json" if source.kind == "json" else "parquet"
    return replace(copied, kind=kind, first_line=source.first_line, rejects=source.rejects)
