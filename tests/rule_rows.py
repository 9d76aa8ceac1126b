"""Rows that tests of the decision rules share: judged weeks, targets, ads by week, and the verdicts of a run by subject."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

RunModel = Callable[..., list[dict[str, Any]]]
Rows = Sequence[Mapping[str, Any]]
WEEK = date(2026, 11, 9)  # the newest judged week; the run of sql.testing is on the Monday after
KPIS = (
    "cpa",
    "cpl_paid",
    "ctr_paid",
    "landing_page_cvr",
    "qualified_lead_share",
    "utm_coverage",
    "leads_social",
    "video_completion_rate",
)


def monday(weeks_before: int = 0) -> date:
    """The Monday of the newest judged week, or of one before it."""
    return WEEK - timedelta(days=7 * weeks_before)


def weeks(number: int = 1) -> list[dict[str, Any]]:
    """The newest judged weeks."""
    return [
        {"week_start_date": monday(place), "week_end_date": monday(place) + timedelta(days=6)}
        for place in range(number)
    ]


def complete(kpis: Sequence[str] = KPIS, number: int = 16) -> list[dict[str, Any]]:
    """kpi.kpi_values: these KPIs complete in the newest weeks."""
    return [
        {"kpi": kpi, "period": "week", "period_start_date": monday(place), "dimension": "all", "member": "all", "is_complete": True}
        for kpi in kpis
        for place in range(number)
    ]  # fmt: skip


def targets(number: int = 1, *, incomplete: Sequence[str] = (), **by_kpi: float | None) -> list[dict[str, Any]]:
    """kpi.int_rule_targets: CPA 100, cost per lead 200, click rate 1.5 %, conversion rate 3 %, qualified share 40 %, or as given."""
    known: dict[str, float | None] = {
        "cpa": 100, "cpl_paid": 200, "ctr_paid": 1.5, "landing_page_cvr": 3, "qualified_lead_share": 40, "utm_coverage": 95,
        **dict.fromkeys(KPIS[6:]), **by_kpi,
    }  # fmt: skip
    return [
        {
            "kpi": kpi, "week_start_date": monday(place), "target": None if target is None else Decimal(str(target)),
            "origin": None if target is None else "nb2026", "owner": f"owner of {kpi}", "is_complete": kpi not in incomplete,
            "missing": json.dumps({"text": "target_for", "kpi": kpi}) if target is None else None,
        }
        for kpi, target in known.items()
        for place in range(number)
    ]  # fmt: skip


def ads(subject: str, weeks_before: int = 0, kind: str = "campaign", **figures: float | None) -> dict[str, Any]:
    """kpi.int_rule_ads: one week of a campaign, ad or channel; what is not given is an ordinary week at the targets."""
    spend = figures.pop("spend", 2000)
    clicks = figures.get("link_clicks", 500)
    row: dict[str, Any] = {
        "week_start_date": monday(weeks_before), "subject_kind": kind, "subject": subject,
        "campaign": None if kind == "channel" else subject.split(" / ")[0], "days_with_spend": 7, "spend": spend, "impressions": 30000,
        "link_clicks": clicks, "impressions_with_clicks": figures.get("impressions", 30000), "views": 10000, "views_completed": 3000,
        "visits": clicks, "visits_converted": 15, "conversions": 20, "leads": 10, "leads_qualified": 4, **figures,
    }  # fmt: skip
    return {name: Decimal(str(value)) if isinstance(value, float) else value for name, value in row.items()}


def verdicts(run_model: RunModel, inputs: Mapping[str, Rows], **options: Any) -> dict[tuple[str, str], dict[str, Any]]:
    """The verdicts of the newest judged week by rule and subject, told in English."""
    rows = run_model("kpi.int_rule_verdicts", inputs, **options)
    newest = [row for row in rows if row["week_start_date"] == WEEK]
    said = english(run_model, {"kpi.int_rule_verdicts": newest})
    return {
        (row["rule"], row["subject"]): {**row, "evidence": said[row["evidence"]], "missing": said.get(row["missing"])}
        for row in newest
    }


def english(run_model: RunModel, given: Mapping[str, Rows]) -> dict[str | None, str]:
    """What is said in these rows of verdicts and risks, in words."""
    sources = ("kpi.int_rule_verdicts", "kpi.int_risk_levels", "kpi.int_risk_changes")
    inputs = {
        source: [{"evidence": row["evidence"], "missing": row["missing"]} for row in given.get(source, [])]
        for source in sources
    }
    return {row["said"]: row["english"] for row in run_model("kpi.int_said", inputs)}


def of_ads(rows: Rows, **more: Rows) -> dict[str, Rows]:
    """The inputs of the rules about ads: everything complete, the targets of :func:`targets`."""
    return {
        "kpi.int_rule_weeks": weeks(),
        "kpi.int_rule_targets": targets(),
        "kpi.kpi_values": complete(),
        "kpi.int_rule_ads": rows,
        "core.fct_ads_daily": [],
        "kpi.int_visits_daily": [],
        **more,
    }
