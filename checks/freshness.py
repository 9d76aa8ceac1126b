"""Whether the sources still deliver: how long each has been silent, and which days are missing in between.

Both warn only: yesterday's other numbers are still right when one source is late. A source that never delivered is not judged.
"""

from dataclasses import dataclass

from checks.declared import Check, NoViolations, Severity
from sql.quoting import quoted_text

LOOKS_BACK_DAYS = 90


@dataclass(frozen=True)
class Source:
    """A raw table in time. ``day`` is an expression for a row's day, ``by`` the column whose members deliver separately.

    ``daily`` is True where every day is expected to have rows; ``last_day`` is for rows that cover a range of days.
    """

    table: str
    day: str
    by: str | None = None
    daily: bool = False
    last_day: str | None = None

    @property
    def name(self) -> str:
        """The name by which settings speak of the source."""
        return self.table.removeprefix("raw.")


SOURCES = (
    Source("raw.web_sessions", "cast(started_at as date)", daily=True),
    Source("raw.web_events", "cast(occurred_at as date)", daily=True),
    Source("raw.leads", "cast(created_at as date)"),
    Source("raw.orders", "cast(ordered_at as date)"),
    Source("raw.costs", "month"),
    Source("raw.content_calendar", "cast(published_at as date)"),
    Source("raw.exchange_rates", "rate_date"),
    Source("raw.messages", "cast(received_at as date)", by="platform"),
    Source("raw.mentions", "cast(occurred_at as date)"),
    Source("raw.reviews", "cast(reviewed_at as date)"),
    Source("raw.subscriptions", "cast(changed_at as date)"),
    Source("raw.experiments", "cast(started_at as date)"),
    Source("raw.decisions", "cast(decided_at as date)"),
    Source("raw.social_posts", "cast(captured_at as date)", by="platform"),
    Source("raw.social_account_daily", "date", by="platform", daily=True),
    Source("raw.ads", "date_from", by="platform", daily=True, last_day="date_to"),
)


def checks() -> list[Check]:
    """For each source how long it has been silent, and for those that deliver daily which days are missing."""
    return [_silent(source) for source in SOURCES] + [_missing(source) for source in SOURCES if source.daily]


def _silent(source: Source) -> Check:
    member = source.by or quoted_text(source.name)
    grouped = f" group by {source.by}" if source.by else ""
    counted = f"count(distinct {source.by})" if source.by else "least(count(*), 1)"
    newest = f"least(max({source.last_day or source.day}), $run_date)"
    return NoViolations(
        name="freshness",
        asset=source.table,
        severity=Severity.WARN,
        description=f"{source.name} has news within the days that settings.yml allows (freshness).",
        violations=f"""
            select {member} as source, {newest} as newest_day, date_diff('day', {newest}, $run_date) as silent_days
            from {source.table}{grouped}
            having date_diff('day', {newest}, $run_date) > $freshness_{source.name}""",
        population=f"select {counted} from {source.table}",
        says="{source} silent for {silent_days} days, newest {newest_day}",
    )


def _missing(source: Source) -> Check:
    member = source.by or quoted_text(source.name)
    covered = (
        f"select distinct {member} as source, {source.day} as day from {source.table} where {source.day} is not null"
    )
    if source.last_day:
        covered = f"""
            select distinct source, cast(day as date) as day from (
                select {member} as source, unnest(generate_series({source.day}, {source.last_day}, interval 1 day)) as day
                from {source.table} where {source.day} is not null and {source.last_day} is not null)"""
    spans = f"""
        with covered as ({covered}),
        spans as (
            select source, greatest(min(day), $run_date - {LOOKS_BACK_DAYS}) as first_day, least(max(day), $run_date) as last_day
            from covered group by source
        ),
        expected as (
            select source, cast(unnest(generate_series(first_day, last_day, interval 1 day)) as date) as day
            from spans where first_day <= last_day
        )"""
    return NoViolations(
        name="missing_days",
        asset=source.table,
        severity=Severity.WARN,
        description=f"{source.name} has rows for every day between its first and its newest, looking {LOOKS_BACK_DAYS} days back.",
        violations=f"{spans} select expected.source, expected.day as missing_day from expected "
        "left join covered on covered.source = expected.source and covered.day = expected.day where covered.day is null",
        population=f"{spans} select count(*) from expected",
        says="{source} has nothing for {missing_day}",
    )
