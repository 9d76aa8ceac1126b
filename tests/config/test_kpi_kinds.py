"""kpis.yml: measures made of others, what a KPI may not be made of, and the catalogue of the design, which is there whole."""

import re
from pathlib import Path

import pytest
import yaml

from config.home import Home
from config.kpis import load_kpis, tables
from config.yaml_file import SHIPPED
from tests.config.test_kpis import edit, fault

DESIGN = Path(__file__).parents[3] / "shared" / "design" / "kpi_catalogue.yml"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


@pytest.mark.skipif(not DESIGN.exists(), reason="the design is not beside the project")
def test_every_kpi_of_the_catalogue_is_defined_as_it_says(home: Home) -> None:
    kpis = load_kpis(home).kpis
    design = yaml.safe_load(DESIGN.read_text(encoding="utf-8"))
    for tier, named in design.items():
        for name, wanted in named.items():
            kpi = kpis[name]
            said = {key: wanted[key] for key in ("phase", "better", "cadence", "unit")}
            assert {key: getattr(kpi, key) for key in said} == said, name
            assert kpi.tier == tier, name
            assert set(wanted.get("dims", [])) <= set(kpi.dims), name
            if not wanted.get("additive", True):
                assert not kpi.additive, name


def test_a_measure_made_of_others_has_their_sources_and_dimensions(home: Home) -> None:
    kpis = load_kpis(home)
    assert kpis.sources("cpa_mean") == ["ads", "leads", "orders"]
    assert kpis.dims("cpa_deviation") == kpis.kpis["cpa"].dims
    read = {(row["measure"], row["dimension"]) for row in tables(home)["measure_dimensions"].to_pylist()}
    assert ("ad_spend_social", "campaign") in read


def test_a_home_may_take_off_measures_and_weigh_weeks(home: Home) -> None:
    own = (
        "\n  ctr_mean: {kind: mean, kpi: ctr_paid, weeks: 6, of: \"mean of the weekly CTR\"}\n\n# title: English",
        "\n  profit:\n    {tier: business, phase: conversion, unit: money, better: up, cadence: weekly, owner: Me, title: [a, b, c],\n"
        "     formula: \"revenue - spend\", numerator: [revenue_social, -ad_spend_social]}\n",
    )  # fmt: skip
    text = (SHIPPED / "kpis.yml").read_text(encoding="utf-8").replace("\n# title: English", own[0]) + own[1].lstrip(
        "\n"
    )
    path = home.config / "kpis.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    assert load_kpis(home).kpis["profit"].parts == [
        ("numerator", "revenue_social", 1),
        ("numerator", "ad_spend_social", -1),
    ]
    signs = {
        (row["measure"], row["sign"], row["is_net"])
        for row in tables(home)["kpi_parts"].to_pylist()
        if row["kpi"] == "profit"
    }
    assert signs == {("revenue_social", 1, True), ("ad_spend_social", -1, True)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: mean, kpi: cpa,", "kind: mean, kpi: cpaa,", "'cpa_mean' has no KPI 'cpaa' whose measures add up (did"),
        ("kind: mean, kpi: cpa,", "kind: mean, kpi: mrr,", "'cpa_mean' has no KPI 'mrr' whose measures add up"),
        ("kind: mean, kpi: cpa, weeks: 4,", "kind: mean, kpi: cpa,", "weeks given for a measure of the kind mean"),
        ("kind: mean, kpi: cpa,", "kind: mean, source: ads, kpi: cpa,", "no source for a measure of the kind mean"),
        ("saves:                    {source: posts,", "saves:                    {", "source given for a measure of the kind flow"),
        ("numerator: mrr, additive: false}", "numerator: mrr}", "'mrr' uses 'mrr', of the kind end, which is never added up"),
        ("numerator: mrr, additive: false}", "numerator: mrr, additive: false, scorecard_weeks: 4}", "can't be added up over 4 weeks"),
        ("numerator: comments_negative,", "scorecard_weeks: 4, numerator: comments_negative,", "added up over 4 weeks; allowed: 1"),
        ("numerator: comments_negative,", "numerator: -comments_negative,", "'negative_comment_share' has nothing to take off from"),
        ("denominator: mentions_of_all,", "denominator: [-mentions_of_all],", "'share_of_voice' takes off outside its numerator"),
        ("numerator: comments_negative,", "numerator: comments_negativ,", "no measure 'comments_negativ' to use (did you mean"),
    ],
)  # fmt: skip
def test_what_can_be_wrong_in_a_kind(home: Home, old: str, new: str, said: str) -> None:
    line = edit(home, "kpis.yml", (old, new))
    text = fault(load_kpis, home)
    assert said in text
    assert abs(int(re.search(r"kpis\.yml:(\d+):", text)[1]) - line) <= 3  # type: ignore[index]
