"""How much of the social traffic is tagged as the UTM standard wants it, overall and by channel.

Coverage is compliant social sessions over social sessions by any evidence, over the newest days that have data
(``utm_coverage.window_days`` of the settings; a session of a wrong clock does not move them). Below the target the check fails as a
warning; below the floor it blocks, since channel figures that rest on guessed tags should not reach a decision.
"""

from checks.declared import Check, Severity, Share

SESSIONS = "core.fct_sessions"

_WINDOW = f"""
    from {SESSIONS}
    cross join (select max(session_date) as newest_date from {SESSIONS} where not is_clock_suspect) as newest
    where is_social and session_date > newest_date - cast($utm_window_days as integer) and session_date <= newest_date"""
_COUNTS = "count(*) filter (where utm_status = 'compliant') as numerator, count(*) as denominator"


def checks() -> list[Check]:
    """Coverage of all social sessions, and of each social channel."""
    return [
        _coverage("utm_coverage", "Share of social sessions whose tags meet the UTM standard.", "'all'"),
        _coverage(
            "utm_coverage_by_channel", "The same for each social channel with enough sessions to judge.", "channel"
        ),
    ]


def _coverage(name: str, description: str, member: str) -> Check:
    return Share(
        name=name,
        asset=SESSIONS,
        severity=Severity.BLOCK,
        description=f"{description} Below the target: a warning. Below the floor: nothing is published.",
        measure=f"select {member} as member, {_COUNTS} {_WINDOW} group by 1",
        target="utm_target",
        floor="utm_floor",
        minimum="utm_minimum_sessions",
    )
