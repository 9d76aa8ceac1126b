"""Faults of a link in plain words: what is wrong, and what to write instead.

The names of the faults are those of ``utm_reason`` (docs/channels.md); which of them a link has is decided by the models.
"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from config.utm_standard import UtmStandard, folded

READINGS: Mapping[str, str] = {
    "upper_case_key": "a key is in capitals, such as UTM_SOURCE; write keys in small letters: utm_source",
    "after_fragment": "tags stand behind '#', where analytics does not see them; write them in front of it",
    "semicolon": "tags are parted by ';'; write '&'",
    "html_entity": "'&amp;' stands between tags; write '&'",
    "second_question_mark": "a second '?' stands between tags; write '&'",
    "double_encoded": "a value is percent-encoded twice, such as %25C3; encode it once, or not at all",
    "latin1": "a letter is encoded as Latin-1, such as %F8; encode links as UTF-8 (ø is %C3%B8), or write the value without it",
    "decomposed_letters": "a letter is written in two parts (a and a ring); type it as one letter, or write the value without it",
    "control_character": "a value holds a character that nobody sees, such as a line break; type the value anew",
    "no_break_space": "a value holds a no-break space; type the value anew",
    "damaged_link": "the link is damaged around its tags, such as by a blank in front of a key; type the tags anew",
    "unexpanded_macro": "a placeholder such as {{campaign.name}} was never filled in; write the value itself",
    "invalid_utf8": "a value holds bytes that are no text in any known encoding; type the value anew",
}
SHOWN_AT_MOST = 24


def advice(reason: str, tags: Mapping[str, str], standard: UtmStandard) -> str:
    """One fault in plain words. ``tags``: the link's tags, as they are read, by key."""
    if reason in READINGS:
        return READINGS[reason]
    if reason == "no_tags":
        return "no tags; add " + ", ".join(_example(key, standard) for key in standard.required)
    kind, _, rest = reason.partition("_")
    if kind == "no":
        return f"utm_{rest} is absent; add {_example(f'utm_{rest}', standard)}{_allowed(f'utm_{rest}', standard)}"
    if kind == "unknown":
        return f"{of_value(f'utm_{rest}', tags.get(f'utm_{rest}', ''), standard)}"
    if reason == "campaign_pattern":
        return of_value("utm_campaign", tags.get("utm_campaign", ""), standard)
    if rest == "spelling":
        key = f"utm_{kind}"
        meaning = meaning_of(key, tags.get(key, ""), standard)
        return (
            f"{key}={tags.get(key, '')} is written {meaning}" if meaning else f"{key} is not spelt as in the standard"
        )
    return reason.replace("_", " ")


def of_value(key: str, value: str, standard: UtmStandard) -> str:
    """Why a value is not allowed, with the nearest allowed one and all of them."""
    if key == "utm_campaign":
        campaign = standard.campaign
        if len(value) > campaign.max_length:
            return f"utm_campaign has {len(value)} characters; at most {campaign.max_length}"
        return f"utm_campaign={value} does not fit the pattern {campaign.pattern}; write it like {campaign.example}"
    near = nearest(value, allowed_values(key, standard))
    hint = f"; did you mean {near}?" if near else ""
    return f"{key}={value} is not allowed{hint}{_allowed(key, standard)}"


def meaning_of(key: str, value: str, standard: UtmStandard) -> str | None:
    """The value that an alias or another spelling stands for, as the models read it; None where it stands for none."""
    if key == "utm_campaign":
        return value.strip().lower()
    by_spelling = {
        folded(written): allowed
        for allowed, aliases in _values(key, standard).items()
        for written in (allowed, *aliases)
    }
    return by_spelling.get(folded(value))


def nearest(value: str, allowed: Sequence[str]) -> str | None:
    """The allowed value that a person may have meant; a hint only, never written by itself."""
    close = get_close_matches(value.strip().lower(), allowed, n=1)
    return close[0] if close else None


def allowed_values(key: str, standard: UtmStandard) -> list[str]:
    """The allowed values of utm_source or utm_medium, in the order of the file; empty for other keys."""
    return list(_values(key, standard))


def _values(key: str, standard: UtmStandard) -> Mapping[str, Sequence[str]]:
    return {"utm_source": standard.sources, "utm_medium": standard.mediums}.get(key, {})


def _example(key: str, standard: UtmStandard) -> str:
    return f"{key}={standard.campaign.example if key == 'utm_campaign' else '…'}"


def _allowed(key: str, standard: UtmStandard) -> str:
    values = allowed_values(key, standard)
    if not values:
        return ""
    more = f" and {len(values) - SHOWN_AT_MOST} more of utm_standard.yml" if len(values) > SHOWN_AT_MOST else ""
    return f"; allowed: {', '.join(values[:SHOWN_AT_MOST])}{more}"
