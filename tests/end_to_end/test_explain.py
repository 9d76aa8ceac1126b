"""``hourglass explain`` on a small inbox whose files and figures are known to the last row, and on the whole simulated brand."""

import json
from datetime import date
from decimal import Decimal

import duckdb
import pytest

from config.home import Home
from config.kpis import load_kpis
from hourglass.cli import main
from hourglass.explain.answer import answer
from hourglass.explain.facts import AMOUNTS
from hourglass.explain.question import Period, Question
from hourglass.explain.trace import BEFORE, CONVERSIONS, COUNTED, EXCHANGE_RATES, VISITS, Tracer
from hourglass.run import run
from hourglass.terminal import UserError

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("night")]

LANDING = "https://nordlys.example/?utm_source=instagram&utm_medium=paid_social&utm_campaign=nb_2026_host"
SESSIONS = "session_id,visitor_id,started_at,landing_url,pageviews,engaged_seconds\n"
ORDERS = "order_id,ordered_at,session_id,revenue,currency\n"
SUBSCRIPTIONS = "subscription_id,customer_id,changed_at,mrr,currency\n"
ADS = '"Campaign name","Ad set name","Ad name","Day","Amount spent (NOK)","Impressions","Link clicks","Reporting starts","Reporting ends"\n'


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Two nights: the second brings an order of 300 SEK for the same week, so that the first night's figures are restated."""
    home = Home(tmp_path_factory.mktemp("small") / "home").create()
    inbox = home.inbox
    (inbox / "monday.csv").write_text(
        f"{SESSIONS}s1,v1,2026-11-09T10:00:00Z,{LANDING},3,90\ns2,v2,2026-11-09T11:00:00Z,{LANDING},1,1\n"
        "s3,v3,2026-11-09T12:00:00Z,https://nordlys.example/,1,1\n"
    )
    (inbox / "tuesday.csv").write_text(f"{SESSIONS}s4,v4,2026-11-10T10:00:00Z,{LANDING},2,40\n")
    (inbox / "costs.csv").write_text("month,amount,currency,kind\n2026-11,3000,NOK,tool\n")
    (inbox / "rates.csv").write_text("date,base,currency,rate\n2026-11-10,EUR,NOK,12\n2026-11-10,EUR,SEK,12\n")
    (inbox / "first_orders.csv").write_text(f"{ORDERS}o1,2026-11-09T10:30:00Z,s1,100,NOK\n")
    (inbox / "calendar.csv").write_text(
        "asset_id,platform,published_at,series\na1,instagram,2026-11-10T08:00:00Z,tips\na2,tiktok,2026-11-11T08:00:00Z,tips\n"
    )
    (inbox / "billing.csv").write_text(
        f"{SUBSCRIPTIONS}u1,c1,2026-11-01T10:00:00Z,100,NOK\nu2,c2,2026-11-10T10:00:00Z,60,NOK\nu3,c3,2026-11-01T10:00:00Z,40,NOK\n"
    )
    # c1 moves from one subscription to a larger one, which is an expansion; c3 ends.
    (inbox / "moves.csv").write_text(
        f"{SUBSCRIPTIONS}u1,c1,2026-11-11T10:00:00Z,0,NOK\nu3,c3,2026-11-12T10:00:00Z,0,NOK\nu5,c5,2026-11-12T10:00:00Z,20,NOK\n"
    )
    (inbox / "more.csv").write_text(f"{SUBSCRIPTIONS}u4,c1,2026-11-11T12:00:00Z,130,NOK\n")
    assert run(home, full_refresh=False, since=None, until=None, verbose=False) == 0
    (inbox / "later_orders.csv").write_text(f"{ORDERS}o2,2026-11-10T10:30:00Z,s4,300,SEK\n")
    assert run(home, full_refresh=False, since=None, until=None, verbose=False) == 0
    return home


def files(found, measure, role=COUNTED):
    part = next(part for part in found.parts if part.measure == measure)
    return [
        (file.path, file.rows, file.amount, file.share and round(file.share, 4))
        for file in part.files
        if file.role == role
    ]


def test_a_sum_is_parted_by_the_files_of_its_rows(small):
    found = answer(small, "social_sessions", "2026-W46", None)
    assert found.value.value == 3
    assert files(found, "social_sessions") == [
        ("monday.csv", 2, Decimal(2), Decimal("0.6667")),
        ("tuesday.csv", 1, Decimal(1), Decimal("0.3333")),
    ]


