"""What the review tells, read from the published tables: the queries, and the rows that they give.

Every table is asked for before it is read, so that a page can be made of a file that does not have all of them: the section then says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import groupby
from types import SimpleNamespace
from typing import Any

import duckdb

Row = Any
"""A row with its columns as attributes, named in its query."""

SPARK_WEEKS = 13
HEADLINES = 8
BRIDGES = 2
BRIDGE_PARTS = 7
TO_MEND = 10
RESTATED_DAYS = 7
RESTATED_SHOWN = 12


@dataclass
class Review:
    """One week: lists of rows, None where the table is not there."""

    week: date
    plan: Row | None
    published: Row
    lines: list[Row] = field(default_factory=list)
    bridges: list[list[Row]] | None = None
    decisions: list[Row] | None = None
    thin: list[Row] = field(default_factory=list)
    decided: list[Row] | None = None
    risks: list[list[Row]] | None = None
    experiments: list[Row] | None = None
    content: Any = None
    currency: str = ""
    coverage: list[Row] = field(default_factory=list)
    coverage_whole: Row | None = None
    coverage_target: Any = None
    to_mend: list[Row] = field(default_factory=list)
    to_mend_count: int = 0
    restated: list[Row] | None = None
    checks: Row | None = None
    failed: list[Row] = field(default_factory=list)
    waiting: list[Row] = field(default_factory=list)
    files: Row | None = None
    owners: list["Owner"] = field(default_factory=list)
    titles: dict[str, Row] = field(default_factory=dict)

    @property
    def headlines(self) -> list[Row]:
        """At most eight KPIs: first those that are behind, and then what is closest to revenue; shown in the ladder's order."""
        ranked = sorted(
            self.lines, key=lambda line: (line.status == "no_data", line.status != "behind", -line.position)
        )
        return sorted(ranked[:HEADLINES], key=lambda line: line.position)

    @property
    def counts(self) -> dict[str, int]:
        """How many KPIs of the plan stand how."""
        return {
            status: sum(line.status == status for line in self.lines)
            for status in ("met", "on_track", "behind", "no_data")
        }

    @property
    def told_tests(self) -> list[Row]:
        """The variants of tests that say something: decided, running, without difference or broken."""
        return [row for row in self.experiments or [] if row.state != "not_enough_data"]

    @property
    def thin_tests(self) -> list[Row]:
        """Tests that can't say anything yet, a row a test."""
        thin = {row.experiment_id: row for row in self.experiments or [] if row.state == "not_enough_data"}
        return list(thin.values())

    @property
    def open_decisions(self) -> list[Row]:
        """What is recommended and not decided yet."""
        return [row for row in self.decisions or [] if row.decided not in ("decided", "deviated")]


@dataclass
class Finding:
    """A check that failed: its failed lines, and a sample of the rows that break its rule."""

    asset: str
    check_name: str
    lines: list[Row]
    violations: list[Row]


@dataclass
class Owner:
    """Everything that one owner decides on or mends."""

    name: str
    lines: list[Row] = field(default_factory=list)
    decisions: list[Row] = field(default_factory=list)
    channels: list[Row] = field(default_factory=list)
    to_mend: list[Row] = field(default_factory=list)
    tests: list[Row] = field(default_factory=list)


