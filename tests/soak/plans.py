"""Plans of nights: what is delivered in which night, what is configured otherwise, where a night dies. Drawn from a seed."""

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.soak.inboxes import File, made_up_inbox

# What dies, and whether before or after it is done. Each is a function that a night calls once or for each of many things.
DEATHS: tuple[tuple[str, bool], ...] = (
    ("pipelines.registry.begin_load", True),
    ("pipelines.load.run", False),
    ("pipelines.load.run", True),
    ("pipelines.registry.commit", False),
    ("pipelines.registry.commit", True),
    ("pipelines.quarantine.write_reports", False),
    ("sql.materialise._Run.update", False),
    ("sql.materialise._Run.update", True),
    ("sql.materialise.mark_propagated", True),
    ("sql.publish.write_publication", True),
    ("sql.publish.swap_in", False),
    ("sql.publish.swap_in", True),
    ("sql.publish._remember", True),
)


@dataclass(frozen=True)
class Death:
    """Where a night dies: at the ``number``-th call of a function, before or after it."""

    function: str
    after: bool
    number: int = 1


@dataclass(frozen=True)
class Night:
    """What is new since the night before. ``config``: files under the home's ``config`` (None: taken away)."""

    files: tuple[File, ...] = ()
    config: tuple[tuple[str, str | None], ...] = ()
    death: Death | None = None
    is_full: bool = False


@dataclass(frozen=True)
class Plan:
    """Nights in order."""

    seed: int
    nights: tuple[Night, ...]

    @property
    def files(self) -> list[File]:
        """All that was delivered in the end."""
        return [file for night in self.nights for file in night.files]

    @property
    def config(self) -> dict[str, str]:
        """The home's own configuration in the end."""
        last = {name: text for night in self.nights for name, text in night.config}
        return {name: text for name, text in last.items() if text is not None}


CONFIGS: tuple[tuple[str, str], ...] = (
    ("settings.yml", "time_zone: America/New_York\n"),
    ("settings.yml", "currency: SEK\n"),
    ("settings.yml", "sessions:\n  timeout_minutes: 5\n  bounce_seconds: 60\n"),
    ("settings.yml", "attribution:\n  lookback_days: 2\n  half_life_days: 1\n  model: linear\n"),
    ("settings.yml", "identity:\n  shared_above: 1\nconsent:\n  not_stated: refused\n"),
    ("settings.yml", "ads:\n  spread_period_totals: false\norders:\n  payments: unmatched\n"),
    ("settings.yml", "utm_links:\n  grace_days: 0\nexchange_rates:\n  stale_after_days: 1\n"),
    ("utm_standard.yml", "required: [utm_source, utm_medium, utm_campaign, utm_content]\n"),
    ("utm_standard.yml", 'campaign:\n  pattern: "[a-z]+"\n  max_length: 30\n  example: host\n'),
    ("links/own.csv", "url,registered_on,owner\nhttps://www.fjellbrygg.example/?utm_source=facebook&utm_medium=social"
     "&utm_campaign=host,2026-10-20,Kari\nhttps://www.fjellbrygg.example/ingen?utm_source=x&utm_medium=social&utm_campaign=ingen,2026-10-21,Ola\n"),
)  # fmt: skip


def shipped(name: str) -> str:
    """The text of a configuration file as it comes with the project."""
    return (Path(__file__).parents[2] / "config" / name).read_text(encoding="utf-8")


def overridden(name: str, change: str) -> str:
    """A home's file: settings say only what differs, the UTM standard is the shipped one with the changed keys put in."""
    if name != "utm_standard.yml":
        return change
    key = change.split(":")[0]
    blocks = shipped(name).split("\n\n")
    return "\n\n".join(change.strip() if block.startswith(f"{key}:") else block for block in blocks) + "\n"


def plan(seed: int, scratch: Path, *, nights: int = 6, **inbox: Any) -> Plan:
    """A plan drawn from a seed: which file comes in which night, what else happens."""
    draw = random.Random(f"plan {seed}")
    files = made_up_inbox(scratch / f"inbox {seed}", seed, **inbox)
    delivered: list[list[File]] = [[] for _ in range(nights)]
    by_date = draw.random() < 0.5
    for place, file in enumerate(sorted(files, key=lambda file: file.path[-16:])):
        due = place * nights // len(files)
        late = draw.random() < 0.25
        delivered[draw.randrange(nights) if late or not by_date else due].append(file)
    changes: list[list[tuple[str, str | None]]] = [[] for _ in range(nights)]
    for _ in range(draw.randrange(3)):
        name, change = draw.choice(CONFIGS)
        begin, end = sorted((draw.randrange(nights), draw.randrange(nights)))
        changes[begin].append((name, overridden(name, change)))
        if begin != end:  # and back; otherwise for good
            changes[end].append((name, None))
    made = []
    for place in range(nights):
        function, after = draw.choice(DEATHS)
        number = draw.randrange(1, 80) if function.endswith("update") else 1
        death = Death(function, after, number) if draw.random() < 0.35 and place < nights - 1 else None
        made.append(Night(tuple(delivered[place]), tuple(changes[place]), death, is_full=draw.random() < 0.04))
    return Plan(seed, tuple(made))
