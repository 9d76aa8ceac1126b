"""Which rows of the published file a measure of ``kpis.yml`` adds up, and which file each of those rows came from.

The measures are computed by ``sql/kpi/int_measures_*.sql``. Here stands the same once more per row, so that a sum can be parted by file: an
amount is an expression over a row of a fact that gives what the row adds, NULL where it does not count. A test holds every measure's
rows against what the models gave; where the sums differ, :mod:`hourglass.explain.trace` says so instead of showing a part as the whole.

Inputs that have no fact of their own (content calendar, costs, messages …) have their rows in ``kpi.counted_rows``, measure by measure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fact:
    """Rows of the published file: where they are, the local day that each counts on, its file, and its members by dimension.

    ``rows`` may use ``$model`` (the attribution model); ``id`` counts what a person would call one row; ``currency`` is the one that
    the row's money came in.
    """

    rows: str
    date: str
    file: str
    members: Mapping[str, str]
    id: str = "1"
    currency: str | None = None


@dataclass(frozen=True)
class Amount:
    """What a row of a fact adds to a measure: an expression, NULL where the row does not count.

    ``sums`` is False where the file's sum says nothing: stocks, figures that are worked out over several rows; ``why`` then says which.
    ``is_running`` is True where all rows up to the period's end add up to a stock. ``by_touch`` is True
    where a conversion counts by the visits that take its credit, ``by_conversion`` where a session counts by what it came to.
    """

    fact: Fact
    expression: str
    sums: bool = True
    why: str = ""
    is_running: bool = False
    by_touch: bool = False
    by_conversion: bool = False
    is_money: bool = False
    parameters: tuple[str, ...] = field(default=())


def _named(prefix: str, **columns: str) -> dict[str, str]:
    return {name: f"coalesce({prefix}.{column}, '(none)')" for name, column in columns.items()}


def _consent(column: str) -> str:
    return f"case when {column} then 'given' when not {column} then 'refused' else '(none)' end"


SESSIONS = Fact(
    rows="core.fct_sessions as sessions",
    date="sessions.session_date",
    file="sessions.source_file",
    members={
        **_named(
            "sessions",
            channel="channel",
            platform="platform",
            medium="medium",
            campaign="campaign",
            content="content",
            landing_page="landing_path",
            device="device",
            country="country",
        ),
        "source": "coalesce(sessions.source, sessions.referrer_source, sessions.app_source, '(none)')",
        "consent": _consent("sessions.has_consent"),
        "owner": (
            "(select owners.owner from link_owners as owners where owners.channel = sessions.channel "
            "and owners.platform = coalesce(sessions.platform, ''))"
        ),
    },
)
CONVERSIONS = Fact(
    rows=(
        "(select * from attribution.credits where model = $model) as credits "
        "join core.fct_conversions as conversions on conversions.conversion_id = credits.conversion_id "
        "left join attribution.unattributed as unattributed on unattributed.conversion_id = credits.conversion_id"
    ),
    date="credits.conversion_date",
    file="conversions.source_file",
    members={
        **_named("credits", platform="platform", source="source", campaign="campaign", content="content"),
        "channel": "credits.channel",
        "reason": "coalesce(unattributed.reason, '(none)')",
        "consent": _consent("credits.has_consent"),
    },
    id="conversions.conversion_id",
    currency="conversions.currency",
)
MEETINGS = Fact(CONVERSIONS.rows, "conversions.meeting_date", CONVERSIONS.file, CONVERSIONS.members, CONVERSIONS.id)
POST_DAYS = Fact(
    rows=(
        "core.fct_posts_daily as days left join core.fct_posts as posts on posts.platform = days.platform "
        "and posts.account = days.account and posts.post_id = days.post_id and posts.is_paid = days.is_paid"
    ),
    date="days.date",
    file="days.source_file",
    members={
        "platform": "days.platform",
        "account": "concat(days.platform, ': ', days.account)",
        "post": "concat(days.platform, ': ', days.post_id)",
        "paid_or_organic": "'organic'",
        **_named("posts", series="series", format="format", hook="hook"),
    },
)
POSTS = Fact(
    rows="core.fct_posts as posts",
    date="posts.published_date",
    file="posts.source_file",
    members={
        "platform": "posts.platform",
        "account": "concat(posts.platform, ': ', posts.account)",
        **_named("posts", series="series", format="format", hook="hook"),
    },
)
ADS = Fact(
    rows="core.fct_ads_daily as ads",
    date="ads.date",
    file="ads.source_file",
    members={
        "platform": "ads.platform",
        "account": "concat(ads.platform, ': ', coalesce(ads.account, ads.account_key))",
        "paid_or_organic": "'paid'",
        **_named("ads", campaign="campaign", ad_group="ad_group", ad="ad"),
    },
    currency="ads.currency",
)
ACCOUNTS = Fact(
    rows="core.fct_account_daily as accounts",
    date="accounts.date",
    file="accounts.source_file",
    members={"platform": "accounts.platform", "account": "concat(accounts.platform, ': ', accounts.account)"},
)
EMAILS = Fact(
    rows="core.fct_emails as emails",
    date="emails.sent_date",
    file="emails.source_file",
    members={
        "account": "concat(emails.tool, ': ', emails.account)",
        "campaign": "coalesce(emails.campaign, '(none)')",
    },
)

COUNTED_ROWS = Fact(
    rows="kpi.counted_rows as counted_rows",
    date="counted_rows.date",
    file="counted_rows.source_file",
    members={
        **{name: f"counted_rows.{name}" for name in ("platform", "account", "series", "format", "owner", "rule")},
        "source": "counted_rows.review_source",
    },
    id="concat(counted_rows.source, ': ', counted_rows.row_id)",
)
COSTS = Fact(COUNTED_ROWS.rows, COUNTED_ROWS.date, COUNTED_ROWS.file, {}, COUNTED_ROWS.id, "counted_rows.currency")
SUBSCRIPTIONS = Fact(
    rows=(
        "(select *, sum(change) over (partition by customer_id, changed_date) as day_change, "
        "sum(change) over (partition by customer_id order by changed_date) as paid_after from ("
        "select *, coalesce(mrr_reporting, 0) - coalesce(previous_mrr_reporting, 0) as change from core.fct_subscriptions"
        ") as changes) as subscriptions"
    ),
    date="subscriptions.changed_date",
    file="subscriptions.source_file",
    members={},
    id="concat(subscriptions.subscription_id, ' ', subscriptions.changed_at)",
    currency="subscriptions.currency",
)

RATES = ("exchange_rates",)
"""The exports that rates of the day come from."""


def _both(column: str, known: str) -> str:
    """A column where another one is known, too: both sides of a ratio are of the same rows."""
    return f"case when {known} is not null then {column} end"


def _posts(expression: str) -> Amount:
    return Amount(POST_DAYS, f"case when not days.is_paid then {expression} end")


def _session(condition: str = "true", *, by_conversion: bool = False) -> Amount:
    return Amount(SESSIONS, f"case when sessions.is_social and {condition} then 1 end", by_conversion=by_conversion)


def _conversion(condition: str, value: str = "credits.credit", *, by_touch: bool = False) -> Amount:
    return Amount(
        CONVERSIONS,
        f"case when {condition} then {value} end",
        by_touch=by_touch,
        is_money=value != "credits.credit",
    )


def _social_ads(column: str, *, is_money: bool = False) -> Amount:
    return Amount(
        ADS,
        f"case when list_contains($social_ad_platforms, ads.platform) then {column} end",
        is_money=is_money,
        parameters=("social_ad_platforms",),
    )


def _counted(measure: str, *, is_money: bool = False) -> Amount:
    fact = COSTS if is_money else COUNTED_ROWS
    return Amount(fact, f"case when counted_rows.measure = '{measure}' then counted_rows.amount end", is_money=is_money)


def _moved(condition: str, sign: str = "") -> Amount:
    """What customers' subscriptions changed by on days on which the customer, all in all, did what the condition says."""
    change = f"case when subscriptions.day_change <> 0 and {condition} then {sign}subscriptions.change end"
    return Amount(SUBSCRIPTIONS, change, is_money=True)


