"""What counts as a file of the inbox, and what sidecars say."""

import gzip
import io
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from pipelines.archive import documents
from pipelines.inbox import Inbox, noon
from pipelines.limits import Limits
from pipelines.naming import dates_in, platform_in


def write(root: Path, path: str, content: str | bytes = "x") -> Path:
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content.encode() if isinstance(content, str) else content)
    return target


def test_what_is_walked(tmp_path: Path) -> None:
    root = tmp_path / "inbox"
    for path in (
        "b/æøå.csv",
        "a.csv",
        ".hidden.csv",
        ".git/x.csv",
        "truth/t.csv",
        "truth/deeper/t.csv",
        "b/hourglass.yml",
    ):
        write(root, path, "")
    write(root, "truth/.hourglassignore")
    outside = write(tmp_path, "outside.csv")
    (root / "link_out.csv").symlink_to(outside)
    (root / "link_in.csv").symlink_to(root / "a.csv")
    (root / "loop").symlink_to(root)
    assert [file.path for file in Inbox(root).walk()] == ["a.csv", "b/æøå.csv", "link_in.csv"]


def test_the_nearest_sidecar_wins_key_by_key(tmp_path: Path) -> None:
    write(tmp_path, "hourglass.yml", "account: Fjellheim\ncurrency: NOK\ntime_zone: Europe/Oslo\n")
    write(tmp_path, "se/hourglass.yml", "currency: SEK\ndownloaded_at: 2026-03-01T08:00:00\n")
    write(tmp_path, "se/deep/x.csv")
    write(tmp_path, "y.csv")
    files = {file.path: file for file in Inbox(tmp_path).walk()}
    context = files["se/deep/x.csv"].context
    assert (context.account, context.currency) == ("Fjellheim", "SEK")
    assert context.downloaded_at == datetime(2026, 3, 1, 7)
    assert files["y.csv"].context.currency == "NOK"
    assert files["y.csv"].context.key != context.key
    assert files["se/deep/x.csv"].sidecar == "se/deep/hourglass.yml"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("account: a\nacount: b\n", r"se/hourglass.yml:2: unknown key 'acount'.*allowed: account, currency"),
        ("platform: facebok\n", r"se/hourglass.yml:1: 'platform' is 'facebok'; allowed: facebook"),
        ("time_zone: Oslo\n", r"hourglass.yml:1: 'time_zone'.*Europe/Oslo"),
        ("currency: kr\n", r"hourglass.yml:1: 'currency'.*NOK"),
        ("year: 26\n", r"hourglass.yml:1: 'year'"),
        ("a: b: c\n", r"hourglass.yml:1: not valid YAML"),
    ],
)
def test_a_faulty_sidecar_says_where_and_what_is_allowed(tmp_path: Path, text: str, says: str) -> None:
    write(tmp_path, "se/hourglass.yml", text)
    write(tmp_path, "se/x.csv")
    write(tmp_path, "no/x.csv")
    inbox = Inbox(tmp_path)
    files = {file.path: file for file in inbox.walk()}
    assert pytest.approx(1) == len(inbox.faults)
    import re

    assert re.search(says, files["se/x.csv"].context.fault or "")
    assert files["no/x.csv"].context.fault is None


def read_all(root: Path, **limits: int) -> list[tuple[str, str | None]]:
    scratch = root / ".scratch"
    return [
        (document.path, document.fault)
        for file in Inbox(root).walk()
        for document in documents(file, scratch, limits=Limits(**limits))
    ]


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_members_of_an_archive_are_documents(tmp_path: Path) -> None:
    write(tmp_path, "e.zip", zipped({"b/å.csv": b"1", "a.csv": b"2", "__MACOSX/a.csv": b"3", ".DS_Store": b"4"}))
    write(tmp_path, "f.csv.gz", gzip.compress(b"5"))
    assert read_all(tmp_path) == [("e.zip!a.csv", None), ("e.zip!b/å.csv", None), ("f.csv.gz", None)]


