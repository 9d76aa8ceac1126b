"""Does the pipeline find what the simulator knows? Every comparison is exact, row by row."""

from decimal import Decimal

import pytest

from tests.end_to_end.conftest import SESSIONS, Night

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("night")]


def differences(night: Night, found: str, known: str) -> list[tuple[object, ...]]:
    """Rows that only one side has; at most five of each, marked by side."""
    return night.rows(
        f"with found as ({found}), known as ({known}) "
        "(select 'found' as side, * from (select * from found except all select * from known) limit 5) union all "
        "(select 'known' as side, * from (select * from known except all select * from found) limit 5)"
    )


def test_every_session_is_there_once(night: Night) -> None:
    assert night.rows("select count(*), count(distinct session_id) from core.fct_sessions") == [(SESSIONS, SESSIONS)]


def test_each_session_has_its_day_channel_platform_and_status(night: Night) -> None:
    columns = "session_id, session_date, channel, coalesce(platform, '') as platform, is_social, is_paid, utm_status"
    found = f"select {columns} from core.fct_sessions"
    known = f"select {columns} from read_parquet('{{truth}}/session_labels.parquet')"
    assert (
        differences(night, found, known.replace("session_date,", "cast(session_date as date) as session_date,")) == []
    )


def test_coverage_is_the_known_one_in_all_by_channel_and_by_week(night: Night) -> None:
    known = night.rows(
        "select scope, coalesce(channel, ''), coalesce(cast(week_start_date as varchar), ''), numerator, denominator "
        "from read_csv('{truth}/utm_coverage.csv') where scope in ('all', 'channel', 'week')"
    )
    count = "count(*) filter (where utm_status = 'compliant'), count(*) from core.fct_sessions where is_social"
    found = night.rows(
        f"select 'all', '', '', {count} union all select 'channel', channel, '', {count} group by channel union all "
        f"select 'week', '', cast(cast(date_trunc('week', session_date) as date) as varchar), {count} group by all"
    )
    assert sorted(found) == sorted(known)
    kpi = night.rows(
        "select cast(period_start_date as varchar), numerator, denominator from kpi.kpi_values "
        "where kpi = 'utm_coverage' and period = 'week' and dimension = 'all' and denominator > 0"
    )
    assert sorted((week, int(n), int(d)) for week, n, d in kpi) == sorted(
        (week, n, d) for scope, _, week, n, d in known if scope == "week"
    )


def test_every_conversion_is_tied_to_its_true_session(night: Night) -> None:
    found = (
        "select split_part(conversion_id, ':', 2) as conversion_id, conversion_type, conversion_date, "
        "coalesce(session_id, '') as session_id from core.fct_conversions"
    )
    known = (
        "select conversion_id, conversion_type, cast(conversion_date as date) as conversion_date, "
        "coalesce(session_id, '') as session_id from read_csv('{truth}/conversions.csv', all_varchar = true)"
    )
    assert differences(night, found, known) == []


def test_credit_goes_to_the_true_last_non_direct_visit(night: Night) -> None:
    found = (
        "select split_part(conversion_id, ':', 2) as conversion_id, session_id, cast(credit as decimal(18, 9)) as credit "
        "from attribution.credits where model = 'last_non_direct' and session_id is not null"
    )
    known = (
        "select conversion_id, last_non_direct_session_id, cast(1 as decimal(18, 9)) "
        "from read_csv('{truth}/conversions.csv', all_varchar = true) where last_non_direct_session_id is not null"
    )
    assert differences(night, found, known) == []


def test_spend_is_found_by_day_platform_and_campaign_in_both_currencies(night: Night) -> None:
    found = (
        "select date, platform, campaign, currency, cast(sum(spend) as decimal(18, 2)) as spend, "
        "sum(spend_reporting) is not null as converted from core.fct_ads_daily group by all having sum(spend) <> 0"
    )
    known = (
        "select date, platform, campaign, currency, cast(spend as decimal(18, 2)), true "
        "from read_csv('{truth}/spend_by_day.csv') where spend <> 0"
    )
    assert differences(night, found, known) == []
    converted = night.rows("select sum(spend_reporting) from core.fct_ads_daily")[0][0]
    expected = night.rows("select sum(cast(spend_nok as decimal(18, 4))) from read_csv('{truth}/spend_by_day.csv')")[0][
        0
    ]
    assert abs(converted - expected) <= Decimal("0.5"), (converted, expected)


def test_revenue_by_currency_is_net_of_tax_and_refunds(night: Night) -> None:
    found = (
        "select currency, count(*) as orders, cast(sum(value) as decimal(18, 2)) as revenue from core.fct_conversions "
        "where conversion_type = 'order' group by currency"
    )
    known = "select currency, orders, cast(revenue_net as decimal(18, 2)) from read_csv('{truth}/orders.csv')"
    assert differences(night, found, known) == []


def test_account_days_are_the_newest_exports_numbers(night: Night) -> None:
    measures = ("followers_gained", "reach", "views", "profile_visits", "profile_link_clicks", "interactions")
    for measure in measures:
        found = (
            f"select platform, account, date, cast({measure} as bigint) as value from core.fct_account_daily "
            f"where {measure} is not null"
        )
        known = (
            "select platform, account, date, cast(value as bigint) from read_csv('{truth}/account_daily.csv') "
            f"where measure = '{measure}'"
        )
        assert differences(night, found, known) == [], measure


