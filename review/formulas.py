"""Formulas in bokmål and Swedish. ``kpis.yml`` has them in English; the others stand in ``formulas.yml`` under the English text.

A formula that a home has changed therefore has no translation and is shown as it is written, rather than as it used to be.
"""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from config.yaml_file import read_yaml
from review.language import Language


@lru_cache(maxsize=1)
def translations() -> Mapping[str, list[str]]:
    """Bokmål and Swedish by the English formula."""
    return read_yaml(Path(__file__).with_name("formulas.yml")).data


def formula(english: str, t: Language) -> Markup:
    """A formula in the language, marked as English where it has no translation."""
    if t.code == "en":
        return Markup("{}").format(english)
    found = translations().get(english)
    return Markup("{}").format(found[t.index - 1]) if found else Markup('<span lang="en">{}</span>').format(english)