@pytest.mark.parametrize("name", ["../out.csv", "/etc/out.csv", "..\\out.csv", "C:\\out.csv", "a/../../out.csv"])
def test_a_member_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    write(tmp_path, "e.zip", zipped({name: b"1", "fine.csv": b"2"}))
    ((path, fault),) = read_all(tmp_path)
    assert path == "e.zip"
    assert "leads out" in (fault or "")


def test_nested_archives_are_refused_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, "e.zip", zipped({"a.csv": b"1", "inner.zip": zipped({"x": b"1"})}))
    write(tmp_path, "f.gz", gzip.compress(zipped({"x": b"1"})))
    found = dict(read_all(tmp_path))
    assert found["e.zip!a.csv"] is None
    assert "inside an archive" in (found["e.zip!inner.zip"] or "")
    assert "inside an archive" in (found["f.gz"] or "")


def test_bombs_are_stopped_before_they_fill_the_disk(tmp_path: Path) -> None:
    bomb = b"\0" * 3_000_000
    write(tmp_path, "a.zip", zipped({"bomb.csv": bomb}))
    write(tmp_path, "b.csv.gz", gzip.compress(bomb))
    write(tmp_path, "c.zip", zipped({f"{number}.csv": b"1" for number in range(12)}))
    write(tmp_path, "d.zip", zipped({"1.csv": b"x" * 600, "2.csv": b"y" * 600}))
    found = dict(read_all(tmp_path, ratio=100, ratio_free_bytes=1000, archive_members=10, archive_bytes=1000))
    assert "100 times" in (found["b.csv.gz"] or "")
    assert "12 members" in (found["c.zip"] or "")
    assert "more than the" in (found["a.zip"] or "")
    assert "more than the" in (found["d.zip"] or "")
    assert max(path.stat().st_size for path in (tmp_path / ".scratch").iterdir()) < 1_000_000


def test_a_broken_archive_is_a_fault_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "a.zip", zipped({"x.csv": b"1" * 500})[:60])
    write(tmp_path, "b.csv.gz", gzip.compress(b"1" * 500)[:20])
    assert all("can't be opened" in (fault or "") for _path, fault in read_all(tmp_path))


@pytest.mark.parametrize(
    ("path", "day"),
    [
        ("meta/Mar-18-2025_Apr-14-2025_553302954456165.csv", date(2025, 4, 14)),
        ("FB_posts_Dec-12-2023_Mar-06-2024_1032418178499222.csv", date(2024, 3, 6)),
        ("Acme-Campaigns-1-Sep-202430-Sep-2024.csv", date(2024, 9, 30)),
        ("tiktok/Overview_2026-02-10_1234567.zip!Overview.csv", date(2026, 2, 10)),
        ("web_sessions_20260301.csv", date(2026, 3, 1)),
        ("2026-03-02/posts.csv", date(2026, 3, 2)),
        ("leads_2026-13-45.csv", None),
        ("Eksport _ Sider _ 1. februar 2026 - 28. februar 2026.csv", date(2026, 2, 28)),
        ("Export _ Pages _ 1 février 2026 - 28 févr. 2026.csv", date(2026, 2, 28)),
        ("Export _ Seiten _ 3. März 2026.csv", date(2026, 3, 3)),
        ("informe 10 de marzo de 2026.csv", date(2026, 3, 10)),
        ("Table data.csv", None),
    ],
)
def test_dates_in_names(path: str, day: date | None) -> None:
    assert dates_in(path).newest == (noon(day) if day else None)


def test_an_instant_in_a_name_is_exact() -> None:
    assert dates_in("company_content_1753863379800.xls").newest == datetime(2025, 7, 30, 8, 16, 19, 800000)


def test_a_period_in_the_name_of_the_archive() -> None:
    assert dates_in("Content 2026-01-01_2026-01-31 Kanal.zip!Table data.csv").period == (
        date(2026, 1, 1),
        date(2026, 1, 31),
    )


def test_platforms_in_names() -> None:
    assert platform_in("x/IG_REACH.csv") == "instagram"
    assert platform_in("facebook/Views FB.csv") == "facebook"
    assert platform_in("facebook/Views.csv") is None
    assert platform_in("FB and IG.csv") is None
    assert platform_in("bigdata.csv") is None