class Published:
    """An open connection to the published tables (or to the warehouse within a run)."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection
        self.tables = {
            f"{schema}.{name}"
            for schema, name in connection.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = current_database() "
                "union all select schema_name, view_name from duckdb_views() where database_name = current_database()"
            ).fetchall()
        }

    def rows(self, query: str, values: Mapping[str, object] | None = None, *, of: Sequence[str] = ()) -> list[Row]:
        """The rows of a query; none where one of the tables it is ``of`` is missing."""
        if not set(of) <= self.tables:
            return []
        result = self.connection.execute(query, values or {})
        names = [item[0] for item in result.description or []]
        return [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in result.fetchall()]

    def maybe(self, query: str, values: Mapping[str, object], table: str) -> list[Row] | None:
        """The rows of a query, None where its table is not there yet."""
        return self.rows(query, values) if table in self.tables else None


def newest_week(published: Published, today: date) -> date | None:
    """The Monday of the newest week that is over and of which most KPIs are complete; None without any."""
    rows = published.rows(
        """
        with weeks as (
            select period_start_date as week, count(*) filter (where is_complete and value is not null) as figures
            from kpi.kpi_values
            where period = 'week' and dimension = 'all' and period_start_date + 7 <= $today
            group by 1
        )
        select week from weeks
        where figures > 0 and 2 * figures >= (select max(figures) from weeks)
        order by week desc limit 1
        """,
        {"today": today},
        of=["kpi.kpi_values"],
    )
    return rows[0].week if rows else None


def read_review(published: Published, *, week: date, plan: str, published_row: Row, today: date) -> Review:
    """Everything about a week. ``plan`` is the plan's name in ``kpi.scorecard``."""
    review = Review(week=week, plan=None, published=published_row)
    at = {"week": week}
    review.lines = _lines(published, week, plan)
    review.plan = review.lines[0] if review.lines else None
    review.bridges = _bridges(published, at)
    review.decisions = published.maybe(
        "select * from kpi.decisions where week_start_date = $week and verdict = 'fires' "
        "order by confidence desc nulls last, rule, subject",
        at,
        "kpi.decisions",
    )
    review.thin = published.rows(
        "select * from kpi.decisions where week_start_date = $week and verdict = 'not_enough_data' "
        "order by rule, sample desc nulls last, subject",
        at,
        of=["kpi.decisions"],
    )
    review.decided = published.maybe(
        "select * from kpi.decision_log where decided_date between $week and $week + 13 order by decided_date, subject",
        at,
        "kpi.decision_log",
    )
    risks = published.maybe(
        "select * from kpi.risks where week_start_date = $week and state = 'risen' order by risk, kpi", at, "kpi.risks"
    )
    review.risks = None if risks is None else [list(rows) for _, rows in groupby(risks, key=lambda row: row.risk)]
    review.titles = {
        row.kpi: row
        for row in published.rows(
            "select kpi, title_en, title_nb, title_sv from kpi.kpi_catalogue", of=["kpi.kpi_catalogue"]
        )
    }
    review.experiments = published.maybe(
        "select * from kpi.experiments where started_date <= $week + 6 or started_date is null order by started_date desc, "
        "experiment_id, variant",
        at,
        "kpi.experiments",
    )
    _read_coverage(published, review)
    review.restated = published.maybe(
        "select restatements.*, catalogue.title_en, catalogue.title_nb, catalogue.title_sv from kpi.restatements as restatements "
        "join kpi.kpi_catalogue as catalogue on catalogue.kpi = restatements.kpi "
        "where restatements.period in ('week', 'month') and restatements.run_date > $today - $days "
        "qualify row_number() over (partition by restatements.kpi, restatements.period, restatements.period_start_date "
        "order by sequence_number desc) = 1 "
        "order by restatements.period_start_date desc, catalogue.position, restatements.period",
        {"today": today, "days": RESTATED_DAYS},
        "kpi.restatements",
    )
    _read_quality(published, review)
    review.owners = _owners(published, review)
    return review


def _lines(published: Published, week: date, plan: str) -> list[Row]:
    of = ["kpi.scorecard", "kpi.kpi_catalogue"]
    lines = published.rows(
        "select scorecard.*, catalogue.title_en, catalogue.title_nb, catalogue.title_sv, catalogue.position, catalogue.tier "
        "from kpi.scorecard as scorecard join kpi.kpi_catalogue as catalogue on catalogue.kpi = scorecard.kpi "
        "where scorecard.plan = $plan and scorecard.week_start_date = $week order by catalogue.position",
        {"week": week, "plan": plan},
        of=of,
    )
    past = published.rows(
        "select kpi, week_start_date as week, value, is_complete from kpi.scorecard "
        "where plan = $plan and week_start_date between $first and $week order by kpi, week",
        {"week": week, "first": week - timedelta(weeks=SPARK_WEEKS - 1), "plan": plan},
        of=of,
    )
    for line in lines:
        line.weeks = [point for point in past if point.kpi == line.kpi]
    return lines


def _bridges(published: Published, at: Mapping[str, object]) -> list[list[Row]] | None:
    """The ladder of the first KPIs that moved, and beside each its channels: lists of one decomposition's parts."""
    rows = published.maybe(
        "select bridge.*, catalogue.title_en as kpi_title_en, catalogue.title_nb as kpi_title_nb, catalogue.title_sv as kpi_title_sv, "
        "catalogue.better, catalogue.position as kpi_position from kpi.bridge as bridge "
        "join kpi.kpi_catalogue as catalogue on catalogue.kpi = bridge.kpi "
        "where bridge.week_start_date = $week and bridge.null_reason is null "
        "order by catalogue.position, bridge.decomposition desc, bridge.position",
        at,
        "kpi.bridge",
    )
    if rows is None:
        return None
    found: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        found.setdefault((row.kpi, row.decomposition), []).append(row)
    laddered = [kpi for kpi, decomposition in found if decomposition == "ladder"]
    chosen = [kpi for kpi in ("revenue_social", "leads_social", "orders", *laddered) if kpi in laddered]
    shown = list(dict.fromkeys(chosen))[:BRIDGES]
    return [found[kpi, cut][:BRIDGE_PARTS] for kpi in shown for cut in ("ladder", "channel") if (kpi, cut) in found]


