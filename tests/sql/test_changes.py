"""Which rows differ between two tables, copies counted."""

import duckdb
import pytest

from sql.changes import row_difference

A, B, C = ("a", None, 1), ("b", "x", None), (None, None, None)


@pytest.mark.parametrize(
    ("old", "new", "differing"),
    [
        ([], [], []),
        ([A, B, C], [C, A, B], []),
        ([A], [A, B], [B]),
        ([A, B], [B], [A]),
        ([A], [B], [A, B]),
        ([A, A, B], [A, B, B], [A, B]),
        ([], [A, A, A], [A, A, A]),
        ([C, C, C], [C], [C, C]),
        ([("a", "", 1)], [("a", None, 1)], [("a", "", 1), ("a", None, 1)]),
    ],
)
def test_rows_that_only_one_has_are_found_with_their_copies(old, new, differing):
    with duckdb.connect() as connection:
        for table, rows in (("old", old), ("new", new)):
            connection.execute(f'create table {table} (id varchar, "copies" varchar, pages decimal(9,2))')
            for row in rows:
                connection.execute(f"insert into {table} values (?, ?, ?)", list(row))
        assert row_difference(connection, "old", "new", "difference") == len(differing)
        found = connection.execute("select * from difference order by all").fetchall()
        expected = connection.execute(
            "(select * from old except all select * from new) union all (select * from new except all select * from old) order by all"
        ).fetchall()
        assert found == expected
        assert len(found) == len(differing)
        assert connection.sql("select column_name, column_type from (describe difference)").fetchall() == (
            connection.sql("select column_name, column_type from (describe old)").fetchall()
        )
