"""How often a test without any difference is called decided when somebody looks every day: ours, and the usual 1.96 standard errors.

Usage: python benchmarks/experiments.py [--experiments 4000] [--days 56] [--seed 1].
Each experiment has two variants of the same rate and is looked at on every day, until twice its planned sample. The models are those of
the nightly run; the confidence sequence promises at most 5 percent over all looks together. Printed: the share of experiments that ours
decides, the share that 1.96 standard errors would have, and how many experiments with a true lift of 30 percent ours finds by the planned
sample.
"""

import argparse
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import numpy as np
import pyarrow as pa

from config.home import Home
from config.tables import config_tables
from sql.catalog import Catalog

START = date(2026, 1, 1)
CASES = ((0.02, 5000, "2 % of 5 000"), (0.1, 800, "10 % of 800"), (0.005, 20_000, "0.5 % of 20 000"))
MODELS = ("kpi.int_experiment_variants", "kpi.int_experiment_days", "kpi.int_experiment_pairs", "kpi.experiments")


def drawn(
    rates: tuple[float, float], planned: int, experiments: int, days: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Visits and conversions by experiment, day and variant; twice the planned sample in all."""
    visits = random.poisson(2 * planned / days, (experiments, days, 2))
    return visits, random.binomial(visits, np.array(rates))


def decided(visits: np.ndarray, conversions: np.ndarray, planned: int) -> np.ndarray:
    """Whether, and on which day (0 the first, -1 never), the project's models decide each experiment."""
    experiments, days, variants = visits.shape
    number, day, variant = (index.ravel() for index in np.indices(visits.shape))
    catalog = Catalog()
    with TemporaryDirectory() as folder, duckdb.connect() as connection:
        for schema in ("config", "staging", "kpi"):
            connection.execute(f"create schema {schema}")
        for name, table in config_tables(Home(Path(folder)), START + timedelta(days=days + 1)).items():
            connection.register("config_table", table)
            connection.execute(f"create table config.{name} as select * from config_table")
        connection.register("counted", pa.table({
            "number": number, "day": day, "variant": variant, "visits": visits.ravel(), "conversions": conversions.ravel(),
        }))  # fmt: skip
        connection.execute(
            "create table kpi.int_measures_daily as select cast(date '2026-01-01' + to_days(cast(day as integer)) as date) as date, "
            "measure, 'creative' as dimension, number || '_' || variant as member, cast(amount as decimal(28, 9)) as value from (select *, "
            "'social_sessions' as measure, visits as amount from counted union all select *, 'social_sessions_converted', conversions "
            "from counted)"
        )
        connection.execute(
            f"create table staging.stg_content__experiments as select cast(number as varchar) as experiment_id, cast(variant as varchar) "
            f"as variant, null::varchar as hypothesis, 'flow' as kind, number || '_' || variant as utm_content, null::varchar as campaign, "
            f"null::varchar as ad, 'conversion_rate' as metric, {planned}::bigint as planned_sample, null::decimal(18, 4) as budget, "
            f"null::decimal(18, 4) as impact, null::decimal(18, 4) as effort, date '{START}' as started_date, null::date as ended_date "
            f"from range({experiments}) as n(number), range({variants}) as v(variant)"
        )
        connection.execute(
            "create table kpi.int_ad_names as select null::varchar as campaign, null::varchar as ad, null::varchar as ad_id where false"
        )
        for name in MODELS:
            connection.execute(f"create table {name} as {catalog.models[name].body}")
        rows = connection.execute(
            "select cast(experiment_id as integer), date_diff('day', started_date, decided_date) from kpi.experiments where is_winner"
        ).fetchall()
    found = np.full(experiments, -1)
    for experiment, on in rows:
        found[experiment] = on
    return found


def usual(visits: np.ndarray, conversions: np.ndarray) -> float:
    """The share of experiments that ever pass 1.96 standard errors."""
    total, events = visits.cumsum(1), conversions.cumsum(1)
    pooled = events.sum(-1) / total.sum(-1)
    error = np.sqrt(pooled * (1 - pooled) * (1 / total).sum(-1))
    return float((np.abs(np.diff(events / total)[..., 0]) > 1.96 * error).any(1).mean())


def main() -> None:
    """Run the cases and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--experiments", type=int, default=4000)
    parser.add_argument("--days", type=int, default=56)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    random = np.random.default_rng(arguments.seed)
    print(f"{arguments.experiments} experiments each, {arguments.days} looks")
    for rate, planned, said in CASES:
        same = drawn((rate, rate), planned, arguments.experiments, arguments.days, random)
        lifted = drawn((rate, 1.3 * rate), planned, arguments.experiments, arguments.days, random)
        false = (decided(*same, planned) >= 0).mean()
        found = decided(*lifted, planned)
        power = ((found >= 0) & (found < arguments.days // 2)).mean()
        print(
            f"{said:16} false alarms {false:6.2%}, 1.96 standard errors {usual(*same):6.2%}; a lift of 30 % found {power:6.1%}"
        )


if __name__ == "__main__":
    main()
