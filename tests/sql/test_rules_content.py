"""The rules double_or_cut and test_decided: what the series scorecard and the experiments say becomes a recommendation."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from config.home import Home
from tests.rule_rows import WEEK, RunModel, monday, targets, verdicts, weeks


def series(name: str, value: float, lower: float, upper: float, **more: Any) -> dict[str, Any]:
    """kpi.series_scorecard: a series that must reach 3.5 to pass."""
    exact = {"value": value, "lower_bound": lower, "upper_bound": upper, "threshold": 3.5}
    return {
        "week_start_date": WEEK, "series": name, "distribution": "all", "goal": "engagement", "assets": 6, "sample": 5000, "rank": 1,
        "ranked": 5, "is_top": False, "verdict": "open", **{key: Decimal(str(one)) for key, one in exact.items()}, **more,
    }  # fmt: skip


def variant(experiment: str, name: str, state: str, **more: Any) -> dict[str, Any]:
    """kpi.experiments: one variant."""
    return {
        "experiment_id": experiment, "variant": name, "metric": "ctr", "value": Decimal("1.2"), "lower": Decimal("1.0"),
        "upper": Decimal("1.4"), "state": state, "started_date": monday(3), "judged_date": WEEK + timedelta(days=2), "sample": 500,
        "planned_sample": 1000, **more,
    }  # fmt: skip


def judge(run_model: RunModel, **inputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    given = {
        "kpi.int_rule_weeks": weeks(3), "kpi.int_rule_targets": targets(3), "kpi.kpi_values": [], "kpi.int_rule_ads": [],
        "kpi.int_visits_daily": [], "kpi.series_scorecard": [], "kpi.experiments": [],
        **{name.replace("__", "."): rows for name, rows in inputs.items()},
    }  # fmt: skip
    rows = run_model("kpi.decisions", given)
    return [row for row in rows if row["rule"] in ("double_or_cut", "test_decided") and row["subject"] != "all"]


def test_the_best_series_are_doubled_and_those_that_fail_are_cut(run_model: RunModel) -> None:
    rows = judge(
        run_model,
        kpi__series_scorecard=[
            series("best", 6, 5, 7, is_top=True, verdict="pass"),
            series("best, but unsure", 3.6, 2.6, 4.6, is_top=True),
            series("good", 5, 4, 6, verdict="pass"),
            series("open", 3.4, 2.4, 4.4),
            series("bad", 2, 1, 3, verdict="fail"),
            series("young", 5, 4, 6, verdict="not_enough_data", missing="2 more assets"),
            series("bad", 6, 5, 7, is_top=True, verdict="pass", distribution="organic"),
        ],
    )
    found = {row["subject"]: (row["verdict"], row["action"], row["missing"]) for row in rows}
    assert found == {
        "best": ("fires", "Double the production of this series.", None),
        "best, but unsure": ("quiet", None, None),
        "good": ("quiet", None, None),
        "open": ("quiet", None, None),
        "bad": ("fires", "Cut this series.", None),
        "young": ("not_enough_data", None, "2 more assets"),
    }
    bad = next(row for row in rows if row["subject"] == "bad")
    assert bad["evidence"] == "engagement 2 (1 to 3), to pass 3.50; place 1 of 5, 6 assets"
    # 1.5 of the interval's half width, which is 1.645 standard errors: 2.47 of them
    assert bad["confidence"] == Decimal("0.9932")


def test_tests_that_are_decided(run_model: RunModel) -> None:
    both = ("a", "b")
    rows = judge(
        run_model,
        kpi__experiments=[
            *(variant("won", name, "decided", winner="b", decided_date=monday(1)) for name in both),
            *(variant("no difference", name, "no_difference", sample=1000) for name in both),
            *(variant("running", name, "running", judged_date=WEEK + timedelta(days=9)) for name in both),
            *(variant("small", name, "not_enough_data", missing="30 more visits of b") for name in both),
            *(variant("broken", name, "broken_sample") for name in both),
            *(variant("long ago", name, "decided", winner="a", decided_date=date(2026, 1, 5)) for name in both),
        ],
    )
    found = {row["subject"]: (row["week_start_date"], row["verdict"], row["missing"]) for row in rows}
    assert found == {
        "won": (monday(1), "fires", None),
        "no difference": (WEEK, "fires", None),
        "running": (WEEK, "quiet", None),
        "small": (WEEK, "not_enough_data", "30 more visits of b"),
        "broken": (WEEK, "not_enough_data", "a sample that is split as planned"),
    }
    by_subject = {row["subject"]: row for row in rows}
    assert by_subject["won"]["evidence"] == (
        "decided on 2026-11-02, b wins; ctr: a 1.20 (1 to 1.40); b 1.20 (1 to 1.40); sample 1000 of 2000"
    )
    assert by_subject["won"]["action_sv"] == "Behåll vinnaren och för in beslutet i loggen."
    assert by_subject["no difference"]["action"].startswith("No difference that matters")


def test_keeping_the_winner_goes_along_with_the_recommendation(run_model: RunModel) -> None:
    log = [
        {"decided_at": "2026-11-16 09:00", "subject": subject, "decision": text, "rule": "test_decided", "file_id": "d", "source_row": 1}
        for subject, text in (("won", "Keep the winner"), ("lost", "Keep both"), ("equal", "Keep both"))
    ]  # fmt: skip
    variants = [
        variant(name, part, "decided", winner="b", decided_date=WEEK) for name in ("won", "lost") for part in "ab"
    ]
    variants += [variant("equal", part, "no_difference") for part in "ab"]
    rows = judge(run_model, kpi__experiments=variants, raw__decisions=log)
    assert {row["subject"]: row["decided"] for row in rows} == {
        "won": "decided",
        "lost": "deviated",
        "equal": "decided",
    }


def test_doubling_what_should_be_cut_is_a_deviation(run_model: RunModel) -> None:
    log = [
        {"decided_at": "2026-11-16 09:00", "subject": subject, "decision": text, "file_id": "d", "source_row": 1}
        for subject, text in (("best", "Doubled it"), ("best too", "cut"), ("bad", "Vi kutter: kuttet"), ("bad too", "double"))
    ]  # fmt: skip
    rows = judge(
        run_model,
        raw__decisions=log,
        kpi__series_scorecard=[
            *(series(name, 6, 5, 7, is_top=True, verdict="pass") for name in ("best", "best too")),
            *(series(name, 2, 1, 3, verdict="fail") for name in ("bad", "bad too")),
        ],
    )
    assert {row["subject"]: row["decided"] for row in rows} == {
        "best": "decided",
        "best too": "deviated",
        "bad": "decided",
        "bad too": "deviated",
    }


def test_without_series_and_experiments_the_rules_say_what_they_need(run_model: RunModel, tmp_path: Any) -> None:
    inputs = {
        "kpi.int_rule_weeks": weeks(), "kpi.int_rule_targets": targets(), "kpi.kpi_values": [], "kpi.int_rule_ads": [],
        "kpi.int_visits_daily": [],
    }  # fmt: skip
    found = verdicts(run_model, inputs, home=Home(tmp_path).create())
    assert found["double_or_cut", "all"]["missing"] == "a series in kpi.series_scorecard"
    assert found["test_decided", "all"]["missing"] == "an experiment that was running"
