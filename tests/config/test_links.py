"""links/*.csv: lists of links as commands, people and spreadsheets write them."""

import re
from datetime import date
from pathlib import Path

import pytest

from config.home import Home
from config.links import link_id_of, load_links, tables, tags_of
from config.yaml_file import ConfigError

URL = "https://shop.example/sko?utm_source=facebook&utm_medium=social&utm_campaign=host"
HEAD = "link_id,url,owner,registered_on,note\n"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path).create()
    (home.config / "links").mkdir()
    return home


def put(home: Home, content: str | bytes, name: str = "ours.csv") -> Path:
    path = home.config / "links" / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_without_lists_there_are_no_links(tmp_path: Path) -> None:
    table = tables(Home(tmp_path))["utm_links"]
    assert table.num_rows == 0 and str(table.schema.field("registered_date").type) == "date32[day]"


def test_a_list_as_the_command_writes_it(home: Home) -> None:
    path = put(home, HEAD + f"lnk_a,{URL},Kåre,2026-11-24,x\n,{URL}&utm_content=b,,2026-11-25 10:00,\n")
    first, second = sorted(load_links(home), key=lambda link: link.registered_on)
    assert (first.link_id, first.owner, first.registered_on, first.note, first.place) == (
        "lnk_a", "Kåre", date(2026, 11, 24), "x", f"{path}:2",
    )  # fmt: skip
    assert (second.link_id, second.owner, second.note) == (link_id_of(f"{URL}&utm_content=b"), None, None)
    assert first.tags == {"utm_source": "facebook", "utm_medium": "social", "utm_campaign": "host"}


@pytest.mark.parametrize(
    "content",
    [
        f"link_id;url;owner;registered_on;note\r\nlnk_a;{URL};Kåre;24.11.2026;ø\r\n;;;;\r\n".encode("cp1252"),
        f"# vår liste\n\nNote\tOwner\tURL\tRegistered on\tlink-id\tKampanje\nø\tKåre\t{URL}\t24-11-2026\tlnk_a\tx\n".encode("utf-16"),
        f'"# vår liste,,,,"\n{HEAD}lnk_a,"{URL}",Kåre,2026-11-24,ø\n#lnk_b,borte,,,\n'.encode("utf-8-sig"),
    ],
    ids=["semicolons of a Norwegian spreadsheet", "Unicode text with own columns", "comments"],
)  # fmt: skip
def test_a_list_as_a_spreadsheet_saves_it(home: Home, content: bytes) -> None:
    put(home, content)
    (link,) = load_links(home)
    assert (link.link_id, link.url, link.owner, link.registered_on, link.note) == (
        "lnk_a",
        URL,
        "Kåre",
        date(2026, 11, 24),
        "ø",
    )


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("lnk_a,shop.example/?utm_source=x,,2026-11-24,", r"'url' is 'shop.example/\?utm_source=x'; allowed: a whole address"),
        ("lnk_a,https://shop.example/?id=1,,2026-11-24,", "'url' has no tag"),
        (f"lnk a,{URL},,2026-11-24,", "'link_id' is 'lnk a'; allowed: up to 64"),
        (f"lnk_a,{URL},,11/12/2026,", "'registered_on' is '11/12/2026'; allowed: a day such as 2026-11-24 or 24.11.2026"),
        (f"lnk_a,{URL},,2026-13-01,", "'registered_on' is '2026-13-01'"),
        (f"lnk_a,{URL},,,", "'registered_on' is ''"),
        (f"lnk_0,{URL}&utm_term=1,,2026-11-24,", r"'lnk_0' is already another link at .*ours\.csv:2; allowed: one link an id"),
        (f"lnk_b,{URL}&utm_term=0,,2026-11-24,", r"this link is already 'lnk_0' at .*ours\.csv:2; allowed: one id a link"),
    ],
)  # fmt: skip
def test_a_fault_has_its_file_and_line(home: Home, row: str, fault: str) -> None:
    put(home, HEAD + f"lnk_0,{URL}&utm_term=0,,2026-11-24,\n\n{row}\n")
    with pytest.raises(ConfigError) as raised:
        load_links(home)
    assert re.search(rf"ours\.csv:4: {fault}", str(raised.value)), raised.value


def test_a_line_is_counted_through_cells_with_line_breaks(home: Home) -> None:
    put(home, HEAD + f'lnk_a,{URL},,2026-11-24,"one\ntwo"\nlnk_b,hei,,2026-11-24,\n')
    with pytest.raises(ConfigError, match=r"ours\.csv:4: 'url' is 'hei'"):
        load_links(home)


def test_a_list_without_its_columns_is_refused(home: Home) -> None:
    put(home, "id,link\n1,2\n")
    with pytest.raises(ConfigError, match=r"ours\.csv:1: no column url, registered_on; allowed: link_id,url"):
        load_links(home)
    put(home, "# nothing\n")
    with pytest.raises(ConfigError, match="no header"):
        load_links(home)


def test_the_same_link_in_two_lists_counts_once(home: Home) -> None:
    put(home, HEAD + f"lnk_a,{URL},Kim,2026-11-20,\n", "a.csv")
    put(home, f"url,registered_on\n{URL},2026-11-24\n", "b.csv")
    put(home, HEAD + f"lnk_a,{URL},,2026-11-25,\n", "c.csv")
    assert [(link.link_id, link.owner) for link in load_links(home)] == [("lnk_a", "Kim")]


def test_the_models_see_names_of_the_standard_and_a_page_to_compare(home: Home) -> None:
    url = (
        "https://WWW.Shop.example:8443/h%C3%B8st/?a=1&utm_source=FB&utm_medium=Paid+Social&utm_campaign=Host&utm_id=7#x"
    )
    put(home, HEAD + f"lnk_a,{url},,2026-11-24,\n")
    (row,) = tables(home)["utm_links"].to_pylist()
    assert row == {
        "link_id": "lnk_a", "url": url, "owner": None, "note": None, "host": "shop.example", "path": "/høst", "source": "facebook",
        "medium": "paid_social", "campaign": "host", "content": None, "term": None, "utm_id": "7", "registered_date": date(2026, 11, 24),
    }  # fmt: skip


def test_tags_are_read_as_a_browser_reads_them() -> None:
    assert tags_of(
        "https://x.example/?utm_source=a+b&utm_source=c&UTM_MEDIUM=d&utm_campaign=&utm_term=%C3%B8&u=1#utm_id=2"
    ) == {
        "utm_source": "a b",
        "utm_term": "ø",
    }
