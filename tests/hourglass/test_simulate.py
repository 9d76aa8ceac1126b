"""The simulator's own promises: the same bytes again, the right sizes, and files that hold what the truth says they hold.

Everything is read here with the standard library and DuckDB alone, never with Hourglass' readers.
"""

import csv
import hashlib
import io
import json
import zipfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit
from zoneinfo import ZoneInfo

import duckdb
import pytest

from hourglass.simulate.run import simulate

OSLO = ZoneInfo("Europe/Oslo")
DAYS, SESSIONS = 29, 5000
READ = {"csv": "read_csv('{}', all_varchar = true)", "jsonl": "read_json('{}')", "parquet": "read_parquet('{}')"}


def tree(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def dirty(tmp_path_factory):
    out = tmp_path_factory.mktemp("dirty")
    simulate(out, days=DAYS, sessions=SESSIONS, seed=7)
    return out


@pytest.fixture(scope="module")
def clean(tmp_path_factory):
    out = tmp_path_factory.mktemp("clean")
    simulate(out, days=DAYS, sessions=SESSIONS, seed=7, dirt=0)
    return out


def sessions(out: Path, form: str = "csv") -> list[dict[str, object]]:
    """Every readable session row, the newest delivery of each id: re-exports after the first exports."""
    found: dict[str, dict[str, object]] = {}
    folders = [out / "inbox/web/sessions", *sorted((out / "inbox/web/sessions_again").glob("*"))]
    for folder in folders:
        for path in sorted(folder.glob(f"*.{form}")):
            cursor = duckdb.sql(f"select * from {READ[form].format(path)}")
            for values in cursor.fetchall():
                row = dict(zip(cursor.columns, values, strict=True))
                started = row["started_at"]
                if isinstance(started, str) and not started.endswith("Z"):
                    started = None
                if row["session_id"] is None or started is None:
                    continue
                row["started_at"] = (
                    started if isinstance(started, datetime) else datetime.fromisoformat(str(started)[:-1])
                )
                found[str(row["session_id"])] = row
    return list(found.values())


def local_date(instant: datetime) -> date:
    return instant.replace(tzinfo=UTC).astimezone(OSLO).date()


def is_compliant(url: str) -> bool:
    """The shipped UTM standard for social links, read as strictly as the WHATWG rules say."""
    values: dict[str, str] = {}
    for key, value in parse_qsl(urlsplit(url).query, separator="&"):
        values.setdefault(key, value)
    pairs = {("instagram", "social"), ("facebook", "social"), ("tiktok", "social"), ("youtube", "video"),
             ("instagram", "paid_social"), ("facebook", "paid_social"), ("tiktok", "paid_social")}  # fmt: skip
    campaign = values.get("utm_campaign", "")
    return (values.get("utm_source"), values.get("utm_medium")) in pairs and bool(
        campaign and campaign == campaign.lower() and campaign.replace("_", "").replace("-", "").isalnum()
    )


def test_the_same_arguments_give_the_same_bytes_on_any_number_of_processors(dirty, tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    simulate(tmp_path, days=DAYS, sessions=SESSIONS, seed=7)
    assert tree(tmp_path) == tree(dirty)


@pytest.mark.parametrize("form", ["jsonl", "parquet"])
def test_the_other_formats_are_reproducible_and_hold_the_same_sessions(form, dirty, tmp_path):
    for name in ("a", "b"):
        simulate(tmp_path / name, days=DAYS, sessions=SESSIONS, seed=7, format=form)
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    keys = ("session_id", "visitor_id", "started_at", "landing_url", "referrer_url", "user_agent")
    ours = sorted(tuple(str(row[key]) for key in keys) for row in sessions(tmp_path / "a", form))
    assert ours == sorted(tuple(str(row[key]) for key in keys) for row in sessions(dirty))


def test_another_seed_gives_other_sessions(dirty, tmp_path):
    simulate(tmp_path, days=DAYS, sessions=SESSIONS, seed=8)
    ours = {row["session_id"] for row in sessions(tmp_path)}
    assert len(ours) == SESSIONS
    assert not ours & {row["session_id"] for row in sessions(dirty)}


def test_a_second_run_replaces_the_first_but_never_a_foreign_inbox(tmp_path):
    simulate(tmp_path, days=3, sessions=60)
    before = tree(tmp_path)
    simulate(tmp_path, days=3, sessions=60)
    assert tree(tmp_path) == before
    foreign = tmp_path / "foreign"
    (foreign / "inbox").mkdir(parents=True)
    (foreign / "inbox/mine.csv").write_text("a\n1\n")
    with pytest.raises(FileExistsError, match=r"mine\.csv was not written by the simulator"):
        simulate(foreign, days=3, sessions=60)
    assert (foreign / "inbox/mine.csv").exists()
    (tmp_path / "inbox/mine_too.csv").write_text("a\n1\n")
    with pytest.raises(FileExistsError, match=r"mine_too\.csv"):
        simulate(tmp_path, days=3, sessions=60)
    assert {path: digest for path, digest in tree(tmp_path).items() if path in before} == before


def test_a_simulation_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    simulate(tmp_path, days=3, sessions=60)
    before = tree(tmp_path)

    def fail(*arguments, **options):
        raise OSError("disk full")

    monkeypatch.setattr("hourglass.simulate.run.write_ads", fail)
    with pytest.raises(OSError, match="disk full"):
        simulate(tmp_path, days=3, sessions=90)
    assert {path: digest for path, digest in tree(tmp_path).items() if path in before} == before
    monkeypatch.undo()
    simulate(tmp_path, days=3, sessions=90)
    assert not (tmp_path / ".simulating").exists()


@pytest.mark.parametrize("wrong", [{"days": 0}, {"sessions": 2}, {"dirt": -0.1}, {"dirt": 0.9}, {"format": "xlsx"}])
def test_arguments_out_of_range_are_refused(wrong, tmp_path):
    with pytest.raises(ValueError, match="days must be"):
        simulate(tmp_path, **{"days": 3, "sessions": 60, **wrong})
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(("days", "count"), [(1, 40), (3, 60), (10, 1001)])
def test_small_sizes_work(days, count, tmp_path):
    simulate(tmp_path, days=days, sessions=count)
    assert len(sessions(tmp_path)) == count
    assert sum(int(row["sessions"]) for row in table(tmp_path / "truth/sessions_by_day.csv")) == count


@pytest.mark.parametrize("name", ["dirty", "clean"])
def test_sessions_by_day_are_those_of_the_files(name, request):
    out = request.getfixturevalue(name)
    rows = sessions(out)
    assert len(rows) == SESSIONS == json.loads((out / "truth/summary.json").read_text())["sessions"]
    count, pages, engaged = Counter(), Counter(), Counter()
    for row in rows:
        day = str(local_date(row["started_at"]))
        count[day] += 1
        pages[day] += int(row["pageviews"])
        engaged[day] += round(float(row["engaged_seconds"]) * 10)
    truth = table(out / "truth/sessions_by_day.csv")
    for name, counter, scale in (("sessions", count, 1), ("pageviews", pages, 1), ("engaged_seconds", engaged, 10)):
        known = Counter()
        for row in truth:
            known[row["session_date"]] += round(float(row[name]) * scale)
        assert known == counter


def test_labels_carry_the_status_that_a_strict_reader_sees(dirty):
    labels = {row[0]: row[1:] for row in duckdb.sql(
        f"select session_id, is_social, utm_status, visitor_id, started_at from read_parquet('{dirty}/truth/session_labels.parquet')"
    ).fetchall()}  # fmt: skip
    rows = sessions(dirty)
    assert {row["session_id"] for row in rows} == set(labels)
    for row in rows:
        is_social, status, visitor, started = labels[row["session_id"]]
        assert (row["visitor_id"], row["started_at"]) == (visitor, started)
        if is_social:
            assert is_compliant(str(row["landing_url"])) == (status == "compliant"), row["landing_url"]
        if status == "missing":
            assert "utm_" not in str(row["landing_url"]).lower()


def test_coverage_adds_up_and_dirt_decides_it(dirty, clean):
    for out, low, high in ((dirty, 0.85, 0.94), (clean, 1.0, 1.0)):
        rows = table(out / "truth/utm_coverage.csv")
        (whole,) = [row for row in rows if row["scope"] == "all"]
        assert low <= float(whole["coverage"]) <= high
        for scope in ("channel", "week", "channel_week"):
            for column in ("numerator", "denominator"):
                assert sum(int(row[column]) for row in rows if row["scope"] == scope) == int(whole[column])


def test_the_day_of_the_change_has_25_hours(dirty):
    instants = [row["started_at"] for row in sessions(dirty) if local_date(row["started_at"]) == date(2026, 10, 25)]
    assert local_date(min(instants)) == local_date(max(instants)) == date(2026, 10, 25)
    span = max(instants) - min(instants)
    assert timedelta(hours=23) < span < timedelta(hours=25)


def test_both_runs_of_the_doubled_hour_have_sessions(tmp_path):
    simulate(tmp_path, days=2, sessions=8000, end_date=date(2026, 10, 25), dirt=0)
    doubled = [
        row["started_at"]
        for row in sessions(tmp_path)
        if row["started_at"].replace(tzinfo=UTC).astimezone(OSLO).hour == 2
    ]
    on_the_day = Counter(instant.hour for instant in doubled if local_date(instant) == date(2026, 10, 25))
    assert set(on_the_day) == {0, 1}, "02:00 local is 00 UTC in summer time and 01 UTC in standard time"


def test_a_clean_inbox_has_no_fault_of_any_kind(clean):
    files = table(clean / "truth/files.csv")
    assert {row["status"] for row in files} == {"loaded"}
    assert not any(int(row["rows_broken"]) or row["same_bytes_as"] for row in files)
    assert {row["fault"] for row in table(clean / "truth/sessions_by_day.csv")} == {"none"}
    assert {row["link"] for row in table(clean / "truth/conversions.csv")} <= {"session", "visitor"}
    delivered = sum(int(row["rows"]) for row in files if row["table"] == "web_sessions")
    assert delivered == SESSIONS


def test_a_dirty_inbox_has_them_all(dirty):
    files = table(dirty / "truth/files.csv")
    assert {row["status"] for row in files} == {"loaded", "partly_loaded", "quarantined"}
    assert any(row["same_bytes_as"] for row in files)
    faults = {row["fault"] for row in table(dirty / "truth/sessions_by_day.csv")}
    assert {"referrer_only", "in_app_only", "alias_source", "no_campaign", "unexpanded_macro"} <= faults
    assert {row["link"] for row in table(dirty / "truth/conversions.csv")} == {"session", "visitor", "email", "none"}
    statuses = {row["utm_status"] for row in table(dirty / "truth/sessions_by_day.csv")}
    assert statuses == {"compliant", "repaired", "incomplete", "invalid", "missing", "not_required"}


def records(out: Path, name: str) -> list[list[str]]:
    """A file's records as the csv module sees them, preamble and header included."""
    path, _, member = name.partition("!")
    content = (out / "inbox" / path).read_bytes()
    if member:
        content = zipfile.ZipFile(io.BytesIO(content)).read(member)
    text = content.decode("utf-16" if content[:2] == b"\xff\xfe" else "utf-8-sig")
    delimiter = ";" if path.startswith(("crm/", "content/", "diverse/")) else ","
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


def test_every_file_is_known_and_holds_as_many_rows_as_it_should(dirty):
    known = table(dirty / "truth/files.csv")
    inbox = dirty / "inbox"
    there = {
        str(path.relative_to(inbox)) for path in inbox.rglob("*") if path.is_file() and path.name != "hourglass.yml"
    }
    assert {row["path"].partition("!")[0] for row in known} == there
    for row in known:
        if row["path"].endswith(".jsonl"):
            rows = len((inbox / row["path"]).read_text().splitlines())
        else:
            preamble = 3 if "/insights/" in row["path"] else 1
            rows = len(records(dirty, row["path"])) - preamble
        assert rows == int(row["rows"]), row["path"]
        if row["table"] == "web_sessions":
            broken = sum(1 for one in records(dirty, row["path"])[1:] if not one[0] or not one[2].endswith("Z"))
            assert broken == int(row["rows_broken"]), row["path"]


def test_conversions_happened_in_the_visitors_newest_session(dirty):
    visits: dict[str, list[tuple[datetime, str]]] = {}
    for row in sessions(dirty):
        visits.setdefault(str(row["visitor_id"]), []).append((row["started_at"], str(row["session_id"])))
    known = table(dirty / "truth/conversions.csv")
    assert known
    for row in known:
        if row["link"] == "none":
            assert not row["session_id"]
            continue
        at = datetime.fromisoformat(row["occurred_at"][:-1])
        path = sorted(visit for visit in visits[row["visitor_id"]] if visit[0] <= at)
        assert row["session_id"] == path[-1][1]
        assert row["first_session_id"] == path[0][1]
        assert row["conversion_date"] == str(local_date(at))
        if row["channel"] != "Direct":
            assert row["last_non_direct_session_id"] == row["session_id"]


def newest(out: Path, folder: str, key: str) -> dict[str, dict[str, str]]:
    found = {}
    for path in sorted((out / "inbox" / folder).glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            delimiter = ";" if folder == "crm" else ","
            found.update({row[key]: row for row in csv.DictReader(file, delimiter=delimiter)})
    return found


def test_orders_and_leads_end_as_the_truth_says(dirty):
    known = {row["conversion_id"]: row for row in table(dirty / "truth/conversions.csv")}
    orders, leads = newest(dirty, "shop", "order_id"), newest(dirty, "crm", "lead_id")
    assert set(orders) | set(leads) == set(known)
    for row in table(dirty / "truth/orders.csv"):
        mine = [order for order in orders.values() if order["currency"] == row["currency"]]
        assert len(mine) == int(row["orders"])
        for name in ("revenue", "tax", "shipping", "discount", "refunded"):
            assert sum(Decimal(order[name]) for order in mine) == Decimal(row[name])
        net = sum(Decimal(known[order["order_id"]]["value"]) for order in mine)
        assert (
            net
            == Decimal(row["revenue_net"])
            == sum(Decimal(order["revenue"]) - Decimal(order["tax"]) - Decimal(order["refunded"]) for order in mine)
        )
    for lead_id, lead in leads.items():
        assert lead["stage"] == known[lead_id]["final_stage"]
        assert bool(lead["session_id"]) == (known[lead_id]["link"] == "session")
        assert bool(lead["visitor_id"]) == (known[lead_id]["link"] in ("session", "visitor"))


def test_an_email_only_lead_shares_its_address_with_a_conversion_that_has_a_visitor(dirty):
    rows = [*newest(dirty, "crm", "lead_id").values(), *newest(dirty, "shop", "order_id").values()]
    known = {row["conversion_id"]: row for row in table(dirty / "truth/conversions.csv")}
    visitor = {}
    for row in rows:
        if row["visitor_id"]:
            assert visitor.setdefault(row["email"].strip().lower(), row["visitor_id"]) == row["visitor_id"]
    for row in rows:
        found = known[row.get("lead_id") or row["order_id"]]
        if not row["visitor_id"]:
            assert visitor.get(row["email"].strip().lower()) == (found["visitor_id"] or None)


def test_money_is_converted_with_the_last_rate_before_the_day(dirty):
    (path,) = (dirty / "inbox/exchange_rates").glob("*.csv")
    rates = {date.fromisoformat(row["Date"]): row for row in csv.DictReader(path.open())}
    assert all(day.weekday() < 5 for day in rates)
    assert max(rates) == date(2026, 11, 13), "the Friday before the last day"
    for row in table(dirty / "truth/conversions.csv"):
        if not row["value"]:
            continue
        day = date.fromisoformat(row["conversion_date"])
        while day not in rates:
            day -= timedelta(days=1)
        nok = float(rates[day]["NOK"])
        per_unit = 1.0 if row["currency"] == "NOK" else nok / float(rates[day].get(row["currency"]) or 1)
        assert float(row["value_nok"]) == pytest.approx(float(row["value"]) * per_unit, abs=1e-3)


def test_meta_ads_put_the_total_first_and_the_newest_export_counts(dirty):
    seen: dict[tuple[str, str, str], Decimal] = {}
    for path in sorted((dirty / "inbox/meta_ads").glob("*/*/*.csv")):
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, total, *rows = list(csv.reader(file))
        spend = next(place for place, name in enumerate(header) if "NOK" in name or "SEK" in name)
        campaign, ad, day = header.index("Campaign name"), header.index("Ad name"), header.index("Day")
        assert not total[campaign]
        assert Decimal(total[spend]) == sum(Decimal(row[spend]) for row in rows)
        for row in rows:
            seen[row[day], row[campaign], row[ad]] = Decimal(row[spend])
    known = {
        (row["date"], row["campaign"], row["ad"]): Decimal(row["spend"]) for row in table(dirty / "truth/ads_daily.csv")
    }
    assert known == seen
    by_day = table(dirty / "truth/spend_by_day.csv")
    assert sum(Decimal(row["spend"]) for row in by_day) == sum(known.values())


def test_meta_posts_are_snapshots_with_los_angeles_times(dirty):
    zone = ZoneInfo("America/Los_Angeles")
    final: dict[str, tuple[str, str]] = {}
    headers = set()
    for path in sorted((dirty / "inbox/meta").glob("*/posts/*/*.csv"), key=lambda one: one.parent.name):
        assert path.read_bytes()[:3] == b"\xef\xbb\xbf"
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                headers.add(next(iter(row)))
                views, published = (
                    row.get("Views") or row["Visningar"],
                    row.get("Publish time") or row["Publiceringstid"],
                )
                final[next(iter(row.values()))] = (views, published)
    assert headers == {"Post ID", "Publicerings-id"}
    known = {
        row["post_id"]: row for row in table(dirty / "truth/posts.csv") if row["platform"] in ("facebook", "instagram")
    }
    assert set(known) == set(final)
    for post_id, (views, published) in final.items():
        assert known[post_id]["views"] == views
        there = datetime.strptime(published, "%m/%d/%Y %H:%M").replace(tzinfo=zone)
        assert f"{there.astimezone(UTC):%Y-%m-%dT%H:%M:00Z}" == known[post_id]["published_at"]


def test_insights_say_their_metric_in_the_title_and_the_newest_export_counts(dirty):
    known = {(row["account"], row["platform"], row["date"], row["measure"]): int(row["value"])
             for row in table(dirty / "truth/account_daily.csv")}  # fmt: skip
    seen = {}
    for path in sorted((dirty / "inbox/meta").glob("*_no/insights/*/Reach.csv"), key=lambda one: one.parent.name):
        content = path.read_bytes()
        assert content[:2] == b"\xff\xfe"
        first, title, header, *rows = content.decode("utf-16").splitlines()
        assert (first, header) == ("sep=,", '"Date","Primary"')
        platform = "facebook" if title == '"Facebook reach"' else "instagram"
        for day, value in csv.reader(rows):
            seen["Fjellbrygg Norge", platform, day[:10], "reach"] = int(value)
    assert seen == {key: value for key, value in known.items() if key[3] == "reach" and key[0] == "Fjellbrygg Norge"}


def test_youtube_zips_add_up_in_both_languages(dirty):
    languages = set()
    for path in sorted((dirty / "inbox/youtube").glob("*/*.zip")):
        with zipfile.ZipFile(path) as archive:
            table_name, chart_name, totals_name = archive.namelist()
            languages.add(table_name)
            _, total, *rows = list(csv.reader(io.StringIO(archive.read(table_name).decode())))
            chart = list(csv.reader(io.StringIO(archive.read(chart_name).decode())))[1:]
            totals = list(csv.reader(io.StringIO(archive.read(totals_name).decode())))[1:]
        assert total[0] in ("Total", "Totalt")
        assert int(total[4]) == sum(int(row[4]) for row in rows) == sum(int(row[-1]) for row in chart)
        assert sum(int(row[1]) for row in totals) == int(total[4])
    assert languages == {"Table data.csv", "Tabelldata.csv"}


def test_tiktok_dates_have_no_year_but_the_archive_and_the_sidecar_have(dirty):
    archives = sorted((dirty / "inbox/tiktok").glob("*/Overview_2026-*.zip"))
    assert archives
    with zipfile.ZipFile(archives[-1]) as archive:
        text = archive.read("Overview.csv").decode("utf-8-sig")
    assert text.splitlines()[-1].startswith('"November 15",')
    assert "year: 2026" in (archives[-1].parent / "hourglass.yml").read_text()


def test_the_readme_names_every_truth_file_and_its_columns(dirty):
    text = (dirty / "truth/README.md").read_text()
    named = {
        line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ") and "." in line.split("|")[1]
    }
    there = {path.name for path in (dirty / "truth").iterdir()} - {"README.md", ".hourglassignore", ".written"}
    assert named == there
    for path in (dirty / "truth").glob("*.csv"):
        (line,) = [line for line in text.splitlines() if line.startswith(f"| {path.name} ")]
        for column in table(path)[0]:
            assert column in line, (path.name, column)


def test_nobody_real_can_be_addressed(dirty):
    for row in [*newest(dirty, "crm", "lead_id").values(), *newest(dirty, "shop", "order_id").values()]:
        assert row["email"].strip().lower().endswith(("@example.com", "@example.org"))
