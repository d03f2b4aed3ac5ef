"""What queries cost: against rdflib-endpoint over HTTP, and against the engine in process.

`python -m tests.bench.sparql` makes a virtual environment for rdflib-endpoint, serves the seed glossary by both, holds
their answers against each other, and takes turns between them. Requests and processor time are of whole process trees.

Both remember: rdflib-endpoint the last 128 queries that it parsed, the service answers. So each kind of query is asked
in turn over all terms, as people do who read a glossary, and with another text each time, where nothing is remembered.
"""

import itertools
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyoxigraph as ox

from kgservice.services.glossaries import make_glossary
from kgservice.services.linked_data import dump_lines
from kgservice.store.store import Store
from tests.bench.load import Connection, cpu_of, rate, select
from tests.conftest import BASE, SEED_TERMS
from tests.test_serve import free_port, serving

ROUNDS = 3
SECONDS = 4.0
TURNS = 8
AT_A_TURN = 5
"""Large results in each round: so many times so many by the service, and by the engine in turn with it."""
NEIGHBOURHOOD = """PREFIX kg: <https://w3id.org/kgservice/ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
SELECT ?kind ?term ?label {{
  {{ <{term}> kg:prerequisite ?term BIND ("prerequisite" AS ?kind) }}
  UNION {{ ?term kg:prerequisite <{term}> BIND ("requiredBy" AS ?kind) }}
  UNION {{ <{term}> skos:related ?term BIND ("related" AS ?kind) }}
  UNION {{ <{term}> skos:broader ?term BIND ("broader" AS ?kind) }}
  ?term skos:prefLabel ?label FILTER (lang(?label) = "en")
}}"""
LABELS = "SELECT ?label {{ <{term}> <http://www.w3.org/2004/02/skos/core#prefLabel> ?label }}"
ROWS = "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 10000"
KINDS = {"neighbourhood with labels": NEIGHBOURHOOD, "one pattern": LABELS}

_LEGEND = """
neighbourhood with labels: the terms around a term, a union of four patterns, with their labels in English
one pattern: the labels of a term by one pattern; engines have least to do, so the way there is what is compared
over all terms: 84 texts again and again; the service has kept its answers, rdflib-endpoint its parsed queries
no text twice: another text each time, so that neither has kept anything
"""

_fresh = itertools.count(time.time_ns())

_PEER = """
import sys, uvicorn
from rdflib import Graph
from rdflib_endpoint import SparqlEndpoint
graph = Graph()
graph.parse(sys.argv[1], format="nt")
uvicorn.run(SparqlEndpoint(graph=graph, path="/sparql"), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
"""


@dataclass(frozen=True)
class Side:
    """A server under measurement."""

    name: str
    port: int
    pid: int


def over_all_terms(query: str) -> list[bytes]:
    """The requests for a query about each term."""
    return [select(query.format(term=f"{BASE}id/{slug}")) for slug in SEED_TERMS]


def measured(side: Side, requests: list[bytes], *, anew: bool) -> tuple[float, float]:
    """Requests in a second, and in a second of processor time; `anew` if no text is to be sent twice."""
    mark = next(_fresh)

    def request(number: int) -> bytes:
        told = requests[number % len(requests)]
        return told.replace(b" HTTP/1.1", f"%20%23{mark}-{number} HTTP/1.1".encode(), 1) if anew else told

    return rate(side.port, side.pid, request, SECONDS)


def require_equal_answers(one: Side, other: Side) -> None:
    """Both must say the same of every term."""
    for kind, query in KINDS.items():
        ends = [Connection(side.port) for side in (one, other)]
        for slug, request in zip(SEED_TERMS, over_all_terms(query), strict=True):
            first, second = (_rows(end.ask(request)) for end in ends)
            assert first == second, (kind, slug)
        for end in ends:
            end.close()


def _rows(result: bytes) -> list[str]:
    """The rows in one order, with language tags in lower case."""
    rows = json.loads(result)["results"]["bindings"]
    for row in rows:
        for value in row.values():
            if "xml:lang" in value:
                value["xml:lang"] = value["xml:lang"].lower()
    return sorted(json.dumps(row, sort_keys=True) for row in rows)


