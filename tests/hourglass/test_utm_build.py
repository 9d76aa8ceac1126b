"""``hourglass utm build``: links that keep the standard or none, written down once whoever builds at the same time."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.home import Home
from config.links import load_links, tags_of
from hourglass.cli import main
from hourglass.utm.build import tagged
from hourglass.utm.register import Entry, register

TAGS = ("--source", "facebook", "--medium", "social", "--campaign", "host_2026")
SKO = "https://shop.example/sko?utm_source=facebook&utm_medium=social&utm_campaign=host_2026"
TODAY = date(2026, 11, 24)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HOURGLASS_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home")


def built(home: Home) -> str:
    path = home.config / "links" / "built.csv"
    return path.read_text(encoding="utf-8-sig") if path.exists() else ""


def test_a_link_is_built_and_written_down(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["utm", "build", *TAGS, "--note", "bio", "https://shop.example/sko"]) == 0
    assert capsys.readouterr().out == SKO + "\n"
    (link,) = load_links(home)
    assert (link.url, link.owner, link.note) == (SKO, "SoMe Lead", "bio")
    assert main(["utm", "build", *TAGS, "https://shop.example/sko"]) == 0
    assert built(home).count("\n") == 2, "the same link is written down once"


def test_a_link_may_have_an_id_of_its_own(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["utm", "build", *TAGS, "--id", "--owner", "Kim", "--format", "json", "https://shop.example/sko"]
    assert main(arguments) == main(arguments) == 0
    (link,) = load_links(home)
    assert link.url == f"{SKO}&utm_id={link.link_id}" and link.owner == "Kim" and len(link.link_id) == 16


def test_json_tells_the_id_and_the_channel(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["utm", "build", *TAGS, "--format", "json", "https://shop.example/sko"]) == 0
    (link,) = json.loads(capsys.readouterr().out)["links"]
    assert link == {
        "url": SKO,
        "link_id": load_links(home)[0].link_id,
        "owner": "SoMe Lead",
        "channel": "Organic Social",
        "channel_ga4": "Organic Social",
    }


def test_what_the_standard_does_not_allow_is_refused(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(
            ["utm", "build", "--source", "facebok", "--medium", "Social", "--campaign", "Høst", "https://shop.example"]
        )
        == 1
    )
    told = capsys.readouterr()
    assert told.out == "" and built(home) == ""
    for words in (
        "did you mean facebook?; allowed: facebook, instagram",
        "utm_medium=Social is written social",
        "utm_campaign=Høst does not fit the pattern",
    ):
        assert words in told.err
    assert main(["utm", "build", "--source", "facebook", "https://shop.example"]) == 1
    assert "utm_medium is absent; add utm_medium=…; allowed: social, paid_social" in capsys.readouterr().err
    assert main(["utm", "build", *TAGS, "shop.example/x"]) == 2
    assert "begin it with https://" in capsys.readouterr().err
    assert main(["utm", "build", *TAGS]) == 2


def test_a_link_can_be_left_unregistered(home: Home) -> None:
    assert main(["utm", "build", *TAGS, "--no-register", "https://shop.example/"]) == 0
    assert not home.root.exists()


# address; what becomes of it with utm_source=a&utm_medium=b&utm_campaign=ø å
ADDRESSES = [
    ("https://shop.example", "https://shop.example/?T"),
    ("https://shop.example/x?", "https://shop.example/x?T"),
    ("https://shop.example/x?a=1&b=%C3%B8#del", "https://shop.example/x?a=1&b=%C3%B8&T#del"),
    ("https://shop.example/?utm_source=old&a=1&UTM_Medium=old&utm%5Fid=9&utm_source_platform=p", "https://shop.example/?a=1&utm_source_platform=p&T"),
    ("https://shop.example/?a=1&amp;utm_source=old", "https://shop.example/?a=1&T"),
    ("https://shop.example/høst og vår?q=blå#æ", "https://shop.example/h%C3%B8st%20og%20v%C3%A5r?q=bl%C3%A5&T#%C3%A6"),
    (" https://shop.example/pa\u030ask ", "https://shop.example/p%C3%A5sk?T"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "expected"), ADDRESSES)
def test_query_and_fragment_stay_and_old_tags_go(url: str, expected: str) -> None:
    tags = {"utm_source": "a", "utm_medium": "b", "utm_campaign": "ø a\u030a"}
    encoded = "utm_source=a&utm_medium=b&utm_campaign=%C3%B8%20%C3%A5"
    assert tagged(url, tags) == expected.replace("T", encoded)


word = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=8)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(word, word), max_size=4), word, word)
def test_whatever_is_asked_for_is_read_back(pairs: list[tuple[str, str]], content: str, fragment: str) -> None:
    import unicodedata
    from urllib.parse import urlencode

    kept = [(key, value) for key, value in pairs if not key.strip().lower().removeprefix("amp;").startswith("utm_")]
    url = "https://shop.example/?" + urlencode(kept) + "#" + fragment.replace("#", "")
    link = tagged(url, {"utm_source": "x", "utm_content": content})
    assert link.isascii() and tagged(link, {"utm_source": "x", "utm_content": content}) == link
    assert tags_of(link) == {"utm_source": "x", "utm_content": unicodedata.normalize("NFC", content)}
    assert parse_qsl(urlsplit(link).query, keep_blank_values=True)[: len(kept)] == kept


# ---- many -----------------------------------------------------------------------------------------------------------------------------


def test_a_table_builds_many_or_none(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.csv"
    rows = "url;utm_source;medium;campaign;content;owner\nhttps://shop.example/a;facebook;;;Vår;Kim\nhttps://shop.example/b;{};social;uke_40;;\n"
    path.write_text(rows.format("naboen"), encoding="cp1252")
    arguments = ["utm", "build", "--from", str(path), "--medium", "social", "--campaign", "host"]
    assert main(arguments) == 1
    assert f"{path}:3: https://shop.example/b?utm_source=naboen" in capsys.readouterr().err and built(home) == ""
    path.write_text(rows.format("instagram"), encoding="cp1252")
    assert main(arguments) == 0
    assert capsys.readouterr().out.splitlines() == [
        "https://shop.example/a?utm_source=facebook&utm_medium=social&utm_campaign=host&utm_content=V%C3%A5r",
        "https://shop.example/b?utm_source=instagram&utm_medium=social&utm_campaign=uke_40",
    ]
    assert {link.owner for link in load_links(home)} == {"Kim", "SoMe Lead"}


def test_a_table_without_a_column_of_pages_is_unusable(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.csv"
    path.write_text("side,source\nx,y\n", encoding="utf-8")
    assert main(["utm", "build", "--from", str(path)]) == 2
    assert "plan.csv:1: no column url; allowed: url, source" in capsys.readouterr().err
    assert main(["utm", "build", "--from", str(tmp_path / "none.csv")]) == 2


# ---- the register ---------------------------------------------------------------------------------------------------------------------


def test_what_a_spreadsheet_made_of_the_list_is_kept(home: Home) -> None:
    register(home, [Entry(SKO, "Kim")], today=TODAY)
    path = home.config / "links" / "built.csv"
    path.write_bytes(f"Merknad;URL;Registered on;Owner;link id\r\nblå;{SKO};24.11.2026;Kåre;lnk_a".encode("cp1252"))
    (link_id,) = register(home, [Entry(SKO + "&utm_content=b", "Åse", note="borte")], today=TODAY)
    assert path.read_bytes().decode("cp1252").split("\r\n") == [
        "Merknad;URL;Registered on;Owner;link id",
        f"blå;{SKO};24.11.2026;Kåre;lnk_a",
        f";{SKO}&utm_content=b;2026-11-24;Åse;{link_id}",
        "",
    ]
    assert {link.link_id for link in load_links(home)} == {"lnk_a", link_id}


def test_a_faulty_list_is_told_and_left_alone(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    register(home, [Entry(SKO, "Kim")], today=TODAY)
    path = home.config / "links" / "built.csv"
    path.write_text("link_id,url,registered_on\nlnk_a,hei,2026-11-24\n", encoding="utf-8")
    assert main(["utm", "build", *TAGS, "https://shop.example/"]) == 2
    assert "built.csv:2: 'url' is 'hei'" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "link_id,url,registered_on\nlnk_a,hei,2026-11-24\n"


def test_many_processes_at_once_lose_nothing(home: Home) -> None:
    code = (
        "import sys; from datetime import date; from pathlib import Path; from config.home import Home; "
        "from hourglass.utm.register import Entry, register\n"
        "for n in range(10): register(Home(Path(sys.argv[1])), [Entry(f'https://s.example/{sys.argv[2]}/{n}?utm_source=x', 'Kim'), "
        "Entry('https://s.example/shared?utm_source=x', 'Kim')], today=date(2026, 11, 24))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(home.root), str(n)]) for n in range(4)]
    assert [process.wait() for process in running] == [0] * 4
    links = load_links(home)
    assert len(links) == 41 and len({link.place for link in links}) == 41
