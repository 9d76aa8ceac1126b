"""Days that are not like the same weekdays before them: a warning that says what, since when, and where to look.

How a day is judged stands in ``sql/quality/anomalies.sql``; this tells of the newest ones. Nothing is blocked: an odd day may be true.
"""

from checks.declared import Check, NoViolations, Severity

ANOMALIES = "quality.anomalies"


def checks() -> list[Check]:
    """One check for everything that is watched."""
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
        )
    ]
