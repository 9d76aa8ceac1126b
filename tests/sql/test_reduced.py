"""The reduced copy: what goes into it, what never does, and that it is swapped like the file itself."""

from pathlib import Path

import duckdb
import pytest

from config.home import Home
from sql.catalog import Catalog
from sql.model import load_models
from sql.publish import PublishError
from sql.reduced import OF_PEOPLE, is_shared, publish_reduced

MODEL = """/*
description: A table of the published file.
grain: [{key}]
materialise: table
columns:
  {key}: {{unit: id, description: The key of a row.}}
  clicks: {{unit: count, sum: always, description: Clicks.}}
  source_file: {{unit: text, description: The file.}}
*/
select '{key} 1' as {key}, 7 as clicks, 'inbox/solveig.csv' as source_file
"""


def test_no_table_about_single_people_records_or_findings_is_in_it() -> None:
    models = Catalog().models
    shared = {name for name, model in models.items() if is_shared(model)}
    assert {
        "kpi.kpi_values",
        "kpi.scorecard",
        "core.fct_posts",
        "core.fct_ads_daily",
        "core.dim_channels",
        "quality.utm_coverage",
    } <= shared
    assert not shared & {"core.fct_sessions", "core.fct_conversions", "core.fct_link_sessions"}
    assert not {name for name in shared if name.startswith("attribution.") or "int_" in name}
    assert {name for name in shared if name.startswith("quality.")} == {"quality.utm_coverage"}
    for name in shared:
        assert not OF_PEOPLE & models[name].header.columns.keys()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").create()


def project(root: Path, *tables: str) -> Catalog:
    for table in tables:
        path = root / "models" / f"{table.replace('.', '/')}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(MODEL.format(key="session_id" if "visits" in table else "post_id"), encoding="utf-8")
    return Catalog(load_models(root / "models"))


def written(home: Home, catalog: Catalog) -> None:
    with duckdb.connect(str(home.warehouse)) as connection:
        for schema in ("core", "kpi"):
            connection.execute(f"create schema if not exists {schema}")
        for model in catalog.order:
            connection.execute(f"create or replace table {model.name} as {model.body}")
        publish_reduced(
            connection,
            catalog,
            home,
            run_id="r1",
            run_date="2026-11-16",
            published_at="2026-11-16 02:00:00",
            sequence_number=4,
        )


def test_the_copy_has_the_shared_tables_without_names_of_files(home: Home, tmp_path: Path) -> None:
    written(home, project(tmp_path, "core.fct_visits", "core.fct_posts", "core.int_posts", "kpi.posts"))
    assert home.published_reduced.stat().st_mode & 0o777 == 0o640
    with duckdb.connect(str(home.published_reduced), read_only=True) as copy:
        tables = copy.execute("select schema_name || '.' || table_name from duckdb_tables() order by 1").fetchall()
        assert tables == [("core.fct_posts",), ("kpi.posts",), ("quality.publication",)]
        assert copy.execute("select * from core.fct_posts").fetchall() == [("post_id 1", 7)]
        assert copy.execute("select run_id, sequence_number from quality.publication").fetchall() == [("r1", 4)]
        commented = "select count(*) from duckdb_columns() where comment is null and schema_name in ('core', 'kpi')"
        assert copy.execute(commented).fetchone() == (0,)
        version = copy.execute("select tags['storage_version'] from duckdb_databases() where not internal").fetchone()
        assert version is not None and version[0].startswith("v1.0.0")
    assert b"solveig" not in home.published_reduced.read_bytes()
    assert list(home.temporary.iterdir()) == []


def test_a_copy_that_can_not_be_written_leaves_the_one_before(home: Home, tmp_path: Path) -> None:
    catalog = project(tmp_path, "core.fct_posts")
    written(home, catalog)
    before = home.published_reduced.read_bytes()
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("drop table core.fct_posts")
        with pytest.raises(PublishError, match="was not replaced"):
            publish_reduced(
                connection,
                catalog,
                home,
                run_id="r2",
                run_date="2026-11-17",
                published_at="2026-11-17 02:00:00",
                sequence_number=5,
            )
        assert connection.execute("select 1 from duckdb_databases() where database_name = 'published'").fetchall() == []
    assert home.published_reduced.read_bytes() == before
