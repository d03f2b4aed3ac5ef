"""What answers cost: CPU of the server's processes for each request, against named baselines, in interleaved rounds.

`python -m tests.bench.api` (or `make bench`) prints the table of the README. The baselines run under the same server.
"""

import json
import platform
import statistics
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kgservice.services.glossaries import make_glossary
from kgservice.store.store import Store
from tests.bench.serving import Server, other, ours
from tests.conftest import make_term, put_terms

ROUNDS = 15
REQUESTS = 400
"""Requests in a round for each target; the naive service gets as few as it needs."""

TERMS = 2000

PATHS = {
    "term": "/api/v1/terms/networking?lang=ja",
    "neighbourhood": "/api/v1/terms/networking/neighbourhood?lang=ja",
    "diagram": "/terms/networking/diagram.mmd?lang=ja",
}


class Target(NamedTuple):
    """Requests to a server; `headers` gives those of the n-th."""

    server: Server
    path: str
    headers: Callable[[int], dict[str, str]]
    status: int = 200
    requests: int = REQUESTS


def _plain(_number: int) -> dict[str, str]:
    return {}


def _never_asked(number: int) -> dict[str, str]:
    """A header that no request had before, so that no answer is ready."""
    return {"Accept-Language": f"ja;q=0.{number:07d}"}


def _known(etag: str) -> Callable[[int], dict[str, str]]:
    return lambda _number: {"If-None-Match": etag}


def measure(targets: dict[str, Target]) -> dict[str, float]:
    """Microseconds of CPU a request, the median of the rounds."""
    rounds: dict[str, list[float]] = {name: [] for name in targets}
    number = 0
    for turn in range(ROUNDS + 1):
        for name, target in targets.items():
            before = target.server.cpu()
            for _ in range(target.requests):
                number += 1
                status, _, _ = target.server.ask(target.path, target.headers(number))
                assert status == target.status, f"{name}: {status}"
            if turn:  # the first is for warming up
                rounds[name].append((target.server.cpu() - before) / target.requests * 1e6)
    return {name: statistics.median(values) for name, values in rounds.items()}


def _seed(folder: Path) -> dict[str, float]:
    make_glossary(folder / "seed", base="http://localhost:8000/")
    service = ours(folder / "seed")
    answers = {"ready": {"type": "text/plain", "body": "ready"}}
    tags = {}
    for name, path in PATHS.items():
        _, headers, body = service.ask(path, {})
        answers[name] = {"type": headers["content-type"], "body": body.decode()}
        tags[name] = headers["etag"]
    (folder / "answers.json").write_text(json.dumps(answers), "utf-8")
    bare = other("tests.bench.bare", str(folder / "answers.json"))
    targets = {}
    for name, path in PATHS.items():
        targets[f"bare {name}"] = Target(bare, f"/{name}", _plain)
        targets[f"warm {name}"] = Target(service, path, _plain)
        targets[f"304 {name}"] = Target(service, path, _known(tags[name]), status=304)
        cold = path.replace("?lang=ja", "")
        targets[f"cold {name}"] = Target(service, cold, _never_asked)
    found = measure(targets)
    service.close()
    bare.close()
    return found


def _large(folder: Path) -> dict[str, float]:
    make_glossary(folder / "large", base="http://localhost:8000/", languages=("en",), empty=True)
    store = Store(folder / "large")
    terms = [
        make_term(
            f"t-{number}",
            label=f"term {number}",
            prerequisite=[f"t-{number // step}" for step in (2, 3) if number // step],
            related=[f"t-{number - 7}"] if number > 7 else [],
        )
        for number in range(1, TERMS + 1)
    ]
    put_terms(store, *terms)
    from kgservice.services.linked_data import dump_lines

    _, lines = dump_lines(store)
    (folder / "large.nt").write_text("".join(lines), "utf-8")
    store.close()
    service, naive = ours(folder / "large"), other("tests.bench.naive", str(folder / "large.nt"))
    found = measure(
        {
            "naive neighbourhood": Target(naive, "/terms/t-40/neighbourhood", _plain, requests=5),
            "large warm": Target(service, "/api/v1/terms/t-40/neighbourhood", _plain),
            "large cold": Target(service, "/api/v1/terms/t-40/neighbourhood", _never_asked, requests=200),
        }
    )
    service.close()
    naive.close()
    return found


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = {**_seed(Path(folder)), **_large(Path(folder))}
    machine = f"{_processor()}, Python {platform.python_version()}, granian"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {machine}; µs of CPU a request\n")
    print("| answer | bare Flask view, same bytes | ready | ratio | 304 | not ready | ratio |")
    print("|---|---|---|---|---|---|---|")
    for name in PATHS:
        bare, warm, not_modified, cold = (found[f"{kind} {name}"] for kind in ("bare", "warm", "304", "cold"))
        cells = (f"{bare:.0f}", f"{warm:.0f}", f"{warm / bare:.2f}", f"{not_modified:.0f}", f"{cold:.0f}")
        print(f"| {name} | {' | '.join(cells)} | {cold / bare:.2f} |")
    naive, warm, cold = (found[name] for name in ("naive neighbourhood", "large warm", "large cold"))
    print(f"\nA neighbourhood among {TERMS:,} terms: rdflib and Flask {naive:.0f}; here {warm:.0f} ready ", end="")
    print(f"({naive / warm:.0f}×), {cold:.0f} not ready ({naive / cold:.0f}×).")


def _processor() -> str:
    """The name of the processor, where the system tells it."""
    for line in Path("/proc/cpuinfo").read_text().split("\n"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


if __name__ == "__main__":
    main()
