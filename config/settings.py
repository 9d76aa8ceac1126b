"""``settings.yml``: the zone, the currency, thresholds and limits of one installation."""

from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from config.home import Home
from config.yaml_file import SHIPPED, find, load_yaml

CONVERSION_TYPES = ("lead", "email_signup", "webinar_registration", "order")
REVIEW_LANGUAGES: tuple[Literal["en", "nb", "sv"], ...] = ("en", "nb", "sv")
ATTRIBUTION_MODELS = ("first", "last", "last_non_direct", "linear", "position", "time_decay")


class Part(BaseModel):
    """A part of the settings: frozen, and no key that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class UtmCoverage(Part):
    """When UTM coverage fails (below target) and when it blocks publishing (below floor); shares from 0 to 1."""

    target: float = Field(0.95, ge=0, le=1)
    floor: float = Field(0.60, ge=0, le=1)
    minimum_sessions: int = Field(30, ge=1)
    window_days: int = Field(28, ge=1)

    @model_validator(mode="after")
    def floor_is_not_above_target(self) -> "UtmCoverage":
        """Raises ValueError where the floor lies above the target."""
        if self.floor > self.target:
            raise ValueError(f"a floor ({self.floor}) at or below the target ({self.target})")
        return self


class UtmLinks(Part):
    """How long a registered link may wait for its first visit."""

    grace_days: int = Field(7, ge=0)


class Sessions(Part):
    """How sessions are cut from events, and what a bounce is."""

    timeout_minutes: int = Field(30, ge=1)
    bounce_seconds: int = Field(10, ge=0)
    page_view_events: list[str] = Field(default_factory=lambda: ["page_view"])


class Identity(Part):
    """When visitors are joined into one person."""

    shared_above: int = Field(20, ge=1)


class Consent(Part):
    """Which delivered values say that the visitor consents, and what holds where nothing is said."""

    given: list[str] = Field(default_factory=lambda: ["granted"])
    not_stated: Literal["given", "refused"] = "given"


class Attribution(Part):
    """Which model stands behind the KPIs, and how far back a touch counts."""

    model: str = "last_non_direct"
    lookback_days: int = Field(30, ge=1, le=3650)
    lookback_days_by_type: dict[str, int] = Field(default_factory=dict)
    half_life_days: float = Field(7, gt=0)

    @field_validator("model")
    @classmethod
    def model_is_known(cls, value: str) -> str:
        """Raises ValueError for an attribution model that is none."""
        if value not in ATTRIBUTION_MODELS:
            raise ValueError("one of " + ", ".join(ATTRIBUTION_MODELS))
        return value

    @field_validator("lookback_days_by_type")
    @classmethod
    def types_are_known(cls, value: dict[str, int]) -> dict[str, int]:
        """Raises ValueError for an unknown conversion type or a lookback below a day."""
        for name, days in value.items():
            if name not in CONVERSION_TYPES:
                raise ValueError("conversion types " + ", ".join(CONVERSION_TYPES))
            if days < 1:
                raise ValueError(f"at least 1 day for {name}")
        return value


class Ads(Part):
    """How ads exports without daily rows are taken."""

    spread_period_totals: bool = True


class Orders(Part):
    """When a payment provider's payment counts as an order of its own, where no order names it.

    ``uncovered``: only before the first and after the last order that a shop delivered; ``unmatched``: always; ``never``.
    ``margin_without_cost`` is the share of the net revenue that is margin where an order has no cost of goods.
    """

    payments: Literal["uncovered", "unmatched", "never"] = "uncovered"
    margin_without_cost: float | None = Field(None, ge=0, le=1)


class Messages(Part):
    """What an answer in time is."""

    answer_within_minutes: int = Field(1440, ge=1)


class Mentions(Part):
    """Whose mentions are ours, and what the sources' words for a sentiment mean."""

    own_brands: list[str] = Field(default_factory=list)
    negative: list[str] = Field(default_factory=lambda: ["negative"])
    unrated: list[str] = Field(default_factory=list)


