"""What is noted of a file's columns: whatever read it, by the names of the raw tables and by its own headers."""

from typing import Any

import pytest

SESSIONS = "session_id,visitor_id,started_at,landing_url,device,shade,rare\n"


def noted(bench: Any, path: str) -> set[str]:
    (text,) = bench.rows(f"select delivered from raw.files where file_path = '{path}'")[0]
    assert text == "\n".join(sorted(set(text.split("\n"))))
    return set(text.split("\n"))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_generic_input(quick_bench: Any, form: str) -> None:
    rows = [
        f"s{number},v1,2026-10-01T10:00:00Z,https://x.no/,,blue,{'x' if number == 0 else ''}\n" for number in range(5)
    ]
    path = quick_bench.put("a.csv", SESSIONS + "".join(rows))
    if form == "parquet":
        quick_bench.connection.execute(
            f"copy (from read_csv('{path}', all_varchar = true)) to '{path.with_suffix('.parquet')}'"
        )
        path.unlink()
    quick_bench.ingest()
    lines = noted(quick_bench, f"a.{form}")
    assert {
        "any:session_id",
        "most:session_id",
        "any:rare",
        "header:rare",
        "most:shade",
        "header:shade",
        "value:shade",
    } <= lines
    assert not lines & {"any:device", "most:rare", "value:rare", "header:session_id", "any:file_id"}


def test_an_export_of_a_platform_by_its_headers(quick_bench: Any) -> None:
    header = (
        "Publiserings-ID,Konto-ID,Kontoens brukernavn,Beskrivelse,Publiseringstidspunkt,Permanent lenke,Innleggstype,"
        "Dato,Visninger,Rekkevidde,Likerklikk,Kommentarer,Delinger,Lagringer,Følger,Glede\n"
    )
    rows = "".join(
        f"1790000000000000{n},77,fjellheim,Tekst {n},01/31/2026 08:00,https://www.instagram.com/p/{n}/,Instagram-bilde,02/13/2026,"
        f"1{n},9,8,7,6,,{'4' if n == 1 else ''},{n}\n"
        for n in range(1, 6)
    )
    assert quick_bench.read("ig.csv", header + rows).status == "loaded"
    lines = noted(quick_bench, "ig.csv")
    assert {
        "any:views",
        "most:views",
        "any:follows",
        "header:Visninger",
        "value:Visninger",
        "header:Følger",
        "header:Glede",
    } <= lines
    assert "value:Glede" in lines
    assert not lines & {"most:follows", "value:Følger", "any:saves", "header:Lagringer"}


def test_a_file_that_waits_has_none(quick_bench: Any) -> None:
    quick_bench.put("x.csv", "what,is,this\n1,2,3\n")
    quick_bench.ingest()
    assert quick_bench.rows("select delivered from raw.files") == [(None,)]
