"""Many writers over several workers: no lost update, no server error; killed at random, nothing acknowledged lost."""

import json
import os
import random
import signal
import threading
import time
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import psutil
import pytest

from kgservice.store.checking import check
from kgservice.store.store import Store
from tests.test_serve import Served, serving

TERM = "/api/v1/terms/logic"


@pytest.fixture(scope="session")
def seed_dir(few_dir: Path) -> Path:
    return few_dir


class Writer:
    """A client that counts up a notation by read, modify, write, and remembers what was acknowledged."""

    def __init__(self, url: str, secret: str, path: str = TERM) -> None:
        self.url = url
        self.secret = secret
        self.path = path
        self.errors: list[str] = []
        self.conflicts = 0
        self.acknowledged: list[int] = []

    def ask(self, method: str, query: str = "", body: Any = None, **headers: str) -> tuple[int, Message, bytes]:
        data = None if body is None else json.dumps(body).encode()
        kind = "application/json" if method == "PUT" else "application/merge-patch+json"
        sent = {"Authorization": f"Bearer {self.secret}", "Content-Type": kind}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(f"{self.url}{self.path}{query}", data=data, method=method, headers=sent)
        try:
            with urlopen(request, timeout=60) as response:
                return response.status, response.headers, response.read()
        except HTTPError as error:
            return error.code, error.headers, error.read()

    def count_up(self) -> bool:
        """One read-modify-write; False if somebody else was quicker."""
        status, headers, body = self.ask("GET", "?lang=*")
        if status != 200:
            self.errors.append(f"GET {status} {body[:200]!r}")
            return False
        held = json.loads(body)["notations"]
        number = int(held[0]) + 1 if held else 1
        status, headers, body = self.ask("PATCH", "", {"notations": [str(number)]}, If_Match=headers["ETag"])
        if status == 412:
            self.conflicts += 1
            return False
        if status != 200:
            self.errors.append(f"PATCH {status} {body[:200]!r}")
            return False
        self.acknowledged.append(int(headers["KG-Seq"]))
        return True

    def run(self, rounds: int) -> None:
        done = 0
        while done < rounds and not self.errors:
            done += self.count_up()


def _race(folder: Path, clients: int, rounds: int, workers: int) -> None:
    secret = _token(folder)
    with serving(folder, "--workers", str(workers)) as served:
        writers = [Writer(served.url, secret) for _ in range(clients)]
        threads = [threading.Thread(target=writer.run, args=(rounds,)) for writer in writers]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.monotonic() - start
        assert [error for writer in writers for error in writer.errors] == []
        last = json.loads(served.get(f"{TERM}?lang=*"))
    assert last["notations"] == [str(clients * rounds)], "an update was lost"
    seqs = sorted(seq for writer in writers for seq in writer.acknowledged)
    assert len(set(seqs)) == clients * rounds
    conflicts = sum(writer.conflicts for writer in writers)
    did = f"{clients} clients × {rounds} edits of one term, {workers} workers"
    print(f"{did}: {took:.0f} s, {conflicts} conflicts, none lost")
    store = Store(folder)
    assert check(store).findings == []
    store.close()


def _token(folder: Path) -> str:
    store = Store(folder)
    try:
        return store.tokens.create("writer", "editor")
    finally:
        store.close()


def test_a_few_clients_edit_one_term(data_dir: Path) -> None:
    _race(data_dir, 4, 5, workers=2)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_sixteen_clients_edit_one_term_two_hundred_times_each(data_dir: Path) -> None:
    _race(data_dir, 16, 200, workers=4)


def test_of_two_halves_of_a_circle_one_is_refused(data_dir: Path) -> None:
    secret = _token(data_dir)
    with serving(data_dir, "--workers", "2") as served:
        for number in range(6):
            ends = [Writer(served.url, secret, f"/api/v1/terms/end-{number}-{side}") for side in "ab"]
            for end in ends:
                assert end.ask("PUT", "", {"prefLabel": {"en": "end"}}, If_None_Match="*")[0] == 201
            answers: list[int] = []
            barrier = threading.Barrier(2)

            def require(writer: Writer, other: str, barrier: threading.Barrier, answers: list[int]) -> None:
                barrier.wait()
                answers.append(writer.ask("PATCH", "", {"prerequisites": [other]}, If_Match="*")[0])

            threads = [
                threading.Thread(target=require, args=(writer, f"end-{number}-{other}", barrier, answers))
                for writer, other in zip(ends, "ba", strict=True)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(answers) == [200, 422], f"round {number}"


class _Stream:
    """A writer that makes term after term until it is told to stop; the service may be killed under it."""

    def __init__(self, served: Served, secret: str, name: str) -> None:
        self.served, self.secret, self.name = served, secret, name
        self.acknowledged: list[str] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        number = 0
        while not self.ended.is_set():
            slug = f"{self.name}-{number}"
            request = Request(
                f"{self.served.url}/api/v1/terms/{slug}",
                data=json.dumps({"prefLabel": {"en": slug}, "related": ["memory"]}).encode(),
                method="PUT",
                headers={
                    "Authorization": f"Bearer {self.secret}",
                    "If-None-Match": "*",
                    "Content-Type": "application/json",
                },
            )
            try:
                with urlopen(request, timeout=10) as response:
                    if response.status == 201:
                        self.acknowledged.append(slug)
            except HTTPError as error:
                assert error.code in (412, 503), error.read()
            except (URLError, OSError):
                time.sleep(0.02)
            number += 1

    def stop(self) -> None:
        self.ended.set()
        self.thread.join()


def _kills(folder: Path, kills: int, seed: int) -> None:
    """Random processes of a service with four workers are killed under eight writers."""
    secret, chance, killed = _token(folder), random.Random(seed), 0
    acknowledged: list[str] = []
    while killed < kills:
        served = Served(folder, "--workers", "4")
        streams = []
        try:
            deadline = time.monotonic() + 40
            while not served.answers("/health/ready") and time.monotonic() < deadline:
                time.sleep(0.05)
            streams = [_Stream(served, secret, f"k{seed}-{killed}-{number}") for number in range(8)]
            for _ in range(min(25, kills - killed)):
                time.sleep(chance.random())
                killed += _kill_any(served, chance)
            killed += _kill(served.process.pid)  # the server itself, and with it what is left
        finally:
            for stream in streams:
                stream.stop()
                acknowledged += stream.acknowledged
            served.process.kill()
            served.process.communicate()
    store = Store(folder)
    assert set(acknowledged) <= store.slugs().keys(), "an acknowledged write was lost"
    assert check(store).findings == []
    print(f"kill -9: {killed} processes, {len(acknowledged)} writes acknowledged, none lost; log == mirror == graph")
    store.close()


def _kill_any(served: Served, chance: random.Random) -> int:
    """Kill one of the processes below the server. Those that end meanwhile are not there to be killed."""
    try:
        found = [one.pid for one in served.processes()[1:] if one.status() != psutil.STATUS_ZOMBIE]
    except psutil.Error:
        return 0
    return _kill(chance.choice(found)) if found else 0


def _kill(pid: int) -> int:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return 0
    return 1


def test_a_few_processes_are_killed_under_writers(data_dir: Path) -> None:
    _kills(data_dir, 4, 1)


@pytest.mark.full
@pytest.mark.timeout(1800)
def test_five_hundred_processes_are_killed_under_writers(data_dir: Path) -> None:
    _kills(data_dir, 500, 2)
