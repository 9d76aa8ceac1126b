"""The measurement manual: what each KPI means and by which rules it is counted, written from the configuration that counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from markupsafe import Markup

from config.channels import load_channels
from config.home import Home
from config.kpis import Kpi, load_kpis
from config.plans import load_plans
from config.settings import Settings
from config.utm_standard import load_utm_standard
from config.yaml_file import find
from review.formulas import formula
from review.language import Language
from review.page import environment, style
from review.write import write_whole

TIERS = ("attention", "trust", "funnel", "business", "operations")


@dataclass(frozen=True)
class Entry:
    """A KPI as the manual shows it in one language."""

    name: str
    title: str
    formula: Markup
    kpi: Kpi
    targets: list[str]


def write_manual(
    home: Home, settings: Settings, *, languages: Sequence[str] | None = None, folder: Path | None = None
) -> list[Path]:
    """Write ``manual.<language>.html`` in each language. Raises ConfigError."""
    folder = folder or home.reports
    folder.mkdir(parents=True, exist_ok=True)
    return [
        write_whole(folder / f"manual.{code}.html", render_manual(home, settings, Language(code)))
        for code in languages or settings.review.languages
    ]


def render_manual(home: Home, settings: Settings, t: Language) -> str:
    """The manual in one language. Raises ConfigError."""
    kpis, plans = load_kpis(home), load_plans(home)
    entries: dict[str, list[Entry]] = {tier: [] for tier in TIERS}
    for name, kpi in kpis.kpis.items():
        targets = [
            t.say(
                "manual_target",
                plan=plan.title,
                target=t.figure(plan.targets[name].target, kpi.unit, plan.currency),
            )
            for plan in plans
            if name in plan.targets
        ]
        entries[kpi.tier].append(Entry(name, kpi.title[t.index], formula(kpi.formula, t), kpi, targets))
    sheet, digest = style()
    return (
        environment()
        .get_template("manual.html.j2")
        .render(
            t=t,
            settings=settings,
            tiers=entries,
            coverage_target=Decimal(str(settings.utm_coverage.target)),
            coverage_floor=Decimal(str(settings.utm_coverage.floor)),
            standard=load_utm_standard(find(home, "utm_standard.yml")),
            channels=load_channels(find(home, "channels.yml")),
            plans=plans,
            style=sheet,
            style_digest=digest,
        )
    )
