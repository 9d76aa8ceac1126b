"""All authentic exports of ../shared/samples in one ingestion: each is loaded, or refused for a reason that a person would agree with."""

import json
from collections.abc import Iterator

import pytest

from tests.conformance.samples import Loaded, ingested, skipped_without_them, text_of

pytestmark = [skipped_without_them, pytest.mark.xdist_group("samples")]
KNOWN = (
    "meta_business_suite/",
    "meta_ads/",
    "facebook_insights_legacy/",
    "tiktok/",
    "youtube_studio/",
    "ga4_bigquery/",
    "google_ads/",
    "linkedin_ads_SYNTHETIC/",
    "linkedin_page/",
    "x_twitter/",
    "shopify/",
    "stripe/",
    "email_constant_contact/",
    "ga4_data_api/",
    "ga4_ui/",
    "google_business_profile/",
    "google_search_console/",
    "sprout_social/",
    "web_plausible/",
)
META = "meta_business_suite"


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loaded]:
    with ingested(tmp_path_factory.mktemp("samples")) as samples:
        yield samples


def test_every_file_accounts_for_every_record(loaded: Loaded) -> None:
    for path, result in loaded.results.items():
        assert result.rows_read == result.rows_loaded + result.rows_totals + result.rows_quarantined, path
        assert result.status != "loaded" or not result.rows_quarantined, path
        assert result.status == "loaded" or result.reason, path


def test_every_known_export_loads(loaded: Loaded) -> None:
    refused = {"email_constant_contact/email_overview.csv"}
    partly = {path for path, result in loaded.results.items() if path.startswith(KNOWN) and result.status != "loaded"}
    assert partly - refused == {
        # records for which Meta itself could not tell the post ("An error occurred while computing metadata …")
        f"{META}/bub_2024/FB_posts_Dec-12-2023_Mar-06-2024_1032418178499222.csv",
        f"{META}/vsb_2025/IG_posts_double_encoded.csv",
        # shares that a spreadsheet turned into dates
        f"{META}/vsb_2025/Audience_excel_bg_cp1251.csv",
    }
    assert all(loaded.results[path].status == "partly_loaded" for path in partly - refused)


def test_exports_that_are_not_known_wait_and_are_not_misread(loaded: Loaded) -> None:
    others = {path: result for path, result in loaded.results.items() if not path.startswith(KNOWN)}
    assert {path.split("/")[0]: result.reason for path, result in others.items()} == {
        "server_logs": "not a table: a web server's access log (requests, most of them by machines);"
        " sessions come from an analytics tool's export",
    }
    for path, result in others.items():
        assert (result.status, result.rows_loaded) == ("quarantined", 0), path
    tables = loaded.connection.execute(
        "select distinct source_file from raw.social_posts union select source_file from raw.ads"
    ).fetchall()
    assert all(path.startswith(KNOWN) for (path,) in tables)


def test_ga4_bigquery_event(loaded: Loaded) -> None:
    path = "ga4_bigquery/one_event_bq_json_2023.json"
    (event,) = json.loads(text_of(path))
    session = next(param["value"]["int_value"] for param in event["event_params"] if param["key"] == "ga_session_id")
    rows = loaded.connection.execute(
        "select event_name, visitor_id, session_id, epoch_us(occurred_at), page_url, consent from raw.web_events where source_file = ?",
        [path],
    ).fetchall()
    visitor = event["user_pseudo_id"]
    assert rows == [(event["event_name"], visitor, f"{visitor}.{session}", int(event["event_timestamp"]), None, "Yes")]
