"""`/metrics`: what those who run the service watch, in the text format of Prometheus, of all web processes together."""

import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from flask import Response

from kgservice import __version__
from kgservice.api.context import service
from kgservice.api.counting import BUCKETS, GAUGES, HITS, LABELS, READY_BYTES, REQUESTS, SECONDS, STARTED
from kgservice.api.forms import Blueprint
from kgservice.api.openapi import answers, content
from kgservice.store.counters import Key
from kgservice.store.queries import CPU, OUTCOMES, PROCESSES, QUERIES

blueprint = Blueprint("metrics", __name__, description="What those who run the service watch")

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[str, Mapping[str, str], float]
"""What follows a metric's name, the labels, the value."""

_sizes: dict[str, tuple[int, int]] = {}
_lock = threading.Lock()


@blueprint.get("/metrics")
@answers("getMetrics", content("text/plain"), kept=False, headers=("Cache-Control",))
def get_metrics() -> Response:
    """Requests, queries, processes and sizes in the text format of Prometheus, of all web processes together."""
    response = Response("".join(_lines()), content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _lines() -> Iterator[str]:
    parts = service()
    workers = parts.counters.workers()
    counted: Counter[Key] = Counter()
    for worker in workers:
        counted.update({key: value for key, value in worker.values.items() if value and key not in GAUGES})
    alive = [worker for worker in workers if worker.lives]
    head = parts.store.head()
    terms, triples = _size(head.digest)
    yield from _metric("kgservice_info", "gauge", "The version.", [("", {"version": __version__}, 1)])
    yield from _metric(
        STARTED[0],
        "gauge",
        "When each web process was started, in seconds since 1970.",
        [("", {"worker": worker.name}, worker.values[STARTED]) for worker in alive],
    )
    yield from _metric(
        REQUESTS,
        "counter",
        "Requests by route, method and class of status.",
        [
            ("", dict(zip(("route", "method", "status"), key[1:], strict=True)), value)
            for key, value in sorted(counted.items())
            if key[0] == REQUESTS
        ],
    )
    yield from _metric(BUCKETS, "histogram", "Seconds from request to the head of its answer.", _histograms(counted))
    yield from _metric(HITS[0], "counter", "Requests answered with a kept answer.", [("", {}, counted[HITS])])
    held = sum(worker.values[READY_BYTES] for worker in alive)
    yield from _metric(READY_BYTES[0], "gauge", "Bytes of kept answers.", [("", {}, held)])
    yield from _metric(
        QUERIES,
        "counter",
        "SPARQL queries by what became of them; those of a client that was turned away unread are 4xx requests alone.",
        [("", {"outcome": key[1]}, counted[key]) for key in OUTCOMES],
    )
    yield from _metric(CPU[0], "counter", "Seconds of processor time of SPARQL queries.", [("", {}, counted[CPU])])
    yield from _metric(
        PROCESSES[0],
        "counter",
        "Query processes that were started: two for each web process, then one for each that was replaced.",
        [("", {}, counted[PROCESSES])],
    )
    processes, base = parts.queries.state()
    yield from _metric("kgservice_query_processes", "gauge", "Query processes that are there.", [("", {}, processes)])
    yield from _metric("kgservice_sequence", "gauge", "The last change of the log.", [("", {}, head.seq)])
    yield from _metric(
        "kgservice_graph_base_sequence",
        "gauge",
        "The change at which a new query process begins; those after it are added before it answers. 0 without a base.",
        [("", {}, base)],
    )
    yield from _metric("kgservice_terms", "gauge", "Terms.", [("", {}, terms)])
    yield from _metric("kgservice_triples", "gauge", "Triples of the glossary.", [("", {}, triples)])


def _histograms(counted: Mapping[Key, float]) -> Iterator[Sample]:
    """The buckets of each route that was asked for, each with those below it."""
    for route in sorted(key[1] for key in counted if key[0] == SECONDS):
        below = 0.0
        for label in LABELS:
            below += counted[BUCKETS, route, label]
            yield "_bucket", {"route": route, "le": label}, below
        yield "_sum", {"route": route}, counted[SECONDS, route]
        yield "_count", {"route": route}, below


def _metric(name: str, kind: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP {name} {about}\n# TYPE {name} {kind}\n"
    for after, labels, value in samples:
        told = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"{name}{after}{f'{{{told}}}' if told else ''} {value:.17g}\n"


def _size(digest: str) -> tuple[int, int]:
    """Terms and triples at an end of the log; to count triples is to read them all, so that is done once."""
    with _lock:
        if digest not in _sizes:
            found = service().store.size()
            _sizes.clear()
            _sizes[digest] = found
        return _sizes[digest]
