"""Money has a currency and a day, and is converted at the rate of that day; an amount that can't be converted stops publishing.

A missing rate would otherwise make a sum too small without a word.
"""

from dataclasses import dataclass

from checks.declared import Check, NoViolations, Severity


@dataclass(frozen=True)
class Amount:
    """A money column of a fact, its converted twin, and the columns that say what and when it is.

    ``within_data`` is True for amounts that are spread over days on which nothing is known yet, or any more: a month's costs reach into
    the future, where no rate can be. They are judged on the days on which there are sessions, ads or conversions.
    """

    table: str
    amount: str
    reporting: str
    currency: str
    day: str
    within_data: bool = False


AMOUNTS = (
    Amount("core.fct_ads_daily", "spend", "spend_reporting", "currency", "date"),
    Amount("core.fct_conversions", "value", "value_reporting", "currency", "conversion_date"),
    Amount("core.fct_subscriptions", "mrr", "mrr_reporting", "currency", "changed_date"),
    Amount("core.int_costs_daily", "amount", "amount_reporting", "currency", "date", within_data=True),
)
DATA_DAYS = (
    ("core.fct_sessions", "session_date"),
    ("core.fct_ads_daily", "date"),
    ("core.fct_conversions", "conversion_date"),
)
MENDED_BY = (
    "Mended by rates in the inbox (files of the ECB, Norges Bank, the Riksbank and Danmarks Nationalbank are read as downloaded), "
    "or by the currency that is missing."
)


def checks() -> list[Check]:
    """Every amount of every fact is converted."""
    return [_converted(amount) for amount in AMOUNTS]


def _converted(fact: Amount) -> Check:
    days = " union all ".join(
        f"select min({day}) as first_day, max({day}) as last_day from {table}" for table, day in DATA_DAYS
    )
    within = (
        f" and {fact.day} between (select min(first_day) from ({days})) and (select max(last_day) from ({days}))"
        if fact.within_data
        else ""
    )
    return NoViolations(
        name="currencies",
        asset=fact.table,
        severity=Severity.BLOCK,
        reads=tuple(table for table, _ in DATA_DAYS) if fact.within_data else (),
        description=f"Every {fact.amount} has a currency, and a rate of its day into the reporting currency. {MENDED_BY}",
        violations=f"""
            select {fact.currency} as currency, min({fact.day}) as first_day, max({fact.day}) as last_day, count(*) as rows_without_rate,
                sum({fact.amount}) as amount
            from {fact.table} where {fact.amount} <> 0 and {fact.reporting} is null{within} group by 1""",
        says=(
            "{rows_without_rate} rows in {currency} from {first_day} to {last_day} ({amount}) have no rate: "
            "bring a file of rates with {currency}"
        ),
        population=f"select count(*) from {fact.table} where {fact.amount} <> 0{within}",
    )
