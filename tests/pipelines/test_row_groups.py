"""Parquet that is loaded must fill the row groups of the table, or the next checkpoint writes the table a second time."""

from pathlib import Path

import duckdb
import pytest
from pipelines.statement import Sql, copy_to_parquet, literal

ROWS = 260_000
FULL_GROUPS = 3


@pytest.mark.parametrize("in_order", [True, False])
def test_a_loaded_table_has_no_scraps_of_row_groups(tmp_path: Path, in_order: bool) -> None:
    csv, parquet = tmp_path / "given.csv", tmp_path / "staged.parquet"
    # The chunks that come out of a CSV have odd sizes; those of a table would not.
    duckdb.sql(f"copy (select i, repeat('x', 200 + i % 50) as t from range({ROWS}) as r(i)) to '{csv}' (format csv)")
    with duckdb.connect(tmp_path / "warehouse.duckdb", config={"threads": 2}) as connection:
        connection.execute(copy_to_parquet(Sql(f"select * from read_csv({literal(str(csv))})"), parquet))
        connection.execute(f"set preserve_insertion_order = {in_order}")
        connection.execute("create table loaded (i bigint, t varchar)")
        connection.execute(f"insert into loaded select * from read_parquet('{parquet}')")
        sizes = connection.execute(
            "select sum(count) from pragma_storage_info('loaded') where column_name = 'i' and segment_type <> 'VALIDITY'"
            " group by row_group_id order by 1"
        ).fetchall()
    assert sum(size for (size,) in sizes) == ROWS
    # The last ones of two threads may be any size.
    assert len(sizes) in (FULL_GROUPS, FULL_GROUPS + 1)
