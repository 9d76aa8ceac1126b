"""The key of the e-mail addresses: never two in one warehouse, and what changing it does to hashes, gone files and erased people."""

from typing import Any

import pytest
from pipelines import privacy
from pipelines.erasure import find, remove
from pipelines.privacy import hash_email
from pipelines.rotation import KeyChangedError
from pipelines.suppression import Suppression, load_key, save

ORDERS = "order_id,ordered_at,visitor_id,email,revenue,currency\n"


def orders(*rows: str) -> str:
    """Orders as ``id,visitor,email``."""
    texts = (row.split(",") for row in rows)
    return ORDERS + "".join(
        f"{order},2026-10-01T10:00:00Z,{visitor},{email},10,NOK\n" for order, visitor, email in texts
    )


def change_key(bench: Any) -> None:
    privacy.key_path(bench.home).rename(privacy.old_key_path(bench.home))
    assert privacy.load_key(bench.home) != privacy.load_old_key(bench.home)


def test_a_run_under_another_key_loads_nothing(quick_bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    quick_bench.put("a.csv", orders("O1,v-1,a@x.no"))
    quick_bench.ingest()
    monkeypatch.setenv("HOURGLASS_KEY", "another")
    quick_bench.put("b.csv", orders("O2,v-2,b@x.no"))
    with pytest.raises(KeyChangedError, match=r"hashed with another key.*rotate-key"):
        quick_bench.ingest(full_refresh=True)
    monkeypatch.delenv("HOURGLASS_KEY")
    assert quick_bench.ingest().unchanged == 1
    assert quick_bench.rows("select order_id from raw.orders order by 1") == [("O1",), ("O2",)]


def test_changing_the_key_hashes_the_inbox_anew_and_forgets_what_is_gone(quick_bench: Any) -> None:
    quick_bench.put("a.csv", orders("O1,v-1,a@x.no"))
    gone = quick_bench.put("gone.csv", orders("O2,v-2,a@x.no", "O3,v a@x.no,b@x.no"))
    quick_bench.ingest()
    before = hash_email("a@x.no", privacy.load_key(quick_bench.home))
    gone.unlink()
    change_key(quick_bench)
    with pytest.raises(KeyChangedError):
        quick_bench.ingest()
    quick_bench.ingest(full_refresh=True)
    after = hash_email("a@x.no", privacy.load_key(quick_bench.home))
    assert before != after
    assert quick_bench.rows("select order_id, visitor_id, email_hash from raw.orders order by 1") == [
        ("O1", "v-1", after),
        ("O2", "v-2", None),
        ("O3", "v email", None),
    ]
    privacy.old_key_path(quick_bench.home).unlink()
    assert quick_bench.ingest().unchanged == 1


def test_erased_people_stay_away_though_only_the_old_hash_of_their_address_was_known(quick_bench: Any) -> None:
    quick_bench.put("a.csv", orders("O1,visitor-77aa,a@x.no", "O9,v-9,c@x.no"))
    quick_bench.ingest()
    person = find(quick_bench.connection, [("visitor", "visitor-77aa")], privacy.load_key(quick_bench.home))
    suppression = Suppression(load_key(quick_bench.home)).with_names(person.suppressed())
    assert not suppression.has_address("a@x.no")
    save(quick_bench.home, suppression)
    remove(quick_bench.connection, person, suppression)
    quick_bench.put("late.csv", orders("O5,,A@x.no", "O6,,b@x.no"))
    quick_bench.ingest()
    assert quick_bench.rows("select order_id from raw.orders order by 1") == [("O6",), ("O9",)]
    change_key(quick_bench)
    quick_bench.ingest(full_refresh=True)
    privacy.old_key_path(quick_bench.home).unlink()
    assert Suppression.of(quick_bench.home).has_address("a@x.no")
    quick_bench.put("later.csv", orders("O7,,a@x.no"))
    quick_bench.ingest()
    assert quick_bench.rows("select order_id from raw.orders order by 1") == [("O6",), ("O9",)]
