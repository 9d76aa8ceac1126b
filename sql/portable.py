"""Which SQL a model may use: the subset that means the same on DuckDB and on Spark.

The rules come from running statements on both engines (Spark 4, ANSI mode, session in UTC, transpiled by sqlglot) and comparing rows. What
is silently different is refused here; what one engine lacks is refused too, so that the models can move when one machine is not enough.
"""

import re
from collections.abc import Iterator

from sqlglot import exp

from sql.model import Model

REFUSED_FUNCTIONS = {
    "list": "rows come in another order and NULLs are dropped: list_sort(list(x)) or string_agg(x, ',' order by y)",
    "array_agg": "rows come in another order: list_sort(list(x)) or string_agg(x, ',' order by y)",
    "percentile_cont": "approximate on Spark: median(x), or rank the rows",
    "quantile_cont": "approximate on Spark: median(x), or rank the rows",
    "approx_count_distinct": "differs between engines: count(distinct x)",
    "approx_quantile": "differs between engines: median(x), or rank the rows",
    "log": "the natural logarithm on Spark: ln or log10",
    "format": "other text on Spark: concatenate",
    "printf": "other text on Spark: concatenate",
    "dayofweek": "off by one or two on Spark: core.dim_dates has the ISO weekday",
    "isodow": "off by one or two on Spark: core.dim_dates has the ISO weekday",
    "week": "not on Spark in this form: core.dim_dates has the ISO week",
    "weekofyear": "not the same year rule: core.dim_dates has the ISO week",
    "epoch_ms": "not on Spark: cast(epoch(x) as bigint)",
    "time_bucket": "not on Spark: arithmetic on epoch",
    "try_strptime": "not on Spark: dates are read in pipelines/",
    "list_sum": "not on Spark: sum over unnested rows",
    "list_aggregate": "not on Spark: aggregate unnested rows",
    "list_reduce": "not on Spark: aggregate unnested rows",
    "reduce": "not on Spark: aggregate unnested rows",
    "date_add": "not on Spark: x + interval",
    "columns": "not on Spark: name the columns",
    **dict.fromkeys(
        (
            "avg",
            "mean",
            "stddev",
            "stddev_samp",
            "stddev_pop",
            "variance",
            "var_samp",
            "var_pop",
            "corr",
            "covar_samp",
            "covar_pop",
        ),
        "a sum of floating point comes out by the order of its rows: sum decimals, and divide last",
    ),
    "random": "a model gives the same rows each time",
    "uuid": "a model gives the same rows each time",
    "now": "a model gives the same rows each time: config.run has the run's date",
    "current_date": "a model gives the same rows each time: config.run has the run's date",
    "current_timestamp": "a model gives the same rows each time: config.run has the run's date",
    "range": "not a table function on Spark: unnest(generate_series(…))",
}


def faults(model: Model) -> list[str]:
    """What a model uses that it may not, each as ``file: construct: what instead``; empty where it is portable."""
    return [f"{model.path}: {fault}" for fault in _faults(model)]


def _faults(model: Model) -> Iterator[str]:
    tree = model.expression
    text = re.sub(r"'[^']*'|--[^\n]*|/\*.*?\*/", "''", model.body, flags=re.DOTALL).lower()
    called = set(re.findall(r"\b([a-z_]\w*)\s*\(", text)) | set(re.findall(r"\bcurrent_(?:date|timestamp)\b", text))
    for name in sorted(called & REFUSED_FUNCTIONS.keys()):
        yield f"{name}(): {REFUSED_FUNCTIONS[name]}"
    for total in tree.find_all(exp.Sum):
        if isinstance(total.this, exp.Cast) and total.this.to.is_type(*exp.DataType.FLOAT_TYPES):
            yield "sum of floating point comes out by the order of its rows: cast to decimal first"
    for extract in tree.find_all(exp.Extract):
        part = str(extract.this).lower()
        if part in ("dow", "isodow", "dayofweek", "week"):
            yield f"extract({part}): core.dim_dates has the ISO weekday and week"
    for cast in tree.find_all(exp.Cast):
        if _is_fractional(cast.this) and cast.to.is_type(*exp.DataType.INTEGER_TYPES):
            yield "cast of a fraction to an integer truncates on Spark: cast(round(x) as …)"
    for replace in tree.find_all(exp.RegexpReplace):
        modifiers = replace.args.get("modifiers")
        if modifiers is None or "g" not in str(modifiers.this):
            yield "regexp_replace without 'g' replaces all on Spark: say 'g'"
    if tree.find(exp.Pivot):
        yield "pivot and unpivot: not on Spark in this form"
    for star in tree.find_all(exp.Star):
        if star.args.get("replace") or star.args.get("rename"):
            yield "* replace and * rename: not on Spark: name the columns"
    for join in tree.find_all(exp.Join):
        if str(join.args.get("method") or "").lower() == "asof":
            yield "asof join: not on Spark: row_number()"
    for union in tree.find_all(exp.SetOperation):
        if union.args.get("by_name"):
            yield "union by name: not on Spark: name the columns in order"
    for spec in tree.find_all(exp.WindowSpec):
        if spec.args.get("exclude"):
            yield "window exclude: dropped on Spark"
        if str(spec.args.get("kind")).lower() == "groups":
            yield "groups frame: not on Spark"
    for window in tree.find_all(exp.Window):
        if isinstance(window.this, exp.Count) and isinstance(window.this.this, exp.Distinct):
            yield "count(distinct) over: not on Spark"
    if "->" in text.replace("->>", ""):
        yield "x -> …: leaves DuckDB with 2.0: write lambda x: …"


def _is_fractional(node: exp.Expression) -> bool:
    """Whether an expression is plainly a fraction: a division with /, an average, or a cast to a floating type."""
    if isinstance(node, exp.Paren):
        return _is_fractional(node.this)
    if isinstance(node, (exp.Div, exp.Avg)):
        return True
    return isinstance(node, exp.Cast) and node.to.is_type(*exp.DataType.FLOAT_TYPES)
