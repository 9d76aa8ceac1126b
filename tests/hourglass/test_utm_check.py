"""``hourglass utm check``: the pipeline's own answer, in plain words, for links from anywhere."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from config.home import Home
from config.utm_standard import load_utm_standard
from config.yaml_file import SHIPPED
from hourglass.cli import main
from hourglass.utm.advice import READINGS, advice
from hourglass.utm.judge import Judge
from hourglass.utm.links import Links, addresses, from_file
from tests.session_rows import judge as judge_sessions
from tests.session_rows import model_rows

SHOP = "https://shop.example/"
RIGHT = SHOP + "?utm_source=facebook&utm_medium=social&utm_campaign=host_2026"
MAIL = SHOP + "?utm_source=newsletter&utm_medium=email&utm_campaign=uke_40"
ALIAS = SHOP + "?utm_source=fb&utm_medium=social&utm_campaign=host_2026"
TAILS = [
    "", "?fbclid=a", "?fbclid=b", "?gclid=x", "?utm_source=facebook", "?utm_source=fb&utm_medium=Social&utm_campaign=Host",
    "?UTM_SOURCE=facebook;utm_medium=social;utm_campaign=host", "?a=1&amp;utm_source=facebook&amp;utm_medium=social",
    "?id=1?utm_source=facebook&utm_medium=paid-social&utm_campaign=host", "?utm_source=facebok&utm_medium=socal&utm_campaign=H%C3%B8st",
    "#utm_source=facebook&utm_medium=social&utm_campaign=host", "?utm_source=facebook&utm_medium=social&utm_campaign={{campaign.name}}",
    "?utm_source=instagram&utm_medium=social&utm_campaign=h%F8st", "?utm_source=instagram&utm_medium=social&utm_campaign=h%25C3%25B8st",
    "?utm_source=x&utm_medium=social&utm_campaign=a%00b", "?utm_source=newsletter&utm_medium=email&utm_campaign=uke_40",
    "?utm_source=naboen&utm_medium=referral&utm_campaign=x", "?utm_source=google&utm_medium=cpc&utm_campaign=shop&gclid=1",
    "?utm_source=youtube&utm_medium=video&utm_campaign=host", "?utm_campaign=%FF%FE", "?utm_term=a%C2%A0b&utm_source=tiktok",
]  # fmt: skip


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HOURGLASS_HOME", str(tmp_path / "home"))
    return Home(tmp_path / "home").create()


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(["utm", "check", *arguments])
    return status, capsys.readouterr().out


def as_json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict]:
    status, text = told(capsys, *arguments, "--format", "json")
    return status, json.loads(text)


def test_the_answer_is_the_pipelines(home: Home) -> None:
    urls = [SHOP + "sko" + tail for tail in TAILS]
    verdicts = Judge(home).judge(urls)
    sessions = judge_sessions([{"landing_url": url} for url in urls])
    listed = {
        row["reason"]: row
        for row in model_rows(
            "quality.utm_violations",
            {"core.fct_sessions": [{**row, "utm_reason": row["landing_url"]} for row in sessions]},
        )
    }
    for url, row in zip(urls, sessions, strict=True):
        verdict = verdicts[url]
        assert (verdict.status, ", ".join(verdict.reasons) or None) == (row["utm_status"], row["utm_reason"]), url
        assert (verdict.channel, verdict.channel_ga4, verdict.platform) == (
            row["channel"],
            row["channel_ga4"],
            row["platform"],
        ), url
        assert verdict.suggested_url == listed.get(url, {}).get("suggested_url"), url
        assert url not in listed or verdict.owner == listed[url]["owner"], url
    assert len(listed) >= 15


def test_exit_statuses(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert told(capsys, RIGHT, MAIL)[0] == 0
    assert told(capsys, RIGHT, ALIAS)[0] == 1
    assert told(capsys, SHOP)[0] == 1
    assert told(capsys, RIGHT, "hei")[0] == 2
    assert told(capsys)[0] == 2
    assert told(capsys, "--file", "not there.csv")[0] == 2
    assert told(capsys, RIGHT, "--platform", "nowhere")[0] == 2
    (home.config / "utm_standard.yml").write_text("required: [utm_sorce]\n", encoding="utf-8")
    assert main(["utm", "check", RIGHT]) == 2
    assert "utm_standard.yml:1" in capsys.readouterr().err


def test_text_says_what_is_wrong_and_what_to_write(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    _status, text = told(capsys, SHOP + "?utm_source=facebok&utm_medium=Social", MAIL, SHOP)
    assert text == (
        "https://shop.example/?utm_source=facebok&utm_medium=Social  (argument 1)\n"
        "  WRONG: incomplete; channel Organic Social (Google: Organic Social), owner SoMe Lead\n"
        "  - utm_campaign is absent; add utm_campaign=host_2026_sko\n"
        "  - utm_source=facebok is not allowed; did you mean facebook?; allowed: facebook, instagram, tiktok, youtube, linkedin, x, "
        "pinterest, snapchat, threads, reddit, google, bing, newsletter, klaviyo, partner\n"
        "  - utm_medium=Social is written social\n"
        "  write: https://shop.example/?utm_source=facebook&utm_medium=social&utm_campaign=home\n\n"
        "https://shop.example/?utm_source=newsletter&utm_medium=email&utm_campaign=uke_40  (argument 2)\n"
        "  ok: not_required; channel Email (Google: Email), owner CRM Lead\n\n"
        "https://shop.example/  (argument 3)\n"
        "  WRONG: untagged; channel Direct (Google: Direct), owner Growth Marketer\n"
        "  - no tags; add utm_source=…, utm_medium=…, utm_campaign=host_2026_sko\n\n"
        "1 of 3 links keep the UTM standard\n"
    )


def test_json_has_everything(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    status, document = as_json(capsys, ALIAS, RIGHT, "hei")
    assert status == 2
    assert document["summary"] == {"links": 2, "fit": 1, "unfit": 1, "unusable": 1}
    assert document["unusable"] == [{"place": "argument 3", "text": "hei"}]
    assert document["links"][0] == {
        "url": ALIAS,
        "places": ["argument 1"],
        "is_fit": False,
        "status": "repaired",
        "reasons": [{"reason": "source_spelling", "text": "utm_source=fb is written facebook"}],
        "suggested_url": RIGHT,
        "channel": "Organic Social",
        "channel_ga4": "Organic Social",
        "platform": "facebook",
        "owner": "SoMe Lead",
        "utm_source": "fb",
        "utm_medium": "social",
        "utm_campaign": "host_2026",
    }
    docs = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    named = [
        *document,
        *document["links"][0],
        *document["summary"],
        *document["unusable"][0],
        *document["links"][0]["reasons"][0],
    ]
    assert [name for name in named if f"`{name}`" not in docs] == []
    assert document["links"][1]["is_fit"] and document["links"][1]["suggested_url"] is None


def test_a_link_of_a_known_place_is_judged_and_mended_for_it(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    _status, document = as_json(capsys, SHOP + "sko", "--platform", "instagram")
    (link,) = document["links"]
    assert (link["status"], link["owner"], link["suggested_url"]) == (
        "missing",
        "SoMe Lead",
        SHOP + "sko?utm_source=instagram&utm_medium=social&utm_campaign=sko",
    )


def test_every_platform_of_the_standard_can_be_named(home: Home) -> None:
    judge = Judge(home)
    for platform in judge.platforms():
        referrer = judge.referrer_of(platform)
        (verdict,) = judge.judge([SHOP], referrer_url=referrer).values()
        assert (verdict.status, verdict.platform) == ("missing", platform)


def test_a_home_has_its_own_standard(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    text = (SHIPPED / "utm_standard.yml").read_text(encoding="utf-8")
    text = text.replace("  reddit: [reddit.com]\n", "  reddit: [reddit.com]\n  jodel: [jodel.com]\n")
    (home.config / "utm_standard.yml").write_text(text, encoding="utf-8")
    assert told(capsys, SHOP + "?utm_source=jodel&utm_medium=social&utm_campaign=host")[0] == 0


# ---- files ---------------------------------------------------------------------------------------------------------------------------


def found(path: Path, **options: str) -> Links:
    links = Links()
    from_file(str(path), links, **options)
    return links


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_a_table_gives_the_cells_of_its_column_of_links(tmp_path: Path) -> None:
    path = write(
        tmp_path / "plan.csv",
        '﻿Kanal;Lenke;Ansvarlig\r\nFacebook;"https://shop.example/?a=1&amp;utm_source=x, y";Kåre\r\n\r\n;;\r\n'
        "E-post;shop.example/uke?utm_source=a;\r\nTikTok;kommer;\r\n".encode(),
    )
    assert found(path).places == {
        "https://shop.example/?a=1&amp;utm_source=x, y": [f"{path}:2"],
        "shop.example/uke?utm_source=a": [f"{path}:5"],
    }
    assert found(path).unusable == [(f"{path}:6", "kommer")]


def test_encodings_delimiters_and_workbooks(tmp_path: Path) -> None:
    from openpyxl import Workbook

    tsv = write(tmp_path / "a.tsv", "navn\tlänk\nå\thttps://shop.example/å\n".encode("cp1252"))
    assert list(found(tsv).places) == ["https://shop.example/å"]
    wide = write(tmp_path / "b.txt", "url\nhttps://shop.example/ø\n".encode("utf-16"))
    assert list(found(wide).places) == ["https://shop.example/ø"]
    book = Workbook()
    for row in (["Innlegg", "Landing URL"], ["a", RIGHT], ["b", RIGHT]):
        book.active.append(row)
    book.save(tmp_path / "c.xlsx")
    assert found(tmp_path / "c.xlsx").places == {RIGHT: [f"{tmp_path / 'c.xlsx'}:2", f"{tmp_path / 'c.xlsx'}:3"]}


def test_a_column_can_be_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "url,mål\nhttps://a.example/,https://b.example/\n")
    assert list(found(path, column="Mål").places) == ["https://b.example/"]
    with pytest.raises(Exception, match="no column target with links; it has: url, mål"):
        found(path, column="target")


def test_any_text_gives_the_addresses_in_it(tmp_path: Path) -> None:
    text = (
        "# Innlegg\nlink\nSe [butikken](https://shop.example/a?utm_source=x) eller <https://shop.example/b>.\n"
        "(https://shop.example/c_(d)?x={{y}}), «https://shop.example/e»; HTTPS://SHOP.EXAMPLE/f!\n"
    )
    assert list(addresses(text)) == [
        (3, "https://shop.example/a?utm_source=x"),
        (3, "https://shop.example/b"),
        (4, "https://shop.example/c_(d)?x={{y}}"),
        (4, "https://shop.example/e"),
        (4, "HTTPS://SHOP.EXAMPLE/f"),
    ]
    path = write(tmp_path / "post.md", text)
    assert found(path).places["https://shop.example/b"] == [f"{path}:3"]


def test_a_web_page_writes_the_ampersand_as_an_entity(tmp_path: Path) -> None:
    page = "<html>\n<a href=\"https://shop.example/?a=1&amp;b=2\">x</a> <a href='https://shop.example/c'>y</a>"
    path = write(tmp_path / "mail.html", page)
    assert list(found(path).places) == ["https://shop.example/?a=1&b=2", "https://shop.example/c"]


def test_input_without_links_is_unusable_unless_it_is_looked_through_for_a_site(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = str(write(tmp_path / "a.txt", "hei\n"))
    binary = str(write(tmp_path / "b.txt", b"\x00\xff\x00\xfe" * 20))
    right = str(write(tmp_path / "c.md", f"[x]({RIGHT}) https://other.example/\n"))
    assert main(["utm", "check", "--file", empty, binary]) == 2
    assert "no link found" in capsys.readouterr().err
    assert told(capsys, "--file", empty, "--host", "shop.example") == (0, "0 of 0 links keep the UTM standard\n")
    assert told(capsys, "--host", "shop.example", "--file", empty, right) == (0, "1 of 1 links keep the UTM standard\n")


def test_standard_input_other_sites_and_repeated_links(
    home: Home, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f"{ALIAS}\n{ALIAS}\nhttps://other.example/\nhttps://www.shop.example/x\nhttps://notshop.example/\n{RIGHT}\n"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    status, document = as_json(capsys, "-", "--host", "shop.example")
    assert status == 1
    assert [(link["url"], link["places"]) for link in document["links"]] == [
        (ALIAS, ["stdin:1", "stdin:2"]),
        ("https://www.shop.example/x", ["stdin:4"]),
        (RIGHT, ["stdin:6"]),
    ]


def test_a_file_shows_what_is_wrong_and_everything_on_demand(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(tmp_path / "a.txt", f"{RIGHT}\n" + f"{ALIAS}\n" * 5))
    _status, text = told(capsys, "--file", path)
    assert RIGHT not in text.replace(f"write: {RIGHT}", "")
    assert f"{ALIAS}  ({path}:2, {path}:3, {path}:4 and 2 more)" in text
    assert "ok: compliant" in told(capsys, "--file", path, "--all")[1]


def test_many_links_of_many_campaigns(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"https://shop.example/p{n}?utm_source=fb&utm_medium=social&utm_campaign=c{n}" for n in range(20_000)]
    path = write(tmp_path / "many.csv", "url\n" + "\n".join(lines))
    status, document = as_json(capsys, "--file", str(path))
    assert (status, document["summary"]) == (1, {"links": 20_000, "fit": 0, "unfit": 20_000, "unusable": 0})
    assert {link["url"].replace("=fb&", "=facebook&") for link in document["links"]} == {
        link["suggested_url"] for link in document["links"]
    }


# ---- words ---------------------------------------------------------------------------------------------------------------------------


def test_every_fault_of_the_docs_has_words_of_its_own() -> None:
    """What the models call a fault is explained, and nothing is explained that they don't say."""
    standard = load_utm_standard(SHIPPED / "utm_standard.yml")
    docs = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
    model = (Path(__file__).parents[2] / "sql" / "core" / "int_hard_links.sql").read_text(encoding="utf-8")
    assert all(f"'{reading}'" in model and f"`{reading}`" in docs for reading in READINGS)
    for reason in (
        "no_source",
        "unknown_medium",
        "campaign_pattern",
        "medium_spelling",
        "campaign_spelling",
        "no_tags",
    ):
        assert f"`{reason}`" in docs
        assert advice(reason, {"utm_source": "fb", "utm_medium": "E-mail"}, standard) != reason.replace("_", " ")


def test_it_starts_without_the_heavy_packages() -> None:
    code = (
        "import sys; from hourglass.cli import main; main(['utm', 'check', 'https://shop.example/']); "
        "print([name for name in ('dagster', 'dlt', 'great_expectations', 'sqlglot') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.splitlines()[-1] == "[]"
