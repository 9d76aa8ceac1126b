"""The docs against the code: what a page promises exists, and what exists is on the page."""

import argparse
import re
from pathlib import Path

import pytest

from config.decision_shapes import Risks, Rules
from hourglass.cli import build_parser
from hourglass.dictionary import PAGE, page
from pipelines.schema import RAW_TABLES
from sql.catalog import Catalog

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRACT = {
    "core.fct_sessions": "session_id, visitor_id, started_at, session_date, landing_url, landing_host, landing_path, referrer_host, "
    "utm_source, utm_medium, utm_campaign, utm_content, utm_term, utm_id, click_id_name, channel_ga4, channel, platform, ai_source, "
    "is_social, is_paid, utm_status, utm_reason, is_bounce, is_returning, pageviews, engaged_seconds, source_file",
    "core.fct_conversions": "conversion_id, conversion_type, occurred_at, conversion_date, session_id, visitor_id, customer_id, value, "
    "currency, value_reporting, source_file",
    "core.fct_posts": "platform, account, post_id, permalink, published_at, format, series, caption, duration_seconds, impressions, reach, "
    "views, views_3s, views_25pct, views_completed, average_view_share, watch_seconds, likes, comments, shares, saves, link_clicks, "
    "profile_visits, follows, negative_feedback, is_paid, captured_at, source_file",
    "core.fct_posts_daily": "platform, account, post_id, is_estimated",
    "core.fct_account_daily": "platform, account, date, followers, followers_gained, followers_lost, reach, impressions, views, "
    "profile_visits, profile_link_clicks, interactions, source_file",
    "core.fct_ads_daily": "platform, account, campaign, ad_group, ad, date, spend, currency, spend_reporting, impressions, clicks, "
    "link_clicks, views, views_completed, platform_conversions, platform_conversion_value, is_estimated, source_file",
    "core.fct_audience": "platform",
    "core.fct_web_reported": "tool, property, date, period_from, period_to, dimension, member, visitors, sessions, pageviews, clicks, "
    "impressions, conversions, source_file",
    "core.fct_emails": "campaign, sent_at, delivered, opens, clicks, orders, revenue",
    "core.dim_channels": "channel, platform, role, ownership, owner",
    "core.dim_dates": "date",
    "attribution.credits": "conversion_id, conversion_type, model, touch_number, session_id, channel, platform, source, medium, campaign, "
    "content, credit, value_reporting",
    "kpi.kpi_catalogue": "kpi, tier, phase, title_en, title_nb, title_sv, formula, unit, better, cadence, is_additive",
    "kpi.kpi_values": "kpi, period, period_start_date, dimension, member, numerator, denominator, value, unit, currency, is_complete, "
    "null_reason",
    "kpi.scorecard": "plan, plan_day, kpi, week_start_date, value, previous_value, change, baseline, target, expected, progress, status, "
    "weeks_worse, owner, cadence",
    "kpi.decisions": "week_start_date, rule, subject_kind, subject, verdict, evidence, sample, confidence, action, owner, decided, "
    "decided_at",
    "kpi.risks": "week_start_date, risk, kpi, state, evidence",
    "kpi.bridge": "kpi, week_start_date, previous_week_start_date, decomposition, part, position, previous_part_value, part_value, "
    "contribution, previous_value, value, change, unit, currency, is_complete, null_reason",
    "kpi.creative_scorecard": "week_start_date, asset, goal, measure, value, lower_bound, rank, is_top, verdict, sample",
    "kpi.series_scorecard": "week_start_date, series, goal, value, lower_bound, rank, is_top, verdict, sample",
    "kpi.experiments": "experiment_id, variant, metric, numerator, denominator, value, lower, upper, is_winner, state, planned_sample, "
    "sample",
    "quality.files": "file_path, file_sha256, bytes, source, platform, export_kind, locale, encoding, delimiter, account, "
    "period_from_date, period_to_date, downloaded_at, rows_read, rows_loaded, rows_totals, rows_quarantined, status, reason, loaded_at",
    "quality.quarantine": "file_path, line_number, reason, raw_text",
    "quality.utm_violations": "session_date, channel, source, medium, campaign, landing_url, reason, suggested_url, owner, sessions, "
    "spend_at_risk, currency",
}


def commands(parser: argparse.ArgumentParser | None = None, before: str = "") -> dict[str, argparse.ArgumentParser]:
    """Every command by its name; those of a group by both words, such as `utm check`."""
    found: dict[str, argparse.ArgumentParser] = {}
    for action in (parser or build_parser())._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                found |= commands(command, f"{before}{name} ") or {before + name: command}
    return found


def test_the_data_dictionary_is_what_the_headers_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run `make docs`"


@pytest.mark.parametrize("table", sorted(CONTRACT))
def test_a_table_of_the_contract_has_its_columns(table: str) -> None:
    columns = Catalog().models[table].header.columns
    missing = [name for name in CONTRACT[table].split(", ") if name not in columns]
    assert missing == []


@pytest.mark.parametrize("name", sorted(commands()))
def test_a_command_and_its_options_are_in_the_readme(name: str) -> None:
    row = next((line for line in README.splitlines() if line.startswith(f"| `hourglass {name}")), "")
    options = [
        option for action in commands()[name]._actions for option in action.option_strings if option.startswith("--")
    ]
    assert row, f"no row for {name}"
    assert [
        option for option in options if option not in row and option not in ("--help", "--verbose", "--end-date")
    ] == []


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^\s+|`)make ([a-z]+)", README, re.MULTILINE))
    assert named and named <= targets


@pytest.mark.parametrize(
    "name",
    ["web_sessions", "web_events", "leads", "orders", "subscriptions", "costs", "messages", "mentions", "reviews", "content_calendar",
     "experiments", "decisions"],
)  # fmt: skip
def test_an_inputs_columns_are_in_the_readme_with_the_required_ones_marked(name: str) -> None:
    row = next(line for line in README.splitlines() if line.startswith(f"| {name} |"))
    # A column without a name in files is filled by the readers of exports only.
    own = [column for column in RAW_TABLES[name].own_columns if column.header and not column.name.startswith("utm_")]
    for column in own:
        shown = "email" if column.name == "email_hash" else column.name
        assert re.search(rf"\b{shown}\b", row), shown
        assert (f"**{shown}**" in row) == column.required, shown


def test_every_rule_and_risk_is_explained() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    names = [*Rules.model_fields, *Risks.model_fields]
    assert [name for name in names if not re.search(rf"^\| `{name}` \| .{{20,}} \|", text, re.MULTILINE)] == []


def test_every_configuration_file_is_in_the_readme() -> None:
    shipped = [path.name for path in (ROOT / "config").iterdir() if path.suffix in (".yml", ".csv")]
    assert [name for name in shipped if f"`{name}`" not in README] == []


def test_every_link_between_the_pages_leads_somewhere() -> None:
    for source in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "DECISIONS.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", source.read_text(encoding="utf-8")):
            assert (source.parent / target).exists(), f"{source.name}: {target}"
