"""What a client may spend in a minute, and whose query runs next."""

import tempfile
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kgservice.errors import OverBudget, Unavailable
from kgservice.model.limits import LIMITS, READER, Client
from kgservice.store.budgets import SLOTS, WINDOW, Budgets
from kgservice.store.turns import Places, Turns
from tests.conftest import wait_for

SMALL = replace(LIMITS[READER], requests_per_minute=6, cpu_seconds_per_minute=30, errors_per_minute=3)


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def budgets(tmp_path: Path, clock: Clock) -> Iterator[Budgets]:
    opened = Budgets(tmp_path / "budgets", clock)
    yield opened
    opened.close()


def admitted(budgets: Budgets, client: str, times: int) -> int:
    """How many requests are let in before one is refused."""
    for number in range(times):
        try:
            budgets.admit(client, SMALL)
        except OverBudget:
            return number
    return times


def test_requests_are_let_in_a_minutes_worth_at_once_and_then_as_they_are_earned(
    budgets: Budgets, clock: Clock
) -> None:
    assert admitted(budgets, "a", 20) == 6
    assert admitted(budgets, "b", 20) == 6  # another client has its own
    clock.now += 10
    assert admitted(budgets, "a", 20) == 1
    clock.now += 600
    assert admitted(budgets, "a", 20) == 6  # no more than a minute's worth is saved up


def test_it_says_when_to_come_back_and_keeps_its_word(budgets: Budgets, clock: Clock) -> None:
    budgets.admit("a", SMALL)
    budgets.charge("a", SMALL, cpu=45)
    with pytest.raises(OverBudget, match="30 seconds of processor time") as caught:
        budgets.admit("a", SMALL)
    assert caught.value.retry_after == 30
    clock.now += 29
    with pytest.raises(OverBudget):
        budgets.admit("a", SMALL)
    clock.now += 1
    budgets.admit("a", SMALL)


def test_errors_count_and_asking_while_refused_does_not_make_it_longer(budgets: Budgets, clock: Clock) -> None:
    budgets.charge("a", SMALL, errors=4)
    for _ in range(50):
        with pytest.raises(OverBudget, match="3 failed queries that it may have in a minute") as caught:
            budgets.admit("a", SMALL)
        assert caught.value.retry_after == 20
    clock.now += 20
    budgets.admit("a", SMALL)


def test_processes_share_what_is_spent_and_a_clock_that_jumps_locks_nobody_out(
    budgets: Budgets, clock: Clock, tmp_path: Path
) -> None:
    other = Budgets(tmp_path / "budgets", clock)
    assert admitted(budgets, "a", 3) == 3
    assert admitted(other, "a", 20) == 3
    clock.now -= 1_000_000
    with pytest.raises(OverBudget) as caught:
        other.admit("a", SMALL)
    assert caught.value.retry_after <= 2 * WINDOW
    other.close()


@given(st.lists(st.floats(0, 20), min_size=1, max_size=30))
def test_no_client_gets_more_than_two_minutes_worth_in_a_minute(waits: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        clock = Clock()
        budgets = Budgets(Path(folder) / "b", clock)
        times = []
        for wait in waits:
            clock.now += wait
            times += [clock.now] * admitted(budgets, "a", 20)
        budgets.close()
    for start in times:
        assert sum(start <= moment < start + WINDOW for moment in times) <= 12


def test_many_clients_share_the_file_and_the_busy_ones_are_remembered(budgets: Budgets, clock: Clock) -> None:
    assert admitted(budgets, "busy", 20) == 6
    for number in range(5000):
        budgets.admit(f"client {number}", SMALL)
    assert admitted(budgets, "busy", 20) == 0


def test_the_file_has_its_room_on_the_disk_before_it_is_used(tmp_path: Path) -> None:
    path = tmp_path / "budgets"
    size = SLOTS * 40
    with path.open("wb") as file:
        file.truncate(size)  # a hole: touching it on a full disk ends a process
    assert path.stat().st_blocks * 512 < size
    Budgets(path).close()
    assert path.stat().st_size == size and path.stat().st_blocks * 512 >= size


# --- turns -----------------------------------------------------------------------------------------------------------


class Runner(threading.Thread):
    """A query that runs until it is told to end."""

    def __init__(self, turns: Turns, client: Client, timeout: float = 20) -> None:
        super().__init__()
        self.turns, self.client, self.timeout = turns, client, timeout
        self.state = "waits"
        self.ended = threading.Event()
        self.start()

    def run(self) -> None:
        try:
            with self.turns.in_line(self.client, 4), self.turns.turn(self.client, self.timeout):
                self.state = "runs"
                self.ended.wait(30)
        except (OverBudget, Unavailable) as error:
            self.state = type(error).__name__


def test_one_client_never_has_all_places() -> None:
    turns = Turns(Places(2, 6, each=1), Places(2, 6, each=2))
    greedy = [Runner(turns, Client("greedy")) for _ in range(6)]
    wait_for(lambda: sorted(one.state for one in greedy) == ["OverBudget"] * 2 + ["runs"] + ["waits"] * 3)
    other = Runner(turns, Client("other"))
    wait_for(lambda: other.state == "runs")
    next(one for one in greedy if one.state == "runs").ended.set()
    wait_for(lambda: sum(one.state == "runs" for one in greedy if not one.ended.is_set()) == 1)
    for one in (*greedy, other):
        one.ended.set()
    for one in (*greedy, other):
        one.join()


def test_places_for_clients_with_a_token_are_theirs_alone() -> None:
    turns = Turns(Places(2, 6, each=1), Places(2, 6, each=2))
    crowd = [Runner(turns, Client(f"c{number}")) for number in range(12)]
    wait_for(lambda: sorted(one.state for one in crowd) == ["Unavailable"] * 4 + ["runs"] * 2 + ["waits"] * 6)
    named = Runner(turns, Client("named", "editor", known=True))
    wait_for(lambda: named.state == "runs")
    late = Runner(turns, Client("c1"), timeout=0.1)
    late.join(5)
    assert late.state == "Unavailable"
    for one in (*crowd, named):
        one.ended.set()
    for one in (*crowd, named):
        one.join()