def test_a_month_and_a_day_have_the_files_of_their_own_days(small):
    assert len(files(answer(small, "social_sessions", "2026-11", None), "social_sessions")) == 2
    day = answer(small, "social_sessions", "2026-11-10", None)
    assert files(day, "social_sessions") == [("tuesday.csv", 1, Decimal(1), Decimal(1))]


def test_revenue_names_orders_visits_and_rates(small):
    found = answer(small, "revenue_social", "2026-W46", None)
    assert (found.value.value, found.value.currency) == (400, "NOK")
    assert files(found, "revenue_social") == [
        ("later_orders.csv", 1, Decimal(300), Decimal("0.75")),
        ("first_orders.csv", 1, Decimal(100), Decimal("0.25")),
    ]
    assert files(found, "revenue_social", VISITS) == [("monday.csv", 1, None, None), ("tuesday.csv", 1, None, None)]
    assert files(found, "revenue_social", EXCHANGE_RATES) == [("rates.csv", None, None, None)]


def test_no_rate_stands_behind_money_of_the_reporting_currency(small):
    found = answer(small, "revenue_social", "2026-11-09", None)
    assert files(found, "revenue_social") == [("first_orders.csv", 1, Decimal(100), Decimal(1))]
    assert files(found, "revenue_social", EXCHANGE_RATES) == []


def test_a_member_has_its_own_files(small):
    found = answer(small, "orders", "2026-W46", "channel=Paid Social")
    assert found.value.value == 2
    whole = answer(small, "landing_page_cvr", "2026-W46", "source=instagram")
    assert files(whole, "social_sessions_converted") == [
        ("monday.csv", 1, Decimal(1), Decimal("0.5")),
        ("tuesday.csv", 1, Decimal(1), Decimal("0.5")),
    ]
    assert files(whole, "social_sessions_converted", CONVERSIONS) == [
        ("first_orders.csv", 1, None, None),
        ("later_orders.csv", 1, None, None),
    ]


def test_the_owner_of_a_link_is_a_member_too(small):
    with duckdb.connect(str(small.published), read_only=True) as published:
        (owner,) = published.execute(
            "select member from kpi.kpi_values where kpi = 'utm_coverage' and period = 'week' and dimension = 'owner'"
        ).fetchone()
    found = answer(small, "utm_coverage", "2026-W46", f"owner={owner}")
    assert [file[:2] for file in files(found, "social_sessions")] == [("monday.csv", 2), ("tuesday.csv", 1)]


def test_content_and_costs_are_followed_to_their_rows(small):
    found = answer(small, "assets_published", "2026-W46", None)
    assert files(found, "assets_published") == [("calendar.csv", 2, Decimal(2), Decimal(1))]
    assert next(part.value for part in found.parts) == 2
    one = answer(small, "assets_published", "2026-W46", "platform=tiktok")
    assert files(one, "assets_published") == [("calendar.csv", 1, Decimal(1), Decimal(1))]
    cost = answer(small, "cac", "2026-W46", None)
    assert files(cost, "other_costs") == [("costs.csv", 1, Decimal(700), Decimal(1))]


def test_what_subscriptions_changed_by_is_parted_by_what_their_files_changed(small):
    new = answer(small, "mrr_new", "2026-W46", None)
    assert new.value.value == 80
    assert files(new, "mrr_new") == [
        ("billing.csv", 1, Decimal(60), Decimal("0.75")),
        ("moves.csv", 1, Decimal(20), Decimal("0.25")),
    ]
    grown = answer(small, "mrr_expansion", "2026-W46", None)
    assert grown.value.value == 30
    assert files(grown, "mrr_expansion") == [
        ("more.csv", 1, Decimal(130), Decimal("4.3333")),
        ("moves.csv", 1, Decimal(-100), Decimal("-3.3333")),
    ]
    assert files(answer(small, "mrr_churned", "2026-W46", None), "mrr_churned") == [
        ("moves.csv", 1, Decimal(40), Decimal(1))
    ]
    assert answer(small, "mrr_contraction", "2026-W46", None).parts[0].files == ()
    # The stock at the week's end is what all rows so far changed it by, whenever they did.
    stock = answer(small, "mrr", "2026-W46", None)
    assert stock.value.value == 210
    assert files(stock, "mrr") == [
        ("billing.csv", 3, Decimal(200), Decimal("0.9524")),
        ("more.csv", 1, Decimal(130), Decimal("0.619")),
        ("moves.csv", 3, Decimal(-120), Decimal("-0.5714")),
    ]
    assert {part.remark for found in (new, grown, stock) for part in found.parts} == {None}


