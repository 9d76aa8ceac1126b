"""What nobody would send by mistake costs no other file anything: it waits with its reason, or is read as the plain text that it is."""

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
from hourglass.utm.register import Entry, register
from pipelines.archive import documents
from pipelines.inbox import Inbox, InboxFile
from tests.pipelines.conftest import Bench
from tests.soak.hostile import BYTES_OF_NAMES, NAMES, sessions, zipped

ROOT = Path(__file__).parents[2]
MEGABYTES = 120
PEAK_MB = 900
"""With everything imported, a run takes some 200; DuckDB may have 1000 more before it spills."""

WAITS = {
    "bomb.csv.gz": "a member grows to more than 200 times its size",
    "bomb.zip": "a member grows to more than 200 times its size",
    "columns.csv": "not a known export",
    "cut.zip": "the archive can't be opened",
    "false_name.zip": "the archive can't be opened: 'utf-8' codec can't decode",
    "gzip_in_gzip.csv.gz": "not a table: binary content",
    "laughing/x.csv": "laughing/hourglass.yml:1: unknown key 'a0'",
    "laughs.xlsx": "the workbook can't be read",
    "leads_out.zip": "a member that leads out of it: '../../out.csv'",
    "link.zip!passwd.csv": "no table was found in it",
    "long.csv": "no line ends within the first",
    "long.jsonl": "it begins like JSON and is none",
    "long_cell.csv": "unterminated quote",
    "lying.xlsx": "no table was found in it",
    "many.zip": "2100 members; at most 2000",
    "nested.json": "it begins like JSON and is none",
    "nested_objects.jsonl": "it begins like JSON and is none",
    "outside.xlsx": "the workbook can't be read",
    "outside/x.csv": "outside/hourglass.yml: a plain file of at most 64 kB",
    "piped/x.csv": "piped/hourglass.yml: a plain file of at most 64 kB",
    "quotes.csv": "unterminated quote",
    "rubbish.parquet": "reading it failed",
    "rubbish.xls": "the workbook can't be read",
    "tagged/x.csv": "could not determine a constructor for the tag",
    "wide.xlsx": "1,048,576 rows by 16,384 columns",
    "zeros.csv": "the file is empty",
    **{f"names/{'æ' * 110}{end}.csv": "not a known export" for end in ("", "-b")},
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = Home(tmp_path_factory.mktemp("hostile") / "home")
    command = [sys.executable, "-m", "tests.soak.hostile", str(home.root), str(MEGABYTES)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    places = (home.root.parent, home.root, home.inbox, home.inbox / "names", ROOT)
    owned = [name for folder in places for name in ("owned", "x", "out.csv") if (folder / name).exists()]
    subprocess.run(["rm", "-rf", str(home.root)], check=True)  # no other call takes paths as long as some of these
    return {**json.loads(done.stdout), "owned": owned}


@pytest.mark.slow
@pytest.mark.xdist_group("hostile")
class TestOneInboxOfAllOfIt:
    def test_each_waits_with_its_reason(self, told: dict[str, Any]) -> None:
        waiting = {path: reason for path, (status, reason) in told["files"].items() if status != "loaded"}
        assert waiting.keys() == WAITS.keys()
        assert {path: reason for path, reason in waiting.items() if WAITS[path] not in reason} == {}

    def test_the_others_are_read_whole_under_names_that_can_be_shown(self, told: dict[str, Any]) -> None:
        named = [f"named {number}" for number in range(len(NAMES))] + [f"bytes {n}" for n in range(len(BYTES_OF_NAMES))]
        assert told["sessions"] == sorted(["good", "nasty", *named])
        loaded = [path for path, (status, _reason) in told["files"].items() if status == "loaded"]
        assert len(loaded) == len(told["sessions"]) and all(path.isprintable() for path in loaded)
        assert {"names/two\\x0alines.csv", "names/h\\xf8st.csv", "names/\\x1b[31mred.csv"} <= set(loaded)
        assert told["known"] == len(told["files"])

    def test_nothing_was_run_and_nothing_written_outside(self, told: dict[str, Any]) -> None:
        assert told["owned"] == []

    def test_folders_too_deep_are_told(self, told: dict[str, Any]) -> None:
        assert [text for text in told["faults"].values() if "nested deeper than 40 folders" in text]

    def test_the_memory_is_bounded(self, told: dict[str, Any]) -> None:
        assert told["peak_mb"] < PEAK_MB


def test_a_file_that_is_written_to_while_it_is_read_waits_for_the_next_run(
    quick_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = quick_bench.put("a.csv", sessions("a"))
    quick_bench.put("b.csv", sessions("b"))

    def growing(file: InboxFile, *rest: Any, **options: Any) -> Any:
        if file.path == "a.csv":
            path.write_bytes(sessions("a", "late"))
        return documents(file, *rest, **options)

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.ingest.documents", growing)
        found = {result.file_path: (result.status, result.reason) for result in quick_bench.ingest().files}
    assert found == {
        "a.csv": ("quarantined", "it was written to while it was read; the next run reads it again"),
        "b.csv": ("loaded", None),
    }
    assert [result.status for result in quick_bench.ingest().files] == ["loaded"]
    assert quick_bench.rows("select session_id, source_file from raw.web_sessions order by 1") == [
        ("a", "a.csv"), ("b", "b.csv"), ("late", "a.csv"),
    ]  # fmt: skip
    assert quick_bench.rows("select file_path, status from raw.files order by 1") == [
        ("a.csv", "loaded"), ("b.csv", "loaded"),
    ]  # fmt: skip


def test_a_file_that_vanishes_or_can_not_be_opened_costs_only_itself(
    quick_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        quick_bench.put(name, sessions(name))

    def hashed(location: Path) -> str:
        if location.name == "a.csv":
            raise PermissionError(13, "Permission denied", str(location))
        if location.name == "b.csv":
            raise FileNotFoundError(2, "No such file or directory", str(location))
        return "c"

    with monkeypatch.context() as patched:
        patched.setattr("pipelines.ingest.sha256", hashed)
        found = {result.file_path: (result.status, result.reason) for result in quick_bench.ingest().files}
    assert found == {"a.csv": ("quarantined", "it can't be opened: Permission denied"), "c.csv": ("loaded", None)}
    assert {result.file_path: result.status for result in quick_bench.ingest().files} == {
        "a.csv": "loaded",
        "b.csv": "loaded",
    }
    assert quick_bench.rows("select file_path, status from raw.files order by 1") == [
        ("a.csv", "loaded"), ("b.csv", "loaded"), ("c.csv", "loaded"),
    ]  # fmt: skip


def test_a_folder_that_can_not_be_listed_is_a_fault_and_the_rest_is_walked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b.csv").write_text("x")
    scandir = os.scandir

    def listed(folder: Path) -> Any:
        if Path(folder).name == "a":
            raise PermissionError(13, "Permission denied", str(folder))
        return scandir(folder)

    monkeypatch.setattr("pipelines.inbox.os.scandir", listed)
    inbox = Inbox(tmp_path)
    assert [file.path for file in inbox.walk()] == ["b.csv"]
    assert inbox.faults == {"a/": "the folder a/ can't be listed: Permission denied"}


@pytest.mark.parametrize("value", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\t=1"])
def test_a_list_of_links_holds_no_formulas(tmp_path: Path, value: str) -> None:
    home = Home(tmp_path)
    url = "https://shop.example/?utm_source=facebook&utm_medium=social&utm_campaign=host"
    register(home, [Entry(url, value, note=value)], today=date(2026, 11, 16))
    written = (home.config / "links" / "built.csv").read_text(encoding="utf-8-sig")
    assert f"'{value}" in written and f",{value}" not in written and f'"{value}' not in written


def test_an_archive_s_members_have_names_that_can_be_shown(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(zipped({"two\nlines.csv": b"x", "\x1b[31m.csv": b"y"}))
    (file,) = Inbox(tmp_path).walk()
    assert [document.path for document in documents(file, tmp_path / ".scratch")] == [
        "a.zip!\\x1b[31m.csv", "a.zip!two\\x0alines.csv",
    ]  # fmt: skip
