"""The shape of ``decision_rules.yml``: each rule and risk with its parameters, and what they may be."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator

from config.plans import Exact


def _as_texts(value: object) -> object:
    return [str(part) for part in value] if isinstance(value, list) else value


Share = Annotated[Exact, Field(ge=0, le=1)]
Positive = Annotated[Exact, Field(gt=0)]
Confidence = Annotated[float, Field(ge=0.5, lt=1)]
Count = Annotated[int, Field(ge=1, le=10**9)]
Weeks = Annotated[int, Field(ge=1, le=26)]
Texts = Annotated[list[str], BeforeValidator(_as_texts), Field(min_length=3, max_length=3)]
Words = Annotated[list[str], BeforeValidator(_as_texts)]


class Part(BaseModel):
    """A part of the file: frozen, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Judging(Part):
    """What holds for every rule."""

    weeks: Annotated[int, Field(ge=1, le=520)]
    confidence: Confidence
    risk_confidence: Confidence
    patience: Annotated[Exact, Field(ge=1)]
    history_weeks: Annotated[int, Field(ge=4, le=104)]
    minimum_history: Annotated[int, Field(ge=2, le=104)]
    against: Literal["target", "expected"]
    plan: str | None
    minimum_tracked_share: Share


class OwnTarget(Part):
    """A target for weeks without a plan."""

    target: Exact
    currency: str | None = Field(None, pattern=r"^[A-Z]{3}$")


class Noise(Part):
    """KPIs by what their figures are."""

    shares: list[str]
    rates: list[str]
    counts: list[str]
    costs: list[str]


class Pilot(Part):
    """One campaign that is a pilot whatever its name."""

    starts: date | None = None
    days: Annotated[int, Field(ge=7, le=365)] | None = None


class Pilots(Part):
    """Which campaigns are pilots, for how long, and how much of the money they may take."""

    pattern: str
    campaigns: dict[str, Pilot]
    days: Annotated[int, Field(ge=7, le=365)]
    maximum_spend_share: Share

    @field_validator("pattern")
    @classmethod
    def pattern_is_portable(cls, value: str) -> str:
        """Raises ValueError for what is no regular expression, or one that not every engine knows."""
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"a regular expression ({error})") from None
        if re.search(r"\(\?[=!<]|\\\d", value):
            raise ValueError("a regular expression without looking ahead, looking behind or references back")
        return value


class Matching(Part):
    """How the team's own decisions are read."""

    within_days: Annotated[int, Field(ge=1, le=90)]
    refuses: Words


class Rule(Part):
    """What every rule has: whether it is on, whose it is, what it is called and what it recommends."""

    active: bool
    kpi: str
    owner: str | None = Field(None, min_length=2)
    confidence: Confidence | None = None
    title: Texts
    action: Texts
    says: Words
    against: Words


class Pause(Rule):
    """CPA above the target's multiple, after some delivery."""

    cost_over_target: Positive
    minimum_impressions: Count
    minimum_clicks: Count
    weeks: Weeks


class Recover(Rule):
    """CPA above the target's multiple: the plan that was agreed."""

    cost_over_target: Positive
    minimum_clicks: Count
    weeks: Weeks
    agreed: Words

    @field_validator("agreed")
    @classmethod
    def two_are_agreed(cls, value: list[str]) -> list[str]:
        """Raises ValueError unless it is none or two."""
        if len(value) not in (0, 2):
            raise ValueError("two texts, or none")
        return value


class Scale(Rule):
    """CPA and conversion rate at their targets, and CPA stable."""

    minimum_clicks: Count
    points: Annotated[int, Field(ge=2, le=26)]
    maximum_variation: Positive
    weeks: Weeks


class ScalingPolicy(Rule):
    """Steps of spend that are too large, or come before the proof."""

    maximum_step: Positive
    minimum_days: Annotated[int, Field(ge=4, le=60)]
    minimum_clicks: Count
    weeks: Weeks


class PilotGraduates(Rule):
    """A pilot that has shown what it should."""

    ctr: Positive
    completion: Positive
    cost_change: Positive
    minimum_impressions: Count
    minimum_conversions: Positive