def cpu_of_rows(side: Side) -> float:
    """Seconds of processor time for a result of 10,000 rows that nobody has kept."""
    connection = Connection(side.port)
    before = cpu_of(side.pid)
    for _ in range(AT_A_TURN):
        assert len(connection.ask(select(f"{ROWS} #{next(_fresh)}"))) > 1_000_000
    connection.close()
    return (cpu_of(side.pid) - before) / AT_A_TURN


def cpu_in_process(store: ox.Store) -> float:
    """The same in this process, by the engine alone."""
    before = time.process_time()
    for _ in range(AT_A_TURN):
        found = store.query(ROWS)
        assert isinstance(found, ox.QuerySolutions)
        assert len(found.serialize(format=ox.QueryResultsFormat.JSON) or b"") > 1_000_000
    return (time.process_time() - before) / AT_A_TURN


@contextmanager
def _peer(folder: Path, data: Path) -> Iterator[Side]:
    python = folder / "peer" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], check=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "rdflib-endpoint==0.6.3", "uvicorn"]
    subprocess.run(command, check=True)
    port = free_port()
    process = subprocess.Popen([str(python), "-c", _PEER, str(data), str(port)])
    try:
        side = Side("rdflib-endpoint", port, process.pid)
        _wait(side)
        yield side
    finally:
        process.terminate()
        process.wait(10)


def _wait(side: Side) -> None:
    for _ in range(300):
        try:
            Connection(side.port).ask(select("ASK {}"))
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"{side.name} does not answer")


def main() -> None:
    """Print the table."""
    folder = Path(tempfile.mkdtemp())
    make_glossary(folder / "data", base=BASE)
    data = folder / "graph.nt"
    store = Store(folder / "data")
    data.write_text("".join(dump_lines(store)[1]), encoding="utf-8")
    store.close()
    engine = ox.Store()
    engine.load(path=str(data), format=ox.RdfFormat.N_TRIPLES)
    limits = folder / "limits.toml"
    limits.write_text("[reader]\nrequests_per_minute = 1e9\ncpu_seconds_per_minute = 1e9\n")
    try:
        with _peer(folder, data) as peer, serving(folder / "data", "--query-limits", str(limits)) as served:
            ours = Side("kgservice", served.port, served.process.pid)
            _wait(ours)
            require_equal_answers(ours, peer)
            _tell(*_told(ours, peer, engine))
    finally:
        shutil.rmtree(folder)


Told = dict[str, list[tuple[float, float]]]
"""What was measured, once in each round: requests in a second, in a second of processor time."""


def _told(ours: Side, peer: Side, engine: ox.Store) -> tuple[Told, list[tuple[float, float]]]:
    requests = {kind: over_all_terms(query) for kind, query in KINDS.items()}
    told: Told = {}
    rows = []
    for _ in range(ROUNDS):
        for (kind, wanted), anew, side in itertools.product(requests.items(), (False, True), (ours, peer)):
            name = f"{kind}, {'no text twice' if anew else 'over all terms'}, {side.name}"
            told.setdefault(name, []).append(measured(side, wanted, anew=anew))
        rows += [(cpu_of_rows(ours) * 1000, cpu_in_process(engine) * 1000) for _ in range(TURNS)]
    return told, rows


def _tell(told: Told, rows: list[tuple[float, float]]) -> None:
    print(_LEGEND)
    print(f"{'':58} {'per second':>12} {'per CPU second':>16}   load {os.getloadavg()[0]:.1f}")
    middle = {name: [statistics.median(values) for values in zip(*found, strict=True)] for name, found in told.items()}
    for name, (wall, cpu) in middle.items():
        print(f"{name:58} {wall:12.1f} {cpu:16.1f}")
    for name in (one.removesuffix(", kgservice") for one in middle if one.endswith(", kgservice")):
        shares = [a / b for a, b in zip(middle[f"{name}, kgservice"], middle[f"{name}, rdflib-endpoint"], strict=True)]
        print(f"{name}: {shares[0]:.1f}x the requests per second, {shares[1]:.1f}x per CPU second")
    ours, alone = (statistics.fmean(values) for values in zip(*rows, strict=True))  # one turn is few ticks of the clock
    print(f"10,000 rows: {ours:.1f} ms of CPU, {alone:.1f} ms by the engine in process: {ours / alone:.2f}x")


if __name__ == "__main__":
    main()
