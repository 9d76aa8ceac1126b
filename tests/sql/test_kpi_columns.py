"""A column that an input may lack: absent altogether it makes its KPIs unknown, with its name; filled anywhere in the file, none is 0."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlglot import exp, parse_one

from config.kpis import COLUMNS, SOURCES
from tests.kpi_week import raw_week
from tests.sql.test_kpi_each import MONDAYS
from tests.sql.test_kpi_zero import filled, local, rows

RunModel = Callable[..., list[dict[str, Any]]]
MONDAY = MONDAYS[0]
ROOT = Path(__file__).parents[2]
PLAIN: Mapping[str, dict[str, Any]] = {
    "raw.leads": {"lead_id": "l1", "created_at": local(MONDAY, 2, "09:10")},
    "raw.orders": {"order_id": "o1", "ordered_at": local(MONDAY, 2, "09:20"), "revenue": 100, "currency": "NOK"},
    "raw.content_calendar": {"asset_id": "A1", "published_at": local(MONDAY, 2, "09:00")},
    "raw.messages": {"message_id": "m1", "platform": "x", "account": "a", "received_at": local(MONDAY, 2, "09:00"), "direction": "in"},
    "raw.mentions": {"mention_id": "1", "platform": "x", "occurred_at": local(MONDAY, 2, "09:00"), "brand": "b", "is_own": True},
    "raw.reviews": {"review_id": "1", "source": "google", "reviewed_at": local(MONDAY, 2, "09:00")},
    "raw.experiments": {"experiment_id": "e1", "variant": "a", "captured_at": local(MONDAY, 3, "06:00")},
}  # fmt: skip
"""A row of the week that fills none of the columns."""
BEFORE: Mapping[str, list[dict[str, Any]]] = {
    **filled(MONDAY),
    "raw.reviews": [{**PLAIN["raw.reviews"], "review_id": "0", "reviewed_at": local(MONDAY, -4, "12:00"), "rating": 5}],
    "raw.experiments": [{**PLAIN["raw.experiments"], "variant": "b", "started_at": local(MONDAY, -4, "12:00")}],
}  # fmt: skip
CASES = {
    "email_signups": ("raw.leads", "lead kinds", 0),
    "webinar_registrations": ("raw.leads", "lead kinds", 0),
    "qualified_lead_share": ("raw.leads", "lead stages", 0),
    "booked_meetings": ("raw.leads", "lead meetings", 0),
    "pipeline_social": ("raw.leads", "lead values", 0),
    "repeat_purchase_rate": ("raw.orders", "order customers", None),
    "referred_customers": ("raw.orders", "order customers and order referrals", 0),
    "referral_value": ("raw.orders", "order customers and order referrals", 0),
    "qa_pass_rate": ("raw.content_calendar", "content reviews", None),
    "creator_collaborations": ("raw.content_calendar", "content creators", 0),
    "repurpose_ratio": ("raw.content_calendar", "content originals", 0),
    "response_rate": ("raw.messages", "message answers", 0),
    "unanswered_messages": ("raw.messages", "message answers", 1),
    "service_share": ("raw.messages", "message replies", None),
    "share_of_voice": ("raw.mentions", "competitor mentions", 100),
    "negative_comment_share": ("raw.mentions", "mention sentiments", None),
    "review_rating": ("raw.reviews", "review ratings", None),
    "creative_tests_started": ("raw.experiments", "experiment starts", 0),
}
"""The KPI, its input, the columns, and its value in a week of plain rows where the column is filled before; None: divided by 0."""
SESSION_CASES = {
    "bounce_rate": ("session engagement", {"engaged_seconds": None}),
    "returning_visitor_share": ("session visitors", {"visitor_id": None}),
    "consented_share": ("session consent", {"consent": None}),
}
"""The KPI, the column of visits that it needs, and what takes it away."""


def weeks(run_model: RunModel, inputs: Mapping[str, list[dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    sessions = {"raw.web_sessions": raw_week(MONDAY)["raw.web_sessions"]}
    return {
        row["kpi"]: row
        for row in run_model("kpi.kpi_values", {**sessions, **inputs})
        if (row["period"], row["dimension"], row["period_start_date"]) == ("week", "all", MONDAY)
    }


PUBLISHING = ("assets_published", "creator_collaborations", "repurpose_ratio")
"""KPIs of what is published, which a list of briefs tells nothing of."""


def test_every_column_has_a_case() -> None:
    of_sessions = {column for column, _ in SESSION_CASES.values()}
    of_lists = {column for _, columns, _ in CASES.values() for column in columns.split(" and ")}
    assert of_lists | of_sessions | {"content publishing"} == set(get_args(COLUMNS))


def test_the_columns_of_kpis_yml_are_those_that_the_model_looks_for() -> None:
    """Both ways: a column of kpis.yml that is never looked for would be missing for ever, and one that nobody may name is no use."""
    model = parse_one((ROOT / "sql" / "kpi" / "int_delivered_days.sql").read_text(encoding="utf-8"), dialect="duckdb")
    named = {
        literal.this
        for select in model.find_all(exp.Select)
        for projection in select.expressions
        for literal in told(projection.unalias())
        if literal.this
    }
    assert named == set(get_args(SOURCES)) | set(get_args(COLUMNS))


def told(projection: exp.Expression) -> list[exp.Literal]:
    """The texts that a column may be as they stand there."""
    if isinstance(projection, exp.Case):
        branches = [*(branch.args["true"] for branch in projection.args["ifs"]), projection.args.get("default")]
        return [branch for branch in branches if isinstance(branch, exp.Literal) and branch.is_string]
    return [projection] if isinstance(projection, exp.Literal) and projection.is_string else []


def test_a_list_of_briefs_tells_nothing_of_what_is_published(run_model: RunModel) -> None:
    brief = {
        "asset_id": "A2",
        "briefed_at": local(MONDAY, 2, "09:00"),
        "creator": "Kari",
        "derived_from_asset_id": "A1",
    }
    found = weeks(run_model, {"raw.content_calendar": rows([brief], MONDAY)})
    assert {kpi: (found[kpi]["value"], found[kpi]["null_reason"]) for kpi in PUBLISHING} == dict.fromkeys(
        PUBLISHING, (None, "no data from content publishing")
    )
    published = {"asset_id": "A1", "published_at": local(MONDAY, -4, "12:00")}
    found = weeks(run_model, {"raw.content_calendar": rows([brief, published], MONDAY)})
    assert {kpi: (found[kpi]["value"], found[kpi]["null_reason"]) for kpi in PUBLISHING} == {
        "assets_published": (0, None),
        "creator_collaborations": (0, None),
        "repurpose_ratio": (None, "denominator is 0"),
    }


def test_all_that_is_missing_is_named_once(run_model: RunModel) -> None:
    found = weeks(run_model, {"raw.leads": rows([PLAIN["raw.leads"]], MONDAY), "raw.web_sessions": []})
    told = {
        "pipeline_social": "no data from lead values and sessions",
        "pipeline_per_10k_spend": "no data from lead values and sessions and ads",
        "cpl_paid": "no data from ads and sessions",
        "repeat_purchase_rate": "no data from orders",
        "referred_customers": "no data from orders",
        "landing_page_cvr": "no data from sessions",
    }
    assert {kpi: found[kpi]["null_reason"] for kpi in told} == told


def test_a_column_that_never_came_is_unknown_and_named(run_model: RunModel) -> None:
    found = weeks(run_model, {table: rows([row], MONDAY) for table, row in PLAIN.items()})
    told = {kpi: (found[kpi]["value"], found[kpi]["null_reason"], found[kpi]["is_complete"]) for kpi in CASES}
    assert told == {kpi: (None, f"no data from {column}", False) for kpi, (_, column, _) in CASES.items()}


def test_a_column_that_is_there_tells_of_none(run_model: RunModel) -> None:
    found = weeks(run_model, {table: rows([row, *BEFORE[table]], MONDAY) for table, row in PLAIN.items()})
    told = {kpi: (found[kpi]["value"], found[kpi]["null_reason"]) for kpi in CASES}
    assert told == {kpi: (value, "denominator is 0" if value is None else None) for kpi, (_, _, value) in CASES.items()}


@pytest.mark.parametrize("first", [True, False])
def test_another_file_with_the_column_tells_from_its_first_row_on(run_model: RunModel, first: bool) -> None:
    """The file that fills it tells of its days and those after, and nothing of those before."""
    day = -4 if first else 9
    other = {
        "lead_id": "l0",
        "created_at": local(MONDAY, day, "12:00"),
        "meeting_at": local(MONDAY, day, "13:00"),
        "source_file": "b.csv",
    }
    row = weeks(run_model, {"raw.leads": rows([PLAIN["raw.leads"], other], MONDAY)})["booked_meetings"]
    assert (row["value"], row["null_reason"]) == ((0, None) if first else (None, "no data from lead meetings"))


def test_the_file_that_fills_it_later_tells_of_its_earlier_rows_too(run_model: RunModel) -> None:
    later = {"lead_id": "l0", "created_at": local(MONDAY, 7, "12:00"), "meeting_at": local(MONDAY, 7, "13:00")}
    row = weeks(run_model, {"raw.leads": rows([PLAIN["raw.leads"], later], MONDAY)})["booked_meetings"]
    assert (row["value"], row["null_reason"]) == (0, None)


@pytest.mark.parametrize("kpi", SESSION_CASES)
def test_visits_without_the_column_tell_of_visits_alone(run_model: RunModel, kpi: str) -> None:
    column, gone = SESSION_CASES[kpi]
    delivered = raw_week(MONDAY)["raw.web_sessions"]
    found = weeks(run_model, {"raw.web_sessions": [{**row, **gone} for row in delivered]})
    assert (found[kpi]["value"], found[kpi]["null_reason"]) == (None, f"no data from {column}")
    assert found["social_sessions"]["value"] == weeks(run_model, {})["social_sessions"]["value"] > 0
    some = [row if number == 0 else {**row, **gone} for number, row in enumerate(delivered)]
    assert weeks(run_model, {"raw.web_sessions": some})[kpi]["value"] is not None
