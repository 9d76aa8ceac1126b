"""docs/exports.md names every format, every raw table that it speaks of, and every key of the sidecar."""

import re
from pathlib import Path

from pipelines.event_exports import FORMATS
from pipelines.formats_model import load_formats
from pipelines.inbox import Sidecar
from pipelines.schema import INPUT_TABLES, RAW_TABLES

TEXT = (Path(__file__).parents[2] / "docs" / "exports.md").read_text(encoding="utf-8")


def test_every_format_is_described_and_no_other() -> None:
    formats = {export.id for export in load_formats().all} | {f"generic.{table.name}" for table in INPUT_TABLES}
    formats |= set(FORMATS)
    families = "|".join(sorted({name.split(".")[0] for name in formats}))
    described = set(re.findall(rf"`((?:{families})\.[a-z0-9_]+)`", TEXT))
    assert described == formats


def test_every_key_of_the_sidecar_is_described() -> None:
    example = TEXT.split("```yaml")[1].split("```")[0]
    assert {line.split(":")[0] for line in example.strip().splitlines()} == set(Sidecar.model_fields)


def test_raw_tables_exist() -> None:
    assert set(re.findall(r"`raw\.([a-z_]+)`", TEXT)) <= set(RAW_TABLES)
