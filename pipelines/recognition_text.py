"""What the recogniser found out, in words, for ``hourglass files --explain``."""

from pipelines.recognise import Recognition
from pipelines.tables import Block


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
    lines += [
        f"  {match.names[position]} -> {name}" for name, position in sorted(match.columns.items(), key=lambda i: i[1])
    ]
    if match.unmapped:
        where = "kept in `original` only" if match.format.keep is None else "not kept"
        lines.append(f"  {where}: " + ", ".join(match.unmapped))
    if match.strangers:
        lines.append("  of these not known in any language: " + ", ".join(match.strangers))
    return "\n".join(lines)
