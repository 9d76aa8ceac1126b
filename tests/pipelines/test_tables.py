"""Bytes to tables of text: what real files do to readers."""

import codecs
from pathlib import Path

import pytest
from pipelines import tables
from pipelines.encoding import detect
from pipelines.limits import Limits
from pipelines.workbook import read_workbook

TEXT = "Innlegg;Område;Beløp\nBlåbærsyltetøy på fjellet;Tromsø;1,5\nGrädde och ägg i Malmö;Ängelholm;2,5\n"


def read(tmp_path: Path, content: bytes) -> tables.TextFile:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    return tables.read(path)


@pytest.mark.parametrize(
    ("data", "label"),
    [
        (codecs.BOM_UTF8 + TEXT.encode(), "UTF-8 with BOM"),
        (TEXT.encode(), "UTF-8"),
        (codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "UTF-16LE with BOM"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16BE with BOM"),
        (TEXT.encode("utf-16-le"), "UTF-16-LE"),
        (TEXT.encode("utf-16-be"), "UTF-16-BE"),
        (TEXT.encode("cp1252"), "cp1252"),
        (TEXT.encode("latin-1") + b"\x81", "ISO-8859-1"),
    ],
)
def test_the_encoding_is_read_from_the_bytes(tmp_path: Path, data: bytes, label: str) -> None:
    file = read(tmp_path, data)
    assert file.encoding == label
    assert file.delimiter == ";"
    assert file.blocks[0].rows[1].cells[0] == "Blåbærsyltetøy på fjellet"


def test_cyrillic_is_told_from_nordic() -> None:
    assert detect("3.апр;Жени;Мъже\nСофия;1;2".encode("cp1251")).codec == "cp1251"
    assert detect(b"sko;h\xf8st\n\xff\xfe;2").codec == "cp1252"
    assert detect("alle bokstaver: æøå".encode("cp1252")).codec == "cp1252"
    assert detect("Åpningstider på lørdag;én;ærlig".encode("cp1252")).codec == "cp1252"


def test_a_head_that_ends_inside_a_character_is_still_utf8() -> None:
    assert detect("blåbæ".encode()[:-1], whole=False).codec == "utf-8"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_read_from_the_content(tmp_path: Path, delimiter: str) -> None:
    lines = [["dato", "visninger", "sitat"], ["2026-01-01", "12", '"ja, nei; kanskje"'], ["2026-01-02", "13", "å"]]
    file = read(tmp_path, "\n".join(delimiter.join(line) for line in lines).encode())
    assert file.delimiter == delimiter
    assert [len(row.cells) for row in file.blocks[0].rows] == [3, 3, 3]


def test_a_decimal_comma_is_no_delimiter(tmp_path: Path) -> None:
    file = read(tmp_path, b"a;b;c\n1,5;2,5;3,5\n1,5;2,5;3,5\n")
    assert file.delimiter == ";"


@pytest.mark.parametrize("first", ["sep=,", '"sep=,"', "sep=\t\t", "sep=\t\r", '"sep="\t', "SEP=;"])
def test_sep_lines_are_no_records(tmp_path: Path, first: str) -> None:
    delimiter = next(character for character in (",", ";", "\t") if character in first)
    body = "\n".join(delimiter.join(cells) for cells in (["Date", "Primary"], ["2026-01-01", "3"], ["2026-01-02", "4"]))
    file = read(tmp_path, f"{first}\n{body}\n".encode("utf-16"))
    assert file.delimiter == delimiter
    assert next(row.cells[:2] for row in file.blocks[0].rows) == ["Date", "Primary"]
    assert file.blocks[0].rows[0].line == 2


def test_a_stale_sep_line_does_not_count(tmp_path: Path) -> None:
    file = read(tmp_path, b"sep=,\nDate;Primary\n2026-01-01;3\n")
    assert file.delimiter == ";"


def test_lines_quoted_again_are_unpacked_even_over_long_captions(tmp_path: Path) -> None:
    plain = 'Post ID,"Post text",Views\n1,"Hei på deg,\n\nvi sier ""god dag""!\nSlutt",12\n2,kort,3\n'
    requoted = "".join(
        ('"' + line.replace('"', '""') + '"' if "," in line or '"' in line else line) + "\n"
        for line in plain.rstrip("\n").split("\n")
    )
    assert requoted != plain
    file = read(tmp_path, requoted.encode())
    assert file.requoted
    assert file.blocks[0].rows[1].cells == ["1", 'Hei på deg,\n\nvi sier "god dag"!\nSlutt', "12"]
    assert file.blocks[0].rows[2].cells == ["2", "kort", "3"]


def test_title_lines_above_a_header_may_be_quoted_again_too(tmp_path: Path) -> None:
    plain = '"Facebook reach"\n"Date","Primary"\n"2026-02-01","5"\n'
    again = "".join('"' + line.replace('"', '""') + '"\n' for line in plain.splitlines())
    file = read(tmp_path, again.encode("utf-16"))
    assert file.requoted
    assert [row.cells for row in file.blocks[0].rows] == [["Facebook reach"], ["Date", "Primary"], ["2026-02-01", "5"]]
    assert not read(tmp_path, plain.encode()).requoted
    assert not read(tmp_path, b'"","Women","Men"\n"18-24","1","2"\n').requoted


def test_a_line_with_broken_quotes_is_lost_alone(tmp_path: Path) -> None:
    file = read(tmp_path, b'a,b,c\n1,"x",2\n3,"y,4\n5,"z",6\n7,q"r,8\n')
    cells = [(row.line, row.cells, bool(row.fault)) for row in file.blocks[0].rows]
    assert cells == [
        (1, ["a", "b", "c"], False),
        (2, ["1", "x", "2"], False),
        (3, ['3,"y,4'], True),
        (4, ["5", "z", "6"], False),
        (5, ["7", 'q"r', "8"], False),
    ]


def test_a_quotation_without_an_end_does_not_swallow_the_file(tmp_path: Path) -> None:
    file = read(tmp_path, b'a,b\n1,"x\n2,y\n3,z\n')
    assert [row.cells for row in file.blocks[0].rows if not row.fault] == [["a", "b"], ["2", "y"], ["3", "z"]]


def test_a_head_may_end_inside_a_quotation(tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text('a,b\n1,"x"\n2,"' + "y\n" * 40_000 + '"\n')
    assert [row.cells for row in tables.read(path, head=True).blocks[0].rows] == [["a", "b"], ["1", "x"]]
    assert len(tables.read(path).blocks[0].rows) == 3


def test_blank_rows_part_stacked_tables_and_lines_are_known(tmp_path: Path) -> None:
    file = read(tmp_path, b"sep=,\nA\nx,y\n1,2\n\nB\nx,y\n3,4\n")
    assert [[row.line for row in block.rows] for block in file.blocks] == [[2, 3, 4], [6, 7, 8]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf \n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (bytes(range(1, 32)) * 40, "binary"),
        (b"PK\x03\x04 broken", "workbook can't be read"),
    ],
)
def test_what_is_no_table_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(tables.UnreadableFileError, match=says):
        read(tmp_path, content)


def workbook(path: Path, *rows: list[object]) -> Path:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def test_a_workbook_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", ["Dato", "Visninger"], ["2026-01-01", 3])
    limits = Limits(sheet_cells=3)
    with pytest.raises(tables.UnreadableFileError, match="spans 2 rows by 2 columns"):
        list(read_workbook(path, limits=limits))
    with pytest.raises(tables.UnreadableFileError, match="grows to"):
        list(read_workbook(path, limits=Limits(workbook_bytes=10)))


def test_only_the_head_of_a_workbook_is_read_to_recognise_it(tmp_path: Path) -> None:
    path = workbook(tmp_path / "book.xlsx", *([f"rad {number}"] for number in range(500)))
    assert len(tables.read(path, head=True).blocks[0].rows) == 200
    assert len(tables.read(path).blocks[0].rows) == 500


def test_workbook_cells_are_text_and_numbers_are_known(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    from datetime import date, datetime

    book = openpyxl.Workbook()
    book.active.append(["Navn", "Tall", "Dag", "Øyeblikk"])
    book.active.append(["Ærlig talt", 1.234, date(2026, 3, 1), datetime(2026, 3, 1, 12, 30)])
    book.active.append(["12.5", 3, None, None])
    path = tmp_path / "book.xlsx"
    book.save(path)
    block = tables.read(path).blocks[0]
    assert block.rows[1].cells == ["Ærlig talt", "1.234", "2026-03-01", "2026-03-01 12:30:00"]
    assert (1, 1) in block.numeric
    assert (2, 0) not in block.numeric


def twice(text: str, codec: str = "cp1252") -> bytes:
    """What is left where a program reads UTF-8 as Western European and writes UTF-8 again."""
    letters = "".join(bytes([byte]).decode(codec, errors="ignore") or chr(byte) for byte in text.encode())
    return letters.encode()


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
@pytest.mark.parametrize("text", [TEXT, TEXT.replace("Innlegg", "Räckvidd"), TEXT + "😀 Ål og Øl;“sitat”;3\n"])
def test_text_that_was_encoded_twice_is_decoded_once_more(tmp_path: Path, text: str, codec: str) -> None:
    file = read(tmp_path, twice(text, codec))
    assert [row.cells for row in file.blocks[0].rows] == [line.split(";") for line in text.splitlines()]
    assert file.notes == ("the text had been encoded twice (å stood as Ã¥), and was decoded once more",)


def test_text_that_was_encoded_twice_in_places_is_kept_and_said(tmp_path: Path) -> None:
    """Which letters are meant can't be proved where others of the same file were never damaged."""
    file = read(tmp_path, TEXT.encode() + twice("Grädde;Ål;2\n"))
    assert file.blocks[0].rows[-1].cells == ["GrÃ¤dde", "Ã…l", "2"]
    (note,) = file.notes
    assert note.startswith("warning: 1 lines look as if they had been encoded twice") and "line 4" in note


@pytest.mark.parametrize("text", ["a;b\nMANHÃ…;IRMÃ”\n", "a;b\nNÃO É;1\n", TEXT, "a;b\nÂ£;3\n" + TEXT])
def test_letters_that_only_look_like_it_are_left_alone(tmp_path: Path, text: str) -> None:
    file = read(tmp_path, text.encode())
    assert [row.cells for row in file.blocks[0].rows] == [line.split(";") for line in text.splitlines()]


def test_a_workbook_keeps_what_excel_misread(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for line in twice(TEXT).decode().splitlines():
        book.active.append(line.split(";"))
    book.save(tmp_path / "file.xlsx")
    file = tables.read(tmp_path / "file.xlsx")
    assert [row.cells for row in file.blocks[0].rows] == [line.split(";") for line in TEXT.splitlines()]
    assert len(file.notes) == 1
