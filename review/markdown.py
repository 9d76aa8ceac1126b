"""The review as Markdown: for a chat, a mail, or the preview in Dagster. Shorter than the page; nothing of the data is markup."""

from collections.abc import Sequence

from config.showing import plain
from review.language import Language
from review.page import action, because, evidence, grouped, subject, summary
from review.read import Review, Row
from review.reasons import absence

SUBJECTS_SHOWN = 4
RESTATED_SHOWN = 5
EVIDENCE_SHOWN = 240


def render_markdown(review: Review, t: Language, *, plan_title: str, page: str | None = None) -> str:
    """The week in one language; ``page`` is the file name of the whole review."""
    parts = [f"# {t.say('review_title')}, {t.week(review.week)}", f"{plain(plan_title)} · {t.days(review.week)}", ""]
    parts += [f"- {line}" for line in summary(review, t)]
    if review.headlines:
        names = [t.say(key) for key in ("kpi", "value", "change", "target", "status", "owner")]
        parts += ["", f"## {t.say('headlines')}", "", f"| {' | '.join(names)} |", "|---|---:|---:|---:|---|---|"]
        parts += [_line(line, t) for line in review.headlines]
    if review.open_decisions:
        parts += ["", f"## {t.say('decisions')}", ""]
        parts += [_asked(rows, t, review) for _, rows in grouped(review.open_decisions)]
    if review.restated:
        parts += ["", f"## {t.say('restated')}", ""]
        parts += [_restated(row, t) for row in review.restated[:RESTATED_SHOWN]]
        more = len(review.restated) - RESTATED_SHOWN
        parts += [f"- {t.say('and_more', count=more)}"] if more > 0 else []
    if page:
        parts += ["", f"[{page}]({page})"]
    return "\n".join(parts) + "\n"


def _line(line: Row, t: Language) -> str:
    value = t.standing(line) if line.value is not None else absence(line.null_reason, t)
    cells = [
        plain(t.of(line, "title")),
        value,
        t.figure(line.change, line.unit, line.currency, signed=True),
        t.figure(line.target, line.unit, line.currency),
        t.word("status", line.status),
        plain(line.owner or ""),
    ]
    return f"| {' | '.join(cells)} |"


def _asked(rows: Sequence[Row], t: Language, review: Review) -> str:
    subjects = ", ".join(plain(subject(row, t, review.titles)) for row in rows[:SUBJECTS_SHOWN])
    more = f", {t.say('and_more', count=len(rows) - SUBJECTS_SHOWN)}" if len(rows) > SUBJECTS_SHOWN else ""
    owners = ", ".join(sorted({row.owner or "" for row in rows} - {""}))
    asked = f"- **{plain(t.of(rows[0], 'title'))}** ({subjects}{more}): {plain(action(rows[0], t))}"
    asked += f" {t.say('owner')}: {plain(owners)}." if owners else ""
    shown = evidence(rows[0], t, review.titles)
    shown = plain(shown[:EVIDENCE_SHOWN] + (" …" if len(shown) > EVIDENCE_SHOWN else ""))
    # What is shown of several is that of the first.
    return f"{asked}\n  {plain(subject(rows[0], t, review.titles)) + ': ' if len(rows) > 1 else ''}{shown}"


def _restated(row: Row, t: Language) -> str:
    before, now = (t.figure(value, row.unit, row.currency) for value in (row.previous_value, row.value))
    line = t.say(
        "restated_line",
        period=t.period(row.period, row.period_start_date),
        title=t.of(row, "title"),
        before=before,
        now=now,
    )
    return f"- {plain(line)} ({plain(because(row, t))})"
