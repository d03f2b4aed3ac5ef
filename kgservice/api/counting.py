"""Requests are counted around all else: by route, method and class of status, and by the time to the answer's head."""

import re
import time
from bisect import bisect_left
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from kgservice.store.counters import Counters, Key

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ROUTE = "kgservice.route"
"""Where a request's route stands in its environment, as `/terms/{slug}`, once it is known."""

HIT = "kgservice.hit"
"""There if a kept answer was served."""

NO_ROUTE = "none"
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other")
_STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")
BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0)
"""Seconds that divide the requests of a route by how long they took."""

LABELS = (*(f"{bound:g}" for bound in BOUNDS), "+Inf")

REQUESTS, SECONDS, BUCKETS = "kgservice_requests_total", "kgservice_request_seconds_sum", "kgservice_request_seconds"
HITS: Key = ("kgservice_ready_answers_hits_total",)
STARTED: Key = ("kgservice_worker_start_time_seconds",)
READY_BYTES: Key = ("kgservice_ready_answers_bytes",)
GAUGES = (STARTED, READY_BYTES)


def route_of(rule: str) -> str:
    """A rule of Flask's with plain names: `/terms/{slug}`."""
    return re.sub(r"<(?:[^<>]*:)?([^<>:]+)>", r"{\1}", rule)


def keys(app: Flask) -> list[Key]:
    """All that is counted of requests."""
    routes = sorted({NO_ROUTE, *(route_of(rule.rule) for rule in app.url_map.iter_rules())})
    return [
        *((REQUESTS, route, method, status) for route in routes for method in _METHODS for status in _STATUSES),
        *((BUCKETS, route, label) for route in routes for label in LABELS),
        *((SECONDS, route) for route in routes),
        HITS,
    ]


def register(app: Flask) -> None:
    """Note the route of what Flask answers."""
    routes = {rule.rule: route_of(rule.rule) for rule in app.url_map.iter_rules()}

    def note_route() -> None:
        if request.url_rule is not None:
            request.environ[ROUTE] = routes[request.url_rule.rule]

    app.before_request_funcs.setdefault(None, []).insert(0, note_route)


class Counting:
    """WSGI middleware that counts."""

    def __init__(self, app: "WSGIApplication", counters: Counters) -> None:
        self._app = app
        self._counters = counters

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Have it answered, and count it."""
        status = "5xx"

        def start(told: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            nonlocal status
            status = f"{told[0]}xx"
            return start_response(told, headers, exc_info) if exc_info else start_response(told, headers)

        began = time.perf_counter()
        try:
            return self._app(environ, start)
        finally:
            seconds = time.perf_counter() - began
            route, method = environ.get(ROUTE, NO_ROUTE), environ["REQUEST_METHOD"]
            self._counters.add(
                ((REQUESTS, route, method if method in _METHODS else "other", status), 1),
                ((BUCKETS, route, LABELS[bisect_left(BOUNDS, seconds)]), 1),
                ((SECONDS, route), seconds),
                (HITS, HIT in environ),
            )
