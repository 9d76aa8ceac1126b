"""An explanation as text for people and as JSON for programs."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from assets.scorecard import figure
from hourglass.explain.answer import Answer
from hourglass.explain.question import WHOLE
from hourglass.explain.trace import COUNTED, ROLES, FilePart, MeasurePart

FILES_SHOWN = 20
HISTORY_SHOWN = 8


def as_text(answer: Answer) -> str:
    """The explanation for people; of many files the largest are shown (``--format json`` has all)."""
    lines = [*_headline(answer), ""]
    for name in ("numerator", "denominator"):
        parts = [part for part in answer.parts if part.part == name]
        if parts:
            total = answer.value.numerator if name == "numerator" else answer.value.denominator
            lines += [f"{name}: {_number(total)}", *(line for part in parts for line in _measure(part)), ""]
    lines += [*_checks(answer), "", *_history(answer)]
    return "\n".join(lines)


def as_json(answer: Answer) -> str:
    """The explanation for programs: every file, check and publication."""
    question, definition, value = answer.question, answer.definition, answer.value
    document = {
        "kpi": question.kpi,
        "title": {"en": definition.title[0], "nb": definition.title[1], "sv": definition.title[2]},
        "formula": answer.formula,
        "scale": definition.scale,
        "unit": value.unit,
        "currency": value.currency,
        "owner": answer.owner,
        "period": {
            "name": question.period.name,
            "kind": question.period.kind,
            "from": question.period.start,
            "to": question.period.end,
        },
        "dimension": question.dimension,
        "member": question.member,
        "value": value.value,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "is_complete": value.is_complete,
        "is_estimated": value.is_estimated,
        "null_reason": value.null_reason,
        "measures": [asdict(part) for part in answer.parts],
        "checks": [asdict(check) for check in answer.checks],
        "history": [asdict(said) for said in answer.history],
        "published_at": answer.published_at,
        "run_date": answer.run_date,
        "remarks": answer.remarks,
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=_plain)


def _headline(answer: Answer) -> Iterator[str]:
    question, value, definition = answer.question, answer.value, answer.definition
    of = "" if question.dimension == WHOLE else f", {question.dimension} {question.member}"
    yield f"{answer.title} ({question.kpi}), {question.period.name}{of}"
    shown = figure(value.value, value.unit, value.currency)
    yield f"  value        {shown}" + (
        f"  ({value.value.normalize():f} {value.unit})" if value.value is not None else ""
    )
    if value.null_reason:
        yield f"  no value     {value.null_reason}"
    yield f"  formula      {answer.formula}"
    if value.value is not None:
        yield f"  reckoned     {_reckoning(answer)}"
    marks = "complete" if value.is_complete else "not complete: a source has not delivered every day of it"
    yield f"  days         {question.period.start} to {question.period.end}, {marks}"
    if value.is_estimated:
        yield "  estimated    part of it was placed or estimated rather than observed"
    yield f"  owner        {answer.owner}; better {definition.better}; decided {definition.cadence}"
    yield f"  published    {answer.published_at:%Y-%m-%d %H:%M} UTC, run of {answer.run_date}"
    for remark in answer.remarks:
        yield f"  note         {remark}"


def _reckoning(answer: Answer) -> str:
    value, definition, period = answer.value, answer.definition, answer.question.period
    text = _number(value.numerator)
    if definition.denominator:
        text += f" / {_number(value.denominator)}"
    if definition.scale != "1":
        text += f" × {definition.scale}"
    days = (period.end - period.start).days + 1
    if definition.unit == "count_per_week" and days != 7:
        text += f" × 7 / {days} days"
    if definition.unit in ("count_per_month", "percent_per_month") and period.kind != "month":
        text += f" × 30.4375 / {days} days"
    return text


def _measure(part: MeasurePart) -> Iterator[str]:
    yield f"  {part.measure}: {_number(part.value)}"
    yield f"    {part.description}"
    if part.remark:
        yield f"    {part.remark}"
    for role, words in ROLES.items():
        files = [file for file in part.files if file.role == role]
        if not files:
            continue
        yield f"    {len(files)} {'file' if len(files) == 1 else 'files'}: {words}"
        yield from _files(files)
    if not any(file.role == COUNTED for file in part.files) and not part.files:
        yield "    no file of these days"


def _files(files: Sequence[FilePart]) -> Iterator[str]:
    for file in files[:FILES_SHOWN]:
        told = [f"{file.rows:,} rows" if file.rows != 1 else "1 row"] if file.rows is not None else []
        if file.amount is not None:
            told.append(_number(file.amount))
        if file.share is not None:
            told.append(f"{file.share:.1%}")
        yield f"      {file.path}" + (f"  ({', '.join(told)})" if told else "")
    if len(files) > FILES_SHOWN:
        yield f"      and {len(files) - FILES_SHOWN} more (--format json has all)"


def _checks(answer: Answer) -> Iterator[str]:
    failed = [check for check in answer.checks if not check.passed]
    tables = len({check.asset for check in answer.checks})
    yield f"checks of the {tables} tables behind it: {len(answer.checks) - len(failed)} passed, {len(failed)} did not"
    for check in failed:
        what = "blocks" if check.severity == "block" else "warns"
        of = "" if check.member == WHOLE else f" ({check.member})"
        yield f"  {what}: {check.asset} {check.name}{of}: {check.detail}"


def _history(answer: Answer) -> Iterator[str]:
    if len(answer.history) < 2:
        yield "earlier runs: no run said anything else"
        return
    yield "what earlier runs said"
    for said in answer.history[:HISTORY_SHOWN]:
        text = figure(said.value, answer.value.unit, answer.value.currency)
        reason = f" ({said.null_reason})" if said.value is None and said.null_reason else ""
        yield f"  from run {said.sequence_number} of {said.run_date}: {text}{reason}"
    if len(answer.history) > HISTORY_SHOWN:
        yield f"  and {len(answer.history) - HISTORY_SHOWN} more (--format json has all)"


def _number(value: Decimal | None) -> str:
    if value is None:
        return "–"
    rounded = value.quantize(Decimal("0.01")) if value != value.to_integral_value() else value.quantize(Decimal(1))
    return f"{rounded:,f}"


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
