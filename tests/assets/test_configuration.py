"""A fault in the configuration is named with file and line before anything is read."""

import dagster as dg
import pytest

from assets.build import build_defs
from assets.resources import Warehouse
from config.home import Home
from config.yaml_file import SHIPPED

pytestmark = pytest.mark.slow
FAULTS = {
    "kpis.yml": ("numerator: social_sessions_bounced,", "numerator: social_sesions_bounced,", "no measure 'social_sesions_bounced'"),
    "plans/nb2026.yml": ("currency: NOK}", "currency: SEK}", "'cpl_paid' is in SEK, the plan in NOK"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_typo_is_told_and_the_inbox_is_not_read(tmp_path, name):
    old, new, said = FAULTS[name]
    home = Home(tmp_path).create()
    (home.inbox / "orders.csv").write_text("order_id,ordered_at,revenue,currency\n1,2026-11-09T10:00:00Z,100,NOK\n")
    path = home.config / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text((SHIPPED / name).read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    job = build_defs({"warehouse": Warehouse(home_root=str(home.root))}).resolve_job_def("nightly")
    options = {"config": {"full_refresh": False, "since": "", "until": ""}}
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(
            instance=instance,
            run_config={
                "resources": {"options": options},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            raise_on_error=False,
        )
    failed = {
        event.step_key: event.step_failure_data.error.message for event in result.all_events if event.is_step_failure
    }
    assert [step for step, text in failed.items() if f"{path}:" in text and said in text] == ["raw"]
    assert not home.warehouse.exists()
