"""How often a day is told that is as it should be: simulated brands in which nothing goes wrong, and every day that stands out in them.

    python benchmarks/false_alarms.py [--seeds 11 12 13 14] [--sessions 100000] [--days 150] [--judged 90] [--keep FOLDER]

Each brand's whole inbox is run once, with the settings that are shipped but for how many of the newest days are judged: each as on the
night after it. Every one that stands in ``quality.anomalies`` would have been told then, and wrongly. Spend of a week against the week
before is told by a rule of its own and counted apart: budgets of the simulated brand do change.
"""

import argparse
import tempfile
from pathlib import Path

import duckdb
from nightly import hourglass

from config.home import Home

WEEKLY = "ad_spend_week"


def main() -> None:
    """Simulate, run, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="*", default=[11, 12, 13, 14], help="a brand each")
    parser.add_argument("--sessions", type=int, default=100_000)
    parser.add_argument("--days", type=int, default=150)
    parser.add_argument("--judged", type=int, default=90, help="of the newest days")
    parser.add_argument("--keep", type=Path, help="use and keep this folder instead of a temporary one")
    arguments = parser.parse_args()
    print("| brand | series | days judged | days told wrongly | weeks of spend told | what |")
    print("|---|---:|---:|---:|---:|---|")
    judged_in_all = told_in_all = 0
    with tempfile.TemporaryDirectory(prefix="hourglass-bench-") as temporary:
        for seed in arguments.seeds:
            home = Home((arguments.keep or Path(temporary)) / str(seed))
            size = ["--days", str(arguments.days), "--sessions", str(arguments.sessions), "--seed", str(seed)]
            hourglass(home.root, "simulate", "--out", str(home.root), *size)
            home.config.mkdir()
            settings = f"watch: {{judged_days: {arguments.judged}}}\n"
            (home.config / "settings.yml").write_text(settings, encoding="utf-8")
            hourglass(home.root, "run")
            series, days, weeks, what = told(home.published)
            print(f"| {seed} | {series} | {arguments.judged} | {days} | {weeks} | {what} |", flush=True)
            judged_in_all, told_in_all = judged_in_all + arguments.judged, told_in_all + days
    print(f"\n{told_in_all} of {judged_in_all} days told wrongly")


def told(published: Path) -> tuple[int, int, int, str]:
    """Of a published file: how many series are watched, the days and the weeks of spend that stand out, and which they are."""
    with duckdb.connect(str(published), read_only=True) as connection:
        counted = connection.execute(
            "select (select count(*) from (select distinct series, member from quality.watched_days)),"
            " count(distinct date) filter (series <> $1), count(*) filter (series = $1 and date = since_date)"
            " from quality.anomalies",
            [WEEKLY],
        ).fetchone()
        found = connection.execute(
            "select date, series, member from quality.anomalies where series <> ? order by all", [WEEKLY]
        ).fetchall()
    series, days, weeks = counted or (0, 0, 0)
    return series, days, weeks, "; ".join(f"{date} {name} {member}" for date, name, member in found)


if __name__ == "__main__":
    main()
