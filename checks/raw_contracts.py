"""What a delivery must look like once it is in ``raw``: columns, types, required values, provenance, and rows that add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.declared import Check, NoViolations, Severity
from sql.quoting import quoted_text

PROVENANCE = ("source_file", "file_id", "source_row", "captured_at")
REGISTRY = "raw.files"


@dataclass(frozen=True)
class RawContract:
    """One raw table as ingestion promises it: column to DuckDB type, and the columns that are never NULL."""

    table: str
    columns: Mapping[str, str]
    required: Sequence[str] = ()


def checks(contracts: Sequence[RawContract]) -> list[Check]:
    """The checks of every raw table, and those of the registry of files."""
    found: list[Check] = []
    for contract in contracts:
        found.append(_columns(contract))
        if contract.required:
            found.append(_required(contract))
    data_tables = [contract.table for contract in contracts if set(PROVENANCE) <= set(contract.columns)]
    return [*found, _registered(data_tables), *_registry()]


def _columns(contract: RawContract) -> Check:
    schema, table = contract.table.split(".")
    promised = ", ".join(f"({quoted_text(name)}, {quoted_text(kind)})" for name, kind in contract.columns.items())
    return NoViolations(
        name="contract",
        asset=contract.table,
        severity=Severity.BLOCK,
        description="Every promised column exists with its promised type; a column that is all NULL is there too.",
        violations=f"""
            with promised(column_name, promised_type) as (values {promised}),
            there as (
                select column_name, data_type from duckdb_columns()
                where database_name = current_database() and schema_name = {quoted_text(schema)} and table_name = {quoted_text(table)}
            )
            select promised.column_name, promised.promised_type, there.data_type as found_type
            from promised left join there on there.column_name = promised.column_name
            where there.data_type is distinct from promised.promised_type""",
        population=f"select {len(contract.columns)}",
        says="{column_name} should be {promised_type}, is {found_type}",
    )


def _required(contract: RawContract) -> Check:
    needed = [*contract.required, *PROVENANCE]
    condition = " or ".join(f"{name} is null" for name in needed)
    return NoViolations(
        name="required_values",
        asset=contract.table,
        severity=Severity.BLOCK,
        description=f"No row lacks one of {', '.join(needed)}.",
        violations=f"select {', '.join(needed)} from {contract.table} where {condition}",
        population=f"select count(*) from {contract.table}",
    )


def _registered(tables: Sequence[str]) -> Check:
    """One check for all tables: for each file and table, the rows that are there and those that the registry says it loaded."""
    there = " union all ".join(
        f"select {quoted_text(table)} as raw_table, file_id, count(*) as rows_there from {table} group by file_id"
        for table in tables
    )
    names = ", ".join(f"({quoted_text(table)}, {quoted_text(table.removeprefix('raw.'))})" for table in tables)
    return NoViolations(
        name="rows_as_registered",
        asset=REGISTRY,
        severity=Severity.BLOCK,
        reads=tuple(tables),
        description="Each raw table has exactly the rows of each file that the registry says it loaded: none lost, none invented.",
        violations=f"""
            with there as ({there}),
            names(raw_table, name) as (values {names}),
            registered as (
                select names.raw_table, files.file_id, sum(cast(files.raw_rows ->> names.name as bigint)) as rows_registered
                from {REGISTRY} as files cross join names
                where files.status in ('loaded', 'partly_loaded')
                group by names.raw_table, files.file_id
            )
            select raw_table, file_id, coalesce(rows_there, 0) as rows_there, coalesce(rows_registered, 0) as rows_registered
            from there full join registered using (raw_table, file_id)
            where coalesce(rows_there, 0) <> coalesce(rows_registered, 0)""",
        population=f"select count(*) from {REGISTRY} where status in ('loaded', 'partly_loaded')",
        says="{raw_table}: {rows_there} rows of file {file_id}, {rows_registered} registered",
    )


def _registry() -> list[Check]:
    balance = "rows_read is distinct from rows_loaded + rows_totals + rows_quarantined"
    return [
        NoViolations(
            name="rows_add_up",
            asset=REGISTRY,
            severity=Severity.BLOCK,
            description="For every file, rows read = rows loaded + totals + rows in quarantine: nothing lost.",
            violations=f"select file_path, rows_read, rows_loaded, rows_totals, rows_quarantined from {REGISTRY} where {balance}",
            population=f"select count(*) from {REGISTRY}",
            says="{file_path}: {rows_read} read, {rows_loaded} loaded, {rows_totals} totals, {rows_quarantined} in quarantine",
        ),
        NoViolations(
            name="files_waiting",
            asset=REGISTRY,
            severity=Severity.WARN,
            description="No file waits in quarantine. What waits is told with its question; answer it in an hourglass.yml beside the file.",
            violations=f"select file_path, reason from {REGISTRY} where status = 'quarantined'",
            population=f"select count(*) from {REGISTRY}",
            says="{file_path}: {reason}",
        ),
        NoViolations(
            name="rows_in_quarantine",
            asset=REGISTRY,
            severity=Severity.WARN,
            description="No loaded file has rows that could not be read.",
            violations=f"select file_path, rows_quarantined, reason from {REGISTRY} where status = 'partly_loaded'",
            population=f"select count(*) from {REGISTRY} where status in ('loaded', 'partly_loaded')",
            says="{file_path}: {rows_quarantined} rows, {reason}",
        ),
        NoViolations(
            name="totals_agree",
            asset=REGISTRY,
            severity=Severity.WARN,
            description="No loaded file has a total row that is not the sum of its rows: an export may have left rows out.",
            violations=f"""
                select file_path, regexp_extract(notes, 'warning: (the total row[^;]*)', 1) as difference
                from {REGISTRY}
                where status in ('loaded', 'partly_loaded') and contains(notes, 'warning: the total row')""",
            population=f"select count(*) from {REGISTRY} where rows_totals > 0",
            says="{file_path}: {difference}",
        ),
    ]
