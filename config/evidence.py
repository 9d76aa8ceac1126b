"""``evidence.yml``: what decision rules and risks say of their figures, in three languages; parsed, and as tables for the models.

A *said* is what a model gives: lines of JSON, each with the name of a text (``text``) and its figures. A line that is no JSON stands for
itself. The English of it is put together by ``sql/kpi/int_said.sql``, the other languages by the review.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator

from config.home import Home
from config.yaml_file import SHIPPED, load_yaml

FILE = "evidence.yml"
UNKNOWN = ("unknown", "ukjent", "okänt")
KINDS = ("kpi", "word", "day", "said")
DECIMALS = ("0", "1", "2")
_PART = re.compile(
    r"\{(?P<name>\w+)(?::(?P<kind>\w+))?(?:\|(?P<unknown>[^{}]*))?\}|(?P<open>\[)|(?P<close>\])|(?P<literal>[^{}\[\]]+)"
)

Three = Annotated[list[str], Field(min_length=3, max_length=3)]


@dataclass(frozen=True)
class Piece:
    """A part of a text: words as they are, or the place of a figure.

    ``kind`` is the number of decimals, ``kpi``, ``word``, ``day``, ``said`` or empty for text as it is; ``group`` numbers the brackets that
    the piece stands in, 0 outside of any.
    """

    literal: str = ""
    name: str | None = None
    kind: str = ""
    unknown: str = ""
    group: int = 0

    @property
    def decimals(self) -> int | None:
        """How many a number is shown with; None for what is no number."""
        return int(self.kind) if self.kind.isdigit() else None


class Evidence(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    texts: dict[str, Three]
    words: dict[str, Three]
    said: list[Three]
    findings: dict[str, Three]

    @field_validator("said")
    @classmethod
    def as_many_blanks(cls, value: list[list[str]]) -> list[list[str]]:
        """Raises ValueError where a language has other blanks than English."""
        for texts in value:
            if len({(text.count("{}"), text.count("{said}")) for text in texts}) > 1:
                raise ValueError(f"as many blanks in every language of {texts[0]!r}")
        return value

    @field_validator("texts", "findings")
    @classmethod
    def texts_can_be_read(cls, value: dict[str, list[str]]) -> dict[str, list[str]]:
        """Raises ValueError for a text with an open bracket, an unknown kind, or figures that one language lacks."""
        for key, texts in value.items():
            asked = [{(piece.name, piece.kind, piece.group) for piece in parse(text) if piece.name} for text in texts]
            if not asked[0] == asked[1] == asked[2]:
                raise ValueError(f"the same figures in every language of {key}")
        return value


def parse(text: str, language: int = 0) -> list[Piece]:
    """The pieces of a text, in order. Raises ValueError for one that can't be read."""
    return list(_pieces(text, UNKNOWN[language]))


def _pieces(text: str, unknown: str) -> Iterator[Piece]:
    place, group, groups = 0, 0, 0
    while place < len(text):
        found = _PART.match(text, place)
        if found is None:
            raise ValueError(f"a figure as {{name}}, {{name:2}} or {{name|text}} in {text!r}")
        place = found.end()
        if found["open"]:
            if group:
                raise ValueError(f"no bracket within a bracket in {text!r}")
            groups += 1
            group = groups
        elif found["close"]:
            group = 0
        elif found["literal"]:
            yield Piece(literal=found["literal"], group=group)
        else:
            kind = found["kind"] or ""
            if kind and kind not in KINDS and kind not in DECIMALS:
                raise ValueError(f"{kind} as one of {', '.join(KINDS)} or a number of decimals in {text!r}")
            missing = unknown if found["unknown"] is None else found["unknown"]
            yield Piece(name=found["name"], kind=kind, unknown=missing, group=group)
    if group:
        raise ValueError(f"the end of a bracket in {text!r}")


@lru_cache(maxsize=1)
def load_evidence() -> Evidence:
    """The shipped texts. Raises ConfigError."""
    return load_yaml(SHIPPED / FILE, Evidence)


def tables(home: Home) -> dict[str, pa.Table]:
    """``evidence_pieces``: the English texts, a row a piece: text, place, literal, name, decimals, unknown, group_number."""
    del home
    rows = [
        {
            "text": key, "place": place, "literal": piece.literal, "name": piece.name, "decimals": piece.decimals,
            "unknown": piece.unknown, "group_number": piece.group,
        }
        for key, texts in load_evidence().texts.items()
        for place, piece in enumerate(parse(texts[0]), 1)
    ]  # fmt: skip
    text, number = pa.string(), pa.int64()
    schema = [("text", text), ("place", number), ("literal", text), ("name", text), ("decimals", number), ("unknown", text),
              ("group_number", number)]  # fmt: skip
    return {"evidence_pieces": pa.Table.from_pylist(rows, schema=pa.schema(schema))}
