"""Charts as inline SVG: a sparkline, and a bar that grows from a middle line. Sizes are attributes, colours classes."""

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

WIDTH, HEIGHT, PAD = 220, 48, 5
BAR_WIDTH, BAR_HEIGHT = 180, 14


def sparkline(values: Sequence[Decimal | None], target: Decimal | None, label: str) -> Markup:
    """A line over weeks, the newest last, with a gap where a week has no value and a dashed line at the target."""
    known = [value for value in values if value is not None]
    if len(known) < 2:
        return Markup("")
    # A target far away from all values would flatten the line; then it is left to the text.
    low, high = min(known), max(known)
    spread = high - low or abs(high) or Decimal(1)
    shows_target = target is not None and low - spread <= target <= high + spread
    if shows_target and target is not None:
        low, high = min(low, target), max(high, target)
    step = (WIDTH - 2 * PAD) / max(len(values) - 1, 1)

    def place(value: Decimal) -> float:
        share = float((value - low) / (high - low)) if high > low else 0.5
        return round(HEIGHT - PAD - share * (HEIGHT - 2 * PAD), 1)

    points = [(round(PAD + index * step, 1), place(value)) for index, value in enumerate(values) if value is not None]
    path, last = [], -2
    for index, value in enumerate(values):
        if value is not None:
            path.append(f"{'L' if index == last + 1 else 'M'}{PAD + index * step:.1f} {place(value):.1f}")
            last = index
    line = (
        f'<line class="aim" x1="{PAD}" x2="{WIDTH - PAD}" y1="{place(target)}" y2="{place(target)}"/>'
        if shows_target and target is not None
        else ""
    )
    text = Markup(
        '<svg class="spark" viewBox="0 0 {w} {h}" preserveAspectRatio="xMinYMid meet" width="{w}" height="{h}" '
        'role="img" aria-label="{label}">'
    ).format(w=WIDTH, h=HEIGHT, label=label)
    return text + Markup(
        f'{line}<path d="{" ".join(path)}"/><circle cx="{points[-1][0]}" cy="{points[-1][1]}" r="3.5"/></svg>'
    )


def bar(value: Decimal | None, largest: Decimal, better: str) -> Markup:
    """A bar to the right for what added, to the left for what took away, as long as its share of the largest."""
    if value is None or not largest:
        return Markup("")
    half = BAR_WIDTH / 2
    length = round(float(abs(value) / largest) * (half - 2), 1)
    start = half if value >= 0 else half - length
    good = "none" if better == "none" else "good" if (value >= 0) == (better == "up") else "bad"
    return Markup(
        f'<svg class="bar {good}" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" width="{BAR_WIDTH}" height="{BAR_HEIGHT}" aria-hidden="true">'
        f'<rect x="{start}" y="2" width="{length}" height="{BAR_HEIGHT - 4}" rx="1"/>'
        f'<line x1="{half}" x2="{half}" y1="0" y2="{BAR_HEIGHT}"/></svg>'
    )


def meter(percent: Decimal | None, target: Decimal) -> Markup:
    """A bar from 0 to 100 percent with a mark at the target."""
    if percent is None:
        return Markup("")
    length, mark = (
        round(float(min(max(value, Decimal(0)), Decimal(100))) / 100 * BAR_WIDTH, 1) for value in (percent, target)
    )
    good = "good" if percent >= target else "bad"
    return Markup(
        f'<svg class="meter {good}" viewBox="0 0 {BAR_WIDTH} {BAR_HEIGHT}" width="{BAR_WIDTH}" height="{BAR_HEIGHT}" aria-hidden="true">'
        f'<rect class="whole" y="3" width="{BAR_WIDTH}" height="{BAR_HEIGHT - 6}" rx="1"/>'
        f'<rect class="part" y="3" width="{length}" height="{BAR_HEIGHT - 6}" rx="1"/>'
        f'<line x1="{mark}" x2="{mark}" y1="0" y2="{BAR_HEIGHT}"/></svg>'
    )
