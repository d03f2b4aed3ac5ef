"""kill -9 at any moment: nothing acknowledged is lost, and log == mirror == graph."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kgservice.store import log
from kgservice.store.checking import check
from kgservice.store.store import Store

WRITER = """
import sys
from pathlib import Path
from kgservice.store.queries import Queries, Query
from kgservice.store.store import Store
from tests.conftest import make_term, put_terms

store = Store(Path(sys.argv[1]))
name, asks = sys.argv[2], sys.argv[3] == "ask"
queries = Queries(store)
if asks:
    queries.start()
print("ready", flush=True)
for number in range(100000):
    other = f"{name}-{number - 1}" if number else "logic"
    seq = put_terms(store, make_term(f"{name}-{number}", prerequisite=[other], related=["memory"]))
    print(seq, flush=True)
    if asks and number % 3 == 0:
        found = queries.run(Query(f"ASK {{ ?s <https://w3id.org/kgservice/ns#slug> '{name}-{number}' }}", "http://x/"))
        assert b"true" in found[1], "a write was not seen by the writer's next query"
"""


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


def _round(folder: Path, number: int, chance: random.Random) -> int:
    """Two writers, one of which queries, killed at a random moment. Returns the last sequence that was acknowledged."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(folder), f"r{number}{name}", how],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,  # so that `readline` takes one line and no more
            cwd=Path(__file__).parents[1],
        )
        for name, how in (("a", "ask"), ("b", "write"))
    ]
    for writer in writers:
        assert writer.stdout and writer.stdout.readline() == b"ready\n"
    time.sleep(chance.random() * 1.2)
    chance.shuffle(writers)
    for writer in writers:
        os.kill(writer.pid, signal.SIGKILL)
        time.sleep(chance.random() * 0.05)
    acknowledged = 0
    for writer in writers:
        out, errors = writer.communicate(timeout=20)
        assert b"Traceback" not in errors, errors.decode()
        whole = [line for line in out.split(b"\n")[:-1] if line.isdigit()]
        acknowledged = max([acknowledged, *map(int, whole)])
    return acknowledged


def _kill(folder: Path, rounds: int, seed: int = 20261123) -> None:
    chance = random.Random(seed)
    written = 0
    for number in range(rounds):
        acknowledged = _round(folder, number, chance)
        store = Store(folder)
        assert store.head().seq >= acknowledged, "an acknowledged write was lost"
        result = check(store)
        assert result.findings == [], f"round {number}"
        with store.read() as connection:
            assert sum(1 for _ in log.changesets(connection)) == result.seq
        store.close()
        written = result.seq
    print(
        f"kill -9: {rounds} rounds, {rounds * 2} processes killed, {written} changes; "
        "none that was acknowledged is lost, log == mirror == graph"
    )
    assert written > rounds


def test_a_few_kills_during_writes(data_dir: Path) -> None:
    _kill(data_dir, 2)


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(5))
def test_a_hundred_kills_during_writes(data_dir: Path, seed: int) -> None:
    """Twenty rounds in each of five directories: what a check costs grows with the log."""
    _kill(data_dir, 20, seed)
