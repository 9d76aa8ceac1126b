"""What Dagster loads: complete, owned, in groups that read left to right, and cheap to import."""

import subprocess
import sys

import dagster as dg
import pytest

from assets.definitions import build_defs
from assets.keys import INBOX, PUBLISHED, REVIEW, asset_key, table_name
from assets.resources import Warehouse
from checks.declared import Severity
from pipelines.schema import RAW_TABLES
from sql.catalog import Catalog

GROUPS = ["inbox", "raw", "staging", "core", "attribution", "kpi", "quality", "published"]


@pytest.fixture(scope="module")
def definitions():
    return build_defs()


@pytest.fixture(scope="module")
def graph(definitions):
    return definitions.resolve_asset_graph()


def test_every_asset_is_described_owned_grouped_and_of_a_kind(graph):
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, key
        assert node.owners, key
        assert node.kinds, key
        assert node.group_name in GROUPS, key


def test_the_graph_has_every_raw_table_every_model_and_the_file(graph):
    names = {table_name(key) for key in graph.get_all_asset_keys()}
    assert {f"raw.{name}" for name in RAW_TABLES} <= names
    assert set(Catalog().models) <= names
    assert {"inbox", "quality.check_results", "quality.check_violations", "published.hourglass"} <= names


def test_dependencies_are_those_of_the_sql(graph):
    for model in Catalog().order:
        upstream = {table_name(key) for key in graph.get(asset_key(model.name)).parent_keys}
        assert upstream == {name for name in model.references if not name.startswith("config.")}, model.name


def test_everything_comes_from_the_inbox_and_only_the_review_follows_the_published_file(graph):
    assert graph.get(PUBLISHED).child_keys == {REVIEW}
    for key in graph.get_all_asset_keys():
        if key != INBOX and table_name(key).startswith("raw."):
            assert graph.get(key).parent_keys == {INBOX}


def test_a_published_table_has_columns_with_descriptions(graph):
    for model in Catalog().order:
        schema = graph.get(asset_key(model.name)).metadata["dagster/column_schema"]
        assert [column.name for column in schema.columns] == list(model.header.columns)
        assert all(column.description for column in schema.columns)


# Raw tables that no model reads yet: what is wrong in them reaches no published number.
UNREAD = {name.removeprefix("raw.") for name in {f"raw.{table}" for table in RAW_TABLES} - Catalog().raw_tables}


def test_whatever_can_block_stands_before_the_published_file(definitions, graph):
    upstream = graph.get(PUBLISHED).parent_keys
    models = {asset_key(name) for name in Catalog().models}
    blocking = [spec for checks in definitions.asset_checks for spec in checks.check_specs if spec.blocking]
    assert blocking
    for spec in blocking:
        is_raw = spec.asset_key.path[0] == "raw"
        before_models = any(spec.asset_key in graph.get(key).parent_keys for key in models)
        assert spec.asset_key in upstream or (is_raw and before_models) or spec.asset_key.path[1] in UNREAD, spec


def test_severity_decides_what_blocks(definitions):
    for checks in definitions.asset_checks:
        for spec in checks.check_specs:
            assert spec.blocking is (spec.metadata["severity"] == str(Severity.BLOCK))


def test_no_two_checks_have_one_name():
    keys = [spec.key for checks in build_defs().asset_checks for spec in checks.check_specs]
    assert len(keys) == len(set(keys))


def test_materialisable_assets_have_a_freshness_policy(graph):
    for key in graph.materializable_asset_keys:
        assert graph.get(key).freshness_policy is not None, key


def test_steps_that_touch_files_are_retried(definitions):
    job = definitions.resolve_job_def("nightly")
    retried = {name for name in ("raw", "models") if job.get_node_named(name).definition.retry_policy}
    assert retried == {"raw", "models"}


def test_the_nightly_job_runs_everything_in_this_process(definitions, graph):
    job = definitions.resolve_job_def("nightly")
    assert job.executor_def.name == "in_process"
    assert set(job.asset_layer.selected_asset_keys) == set(graph.materializable_asset_keys)
    assert len(job.asset_layer.asset_graph.asset_check_keys) == sum(
        len(list(c.check_specs)) for c in definitions.asset_checks
    )


def test_resources_can_be_put_in_place_and_only_those_that_exist(tmp_path):
    changed = build_defs({"warehouse": Warehouse(home_root=str(tmp_path))})
    assert changed.resources["warehouse"].home.root == tmp_path
    with pytest.raises(KeyError, match="ware_house"):
        build_defs({"ware_house": Warehouse()})


def test_the_workspace_names_this_module():
    from assets.instance import WORKSPACE

    assert "assets.definitions" in WORKSPACE.read_text(encoding="utf-8")


def test_loading_does_not_import_what_is_slow():
    code = "import sys, assets.definitions; print([n for n in ('dlt', 'great_expectations', 'pandas') if n in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_a_wrong_range_of_days_fails_with_the_value():
    from assets.resources import RunOptions

    with pytest.raises(dg.Failure, match="YYYY-MM-DD"):
        RunOptions(full_refresh=False, since="yesterday", until="").days()
    with pytest.raises(dg.Failure, match="after until"):
        RunOptions(full_refresh=False, since="2026-11-02", until="2026-11-01").days()
