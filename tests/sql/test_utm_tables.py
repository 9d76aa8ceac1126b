"""Coverage by channel, source, campaign, owner and day, and the list of what each owner has to mend."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config.home import Home
from config.yaml_file import SHIPPED
from tests.session_rows import Row, model_rows

DAY = date(2026, 10, 1)
SOCIAL: Row = {
    "session_date": DAY,
    "channel": "Organic Social",
    "platform": "facebook",
    "is_social": True,
    "is_clock_suspect": False,
}


def sessions(*rows: Row) -> list[Row]:
    return [{"session_id": str(place), **SOCIAL, **row} for place, row in enumerate(rows)]


def test_coverage_counts_every_standing_by_all_that_is_asked_for() -> None:
    given = sessions(
        {"source": "facebook", "campaign": "host", "utm_status": "compliant"},
        {"source": "facebook", "campaign": "host", "utm_status": "compliant"},
        {"source": "facebook", "campaign": "host", "utm_status": "repaired"},
        {"referrer_source": "facebook", "utm_status": "missing"},
        {"app_source": "facebook", "utm_status": "incomplete"},
        {"source": "facebook", "campaign": "host", "utm_status": "invalid", "session_date": date(2026, 10, 2)},
        {"source": "x", "platform": None, "channel": "Paid Social", "utm_status": "compliant"},
        {"channel": "Direct", "is_social": False, "utm_status": "not_required"},
    )
    rows = model_rows("quality.utm_coverage", {"core.fct_sessions": given})
    found = sorted(tuple(row.values()) for row in rows)
    assert found == [
        (DAY, "Organic Social", "facebook", "facebook", "(none)", "SoMe Lead", 2, 0, 0, 1, 0, 1, Decimal("0.000000")),
        (DAY, "Organic Social", "facebook", "facebook", "host", "SoMe Lead", 3, 2, 1, 0, 0, 0, Decimal("0.666667")),
        (DAY, "Paid Social", "(none)", "x", "(none)", "Growth Marketer", 1, 1, 0, 0, 0, 0, Decimal("1.000000")),
        (date(2026, 10, 2), "Organic Social", "facebook", "facebook", "host", "SoMe Lead", 1, 0, 0, 0, 1, 0, Decimal("0.000000")),
    ]  # fmt: skip


def test_the_kpi_is_the_same_counts_and_knows_the_owner() -> None:
    given = sessions(
        {"utm_status": "compliant"},
        {"utm_status": "missing"},
        {"utm_status": "compliant", "channel": "Paid Social"},
        {"utm_status": "missing", "channel": "Organic Video", "platform": "youtube"},
    )
    coverage = model_rows("quality.utm_coverage", {"core.fct_sessions": given})
    measures = model_rows("kpi.int_measures_sessions", {"core.fct_sessions": given})
    for measure, column in (("social_sessions", "sessions"), ("social_sessions_compliant", "compliant")):
        for dimension in ("channel", "platform", "source", "campaign", "owner"):
            summed: dict[str, int] = {}
            for row in coverage:
                summed[row[dimension]] = summed.get(row[dimension], 0) + row[column]
            found = {
                r["member"]: r["value"] for r in measures if (r["measure"], r["dimension"]) == (measure, dimension)
            }
            assert found == summed, (measure, dimension)
    assert {row["owner"] for row in coverage} == {"SoMe Lead", "Growth Marketer", "Content Lead"}


def test_an_owner_of_a_platform_goes_before_one_of_the_channel(tmp_path: Path) -> None:
    home = Home(tmp_path).create()
    text = (SHIPPED / "utm_standard.yml").read_text(encoding="utf-8")
    text = text.replace("  default: Growth Marketer", "  platform/tiktok: Kim\n  default: Growth Marketer")
    (home.config / "utm_standard.yml").write_text(text, encoding="utf-8")
    rows = model_rows("core.int_link_owners", {}, home=home)
    owners = {(row["channel"], row["platform"]): row["owner"] for row in rows}
    assert owners["Organic Social", "tiktok"] == owners["Direct", "tiktok"] == "Kim"
    assert (owners["Organic Social", "facebook"], owners["Organic Social", ""]) == ("SoMe Lead", "SoMe Lead")
    assert (owners["Unassigned", ""], owners["Email", ""]) == ("Growth Marketer", "CRM Lead")
    assert len(owners) == len(rows)


# ---- the owner's list -------------------------------------------------------------------------------------------------------------------


def violation(**fields: Any) -> Row:
    return {
        "session_date": DAY, "channel": "Organic Social", "platform": "facebook", "source": "fb", "medium": "social", "campaign": "host",
        "landing_url": "https://shop.example/", "reason": "source_spelling", "suggested_url": "https://shop.example/?mended",
        "owner": "SoMe Lead", "sessions": 1, **fields,
    }  # fmt: skip


def worklist(violations: list[Row], newest: list[Row]) -> list[Row]:
    rows = model_rows("quality.utm_worklist", {"quality.utm_violations": violations, "core.fct_sessions": newest})
    return sorted(rows, key=lambda row: (row["owner"], row["place"]))


def test_the_days_of_the_window_are_taken_together_and_the_dearest_is_first() -> None:
    rows = worklist(
        [
            violation(session_date=date(2026, 9, 3), sessions=100),  # 28 days before the newest: outside
            violation(session_date=date(2026, 9, 4), sessions=2),
            violation(sessions=3),
            violation(landing_url="https://shop.example/b", sessions=9),
            violation(landing_url="https://shop.example/c", sessions=1, spend_at_risk=Decimal("12.5"), currency="NOK"),
            violation(owner="CRM Lead", channel="Email", platform="", sessions=4, suggested_url=None),
        ],
        sessions({}, {"session_date": date(2099, 1, 1), "is_clock_suspect": True}),
    )
    assert [
        (
            row["owner"],
            row["place"],
            row["landing_url"][-1],
            row["sessions"],
            row["owner_sessions_share"],
            row["spend_at_risk"],
        )
        for row in rows
    ] == [
        ("CRM Lead", 1, "/", 4, Decimal(1), None),
        ("SoMe Lead", 1, "c", 1, Decimal("0.066667"), Decimal("12.5000")),
        ("SoMe Lead", 2, "b", 9, Decimal("0.600000"), None),
        ("SoMe Lead", 3, "/", 5, Decimal("0.333333"), None),
    ]
    assert (rows[3]["first_date"], rows[3]["last_date"]) == (date(2026, 9, 4), DAY)
    assert (rows[0]["suggested_url"], rows[1]["suggested_url"]) == (None, "https://shop.example/?mended")


@pytest.mark.parametrize("model", ["quality.utm_worklist", "quality.utm_coverage"])
def test_no_sessions_give_no_rows(model: str) -> None:
    assert model_rows(model, {}) == []
