"""The English that SQL puts together is the one that the review tells, for every text, with all figures and with none."""

import json
from typing import Any

from config.evidence import load_evidence, parse
from review.language import Language
from review.said import tell
from tests.rule_rows import RunModel, english

FIGURE = {"": "name", "0": 12, "1": 3.5, "2": 0.25, "kpi": "cpa", "word": "a word", "said": "as it is"}


def figures(text: str, *, known: bool) -> dict[str, Any]:
    return {
        piece.name: FIGURE[piece.kind] if known and piece.kind != "day" else None
        for piece in parse(load_evidence().texts[text][0])
        if piece.name
    }


def test_every_text_is_told_alike(run_model: RunModel) -> None:
    given = [
        json.dumps({"text": text, **figures(text, known=known)})
        for text in load_evidence().texts
        for known in (True, False)
    ]
    rows = [{"evidence": said, "missing": None} for said in given]
    found = english(run_model, {"kpi.int_rule_verdicts": rows})
    assert {said: text.rstrip().replace(" %", "%") for said, text in found.items()} == {
        said: tell(said, Language("en"), {}) for said in found
    }
    assert len(found) == len(set(given))


def test_lines_follow_each_other_and_the_same_text_again_is_a_list(run_model: RunModel) -> None:
    lines = [
        {"text": "links_to_mend", "links": 2},
        {"text": "most_visited"},
        {"text": "link", "url": 'https://a.example/?x="1"', "mended": None, "visits": 3},
        {"text": "link", "url": "b\nc", "mended": "d", "visits": 2.0},
    ]
    said = "\n".join(json.dumps(line) for line in lines)
    found = english(run_model, {"kpi.int_risk_levels": [{"evidence": said, "missing": "the week before"}]})
    assert found == {
        said: '; 2 links to mend, those with most visits: https://a.example/?x="1" → its source can\'t be told (3); b\nc → d (2)',
        "the week before": "the week before",
    }


def test_a_part_in_brackets_goes_with_its_figure(run_model: RunModel) -> None:
    known = {
        "text": "click_rate",
        "ctr": 1,
        "target": 1.5,
        "origin": "nb2026",
        "clicks": 20,
        "impressions": 2000,
        "weeks": 2,
    }
    texts = [json.dumps(known), json.dumps({**known, "target": None, "origin": None})]
    found = english(run_model, {"kpi.int_risk_changes": [{"evidence": text, "missing": None} for text in texts]})
    assert [found[text] for text in texts] == [
        "click rate 1 % against 1.50 % (nb2026); 20 link clicks of 2000 impressions in 2 weeks",
        "click rate 1 % against no target; 20 link clicks of 2000 impressions in 2 weeks",
    ]
