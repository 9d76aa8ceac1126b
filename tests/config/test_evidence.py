"""evidence.yml: every text that a model gives is there in three languages, with the same figures, and every word that may stand in one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from config.evidence import Evidence, Piece, load_evidence, parse
from config.kpis import Kpi
from sql.catalog import Catalog

MODELS = sorted((Path(__file__).parents[2] / "sql" / "kpi").glob("int_r*.sql"))
SQL = {path.stem: path.read_text(encoding="utf-8") for path in MODELS}
TEXT = re.compile(r"'text': (?:'(\w+)'|case test (.*?) end)")


def given() -> Iterator[tuple[str, set[str]]]:
    """Every text that the models name, with the figures that stand beside it."""
    for body in SQL.values():
        for block in re.findall(r"to_json\(\{(.*?)\}\)", body, re.DOTALL):
            one, several = TEXT.search(block).groups()
            names = set(re.findall(r"'(\w+)':", block)) - {"text"}
            for name in [one] if one else re.findall(r"(?:then|else) '(\w+)'", several):
                yield name, names


def test_every_text_that_a_model_gives_is_there_with_its_figures_and_no_other():
    texts = load_evidence().texts
    found = dict.fromkeys(texts, 0)
    for name, figures in given():
        for text in texts[name]:
            asked = {piece.name for piece in parse(text) if piece.name}
            assert asked <= figures, name
        assert asked == figures or name.startswith("changed_"), (name, figures - asked)
        found[name] += 1
    assert [name for name, times in found.items() if not times] == []


@pytest.mark.parametrize("section", ["texts", "words", "findings"])
def test_every_text_stands_in_three_languages(section):
    for key, texts in getattr(load_evidence(), section).items():
        assert len(texts) == 3 and (all(texts) or not any(texts)), key
    for texts in load_evidence().said:
        assert len(texts) == 3 and all(texts)


def test_a_sentence_is_not_the_english_one_in_another_language():
    evidence = load_evidence()
    for texts in [*evidence.texts.values(), *evidence.findings.values(), *evidence.said]:
        words = ["".join(piece.literal for piece in parse(text.replace("{}", ""))) for text in texts]
        if re.search(r"[a-z]{3,} [a-z]{2,}", words[0]):
            assert words[0] not in words[1:], texts


def test_every_word_that_a_model_puts_in_a_figures_place_is_there():
    words = load_evidence().words
    body = " ".join(SQL.values())
    what = set(re.findall(r"'what': '([^']+)'", body)) | set(re.findall(r"'([^']+)' as what", body))
    units = set(re.findall(r"'([^']+)' as sample_unit", body))
    needs = set(re.findall(r"\('\w+', '([^']+)', (?:true|false)\)", SQL["int_rule_verdicts"]))
    assert len(what) > 15 and len(units) > 8 and len(needs) > 10
    assert (what | units | needs) - set(words) == set()
    assert set(Kpi.model_fields["unit"].annotation.__args__) - set(words) == set()


def test_a_text_is_parsed_into_its_pieces():
    assert parse("CPA {cpa:2|none}[ of {name}]; {kpi:kpi}") == [
        Piece(literal="CPA "),
        Piece(name="cpa", kind="2", unknown="none"),
        Piece(literal=" of ", group=1),
        Piece(name="name", unknown="unknown", group=1),
        Piece(literal="; "),
        Piece(name="kpi", kind="kpi", unknown="unknown"),
    ]


@pytest.mark.parametrize("text", ["{cpa", "{cpa:3}", "[open", "[a [b]]", "{}"])
def test_a_text_that_cant_be_read_is_refused(text):
    with pytest.raises(ValueError, match=r"figure|decimals|bracket"):
        parse(text)


@pytest.mark.parametrize(
    "given",
    [
        {"texts": {"a": ["{x}", "{x}", "{y}"]}},
        {"texts": {"a": ["{x:1}", "{x:1}", "{x:2}"]}},
        {"texts": {"a": ["{x}", "{x}"]}},
        {"said": [["{} more", "til", "till"]]},
    ],
)
def test_languages_that_differ_in_figures_are_refused(given):
    with pytest.raises(ValidationError):
        Evidence.model_validate({"texts": {}, "words": {}, "said": [], "findings": {}, **given})


def test_models_hold_no_english_beside_it():
    """Whatever a rule says goes by evidence.yml; what it hands on from others is among the texts under said."""
    catalog = Catalog()
    for name in ("int_rule_costs", "int_rule_scale", "int_rule_campaigns", "int_rule_landings", "int_rule_trends"):
        body = catalog.models[f"kpi.{name}"].body
        assert re.findall(r"concat\(", body) == [], name