def test_the_largest_channel_is_named_and_its_files_have_their_share_of_it(small):
    found = answer(small, "channel_concentration", "2026-W46", None)
    assert found.value.value == 100
    largest = found.parts[0]
    assert largest.remark == "the largest channel is Paid Social: the files are those of its conversions"
    assert files(found, "conversions_of_largest_channel") == [
        ("first_orders.csv", 1, Decimal(1), Decimal("0.5")),
        ("later_orders.csv", 1, Decimal(1), Decimal("0.5")),
    ]
    assert {path for path, *_ in files(found, "conversions_of_largest_channel", VISITS)} == {
        "monday.csv",
        "tuesday.csv",
    }


def test_what_an_earlier_run_said_is_told_newest_first(small):
    found = answer(small, "revenue_social", "2026-W46", None)
    assert [(said.sequence_number, said.value) for said in found.history] == [(2, Decimal(400)), (1, Decimal(100))]
    assert len(answer(small, "social_sessions", "2026-W46", None).history) == 1


def test_the_checks_are_those_of_the_tables_upstream(small):
    assets = {check.asset for check in answer(small, "social_sessions", "2026-W46", None).checks}
    assert {"raw.web_sessions", "core.fct_sessions", "kpi.kpi_values", "raw.files"} <= assets
    assert not {"raw.ads", "core.fct_posts_daily"} & assets


def test_no_data_is_explained_as_well(small):
    found = answer(small, "impressions", "2026-W46", None)
    assert (found.value.value, found.value.null_reason) == (None, "no data from ads, posts")
    assert [part.files for part in found.parts] == [(), ()]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["roi", "--period", "2026-W46"], "did you mean roas"),
        (["roas", "--period", "week 46"], "is no period"),
        (["roas", "--period", "2026-W54"], "is no period"),
        (["roas", "--period", "2025-W01"], "the published file has no week 2025-W01; it has 2026-W4"),
        (["orders", "--period", "2026-W46", "--where", "chanel=Direct"], "did you mean 'channel'"),
        (["orders", "--period", "2026-W46", "--where", "channel=paid social"], "did you mean 'Paid Social'"),
        (["orders", "--period", "2026-W46", "--where", "channel"], "write it as dimension=member"),
    ],
)
def test_a_wrong_name_gets_the_nearest_right_one(small, monkeypatch, capsys, arguments, message):
    monkeypatch.setenv("HOURGLASS_HOME", str(small.root))
    assert main(["explain", *arguments]) == 1
    assert message in " ".join(capsys.readouterr().err.split())


