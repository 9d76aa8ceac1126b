"""The reduced copy of the published file, for a wider circle: figures and what is public, nothing about single people.

A table goes into it by what its columns are, so that a new one can't slip in: none that holds an id of a session, a visitor, a customer or
a conversion. Of the schema ``quality`` only the coverage of tags is in it, since records, links and findings are shown there as delivered.
"""

import time
from collections.abc import Mapping

import duckdb
from config.home import Home

from sql.catalog import Catalog
from sql.changes import table_exists
from sql.history import HISTORY, history_comments
from sql.model import PUBLISHED_SCHEMAS, Model
from sql.publish import (
    PUBLICATION,
    STORAGE_VERSION,
    PublishError,
    PublishReport,
    comment,
    discard,
    swap_in,
    write_publication,
)
from sql.quoting import quoted_text

OF_PEOPLE = frozenset(
    {
        "session_id",
        "visitor_id",
        "person_id",
        "customer_id",
        "email_hash",
        "user_id",
        "conversion_id",
        "order_id",
        "lead_id",
    }
)
"""Columns that make a table one about single people, wherever they stand."""
OF_FILES = "source_file"
"""Names of files are the team's own business: the column is left out."""
QUALITY = frozenset({"quality.utm_coverage"})


def is_shared(model: Model) -> bool:
    """Whether a model's table goes into the reduced copy."""
    if not model.is_published or OF_PEOPLE & model.header.columns.keys():
        return False
    return model.schema in ("core", "kpi") or model.name in QUALITY


def publish_reduced(
    connection: duckdb.DuckDBPyConnection,
    catalog: Catalog,
    home: Home,
    *,
    run_id: str,
    run_date: str,
    published_at: str,
    sequence_number: int,
) -> PublishReport:
    """Write the reduced copy of what :func:`sql.publish.publish` has just written, and swap it in. Arguments as there;
    ``sequence_number`` is that of the file.

    Raises:
        PublishError: the disk is full or not writable; the copy before is as it was.
    """
    started = time.perf_counter()
    target = home.published_reduced
    building = home.temporary / "publishing_reduced.duckdb"
    report = PublishReport(target, is_new_file=True)
    try:
        discard(building)
        connection.execute(f"attach {quoted_text(building)} as published (storage_version '{STORAGE_VERSION}')")
        try:
            for schema in PUBLISHED_SCHEMAS:
                connection.execute(f"create schema if not exists published.{schema}")
            for model in catalog.order:
                if is_shared(model):
                    comments = {name: column.comment for name, column in model.header.columns.items()}
                    _write(connection, model.name, {"": model.header.description, **comments}, report)
            if table_exists(connection, HISTORY):
                _write(connection, HISTORY, history_comments(catalog), report)
            write_publication(connection, run_id, run_date, published_at, sequence_number)
            connection.execute("checkpoint published")
        finally:
            connection.execute("detach published")
        swap_in(building, target)
    except (OSError, duckdb.Error) as error:
        discard(building)
        raise PublishError(f"{target} was not replaced: {error}") from error
    report.rows[PUBLICATION] = 1
    report.bytes = target.stat().st_size
    report.seconds = time.perf_counter() - started
    return report


def _write(
    connection: duckdb.DuckDBPyConnection, name: str, comments: Mapping[str, str], report: PublishReport
) -> None:
    columns = [row[0] for row in connection.execute(f"describe {name}").fetchall()]
    kept = [column for column in columns if column != OF_FILES]
    listed = ", ".join(f'"{column}"' for column in kept)
    row = connection.execute(f"create table published.{name} as select {listed} from {name}").fetchone()
    comment(connection, name, {column: text for column, text in comments.items() if column in ("", *kept)})
    report.rows[name] = int(row[0]) if row else 0
    report.rewritten.append(name)
