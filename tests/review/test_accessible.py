"""What the review promises to those who see little or use no mouse: its style sheet. The pages themselves are in ``test_pages.py``."""

import re
from itertools import product

import pytest

from review.page import style

ON_PAPER = ("ink", "quiet", "accent", "good", "bad", "track", "none")
"""Colours of text; each stands on the paper, some on the wash of the summary."""


def schemes() -> dict[str, dict[str, str]]:
    """The colours of the light, the dark and the printed page by name."""
    sheet = str(style()[0])
    light, dark, paper = re.findall(r":root \{([^}]*)\}", sheet)
    found = [dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", block)) for block in (light, dark, paper)]
    return dict(zip(("light", "dark", "print"), found, strict=True))


def luminance(colour: str) -> float:
    """The relative luminance of WCAG 2."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_gives_the_known_extremes() -> None:
    assert round(contrast("#fff", "#000"), 2) == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


@pytest.mark.parametrize(
    ("scheme", "colour", "ground"), [*product(("light", "dark", "print"), ON_PAPER, ("paper", "wash"))]
)
def test_text_stands_out_from_its_ground(scheme: str, colour: str, ground: str) -> None:
    """4.5 to 1, which WCAG 2.2 asks of text of any size (AA)."""
    colours = schemes()[scheme]
    assert contrast(colours[colour], colours[ground]) >= 4.5


def test_what_has_the_focus_is_seen() -> None:
    sheet = str(style()[0])
    for element in ("a", "summary", ".scroll"):
        assert re.search(rf"{re.escape(element)}:focus-visible[^{{]*\{{ outline: 3px solid", sheet)
    assert "outline: none" not in sheet and "outline: 0" not in sheet
