"""What `hourglass doctor` says of the list of erased people."""

from pathlib import Path

from config.home import Home
from hourglass.doctor import LOOKS, Finding, _erasure
from pipelines.suppression import UNFINISHED, Suppression, list_path, load_key, save


def finding(home: Home) -> Finding:
    (found,) = _erasure(home)
    return found


def test_the_list_is_looked_at(tmp_path: Path) -> None:
    assert _erasure in LOOKS
    home = Home(tmp_path / "home").create()
    assert (finding(home).state, finding(home).mend) == ("nobody was erased", "")
    save(home, Suppression(load_key(home)).with_names([("visitor", "v-solveig-1"), ("session", "s-1")]))
    assert (finding(home).state, finding(home).mend) == ("2 names on the list", "")
    (home.erased / UNFINISHED).touch()
    assert "cut short" in finding(home).mend
    (home.erased / UNFINISHED).unlink()
    list_path(home).write_text("nonsense", encoding="utf-8")
    assert "put back a copy" in finding(home).mend
