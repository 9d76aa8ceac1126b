"""What is left of a visit's browser and referrer once they are no longer needed in full: as much as tells the channel, and no more.

The models read of a user agent which program or app it is, and of a referrer its site. So the rules find the same in what is left, and
computing everything anew gives the same channels.
"""

from dataclasses import dataclass

from config.channels import load_channels
from config.home import Home
from config.sources import load_sources
from config.yaml_file import find

UNTOLD = "-"
"""Stands for a user agent that is neither a known program's nor a known app's."""


@dataclass(frozen=True)
class Details:
    """SQL (DuckDB) for the short form of a column, by the rules of one home. Shortening twice changes nothing."""

    bots: tuple[str, ...]
    apps: tuple[str, ...]
    paths: tuple[str, ...]

    @classmethod
    def of(cls, home: Home) -> "Details":
        """By the home's channels and sources. Raises ConfigError."""
        channels = load_channels(find(home, "channels.yml"))
        paths = {source.path for source in load_sources(find(home, "sources.csv")) if source.path}
        return cls(
            tuple(channels.bots), tuple(app.has for app in channels.apps), tuple(sorted(paths, key=len, reverse=True))
        )

    def user_agent(self, column: str) -> str:
        """The first known program in a user agent, else the first known app, else :data:`UNTOLD`."""
        bots = [f"when contains(lower({column}), {_text(bot)}) then {_text(bot)}" for bot in self.bots]
        apps = [f"when contains({column}, {_text(app)}) then {_text(app)}" for app in self.apps]
        return f"case when {column} is null then null {' '.join([*bots, *apps])} else '{UNTOLD}' end"

    def referrer(self, column: str) -> str:
        """The site of a referrer, with the start of the path where ``sources.csv`` tells sites apart by it."""
        site = "its_scheme || split_part(split_part(its_rest, '/', 1), '@', -1)"
        known = " ".join(
            f"when its_path = {_text(start)} or starts_with(its_path, {_text(start + '/')}) then {site} || {_text(start)}"
            for start in self.paths
        )
        shortened = f"case when coalesce(its_page, '') = '' then null {known} else {site} || '/' end"
        for name, value in reversed(_PARTS.items()):
            shortened = f"list_transform([{value.format(column=column)}], lambda {name}: {shortened})[1]"
        return shortened


_PARTS = {
    "its_page": "split_part(split_part({column}, '?', 1), '#', 1)",
    "its_scheme": "case when contains(its_page, '://') then substr(its_page, 1, strpos(its_page, '://') + 2)"
    " when starts_with(its_page, '//') then '//' else '' end",
    "its_rest": "substr(its_page, length(its_scheme) + 1)",
    "its_path": "substr(its_rest, length(split_part(its_rest, '/', 1)) + 1)",
}
"""The parts of a referrer, each out of those before it. A lambda gives each its name: written out in place of it they would double at
every step, and the engine took half a second to read the text."""


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
