"""Hostile bodies against a running service: each is refused in words, soon, and in little memory."""

import contextlib
import http.client
import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kgservice.store.store import Store
from tests.bombs import MB, Bomb, bombs
from tests.test_serve import Served, serving

MEGABYTES = 50.0
"""What a refusal may take of memory, all processes of the service together."""

SECONDS = 10.0
"""Within which each is refused on a busy machine; on a quiet one it is one second of processor time."""

TICKS = os.sysconf("SC_CLK_TCK")


def _tree(root: int) -> Iterator[int]:
    """A process and all below it."""
    yield root
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{root}/task").iterdir():
            for child in (task / "children").read_text().split():
                yield from _tree(int(child))


class Watch:
    """Samples what the processes of a service have of memory and processor time, while something is done."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._cpu: dict[int, float] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.before, self.peak = 0.0, 0.0
        """Megabytes (PSS) of all processes: before, and the most at once."""

    def _run(self) -> None:
        while not self._done.wait(0.015):
            self.peak = max(self.peak, self._sample())

    def _sample(self) -> float:
        kilobytes = 0
        for pid in list(_tree(self._root)):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                times = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
                self._cpu[pid] = sum(map(int, times)) / TICKS
                told = Path(f"/proc/{pid}/smaps_rollup").read_text()
                kilobytes += int(told.partition("\nPss:")[2].split()[0])
        return kilobytes / 1024

    def __enter__(self) -> "Watch":
        self.before = self.peak = self._sample()
        self._start = sum(self._cpu.values())
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()
        self._sample()

    @property
    def more(self) -> float:
        """Megabytes that were taken for a time."""
        return self.peak - self.before

    @property
    def cpu(self) -> float:
        """Seconds of processor time; of processes that ended, up to their last sample."""
        return sum(self._cpu.values()) - self._start


@pytest.fixture(scope="module")
def served(seed_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str]]:
    """A service over the seed glossary, and an editor's secret."""
    folder = Path(shutil.copytree(seed_dir, tmp_path_factory.mktemp("bombs") / "data"))
    store = Store(folder)
    secret = store.tokens.create("mika", "editor")
    store.close()
    with serving(folder) as running:
        yield running, secret


def throw(served: Served, secret: str, bomb: Bomb, body: bytes) -> tuple[int, dict[str, Any]]:
    """The status and the problem (or report) that a body is answered with, all of it read or not."""
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    headers = {"Authorization": f"Bearer {secret}", "Content-Length": str(len(body)), **bomb.headers}
    try:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # it was answered before all was sent
            connection.request(bomb.method, bomb.path, body, headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        kind = "application/json" if response.status == 200 else "application/problem+json"
        assert response.headers["Content-Type"] == kind, answer
        return response.status, answer
    finally:
        connection.close()


def _told(answer: dict[str, Any]) -> str:
    """The words of a problem, or of a report that nothing came of."""
    if "detail" in answer:
        return " ".join([answer["detail"], *(f"{one['field']}: {one['message']}" for one in answer.get("errors", ()))])
    assert answer["seq"] is None, answer
    return " ".join(f"{one['where']}: {one['message']}" for one in answer["problems"])


@pytest.mark.full
@pytest.mark.alone
@pytest.mark.parametrize("bomb", list(bombs()), ids=lambda bomb: bomb.name)
def test_a_bomb_is_refused_soon_and_in_little_memory(served: tuple[Served, str], bomb: Bomb) -> None:
    running, secret = served
    body = bomb.body()
    ready = json.loads(running.get("/health/ready"))
    with Watch(running.process.pid) as watch:
        started = time.monotonic()
        status, problem = throw(running, secret, bomb, body)
        seconds = time.monotonic() - started
    told = _told(problem)
    print(
        f"| {bomb.name} | {len(body) / MB:.2f} MB | {status} | {seconds * 1000:.0f} ms | {watch.cpu * 1000:.0f} ms "
        f"| {watch.more:.1f} MB | {told[:200]} |"
    )
    assert status == bomb.status and bomb.told in told, told
    assert seconds < SECONDS
    assert watch.more < MEGABYTES, f"{watch.more:.1f} MB more"
    assert json.loads(running.get("/health/ready")) == ready
    assert not list(running.folder.glob("incoming-*"))
