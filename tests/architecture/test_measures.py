"""The same quantity has the same name everywhere: a measure that an export delivers reaches the column that is meant for it."""

import pytest

from pipelines.formats_model import load_formats
from sql.catalog import Catalog

FACTS = {"social_account_daily": "core.fct_account_daily", "web_reported": "core.fct_web_reported"}


@pytest.mark.parametrize("table", FACTS)
def test_no_measure_is_a_column_under_another_order_of_words(table: str) -> None:
    forms = [form for form in load_formats().all if form.table == table]
    delivered = {name for form in forms for name in form.measures}
    columns = Catalog().models[FACTS[table]].header.columns
    by_words = {tuple(sorted(name.split("_"))): name for name in columns}
    astray = {name: by_words.get(tuple(sorted(name.split("_")))) for name in delivered - set(columns)}
    assert {name: column for name, column in astray.items() if column} == {}
