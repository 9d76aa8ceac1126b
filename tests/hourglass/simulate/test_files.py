"""Every file is known to the truth, the platforms' exports add up to it, and dirt decides what goes wrong."""

import csv
import io
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tests.hourglass.simulate.reading import SESSIONS, records, table


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
        (row["date"], row["campaign"], row["ad"]): Decimal(row["spend"])
        for row in table(dirty / "truth/ads_daily.csv")
        if row["platform"] == "meta"
    }
    assert known == seen
    by_day = [row for row in table(dirty / "truth/spend_by_day.csv") if row["platform"] == "meta"]
    assert sum(Decimal(row["spend"]) for row in by_day) == sum(known.values())


def test_tiktok_ads_end_with_the_total_and_the_newest_export_counts(dirty):
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for path in sorted((dirty / "inbox/tiktok_ads").rglob("*.csv")):
        header, *rows, total = csv.reader(path.read_text(encoding="utf-8").splitlines())
        assert total[0] == f"Total of {len(rows)} results"
        cost = header.index("Cost")
        assert sum(Decimal(row[cost]) for row in rows) == Decimal(total[cost])
        for row in rows:
            named = dict(zip(header, row, strict=True))
            found[named["By Day"], named["Account name"], named["Ad name"]] = named
    known = [row for row in table(dirty / "truth/ads_daily.csv") if row["platform"] == "tiktok"]
    assert {row["currency"] for row in known} == {"NOK", "SEK"}
    assert len(known) == len(found)
    for row in known:
        named = found[row["date"], row["account"], row["ad"]]
        assert (named["Cost"], named["Currency"], named["Clicks (destination)"], named["Video views"]) == (
            row["spend"], row["currency"], row["link_clicks"], row["views"])  # fmt: skip
        assert (row["views_3s"], named["Total complete payment value"]) == ("", row["platform_conversion_value"])


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
        for column in path.read_text(encoding="utf-8").splitlines()[0].split(","):
            assert column in line, (path.name, column)