_COUNTED = (
    *("inbound_messages", "messages_due", "messages_answered_in_time", "messages_unanswered", "conversations_started", "outbound_replies"),
    *("mentions_own", "mentions_of_all", "comments_with_sentiment", "comments_negative", "reviews", "reviews_rated", "ratings"),
    *("assets_published", "assets_derived", "assets_original", "assets_reviewed", "assets_passed", "policy_flags"),
    "creator_collaborations",
    *("creative_tests_started", "decisions_logged"),
)  # fmt: skip
_PAID_NOTHING = "subscriptions.paid_after = subscriptions.day_change"
_COMPLETED = "coalesce(days.views_completed, days.watched_view_equivalents)"
_INTERACTIONS = (
    "case when coalesce(days.likes, days.comments, days.shares, days.saves) is not null then "
    "coalesce(days.likes, 0) + coalesce(days.comments, 0) + coalesce(days.shares, 0) + coalesce(days.saves, 0) end"
)
_ENGAGEMENT = "cast(round(posts.interactions / nullif(cast(coalesce(posts.reach, posts.impressions) as double), 0), 9) as decimal(28, 9))"
_LEAD, _ORDER = "credits.conversion_type = 'lead'", "credits.conversion_type = 'order'"
_PAID_SOCIAL = "credits.is_social and credits.is_paid"
_LINK_CLICKS = "coalesce(accounts.profile_link_clicks, accounts.link_clicks)"
_FOLLOWERS = "coalesce(accounts.followers, accounts.followers_gained, accounts.followers_lost, accounts.net_followers)"
_VALUE = "credits.value_reporting"

