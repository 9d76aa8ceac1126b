"""What counts as left of a person in the bytes of a DuckDB file, and what two neighbours only make look like it."""

from pathlib import Path

import duckdb
import pytest

from config.home import Home
from hourglass.leftovers import left_over
from pipelines.erasure import People
from pipelines.names_in_text import Names

PEOPLE = People([("customer", "cust-12")], {("customer", "cust-12")})


@pytest.mark.parametrize(
    ("cells", "left"),
    [
        (["cust-1", "2026", "x"], []),
        (["cust-123", "x"], []),
        (["cust-1", "x"], []),
        (["cust-12", "cust-123"], ["warehouse.duckdb: main.t.customer_id"]),
        (["cust-12-3", "x"], []),
    ],
)
def test_longer_names_and_neighbours_are_somebody_elses(tmp_path: Path, cells: list[str], left: list[str]) -> None:
    home = Home(tmp_path / "home").create()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table t as select unnest(?) as customer_id", [cells])
    assert [place for place in left_over(home, PEOPLE, Names({"cust-12": "X"})) if ": " in place] == left
    (home.reports / "review.html").write_text("<p>xcust-12x</p>")
    assert "reports/review.html" in left_over(home, PEOPLE, Names({"cust-12": "X"}))


@pytest.mark.parametrize(("cell", "is_left"), [("cust-12", True), ("cust-12-3", False), ("cust-123", False)])
def test_a_models_own_column_of_ids_is_compared_whole(tmp_path: Path, cell: str, is_left: bool) -> None:
    home = Home(tmp_path / "home").create()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table t as select ? as given_customer_id", [cell])
    assert ("warehouse.duckdb: main.t.given_customer_id" in left_over(home, PEOPLE, Names({"cust-12": "X"}))) is is_left


def test_a_name_in_a_text_is_left_over(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table t as select unnest(['of cust-12, and others', 'cust-123']) as hook")
    assert "warehouse.duckdb: main.t.hook" in left_over(home, PEOPLE, Names({"cust-12": "X"}))


def test_bytes_without_a_cell_are_left_over(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").create()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("create table t as select 'nobody' as customer_id")
    with home.warehouse.open("ab") as stream:
        stream.write(b"cust-12")
    assert left_over(home, PEOPLE, Names({"cust-12": "X"})) == ["warehouse.duckdb"]