def test_text_and_json_tell_the_same(small, monkeypatch, capsys):
    monkeypatch.setenv("HOURGLASS_HOME", str(small.root))
    assert main(["explain", "ROAS", "--period", "2026-W46", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["kpi"], told["numerator"], told["value"]) == ("roas", 400, None)
    assert told["null_reason"] == "no data from ads"
    assert main(["explain", "revenue_social", "--period", "2026-W46"]) == 0
    text = capsys.readouterr().out
    for part in ("value        400 NOK", "later_orders.csv  (1 row, 300, 75.0%)", "from run 1 of", "rates.csv"):
        assert part in text


def test_it_reads_while_a_run_holds_the_warehouse(small):
    with duckdb.connect(str(small.warehouse)):
        assert answer(small, "orders", "2026-W46", None).value.value == 2


def test_nothing_published_is_said(tmp_path):
    with pytest.raises(UserError, match="call `hourglass run`"):
        answer(Home(tmp_path), "roas", "2026-W46", None)


WEEK = Period("week", date(2026, 11, 2), date(2026, 11, 8))
LONG = "('owner', 'post', 'content', 'landing_page', 'ad', 'country')"


@pytest.mark.parametrize(
    "measure", sorted(name for name, amount in AMOUNTS.items() if amount.sums and not amount.is_running)
)
def test_the_rows_behind_a_measure_add_up_to_what_the_models_gave(night, measure):
    kpis = load_kpis(night.home)
    unique = kpis.measures[measure].kind == "unique"
    period = Period("day", WEEK.start, WEEK.start) if unique else WEEK
    with duckdb.connect(str(night.home.warehouse), read_only=True) as warehouse:
        computed = warehouse.execute(
            "select dimension, member, coalesce(sum(value), 0) from kpi.int_measures_daily "
            f"where measure = ? and date between ? and ? and dimension not in {LONG} group by all order by all",
            [measure, period.start, period.end],
        ).fetchall()
    assert computed or measure not in ("reach", "social_sessions")
    # What is unique has a sum for a day and account only.
    # By other dimensions the published rows can't be cut; no amounts are given there.
    computed = [row for row in computed if (row[0] == "all" and not unique) or row[0] in AMOUNTS[measure].fact.members]
    found = [
        (
            dimension,
            member,
            sum(
                (file.amount for file in part.files if file.role == COUNTED and file.amount is not None),
                Decimal(0),
            ),
        )
        for dimension, member, _ in computed
        for part in Tracer(
            night.published, Question("any", period, dimension, member), kpis, "last_non_direct", "NOK"
        ).part("numerator", [measure], None)
    ]
    assert found == computed


def test_figures_since_publishing_name_the_files_of_the_state_before(night):
    found = answer(night.home, "interactions", "2026-W46", None)
    assert files(found, "interactions", BEFORE)
    assert {path.split("/")[0] for path, *_ in files(found, "interactions", BEFORE)} <= {"meta", "tiktok", "youtube"}


def test_every_kpi_has_rows_and_files(night):
    """Each KPI that has a value in the newest week is followed to rows of files, whatever its sources."""
    rows = night.rows(
        "select kpi from kpi.kpi_values where period = 'week' and period_start_date = date '2026-11-09' and dimension = 'all' "
        "and value is not null order by kpi"
    )
    assert len(rows) > 60
    without = {
        (kpi, part.measure)
        for (kpi,) in rows
        for part in answer(night.home, kpi, "2026-W46", None).parts
        if part.value != 0 and not any(file.role == COUNTED and file.rows for file in part.files)
    }
    assert without == set()


def test_every_measure_has_shares_that_add_up_or_says_why_it_has_none(night):
    kpis = night.rows("select kpi from kpi.kpi_catalogue order by kpi")
    parted, said = set(), {}
    for (kpi,) in kpis:
        for part in answer(night.home, kpi, "2026-W46", None).parts:
            shares = [file.share for file in part.files if file.role == COUNTED]
            if shares and None not in shares:
                assert abs(sum(shares) - 1) < Decimal("1e-20"), part.measure
                parted.add(part.measure)
            elif part.value not in (0, None) or part.remark:
                said[part.measure] = part.remark or ""
    assert len(parted) > 80
    assert {measure for measure, remark in said.items() if "no file has a share of it: " not in remark} == set()
    assert set(said) == {
        "brief_to_publish_days_median", "cpa_deviation", "cpa_mean", "customers_lost", "customers_with_margin", "engaged_followers",
        "followers_at_start", "followers_net", "followers_with_engaged", "impressions_of_account", "margin_of_customers",
        "margin_social", "reach", "referral_margin_social", "referral_value", "response_minutes_median", "returning_viewers",
        "subscribers_at_start", "unique_viewers",
    }  # fmt: skip


def test_a_mean_of_weeks_tells_the_weeks(night):
    numerator, denominator = answer(night.home, "cpa_variation", "2026-W46", None).parts
    weeks = night.rows(
        "select value from kpi.kpi_values where kpi = 'cpa' and period = 'week' and dimension = 'all' "
        "and period_start_date between date '2026-10-19' and date '2026-11-09' order by period_start_date"
    )
    told = ", ".join(f"2026-W{43 + number} {value:,.2f}" for number, (value,) in enumerate(weeks))
    assert len(weeks) == 4
    assert f"each counting 1 / 4 ({told})" in (numerator.remark or "")
    assert "it is the mean of the cpa of 4 weeks" in (denominator.remark or "")


def test_unique_counts_are_not_added_up_to_explain_them(night):
    """A week, and a day of all accounts, have the files and no sum; a day of one account has both, and is what one is told to ask for."""
    for period in ("2026-W45", "2026-11-04"):
        (part,) = answer(night.home, "reach", period, None).parts
        assert part.value is None and part.files
        assert {(file.amount, file.share) for file in part.files} == {(None, None)}
        assert part.remark is not None and part.remark.startswith(
            "no file has a share of it: what is the same on two days or of two accounts"
        )
        day, _, member = part.remark.rpartition("--period ")[2].partition(" --where ")
        alone = answer(night.home, "reach", day, member.strip("'"))
        assert alone.parts[0].value == alone.value.value == sum(file.amount for file in alone.parts[0].files) > 0
        assert alone.parts[0].remark is None


def test_what_two_measures_are_together_is_told(night):
    found = answer(night.home, "social_equity_roi", "2026-10", None)
    margins = [part for part in found.parts if "margin" in part.measure]
    known = sum(part.value for part in found.parts if part.part == "numerator" and part not in margins)
    rest = f"{(found.value.numerator + known).normalize():,f}"
    assert [part.value for part in margins] == [None, None]
    assert all(
        part.remark.startswith(f"margin_social and referral_margin_social are {rest} together; ") for part in margins
    )
