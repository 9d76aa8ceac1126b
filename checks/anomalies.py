"""Days that are not like the same weekdays before them, and exports with other columns than before: warnings that say
what, since when, and where to look.

How they are judged stands in ``sql/quality/anomalies.sql`` and ``export_changes.sql``; this tells of the newest. Nothing is blocked: an
odd day may be true.
"""

from checks.declared import Check, NoViolations, Severity

ANOMALIES = "quality.anomalies"
EXPORT_CHANGES = "quality.export_changes"


def checks() -> list[Check]:
    """One check for all days that are watched, one for the columns of the exports."""
    return [
        NoViolations(
            name="newest_days_as_usual",
            asset=ANOMALIES,
            severity=Severity.WARN,
            reads=("quality.watched_days",),
            description=(
                "Volumes and rates of the newest days are like those of the same weekdays in the weeks before (watch of settings.yml), and "
                "an ad platform's seven days of spend like the seven before."
            ),
            violations=f"""
                select series, member, date, round(value, 4) as value, round(expected, 4) as expected, since_date, look_at
                from {ANOMALIES} where is_news""",
            says="{series} of {member} on {date}: {value} where {expected} is usual, since {since_date}; look at {look_at}",
            population="select count(*) from (select distinct series, member from quality.watched_days)",
        ),
        NoViolations(
            name="exports_as_before",
            asset=EXPORT_CHANGES,
            severity=Severity.WARN,
            reads=("raw.files",),
            description=(
                "The newest file of each export fills the columns that the files before it filled, and brings none that they did not know."
            ),
            violations=f"""
                select source, export_kind, account, change, column_name, file_path, since_date
                from {EXPORT_CHANGES} where is_news""",
            says="{source} {export_kind} {account}: column {column_name} is {change} since {since_date}; look at {file_path}",
            population="select count(*) from (select distinct source, export_kind, account from raw.files)",
        ),
    ]
