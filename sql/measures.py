"""Which models compute the measures of each source of ``kpis.yml``: where the way from a KPI back to its inputs begins."""

from collections.abc import Iterable, Mapping

from sql.catalog import Catalog

MADE_OF: Mapping[str, tuple[str, ...]] = {
    "sessions": ("kpi.int_measures_sessions",),
    "leads": ("kpi.int_measures_conversions",),
    "orders": ("kpi.int_measures_conversions", "kpi.int_measures_customers"),
    "posts": ("kpi.int_measures_posts", "kpi.int_measures_content"),
    "accounts": ("kpi.int_measures_accounts",),
    "ads": ("kpi.int_measures_ads",),
    "content": ("kpi.int_measures_content", "kpi.int_measures_periods"),
    "costs": ("kpi.int_measures_content",),
    "emails": ("kpi.int_measures_emails",),
    "messages": ("kpi.int_measures_community", "kpi.int_measures_periods"),
    "mentions": ("kpi.int_measures_community",),
    "reviews": ("kpi.int_measures_community",),
    "subscriptions": ("kpi.int_measures_subscriptions", "kpi.int_measures_periods"),
    "experiments": ("kpi.int_measures_team",),
    "decisions": ("kpi.int_measures_team",),
}


SHARED = ("kpi.counted_rows", "kpi.int_measures_content", "kpi.int_measures_periods", "kpi.int_delivered_days")
"""Models that hold rows of many inputs, each for measures of its own."""
READ: Mapping[str, tuple[str, ...]] = {
    "posts": ("core.fct_posts",),
    "content": ("staging.stg_content__items",),
    "costs": ("core.int_costs_daily",),
    "messages": ("staging.stg_social__messages",),
    "mentions": ("staging.stg_social__mentions",),
    "reviews": ("staging.stg_shop__reviews",),
    "subscriptions": ("kpi.int_subscribers",),
    "experiments": ("staging.stg_content__experiments", "staging.stg_content__items", "core.fct_ads_daily"),
    "decisions": ("staging.stg_team__decisions",),
}
"""What these read of a source."""


def tables_behind(catalog: Catalog, sources: Iterable[str]) -> frozenset[str]:
    """Every table that measures of these sources are computed from, raw ones and configuration included: a mention says nothing about a
    post, though both stand in the same table.
    """
    wanted = set(sources)
    made_of = {model for source in wanted for model in MADE_OF.get(source, ())}
    read = {table for source in wanted for table in READ.get(source, ())}
    through = {model for model in SHARED if model in catalog.upstream(made_of)} if read else set()
    return catalog.upstream((made_of - set(SHARED)) | read, short_of=SHARED) | through
