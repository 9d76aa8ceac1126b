"""What a publication says otherwise than the one before it about a time that was over, and why.

``kpi.restatements`` gets a row when a KPI as a whole has another value than was published last, for a period that had ended by then. The
reason is what came in between: files loaded since of which some row can count in that period, or other rules (configuration, models).
Only the rows that a publication adds to the log of KPI values are looked at, so that the cost does not grow with the log.
"""

from collections.abc import Mapping
from datetime import date

import duckdb

from sql.catalog import Catalog
from sql.changes import META_SCHEMA, table_exists
from sql.history import NEW_ROWS, RESTATEMENTS, SAID, VALUES
from sql.measures import tables_behind

NEW_RESTATEMENTS = "new_restatements"
STATE = f"{META_SCHEMA}.restated"
FILES_NAMED = 5
CREDIT_DAYS = 35
"""How long before a period a delivery of visits may lie and still move it: longer than any usual lookback of attribution."""

COLUMNS: Mapping[str, tuple[str, str]] = {
    "run_date": ("DATE", "The local date of the run that published the new value. (unit: date)"),
    "sequence_number": ("BIGINT", "The publication with the new value, counted from the first. (unit: rank)"),
    "kpi": ("VARCHAR", "The KPI's name in kpi.kpi_catalogue. (unit: id)"),
    "period": ("VARCHAR", "day, week or month. (unit: text)"),
    "period_start_date": ("DATE", "First day of the period. (unit: date)"),
    "previous_run_date": ("DATE", "The local date of the run that first said the former value. (unit: date)"),
    "previous_value": ("DECIMAL(18,6)", "The value as it was published before. (unit: number; must not be summed)"),
    "value": ("DECIMAL(18,6)", "The value now; NULL where there is none any more. (unit: number; must not be summed)"),
    "unit": ("VARCHAR", "Unit of both values. (unit: text)"),
    "currency": ("VARCHAR", "Currency of both values, NULL where they are no money. (unit: text)"),
    "was_complete": ("BOOLEAN", "Whether the former value was published as complete. (unit: flag)"),
    "is_complete": ("BOOLEAN", "Whether the new value is complete. (unit: flag)"),
    "reason": (
        "VARCHAR",
        "files, rules (configuration or models changed), files and rules, or unknown. (unit: text)",
    ),
    "files_loaded": (
        "BIGINT",
        "How many files came in between whose rows can count there. (unit: count; must not be summed)",
    ),
    "files": ("VARCHAR", f"Their paths, at most {FILES_NAMED}, separated by commas. (unit: text)"),
}
COMMENTS: Mapping[str, str] = {
    "": "One row a KPI and past period of which a publication said something else than the one before, with what came in between.",
    **{name: comment for name, (_, comment) in COLUMNS.items()},
}
NEEDED = frozenset({"kpi", "period", "period_start_date", "dimension", "value", "unit", "currency", "is_complete"})


