"""When Great Expectations is asked, and when the verdict of the run before stands."""

from decimal import Decimal

import duckdb
import pytest

from checks import judge as judging
from checks.declared import Agreement, NoViolations, Severity
from checks.judge import Judge, Verdicts

ROWS = NoViolations(
    name="unique",
    asset="core.t",
    severity=Severity.BLOCK,
    description="x",
    violations="select 1",
    population="select 1",
)
NUMBERS = Agreement(name="same", asset="core.t", severity=Severity.BLOCK, description="x", measure="select 1")


class Counting:
    """Great Expectations, and how often it was asked."""

    def __init__(self):
        self.asked = 0
        self._real = judging.GreatExpectations()

    def judge(self, expectation, arguments, rows):
        self.asked += 1
        return self._real.judge(expectation, arguments, rows)


@pytest.fixture(scope="module")
def real():
    return Counting()


@pytest.fixture
def expectations(real, monkeypatch):
    monkeypatch.setattr(judging, "_great_expectations", lambda: real)
    real.asked = 0
    return real


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        yield connection


def one_run(connection, ask, check=ROWS, *, anew=False):
    verdicts = Verdicts(connection, anew=anew)
    answer = ask(verdicts.judge(check))
    verdicts.keep()
    return answer


@pytest.mark.parametrize(
    ("ask", "verdict"),
    [
        (lambda judge: judge.holds_no_rows([]), True),
        (lambda judge: judge.holds_no_rows([{"id": "a"}]), False),
        (lambda judge: judge.is_zero(Decimal("0.0000")), True),
        (lambda judge: judge.is_zero(Decimal("0.0001")), False),
        (lambda judge: judge.is_zero(Decimal("-0.0001")), False),
        (lambda judge: judge.reach([], 0.5), []),
        (lambda judge: judge.reach([0.5, 0.9], 0.5), [True, True]),
        (lambda judge: judge.reach([0.9, None, 0.2], 0.5), [True, False, False]),
    ],
)
def test_the_verdict_is_the_same_from_memory(connection, expectations, ask, verdict):
    assert one_run(connection, ask) == verdict
    asked, expectations.asked = expectations.asked, 0
    assert one_run(connection, ask) == verdict
    assert expectations.asked == 0
    assert asked > 0 or verdict == []


def test_another_batch_is_judged_and_the_one_before_is_forgotten(connection, expectations):
    empty, full = (lambda judge: judge.holds_no_rows([])), (lambda judge: judge.holds_no_rows([{"id": 1}, {"id": 2}]))
    assert [one_run(connection, ask) for ask in (empty, full, full, empty)] == [True, False, False, True]
    assert expectations.asked == 3


def test_another_threshold_is_judged(connection, expectations):
    assert one_run(connection, lambda judge: judge.reach([0.9], 0.8)) == [True]
    assert one_run(connection, lambda judge: judge.reach([0.9], 0.95)) == [False]


def test_a_verdict_stands_for_its_own_check_only(connection, expectations):
    one_run(connection, lambda judge: judge.holds_no_rows([]), ROWS)
    one_run(connection, lambda judge: judge.holds_no_rows([]), NUMBERS)
    assert expectations.asked == 2
    one_run(connection, lambda judge: judge.holds_no_rows([]), ROWS)
    assert expectations.asked == 2


def test_a_full_refresh_judges_everything_anew(connection, expectations):
    one_run(connection, lambda judge: judge.holds_no_rows([]))
    one_run(connection, lambda judge: judge.holds_no_rows([]), anew=True)
    assert expectations.asked == 2


def test_another_version_of_great_expectations_is_asked_again(connection, expectations, monkeypatch):
    one_run(connection, lambda judge: judge.holds_no_rows([]))
    monkeypatch.setattr(judging, "_version", lambda: "99.0")
    one_run(connection, lambda judge: judge.holds_no_rows([]))
    assert expectations.asked == 2


def test_what_can_not_be_judged_is_an_error_and_no_verdict(expectations):
    with pytest.raises(RuntimeError, match="could not judge"):
        expectations.judge("ExpectColumnValuesToBeBetween", {"column": "gone", "min_value": 0}, [{"number": 1}])


def test_a_run_that_dies_keeps_no_verdicts(connection, expectations):
    Verdicts(connection).judge(ROWS).holds_no_rows([])
    one_run(connection, lambda judge: judge.holds_no_rows([]))
    assert expectations.asked == 2


def test_a_judge_alone_asks_once_for_the_same_batch(expectations):
    judge = Judge(ROWS, {})
    assert judge.is_zero(Decimal(0)) and judge.is_zero(Decimal(0))
    assert expectations.asked == 1
