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


def tables_behind(catalog: Catalog, sources: Iterable[str]) -> frozenset[str]:
    """Every table that measures of these sources are computed from, raw ones and configuration included."""
    return catalog.upstream({model for source in sources for model in MADE_OF.get(source, ())})
