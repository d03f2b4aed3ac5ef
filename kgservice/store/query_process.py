"""The keeper and its query processes: the only places where SPARQL text and foreign RDF meet a parser.

`python -m kgservice.store.query_process FD` is a keeper: one thread, no store open, so that it may fork. For each byte
on its control socket it forks a worker process and hands over a socket and a pidfd. A worker cuts its own network and
memory, then answers requests, one message each, one at a time.

Header of a request: `do` (probe, build, open, apply, query, digest, parse), arguments. Header of an answer: `ok`,
else `error` with a `kind` (syntax, refused, unacceptable, too-large, spool, sandbox, failed); `cpu`, the seconds of
processor time that it took.
"""

import array
import contextlib
import hashlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import IO, Any

import pyoxigraph as ox

from kgservice.rdf import ntriples
from kgservice.store import sandbox
from kgservice.store.messages import Channel
from kgservice.store.results import Sink, SpoolError, TooLargeError, counted, is_limited, written
from kgservice.store.syntax import explained

STACK = 512 * 1024 * 1024
"""Stack of the thread that parses queries, in bytes: hostile nesting within the size limit does not overflow it."""

IN_MEMORY = 4 * 1024 * 1024
"""Bytes of a replica's tables up to which a query process holds it in memory, where queries cost a fraction."""

TEXT = "quads.nq"
"""The file of a small replica that has it as text: a process has that in memory sooner than the tables."""

NICENESS = 10
"""How far query processes stand back behind web processes for processor time."""

RESULT_FORMATS = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
GRAPH_FORMATS = {
    "ttl": ox.RdfFormat.TURTLE,
    "nt": ox.RdfFormat.N_TRIPLES,
    "rdf": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
}

Answer = tuple[dict[str, Any], Iterable[bytes]]
"""A header, and the pieces of a body."""


class Requests:
    """The requests that a worker process answers, over a replica of the graph once that is opened."""

    def __init__(self) -> None:
        self.store: ox.Store | None = None

    def answer(self, request: dict[str, Any]) -> Answer:
        """The answer to one request; errors of the request become answers, too."""
        do: Callable[..., Answer] = getattr(self, f"do_{request.pop('do')}")
        try:
            return do(**request)
        except SyntaxError as error:
            return _error("syntax", str(error))
        except sandbox.SandboxError as error:
            return _error("sandbox", str(error))
        except TooLargeError as error:
            return _error("too-large", str(error))
        except SpoolError as error:
            return _error("spool", str(error))
        except (ValueError, RuntimeError, OSError) as error:
            return _error("failed", str(error))

    def do_probe(self, port: int) -> Answer:
        """Try to get out, by a socket and by SERVICE; the listener at the port tells whether anything came."""
        sandbox.require_no_network(port)
        query = f"SELECT * {{ SERVICE <http://127.0.0.1:{port}/> {{ ?s ?p ?o }} }}"
        try:
            list(ox.Store().query(query))  # type: ignore[arg-type]
        except OSError:
            return {"ok": True}, ()
        raise sandbox.SandboxError("a query with SERVICE was answered")

    def do_build(self, lines: str, ontology: str, graph: str, into: str) -> Answer:
        """Make a replica on disk from a file of N-Triples and the ontology."""
        store = ox.Store(into)
        store.bulk_load(path=lines, format=ox.RdfFormat.N_TRIPLES)
        store.bulk_load(path=ontology, format=ox.RdfFormat.TURTLE, to_graph=ox.NamedNode(graph))
        store.flush()
        if sum(file.stat().st_size for file in Path(into).glob("*.sst")) <= IN_MEMORY:
            store.dump(str(Path(into) / TEXT), format=ox.RdfFormat.N_QUADS)
        return {"ok": True}, ()

    def do_open(self, base: str, clone: str, memory: int) -> Answer:
        """Open a copy of a replica: in memory while it is small, else a clone that shares its files by hard links."""
        text = Path(base) / TEXT
        if text.exists():
            self.store = ox.Store()
            self.store.load(path=str(text), format=ox.RdfFormat.N_QUADS)
        else:
            ox.Store.read_only(base).backup(clone)
            self.store = ox.Store(clone)
        sandbox.limit_memory(memory)
        return {"ok": True}, ()

    def do_apply(self, changes: list[list[str]]) -> Answer:
        """Bring the clone forward by changesets, each a pair of N-Triples texts: removed, added."""
        for removed, added in changes:
            for triple in ox.parse(removed, format=ox.RdfFormat.N_TRIPLES):
                self._opened().remove(triple)
            self._opened().extend(ox.parse(added, format=ox.RdfFormat.N_TRIPLES))
        return {"ok": True}, ()

    def do_query(self, deadline: float, **request: Any) -> Answer:
        """Run a query. The kernel ends this process at the deadline, wherever the engine is by then."""
        signal.setitimer(signal.ITIMER_REAL, deadline)
        try:
            return self._query(**request)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _query(
        self,
        query: str,
        base: str,
        default: list[str],
        named: list[str],
        results: str | None,
        graph: str | None,
        **caps: Any,
    ) -> Answer:
        dataset: dict[str, Any] = {}
        if default or named:
            dataset = {
                "default_graph": _named("default-graph-uri", default),
                "named_graphs": _named("named-graph-uri", named),
            }
        try:
            found = self._opened().query(query, base_iri=base, **dataset)
        except SyntaxError as error:
            return _error("syntax", explained(query, str(error), base))
        if isinstance(found, ox.QueryTriples):
            return _graph(found, graph, **caps) if graph else _error("unacceptable", "graph")
        if results is None or (isinstance(found, ox.QueryBoolean) and results in ("csv", "tsv")):
            return _error("unacceptable", "boolean" if isinstance(found, ox.QueryBoolean) else "results")
        return _results(found, results, counting=not is_limited(query, caps["most_rows"]), **caps)

    def do_digest(self) -> Answer:
        """The number of triples of the glossary in the clone, and a digest of their canonical lines."""
        quads = self._opened().quads_for_pattern(None, None, None, ox.DefaultGraph())
        count, digest = digest_lines(ntriples.line(canonical_triple(quad)) for quad in quads)
        return {"ok": True, "triples": count, "digest": digest}, ()

    def do_parse(self, path: str, format: str, base: str) -> Answer:
        """Read an RDF file; see `kgservice.store.parsing`."""
        from kgservice.store.parsing import parse

        header, lines = parse(Path(path), format, base)
        return header, (lines,)

    def _opened(self) -> ox.Store:
        if self.store is None:
            raise ValueError("no replica is open")
        return self.store


