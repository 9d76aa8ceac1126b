"""The borders between the rooms are lint errors, and the lint is seen refusing."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

FORBIDDEN = [
    *((room, "dagster") for room in ("pipelines", "sql", "config")),
    *(("pipelines", other) for other in ("sql", "checks", "assets", "hourglass", "great_expectations")),
    *(("sql", other) for other in ("pipelines", "checks", "assets", "hourglass", "dlt", "great_expectations")),
    *(("checks", other) for other in ("pipelines", "assets", "hourglass", "dlt")),
    *(("assets", other) for other in ("tests", "hourglass")),
    *(("review", other) for other in ("dagster", "pipelines", "sql", "checks", "assets", "hourglass")),
    *(("config", other) for other in ("pipelines", "sql", "checks", "assets", "hourglass")),
]


def ruff(code: str, place: Path) -> str:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--select",
        "TID251",
        "--output-format",
        "concise",
        "--stdin-filename",
        str(place),
        "-",
    ]
    return subprocess.run(command, input=code, text=True, capture_output=True, cwd=ROOT, check=False).stdout


@pytest.mark.parametrize(("room", "module"), FORBIDDEN)
def test_a_forbidden_import_is_a_lint_error(room: str, module: str) -> None:
    assert "TID251" in ruff(f"import {module}\n", ROOT / room / "somewhere.py")
    assert "TID251" in ruff(f"def late() -> None:\n    from {module} import thing\n", ROOT / room / "somewhere.py")


@pytest.mark.parametrize(
    ("room", "module"), [("pipelines", "duckdb"), ("sql", "sqlglot"), ("checks", "sql"), ("assets", "pipelines")]
)
def test_an_allowed_import_is_none(room: str, module: str) -> None:
    assert "TID251" not in ruff(f"import {module}\n", ROOT / room / "somewhere.py")


@pytest.mark.parametrize("room", ["pipelines", "sql", "checks", "assets", "config", "hourglass"])
def test_no_line_is_excused_from_the_borders(room: str) -> None:
    excused = [str(path) for path in (ROOT / room).rglob("*.py") if "TID251" in path.read_text(encoding="utf-8")]
    assert excused == []


def test_lock_files_have_hashes_and_no_addresses() -> None:
    for path in ROOT.glob("requirements*.lock"):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text and "index-url" not in text, path
        packages = [line for line in text.splitlines() if line and not line.startswith((" ", "#"))]
        assert packages and text.count("--hash=sha256:") >= len(packages), path
