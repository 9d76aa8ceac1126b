"""Each kind of truth on a few rows: a case in which it holds and one in which it is seen failing."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from checks import currencies, freshness, grain, raw_contracts, reconciliation, utm_coverage
from checks.declared import Severity
from checks.raw_contracts import RawContract
from config.settings import Freshness, Settings, UtmCoverage
from sql.catalog import Catalog

RUN_DATE = date(2026, 11, 16)
CONTRACT = RawContract(
    "raw.orders",
    {"order_id": "VARCHAR", "revenue": "DECIMAL(18,4)"}
    | {"source_file": "VARCHAR", "file_id": "VARCHAR", "source_row": "BIGINT", "captured_at": "TIMESTAMP"},
    ["order_id", "revenue"],
)
ORDERS = (
    "create table raw.orders (order_id varchar, revenue decimal(18,4), "
    "source_file varchar, file_id varchar, source_row bigint, captured_at timestamp)"
)
FILES = (
    "create table raw.files (file_path varchar, file_id varchar, rows_read bigint, rows_loaded bigint, rows_totals bigint, "
    "rows_quarantined bigint, status varchar, reason varchar, raw_rows varchar, notes varchar)"
)
RAW = raw_contracts.checks([CONTRACT])


def numbers(result):
    """Numerator, denominator and threshold of the line that decided."""
    line = result.headline
    return line.numerator, line.denominator, line.threshold


@pytest.fixture
def orders(warehouse):
    warehouse.execute(ORDERS)
    warehouse.execute(FILES)
    warehouse.execute(
        "insert into raw.orders values ('o1', 10, 'a.csv', 'f1', 1, '2026-11-15'), ('o2', 20, 'a.csv', 'f1', 2, '2026-11-15')"
    )
    warehouse.execute(
        """insert into raw.files values ('a.csv', 'f1', 2, 2, 0, 0, 'loaded', null, '{"orders": 2}', null)"""
    )
    return warehouse


def test_a_raw_table_as_promised_passes(orders, judge):
    assert numbers(judge(RAW, "contract", "raw.orders")) == (0, 6, 0)


def test_a_column_of_another_type_and_one_that_is_missing_break_the_contract(orders, judge):
    orders.execute("alter table raw.orders alter revenue type double")
    orders.execute("alter table raw.orders drop column order_id")
    result = judge(RAW, "contract", "raw.orders")
    assert result.blocks
    assert numbers(result) == (2, 6, 0)
    assert {row["column_name"] for row in result.violations} == {"order_id", "revenue"}


def test_required_values_are_there(orders, judge):
    assert numbers(judge(RAW, "required_values", "raw.orders")) == (0, 2, 0)


def test_a_missing_required_value_blocks(orders, judge):
    orders.execute("update raw.orders set revenue = null where order_id = 'o2'")
    result = judge(RAW, "required_values", "raw.orders")
    assert result.blocks and numbers(result) == (1, 2, 0)


def test_rows_as_registered(orders, judge):
    assert numbers(judge(RAW, "rows_as_registered", "raw.files")) == (0, 1, 0)


@pytest.mark.parametrize(
    "damage",
    [
        "insert into raw.orders values ('o3', 1, 'b.csv', 'stranger', 1, '2026-11-15')",
        "delete from raw.orders where order_id = 'o2'",
        "delete from raw.orders",
        "insert into raw.orders select * from raw.orders limit 1",
    ],
)
def test_rows_that_are_lost_or_invented_block(orders, judge, damage):
    orders.execute(damage)
    result = judge(RAW, "rows_as_registered", "raw.files")
    assert result.blocks
    assert result.headline.numerator == 1


def test_rows_of_a_file_add_up_or_block(orders, judge):
    assert judge(RAW, "rows_add_up", "raw.files").passed
    orders.execute("update raw.files set rows_read = 3")
    result = judge(RAW, "rows_add_up", "raw.files")
    assert result.blocks and numbers(result) == (1, 1, 0)


def test_a_file_that_waits_is_a_warning_with_its_reason(orders, judge):
    assert judge(RAW, "files_waiting", "raw.files").passed
    orders.execute(
        "insert into raw.files values ('odd.csv', 'f2', 1, 0, 0, 1, 'quarantined', 'which year?', '{}', null)"
    )
    result = judge(RAW, "files_waiting", "raw.files")
    assert not result.passed and not result.blocks
    assert numbers(result) == (1, 2, 0)
    assert "which year?" in result.headline.detail


def test_single_rows_in_quarantine_are_a_warning(orders, judge):
    assert judge(RAW, "rows_in_quarantine", "raw.files").passed
    orders.execute("update raw.files set status = 'partly_loaded', rows_quarantined = 1")
    result = judge(RAW, "rows_in_quarantine", "raw.files")
    assert not result.passed and not result.blocks


def test_a_total_that_is_not_the_sum_of_its_rows_is_a_warning_with_both_numbers(orders, judge):
    orders.execute("update raw.files set rows_totals = 1, notes = 'dates are written as dmy'")
    assert judge(RAW, "totals_agree", "raw.files").passed
    orders.execute("update raw.files set notes = 'x; warning: the total row says 12 Views, the rows add up to 11; y'")
    result = judge(RAW, "totals_agree", "raw.files")
    assert not result.passed and not result.blocks
    assert numbers(result) == (1, 1, 0)
    assert result.headline.detail == "a.csv: the total row says 12 Views, the rows add up to 11"


@pytest.mark.parametrize(("silent_days", "passed"), [(0, True), (2, True), (3, False)])
def test_a_source_may_be_silent_as_long_as_settings_say(warehouse, judge, silent_days, passed):
    warehouse.execute("create table raw.web_sessions (started_at timestamp)")
    warehouse.execute(
        "insert into raw.web_sessions values (?), ('2026-10-01')", [RUN_DATE - timedelta(days=silent_days)]
    )
    settings = Settings(freshness=Freshness(days_by_source={"web_sessions": 2}))
    result = judge(freshness.checks(), "freshness", "raw.web_sessions", settings)
    assert result.passed is passed and not result.blocks
    assert numbers(result) == (0 if passed else 1, 1, 0)


def test_each_platform_is_judged_by_itself_and_none_that_never_delivered(warehouse, judge):
    warehouse.execute("create table raw.social_account_daily (platform varchar, date date)")
    checks = freshness.checks()
    assert judge(checks, "freshness", "raw.social_account_daily").passed
    warehouse.execute(
        "insert into raw.social_account_daily values ('tiktok', '2026-11-15'), ('instagram', '2026-11-01')"
    )
    result = judge(checks, "freshness", "raw.social_account_daily")
    assert numbers(result) == (1, 2, 0)
    assert [row["source"] for row in result.violations] == ["instagram"]


def test_a_day_without_sessions_is_told(warehouse, judge):
    warehouse.execute("create table raw.web_sessions (started_at timestamp)")
    warehouse.execute(
        "insert into raw.web_sessions select timestamp '2026-11-01 12:00' + interval 1 day * range from range(10)"
    )
    checks = freshness.checks()
    assert numbers(judge(checks, "missing_days", "raw.web_sessions")) == (0, 10, 0)
    warehouse.execute("delete from raw.web_sessions where cast(started_at as date) in ('2026-11-03', '2026-11-04')")
    result = judge(checks, "missing_days", "raw.web_sessions")
    assert not result.passed and not result.blocks and numbers(result) == (2, 10, 0)
    assert [str(row["missing_day"])[:10] for row in result.violations] == ["2026-11-03", "2026-11-04"]


def test_a_period_report_covers_its_days(warehouse, judge):
    warehouse.execute("create table raw.ads (platform varchar, date_from date, date_to date)")
    warehouse.execute(
        "insert into raw.ads values ('meta', '2026-11-01', '2026-11-05'), ('meta', '2026-11-06', '2026-11-06')"
    )
    checks = freshness.checks()
    assert numbers(judge(checks, "missing_days", "raw.ads")) == (0, 6, 0)
    warehouse.execute("update raw.ads set date_to = '2026-11-04' where date_from = '2026-11-01'")
    assert numbers(judge(checks, "missing_days", "raw.ads")) == (1, 6, 0)


def test_every_published_model_has_a_grain_check():
    catalog = Catalog()
    checked = {check.asset for check in grain.checks(catalog)}
    assert checked == {
        name for name, model in catalog.models.items() if model.is_published and model.header.materialise != "view"
    }


@pytest.mark.parametrize(
    ("state", "looked_at", "passed"),
    [
        (None, 0, True),
        ("insert into meta.unpublished values ('core.fct_conversions', true, null)", 4, False),
        ("insert into meta.unpublished values ('core.fct_conversions', false, 'meta.changed_clean')", 1, True),
        ("insert into meta.unpublished values ('core.fct_conversions', false, 'meta.changed_twice')", 2, False),
    ],
)
def test_a_grain_is_asked_of_what_changed_since_the_last_publication(warehouse, judge, state, looked_at, passed):
    warehouse.execute("create schema meta")
    warehouse.execute("create table meta.unpublished (model varchar, is_full boolean, units_table varchar)")
    warehouse.execute("create table meta.publications (sequence_number bigint)")
    warehouse.execute("create table meta.changed_clean as select 'b' as conversion_id")
    warehouse.execute("create table meta.changed_twice as select 'a' as conversion_id")
    warehouse.execute("create table core.fct_conversions as select unnest(['a', 'a', 'b', 'c']) as conversion_id")
    if state:
        warehouse.execute(state)
    result = judge(grain.checks(Catalog()), "grain", "core.fct_conversions")
    assert (result.headline.denominator, result.passed) == (looked_at, passed)


def test_a_grain_holds_or_blocks(warehouse, judge):
    warehouse.execute("create table core.fct_conversions (conversion_id varchar)")
    warehouse.execute("insert into core.fct_conversions values ('a'), ('b')")
    checks = grain.checks(Catalog())
    assert numbers(judge(checks, "grain", "core.fct_conversions")) == (0, 2, 0)
    warehouse.execute("insert into core.fct_conversions values ('a'), (null)")
    result = judge(checks, "grain", "core.fct_conversions")
    assert result.blocks and numbers(result) == (2, 4, 0)


def test_sessions_as_delivered(warehouse, judge):
    warehouse.execute("create table raw.web_sessions (session_id varchar)")
    warehouse.execute("create table core.fct_sessions (session_id varchar)")
    warehouse.execute("create table core.int_event_sessions (session_id varchar, is_open boolean)")
    warehouse.execute("create table core.int_repeated_sessions as select 's1' as session_id")
    warehouse.execute("insert into raw.web_sessions values ('s1'), ('s1'), ('s2')")
    warehouse.execute("insert into core.int_event_sessions values ('s3', false), ('s4', true)")
    warehouse.execute("insert into core.fct_sessions values ('s1'), ('s2'), ('s3')")
    checks = reconciliation.checks()
    assert numbers(judge(checks, "sessions_as_delivered", "core.fct_sessions")) == (3, 3, 1)
    warehouse.execute("delete from core.fct_sessions where session_id = 's2'")
    result = judge(checks, "sessions_as_delivered", "core.fct_sessions")
    assert result.blocks and numbers(result) == (2, 3, 1)
    warehouse.execute("insert into core.fct_sessions values ('s2'), ('s1')")  # once too often
    result = judge(checks, "sessions_as_delivered", "core.fct_sessions")
    assert result.blocks and numbers(result) == (4, 3, 1)
    warehouse.execute("delete from core.int_repeated_sessions")  # the same mistake in both: the grain has it
    assert judge(checks, "sessions_as_delivered", "core.fct_sessions").passed
    assert judge(grain.checks(Catalog()), "grain", "core.fct_sessions").blocks


def test_conversions_as_delivered(warehouse, judge):
    warehouse.execute("create table raw.leads (lead_id varchar)")
    warehouse.execute("create table staging.stg_crm__deals_of_leads (deal_id varchar, lead_id varchar)")
    warehouse.execute("create table raw.orders (order_id varchar)")
    warehouse.execute("create table staging.stg_shop__standings (order_id varchar, standing varchar)")
    warehouse.execute("create table core.fct_conversions (conversion_type varchar)")
    warehouse.execute("insert into raw.leads values ('l1'), ('l2'), ('d1')")
    warehouse.execute("insert into staging.stg_crm__deals_of_leads values ('d1', 'l1')")
    warehouse.execute("insert into raw.orders values ('o1'), ('o1'), ('o2')")
    warehouse.execute("insert into staging.stg_shop__standings values ('o1', 'counted'), ('o2', 'cancelled')")
    warehouse.execute("insert into core.fct_conversions values ('lead'), ('email_signup'), ('order')")
    checks = reconciliation.checks()
    assert judge(checks, "conversions_as_delivered", "core.fct_conversions").passed
    warehouse.execute("insert into core.fct_conversions values ('order')")
    result = judge(checks, "conversions_as_delivered", "core.fct_conversions")
    assert result.blocks and numbers(result) == (2, 1, 1) and result.headline.member == "orders"


def test_payments_without_order(warehouse, judge):
    warehouse.execute(
        "create table staging.stg_shop__standings (order_id varchar, export_kind varchar, standing varchar, currency varchar,"
        " gross_revenue decimal(18,4))"
    )
    warehouse.execute(
        "insert into staging.stg_shop__standings values ('p1', 'payments', 'payment_of_order', 'NOK', 10)"
    )
    checks = reconciliation.checks()
    assert judge(checks, "payments_without_order", "staging.stg_shop__standings").passed
    warehouse.execute("insert into staging.stg_shop__standings values ('p2', 'payments', 'payment_apart', 'NOK', 20)")
    result = judge(checks, "payments_without_order", "staging.stg_shop__standings")
    assert not result.passed and not result.blocks and numbers(result) == (1, 2, 0)


def test_credits_sum_to_one(warehouse, judge):
    warehouse.execute("create table attribution.credits (conversion_id varchar, model varchar, credit decimal(9,6))")
    warehouse.execute(
        "insert into attribution.credits values ('c', 'linear', 0.333334), ('c', 'linear', 0.333333), ('c', 'linear', 0.333333)"
    )
    checks = reconciliation.checks()
    assert numbers(judge(checks, "credits_sum_to_one", "attribution.credits")) == (0, 1, 0)
    warehouse.execute("update attribution.credits set credit = 0.333333")
    result = judge(checks, "credits_sum_to_one", "attribution.credits")
    assert result.blocks and numbers(result) == (1, 1, 0)
    warehouse.execute("create schema if not exists meta")
    warehouse.execute("create table meta.unpublished (model varchar, is_full boolean, units_table varchar)")
    warehouse.execute("create table meta.publications (sequence_number bigint)")
    warehouse.execute("create table meta.changed_credits as select 'another' as conversion_id")
    warehouse.execute("insert into meta.unpublished values ('attribution.credits', false, 'meta.changed_credits')")
    assert judge(checks, "credits_sum_to_one", "attribution.credits").passed  # what is out was looked at before
    warehouse.execute("insert into meta.changed_credits select conversion_id from attribution.credits")
    assert judge(checks, "credits_sum_to_one", "attribution.credits").blocks


def test_spend_as_delivered_where_one_report_tells_it(warehouse, judge):
    warehouse.execute(
        "create table staging.stg_ads__reports "
        "(platform varchar, account_key varchar, level bigint, date_from date, date_to date, spend decimal(18,4))"
    )
    warehouse.execute(
        "create table core.fct_ads_daily (platform varchar, account_key varchar, date date, spend decimal(18,4))"
    )
    warehouse.execute(
        "insert into staging.stg_ads__reports values ('meta', 'a', 3, '2026-11-01', '2026-11-01', 10.5), "
        "('meta', 'a', 3, '2026-11-01', '2026-11-01', 1), ('meta', 'a', 1, '2026-11-02', '2026-11-02', 5), "
        "('meta', 'a', 3, '2026-11-02', '2026-11-02', 5), ('meta', 'b', 1, '2026-11-01', '2026-11-30', 99)"
    )
    warehouse.execute(
        "insert into core.fct_ads_daily values ('meta', 'a', '2026-11-01', 11.5), ('meta', 'a', '2026-11-02', 5)"
    )
    checks = reconciliation.checks()
    assert numbers(judge(checks, "spend_as_delivered", "core.fct_ads_daily")) == (Decimal("11.5"), Decimal("11.5"), 1)
    warehouse.execute("update core.fct_ads_daily set spend = 22 where date = '2026-11-01'")
    result = judge(checks, "spend_as_delivered", "core.fct_ads_daily")
    assert result.blocks and numbers(result) == (22, Decimal("11.5"), 1)


def test_kpis_count_what_the_facts_count(warehouse, judge):
    warehouse.execute("create table core.fct_sessions (session_date date, is_social boolean, utm_status varchar)")
    warehouse.execute("create table core.fct_conversions (conversion_date date, conversion_type varchar)")
    warehouse.execute(
        "create table kpi.kpi_values "
        "(kpi varchar, period varchar, period_start_date date, dimension varchar, member varchar, numerator decimal(28,9))"
    )
    warehouse.execute(
        "insert into core.fct_sessions values "
        "('2026-11-09', true, 'compliant'), ('2026-11-10', true, 'missing'), ('2026-11-10', false, null)"
    )
    warehouse.execute(
        "insert into kpi.kpi_values values ('social_sessions', 'day', '2026-11-09', 'all', 'all', 1), "
        "('social_sessions', 'day', '2026-11-10', 'all', 'all', 1), ('social_sessions', 'week', '2026-11-09', 'all', 'all', 2), "
        "('social_sessions', 'day', '2026-11-10', 'channel', 'Organic Social', 1), ('utm_coverage', 'day', '2026-11-09', 'all', 'all', 1)"
    )
    checks = reconciliation.checks()
    result = judge(checks, "kpis_as_facts", "kpi.kpi_values")
    assert result.passed, [line.detail for line in result.outcomes]
    assert {line.member for line in result.outcomes} == {
        "social_sessions by day",
        "social_sessions by week",
        "utm_coverage by day",
    }
    warehouse.execute("update kpi.kpi_values set numerator = 3 where period = 'week'")
    result = judge(checks, "kpis_as_facts", "kpi.kpi_values")
    assert result.blocks and result.headline.member == "social_sessions by week" and numbers(result) == (3, 2, 1)


def test_costs_are_judged_on_the_days_that_have_data(warehouse, judge):
    for table, day in currencies.DATA_DAYS:
        warehouse.execute(f"create table {table} ({day} date)")
    warehouse.execute("insert into core.fct_sessions values ('2026-11-01'), ('2026-11-15')")
    warehouse.execute(
        "create table core.int_costs_daily (amount decimal(18,4), amount_reporting decimal(18,4), currency varchar, date date)"
    )
    warehouse.execute(
        "insert into core.int_costs_daily select 1, null, 'EUR', date '2026-11-16' + range::int from range(15)"
    )
    assert numbers(judge(currencies.checks(), "currencies", "core.int_costs_daily")) == (0, 0, 0)
    warehouse.execute("insert into core.int_costs_daily values (1, null, 'EUR', '2026-11-15')")
    result = judge(currencies.checks(), "currencies", "core.int_costs_daily")
    assert result.blocks and numbers(result) == (1, 1, 0)


@pytest.mark.parametrize(
    "fact", [fact for fact in currencies.AMOUNTS if not fact.within_data], ids=lambda fact: fact.table
)
def test_an_amount_without_a_rate_blocks(warehouse, judge, fact):
    warehouse.execute(
        f"create table {fact.table} ({fact.amount} decimal(18,4), {fact.reporting} decimal(18,4), {fact.currency} varchar, {fact.day} date)"
    )
    warehouse.execute(
        f"insert into {fact.table} values (10, 115, 'EUR', '2026-11-01'), (0, null, 'XXX', '2026-11-01'), (null, null, null, '2026-11-01')"
    )
    checks = currencies.checks()
    assert numbers(judge(checks, "currencies", fact.table)) == (0, 1, 0)
    warehouse.execute(f"insert into {fact.table} values (7, null, 'SEK', '2026-11-02'), (8, null, 'SEK', '2026-11-03')")
    result = judge(checks, "currencies", fact.table)
    assert result.blocks and result.headline.denominator == 3
    assert (result.violations[0]["currency"], result.violations[0]["rows_without_rate"]) == ("SEK", 2)


@pytest.fixture
def sessions(warehouse):
    warehouse.execute(
        "create table core.fct_sessions "
        "(session_date date, channel varchar, is_social boolean, utm_status varchar, is_clock_suspect boolean)"
    )

    def add(channel, compliant, other, day="2026-11-10", social=True, suspect=False):
        for status, count in (("compliant", compliant), ("missing", other)):
            warehouse.execute(
                "insert into core.fct_sessions select ?, ?, ?, ?, ? from range(?)",
                [day, channel, social, status, suspect, count],
            )

    return add


COVERAGE = Settings(utm_coverage=UtmCoverage(target=0.95, floor=0.6, minimum_sessions=30, window_days=28))


def test_coverage_counts_social_sessions_of_the_window_only(sessions, judge):
    sessions("Organic Social", 96, 4)
    sessions("Organic Social", 0, 500, day="2026-10-01")
    sessions("Direct", 0, 500, social=False)
    result = judge(utm_coverage.checks(), "utm_coverage", "core.fct_sessions", COVERAGE)
    assert result.passed
    assert numbers(result) == (96, 100, Decimal("0.95"))


def test_a_wrong_clock_does_not_move_the_window(sessions, judge):
    sessions("Organic Social", 96, 4)
    sessions("Organic Social", 0, 40, day="2099-01-01", suspect=True)
    assert numbers(judge(utm_coverage.checks(), "utm_coverage", "core.fct_sessions", COVERAGE)) == (
        96,
        100,
        Decimal("0.95"),
    )


def test_coverage_below_the_target_warns(sessions, judge):
    sessions("Organic Social", 80, 20)
    result = judge(utm_coverage.checks(), "utm_coverage", "core.fct_sessions", COVERAGE)
    assert not result.passed and not result.blocks
    assert numbers(result) == (80, 100, Decimal("0.95"))


def test_coverage_of_one_channel_below_the_floor_blocks_though_the_whole_is_fine(sessions, judge):
    sessions("Paid Social", 2000, 0)
    sessions("Organic Social", 20, 20)
    sessions("Organic Video", 0, 29)
    checks = utm_coverage.checks()
    assert judge(checks, "utm_coverage", "core.fct_sessions", COVERAGE).passed
    result = judge(checks, "utm_coverage_by_channel", "core.fct_sessions", COVERAGE)
    assert result.blocks and result.headline.member == "Organic Social"
    assert numbers(result) == (20, 40, Decimal("0.6"))
    assert {line.member: line.passed for line in result.outcomes} == {
        "Paid Social": True,
        "Organic Social": False,
        "Organic Video": True,
    }


def test_what_stops_publishing_and_what_does_not():
    severity = {
        check.name: check.severity
        for check in [*RAW, *freshness.checks(), *reconciliation.checks(), *currencies.checks(), *utm_coverage.checks()]
    }
    warnings = {name for name, value in severity.items() if value is Severity.WARN}
    assert warnings == {
        "files_waiting",
        "rows_in_quarantine",
        "totals_agree",
        "freshness",
        "missing_days",
        "payments_without_order",
    }
