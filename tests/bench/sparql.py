"""What queries cost: against rdflib-endpoint over HTTP, and against the engine in process.

`python -m tests.bench.sparql` makes a virtual environment for rdflib-endpoint, serves the same graph by both, and takes
turns between them. Requests and processor time are of whole process trees.
"""

import http.client
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psutil
import pyoxigraph as ox

from kgservice.services.glossaries import make_glossary
from kgservice.services.linked_data import dump_lines
from kgservice.store.store import Store
from tests.conftest import BASE, make_term, put_terms
from tests.test_serve import free_port, serving

ROUNDS = 3
SECONDS = 3.0
TERMS = 2000
LABEL = "<http://www.w3.org/2004/02/skos/core#prefLabel>"
SMALL = f"SELECT ?l {{ <{BASE}id/logic> {LABEL} ?l }}"
ROWS = "SELECT ?s ?p ?o { ?s ?p ?o } LIMIT 10000"

_PEER = """
import sys, uvicorn
from rdflib import Graph
from rdflib_endpoint import SparqlEndpoint
graph = Graph()
graph.parse(sys.argv[1], format="nt")
uvicorn.run(SparqlEndpoint(graph=graph, path="/sparql"), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
"""


@dataclass
class Side:
    """A server under measurement."""

    name: str
    port: int
    pid: int

    def processes(self) -> list[psutil.Process]:
        root = psutil.Process(self.pid)
        return [root, *root.children(recursive=True)]

    def cpu(self) -> float:
        """Seconds of processor time of all its processes so far."""
        return sum(sum(one.cpu_times()[:2]) for one in self.processes())


def ask(connection: http.client.HTTPConnection, query: str) -> bytes:
    """One query by GET; its answer must be right."""
    connection.request("GET", f"/sparql?query={quote(query)}", headers={"Accept": "application/sparql-results+json"})
    response = connection.getresponse()
    data = response.read()
    assert response.status == 200, data[:200]
    return data


def per_second(side: Side, query: Callable[[int], str], clients: int = 4) -> tuple[float, float]:
    """Requests in a second, and in a second of its processor time, by some clients that keep their connections."""
    before = side.cpu()
    counts, end = [0] * clients, time.monotonic() + SECONDS

    def client(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", side.port)
        number = place
        while time.monotonic() < end:
            ask(connection, query(number))
            number += clients
            counts[place] += 1
        connection.close()

    threads = [threading.Thread(target=client, args=(place,)) for place in range(clients)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sum(counts) / SECONDS, sum(counts) / (side.cpu() - before)


def cpu_of_rows(side: Side, round_: int) -> float:
    """Seconds of processor time for a result of 10,000 rows, which is no kept answer."""
    connection = http.client.HTTPConnection("127.0.0.1", side.port)
    before = side.cpu()
    for number in range(20):
        assert len(ask(connection, f"{ROWS} # {round_} {number}")) > 1_000_000
    connection.close()
    return (side.cpu() - before) / 20


def cpu_in_process(store: ox.Store) -> float:
    """The same in this process, by the engine alone."""
    before = time.process_time()
    for _ in range(20):
        found = store.query(ROWS)
        assert isinstance(found, ox.QuerySolutions)
        assert len(found.serialize(format=ox.QueryResultsFormat.JSON) or b"") > 1_000_000
    return (time.process_time() - before) / 20


def _peer(folder: Path, data: Path) -> tuple[subprocess.Popen[bytes], Side]:
    python = folder / "peer" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder / "peer")], check=True)
        command = [str(python), "-m", "pip", "install", "--quiet", "rdflib-endpoint==0.6.3", "uvicorn"]
        subprocess.run(command, check=True)
    port = free_port()
    process = subprocess.Popen([str(python), "-c", _PEER, str(data), str(port)])
    return process, Side("rdflib-endpoint", port, process.pid)


def _wait(side: Side) -> None:
    for _ in range(300):
        try:
            ask(http.client.HTTPConnection("127.0.0.1", side.port), SMALL)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit(f"{side.name} does not answer")


def _fill(folder: Path) -> None:
    make_glossary(folder, base=BASE)
    store = Store(folder)
    put_terms(store, *[make_term(f"t-{n}", label=f"term {n}", related=["memory"]) for n in range(TERMS)])
    store.close()


def main() -> None:
    """Print the table."""
    folder = Path(tempfile.mkdtemp())
    _fill(folder / "data")
    data = folder / "graph.nt"
    store = Store(folder / "data")
    data.write_text("".join(dump_lines(store)[1]), encoding="utf-8")
    store.close()
    engine = ox.Store()
    engine.load(path=str(data), format=ox.RdfFormat.N_TRIPLES)
    limits = folder / "limits.toml"
    limits.write_text("[reader]\nrequests_per_minute = 1e9\ncpu_seconds_per_minute = 1e9\n")
    process, peer = _peer(folder, data)
    try:
        with serving(folder / "data", "--query-limits", str(limits)) as served:
            ours = Side("kgservice", served.port, served.process.pid)
            _wait(peer)
            _wait(ours)
            _table(ours, peer, engine)
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _table(ours: Side, peer: Side, engine: ox.Store) -> None:
    told: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        told.setdefault(name, []).append(value)

    def another(number: int) -> str:
        return f"{SMALL} # {round_} {number}"

    kinds = (("same, kgservice", ours, lambda _: SMALL), ("another, kgservice", ours, another))
    for round_ in range(ROUNDS):
        for name, side, query in (*kinds, ("rdflib-endpoint", peer, lambda _: SMALL)):
            wall, cpu = per_second(side, query)
            note(f"small SELECT, {name}, per second", wall)
            note(f"small SELECT, {name}, per CPU second", cpu)
        note("10,000 rows, kgservice, ms of CPU", cpu_of_rows(ours, round_) * 1000)
        note("10,000 rows, pyoxigraph in process, ms of CPU", cpu_in_process(engine) * 1000)
    for name, values in told.items():
        print(f"{name:52} {statistics.median(values):10.1f}   ({min(values):.1f} to {max(values):.1f})")
    middle = {name: statistics.median(values) for name, values in told.items()}
    for unit in ("per second", "per CPU second"):
        theirs = middle[f"small SELECT, rdflib-endpoint, {unit}"]
        shares = [
            f"{middle[f'small SELECT, {name}, kgservice, {unit}'] / theirs:.1f}x {name}" for name in ("same", "another")
        ]
        print(f"requests {unit} against rdflib-endpoint: {', '.join(shares)}")
    rows, alone = (values for name, values in middle.items() if name.startswith("10,000"))
    print(f"10,000 rows against pyoxigraph in process: {rows / alone:.2f}x the processor time")


if __name__ == "__main__":
    main()
