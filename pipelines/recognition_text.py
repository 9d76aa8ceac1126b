"""What the recogniser found out, in words, for ``hourglass files --explain``."""

from pipelines.recognise import Match, Recognition
from pipelines.tables import Block

_CLOCKS = {"sidecar": "in the time_zone of hourglass.yml"}


def explain(block: Block, recognition: Recognition) -> str:
    """In words: where the table stands, the candidates with their scores, how each column was read, and what was left over."""
    place = f"sheet {block.sheet!r}, row" if block.sheet else "line"
    lines = [f"table from {place} {block.rows[0].line}, {len(block.rows)} rows"]
    for candidate in recognition.candidates[:5]:
        verdict = "fits" if candidate.fits else "does not fit"
        lacking = f"; missing: {', '.join(candidate.lacking)}" if candidate.missing else ""
        lines.append(f"{candidate.format.id}: {verdict}, {candidate.share:.0%} of the header known{lacking}")
    if recognition.match is None:
        return "\n".join([*lines, f"refused: {recognition.reason}"])
    match = recognition.match
    lines.append(f"read as {match.format.id} (header in row {match.header + 1}, languages: {match.locale or 'any'})")
    ordered = sorted(match.columns.items(), key=lambda item: item[1])
    lines += [f"  {match.names[position]} -> {name}{_reading(match, name)}" for name, position in ordered]
    lines += [
        f"  {match.names[match.columns[spec.source]]} -> {name}{_reading(match, name)}, taken out of it"
        for name, spec in match.format.specs.items()
        if spec.source and spec.source in match.columns and name != spec.source
    ]
    if match.unmapped:
        where = "kept in `original` only" if match.format.keep is None else "not kept"
        lines.append(f"  {where}: " + ", ".join(match.unmapped))
    if match.strangers:
        lines.append("  of these not known in any language: " + ", ".join(match.strangers))
    return "\n".join(lines)


def _reading(match: Match, name: str) -> str:
    """As what a column is read: its type, the unit or scale that the export writes, the clock of its times, the currency of its header."""
    spec = match.format.specs.get(name)
    if spec is None or spec.type in ("text", "url", "json", "id"):
        return ""
    told = [spec.type]
    if spec.unit:
        told.append(f"written in {spec.unit}" if spec.type == "seconds" else f"written as {spec.unit}")
    if spec.type == "timestamp" and not spec.decode:
        told.append(_CLOCKS.get(match.format.clock, f"clock of {match.format.clock}"))
    if name in match.currencies:
        told.append(match.currencies[name])
    return f" ({', '.join(told)})"
