"""Names in bytes and texts: all of them, few or many, wherever they begin; in texts as words only."""

from pathlib import Path

import duckdb
import pytest
from config.home import Home
from hypothesis import given
from hypothesis import strategies as st
from pipelines.holding import files_holding
from pipelines.names_in_text import FEW, Names, Needles, hide_texts

LETTERS = st.text(alphabet="ab-1æ", min_size=2, max_size=9)


@given(st.sets(LETTERS, min_size=1, max_size=12), st.lists(LETTERS | st.sampled_from(["", "\n", "xyz"]), max_size=30))
def test_needles_are_found_at_every_place_they_have(wanted: set[str], pieces: list[str]) -> None:
    content = "".join(pieces).encode()
    needles = {name.encode() for name in wanted}
    expected = {
        (place, needle) for needle in needles for place in range(len(content)) if content[place:].startswith(needle)
    }
    assert set(Needles(needles).places(content)) == expected


def test_needles_are_found_across_the_borders_of_what_is_looked_at_at_once() -> None:
    border = 1 << 22
    for place in (0, border - 9, border - 3, border - 1, border, border + 92):
        content = bytearray(b"." * (border + 100))
        content[place : place + 8] = b"needle-1"
        assert list(Needles([b"needle-1", b"another-needle"]).places(bytes(content))) == [(place, b"needle-1")]


@pytest.mark.parametrize("crowd", [0, FEW + 20])
def test_names_are_hidden_in_cells_as_words(crowd: int) -> None:
    names = Names({"cust-12": "X", "cust-12 b": "Y"} | {f"crowd-{number:04}": "Z" for number in range(crowd)})
    told = {"cust-12": "X", "a=cust-12&b=cust-123": "a=X&b=cust-123", "_cust-12_": "_X_", "cust-12 b": "Y", "æcust-12": "æcust-12",
            "xcust-12": "xcust-12", "": "", "cust-12,cust-12": "X,X"}  # fmt: skip
    assert {text: names.hide(text) for text in told} == told
    with duckdb.connect() as connection:
        connection.execute('create schema s; create table s.t ("a ""b" varchar)')
        connection.executemany("insert into s.t values (?)", [[text] for text in (*told, *told, None)])
        assert names.cells(connection, "s.t", 'a "b') == sorted(text for text in told if "cust-12" in text)
        assert hide_texts(connection, "s.t", ['a "b'], names) == 2 * sum(text != after for text, after in told.items())
        rows = connection.execute("select * from s.t order by all").fetchall()
        assert rows == [*sorted([(text,) for text in (*told.values(), *told.values())]), (None,)]


@pytest.mark.parametrize("crowd", [0, FEW + 20])
def test_names_are_found_in_bytes_in_any_writing_and_within_words(crowd: int) -> None:
    names = Names({"solveig-1": "X", "bjørn-22": "Y"} | {f"crowd-{number:04}": "Z" for number in range(crowd)})
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        assert names.in_bytes(b"\x01\x02" + "NOKsolveig-1bjørn-22.".encode(encoding)) == {"solveig-1", "bjørn-22"}
    assert names.in_bytes("bjørn-22".encode("cp1252")) == set()
    assert names.in_bytes("bjørn-22".encode("cp1252"), ("cp1252",)) == {"bjørn-22"}
    assert names.in_bytes(b"") == set()
    assert names.hide_anywhere("xsolveig-1x") == "xXx"


@pytest.mark.parametrize("crowd", [0, FEW + 20])
def test_files_of_the_inbox_are_searched_in_every_form(tmp_path: Path, crowd: int) -> None:
    home = Home(tmp_path / "home").create()
    for name, content in {"a.csv": "x,solveig-1\n", "b.csv": "x,sol\n", "empty.csv": ""}.items():
        (home.inbox / name).write_text(content)
    for name, who in (("c.parquet", "solveig-1"), ("d.parquet", "kari-1")):
        duckdb.execute(f"copy (select 7 as n, '{who}' as \"vis''it\") to '{home.inbox / name}' (format parquet)")
    wanted = ["solveig-1", *(f"crowd-{number:04}" for number in range(crowd))]
    assert files_holding(home, wanted, tmp_path / "scratch") == ["a.csv", "c.parquet"]
