"""The review as one self-contained page: no script, no request, every text of the data escaped."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from review.charts import bar, meter, sparkline
from review.language import NOTHING, Language
from review.read import RESTATED_SHOWN, TO_MEND, Review, Row
from review.reasons import absence, is_translated, translated
from review.said import LISTED, finding, tell

TEMPLATES = Path(__file__).with_name("templates")
CASES_SHOWN = 5
THIN_SHOWN = 2


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, escaping everything and failing on what is not there; each is compiled once a process."""
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def style() -> tuple[Markup, str]:
    """The style sheet, and its digest for the page's content security policy: no other style is obeyed."""
    text = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return Markup(text), base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def summary(review: Review, t: Language) -> list[str]:
    """What the week comes to, in sentences."""
    counts = review.counts
    lines = []
    if review.lines:
        good = counts["met"] + counts["on_track"]
        lines.append(t.say("summary_kpis", good=good, all=len(review.lines), behind=counts["behind"]))
    if review.decisions is not None:
        count = len(review.open_decisions)
        lines.append(t.say("summary_decisions_one" if count == 1 else "summary_decisions", count=count))
    if review.coverage_whole is not None and review.coverage_whole.value is not None:
        share = t.figure(review.coverage_whole.value, "percent")
        lines.append(t.say("summary_coverage", share=share, target=t.share(review.coverage_target)))
    if review.restated:
        count = len(review.restated)
        lines.append(t.say("summary_restated_one" if count == 1 else "summary_restated", count=count))
    return lines


def because(row: Row, t: Language) -> str:
    """Why a figure was restated."""
    if row.files_loaded:
        files = row.files + (" …" if row.files_loaded > row.files.count(", ") + 1 else "")
        text = t.say(
            "reason_files_one" if row.files_loaded == 1 else "reason_files", count=row.files_loaded, files=files
        )
        return t.say("reason_both", files=text) if row.reason == "files and rules" else text
    return t.word("reason", row.reason)


def action(row: Row, t: Language) -> str:
    """What a rule or risk recommends, in the language where the table has it."""
    return str((getattr(row, f"action_{t.code}", None) if t.code != "en" else None) or row.action or NOTHING)


def evidence(row: Row, t: Language, titles: Mapping[str, Row]) -> str:
    """What a verdict rests on, in the language; as the table has it where there are no figures."""
    figures = getattr(row, "evidence_figures", None)
    return tell(figures, t, titles, without=LISTED) if figures else translated(row.evidence or NOTHING, t)


def missing(row: Row, t: Language, titles: Mapping[str, Row]) -> str:
    """What a verdict lacks, likewise."""
    figures = getattr(row, "missing_figures", None)
    return tell(figures, t, titles) if figures else translated(row.missing or NOTHING, t)


def subject(row: Row, t: Language, titles: Mapping[str, Row]) -> str:
    """What is judged, by the name that people know."""
    if row.subject_kind == "kpi" and row.subject in titles:
        return t.of(titles[row.subject], "title")
    return t.word("subject", row.subject) if row.subject_kind in ("whole", "all") else str(row.subject)


def grouped(rows: Sequence[Row]) -> list[tuple[str, list[Row]]]:
    """Recommendations by rule, the rule of the surest one first."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row.rule, []).append(row)
    return list(found.items())


def part_name(part: Row, t: Language) -> str:
    """A rung or member of a bridge."""
    special = {"(others)": "bridge_others", "unexplained": "bridge_unexplained"}
    return t.say(special[part.part]) if part.part in special else t.of(part, "title") or str(part.part)


def render(review: Review, t: Language, *, plan_title: str, plan_days: int) -> str:
    """The page in one language."""
    sheet, digest = style()

    def draw(line: Row) -> Markup:
        values = [point.value for point in line.weeks]
        known = [point for point in line.weeks if point.value is not None]
        if len(known) < 2:
            return Markup("")
        label = t.say(
            "spark_alt",
            title=t.of(line, "title"),
            first=t.week(known[0].week),
            last=t.week(known[-1].week),
            from_value=t.figure(known[0].value, line.unit, line.currency),
            to_value=t.figure(known[-1].value, line.unit, line.currency),
        )
        return sparkline(values, line.target, label)

    def grow(part: Row, parts: Sequence[Row]) -> Markup:
        largest = max(
            (abs(other.contribution) for other in parts if other.contribution is not None), default=Decimal(0)
        )
        return bar(part.contribution, largest, part.better)

    helpers: dict[str, Any] = {
        "spark": draw,
        "bar": grow,
        "meter": lambda value: meter(value, (review.coverage_target or Decimal(0)) * 100),
        "because": lambda row: because(row, t),
        "action": lambda row: action(row, t),
        "evidence": lambda row: evidence(row, t, review.titles),
        "missing": lambda row: missing(row, t, review.titles),
        "subject": lambda row: subject(row, t, review.titles),
        "finding": lambda found: finding(found.lines, found.violations, t),
        "faults": lambda reason: ", ".join(t.word("fault", fault) for fault in (reason or "").split(", ")),
        "absence": lambda reason: absence(reason, t),
        "waits": lambda reason: translated(reason or "", t),
        "is_english": lambda reason: not is_translated(reason or "", t),
        "grouped": grouped,
        "part_name": lambda part: part_name(part, t),
    }
    return (
        environment()
        .get_template("review.html.j2")
        .render(
            r=review,
            t=t,
            plan_title=plan_title,
            plan_days=plan_days,
            summary=summary(review, t),
            style=sheet,
            style_digest=digest,
            mend_shown=TO_MEND,
            cases_shown=CASES_SHOWN,
            thin_shown=THIN_SHOWN,
            currency=review.currency,
            restated_shown=RESTATED_SHOWN,
            **helpers,
        )
    )
