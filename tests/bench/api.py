"""What answers cost: CPU of the server's processes for each request, against named baselines, in interleaved rounds.

`python -m tests.bench.api` (or `make bench`) prints the table of the README. The baselines run under the same server.
"""

import json
import platform
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import product
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
    "term": "/api/v1/terms/{}?lang=ja",
    "neighbourhood": "/api/v1/terms/{}/neighbourhood?lang=ja",
    "diagram": "/terms/{}/diagram.mmd?lang=ja",
}
"""What is asked for, of each term of the seed in turn."""

Headers = Callable[[int, str], dict[str, str]]
"""Those of the n-th request about a term."""


class Target(NamedTuple):
    """Requests to a server: of its path about each term in turn."""

    server: Server
    path: str
    slugs: Sequence[str]
    headers: Headers
    status: int = 200
    requests: int = REQUESTS

    def ask(self, number: int) -> int:
        """The status of the n-th request."""
        slug = self.slugs[number % len(self.slugs)]
        return self.server.ask(self.path.format(slug), self.headers(number // len(self.slugs), slug))[0]


def _plain(_number: int, _slug: str) -> dict[str, str]:
    return {}


def _never_asked(number: int, _slug: str) -> dict[str, str]:
    """A header that no request about the term had before, so that no answer is ready."""
    return {"Accept-Language": f"ja;q=0.{number:07d}"}


def _known(etags: Mapping[str, str]) -> Headers:
    return lambda _number, slug: {"If-None-Match": etags[slug]}


def measure(targets: dict[str, Target]) -> dict[str, float]:
    """Microseconds of CPU a request, the median of the rounds."""
    rounds: dict[str, list[float]] = {name: [] for name in targets}
    number = 0
    for turn in range(ROUNDS + 1):
        for name, target in targets.items():
            before = target.server.cpu()
            for _ in range(target.requests):
                number += 1
                status = target.ask(number)
                assert status == target.status, f"{name}: {status}"
            if turn:  # the first is for warming up
                rounds[name].append((target.server.cpu() - before) / target.requests * 1e6)
    return {name: statistics.median(values) for name, values in rounds.items()}


def _seed(folder: Path) -> dict[str, float]:
    make_glossary(folder / "seed", base="http://localhost:8000/")
    service = ours(folder / "seed")
    _, _, page = service.ask("/api/v1/terms?limit=200", {})
    slugs = [item["slug"] for item in json.loads(page)["items"]]
    answers = {"ready": {"type": "text/plain", "body": "ready"}}
    etags: dict[str, dict[str, str]] = {name: {} for name in PATHS}
    for (name, path), slug in product(PATHS.items(), slugs):
        _, headers, body = service.ask(path.format(slug), {})
        answers[f"{name}-{slug}"] = {"type": headers["content-type"], "body": body.decode()}
        etags[name][slug] = headers["etag"]
    (folder / "answers.json").write_text(json.dumps(answers), "utf-8")
    bare = other("tests.bench.bare", str(folder / "answers.json"))
    targets = {}
    for name, path in PATHS.items():
        targets[f"bare {name}"] = Target(bare, f"/{name}-{{}}", slugs, _plain)
        targets[f"warm {name}"] = Target(service, path, slugs, _plain)
        targets[f"304 {name}"] = Target(service, path, slugs, _known(etags[name]), status=304)
        targets[f"cold {name}"] = Target(service, path.replace("?lang=ja", ""), slugs, _never_asked)
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
            "naive neighbourhood": Target(naive, "/terms/{}/neighbourhood", ["t-40"], _plain, requests=5),
            "large warm": Target(service, "/api/v1/terms/{}/neighbourhood", ["t-40"], _plain),
            "large cold": Target(service, "/api/v1/terms/{}/neighbourhood", ["t-40"], _never_asked, requests=200),
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