def _read_coverage(published: Published, review: Review) -> None:
    rows = published.rows(
        "select dimension, member, numerator, denominator, value from kpi.kpi_values "
        "where kpi = 'utm_coverage' and period = 'week' and period_start_date = $week and dimension in ('all', 'channel') "
        "order by dimension, denominator desc",
        {"week": review.week},
        of=["kpi.kpi_values"],
    )
    review.coverage = [row for row in rows if row.dimension == "channel"]
    review.coverage_whole = next((row for row in rows if row.dimension == "all"), None)
    review.to_mend = published.rows(
        "select * from quality.utm_worklist order by sessions desc, landing_url", of=["quality.utm_worklist"]
    )
    review.to_mend_count = len(review.to_mend)


def _read_quality(published: Published, review: Review) -> None:
    newest = "run_id = (select arg_max(run_id, checked_at) from quality.check_results)"
    checks = published.rows(
        f"select count(*) filter (where passed) as passed, count(*) filter (where not passed) as failed, "
        f"max(checked_at) as checked_at from quality.check_results where {newest}",
        of=["quality.check_results"],
    )
    review.checks = checks[0] if checks else None
    failed = published.rows(
        f"select * from quality.check_results where {newest} and not passed order by severity, check_name, asset, member",
        of=["quality.check_results"],
    )
    violations = published.rows(
        "select * from quality.check_violations order by violation_number", of=["quality.check_violations"]
    )
    for _, rows in groupby(failed, key=lambda row: (row.severity, row.check_name, row.asset)):
        lines = list(rows)
        check = lines[0]
        found = [row for row in violations if (row.asset, row.check_name) == (check.asset, check.check_name)]
        review.failed.append(Finding(check.asset, check.check_name, lines, found))
    review.waiting = published.rows(
        "select file_path, reason from quality.files where status = 'quarantined' order by file_path",
        of=["quality.files"],
    )
    files = published.rows(
        "select count(*) as files, sum(rows_loaded) as rows_loaded, sum(rows_quarantined) as rows_quarantined from quality.files",
        of=["quality.files"],
    )
    review.files = files[0] if files else None


def _owners(published: Published, review: Review) -> list[Owner]:
    """One for each who owns a KPI of the plan, a recommendation, a channel or a link; by the number of things to do."""
    found: dict[str, Owner] = {}

    def owner(name: str | None) -> Owner:
        return found.setdefault(name or "–", Owner(name or "–"))

    for line in review.lines:
        owner(line.owner).lines.append(line)
    for decision in review.decisions or []:
        owner(decision.owner).decisions.append(decision)
    for channel in _channels(published, review.week):
        owner(channel.owner).channels.append(channel)
    for link in review.to_mend:
        owner(link.owner).to_mend.append(link)
    for name, tests in _tests(published, review).items():
        owner(name).tests.extend(tests)
    return sorted(found.values(), key=lambda item: item.name.casefold())


def _tests(published: Published, review: Review) -> dict[str, list[Row]]:
    """The tests that say something, by who decides on them (rule test_decided)."""
    rows = published.rows(
        "select subject, arg_max(owner, week_start_date) as owner from kpi.decisions where rule = 'test_decided' group by 1",
        of=["kpi.decisions"],
    )
    deciders = {row.subject: row.owner for row in rows if row.owner}
    found: dict[str, list[Row]] = {}
    for test in review.told_tests:
        if test.experiment_id in deciders:
            found.setdefault(deciders[test.experiment_id], []).append(test)
    return found


def _channels(published: Published, week: date) -> list[Row]:
    """The channels that had social visits in the week, with what they brought."""
    return published.rows(
        """
        select
            channels.owner, channels.channel, channels.role,
            max(case when cells.kpi = 'social_sessions' then cells.value end) as sessions,
            max(case when cells.kpi = 'social_sessions' then before.value end) as sessions_before,
            max(case when cells.kpi = 'landing_page_cvr' then cells.value end) as conversion_rate,
            max(case when cells.kpi = 'utm_coverage' then cells.value end) as coverage
        from (select distinct owner, channel, role from core.dim_channels) as channels
        join kpi.kpi_values as cells on cells.dimension = 'channel' and cells.member = channels.channel
            and cells.period = 'week' and cells.period_start_date = $week
            and cells.kpi in ('social_sessions', 'landing_page_cvr', 'utm_coverage')
        left join kpi.kpi_values as before on before.kpi = cells.kpi and before.dimension = 'channel'
            and before.member = cells.member and before.period = 'week' and before.period_start_date = $week - 7
        group by all
        having max(case when cells.kpi = 'social_sessions' then cells.value end) > 0
        order by sessions desc
        """,
        {"week": week},
        of=["core.dim_channels", "kpi.kpi_values"],
    )