def prepare_restatements(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table and the note of what was known at the last publication, where they are missing."""
    listed = ", ".join(f"{name} {kind}" for name, (kind, _) in COLUMNS.items())
    connection.execute(f"create table if not exists {RESTATEMENTS} ({listed})")
    connection.execute(f"create table if not exists {STATE} (run_date date, files_loaded_at timestamp, rules varchar)")


def find_restatements(
    connection: duckdb.DuckDBPyConnection, catalog: Catalog, run_date: str, sequence_number: int
) -> None:
    """Put the restatements of the coming publication into the temporary table :data:`NEW_RESTATEMENTS`.

    Reads the temporary tables that :func:`sql.history.find_new_rows` has left.
    """
    connection.execute(f"create or replace temp table {NEW_RESTATEMENTS} as select * from {RESTATEMENTS} limit 0")
    columns = {row[0] for row in connection.execute(f"describe {VALUES}").fetchall()}
    state = connection.execute(f"select run_date, files_loaded_at, rules from {STATE}").fetchone()
    if state is None or not columns >= NEEDED:
        return
    known_until, files_until, rules = state
    connection.execute(
        f"create or replace temp table restated as select now.kpi, now.period, now.period_start_date, "
        f"said.run_date as previous_run_date, said.value as previous_value, now.value, said.unit, said.currency, "
        f"said.is_complete as was_complete, coalesce(now.is_complete, false) as is_complete, "
        f"case now.period when 'day' then now.period_start_date when 'week' then now.period_start_date + 6 "
        f"else cast(now.period_start_date + interval 1 month - interval 1 day as date) end as period_end_date "
        f"from {NEW_ROWS} as now join {SAID} as said using (kpi, period, period_start_date, dimension, member) "
        f"where dimension = 'all' and said.value is not null and said.value is distinct from now.value"
    )
    connection.execute("delete from restated where period_end_date >= ?", [known_until])
    _find_files(connection, catalog, files_until)
    connection.execute(
        f"insert into {NEW_RESTATEMENTS} by name "
        f"select cast(? as date) as run_date, cast(? as bigint) as sequence_number, restated.* exclude (period_end_date), "
        f"case when files_loaded > 0 and ? then 'files and rules' when files_loaded > 0 then 'files' when ? then 'rules' "
        f"else 'unknown' end as reason, coalesce(files_loaded, 0) as files_loaded, files "
        f"from restated left join restated_files using (kpi, period, period_start_date)",
        [run_date, sequence_number, *[_rules(connection, catalog) != rules] * 2],
    )
    connection.execute("drop table restated; drop table restated_files")


def note_known(connection: duckdb.DuckDBPyConnection, catalog: Catalog, run_date: str) -> None:
    """Note what this publication knew: its date, the newest file and the rules by which the KPIs were computed."""
    loaded = None
    if table_exists(connection, "quality.files"):
        row = connection.execute("select max(loaded_at) from quality.files").fetchone()
        loaded = row[0] if row else None
    connection.execute(f"delete from {STATE}")
    connection.execute(
        f"insert into {STATE} values (cast(? as date), ?, ?)", [run_date, loaded, _rules(connection, catalog)]
    )


def _find_files(connection: duckdb.DuckDBPyConnection, catalog: Catalog, files_until: date | None) -> None:
    """The table ``restated_files``: by KPI and period, the files loaded since whose rows can count there.

    ``raw.files`` says to which raw tables a file's rows went. A KPI is moved by the tables that its measures are computed from.
    """
    connection.execute(
        "create or replace temp table restated_files "
        "(kpi varchar, period varchar, period_start_date date, files_loaded bigint, files varchar)"
    )
    if not (table_exists(connection, "raw.files") and table_exists(connection, "config.kpi_parts")):
        return
    kpis = [row[0] for row in connection.execute("select distinct kpi from restated").fetchall()]
    moved = [(kpi, table) for kpi in kpis for table in _raw_tables(connection, catalog, kpi)]
    connection.execute("create or replace temp table moved_by (kpi varchar, table_name varchar)")
    if moved:
        connection.execute(
            f"insert into moved_by values {', '.join(['(?, ?)'] * len(moved))}",
            [text for pair in moved for text in pair],
        )
    connection.execute(
        f"""insert into restated_files
        with loaded as (
            select file_path, period_from_date, period_to_date, unnest(json_keys(raw_rows)) as table_name
            from raw.files
            where status in ('loaded', 'partly_loaded') and loaded_at > coalesce(cast(? as timestamp), timestamp '1970-01-01')
        ),
        counting as (
            select distinct restated.kpi, restated.period, restated.period_start_date, loaded.file_path
            from restated
            join moved_by on moved_by.kpi = restated.kpi
            join loaded on loaded.table_name = moved_by.table_name
                and coalesce(loaded.period_from_date <= restated.period_end_date, true)
                and coalesce(loaded.period_to_date >= restated.period_start_date - case
                    when loaded.table_name in ('web_sessions', 'web_events', 'costs') then {CREDIT_DAYS} else 0 end, true)
        )
        select kpi, period, period_start_date, count(*),
            array_to_string(list_sort(list(file_path))[1:{FILES_NAMED}], ', ')
        from counting group by all""",
        [files_until],
    )
    connection.execute("drop table moved_by")


def _raw_tables(connection: duckdb.DuckDBPyConnection, catalog: Catalog, kpi: str) -> list[str]:
    """The raw tables, without schema, that a KPI's measures are computed from."""
    sources = connection.execute(
        "select distinct source from config.kpi_parts join config.measure_sources using (measure) where kpi = ?", [kpi]
    ).fetchall()
    tables = tables_behind(catalog, [source for (source,) in sources])
    return sorted(name.removeprefix("raw.") for name in tables if name.startswith("raw.") and name != "raw.files")


def _rules(connection: duckdb.DuckDBPyConnection, catalog: Catalog) -> str:
    """A digest of the SELECTs and the configuration that the KPI values were computed with; the run's own date is no rule."""
    behind = [
        name
        for name in sorted(catalog.upstream([VALUES]))
        if name in catalog.models and "config.run" not in catalog.stored_upstream(name)
    ]
    row = connection.execute(
        f"select md5(string_agg(concat(model, fingerprint, config_digest), ',' order by model)) from {META_SCHEMA}.models "
        "where list_contains(?, model)",
        [behind],
    ).fetchone()
    return str(row[0]) if row else ""