class Emails(Part):
    """Which e-mail campaigns go to people who bought."""

    after_purchase: list[str] = Field(default_factory=list)


class ExchangeRates(Part):
    """How old a rate may be."""

    stale_after_days: int = Field(7, ge=0)


class Freshness(Part):
    """How many days a source may be silent before its check fails."""

    default_days: int = Field(3, ge=1)
    days_by_source: dict[str, int] = Field(default_factory=dict)

    def days(self, source: str) -> int:
        """How many days a source may be silent."""
        return self.days_by_source.get(source, self.default_days)


class Watch(Part):
    """When a day counts as unlike the same weekdays before it; see ``quality.anomalies``."""

    weeks: int = Field(8, ge=5, le=52)
    deviations: float = Field(5, gt=0)
    smallest_change: float = Field(0.4, ge=0)
    smallest_amount: float = Field(20, ge=0)
    spend_change: float = Field(0.5, gt=0)
    judged_days: int = Field(28, ge=1, le=365)
    told_days: int = Field(3, ge=1)


class Engine(Part):
    """Processors and memory of the warehouse's connection; 0 and empty mean DuckDB's own choice."""

    threads: int = Field(0, ge=0)
    memory_limit: str = Field("2500MB", pattern=r"^$|^\d+(\.\d+)?\s?[KMGT]i?B$")


class Inbox(Part):
    """How long the inbox must be at rest before the sensor starts a run."""

    settle_seconds: int = Field(20, ge=0)


class Publishing(Part):
    """What is published beside the file itself."""

    reduced_copy: bool = False


class Retention(Part):
    """How many days user agents and referrers are kept in full; 0: for ever."""

    web_details_days: int = Field(400, ge=0)


class Housekeeping(Part):
    """How many days the history of runs and of check results is kept."""

    run_history_days: int = Field(60, ge=1)
    check_results_days: int = Field(400, ge=1)


class Review(Part):
    """In which languages the weekly review is written, which plan it shows (empty: the first by name), and how many weeks stay."""

    languages: list[Literal["en", "nb", "sv"]] = Field(default_factory=lambda: list(REVIEW_LANGUAGES), min_length=1)
    plan: str = Field("", pattern=r"^[a-z0-9_]*$")
    weeks_kept: int = Field(53, ge=1)


class Alerts(Part):
    """Who is told. The environment variables named here hold the webhook's address and that of the mail server; a file never does."""

    webhook_url_variable: str = "HOURGLASS_WEBHOOK_URL"
    smtp_url_variable: str = "HOURGLASS_SMTP_URL"
    mail_to: list[str] = Field(default_factory=list)
    mail_from: str = "hourglass@localhost"
    warnings: bool = True


class Owners(Part):
    """Who answers for data and for marketing."""

    data: str = "data-engineering"
    marketing: str = "marketing"


class Settings(Part):
    """The whole of ``settings.yml``; every part has a default, so a home overrides only what it must."""

    time_zone: str = "Europe/Oslo"
    currency: str = Field("NOK", pattern=r"^[A-Z]{3}$")
    utm_coverage: UtmCoverage = UtmCoverage()
    utm_links: UtmLinks = UtmLinks()
    sessions: Sessions = Sessions()
    identity: Identity = Identity()
    consent: Consent = Consent()
    attribution: Attribution = Attribution()
    ads: Ads = Ads()
    orders: Orders = Orders()
    messages: Messages = Messages()
    mentions: Mentions = Mentions()
    emails: Emails = Emails()
    exchange_rates: ExchangeRates = ExchangeRates()
    freshness: Freshness = Freshness()
    watch: Watch = Watch()
    engine: Engine = Engine()
    inbox: Inbox = Inbox()
    publishing: Publishing = Publishing()
    retention: Retention = Retention()
    housekeeping: Housekeeping = Housekeeping()
    review: Review = Review()
    alerts: Alerts = Alerts()
    owners: Owners = Owners()

    @field_validator("time_zone")
    @classmethod
    def zone_is_known(cls, value: str) -> str:
        """Raises ValueError for a zone that the time-zone database does not have."""
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError("an IANA time zone such as Europe/Oslo, Europe/Stockholm or Europe/Copenhagen") from None
        return value


