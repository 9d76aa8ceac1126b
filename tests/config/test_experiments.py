"""experiments.yml: what may decide an experiment; every mistake is named with its line."""

import re
from pathlib import Path

import pytest

from config.experiments import chi_square_limit, cuts, load_experiments, tables
from config.home import Home
from config.kpis import tables as kpi_tables
from config.yaml_file import SHIPPED, ConfigError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path).create()


def test_what_ships_is_cut_as_experiments_read_it(home: Home) -> None:
    assert {"conversion_rate", "ctr", "cpa", "cpl"} <= set(load_experiments(home).metrics)
    assert {("conversions_paid_social", "creative"), ("ad_spend", "ad"), ("ad_spend", "campaign")} <= cuts(home)
    known = kpi_tables(home)["measure_dimensions"].to_pylist()
    assert cuts(home) <= {(row["measure"], row["dimension"]) for row in known}
    names = {row["name"]: row["metric"] for row in tables(home)["experiment_metric_names"].to_pylist()}
    assert (names["conversion_rate"], names["cvr"], names["cpl_paid"]) == ("conversion_rate", "conversion_rate", "cpl")


@pytest.mark.parametrize(
    ("degrees", "significance", "limit"),
    [(1, 0.05, 3.841459), (1, 0.001, 10.827566), (2, 0.01, 9.21034), (5, 0.001, 20.515006), (10, 0.05, 18.307038), (30, 0.001, 59.703064)],
)  # fmt: skip
def test_the_limits_are_those_of_the_tables(degrees: int, significance: float, limit: float) -> None:
    assert chi_square_limit(degrees, significance) == pytest.approx(limit, abs=1e-6)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("events: ad_link_clicks", "events: ad_link_cliks", "'ad_link_cliks' is no measure by campaign and by content or ad (did you mean"),
        ("trials: social_sessions}", "trials: followers_net}", "'followers_net' is no measure by campaign and by content or ad"),
        ("creative: impressions_paid,", "creative: impressions_organic,", "'impressions_organic' is no measure by campaign"),
        ("names: [hook_rate]", "names: [CTR]", "'ctr' is a name of 'ctr' already"),
        (", cost: ad_spend, sample: ad_link_clicks}", "}", "events with trials, or events with cost and sample"),
        ("confidence: 0.95", "confidence: 95", "'confidence' is 95"),
        ("minimum_events: 5", "minimum_event: 5", "unknown key 'minimum_event'"),
    ],
)  # fmt: skip
def test_what_can_be_wrong(home: Home, old: str, new: str, said: str) -> None:
    text = (SHIPPED / "experiments.yml").read_text(encoding="utf-8")
    line = text[: text.index(old)].count("\n") + 1
    (home.config / "experiments.yml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_experiments(home)
    assert said in str(caught.value)
    assert re.search(rf"experiments\.yml:{line}:", str(caught.value))
