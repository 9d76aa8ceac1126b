"""The same quantity in two layers is the same number: rows, sessions, conversions, posts, spend, KPI values, credits.

The grain checks prove that ids are unique in a fact, so comparing counts of ids is enough to say that none was lost or invented.
"""

from checks.declared import Agreement, Check, NoViolations, Severity
from sql.quoting import quoted_text


def checks() -> list[Check]:
    """Every comparison of a later layer with an earlier one."""
    return [_sessions(), _conversions(), _payments(), _credits(), _spend(), _kpis()]


def _sessions() -> Check:
    return Agreement(
        name="sessions_as_delivered",
        asset="core.fct_sessions",
        severity=Severity.BLOCK,
        reads=("raw.web_sessions", "core.int_repeated_sessions", "core.int_event_sessions"),
        description="As many sessions as different session ids were delivered, and as events alone tell of.",
        # The deliveries, less all but one of each session that came more than once: a third of the work of counting different ids.
        # A session that is wrongly missing among the repeated ones would be twice in the fact, where the check of its grain finds it.
        measure="""
            select 'web_sessions' as member, (select count(*) from core.fct_sessions) as numerator,
                (select count(session_id) from raw.web_sessions)
                - (select count(*) from raw.web_sessions where session_id in (select session_id from core.int_repeated_sessions))
                + (select count(*) from core.int_repeated_sessions)
                + (select count(*) from core.int_event_sessions where not is_open) as denominator""",
    )


def _conversions() -> Check:
    return Agreement(
        name="conversions_as_delivered",
        asset="core.fct_conversions",
        severity=Severity.BLOCK,
        reads=("raw.leads", "raw.orders", "staging.stg_crm__deals_of_leads", "staging.stg_shop__standings"),
        description=(
            "As many conversions as different leads and orders were delivered, less the deals that are part of a contact's lead and the "
            "orders that stand for something else."
        ),
        measure="""
            select 'leads' as member, (select count(*) from core.fct_conversions where conversion_type <> 'order') as numerator,
                (select count(distinct lead_id) from raw.leads)
                    - (select count(*) from staging.stg_crm__deals_of_leads) as denominator
            union all
            select 'orders', (select count(*) from core.fct_conversions where conversion_type = 'order'),
                (select count(distinct order_id) from raw.orders)
                    - (select count(*) from staging.stg_shop__standings where standing <> 'counted')""",
    )


def _payments() -> Check:
    return NoViolations(
        name="payments_without_order",
        asset="staging.stg_shop__standings",
        severity=Severity.WARN,
        description=(
            "Every payment that came in is that of an order which a shop delivered, or counts as one itself. Others are left out so that "
            "no order counts twice; whether they are orders is for settings.yml to say (orders.payments)."
        ),
        violations="""
            select currency, count(*) as payments, cast(sum(gross_revenue) as decimal(18, 2)) as amount
            from staging.stg_shop__standings where standing = 'payment_apart' group by 1""",
        says="{payments} payments, {amount} {currency} together, belong to no delivered order and are left out",
        population="select count(*) from staging.stg_shop__standings where export_kind = 'payments'",
    )


def _credits() -> Check:
    return NoViolations(
        name="credits_sum_to_one",
        asset="attribution.credits",
        severity=Severity.BLOCK,
        description="The credits of a conversion sum to exactly 1 under each attribution model.",
        violations="""
            select conversion_id, model, sum(credit) as credit from {rows}
            group by conversion_id, model having sum(credit) is distinct from 1""",
        says="conversion {conversion_id} has {credit} under {model}",
        population="select count(*) from (select distinct conversion_id, model from {rows})",
        is_settled_by_publication=True,
        unit=("conversion_id",),
    )


def _spend() -> Check:
    return Agreement(
        name="spend_as_delivered",
        asset="core.fct_ads_daily",
        severity=Severity.BLOCK,
        reads=("staging.stg_ads__reports",),
        description=(
            "The spend of each platform on the days that daily reports of one level alone describe is the reports' own sum. Days on which "
            "reports overlap are left out: there the fact chooses."
        ),
        measure="""
            with reports as (select * from staging.stg_ads__reports),
            daily as (
                select platform, account_key, date_from as date, sum(spend) as spend
                from reports where date_from = date_to
                group by platform, account_key, date_from having count(distinct level) = 1
            ),
            periods as (select distinct platform, account_key, date_from, date_to from reports where date_from < date_to),
            told_once as (
                select daily.* from daily
                where not exists (
                    select 1 from periods where periods.platform = daily.platform and periods.account_key = daily.account_key
                        and daily.date between periods.date_from and periods.date_to
                )
            ),
            facts as (select platform, account_key, date, sum(spend) as spend from core.fct_ads_daily group by all)
            select told_once.platform as member, sum(facts.spend) as numerator, sum(told_once.spend) as denominator
            from told_once left join facts using (platform, account_key, date) group by 1""",
    )


COUNTED_KPIS = {
    "social_sessions": "select session_date as date, count(*) as amount from core.fct_sessions where is_social group by 1",
    "utm_coverage": """select session_date as date, count(*) as amount from core.fct_sessions
        where is_social and utm_status = 'compliant' group by 1""",
    "orders": "select conversion_date as date, count(*) as amount from core.fct_conversions where conversion_type = 'order' group by 1",
    "email_signups": """select conversion_date as date, count(*) as amount from core.fct_conversions
        where conversion_type = 'email_signup' group by 1""",
    "webinar_registrations": """select conversion_date as date, count(*) as amount from core.fct_conversions
        where conversion_type = 'webinar_registration' group by 1""",
}
"""KPIs whose numerator is a plain count of facts: rows by day."""


def _kpis() -> Check:
    facts = " union all ".join(
        f"select {quoted_text(kpi)} as kpi, date, amount from ({query})" for kpi, query in COUNTED_KPIS.items()
    )
    return Agreement(
        name="kpis_as_facts",
        asset="kpi.kpi_values",
        severity=Severity.BLOCK,
        reads=("core.fct_sessions", "core.fct_conversions"),
        description=(
            f"The numerators of {', '.join(COUNTED_KPIS)}, summed over days, weeks and months, are the facts counted over the same days."
        ),
        measure=f"""
            with facts as ({facts}),
            said as (
                select kpi, period, period_start_date, numerator from kpi.kpi_values
                where dimension = 'all' and member = 'all' and kpi in (select kpi from facts)
            ),
            days as (
                select kpi, min(period_start_date) as first_day, max(period_start_date) as last_day
                from said where period = 'day' group by kpi
            ),
            counted as (
                select days.kpi, sum(facts.amount) as amount
                from days join facts on facts.kpi = days.kpi and facts.date between days.first_day and days.last_day
                group by days.kpi
            )
            select said.kpi || ' by ' || said.period as member, sum(said.numerator) as numerator, max(counted.amount) as denominator
            from said left join counted on counted.kpi = said.kpi group by 1""",
    )
