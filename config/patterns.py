"""Regular expressions that a marketer writes: what both Python, which checks them, and the database understand alike."""

import re

REFUSED = {
    "look-around": ("(?=", "(?!", "(?<"),
    "back-references": tuple(f"\\{digit}" for digit in range(1, 10)),
    "atomic groups": ("(?>",),
    # A pattern is held against many values at once, a value a line, and fits the whole of one anyway.
    "\\A and \\Z (it fits the whole value anyway)": ("\\A", "\\Z", "\\z"),
}


def whole_value_pattern(value: str) -> str:
    """The pattern itself, which must fit the whole of a value. Raises ValueError, worded for the file's error report."""
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(f"a regular expression ({error})") from None
    for name, parts in REFUSED.items():
        if any(part in value for part in parts):
            raise ValueError(f"a regular expression without {name}")
    return value
