"""What the columns of a file bring, noted beside it: by that a later file of the same export can be held against the earlier ones.

Columns are noted by the names of the raw tables, which are the same in every language, and by the export's own headers, which tell of
columns that no definition knows.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.schema import RAW_TABLES

_ORIGINAL = "original"
_OWN = frozenset({"source_file", "file_id", "source_row", "captured_at", _ORIGINAL})
_FIRST_RECORDS = 200
_LONGEST_NAME = 200


def delivered(
    arrow: Mapping[str, Sequence[pa.Table]], files: Mapping[str, Sequence[Path]], as_given: str | None = None
) -> str | None:
    """The lines of ``raw.files.delivered`` in order; None where nothing is loaded.

    Args:
        arrow: tables of rows by raw table.
        files: Parquet files of rows by raw table. Their footers are read, and the first records where headers are kept.
        as_given: JSON from header to the column that holds its cells, where the records as given leave these out.
    """
    held = {header: column.removesuffix(".00") for header, column in json.loads(as_given or "{}").items()}
    rows = 0
    filled: dict[str, int] = {}
    headers: Counter[str] = Counter()
    records = 0
    for name in sorted({*arrow, *files}):
        known = RAW_TABLES[name].by_name
        for count, column, there in _counts(arrow.get(name, ()), files.get(name, ())):
            rows += count
            if column and column not in _OWN:
                filled[column] = filled.get(column, 0) + there
                if column not in known and there:
                    headers[column] += there
        for record in _originals(arrow.get(name, ()), files.get(name, ()), held):
            records += 1
            headers.update(dict.fromkeys(record, 1))
    if not rows:
        return None
    lines = [f"any:{column}" for column, there in filled.items() if there]
    lines += [f"most:{column}" for column, there in filled.items() if 2 * there >= rows]
    lines += [f"header:{_named(header)}" for header in headers]
    lines += [f"value:{_named(header)}" for header, there in headers.items() if 2 * there >= (records or rows)]
    return "\n".join(sorted(set(lines)))


def _named(header: str) -> str:
    return " ".join(header.split())[:_LONGEST_NAME]


def _counts(tables: Iterable[pa.Table], files: Iterable[Path]) -> Iterator[tuple[int, str, int]]:
    """Rows (once for each part, under no name), and for each column how many of them it has a value in."""
    for table in tables:
        yield table.num_rows, "", 0
        yield from ((0, name, table.num_rows - table[name].null_count) for name in table.column_names)
    for path in files:
        footer = pq.read_metadata(path)
        yield footer.num_rows, "", 0
        for group in (footer.row_group(number) for number in range(footer.num_row_groups)):
            for column in (group.column(number) for number in range(group.num_columns)):
                stated = column.statistics
                empty = stated.null_count if stated is not None and stated.has_null_count else 0
                yield 0, column.path_in_schema, group.num_rows - empty


def _originals(tables: Iterable[pa.Table], files: Iterable[Path], held: Mapping[str, str]) -> Iterator[list[str]]:
    """The headers that the first records have something under, where a raw table keeps them."""
    for table in tables:
        if _ORIGINAL in table.column_names:
            yield from (
                list(json.loads(text or "{}")) for text in table[_ORIGINAL].slice(0, _FIRST_RECORDS).to_pylist()
            )
    for path in files:
        with pq.ParquetFile(path) as source:
            if _ORIGINAL in source.schema_arrow.names:
                columns = [_ORIGINAL, *dict.fromkeys(held.values())]
                for batch in source.iter_batches(batch_size=_FIRST_RECORDS, columns=columns):
                    for row in batch.to_pylist():
                        others = [header for header, column in held.items() if row[column] is not None]
                        yield [*json.loads(row[_ORIGINAL] or "{}"), *others]
                    break