def test_posts_have_the_last_delivered_snapshot(night: Night) -> None:
    columns = "platform, post_id, views, likes, comments, shares, saves"
    known = (
        "select platform, post_id, cast(views as bigint), cast(likes as bigint), cast(comments as bigint), cast(shares as bigint), "
        "cast(saves as bigint) from read_csv('{truth}/posts.csv', all_varchar = true) where platform in ('facebook', 'instagram', 'tiktok')"
    )
    found = f"select {columns} from core.fct_posts where platform in ('facebook', 'instagram', 'tiktok')"
    assert differences(night, found, known) == []


def test_each_files_fate_is_the_known_one(night: Night) -> None:
    twins = (
        "select path from read_csv('{truth}/files.csv', all_varchar = true) where same_bytes_as is not null union all "
        "select same_bytes_as from read_csv('{truth}/files.csv', all_varchar = true) where same_bytes_as is not null"
    )
    found = (
        "select file_path as path, rows_totals, rows_quarantined, status from quality.files "
        f"where file_path not like '%!%' and file_path not in ({twins})"
    )
    known = (
        "select path, rows_totals, rows_broken, status from read_csv('{truth}/files.csv') "
        f"where path not like '%.zip%' and path not in ({twins})"
    )
    assert differences(night, found, known) == []
    pairs = night.rows(
        f"select status, count(*) from quality.files where file_path in ({twins}) group by all order by all"
    )
    assert [status for status, _ in pairs] == ["duplicate", "loaded"] and pairs[0][1] == pairs[1][1]
    assert night.rows(
        "select count(*) from quality.files where rows_read is distinct from rows_loaded + rows_totals + rows_quarantined"
    ) == [(0,)]


def test_weekly_kpi_values_follow_from_the_truth(night: Night) -> None:
    known = night.rows(
        "select cast(cast(date_trunc('week', conversion_date) as date) as varchar), count(*) "
        "from read_csv('{truth}/conversions.csv') where conversion_type = 'lead' group by 1 order by 1"
    )
    found = night.rows(
        "select cast(period_start_date as varchar), cast(denominator as bigint) from kpi.kpi_values "
        "where kpi = 'qualified_lead_share' and period = 'week' and dimension = 'all' and denominator > 0 order by 1"
    )
    assert found == known


def test_the_weeks_of_messages_mentions_reviews_subscriptions_tests_and_decisions(night: Night) -> None:
    found = (
        "select kpi, period_start_date as week_start_date, cast(numerator as decimal(28, 4)) as numerator, "
        "cast(denominator as decimal(28, 4)) as denominator from kpi.kpi_values where period = 'week' and dimension = 'all' "
        "and numerator is not null and kpi in (select kpi from read_csv('{truth}/community.csv'))"
    )
    known = (
        "select kpi, cast(week_start_date as date), cast(numerator as decimal(28, 4)), cast(denominator as decimal(28, 4)) "
        "from read_csv('{truth}/community.csv', all_varchar = true)"
    )
    assert differences(night, found, known) == []
    assert {row[0] for row in night.rows("select distinct kpi from read_csv('{truth}/community.csv')")} == {
        "inbound_messages", "unanswered_messages", "response_rate", "response_time_median", "share_of_voice", "mentions",
        "negative_comment_share", "reviews", "review_rating", "mrr", "mrr_new", "mrr_expansion", "mrr_contraction", "mrr_churned",
        "churn_rate", "creative_tests_started", "decisions_logged",
    }  # fmt: skip


def test_referrals_are_worth_what_the_referred_customers_bought(night: Night) -> None:
    found = night.rows(
        "select cast(sum(numerator) as decimal(18, 2)) from kpi.kpi_values "
        "where kpi = 'referred_customers' and period = 'month' and dimension = 'all'"
    )
    assert found == night.rows("select cast(count(*) as decimal(18, 2)) from read_csv('{truth}/referrals.csv')")
    value = night.rows(
        "select cast(sum(numerator) as decimal(18, 2)) from kpi.kpi_values "
        "where kpi = 'referral_value' and period = 'month' and dimension = 'all'"
    )
    bought = night.rows(
        "select cast(sum(cast(conversions.value_nok as decimal(18, 4))) as decimal(18, 2)) "
        "from read_csv('{truth}/conversions.csv', all_varchar = true) as conversions "
        "inner join core.fct_conversions as orders on orders.conversion_id = 'order:' || conversions.conversion_id "
        "where orders.customer_id in (select customer_id from read_csv('{truth}/referrals.csv', all_varchar = true))"
    )
    assert value[0][0] > 0
    assert abs(value[0][0] - bought[0][0]) <= Decimal("0.01")


def test_every_kpi_with_a_source_in_the_inbox_has_a_value(night: Night) -> None:
    silent = night.rows(
        "select kpi, max(null_reason) from kpi.kpi_values group by kpi having count(value) = 0 order by kpi"
    )
    # None of the simulated exports tells e-mails, the accounts that reacted, an account's impressions beside its reach, or a post's
    # saves beside its impressions.
    assert [kpi for kpi, _ in silent] == ["email_click_rate", "engaged_follower_share", "frequency", "save_rate"]


def test_experiments_are_decided_for_the_better_variant_or_go_on(night: Night) -> None:
    known = {
        experiment: (metric, better)
        for experiment, metric, better in night.rows(
            "select * from read_csv('{truth}/experiments.csv', all_varchar = true)"
        )
    }
    found = night.rows(
        "select distinct experiment_id, metric, state, winner from kpi.experiments where state <> 'not_enough_data'"
    )
    assert {experiment for experiment, *_ in found} == set(known)
    for experiment, metric, state, winner in found:
        assert metric == known[experiment][0]
        assert state in ("decided", "running", "no_difference")
        assert winner is None or winner == known[experiment][1]
