"""Hostile queries, alone and as a flood: each is answered in time and as documented, and nobody else notices."""

import http.client
import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psutil
import pytest

from tests.hostile import corpus
from tests.test_serve import Served, serving

DOCUMENTED = {200, 400, 403, 413, 429, 503}
QUERIES = list(corpus())
SECONDS = 2.0
ROUTES = (
    "/api/v1/terms/networking?lang=ja",
    "/terms/logic",
    "/terms/cache/diagram.mmd",
    "/health/ready",
    "/api/v1/terms",
)
HONEST = "SELECT ?l {{ ?s <http://www.w3.org/2004/02/skos/core#prefLabel> ?l }} LIMIT {}"


@dataclass
class Told:
    """Answers: status and seconds of each."""

    all: list[tuple[int, float]] = field(default_factory=list)

    def p(self, share: float) -> float:
        """The time within which that share of the answers came."""
        times = sorted(seconds for _, seconds in self.all)
        return times[min(len(times) - 1, int(share * len(times)))]

    def statuses(self) -> Counter[int]:
        """How many answers had each status."""
        return Counter(status for status, _ in self.all)


def ask(
    served: Served, method: str, path: str, body: bytes | None = None, client: str = "10.0.0.1"
) -> tuple[int, bytes, float]:
    headers = {"X-Forwarded-For": client}
    if body is not None:
        headers["Content-Type"] = "application/sparql-query"
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        data = response.read()
        if response.status in (429, 503):
            assert int(response.headers["Retry-After"]) >= 1
        return response.status, data, time.monotonic() - started
    finally:
        connection.close()


@pytest.fixture
def served(seed_dir: Path, tmp_path: Path) -> Iterator[Served]:
    limits = tmp_path / "limits.toml"
    limits.write_text(
        f"[reader]\nseconds = {SECONDS}\nrequests_per_minute = 1e9\ncpu_seconds_per_minute = 1e9\nerrors_per_minute = 1e9\n"
    )
    folder = Path(shutil.copytree(seed_dir, tmp_path / "data"))
    with serving(folder, "--trusted-proxies", "1", "--query-limits", str(limits)) as running:
        yield running


def web_processes(served: Served) -> set[int]:
    """The server and its workers; keepers and query processes may come and go."""
    return {one.pid for one in served.processes() if "query_process" not in " ".join(one.cmdline())}


def test_the_corpus_is_large_enough() -> None:
    assert len(QUERIES) >= 120 and len({name for name, _ in QUERIES}) == len({text for _, text in QUERIES}) == len(
        QUERIES
    )


def _alone(served: Served, queries: list[tuple[str, str]]) -> Counter[int]:
    before = web_processes(served)
    seen: Counter[int] = Counter()
    for name, text in queries:
        status, data, seconds = ask(served, "POST", "/sparql", text.encode())
        assert status in DOCUMENTED, (name, status)
        assert seconds < SECONDS + 0.5, (name, seconds)
        if status >= 400:
            told = json.loads(data)
            assert told["status"] == status and len(told["detail"]) > 10, name
        seen[status] += 1
    assert web_processes(served) == before
    return seen


def test_hostile_queries_one_after_the_other(served: Served) -> None:
    """Some of each shape; all of them in the long form."""
    seen = _alone(served, QUERIES[::9])
    assert seen[400] > 3
    assert ask(served, "POST", "/sparql", b"ASK {}")[0] == 200


@pytest.mark.full
@pytest.mark.timeout(900)
def test_every_hostile_query_alone(served: Served) -> None:
    print(f"{len(QUERIES)} hostile queries alone: {dict(sorted(_alone(served, QUERIES).items()))}")


@pytest.mark.full
@pytest.mark.timeout(300)
def test_a_flood_of_hostile_queries_is_noticed_by_nobody_else(served: Served) -> None:
    def routes(seconds: float) -> Told:
        told, end = Told(), time.monotonic() + seconds
        while time.monotonic() < end:
            for path in ROUTES:
                status, _, took = ask(served, "GET", path, client="10.9.9.9")
                told.all.append((status, took))
            time.sleep(0.02)
        return told

    before, idle = web_processes(served), routes(10)
    told, done = [Told() for _ in range(24)], threading.Event()

    def hostile(number: int) -> None:
        place = number
        while not done.is_set():
            status, _, took = ask(served, "POST", "/sparql", QUERIES[place % len(QUERIES)][1].encode(), "10.0.0.66")
            told[number].all.append((status, took))
            place += 24

    honest = Told()

    def asking() -> None:
        number = 0
        while not done.is_set():
            number += 1
            path = "/sparql?query=" + quote(HONEST.format(number))
            status, _, took = ask(served, "GET", path, client="10.7.7.7")
            honest.all.append((status, took))
            time.sleep(0.2)

    threads = [threading.Thread(target=hostile, args=(number,)) for number in range(24)]
    threads.append(threading.Thread(target=asking))
    for thread in threads:
        thread.start()
    during = routes(60)
    done.set()
    for thread in threads:
        thread.join()
    flood = Told([one for each in told for one in each.all])
    print(
        f"hostile: {len(flood.all)} answers {dict(flood.statuses())}, p99 {flood.p(0.99):.2f} s, max {flood.p(1):.2f} s"
    )
    for name, one in (("idle", idle), ("flood", during)):
        print(
            f"{name}: {len(one.all)} answers {dict(one.statuses())}, p50 {one.p(0.5) * 1e3:.1f} ms, p99 {one.p(0.99) * 1e3:.1f} ms"
        )
    print(
        f"honest: {len(honest.all)} answers {dict(honest.statuses())}, p50 {honest.p(0.5) * 1e3:.1f} ms, p99 {honest.p(0.99) * 1e3:.1f} ms"
    )
    assert web_processes(served) == before
    assert set(flood.statuses()) <= DOCUMENTED and set(during.statuses()) == {200}
    assert honest.statuses()[200] >= 0.95 * len(honest.all)
    assert flood.p(0.99) < SECONDS + 1  # the clients of the flood share the machine


def test_memory_and_processes_are_as_before(served: Served) -> None:
    """What a hostile query leaves behind is nothing."""
    ask(served, "POST", "/sparql", b"ASK {}")
    before = len(served.processes())
    for _, text in QUERIES[5::40]:
        ask(served, "POST", "/sparql", text.encode())
    assert ask(served, "POST", "/sparql", b"ASK {}")[0] == 200
    assert len(served.processes()) <= before + 1
    assert sum(psutil.Process(pid).memory_info().rss for pid in web_processes(served)) < 600 * 1024 * 1024