class PilotExits(Rule):
    """A pilot that met an exit criterion or whose time is over."""

    cost_over_target: Positive
    ctr_below: Positive
    minimum_impressions: Count
    minimum_clicks: Count
    weeks: Weeks


class TwoWeeksDown(Rule):
    """A KPI that got worse twice."""

    leave_out: list[str]


class ScaleSeries(Rule):
    """A series of which more people finish and want to see more."""

    minimum_views: Count


class DoubleOrCut(Rule):
    """The best series, and those that do not pass."""

    cut_action: Texts
    cut_says: Words


class FixCta(Rule):
    """More visits to the profile, no more clicks on its link."""

    flat_points: Exact
    minimum_visits: Count


class TestHooks(Rule):
    """A click rate below its target."""

    __test__ = False
    minimum_impressions: Count
    weeks: Weeks


class FixLanding(Rule):
    """Clicks come, and conversions are too dear."""

    minimum_clicks: Count
    weeks: Weeks


class Qualify(Rule):
    """Cheap conversions, of which too few are good."""

    minimum_leads: Positive
    ripening_weeks: Annotated[int, Field(ge=0, le=26)]
    weeks: Weeks


class InteractMore(Rule):
    """Fewer comments a view."""

    minimum_views: Count


class RemixContent(Rule):
    """Less engagement with organic posts."""

    minimum_posts: Count


class SpreadRisk(Rule):
    """One channel alone carries the goal."""

    carries_share: Share
    minimum_conversions: Positive
    weeks: Weeks


class FixTags(Rule):
    """Links that do not keep the standard."""

    minimum_sessions: Count
    links_shown: Annotated[int, Field(ge=1, le=20)]


class TestDecided(Rule):
    """A test that has told what it can."""

    __test__ = False
    no_difference_action: Texts


class UniqueLanding(Rule):
    """Campaigns that nobody can tell apart."""

    minimum_sessions: Count


class Rules(Part):
    """The rules; there are these and no others."""

    pause: Pause
    recover: Recover
    scale: Scale
    scaling_policy: ScalingPolicy
    pilot_graduates: PilotGraduates
    pilot_exits: PilotExits
    two_weeks_down: TwoWeeksDown
    scale_series: ScaleSeries
    double_or_cut: DoubleOrCut
    fix_cta: FixCta
    test_hooks: TestHooks
    fix_landing: FixLanding
    qualify: Qualify
    interact_more: InteractMore
    remix_content: RemixContent
    spread_risk: SpreadRisk
    fix_tags: FixTags
    test_decided: TestDecided
    unique_landing: UniqueLanding


class Risk(Part):
    """What every risk has."""

    active: bool
    title: Texts
    action: Texts
    kpis: list[str] = Field(min_length=1)


class BrandSafety(Risk):
    """Quality checks that fail, and strikes."""

    minimum_pass_rate: Positive
    minimum_reviewed: Count


class WeeklyMinimum(Risk):
    """Too little of something a week."""

    weekly_minimum: Count


class Risks(Part):
    """The risk register; there are these risks and no others."""

    organic_reach_volatile: Risk
    reporting_immature: Risk
    brand_safety: BrandSafety
    followers_without_sales: Risk
    tempo: WeeklyMinimum
    metrics_off_target: Risk
    slow_iterations: WeeklyMinimum
    measurement_brittle: Risk
    trust_eroding: Risk
    scaled_before_proof: Risk


class DecisionRules(Part):
    """The whole of ``decision_rules.yml``."""

    judging: Judging
    targets: dict[str, OwnTarget]
    noise: Noise
    ad_platforms: dict[str, list[str]]
    ad_names: dict[str, str]
    pilots: Pilots
    decisions: Matching
    rules: Rules
    risks: Risks

    @property
    def by_rule(self) -> Mapping[str, Rule]:
        """The rules by name."""
        return {name: getattr(self.rules, name) for name in Rules.model_fields}

    @property
    def by_risk(self) -> Mapping[str, Risk]:
        """The risks by name."""
        return {name: getattr(self.risks, name) for name in Risks.model_fields}