AMOUNTS: Mapping[str, Amount] = {
    "impressions_organic": _posts("days.impressions"),
    "views_organic": _posts("days.views"),
    "views_3s": _posts(_both("days.views_3s", "days.impressions")),
    "impressions_with_3s": _posts(_both("days.impressions", "days.views_3s")),
    "views_25pct": _posts(_both("days.views_25pct", "days.views")),
    "views_with_25pct": _posts(_both("days.views", "days.views_25pct")),
    "completed_views": _posts(_both(_COMPLETED, "days.views")),
    "views_with_completion": _posts(_both("days.views", _COMPLETED)),
    "watch_seconds": _posts("days.watch_seconds"),
    "views_with_watch_seconds": _posts(_both("days.views", "days.watch_seconds")),
    "interactions": _posts(_INTERACTIONS),
    "comments": _posts(_both("days.comments", "days.views")),
    "views_with_comments": _posts(_both("days.views", "days.comments")),
    "shares": _posts("days.shares"),
    "saves": _posts("days.saves"),
    "saves_with_impressions": _posts(_both("days.saves", "days.impressions")),
    "impressions_with_saves": _posts(_both("days.impressions", "days.saves")),
    "negative_feedback": _posts(_both("days.negative_feedback", "days.views")),
    "views_with_feedback": _posts(_both("days.views", "days.negative_feedback")),
    "link_clicks_organic": _posts("days.link_clicks"),
    "posts_published": Amount(POSTS, "case when not posts.is_paid then 1 end"),
    "post_engagement_rates": Amount(POSTS, f"case when not posts.is_paid then {_ENGAGEMENT} end"),
    "posts_with_engagement": Amount(POSTS, f"case when not posts.is_paid and {_ENGAGEMENT} is not null then 1 end"),
    "impressions_paid": Amount(ADS, "ads.impressions"),
    "views_paid": Amount(ADS, "ads.views"),
    "views_3s_paid": Amount(ADS, _both("ads.views_3s", "ads.impressions")),
    "impressions_with_3s_paid": Amount(ADS, _both("ads.impressions", "ads.views_3s")),
    "views_25pct_paid": Amount(ADS, _both("ads.views_25pct", "ads.views")),
    "views_with_25pct_paid": Amount(ADS, _both("ads.views", "ads.views_25pct")),
    "ad_link_clicks": Amount(ADS, "ads.link_clicks"),
    "ad_impressions_with_clicks": Amount(ADS, _both("ads.impressions", "ads.link_clicks")),
    "ad_spend": Amount(ADS, "ads.spend_reporting", is_money=True),
    "ad_spend_with_impressions": Amount(ADS, _both("ads.spend_reporting", "ads.impressions"), is_money=True),
    "ad_spend_with_clicks": Amount(ADS, _both("ads.spend_reporting", "ads.link_clicks"), is_money=True),
    "ad_spend_social": _social_ads("ads.spend_reporting", is_money=True),
    "profile_visits": Amount(ACCOUNTS, "accounts.profile_visits"),
    "profile_link_clicks": Amount(ACCOUNTS, _both(_LINK_CLICKS, "accounts.profile_visits")),
    "profile_visits_with_clicks": Amount(ACCOUNTS, _both("accounts.profile_visits", _LINK_CLICKS)),
    "reach": Amount(ACCOUNTS, "accounts.reach"),
    "impressions_of_account": Amount(ACCOUNTS, _both("accounts.impressions", "accounts.reach")),
    "unique_viewers": Amount(ACCOUNTS, _both("accounts.unique_viewers", "accounts.returning_viewers")),
    "returning_viewers": Amount(ACCOUNTS, _both("accounts.returning_viewers", "accounts.unique_viewers")),
    "followers_net": Amount(ACCOUNTS, _FOLLOWERS, sums=False, why="it is what lies between the figures of two days"),
    "followers_at_start": Amount(
        ACCOUNTS, _FOLLOWERS, sums=False, why="it is a stock, told by the newest figure before"
    ),
    "social_sessions": _session(),
    "social_sessions_consented": _session("sessions.has_consent"),
    "social_sessions_stating": _session("sessions.has_consent is not null"),
    "social_sessions_compliant": _session("sessions.utm_status = 'compliant'"),
    "social_sessions_bounced": _session("sessions.is_bounce"),
    "social_sessions_returning": _session("sessions.is_returning"),
    "social_sessions_converted": _session(
        "sessions.session_id in (select session_id from core.fct_conversions where session_id is not null)",
        by_conversion=True,
    ),
    "leads": _conversion(_LEAD),
    "leads_social": _conversion(f"{_LEAD} and credits.is_social", by_touch=True),
    "leads_paid_social": _conversion(f"{_LEAD} and {_PAID_SOCIAL}", by_touch=True),
    "leads_qualified": _conversion(f"{_LEAD} and conversions.is_qualified"),
    "leads_unattributed": _conversion(f"{_LEAD} and credits.channel in ('Direct', 'Unattributed')", by_touch=True),
    "email_signups": _conversion("credits.conversion_type = 'email_signup'"),
    "webinar_registrations": _conversion("credits.conversion_type = 'webinar_registration'"),
    "booked_meetings": Amount(MEETINGS, "case when conversions.meeting_date is not null then credits.credit end"),
    "conversions_paid_social": _conversion(_PAID_SOCIAL, by_touch=True),
    "orders": _conversion(_ORDER),
    "orders_of_customers": _conversion(f"{_ORDER} and conversions.is_first_order is not null"),
    "orders_repeated": _conversion(f"{_ORDER} and not conversions.is_first_order"),
    "new_customers": _conversion(f"{_ORDER} and conversions.is_first_order"),
    "referred_customers": _conversion(f"{_ORDER} and conversions.is_first_order and conversions.is_referred"),
    "revenue": _conversion(_ORDER, _VALUE),
    "revenue_social": _conversion(f"{_ORDER} and credits.is_social", _VALUE, by_touch=True),
    "revenue_paid_social": _conversion(f"{_ORDER} and {_PAID_SOCIAL}", _VALUE, by_touch=True),
    "pipeline_social": _conversion(
        f"{_LEAD} and credits.is_social and not coalesce(conversions.is_lost, false)", _VALUE, by_touch=True
    ),
    "ad_impressions_social": _social_ads("ads.impressions"),
    "ad_link_clicks_social": _social_ads("ads.link_clicks"),
    "social_sessions_organic": _session("not coalesce(sessions.is_paid, false)"),
    "conversions": _conversion("true"),
    "conversions_social": _conversion("credits.is_social", by_touch=True),
    "conversions_organic_social": _conversion(
        "credits.is_social and not coalesce(credits.is_paid, false)", by_touch=True
    ),
    "orders_social": _conversion(f"{_ORDER} and credits.is_social", by_touch=True),
    "orders_paid_social": _conversion(f"{_ORDER} and {_PAID_SOCIAL}", by_touch=True),
    "interactions_of_posts": Amount(POSTS, "case when not posts.is_paid then posts.interactions end"),
    "posts_with_interactions": Amount(
        POSTS, "case when not posts.is_paid and posts.interactions is not null then 1 end"
    ),
    **{measure: _counted(measure) for measure in _COUNTED},
    "other_costs": _counted("other_costs", is_money=True),
    "social_costs": _counted("social_costs", is_money=True),
    "mrr": Amount(SUBSCRIPTIONS, "subscriptions.change", is_running=True, is_money=True),
    "mrr_new": _moved(_PAID_NOTHING),
    "mrr_expansion": _moved(f"not {_PAID_NOTHING} and subscriptions.paid_after <> 0 and subscriptions.day_change > 0"),
    "mrr_contraction": _moved(
        f"not {_PAID_NOTHING} and subscriptions.paid_after <> 0 and subscriptions.day_change < 0", "-"
    ),
    "mrr_churned": _moved(f"not {_PAID_NOTHING} and subscriptions.paid_after = 0", "-"),
    "emails_delivered": Amount(EMAILS, _both("emails.delivered", "emails.clicks")),
    "email_clicks": Amount(EMAILS, _both("emails.clicks", "emails.delivered")),
}