def load_settings(home: Home) -> Settings:
    """The settings that count for a home. Raises ConfigError with file and line."""
    path = find(home, "settings.yml")
    shipped = load_yaml(SHIPPED / "settings.yml", Settings)
    if path.parent == SHIPPED:
        return shipped
    own = load_yaml(path, Settings)
    return Settings.model_validate(_over(shipped.model_dump(), own.model_dump(exclude_unset=True)))


def _over(base: dict[str, object], own: dict[str, object]) -> dict[str, object]:
    """``base`` with ``own`` laid over it, mapping by mapping."""
    merged = dict(base)
    for key, value in own.items():
        under = merged.get(key)
        merged[key] = _over(under, value) if isinstance(under, dict) and isinstance(value, dict) else value
    return merged


def tables(settings: Settings) -> dict[str, pa.Table]:
    """What models may read of the settings.

    ``config.settings`` has one row, ``config.lookbacks`` one a conversion type; ``config.page_view_events``, ``config.consent_given``,
    ``config.own_brands``, ``config.negative_sentiments``, ``config.unrated_sentiments`` and ``config.after_purchase_words`` list texts in
    lower case.
    """
    attribution = settings.attribution
    row = {
        "time_zone": settings.time_zone,
        "currency": settings.currency,
        "attribution_model": attribution.model,
        "half_life_days": attribution.half_life_days,
        "lookback_days_default": attribution.lookback_days,
        "bounce_seconds": settings.sessions.bounce_seconds,
        "session_timeout_minutes": settings.sessions.timeout_minutes,
        "identity_shared_above": settings.identity.shared_above,
        "is_consent_assumed": settings.consent.not_stated == "given",
        "rate_stale_after_days": settings.exchange_rates.stale_after_days,
        "spread_period_totals": settings.ads.spread_period_totals,
        "payments_as_orders": settings.orders.payments,
        "margin_without_cost": settings.orders.margin_without_cost,
        "answer_within_minutes": settings.messages.answer_within_minutes,
        "utm_target": settings.utm_coverage.target,
        "utm_floor": settings.utm_coverage.floor,
        "utm_minimum_sessions": settings.utm_coverage.minimum_sessions,
        "utm_window_days": settings.utm_coverage.window_days,
        **{f"watch_{name}": value for name, value in settings.watch.model_dump().items()},
        "link_grace_days": settings.utm_links.grace_days,
        "marketing_owner": settings.owners.marketing,
    }
    by_type = attribution.lookback_days_by_type
    return {
        "settings": pa.Table.from_pylist([row], schema=_schema(row)),
        "page_view_events": _texts("event_name", settings.sessions.page_view_events),
        "consent_given": _texts("consent", settings.consent.given),
        "own_brands": _texts("brand", settings.mentions.own_brands),
        "negative_sentiments": _texts("sentiment", settings.mentions.negative),
        "unrated_sentiments": _texts("sentiment", settings.mentions.unrated),
        "after_purchase_words": _texts("word", settings.emails.after_purchase),
        "lookbacks": pa.table(
            {
                "conversion_type": list(CONVERSION_TYPES),
                "lookback_days": pa.array(
                    [by_type.get(name, attribution.lookback_days) for name in CONVERSION_TYPES], pa.int64()
                ),
            }
        ),
    }


def _schema(row: dict[str, object]) -> pa.Schema:
    """The types of the one row; the only setting that may be empty is a share."""
    return pa.schema([(name, pa.float64() if value is None else pa.infer_type([value])) for name, value in row.items()])


def _texts(name: str, values: list[str]) -> pa.Table:
    return pa.table({name: pa.array(sorted({value.strip().lower() for value in values}), pa.string())})