def _named(parameter: str, names: list[str]) -> list[ox.NamedNode]:
    try:
        return [ox.NamedNode(name) for name in names]
    except ValueError as error:
        raise ValueError(f"{parameter} is not an absolute IRI: {error}") from error


def _results(found: ox.QuerySolutions | ox.QueryBoolean, format: str, **caps: Any) -> Answer:
    def write(file: IO[bytes]) -> None:
        found.serialize(file, format=RESULT_FORMATS[format])

    return _answer(written(Sink(format=format, **caps), write), format)


def _graph(found: ox.QueryTriples, format: str, **caps: Any) -> Answer:
    def write(file: IO[bytes]) -> None:
        ox.serialize(counted(found, caps["most_rows"]), file, format=GRAPH_FORMATS[format])

    return _answer(written(Sink(format=None, **caps), write), format)


def _answer(sink: Sink, format: str) -> Answer:
    return {"ok": True, "format": format, "size": sink.size, "spooled": sink.spooled}, (sink.held,)


def canonical_triple(quad: ox.Quad) -> ntriples.Triple:
    """The canonical text of the engine's triple. Language tags stay in lower case, as the engine has them."""
    return canonical_term(quad.subject), canonical_term(quad.predicate), canonical_term(quad.object)


def canonical_term(term: object) -> str:
    """The canonical text of the engine's IRI or literal."""
    if isinstance(term, ox.NamedNode):
        return ntriples.iri(term.value)
    if isinstance(term, ox.Literal):
        return ntriples.literal(term.value, term.language, None if term.language else term.datatype.value)
    raise ValueError(f"neither an IRI nor a literal: {term}")


def digest_lines(lines: Iterable[str]) -> tuple[int, str]:
    """How many lines there are, and a digest of them that does not depend on their order."""
    count, total = 0, 0
    for line in lines:
        count += 1
        total += int.from_bytes(hashlib.sha256(line.encode()).digest()[:16], "big")
    return count, f"{total % (1 << 128):032x}"


def _error(kind: str, message: str) -> Answer:
    return {"ok": False, "kind": kind, "error": message}, ()


def _serve_requests(channel: Channel, requests: Requests) -> None:
    with contextlib.suppress(EOFError, ConnectionError):  # the service has ended, or does not want the answer any more
        while True:
            request, _ = channel.receive()
            before = time.process_time()
            header, body = requests.answer(request)
            header["cpu"] = time.process_time() - before
            channel.send(header, body)


def _work(endpoint: socket.socket, *, trusted: bool) -> None:
    """The life of a worker process."""
    sandbox.die_with_parent()
    os.nice(NICENESS)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    channel = Channel(endpoint)
    try:
        sandbox.cut_network()
    except sandbox.SandboxError as error:
        if not trusted:
            channel.send(*_error("sandbox", str(error)))
            return
    channel.send({"ok": True})
    threading.stack_size(STACK)
    # One thread makes, serialises and drops each result: the engine aborts the process otherwise.
    thread = threading.Thread(target=_serve_requests, args=(channel, Requests()))
    thread.start()
    thread.join()


def keep(control: socket.socket) -> None:
    """Fork a worker for each byte on the control socket (`t`: it may run without a sandbox) until that closes."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel reaps them
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the service, which closes the socket
    with contextlib.suppress(ConnectionError):  # the service was killed while it waited for a worker
        _fork_workers(control)


def _fork_workers(control: socket.socket) -> None:
    while order := control.recv(1):
        ours, theirs = socket.socketpair()
        pid = os.fork()
        if pid == 0:
            control.close()
            ours.close()
            try:
                _work(theirs, trusted=order == b"t")
            finally:
                os._exit(0)
        theirs.close()
        pidfd = os.pidfd_open(pid)
        handles = array.array("i", [ours.fileno(), pidfd])
        control.sendmsg([b"%d\n" % pid], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, handles)])
        ours.close()
        os.close(pidfd)


if __name__ == "__main__":
    keep(socket.socket(fileno=int(sys.argv[1])))