ROWS_OF: Mapping[str, Amount] = {
    "sessions": _session(),
    "leads": Amount(CONVERSIONS, f"case when {_LEAD} then 1 end", sums=False),
    "orders": Amount(CONVERSIONS, f"case when {_ORDER} then 1 end", sums=False),
    "posts": Amount(POST_DAYS, "case when not days.is_paid then 1 end", sums=False),
    "accounts": Amount(ACCOUNTS, "1", sums=False),
    "ads": Amount(ADS, "1", sums=False),
    "emails": Amount(EMAILS, "1", sums=False),
    "subscriptions": Amount(SUBSCRIPTIONS, "1", sums=False),
    "messages": Amount(COUNTED_ROWS, "case when counted_rows.measure = 'inbound_messages' then 1 end", sums=False),
    "content": Amount(COUNTED_ROWS, "case when counted_rows.measure = 'assets_published' then 1 end", sums=False),
}
"""By source: its rows of a period, for measures that are no sum over them (what a customer is worth, a median)."""

WITHOUT_SHARES: Mapping[str, str] = {
    "response_minutes_median": "it is the middle one of the period's answers, whichever files the others are in",
    "brief_to_publish_days_median": "it is the middle one of the period's items, whichever files the others are in",
    "customers_lost": "it compares who pays at the period's start with who does at its end",
    "subscribers_at_start": "it is a stock: everybody who paid before, whenever that was told",
}
"""Why a measure without an amount has rows and no shares; that of others is what they are made of."""
