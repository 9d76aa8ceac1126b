"""What a wrong key is told, wherever in a file it stands; and what YAML means here."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import BaseModel, ConfigDict

from config.yaml_file import ConfigError, load_yaml


class Leaf(BaseModel):
    model_config = ConfigDict(extra="forbid")

    unit: str
    since: date | None = None


class Tree(BaseModel):
    model_config = ConfigDict(extra="forbid")

    by_name: dict[str, Leaf] = {}
    in_order: list[Leaf] = []
    perhaps: Leaf | None = None
    countries: list[str] = []


@pytest.mark.parametrize(
    ("text", "line", "allowed"),
    [
        ("by_name:\n  a: {unit: x}\n  b:\n    unit: y\n    untit: z\n", 5, "since, unit"),
        ("in_order:\n  - {unit: x}\n  - unit: y\n    sinec: 2026-01-01\n", 4, "since, unit"),
        ("perhaps:\n  unit: x\n  more: y\n", 3, "since, unit"),
        ("perhap:\n  unit: x\n", 1, "by_name, countries, in_order, perhaps"),
    ],
)
def test_a_wrong_key_is_told_its_line_and_what_is_allowed(tmp_path: Path, text: str, line: int, allowed: str) -> None:
    path = tmp_path / "tree.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_yaml(path, Tree)
    assert f"{path}:{line}: unknown key" in str(caught.value)
    assert str(caught.value).endswith(f"allowed: {allowed}")


def test_an_impossible_date_is_told_its_line(tmp_path: Path) -> None:
    path = tmp_path / "tree.yml"
    path.write_text("perhaps:\n  unit: x\n  since: 2026-08-32\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"{path}:3: "):
        load_yaml(path, Tree)


def test_no_is_norway_and_a_clock_time_is_text(tmp_path: Path) -> None:
    path = tmp_path / "tree.yml"
    path.write_text("countries: [NO, SE, on, 12:30]\n", encoding="utf-8")
    assert load_yaml(path, Tree).countries == ["NO", "SE", "on", "12:30"]
